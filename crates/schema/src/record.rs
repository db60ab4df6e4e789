//! One record per evaluated row: what was asked, what came back, who really answered, how good.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::FailureCode;
use crate::rows::ChatMessage;
use crate::task::Split;

/// Everything known about one row of one evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EvalRow {
    /// The row's own `id`, else `row-<line>`.
    pub id: String,
    /// Line in the split's file, from 1.
    pub row: usize,
    pub split: Split,
    /// Value of each stratifying field.
    pub strata: BTreeMap<String, String>,
    /// SHA-256 of the rendered messages, as compact JSON.
    pub prompt_sha256: String,
    pub messages: Vec<ChatMessage>,
    /// The expected value, as it stands in the row.
    pub target: Value,
    /// Answer under the contract's grammar; what the primary score is computed from.
    /// Baselines and servers without a grammar leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constrained: Option<Answer>,
    /// Answer without any grammar: shows what training did to the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unconstrained: Option<Answer>,
}

/// One answer to one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    pub mode: AnswerMode,
    /// The completion byte for byte; `None` when none arrived.
    pub raw: Option<String>,
    /// The value that meets the contract; `None` exactly when `failure` is set.
    pub parsed: Option<Value>,
    pub failure: Option<FailureCode>,
    /// Whether a first JSON object that meets the contract can be found in the text.
    pub lenient_valid: bool,
    /// `|prediction − target|` per field, in scale units; empty when nothing was parsed.
    pub absolute_errors: BTreeMap<String, f64>,
    /// Mean over the fields; a row without a prediction costs the worst possible error.
    pub mae_penalised: Option<f64>,
    pub answered_by: AnsweredBy,
    pub latency_secs: f64,
    pub tokens: TokenCounts,
    pub cost: Cost,
    /// Whether the weights that were asked for gave the answer; false also when none arrived.
    /// A row of which this is false says nothing about the model that was asked for.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub served_as_requested: bool,
    /// The tries that led to the answer, where there can be more than one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// Integers that were decoded by likelihood because their field has too many values for the
    /// median.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub median_fallbacks: usize,
    /// Grader → score from 0 to 1; `None` where the grader could not tell.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grades: BTreeMap<String, Option<f64>>,
    /// Grader → what its judge said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub judgements: BTreeMap<String, Judgement>,
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_zero(value: &usize) -> bool {
    *value == 0
}

/// One try of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    /// Why it failed; `None` for the one that brought the answer.
    pub failure: Option<FailureCode>,
    /// The model that the server says it used.
    pub served_model: Option<String>,
    pub latency_secs: f64,
}

/// A judge's reply, from which the grade can be read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Judgement {
    /// The reply byte for byte; `None` when none arrived.
    pub raw: Option<String>,
    pub failure: Option<FailureCode>,
    pub answered_by: AnsweredBy,
    pub tokens: TokenCounts,
    pub cost: Cost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    Constrained,
    Unconstrained,
}

/// Who really answered, as opposed to who was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnsweredBy {
    pub model: String,
    /// SHA-256 of the weights, or of what a baseline was fitted on.
    pub revision: String,
    pub adapter_sha256: Option<String>,
    /// `native`, `baseline`, `openai`, …
    pub backend: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenCounts {
    pub prompt: usize,
    pub completion: usize,
    /// Of `completion`, those that the grammar dictated.
    pub forced: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cost {
    pub usd: Option<f64>,
    pub basis: CostBasis,
}

/// How a cost was arrived at, so that an assumption is never read as a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    Metered,
    TokenEstimate,
    GpuTime,
    Assumed,
    /// This machine: no price is known.
    LocalUnpriced,
    /// A server whose price was not given.
    Unpriced,
}
