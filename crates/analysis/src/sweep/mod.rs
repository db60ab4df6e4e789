//! Hyperparameter search: which values the next run of a sweep tries, and which runs to stop.
//!
//! A caller keeps the list of trials and asks [`next`] and [`stop`]; nothing else has to be kept,
//! so that a server that starts again goes on as if it hadn't stopped. `docs/sweeps.md` describes
//! the methods for those who write sweeps.

mod bayes;
mod distribution;
mod grid;
mod hyperband;
mod importance;
mod space;
mod trial;

pub use distribution::{cdf, position, quantile, value_at};
pub use hyperband::{bracket_ends, stop};
pub use importance::{Importance, importance};
pub use trial::{Parameters, Trial, TrialState, best, best_so_far};

use gradus_schema::sweep::{Method, SweepConfig};

use crate::draws::Draws;
use crate::error::Result;
use space::Space;

/// What an agent that asks for work is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Suggestion {
    /// Start a run with these.
    Run(Parameters),
    /// Take up the trial with this id, which its machine gave up on.
    Resume(String),
    /// Nothing to start now, but there may be later: ask again.
    Wait,
    /// Nothing to start, ever.
    Exhausted,
}

/// The next step of a sweep.
///
/// `trials` are all that were ever handed out, in that order, deleted ones too: the place of a trial
/// numbers its random draws. The same arguments give the same answer.
///
/// # Errors
/// A grid over values that can't be counted.
pub fn next(config: &SweepConfig, trials: &[Trial], seed: u64) -> Result<Suggestion> {
    let space = Space::of(&config.parameters);
    if config.method == Method::Grid {
        space.check_countable()?;
    }
    if reached_target(config, trials) {
        return Ok(Suggestion::Exhausted);
    }
    let with_state = |state| trials.iter().find(|trial| trial.state == state);
    if let Some(trial) = with_state(TrialState::Preempted) {
        return Ok(Suggestion::Resume(trial.id.clone()));
    }
    let parameters = match has_room(config, trials) {
        false => None,
        true => match config.method {
            Method::Grid => grid::first_untried(&space, trials),
            Method::Random => Some(random(&space, trials.len(), seed)),
            Method::Bayes => Some(
                bayes::most_promising(config, &space, trials, seed)
                    .unwrap_or_else(|| random(&space, trials.len(), seed)),
            ),
        },
    };
    Ok(match parameters {
        Some(parameters) => Suggestion::Run(parameters),
        // Its machine may still give up on it.
        None if with_state(TrialState::Preempting).is_some() => Suggestion::Wait,
        None => Suggestion::Exhausted,
    })
}

fn reached_target(config: &SweepConfig, trials: &[Trial]) -> bool {
    let Some(metric) = &config.metric else {
        return false;
    };
    let Some(target) = metric.target else {
        return false;
    };
    best(config, trials).is_some_and(|(_, value)| match metric.is_maximized {
        true => value >= target,
        false => value <= target,
    })
}

fn has_room(config: &SweepConfig, trials: &[Trial]) -> bool {
    let cap = config.run_cap.unwrap_or(u64::MAX);
    u64::try_from(trials.len()).is_ok_and(|count| count < cap)
}

/// Every parameter from its own distribution; `index` is the trial's place in the sweep, from 0.
fn random(space: &Space, index: usize, seed: u64) -> Parameters {
    let mut draws = Draws::stream(seed, index as u64);
    let values = space
        .leaves
        .iter()
        .map(|leaf| value_at(leaf.parameter, draws.unit()));
    space.assemble(values.collect())
}

#[cfg(test)]
mod sweep_tests;
