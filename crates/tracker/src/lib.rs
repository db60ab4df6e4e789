//! What the tracker knows and the rules by which it changes: users and keys, projects, runs and their
//! rows, files. Synchronous, over one [`gradus_store::Store`]; no HTTP.
//!
//! - [`Tracker`]: opened from a folder; every request is a method.
//! - [`RunUpsert`]: begins, resumes, forks or changes a run.
//! - [`history`]: rows as clients ask for them.

pub mod accounts;
pub mod activity;
pub mod alerts;
pub mod artifacts;
pub mod buckets;
pub mod console;
pub mod cycles;
pub mod dashboards;
mod error;
pub mod evaluations;
pub mod files;
mod heartbeats;
pub mod history;
pub mod import;
pub mod media;
pub mod metrics;
pub mod pages;
pub mod projects;
pub mod query;
pub mod redact;
pub mod runs;
pub mod secret;
mod stream;
pub mod sweeps;
pub mod table;
#[cfg(test)]
mod tests;
mod tracker;

pub use accounts::Caller;
pub use error::{Error, Result};
pub use projects::Project;
pub use runs::{RunExtra, RunUpsert, Upserted};
pub use stream::StreamPlan;
pub use tracker::{SystemClock, Tracker, TrackerOptions};
