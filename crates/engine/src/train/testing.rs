//! What the tests of training share: a small recipe, rows, an adapter and a tiny random model.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gradus_schema::Recipe;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::encode::EncodedRow;
use crate::Result;
use crate::files::ModelIdentity;
use crate::model::{
    Adapter, AdapterConfig, Decoder, Family, LoadOptions, ModelConfig, Module, Precision,
    RopeScaling, WeightSource,
};

pub const VOCABULARY: usize = 48;

pub fn recipe() -> Recipe {
    Recipe::from_yaml("model: tiny\ntrain_file: train.jsonl\noutput_dir: outputs/tiny\nlora_r: 4\n")
        .expect("a recipe")
}

pub fn identity() -> ModelIdentity {
    ModelIdentity {
        name: "tiny".to_owned(),
        format: "safetensors".to_owned(),
        sha256: "0".repeat(64),
        path: PathBuf::from("tiny"),
    }
}

/// Rows with a common beginning, a part of their own, and a completion that follows from it.
pub fn rows(count: usize) -> Vec<EncodedRow> {
    (0..count as u32)
        .map(|row| EncodedRow {
            row: row as usize + 1,
            prompt: vec![1, 2, 3, 4, 10 + row % 7, 20 + row % 5],
            completion: vec![30 + row % 7, 40 + row % 5, 5],
            neighbours: BTreeMap::new(),
        })
        .collect()
}

pub fn config() -> ModelConfig {
    ModelConfig {
        family: Family::Llama,
        vocab_size: VOCABULARY,
        hidden_size: 32,
        intermediate_size: 48,
        num_hidden_layers: 2,
        num_attention_heads: 4,
        num_key_value_heads: 2,
        head_dim: 8,
        rms_norm_eps: 1e-5,
        rope_theta: 10_000.0,
        rope_scaling: RopeScaling::None,
        query_temperature: None,
        qkv_bias: false,
        o_bias: false,
        qk_norm: false,
        tie_word_embeddings: true,
        max_position_embeddings: 256,
        sliding_window: None,
        bos_token_id: None,
        eos_token_ids: vec![5],
    }
}

pub fn adapter(seed: u64) -> Adapter {
    let config = AdapterConfig {
        r: 4,
        alpha: 8.0,
        dropout: 0.0,
        modules: vec![Module::Q, Module::Down],
        layers: vec![0, 1],
        rank_stabilised: false,
    };
    Adapter::initialise(config, &self::config(), seed)
}

/// Tensors drawn from their names, so that the order of reading makes no difference.
pub struct RandomWeights;

impl WeightSource for RandomWeights {
    fn contains(&self, name: &str) -> bool {
        !name.ends_with(".bias") && name != "lm_head.weight"
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut random = ChaCha8Rng::seed_from_u64(
            name.bytes()
                .fold(7, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte)),
        );
        let mut uniform = || (random.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0;
        let norm = name.contains("norm");
        Ok((0..shape.iter().product())
            .map(|_| if norm { 1.0 } else { 0.2 * uniform() })
            .collect())
    }

    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

pub fn decoder() -> Arc<Decoder> {
    let options = LoadOptions {
        threads: Some(2),
        precision: Precision::F32,
    };
    Arc::new(Decoder::load(&config(), &RandomWeights, &options).expect("a tiny model"))
}
