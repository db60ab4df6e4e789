//! The HTTP server: routes for the `wandb` client, storage addresses and our own API over one
//! [`gradus_tracker::Tracker`]. Thin: who asks, limits, decoding, answers.

mod api;
mod app;
mod config;
mod error;
mod http;
mod live;
mod local;
mod page;
mod presence;
mod registry_folders;
mod serve;
mod verifier;
mod wandb;

pub use config::{Limits, ServerConfig};
pub use error::{Error, Result};
pub use gradus_tracker::cycles::RecordedRegistry;
pub use local::{Content, Local};
pub use presence::Running;
pub use registry_folders::{MovesAliases, Obstacle, RegistryFolders, RolledBack};
pub use serve::Server;
pub use verifier::Verifier;

/// The description of our own API as OpenAPI 3.1, pretty-printed JSON.
pub fn openapi() -> String {
    api::document_text()
}
