//! Checkpoints on disk: GGUF files, Hugging Face directories, tokenizers, chat templates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Result;
use crate::model::{ModelConfig, WeightSource};

/// What was opened, so that it can be named, compared and refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ModelIdentity {
    /// The name the files carry, or that of the file or folder.
    pub name: String,
    /// `gguf` or `safetensors`.
    pub format: String,
    /// SHA-256 of the weights, hex: of the GGUF file, or over the shards' names and hashes.
    pub sha256: String,
    pub path: PathBuf,
}

/// A checkpoint, opened but not yet loaded into a decoder.
pub struct ModelFiles {
    pub identity: ModelIdentity,
    pub config: ModelConfig,
    pub tokenizer: Arc<Tokenizer>,
    pub chat_template: ChatTemplate,
    pub weights: Box<dyn WeightSource + Send + Sync>,
}

/// Opens a GGUF file or a Hugging Face directory.
pub fn open_model(_path: &Path) -> Result<ModelFiles> {
    todo!()
}

/// Text to token ids and back.
pub struct Tokenizer {}

impl Tokenizer {
    /// `special`: whether `<|im_start|>` and the like in `text` become their tokens. No token is
    /// added that the text does not hold (no BOS).
    pub fn encode(&self, _text: &str, _special: bool) -> Result<Vec<u32>> {
        todo!()
    }

    /// Special tokens are left out; bytes that are not UTF-8 become U+FFFD.
    pub fn decode(&self, _tokens: &[u32]) -> Result<String> {
        todo!()
    }

    pub fn vocab_size(&self) -> usize {
        todo!()
    }

    /// The bytes a token stands for; `None` for special tokens and unused ids.
    pub fn token_bytes(&self, _token: u32) -> Option<Vec<u8>> {
        todo!()
    }

    pub fn token_id(&self, _text: &str) -> Option<u32> {
        todo!()
    }

    pub fn is_special(&self, _token: u32) -> bool {
        todo!()
    }

    /// The whole `tokenizer.json`, as written beside merged models.
    pub fn to_json(&self) -> Result<String> {
        todo!()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    pub role: String,
    pub content: String,
}

/// The model's own Jinja template that turns messages into one text.
#[derive(Debug, Clone)]
pub struct ChatTemplate {}

impl ChatTemplate {
    /// Renders as transformers' `apply_chat_template(..., tokenize=False)` does.
    pub fn render(&self, _messages: &[Message], _add_generation_prompt: bool) -> Result<String> {
        todo!()
    }

    pub fn source(&self) -> Option<&str> {
        todo!()
    }
}
