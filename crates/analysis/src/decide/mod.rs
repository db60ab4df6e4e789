//! From a comparison and a gate policy to promote, hold or reject. Pure; fails closed: whatever
//! is missing or undefined speaks for the champion.

mod gate;

use std::collections::BTreeMap;

use gradus_schema::comparison::{Comparison, Flip};
use gradus_schema::decision::{
    DECISION_FORMAT, DecidedArm, Decision, DecisionReason, FrozenBudget, GateResult, GateState,
};
use gradus_schema::gates::GateStage;
use gradus_schema::{Gates, Metric, Outcome, Split, Verdict};

/// Rows cited with a reason.
const ROWS_CITED: usize = 5;

/// Everything that a decision depends on.
#[derive(Debug, Clone)]
pub struct DecisionInput<'a> {
    pub comparison: &'a Comparison,
    pub gates: &'a Gates,
    pub base: ArmMetrics<'a>,
    pub candidate: ArmMetrics<'a>,
    /// How often the frozen set was looked at, this look included; `None` on another split.
    pub frozen_budget: Option<FrozenBudget>,
    pub comparison_sha256: String,
    pub gates_sha256: String,
}

/// The metrics of a report, overall and per stratum.
#[derive(Debug, Clone, Copy)]
pub struct ArmMetrics<'a> {
    pub overall: &'a BTreeMap<String, Metric>,
    pub strata: &'a BTreeMap<String, BTreeMap<String, Metric>>,
}

/// The decision with all its reasons, the one that decided first.
///
/// Gates are read in the order of their stages. A refused comparison decides before every gate: a
/// number that may not be compared is not looked at.
pub fn decide(input: DecisionInput<'_>) -> Decision {
    let comparison = input.comparison;
    let gates = if comparison.is_refused() {
        Vec::new()
    } else {
        gate::apply(&input)
    };
    let mut against = Vec::new();
    let mut undecided = Vec::new();
    refusal_reasons(comparison, &mut undecided);
    for stage in [
        GateStage::Format,
        GateStage::Quality,
        GateStage::CostAndLatency,
    ] {
        if stage == GateStage::Quality {
            verdict_reasons(comparison, input.gates, &mut against, &mut undecided);
        }
        gate_reasons(comparison, &gates, stage, &mut against, &mut undecided);
    }
    split_reason(comparison, &mut undecided);
    budget_reasons(input.frozen_budget.as_ref(), &mut undecided);

    let outcome = match (against.is_empty(), undecided.is_empty()) {
        (false, _) => Outcome::Reject,
        (true, false) => Outcome::Hold,
        (true, true) => Outcome::Promote,
    };
    let mut reasons = against;
    reasons.append(&mut undecided);
    if outcome == Outcome::Promote {
        reasons.push(promotion_reason(comparison, gates.len()));
    }
    Decision {
        format_version: DECISION_FORMAT,
        outcome,
        reasons,
        verdict: comparison.verdict,
        task: comparison.task.clone(),
        split: comparison.split,
        base: arm(&comparison.base),
        candidate: arm(&comparison.candidate),
        gates,
        frozen_budget: input.frozen_budget,
        comparison_sha256: input.comparison_sha256,
        gates_sha256: input.gates_sha256,
    }
}

fn arm(summary: &gradus_schema::comparison::ArmSummary) -> DecidedArm {
    DecidedArm {
        model: summary.model.clone(),
        answered_by: summary.answered_by.clone(),
        files: summary.files.clone(),
    }
}

fn refusal_reasons(comparison: &Comparison, undecided: &mut Vec<DecisionReason>) {
    for refusal in &comparison.refusals {
        undecided.push(reason(format!("comparison refused: {}", refusal.text)));
    }
}

fn verdict_reasons(
    comparison: &Comparison,
    gates: &Gates,
    against: &mut Vec<DecisionReason>,
    undecided: &mut Vec<DecisionReason>,
) {
    let metric = &comparison.metric;
    match comparison.verdict {
        Verdict::Refused => {}
        Verdict::Worse => against.push(DecisionReason {
            text: format!("the candidate is worse: {}", effect_text(comparison)),
            gate: None,
            rows: rows_of(&comparison.flips.worst),
        }),
        verdict if gates.promote_on.contains(&verdict) => {}
        Verdict::Equivalent => undecided.push(reason(format!(
            "no better than the base on {metric}: {}",
            effect_text(comparison)
        ))),
        _ => {
            let needed = comparison
                .power
                .as_ref()
                .and_then(|power| power.rows_needed);
            let advice = needed.map_or_else(String::new, |rows| {
                format!("; about {rows} rows would settle it")
            });
            undecided.push(DecisionReason {
                text: format!("inconclusive: {}{advice}", effect_text(comparison)),
                gate: None,
                rows: rows_of(&comparison.flips.worst),
            });
        }
    }
    for (name, stratum) in comparison.strata.iter().filter(|(_, it)| it.regressed) {
        let of_stratum = comparison.flips.worst.iter();
        let rows = of_stratum.filter(|flip| flip.stratum.as_deref() == Some(name));
        against.push(DecisionReason {
            text: format!(
                "stratum {name} regressed: {metric} {:.4} → {:.4} (Holm p = {:.2e})",
                stratum.effect.base,
                stratum.effect.candidate,
                stratum.p_holm.unwrap_or(1.0)
            ),
            gate: None,
            rows: rows.take(ROWS_CITED).map(|flip| flip.row.clone()).collect(),
        });
    }
}

fn gate_reasons(
    comparison: &Comparison,
    gates: &[GateResult],
    stage: GateStage,
    against: &mut Vec<DecisionReason>,
    undecided: &mut Vec<DecisionReason>,
) {
    for result in gates.iter().filter(|result| result.stage == stage) {
        let found = DecisionReason {
            text: format!("{stage} gate: {}", result.text),
            gate: Some(result.gate.to_string()),
            rows: rows_behind(comparison, result),
        };
        match result.state {
            GateState::Passed => {}
            GateState::Failed => against.push(found),
            GateState::Undecided => undecided.push(found),
        }
    }
}

/// Failing rows for a gate on the form, the worst rows for one on a score.
fn rows_behind(comparison: &Comparison, result: &GateResult) -> Vec<String> {
    match result.stage {
        GateStage::CostAndLatency => Vec::new(),
        GateStage::Format => {
            let failing = comparison.failing_rows.iter();
            failing.take(ROWS_CITED).map(|it| it.row.clone()).collect()
        }
        GateStage::Quality => {
            let worst = comparison.flips.worst.iter();
            let of_stratum =
                worst.filter(|flip| result.stratum.is_none() || flip.stratum == result.stratum);
            of_stratum
                .take(ROWS_CITED)
                .map(|flip| flip.row.clone())
                .collect()
        }
    }
}

/// Rows that training was steered by can't show that it worked, and looks at them are not counted.
fn split_reason(comparison: &Comparison, undecided: &mut Vec<DecisionReason>) {
    let Some(split) = comparison.split.filter(|split| *split != Split::Frozen) else {
        return;
    };
    undecided.push(reason(format!(
        "measured on {split}, which training may look at; only the frozen split promotes"
    )));
}

fn budget_reasons(budget: Option<&FrozenBudget>, undecided: &mut Vec<DecisionReason>) {
    if let Some(budget) = budget.filter(|budget| budget.is_overdrawn()) {
        undecided.push(reason(format!(
            "the frozen set was looked at {} times and its budget is {}: freeze new rows, or raise frozen_looks and say why",
            budget.looks_used, budget.looks_allowed
        )));
    }
}

fn promotion_reason(comparison: &Comparison, gates: usize) -> DecisionReason {
    DecisionReason {
        text: format!(
            "{}: {}; {gates} of {gates} gates passed",
            comparison.verdict,
            effect_text(comparison)
        ),
        gate: None,
        rows: rows_of(&comparison.flips.best),
    }
}

fn effect_text(comparison: &Comparison) -> String {
    let Some(effect) = &comparison.primary else {
        return "no effect was computed".to_owned();
    };
    let [low, high] = effect.improvement_interval95;
    format!(
        "{} {:.4} → {:.4}, improvement {:+.4} [{low:+.4}, {high:+.4}] on {} rows, margin {}",
        comparison.metric,
        effect.base,
        effect.candidate,
        effect.improvement,
        effect.n,
        comparison.margin
    )
}

fn rows_of(flips: &[Flip]) -> Vec<String> {
    flips
        .iter()
        .take(ROWS_CITED)
        .map(|flip| flip.row.clone())
        .collect()
}

fn reason(text: String) -> DecisionReason {
    DecisionReason {
        text,
        gate: None,
        rows: Vec::new(),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
