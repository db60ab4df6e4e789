//! Evidence: one file that holds everything a decision stands on, and re-derives its own numbers.
//!
//! Bytes in, bytes out; no paths, no clock, no network. Reading folders, drawing random keys and
//! scoring rows come from above.
//!
//! - [`pack`](pack::pack): files of a finished folder → one zip, the same bytes every time.
//! - [`open`](open::open): a zip of unknown origin → its files, every byte checked.
//! - [`verify`](verify::verify): every figure again from the raw rows, and what differs.
//! - [`findings_in`](refuse::findings_in): what keeps a file out.
//! - [`material`]: what a folder holds, for evidence and report alike.

mod archive;
pub mod derive;
mod differences;
pub mod digest;
pub mod error;
mod json_lines;
pub mod material;
pub mod open;
pub mod pack;
pub mod refuse;
pub mod relative;
pub mod report;
pub mod result;
mod secrets;
pub mod sign;
pub mod verify;

pub use differences::Difference;
pub use error::{Error, Result};
pub use material::{Files, Material};
pub use open::{Opened, open};
pub use pack::{PackOptions, Packed, pack};
pub use sign::{PublicKey, SecretKey};
pub use verify::{Inside, Recompute, Rederived, Verification, verify};
