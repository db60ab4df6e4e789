//! The one error type of wire. Each variant is something a caller may treat differently; the texts
//! are what the person at the other end reads.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A limit that the operator may raise.
    #[error("{what} is larger than the limit of {limit} {unit}")]
    TooLarge {
        what: &'static str,
        limit: usize,
        unit: &'static str,
    },

    /// Text that should be JSON. `offset` counts bytes from 0.
    #[error("{what} is not JSON at byte {offset}: {problem}")]
    Json {
        what: &'static str,
        offset: usize,
        problem: String,
    },

    /// A GraphQL document that can't be read or run; both places count from 1.
    #[error("GraphQL document, line {line} column {column}: {problem}")]
    Graphql {
        line: usize,
        column: usize,
        problem: String,
    },

    /// JSON of a known kind with something wrong in it, and where.
    #[error("{what}: {place}: {problem}")]
    Field {
        what: &'static str,
        place: String,
        problem: String,
    },

    /// Bytes that are no `.wandb` file at all. Damage inside one is counted, not an error.
    #[error("not a .wandb file: {0}")]
    WandbFile(String),
}

impl Error {
    pub(crate) fn field(
        what: &'static str,
        place: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self::Field {
            what,
            place: place.into(),
            problem: problem.into(),
        }
    }
}
