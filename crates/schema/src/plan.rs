//! The retrospective of one evaluation: what failed, one hypothesis, one changed factor, what is
//! expected of it, and when to take it back. Everything that is needed to carry it out stands in
//! it, so that executing a plan makes no choices.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::augmentation::AugmentationSpec;
use crate::decision::GateState;
use crate::gates::{Gate, GateScope, GateStage};
use crate::recipe::Recipe;
use crate::task::{Direction, PrimaryScore, Scale, Split};
use crate::yaml::YamlError;

/// Version of the layout of [`Plan`].
pub const PLAN_FORMAT: u32 = 1;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub format_version: u32,
    pub task: String,
    pub seed: u64,
    /// What a later comparison has to agree with, to confront the expectation.
    pub pinned: PinnedSet,
    /// In order of their stage; read before anything else.
    pub gates: Vec<PlanGate>,
    pub scoreboard: Vec<Score>,
    pub counts: FailureCounts,
    /// Format and value clusters, heaviest first; the first three are the dominant ones.
    pub clusters: Vec<Cluster>,
    /// One sentence; `None` when there is nothing to change.
    pub hypothesis: Option<String>,
    /// In order: asked for, training, format, decode, data, hyperparameters. At most one has the status `now`.
    pub actions: Vec<Action>,
    /// What a rule proposed and may not be done, with the reason.
    pub withheld: Vec<Withheld>,
    pub conflicts: Vec<Conflict>,
    /// The recipe to train with; equal to the current one when no hyperparameter changes.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub next_recipe: Option<Recipe>,
    /// The training rows to add, when the action of now is one of data.
    pub augmentation: Option<AugmentationSpec>,
    pub budget: Budget,
    /// What the evidence does not show: missing files, small numbers, skipped material.
    pub notes: Vec<String>,
    /// File (relative) → SHA-256 of what was read.
    pub inputs: BTreeMap<String, String>,
}

impl Plan {
    /// The one action to carry out now.
    pub fn action_now(&self) -> Option<&Action> {
        self.actions
            .iter()
            .find(|action| action.status == ActionStatus::Now)
    }

    pub fn to_yaml(&self) -> String {
        serde_saphyr::to_string(self).expect("a plan is plain scalars, lists and mappings")
    }

    /// # Errors
    /// Text that is no plan, or one of another format version.
    pub fn from_yaml(text: &str) -> Result<Self, YamlError> {
        let plan: Self = serde_saphyr::from_str(text).map_err(|error| {
            let line = error.location().map_or(0, |place| place.line());
            let text = error.without_snippet().to_string();
            let problem = text.lines().next().unwrap_or_default();
            YamlError::new(line, format!("this is no plan: {problem}"))
        })?;
        if plan.format_version != PLAN_FORMAT {
            let found = plan.format_version;
            let problem = format!(
                "the plan has format {found}, this gradus reads format {PLAN_FORMAT}; write it again with `gradus plan`"
            );
            return Err(YamlError::new(0, problem));
        }
        Ok(plan)
    }
}

/// What was measured, by its hashes. `None` where the material does not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PinnedSet {
    pub split: Option<Split>,
    pub rows: usize,
    pub data_sha256: Option<String>,
    pub prompt_sha256: Option<String>,
    pub contract_sha256: Option<String>,
    pub rendered_prompts_sha256: Option<String>,
    pub decode: Option<Value>,
    pub scale: Option<Scale>,
    pub primary_score: Option<PrimaryScore>,
    /// The model that the plan is about.
    pub model: String,
    pub adapter_sha256: Option<String>,
    /// Reports with the same rows, prompt and contract: what may be set beside it.
    pub comparable: Vec<ComparableReport>,
    /// Reports that were left out, and why.
    pub excluded: Vec<ExcludedReport>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ComparableReport {
    pub name: String,
    pub model: String,
    pub primary: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExcludedReport {
    pub name: String,
    pub reason: String,
}

/// A gate as the last report meets it. Gates that need a base are `undecided` here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanGate {
    pub stage: GateStage,
    pub gate: Gate,
    pub state: GateState,
    pub value: Option<f64>,
    pub n: usize,
    pub text: String,
}

/// One figure of the scoreboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Score {
    pub metric: String,
    pub value: Option<f64>,
    pub n: usize,
    pub n_total: usize,
}

/// Rows by what became of them; the four add up to `rows`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FailureCounts {
    pub rows: usize,
    /// No completion of the model exists; says nothing about the model.
    pub transport: usize,
    pub format: usize,
    /// Valid, and at least one value is off by more than `value_tolerance`.
    pub value: usize,
    pub sound: usize,
    /// Share of the scale beyond which a value counts as failed.
    pub value_tolerance: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureFamily {
    Format,
    Value,
}

impl fmt::Display for FailureFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "format",
            Self::Value => "value",
        })
    }
}

/// Failures that share what they are and where they occur.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// `c1`, `c2`, … in order of weight.
    pub id: String,
    pub family: FailureFamily,
    /// Failure code, or the field whose value is off.
    pub what: String,
    /// All hold for every row of the cluster; none: the whole set.
    pub conditions: Vec<Condition>,
    /// Failing rows.
    pub n: usize,
    /// Rows that meet the conditions, failing or not.
    pub n_matching: usize,
    /// `(n / n_matching)` over the rate of the same failure among all rows.
    pub lift: Option<f64>,
    /// Share of all error of its family, 0 to 1: how much there is to gain.
    pub share_of_error: f64,
    /// Sum over the rows of their error, in rows lost completely: what clusters are ordered by.
    pub weight: f64,
    /// Mean of the field's error over the failing rows, in scale units.
    pub mean_error: Option<f64>,
    /// Mean of prediction − target over the failing rows: whether it is too high or too low.
    pub mean_signed_error: Option<f64>,
    /// Ids, worst first.
    pub rows: Vec<String>,
}

/// Where a cluster's failures occur.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// Value of a stratifying field.
    Stratum {
        field: String,
        value: String,
    },
    /// The request holds this word, or these two words in a row.
    Word(String),
    /// Third of the requests by length.
    Length(LengthThird),
    Shape(Shape),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LengthThird {
    Short,
    Middle,
    Long,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Holds a digit.
    Digits,
    /// Ends with a question mark.
    Question,
    /// Lines of `key: value`.
    Record,
    /// Letters of a script without spaces between words.
    UnspacedScript,
    /// A negation such as `no`, `not`, `without`.
    Negation,
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stratum { field, value } => write!(f, "{field} = {value}"),
            Self::Word(word) => write!(f, "the request says '{word}'"),
            Self::Length(LengthThird::Short) => f.write_str("short requests"),
            Self::Length(LengthThird::Middle) => f.write_str("requests of middle length"),
            Self::Length(LengthThird::Long) => f.write_str("long requests"),
            Self::Shape(Shape::Digits) => f.write_str("requests with digits"),
            Self::Shape(Shape::Question) => f.write_str("questions"),
            Self::Shape(Shape::Record) => f.write_str("requests made of `key: value` lines"),
            Self::Shape(Shape::UnspacedScript) => {
                f.write_str("requests in a script without spaces")
            }
            Self::Shape(Shape::Negation) => f.write_str("requests with a negation"),
        }
    }
}

/// In the order in which they are worth trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Somebody's own idea goes before what rules propose.
    Asked,
    /// Nothing was fine-tuned yet: what a training can mend is not worked around before.
    Training,
    Format,
    Decode,
    Data,
    Hyperparameters,
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Asked => "asked",
            Self::Training => "training",
            Self::Format => "format",
            Self::Decode => "decode",
            Self::Data => "data",
            Self::Hyperparameters => "hyperparameters",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionStatus {
    /// The one changed factor of the next cycle.
    Now,
    /// Waits until the outcome of the one before it is known.
    Later,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The rule that proposed it.
    pub rule: String,
    pub kind: ActionKind,
    pub status: ActionStatus,
    pub change: Change,
    pub why: String,
    /// Clusters that it is about.
    pub clusters: Vec<String>,
    /// Ids of rows that show the need, worst first.
    pub rows: Vec<String>,
    pub expectation: Expectation,
    /// What the next report has to pass.
    pub gate: Gate,
    pub rollback: Rollback,
}

/// Exactly what is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// The recipe is carried out as it is.
    Train,
    /// Keys of the recipe.
    Recipe(Vec<KeyChange>),
    /// Settings of the evaluation, the same for both arms of the next comparison.
    Evaluation(Vec<KeyChange>),
    /// Training rows are added as `augmentation_spec.json` says.
    Augmentation { rows_to_add: usize },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    pub key: String,
    pub from: Value,
    pub to: Value,
}

impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.key, self.from, self.to)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Train => f.write_str("train by the recipe as it is"),
            Self::Recipe(keys) | Self::Evaluation(keys) => {
                let shown: Vec<String> = keys.iter().map(KeyChange::to_string).collect();
                f.write_str(&shown.join(", "))
            }
            Self::Augmentation { rows_to_add } => {
                write!(
                    f,
                    "add {rows_to_add} training rows as augmentation_spec.json says"
                )
            }
        }
    }
}

/// A number that the next comparison can prove wrong. Improvements are above 0 when better,
/// whichever way the metric points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    pub metric: String,
    pub scope: GateScope,
    pub direction: Direction,
    /// The metric now.
    pub base: Option<f64>,
    pub improvement: f64,
    /// Below this the hypothesis counts as wrong.
    pub at_least: f64,
    /// How the numbers were arrived at.
    pub basis: String,
}

/// When the change is taken back, whatever else improved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    /// Takes effect when the next report does not pass this gate.
    pub unless: Gate,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    pub rule: String,
    pub reason: String,
}

/// Two rules, or a rule and an invariant, that do not go together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    pub code: ConflictCode,
    pub rules: Vec<String>,
    pub text: String,
    /// How the plan solved it.
    pub resolution: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConflictCode {
    /// Two rules set one key to different values.
    SameKey,
    /// alpha over r changes although no rule means to change the adapter's scaling.
    ScalingMoves,
    /// One rule trains harder, another softer.
    OpposedStrength,
    /// The patch starts from a value that the recipe does not have.
    StaleFrom,
    /// The patch changes nothing.
    NoChange,
    /// A key that no recipe has.
    UnknownKey,
    /// The patched recipe can't be carried out.
    InvalidRecipe,
    /// The same configuration and data were tried before.
    AlreadyTried,
}

/// What the next cycle may cost, from what the last one did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub train_wall_secs: Option<f64>,
    pub eval_wall_secs: Option<f64>,
    pub basis: String,
}

/// What became of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExpectationState {
    Met,
    Missed,
    CannotSay,
}

impl fmt::Display for ExpectationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::CannotSay => "cannot say",
        })
    }
}

/// Expected against observed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Confrontation {
    pub rule: String,
    pub expectation: Expectation,
    pub state: ExpectationState,
    pub observed: Option<f64>,
    pub observed_interval95: Option<[f64; 2]>,
    pub n: usize,
    pub text: String,
}
