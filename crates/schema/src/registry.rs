//! A task's registry: who holds an alias, how that came to be, how often a frozen set was looked at.
//! Lines of files that are only ever added to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::AnsweredBy;

/// Who holds, or held, an alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Holder {
    /// The model reference under which it was evaluated.
    pub model: String,
    pub answered_by: Option<AnsweredBy>,
    /// Folder of the decision that promoted it, in the registry or in the task.
    pub decision: String,
    /// SHA-256 of its evaluation's rows.
    pub rows_sha256: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AliasMove {
    Promote,
    Rollback,
}

impl fmt::Display for AliasMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Promote => "promote",
            Self::Rollback => "rollback",
        })
    }
}

/// One line of `history.jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AliasEvent {
    pub at_unix_secs: u64,
    pub action: AliasMove,
    pub alias: String,
    pub from: Option<Holder>,
    pub to: Holder,
}

/// One line of `looks.jsonl`: the frozen set and the two evaluations that were compared on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Look {
    pub at_unix_secs: u64,
    pub data_sha256: String,
    /// SHA-256 of the rows of base and candidate.
    pub rows_sha256: [Option<String>; 2],
}

/// Everyone who holds the alias by the history, the current holder last: promotions add one,
/// a rollback takes one away.
pub fn held(events: &[AliasEvent], alias: &str) -> Vec<Holder> {
    let mut held = Vec::new();
    for event in events.iter().filter(|event| event.alias == alias) {
        match event.action {
            AliasMove::Promote => held.push(event.to.clone()),
            AliasMove::Rollback => {
                held.pop();
            }
        }
    }
    held
}
