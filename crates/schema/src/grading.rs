//! What a task may declare about answers: their kind, how an answer is found in a longer text,
//! graders beside the built-in metrics, and prices. Names and options only; `eval` carries
//! them out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What an answer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// One JSON object that meets the contract.
    #[default]
    Json,
    /// One of a closed list of words.
    Label,
    /// One number in the task's scale.
    Number,
    /// Any text; graders say how good it is.
    Text,
}

/// How the answer is found in a longer text; the first way that finds something wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extraction {
    /// What follows the last `Answer:`, `The answer is` or `####` of the text.
    AnswerMarker,
    /// The content of the last `\boxed{…}`.
    Boxed,
    /// What follows the last `=` of the first line that has one.
    Equation,
    LastLine,
    FirstLine,
    LastNumber,
}

/// The `answer` key of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerSpec {
    pub kind: AnswerKind,
    /// The words a label may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Empty: the whole trimmed text is the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extract: Vec<Extraction>,
    /// A regular expression tried before `extract`; its first group is the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// What a grader does with one answer; every one gives a score from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GraderKind {
    /// Equal to the target, after normalisation unless `normalise: false`.
    ExactMatch,
    /// The target occurs in the text as a word of its own.
    Contains,
    /// A number within `tolerance` or `relative_tolerance` of the target.
    Numeric,
    /// One key of a JSON answer equals the same key of the target.
    JsonField,
    /// What the first group of `pattern` finds equals the target.
    Regex,
    /// Share of the contract's numbers that lie within `tolerance` of the target.
    WithinTolerance,
    /// Values that a rule table derives from answer and target agree.
    Derived,
    /// Parts of a catalogue chosen by the answer's numbers, scored against the target.
    Composition,
    /// A model scores the answer by a rubric.
    Judge,
}

/// How the values that a rule table derives become one score.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DerivedScore {
    /// 1 when all agree, else 0.
    #[default]
    All,
    /// The share that agrees.
    Share,
}

/// One entry of a task's `graders`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraderSpec {
    pub kind: GraderKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extract: Vec<Extraction>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalise: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relative_tolerance: Option<f64>,
    /// A rule table's file, or the name of a bundled one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<PathBuf>,
    /// Which group of the table's names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<DerivedScore>,
    /// The judge, as `openai:MODEL@URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The judge's prompt template; a row's fields, `answer` and `target` are its variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rubric: Option<PathBuf>,
}

impl GraderKind {
    /// The keys that mean something for this kind, besides `kind`.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Self::ExactMatch => &["extract", "pattern", "normalise"],
            Self::Contains => &[],
            Self::Numeric => &["extract", "pattern", "tolerance", "relative_tolerance"],
            Self::JsonField => &["field", "tolerance", "normalise"],
            Self::Regex => &["pattern", "normalise"],
            Self::WithinTolerance => &["tolerance"],
            Self::Derived => &["table", "group", "score"],
            Self::Composition => &["table"],
            Self::Judge => &["model", "rubric"],
        }
    }

    /// Those of them that can't be left out.
    pub fn required_keys(self) -> &'static [&'static str] {
        match self {
            Self::JsonField => &["field"],
            Self::Regex => &["pattern"],
            Self::WithinTolerance => &["tolerance"],
            Self::Derived => &["table", "group"],
            Self::Composition => &["table"],
            Self::Judge => &["model", "rubric"],
            _ => &[],
        }
    }
}

/// What a server charges, in US dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPrice {
    pub input: f64,
    pub output: f64,
    /// The day the price was read, as `2026-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
}

/// Prices by model name.
pub type Prices = BTreeMap<String, TokenPrice>;
