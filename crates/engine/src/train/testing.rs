//! What the tests of training share: a small recipe, rows, an adapter and a tiny random model.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gradus_schema::{ChatMessage, PromptCompletion, Recipe};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::json;

use super::TrainingData;
use super::encode::EncodedRow;
use crate::Result;
use crate::files::tokenizer::SpecialNames;
use crate::files::{ChatTemplate, ModelIdentity, Tokenizer};
use crate::loaded::LoadedModel;
use crate::model::{
    Adapter, AdapterConfig, Decoder, Family, LoadOptions, ModelConfig, Module, Precision,
    RopeScaling, WeightSource,
};

/// 256 bytes and the two control tokens of the chat template.
const VOCABULARY: usize = 258;

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
        eos_token_ids: vec![257],
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

/// A tiny model that can be trained and asked: bytes as tokens, ChatML as its template.
pub fn model() -> LoadedModel {
    let options = LoadOptions {
        threads: Some(2),
        precision: Precision::F32,
    };
    let template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    LoadedModel {
        identity: identity(),
        config: config(),
        tokenizer: Arc::new(tokenizer()),
        chat_template: ChatTemplate::new(Some(template.to_owned()), SpecialNames::default())
            .expect("a template"),
        decoder: Arc::new(Decoder::load(&config(), &RandomWeights, &options).expect("a model")),
    }
}

fn tokenizer() -> Tokenizer {
    let vocabulary: serde_json::Map<_, _> = byte_characters()
        .enumerate()
        .map(|(id, character)| (character.to_string(), id.into()))
        .collect();
    let special = |id: usize, content: &str| {
        json!({"id": id, "content": content, "special": true, "single_word": false,
            "lstrip": false, "rstrip": false, "normalized": false})
    };
    let byte_level = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    let tokenizer = json!({
        "version": "1.0",
        "added_tokens": [special(256, "<|im_start|>"), special(257, "<|im_end|>")],
        "pre_tokenizer": byte_level,
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    });
    Tokenizer::from_json(tokenizer.to_string().as_bytes(), SpecialNames::default())
        .expect("a tokenizer")
}

/// GPT-2's printable stand-ins for the bytes 0..=255, in the order of the bytes.
fn byte_characters() -> impl Iterator<Item = char> {
    let printable = |byte: u32| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    (0..256).scan(0, move |others, byte| {
        let code = if printable(byte) { byte } else { 256 + *others };
        *others += u32::from(!printable(byte));
        char::from_u32(code)
    })
}

/// Rows to rate: 7 different texts, two numbers that follow from them or from their place.
pub fn data(count: usize) -> TrainingData {
    let row = |index: usize| PromptCompletion {
        row: index + 1,
        id: None,
        messages: vec![ChatMessage::new("user", format!("rate item {}", index % 7))],
        completion: format!(r#"{{"a":{},"b":{}}}"#, index % 7, index % 5),
        extra: serde_json::Map::new(),
    };
    TrainingData {
        rows: (0..count).map(row).collect(),
        path: "train.jsonl".into(),
    }
}
