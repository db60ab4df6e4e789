//! The rules that propose changes, in the order in which they are worth trying. Each brings the
//! exact change, why, a number that the next comparison can prove wrong, a gate and a rollback.

pub(super) mod asked;
mod first_training;
mod hyperparameters;

use gradus_schema::gates::{Gate, GateKind, GateScope};
use gradus_schema::plan::{
    ActionKind, Change, Cluster, Expectation, FailureCounts, FailureFamily, KeyChange, Rollback,
    Withheld,
};
use gradus_schema::task::Direction;
use gradus_schema::{AugmentationSpec, EvalReport, FailureCode, PrimaryScore, Scale, Split};
use serde_json::{Value, json};

use super::expect::realised_share;
use super::outcomes::RowOutcome;
use super::{PlanInput, may_choose_data_by, neighbours};
use crate::stats::{RESAMPLES, paired_bootstrap};

/// Share of a cluster's error that added data are expected to remove, until earlier cycles of
/// the same task say otherwise. An assumption, and called one in the plan.
const DATA_SHARE: f64 = 0.25;
/// Relative movement that is worth a cycle.
const MOVEMENT: f64 = 0.02;
const MIN_GATE_ROWS: usize = 20;
/// Ids of rows that an action shows.
const ROWS_SHOWN: usize = 10;

pub(super) struct Facts<'a> {
    pub input: &'a PlanInput<'a>,
    pub outcomes: &'a [RowOutcome],
    pub counts: &'a FailureCounts,
    pub clusters: &'a [Cluster],
    pub scale: Scale,
}

/// A change before it is known whether it may be carried out.
pub(super) struct Proposal {
    pub rule: String,
    pub kind: ActionKind,
    pub hypothesis: String,
    pub change: Change,
    pub why: String,
    pub clusters: Vec<String>,
    pub rows: Vec<String>,
    pub expectation: Expectation,
    pub gate: Gate,
    pub rollback: Rollback,
    pub augmentation: Option<AugmentationSpec>,
}

pub(super) fn propose(facts: &Facts<'_>, withheld: &mut Vec<Withheld>) -> Vec<Proposal> {
    let mut found = Vec::new();
    found.extend(asked::propose(facts));
    found.extend(first_training::propose(facts));
    found.extend(answer_under_the_grammar(facts, withheld));
    found.extend(allow_longer_answers(facts));
    found.extend(numbers_from_likely_tokens(facts, withheld));
    found.extend(add_rows_for_weak_places(facts, withheld));
    found.extend(hyperparameters::propose(facts));
    found.sort_by_key(|proposal| proposal.kind);
    found
}

/// Format: answers written freely break the contract.
fn answer_under_the_grammar(facts: &Facts<'_>, withheld: &mut Vec<Withheld>) -> Option<Proposal> {
    const RULE: &str = "answer_under_the_grammar";
    let report = facts.input.report?;
    let clusters: Vec<&Cluster> = of_family(facts, FailureFamily::Format)
        .filter(|cluster| cluster.what != FailureCode::UnterminatedJson.to_string())
        .collect();
    let broken = facts
        .outcomes
        .iter()
        .filter(|row| row.is_format() && row.failure != Some(FailureCode::UnterminatedJson))
        .count();
    if broken == 0 {
        return None;
    }
    if facts.input.rows.iter().any(|row| row.constrained.is_some()) {
        withheld.push(Withheld {
            rule: RULE.to_owned(),
            reason: format!(
                "{broken} answers break the contract although the grammar was on: the contract asks for more than the grammar can hold; mend the contract or the grammar first"
            ),
        });
        return None;
    }
    if report.answered_by.backend == "baseline" {
        withheld.push(Withheld {
            rule: RULE.to_owned(),
            reason: "a baseline has no decoder to constrain".to_owned(),
        });
        return None;
    }
    let answered = (facts.counts.rows - facts.counts.transport).max(1);
    let rate = broken as f64 / answered as f64;
    Some(Proposal {
        rule: RULE.to_owned(),
        kind: ActionKind::Format,
        hypothesis: format!(
            "{broken} of {answered} answers fail on their form alone; a grammar makes them valid without touching the model"
        ),
        change: Change::Evaluation(vec![key("structured_output", json!(false), json!(true))]),
        why: "what is no valid answer has no value to improve; form comes before values".to_owned(),
        clusters: ids(&clusters),
        rows: rows_of(&clusters),
        expectation: expectation(
            report,
            "strict_valid_rate",
            Direction::Maximize,
            rate,
            format!(
                "{broken} of {answered} rows become valid: the grammar excludes every other form"
            ),
        ),
        gate: absolute("strict_valid_rate", Direction::Maximize, 0.98),
        rollback: no_worse_in_form("the primary score gets worse, or answers stop being valid"),
        augmentation: None,
    })
}

/// Decode: the answer was cut off.
fn allow_longer_answers(facts: &Facts<'_>) -> Option<Proposal> {
    let report = facts.input.report?;
    let code = Some(FailureCode::UnterminatedJson);
    let cut: Vec<&RowOutcome> = facts
        .outcomes
        .iter()
        .filter(|row| row.failure == code)
        .collect();
    let now = report
        .decode
        .get("max_new_tokens")
        .and_then(Value::as_u64)?;
    if cut.is_empty() {
        return None;
    }
    let answered = (facts.counts.rows - facts.counts.transport).max(1);
    Some(Proposal {
        rule: "allow_longer_answers".to_owned(),
        kind: ActionKind::Decode,
        hypothesis: format!(
            "{} answers end inside the object because {now} tokens are too few",
            cut.len()
        ),
        change: Change::Evaluation(vec![key(
            "max_new_tokens",
            json!(now),
            json!(now + now.div_ceil(2)),
        )]),
        why: "an answer that was cut off says nothing about what the model knows".to_owned(),
        clusters: Vec::new(),
        rows: cut
            .iter()
            .take(ROWS_SHOWN)
            .map(|row| row.id.clone())
            .collect(),
        expectation: expectation(
            report,
            "strict_valid_rate",
            Direction::Maximize,
            cut.len() as f64 / answered as f64,
            "every cut answer ends in time; fewer do when the model repeats itself".to_owned(),
        ),
        gate: absolute("strict_valid_rate", Direction::Maximize, 0.98),
        rollback: no_worse_in_form("the 95th percentile of latency rises and no answer is gained"),
        augmentation: None,
    })
}

/// Decode: on the same rows, free answers are better than medians under the grammar.
fn numbers_from_likely_tokens(facts: &Facts<'_>, withheld: &mut Vec<Withheld>) -> Option<Proposal> {
    const RULE: &str = "numbers_from_likely_tokens";
    let report = facts.input.report?;
    let numbers = report.decode.get("constrained")?.get("numbers")?.as_str()?;
    let primary = &report.primary_score;
    if numbers != "median" || primary.metric != "mae_penalised" {
        return None;
    }
    let pairs: Vec<(f64, f64)> = facts
        .input
        .rows
        .iter()
        .filter_map(|row| {
            let constrained = row.constrained.as_ref()?.mae_penalised?;
            Some((constrained, row.unconstrained.as_ref()?.mae_penalised?))
        })
        .collect();
    if pairs.len() < MIN_GATE_ROWS {
        return None;
    }
    let (constrained, free): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let found = paired_bootstrap(&constrained, &free, RESAMPLES, facts.input.seed)?;
    let matters = primary
        .margin
        .unwrap_or(0.0)
        .max(MOVEMENT * report.primary()?.value?.abs());
    if found.interval95[1] >= 0.0 || -found.mean < matters {
        return None;
    }
    if split_of(facts) == Some(Split::Frozen) {
        withheld.push(Withheld {
            rule: RULE.to_owned(),
            reason: format!(
                "free answers are better by {:.4} on the frozen rows; a setting that is chosen by them is no longer measured by them. Evaluate `dev` and plan from that report",
                -found.mean
            ),
        });
        return None;
    }
    Some(Proposal {
        rule: RULE.to_owned(),
        kind: ActionKind::Decode,
        hypothesis:
            "the model's most likely numbers are better than the medians of its distribution"
                .to_owned(),
        change: Change::Evaluation(vec![key("numbers", json!("median"), json!("most_likely"))]),
        why: format!(
            "on the same {} rows, free answers are better by {:.4} [{:.4}, {:.4}]",
            found.n, -found.mean, -found.interval95[1], -found.interval95[0]
        ),
        clusters: Vec::new(),
        rows: Vec::new(),
        expectation: expectation(
            report,
            &primary.metric,
            primary.direction,
            -found.mean,
            "measured on these rows between the two ways of answering".to_owned(),
        ),
        gate: not_worse(primary),
        rollback: no_worse(primary),
        augmentation: None,
    })
}

/// Data: values fail in describable places.
fn add_rows_for_weak_places(facts: &Facts<'_>, withheld: &mut Vec<Withheld>) -> Option<Proposal> {
    const RULE: &str = "add_rows_for_weak_places";
    let clusters: Vec<&Cluster> = of_family(facts, FailureFamily::Value).collect();
    let heaviest = *clusters.first()?;
    let split = split_of(facts);
    let mut hold = |reason: &str| {
        withheld.push(Withheld {
            rule: RULE.to_owned(),
            reason: reason.to_owned(),
        });
    };
    if !may_choose_data_by(split) {
        hold(match split {
            Some(Split::Frozen) => {
                "these failures are of the frozen set; choosing training rows by them would spend it. Evaluate `dev` (gradus eval TASK --model … --split dev) and plan from that report"
            }
            _ => {
                "the material does not say of which split its rows are; only failures of train or dev may choose training rows"
            }
        });
        return None;
    }
    let report = facts.input.report?;
    let Some(source) = &facts.input.source else {
        hold("the training rows are not at hand; give --task");
        return None;
    };
    if report.answered_by.backend == "baseline" {
        hold("a baseline is fitted on all rows once; adding copies says nothing about a model");
        return None;
    }
    let Some(spec) = neighbours::augmentation(facts, &clusters, source) else {
        hold("no training row resembles the failures; new rows have to come from outside");
        return None;
    };
    let rows_to_add = spec.repeat.iter().map(|it| it.copies).sum::<usize>()
        + spec.recombine.as_ref().map_or(0, |it| it.rows);
    let share =
        realised_share(RULE, &confrontations(facts)).map_or(DATA_SHARE, |it| it * DATA_SHARE);
    let primary = &report.primary_score;
    let gain = gain_of(&clusters, facts, primary) * share;
    let basis = format!(
        "assumes that {:.0} % of the error in {} goes; nothing else moves",
        share * 100.0,
        ids(&clusters).join(", ")
    );
    Some(Proposal {
        rule: RULE.to_owned(),
        kind: ActionKind::Data,
        hypothesis: format!(
            "the model saw too little of {}: {} of {} such rows have {} off by {:.1} on average",
            place(heaviest),
            heaviest.n,
            heaviest.n_matching,
            heaviest.what,
            heaviest.mean_error.unwrap_or_default()
        ),
        change: Change::Augmentation { rows_to_add },
        why: format!(
            "{:.0} % of all value error sits in {} clusters; training rows like them are repeated, and recombined where their parts fix the label",
            100.0 * clusters.iter().map(|it| it.share_of_error).sum::<f64>(),
            clusters.len()
        ),
        clusters: ids(&clusters),
        rows: rows_of(&clusters),
        expectation: expectation(report, &primary.metric, primary.direction, gain, basis),
        gate: not_worse(primary),
        rollback: no_worse(primary),
        augmentation: Some(spec),
    })
}

/// The movement of the primary score if all error of the clusters went.
fn gain_of(clusters: &[&Cluster], facts: &Facts<'_>, primary: &PrimaryScore) -> f64 {
    let answered = facts.counts.rows.max(1) as f64;
    let weight: f64 = clusters.iter().map(|cluster| cluster.weight).sum();
    match primary.metric.as_str() {
        metric if metric.starts_with("mae_norm") => weight / answered,
        metric if metric.starts_with("mae_") => weight / answered * facts.scale.width(),
        // A rate of right rows: a row is gained when its failing field is.
        _ => {
            let rows: std::collections::BTreeSet<&String> =
                clusters.iter().flat_map(|cluster| &cluster.rows).collect();
            rows.len() as f64 / answered
        }
    }
}

fn expectation(
    report: &EvalReport,
    metric: &str,
    direction: Direction,
    improvement: f64,
    basis: String,
) -> Expectation {
    let base = report.metrics.get(metric).and_then(|metric| metric.value);
    expectation_from(base, metric, direction, improvement, basis)
}

fn expectation_from(
    base: Option<f64>,
    metric: &str,
    direction: Direction,
    improvement: f64,
    basis: String,
) -> Expectation {
    let improvement = round_to(improvement, 6);
    Expectation {
        metric: metric.to_owned(),
        scope: GateScope::Overall,
        direction,
        base,
        improvement,
        at_least: round_to(improvement / 2.0, 6),
        basis,
    }
}

fn absolute(metric: &str, direction: Direction, threshold: f64) -> Gate {
    Gate {
        metric: metric.to_owned(),
        scope: GateScope::Overall,
        direction,
        kind: GateKind::Absolute,
        threshold,
        min_n: MIN_GATE_ROWS,
    }
}

fn not_worse(primary: &PrimaryScore) -> Gate {
    Gate {
        kind: GateKind::NonInferiority,
        threshold: primary.margin.unwrap_or(0.0),
        ..absolute(&primary.metric, primary.direction, 0.0)
    }
}

fn no_worse(primary: &PrimaryScore) -> Rollback {
    let metric = &primary.metric;
    Rollback {
        unless: not_worse(primary),
        text: format!(
            "the interval of {metric} reaches below what the champion has, or the form of answers gets worse"
        ),
    }
}

fn no_worse_in_form(text: &str) -> Rollback {
    Rollback {
        unless: absolute("strict_valid_rate", Direction::Maximize, 0.98),
        text: text.to_owned(),
    }
}

fn split_of(facts: &Facts<'_>) -> Option<Split> {
    let mut splits = facts.outcomes.iter().map(|row| row.split);
    let first = splits.next()??;
    splits.all(|split| split == Some(first)).then_some(first)
}

fn confrontations(facts: &Facts<'_>) -> Vec<gradus_schema::plan::Confrontation> {
    let earlier = facts.input.earlier.iter();
    earlier.filter_map(|it| it.confrontation.clone()).collect()
}

fn of_family<'a>(facts: &Facts<'a>, family: FailureFamily) -> impl Iterator<Item = &'a Cluster> {
    facts
        .clusters
        .iter()
        .filter(move |cluster| cluster.family == family)
}

fn ids(clusters: &[&Cluster]) -> Vec<String> {
    clusters.iter().map(|cluster| cluster.id.clone()).collect()
}

fn rows_of(clusters: &[&Cluster]) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for id in clusters
        .iter()
        .flat_map(|cluster| cluster.rows.iter().take(4))
    {
        if !rows.contains(id) && rows.len() < ROWS_SHOWN {
            rows.push(id.clone());
        }
    }
    rows
}

/// Where a cluster's failures occur, in words.
fn place(cluster: &Cluster) -> String {
    let shown: Vec<String> = cluster.conditions.iter().map(ToString::to_string).collect();
    match shown.as_slice() {
        [] => format!("what sets {}", cluster.what),
        _ => format!("rows where {}", shown.join(" and ")),
    }
}

fn key(name: &str, from: Value, to: Value) -> KeyChange {
    KeyChange {
        key: name.to_owned(),
        from,
        to,
    }
}

/// Significant digits, so that a plan reads well and is the same on every machine.
fn round_to(value: f64, digits: usize) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let text = format!("{value:.*e}", digits - 1);
    text.parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::round_to;

    #[test]
    fn numbers_keep_their_leading_digits() {
        assert_eq!(round_to(0.000_123_456, 3), 0.000_123);
        assert_eq!(round_to(1.8, 3), 1.8);
        assert_eq!(round_to(1234.6, 3), 1230.0);
        assert_eq!(round_to(0.0, 3), 0.0);
    }
}
