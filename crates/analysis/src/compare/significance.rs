//! Tests of a paired difference, and the correction for asking more than once.

use crate::special::{fair_coin_two_sided, t_two_sided};
use crate::stats::mean;

/// Two-sided p-value of the paired t test that the mean of `differences` is 0. Where all
/// differences are equal, of the sign test. `None` for fewer than two.
pub fn paired_t(differences: &[f64]) -> Option<f64> {
    let spread = standard_deviation(differences)?;
    let centre = mean(differences)?;
    let n = differences.len() as f64;
    if spread > 0.0 {
        return Some(t_two_sided(centre / (spread / n.sqrt()), n - 1.0));
    }
    let tries = if centre == 0.0 {
        0
    } else {
        differences.len() as u64
    };
    Some(fair_coin_two_sided(0, tries))
}

/// McNemar's exact test: `lost` rows went from 1 to 0, `won` from 0 to 1.
pub fn mcnemar_exact(lost: usize, won: usize) -> f64 {
    fair_coin_two_sided(won as u64, (lost + won) as u64)
}

/// Holm's step-down correction, in the order of the input (Holm 1979).
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![1.0; p_values.len()];
    let mut so_far: f64 = 0.0;
    for (rank, &index) in order.iter().enumerate() {
        let factor = (p_values.len() - rank) as f64;
        so_far = so_far.max((p_values[index] * factor).min(1.0));
        corrected[index] = so_far;
    }
    corrected
}

/// With the divisor n − 1; `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    // Equal values have no spread; the rounding of their mean must not invent one.
    if values.iter().all(|value| *value == values[0]) {
        return Some(0.0);
    }
    let centre = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}
