//! Moving an alias back as a page asks for it: what the record says against it, and how what was
//! moved becomes the record. The registry itself lies in a task's folder, which is not ours.

use std::sync::Arc;

use gradus_schema::nearest::did_you_mean;
use gradus_schema::registry::Holder;
use gradus_store::RunRecord;
use gradus_wire::file_stream::SharedWriter;
use gradus_wire::{Json, JsonObject, json};

use super::files::MOST_BYTES;
use super::registry::HISTORY;
use super::{REGISTRY_JOB, text_of};
use crate::runs::run_id;
use crate::{Caller, Error, Result, RunUpsert, Tracker};

/// Where a registry lies and its history byte for byte, as a client recorded them: nothing of it is
/// to be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRegistry {
    pub task_dir: String,
    pub history: Vec<u8>,
    history_sha256: String,
}

/// What a person who looks at a page wants to be moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedRollback {
    pub alias: String,
    /// The holder that the page shows, by the hash of its rows or by its decision.
    pub from: String,
    /// Whom the page says that it leads back to, as `from`; `None` for whoever it is.
    pub to: Option<String>,
}

impl Tracker {
    /// What was recorded of a registry; `None` where its folder or its history were not.
    pub fn recorded_registry(&self, run: &RunRecord) -> Result<Option<RecordedRegistry>> {
        let Some(task_dir) = text_of(run, "task_dir") else {
            return Ok(None);
        };
        let Some(file) = self.files.get(run.number, HISTORY) else {
            return Ok(None);
        };
        let history = self.read_run_file(run.number, HISTORY, MOST_BYTES)?;
        Ok(history.map(|history| RecordedRegistry {
            task_dir,
            history,
            history_sha256: file.sha256.clone(),
        }))
    }

    /// The registry in which the alias may be moved back.
    ///
    /// # Errors
    /// No registry, no such alias, nobody to go back to, or others than the page shows.
    pub fn registry_to_roll_back(
        &self,
        run: &Arc<RunRecord>,
        wanted: &WantedRollback,
    ) -> Result<RecordedRegistry> {
        if run.fields.job_type.as_deref() != Some(REGISTRY_JOB) {
            return Err(Error::not_found(format!(
                "the run {} is no registry",
                run.key
            )));
        }
        let recorded = self.recorded_registry(run)?;
        let aliases = self.registry(run)?.aliases;
        let alias = &wanted.alias;
        let (Some(recorded), Some(holders)) = (recorded, aliases.get(alias)) else {
            let hint = did_you_mean(alias, aliases.keys().map(String::as_str));
            return Err(Error::not_found(format!(
                "the registry has no alias '{alias}'{hint}"
            )));
        };
        let [.., to, from] = holders.as_slice() else {
            return Err(Error::Conflict(format!(
                "'{alias}' can't be rolled back: {}",
                nobody_before(holders)
            )));
        };
        if !is_named(from, &wanted.from) {
            return Err(Error::Conflict(format!(
                "'{alias}' is held by {} by now; nothing was moved",
                from.model
            )));
        }
        if wanted.to.as_ref().is_some_and(|name| !is_named(to, name)) {
            return Err(Error::Conflict(format!(
                "a rollback of '{alias}' leads back to {} by now; nothing was moved",
                to.model
            )));
        }
        Ok(recorded)
    }

    /// Records what the registry's files are after a move. A history that somebody else recorded
    /// meanwhile stays: it was read after the move, and holds it.
    pub fn record_rollback(
        &self,
        caller: &Caller,
        run: &RunRecord,
        before: &RecordedRegistry,
        files: &[(String, Vec<u8>)],
        summary: JsonObject,
    ) -> Result<()> {
        let number = run.number;
        self.upsert_run(
            caller,
            RunUpsert {
                id: Some(run_id(number)),
                summary: Some(changed_summary(run, summary)?),
                ..RunUpsert::default()
            },
            &SharedWriter::default(),
        )?;
        for (name, content) in files {
            let mut content = content.as_slice();
            if name == HISTORY {
                let over = &before.history_sha256;
                self.put_run_file_over(number, name, over, &mut content)?;
            } else {
                self.put_run_file(number, name, &mut content)?;
            }
        }
        Ok(())
    }
}

/// Why there is nobody to go back to, of those who hold and held an alias.
pub fn nobody_before(holders: &[Holder]) -> &'static str {
    match holders {
        [] => "nobody holds it",
        _ => "nobody held it before",
    }
}

fn is_named(holder: &Holder, name: &str) -> bool {
    holder.decision == name || holder.rows_sha256.as_deref() == Some(name)
}

fn changed_summary(run: &RunRecord, changes: JsonObject) -> Result<String> {
    let known = run.fields.summary.as_deref().unwrap_or("{}");
    let mut summary = json::parse_object("the summary", known)?;
    summary.extend(changes);
    Ok(Json::Object(summary).to_line())
}
