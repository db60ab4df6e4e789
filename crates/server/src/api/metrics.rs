//! What a run logged: names with their kinds and last values, and the machine's own metrics.

use std::sync::Arc;

use axum::extract::State;
use gradus_tracker::metrics::{self, MetricInfo};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InPath, InQuery, ProjectPath, RunPath, Who, answered, limited};
use super::exact::{Exact, Float};
use crate::app::App;

const USUAL_SAMPLES: usize = 500;
const MOST_SAMPLES: usize = 10_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct MetricList {
    /// What stands before the first slash; those without one first, the others by name.
    pub groups: Vec<MetricGroup>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MetricGroup {
    pub name: String,
    pub metrics: Vec<LoggedMetric>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LoggedMetric {
    /// One inside of nested values has dots.
    pub name: String,
    /// Rows that have it.
    pub count: u64,
    /// `number`, `string`, `bool`, `list`, `map`, `null`, or the `_type` of media.
    pub kind: String,
    #[schema(value_type = Object)]
    pub last: Exact,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectMetrics {
    /// What runs of the project have logged: the names of all summaries, and those in the rows
    /// of the newest 20 runs; by name.
    pub metrics: Vec<ProjectMetric>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectMetric {
    pub name: String,
    /// Some value is a number.
    pub has_numbers: bool,
}

/// Metrics of a project
#[utoipa::path(get, path = "/projects/{entity}/{project}/metrics", tag = "rows",
    params(ProjectPath), responses((status = 200, body = ProjectMetrics)))]
pub async fn of_project(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
) -> Answer<ProjectMetrics> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let metrics = app
            .tracker
            .project_metrics(&project.entity, &project.name)?;
        let metrics = metrics.into_iter();
        Ok(ProjectMetrics {
            metrics: metrics
                .map(|(name, has_numbers)| ProjectMetric { name, has_numbers })
                .collect(),
        })
    })
    .await
}

/// Metrics of a run
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/metrics", tag = "rows",
    params(RunPath), responses((status = 200, body = MetricList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
) -> Answer<MetricList> {
    answered(app, move |app| {
        let found = metrics::of_history(&who.run(app, &path)?)?;
        let mut groups = std::collections::BTreeMap::<String, Vec<LoggedMetric>>::new();
        for info in found {
            groups
                .entry(info.group.clone())
                .or_default()
                .push(metric(info));
        }
        let groups = groups.into_iter();
        let groups = groups.map(|(name, metrics)| MetricGroup { name, metrics });
        Ok(MetricList {
            groups: groups.collect(),
        })
    })
    .await
}

fn metric(info: MetricInfo) -> LoggedMetric {
    LoggedMetric {
        name: info.name,
        count: info.count,
        kind: info.kind,
        last: Exact(info.last),
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SystemParameters {
    /// 1 to 10,000, 500 where nothing is said.
    samples: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SystemAnswer {
    /// Seconds since the run began, one a sample.
    #[schema(value_type = Vec<Option<f64>>)]
    pub runtime_secs: Vec<Option<Float>>,
    pub metrics: Vec<SystemMetric>,
}

/// What the client measured of its machine.
#[derive(Debug, Serialize, ToSchema)]
pub struct SystemMetric {
    pub name: String,
    pub count: u64,
    #[schema(value_type = Object)]
    pub last: Exact,
    /// At the place of each of `runtime_secs`; null where that sample has none.
    #[schema(value_type = Vec<Option<f64>>)]
    pub values: Vec<Option<Float>>,
}

/// System metrics of a run, evenly sampled
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/system", tag = "rows",
    params(RunPath, SystemParameters), responses((status = 200, body = SystemAnswer)))]
pub async fn system(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
    InQuery(asked): InQuery<SystemParameters>,
) -> Answer<SystemAnswer> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let samples = limited(asked.samples, USUAL_SAMPLES, MOST_SAMPLES);
        let sampled = metrics::system_samples(&view, samples)?;
        let known = metrics::of_system(&view)?.into_iter();
        let floats = |values: Vec<Option<f64>>| -> Vec<Option<Float>> {
            values.into_iter().map(|value| value.map(Float)).collect()
        };
        let pairs = known.zip(sampled.metrics);
        Ok(SystemAnswer {
            runtime_secs: floats(sampled.runtime_secs),
            metrics: pairs
                .map(|(info, (_, values))| SystemMetric {
                    name: info.name,
                    count: info.count,
                    last: Exact(info.last),
                    values: floats(values),
                })
                .collect(),
        })
    })
    .await
}
