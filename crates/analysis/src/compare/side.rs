//! One report as a comparison needs it: under which conditions, who answered, a value per row.

use std::collections::BTreeMap;

use gradus_schema::comparison::ArmSummary;
use gradus_schema::{AnsweredBy, Direction, FailureCode, PrimaryScore, Split};
use serde_json::Value;

/// One arm. What a foreign file does not say is `None`.
#[derive(Debug, Clone, Default)]
pub struct Side {
    pub conditions: Conditions,
    pub summary: ArmSummary,
    /// `None` when the source has summary figures only.
    pub rows: Option<Vec<ScoredRow>>,
    /// What `ScoredRow::values` holds, the primary score first.
    pub metrics: Vec<RowMetric>,
}

/// Everything besides the model that a score depends on.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    pub task: String,
    /// Version of the report's layout, with which parsing and scoring change.
    pub format_version: Option<u32>,
    pub split: Option<Split>,
    pub data_sha256: Option<String>,
    pub prompt_sha256: Option<String>,
    pub rendered_prompts_sha256: Option<String>,
    pub contract_sha256: Option<String>,
    pub decode: Value,
    pub primary_score: Option<PrimaryScore>,
    pub gradus_version: Option<String>,
}

/// A metric that is a mean of one value per row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowMetric {
    pub name: String,
    pub direction: Direction,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRow {
    pub id: String,
    pub stratum: Option<String>,
    /// Fingerprints of the prompt, of the expected value and of the raw answer.
    pub prompt: u128,
    pub target: u128,
    pub answer: Option<u128>,
    /// Whether exactly the model under test answered.
    pub served_as_requested: bool,
    pub failure: Option<FailureCode>,
    /// In the order of [`Side::metrics`].
    pub values: Vec<Option<f64>>,
}

impl Side {
    /// Values of one metric, in the order of the rows; `None` where a row lacks it.
    pub(crate) fn values(&self, metric: &str) -> Option<Vec<f64>> {
        let index = self.metrics.iter().position(|it| it.name == metric)?;
        let rows = self.rows.as_deref().unwrap_or_default();
        rows.iter().map(|row| *row.values.get(index)?).collect()
    }

    /// Whether the arm is one of the baselines, which neither decode nor have weights.
    pub(crate) fn is_baseline(&self) -> bool {
        let by = self.summary.answered_by.as_ref();
        by.is_some_and(|by| by.backend == "baseline")
    }
}

/// Counts rows into a summary: `served_by` names who answered each row.
pub fn count_rows(summary: &mut ArmSummary, rows: &[ScoredRow], served_by: &[String]) {
    summary.n_total = rows.len();
    summary.n_answered = rows.iter().filter(|row| row.answer.is_some()).count();
    summary.n_valid = rows.iter().filter(|row| row.failure.is_none()).count();
    let served = rows.iter().filter(|row| row.served_as_requested);
    summary.n_served_as_requested = served.count();
    summary.failures = histogram(
        rows.iter()
            .filter_map(|row| row.failure)
            .map(|code| code.to_string()),
    );
    summary.served_by = histogram(served_by.iter().cloned());
}

fn histogram(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// Whether two artefacts are the same. Servers that tell no revision are told apart by name.
pub(crate) fn same_artefact(a: &AnsweredBy, b: &AnsweredBy) -> bool {
    let same_name = a.model == b.model || !a.revision.is_empty();
    same_name
        && a.revision == b.revision
        && a.adapter_sha256 == b.adapter_sha256
        && a.backend == b.backend
}
