//! One gate against one report: passed, failed, or undecided because something is missing.

use std::collections::BTreeMap;

use gradus_schema::comparison::PairedEffect;
use gradus_schema::decision::{GateResult, GateState};
use gradus_schema::gates::{Gate, GateKind, GateScope, StagedGate};
use gradus_schema::nearest::did_you_mean;
use gradus_schema::report::canonical_metric_name;
use gradus_schema::{Direction, Metric};

use super::DecisionInput;

/// Every gate of the policy; one over every stratum gives one result for each.
pub(super) fn apply(input: &DecisionInput<'_>) -> Vec<GateResult> {
    let mut results = Vec::new();
    for staged in &input.gates.gates {
        match &staged.gate.scope {
            GateScope::Overall => results.push(one(input, staged, None)),
            GateScope::Stratum(name) => results.push(one(input, staged, Some(name))),
            GateScope::EveryStratum => {
                let names = input.candidate.strata.keys();
                results.extend(names.map(|name| one(input, staged, Some(name))));
                if input.candidate.strata.is_empty() {
                    let text = format!(
                        "{}: the report has no strata; give the task stratify_by",
                        staged.gate
                    );
                    results.push(result(staged, None, GateState::Undecided, text));
                }
            }
        }
    }
    results
}

fn one(input: &DecisionInput<'_>, staged: &StagedGate, stratum: Option<&str>) -> GateResult {
    match staged.gate.kind {
        GateKind::Absolute | GateKind::Relative => by_value(input, staged, stratum),
        GateKind::NonInferiority => by_interval(input, staged, stratum),
    }
}

/// The candidate's own value against a limit.
fn by_value(input: &DecisionInput<'_>, staged: &StagedGate, stratum: Option<&str>) -> GateResult {
    let gate = &staged.gate;
    let undecided = |text: String| result(staged, stratum, GateState::Undecided, text);
    let found = match metric(
        input.candidate.overall,
        input.candidate.strata,
        gate,
        stratum,
    ) {
        Ok(found) => found,
        Err(problem) => return undecided(format!("{gate}: {problem}")),
    };
    let Some(value) = found.value.filter(|value| value.is_finite()) else {
        return undecided(format!("{gate}: undefined over {} rows", found.n_total));
    };
    let mut base = None;
    let limit = if gate.kind == GateKind::Relative {
        let theirs = metric(input.base.overall, input.base.strata, gate, stratum);
        base = theirs
            .ok()
            .and_then(|it| it.value)
            .filter(|value| value.is_finite());
        match base {
            Some(base) => base * gate.threshold,
            None => return undecided(format!("{gate}: the base has no value of it")),
        }
    } else {
        gate.threshold
    };
    let holds = match gate.direction {
        Direction::Minimize => value <= limit,
        Direction::Maximize => value >= limit,
    };
    let place = stratum.map_or_else(String::new, |name| format!(" in {name}"));
    let (state, text) = if found.n < gate.min_n {
        let text = format!(
            "{gate}: {value:.4}{place} stands on {} rows, {} are asked for",
            found.n, gate.min_n
        );
        (GateState::Undecided, text)
    } else if holds {
        (GateState::Passed, format!("{gate}: {value:.4}{place}"))
    } else {
        (
            GateState::Failed,
            format!("{gate}: {value:.4}{place} is beyond {limit:.4}"),
        )
    };
    GateResult {
        value: Some(value),
        base,
        limit: Some(limit),
        n: found.n,
        ..result(staged, stratum, state, text)
    }
}

/// The interval of the paired improvement against minus the threshold.
fn by_interval(
    input: &DecisionInput<'_>,
    staged: &StagedGate,
    stratum: Option<&str>,
) -> GateResult {
    let gate = &staged.gate;
    let name = canonical_metric_name(&gate.metric);
    let comparison = input.comparison;
    let effect = match stratum {
        None => comparison.effects.get(name),
        Some(stratum) if name == comparison.metric => {
            comparison.strata.get(stratum).map(|it| &it.effect)
        }
        Some(_) => {
            let text = format!(
                "{gate}: per stratum only the primary score is paired; use absolute or relative"
            );
            return result(staged, stratum, GateState::Undecided, text);
        }
    };
    let Some(effect) = effect else {
        let known = comparison.effects.keys().map(String::as_str);
        let hint = did_you_mean(name, known);
        let text = format!("{gate}: the comparison pairs no such metric{hint}");
        return result(staged, stratum, GateState::Undecided, text);
    };
    let worst = worst_bound(effect, gate.direction);
    let place = stratum.map_or_else(String::new, |name| format!(" in {name}"));
    let (state, text) = if effect.n < gate.min_n {
        let text = format!(
            "{gate}: {} rows{place}, {} are asked for",
            effect.n, gate.min_n
        );
        (GateState::Undecided, text)
    } else if worst >= -gate.threshold {
        (
            GateState::Passed,
            format!("{gate}: improvement at least {worst:+.4}{place}"),
        )
    } else {
        let text =
            format!("{gate}: the interval of the improvement reaches down to {worst:+.4}{place}");
        (GateState::Failed, text)
    };
    GateResult {
        value: Some(effect.candidate),
        base: Some(effect.base),
        limit: Some(-gate.threshold),
        n: effect.n,
        ..result(staged, stratum, state, text)
    }
}

/// The lower end of the improvement, with the gate's own idea of what improves.
fn worst_bound(effect: &PairedEffect, direction: Direction) -> f64 {
    let [low, high] = effect.interval95;
    match direction {
        Direction::Maximize => low,
        Direction::Minimize => -high,
    }
}

fn metric<'a>(
    overall: &'a BTreeMap<String, Metric>,
    strata: &'a BTreeMap<String, BTreeMap<String, Metric>>,
    gate: &Gate,
    stratum: Option<&str>,
) -> Result<&'a Metric, String> {
    let name = canonical_metric_name(&gate.metric);
    let metrics = match stratum {
        None => overall,
        Some(stratum) => strata.get(stratum).ok_or_else(|| {
            let hint = did_you_mean(stratum, strata.keys().map(String::as_str));
            format!("the report has no stratum '{stratum}'{hint}")
        })?,
    };
    metrics.get(name).ok_or_else(|| {
        let hint = did_you_mean(name, metrics.keys().map(String::as_str));
        format!("the report has no metric '{}'{hint}", gate.metric)
    })
}

fn result(
    staged: &StagedGate,
    stratum: Option<&str>,
    state: GateState,
    text: String,
) -> GateResult {
    GateResult {
        stage: staged.stage,
        gate: staged.gate.clone(),
        stratum: stratum.map(str::to_owned),
        state,
        value: None,
        base: None,
        limit: None,
        n: 0,
        text,
    }
}
