//! One answer in the making: what its next tokens are, given the model's logits.
//!
//! Knows nothing of caches and batches. The scheduler feeds what a [`Move`] asks for and comes
//! back with the logits after it.

use std::sync::Arc;

use toktrie::SimpleVob;

use super::backend::Vocabulary;
use super::fields::{Field, Fields, JsonCursor};
use super::grammar::{Constraint, Grammar};
use super::numbers::{NumberSearch, Verdict};
use super::sampling::Sampler;
use super::value_trie::ValueTrie;
use super::{FinishReason, GenerateOptions, NumberDecode};
use crate::Result;

/// At most this many values of an open number are fed ahead together with what follows them, so
/// that the number is decided and the next one's logits are there after the same pass.
const MAX_FED_AHEAD: usize = 3;

/// Sets of allowed tokens larger than this are not worth picking out of the vocabulary.
const MAX_WANTED: usize = 1_024;

/// What holds for all requests of a generator.
pub(super) struct Rules {
    pub options: GenerateOptions,
    vocabulary: Arc<dyn Vocabulary>,
    eos_token_ids: Vec<u32>,
    schema: Option<(Grammar, Fields)>,
}

impl Rules {
    pub fn new(
        vocabulary: Arc<dyn Vocabulary>,
        eos_token_ids: &[u32],
        options: GenerateOptions,
    ) -> Result<Self> {
        options.validate()?;
        let schema = match (&options.schema, options.choices.as_slice()) {
            (None, []) => None,
            (None, choices) => Some((
                Grammar::of_choices(choices, Arc::clone(&vocabulary), eos_token_ids)?,
                // Plain words have no numbers inside.
                Fields::new(&serde_json::json!({}), vocabulary.as_ref())?,
            )),
            (Some(schema), _) => Some((
                Grammar::of_schema(schema, Arc::clone(&vocabulary), eos_token_ids)?,
                Fields::new(schema, vocabulary.as_ref())?,
            )),
        };
        Ok(Self {
            options,
            vocabulary,
            eos_token_ids: eos_token_ids.to_vec(),
            schema,
        })
    }

    pub fn text(&self, tokens: &[u32]) -> Result<String> {
        self.vocabulary.decode(tokens)
    }
}

#[derive(Debug)]
pub(super) enum Move {
    /// Append these tokens; the logits after the last are wanted.
    Extend(Vec<u32>),
    /// Try each of these ways to go on, on its own; the logits after each are wanted. The next
    /// [`Move::Extend`] may start with one of them.
    Explore(Vec<Vec<u32>>),
    Finish(FinishReason),
}

pub(super) struct Decoding {
    sampler: Sampler,
    /// The schema's state, if there is one.
    constraint: Option<Constraint>,
    cursor: JsonCursor,
    number: Option<OpenNumber>,
    /// The last token ends a number, although a digit could follow.
    number_has_ended: bool,
    max_tokens: usize,
    pub tokens: Vec<u32>,
    pub forced_tokens: usize,
    pub median_fallbacks: usize,
}

/// A bounded integer whose value is being found.
struct OpenNumber {
    search: NumberSearch,
    by_median: bool,
    /// Tokens that the grammar forces after it.
    continuation: Vec<u32>,
    /// Whether the model is needed after the continuation.
    goes_on: bool,
    /// Beginnings whose logits were asked for.
    asked: Vec<usize>,
}

impl Decoding {
    /// `room`: positions left after the prompt.
    pub fn new(rules: &Rules, sampler: Sampler, room: usize) -> Self {
        Self {
            sampler,
            constraint: rules.schema.as_ref().map(|(grammar, _)| grammar.start()),
            cursor: JsonCursor::new(),
            number: None,
            number_has_ended: false,
            max_tokens: rules.options.max_new_tokens.min(room),
            tokens: Vec::new(),
            forced_tokens: 0,
            median_fallbacks: 0,
        }
    }

    /// What the answer starts with whatever the model says.
    pub fn start(&mut self, rules: &Rules) -> Result<Move> {
        self.commit(rules, &[], &[])
    }

    /// The tokens whose logits matter after all tokens so far and `way`; `None`: all, or too
    /// many to pick them out.
    pub fn wanted_after(&self, way: &[u32]) -> Result<Option<Vec<u32>>> {
        let Some(constraint) = &self.constraint else {
            return Ok(None);
        };
        let Some(mut after) = constraint.after(way)? else {
            return Ok(None);
        };
        let allowed = after.allowed()?;
        Ok((allowed.num_set() <= MAX_WANTED).then(|| allowed.iter().collect()))
    }

    /// `logits` are those after all tokens so far. `feed_ahead`: whether more tokens in a pass
    /// are cheaper than another pass.
    pub fn next(&mut self, rules: &Rules, logits: &[f32], feed_ahead: bool) -> Result<Move> {
        if let Some(trie) = self.number_field(rules)? {
            self.open_number(rules, trie, logits)?;
            if self.number.is_some() {
                return self.decide_number(rules, feed_ahead);
            }
        }
        let Some(constraint) = &mut self.constraint else {
            return self.next_free(rules, logits);
        };
        let allowed = match self.number_has_ended {
            true => constraint.allowed_after_number()?,
            false => constraint.allowed()?,
        };
        let token = self.sampler.pick(among(&allowed, logits))? as u32;
        if rules.eos_token_ids.contains(&token) {
            return Ok(Move::Finish(FinishReason::Grammar));
        }
        self.number_has_ended = false;
        self.commit(rules, &[token], &[])
    }

    fn next_free(&mut self, rules: &Rules, logits: &[f32]) -> Result<Move> {
        // Models pad their vocabulary beyond the tokenizer's.
        let known = rules.vocabulary.size().min(logits.len());
        let token = self
            .sampler
            .pick(logits[..known].iter().copied().enumerate())? as u32;
        if rules.eos_token_ids.contains(&token) {
            return Ok(Move::Finish(FinishReason::Stop));
        }
        self.commit(rules, &[token], &[])
    }

    /// The values of the number that starts here, if one does.
    fn number_field(&mut self, rules: &Rules) -> Result<Option<Arc<ValueTrie>>> {
        let (Some((_, fields)), Some(path)) = (&rules.schema, self.cursor.value_path()) else {
            return Ok(None);
        };
        match fields.at(path) {
            Field::Number(trie) => Ok(Some(trie)),
            Field::UnlistedNumber => {
                self.median_fallbacks += usize::from(rules.options.numbers == NumberDecode::Median);
                Ok(None)
            }
            Field::Other => Ok(None),
        }
    }

    /// Leaves `number` empty where something else than a number of the range may stand, too
    /// (a field of several types, the end of an array).
    fn open_number(&mut self, rules: &Rules, trie: Arc<ValueTrie>, logits: &[f32]) -> Result<()> {
        let Some(constraint) = &mut self.constraint else {
            return Ok(());
        };
        let allowed = constraint.allowed()?;
        let mut only_numbers = true;
        allowed.iter_set_entries(|token| {
            let first = rules
                .vocabulary
                .bytes(token as u32)
                .and_then(|bytes| bytes.first().copied());
            only_numbers &= first.is_some_and(|byte| byte == b'-' || byte.is_ascii_digit());
        });
        if !only_numbers || !trie.first_tokens().all(|token| allowed.is_allowed(token)) {
            return Ok(());
        }
        let Some(mut after) = constraint.after(trie.path_of_longest())? else {
            return Ok(());
        };
        self.number = Some(OpenNumber {
            search: NumberSearch::new(trie, logits)?,
            by_median: rules.options.numbers == NumberDecode::Median,
            continuation: after.take_forced()?,
            goes_on: !after.is_complete(),
            asked: Vec::new(),
        });
        Ok(())
    }

    /// The logits after each of the ways of the last [`Move::Explore`].
    pub fn explored(&mut self, rules: &Rules, logits: &[&[f32]], feed_ahead: bool) -> Result<Move> {
        if let (Some(number), Some(constraint)) = (&mut self.number, &self.constraint) {
            number.search.count_pass();
            for (beginning, logits) in std::mem::take(&mut number.asked).into_iter().zip(logits) {
                let ending = match number.search.may_end(beginning) {
                    true => constraint
                        .after(number.search.path(beginning))?
                        .map(|mut after| after.allowed_after_number()),
                    false => None,
                };
                number
                    .search
                    .learn(beginning, logits, ending.transpose()?.as_ref())?;
            }
        }
        self.decide_number(rules, feed_ahead)
    }

    fn decide_number(&mut self, rules: &Rules, feed_ahead: bool) -> Result<Move> {
        let Some(mut number) = self.number.take() else {
            return self.commit(rules, &[], &[]);
        };
        let median = if number.by_median {
            number.search.median()
        } else {
            None
        };
        let verdict = match median {
            Some(verdict) => verdict,
            None => {
                self.median_fallbacks += usize::from(number.by_median);
                number.by_median = false;
                number.search.walk(&mut self.sampler)?
            }
        };
        match verdict {
            Verdict::Value(value) => {
                let tokens = number.search.trie().path_of(value).to_vec();
                self.number_has_ended = true;
                self.commit(rules, &tokens, &number.continuation)
            }
            Verdict::Open {
                beginnings,
                candidates,
            } => {
                let trie = number.search.trie();
                let room = self.max_tokens - self.tokens.len();
                let mut ways: Vec<Vec<u32>> = beginnings
                    .iter()
                    .map(|&beginning| number.search.path(beginning).to_vec())
                    .collect();
                if ways.iter().any(|way| way.len() > room) {
                    return Ok(Move::Finish(FinishReason::Length));
                }
                if feed_ahead && number.goes_on && candidates.len() <= MAX_FED_AHEAD {
                    let whole = candidates
                        .iter()
                        .map(|&value| [trie.path_of(value), &number.continuation].concat());
                    ways.extend(whole.filter(|way| way.len() <= room));
                }
                number.asked = beginnings;
                self.number = Some(number);
                Ok(Move::Explore(ways))
            }
        }
    }

    /// Takes `chosen` and whatever the grammar forces after it into the answer. `continuation`
    /// is what follows if the number in `chosen` ends.
    fn commit(&mut self, rules: &Rules, chosen: &[u32], continuation: &[u32]) -> Result<Move> {
        let mut tokens = chosen.to_vec();
        let mut complete = false;
        if let Some(constraint) = &mut self.constraint {
            constraint.accept(chosen)?;
            if constraint.accept_if_allowed(continuation)? {
                tokens.extend(continuation);
            }
            tokens.extend(constraint.take_forced()?);
            self.number_has_ended &= tokens.len() == chosen.len();
            complete = constraint.is_complete();
            if self.number_has_ended && !complete {
                let allowed = constraint.allowed_after_number()?;
                complete = allowed
                    .iter()
                    .all(|token| rules.eos_token_ids.contains(&token));
            }
        }
        let room = self.max_tokens - self.tokens.len();
        complete &= tokens.len() <= room;
        tokens.truncate(room);
        self.forced_tokens += tokens.len().saturating_sub(chosen.len());
        self.tokens.extend(&tokens);
        if self.constraint.is_some() {
            for &token in &tokens {
                self.cursor
                    .read(&rules.vocabulary.bytes(token).unwrap_or_default());
            }
        }
        Ok(if complete {
            Move::Finish(FinishReason::Grammar)
        } else if self.tokens.len() == self.max_tokens {
            Move::Finish(FinishReason::Length)
        } else {
            Move::Extend(tokens)
        })
    }
}

fn among<'a>(allowed: &'a SimpleVob, logits: &'a [f32]) -> impl Iterator<Item = (usize, f32)> + 'a {
    allowed
        .iter()
        .map(|token| token as usize)
        .filter_map(|token| Some((token, *logits.get(token)?)))
}
