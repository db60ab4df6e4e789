//! Rows → tokens, exactly those that inference sends and expects back.

use std::collections::BTreeMap;

use gradus_schema::{PromptCompletion, Recipe};
use sha2::{Digest, Sha256};

use super::TrainingData;
use super::numbers::NumberTokens;
use crate::files::Message;
use crate::loaded::LoadedModel;
use crate::{Error, Result};

/// A row as the model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedRow {
    /// Line of the row's file, from 1.
    pub row: usize,
    pub prompt: Vec<u32>,
    /// The answer and the token that ends the turn.
    pub completion: Vec<u32>,
    /// By place in `completion`: tokens of the numbers beside the one that stands there.
    pub neighbours: BTreeMap<usize, Vec<u32>>,
}

impl EncodedRow {
    pub fn tokens(&self) -> impl Iterator<Item = u32> {
        self.prompt.iter().chain(&self.completion).copied()
    }

    pub fn length(&self) -> usize {
        self.prompt.len() + self.completion.len()
    }
}

/// Encodes the rows of one file.
///
/// # Errors
/// No rows; a row with an empty completion; a row longer than `max_length` (nothing is cut).
pub fn encode(
    model: &LoadedModel,
    recipe: &Recipe,
    data: &TrainingData,
) -> Result<Vec<EncodedRow>> {
    if data.rows.is_empty() {
        return Err(Error::Configuration(format!(
            "there are no rows to train on or to evaluate with; each line must hold a prompt and a completion: {}",
            data.path.display()
        )));
    }
    let encoder = Encoder::new(model)?;
    let mut numbers = NumberTokens::observe(data.rows.iter().map(|row| row.completion.as_str()));
    let limit = recipe.max_length.min(model.config.max_position_embeddings);
    let mut rows = Vec::with_capacity(data.rows.len());
    for row in &data.rows {
        let mut encoded = encoder.encode(row, data)?;
        if encoded.length() > limit {
            return Err(too_long(recipe, limit, &encoded, data));
        }
        if recipe.label_smoothing_numbers > 0.0 {
            encoded.neighbours =
                numbers.neighbours(&model.tokenizer, &row.completion, &encoded.completion)?;
        }
        rows.push(encoded);
    }
    Ok(rows)
}

/// SHA-256 over all that the training sees of the rows, in order.
pub fn tokens_sha256(rows: &[EncodedRow]) -> String {
    let mut hash = Sha256::new();
    let mut number = |number: u64| hash.update(number.to_le_bytes());
    for row in rows {
        for part in [&row.prompt, &row.completion] {
            number(part.len() as u64);
            part.iter().for_each(|&token| number(u64::from(token)));
        }
        number(row.neighbours.len() as u64);
        for (&place, tokens) in &row.neighbours {
            number(place as u64);
            number(tokens.len() as u64);
            tokens.iter().for_each(|&token| number(u64::from(token)));
        }
    }
    super::files::hex(&hash.finalize())
}

struct Encoder<'a> {
    model: &'a LoadedModel,
    /// What the template writes after an answer, up to the token that ends the turn.
    end_of_turn: Vec<u32>,
    end_of_turn_text: String,
}

impl<'a> Encoder<'a> {
    fn new(model: &'a LoadedModel) -> Result<Self> {
        let end_of_turn_text = end_of_turn_text(model)?;
        let mut end_of_turn = model.tokenizer.encode(&end_of_turn_text, true)?;
        let ends = &model.config.eos_token_ids;
        match end_of_turn.iter().position(|token| ends.contains(token)) {
            Some(end) => end_of_turn.truncate(end + 1),
            // The template leaves the end to the model: the completion must still teach it.
            None => {
                end_of_turn.clear();
                end_of_turn.extend(ends.first());
            }
        }
        Ok(Self {
            model,
            end_of_turn,
            end_of_turn_text,
        })
    }

    fn encode(&self, row: &PromptCompletion, data: &TrainingData) -> Result<EncodedRow> {
        if row.completion.trim().is_empty() {
            return Err(Error::Row {
                path: data.path.clone(),
                row: row.row,
                problem: "the completion is empty; give the answer to learn, or remove the row"
                    .to_owned(),
            });
        }
        let messages: Vec<Message> = row
            .messages
            .iter()
            .map(|message| Message {
                role: message.role.clone(),
                content: message.content.clone(),
            })
            .collect();
        let prompt = self.model.prompt_tokens(&messages)?;
        let completion = self.completion_tokens(&messages, &prompt, &row.completion)?;
        Ok(EncodedRow {
            row: row.row,
            prompt,
            completion,
            neighbours: BTreeMap::new(),
        })
    }

    /// The answer is encoded by itself, as a generation starts by itself after the prompt. A
    /// tokenizer that puts a space before every text (SentencePiece) would add one in the middle
    /// here; then the whole conversation is encoded and the prompt taken off.
    fn completion_tokens(
        &self,
        messages: &[Message],
        prompt: &[u32],
        completion: &str,
    ) -> Result<Vec<u32>> {
        let tokenizer = &self.model.tokenizer;
        let mut tokens = tokenizer.encode(completion, false)?;
        if text_bytes(&tokens, |token| tokenizer.token_bytes(token)).as_deref()
            != Some(completion.as_bytes())
        {
            let prompt_text = self.model.chat_template.render(messages, true)?;
            let whole = tokenizer.encode(
                &format!("{prompt_text}{completion}{}", self.end_of_turn_text),
                true,
            )?;
            let before_end = tokenizer.encode(&format!("{prompt_text}{completion}"), true)?;
            if before_end.starts_with(prompt) && whole.starts_with(&before_end) {
                tokens = before_end[prompt.len()..].to_vec();
            }
        }
        tokens.extend(&self.end_of_turn);
        Ok(tokens)
    }
}

fn end_of_turn_text(model: &LoadedModel) -> Result<String> {
    const ANSWER: &str = "THE-ANSWER";
    let message = |role: &str, content: &str| Message {
        role: role.to_owned(),
        content: content.to_owned(),
    };
    let conversation = [message("user", "A question"), message("assistant", ANSWER)];
    let text = model.chat_template.render(&conversation, false)?;
    let (_, end) = text.rsplit_once(ANSWER).ok_or_else(|| {
        Error::model_file(
            &model.identity.path,
            "the chat template leaves out the assistant's answer, so it can't be used for training; use an instruct model",
        )
    })?;
    Ok(end.to_owned())
}

/// The bytes that tokens stand for; `None` when one of them stands for none.
pub(super) fn text_bytes(
    tokens: &[u32],
    bytes_of: impl Fn(u32) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    for &token in tokens {
        text.extend(bytes_of(token)?);
    }
    Some(text)
}

fn too_long(recipe: &Recipe, limit: usize, row: &EncodedRow, data: &TrainingData) -> Error {
    let (length, prompt, completion) = (row.length(), row.prompt.len(), row.completion.len());
    let problem = if limit < recipe.max_length {
        format!(
            "the row has {length} tokens (prompt {prompt}, completion {completion}), more than the {limit} this model can read; shorten or remove the row"
        )
    } else {
        format!(
            "the row has {length} tokens (prompt {prompt}, completion {completion}), more than max_length {limit}; raise max_length in the recipe, or shorten the row"
        )
    };
    Error::Row {
        path: data.path.clone(),
        row: row.row,
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::super::pack::{Objective, pack};
    use super::super::{fresh_adapter, testing};
    use super::*;
    use crate::model::{LossSum, TrainingSession};

    #[test]
    fn prompts_are_what_inference_sends_and_completions_end_the_turn() {
        let model = testing::model();
        let recipe = testing::recipe();
        let data = testing::data(20);
        let rows = encode(&model, &recipe, &data).expect("encoded");
        for (row, encoded) in data.rows.iter().zip(&rows) {
            let user = Message {
                role: "user".into(),
                content: row.messages[0].content.clone(),
            };
            let answer = Message {
                role: "assistant".into(),
                content: row.completion.clone(),
            };
            let sent = model
                .prompt_tokens(std::slice::from_ref(&user))
                .expect("a prompt");
            assert_eq!(encoded.prompt, sent);
            let whole = model
                .chat_template
                .render(&[user, answer], false)
                .expect("rendered");
            let whole = model.tokenizer.encode(&whole, true).expect("encoded");
            let tokens: Vec<u32> = encoded.tokens().collect();
            assert_eq!(
                tokens,
                whole[..tokens.len()],
                "as the template writes the conversation"
            );
            assert_eq!(
                encoded.completion.last(),
                model.config.eos_token_ids.first()
            );
            assert!(encoded.neighbours.is_empty(), "no smoothing was asked for");
        }
    }

    #[test]
    fn neighbours_of_numbers_stay_within_the_range_of_their_field() {
        let model = testing::model();
        let recipe = Recipe {
            label_smoothing_numbers: 0.2,
            ..testing::recipe()
        };
        let rows = encode(&model, &recipe, &testing::data(20)).expect("encoded");
        let digits = |row: usize| -> Vec<String> {
            rows[row]
                .neighbours
                .values()
                .map(|tokens| model.tokenizer.decode(tokens).expect("text"))
                .collect()
        };
        assert_eq!(digits(0), ["1", "1"], "0 and 0: nothing below");
        assert_eq!(digits(6), ["5", "02"], "6 and 1: nothing above 6");
    }

    #[test]
    fn packing_changes_neither_loss_nor_gradient() {
        let model = testing::model();
        let recipe = Recipe {
            label_smoothing_numbers: 0.2,
            ..testing::recipe()
        };
        let rows = encode(&model, &recipe, &testing::data(12)).expect("encoded");
        let objective = Objective {
            completion_only: false,
            label_smoothing_numbers: 0.2,
        };
        let measure = |groups: &[Vec<&EncodedRow>]| {
            let mut adapter = fresh_adapter(&recipe, &model.config).expect("an adapter");
            adapter
                .weights
                .values_mut()
                .for_each(|pair| pair.b.fill(0.02));
            let mut session =
                TrainingSession::new(model.decoder.clone(), adapter).expect("a session");
            let mut loss = LossSum::default();
            for batch in groups.iter().flat_map(|group| pack(group, objective)) {
                loss.add(
                    &session
                        .forward_backward(&batch.tree, &batch.targets, None)
                        .expect("a pass"),
                );
            }
            (loss, session.gradient())
        };
        let (together, gradient) = measure(&[rows.iter().collect()]);
        let (apart, expected) = measure(&rows.iter().map(|row| vec![row]).collect::<Vec<_>>());
        assert!((together.weight - apart.weight).abs() < 1e-3);
        assert!(
            (together.loss - apart.loss).abs() < 1e-4 * apart.loss,
            "{together:?} {apart:?}"
        );
        let largest = expected
            .iter()
            .fold(0f32, |largest, value| largest.max(value.abs()));
        for (actual, expected) in gradient.iter().zip(&expected) {
            assert!(
                (actual - expected).abs() < 1e-4 * largest,
                "{actual} is not {expected}"
            );
        }
    }
}
