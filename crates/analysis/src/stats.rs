//! Statistics with the conventions of the project: undefined is `None`, never 0; intervals are
//! 95 %; percentiles are nearest rank; rounding is half away from zero (`f64::round`).

use crate::draws::Draws;

/// Resamples of every bootstrap unless a caller asks for more.
pub const RESAMPLES: usize = 2000;

/// Arithmetic mean; `None` for no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Median, the mean of the two middle values for an even count; `None` for no values.
pub fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        count if count % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

/// Nearest-rank percentile, `percent` in 0..=100: the smallest value that at least that share
/// of the values does not exceed. `None` for no values.
pub fn percentile(values: &[f64], percent: f64) -> Option<f64> {
    let sorted = sorted(values);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted.get(rank.min(sorted.len()).wrapping_sub(1)).copied()
}

/// Wilson score interval of a rate (Wilson 1927); `None` when nothing was tried.
pub fn wilson_interval95(successes: usize, tries: usize) -> Option<[f64; 2]> {
    if tries == 0 {
        return None;
    }
    const Z: f64 = 1.959_963_984_540_054;
    let n = tries as f64;
    let rate = successes as f64 / n;
    let centre = rate + Z * Z / (2.0 * n);
    let half = Z * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    // At rates of 0 and 1 rounding would leave the bound a hair beyond the rate.
    Some([
        ((centre - half) / scale).clamp(0.0, rate),
        ((centre + half) / scale).clamp(rate, 1.0),
    ])
}

/// Percentile bootstrap interval of the mean over rows. `None` for fewer than two values.
pub fn bootstrap_mean_interval95(values: &[f64], resamples: usize, seed: u64) -> Option<[f64; 2]> {
    if values.len() < 2 {
        return None;
    }
    let mut draws = Draws::new(seed);
    let means: Vec<f64> = (0..resamples.max(RESAMPLES))
        .map(|_| {
            let sum: f64 = (0..values.len())
                .map(|_| values[draws.index(values.len())])
                .sum();
            sum / values.len() as f64
        })
        .collect();
    Some([percentile(&means, 2.5)?, percentile(&means, 97.5)?])
}

/// Difference of two arms on the same rows.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct PairedDifference {
    /// Mean of `second − first`.
    pub mean: f64,
    pub interval95: [f64; 2],
    pub n: usize,
}

/// Bootstrap over rows of the mean of `second − first`; both arms keep their pairing.
/// `None` when the counts differ or there are fewer than two rows.
pub fn paired_bootstrap(
    first: &[f64],
    second: &[f64],
    resamples: usize,
    seed: u64,
) -> Option<PairedDifference> {
    if first.len() != second.len() {
        return None;
    }
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| b - a).collect();
    let interval95 = bootstrap_mean_interval95(&differences, resamples, seed)?;
    Some(PairedDifference {
        mean: mean(&differences)?,
        interval95,
        n: differences.len(),
    })
}

/// Pearson correlation; `None` for fewer than two pairs or an arm without variance.
pub fn pearson(xs: &[f64], ys: &[f64]) -> Option<f64> {
    if xs.len() != ys.len() || xs.len() < 2 {
        return None;
    }
    let (mean_x, mean_y) = (mean(xs)?, mean(ys)?);
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in xs.iter().zip(ys) {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xy += dx * dy;
        xx += dx * dx;
        yy += dy * dy;
    }
    (xx > 0.0 && yy > 0.0).then(|| (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0))
}

/// Spearman rank correlation with average ranks for ties.
pub fn spearman(xs: &[f64], ys: &[f64]) -> Option<f64> {
    pearson(&average_ranks(xs), &average_ranks(ys))
}

/// `1 − Σ(t−p)² / Σ(t−m)²` with `m` the mean of the *training* targets, so that the reference
/// is a prediction that could have been made. `None` when the targets have no variance.
pub fn r_squared(targets: &[f64], predictions: &[f64], training_mean: f64) -> Option<f64> {
    if targets.len() != predictions.len() || targets.is_empty() {
        return None;
    }
    let own_mean = mean(targets)?;
    if targets
        .iter()
        .all(|target| (target - own_mean).abs() < 1e-12)
    {
        return None;
    }
    let residual: f64 = targets
        .iter()
        .zip(predictions)
        .map(|(t, p)| (t - p).powi(2))
        .sum();
    let reference: f64 = targets.iter().map(|t| (t - training_mean).powi(2)).sum();
    Some(1.0 - residual / reference)
}

fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let tied = order[start..]
            .iter()
            .take_while(|&&i| values[i] == values[order[start]]);
        let end = start + tied.count().max(1);
        let rank = (start + end - 1) as f64 / 2.0 + 1.0;
        order[start..end]
            .iter()
            .for_each(|&index| ranks[index] = rank);
        start = end;
    }
    ranks
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    }

    #[test]
    fn nothing_is_undefined_not_zero() {
        assert_eq!(mean(&[]), None);
        assert_eq!(median(&[]), None);
        assert_eq!(percentile(&[], 95.0), None);
        assert_eq!(wilson_interval95(0, 0), None);
        assert_eq!(bootstrap_mean_interval95(&[1.0], 2000, 1), None);
        assert_eq!(pearson(&[1.0, 2.0], &[3.0, 3.0]), None);
        assert_eq!(r_squared(&[2.0, 2.0], &[1.0, 3.0], 5.0), None);
        assert_eq!(paired_bootstrap(&[1.0, 2.0], &[1.0], 2000, 1), None);
    }

    #[test]
    fn percentiles_are_nearest_rank() {
        let values = [15.0, 20.0, 35.0, 40.0, 50.0];
        assert_eq!(percentile(&values, 30.0), Some(20.0));
        assert_eq!(percentile(&values, 40.0), Some(20.0));
        assert_eq!(percentile(&values, 50.0), Some(35.0));
        assert_eq!(percentile(&values, 100.0), Some(50.0));
        assert_eq!(percentile(&values, 0.0), Some(15.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    /// Values of `scipy.stats` 1.17 (`spearmanr`, `pearsonr`,
    /// `binomtest(8, 10).proportion_ci(method="wilson")`).
    #[test]
    fn values_agree_with_scipy() {
        let (xs, ys) = ([1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 6.0, 7.0, 8.0, 7.0]);
        close(spearman(&xs, &ys), 0.820_782_681_668_123_3);
        close(pearson(&xs, &ys), 0.832_050_294_337_843_6);
        let [low, high] = wilson_interval95(8, 10).unwrap();
        close(Some(low), 0.490_162_471_536_642_1);
        close(Some(high), 0.943_317_848_545_624_8);
        close(r_squared(&[1.0, 2.0, 3.0], &[1.0, 2.0, 2.0], 2.0), 0.5);
    }

    #[test]
    fn bootstrap_is_seeded_and_brackets_the_mean() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(i % 10)).collect();
        let first = bootstrap_mean_interval95(&values, 2000, 3).unwrap();
        assert_eq!(Some(first), bootstrap_mean_interval95(&values, 2000, 3));
        assert!(first[0] < 4.5 && 4.5 < first[1]);
        // The normal approximation: 4.5 ± 1.96 · 2.872 / 10.
        assert!((first[1] - first[0] - 1.126).abs() < 0.15, "{first:?}");
        let shifted: Vec<f64> = values.iter().map(|value| value - 1.0).collect();
        let paired = paired_bootstrap(&values, &shifted, 2000, 3).unwrap();
        assert_eq!(
            (paired.mean, paired.interval95, paired.n),
            (-1.0, [-1.0, -1.0], 100)
        );
    }

    proptest::proptest! {
        #[test]
        fn percentiles_are_values_and_rates_lie_in_their_interval(
            values in proptest::collection::vec(-1e6f64..1e6, 1..40),
            percent in 0.0f64..=100.0,
            successes in 0usize..50,
        ) {
            let found = percentile(&values, percent).unwrap();
            proptest::prop_assert!(values.contains(&found));
            let [low, high] = wilson_interval95(successes, 50).unwrap();
            let rate = successes as f64 / 50.0;
            proptest::prop_assert!(0.0 <= low && low <= rate && rate <= high && high <= 1.0);
        }
    }
}
