//! Sweeps of a project.

use std::sync::Arc;

use axum::extract::State;
use gradus_tracker::sweeps::{Sweep, SweepReport, state_word};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InPath, ProjectPath, Who, answered, not_found};
use super::exact::Float;
use crate::app::App;
use crate::http::answer::Refusal;

#[derive(Debug, Serialize, ToSchema)]
pub struct SweepList {
    /// Newest first.
    pub sweeps: Vec<SweepAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SweepAnswer {
    /// Eight characters.
    pub id: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    /// `PENDING`, `RUNNING`, `PAUSED`, `CANCELED`, `FINISHED` or `STOPPED`.
    pub state: String,
    /// `grid`, `random` or `bayes`.
    pub method: &'static str,
    pub metric: Option<String>,
    /// Whether more of the metric is better; null without a metric.
    pub is_maximized: Option<bool>,
    /// YAML or JSON, as it was sent.
    pub config: String,
    pub user: String,
    pub created_unix_ms: i64,
    pub updated_unix_ms: i64,
    /// Runs that were handed out.
    pub trial_count: u64,
    /// Runs that there will be when nobody stops it; null without an end.
    pub expected_trials: Option<u64>,
    pub best: Option<BestTrial>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BestTrial {
    /// The run's id.
    pub run: String,
    pub value: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SweepDetail {
    pub sweep: SweepAnswer,
    /// In the order in which they were handed out.
    pub trials: Vec<TrialAnswer>,
    /// The most important first.
    pub importance: Vec<ParameterImportance>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TrialAnswer {
    /// The run's id.
    pub run: String,
    pub state: &'static str,
    #[schema(value_type = Object)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// The metric as it was logged last; null where it was not. NaN and infinities are texts.
    #[schema(value_type = Option<f64>)]
    pub last: Option<Float>,
    /// How often the metric was logged.
    pub count: u64,
    /// The best value of this trial and those before it.
    pub best_so_far: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ParameterImportance {
    /// Groups with dots.
    pub parameter: String,
    /// Share of the metric's variance that goes with it, alone or with others; null with fewer
    /// than 10 trials.
    pub total_effect: Option<f64>,
    /// Spearman's rank correlation with the metric, -1 to 1; null where it can't be told.
    pub correlation: Option<f64>,
    /// Trials that count.
    pub n: u64,
}

/// Sweeps of a project
#[utoipa::path(get, path = "/projects/{entity}/{project}/sweeps", tag = "sweeps",
    params(ProjectPath), responses((status = 200, body = SweepList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
) -> Answer<SweepList> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let sweeps = app
            .tracker
            .sweeps
            .of_project(&project.entity, &project.name);
        let sweeps = sweeps.iter().map(|sweep| {
            let best = app.tracker.sweep_best(sweep)?;
            let trials = app.tracker.sweeps.trials_of(sweep).len();
            described(sweep, trials, best)
        });
        Ok(SweepList {
            sweeps: sweeps.collect::<Result<_, Refusal>>()?,
        })
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SweepPath {
    entity: String,
    project: String,
    id: String,
}

/// One sweep: trials, best so far, which parameters mattered
#[utoipa::path(get, path = "/projects/{entity}/{project}/sweeps/{id}", tag = "sweeps",
    params(SweepPath), responses((status = 200, body = SweepDetail)))]
pub async fn get(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<SweepPath>,
) -> Answer<SweepDetail> {
    answered(app, move |app| {
        let found = app
            .tracker
            .sweep(&who.caller, &path.entity, &path.project, &path.id);
        let Some(sweep) = found else {
            return Err(not_found(format!(
                "sweep {}/{}/{} not found",
                path.entity, path.project, path.id
            )));
        };
        detail(&sweep, app.tracker.sweep_report(&sweep)?)
    })
    .await
}

fn described(
    sweep: &Sweep,
    trials: usize,
    best: Option<(String, f64)>,
) -> Result<SweepAnswer, Refusal> {
    let config = sweep.parsed()?;
    let metric = config.metric.as_ref();
    Ok(SweepAnswer {
        id: sweep.id.clone(),
        display_name: sweep.display_name.clone(),
        description: sweep.description.clone(),
        state: sweep.state.clone(),
        method: config.method.name(),
        metric: metric.map(|metric| metric.name.clone()),
        is_maximized: metric.map(|metric| metric.is_maximized),
        config: sweep.config.clone(),
        user: sweep.user.clone(),
        created_unix_ms: sweep.created_unix_ms,
        updated_unix_ms: sweep.updated_unix_ms,
        trial_count: trials as u64,
        expected_trials: config.expected_runs(),
        best: best.map(|(run, value)| BestTrial { run, value }),
    })
}

fn detail(sweep: &Sweep, report: SweepReport) -> Result<SweepDetail, Refusal> {
    let described = described(sweep, report.trials.len(), report.best)?;
    let trials = report.trials.into_iter().zip(report.best_so_far);
    let trials = trials.map(|(trial, best_so_far)| TrialAnswer {
        run: trial.id,
        state: state_word(trial.state),
        parameters: trial.parameters,
        last: trial.history.last().copied().map(Float),
        count: trial.history.len() as u64,
        best_so_far,
    });
    let importance = report
        .importance
        .into_iter()
        .map(|one| ParameterImportance {
            parameter: one.parameter,
            total_effect: one.total_effect,
            correlation: one.correlation,
            n: one.n as u64,
        });
    Ok(SweepDetail {
        sweep: described,
        trials: trials.collect(),
        importance: importance.collect(),
    })
}
