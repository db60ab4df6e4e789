//! A series over another metric's values instead of over steps.

use std::ops::RangeInclusive;

use gradus_store::{Bucket, RunView};

use crate::Result;

/// A stretch of values of the other metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct XBucket {
    /// What lies in it; `last` is of the row sent last.
    pub bucket: Bucket,
    /// Lowest and highest value of the other metric.
    pub xs: (f64, f64),
}

/// The numbers of `key` in rows that have a number of `x_key` too, in at most `most` stretches of
/// equal width between the lowest and the highest finite `x_key`; those without a row are left out.
pub fn over_metric(
    view: &RunView,
    stream: &str,
    key: &str,
    x_key: &str,
    steps: &RangeInclusive<i64>,
    most: usize,
) -> Result<Vec<XBucket>> {
    let rows = view.series(stream, &[key, x_key], steps, None)?;
    let points: Vec<(i64, f64, f64)> = rows
        .iter()
        .filter_map(|row| {
            let [value, x] = row.values.as_slice() else {
                return None;
            };
            let x = x.as_f64().filter(|x| x.is_finite())?;
            Some((row.step, x, value.as_f64()?))
        })
        .collect();
    Ok(divided(&points, most))
}

/// `points`: step, x, value, in the order of the rows.
fn divided(points: &[(i64, f64, f64)], most: usize) -> Vec<XBucket> {
    let xs = || points.iter().map(|(_, x, _)| *x);
    let (low, high) = (
        xs().fold(f64::INFINITY, f64::min),
        xs().fold(f64::NEG_INFINITY, f64::max),
    );
    let count = most.max(1);
    let mut cells: Vec<Option<XBucket>> = vec![None; count];
    for (step, x, value) in points {
        // Halves, since the distance of two finite numbers may not be finite.
        let share = (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
        let index = match share.is_finite() {
            true => ((share * count as f64) as usize).min(count - 1),
            false => 0,
        };
        match &mut cells[index] {
            Some(cell) => cell.add(*step, *x, *value),
            empty => *empty = Some(XBucket::new(*step, *x, *value)),
        }
    }
    cells.into_iter().flatten().collect()
}

impl XBucket {
    fn new(step: i64, x: f64, value: f64) -> Self {
        let is_nan = value.is_nan();
        Self {
            bucket: Bucket {
                first_step: step,
                last_step: step,
                count: 1,
                nan_count: u64::from(is_nan),
                min: (!is_nan).then_some(value),
                max: (!is_nan).then_some(value),
                sum: if is_nan { 0.0 } else { value },
                last: value,
            },
            xs: (x, x),
        }
    }

    fn add(&mut self, step: i64, x: f64, value: f64) {
        let bucket = &mut self.bucket;
        bucket.first_step = bucket.first_step.min(step);
        bucket.last_step = bucket.last_step.max(step);
        bucket.count += 1;
        bucket.last = value;
        self.xs = (self.xs.0.min(x), self.xs.1.max(x));
        if value.is_nan() {
            bucket.nan_count += 1;
            return;
        }
        bucket.sum += value;
        bucket.min = Some(bucket.min.map_or(value, |min| min.min(value)));
        bucket.max = Some(bucket.max.map_or(value, |max| max.max(value)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_lies_in_the_stretch_of_its_value() {
        let points: Vec<(i64, f64, f64)> = (0..100)
            .map(|step| (step, ((step * 37) % 100) as f64, step as f64))
            .collect();
        let found = divided(&points, 10);
        assert_eq!(found.len(), 10);
        for (place, it) in found.iter().enumerate() {
            assert!(it.xs.0 >= place as f64 * 9.9 && it.xs.1 <= (place + 1) as f64 * 9.9);
        }
        let counted: u64 = found.iter().map(|it| it.bucket.count).sum();
        assert_eq!(counted, 100);
    }

    #[test]
    fn one_value_and_extreme_values_divide_without_a_panic() {
        let same = [(0, 1.0, f64::NAN), (1, 1.0, 2.0)];
        let found = divided(&same, 5);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].bucket.nan_count, 1);
        assert_eq!(found[0].bucket.min, Some(2.0));
        let wide = [(0, f64::MIN, 1.0), (1, f64::MAX, 2.0), (2, 0.0, 3.0)];
        let found = divided(&wide, 4);
        assert_eq!(found.len(), 3);
        assert!(divided(&[], 4).is_empty());
    }
}
