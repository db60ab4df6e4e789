//! The trials of a sweep as its search sees them.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use gradus_analysis::sweep::{Trial, TrialState, best};
use gradus_schema::sweep::SweepConfig;
use gradus_store::{ALL_STEPS, RunKey, RunRecord, RunView};
use gradus_wire::file_stream::looked_up;
use gradus_wire::run_config::RunConfig;
use gradus_wire::{Json, JsonObject, json};

use super::Sweep;
use crate::query::RunsQuery;
use crate::runs::HISTORY;
use crate::{Result, Tracker};

impl Tracker {
    /// Every trial that was handed out, in order.
    pub(super) fn trials(&self, sweep: &Sweep, config: &SweepConfig) -> Result<Vec<Trial>> {
        let records = self.sweeps.trials_of(sweep);
        let mut trials = Vec::with_capacity(records.len());
        for record in records {
            let key = RunKey::new(&sweep.entity, &sweep.project, &record.run);
            let view = self.store.run(&key);
            let state = view.as_ref().map_or(TrialState::Killed, state_of);
            let history = match &view {
                Some(view) => self.metric_of(view, config, state)?.as_ref().clone(),
                None => Vec::new(),
            };
            trials.push(Trial {
                id: record.run.clone(),
                parameters: record.parameters.clone(),
                state,
                history,
            });
        }
        Ok(trials)
    }

    /// Runs that were there before the sweep, from which its search learns.
    ///
    /// # Errors
    /// A filter that is none.
    pub fn prior_runs(&self, sweep: &Sweep) -> Result<Vec<Arc<RunRecord>>> {
        let Some(filters) = sweep
            .prior_runs_filters
            .as_deref()
            .filter(|text| !text.is_empty())
        else {
            return Ok(Vec::new());
        };
        let filters = json::parse("priorRunsFilters", filters)?;
        if filters.as_object().is_none_or(JsonObject::is_empty) {
            return Ok(Vec::new());
        }
        let query = RunsQuery::parse(&sweep.entity, &sweep.project, Some(&filters), None)?;
        self.runs(&query, 0, u64::MAX)
    }

    /// Runs from before, as trials that are over.
    pub(super) fn prior_trials(&self, sweep: &Sweep, config: &SweepConfig) -> Result<Vec<Trial>> {
        let mut trials = Vec::new();
        for record in self.prior_runs(sweep)? {
            let Some(view) = self.store.run_numbered(record.number) else {
                continue;
            };
            let values = RunConfig::decode(record.fields.config.as_deref().unwrap_or_default())?;
            let values = Json::Object(values.values()).to_strict();
            let state = state_of(&view);
            trials.push(Trial {
                id: record.key.name.clone(),
                parameters: serde_json::from_str(&values).unwrap_or_default(),
                state,
                history: self.metric_of(&view, config, state)?.as_ref().clone(),
            });
        }
        Ok(trials)
    }

    /// The value that the search holds for the best so far.
    pub fn best_loss(&self, sweep: &Sweep) -> Result<Option<f64>> {
        let config = sweep.parsed()?;
        let trials = self.trials(sweep, &config)?;
        Ok(best(&config, &trials).map(|(_, value)| value))
    }

    /// Names of runs of a sweep that were told to stop or shall be.
    pub(super) fn stopped_by_hand(&self, sweep: &Sweep, runs: &HashSet<String>) -> Vec<String> {
        let is_stopped = |run: &&String| {
            let key = RunKey::new(&sweep.entity, &sweep.project, run);
            let view = self.store.run(&key);
            view.is_some_and(|view| crate::RunExtra::of(&view.record).is_stop_requested)
        };
        runs.iter().filter(is_stopped).cloned().collect()
    }

    fn metric_of(
        &self,
        view: &RunView,
        config: &SweepConfig,
        state: TrialState,
    ) -> Result<Arc<Vec<f64>>> {
        let Some(metric) = &config.metric else {
            return Ok(Arc::default());
        };
        let number = view.record.number;
        let known = || {
            self.sweeps
                .histories
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if state.is_over()
            && let Some(values) = known().get(&number)
        {
            return Ok(values.clone());
        }
        let rows = view.series(HISTORY, &[metric.name.as_str()], &ALL_STEPS, None)?;
        let values = rows.iter().filter_map(|row| row.values.first()?.as_f64());
        let mut values: Vec<f64> = values.collect();
        if values.is_empty() {
            values.extend(summary_value(view, &metric.name));
        }
        let values = Arc::new(values);
        if state.is_over() {
            known().insert(number, values.clone());
        }
        Ok(values)
    }
}

/// What stands only in the summary, where the metric was never logged.
fn summary_value(view: &RunView, metric: &str) -> Option<f64> {
    let text = view.record.fields.summary.as_deref()?;
    let summary = json::parse_object("the summary", text).ok()?;
    looked_up(&summary, metric)?.as_f64()
}

fn state_of(view: &RunView) -> TrialState {
    match view.record.fields.state.as_deref() {
        Some("pending") => TrialState::Pending,
        Some("finished") => TrialState::Finished,
        Some("failed") => TrialState::Failed,
        Some("crashed") => TrialState::Crashed,
        Some("killed") => TrialState::Killed,
        Some("preempting") => TrialState::Preempting,
        Some("preempted") => TrialState::Preempted,
        _ => TrialState::Running,
    }
}
