//! The nouns of gradus: recipes, tasks, rows, failure codes, evaluation records, exit codes.
//!
//! No IO, no clock, no randomness: text in, typed values or a precise complaint out.
//!
//! - [`Recipe`]: how to train; YAML with the key names of TRL and axolotl.
//! - [`TaskFile`]: what is asked, what counts as an answer, how it is scored.
//! - [`DataFile`]: how raw pairs become a task's rows.
//! - [`PromptCompletion`]: one training row.
//! - [`Comparison`], [`Gates`] and [`Decision`]: whether a model is better, and what follows.
//! - [`Plan`] and [`AugmentationSpec`]: what is tried next; [`Cycle`]: how far it got.
//! - [`registry`]: who is champion, and how that came to be.
//! - [`SweepConfig`]: a hyperparameter search.
//! - [`DashboardFile`]: panels over the metrics of a project.
//! - [`EvalRow`] and [`EvalReport`]: what was answered and how good it was.

pub mod augmentation;
pub mod clock;
pub mod comparison;
pub mod cycle;
pub mod dashboard;
pub mod data_file;
pub mod decision;
#[cfg(feature = "openapi")]
mod described;
pub mod exit;
pub mod failure;
pub mod gates;
pub mod grading;
pub mod loop_summary;
pub mod nearest;
pub mod plan;
pub mod recipe;
pub mod record;
pub mod registry;
pub mod report;
pub mod rows;
pub mod sweep;
pub mod task;
mod yaml;

pub use augmentation::AugmentationSpec;
pub use clock::{Clock, UnixMillis};
pub use comparison::{Comparison, Verdict};
pub use cycle::{Cycle, CycleState};
pub use dashboard::{DashboardFile, Panel, PanelKind};
pub use data_file::DataFile;
pub use decision::{Decision, Outcome};
pub use exit::ExitStatus;
pub use failure::FailureCode;
pub use gates::Gates;
pub use grading::{AnswerKind, AnswerSpec, DerivedScore, Extraction, GraderKind, GraderSpec};
pub use grading::{Prices, TokenPrice};
pub use nearest::nearest;
pub use plan::Plan;
pub use recipe::{LearningRateSchedule, Recipe, RecipeError, TrainingPrecision};
pub use record::{
    Answer, AnswerMode, AnsweredBy, Attempt, Cost, CostBasis, EvalRow, Judgement, TokenCounts,
};
pub use report::{EvalReport, Metric};
pub use rows::{ChatMessage, JsonRow, PromptCompletion, RowError};
pub use rows::{parse_json_rows, parse_prompt_completion_jsonl};
pub use sweep::SweepConfig;
pub use task::{DataFiles, Direction, PrimaryScore, Scale, Split, TaskError, TaskFile};
pub use yaml::{YamlError, read_yaml, value_from_yaml, value_to_yaml};
