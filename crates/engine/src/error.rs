//! The one error type of the engine. Each variant is something a caller may treat differently.

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

    /// A model, tokenizer or adapter file is broken or not of a kind that is read here.
    /// `problem` says what is wrong and what to do.
    #[error("{problem}: {}", path.display())]
    ModelFile { path: PathBuf, problem: String },

    /// An adapter and a base that do not belong together.
    #[error("the adapter does not fit this base: {0}")]
    AdapterMismatch(String),

    /// The model answers the same with and without the adapter, or a merge changed its answers.
    #[error("the adapter is not alive: {0}")]
    AdapterDead(String),

    /// A recipe, an option or a schema that can't be carried out.
    #[error("{0}")]
    Configuration(String),

    /// A row of training or evaluation data that can't be used; `row` counts from 1.
    #[error("{problem} ({}, row {row})", path.display())]
    Row {
        path: PathBuf,
        row: usize,
        problem: String,
    },

    /// Numbers left the range of floating point: training diverged or the weights hold NaN.
    #[error("{0}")]
    NotFinite(String),

    /// The directory is in use by another training.
    #[error("another training is writing here (stop it, or choose another output_dir): {}", .0.display())]
    Busy(PathBuf),
}

impl Error {
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.into(),
            source,
        }
    }

    pub fn model_file(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::ModelFile {
            path: path.into(),
            problem: problem.into(),
        }
    }
}
