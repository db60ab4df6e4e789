//! The one error type of evidence. Each variant is something a caller may treat differently.

use std::fmt;

use crate::refuse::Finding;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something stands in the files that evidence must not hold. Never empty.
    #[error("{}", refused(.0))]
    Refused(Vec<Finding>),

    /// The files leave nothing to re-derive; the text says what is missing.
    #[error("{0}")]
    Incomplete(String),

    /// A file that can't be read as what its name says.
    #[error("{file}{}: {problem}", AtLine(*.line))]
    File {
        file: String,
        /// From 1; 0 where no line is known.
        line: usize,
        problem: String,
    },

    /// Bytes that are no evidence of gradus, or were changed.
    #[error("{0}")]
    Archive(String),

    /// A key file that can't be used.
    #[error("{0}")]
    Key(String),
}

impl Error {
    pub(crate) fn file(file: &str, line: usize, problem: impl Into<String>) -> Self {
        Self::File {
            file: file.to_owned(),
            line,
            problem: problem.into(),
        }
    }

    pub(crate) fn archive(problem: impl Into<String>) -> Self {
        Self::Archive(problem.into())
    }
}

/// ` line N`, or nothing for 0.
pub(crate) struct AtLine(pub usize);

impl fmt::Display for AtLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            line => write!(f, " line {line}"),
        }
    }
}

fn refused(findings: &[Finding]) -> String {
    let mut text = format!("not fit for evidence, {} findings:", findings.len());
    for finding in findings {
        text.push_str("\n  ");
        text.push_str(&finding.to_string());
    }
    text
}
