//! Pure numbers: statistics with intervals, and the cheap baselines every model has to beat.
//!
//! Same input, same output: no clock, no IO, randomness only from a seed that is an argument.
//!
//! - [`plan::plan`]: what failed, and the one factor to change; [`augment`]: the rows to add.
//! - [`foreign`]: what other people's result folders say.
//! - [`stats`]: intervals, percentiles, correlations.
//! - [`ConstantBaseline`]: the median answer, overall or per stratum.
//! - [`Ridge`]: bag of words with IDF weights, ridge regression per output.

pub mod augment;
pub mod constant;
pub mod cycle;
pub mod draws;
pub mod error;
pub mod foreign;
pub mod plan;
pub mod ridge;
pub mod stats;
pub mod words;

pub use constant::ConstantBaseline;
pub use draws::Draws;
pub use error::{Error, Result};
pub use ridge::{Ridge, RidgeOptions};
