//! One record of the file as a typed event.

use prost::Message;

use super::messages::{
    ArtifactRecord, ChangeRecord, Item, ItemValue, JsonItem, Kind, ManifestMessage, MetricRecord,
    OutputRecord, Record, RunRecord, StatsRecord, TimestampMessage,
};
use crate::json::{self, Json, JsonObject, set_path};
use crate::manifest::{Manifest, ManifestEntry};
use crate::run_config::{MetricDefinition, goal_word};
pub use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Header {
        /// Version of the client that wrote the file.
        producer: String,
        min_consumer: String,
    },
    Run(Box<RunEvent>),
    Config(Vec<Change>),
    /// One logged row; nested keys are nested objects.
    History(JsonObject),
    Summary(Vec<Change>),
    /// System metrics, keys without `system.`.
    Stats {
        timestamp: Option<Timestamp>,
        values: JsonObject,
    },
    /// Console text as it was printed, in pieces of any length.
    OutputRaw {
        stream: OutputStream,
        timestamp: Option<Timestamp>,
        text: String,
    },
    /// Paths in the folder `files` beside the `.wandb` file.
    Files(Vec<(String, FilePolicy)>),
    Metric(MetricDefinition),
    Artifact(Box<ArtifactEvent>),
    UseArtifact {
        id: String,
        name: String,
        artifact_type: String,
    },
    Alert {
        title: String,
        text: String,
        level: String,
        wait_millis: i64,
    },
    Telemetry {
        python_version: String,
        client_version: String,
        platform: String,
    },
    /// The machine; empty where the file does not say.
    Environment {
        os: String,
        python: String,
        program: String,
        args: Vec<String>,
        code_path: String,
        host: String,
        git_remote: String,
        git_commit: String,
    },
    Preempting,
    Exit {
        code: i64,
        runtime_secs: i64,
        /// False for a secondary writer of a shared run, whose end is not the run's.
        is_complete: bool,
    },
    /// Known, and of no consequence for what the run holds; its name.
    Other(&'static str),
}

impl Event {
    /// The name of the record in the file's schema.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Header { .. } => "header",
            Self::Run(_) => "run",
            Self::Config(_) => "config",
            Self::History(_) => "history",
            Self::Summary(_) => "summary",
            Self::Stats { .. } => "stats",
            Self::OutputRaw { .. } => "output_raw",
            Self::Files(_) => "files",
            Self::Metric(_) => "metric",
            Self::Artifact(_) => "artifact",
            Self::UseArtifact { .. } => "use_artifact",
            Self::Alert { .. } => "alert",
            Self::Telemetry { .. } => "telemetry",
            Self::Environment { .. } => "environment",
            Self::Preempting => "preempting",
            Self::Exit { .. } => "exit",
            Self::Other(name) => name,
        }
    }
}

/// A change of config or summary, to be applied in order. Paths are keys of nested objects.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Set { path: Vec<String>, value: Json },
    Remove { path: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunEvent {
    pub run_id: String,
    /// Empty where the client left it to the server, as are the texts below.
    pub entity: String,
    pub project: String,
    pub group: String,
    pub job_type: String,
    pub display_name: String,
    pub notes: String,
    pub tags: Vec<String>,
    pub sweep_id: String,
    pub host: String,
    pub git_remote: String,
    pub git_commit: String,
    pub starting_step: i64,
    pub is_resumed: bool,
    pub start_time: Option<Timestamp>,
    /// The run that it was forked from (itself after a rewind), and up to which step.
    pub branch_point: Option<(String, f64)>,
    pub config: Vec<Change>,
    pub summary: Vec<Change>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputStream {
    Stdout,
    Stderr,
}

/// When the client would have uploaded a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePolicy {
    Now,
    End,
    Live,
}

/// A logged artifact. Local paths of its manifest lie outside of the run's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct ArtifactEvent {
    pub name: String,
    pub artifact_type: String,
    pub digest: String,
    pub description: String,
    pub metadata: Json,
    pub aliases: Vec<String>,
    pub tags: Vec<String>,
    pub client_id: String,
    pub sequence_client_id: String,
    pub base_id: String,
    pub is_incremental: bool,
    pub is_used: bool,
    pub manifest: Manifest,
    /// Where the entries stand when they are too many for the record.
    pub manifest_file_path: String,
}

/// `None` for bytes that are no record.
pub(super) fn decode(bytes: &[u8]) -> Option<Event> {
    let kind = Record::decode(bytes).ok()?.kind?;
    Some(match kind {
        Kind::Header(header) => {
            let version = header.version_info.unwrap_or_default();
            Event::Header {
                producer: version.producer,
                min_consumer: version.min_consumer,
            }
        }
        Kind::Run(run) => Event::Run(Box::new(run_event(*run))),
        Kind::Config(change) => Event::Config(changes(change)),
        Kind::Summary(change) => Event::Summary(changes(change)),
        Kind::History(history) => {
            let mut row = row(history.item);
            if let (Some(step), false) = (history.step, row.contains_key("_step")) {
                row.insert("_step".into(), Json::int(step.num));
            }
            Event::History(row)
        }
        Kind::Stats(StatsRecord { timestamp, item }) => Event::Stats {
            timestamp: timestamp.map(moment),
            values: row(item),
        },
        Kind::OutputRaw(output) | Kind::Output(output) => output_event(output),
        Kind::Files(files) => {
            let files = files.files.into_iter();
            Event::Files(files.map(|file| (file.path, policy(file.policy))).collect())
        }
        Kind::Metric(metric) => Event::Metric(metric_definition(metric)),
        Kind::Artifact(artifact) => Event::Artifact(Box::new(artifact_event(*artifact))),
        Kind::UseArtifact(used) => Event::UseArtifact {
            id: used.id,
            name: used.name,
            artifact_type: used.artifact_type,
        },
        Kind::Alert(alert) => Event::Alert {
            title: alert.title,
            text: alert.text,
            level: alert.level,
            wait_millis: alert.wait_duration,
        },
        Kind::Telemetry(telemetry) => Event::Telemetry {
            python_version: telemetry.python_version,
            client_version: telemetry.cli_version,
            platform: telemetry.platform,
        },
        Kind::Environment(machine) => {
            let git = machine.git.unwrap_or_default();
            Event::Environment {
                os: machine.os,
                python: machine.python,
                program: machine.program,
                args: machine.args,
                code_path: machine.code_path,
                host: machine.host,
                git_remote: git.remote_url,
                git_commit: git.commit,
            }
        }
        Kind::Exit(exit) => Event::Exit {
            code: exit.exit_code.into(),
            runtime_secs: exit.runtime.into(),
            is_complete: !exit.not_complete,
        },
        Kind::Preempting(_) => Event::Preempting,
        Kind::Tensorboard(_) => Event::Other("tbrecord"),
        Kind::Final(_) => Event::Other("final"),
        Kind::Footer(_) => Event::Other("footer"),
        Kind::LinkArtifact(_) => Event::Other("link_artifact"),
        Kind::OutputLogger(_) => Event::Other("output_logger"),
        Kind::Request(_) => Event::Other("request"),
    })
}

fn run_event(run: RunRecord) -> RunEvent {
    let git = run.git.unwrap_or_default();
    RunEvent {
        run_id: run.run_id,
        entity: run.entity,
        project: run.project,
        group: run.run_group,
        job_type: run.job_type,
        display_name: run.display_name,
        notes: run.notes,
        tags: run.tags,
        sweep_id: run.sweep_id,
        host: run.host,
        git_remote: git.remote_url,
        git_commit: git.commit,
        starting_step: run.starting_step,
        is_resumed: run.resumed,
        start_time: run.start_time.map(moment),
        branch_point: run.branch_point.map(|point| (point.run, point.value)),
        config: run.config.map(changes).unwrap_or_default(),
        summary: run.summary.map(changes).unwrap_or_default(),
    }
}

fn changes(record: ChangeRecord) -> Vec<Change> {
    let set = record.update.into_iter().map(|item| {
        let value = value(&item);
        Change::Set {
            path: path(item),
            value,
        }
    });
    let removed = record.remove.into_iter().map(path);
    set.chain(removed.map(|path| Change::Remove { path }))
        .collect()
}

fn row(items: Vec<Item>) -> JsonObject {
    let mut row = JsonObject::with_capacity(items.len());
    for item in items {
        let value = value(&item);
        set_path(&mut row, &path(item), value);
    }
    row
}

/// The keys of an item. Nobody nests deeper than this by will, and values are dropped recursively.
fn path(item: Item) -> Vec<String> {
    const DEEPEST: usize = 64;
    match item.nested_key.len() {
        0 => vec![item.key],
        1..=DEEPEST => item.nested_key,
        _ => vec![item.nested_key.join(".")],
    }
}

fn value(item: &Item) -> Json {
    match &item.value {
        None => json_or_text(&item.value_json),
        Some(ItemValue::Null(_)) => Json::Null,
        Some(ItemValue::Boolean(value)) => Json::Bool(*value),
        Some(ItemValue::Integer(value)) => Json::int(*value),
        Some(ItemValue::Number(value)) => Json::float(*value),
        Some(ItemValue::Text(text)) => Json::text(text),
        Some(ItemValue::Json(text)) => json_or_text(text),
    }
}

/// A value that is no JSON is kept as the text that it is.
fn json_or_text(text: &str) -> Json {
    json::parse("the value", text).unwrap_or_else(|_| Json::text(text))
}

fn moment(timestamp: TimestampMessage) -> Timestamp {
    Timestamp {
        seconds: timestamp.seconds,
        nanos: u32::try_from(timestamp.nanos).unwrap_or(0).min(999_999_999),
    }
}

fn output_event(output: OutputRecord) -> Event {
    Event::OutputRaw {
        stream: match output.output_type {
            0 => OutputStream::Stderr,
            _ => OutputStream::Stdout,
        },
        timestamp: output.timestamp.map(moment),
        text: String::from_utf8_lossy(&output.line).into_owned(),
    }
}

fn policy(number: i32) -> FilePolicy {
    match number {
        0 => FilePolicy::Now,
        2 => FilePolicy::Live,
        _ => FilePolicy::End,
    }
}

fn metric_definition(metric: MetricRecord) -> MetricDefinition {
    let options = metric.options.unwrap_or_default();
    let summary = metric.summary.unwrap_or_default();
    let wanted = [
        ("min", summary.min),
        ("max", summary.max),
        ("mean", summary.mean),
        ("best", summary.best),
        ("last", summary.last),
        ("none", summary.none),
        ("copy", summary.copy),
        ("first", summary.first),
    ];
    MetricDefinition {
        name: metric.name,
        glob: metric.glob_name,
        step_metric: metric.step_metric,
        is_hidden: options.hidden,
        step_sync: options.step_sync,
        summary: wanted
            .into_iter()
            .filter_map(|(name, is_wanted)| is_wanted.then_some(name))
            .collect(),
        goal: goal_word(metric.goal.into()),
    }
}

fn artifact_event(artifact: ArtifactRecord) -> ArtifactEvent {
    let manifest = artifact.manifest.unwrap_or_default();
    ArtifactEvent {
        name: artifact.name,
        artifact_type: artifact.artifact_type,
        digest: artifact.digest,
        description: artifact.description,
        metadata: match artifact.metadata.as_str() {
            "" => Json::Null,
            metadata => json_or_text(metadata),
        },
        aliases: artifact.aliases,
        tags: artifact.tags,
        client_id: artifact.client_id,
        sequence_client_id: artifact.sequence_client_id,
        base_id: artifact.base_id,
        is_incremental: artifact.incremental,
        is_used: artifact.use_after_commit,
        manifest_file_path: manifest.manifest_file_path.clone(),
        manifest: typed_manifest(manifest),
    }
}

fn typed_manifest(message: ManifestMessage) -> Manifest {
    let present = |text: String| (!text.is_empty()).then_some(text);
    let object = |items: Vec<JsonItem>| -> JsonObject {
        let items = items.into_iter();
        items
            .map(|item| (item.key, json_or_text(&item.value_json)))
            .collect()
    };
    let entries = message.contents.into_iter().map(|entry| {
        let typed = ManifestEntry {
            digest: entry.digest,
            size: u64::try_from(entry.size).ok(),
            birth_artifact_id: present(entry.birth_artifact_id),
            reference: present(entry.reference),
            extra: object(entry.extra),
            local_path: present(entry.local_path),
            others: JsonObject::new(),
        };
        (entry.path, typed)
    });
    Manifest {
        version: message.version.into(),
        storage_policy: message.storage_policy,
        contents: entries.collect(),
        storage_policy_config: object(message.storage_policy_config),
    }
}
