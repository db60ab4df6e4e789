//! Failures that belong together: first by what they are (failure code, or the field that is
//! off), then narrowed to where they are clearly more frequent than elsewhere.
//!
//! Greedy covering as in subgroup discovery: the heaviest kind of failure is narrowed by the
//! condition with the highest weighted relative accuracy (Lavrač, Flach, Zupan 1999), at most
//! twice; its failures are set aside; the next follows. Many words are tried, so a condition
//! counts only when chance would do as well in less than 5 % of such searches (exact binomial
//! tail, Bonferroni over the conditions tried).

use std::collections::{BTreeMap, BTreeSet};

use gradus_schema::Scale;
use gradus_schema::plan::{Cluster, Condition, FailureFamily};

use super::conditions::{LengthLimits, conditions_of};
use super::outcomes::{RowOutcome, VALUE_TOLERANCE};
use crate::stats::mean;

const CLUSTERS_A_FAMILY: usize = 3;
const CONDITIONS_A_CLUSTER: usize = 2;
/// Failures that make a pattern.
const MIN_SUPPORT: usize = 3;
/// Share of a cluster's failures that a narrower one has to keep.
const MIN_KEPT: f64 = 0.3;
const MIN_LIFT: f64 = 1.5;

/// One failing field of a row, or one failing row.
struct Incident {
    row: usize,
    what: String,
    /// Share of the row that it costs.
    weight: f64,
}

/// Format and value clusters together, heaviest first, named `c1`, `c2`, …
pub fn clusters(outcomes: &[RowOutcome], scale: Scale) -> Vec<Cluster> {
    let answered: Vec<&RowOutcome> = outcomes.iter().filter(|row| !row.is_transport()).collect();
    let limits = LengthLimits::of(answered.iter().map(|row| row.text.as_str()));
    let index = index_of(&answered, limits);
    let mut found = Vec::new();
    for family in [FailureFamily::Format, FailureFamily::Value] {
        let incidents = incidents_of(&answered, family);
        found.extend(cover(&answered, &index, incidents, family, scale));
    }
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    for (number, cluster) in found.iter_mut().enumerate() {
        cluster.id = format!("c{}", number + 1);
    }
    found
}

fn incidents_of(rows: &[&RowOutcome], family: FailureFamily) -> Vec<Incident> {
    let mut incidents = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        match (family, row.failure) {
            (FailureFamily::Format, Some(code)) => incidents.push(Incident {
                row: index,
                what: code.to_string(),
                weight: row.loss,
            }),
            (FailureFamily::Value, None) => {
                let fields = row.errors.len() as f64;
                let failing = row
                    .errors
                    .iter()
                    .filter(|(_, error)| **error > VALUE_TOLERANCE);
                incidents.extend(failing.map(|(field, error)| Incident {
                    row: index,
                    what: field.clone(),
                    weight: error / fields,
                }));
            }
            _ => {}
        }
    }
    incidents
}

/// Condition → rows that meet it, ascending. Those of too few rows can't make a pattern.
fn index_of(rows: &[&RowOutcome], limits: LengthLimits) -> Vec<(Condition, Vec<usize>)> {
    let mut index: BTreeMap<Condition, Vec<usize>> = BTreeMap::new();
    for (row, outcome) in rows.iter().enumerate() {
        for condition in conditions_of(&outcome.text, &outcome.strata, limits) {
            index.entry(condition).or_default().push(row);
        }
    }
    index
        .into_iter()
        .filter(|(_, members)| members.len() >= MIN_SUPPORT && members.len() < rows.len())
        .collect()
}

fn cover(
    rows: &[&RowOutcome],
    index: &[(Condition, Vec<usize>)],
    mut incidents: Vec<Incident>,
    family: FailureFamily,
    scale: Scale,
) -> Vec<Cluster> {
    let total: f64 = incidents.iter().map(|incident| incident.weight).sum();
    let mut found = Vec::new();
    let min_support = MIN_SUPPORT.min(incidents.len());
    while found.len() < CLUSTERS_A_FAMILY {
        let Some(what) = heaviest(&incidents) else {
            break;
        };
        let failing: BTreeSet<usize> = incidents
            .iter()
            .filter(|incident| incident.what == what)
            .map(|incident| incident.row)
            .collect();
        if failing.len() < min_support {
            break;
        }
        let (conditions, matching) = narrow(&failing, rows.len(), index);
        let members: BTreeSet<usize> = failing.intersection(&matching).copied().collect();
        let overall = failing.len() as f64 / rows.len() as f64;
        let (inside, outside): (Vec<Incident>, Vec<Incident>) = incidents
            .into_iter()
            .partition(|it| it.what == what && members.contains(&it.row));
        incidents = outside;
        let weight: f64 = inside.iter().map(|incident| incident.weight).sum();
        let rate = members.len() as f64 / matching.len() as f64;
        found.push(Cluster {
            id: String::new(),
            family,
            n: members.len(),
            n_matching: matching.len(),
            lift: (!conditions.is_empty()).then(|| rate / overall),
            conditions,
            share_of_error: if total > 0.0 { weight / total } else { 0.0 },
            weight,
            mean_error: mean_of(rows, &members, scale, |row| row.errors.get(&what)),
            mean_signed_error: mean_of(rows, &members, scale, |row| row.signed_errors.get(&what)),
            rows: worst_first(rows, &members, &what),
            what,
        });
    }
    found
}

fn heaviest(incidents: &[Incident]) -> Option<String> {
    let mut weights: BTreeMap<&str, f64> = BTreeMap::new();
    for incident in incidents {
        *weights.entry(&incident.what).or_default() += incident.weight;
    }
    let heaviest = weights
        .iter()
        .max_by(|a, b| a.1.total_cmp(b.1).then_with(|| b.0.cmp(a.0)))?;
    Some((*heaviest.0).to_owned())
}

/// The conditions under which these failures are clearly more frequent, and the rows that meet
/// all of them.
fn narrow(
    failing: &BTreeSet<usize>,
    rows: usize,
    index: &[(Condition, Vec<usize>)],
) -> (Vec<Condition>, BTreeSet<usize>) {
    let is_failing: Vec<bool> = (0..rows).map(|row| failing.contains(&row)).collect();
    let mut is_matching = vec![true; rows];
    let mut conditions: Vec<Condition> = Vec::new();
    while conditions.len() < CONDITIONS_A_CLUSTER {
        let size = is_matching.iter().filter(|matches| **matches).count();
        let hits = failing.iter().filter(|row| is_matching[**row]).count();
        let rate = hits as f64 / size as f64;
        let enough = MIN_SUPPORT.max((hits as f64 * MIN_KEPT).ceil() as usize);
        let mut best: Option<(f64, &Condition, &[usize])> = None;
        for (condition, members) in index {
            let inside = members.iter().filter(|row| is_matching[**row]);
            let (mut inside_size, mut inside_hits) = (0, 0);
            for row in inside {
                inside_size += 1;
                inside_hits += usize::from(is_failing[*row]);
            }
            if inside_hits < enough || inside_size == size {
                continue;
            }
            let inside_rate = inside_hits as f64 / inside_size as f64;
            if inside_rate < MIN_LIFT * rate {
                continue;
            }
            let gain = inside_size as f64 * (inside_rate - rate);
            let is_best = best.is_none_or(|(most, ..)| gain > most + 1e-12);
            let by_chance = || binomial_tail(inside_hits, inside_size, rate) * index.len() as f64;
            if is_best && by_chance() <= 0.05 {
                best = Some((gain, condition, members));
            }
        }
        let Some((_, condition, members)) = best else {
            break;
        };
        conditions.push(condition.clone());
        let mut narrower = vec![false; rows];
        for row in members.iter().filter(|row| is_matching[**row]) {
            narrower[*row] = true;
        }
        is_matching = narrower;
    }
    let matching = (0..rows).filter(|row| is_matching[*row]).collect();
    (conditions, matching)
}

/// Chance of at least `hits` in `tries`, each with this `rate`.
fn binomial_tail(hits: usize, tries: usize, rate: f64) -> f64 {
    if hits == 0 || rate >= 1.0 {
        return 1.0;
    }
    if rate <= 0.0 || hits > tries {
        return 0.0;
    }
    let (n, odds) = (tries as f64, rate / (1.0 - rate));
    // The logarithm of each term from the one before, so that nothing overflows.
    let mut log_term = n * (1.0 - rate).ln();
    let mut tail = 0.0;
    for k in 0..=tries {
        if k >= hits {
            tail += log_term.exp();
        }
        let k = k as f64;
        log_term += ((n - k) / (k + 1.0) * odds).ln();
    }
    tail.min(1.0)
}

fn mean_of<'a>(
    rows: &[&'a RowOutcome],
    members: &BTreeSet<usize>,
    scale: Scale,
    value: impl Fn(&'a RowOutcome) -> Option<&'a f64>,
) -> Option<f64> {
    let values: Vec<f64> = members
        .iter()
        .filter_map(|row| value(rows[*row]))
        .map(|share| share * scale.width())
        .collect();
    mean(&values)
}

fn worst_first(rows: &[&RowOutcome], members: &BTreeSet<usize>, what: &str) -> Vec<String> {
    let badness = |row: &usize| {
        let row = rows[*row];
        row.errors.get(what).copied().unwrap_or(row.loss)
    };
    let mut order: Vec<usize> = members.iter().copied().collect();
    order.sort_by(|a, b| badness(b).total_cmp(&badness(a)).then_with(|| a.cmp(b)));
    order.into_iter().map(|row| rows[row].id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_schema::FailureCode;

    const SCALE: Scale = Scale {
        min: 0.0,
        max: 10.0,
    };

    fn outcome(id: usize, text: &str, error: f64, failure: Option<FailureCode>) -> RowOutcome {
        RowOutcome {
            id: format!("r{id}"),
            split: None,
            strata: BTreeMap::from([(
                "kind".into(),
                if id.is_multiple_of(2) { "a" } else { "b" }.into(),
            )]),
            text: text.into(),
            failure,
            errors: BTreeMap::from([("energy".into(), error), ("warmth".into(), 0.0)]),
            signed_errors: BTreeMap::from([("energy".into(), -error)]),
            loss: if failure.is_some() { 0.7 } else { error / 2.0 },
        }
    }

    #[test]
    fn the_word_behind_the_failures_is_found_with_counts_and_ids() {
        let rows: Vec<RowOutcome> = (0..60)
            .map(|id| {
                let hard = id % 5 == 0;
                let text = if hard { "a picnic song" } else { "a city song" };
                let error = if hard {
                    0.5 + f64::from(id as u8) / 1000.0
                } else {
                    0.05
                };
                outcome(id, text, error, None)
            })
            .collect();
        let found = clusters(&rows, SCALE);
        assert_eq!(found.len(), 1);
        let cluster = &found[0];
        assert_eq!(
            (cluster.id.as_str(), cluster.what.as_str()),
            ("c1", "energy")
        );
        assert_eq!((cluster.n, cluster.n_matching), (12, 12));
        let word = |word: &str| Condition::Word(word.into());
        assert!(
            [word("a picnic"), word("picnic"), word("picnic song")]
                .contains(&cluster.conditions[0])
        );
        assert_eq!(cluster.conditions.len(), 1);
        assert!((cluster.lift.unwrap() - 5.0).abs() < 1e-9);
        assert_eq!(cluster.rows[0], "r55");
        assert!(cluster.mean_signed_error.unwrap() < -5.0);
        assert!((cluster.share_of_error - 1.0).abs() < 1e-9);
    }

    #[test]
    fn format_stands_apart_from_value_and_transport_is_no_failure_of_the_model() {
        let rows: Vec<RowOutcome> = (0..40)
            .map(|id| match id % 4 {
                0 => outcome(id, "x", 0.0, Some(FailureCode::CodeFence)),
                1 => outcome(id, "x", 0.4, None),
                2 => outcome(id, "x", 0.0, Some(FailureCode::Timeout)),
                _ => outcome(id, "x", 0.0, None),
            })
            .collect();
        let found = clusters(&rows, SCALE);
        let shown: Vec<(FailureFamily, &str, usize)> = found
            .iter()
            .map(|it| (it.family, it.what.as_str(), it.n))
            .collect();
        assert_eq!(
            shown,
            [
                (FailureFamily::Format, "code_fence", 10),
                (FailureFamily::Value, "energy", 10),
            ]
        );
        // Every fenced answer is of stratum a; 10 of the 20 of b against 10 of all 30 may be chance.
        let stratum = |value: &str| Condition::Stratum {
            field: "kind".into(),
            value: value.into(),
        };
        assert_eq!(found[0].conditions, [stratum("a")]);
        assert!(found[1].conditions.is_empty());
    }

    #[test]
    fn chance_makes_no_pattern() {
        let mut draws = crate::Draws::new(3);
        let words = ["sun", "moon", "rain", "wind", "snow", "fog"];
        let rows: Vec<RowOutcome> = (0..120)
            .map(|id| {
                let text = draws.pick(&words).to_string();
                let error = if draws.chance(0.3) { 0.5 } else { 0.0 };
                outcome(id, &text, error, None)
            })
            .collect();
        let found = clusters(&rows, SCALE);
        assert!(found[0].conditions.is_empty(), "{:?}", found[0].conditions);
    }

    /// Sums of exact fractions: `sum(comb(n, k) * p**k * (1-p)**(n-k) for k in range(hits, n+1))`
    /// with Python's `fractions.Fraction`.
    #[test]
    fn the_binomial_tail_is_that_of_exact_fractions() {
        for (hits, tries, rate, expected) in [
            (9, 20, 0.3, 0.113_331_462_876_978_41),
            (12, 12, 0.2, 4.096e-9),
            (1, 5, 0.5, 0.968_75),
        ] {
            let found = binomial_tail(hits, tries, rate);
            assert!(
                (found - expected).abs() < 1e-9 * expected.max(1e-3),
                "{found}"
            );
        }
        assert_eq!(binomial_tail(0, 5, 0.5), 1.0);
        assert_eq!(binomial_tail(3, 5, 0.0), 0.0);
    }

    #[test]
    fn nothing_failed_means_no_cluster() {
        assert!(clusters(&[], SCALE).is_empty());
        assert!(clusters(&[outcome(1, "x", 0.0, None)], SCALE).is_empty());
    }
}
