//! The result of one evaluation: metrics with their denominators, and the hashes that say
//! of what. Two reports may be compared only when those hashes agree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::AnsweredBy;
use crate::task::{PrimaryScore, Scale, Split};

/// The share of rows that the requested model has to answer before a score says anything about it.
pub const SERVED_AS_REQUESTED: f64 = 0.95;

/// A number with everything needed to read it. `value` is `None` when `n` is 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Metric {
    pub value: Option<f64>,
    /// Rows that entered the value.
    pub n: usize,
    /// Rows that were attempted.
    pub n_total: usize,
    /// 95 % interval: Wilson for rates, bootstrap percentile for means.
    pub interval95: Option<[f64; 2]>,
    /// `scale units`, `fraction`, `secs`, `requests_per_sec`, …
    pub unit: String,
    pub scale: Option<Scale>,
}

impl Metric {
    /// An undefined metric over no rows.
    pub fn undefined(n_total: usize, unit: impl Into<String>) -> Self {
        Self {
            value: None,
            n: 0,
            n_total,
            interval95: None,
            unit: unit.into(),
            scale: None,
        }
    }
}

/// Follows the name of a metric of the answers without a grammar, where there are others too.
pub const UNCONSTRAINED: &str = "_unconstrained";

/// The canonical form of a metric's name: `json_valid_rate` is the strict rate's other name.
pub fn canonical_metric_name(name: &str) -> &str {
    match name {
        "json_valid_rate" => "strict_valid_rate",
        "vector_mae" => "mae_valid",
        other => other,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EvalReport {
    pub format_version: u32,
    pub task: String,
    pub split: Split,
    /// SHA-256 of the split's file.
    pub data_sha256: String,
    /// SHA-256 of the prompt template, of the contract and of the rows' rendered prompts.
    pub prompt_sha256: String,
    pub contract_sha256: String,
    /// SHA-256 of the graders with the files they read; empty without graders.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub graders_sha256: String,
    pub rendered_prompts_sha256: String,
    /// The model reference as it was asked for.
    pub model: String,
    pub answered_by: AnsweredBy,
    /// Decoding settings as used.
    pub decode: Value,
    pub scale: Scale,
    pub primary_score: PrimaryScore,
    pub n_total: usize,
    pub n_answered: usize,
    /// Model that answered → rows, as the answers themselves say.
    #[serde(default)]
    pub served_by: BTreeMap<String, usize>,
    pub metrics: BTreeMap<String, Metric>,
    /// Stratum value → metrics over its rows.
    pub strata: BTreeMap<String, BTreeMap<String, Metric>>,
    /// Failure code → rows, by answer mode.
    pub failures: BTreeMap<String, BTreeMap<String, usize>>,
    pub wall_secs: f64,
    pub gradus_version: String,
}

impl EvalReport {
    /// The primary score, or why there is none: it is undefined, or too few rows were answered by
    /// the model that was asked for, so that the rest could mislead.
    ///
    /// # Errors
    /// The reason, in words.
    pub fn primary_value(&self) -> Result<f64, String> {
        let served = self.metrics.get("served_as_requested_rate");
        if let Some(share) = served.and_then(|metric| metric.value)
            && share < SERVED_AS_REQUESTED
        {
            return Err(format!(
                "only {:.1} % of the rows were answered by the requested model; {:.0} % are needed",
                share * 100.0,
                SERVED_AS_REQUESTED * 100.0
            ));
        }
        let value = self.primary().and_then(|metric| metric.value);
        value.ok_or_else(|| format!("{} is undefined on these rows", self.primary_score.metric))
    }

    /// The metric the task is decided by.
    pub fn primary(&self) -> Option<&Metric> {
        self.metrics.get(&self.primary_score.metric)
    }
}
