//! The HTTP server: routes for the `wandb` client, storage addresses and our own API over one
//! [`gradus_tracker::Tracker`]. Thin: who asks, limits, decoding, answers.

mod app;
mod config;
mod error;
mod http;
mod serve;
mod wandb;

pub use config::{Limits, ServerConfig};
pub use error::{Error, Result};
pub use serve::Server;
