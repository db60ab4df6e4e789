//! A model ready to answer: opened, checked and loaded into a decoder.

use std::path::Path;
use std::sync::Arc;

use crate::files::{ChatTemplate, Message, ModelFiles, ModelIdentity, Tokenizer, open_model};
use crate::model::{Decoder, LoadOptions, ModelConfig};
use crate::{Error, Result};

pub struct LoadedModel {
    pub identity: ModelIdentity,
    pub config: ModelConfig,
    pub tokenizer: Arc<Tokenizer>,
    pub chat_template: ChatTemplate,
    pub decoder: Arc<Decoder>,
}

impl LoadedModel {
    /// Opens a GGUF file or a Hugging Face directory and loads its weights.
    ///
    /// # Errors
    /// What [`open_model`] refuses, and weights that are not finite.
    pub fn open(path: &Path, options: &LoadOptions) -> Result<Self> {
        Self::load(open_model(path)?, options)
    }

    pub fn load(files: ModelFiles, options: &LoadOptions) -> Result<Self> {
        let decoder = Decoder::load(&files.config, files.weights.as_ref(), options)?;
        Ok(Self {
            identity: files.identity,
            config: files.config,
            tokenizer: files.tokenizer,
            chat_template: files.chat_template,
            decoder: Arc::new(decoder),
        })
    }

    /// The prompt for an answer to `messages`: the chat template with the generation prompt. Control
    /// tokens come from the template alone, whatever the messages hold; a BOS is there only if the
    /// template writes it.
    ///
    /// # Errors
    /// The template refuses the messages, or nothing is left to answer to.
    pub fn prompt_tokens(&self, messages: &[Message]) -> Result<Vec<u32>> {
        let tokens = self.chat_template.tokens(&self.tokenizer, messages, true)?;
        if tokens.is_empty() {
            return Err(Error::Configuration(
                "the prompt is empty: give at least one message with content".into(),
            ));
        }
        Ok(tokens)
    }

    /// The token that ends an answer in this model's chat format: the end token that the template
    /// writes behind an assistant's message, else the first declared one.
    pub fn end_of_answer(&self) -> Option<u32> {
        const ANSWER: &str = "ANSWER";
        let turn = |role: &str, content: &str| Message {
            role: role.into(),
            content: content.into(),
        };
        let text = self
            .chat_template
            .render(
                &[turn("user", "QUESTION"), turn("assistant", ANSWER)],
                false,
            )
            .ok();
        let tail = text
            .as_deref()
            .and_then(|text| text.rsplit_once(ANSWER))
            .map(|(_, tail)| tail);
        let written = tail
            .and_then(|tail| self.tokenizer.encode(tail, true).ok())
            .unwrap_or_default();
        let ends = &self.config.eos_token_ids;
        written
            .into_iter()
            .find(|token| ends.contains(token))
            .or_else(|| ends.first().copied())
    }
}
