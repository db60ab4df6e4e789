//! The recorded values, and the models they belong to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_engine::files::{ModelFiles, open_model};
use gradus_engine::lora::{BaseCheck, read_adapter_files};
use gradus_engine::model::{
    Adapter, Chunk, Decoder, LoadOptions, LogitsOf, PackedAdapter, Precision, Target, TokenTree,
};
use serde_json::Value;

pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

pub type Tensors = BTreeMap<String, Vec<u8>>;

pub fn tensors(path: &Path) -> Tensors {
    let bytes = std::fs::read(path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    file.tensors()
        .into_iter()
        .map(|(name, view)| (name, view.data().to_vec()))
        .collect()
}

pub fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect()
}

pub struct Golden {
    pub json: Value,
    pub tensors: Tensors,
    pub tokens: Vec<u32>,
    pub prompt: usize,
}

impl Golden {
    pub fn of(name: &str) -> Self {
        let json: Value =
            serde_json::from_slice(&std::fs::read(path(name).join("golden.json")).unwrap())
                .unwrap();
        let tokens = ids(&json["tokens"]);
        let prompt = json["prompt"].as_u64().unwrap() as usize;
        Self {
            tensors: tensors(&path(name).join("golden.safetensors")),
            tokens,
            prompt,
            json,
        }
    }

    pub fn numbers(&self, name: &str) -> Vec<f32> {
        numbers(&self.tensors[name])
    }

    /// The whole text as one run, and what follows the prompt as its targets.
    pub fn tree(&self) -> (TokenTree, Vec<Target>) {
        let mut tree = TokenTree::default();
        tree.push_run(None, &self.tokens);
        (tree, self.targets(0))
    }

    pub fn targets(&self, start: usize) -> Vec<Target> {
        let positions = self.prompt..self.tokens.len();
        positions
            .map(|at| Target {
                index: start + at - 1,
                token: self.tokens[at],
                weight: 1.0,
            })
            .collect()
    }
}

pub fn ids(value: &Value) -> Vec<u32> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_u64().unwrap() as u32)
        .collect()
}

pub struct Setting {
    pub files: ModelFiles,
    pub decoder: Arc<Decoder>,
    pub adapter: Adapter,
    pub packed: Arc<PackedAdapter>,
    pub golden: Golden,
    /// 1; more where the processor multiplies an adapter's A and B as bf16.
    pub slack: f32,
}

pub fn decoder(files: &ModelFiles) -> Arc<Decoder> {
    let options = LoadOptions {
        threads: Some(2),
        precision: Precision::F32,
    };
    Arc::new(Decoder::load(&files.config, files.weights.as_ref(), &options).unwrap())
}

pub fn setting(name: &str) -> Setting {
    let files = open_model(&path(name)).unwrap();
    let decoder = decoder(&files);
    let read =
        read_adapter_files(&path(name).join("adapter"), &files.identity, &files.config).unwrap();
    assert_eq!(read.base_check, BaseCheck::Shapes, "peft records no hash");
    let packed = decoder.pack_adapter(&read.adapter).unwrap();
    let slack = if decoder.description().starts_with("AVX-512 BF16") {
        100.0
    } else {
        1.0
    };
    Setting {
        golden: Golden::of(name),
        adapter: read.adapter,
        files,
        decoder,
        packed,
        slack,
    }
}

pub fn logits(decoder: &Decoder, adapter: Option<&PackedAdapter>, tokens: &[u32]) -> Vec<f32> {
    let mut cache = decoder.new_cache();
    let segment = cache.add_segment(None);
    decoder
        .extend(
            adapter,
            &mut cache,
            &[Chunk {
                segment,
                tokens,
                logits: LogitsOf::All,
            }],
        )
        .unwrap()
        .concat()
}

pub fn largest_difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    let differences = one
        .iter()
        .zip(other)
        .map(|(one, other)| (one - other).abs());
    differences.fold(0.0, |largest, difference| {
        if difference <= largest {
            largest
        } else {
            difference
        }
    })
}
