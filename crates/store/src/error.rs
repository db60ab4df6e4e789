//! The one error type of the store. Each variant is something a caller treats differently.

use std::path::{Path, PathBuf};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Disk full, or the disk answers with errors. Nothing of the request was kept; what was
    /// acknowledged before is there, and reading goes on.
    #[error("can't write now, nothing of this request was kept; try again: {0}")]
    Unavailable(String),

    /// More waits to be written than is allowed to wait. Nothing of the request was kept.
    #[error("{queued_bytes} bytes wait to be written, which is the limit; try again in a moment")]
    Busy { queued_bytes: u64 },

    /// Lines were sent that do not follow what is there.
    #[error("line {offset} of {stream} was sent, but line {expected} comes next; send from there")]
    Gap {
        stream: String,
        expected: u64,
        offset: u64,
    },

    /// A run that was never made, or was deleted.
    #[error("there is no run {0}")]
    NoRun(String),

    /// A reference to content that is not stored.
    #[error("blob {0} is not stored; send it first")]
    BlobMissing(String),

    /// Content that is not what its hash says.
    #[error("the content has SHA-256 {found}, not {expected}; it was not stored")]
    BlobHash { expected: String, found: String },

    /// Something in a request that can't be stored; the text says what and where.
    #[error("{0}")]
    Input(String),

    /// Written by a newer gradus. Never touched.
    #[error(
        "format {found} of {what} is newer than this gradus reads ({known}); \
         use a newer gradus, nothing was changed: {}", path.display()
    )]
    Newer {
        what: &'static str,
        found: u16,
        known: u16,
        path: PathBuf,
    },

    /// Bytes that are not what they were.
    #[error("damaged at byte {offset}: {problem}: {}", path.display())]
    Damaged {
        path: PathBuf,
        offset: u64,
        problem: String,
    },

    /// Another process has the folder open.
    #[error("the store is open in another process: {}", .0.display())]
    InUse(PathBuf),

    #[error("{doing}: {source}: {}", path.display())]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },

    /// The derived catalogue can't be used; `rebuild` makes it anew from log and segments.
    #[error("catalogue: {0}; it is derived, a rebuild makes it anew")]
    Catalogue(#[from] rusqlite::Error),

    /// The store was closed while the request waited.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            doing,
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn damaged(path: &Path, offset: u64, problem: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            offset,
            problem: problem.into(),
        }
    }

    /// Whether the same request may succeed later: the answer that makes a client retry.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unavailable(_) | Self::Busy { .. } | Self::Closed
        )
    }
}
