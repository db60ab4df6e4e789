//! From the events of a file to what the run holds, as `wandb sync` would leave it on a server.

use super::event::{ArtifactEvent, Change, Event, FilePolicy, OutputStream, RunEvent, Timestamp};
use crate::file_stream::HistoryRow;
use crate::json::{Json, JsonObject, remove_path, set_path};
use crate::run_config::MetricDefinition;

/// All of a run that its file tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OfflineRun {
    /// Version of the client; empty where the file has no header record.
    pub producer: String,
    /// `None` when the file ends before the run began.
    pub run: Option<RunEvent>,
    /// Plain values by key, `_wandb` too.
    pub config: JsonObject,
    pub summary: JsonObject,
    pub history: Vec<HistoryRow>,
    /// Rows of system metrics, in the form of `wandb-events.jsonl`.
    pub system: Vec<HistoryRow>,
    pub output: Vec<OutputPiece>,
    pub files: Vec<(String, FilePolicy)>,
    pub metrics: Vec<MetricDefinition>,
    pub artifacts: Vec<ArtifactEvent>,
    /// Id or name of artifacts that the run read.
    pub used_artifacts: Vec<String>,
    /// Title, text and level.
    pub alerts: Vec<(String, String, String)>,
    pub is_preempting: bool,
    /// `None` for a run that crashed, or still goes on.
    pub exit_code: Option<i64>,
    pub runtime_secs: Option<i64>,
}

/// What was printed at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPiece {
    pub stream: OutputStream,
    pub timestamp: Option<Timestamp>,
    pub text: String,
}

impl OfflineRun {
    pub fn replay(events: impl IntoIterator<Item = Event>) -> Self {
        let mut run = Self::default();
        for event in events {
            run.apply(event);
        }
        run
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Header { producer, .. } => self.producer = producer,
            Event::Run(mut run) => {
                change(&mut self.config, std::mem::take(&mut run.config));
                change(&mut self.summary, std::mem::take(&mut run.summary));
                self.run = Some(*run);
            }
            Event::Config(changes) => change(&mut self.config, changes),
            Event::Summary(changes) => change(&mut self.summary, changes),
            Event::History(row) => self.history.push(HistoryRow::from(row)),
            Event::Stats { timestamp, values } => {
                let row = self.system_row(timestamp, values);
                self.system.push(HistoryRow::from(row));
            }
            Event::OutputRaw {
                stream,
                timestamp,
                text,
            } => self.output.push(OutputPiece {
                stream,
                timestamp,
                text,
            }),
            Event::Files(files) => self.files.extend(files),
            Event::Metric(metric) => self.metrics.push(metric),
            Event::Artifact(artifact) => self.artifacts.push(*artifact),
            Event::UseArtifact { id, name, .. } => {
                let known_by = if id.is_empty() { name } else { id };
                self.used_artifacts.push(known_by);
            }
            Event::Alert {
                title, text, level, ..
            } => self.alerts.push((title, text, level)),
            Event::Preempting => self.is_preempting = true,
            Event::Exit {
                code,
                runtime_secs,
                is_complete,
            } => {
                self.runtime_secs = Some(runtime_secs);
                self.exit_code = is_complete.then_some(code);
            }
            Event::Telemetry { .. } | Event::Environment { .. } | Event::Other(_) => {}
        }
    }

    fn system_row(&self, timestamp: Option<Timestamp>, values: JsonObject) -> JsonObject {
        let mut row = JsonObject::with_capacity(values.len() + 3);
        for (key, value) in values {
            row.insert(format!("system.{key}"), value);
        }
        row.insert("_wandb".into(), Json::Bool(true));
        if let Some(timestamp) = timestamp {
            let secs = timestamp.as_secs_f64();
            row.insert("_timestamp".into(), Json::float(secs));
            let start = self.run.as_ref().and_then(|run| run.start_time);
            if let Some(start) = start {
                row.insert("_runtime".into(), Json::float(secs - start.as_secs_f64()));
            }
        }
        row
    }
}

fn change(values: &mut JsonObject, changes: Vec<Change>) {
    for change in changes {
        match change {
            Change::Set { path, value } => set_path(values, &path, value),
            Change::Remove { path } => remove_path(values, &path),
        }
    }
}
