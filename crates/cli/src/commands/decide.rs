//! `gradus decide BASE CANDIDATE`: compare, hold against the gates, keep the decision.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus_analysis::decide::ArmMetrics;
use gradus_analysis::{DecisionInput, decide};
use gradus_eval::LoadedReport;
use gradus_eval::hash::sha256_hex;
use gradus_schema::decision::{Decision, FrozenBudget, GateState};
use gradus_schema::{Comparison, ExitStatus, Gates, Outcome, Split};
use serde::Serialize;
use serde_json::json;

use super::Settings;
use super::compare::{self, Pair};
use crate::args::decisions::{ComparisonArguments, DecideArguments};
use crate::failure::bad_input;
use crate::out::Out;
use crate::recorder::registries;
use crate::registry::Registry;

pub fn run(arguments: &DecideArguments, settings: &Settings, out: &Out) -> Result<ExitStatus> {
    let pair = compare::open_pair(&arguments.base, &arguments.candidate)?;
    let task_dir = task_dir(arguments, &pair.candidate)?;
    let (gates, source) = gates(arguments.gates.as_deref(), &task_dir)?;
    let registry = Registry::open(&task_dir)?;
    let (comparison, decision) = decide_pair(&pair, &arguments.options, &gates, &registry)?;
    compare::show(&comparison, out);
    let folder = registry.keep(&comparison, &gates, &decision)?;
    drop(registry);
    registries::record(&task_dir, settings, out);
    show(&decision, &source, out);
    out.say(format!("decision: {}", folder.display()));
    if decision.outcome == Outcome::Promote {
        out.say(format!("next: gradus promote {}", folder.display()));
    }
    out.result(&json!({"decision": decision, "comparison": comparison, "folder": folder}));
    Ok(match decision.outcome {
        Outcome::Promote => ExitStatus::Ok,
        Outcome::Hold | Outcome::Reject => ExitStatus::NotPromoted,
    })
}

/// Compares both arms and holds the comparison against the gates; counts the look at a frozen set.
pub fn decide_pair(
    pair: &Pair,
    options: &ComparisonArguments,
    gates: &Gates,
    registry: &Registry,
) -> Result<(Comparison, Decision)> {
    let comparison = compare::compare_pair(pair, options, Some(gates))?;
    let decision = decide(DecisionInput {
        comparison: &comparison,
        gates,
        base: metrics(&pair.base),
        candidate: metrics(&pair.candidate),
        frozen_budget: frozen_budget(registry, &comparison, gates)?,
        comparison_sha256: compact_sha256(&comparison)?,
        gates_sha256: compact_sha256(gates)?,
    });
    Ok((comparison, decision))
}

fn task_dir(arguments: &DecideArguments, candidate: &LoadedReport) -> Result<PathBuf> {
    match &arguments.task {
        Some(dir) => Ok(dir.clone()),
        None => Registry::task_of(&candidate.path).ok_or_else(|| {
            bad_input(format!(
                "{} does not lie in a task folder; name it with --task DIR",
                candidate.path.display()
            ))
        }),
    }
}

/// The policy and where it comes from.
pub fn gates(named: Option<&Path>, task_dir: &Path) -> Result<(Gates, String)> {
    let path = named.map_or_else(|| task_dir.join("gates.yaml"), Path::to_owned);
    if named.is_none() && !path.exists() {
        return Ok((
            Gates::default(),
            "built-in gates (no gates.yaml)".to_owned(),
        ));
    }
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let gates = Gates::from_yaml(&text)
        .map_err(|error| bad_input(format!("{error}: {}", path.display())))?;
    Ok((gates, path.display().to_string()))
}

fn metrics(report: &LoadedReport) -> ArmMetrics<'_> {
    ArmMetrics {
        overall: &report.metrics,
        strata: &report.strata,
    }
}

/// A refused comparison showed no number, so it is no look.
fn frozen_budget(
    registry: &Registry,
    comparison: &Comparison,
    gates: &Gates,
) -> Result<Option<FrozenBudget>> {
    let is_look = comparison.split == Some(Split::Frozen) && !comparison.is_refused();
    let Some(data) = comparison.data_sha256.as_ref().filter(|_| is_look) else {
        return Ok(None);
    };
    let used = registry.look(comparison, data)?;
    Ok(Some(FrozenBudget::after(
        data.clone(),
        gates.frozen_looks,
        used,
    )))
}

pub fn compact_sha256(value: &impl Serialize) -> Result<String> {
    Ok(sha256_hex(serde_json::to_string(value)?.as_bytes()))
}

pub fn show(decision: &Decision, source: &str, out: &Out) {
    out.say("");
    out.say(format!(
        "{} by {source}",
        decision.outcome.to_string().to_uppercase()
    ));
    for reason in &decision.reasons {
        let rows = if reason.rows.is_empty() {
            String::new()
        } else {
            format!(" (rows {})", reason.rows.join(", "))
        };
        out.say(format!("  {}{rows}", reason.text));
    }
    for gate in &decision.gates {
        let mark = match gate.state {
            GateState::Passed => "passed",
            GateState::Failed => "FAILED",
            GateState::Undecided => "UNDECIDED",
        };
        out.say(format!("  {mark:<9} {}: {}", gate.stage, gate.text));
    }
    if let Some(budget) = &decision.frozen_budget {
        out.say(format!(
            "frozen set: look {} of {}, {} left; a model that is no better was let through with probability {:.1} % at most",
            budget.looks_used,
            budget.looks_allowed,
            budget.looks_left,
            budget.chance_of_false_promotion * 100.0
        ));
    }
}
