//! A comparison of two evaluations on the same rows: first whether they may be compared at all,
//! then what differs and how sure that is. A refused comparison carries no number of quality.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::failure::FailureCode;
use crate::record::AnsweredBy;
use crate::task::{Direction, Scale, Split};

/// Version of the layout of [`Comparison`].
pub const COMPARISON_FORMAT: u32 = 1;

/// What a comparison concludes about the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval of the improvement lies above the margin.
    Better,
    /// The whole interval lies below minus the margin.
    Worse,
    /// The whole interval lies inside the margin.
    Equivalent,
    /// These rows can't tell.
    Inconclusive,
    /// The two reports may not be compared; no number was computed.
    Refused,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Equivalent => "equivalent",
            Self::Inconclusive => "inconclusive",
            Self::Refused => "refused",
        })
    }
}

/// Everything known about one pair of reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    pub format_version: u32,
    pub verdict: Verdict,
    /// Why it was refused; empty exactly when it was not.
    pub refusals: Vec<Refusal>,
    /// What differs between the arms and may: it is named, it does not refuse.
    pub differences: Vec<FieldDifference>,
    /// Why a fair comparison ended as it did, in sentences.
    pub reasons: Vec<String>,
    pub task: String,
    pub split: Option<Split>,
    /// SHA-256 of the rows' file, when both arms agree on it.
    pub data_sha256: Option<String>,
    /// The primary score.
    pub metric: String,
    pub direction: Direction,
    pub scale: Option<Scale>,
    /// Differences of this size do not matter, in units of the metric.
    pub margin: f64,
    pub base: ArmSummary,
    pub candidate: ArmSummary,
    /// Rows that both arms answered to, by id.
    pub rows_compared: usize,
    /// The primary score over all rows.
    pub primary: Option<PairedEffect>,
    /// The primary score over rows that are valid in both arms.
    pub common_valid: Option<PairedEffect>,
    /// Every other metric that is a mean over rows, primary score included.
    pub effects: BTreeMap<String, PairedEffect>,
    /// The primary score per stratum, corrected for their number.
    pub strata: BTreeMap<String, StratumEffect>,
    pub flips: Flips,
    /// Rows without a valid answer of the candidate, the first ones of the file.
    pub failing_rows: Vec<FailingRow>,
    pub power: Option<Power>,
    pub noise_floor: Option<NoiseFloor>,
    /// Reference (`constant`, `constant-by:FIELD`, `ridge`) → how much better each arm is.
    pub skill: BTreeMap<String, Skill>,
    pub resamples: usize,
    pub seed: u64,
}

impl Comparison {
    pub fn is_refused(&self) -> bool {
        self.verdict == Verdict::Refused
    }
}

/// One side of a comparison. Counts only; the primary value is `None` in a refused one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArmSummary {
    /// The model reference as it was asked for.
    pub model: String,
    /// Who was meant to answer.
    pub answered_by: Option<AnsweredBy>,
    pub n_total: usize,
    /// Rows for which a completion of some model arrived.
    pub n_answered: usize,
    /// Rows answered by exactly the model under test.
    pub n_served_as_requested: usize,
    /// Rows whose counted answer meets the contract.
    pub n_valid: usize,
    /// Who really answered → rows. Rows without an answer are under `nobody (CODE)`.
    pub served_by: BTreeMap<String, usize>,
    /// Failure code → rows, of the counted answers.
    pub failures: BTreeMap<String, usize>,
    pub scale: Option<Scale>,
    /// Mean of the primary score.
    pub primary: Option<f64>,
    /// File name → SHA-256 of what was read.
    pub files: BTreeMap<String, String>,
}

impl ArmSummary {
    /// Share of rows answered by the model under test; `None` without rows.
    pub fn served_as_requested_rate(&self) -> Option<f64> {
        (self.n_total > 0).then(|| self.n_served_as_requested as f64 / self.n_total as f64)
    }
}

/// Why two reports may not be compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    pub code: RefusalCode,
    /// What is wrong and what to do about it.
    pub text: String,
    /// What each arm says, where the refusal is a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// The file has summary figures only, so nothing can be paired.
    RowsMissing,
    RowsDiffer,
    ScaleDiffers,
    PromptDiffers,
    ContractDiffers,
    DecodeDiffers,
    MetricDiffers,
    SplitDiffers,
    FormatDiffers,
    /// Both arms are the same artefact (A/A).
    SameArtefact,
    /// Different artefacts, byte for byte the same answers: the change never reached the model.
    IdenticalAnswers,
    NotServedAsRequested,
    NoValidRow,
    /// Rows without a value of the primary score.
    ScoreMissing,
    TooFewRows,
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RowsMissing => "rows_missing",
            Self::RowsDiffer => "rows_differ",
            Self::ScaleDiffers => "scale_differs",
            Self::PromptDiffers => "prompt_differs",
            Self::ContractDiffers => "contract_differs",
            Self::DecodeDiffers => "decode_differs",
            Self::MetricDiffers => "metric_differs",
            Self::SplitDiffers => "split_differs",
            Self::FormatDiffers => "format_differs",
            Self::SameArtefact => "same_artefact",
            Self::IdenticalAnswers => "identical_answers",
            Self::NotServedAsRequested => "not_served_as_requested",
            Self::NoValidRow => "no_valid_row",
            Self::ScoreMissing => "score_missing",
            Self::TooFewRows => "too_few_rows",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldDifference {
    pub field: String,
    pub base: String,
    pub candidate: String,
}

/// The difference of one metric between the arms, on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairedEffect {
    /// Rows that entered both means.
    pub n: usize,
    /// Rows whose value differs between the arms.
    pub n_changed: usize,
    pub base: f64,
    pub candidate: f64,
    /// `candidate − base`, in units of the metric.
    pub difference: f64,
    pub interval95: [f64; 2],
    /// The same with the sign that makes more better.
    pub improvement: f64,
    pub improvement_interval95: [f64; 2],
    /// Standard deviation of the rows' differences.
    pub standard_deviation: f64,
    /// Two-sided, of no difference; `None` where no test is defined.
    pub p_value: Option<f64>,
    pub method: EffectMethod,
}

/// How an interval and its p-value were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EffectMethod {
    /// The wider of the BCa bootstrap over rows and Student's t, at each end; p of the paired
    /// t test.
    BcaBootstrap,
    /// Paired t.
    PairedT,
    /// Values are 0 or 1: Bonett–Price interval, exact McNemar test.
    McNemar,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StratumEffect {
    pub effect: PairedEffect,
    /// Holm over all strata of the comparison.
    pub p_holm: Option<f64>,
    /// Worse, and the corrected p-value is at most 0.05.
    pub regressed: bool,
}

/// Rows whose outcome changed, worst first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Flips {
    /// Rows on which the candidate's primary score is worse, the same, better.
    pub n_worse: usize,
    pub n_equal: usize,
    pub n_better: usize,
    /// Valid in the base only, in the candidate only.
    pub n_broke: usize,
    pub n_mended: usize,
    /// The largest losses, worst first.
    pub worst: Vec<Flip>,
    /// The largest gains, best first.
    pub best: Vec<Flip>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Flip {
    pub row: String,
    pub stratum: Option<String>,
    pub base: f64,
    pub candidate: f64,
    /// Positive is better.
    pub improvement: f64,
    pub base_failure: Option<FailureCode>,
    pub candidate_failure: Option<FailureCode>,
}

/// A row without a valid answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FailingRow {
    pub row: String,
    pub failure: FailureCode,
}

/// What these rows can show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Power {
    /// The smallest true improvement that ends as `better` four times out of five.
    pub detectable_improvement: f64,
    /// Rows with which a verdict would be reached four times out of five if the true difference
    /// is the one seen here. `None` when it sits on the margin, or when it is not needed.
    pub rows_needed: Option<u64>,
    /// The verdict those rows would bring.
    pub rows_needed_for: Option<Verdict>,
}

/// How far apart runs of one recipe with different seeds are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoiseFloor {
    /// Runs, the compared one included.
    pub n_runs: usize,
    /// Standard deviation of their primary scores.
    pub standard_deviation: f64,
    /// A difference of two runs has to exceed this to be more than seed noise (95 %).
    pub floor: f64,
}

/// Against a reference that costs nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Skill {
    /// The reference's own primary score on the same rows.
    pub reference: f64,
    /// 0 is as good as the reference, 1 is perfect, below 0 is worse. `None` where the
    /// reference leaves nothing to gain.
    pub base: Option<f64>,
    pub candidate: Option<f64>,
    /// The candidate against the reference, paired on the same rows.
    pub effect: Option<PairedEffect>,
}
