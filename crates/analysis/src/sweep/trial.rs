//! What is known of one run of a sweep.

use gradus_schema::sweep::SweepConfig;
use serde_json::{Map, Value};

/// Values by name. Grouped parameters are objects under their group's name, as the client gets
/// them; a protocol that wraps values (`{"value": …}`) does so itself.
pub type Parameters = Map<String, Value>;

#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    pub id: String,
    pub parameters: Parameters,
    pub state: TrialState,
    /// Every logged value of the sweep's metric, in the order of logging; not finite ones too. An
    /// iteration is one entry. What stands only in the summary is one more at the end.
    pub history: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialState {
    /// Handed out, not begun.
    Pending,
    Running,
    Finished,
    /// Ended by itself with an error.
    Failed,
    /// Fell silent.
    Crashed,
    /// Ended from outside: by a person, or by early stopping.
    Killed,
    /// Its machine is about to be taken away.
    Preempting,
    /// Waits to be resumed.
    Preempted,
}

impl TrialState {
    /// It will log nothing more.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Finished | Self::Failed | Self::Crashed | Self::Killed
        )
    }
}

impl Trial {
    /// The best finite value of its history.
    pub(super) fn best(&self, is_maximized: bool) -> Option<f64> {
        let finite = self
            .history
            .iter()
            .copied()
            .filter(|value| value.is_finite());
        finite.reduce(|a, b| if is_maximized { a.max(b) } else { a.min(b) })
    }
}

/// The trial with the best value of the metric so far, and that value; the earliest of equals.
/// `None` without a metric or any finite value.
pub fn best<'a>(config: &SweepConfig, trials: &'a [Trial]) -> Option<(&'a Trial, f64)> {
    let is_maximized = config.metric.as_ref()?.is_maximized;
    let mut found: Option<(&Trial, f64)> = None;
    for trial in trials {
        let Some(value) = trial.best(is_maximized) else {
            continue;
        };
        let is_better = |best: f64| match is_maximized {
            true => value > best,
            false => value < best,
        };
        if found.is_none_or(|(_, best)| is_better(best)) {
            found = Some((trial, value));
        }
    }
    found
}

/// After each trial, the best value until then; `None` before the first value.
pub fn best_so_far(config: &SweepConfig, trials: &[Trial]) -> Vec<Option<f64>> {
    let is_maximized = config
        .metric
        .as_ref()
        .is_some_and(|metric| metric.is_maximized);
    let mut best: Option<f64> = None;
    let after = trials.iter().map(|trial| {
        let values = [best, trial.best(is_maximized)].into_iter().flatten();
        best = values.reduce(|a, b| if is_maximized { a.max(b) } else { a.min(b) });
        best
    });
    after.collect()
}
