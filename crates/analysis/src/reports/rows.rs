//! The rows of an evaluation, read as far as a comparison needs it: a hundred thousand in a second.

use std::collections::BTreeMap;

use gradus_schema::{AnsweredBy, EvalReport, EvalRow, FailureCode, TokenCounts};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::row_scores::{RowScore, row_scores};
use crate::compare::{RowMetric, ScoredRow};

/// Rows with their metrics and who answered each.
#[derive(Debug, Clone, Default)]
pub struct ReadRows {
    pub rows: Vec<ScoredRow>,
    pub metrics: Vec<RowMetric>,
    pub served_by: Vec<String>,
    /// Of all answers, with a grammar and without.
    pub tokens: TokenCounts,
}

/// The part of an [`EvalRow`] that is compared.
#[derive(Debug, Deserialize)]
pub(super) struct LeanRow {
    id: String,
    strata: BTreeMap<String, String>,
    prompt_sha256: String,
    pub target: Value,
    #[serde(default)]
    pub constrained: Option<LeanAnswer>,
    #[serde(default)]
    pub unconstrained: Option<LeanAnswer>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LeanAnswer {
    pub raw: Option<String>,
    pub parsed: Option<Value>,
    pub failure: Option<FailureCode>,
    pub lenient_valid: bool,
    pub absolute_errors: BTreeMap<String, f64>,
    pub mae_penalised: Option<f64>,
    answered_by: AnsweredBy,
    #[serde(default = "yes")]
    served_as_requested: bool,
    #[serde(default)]
    pub grades: BTreeMap<String, Option<f64>>,
    #[serde(default)]
    tokens: Option<TokenCounts>,
}

/// Rows that don't say are of answerers that can't be anybody else.
fn yes() -> bool {
    true
}

impl LeanAnswer {
    /// Whether the model under test answered. Servers give dated names to what was asked for, and
    /// the evaluation has judged them.
    fn is_served_by(&self, asked: &AnsweredBy) -> bool {
        let is_named = &self.answered_by == asked || asked.backend == "openai";
        self.raw.is_some() && self.served_as_requested && is_named
    }
}

impl LeanRow {
    /// The answer that counts: the constrained one where there is one.
    pub(super) fn primary_answer(&self) -> Option<&LeanAnswer> {
        self.constrained.as_ref().or(self.unconstrained.as_ref())
    }
}

/// Rows between two passes of the scorer, so that texts never lie in memory all at once.
const BLOCK_ROWS: usize = 4096;

/// Takes the lines of a `rows.jsonl` in their order; the metrics are chosen by the first block.
pub struct RowReader<'a> {
    report: &'a EvalReport,
    block: Vec<LeanRow>,
    scores: Vec<RowScore>,
    read: ReadRows,
    /// Why these rows can't be scored.
    unfit: Option<String>,
}

impl<'a> RowReader<'a> {
    pub fn new(report: &'a EvalReport) -> Self {
        Self {
            report,
            block: Vec::with_capacity(BLOCK_ROWS),
            scores: Vec::new(),
            read: ReadRows::default(),
            unfit: None,
        }
    }

    /// # Errors
    /// What is no row of an evaluation.
    pub fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let row = serde_json::from_slice(line)
            .map_err(|error| format!("this is no row of an evaluation: {error}"))?;
        self.push(row);
        Ok(())
    }

    fn push(&mut self, row: LeanRow) {
        self.block.push(row);
        if self.block.len() == BLOCK_ROWS {
            self.score_block();
        }
    }

    fn score_block(&mut self) {
        let rows = std::mem::take(&mut self.block);
        if self.scores.is_empty() {
            match row_scores(&self.report.primary_score, &rows) {
                Ok(scores) => self.scores = scores,
                Err(problem) => self.unfit = Some(problem),
            }
        }
        for row in &rows {
            let answer = row.primary_answer();
            self.read.served_by.push(served_by(answer));
            let answers = [&row.constrained, &row.unconstrained].into_iter().flatten();
            for tokens in answers.filter_map(|answer| answer.tokens) {
                self.read.tokens.prompt += tokens.prompt;
                self.read.tokens.completion += tokens.completion;
                self.read.tokens.forced += tokens.forced;
            }
            let scored = self.scored(row, answer);
            self.read.rows.push(scored);
        }
    }

    fn scored(&self, row: &LeanRow, answer: Option<&LeanAnswer>) -> ScoredRow {
        let raw = answer.and_then(|answer| answer.raw.as_deref());
        let values = self
            .scores
            .iter()
            .map(|score| score.value(row, self.report.scale));
        ScoredRow {
            id: row.id.clone(),
            stratum: stratum(&row.strata),
            prompt: fingerprint(row.prompt_sha256.as_bytes()),
            target: fingerprint(row.target.to_string().as_bytes()),
            answer: raw.map(|raw| fingerprint(raw.as_bytes())),
            served_as_requested: answer
                .is_some_and(|answer| answer.is_served_by(&self.report.answered_by)),
            failure: match answer {
                Some(answer) => answer.failure,
                None => Some(FailureCode::BackendError),
            },
            values: values.collect(),
        }
    }

    /// # Errors
    /// A primary score that can't be paired.
    pub fn finish(mut self) -> Result<ReadRows, String> {
        self.score_block();
        match self.unfit {
            Some(problem) => Err(problem),
            None => Ok(ReadRows {
                metrics: self.scores.into_iter().map(|score| score.metric).collect(),
                ..self.read
            }),
        }
    }
}

/// The same from rows in memory.
///
/// # Errors
/// A primary score that can't be paired.
pub fn scored_rows(rows: &[EvalRow], report: &EvalReport) -> Result<ReadRows, String> {
    let mut reader = RowReader::new(report);
    for row in rows {
        let value = serde_json::to_value(row).map_err(|error| error.to_string())?;
        reader.push(serde_json::from_value(value).map_err(|error| error.to_string())?);
    }
    reader.finish()
}

/// Several stratifying fields make one stratum.
fn stratum(strata: &BTreeMap<String, String>) -> Option<String> {
    if strata.is_empty() {
        return None;
    }
    Some(
        strata
            .values()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" / "),
    )
}

fn served_by(answer: Option<&LeanAnswer>) -> String {
    let Some(answer) = answer else {
        return "nobody".to_owned();
    };
    match (&answer.raw, answer.failure) {
        (None, Some(code)) => format!("nobody ({code})"),
        (None, None) => "nobody".to_owned(),
        (Some(_), _) => {
            let by = &answer.answered_by;
            let adapter = by
                .adapter_sha256
                .as_deref()
                .map_or_else(String::new, |hash| {
                    format!(" + adapter {}", hash.chars().take(8).collect::<String>())
                });
            format!("{}{adapter} ({})", by.model, by.backend)
        }
    }
}

/// Half a SHA-256: enough to tell texts apart, small enough for every row.
fn fingerprint(bytes: &[u8]) -> u128 {
    let digest = Sha256::digest(bytes);
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(half)
}
