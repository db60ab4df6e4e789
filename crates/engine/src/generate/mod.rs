//! Text from a model: greedy or sampled, free or held to a JSON Schema, many requests at once.
//!
//! The way through it: [`Generator::generate`] hands prompts to the `batch` scheduler, which
//! computes what they share once (`prefix`), advances every request in flight by one pass over
//! the weights, and asks each request's `request::Decoding` what to feed next. A decoding knows
//! the `grammar` (forced tokens cost no pass of their own), the `fields` of the schema and the
//! `numbers` among them; `sampling` picks a token where there is a choice.

mod backend;
mod batch;
#[cfg(test)]
mod fake;
mod fields;
mod grammar;
mod numbers;
mod prefix;
mod request;
mod sampling;
#[cfg(test)]
mod tests;
mod value_trie;

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::files::Tokenizer;
use crate::model::{Decoder, PackedAdapter};
use crate::{Error, Result};

use backend::DecoderBackend;
use batch::Scheduler;
use request::Rules;

/// How an integer with a minimum and a maximum in the schema is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberDecode {
    /// Token by token, as all other text.
    #[default]
    MostLikely,
    /// The median of the model's distribution over the field's values: the smallest value whose
    /// cumulative probability reaches one half. It minimises the expected absolute error.
    /// Temperature does not apply to it.
    Median,
}

#[derive(Debug, Clone, PartialEq)]
pub struct GenerateOptions {
    /// Most tokens of an answer, forced ones included.
    pub max_new_tokens: usize,
    /// 0: always the most likely token.
    pub temperature: f32,
    /// Sample among the most likely tokens that together reach this probability; 1: among all.
    pub top_p: f32,
    /// Sample among this many most likely tokens.
    pub top_k: Option<usize>,
    /// With the same seed, the same prompt gives the same text in every batch. A prompt that
    /// occurs several times in one call gets another text each time.
    pub seed: u64,
    /// JSON Schema that the answer must follow; it is then written without white space.
    pub schema: Option<serde_json::Value>,
    /// The texts that the answer must be one of; empty: any. Excludes `schema`.
    pub choices: Vec<String>,
    pub numbers: NumberDecode,
    /// Requests in flight at once.
    pub batch_size: usize,
}

impl Default for GenerateOptions {
    fn default() -> Self {
        Self {
            max_new_tokens: 256,
            temperature: 0.0,
            top_p: 1.0,
            top_k: None,
            seed: 42,
            schema: None,
            choices: Vec::new(),
            numbers: NumberDecode::MostLikely,
            batch_size: 16,
        }
    }
}

impl GenerateOptions {
    fn validate(&self) -> Result<()> {
        let problem = if self.max_new_tokens == 0 {
            "max_new_tokens is 0; give at least 1".to_owned()
        } else if self.schema.is_some() && !self.choices.is_empty() {
            "an answer follows a schema or is one of some choices, not both".to_owned()
        } else if self.choices.iter().any(String::is_empty) {
            "an empty text is no choice".to_owned()
        } else if self.batch_size == 0 {
            "batch_size is 0; give at least 1".to_owned()
        } else if !(self.temperature.is_finite() && self.temperature >= 0.0) {
            format!(
                "temperature is {}; give 0 (greedy) or a positive number",
                self.temperature
            )
        } else if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            format!("top_p is {}; give a number above 0 and up to 1", self.top_p)
        } else if self.top_k == Some(0) {
            "top_k is 0; give at least 1, or leave it out".to_owned()
        } else {
            return Ok(());
        };
        Err(Error::Configuration(problem))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinishReason {
    /// The model ended its answer.
    Stop,
    /// `max_new_tokens` or the model's longest text was reached.
    Length,
    /// The answer is complete under the schema.
    Grammar,
}

/// An answer to one prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    pub text: String,
    pub prompt_tokens: usize,
    /// Tokens of the answer, without the one that ended it.
    pub completion_tokens: usize,
    /// Those of them that the schema left no choice about.
    pub forced_tokens: usize,
    /// Fields that were to be decoded by their median and were not, because their range is too
    /// wide or took too many passes; they hold the most likely number.
    pub median_fallbacks: usize,
    pub finish_reason: FinishReason,
    /// From the start of work on this request to its end; other requests share the time.
    pub wall_secs: f64,
}

/// Answers prompts with one model, one adapter and one set of options.
pub struct Generator {
    scheduler: Scheduler<DecoderBackend>,
}

impl Generator {
    /// # Errors
    /// Options out of range; a schema that cannot be made into a grammar.
    pub fn new(
        decoder: Arc<Decoder>,
        tokenizer: Arc<Tokenizer>,
        adapter: Option<Arc<PackedAdapter>>,
        options: GenerateOptions,
    ) -> Result<Self> {
        let eos_token_ids = decoder.config().eos_token_ids.clone();
        let rules = Rules::new(tokenizer, &eos_token_ids, options)?;
        Ok(Self {
            scheduler: Scheduler::new(DecoderBackend::new(decoder, adapter), rules),
        })
    }

    /// Answers all prompts. `on_done` gets each answer with its prompt's index as soon as it is
    /// complete, and may end the call: prompts without an answer then have `None`.
    ///
    /// What prompts share is computed once and kept for later calls, up to
    /// 4,096 tokens; the least recently used goes first.
    ///
    /// # Errors
    /// An empty prompt, one longer than the model takes, a token outside the vocabulary; logits
    /// that are not numbers.
    pub fn generate(
        &mut self,
        prompts: &[Vec<u32>],
        on_done: &mut dyn FnMut(usize, &Completion) -> ControlFlow<()>,
    ) -> Result<Vec<Option<Completion>>> {
        self.scheduler.generate(prompts, on_done)
    }
}
