//! The one error type of evaluation. Each variant is something a caller may treat differently.

use std::path::PathBuf;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{action} failed: {source}: {}", path.display())]
    Io {
        action: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },

    /// A task's file that can't be used; `problem` says what is wrong and what to do.
    #[error("{problem}: {}", path.display())]
    Task { path: PathBuf, problem: String },

    /// A row that can't be used; `row` is its line, from 1.
    #[error("line {row}: {problem}: {}", path.display())]
    Row {
        path: PathBuf,
        row: usize,
        problem: String,
    },

    /// A model reference, metric or option that can't be carried out.
    #[error("{0}")]
    Configuration(String),

    /// Another evaluation is writing into the folder right now.
    #[error("another evaluation is writing here (wait for it, or choose another folder): {}", .0.display())]
    Busy(PathBuf),

    /// The folder holds an evaluation of something else.
    #[error("the folder holds another evaluation: its {differs} differs (choose another folder, or remove this one): {}", path.display())]
    OtherEvaluation { differs: String, path: PathBuf },

    /// A server with which going on is pointless.
    #[error("{problem}: {url}")]
    Server { problem: String, url: String },

    #[error(transparent)]
    Engine(#[from] gradus_engine::Error),
}

impl Error {
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.into(),
            source,
        }
    }

    pub fn task(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::Task {
            path: path.into(),
            problem: problem.into(),
        }
    }
}
