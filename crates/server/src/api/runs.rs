//! The runs of a project: filtered, ordered, in pages, with the columns that a table shows.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use gradus_store::RunRecord;
use gradus_tracker::query::RunsQuery;
use gradus_tracker::runs::RUNNING;
use gradus_wire::file_stream::looked_up;
use gradus_wire::run_config::RunConfig;
use gradus_wire::{JsonObject, json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InPath, InQuery, ProjectPath, Who, answered, limited, names};
use super::exact::Exact;
use crate::app::App;
use crate::http::answer::Refusal;

const USUAL_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunsParameters {
    /// The `wandb` client's filter as JSON: `{"state": "finished", "config.lr": {"$lt": 0.1}}`.
    filters: Option<String>,
    /// `-created_at`, `+summary_metrics.loss`, several with commas.
    order: Option<String>,
    offset: Option<u64>,
    /// 1 to 1000, 100 where nothing is said.
    limit: Option<u64>,
    /// Keys of the configuration to show, with commas between them or as a JSON list.
    config_keys: Option<String>,
    /// Keys of the summary to show.
    summary_keys: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RunList {
    pub runs: Vec<RunRow>,
    /// Runs that the filter lets through, on all pages.
    pub total: u64,
    pub offset: u64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RunRow {
    /// The run's id.
    pub name: String,
    pub display_name: Option<String>,
    pub state: String,
    pub user: Option<String>,
    pub group: Option<String>,
    pub job_type: Option<String>,
    pub sweep: Option<String>,
    pub tags: Vec<String>,
    pub created_unix_ms: Option<i64>,
    pub heartbeat_unix_ms: Option<i64>,
    /// From the beginning to when it was last heard of.
    pub duration_secs: Option<f64>,
    /// The keys that were asked for, where the run has them.
    #[schema(value_type = BTreeMap<String, Object>)]
    pub config: BTreeMap<String, Exact>,
    #[schema(value_type = BTreeMap<String, Object>)]
    pub summary: BTreeMap<String, Exact>,
}

/// Runs of a project
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs", tag = "runs", params(ProjectPath, RunsParameters),
    responses((status = 200, body = RunList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
    InQuery(asked): InQuery<RunsParameters>,
) -> Answer<RunList> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let filters = asked
            .filters
            .as_deref()
            .filter(|text| !text.trim().is_empty());
        let filters = filters
            .map(|text| json::parse("filters", text))
            .transpose()?;
        let (entity, name) = (&project.entity, &project.name);
        let query = RunsQuery::parse(entity, name, filters.as_ref(), asked.order.as_deref())?;
        let offset = asked.offset.unwrap_or(0);
        let limit = limited(asked.limit, USUAL_PAGE, LARGEST_PAGE) as u64;
        let shown = Shown {
            config: names(asked.config_keys.as_deref())?,
            summary: names(asked.summary_keys.as_deref())?,
        };
        let found = app.tracker.runs(&query, offset, limit)?;
        let is_last_page = (found.len() as u64) < limit && (offset == 0 || !found.is_empty());
        let total = match is_last_page {
            true => offset + found.len() as u64,
            false => app.tracker.count_runs(&query)?,
        };
        Ok(RunList {
            runs: found.iter().map(|record| shown.row(record)).collect(),
            total,
            offset,
        })
    })
    .await
}

/// Which keys a table shows.
struct Shown {
    config: Vec<String>,
    summary: Vec<String>,
}

impl Shown {
    fn row(&self, record: &RunRecord) -> RunRow {
        let fields = &record.fields;
        let config = || RunConfig::decode(fields.config.as_deref().unwrap_or_default());
        let summary = || json::parse_object("a run", fields.summary.as_deref().unwrap_or("{}"));
        RunRow {
            name: record.key.name.clone(),
            display_name: fields.display_name.clone(),
            state: fields.state.clone().unwrap_or_else(|| RUNNING.to_owned()),
            user: fields.user.clone(),
            group: fields.group.clone(),
            job_type: fields.job_type.clone(),
            sweep: fields.sweep.clone().filter(|sweep| !sweep.is_empty()),
            tags: fields.tags.clone().unwrap_or_default(),
            created_unix_ms: fields.created_unix_ms,
            heartbeat_unix_ms: fields.heartbeat_unix_ms,
            duration_secs: duration_secs(record),
            // What is kept was read when it came.
            config: chosen(&self.config, || config().map(|config| config.values()).ok()),
            summary: chosen(&self.summary, || summary().ok()),
        }
    }
}

pub fn duration_secs(record: &RunRecord) -> Option<f64> {
    let (first, last) = (
        record.fields.created_unix_ms?,
        record.fields.heartbeat_unix_ms?,
    );
    Some((last - first) as f64 / 1000.0)
}

fn chosen(keys: &[String], object: impl FnOnce() -> Option<JsonObject>) -> BTreeMap<String, Exact> {
    if keys.is_empty() {
        return BTreeMap::new();
    }
    let object = object().unwrap_or_default();
    let found = keys.iter().filter_map(|key| {
        let value = looked_up(&object, key)?;
        Some((key.clone(), Exact(value.clone())))
    });
    found.collect()
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnList {
    pub config: Vec<Column>,
    pub summary: Vec<Column>,
}

/// A key that runs of the project have; nested ones with dots.
#[derive(Debug, Serialize, ToSchema)]
pub struct Column {
    pub name: String,
    /// Runs that have it.
    pub runs: u64,
    /// Runs in which it is a finite number or a boolean.
    pub numbers: u64,
}

/// Keys of configuration and summary that runs of a project have
#[utoipa::path(get, path = "/projects/{entity}/{project}/columns", tag = "runs", params(ProjectPath),
    responses((status = 200, body = ColumnList)))]
pub async fn columns(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
) -> Answer<ColumnList> {
    answered(app, move |app| columns_of(app, &who, &path)).await
}

fn columns_of(app: &App, who: &Who, path: &ProjectPath) -> Result<ColumnList, Refusal> {
    let project = who.project(app, path)?;
    let found = app.tracker.store.columns(&project.entity, &project.name)?;
    // What the client keeps for itself is nobody's configuration.
    let is_own = |name: &str| name == "_wandb" || name.starts_with("_wandb.");
    let found = found.into_iter().filter(|column| !is_own(&column.name));
    let (config, summary): (Vec<_>, Vec<_>) = found.partition(|column| column.is_config);
    let shown = |columns: Vec<gradus_store::ColumnInfo>| {
        let columns = columns.into_iter().map(|column| Column {
            name: column.name,
            runs: column.runs,
            numbers: column.numbers,
        });
        columns.collect()
    };
    Ok(ColumnList {
        config: shown(config),
        summary: shown(summary),
    })
}
