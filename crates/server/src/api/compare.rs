//! Two or more evaluations: may they be compared, and what came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use gradus_schema::comparison::{ArmSummary, Comparison, Refusal as RefusedBecause, Verdict};
use gradus_schema::nearest::did_you_mean;
use gradus_schema::{Answer as RowAnswer, ChatMessage, EvalRow};
use gradus_store::RunRecord;
use gradus_tracker::evaluations::{Compared, PairKind, PairedRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InPath, InQuery, ProjectPath, Who, answered, bad_input, limited};
use super::references::{RunReference, run_named};
use crate::app::App;
use crate::http::answer::Refusal;

const MOST_CANDIDATES: usize = 20;
const USUAL_ROWS: usize = 50;
const MOST_ROWS: usize = 200;

/// What `compare` is asked; described here, read pair by pair, since `candidate` may come repeatedly.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described")]
pub struct CompareParameters {
    /// A run's id, or `ENTITY/PROJECT/RUN`.
    base: String,
    /// The same; 1 to 20 of them.
    candidate: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ComparisonList {
    pub base: RunReference,
    /// In the order in which they were named.
    pub candidates: Vec<ComparedCandidate>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ComparedCandidate {
    pub run: RunReference,
    pub verdict: Verdict,
    /// Only where the verdict is `refused`: why, who answered, and nothing else.
    pub refused: Option<RefusedComparison>,
    /// Null where the verdict is `refused`.
    pub comparison: Option<Comparison>,
    /// The baselines' evaluations that skill was measured against.
    pub references: Vec<RunReference>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedComparison {
    pub refusals: Vec<RefusedBecause>,
    pub base: ServedArm,
    pub candidate: ServedArm,
}

/// Who answered, and no figure of quality.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServedArm {
    /// The model reference as it was asked for.
    pub model: String,
    pub n_total: usize,
    pub n_answered: usize,
    pub n_served_as_requested: usize,
    /// Who really answered → rows. Rows without an answer are under `nobody (CODE)`.
    pub served_by: BTreeMap<String, usize>,
}

impl ServedArm {
    fn of(arm: &ArmSummary) -> Self {
        Self {
            model: arm.model.clone(),
            n_total: arm.n_total,
            n_answered: arm.n_answered,
            n_served_as_requested: arm.n_served_as_requested,
            served_by: arm.served_by.clone(),
        }
    }
}

/// Candidates against a base, as `gradus compare` does it
///
/// Baselines on the same rows in the candidate's project are what skill is measured against.
#[utoipa::path(get, path = "/projects/{entity}/{project}/compare", tag = "evaluations",
    params(ProjectPath, CompareParameters), responses((status = 200, body = ComparisonList)))]
pub async fn compare(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
    InQuery(asked): InQuery<Vec<(String, String)>>,
) -> Answer<ComparisonList> {
    answered(app, move |app| {
        let (base, candidates) = named(&asked)?;
        let base = run_named(app, &who, &path, base)?;
        let candidates = candidates
            .iter()
            .map(|name| run_named(app, &who, &path, name))
            .collect::<Result<Vec<_>, _>>()?;
        let compared = candidates.iter().map(|run| candidate_of(app, &base, run));
        Ok(ComparisonList {
            base: RunReference::of(&base),
            candidates: compared.collect::<Result<_, _>>()?,
        })
    })
    .await
}

/// The base and the candidates.
fn named(asked: &[(String, String)]) -> Result<(&str, Vec<&str>), Refusal> {
    let (mut bases, mut candidates) = (Vec::new(), Vec::new());
    for (key, value) in asked {
        match key.as_str() {
            "base" => bases.push(value.as_str()),
            "candidate" => candidates.push(value.as_str()),
            other => {
                let hint = did_you_mean(other, ["base", "candidate"]);
                return Err(bad_input(format!("unknown parameter '{other}'{hint}")));
            }
        }
    }
    match (bases.as_slice(), candidates.len()) {
        ([base], 1..=MOST_CANDIDATES) => Ok((base, candidates)),
        _ => Err(bad_input(format!(
            "give one base and 1 to {MOST_CANDIDATES} candidates: ?base=RUN&candidate=RUN"
        ))),
    }
}

fn candidate_of(
    app: &App,
    base: &Arc<RunRecord>,
    candidate: &Arc<RunRecord>,
) -> Result<ComparedCandidate, Refusal> {
    let tracker = &app.tracker;
    let (left, right) = (tracker.evaluation(base)?, tracker.evaluation(candidate)?);
    let Compared {
        comparison,
        references,
    } = tracker.compare_evaluations(&left, &right)?;
    let is_refused = comparison.is_refused();
    Ok(ComparedCandidate {
        run: RunReference::of(candidate),
        verdict: comparison.verdict,
        refused: is_refused.then(|| RefusedComparison {
            refusals: comparison.refusals.clone(),
            base: ServedArm::of(&comparison.base),
            candidate: ServedArm::of(&comparison.candidate),
        }),
        references: match is_refused {
            true => Vec::new(),
            false => references.iter().map(|run| RunReference::of(run)).collect(),
        },
        comparison: (!is_refused).then(|| Comparison::clone(&comparison)),
    })
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PairedParameters {
    /// A run's id, or `ENTITY/PROJECT/RUN`.
    base: String,
    candidate: String,
    /// `all` (where nothing is said), `gained` and `lost` (by the primary score, the largest change
    /// first), `mended` and `broke` (valid in one of them only), `both_wrong`.
    kind: Option<String>,
    offset: Option<u64>,
    /// 1 to 200, 50 where nothing is said.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PairedRows {
    pub rows: Vec<PairedRowAnswer>,
    /// Rows of this kind, on all pages.
    pub total: usize,
    /// A page of very long rows ends early; null at the end.
    pub next_offset: Option<usize>,
}

/// One row and both answers to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PairedRowAnswer {
    pub id: String,
    pub stratum: Option<String>,
    pub messages: Vec<ChatMessage>,
    /// The expected value.
    pub target: Value,
    pub base: ArmAnswer,
    pub candidate: ArmAnswer,
    /// Of the primary score; positive is better.
    pub improvement: Option<f64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ArmAnswer {
    /// The row's value of the primary score.
    pub primary: Option<f64>,
    /// Under the contract's grammar: what counts, where it is there.
    pub constrained: Option<RowAnswer>,
    pub unconstrained: Option<RowAnswer>,
}

impl ArmAnswer {
    fn of(row: EvalRow, primary: Option<f64>) -> Self {
        Self {
            primary,
            constrained: row.constrained,
            unconstrained: row.unconstrained,
        }
    }
}

impl PairedRowAnswer {
    fn of(mut pair: PairedRow) -> Self {
        let messages = std::mem::take(&mut pair.base.messages);
        Self {
            id: pair.base.id.clone(),
            stratum: pair.stratum,
            messages,
            target: pair.base.target.clone(),
            base: ArmAnswer::of(pair.base, pair.base_primary),
            candidate: ArmAnswer::of(pair.candidate, pair.candidate_primary),
            improvement: pair.improvement,
        }
    }
}

/// Rows of two evaluations side by side
#[utoipa::path(get, path = "/projects/{entity}/{project}/compare/rows", tag = "evaluations",
    params(ProjectPath, PairedParameters), responses((status = 200, body = PairedRows)))]
pub async fn rows(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
    InQuery(asked): InQuery<PairedParameters>,
) -> Answer<PairedRows> {
    answered(app, move |app| {
        let kind: PairKind = asked.kind.as_deref().unwrap_or("all").parse()?;
        let base = run_named(app, &who, &path, &asked.base)?;
        let candidate = run_named(app, &who, &path, &asked.candidate)?;
        let tracker = &app.tracker;
        let (base, candidate) = (tracker.evaluation(&base)?, tracker.evaluation(&candidate)?);
        let offset = usize::try_from(asked.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        let limit = limited(asked.limit, USUAL_ROWS, MOST_ROWS);
        let page = tracker.compared_rows(&base, &candidate, kind, offset, limit)?;
        Ok(PairedRows {
            rows: page.rows.into_iter().map(PairedRowAnswer::of).collect(),
            total: page.total,
            next_offset: page.next_offset,
        })
    })
    .await
}
