//! Labels against their declared scale, and roles against each other: what a conversion done
//! twice, or a set put together from two sources, looks like.

use gradus_schema::Scale;
use serde::{Deserialize, Serialize};

/// Rows from which a distribution says something.
pub const FEWEST_ROWS: usize = 20;
/// Labels that use no more than this share of the scale are suspected of another scale.
const NARROW_SHARE: f64 = 0.35;
/// Kolmogorov–Smirnov distances below this are no alarm however many rows there are.
const LEAST_DISTANCE: f64 = 0.25;
/// Two-sided level of one comparison, before it is divided by their number.
const LEVEL: f64 = 0.001;

/// What is odd about labels; the fields are named as the contract names them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "alarm")]
pub enum ScaleAlarm {
    /// Numbers outside the declared scale.
    OutsideScale { field: String, min: f64, max: f64 },
    /// All numbers lie in the lowest part: labels divided twice, or another scale.
    NarrowScale { max: f64, n: usize },
    /// One role's numbers are distributed otherwise than those of `train`.
    Shift {
        field: String,
        /// Largest difference of the two distribution functions, 0–1.
        distance: f64,
        train_mean: f64,
        mean: f64,
    },
}

/// Checks labels (rows × fields) of one role by themselves.
pub fn scale_alarms(labels: &[Vec<f64>], fields: &[String], scale: Scale) -> Vec<ScaleAlarm> {
    let mut alarms = Vec::new();
    for (column, field) in fields.iter().enumerate() {
        let values = labels.iter().filter_map(|row| row.get(column));
        let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
        values.for_each(|&value| (min, max) = (min.min(value), max.max(value)));
        if min < scale.min || max > scale.max {
            alarms.push(ScaleAlarm::OutsideScale {
                field: field.clone(),
                min,
                max,
            });
        }
    }
    let max = labels
        .iter()
        .flatten()
        .fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    if alarms.is_empty()
        && labels.len() >= FEWEST_ROWS
        && max - scale.min <= NARROW_SHARE * scale.width()
    {
        alarms.push(ScaleAlarm::NarrowScale {
            max,
            n: labels.len(),
        });
    }
    alarms
}

/// Compares the labels of a role with those of `train`, field by field.
pub fn shift_alarms(train: &[Vec<f64>], role: &[Vec<f64>], fields: &[String]) -> Vec<ScaleAlarm> {
    if train.len() < FEWEST_ROWS || role.len() < FEWEST_ROWS {
        return Vec::new();
    }
    let column = |rows: &[Vec<f64>], column: usize| -> Vec<f64> {
        rows.iter()
            .filter_map(|row| row.get(column).copied())
            .collect()
    };
    let mut alarms = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let (a, b) = (column(train, index), column(role, index));
        let Some(distance) = ks_distance(&a, &b) else {
            continue;
        };
        if distance > LEAST_DISTANCE.max(critical_distance(a.len(), b.len(), fields.len())) {
            alarms.push(ScaleAlarm::Shift {
                field: field.clone(),
                distance,
                train_mean: crate::stats::mean(&a).unwrap_or(f64::NAN),
                mean: crate::stats::mean(&b).unwrap_or(f64::NAN),
            });
        }
    }
    alarms
}

/// Largest difference of the two empirical distribution functions, 0–1; `None` without values.
pub fn ks_distance(a: &[f64], b: &[f64]) -> Option<f64> {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_by(f64::total_cmp);
        values
    };
    let (a, b) = (sorted(a), sorted(b));
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (mut i, mut j, mut largest) = (0, 0, 0.0f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        i += a[i..].iter().take_while(|x| **x <= value).count();
        j += b[j..].iter().take_while(|x| **x <= value).count();
        let difference = i as f64 / a.len() as f64 - j as f64 / b.len() as f64;
        largest = largest.max(difference.abs());
    }
    Some(largest)
}

/// The asymptotic bound of Kolmogorov and Smirnov, with Bonferroni's correction.
fn critical_distance(n: usize, m: usize, comparisons: usize) -> f64 {
    let level = LEVEL / comparisons.max(1) as f64;
    let (n, m) = (n as f64, m as f64);
    (-(level / 2.0).ln() / 2.0).sqrt() * ((n + m) / (n * m)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;

    const SCALE: Scale = Scale {
        min: 0.0,
        max: 10.0,
    };

    fn labels(n: usize, up_to: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut draws = Draws::new(seed);
        (0..n)
            .map(|_| vec![draws.index(up_to + 1) as f64, draws.index(up_to + 1) as f64])
            .collect()
    }

    #[test]
    fn distances_are_those_of_scipy() {
        // scipy.stats.ks_2samp([1,2,3,4], [3,4,5,6,7]).statistic
        assert_eq!(
            ks_distance(&[1., 2., 3., 4.], &[3., 4., 5., 6., 7.]),
            Some(0.6)
        );
        assert_eq!(ks_distance(&[1., 1., 2.], &[2., 1., 1.]), Some(0.0));
        assert_eq!(ks_distance(&[], &[1.0]), None);
    }

    #[test]
    fn labels_divided_twice_and_foreign_scales_raise_alarms() {
        let fields = ["a".to_owned(), "b".to_owned()];
        assert!(scale_alarms(&labels(100, 10, 1), &fields, SCALE).is_empty());
        let twice = scale_alarms(&labels(100, 2, 1), &fields, SCALE);
        assert_eq!(twice, [ScaleAlarm::NarrowScale { max: 2.0, n: 100 }]);
        assert!(scale_alarms(&labels(10, 2, 1), &fields, SCALE).is_empty());
        let foreign = scale_alarms(&labels(100, 100, 1), &fields, SCALE);
        assert_eq!(foreign.len(), 2);
        let same = shift_alarms(&labels(400, 10, 1), &labels(60, 10, 2), &fields);
        assert!(same.is_empty(), "{same:?}");
        let shifted = shift_alarms(&labels(400, 10, 1), &labels(60, 4, 2), &fields);
        assert_eq!(shifted.len(), 2, "{shifted:?}");
    }
}
