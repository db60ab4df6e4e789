//! From an effect to a verdict, and from an inconclusive one to what would settle it.

use gradus_schema::Verdict;
use gradus_schema::comparison::{EffectMethod, NoiseFloor, PairedEffect, Power};

use super::significance::standard_deviation;
use crate::special::{normal_quantile, t_quantile};

/// With fewer rows no interval is trusted.
pub const MIN_ROWS: usize = 20;

/// With `k` changed rows no sign test can give less than 2^(1−k), and 2^(1−6) is the first
/// below 0.05: a bootstrap over fewer would be more certain than the data.
pub const MIN_CHANGED_ROWS: usize = 6;

const ALPHA: f64 = 0.05;
/// The chance with which a detectable effect is detected.
const POWER: f64 = 0.8;

/// The verdict and its reasons.
pub fn verdict(
    effect: &PairedEffect,
    margin: f64,
    noise: Option<&NoiseFloor>,
) -> (Verdict, Vec<String>) {
    let [low, high] = effect.improvement_interval95;
    if effect.n < MIN_ROWS {
        let reason = format!(
            "{} rows are too few; at least {MIN_ROWS} are needed",
            effect.n
        );
        return (Verdict::Inconclusive, vec![reason]);
    }
    let claims_difference = low > margin || high < -margin;
    if !claims_difference {
        return if -margin <= low && high <= margin {
            (
                Verdict::Equivalent,
                vec!["the interval lies inside the margin".to_owned()],
            )
        } else {
            (
                Verdict::Inconclusive,
                vec!["the interval reaches across the margin".to_owned()],
            )
        };
    }
    let mut doubts = Vec::new();
    if effect.n_changed < MIN_CHANGED_ROWS {
        doubts.push(format!(
            "only {} rows changed; fewer than {MIN_CHANGED_ROWS} can't show a difference",
            effect.n_changed
        ));
    }
    let is_rate = effect.method == EffectMethod::McNemar;
    if let Some(p) = effect.p_value.filter(|p| is_rate && *p > ALPHA) {
        doubts.push(format!(
            "McNemar's exact test does not support it (p = {p:.3})"
        ));
    }
    if let Some(noise) = noise.filter(|noise| effect.improvement.abs() <= noise.floor) {
        doubts.push(format!(
            "the difference is within the noise of {} runs with different seeds ({:.4})",
            noise.n_runs, noise.floor
        ));
    }
    if !doubts.is_empty() {
        return (Verdict::Inconclusive, doubts);
    }
    if low > margin {
        (
            Verdict::Better,
            vec!["the interval lies beyond the margin".to_owned()],
        )
    } else {
        (
            Verdict::Worse,
            vec!["the interval lies beyond the margin, on the wrong side".to_owned()],
        )
    }
}

/// What these rows can show, and how many would show more.
pub fn power(effect: &PairedEffect, margin: f64, verdict: Verdict) -> Power {
    let n = effect.n as f64;
    let spread = effect.standard_deviation;
    let quantiles = t_quantile(0.975, n - 1.0) + normal_quantile(POWER);
    let detectable_improvement = margin + quantiles * spread / n.sqrt();
    let mut power = Power {
        detectable_improvement,
        rows_needed: None,
        rows_needed_for: None,
    };
    if verdict != Verdict::Inconclusive {
        return power;
    }
    let size = effect.improvement.abs();
    // Equivalence has to hold on both sides, so each may fail half as often.
    let (distance, tail, for_verdict) = if size > margin && effect.improvement > 0.0 {
        (size - margin, POWER, Verdict::Better)
    } else if size > margin {
        (size - margin, POWER, Verdict::Worse)
    } else {
        (
            margin - size,
            1.0 - (1.0 - POWER) / 2.0,
            Verdict::Equivalent,
        )
    };
    let quantiles = normal_quantile(0.975) + normal_quantile(tail);
    let rows = (quantiles * spread / distance).powi(2).ceil();
    // Beyond this the answer is "no number of rows that anyone has".
    if distance > 0.0 && rows.is_finite() && rows <= 1e12 {
        let at_least = MIN_ROWS as u64;
        power.rows_needed = Some((rows as u64).max(at_least));
        power.rows_needed_for = Some(for_verdict);
    }
    power
}

/// How far two runs of one recipe are apart by their seeds alone: √2 · s · t at 95 %.
/// `scores`: primary scores of all runs on the same rows. `None` for fewer than two.
pub fn noise_floor(scores: &[f64]) -> Option<NoiseFloor> {
    let spread = standard_deviation(scores)?;
    let quantile = t_quantile(0.975, scores.len() as f64 - 1.0);
    Some(NoiseFloor {
        n_runs: scores.len(),
        standard_deviation: spread,
        floor: std::f64::consts::SQRT_2 * spread * quantile,
    })
}
