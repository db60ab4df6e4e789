//! The BCa bootstrap interval of a mean (Efron 1987), with levels widened for small samples
//! (Hesterberg 2015, "expanded percentile"), because plain percentiles are too narrow there.
//!
//! Every resample draws from its own stream of the seed, so the result does not depend on the
//! number of threads.

use crate::draws::Draws;
use crate::special::{normal_cdf, normal_quantile, t_quantile};
use crate::stats::mean;

/// Below this much work one thread is faster.
const DRAWS_WORTH_A_THREAD: usize = 4_000_000;

/// 95 % interval of the mean of `values`. `None` for fewer than two values.
pub fn bca_mean_interval95(values: &[f64], resamples: usize, seed: u64) -> Option<[f64; 2]> {
    if values.len() < 2 || u32::try_from(values.len()).is_err() || resamples == 0 {
        return None;
    }
    let centre = mean(values)?;
    if values.iter().all(|value| *value == values[0]) {
        return Some([values[0]; 2]);
    }
    let mut means = resampled_means(values, resamples, seed);
    means.sort_by(f64::total_cmp);
    let below = share_below(&means, centre);
    let levels = bca_levels(below, acceleration(values, centre), values.len());
    Some(levels.map(|level| nearest_rank(&means, level)))
}

/// Lower and upper level at which the sorted resampled means are read.
///
/// `below`: share of resampled means below the estimate, ties half. `n`: rows.
pub fn bca_levels(below: f64, acceleration: f64, n: usize) -> [f64; 2] {
    let degrees = n as f64 - 1.0;
    let widened = t_quantile(0.975, degrees) * (n as f64 / degrees).sqrt();
    // Every resample on one side says nothing about the bias.
    let bias = if below > 0.0 && below < 1.0 {
        normal_quantile(below)
    } else {
        0.0
    };
    [-widened, widened].map(|z| {
        let shifted = bias + z;
        normal_cdf(bias + shifted / (1.0 - acceleration * shifted).max(f64::MIN_POSITIVE))
    })
}

/// Skewness of the mean's jackknife: Σd³ / 6(Σd²)^1.5 with d the rows' deviations.
pub fn acceleration(values: &[f64], centre: f64) -> f64 {
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in values {
        let deviation = value - centre;
        squares += deviation * deviation;
        cubes += deviation * deviation * deviation;
    }
    if squares > 0.0 {
        cubes / (6.0 * squares.powf(1.5))
    } else {
        0.0
    }
}

fn share_below(sorted: &[f64], centre: f64) -> f64 {
    // The mean of a resample and the mean itself are sums in different orders.
    let tolerance = 1e-12 * centre.abs().max(1e-12);
    let strictly = sorted.partition_point(|mean| *mean < centre - tolerance);
    let weakly = sorted.partition_point(|mean| *mean <= centre + tolerance);
    (strictly + weakly) as f64 / 2.0 / sorted.len() as f64
}

fn nearest_rank(sorted: &[f64], level: f64) -> f64 {
    let rank = (level * sorted.len() as f64).ceil().max(1.0) as usize;
    sorted[rank.min(sorted.len()) - 1]
}

fn resampled_means(values: &[f64], resamples: usize, seed: u64) -> Vec<f64> {
    let mut means = vec![0.0; resamples];
    let fill = |first: usize, part: &mut [f64]| {
        for (offset, mean) in part.iter_mut().enumerate() {
            *mean = resampled_mean(values, seed, (first + offset) as u64);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = (values.len() * resamples / DRAWS_WORTH_A_THREAD).clamp(1, cores);
    let share = resamples.div_ceil(threads);
    std::thread::scope(|scope| {
        for (index, part) in means.chunks_mut(share).enumerate() {
            if threads == 1 {
                fill(index * share, part);
            } else {
                scope.spawn(move || fill(index * share, part));
            }
        }
    });
    means
}

fn resampled_mean(values: &[f64], seed: u64, stream: u64) -> f64 {
    let mut draws = Draws::stream(seed, stream);
    let count = values.len() as u32;
    let mut sum = 0.0;
    for _ in 0..count {
        sum += values[draws.index32(count) as usize];
    }
    sum / f64::from(count)
}
