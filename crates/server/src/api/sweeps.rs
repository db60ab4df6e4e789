//! Sweeps of a project.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gradus_tracker::sweeps::{self, Sweep, SweepReport, SweepUpsert, state_word};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InPath, MayWrite, ProjectPath, Who, answered, json_body, not_found};
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
        let sweep = found(app, &who, &path)?;
        detail(&sweep, app.tracker.sweep_report(&sweep)?)
    })
    .await
}

/// What becomes of a search.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum WantedState {
    /// Agents get trials, again where it was over; agents that ended must be started anew.
    Running,
    /// Agents wait; trials that run go on.
    Paused,
    /// Agents end when their trials have.
    Finished,
    /// Agents end, and their trials with them.
    Canceled,
}

impl WantedState {
    fn word(self) -> &'static str {
        match self {
            Self::Running => sweeps::RUNNING,
            Self::Paused => sweeps::PAUSED,
            Self::Finished => sweeps::FINISHED,
            Self::Canceled => sweeps::CANCELED,
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateChange {
    state: WantedState,
}

/// Pause, resume, end or cancel a sweep
#[utoipa::path(post, path = "/projects/{entity}/{project}/sweeps/{id}/state", tag = "sweeps",
    params(SweepPath), request_body = StateChange, responses((status = 200, body = SweepAnswer)))]
pub async fn change_state(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<SweepPath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<SweepAnswer> {
    let asked: StateChange = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        let sweep = found(app, &who, &path)?;
        let upsert = SweepUpsert {
            id: Some(sweep.key()),
            state: Some(asked.state.word().to_owned()),
            ..SweepUpsert::default()
        };
        let (sweep, _) = app.tracker.upsert_sweep(&who.caller, upsert)?;
        let best = app.tracker.sweep_best(&sweep)?;
        let trials = app.tracker.sweeps.trials_of(&sweep).len();
        described(&sweep, trials, best)
    })
    .await
}

fn found(app: &App, who: &Who, path: &SweepPath) -> Result<Arc<Sweep>, Refusal> {
    let sweep = app
        .tracker
        .sweep(&who.caller, &path.entity, &path.project, &path.id);
    sweep.ok_or_else(|| {
        not_found(format!(
            "sweep {}/{}/{} not found",
            path.entity, path.project, path.id
        ))
    })
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
