//! Bayesian search: a Gaussian process over the trials so far says where the metric is likely to
//! improve most; that is tried next.
//!
//! Each parameter is one axis from 0 to 1 by its distribution, so a learning rate on a logarithmic
//! scale is searched on that scale. Lists are axes on which any two values are a distance of 1
//! apart, which is what one-hot coordinates give.

mod acquire;
pub(super) mod axis;
pub(super) mod fit;
pub(super) mod gaussian;
mod linear;

use gradus_schema::sweep::SweepConfig;
use serde_json::Value;

use super::space::Space;
use super::trial::{Parameters, Trial, TrialState};
use crate::draws::Draws;
use axis::Axis;
use gaussian::Gaussian;

/// At most so many trials are learnt from: half of them the best, half the latest.
pub(super) const MAX_OBSERVATIONS: usize = 200;
/// At most so many unfinished trials are kept clear of, the latest.
const MAX_RUNNING: usize = 64;
/// Keeps the draws apart from those of random search with the same seed.
const STREAM: u64 = 1 << 63;

/// One trial whose worth is known. Smaller is better.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observation {
    pub point: Vec<f64>,
    pub cost: f64,
}

/// The next point; `None` while too little is known for anything better than a random one.
pub(super) fn most_promising(
    config: &SweepConfig,
    space: &Space,
    trials: &[Trial],
    seed: u64,
) -> Option<Parameters> {
    let axes: Vec<Axis> = Axis::all(space);
    let observations = observe(config, space, &axes, trials);
    if observations.len() < first_random_trials(axes.len()) {
        return None;
    }
    let observations = limited(observations, MAX_OBSERVATIONS);
    let costs = standardised(&observations);
    let points: Vec<Vec<f64>> = observations.into_iter().map(|one| one.point).collect();
    let running = running_points(space, &axes, trials);

    let kernel = fit::fit(&axes, &points, &costs);
    let gaussian = Gaussian::new(&axes, kernel, points, costs)?.with_lies(running)?;
    let mut draws = Draws::stream(seed, STREAM | trials.len() as u64);
    let point = acquire::best_point(&axes, &gaussian, &mut draws);
    Some(space.assemble(values(space, &axes, &point, &mut draws)))
}

/// Enough for a first guess at every axis, but not all of a small budget.
fn first_random_trials(axes: usize) -> usize {
    (axes + 2).clamp(4, 10)
}

/// What is known, in the order of the trials. Empty when no trial has a value yet.
///
/// A trial that failed or crashed, or ended without a value, counts as the worst known one. One that
/// was killed (early stopping does that) keeps its own best value.
fn observe(
    config: &SweepConfig,
    space: &Space,
    axes: &[Axis],
    trials: &[Trial],
) -> Vec<Observation> {
    let Some(metric) = &config.metric else {
        return Vec::new();
    };
    let cost_of = |trial: &Trial| {
        let best = trial.best(metric.is_maximized)?;
        Some(if metric.is_maximized { -best } else { best })
    };
    let over = || trials.iter().filter(|trial| trial.state.is_over());
    let Some(worst) = over().filter_map(cost_of).reduce(f64::max) else {
        return Vec::new();
    };
    let observed = over().filter_map(|trial| {
        let point = axis::point_of(space, axes, trial)?;
        let cost = match trial.state {
            TrialState::Failed | TrialState::Crashed => worst,
            _ => cost_of(trial).unwrap_or(worst),
        };
        Some(Observation { point, cost })
    });
    observed.collect()
}

fn running_points(space: &Space, axes: &[Axis], trials: &[Trial]) -> Vec<Vec<f64>> {
    let unfinished = trials.iter().rev().filter(|trial| !trial.state.is_over());
    unfinished
        .filter_map(|trial| axis::point_of(space, axes, trial))
        .take(MAX_RUNNING)
        .collect()
}

pub(super) fn limited(observations: Vec<Observation>, limit: usize) -> Vec<Observation> {
    if observations.len() <= limit {
        return observations;
    }
    let latest_from = observations.len() - limit / 2;
    let mut earlier: Vec<usize> = (0..latest_from).collect();
    earlier.sort_by(|a, b| observations[*a].cost.total_cmp(&observations[*b].cost));
    let mut kept: Vec<usize> = earlier.into_iter().take(limit - limit / 2).collect();
    kept.extend(latest_from..observations.len());
    kept.into_iter()
        .map(|index| observations[index].clone())
        .collect()
}

/// Costs with mean 0 and deviation 1. Before that, costs far above the others are brought near: one
/// diverged run must not flatten the rest.
pub(super) fn standardised(observations: &[Observation]) -> Vec<f64> {
    let mut sorted: Vec<f64> = observations.iter().map(|one| one.cost).collect();
    sorted.sort_by(f64::total_cmp);
    let quantile = |share: f64| sorted[(share * (sorted.len() - 1) as f64).round() as usize];
    let ceiling = quantile(0.75) + 3.0 * (quantile(0.75) - quantile(0.0));
    let mut costs: Vec<f64> = observations
        .iter()
        .map(|one| {
            if one.cost > ceiling {
                ceiling
            } else {
                one.cost
            }
        })
        .collect();
    // Divided first: the mean of numbers near the end of f64 would be infinite.
    let scale = costs
        .iter()
        .fold(0.0, |scale: f64, cost| scale.max(cost.abs()));
    if scale > 0.0 {
        costs.iter_mut().for_each(|cost| *cost /= scale);
    }
    let count = costs.len() as f64;
    let mean = costs.iter().sum::<f64>() / count;
    let variance = costs.iter().map(|cost| (cost - mean).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    for cost in &mut costs {
        // Costs that differ by rounding alone say nothing.
        *cost = if deviation > 1e-14 {
            (*cost - mean) / deviation
        } else {
            0.0
        };
    }
    costs
}

/// A point's values, one a leaf.
fn values(space: &Space, axes: &[Axis], point: &[f64], draws: &mut Draws) -> Vec<Value> {
    let mut values: Vec<Value> = space
        .leaves
        .iter()
        .map(|leaf| super::value_at(leaf.parameter, draws.unit()))
        .collect();
    for (axis, at) in axes.iter().zip(point) {
        values[axis.leaf] = axis.value(*at);
    }
    values
}
