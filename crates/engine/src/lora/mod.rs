//! Low-rank adapters on disk: PEFT's format in and out, merging into the base, and the check that
//! an adapter is alive.
//!
//! Serving programs have ignored adapters silently for years. Here whatever an adapter asks for
//! and this engine can't do is an error, and so is a base that is not the adapter's own.

pub mod adapter_files;
pub mod check;
pub mod merge;
mod peft_config;

pub use adapter_files::{
    AdapterFiles, BaseCheck, LoadedAdapter, read_adapter, read_adapter_files, write_adapter,
};
pub use check::{CheckReport, check};
pub use merge::{MergeReport, MergedWeights, merge};
