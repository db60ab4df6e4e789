//! The languages of other programs, as values: bytes in, values out, and back. No IO, no HTTP, no
//! store, no clock, no randomness; ids and times are arguments.
//!
//! What the `wandb` client (0.28 to 0.31) speaks:
//! - [`graphql`]: any document, executed field by field against a [`graphql::Resolver`].
//! - [`file_stream`]: what a run uploads while it lives, and the answer to it.
//! - [`filter`]: which runs are asked for, and in which order.
//! - [`offline`]: the `.wandb` file of a run that was logged without a server.
//! - [`console`]: raw terminal output as the lines a reader would have seen.
//! - [`run_config`]: what a run was configured with, and what the client keeps beside it.
//! - [`manifest`]: what an artifact holds, and its digest.
//! - [`sweep`]: what a hyperparameter search may try.
//!
//! Everything stands on [`Json`], which keeps what strict JSON loses: NaN and infinities, integers
//! of any size, the sign of zero.

pub mod console;
pub mod error;
pub mod file_stream;
pub mod filter;
pub mod graphql;
pub mod json;
pub mod manifest;
pub mod offline;
pub mod run_config;
pub mod sweep;
pub mod time;

pub use error::{Error, Result};
pub use json::{Json, JsonObject, Number};
pub use time::Timestamp;
