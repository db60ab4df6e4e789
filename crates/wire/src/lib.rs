//! The languages of other programs, as values: bytes in, values out, and back. No IO, no HTTP, no
//! store, no clock, no randomness; ids and times are arguments.
//!
//! What the `wandb` client (0.28 to 0.31) speaks:
//! - [`graphql`]: any document, executed field by field against a [`graphql::Resolver`].
//! - [`file_stream`]: what a run uploads while it lives, and the answer to it.
//!
//! Everything stands on [`Json`], which keeps what strict JSON loses: NaN and infinities, integers
//! of any size, the sign of zero.

pub mod error;
pub mod file_stream;
pub mod graphql;
pub mod json;

pub use error::{Error, Result};
pub use json::{Json, JsonObject, Number};
