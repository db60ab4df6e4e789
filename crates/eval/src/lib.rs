//! Tasks, answers and honest numbers: what is asked, who answered, how good it was.

pub mod contract;
pub mod error;
pub mod hash;
mod json;
pub mod parse;

pub use error::{Error, Result};
