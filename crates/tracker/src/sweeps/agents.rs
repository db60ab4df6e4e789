//! Agents ask what to do every few seconds; an answer that got lost is asked for again.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use gradus_analysis::sweep::{Suggestion, Trial, TrialState, next, stop};
use gradus_schema::sweep::{Method, SweepConfig};
use gradus_store::{Change, RunKey, RunPatch};
use serde_json::{Map, Value, json};

use super::{Agent, CANCELED, FINISHED, PAUSED, PENDING, RUNNING, Sweep, TrialRecord};
use crate::accounts::Caller;
use crate::runs;
use crate::secret::{random_bytes, random_name};
use crate::table::Transaction;
use crate::{Error, Result, Tracker};

/// How often an agent is told of a run that it does not begin. The first answer may have got lost.
const MOST_TIMES_GIVEN: u32 = 2;

/// What an agent is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Run {
        run: String,
        parameters: Map<String, Value>,
        program: Option<String>,
    },
    Resume {
        run: String,
        parameters: Map<String, Value>,
        program: Option<String>,
    },
    Stop {
        run: String,
    },
    Exit,
}

impl Command {
    /// As the agent reads it.
    pub fn to_json(&self) -> Value {
        let starting =
            |kind: &str, run: &str, parameters: &Map<String, Value>, program: &Option<String>| {
                let arguments = parameters
                    .iter()
                    .map(|(name, value)| (name.clone(), json!({ "value": value })));
                json!({
                    "type": kind,
                    "run_id": run,
                    "args": arguments.collect::<Map<_, _>>(),
                    "program": program,
                })
            };
        match self {
            Self::Run {
                run,
                parameters,
                program,
            } => starting("run", run, parameters, program),
            Self::Resume {
                run,
                parameters,
                program,
            } => starting("resume", run, parameters, program),
            Self::Stop { run } => json!({ "type": "stop", "run_id": run }),
            Self::Exit => json!({ "type": "exit" }),
        }
    }
}

impl Tracker {
    pub fn create_agent(&self, caller: &Caller, sweep: &Sweep, host: &str) -> Result<Agent> {
        self.accounts.check_write(caller, &sweep.entity)?;
        let agent = Agent {
            id: random_name(12)?,
            sweep: sweep.key(),
            host: host.to_owned(),
            user: caller.user.name.clone(),
            created_unix_ms: self.now_unix_ms(),
        };
        let _changing = self.lock();
        let mut transaction = Transaction::default();
        transaction.put(&self.sweeps.agents, agent.id.clone(), agent.clone())?;
        transaction.commit(&self.store)?;
        Ok(agent)
    }

    /// When an agent was last heard of, since this server started.
    pub fn agent_heard_unix_ms(&self, agent: &str) -> Option<i64> {
        let heard = self
            .sweeps
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        heard.get(agent).copied()
    }

    /// What an agent shall do that has these runs queued or running.
    ///
    /// # Errors
    /// An agent or a sweep that is gone; the agent ends then.
    pub fn agent_heartbeat(
        &self,
        caller: &Caller,
        agent: &str,
        has: &HashSet<String>,
    ) -> Result<Vec<Command>> {
        let _changing = self.lock();
        let gone = || Error::not_found(format!("agent {agent} not found; its sweep was deleted"));
        let known = self.sweeps.agent(agent).ok_or_else(gone)?;
        let sweep = self.sweep_by_id(caller, &known.sweep)?;
        self.accounts.check_write(caller, &sweep.entity)?;
        let now = self.now_unix_ms();
        let heard = || {
            self.sweeps
                .heard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        heard().insert(agent.to_owned(), now);
        let to_stop = self.to_stop(&sweep, has)?;
        if !to_stop.is_empty() {
            return Ok(to_stop);
        }
        match () {
            () if !has.is_empty() || sweep.state == PAUSED => Ok(Vec::new()),
            () if sweep.is_over() => Ok(vec![Command::Exit]),
            () => self.work_for(caller, &known, sweep),
        }
    }

    fn to_stop(&self, sweep: &Sweep, has: &HashSet<String>) -> Result<Vec<Command>> {
        if has.is_empty() {
            return Ok(Vec::new());
        }
        let mut runs = match sweep.state == CANCELED {
            true => has.iter().cloned().collect(),
            false => self.stopped_by_hand(sweep, has),
        };
        let config = sweep.parsed()?;
        if config.early_terminate.is_some() {
            let trials = self.trials(sweep, &config)?;
            let behind = stop(&config, &trials);
            runs.extend(behind.into_iter().filter(|run| has.contains(run)));
        }
        runs.sort_unstable();
        runs.dedup();
        Ok(runs.into_iter().map(|run| Command::Stop { run }).collect())
    }

    fn work_for(&self, caller: &Caller, agent: &Agent, sweep: Arc<Sweep>) -> Result<Vec<Command>> {
        let config = sweep.parsed()?;
        if let Some(again) = self.given_again(&agent.id, &sweep, &config.program)? {
            return Ok(vec![again]);
        }
        let trials = self.trials(&sweep, &config)?;
        let suggestion = self.suggestion(&sweep, &config, &trials)?;
        let command = match suggestion {
            Suggestion::Wait => return Ok(Vec::new()),
            Suggestion::Exhausted => {
                let is_running = trials.iter().any(|trial| !trial.state.is_over());
                if !is_running {
                    self.set_state(&sweep, FINISHED)?;
                }
                return Ok(vec![Command::Exit]);
            }
            Suggestion::Resume(run) => {
                let trial = trials.iter().find(|trial| trial.id == run);
                Command::Resume {
                    parameters: trial
                        .map(|trial| trial.parameters.clone())
                        .unwrap_or_default(),
                    run,
                    program: config.program,
                }
            }
            Suggestion::Run(parameters) => {
                let run = self.make_trial(caller, agent, &sweep, &parameters, trials.len())?;
                Command::Run {
                    run,
                    parameters,
                    program: config.program,
                }
            }
        };
        if sweep.state == PENDING {
            self.set_state(&sweep, RUNNING)?;
        }
        if let Command::Run { run, .. } | Command::Resume { run, .. } = &command {
            self.given().insert(agent.id.clone(), (run.clone(), 1));
        }
        Ok(vec![command])
    }

    fn suggestion(
        &self,
        sweep: &Sweep,
        config: &SweepConfig,
        trials: &[Trial],
    ) -> Result<Suggestion> {
        let prior = match config.method {
            Method::Bayes => self.prior_trials(sweep, config)?,
            // These learn nothing.
            Method::Grid | Method::Random => Vec::new(),
        };
        let mut config = config.clone();
        // Runs from before are none of the sweep's own.
        config.run_cap = config.run_cap.map(|cap| cap + prior.len() as u64);
        let known: Vec<Trial> = prior.into_iter().chain(trials.iter().cloned()).collect();
        next(&config, &known, sweep.seed).map_err(|error| Error::input(error.to_string()))
    }

    fn given(&self) -> std::sync::MutexGuard<'_, std::collections::HashMap<String, (String, u32)>> {
        self.sweeps
            .given
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The run that the agent was given last and has not begun: once more, and then no longer.
    fn given_again(
        &self,
        agent: &str,
        sweep: &Sweep,
        program: &Option<String>,
    ) -> Result<Option<Command>> {
        let Some((run, times)) = self.given().get(agent).cloned() else {
            return Ok(None);
        };
        let key = RunKey::new(&sweep.entity, &sweep.project, &run);
        let is_waiting = |record: &gradus_store::RunRecord| {
            record.fields.state.as_deref() == Some(runs::PENDING)
        };
        let record = self.store.run(&key).map(|view| view.record);
        let Some(record) = record.filter(|record| is_waiting(record)) else {
            return Ok(None);
        };
        if times >= MOST_TIMES_GIVEN {
            // Its program ended before it called `wandb.init`.
            self.patch_run(
                record.number,
                RunPatch {
                    state: Some(runs::FAILED.to_owned()),
                    ..RunPatch::default()
                },
            )?;
            return Ok(None);
        }
        self.given()
            .insert(agent.to_owned(), (run.clone(), times + 1));
        let trials = self.sweeps.trials_of(sweep);
        let trial = trials.iter().find(|trial| trial.run == run);
        Ok(trial.map(|trial| Command::Run {
            run,
            parameters: trial.parameters.clone(),
            program: program.clone(),
        }))
    }

    fn set_state(&self, sweep: &Sweep, state: &str) -> Result<()> {
        self.put_sweep(Sweep {
            state: state.to_owned(),
            updated_unix_ms: self.now_unix_ms(),
            ..sweep.clone()
        })
    }

    /// A run that waits for its agent, and its line in the sweep's list, together.
    fn make_trial(
        &self,
        caller: &Caller,
        agent: &Agent,
        sweep: &Sweep,
        parameters: &Map<String, Value>,
        place: usize,
    ) -> Result<String> {
        let run = random_name(8)?;
        let now = self.now_unix_ms();
        let config = parameters
            .iter()
            .map(|(name, value)| (name.clone(), json!({ "value": value })));
        let config: Map<String, Value> = config.collect();
        let name = runs::display_name(random_bytes()?, place as u64 + 1);
        let extra = crate::RunExtra {
            agent: Some(agent.id.clone()),
            ..crate::RunExtra::default()
        };
        let patch = RunPatch {
            display_name: Some(name),
            state: Some(runs::PENDING.to_owned()),
            sweep: Some(sweep.id.clone()),
            user: Some(caller.user.name.clone()),
            created_unix_ms: Some(now),
            heartbeat_unix_ms: Some(now),
            config: Some(Value::Object(config).to_string()),
            extra: Some(extra.to_text()),
            ..RunPatch::default()
        };
        let mut transaction = Transaction::default();
        transaction.change(Change::UpsertRun {
            key: RunKey::new(&sweep.entity, &sweep.project, &run),
            patch: Box::new(patch),
        });
        let record = TrialRecord {
            run: run.clone(),
            parameters: parameters.clone(),
            agent: agent.id.clone(),
        };
        transaction.put(
            &self.sweeps.trials,
            format!("{}/{place:08}", sweep.key()),
            record,
        )?;
        transaction.commit(&self.store)?;
        Ok(run)
    }

    /// How many of a sweep's trials are not over.
    pub fn open_trials(&self, sweep: &Sweep) -> Result<usize> {
        let config = sweep.parsed()?;
        let trials = self.trials(sweep, &config)?;
        let is_open = |state: TrialState| !state.is_over();
        Ok(trials.iter().filter(|trial| is_open(trial.state)).count())
    }
}
