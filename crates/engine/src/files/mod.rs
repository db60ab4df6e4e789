//! Checkpoints on disk: GGUF files, Hugging Face directories, tokenizers, chat templates.

pub mod chat_template;
pub mod dequantise;
pub mod gguf;
mod gguf_config;
mod gguf_model;
mod gguf_tokenizer;
mod hf_config;
mod hf_rope;
mod hf_tokenizer;
pub mod identity;
mod layout;
mod numbers;
mod python_json;
mod python_methods;
mod python_time;
mod safetensors_dir;
pub(crate) mod safetensors_file;
mod source_file;
#[cfg(test)]
pub(crate) mod test_files;
pub mod tokenizer;
pub mod writer;

use std::path::Path;
use std::sync::Arc;

pub use chat_template::ChatTemplate;
pub use identity::ModelIdentity;
pub(crate) use layout::check_finite;
pub(crate) use safetensors_dir::read_json;
pub use tokenizer::Tokenizer;

use crate::model::{ModelConfig, WeightSource};
use crate::{Error, Result};

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Message {
    pub role: String,
    pub content: String,
}

/// A checkpoint, opened but not yet loaded into a decoder.
pub struct ModelFiles {
    pub identity: ModelIdentity,
    pub config: ModelConfig,
    pub tokenizer: Arc<Tokenizer>,
    pub chat_template: ChatTemplate,
    pub weights: Box<dyn WeightSource + Send + Sync>,
    /// Whether any weight matrix is stored with more precision than bf16 has.
    pub finer_than_bf16: bool,
}

/// Opens a GGUF file or a Hugging Face directory.
///
/// # Errors
/// No such file, a truncated or corrupt one, an architecture that is not supported, tensors that
/// are missing or of another shape than the configuration says. Weights are only read later.
pub fn open_model(path: &Path) -> Result<ModelFiles> {
    let metadata =
        std::fs::metadata(path).map_err(|source| Error::io("opening the model", path, source))?;
    if metadata.is_dir() {
        open_directory(path)
    } else {
        open_gguf(path)
    }
}

fn open_gguf(path: &Path) -> Result<ModelFiles> {
    let broken = |problem: String| Error::model_file(path, problem);
    let model = gguf_model::GgufModel::open(path)?;
    let tokenizer = gguf_tokenizer::tokenizer(&model.header).map_err(broken)?;
    let source = model
        .header
        .text("tokenizer.chat_template")
        .filter(|source| !source.is_empty());
    let chat_template =
        ChatTemplate::new(source.map(str::to_string), tokenizer.names.clone()).map_err(broken)?;
    check_vocabulary(&model.config, &tokenizer).map_err(broken)?;
    Ok(ModelFiles {
        identity: identity::of_gguf(path, model.header.text("general.name"))?,
        config: model.config.clone(),
        tokenizer: Arc::new(tokenizer),
        chat_template,
        finer_than_bf16: model.finer_than_bf16(),
        weights: Box::new(model),
    })
}

fn open_directory(path: &Path) -> Result<ModelFiles> {
    if path.join("adapter_config.json").is_file() && !path.join("config.json").is_file() {
        return Err(Error::model_file(
            path,
            "this is an adapter, not a model; name it behind its base: BASE+ADAPTER_DIR",
        ));
    }
    let model = safetensors_dir::SafetensorsDir::open(path)?;
    let (tokenizer, chat_template) = hf_tokenizer::open(path)?;
    check_vocabulary(&model.config, &tokenizer)
        .map_err(|problem| Error::model_file(path, problem))?;
    Ok(ModelFiles {
        identity: identity::of_directory(path, model.shards.iter().map(|shard| shard.path()))?,
        config: model.config.clone(),
        tokenizer: Arc::new(tokenizer),
        chat_template,
        finer_than_bf16: model.finer_than_bf16(),
        weights: Box::new(model),
    })
}

/// A token without a row in the embedding would only fail in the middle of some later text.
fn check_vocabulary(config: &ModelConfig, tokenizer: &Tokenizer) -> Result<(), String> {
    if tokenizer.vocab_size() > config.vocab_size {
        return Err(format!(
            "the tokenizer has {} tokens, the embedding only {} rows: they are of different models",
            tokenizer.vocab_size(),
            config.vocab_size
        ));
    }
    if let Some(end) = config
        .eos_token_ids
        .iter()
        .find(|token| **token as usize >= config.vocab_size)
    {
        return Err(format!(
            "the end token {end} is beyond the vocabulary of {}",
            config.vocab_size
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::test_files::write_tiny_gguf;
    use super::*;

    #[test]
    fn a_gguf_file_opens_with_everything_it_carries() {
        let directory = tempfile::tempdir().unwrap();
        let files = open_model(&write_tiny_gguf(directory.path())).unwrap();
        assert_eq!(files.identity.name, "Tiny");
        assert_eq!(files.identity.format, "gguf");
        assert_eq!(files.config.eos_token_ids, [1]);
        assert!(files.finer_than_bf16);
        let message = Message {
            role: "user".into(),
            content: "ab".into(),
        };
        assert_eq!(
            files.chat_template.render(&[message], true).unwrap(),
            "<|im_start|>ab<|im_end|><|im_start|>"
        );
    }

    #[test]
    fn what_is_no_model_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let problem = |path: &Path| open_model(path).err().unwrap().to_string();
        assert!(problem(&directory.path().join("nothing")).contains("opening the model failed"));
        assert!(problem(directory.path()).contains("config.json"));
        std::fs::write(directory.path().join("adapter_config.json"), "{}").unwrap();
        assert!(problem(directory.path()).contains("an adapter, not a model"));
    }
}
