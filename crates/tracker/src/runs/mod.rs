//! Runs: what the store's record means, and who may see it.
//!
//! Streams of a run: `history`, `events` (system metrics) and `console`, each line as it was sent;
//! the writer is the client's id in shared mode and empty else. The record's `extra` is [`RunExtra`].

mod branch;
mod names;
mod remove;
mod upsert;

pub(crate) use names::{Places, display_name};
pub use upsert::{RunUpsert, Upserted};

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_store::{RunKey, RunNumber, RunRecord, RunView};
use serde::{Deserialize, Serialize};

use crate::accounts::Caller;
use crate::{Error, Result, Tracker};

pub const HISTORY: &str = "history";
pub const EVENTS: &str = "events";
pub const CONSOLE: &str = "console";

pub const RUNNING: &str = "running";
/// Made for a sweep's agent and not begun.
pub const PENDING: &str = "pending";
pub const FINISHED: &str = "finished";
pub const FAILED: &str = "failed";
pub const CRASHED: &str = "crashed";
pub const PREEMPTING: &str = "preempting";

/// What is known of a run beside what the store has fields for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunExtra {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repo: Option<String>,
    /// The script shall be interrupted at its next upload.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_stop_requested: bool,
    /// `RUN?_step=N` that this run goes on from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forked_from: Option<String>,
    /// How often the id was used again without resuming. Each time counts its lines from 0, in
    /// streams of its own.
    #[serde(skip_serializing_if = "is_zero")]
    pub again: u32,
    /// The number that the client gives to the first history line of the last time that the id was
    /// used: it goes on counting from what it was told is there.
    #[serde(skip_serializing_if = "is_none")]
    pub first_line: u64,
    /// The id is used again, and no row says yet whether the run begins anew or goes on.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_undecided: bool,
    /// The agent of a sweep that runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_none(number: &u64) -> bool {
    *number == 0
}

impl RunExtra {
    /// Under which name the run's lines are kept that are sent now, outside of shared mode.
    pub fn writer(&self) -> String {
        match self.again {
            0 => String::new(),
            again => format!("again-{again}"),
        }
    }

    pub fn of(record: &RunRecord) -> Self {
        let text = record.fields.extra.as_deref();
        // Written by this struct; what an older or newer gradus wrote differently is left out.
        text.and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The id of a run for clients, which send it back and look no further.
pub fn run_id(number: RunNumber) -> String {
    STANDARD.encode(format!("Run:{number}"))
}

/// The number of `kind` in an id of the form that [`run_id`] makes.
pub fn number_in(id: &str, kind: &str) -> Option<u64> {
    let text = String::from_utf8(STANDARD.decode(id).ok()?).ok()?;
    text.strip_prefix(kind)?.strip_prefix(':')?.parse().ok()
}

impl Tracker {
    /// The run as it is now, where the caller may see it.
    pub fn run(&self, caller: &Caller, key: &RunKey) -> Option<RunView> {
        let view = self.store.run(key)?;
        self.accounts.may_read(caller, &key.entity).then_some(view)
    }

    /// The run of an id that was given to clients.
    ///
    /// # Errors
    /// No such run, or one that the caller may not know of.
    pub fn run_by_id(&self, caller: &Caller, id: &str) -> Result<Arc<RunRecord>> {
        let number = number_in(id, "Run");
        let view = number.and_then(|number| self.store.run_numbered(number));
        let record = view.map(|view| view.record);
        record
            .filter(|record| self.accounts.may_read(caller, &record.key.entity))
            .ok_or_else(|| Error::not_found(format!("run {id} not found; it may be deleted")))
    }

    pub(crate) fn record(&self, number: RunNumber) -> Result<Arc<RunRecord>> {
        let view = self.store.run_numbered(number);
        view.map(|view| view.record)
            .ok_or_else(|| Error::not_found("the run was deleted"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_back_and_others_do_not() {
        assert_eq!(number_in(&run_id(712), "Run"), Some(712));
        assert_eq!(number_in(&run_id(712), "Ru"), None);
        for hostile in ["", "Run:1", "UnVuOi0x", "\u{0}", "UnVu"] {
            assert_eq!(number_in(hostile, "Run"), None, "{hostile}");
        }
    }
}
