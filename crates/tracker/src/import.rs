//! A `.wandb` file as a run: what `wandb sync` would have sent, without a client. A run that crashed
//! comes in as far as its file goes.

use gradus_store::{Change, Lines, Placement, RunKey, RunNumber, RunPatch, StreamKey};
use gradus_wire::console::{Console, Emulation};
use gradus_wire::file_stream::HistoryRow;
use gradus_wire::offline::{self, Damage, OfflineRun};
use gradus_wire::run_config::RunConfig;
use gradus_wire::{Json, Timestamp};

use crate::accounts::Caller;
use crate::redact::Redaction;
use crate::runs::{CONSOLE, CRASHED, EVENTS, FAILED, FINISHED, HISTORY, RunExtra};
use crate::secret::{random_bytes, random_name};
use crate::{Error, Result, Tracker};

/// Lines written at once, so that no request is larger than the store takes.
const LINES_AT_ONCE: usize = 20_000;

#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// Instead of what the file says.
    pub entity: Option<String>,
    pub project: Option<String>,
    /// A run that is there already is removed first; without it, it is left as it is.
    pub replaces: bool,
    pub redaction: Redaction,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    pub key: RunKey,
    pub number: RunNumber,
    /// The run was there; nothing was changed.
    pub was_there: bool,
    pub history_rows: usize,
    pub system_rows: usize,
    /// Pieces of console output in the file; one may hold several lines, or a part of one.
    pub console_pieces: usize,
    pub console_lines: usize,
    /// Of the training process; `None` where the file ends before it did.
    pub exit_code: Option<i64>,
    pub damage: Damage,
    pub undecodable_records: usize,
}

impl Tracker {
    /// # Errors
    /// Bytes that are no `.wandb` file, or one without a run.
    pub fn import_wandb(
        &self,
        caller: &Caller,
        bytes: &[u8],
        options: &ImportOptions,
    ) -> Result<Imported> {
        let file = offline::read(bytes)?;
        let mut run = OfflineRun::replay(file.events);
        let Some(begun) = run.run.clone() else {
            return Err(Error::input(
                "the file has no run in it; it ends before the run was written down",
            ));
        };
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        // An entity of another server says nothing here.
        let entity = options.entity.clone();
        let project = options.project.clone().or_else(|| given(&begun.project));
        let (project, _) =
            self.upsert_project(caller, entity.as_deref(), project.as_deref(), None)?;
        let name = match begun.run_id.as_str() {
            "" => random_name(8)?,
            id => id.to_owned(),
        };
        let key = RunKey::new(&project.entity, &project.name, &name);
        let mut imported = Imported {
            key: key.clone(),
            number: 0,
            was_there: false,
            history_rows: run.history.len(),
            system_rows: run.system.len(),
            console_pieces: run.output.len(),
            console_lines: 0,
            exit_code: run.exit_code,
            damage: file.damage,
            undecodable_records: file.undecodable_records,
        };
        if let Some(view) = self.store.run(&key) {
            imported.number = view.record.number;
            match options.replaces {
                true => self.delete_run(caller, view.record.number)?,
                false => {
                    imported.was_there = true;
                    return Ok(imported);
                }
            }
        }
        redact(&mut run, &options.redaction);
        let number = self.put_imported(caller, key, &run)?;
        imported.number = number;
        self.put_all(number, HISTORY, run.history.iter().map(line_of))?;
        self.put_all(number, EVENTS, run.system.iter().map(line_of))?;
        let console = Console::lines_of(&run.output, Emulation::Official);
        imported.console_lines = console.len();
        let redaction = &options.redaction;
        let lines = console.iter().map(|line| {
            let line = line.to_legacy();
            redaction.text(&line).into_owned()
        });
        self.put_all(number, CONSOLE, lines)?;
        self.store.seal(Some(number))?;
        Ok(imported)
    }

    fn put_imported(&self, caller: &Caller, key: RunKey, run: &OfflineRun) -> Result<RunNumber> {
        let begun = run.run.clone().unwrap_or_default();
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        let created = begun.start_time.map_or_else(|| self.now_unix_ms(), unix_ms);
        let ended = ended(run).map_or(created, unix_ms);
        let state = match run.exit_code {
            None => CRASHED,
            Some(0) => FINISHED,
            Some(_) => FAILED,
        };
        let extra = RunExtra {
            host: given(begun.host),
            commit: given(begun.git_commit),
            repo: given(begun.git_remote),
            ..RunExtra::default()
        };
        let display_name = match given(begun.display_name) {
            Some(name) => name,
            None => crate::runs::display_name(
                random_bytes()?,
                self.runs_of(&key.entity, &key.project)? + 1,
            ),
        };
        let patch = RunPatch {
            display_name: Some(display_name),
            state: Some(state.to_owned()),
            group: given(begun.group),
            job_type: given(begun.job_type),
            sweep: given(begun.sweep_id),
            user: Some(caller.user.name.clone()),
            notes: given(begun.notes),
            tags: Some(begun.tags).filter(|tags| !tags.is_empty()),
            created_unix_ms: Some(created),
            heartbeat_unix_ms: Some(ended),
            exit_code: run.exit_code.and_then(|code| i32::try_from(code).ok()),
            config: Some(RunConfig::from_values(run.config.clone()).to_text()),
            summary: Some(Json::Object(run.summary.clone()).to_line()),
            extra: Some(extra.to_text()),
        };
        let ack = self.store.append(vec![Change::UpsertRun {
            key,
            patch: Box::new(patch),
        }])?;
        let made = ack.runs.first().map(|(number, _)| *number);
        made.ok_or_else(|| Error::not_found("the run was deleted while it was imported"))
    }

    /// Lines of a stream from its beginning.
    fn put_all(
        &self,
        run: RunNumber,
        stream: &str,
        lines: impl Iterator<Item = String>,
    ) -> Result<()> {
        let (mut batch, mut offset) = (Lines::default(), 0);
        let mut write = |batch: &mut Lines| -> Result<()> {
            let lines = std::mem::take(batch);
            let count = lines.len() as u64;
            self.store.append(vec![Change::Lines {
                key: StreamKey::new(run, stream, ""),
                offset,
                placement: Placement::Once,
                lines,
            }])?;
            offset += count;
            Ok(())
        };
        for line in lines {
            batch.push(&line)?;
            if batch.len() == LINES_AT_ONCE {
                write(&mut batch)?;
            }
        }
        match batch.is_empty() {
            true => Ok(()),
            false => write(&mut batch),
        }
    }
}

fn line_of(row: &HistoryRow) -> String {
    Json::Object(row.values.clone()).to_line()
}

fn unix_ms(time: Timestamp) -> i64 {
    time.seconds.saturating_mul(1000) + i64::from(time.nanos / 1_000_000)
}

/// When the run was last heard of.
fn ended(run: &OfflineRun) -> Option<Timestamp> {
    let rows = run.history.iter().chain(&run.system);
    let last = rows.filter_map(|row| row.timestamp_secs).reduce(f64::max)?;
    Some(Timestamp {
        seconds: last as i64,
        nanos: (last.fract() * 1e9) as u32,
    })
}

fn redact(run: &mut OfflineRun, redaction: &Redaction) {
    if redaction.is_none() {
        return;
    }
    redaction.object(&mut run.config);
    redaction.object(&mut run.summary);
    for row in run.history.iter_mut().chain(&mut run.system) {
        redaction.object(&mut row.values);
    }
    if let Some(begun) = &mut run.run {
        if redaction.personal {
            begun.host.clear();
        }
        for text in [
            &mut begun.notes,
            &mut begun.git_remote,
            &mut begun.display_name,
        ] {
            *text = redaction.text(text).into_owned();
        }
    }
}
