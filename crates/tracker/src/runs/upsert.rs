//! `upsertBucket`: one request that begins a run, begins it anew, resumes, forks, or changes it. The
//! client says which only by what it leaves out; the rules here are those under which all of its
//! flows work.

use gradus_schema::UnixMillis;
use gradus_store::{Change, RunKey, RunNumber, RunPatch, RunView};
use gradus_wire::file_stream::SharedWriter;
use gradus_wire::run_config::RunConfig;
use gradus_wire::{Json, json};

use super::names::display_name;
use super::{CONSOLE, CRASHED, EVENTS, FAILED, FINISHED, HISTORY, PENDING, RUNNING, RunExtra};
use crate::accounts::{Caller, check_name};
use crate::history::next_line;
use crate::secret::{random_bytes, random_name};
use crate::{Error, Result, Tracker};

/// What a request sets; what it does not name is left alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunUpsert {
    /// The server's id of the run, which only those send who were given it.
    pub id: Option<String>,
    /// The run's own id, as its address shows it.
    pub name: Option<String>,
    pub entity: Option<String>,
    pub project: Option<String>,
    pub display_name: Option<String>,
    pub group: Option<String>,
    pub job_type: Option<String>,
    pub sweep: Option<String>,
    pub notes: Option<String>,
    pub description: Option<String>,
    pub tags: Option<Vec<String>>,
    pub state: Option<String>,
    /// The whole configuration as a JSON object.
    pub config: Option<String>,
    /// The whole summary as a JSON object.
    pub summary: Option<String>,
    pub program: Option<String>,
    pub host: Option<String>,
    pub commit: Option<String>,
    pub repo: Option<String>,
    pub agent: Option<String>,
    /// Of a run that happened elsewhere: whose it is, when it began and was last heard of.
    pub user: Option<String>,
    pub created_unix_ms: Option<UnixMillis>,
    pub heartbeat_unix_ms: Option<UnixMillis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upserted {
    pub number: RunNumber,
    pub is_new: bool,
}

impl RunUpsert {
    /// A client that begins a run says something of it beside its configuration, which it also
    /// sends alone later.
    fn begins_a_run(&self) -> bool {
        let texts = [
            &self.host,
            &self.program,
            &self.display_name,
            &self.notes,
            &self.group,
            &self.job_type,
        ];
        texts.into_iter().any(Option::is_some) || self.tags.is_some()
    }

    /// A client process stands behind the request, not somebody who edits a run.
    fn is_of_a_process(&self) -> bool {
        self.host.is_some() || self.program.is_some()
    }

    fn patch(&self) -> RunPatch {
        RunPatch {
            display_name: self.display_name.clone(),
            state: self.state.as_ref().map(|state| state.to_lowercase()),
            group: self.group.clone(),
            job_type: self.job_type.clone(),
            sweep: self.sweep.clone(),
            notes: self.notes.clone(),
            tags: self.tags.clone(),
            config: self.config.clone(),
            summary: self.summary.clone(),
            user: self.user.clone(),
            created_unix_ms: self.created_unix_ms,
            heartbeat_unix_ms: self.heartbeat_unix_ms,
            ..RunPatch::default()
        }
    }

    fn put_extra(&self, extra: &mut RunExtra) {
        let pairs = [
            (&mut extra.description, &self.description),
            (&mut extra.program, &self.program),
            (&mut extra.host, &self.host),
            (&mut extra.commit, &self.commit),
            (&mut extra.repo, &self.repo),
            (&mut extra.agent, &self.agent),
        ];
        for (known, given) in pairs {
            if given.is_some() {
                known.clone_from(given);
            }
        }
    }

    fn check(&self) -> Result<()> {
        let objects = [("config", &self.config), ("summaryMetrics", &self.summary)];
        for (what, text) in objects {
            if let Some(text) = text {
                json::parse_object(what, text)?;
            }
        }
        Ok(())
    }
}

impl Tracker {
    pub fn upsert_run(
        &self,
        caller: &Caller,
        mut upsert: RunUpsert,
        writer: &SharedWriter,
    ) -> Result<Upserted> {
        upsert.config = upsert.config.filter(|text| !text.trim().is_empty());
        upsert.check()?;
        let _changing = self.lock();
        if let Some(id) = upsert.id.as_deref().filter(|id| !id.is_empty()) {
            caller.check_write()?;
            let number = self.run_by_id(caller, id)?.number;
            return self.change_run(number, upsert, writer);
        }
        let (project, _) = self.upsert_project_locked(
            caller,
            upsert.entity.as_deref(),
            upsert.project.as_deref(),
            None,
        )?;
        let name = match upsert.name.take().filter(|name| !name.is_empty()) {
            Some(name) => name,
            None => random_name(8)?,
        };
        let key = RunKey::new(&project.entity, &project.name, &name);
        let Some(view) = self.store.run(&key) else {
            return self.begin_run(caller, key, upsert);
        };
        let number = view.record.number;
        let is_pending = view.record.fields.state.as_deref() == Some(PENDING);
        if is_pending && upsert.is_of_a_process() {
            upsert.state.get_or_insert_with(|| RUNNING.to_owned());
        } else if view.total_lines(HISTORY) > 0 && upsert.begins_a_run() && !writer.is_shared {
            self.use_again(&view, &mut upsert)?;
        }
        self.change_run(number, upsert, writer)
    }

    fn begin_run(&self, caller: &Caller, key: RunKey, upsert: RunUpsert) -> Result<Upserted> {
        check_name("a run's id", &key.name)?;
        let now = self.now_unix_ms();
        let mut patch = upsert.patch();
        let state = patch
            .state
            .get_or_insert_with(|| RUNNING.to_owned())
            .clone();
        patch.user.get_or_insert_with(|| caller.user.name.clone());
        patch.created_unix_ms.get_or_insert(now);
        patch.heartbeat_unix_ms.get_or_insert(now);
        let place = self.next_place(&key.entity, &key.project)?;
        if patch.display_name.as_deref().unwrap_or_default().is_empty() {
            patch.display_name = Some(display_name(random_bytes()?, place));
        }
        let mut extra = RunExtra::default();
        upsert.put_extra(&mut extra);
        let fork = self.fork_source(&key, &upsert)?;
        extra.forked_from = fork.as_ref().map(|fork| fork.to_string());
        patch.extra = Some(extra.to_text());
        let ack = self.store.append(vec![Change::UpsertRun {
            key,
            patch: Box::new(patch),
        }])?;
        let Some(&(number, is_new)) = ack.runs.first() else {
            return Err(Error::not_found("the run was deleted while it was made"));
        };
        if let Some(fork) = fork {
            self.copy_history(&fork, number)?;
        }
        self.heartbeats.set(number, &state);
        Ok(Upserted { number, is_new })
    }

    /// The id is used again without `resume`: the client counts from 0. It may begin anew, or bring
    /// a later part of the same run, as `wandb sync` does; the first row that it sends will tell, and
    /// until then nothing makes way.
    fn use_again(&self, view: &RunView, upsert: &mut RunUpsert) -> Result<()> {
        let mut extra = RunExtra::of(&view.record);
        let writer = extra.writer();
        let has_lines = [HISTORY, EVENTS, CONSOLE]
            .iter()
            .any(|stream| view.line_count(stream, &writer) > 0);
        // A request that is sent again finds nothing of the time that it began.
        if has_lines {
            extra.first_line = next_line(view, HISTORY);
            extra.again += 1;
        }
        extra.is_undecided = true;
        self.patch_run(
            view.record.number,
            RunPatch {
                extra: Some(extra.to_text()),
                ..RunPatch::default()
            },
        )?;
        upsert.config.get_or_insert_with(|| "{}".to_owned());
        upsert.state.get_or_insert_with(|| RUNNING.to_owned());
        Ok(())
    }

    fn change_run(
        &self,
        number: RunNumber,
        mut upsert: RunUpsert,
        writer: &SharedWriter,
    ) -> Result<Upserted> {
        let record = self.record(number)?;
        if upsert.is_of_a_process() {
            upsert.state.get_or_insert_with(|| RUNNING.to_owned());
        }
        if writer.is_shared {
            upsert.config = merged(&record.fields.config, upsert.config)?;
        }
        let mut patch = upsert.patch();
        let mut extra = RunExtra::of(&record);
        let before = extra.clone();
        upsert.put_extra(&mut extra);
        if let Some(state) = &patch.state {
            if state == RUNNING {
                extra.is_stop_requested = false;
                let now = self.now_unix_ms();
                patch.heartbeat_unix_ms.get_or_insert(now);
            }
            self.heartbeats.set(number, state);
        }
        let has_ended = matches!(patch.state.as_deref(), Some(FINISHED | FAILED | CRASHED));
        patch.extra = (extra != before).then(|| extra.to_text());
        if patch != RunPatch::default() {
            self.store.append(vec![Change::UpdateRun {
                run: number,
                patch: Box::new(patch),
            }])?;
        }
        if has_ended {
            // A store that closes keeps the rows as they are.
            let _ = self.store.settle(number);
        }
        Ok(Upserted {
            number,
            is_new: false,
        })
    }

    /// The run that the configuration says it goes on from, and where.
    fn fork_source(&self, key: &RunKey, upsert: &RunUpsert) -> Result<Option<super::branch::Fork>> {
        let Some(config) = &upsert.config else {
            return Ok(None);
        };
        let Some(point) = RunConfig::decode(config)?.branch_point() else {
            return Ok(None);
        };
        let source = RunKey::new(&key.entity, &key.project, &point.run_id);
        match self.store.run(&source) {
            Some(view) => Ok(Some(super::branch::Fork {
                source: view,
                step: point.step,
            })),
            None => Err(Error::not_found(format!(
                "run {source} not found, from which this run shall fork"
            ))),
        }
    }
}

/// In shared mode each process sends what it knows: keys of both, the newer value where both have
/// one, and what the client keeps for itself joined one level further down.
fn merged(before: &Option<String>, new: Option<String>) -> Result<Option<String>> {
    let (Some(before), Some(new)) = (before, &new) else {
        return Ok(new);
    };
    let mut entries = json::parse_object("the run's config", before)?;
    for (key, value) in json::parse_object("the run's config", new)? {
        match (entries.get_mut(&key), value) {
            (Some(Json::Object(known)), Json::Object(given)) if key == "_wandb" => {
                match (known.get_mut("value"), given.get("value")) {
                    (Some(Json::Object(inner)), Some(Json::Object(new))) => {
                        inner.extend(new.clone());
                    }
                    _ => known.extend(given),
                }
            }
            (_, value) => {
                entries.insert(key, value);
            }
        }
    }
    Ok(Some(Json::Object(entries).to_line()))
}
