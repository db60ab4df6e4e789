//! Who answers: the one interface between an evaluation and whatever is evaluated.

use std::sync::atomic::AtomicBool;

use gradus_schema::{AnsweredBy, Attempt, ChatMessage, Cost, CostBasis, FailureCode, TokenCounts};
use serde_json::Value;

use crate::Result;
use crate::task::TaskRow;

/// One row to answer.
#[derive(Clone)]
pub struct Question<'a> {
    pub row: &'a TaskRow,
    /// What [`crate::Task::messages`] makes of the row.
    pub messages: Vec<ChatMessage>,
}

/// A completion as it came, before it is parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct RawAnswer {
    /// The completion byte for byte, or why none arrived (a transport code).
    pub completion: Result<String, FailureCode>,
    pub latency_secs: f64,
    pub tokens: TokenCounts,
    pub cost: Cost,
    /// Whether the weights that were asked for gave it; false also when none arrived.
    pub served_as_requested: bool,
    pub attempts: Vec<Attempt>,
    pub median_fallbacks: usize,
}

impl RawAnswer {
    /// An answer computed on this machine.
    pub fn local(text: String, latency_secs: f64, tokens: TokenCounts) -> Self {
        Self {
            completion: Ok(text),
            latency_secs,
            tokens,
            cost: Cost {
                usd: None,
                basis: CostBasis::LocalUnpriced,
            },
            served_as_requested: true,
            attempts: Vec::new(),
            median_fallbacks: 0,
        }
    }
}

/// The answers to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    pub answered_by: AnsweredBy,
    /// Under the contract's grammar; the answer that is scored, where there is one.
    pub constrained: Option<RawAnswer>,
    /// Free text: shows what training did to the form.
    pub unconstrained: Option<RawAnswer>,
}

impl Answers {
    /// One answer, given without a grammar.
    pub fn free(answered_by: AnsweredBy, raw: RawAnswer) -> Self {
        Self {
            answered_by,
            constrained: None,
            unconstrained: Some(raw),
        }
    }
}

/// Takes the answer to the question of this index; answers may come in any order.
pub type Deliver<'a> = dyn FnMut(usize, Answers) -> Result<()> + 'a;

/// Something that answers: a model, a baseline, a server.
pub trait Answerer {
    /// Who will answer.
    fn answered_by(&self) -> AnsweredBy;

    /// Decoding settings, as recorded and compared; null where nothing is decoded.
    fn decode(&self) -> Value;

    /// How many questions it likes to be asked together.
    fn batch_rows(&self) -> usize;

    /// Answers questions; one entry each, in their order. When `stop` is raised it may give only
    /// the first few.
    ///
    /// # Errors
    /// Only what makes going on pointless; a row that failed is an answer with a failure code.
    fn answer(&mut self, questions: &[Question<'_>], stop: &AtomicBool) -> Result<Vec<Answers>>;

    /// The same, handing over each answer as soon as it is there.
    ///
    /// # Errors
    /// Those of [`Self::answer`] and of `deliver`.
    fn answer_each(
        &mut self,
        questions: &[Question<'_>],
        stop: &AtomicBool,
        deliver: &mut Deliver<'_>,
    ) -> Result<()> {
        for (index, answers) in self.answer(questions, stop)?.into_iter().enumerate() {
            deliver(index, answers)?;
        }
        Ok(())
    }
}
