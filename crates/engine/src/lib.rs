//! The model engine: loads a checkpoint, generates under a grammar, trains a low-rank adapter.
//!
//! Everything here is synchronous and knows nothing of servers, stores or the network.
//! The way through it: [`files`] reads a checkpoint into a [`model::Decoder`], a tokenizer and a
//! chat template; [`generate`] samples from it; [`train`] fits an adapter to rows; [`lora`]
//! writes that adapter in PEFT's format, merges it and checks that it is alive.

pub mod error;
pub mod files;
pub mod generate;
pub mod kernels;
pub mod loaded;
pub mod lora;
pub mod model;
pub mod train;

pub use error::{Error, Result};
pub use loaded::LoadedModel;
