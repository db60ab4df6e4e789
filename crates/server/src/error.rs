//! Why the server can't be started or went away.

use std::net::SocketAddr;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("can't listen on {address}: {source}; choose another with --port or --host")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },

    #[error("{doing}: {source}")]
    Io {
        doing: &'static str,
        source: std::io::Error,
    },

    #[error(transparent)]
    Tracker(#[from] gradus_tracker::Error),
}
