//! Improvement cycles: how far each got, what it planned, decided, and left as evidence.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use gradus_schema::cycle::{CycleDecision, Hashes};
use gradus_schema::decision::DecidedArm;
use gradus_schema::loop_summary::{ImprovementDelta, LoopSummary};
use gradus_schema::plan::{Confrontation, ExpectationState, KeyChange};
use gradus_schema::{Comparison, CycleState, Decision, Outcome, Plan, Verdict};
use gradus_tracker::cycles::{CycleDetail, CycleLine, RowsFinder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::asked::{
    Answer, InPath, InQuery, MayWrite, ProjectPath, RunPath, Who, answered, limited,
};
use super::files::{FileAnswer, shown};
use super::references::RunReference;
use crate::app::App;
use crate::http::answer::Refusal;

const USUAL_PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CyclesParameters {
    offset: Option<u64>,
    /// 1 to 200, 50 where nothing is said.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CycleList {
    /// Newest first.
    pub cycles: Vec<CycleRow>,
    /// On all pages.
    pub total: usize,
    pub offset: usize,
}

/// How far a cycle got; what it did not reach is null.
#[derive(Debug, Serialize, ToSchema)]
pub struct CycleRow {
    pub run: RunReference,
    pub number: Option<u64>,
    pub task: Option<String>,
    pub state: Option<CycleState>,
    /// What comes next; null when it is complete.
    pub next: Option<CycleState>,
    /// The one changed factor.
    pub change: Option<String>,
    pub hypothesis: Option<String>,
    pub outcome: Option<Outcome>,
    pub verdict: Option<Verdict>,
    pub champion: Option<String>,
    pub candidate: Option<String>,
    /// The primary score of champion and candidate; null where the comparison was refused.
    pub metric: Option<String>,
    pub before: Option<f64>,
    pub after: Option<f64>,
    pub improvement: Option<f64>,
    pub improvement_interval95: Option<[f64; 2]>,
    /// Rows that the difference stands on.
    pub n: usize,
    pub expectation: Option<ExpectationState>,
    /// Files that are not what they should be, in words.
    pub problems: Vec<String>,
}

impl CycleRow {
    fn of(line: &CycleLine) -> Self {
        let cycle = line.cycle.as_ref();
        let plan = line.plan.as_ref();
        let decision = line.decision.as_ref();
        let comparison = line.comparison.as_ref();
        let primary = comparison.and_then(|it| it.primary.as_ref());
        Self {
            run: RunReference::of(&line.run),
            number: line.number,
            task: cycle.map(|cycle| cycle.task.clone()),
            state: cycle.and_then(gradus_schema::Cycle::state),
            next: match cycle {
                None => Some(CycleState::Planned),
                Some(cycle) => cycle.next(),
            },
            change: plan
                .and_then(Plan::action_now)
                .map(|action| action.change.to_string()),
            hypothesis: plan.and_then(|plan| plan.hypothesis.clone()),
            outcome: decision.map(|decision| decision.outcome),
            verdict: decision.map(|decision| decision.verdict),
            champion: decision.map(|decision| decision.base.model.clone()),
            candidate: decision.map(|decision| decision.candidate.model.clone()),
            metric: comparison.map(|comparison| comparison.metric.clone()),
            before: primary.map(|primary| primary.base),
            after: primary.map(|primary| primary.candidate),
            improvement: primary.map(|primary| primary.improvement),
            improvement_interval95: primary.map(|primary| primary.improvement_interval95),
            n: primary.map_or(0, |primary| primary.n),
            expectation: line.confrontation.as_ref().map(|it| it.state),
            problems: line.problems.clone(),
        }
    }
}

/// Improvement cycles of a project
#[utoipa::path(get, path = "/projects/{entity}/{project}/cycles", tag = "cycles",
    params(ProjectPath, CyclesParameters), responses((status = 200, body = CycleList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
    InQuery(asked): InQuery<CyclesParameters>,
) -> Answer<CycleList> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let offset = usize::try_from(asked.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        let limit = limited(asked.limit, USUAL_PAGE, LARGEST_PAGE);
        let tracker = &app.tracker;
        let (lines, total) = tracker.cycles(&project.entity, &project.name, offset, limit)?;
        Ok(CycleList {
            cycles: lines.iter().map(CycleRow::of).collect(),
            total,
            offset,
        })
    })
    .await
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CycleAnswer {
    pub cycle: CycleRow,
    pub seed: Option<u64>,
    /// Whose failures on `dev` the plan is from.
    pub subject: Option<String>,
    /// What somebody asked to change, as it was written.
    pub set: Vec<String>,
    pub asked: Vec<KeyChange>,
    /// In the order in which a cycle goes through them.
    pub steps: Vec<CycleStepAnswer>,
    pub plan: Option<Plan>,
    /// `plan/trials.json`: settings of the evaluation that were tried on `dev` while planning.
    pub trials: Option<Value>,
    /// The plan's number against what came out.
    pub confrontations: Vec<Confrontation>,
    /// `data/check.json`: what was found in the rows that were trained on.
    pub data_check: Option<Value>,
    /// `data/augmentation_stats.json`: rows that were added and left out.
    pub augmentation_stats: Option<Value>,
    pub comparison: Option<Comparison>,
    pub decision: Option<LinkedDecision>,
    pub deltas: Vec<ImprovementDelta>,
    /// Who is champion after this cycle.
    pub settled_champion: Option<String>,
    /// All cycles of the task so far, as this one saw them.
    #[serde(rename = "loop")]
    pub loop_summary: Option<LoopSummary>,
    /// Folder in the cycle (`training`, `reports/candidate`, `dev/subject`) → its run.
    pub parts: BTreeMap<String, RunReference>,
    pub evidence: Option<FileAnswer>,
    pub report: Option<FileAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CycleStepAnswer {
    pub state: CycleState,
    /// Name → SHA-256 of what it read, and of what it wrote.
    pub inputs: Hashes,
    pub outputs: Hashes,
    pub decision: Option<CycleDecision>,
    /// Null where it was not recorded.
    pub finished_unix_ms: Option<i64>,
    pub took_secs: Option<f64>,
}

/// A decision, and where the rows that it cites are.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkedDecision {
    pub decision: Decision,
    /// The evaluations of both arms, where they are in this project: `evaluations/NAME/rows/ID`.
    pub base_evaluation: Option<RunReference>,
    pub candidate_evaluation: Option<RunReference>,
}

impl LinkedDecision {
    pub fn of(decision: Decision, finder: &RowsFinder) -> Self {
        let run = |arm: &DecidedArm| {
            let rows = arm.files.get("rows.jsonl")?;
            finder.run(rows).map(|run| RunReference::of(run))
        };
        Self {
            base_evaluation: run(&decision.base),
            candidate_evaluation: run(&decision.candidate),
            decision,
        }
    }
}

/// One cycle with everything that it left
#[utoipa::path(get, path = "/projects/{entity}/{project}/cycles/{run}", tag = "cycles",
    params(RunPath), responses((status = 200, body = CycleAnswer)))]
pub async fn get(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
) -> Answer<CycleAnswer> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let detail = app.tracker.cycle(&view)?;
        answer_of(app, &who, detail)
    })
    .await
}

fn answer_of(app: &App, who: &Who, detail: CycleDetail) -> Result<CycleAnswer, Refusal> {
    let key = &detail.line.run.key;
    let finder = app.tracker.rows_finder(&key.entity, &key.project)?;
    let parts = app.tracker.parts_of_cycle(&detail.line.run)?;
    let file = |file: &gradus_tracker::files::RunFile| shown(app, who, file);
    let mut cycle = CycleRow::of(&detail.line);
    cycle.problems.clone_from(&detail.problems);
    let start = detail.start.as_ref();
    cycle.champion = start.map(|start| start.champion.clone()).or(cycle.champion);
    Ok(CycleAnswer {
        cycle,
        seed: start.map(|start| start.seed),
        subject: start.map(|start| start.subject.clone()),
        set: start.map(|start| start.set.clone()).unwrap_or_default(),
        asked: start.map(|start| start.asked.clone()).unwrap_or_default(),
        steps: steps_of(&detail),
        trials: detail.trials,
        confrontations: detail.confrontations,
        data_check: detail.data_check,
        augmentation_stats: detail.augmentation_stats,
        deltas: detail.deltas,
        settled_champion: detail.settled_champion,
        loop_summary: detail.loop_summary,
        parts: parts
            .iter()
            .map(|it| (it.part.clone(), RunReference::of(&it.run)))
            .collect(),
        evidence: detail.evidence.as_ref().map(file).transpose()?,
        report: detail.report.as_ref().map(file).transpose()?,
        plan: detail.line.plan,
        comparison: detail.line.comparison,
        decision: detail
            .line
            .decision
            .map(|decision| LinkedDecision::of(decision, &finder)),
    })
}

fn steps_of(detail: &CycleDetail) -> Vec<CycleStepAnswer> {
    let steps = detail.line.cycle.iter().flat_map(|cycle| &cycle.steps);
    let steps = steps.map(|step| {
        let time = detail.times.get(&step.state);
        CycleStepAnswer {
            state: step.state,
            inputs: step.inputs.clone(),
            outputs: step.outputs.clone(),
            decision: step.decision,
            finished_unix_ms: time.map(|time| time.finished_unix_ms),
            took_secs: time.and_then(|time| time.took_secs),
        }
    });
    steps.collect()
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedEvidence {
    pub sha256: String,
    pub size_bytes: u64,
    /// What `gradus evidence verify --json` says: `verified`, `rows_rescored`, `figures_recomputed`,
    /// `differences`, `problems`, …; null where the file can't be read as evidence.
    #[schema(value_type = Option<Object>)]
    pub result: Option<Value>,
    /// Why it can't be read.
    pub problem: Option<String>,
}

/// Verify a cycle's evidence in place: every row is scored again
#[utoipa::path(post, path = "/projects/{entity}/{project}/cycles/{run}/verify", tag = "cycles",
    params(RunPath), responses((status = 200, body = VerifiedEvidence)))]
pub async fn verify(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<RunPath>,
) -> Answer<VerifiedEvidence> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let Some(verifier) = &app.config.verifier else {
            let text =
                "this server can't score rows; download the file and use `gradus evidence verify`";
            return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, text));
        };
        let bytes = app.tracker.evidence_of(&view)?;
        let file = app
            .tracker
            .files
            .get(view.record.number, gradus_tracker::cycles::EVIDENCE);
        let (result, problem) = match verifier.verify(&bytes) {
            Ok(result) => (Some(result), None),
            Err(problem) => (None, Some(problem)),
        };
        Ok(VerifiedEvidence {
            sha256: file.map_or_else(String::new, |file| file.sha256.clone()),
            size_bytes: bytes.len() as u64,
            result,
            problem,
        })
    })
    .await
}
