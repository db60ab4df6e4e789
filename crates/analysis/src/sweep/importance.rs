//! Which parameters mattered in a sweep.

use gradus_schema::sweep::SweepConfig;

use super::bayes::axis::{Axis, point_of};
use super::bayes::{MAX_OBSERVATIONS, Observation, limited, standardised};
use super::bayes::{fit, gaussian::Gaussian};
use super::space::Space;
use super::trial::{Trial, TrialState};
use crate::draws::Draws;
use crate::stats::spearman;

/// Fewer trials than this say nothing of importance.
const MIN_TRIALS: usize = 10;
/// Partners that each trial exchanges a value with.
const EXCHANGES: usize = 8;

#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    /// Its path, with points between groups.
    pub parameter: String,
    /// Share of the metric's variance that goes with this parameter, alone or together with others
    /// (the total effect of Sobol, by Jansen's estimator, over the points that were tried and what a
    /// Gaussian process makes of them). 0 and up; all together can be more than 1. `None` with fewer
    /// than 10 trials, and when all were equally good.
    pub total_effect: Option<f64>,
    /// Spearman's rank correlation of value and metric, -1 to 1; `None` for values that aren't
    /// numbers, and with fewer than 10 trials.
    pub correlation: Option<f64>,
    /// Trials that ended by themselves or were stopped, with a value.
    pub n: usize,
}

/// Each parameter that varies, the most important first.
pub fn importance(config: &SweepConfig, trials: &[Trial], seed: u64) -> Vec<Importance> {
    let space = Space::of(&config.parameters);
    let axes = Axis::all(&space);
    let Some(metric) = &config.metric else {
        return Vec::new();
    };
    let counted: Vec<(&Trial, Observation)> = trials
        .iter()
        .filter(|trial| matches!(trial.state, TrialState::Finished | TrialState::Killed))
        .filter_map(|trial| {
            let cost = trial.best(metric.is_maximized)?;
            let point = point_of(&space, &axes, trial)?;
            Some((trial, Observation { point, cost }))
        })
        .collect();
    let n = counted.len();
    let effects = total_effects(&axes, &counted, seed);
    let correlation = |axis: &Axis| {
        let values: Option<Vec<f64>> = counted
            .iter()
            .map(|(trial, _)| space.leaves[axis.leaf].find(&trial.parameters)?.as_f64())
            .collect();
        let costs: Vec<f64> = counted.iter().map(|(_, one)| one.cost).collect();
        spearman(&values?, &costs).filter(|_| n >= MIN_TRIALS)
    };
    let mut all: Vec<Importance> = axes
        .iter()
        .enumerate()
        .map(|(index, axis)| Importance {
            parameter: space.leaves[axis.leaf].path.join("."),
            total_effect: effects.as_ref().map(|effects| effects[index]),
            correlation: correlation(axis),
            n,
        })
        .collect();
    let size = |one: &Importance| one.total_effect.unwrap_or(0.0);
    all.sort_by(|a, b| size(b).total_cmp(&size(a)));
    all
}

/// One an axis.
fn total_effects(axes: &[Axis], counted: &[(&Trial, Observation)], seed: u64) -> Option<Vec<f64>> {
    if counted.len() < MIN_TRIALS {
        return None;
    }
    let observations: Vec<Observation> = counted.iter().map(|(_, one)| one.clone()).collect();
    let observations = limited(observations, MAX_OBSERVATIONS);
    let costs = standardised(&observations);
    if costs.iter().all(|cost| *cost == 0.0) {
        return None;
    }
    let points: Vec<Vec<f64>> = observations.into_iter().map(|one| one.point).collect();
    let kernel = fit::fit(axes, &points, &costs);
    let gaussian = Gaussian::new(axes, kernel, points.clone(), costs)?;
    let means: Vec<f64> = points.iter().map(|point| gaussian.mean(point)).collect();
    let effect = |axis: usize| {
        // Streams of their own: an axis more changes no other's figure.
        let mut draws = Draws::stream(seed, axis as u64);
        let mut squares = 0.0;
        for (point, mean) in points.iter().zip(&means) {
            let mut exchanged = point.clone();
            for _ in 0..EXCHANGES {
                exchanged[axis] = draws.pick(&points)[axis];
                squares += (gaussian.mean(&exchanged) - mean).powi(2);
            }
        }
        // The variance of standardised costs is 1.
        squares / (2 * EXCHANGES * points.len()) as f64
    };
    Some((0..axes.len()).map(effect).collect())
}
