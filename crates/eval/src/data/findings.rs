//! What a check of data found, in words: one line of verdict, the reason, what to do.

use std::fmt;

use serde::Serialize;

/// How bad a finding is, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ok,
    /// Nothing to say, for lack of rows or of numbers.
    Unknown,
    /// Worth a look; training goes on.
    Warn,
    /// Not fit for training or for measuring.
    Fail,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Unknown => "?",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// `contract`, `conflicts`, `leakage`, `scale`, `signal` or `frozen`.
    pub check: &'static str,
    pub level: Level,
    /// One sentence with its counts.
    pub says: String,
    /// What it means and what to do; empty where all is well.
    pub mend: String,
    /// Row ids and figures.
    pub examples: Vec<String>,
}

impl Finding {
    pub(crate) fn new(check: &'static str, level: Level, says: impl Into<String>) -> Self {
        Self {
            check,
            level,
            says: says.into(),
            mend: String::new(),
            examples: Vec::new(),
        }
    }

    pub(crate) fn mend(mut self, mend: impl Into<String>) -> Self {
        self.mend = mend.into();
        self
    }

    pub(crate) fn examples(mut self, examples: impl IntoIterator<Item = String>) -> Self {
        self.examples = examples.into_iter().collect();
        self
    }
}

/// `12 of 89 (13 %)`.
pub(crate) fn share(count: usize, of: usize) -> String {
    match of {
        0 => format!("{count} of 0"),
        _ => format!(
            "{count} of {of} ({:.0} %)",
            100.0 * count as f64 / of as f64
        ),
    }
}
