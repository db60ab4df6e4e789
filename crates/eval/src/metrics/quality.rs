//! Further readings of the same errors (utility, hits within a distance, sanity) and the scores
//! of declared graders.

use std::collections::{BTreeMap, BTreeSet};

use gradus_analysis::stats;
use gradus_schema::Metric;

use super::{Observation, Table, rate};
use crate::bootstrap::Ratio;
use crate::training_reference::TrainingReference;

pub(super) const NAMES: [&str; 7] = [
    "mae_utility",
    "within_1_rate",
    "within_2_rate",
    "sanity_rate",
    "sanity_not_constant_rate",
    "sanity_not_repeated_rate",
    "distance_to_training",
];

/// How steeply utility falls with the error: the originals' intent score reached 0 at 1/2.1 of
/// the scale.
const UTILITY_SLOPE: f64 = 2.1;

pub(super) fn add(
    table: &Table<'_>,
    metrics: &mut BTreeMap<String, Metric>,
    reference: Option<&TrainingReference>,
) {
    let evaluated = table.evaluated_count();
    let width = table.scale.width();
    let valid = |row: usize| table.observations[row].prediction.is_some();
    let utility = |row: usize| {
        let mae = stats::mean(&table.costs[row]).unwrap_or(width);
        let utility = (1.0 - UTILITY_SLOPE * mae / width).clamp(0.0, 1.0);
        if valid(row) { utility } else { 0.0 }
    };
    let mut add = |name: &str, ratio: Ratio| {
        let metric = table.mean_metric(&[ratio], evaluated, "fraction", |mean| mean);
        metrics.insert(name.to_owned(), metric);
    };
    add("mae_utility", table.over_all(utility));
    for (name, distance) in [("within_1_rate", 1.0), ("within_2_rate", 2.0)] {
        let share = |row: usize| {
            let costs = &table.costs[row];
            let near = costs.iter().filter(|cost| **cost <= distance).count();
            if valid(row) {
                near as f64 / costs.len() as f64
            } else {
                0.0
            }
        };
        add(name, table.over_all(share));
    }
    add_sanity(table, metrics, reference);
}

/// Not how right answers are but whether they look like answers to these rows at all: valid, not
/// the training median, not the previous row's answer over again.
fn add_sanity(
    table: &Table<'_>,
    metrics: &mut BTreeMap<String, Metric>,
    reference: Option<&TrainingReference>,
) {
    let total = table.observations.len();
    let evaluated: Vec<&Observation> = table
        .observations
        .iter()
        .filter(|row| row.evaluated())
        .collect();
    let valid: Vec<&Observation> = evaluated
        .iter()
        .copied()
        .filter(|row| row.prediction.is_some())
        .collect();
    let constant = reference.map(|reference| reference.constant(None));
    let not_constant = |row: &Observation| {
        constant.is_none()
            || row.prediction != constant
            || row.target == *constant.as_ref().unwrap_or(&row.target)
    };
    let distinct: Vec<bool> = (0..valid.len())
        .map(|at| {
            at == 0
                || valid[at].prediction != valid[at - 1].prediction
                || valid[at].target == valid[at - 1].target
        })
        .collect();
    let fresh = distinct.iter().filter(|fresh| **fresh).count();
    let varied = valid.iter().filter(|row| not_constant(row)).count();
    metrics.insert(
        "sanity_not_repeated_rate".to_owned(),
        rate(fresh, valid.len(), total),
    );
    let known = if constant.is_some() { valid.len() } else { 0 };
    metrics.insert(
        "sanity_not_constant_rate".to_owned(),
        rate(varied.min(known), known, total),
    );
    let passes = valid
        .iter()
        .zip(&distinct)
        .filter(|(row, fresh)| **fresh && not_constant(row));
    metrics.insert(
        "sanity_rate".to_owned(),
        rate(passes.count(), evaluated.len(), total),
    );
    let value = reference.and_then(|reference| distance_to_training(table, &valid, reference));
    let metric = Metric {
        value,
        n: if value.is_some() { valid.len() } else { 0 },
        n_total: total,
        interval95: None,
        unit: "fraction of scale".to_owned(),
        scale: Some(table.scale),
    };
    metrics.insert("distance_to_training".to_owned(), metric);
}

/// The mean over the numbers of the distance (Wasserstein 1) between how answers and how training
/// targets are distributed, as a share of the scale: 0 is the same distribution.
fn distance_to_training(
    table: &Table<'_>,
    valid: &[&Observation],
    reference: &TrainingReference,
) -> Option<f64> {
    let column = |at: usize| -> Option<f64> {
        let mut ours: Vec<f64> = valid
            .iter()
            .filter_map(|row| Some(row.prediction.as_ref()?[at]))
            .collect();
        ours.sort_by(f64::total_cmp);
        wasserstein(&ours, &reference.sorted[at])
    };
    let each: Option<Vec<f64>> = (0..table.contract.fields().len()).map(column).collect();
    Some(stats::mean(&each?)? / table.scale.width())
}

/// The area between two step functions of sorted values.
fn wasserstein(a: &[f64], b: &[f64]) -> Option<f64> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let mut points: Vec<f64> = a.iter().chain(b).copied().collect();
    points.sort_by(f64::total_cmp);
    let share = |values: &[f64], at: f64| {
        values.partition_point(|value| *value <= at) as f64 / values.len() as f64
    };
    let areas = points
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) * (share(a, pair[0]) - share(b, pair[0])).abs());
    Some(areas.sum())
}

/// The mean of each grader's scores over evaluated rows; rows it could not grade leave `n`.
pub(super) fn add_grades(table: &Table<'_>, metrics: &mut BTreeMap<String, Metric>) {
    let names: BTreeSet<&String> = table
        .observations
        .iter()
        .flat_map(|row| row.grades.keys())
        .collect();
    let total = table.observations.len();
    for name in names {
        let grade = |row: &Observation| row.grades.get(name).copied().flatten();
        let graded = |row: &Observation| row.evaluated() && grade(row).is_some();
        let scores: Vec<f64> = table
            .observations
            .iter()
            .filter(|row| graded(row))
            .filter_map(grade)
            .collect();
        let metric = if scores.iter().all(|score| *score == 0.0 || *score == 1.0) {
            rate(
                scores.iter().filter(|score| **score == 1.0).count(),
                scores.len(),
                total,
            )
        } else {
            let ratio = table.over(graded, |row| grade(&table.observations[row]).unwrap_or(0.0));
            let mut metric = table.mean_metric(&[ratio], scores.len(), "fraction", |mean| mean);
            metric.scale = None;
            metric
        };
        metrics.insert(name.clone(), metric);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_between_distributions() {
        // SciPy: wasserstein_distance([0, 1, 3], [5, 6, 8]) = 5.
        assert_eq!(wasserstein(&[0.0, 1.0, 3.0], &[5.0, 6.0, 8.0]), Some(5.0));
        assert_eq!(wasserstein(&[1.0, 2.0], &[1.0, 2.0]), Some(0.0));
        assert_eq!(wasserstein(&[], &[1.0]), None);
    }
}
