//! Early stopping as wandb does it: a run that isn't among the best when a bracket ends is stopped.

use gradus_schema::sweep::{Hyperband, SweepConfig};

use super::trial::{Trial, TrialState};

/// Ids of the running trials to stop now, in the order of `trials`. Empty without a metric or
/// early stopping.
///
/// An iteration is one finite value of the metric. At each bracket's end, the value there of every
/// trial that got so far is sorted, and the threshold is the one at index `count / eta`. A trial is
/// stopped when it is worse than the threshold of the last bracket it has ended: by its best value
/// so far, or, strictly, by its value at the bracket's end.
pub fn stop(config: &SweepConfig, trials: &[Trial]) -> Vec<String> {
    let (Some(metric), Some(band)) = (&config.metric, &config.early_terminate) else {
        return Vec::new();
    };
    // Smaller is better from here on.
    let costs: Vec<Vec<f64>> = trials
        .iter()
        .map(|trial| {
            let finite = trial.history.iter().filter(|value| value.is_finite());
            finite
                .map(|value| if metric.is_maximized { -value } else { *value })
                .collect()
        })
        .collect();
    let longest = costs.iter().map(Vec::len).max().unwrap_or(0);
    let thresholds: Vec<(usize, f64)> = bracket_ends(band, longest)
        .into_iter()
        .map(|end| (end, threshold(&costs, end, band.eta)))
        .collect();
    let is_behind = |costs: &[f64]| {
        let ended = thresholds.iter().rev().find(|(end, _)| *end <= costs.len());
        let Some((end, threshold)) = ended else {
            return false;
        };
        let cost = match band.is_strict {
            true => costs[end - 1],
            false => costs.iter().copied().fold(f64::INFINITY, f64::min),
        };
        cost > *threshold
    };
    let behind = trials
        .iter()
        .zip(&costs)
        .filter(|(trial, costs)| trial.state == TrialState::Running && is_behind(costs));
    behind.map(|(trial, _)| trial.id.clone()).collect()
}

/// Iterations (from 1) after which runs are compared, ascending, up to `longest`.
pub fn bracket_ends(band: &Hyperband, longest: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut keep = |end: f64| {
        let is_new = ends.last() != Some(&(end as usize));
        if is_new && end >= 1.0 && end <= longest as f64 {
            ends.push(end as usize);
        }
    };
    if let (Some(max_iter), Some(s)) = (band.max_iter, band.s) {
        let mut end = max_iter as f64;
        for _ in 0..s {
            end /= band.eta;
            if end < 1.0 {
                break;
            }
            keep(end.trunc());
        }
        ends.reverse();
    } else if let Some(min_iter) = band.min_iter {
        let mut end = min_iter as f64;
        for _ in 0..WANDB_BRACKETS {
            keep(end.trunc());
            end *= band.eta;
            if end > longest as f64 {
                break;
            }
        }
    }
    ends
}

/// How far wandb counts up from `min_iter`; with an eta near 1 that is an end.
const WANDB_BRACKETS: u32 = 100;

/// What a cost must not exceed to be among the best `1 / eta` of those that got to `end`.
fn threshold(costs: &[Vec<f64>], end: usize, eta: f64) -> f64 {
    let mut there: Vec<f64> = costs
        .iter()
        .filter_map(|costs| costs.get(end - 1).copied())
        .collect();
    there.sort_by(f64::total_cmp);
    let rank = (1.0 / eta * there.len() as f64) as usize;
    there.get(rank).copied().unwrap_or(f64::INFINITY)
}
