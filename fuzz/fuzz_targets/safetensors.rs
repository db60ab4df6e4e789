//! The weights of a Hugging Face directory that is valid otherwise.

#![no_main]

use std::path::Path;

use gradus_engine::LoadedModel;
use gradus_engine::files::open_model;
use gradus_engine::model::{LoadOptions, Precision};
use libfuzzer_sys::fuzz_target;

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../crates/engine/tests/golden/llama"
);

fuzz_target!(|bytes: &[u8]| {
    let Ok(directory) = tempfile::tempdir() else {
        return;
    };
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        if std::fs::copy(Path::new(GOLDEN).join(name), directory.path().join(name)).is_err() {
            return;
        }
    }
    if std::fs::write(directory.path().join("model.safetensors"), bytes).is_err() {
        return;
    }
    let options = LoadOptions {
        threads: Some(1),
        precision: Precision::F32,
    };
    if let Ok(files) = open_model(directory.path()) {
        let _ = LoadedModel::load(files, &options);
    }
});
