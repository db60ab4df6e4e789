//! Fixtures for tests and the generator of the bundled example; never shipped.

pub mod hidden_params;
