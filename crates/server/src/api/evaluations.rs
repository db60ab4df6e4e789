//! Evaluations: what was measured, and the rows that it stands on.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use gradus_schema::{EvalReport, EvalRow, Split, TokenCounts};
use gradus_store::RunRecord;
use gradus_tracker::evaluations::{
    Evaluation, EvaluationQuery, EvaluationSummary, PrimaryFigure, RowOrder, RowQuery, ShownRow,
};
use gradus_wire::{Json, json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{
    Answer, InPath, InQuery, ProjectPath, RunPath, Who, answered, bad_input, limited,
};
use super::references::RunReference;
use crate::app::App;
use crate::http::answer::Refusal;

const USUAL_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;
const USUAL_ROWS: usize = 50;
const MOST_ROWS: usize = 500;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EvaluationsParameters {
    task: Option<String>,
    /// `train`, `dev` or `frozen`.
    split: Option<String>,
    /// Those on exactly these rows.
    data_sha256: Option<String>,
    offset: Option<u64>,
    /// 1 to 1000, 100 where nothing is said.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationList {
    /// Newest first.
    pub evaluations: Vec<EvaluationRow>,
    /// On all pages.
    pub total: usize,
    pub offset: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationRow {
    pub run: RunReference,
    /// What the report says; null where it can't be read.
    pub report: Option<EvaluationSummary>,
    /// Why it can't be read.
    pub problem: Option<String>,
    /// All answers together; null where the recorder did not say.
    pub tokens: Option<TokenCounts>,
    /// The run of the cycle that it belongs to.
    pub cycle_run: Option<String>,
}

/// Evaluations of a project: runs that hold an `eval_summary.json`
#[utoipa::path(get, path = "/projects/{entity}/{project}/evaluations", tag = "evaluations",
    params(ProjectPath, EvaluationsParameters), responses((status = 200, body = EvaluationList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
    InQuery(asked): InQuery<EvaluationsParameters>,
) -> Answer<EvaluationList> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let split: Option<Result<Split, _>> = asked.split.as_deref().map(str::parse);
        let query = EvaluationQuery {
            task: asked.task,
            split: split.transpose().map_err(bad_input)?,
            data_sha256: asked.data_sha256,
            offset: usize::try_from(asked.offset.unwrap_or(0)).unwrap_or(usize::MAX),
            limit: limited(asked.limit, USUAL_PAGE, LARGEST_PAGE),
        };
        let tracker = &app.tracker;
        let (found, total) = tracker.evaluations(&project.entity, &project.name, &query)?;
        let rows = found.iter().map(|(run, summary)| EvaluationRow {
            run: RunReference::of(run),
            report: summary.as_ref().as_ref().ok().cloned(),
            problem: summary.as_ref().as_ref().err().cloned(),
            tokens: recorded_tokens(run),
            cycle_run: gradus_tracker::cycles::cycle_of(run),
        });
        Ok(EvaluationList {
            evaluations: rows.collect(),
            total,
            offset: query.offset,
        })
    })
    .await
}

/// What `gradus eval` wrote into the run's summary.
fn recorded_tokens(run: &RunRecord) -> Option<TokenCounts> {
    let summary = json::parse_object("a run", run.fields.summary.as_deref()?).ok()?;
    let count = |key: &str| {
        let value = summary.get(key).and_then(Json::as_i64)?;
        usize::try_from(value).ok()
    };
    Some(TokenCounts {
        prompt: count("eval/prompt_tokens")?,
        completion: count("eval/completion_tokens")?,
        forced: count("eval/forced_tokens")?,
    })
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationAnswer {
    pub run: RunReference,
    /// The whole `eval_summary.json`.
    pub report: EvalReport,
    pub primary: PrimaryFigure,
    pub rows: Option<RowsFigures>,
    /// The run of the cycle that it belongs to.
    pub cycle_run: Option<String>,
}

/// What was counted in the rows; null where none were recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowsFigures {
    pub rows: usize,
    pub sha256: String,
    /// All answers together, with a grammar and without.
    pub tokens: TokenCounts,
    /// Who really answered → rows. Rows without an answer are under `nobody (CODE)`.
    pub served_by: BTreeMap<String, usize>,
    /// Failure code → rows, of the counted answers.
    pub failures: BTreeMap<String, usize>,
    /// Stratum → rows.
    pub strata: BTreeMap<String, usize>,
    /// The rows don't give the report's figures, in words: they can be looked at, not compared.
    pub problem: Option<String>,
}

/// One evaluation with its whole report
#[utoipa::path(get, path = "/projects/{entity}/{project}/evaluations/{run}", tag = "evaluations",
    params(RunPath), responses((status = 200, body = EvaluationAnswer)))]
pub async fn get(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
) -> Answer<EvaluationAnswer> {
    answered(app, move |app| {
        let found = app.tracker.evaluation(&who.run(app, &path)?.record)?;
        Ok(EvaluationAnswer {
            run: RunReference::of(&found.run),
            primary: PrimaryFigure::of(&found.report),
            rows: rows_of(&found),
            cycle_run: gradus_tracker::cycles::cycle_of(&found.run),
            report: EvalReport::clone(&found.report),
        })
    })
    .await
}

fn rows_of(found: &Evaluation) -> Option<RowsFigures> {
    let rows = found.rows.as_ref()?;
    let mut strata: BTreeMap<String, usize> = BTreeMap::new();
    for stratum in rows.scored().iter().filter_map(|row| row.stratum.clone()) {
        *strata.entry(stratum).or_default() += 1;
    }
    Some(RowsFigures {
        rows: rows.len(),
        sha256: rows.sha256.clone(),
        tokens: rows.tokens,
        served_by: rows.side.summary.served_by.clone(),
        failures: rows.side.summary.failures.clone(),
        strata,
        problem: rows.unfit.clone(),
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowsParameters {
    /// `worst` first by the primary score (where nothing is said), `best` first, or `id`: as the
    /// rows lie in the file.
    order: Option<String>,
    /// A failure code, `any` or `none`.
    failure: Option<String>,
    stratum: Option<String>,
    offset: Option<u64>,
    /// 1 to 500, 50 where nothing is said.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationRows {
    pub rows: Vec<EvaluationRowAnswer>,
    /// Rows that the filter lets through, on all pages.
    pub total: usize,
    /// A page of very long rows ends early; null at the end.
    pub next_offset: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct EvaluationRowAnswer {
    /// Place in the file, from 0.
    pub place: usize,
    pub stratum: Option<String>,
    /// The row's value of the primary score.
    pub primary: Option<f64>,
    pub row: EvalRow,
}

impl EvaluationRowAnswer {
    fn of(shown: ShownRow) -> Self {
        Self {
            place: shown.place,
            stratum: shown.stratum,
            primary: shown.primary,
            row: shown.row,
        }
    }
}

/// Rows of an evaluation: prompt, raw answer, parsed value and target, failure, who served it
#[utoipa::path(get, path = "/projects/{entity}/{project}/evaluations/{run}/rows", tag = "evaluations",
    params(RunPath, RowsParameters), responses((status = 200, body = EvaluationRows)))]
pub async fn rows(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
    InQuery(asked): InQuery<RowsParameters>,
) -> Answer<EvaluationRows> {
    answered(app, move |app| {
        let query = RowQuery {
            order: order_named(asked.order.as_deref())?,
            failure: asked.failure,
            stratum: asked.stratum,
            offset: usize::try_from(asked.offset.unwrap_or(0)).unwrap_or(usize::MAX),
            limit: limited(asked.limit, USUAL_ROWS, MOST_ROWS),
        };
        let found = app.tracker.evaluation(&who.run(app, &path)?.record)?;
        let page = app.tracker.evaluation_rows(found.rows()?, &query)?;
        let rows = page.rows.into_iter().map(EvaluationRowAnswer::of);
        Ok(EvaluationRows {
            rows: rows.collect(),
            total: page.total,
            next_offset: page.next_offset,
        })
    })
    .await
}

fn order_named(name: Option<&str>) -> Result<RowOrder, Refusal> {
    match name {
        None | Some("worst") => Ok(RowOrder::Worst),
        Some("best") => Ok(RowOrder::Best),
        Some("id") => Ok(RowOrder::File),
        Some(other) => {
            let hint = gradus_schema::nearest::did_you_mean(other, ["worst", "best", "id"]);
            let text = format!("the order '{other}' is none of worst, best, id{hint}");
            Err(bad_input(text))
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RowPath {
    entity: String,
    project: String,
    run: String,
    /// The row's id.
    id: String,
}

/// One row of an evaluation
#[utoipa::path(get, path = "/projects/{entity}/{project}/evaluations/{run}/rows/{*id}", tag = "evaluations",
    params(RowPath), responses((status = 200, body = EvaluationRowAnswer)))]
pub async fn row(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RowPath>,
) -> Answer<EvaluationRowAnswer> {
    answered(app, move |app| {
        let run = RunPath {
            entity: path.entity,
            project: path.project,
            run: path.run,
        };
        let found = app.tracker.evaluation(&who.run(app, &run)?.record)?;
        let row = app.tracker.evaluation_row(found.rows()?, &path.id)?;
        Ok(EvaluationRowAnswer::of(row))
    })
    .await
}
