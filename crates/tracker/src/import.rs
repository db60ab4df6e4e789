//! A `.wandb` file as a run that can be sent: what `wandb sync` would have sent, without a client. A
//! run that crashed comes in as far as its file goes.

use gradus_schema::UnixMillis;
use gradus_wire::console::{Console, Emulation};
use gradus_wire::file_stream::HistoryRow;
use gradus_wire::offline::{self, Damage, OfflineRun, RunEvent};
use gradus_wire::run_config::RunConfig;
use gradus_wire::{Json, JsonObject, Timestamp, json};

use crate::redact::Redaction;
use crate::runs::{CRASHED, FAILED, FINISHED};
use crate::{Error, Result};

/// A run as its file tells it, with everything left out that shall be.
#[derive(Debug, Clone)]
pub struct WandbFile {
    /// The run's id; empty where the file has none.
    pub id: String,
    /// Empty where the file says nothing.
    pub project: String,
    pub damage: Damage,
    pub undecodable_records: usize,
    begun: RunEvent,
    run: OfflineRun,
    console: Vec<String>,
}

impl WandbFile {
    /// # Errors
    /// Bytes that are no `.wandb` file, or one without a run.
    pub fn read(bytes: &[u8], redaction: &Redaction) -> Result<Self> {
        let file = offline::read(bytes)?;
        let mut run = OfflineRun::replay(file.events);
        let Some(mut begun) = run.run.take() else {
            return Err(Error::input(
                "the file has no run in it; it ends before the run was written down",
            ));
        };
        redact(&mut begun, &mut run, redaction);
        let console = Console::lines_of(&run.output, Emulation::Official);
        let console = console.iter().map(|line| {
            let line = line.to_legacy();
            redaction.text(&line).into_owned()
        });
        Ok(Self {
            id: begun.run_id.clone(),
            project: begun.project.clone(),
            damage: file.damage,
            undecodable_records: file.undecodable_records,
            console: console.collect(),
            begun,
            run,
        })
    }

    /// What is said of the run before its rows, as our own API takes it.
    pub fn begin(&self) -> JsonObject {
        let begun = &self.begun;
        let given = |text: &str| match text.is_empty() {
            true => Json::Null,
            false => Json::text(text),
        };
        let config = RunConfig::from_values(self.run.config.clone()).to_text();
        let pairs = [
            ("display_name", given(&begun.display_name)),
            ("group", given(&begun.group)),
            ("job_type", given(&begun.job_type)),
            ("sweep", given(&begun.sweep_id)),
            ("notes", given(&begun.notes)),
            ("host", given(&begun.host)),
            ("commit", given(&begun.git_commit)),
            ("repo", given(&begun.git_remote)),
            (
                "tags",
                Json::Array(begun.tags.iter().map(Json::text).collect()),
            ),
            ("created_unix_ms", time(self.created_unix_ms())),
            // Written a line above.
            (
                "config",
                json::parse("config", &config).unwrap_or(Json::Null),
            ),
        ];
        pairs
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }

    /// What is said of it after its rows.
    pub fn end(&self) -> JsonObject {
        let state = match self.run.exit_code {
            None => CRASHED,
            Some(0) => FINISHED,
            Some(_) => FAILED,
        };
        let heard_of = self.ended_unix_ms().or(self.created_unix_ms());
        let pairs = [
            ("state", Json::text(state)),
            ("summary", Json::Object(self.run.summary.clone())),
            ("heartbeat_unix_ms", time(heard_of)),
        ];
        pairs
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }

    /// Of the training process; `None` where the file ends before it did.
    pub fn exit_code(&self) -> Option<i64> {
        self.run.exit_code
    }

    pub fn history(&self) -> impl ExactSizeIterator<Item = String> {
        self.run.history.iter().map(line_of)
    }

    /// Metrics of the machine.
    pub fn system(&self) -> impl ExactSizeIterator<Item = String> {
        self.run.system.iter().map(line_of)
    }

    pub fn console(&self) -> impl ExactSizeIterator<Item = String> {
        self.console.iter().cloned()
    }

    /// Pieces of console output in the file; one may hold several lines, or a part of one.
    pub fn console_pieces(&self) -> usize {
        self.run.output.len()
    }

    fn created_unix_ms(&self) -> Option<UnixMillis> {
        self.begun.start_time.map(unix_ms)
    }

    /// When the run was last heard of.
    fn ended_unix_ms(&self) -> Option<UnixMillis> {
        let rows = self.run.history.iter().chain(&self.run.system);
        let last = rows.filter_map(|row| row.timestamp_secs).reduce(f64::max)?;
        Some(unix_ms(Timestamp {
            seconds: last as i64,
            nanos: (last.fract() * 1e9) as u32,
        }))
    }
}

fn line_of(row: &HistoryRow) -> String {
    Json::Object(row.values.clone()).to_line()
}

fn time(time: Option<UnixMillis>) -> Json {
    time.map_or(Json::Null, Json::int)
}

fn unix_ms(time: Timestamp) -> UnixMillis {
    time.seconds.saturating_mul(1000) + i64::from(time.nanos / 1_000_000)
}

fn redact(begun: &mut RunEvent, run: &mut OfflineRun, redaction: &Redaction) {
    if redaction.is_none() {
        return;
    }
    redaction.object(&mut run.config);
    redaction.object(&mut run.summary);
    for row in run.history.iter_mut().chain(&mut run.system) {
        redaction.object(&mut row.values);
    }
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
