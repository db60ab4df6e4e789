//! The protobuf messages of a `.wandb` file, as far as they are read. Field numbers are those of
//! `wandb/proto/wandb_internal.proto` in the client's repository; what is not named here is skipped
//! by number, which is how newer files stay readable.

use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub struct Record {
    #[prost(int64, tag = "1")]
    pub num: i64,
    #[prost(
        oneof = "Kind",
        tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 100"
    )]
    pub kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum Kind {
    #[prost(message, tag = "2")]
    History(HistoryRecord),
    #[prost(message, tag = "3")]
    Summary(ChangeRecord),
    #[prost(message, tag = "4")]
    Output(OutputRecord),
    #[prost(message, tag = "5")]
    Config(ChangeRecord),
    #[prost(message, tag = "6")]
    Files(FilesRecord),
    #[prost(message, tag = "7")]
    Stats(StatsRecord),
    #[prost(message, tag = "8")]
    Artifact(Box<ArtifactRecord>),
    #[prost(bytes = "vec", tag = "9")]
    Tensorboard(Vec<u8>),
    #[prost(message, tag = "10")]
    Alert(AlertRecord),
    #[prost(message, tag = "11")]
    Telemetry(TelemetryRecord),
    #[prost(message, tag = "12")]
    Metric(MetricRecord),
    #[prost(message, tag = "13")]
    OutputRaw(OutputRecord),
    #[prost(message, tag = "17")]
    Run(Box<RunRecord>),
    #[prost(message, tag = "18")]
    Exit(ExitRecord),
    #[prost(bytes = "vec", tag = "20")]
    Final(Vec<u8>),
    #[prost(message, tag = "21")]
    Header(HeaderRecord),
    #[prost(bytes = "vec", tag = "22")]
    Footer(Vec<u8>),
    #[prost(bytes = "vec", tag = "23")]
    Preempting(Vec<u8>),
    #[prost(bytes = "vec", tag = "24")]
    LinkArtifact(Vec<u8>),
    #[prost(message, tag = "25")]
    UseArtifact(UseArtifactRecord),
    #[prost(message, tag = "26")]
    Environment(Box<EnvironmentRecord>),
    #[prost(bytes = "vec", tag = "27")]
    OutputLogger(Vec<u8>),
    #[prost(bytes = "vec", tag = "100")]
    Request(Vec<u8>),
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct TimestampMessage {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// `HistoryItem`, `SummaryItem`, `ConfigItem` and, without `nested_key`, `StatsItem`. Only history
/// items of 0.31 have typed values, and its files still hold `value_json`.
#[derive(Clone, PartialEq, Message)]
pub struct Item {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, repeated, tag = "2")]
    pub nested_key: Vec<String>,
    #[prost(oneof = "ItemValue", tags = "3, 4, 5, 6, 7, 8")]
    pub value: Option<ItemValue>,
    #[prost(string, tag = "16")]
    pub value_json: String,
}

#[derive(Clone, PartialEq, Oneof)]
pub enum ItemValue {
    #[prost(int32, tag = "3")]
    Null(i32),
    #[prost(bool, tag = "4")]
    Boolean(bool),
    #[prost(sint64, tag = "5")]
    Integer(i64),
    #[prost(double, tag = "6")]
    Number(f64),
    #[prost(string, tag = "7")]
    Text(String),
    #[prost(string, tag = "8")]
    Json(String),
}

#[derive(Clone, PartialEq, Message)]
pub struct HistoryRecord {
    #[prost(message, repeated, tag = "1")]
    pub item: Vec<Item>,
    #[prost(message, optional, tag = "2")]
    pub step: Option<HistoryStep>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct HistoryStep {
    #[prost(int64, tag = "1")]
    pub num: i64,
}

/// `SummaryRecord` and `ConfigRecord`.
#[derive(Clone, PartialEq, Message)]
pub struct ChangeRecord {
    #[prost(message, repeated, tag = "1")]
    pub update: Vec<Item>,
    #[prost(message, repeated, tag = "2")]
    pub remove: Vec<Item>,
}

/// `OutputRecord` and `OutputRawRecord`. The text is taken as bytes: a terminal may print anything.
#[derive(Clone, PartialEq, Message)]
pub struct OutputRecord {
    /// 0 stderr, 1 stdout.
    #[prost(int32, tag = "1")]
    pub output_type: i32,
    #[prost(message, optional, tag = "2")]
    pub timestamp: Option<TimestampMessage>,
    #[prost(bytes = "vec", tag = "3")]
    pub line: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FilesRecord {
    #[prost(message, repeated, tag = "1")]
    pub files: Vec<FilesItem>,
}

#[derive(Clone, PartialEq, Message)]
pub struct FilesItem {
    #[prost(string, tag = "1")]
    pub path: String,
    /// 0 now, 1 at the end, 2 live.
    #[prost(int32, tag = "2")]
    pub policy: i32,
}

#[derive(Clone, PartialEq, Message)]
pub struct StatsRecord {
    #[prost(message, optional, tag = "2")]
    pub timestamp: Option<TimestampMessage>,
    #[prost(message, repeated, tag = "3")]
    pub item: Vec<Item>,
}

#[derive(Clone, PartialEq, Message)]
pub struct AlertRecord {
    #[prost(string, tag = "1")]
    pub title: String,
    #[prost(string, tag = "2")]
    pub text: String,
    #[prost(string, tag = "3")]
    pub level: String,
    /// Milliseconds.
    #[prost(int64, tag = "4")]
    pub wait_duration: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct TelemetryRecord {
    #[prost(string, tag = "4")]
    pub python_version: String,
    #[prost(string, tag = "5")]
    pub cli_version: String,
    #[prost(string, tag = "13")]
    pub platform: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct MetricRecord {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub glob_name: String,
    #[prost(string, tag = "4")]
    pub step_metric: String,
    #[prost(message, optional, tag = "6")]
    pub options: Option<MetricOptions>,
    #[prost(message, optional, tag = "7")]
    pub summary: Option<MetricSummary>,
    /// 0 unset, 1 minimize, 2 maximize.
    #[prost(int32, tag = "8")]
    pub goal: i32,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct MetricOptions {
    #[prost(bool, tag = "1")]
    pub step_sync: bool,
    #[prost(bool, tag = "2")]
    pub hidden: bool,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct MetricSummary {
    #[prost(bool, tag = "1")]
    pub min: bool,
    #[prost(bool, tag = "2")]
    pub max: bool,
    #[prost(bool, tag = "3")]
    pub mean: bool,
    #[prost(bool, tag = "4")]
    pub best: bool,
    #[prost(bool, tag = "5")]
    pub last: bool,
    #[prost(bool, tag = "6")]
    pub none: bool,
    #[prost(bool, tag = "7")]
    pub copy: bool,
    #[prost(bool, tag = "8")]
    pub first: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct RunRecord {
    #[prost(string, tag = "1")]
    pub run_id: String,
    #[prost(string, tag = "2")]
    pub entity: String,
    #[prost(string, tag = "3")]
    pub project: String,
    #[prost(message, optional, tag = "4")]
    pub config: Option<ChangeRecord>,
    #[prost(message, optional, tag = "5")]
    pub summary: Option<ChangeRecord>,
    #[prost(string, tag = "6")]
    pub run_group: String,
    #[prost(string, tag = "7")]
    pub job_type: String,
    #[prost(string, tag = "8")]
    pub display_name: String,
    #[prost(string, tag = "9")]
    pub notes: String,
    #[prost(string, repeated, tag = "10")]
    pub tags: Vec<String>,
    #[prost(string, tag = "12")]
    pub sweep_id: String,
    #[prost(string, tag = "13")]
    pub host: String,
    #[prost(int64, tag = "14")]
    pub starting_step: i64,
    #[prost(message, optional, tag = "17")]
    pub start_time: Option<TimestampMessage>,
    #[prost(bool, tag = "18")]
    pub resumed: bool,
    #[prost(message, optional, tag = "21")]
    pub git: Option<GitRecord>,
    #[prost(message, optional, tag = "23")]
    pub branch_point: Option<BranchPoint>,
}

/// Where a fork or a rewind begins.
#[derive(Clone, PartialEq, Message)]
pub struct BranchPoint {
    #[prost(string, tag = "1")]
    pub run: String,
    #[prost(double, tag = "2")]
    pub value: f64,
    #[prost(string, tag = "3")]
    pub metric: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct GitRecord {
    #[prost(string, tag = "1")]
    pub remote_url: String,
    #[prost(string, tag = "2")]
    pub commit: String,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct ExitRecord {
    #[prost(int32, tag = "1")]
    pub exit_code: i32,
    /// Seconds.
    #[prost(int32, tag = "2")]
    pub runtime: i32,
    /// The process ended, the run goes on: another writer of a shared run.
    #[prost(bool, tag = "3")]
    pub not_complete: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct HeaderRecord {
    #[prost(message, optional, tag = "1")]
    pub version_info: Option<VersionInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub struct VersionInfo {
    #[prost(string, tag = "1")]
    pub producer: String,
    #[prost(string, tag = "2")]
    pub min_consumer: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct UseArtifactRecord {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub artifact_type: String,
    #[prost(string, tag = "3")]
    pub name: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct EnvironmentRecord {
    #[prost(string, tag = "1")]
    pub os: String,
    #[prost(string, tag = "2")]
    pub python: String,
    #[prost(string, repeated, tag = "5")]
    pub args: Vec<String>,
    #[prost(string, tag = "6")]
    pub program: String,
    #[prost(string, tag = "7")]
    pub code_path: String,
    #[prost(message, optional, tag = "9")]
    pub git: Option<GitRecord>,
    #[prost(string, tag = "12")]
    pub host: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ArtifactRecord {
    #[prost(string, tag = "1")]
    pub run_id: String,
    #[prost(string, tag = "2")]
    pub project: String,
    #[prost(string, tag = "3")]
    pub entity: String,
    #[prost(string, tag = "4")]
    pub artifact_type: String,
    #[prost(string, tag = "5")]
    pub name: String,
    #[prost(string, tag = "6")]
    pub digest: String,
    #[prost(string, tag = "7")]
    pub description: String,
    #[prost(string, tag = "8")]
    pub metadata: String,
    #[prost(bool, tag = "10")]
    pub use_after_commit: bool,
    #[prost(string, repeated, tag = "11")]
    pub aliases: Vec<String>,
    #[prost(message, optional, tag = "12")]
    pub manifest: Option<ManifestMessage>,
    #[prost(string, tag = "13")]
    pub distributed_id: String,
    #[prost(bool, tag = "14")]
    pub finalize: bool,
    #[prost(string, tag = "15")]
    pub client_id: String,
    #[prost(string, tag = "16")]
    pub sequence_client_id: String,
    #[prost(string, tag = "17")]
    pub base_id: String,
    #[prost(int64, tag = "18")]
    pub ttl_duration_seconds: i64,
    #[prost(string, repeated, tag = "19")]
    pub tags: Vec<String>,
    #[prost(bool, tag = "100")]
    pub incremental: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct ManifestMessage {
    #[prost(int32, tag = "1")]
    pub version: i32,
    #[prost(string, tag = "2")]
    pub storage_policy: String,
    #[prost(message, repeated, tag = "3")]
    pub storage_policy_config: Vec<JsonItem>,
    #[prost(message, repeated, tag = "4")]
    pub contents: Vec<ManifestEntryMessage>,
    /// Entries too many for a message stand in this file instead.
    #[prost(string, tag = "5")]
    pub manifest_file_path: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ManifestEntryMessage {
    #[prost(string, tag = "1")]
    pub path: String,
    #[prost(string, tag = "2")]
    pub digest: String,
    #[prost(string, tag = "3")]
    pub reference: String,
    #[prost(int64, tag = "4")]
    pub size: i64,
    #[prost(string, tag = "6")]
    pub local_path: String,
    #[prost(string, tag = "7")]
    pub birth_artifact_id: String,
    #[prost(bool, tag = "8")]
    pub skip_cache: bool,
    #[prost(message, repeated, tag = "16")]
    pub extra: Vec<JsonItem>,
}

/// `ExtraItem` and `StoragePolicyConfigItem`.
#[derive(Clone, PartialEq, Message)]
pub struct JsonItem {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value_json: String,
}
