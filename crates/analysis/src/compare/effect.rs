//! One metric in both arms on the same rows: means, difference, interval, test.

use gradus_schema::Direction;
use gradus_schema::comparison::{EffectMethod, PairedEffect};

use super::bootstrap::bca_mean_interval95;
use super::significance::{mcnemar_exact, paired_t, standard_deviation};
use crate::special::t_quantile;
use crate::stats::mean;

/// How the interval of a mean is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalOf {
    Bootstrap {
        resamples: usize,
        seed: u64,
    },
    /// Student's t: fast, for metrics beside the one that decides.
    Student,
}

const Z95: f64 = 1.959_963_984_540_054;

/// The effect on a metric with a value per row; `base[i]` and `candidate[i]` are of one row.
/// `None` for unequal counts, fewer than two rows or values that are not finite.
pub fn paired_effect(
    base: &[f64],
    candidate: &[f64],
    direction: Direction,
    interval: IntervalOf,
) -> Option<PairedEffect> {
    if base.len() != candidate.len() {
        return None;
    }
    if !base.iter().chain(candidate).all(|value| value.is_finite()) {
        return None;
    }
    let differences: Vec<f64> = base.iter().zip(candidate).map(|(a, b)| b - a).collect();
    let (n, spread) = (differences.len(), standard_deviation(&differences)?);
    let difference = mean(&differences)?;
    let is_rate = base
        .iter()
        .chain(candidate)
        .all(|&value| value == 0.0 || value == 1.0);
    let (interval95, p_value, method) = if is_rate {
        let count = |wanted: f64| differences.iter().filter(|&&it| it == wanted).count();
        let (lost, won) = (count(-1.0), count(1.0));
        let p = mcnemar_exact(lost, won);
        (bonett_price95(lost, won, n), Some(p), EffectMethod::McNemar)
    } else {
        let p = paired_t(&differences);
        let half = t_quantile(0.975, n as f64 - 1.0) * spread / (n as f64).sqrt();
        let student = [difference - half, difference + half];
        match interval {
            IntervalOf::Bootstrap { resamples, seed } => {
                // Where few rows changed the bootstrap sees too little of what might have been:
                // by simulation it covers 85 % (20 rows, 6 changed). The wider end counts.
                let [low, high] = bca_mean_interval95(&differences, resamples, seed)?;
                let interval = [low.min(student[0]), high.max(student[1])];
                (interval, p, EffectMethod::BcaBootstrap)
            }
            IntervalOf::Student => (student, p, EffectMethod::PairedT),
        }
    };
    let [low, high] = interval95;
    let (improvement, improvement_interval95) = match direction {
        Direction::Maximize => (difference, interval95),
        Direction::Minimize => (0.0 - difference, [0.0 - high, 0.0 - low]),
    };
    Some(PairedEffect {
        n,
        n_changed: differences.iter().filter(|&&it| it != 0.0).count(),
        base: mean(base)?,
        candidate: mean(candidate)?,
        difference,
        interval95,
        improvement,
        improvement_interval95,
        standard_deviation: spread,
        p_value,
        method,
    })
}

/// 95 % interval of a difference of paired rates (Bonett and Price 2012): Wald with one row
/// added to each kind of change, so that no change in few rows is not taken for certainty.
pub fn bonett_price95(lost: usize, won: usize, n: usize) -> [f64; 2] {
    let rows = n as f64 + 2.0;
    let (down, up) = ((lost as f64 + 1.0) / rows, (won as f64 + 1.0) / rows);
    let half = Z95 * ((up + down - (up - down).powi(2)) / rows).sqrt();
    [(up - down - half).max(-1.0), (up - down + half).min(1.0)]
}
