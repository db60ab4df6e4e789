//! The steps `decided`, and `promoted` or `rolled_back`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use gradus_analysis::cycle::auto_improvement_delta;
use gradus_analysis::plan::expect::{confront, confrontations_markdown};
use gradus_schema::cycle::CycleDecision;
use gradus_schema::loop_summary::{DeltaReference, ImprovementDelta};
use gradus_schema::plan::{Confrontation, ExpectationState, Plan};
use gradus_schema::{Comparison, CycleState, Decision, Outcome};
use serde::{Deserialize, Serialize};

use super::Workshop;
use super::folder::{CycleFolder, cycle_dirs};
use super::start::{CHAMPION, Start};
use crate::args::decisions::ComparisonArguments;
use crate::commands::compare::{self, Pair};
use crate::commands::decide as policy;
use crate::failure::bad_input;
use crate::files::{read_json, write_json, write_whole};
use crate::out::shown_model;
use crate::registry::{Holder, Registry};

/// Compares both arms, holds the comparison against the gates, and confronts the plan with it.
pub fn decide(
    workshop: &Workshop<'_>,
    cycle: &mut CycleFolder,
    start: &Start,
    plan: &Plan,
) -> Result<Decision> {
    let mut inputs: Vec<PathBuf> = ["start.json", "plan/plan.yaml"]
        .map(|name| cycle.path(name))
        .into();
    for arm in ["champion", "candidate"] {
        for file in ["rows.jsonl", "eval_summary.json"] {
            inputs.push(cycle.path(&format!("reports/{arm}/{file}")));
        }
    }
    inputs.extend(Some(workshop.task.dir.join("gates.yaml")).filter(|path| path.is_file()));
    let outputs = [
        "decision/comparison.json",
        "decision/gates.json",
        "decision/decision.json",
        "decision/deltas.json",
        "decision/expected_observed.json",
        "decision/expected_observed.md",
    ];
    cycle.step(workshop, CycleState::Decided, &inputs, &outputs, |cycle| {
        let decision = work_out(workshop, cycle, start, plan)?;
        Ok(Some(CycleDecision {
            outcome: decision.outcome,
            verdict: decision.verdict,
        }))
    })?;
    let decision: Decision = read_json(&cycle.path("decision/decision.json"), "decision")?;
    Ok(decision)
}

fn work_out(
    workshop: &Workshop<'_>,
    cycle: &CycleFolder,
    start: &Start,
    plan: &Plan,
) -> Result<Decision> {
    let pair = open(cycle, "champion")?;
    let (gates, source) = policy::gates(None, &workshop.task.dir)?;
    let registry = Registry::open(&workshop.task.dir)?;
    let (comparison, decision) = policy::decide_pair(&pair, &arguments(), &gates, &registry)?;
    compare::show(&comparison, workshop.out);
    policy::show(&decision, &source, workshop.out);

    let dir = cycle.path("decision");
    std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    write_json(&dir.join("comparison.json"), &comparison)?;
    write_json(&dir.join("gates.json"), &gates)?;
    write_json(
        &dir.join("deltas.json"),
        &deltas(workshop, cycle, &comparison)?,
    )?;
    let confronted: Vec<Confrontation> = confrontation(start, plan, &comparison)
        .into_iter()
        .collect();
    for it in &confronted {
        workshop
            .out
            .say(format!("expectation: {}, {}", it.state, it.text));
    }
    write_json(&dir.join("expected_observed.json"), &confronted)?;
    let text = confrontations_markdown(&confronted);
    write_whole(&dir.join("expected_observed.md"), text.as_bytes())?;
    write_json(&dir.join("decision.json"), &decision)?;
    Ok(decision)
}

fn arguments() -> ComparisonArguments {
    ComparisonArguments {
        margin: None,
        reference: Vec::new(),
        repeat: Vec::new(),
        seed: 42,
    }
}

fn open(cycle: &CycleFolder, arm: &str) -> Result<Pair> {
    let report = |arm: &str| {
        cycle
            .path("reports")
            .join(arm)
            .to_string_lossy()
            .into_owned()
    };
    compare::open_pair(&report(arm), &report("candidate"))
}

/// A plan about another model than the champion expects something of a difference that was not
/// measured.
fn confrontation(start: &Start, plan: &Plan, comparison: &Comparison) -> Option<Confrontation> {
    let action = plan.action_now()?;
    let mut found = confront(action, comparison);
    if !start.is_about_the_champion() {
        found.state = ExpectationState::CannotSay;
        (found.observed, found.observed_interval95) = (None, None);
        found.n = 0;
        found.text = "the plan is about the last candidate, and the candidate was compared with the champion".to_owned();
    }
    Some(found)
}

/// `auto_improvement_delta` over the champion of before and over what the first cycle started
/// from.
fn deltas(
    workshop: &Workshop<'_>,
    cycle: &CycleFolder,
    comparison: &Comparison,
) -> Result<Vec<ImprovementDelta>> {
    let metric = &workshop.task.file.primary_score.metric;
    let over_champion = auto_improvement_delta(comparison, metric, DeltaReference::PreviousCycle);
    let first = cycle_dirs(&workshop.task.dir)?
        .into_iter()
        .map(|(_, dir)| dir.join("reports/champion"))
        .find(|dir| dir.join("eval_summary.json").is_file());
    let Some(first) = first else {
        return Ok(vec![over_champion]);
    };
    let candidate = cycle.path("reports/candidate");
    let pair = compare::open_pair(&first.to_string_lossy(), &candidate.to_string_lossy())?;
    let over_first = compare::compare_pair(&pair, &arguments(), None)?;
    let over_first = auto_improvement_delta(&over_first, metric, DeltaReference::Baseline);
    Ok(vec![over_champion, over_first])
}

/// `settled.json`: who is champion after this cycle.
#[derive(Debug, Serialize, Deserialize)]
struct Settled {
    outcome: Outcome,
    champion: String,
}

/// Moves the alias, or leaves it where it is.
pub fn settle(workshop: &Workshop<'_>, cycle: &mut CycleFolder, decision: &Decision) -> Result<()> {
    let state = match decision.outcome {
        Outcome::Promote => CycleState::Promoted,
        Outcome::Hold | Outcome::Reject => CycleState::RolledBack,
    };
    let inputs = [cycle.path("decision/decision.json")];
    cycle.step(workshop, state, &inputs, &["settled.json"], |cycle| {
        let champion = match state {
            CycleState::Promoted => promote(workshop, cycle, decision)?,
            _ => decision.base.model.clone(),
        };
        let settled = Settled {
            outcome: decision.outcome,
            champion,
        };
        write_json(&cycle.path("settled.json"), &settled)?;
        workshop
            .out
            .say(format!("champion: {}", shown_model(&settled.champion)));
        Ok(None)
    })
}

/// The base model is entered as the first holder, so that a rollback leads back to it.
fn promote(workshop: &Workshop<'_>, cycle: &CycleFolder, decision: &Decision) -> Result<String> {
    let registry = Registry::open(&workshop.task.dir)?;
    let place = format!("cycles/{:04}", cycle.number());
    let holder = |arm: &gradus_schema::decision::DecidedArm, decision: String| Holder {
        model: arm.model.clone(),
        answered_by: arm.answered_by.clone(),
        decision,
        rows_sha256: arm.files.get("rows.jsonl").cloned(),
    };
    let now = registry.holder(CHAMPION)?;
    let now = match now {
        Some(now) => now,
        None => {
            let base = holder(&decision.base, format!("{place}/start"));
            registry.promote(CHAMPION, base.clone())?;
            base
        }
    };
    let candidate = &decision.candidate;
    if now.answered_by == candidate.answered_by {
        return Ok(now.model);
    }
    if now.answered_by != decision.base.answered_by {
        return Err(bad_input(format!(
            "the candidate was compared with {}, and '{CHAMPION}' is {} by now; start another cycle against that one (remove {} to drop this one)",
            decision.base.model,
            now.model,
            cycle.dir.display()
        )));
    }
    registry.promote(CHAMPION, holder(candidate, format!("{place}/decision")))?;
    Ok(candidate.model.clone())
}
