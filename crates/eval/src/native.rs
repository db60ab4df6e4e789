//! Answers from a model on this machine: once held to the contract's grammar, which is what is
//! scored, and once free, because a grammar hides what training did to the form.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gradus_engine::files::Message;
use gradus_engine::generate::{Completion, GenerateOptions, Generator, NumberDecode};
use gradus_engine::loaded::LoadedModel;
use gradus_engine::model::PackedAdapter;
use gradus_schema::{AnsweredBy, ChatMessage, Split, TokenCounts};
use serde_json::{Value, json};

use crate::answer::{Answerer, Answers, Question, RawAnswer};
use crate::contract::{AnswerForm, Contract};
use crate::task::{Task, TaskRow};
use crate::{Error, Result};

/// Requests in flight at once, unless told otherwise.
const BATCH_SIZE: usize = 16;
/// Batches asked together, so that a slow answer does not leave the others' places empty.
const BATCHES_AT_ONCE: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NativeOptions {
    /// How integers are chosen under the grammar.
    pub numbers: NumberDecode,
    /// Whether every row is answered a second time without the grammar.
    pub unconstrained: bool,
    /// `None`: twice the longest right answer and a little more, so that an answer that goes on
    /// too long is seen to.
    pub max_new_tokens: Option<usize>,
    pub batch_size: usize,
}

impl Default for NativeOptions {
    fn default() -> Self {
        Self {
            numbers: NumberDecode::Median,
            unconstrained: true,
            max_new_tokens: None,
            batch_size: BATCH_SIZE,
        }
    }
}

/// An adapter with the hash of its file.
#[derive(Clone)]
pub struct NamedAdapter {
    pub packed: Arc<PackedAdapter>,
    pub sha256: String,
}

/// A loaded model, with or without an adapter, answering one task.
pub struct NativeAnswerer<'a> {
    model: &'a LoadedModel,
    answered_by: AnsweredBy,
    max_new_tokens: usize,
    options: NativeOptions,
    /// None where the contract has no grammar: then the free answer is the one that counts.
    constrained: Option<Generator>,
    unconstrained: Option<Generator>,
}

impl<'a> NativeAnswerer<'a> {
    /// # Errors
    /// A contract that can't be made into a grammar; rows that can't be read.
    pub fn new(
        model: &'a LoadedModel,
        adapter: Option<NamedAdapter>,
        task: &Task,
        split: Split,
        options: NativeOptions,
    ) -> Result<Self> {
        let max_new_tokens = match options.max_new_tokens {
            Some(tokens) => tokens,
            None => answer_budget(model, &task.rows(split)?.rows)?,
        };
        let packed = adapter.as_ref().map(|adapter| adapter.packed.clone());
        let free = || free_generator(model, packed.clone(), max_new_tokens, options.batch_size);
        Ok(Self {
            constrained: if task.contract.has_grammar() {
                Some(constrained_generator(
                    model,
                    packed.clone(),
                    &task.contract,
                    options.numbers,
                    max_new_tokens,
                    options.batch_size,
                )?)
            } else {
                None
            },
            unconstrained: if options.unconstrained || !task.contract.has_grammar() {
                Some(free()?)
            } else {
                None
            },
            answered_by: AnsweredBy {
                model: model.identity.name.clone(),
                revision: model.identity.sha256.clone(),
                adapter_sha256: adapter.map(|adapter| adapter.sha256),
                backend: "native".to_owned(),
            },
            model,
            max_new_tokens,
            options,
        })
    }
}

impl Answerer for NativeAnswerer<'_> {
    fn answered_by(&self) -> AnsweredBy {
        self.answered_by.clone()
    }

    fn decode(&self) -> Value {
        let unconstrained = self
            .unconstrained
            .as_ref()
            .map(|_| json!({"temperature": 0.0}));
        let constrained = self
            .constrained
            .as_ref()
            .map(|_| json!({"numbers": self.options.numbers, "temperature": 0.0}));
        json!({
            "constrained": constrained,
            "unconstrained": unconstrained,
            "max_new_tokens": self.max_new_tokens,
        })
    }

    fn batch_rows(&self) -> usize {
        self.options.batch_size * BATCHES_AT_ONCE
    }

    fn answer(&mut self, questions: &[Question<'_>], stop: &AtomicBool) -> Result<Vec<Answers>> {
        let mut prompts = Vec::with_capacity(questions.len());
        for question in questions {
            prompts.push(prompt_tokens(self.model, question.row, &question.messages)?);
        }
        let ask = |generator: &mut Option<Generator>| match generator {
            Some(generator) => generate(generator, &prompts, stop),
            None => Ok(vec![None; prompts.len()]),
        };
        let constrained = ask(&mut self.constrained)?;
        let free = ask(&mut self.unconstrained)?;
        let wants_constrained = self.constrained.is_some();
        let wants_free = self.unconstrained.is_some();
        let answers = constrained
            .into_iter()
            .zip(free)
            .map_while(|(constrained, free)| {
                if wants_constrained && constrained.is_none() || wants_free && free.is_none() {
                    return None;
                }
                Some(Answers {
                    answered_by: self.answered_by.clone(),
                    constrained: constrained.map(raw_answer),
                    unconstrained: free.map(raw_answer),
                })
            });
        Ok(answers.collect())
    }
}

/// A generator that writes what the contract allows and nothing else.
pub(crate) fn constrained_generator(
    model: &LoadedModel,
    adapter: Option<Arc<PackedAdapter>>,
    contract: &Contract,
    numbers: NumberDecode,
    max_new_tokens: usize,
    batch_size: usize,
) -> Result<Generator> {
    let mut options = GenerateOptions {
        max_new_tokens,
        numbers,
        batch_size,
        ..GenerateOptions::default()
    };
    match contract.form() {
        AnswerForm::Label(labels) => options.choices.clone_from(labels),
        _ => options.schema = Some(contract.decoding_schema().clone()),
    }
    Ok(Generator::new(
        model.decoder.clone(),
        model.tokenizer.clone(),
        adapter,
        options,
    )?)
}

/// A generator that writes what the model likes best.
pub(crate) fn free_generator(
    model: &LoadedModel,
    adapter: Option<Arc<PackedAdapter>>,
    max_new_tokens: usize,
    batch_size: usize,
) -> Result<Generator> {
    let options = GenerateOptions {
        max_new_tokens,
        batch_size,
        ..GenerateOptions::default()
    };
    Ok(Generator::new(
        model.decoder.clone(),
        model.tokenizer.clone(),
        adapter,
        options,
    )?)
}

/// Tokens of an answer: twice those of the longest right one, and a little more.
pub(crate) fn answer_budget(model: &LoadedModel, rows: &[TaskRow]) -> Result<usize> {
    let mut longest = 0;
    for row in rows {
        let tokens = model.tokenizer.encode(&row.label.text(), false)?;
        longest = longest.max(tokens.len());
    }
    Ok(longest * 2 + 16)
}

/// A row's prompt as tokens, or which row is at fault.
pub(crate) fn prompt_tokens(
    model: &LoadedModel,
    row: &TaskRow,
    messages: &[ChatMessage],
) -> Result<Vec<u32>> {
    let messages: Vec<Message> = messages
        .iter()
        .map(|message| Message {
            role: message.role.clone(),
            content: message.content.clone(),
        })
        .collect();
    let tokens = model.prompt_tokens(&messages)?;
    let longest = model.config.max_position_embeddings;
    if tokens.len() >= longest {
        return Err(Error::Configuration(format!(
            "the prompt of row {} (line {}) has {} tokens, the model takes {longest}; shorten the row or the template",
            row.id,
            row.row,
            tokens.len()
        )));
    }
    Ok(tokens)
}

/// Answers in the prompts' order; those that a raised `stop` prevented are `None`.
pub(crate) fn generate(
    generator: &mut Generator,
    prompts: &[Vec<u32>],
    stop: &AtomicBool,
) -> Result<Vec<Option<Completion>>> {
    let completions = generator.generate(prompts, &mut |_, _| {
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    Ok(completions)
}

pub(crate) fn raw_answer(completion: Completion) -> RawAnswer {
    let tokens = TokenCounts {
        prompt: completion.prompt_tokens,
        completion: completion.completion_tokens,
        forced: completion.forced_tokens,
    };
    RawAnswer {
        median_fallbacks: completion.median_fallbacks,
        ..RawAnswer::local(completion.text, completion.wall_secs, tokens)
    }
}
