//! Pure numbers: statistics with intervals, and the cheap baselines every model has to beat.
//!
//! Same input, same output: no clock, no IO, randomness only from a seed that is an argument.
//!
//! - [`stats`]: intervals, percentiles, correlations.
//! - [`ConstantBaseline`]: the median answer, overall or per stratum.
//! - [`filters`], [`split`]: raw pairs to roles; siblings never part.
//! - [`leakage`], [`signal`], [`label_scale`]: what is wrong with a set of rows.
//! - [`Ridge`]: bag of words with IDF weights, ridge regression per output.

pub mod constant;
pub mod draws;
pub mod error;
pub mod filters;
pub mod label_scale;
pub mod leakage;
pub mod ridge;
pub mod signal;
pub mod split;
pub mod stats;
pub mod text;
pub mod words;

pub use constant::ConstantBaseline;
pub use draws::Draws;
pub use error::{Error, Result};
pub use ridge::{Ridge, RidgeOptions};
