//! The nouns of gradus: recipes, tasks, rows, failure codes, evaluation records, exit codes.
//!
//! No IO, no clock, no randomness: text in, typed values or a precise complaint out.
//!
//! - [`Recipe`]: how to train; YAML with the key names of TRL and axolotl.
//! - [`TaskFile`]: what is asked, what counts as an answer, how it is scored.
//! - [`DataFile`]: how raw pairs become a task's rows.
//! - [`PromptCompletion`]: one training row.
//! - [`EvalRow`] and [`EvalReport`]: what was answered and how good it was.

pub mod data_file;
pub mod exit;
pub mod failure;
pub mod nearest;
pub mod recipe;
pub mod record;
pub mod report;
pub mod rows;
pub mod task;
mod yaml;

pub use data_file::DataFile;
pub use exit::ExitStatus;
pub use failure::FailureCode;
pub use nearest::nearest;
pub use recipe::{LearningRateSchedule, Recipe, RecipeError, TrainingPrecision};
pub use record::{Answer, AnswerMode, AnsweredBy, Cost, CostBasis, EvalRow, TokenCounts};
pub use report::{EvalReport, Metric};
pub use rows::{ChatMessage, JsonRow, PromptCompletion, RowError};
pub use rows::{parse_json_rows, parse_prompt_completion_jsonl};
pub use task::{DataFiles, Direction, PrimaryScore, Scale, Split, TaskError, TaskFile};
pub use yaml::YamlError;
