//! Tasks, answers and honest numbers: what is asked, who answered, how good it was.
//!
//! The way through it: a [`Task`] is opened and its rows checked; [`run::evaluate`] puts them to an
//! [`answer::Answerer`] (a [`baseline`], a model), records each answer with who really gave it,
//! parses it strictly ([`parse`]) and computes [`metrics`]. Parsing, scoring and metrics are pure;
//! only [`task`], [`run`] and its folder touch files.

pub mod answer;
pub mod baseline;
mod bootstrap;
pub mod contract;
pub mod data;
pub mod dev;
pub mod error;
pub mod extract;
mod folder;
pub mod foreign;
pub mod grade;
pub mod hash;
mod json;
mod judging;
mod label;
pub mod metrics;
pub mod native;
pub mod openai;
pub mod parse;
mod pool;
pub mod prompt;
pub mod rederive;
pub mod reference;
pub mod reports;
pub mod rules;
pub mod run;
pub mod score;
pub mod task;
mod text_answer;
pub mod training_reference;

pub use answer::{Answerer, Answers, Question, RawAnswer};
pub use baseline::Baseline;
pub use contract::Contract;
pub use dev::TaskDevEvaluator;
pub use error::{Error, Result};
pub use grade::Graders;
pub use native::{NamedAdapter, NativeAnswerer, NativeOptions};
pub use openai::{ApiKey, EndpointOptions, ModelAt, OpenAiAnswerer};
pub use rederive::rederive;
pub use reference::ModelReference;
pub use reports::{LoadedReport, find_references, open_report};
pub use rules::RuleAnswerer;
pub use run::{EvalObserver, EvalOptions, EvalOutcome, Silent, evaluate};
pub use task::{SplitRows, Task, TaskRow};
