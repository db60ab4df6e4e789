//! The retrospective: from what a model got wrong to the one factor that is changed next.
//!
//! [`plan`] reads in the order in which a careful person would: is the measurement sound, which
//! gates fail, what kinds of failure are there and where, and only then what to do about it: train
//! at all, then in the order format, decode, data, hyperparameters. Rules propose; [`lint`] throws out what does
//! not go together; the first proposal left is done now, the others wait for its outcome.
//! Nothing is chosen at random: the seed is for whoever builds data from the plan.

pub mod clusters;
pub mod conditions;
pub mod expect;
pub mod files;
pub mod lint;
pub mod markdown;
pub mod neighbours;
pub mod outcomes;
mod rules;
#[cfg(test)]
pub(crate) mod testing;
pub mod training_log;

use std::collections::BTreeMap;

use gradus_schema::decision::{GateState, Outcome};
use gradus_schema::gates::{GateKind, GateScope};
use gradus_schema::plan::{
    Action, ActionStatus, Budget, Change, ComparableReport, Conflict, ConflictCode, Confrontation,
    ExcludedReport, ExpectationState, KeyChange, PLAN_FORMAT, PinnedSet, Plan, PlanGate, Score,
    Withheld,
};
use gradus_schema::task::Direction;
use gradus_schema::{
    AugmentationSpec, Decision, EvalReport, EvalRow, Gates, Metric, Recipe, Scale, Split,
};

use lint::{Patch, lint, patched};
use outcomes::{RowOutcome, counts, outcomes};
pub use rules::asked::changed_keys;
use rules::{Proposal, asked};
use training_log::TrainingLog;

use crate::augment::SourceRow;

/// Transport failures above this share: the measurement is not of the model.
pub const TRANSPORT_MAX: f64 = 0.05;
const SCOREBOARD_FIRST: [&str; 4] = [
    "strict_valid_rate",
    "parse_error_rate",
    "transport_ok_rate",
    "latency_secs_p95",
];

/// Everything a plan is made from. What is missing is left empty and said in the notes.
#[derive(Default)]
pub struct PlanInput<'a> {
    pub task: String,
    pub seed: u64,
    pub report: Option<&'a EvalReport>,
    pub rows: &'a [EvalRow],
    /// Failures of foreign material, used where there are no `rows`.
    pub outcomes: Vec<RowOutcome>,
    /// Other reports by name; those of the same rows, prompt and contract are pinned beside it.
    pub others: &'a [(String, EvalReport)],
    pub recipe: Option<&'a Recipe>,
    pub training: Option<&'a TrainingLog>,
    pub gates: Gates,
    pub decisions: &'a [Decision],
    /// Plans of earlier cycles, the last one first.
    pub earlier: &'a [Earlier],
    /// The training rows, where data may be added.
    pub source: Option<TrainingSource<'a>>,
    /// A change of the recipe that somebody asks for; empty for none.
    pub asked: &'a [KeyChange],
    /// Findings and gaps of whoever read the material.
    pub notes: Vec<String>,
    /// File → SHA-256 of what was read.
    pub inputs: BTreeMap<String, String>,
}

/// The rows that augmentation may use, and how to find request and target in them.
#[derive(Clone)]
pub struct TrainingSource<'a> {
    pub rows: &'a [SourceRow],
    pub sha256: String,
    pub text_field: String,
    pub target: String,
}

/// An earlier plan and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    pub plan: Plan,
    pub outcome: Option<Outcome>,
    pub confrontation: Option<Confrontation>,
}

/// The plan that follows from the input; same input, same plan.
pub fn plan(input: PlanInput<'_>) -> Plan {
    let mut notes = input.notes.clone();
    let scale = scale_of(&input, &mut notes);
    let outcomes = match input.rows {
        [] => input.outcomes.clone(),
        rows => outcomes(rows, scale),
    };
    let counts = counts(&outcomes);
    let clusters = clusters::clusters(&outcomes, scale);
    let gates = plan_gates(&input);
    say_what_is_missing(&input, &mut notes);

    let mut withheld = Vec::new();
    let facts = rules::Facts {
        input: &input,
        outcomes: &outcomes,
        counts: &counts,
        clusters: &clusters,
        scale,
    };
    let mut proposals = rules::propose(&facts, &mut withheld);
    let mut conflicts = Vec::new();
    refuse_unsound(&facts, &mut proposals, &mut withheld);
    refuse_tried(&input, &mut proposals, &mut conflicts);
    drop_conflicting(&input, &mut proposals, &mut conflicts);

    let augmentation = proposals
        .first_mut()
        .and_then(|proposal| proposal.augmentation.take());
    let hypothesis = proposals
        .first()
        .map(|proposal| proposal.hypothesis.clone());
    let actions: Vec<Action> = in_order(proposals);
    Plan {
        format_version: PLAN_FORMAT,
        seed: input.seed,
        pinned: pinned(&input),
        gates,
        scoreboard: scoreboard(&input),
        counts,
        hypothesis,
        next_recipe: next_recipe(&input, actions.first()),
        augmentation,
        budget: budget(&input, actions.first()),
        actions,
        clusters,
        withheld,
        conflicts,
        notes,
        task: input.task,
        inputs: input.inputs,
    }
}

fn scale_of(input: &PlanInput<'_>, notes: &mut Vec<String>) -> Scale {
    match input.report {
        Some(report) => report.scale,
        None => {
            if input.outcomes.is_empty() {
                notes.push("there are no evaluated rows: nothing can be clustered".to_owned());
            }
            // Outcomes of foreign material are shares already.
            Scale { min: 0.0, max: 1.0 }
        }
    }
}

/// The gates that one report can answer; those that compare wait for a comparison.
fn plan_gates(input: &PlanInput<'_>) -> Vec<PlanGate> {
    let mut found = Vec::new();
    for staged in &input.gates.gates {
        let gate = &staged.gate;
        let metric = input.report.and_then(|report| metric_in(report, gate));
        let value = metric.and_then(|metric| metric.value);
        let n = metric.map_or(0, |metric| metric.n);
        let passes = value.map(|value| match gate.direction {
            Direction::Minimize => value <= gate.threshold,
            Direction::Maximize => value >= gate.threshold,
        });
        let is_absolute = gate.kind == GateKind::Absolute && gate.scope != GateScope::EveryStratum;
        let (state, text) = match passes {
            _ if !is_absolute => (GateState::Undecided, "needs a comparison".to_owned()),
            None => (GateState::Undecided, "the metric is missing".to_owned()),
            _ if n < gate.min_n => {
                let text = format!("stands on {n} rows of {} needed", gate.min_n);
                (GateState::Undecided, text)
            }
            Some(true) => (GateState::Passed, "passed".to_owned()),
            Some(false) => (GateState::Failed, "failed".to_owned()),
        };
        found.push(PlanGate {
            stage: staged.stage,
            gate: gate.clone(),
            state,
            value,
            n,
            text,
        });
    }
    found
}

fn metric_in<'a>(report: &'a EvalReport, gate: &gradus_schema::gates::Gate) -> Option<&'a Metric> {
    match &gate.scope {
        GateScope::Stratum(name) => report.strata.get(name)?.get(&gate.metric),
        _ => report.metrics.get(&gate.metric),
    }
}

fn say_what_is_missing(input: &PlanInput<'_>, notes: &mut Vec<String>) {
    let missing = [
        (
            input.recipe.is_none(),
            "no recipe: hyperparameters are left alone (give --recipe)",
        ),
        (
            input.training.is_none(),
            "no training log (final_metrics.json, iter_eval_metrics.jsonl): nothing is said about over- or underfitting",
        ),
        (
            input.report.is_none(),
            "no evaluation report: clusters and expectations stand on whatever failures were recorded",
        ),
    ];
    notes.extend(
        missing
            .iter()
            .filter(|(is_missing, _)| *is_missing)
            .map(|(_, text)| (*text).to_owned()),
    );
    if let Some(Decision {
        reasons, outcome, ..
    }) = input.decisions.first()
    {
        let why = reasons
            .first()
            .map_or("no reason given", |it| it.text.as_str());
        notes.push(format!("the last decision was {outcome}: {why}"));
    }
    if input.report.is_some_and(|report| report.n_total < 50) {
        notes.push("fewer than 50 rows: clusters and rates are rough".to_owned());
    }
}

/// Nothing may be changed on the strength of a measurement that is not of the model.
fn refuse_unsound(
    facts: &rules::Facts<'_>,
    proposals: &mut Vec<Proposal>,
    withheld: &mut Vec<Withheld>,
) {
    let counts = facts.counts;
    let share = counts.transport as f64 / counts.rows.max(1) as f64;
    if share <= TRANSPORT_MAX {
        return;
    }
    proposals.clear();
    *withheld = vec![Withheld {
        rule: "any".to_owned(),
        reason: format!(
            "{} of {} rows got no answer of the model (transport failures); mend the serving and evaluate again before changing anything",
            counts.transport, counts.rows
        ),
    }];
}

/// What an earlier cycle tried in vain is not tried again.
fn refuse_tried(
    input: &PlanInput<'_>,
    proposals: &mut Vec<Proposal>,
    conflicts: &mut Vec<Conflict>,
) {
    proposals.retain(|proposal| {
        if proposal.rule == asked::RULE {
            return true;
        }
        let earlier = input.earlier.iter().find(|earlier| {
            let failed = matches!(earlier.outcome, Some(Outcome::Reject | Outcome::Hold))
                || earlier
                    .confrontation
                    .as_ref()
                    .is_some_and(|it| it.state == ExpectationState::Missed);
            let same = earlier.plan.action_now().is_some_and(|action| {
                action.change == proposal.change && action.rule == proposal.rule
            });
            let same_data =
                unseeded(&earlier.plan.augmentation) == unseeded(&proposal.augmentation);
            failed && same && same_data
        });
        let Some(earlier) = earlier else {
            return true;
        };
        let outcome = earlier
            .outcome
            .map_or("its expectation was missed".to_owned(), |outcome| {
                format!("the decision was {outcome}")
            });
        conflicts.push(Conflict {
            code: ConflictCode::AlreadyTried,
            rules: vec![proposal.rule.clone()],
            text: format!(
                "{} was done in an earlier cycle and {outcome}",
                proposal.change
            ),
            resolution: format!("{} is not carried out again", proposal.rule),
        });
        false
    });
}

/// Another draw from the same rows for the same reason is no new idea.
fn unseeded(spec: &Option<AugmentationSpec>) -> Option<AugmentationSpec> {
    let spec = spec.clone()?;
    Some(AugmentationSpec { seed: 0, ..spec })
}

fn drop_conflicting(
    input: &PlanInput<'_>,
    proposals: &mut Vec<Proposal>,
    conflicts: &mut Vec<Conflict>,
) {
    let Some(recipe) = input.recipe else {
        return;
    };
    let patches: Vec<Patch> = proposals
        .iter()
        .filter_map(|proposal| match &proposal.change {
            Change::Recipe(keys) => Some(Patch {
                rule: proposal.rule.clone(),
                keys: keys.clone(),
                means_scaling: proposal.rule == asked::RULE,
            }),
            _ => None,
        })
        .collect();
    let (found, dropped) = lint(recipe, &patches);
    conflicts.extend(found);
    proposals.retain(|proposal| !dropped.contains(&proposal.rule));
}

/// One factor at a time: the first is done now.
fn in_order(proposals: Vec<Proposal>) -> Vec<Action> {
    let action = |(index, proposal): (usize, Proposal)| Action {
        rule: proposal.rule,
        kind: proposal.kind,
        status: match index {
            0 => ActionStatus::Now,
            _ => ActionStatus::Later,
        },
        change: proposal.change,
        why: proposal.why,
        clusters: proposal.clusters,
        rows: proposal.rows,
        expectation: proposal.expectation,
        gate: proposal.gate,
        rollback: proposal.rollback,
    };
    proposals.into_iter().enumerate().map(action).collect()
}

/// The recipe of the next training: the patch of the action of now, into a folder of its own.
fn next_recipe(input: &PlanInput<'_>, now: Option<&Action>) -> Option<Recipe> {
    let recipe = input.recipe?;
    let mut next = match now.map(|action| &action.change) {
        Some(Change::Recipe(keys)) => patched(recipe, keys).ok()?,
        _ => recipe.clone(),
    };
    next.output_dir = files::next_folder(&recipe.output_dir);
    Some(next)
}

fn budget(input: &PlanInput<'_>, now: Option<&Action>) -> Budget {
    let eval_wall_secs = input.report.map(|report| report.wall_secs);
    let last = input.training.and_then(|log| log.wall_secs);
    let Some(last) = last else {
        return Budget {
            eval_wall_secs,
            basis: "the last evaluation; no training time is known".to_owned(),
            ..Budget::default()
        };
    };
    let factor = match now.map(|action| &action.change) {
        Some(Change::Recipe(keys)) => keys
            .iter()
            .filter(|change| change.key == "num_train_epochs" || change.key == "max_steps")
            .filter_map(|change| Some(change.to.as_f64()? / change.from.as_f64()?))
            .fold(1.0, |product, factor| product * factor),
        Some(Change::Augmentation { rows_to_add }) => {
            let rows = input.training.and_then(|log| log.train_examples);
            rows.map_or(1.0, |rows| 1.0 + *rows_to_add as f64 / rows.max(1) as f64)
        }
        _ => 1.0,
    };
    let trains = !matches!(now.map(|it| &it.change), Some(Change::Evaluation(_)) | None);
    Budget {
        train_wall_secs: trains.then_some(last * factor),
        eval_wall_secs,
        basis: format!("the last training took {last:.0} s, times {factor:.2} for what changes"),
    }
}

fn pinned(input: &PlanInput<'_>) -> PinnedSet {
    let Some(report) = input.report else {
        return PinnedSet {
            rows: input.outcomes.len(),
            ..PinnedSet::default()
        };
    };
    let (mut comparable, mut excluded) = (Vec::new(), Vec::new());
    for (name, other) in input.others {
        match difference(report, other) {
            None => comparable.push(ComparableReport {
                name: name.clone(),
                model: without_folders(&other.model),
                primary: other.primary().and_then(|metric| metric.value),
            }),
            Some(reason) => excluded.push(ExcludedReport {
                name: name.clone(),
                reason,
            }),
        }
    }
    PinnedSet {
        split: Some(report.split),
        rows: report.n_total,
        data_sha256: Some(report.data_sha256.clone()),
        prompt_sha256: Some(report.prompt_sha256.clone()),
        contract_sha256: Some(report.contract_sha256.clone()),
        rendered_prompts_sha256: Some(report.rendered_prompts_sha256.clone()),
        decode: Some(report.decode.clone()),
        scale: Some(report.scale),
        primary_score: Some(report.primary_score.clone()),
        model: without_folders(&report.model),
        adapter_sha256: report.answered_by.adapter_sha256.clone(),
        comparable,
        excluded,
    }
}

/// A model reference without the folders of one machine: `base+/some/where/first` → `base+first`.
/// Which adapter it was is said by its hash.
fn without_folders(model: &str) -> String {
    let last = |part: &str| match part.starts_with('/') {
        true => part.rsplit('/').next().unwrap_or(part).to_owned(),
        false => part.to_owned(),
    };
    let parts: Vec<String> = model.split('+').map(last).collect();
    parts.join("+")
}

/// Why a report can't stand beside the pinned one.
fn difference(report: &EvalReport, other: &EvalReport) -> Option<String> {
    let checks = [
        (report.split == other.split, "another split"),
        (report.data_sha256 == other.data_sha256, "other rows"),
        (report.n_total == other.n_total, "another number of rows"),
        (
            report.rendered_prompts_sha256 == other.rendered_prompts_sha256,
            "other prompts",
        ),
        (
            report.contract_sha256 == other.contract_sha256,
            "another contract",
        ),
        (report.scale == other.scale, "another scale"),
    ];
    let reason = checks.iter().find(|(same, _)| !same)?;
    Some(reason.1.to_owned())
}

/// Format first, then the primary score, then the fields' errors.
fn scoreboard(input: &PlanInput<'_>) -> Vec<Score> {
    let Some(report) = input.report else {
        return Vec::new();
    };
    let primary = report.primary_score.metric.as_str();
    let per_field = report
        .metrics
        .keys()
        .map(String::as_str)
        .filter(|name| name.starts_with("mae_raw_"));
    let mut names: Vec<&str> = SCOREBOARD_FIRST[..2].to_vec();
    names.push(primary);
    names.extend(per_field);
    names.extend(&SCOREBOARD_FIRST[2..]);
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| {
            let metric = report.metrics.get(name)?;
            Some(Score {
                metric: name.to_owned(),
                value: metric.value,
                n: metric.n,
                n_total: metric.n_total,
            })
        })
        .collect()
}

/// Whether training data may be chosen by failures of this split.
pub(crate) fn may_choose_data_by(split: Option<Split>) -> bool {
    matches!(split, Some(Split::Train | Split::Dev))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
