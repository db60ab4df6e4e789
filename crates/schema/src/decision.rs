//! Promote, hold or reject: what follows from a comparison and a gate policy, with the reasons.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::comparison::Verdict;
use crate::gates::{Gate, GateStage};
use crate::record::AnsweredBy;
use crate::task::Split;

/// Version of the layout of [`Decision`].
pub const DECISION_FORMAT: u32 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The candidate takes the champion's place.
    Promote,
    /// Nothing speaks against it, and too little for it.
    Hold,
    /// It is worse, or a gate failed.
    Reject,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Promote => "promote",
            Self::Hold => "hold",
            Self::Reject => "reject",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    pub format_version: u32,
    pub outcome: Outcome,
    /// In order of weight; the first one decided.
    pub reasons: Vec<DecisionReason>,
    pub verdict: Verdict,
    pub task: String,
    pub split: Option<Split>,
    /// Model references and artefacts of both arms.
    pub base: DecidedArm,
    pub candidate: DecidedArm,
    /// Every gate, in order of its stage.
    pub gates: Vec<GateResult>,
    pub frozen_budget: Option<FrozenBudget>,
    /// SHA-256 of the comparison and of the gate policy, as compact JSON.
    pub comparison_sha256: String,
    pub gates_sha256: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecidedArm {
    pub model: String,
    pub answered_by: Option<AnsweredBy>,
    /// File name → SHA-256 of the report.
    pub files: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecisionReason {
    pub text: String,
    /// The gate it comes from, where it comes from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<String>,
    /// Ids of rows that show it, worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GateResult {
    pub stage: GateStage,
    pub gate: Gate,
    /// The stratum it was applied to; `None` is over all rows.
    pub stratum: Option<String>,
    pub state: GateState,
    /// The candidate's value and, where the gate looks at it, the base's.
    pub value: Option<f64>,
    pub base: Option<f64>,
    /// What the value, or the bound of its interval, was held against.
    pub limit: Option<f64>,
    /// Rows that the value stands on.
    pub n: usize,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GateState {
    Passed,
    Failed,
    /// The metric is missing or stands on too few rows. Counts as not passed.
    Undecided,
}

/// How often a frozen set may be looked at before it has to be replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FrozenBudget {
    pub data_sha256: String,
    pub looks_allowed: usize,
    /// Different comparisons decided on this set, this one included.
    pub looks_used: usize,
    pub looks_left: usize,
    /// Upper bound of the chance that at least one of the looks promotes a candidate that is
    /// no better: each may do so with probability 0.025.
    pub chance_of_false_promotion: f64,
}

impl FrozenBudget {
    /// The budget after `looks_used` looks.
    pub fn after(data_sha256: String, looks_allowed: usize, looks_used: usize) -> Self {
        let looks = i32::try_from(looks_used).unwrap_or(i32::MAX);
        Self {
            data_sha256,
            looks_allowed,
            looks_used,
            looks_left: looks_allowed.saturating_sub(looks_used),
            chance_of_false_promotion: 1.0 - 0.975f64.powi(looks),
        }
    }

    /// Whether this look was one too many.
    pub fn is_overdrawn(&self) -> bool {
        self.looks_used > self.looks_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_counted_down_and_never_below_zero() {
        let budget = FrozenBudget::after("x".into(), 2, 2);
        assert_eq!((budget.looks_left, budget.is_overdrawn()), (0, false));
        assert!((budget.chance_of_false_promotion - 0.049_375).abs() < 1e-12);
        let budget = FrozenBudget::after("x".into(), 2, 3);
        assert_eq!((budget.looks_left, budget.is_overdrawn()), (0, true));
    }
}
