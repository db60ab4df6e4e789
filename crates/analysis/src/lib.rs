//! Pure numbers: statistics with intervals, and the cheap baselines every model has to beat.
//!
//! Same input, same output: no clock, no IO, randomness only from a seed that is an argument.
//!
//! - [`compare`]: is a candidate better than a base, or may they not be compared at all?
//! - [`decide`]: from a comparison and a gate policy to promote, hold or reject.
//! - [`stats`]: intervals, percentiles, correlations.
//! - [`ConstantBaseline`]: the median answer, overall or per stratum.
//! - [`Ridge`]: bag of words with IDF weights, ridge regression per output.

pub mod compare;
pub mod constant;
pub mod decide;
pub mod draws;
pub mod error;
pub mod ridge;
pub mod special;
pub mod stats;
pub mod words;

pub use compare::{CompareOptions, Side, compare};
pub use constant::ConstantBaseline;
pub use decide::{DecisionInput, decide};
pub use draws::Draws;
pub use error::{Error, Result};
pub use ridge::{Ridge, RidgeOptions};
