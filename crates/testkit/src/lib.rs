//! Fixtures for tests and the generator of the bundled example; never shipped.

pub mod chat_server;
pub mod hidden_params;
