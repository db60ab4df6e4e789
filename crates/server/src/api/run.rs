//! One run: everything its page's header shows, and what a person changes of it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gradus_store::RunView;
use gradus_tracker::RunUpsert;
use gradus_tracker::alerts::Alert;
use gradus_tracker::runs::{CONSOLE, HISTORY, RUNNING, RunExtra, run_id};
use gradus_wire::Json;
use gradus_wire::file_stream::SharedWriter;
use gradus_wire::run_config::{MetricDefinition, RunConfig};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Answer, DONE, Done, InPath, MayWrite, RunPath, Who, answered, json_body};
use super::exact::Exact;
use super::runs::duration_secs;
use crate::app::App;
use crate::http::answer::Refusal;

#[derive(Debug, Serialize, ToSchema)]
pub struct RunAnswer {
    pub entity: String,
    pub project: String,
    /// The run's id.
    pub name: String,
    /// Under which the server knows it; never used twice.
    pub number: u64,
    pub display_name: Option<String>,
    pub state: String,
    pub exit_code: Option<i32>,
    pub user: Option<String>,
    pub group: Option<String>,
    pub job_type: Option<String>,
    pub sweep: Option<String>,
    pub notes: Option<String>,
    pub description: Option<String>,
    pub tags: Vec<String>,
    pub created_unix_ms: Option<i64>,
    pub heartbeat_unix_ms: Option<i64>,
    pub duration_secs: Option<f64>,
    pub host: Option<String>,
    pub program: Option<String>,
    pub commit: Option<String>,
    pub repo: Option<String>,
    /// `RUN?_step=N` that this run goes on from.
    pub forked_from: Option<String>,
    pub is_stop_requested: bool,
    /// The caller may change it.
    pub is_writable: bool,
    /// Values, without what the client wraps around them.
    #[schema(value_type = Object)]
    pub config: Exact,
    #[schema(value_type = Object)]
    pub summary: Exact,
    pub defined_metrics: Vec<DefinedMetric>,
    pub alerts: Vec<AlertAnswer>,
    pub history_rows: u64,
    pub last_step: Option<i64>,
    pub console_lines: u64,
    pub files: u64,
}

/// What `define_metric` said.
#[derive(Debug, Serialize, ToSchema)]
pub struct DefinedMetric {
    /// Of one metric; or
    pub name: Option<String>,
    /// a pattern with `*`.
    pub glob: Option<String>,
    /// The x axis; null for the step.
    pub step_metric: Option<String>,
    pub is_hidden: bool,
    pub step_sync: bool,
    /// `min`, `max`, `mean`, `best`, `last`, `none`, `copy`, `first`.
    pub summary: Vec<&'static str>,
    /// `minimize` or `maximize`.
    pub goal: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AlertAnswer {
    pub title: String,
    pub text: String,
    /// `INFO`, `WARN` or `ERROR`.
    pub severity: String,
    pub created_unix_ms: i64,
}

impl AlertAnswer {
    pub fn of(alert: &Alert) -> Self {
        Self {
            title: alert.title.clone(),
            text: alert.text.clone(),
            severity: alert.severity.clone(),
            created_unix_ms: alert.created_unix_ms,
        }
    }
}

/// One run
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}", tag = "runs",
    params(RunPath), responses((status = 200, body = RunAnswer)))]
pub async fn get(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
) -> Answer<RunAnswer> {
    answered(app, move |app| described(app, &who, &who.run(app, &path)?)).await
}

/// What a person changes of a run; what is not named is left alone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunChange {
    display_name: Option<String>,
    notes: Option<String>,
    /// All of them, in place of those before.
    tags: Option<Vec<String>>,
    group: Option<String>,
}

/// Change a run's name, notes, tags or group
#[utoipa::path(patch, path = "/projects/{entity}/{project}/runs/{run}", tag = "runs",
    params(RunPath), request_body = RunChange, responses((status = 200, body = RunAnswer)))]
pub async fn change(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<RunPath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<RunAnswer> {
    let change: RunChange = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        let number = who.writable(app, &path)?;
        let upsert = RunUpsert {
            id: Some(run_id(number)),
            display_name: change.display_name,
            notes: change.notes,
            tags: change.tags,
            group: change.group,
            ..RunUpsert::default()
        };
        app.tracker
            .upsert_run(&who.caller, upsert, &SharedWriter::default())?;
        described(app, &who, &who.run(app, &path)?)
    })
    .await
}

/// Remove a run, its rows and its files
#[utoipa::path(delete, path = "/projects/{entity}/{project}/runs/{run}", tag = "runs",
    params(RunPath), responses((status = 200, body = Done)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<RunPath>,
) -> Answer<Done> {
    answered(app, move |app| {
        let number = who.writable(app, &path)?;
        app.tracker.delete_run(&who.caller, number)?;
        Ok(DONE)
    })
    .await
}

/// Have the script interrupted at its next upload
#[utoipa::path(post, path = "/projects/{entity}/{project}/runs/{run}/stop", tag = "runs",
    params(RunPath), responses((status = 200, body = Done)))]
pub async fn stop(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<RunPath>,
) -> Answer<Done> {
    answered(app, move |app| {
        let number = who.writable(app, &path)?;
        app.tracker.stop_run(&who.caller, number)?;
        Ok(DONE)
    })
    .await
}

impl Who {
    /// The number of a run that the caller may change.
    pub fn writable(&self, app: &App, path: &RunPath) -> Result<u64, Refusal> {
        app.tracker
            .accounts
            .check_write(&self.caller, &path.entity)?;
        Ok(self.run(app, path)?.record.number)
    }
}

pub fn described(app: &App, who: &Who, view: &RunView) -> Result<RunAnswer, Refusal> {
    let record = &view.record;
    let fields = &record.fields;
    let extra = RunExtra::of(record);
    let config = RunConfig::decode(fields.config.as_deref().unwrap_or_default())?;
    let alerts = app.tracker.alerts.of_run(record.number);
    let entity = &record.key.entity;
    Ok(RunAnswer {
        entity: entity.clone(),
        project: record.key.project.clone(),
        name: record.key.name.clone(),
        number: record.number,
        display_name: fields.display_name.clone(),
        state: fields.state.clone().unwrap_or_else(|| RUNNING.to_owned()),
        exit_code: fields.exit_code,
        user: fields.user.clone(),
        group: fields.group.clone(),
        job_type: fields.job_type.clone(),
        sweep: fields.sweep.clone().filter(|sweep| !sweep.is_empty()),
        notes: fields.notes.clone(),
        tags: fields.tags.clone().unwrap_or_default(),
        created_unix_ms: fields.created_unix_ms,
        heartbeat_unix_ms: fields.heartbeat_unix_ms,
        duration_secs: duration_secs(record),
        description: extra.description,
        host: extra.host,
        program: extra.program,
        commit: extra.commit,
        repo: extra.repo,
        forked_from: extra.forked_from,
        is_stop_requested: extra.is_stop_requested,
        is_writable: app
            .tracker
            .accounts
            .check_write(&who.caller, entity)
            .is_ok(),
        defined_metrics: config.defined_metrics().into_iter().map(defined).collect(),
        config: Exact(Json::Object(config.values())),
        summary: Exact::object(fields.summary.as_deref()),
        alerts: alerts.iter().map(|alert| AlertAnswer::of(alert)).collect(),
        history_rows: view.total_lines(HISTORY),
        last_step: view.last_step(HISTORY)?,
        console_lines: view.total_lines(CONSOLE),
        files: app.tracker.files.of_run(record.number).len() as u64,
    })
}

fn defined(definition: MetricDefinition) -> DefinedMetric {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    DefinedMetric {
        name: given(definition.name),
        glob: given(definition.glob),
        step_metric: given(definition.step_metric),
        is_hidden: definition.is_hidden,
        step_sync: definition.step_sync,
        summary: definition.summary,
        goal: definition.goal,
    }
}
