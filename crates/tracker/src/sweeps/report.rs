//! A sweep as its page shows it: every trial, the best so far, which parameters mattered.

use gradus_analysis::sweep::{Importance, Trial, TrialState, best, best_so_far, importance};
use gradus_schema::sweep::SweepConfig;

use super::Sweep;
use crate::{Result, Tracker};

pub struct SweepReport {
    pub config: SweepConfig,
    /// In the order in which they were handed out.
    pub trials: Vec<Trial>,
    /// After each trial, the best value until then.
    pub best_so_far: Vec<Option<f64>>,
    /// The run with the best value, and that value.
    pub best: Option<(String, f64)>,
    /// The most important parameter first.
    pub importance: Vec<Importance>,
}

impl Tracker {
    /// The run with the best value so far, and that value.
    pub fn sweep_best(&self, sweep: &Sweep) -> Result<Option<(String, f64)>> {
        let config = sweep.parsed()?;
        let trials = self.trials(sweep, &config)?;
        Ok(best(&config, &trials).map(|(trial, value)| (trial.id.clone(), value)))
    }

    pub fn sweep_report(&self, sweep: &Sweep) -> Result<SweepReport> {
        let config = sweep.parsed()?;
        let trials = self.trials(sweep, &config)?;
        Ok(SweepReport {
            best_so_far: best_so_far(&config, &trials),
            best: best(&config, &trials).map(|(trial, value)| (trial.id.clone(), value)),
            importance: importance(&config, &trials, sweep.seed),
            trials,
            config,
        })
    }
}

/// The word for a trial's state, as runs have it.
pub fn state_word(state: TrialState) -> &'static str {
    match state {
        TrialState::Pending => "pending",
        TrialState::Running => "running",
        TrialState::Finished => "finished",
        TrialState::Failed => "failed",
        TrialState::Crashed => "crashed",
        TrialState::Killed => "killed",
        TrialState::Preempting => "preempting",
        TrialState::Preempted => "preempted",
    }
}
