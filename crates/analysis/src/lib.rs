//! Pure numbers: statistics with intervals, and the cheap baselines every model has to beat.
//!
//! Same input, same output: no clock, no IO, randomness only from a seed that is an argument.
//!
//! - [`compare`]: is a candidate better than a base, or may they not be compared at all?
//! - [`decide`]: from a comparison and a gate policy to promote, hold or reject.
//! - [`reports`]: an evaluation as one arm of a comparison.
//! - [`plan::plan`]: what failed, and the one factor to change; [`augment`]: the rows to add.
//! - [`foreign`]: what other people's result folders say.
//! - [`stats`]: intervals, percentiles, correlations.
//! - [`ConstantBaseline`]: the median answer, overall or per stratum.
//! - [`filters`], [`split`]: raw pairs to roles; siblings never part.
//! - [`leakage`], [`signal`], [`label_scale`]: what is wrong with a set of rows.
//! - [`sweep`]: hyperparameter search and early stopping.
//! - [`Ridge`]: bag of words with IDF weights, ridge regression per output.

pub mod augment;
pub mod compare;
pub mod constant;
pub mod cycle;
pub mod decide;
pub mod draws;
pub mod error;
pub mod filters;
pub mod foreign;
pub mod label_scale;
pub mod leakage;
mod parallel;
pub mod plan;
pub mod reports;
pub mod ridge;
pub mod signal;
pub mod special;
pub mod split;
pub mod stats;
pub mod sweep;
pub mod text;
pub mod words;

pub use compare::{CompareOptions, Side, compare};
pub use constant::ConstantBaseline;
pub use decide::{DecisionInput, decide};
pub use draws::Draws;
pub use error::{Error, Result};
pub use parallel::in_parallel;
pub use ridge::{Ridge, RidgeOptions};
