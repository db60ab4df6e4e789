//! `loop.json`: what the improvement cycles of a task did so far, told at the end of each.

use serde::{Deserialize, Serialize};

use crate::comparison::Verdict;
use crate::cycle::CycleState;
use crate::decision::Outcome;
use crate::plan::Confrontation;

/// Version of the layout of [`LoopSummary`].
pub const LOOP_FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoopSummary {
    pub format_version: u32,
    pub task: String,
    pub completion: LoopCompletion,
    /// In order of their numbers.
    pub cycles: Vec<LoopCycle>,
}

/// One cycle in one line. What it did not reach is `None`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoopCycle {
    pub number: u32,
    pub state: Option<CycleState>,
    /// The one changed factor.
    pub change: Option<String>,
    pub hypothesis: Option<String>,
    pub champion: String,
    pub candidate: Option<String>,
    pub verdict: Option<Verdict>,
    pub outcome: Option<Outcome>,
    /// The plan's number against what the comparison found.
    pub confrontation: Option<Confrontation>,
    /// `auto_improvement_delta` of the primary score: over the champion of before, and over what
    /// the first cycle started from.
    pub deltas: Vec<ImprovementDelta>,
}

/// What a delta is taken against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeltaReference {
    /// The prompted base model or another fixed baseline.
    Baseline,
    /// The champion before this cycle.
    PreviousCycle,
}

/// `auto_improvement_delta` of one metric: defined only where the two reports may be compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ImprovementDelta {
    pub metric: String,
    pub reference: DeltaReference,
    /// `candidate − reference`, in units of the metric.
    pub delta: Option<f64>,
    /// The same with the sign that makes more better.
    pub improvement: Option<f64>,
    pub improvement_interval95: Option<[f64; 2]>,
    /// 0 exactly where the delta is undefined.
    pub n: usize,
    /// Why there is no delta.
    pub undefined_because: Option<String>,
}

/// How far the planned cycles got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoopCompletion {
    pub planned: usize,
    /// Cycles that were started.
    pub started: usize,
    /// Cycles that reached a decision with the hashes of everything that led to it.
    pub decided: usize,
    /// Decided cycles whose candidate was better.
    pub improved: usize,
    /// `decided / planned`; `None` when none was planned.
    pub loop_completion_rate: Option<f64>,
    /// `improved / decided`; `None` when none was decided.
    pub improved_rate: Option<f64>,
}
