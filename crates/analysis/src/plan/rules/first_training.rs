//! Nothing was fine-tuned yet: the first change is to train.

use gradus_schema::plan::{ActionKind, Change};
use gradus_schema::task::Direction;
use gradus_schema::{EvalReport, PrimaryScore};

use super::{Facts, Proposal, expectation, no_worse, not_worse};

/// Expected where there is no baseline to hold it against: an assumption, and called one.
const MOVEMENT: f64 = 0.05;

/// A model without an adapter and a recipe to train it by. What is expected of it is the least
/// that makes it worth having: to be as good as the best baseline without weights.
pub(super) fn propose(facts: &Facts<'_>) -> Option<Proposal> {
    let report = facts.input.report?;
    facts.input.recipe?;
    let is_untrained =
        report.answered_by.backend == "native" && report.answered_by.adapter_sha256.is_none();
    if !is_untrained {
        return None;
    }
    let primary = &report.primary_score;
    let value = report.primary()?.value?;
    let (improvement, basis) = match best_baseline(facts, primary) {
        Some((name, baseline)) if is_better(baseline, value, primary) => (
            (value - baseline).abs(),
            format!(
                "as good as the best baseline on the same rows, {name} with {baseline:.4}; a model that is worse than that is not worth its weights"
            ),
        ),
        _ => (
            value.abs() * MOVEMENT,
            format!(
                "an assumption: {:.0} % of the present value",
                MOVEMENT * 100.0
            ),
        ),
    };
    let clusters: Vec<_> = facts.clusters.iter().take(3).collect();
    Some(Proposal {
        rule: "train_the_recipe".to_owned(),
        kind: ActionKind::Training,
        hypothesis: format!(
            "the model was never shown this task: {} of {} rows fail on their form and {} on their values",
            facts.counts.format, facts.counts.rows, facts.counts.value
        ),
        change: Change::Train,
        why: "before anything is tuned there has to be something trained".to_owned(),
        clusters: super::ids(&clusters),
        rows: super::rows_of(&clusters),
        expectation: expectation(
            report,
            &primary.metric,
            primary.direction,
            improvement,
            basis,
        ),
        gate: not_worse(primary),
        rollback: no_worse(primary),
        augmentation: None,
    })
}

/// The best of the baselines that were measured on the same rows.
fn best_baseline(facts: &Facts<'_>, primary: &PrimaryScore) -> Option<(String, f64)> {
    let report = facts.input.report?;
    let is_comparable = |other: &EvalReport| {
        other.answered_by.backend == "baseline"
            && other.data_sha256 == report.data_sha256
            && other.n_total == report.n_total
    };
    let mut best: Option<(String, f64)> = None;
    for (_, other) in facts.input.others {
        let Some(value) = other.metrics.get(&primary.metric).and_then(|it| it.value) else {
            continue;
        };
        let beats = |(_, than): &(String, f64)| is_better(value, *than, primary);
        if is_comparable(other) && best.as_ref().is_none_or(beats) {
            best = Some((other.model.clone(), value));
        }
    }
    best
}

fn is_better(value: f64, than: f64, primary: &PrimaryScore) -> bool {
    match primary.direction {
        Direction::Minimize => value < than,
        Direction::Maximize => value > than,
    }
}
