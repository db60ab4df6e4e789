//! `rows.jsonl`, read as far as a comparison needs it: a hundred thousand rows in a second.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use gradus_analysis::compare::{RowMetric, ScoredRow};
use gradus_schema::{AnsweredBy, EvalReport, EvalRow, FailureCode};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::row_scores::{RowScore, row_scores};
use crate::{Error, Result};

/// Rows with their metrics and who answered each.
#[derive(Debug, Clone, Default)]
pub struct ReadRows {
    pub rows: Vec<ScoredRow>,
    pub metrics: Vec<RowMetric>,
    pub served_by: Vec<String>,
    /// Name and SHA-256 of the file.
    pub file: Option<(String, String)>,
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

pub(super) fn read(path: &Path, report: &EvalReport) -> Result<ReadRows> {
    let fail = |error| Error::io("reading the rows", path, error);
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(fail)?);
    let mut scorer = Scorer::new(path, report);
    let mut digest = Sha256::new();
    let mut line = Vec::new();
    let mut block = Vec::with_capacity(BLOCK_ROWS);
    for number in 1.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).map_err(fail)? == 0 {
            break;
        }
        digest.update(&line);
        let row: LeanRow = serde_json::from_slice(&line).map_err(|error| Error::Row {
            path: path.to_owned(),
            row: number,
            problem: format!("this is no row of an evaluation: {error}"),
        })?;
        block.push(row);
        if block.len() == BLOCK_ROWS {
            scorer.take(&block)?;
            block.clear();
        }
    }
    scorer.take(&block)?;
    let mut read = scorer.finish();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hex = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    read.file = Some((name.into_owned(), hex));
    Ok(read)
}

/// The same from rows in memory.
///
/// # Errors
/// A primary score that can't be paired.
pub fn scored_rows(rows: &[EvalRow], report: &EvalReport) -> Result<ReadRows> {
    let mut scorer = Scorer::new(Path::new("rows in memory"), report);
    let lean = |row: &EvalRow| {
        let value = serde_json::to_value(row).map_err(|error| error.to_string());
        value.and_then(|value| serde_json::from_value(value).map_err(|error| error.to_string()))
    };
    let rows: std::result::Result<Vec<LeanRow>, String> = rows.iter().map(lean).collect();
    scorer.take(&rows.map_err(Error::Configuration)?)?;
    Ok(scorer.finish())
}

/// Turns rows into values; the metrics are chosen by the first block.
struct Scorer<'a> {
    path: &'a Path,
    report: &'a EvalReport,
    scores: Vec<RowScore>,
    read: ReadRows,
}

impl<'a> Scorer<'a> {
    fn new(path: &'a Path, report: &'a EvalReport) -> Self {
        Self {
            path,
            report,
            scores: Vec::new(),
            read: ReadRows::default(),
        }
    }

    fn take(&mut self, rows: &[LeanRow]) -> Result<()> {
        if self.scores.is_empty() {
            self.scores = row_scores(&self.report.primary_score, rows)
                .map_err(|problem| Error::task(self.path, problem))?;
        }
        for row in rows {
            let answer = row.primary_answer();
            self.read.served_by.push(served_by(answer));
            let scored = self.scored(row, answer);
            self.read.rows.push(scored);
        }
        Ok(())
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

    fn finish(self) -> ReadRows {
        ReadRows {
            metrics: self.scores.into_iter().map(|score| score.metric).collect(),
            ..self.read
        }
    }
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
