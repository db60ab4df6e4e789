//! Model files are untrusted: whatever is done to the bytes of a valid one, opening and reading it
//! gives a model or an error, never a panic, and never memory that only a claim asks for.

#![allow(
    clippy::unwrap_used,
    reason = "a test that can't go on should say where"
)]

use std::path::{Path, PathBuf};

use gradus_engine::LoadedModel;
use gradus_engine::files::open_model;
use gradus_engine::lora::read_adapter_files;
use gradus_engine::model::{LoadOptions, Precision};
use proptest::prelude::*;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// One way to spoil a file.
#[derive(Debug, Clone)]
enum Damage {
    Truncate(u32),
    Overwrite { at: u32, with: Vec<u8> },
    Insert { at: u32, bytes: Vec<u8> },
    Remove { at: u32, len: u8 },
}

fn damage() -> impl Strategy<Value = Damage> {
    let telling = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..9),
        Just(vec![0xff; 8]),
        Just(vec![0; 8]),
        Just(u64::MAX.to_le_bytes().to_vec()),
        Just((1u64 << 40).to_le_bytes().to_vec()),
        Just(b"99999999999".to_vec()),
        Just(b"-1".to_vec()),
        Just(b"null".to_vec()),
        Just(b"[[[[[[[[".to_vec()),
    ];
    prop_oneof![
        any::<u32>().prop_map(Damage::Truncate),
        (any::<u32>(), telling.clone()).prop_map(|(at, with)| Damage::Overwrite { at, with }),
        (any::<u32>(), telling).prop_map(|(at, bytes)| Damage::Insert { at, bytes }),
        (any::<u32>(), any::<u8>()).prop_map(|(at, len)| Damage::Remove { at, len }),
    ]
}

/// `head`: how many bytes are worth spoiling (behind them lie numbers only).
fn spoil(bytes: &[u8], damages: &[Damage], head: usize) -> Vec<u8> {
    let mut spoiled = bytes.to_vec();
    for damage in damages {
        let within = |at: u32| at as usize % head.min(spoiled.len()).max(1);
        match damage {
            Damage::Truncate(at) => spoiled.truncate(*at as usize % bytes.len()),
            Damage::Overwrite { at, with } => {
                let at = within(*at);
                spoiled
                    .iter_mut()
                    .skip(at)
                    .zip(with)
                    .for_each(|(byte, with)| *byte = *with);
            }
            Damage::Insert { at, bytes } => {
                let at = within(*at).min(spoiled.len());
                spoiled.splice(at..at, bytes.iter().copied());
            }
            Damage::Remove { at, len } => {
                let at = within(*at).min(spoiled.len());
                let end = (at + usize::from(*len)).min(spoiled.len());
                spoiled.drain(at..end);
            }
        }
    }
    spoiled
}

/// Everything that the files of a model are read for.
fn use_model(path: &Path) {
    let Ok(files) = open_model(path) else { return };
    let _ = files
        .tokenizer
        .encode("an 12 <s> é\n", true)
        .and_then(|tokens| files.tokenizer.decode(&tokens));
    let _ = LoadedModel::load(
        files,
        &LoadOptions {
            threads: Some(1),
            precision: Precision::F32,
        },
    );
}

fn copy_directory(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig {
        cases: count,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn damaged_gguf_files_are_refused_or_read(
        name in prop_oneof![Just("llama.gguf"), Just("llama_rope3.gguf"), Just("ministral3.gguf")],
        damages in proptest::collection::vec(damage(), 1..4),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("model.gguf");
        let bytes = std::fs::read(golden(name)).unwrap();
        std::fs::write(&path, spoil(&bytes, &damages, 7000)).unwrap();
        use_model(&path);
    }

    #[test]
    fn damaged_directories_are_refused_or_read(
        file in prop_oneof![
            Just("model-00001-of-00004.safetensors"),
            Just("model.safetensors.index.json"),
            Just("config.json"),
            Just("generation_config.json"),
            Just("tokenizer.json"),
            Just("tokenizer_config.json"),
        ],
        damages in proptest::collection::vec(damage(), 1..4),
    ) {
        let directory = tempfile::tempdir().unwrap();
        copy_directory(&golden("mistral"), directory.path());
        let path = directory.path().join(file);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, spoil(&bytes, &damages, 4000)).unwrap();
        use_model(directory.path());
    }
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn damaged_adapters_are_refused_or_read(
        file in prop_oneof![Just("adapter_config.json"), Just("adapter_model.safetensors")],
        damages in proptest::collection::vec(damage(), 1..4),
    ) {
        let base = open_model(&golden("llama")).unwrap();
        let directory = tempfile::tempdir().unwrap();
        copy_directory(&golden("llama/adapter"), directory.path());
        let path = directory.path().join(file);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, spoil(&bytes, &damages, 4000)).unwrap();
        let _ = read_adapter_files(directory.path(), &base.identity, &base.config);
    }
}
