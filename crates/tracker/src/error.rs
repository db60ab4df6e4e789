//! The one error type of the tracker. Each variant is something a caller answers differently; the
//! texts are what the person at the other end reads.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Of the wrong kind or form; sending it again will not help.
    #[error("{0}")]
    Input(String),

    /// There is no such thing, or the caller may not know of it.
    #[error("{0}")]
    NotFound(String),

    /// The caller is known and may not do this.
    #[error("{0}")]
    Forbidden(String),

    /// Somebody else changed it first, or it is in use.
    #[error("{0}")]
    Conflict(String),

    /// What a condition of the request names is not what is there.
    #[error("{0}")]
    Precondition(String),

    #[error(transparent)]
    Wire(#[from] gradus_wire::Error),

    #[error(transparent)]
    Store(#[from] gradus_store::Error),

    /// A document of the store that this gradus does not understand.
    #[error(
        "the store's {kind} '{name}' is not what it should be: {problem}; run `gradus store check`"
    )]
    Document {
        kind: &'static str,
        name: String,
        problem: String,
    },
}

impl Error {
    pub fn input(text: impl Into<String>) -> Self {
        Self::Input(text.into())
    }

    pub fn not_found(text: impl Into<String>) -> Self {
        Self::NotFound(text.into())
    }

    pub fn forbidden(text: impl Into<String>) -> Self {
        Self::Forbidden(text.into())
    }

    /// Whether the same request may succeed later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_passing())
    }
}
