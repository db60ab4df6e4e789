//! Sweeps: what is tried next is chosen here, agents only ask. Every trial is a run that waits for
//! its agent, and a line of the sweep's list that stays when the run is deleted.

mod agents;
mod report;
mod trials;

pub use report::{SweepReport, state_word};

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use gradus_schema::UnixMillis;
use gradus_schema::sweep::SweepConfig;
use gradus_store::{RunNumber, Store};
use gradus_wire::sweep::parse;
use serde::{Deserialize, Serialize};

use crate::Project;
use crate::accounts::Caller;
use crate::secret::{random_bytes, random_name};
use crate::table::{Table, Transaction};
use crate::{Error, Result, Tracker};

pub const PENDING: &str = "PENDING";
pub const RUNNING: &str = "RUNNING";
pub const PAUSED: &str = "PAUSED";
pub const CANCELED: &str = "CANCELED";
pub const FINISHED: &str = "FINISHED";
const STATES: [&str; 6] = [PENDING, RUNNING, PAUSED, CANCELED, FINISHED, "STOPPED"];

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// Eight characters, as its address shows it.
    pub id: String,
    pub entity: String,
    pub project: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    /// YAML or JSON, as it was sent.
    pub config: String,
    pub state: String,
    /// Which runs that were there before the search learns from, as a filter of runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prior_runs_filters: Option<String>,
    pub seed: u64,
    pub user: String,
    pub created_unix_ms: UnixMillis,
    pub updated_unix_ms: UnixMillis,
}

impl Sweep {
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.entity, self.project, self.id)
    }

    /// # Errors
    /// Never for a sweep that was taken; its configuration was read before.
    pub fn parsed(&self) -> Result<SweepConfig> {
        Ok(parse(&self.config)?)
    }

    /// No run is begun any more.
    fn is_over(&self) -> bool {
        matches!(self.state.as_str(), CANCELED | FINISHED | "STOPPED")
    }
}

/// A run that a sweep asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// The run's own id.
    pub run: String,
    pub parameters: serde_json::Map<String, serde_json::Value>,
    pub agent: String,
}

/// A process that runs trials, one at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    pub id: String,
    /// [`Sweep::key`]
    pub sweep: String,
    pub host: String,
    pub user: String,
    pub created_unix_ms: UnixMillis,
}

/// What a request to make or change a sweep says.
#[derive(Debug, Clone, Default)]
pub struct SweepUpsert {
    /// The server's id; none makes a sweep.
    pub id: Option<String>,
    pub entity: Option<String>,
    pub project: Option<String>,
    pub config: Option<String>,
    pub state: Option<String>,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub prior_runs_filters: Option<String>,
}

pub struct Sweeps {
    sweeps: Arc<Table<Sweep>>,
    trials: Arc<Table<TrialRecord>>,
    agents: Arc<Table<Agent>>,
    /// Values of the metric of runs that are over, so that they are read once.
    histories: Mutex<HashMap<RunNumber, Arc<Vec<f64>>>>,
    /// What an agent was given last, and how often.
    given: Mutex<HashMap<String, (String, u32)>>,
    heard: Mutex<HashMap<String, UnixMillis>>,
}

impl Sweeps {
    pub fn load(store: &Store) -> Result<Self> {
        Ok(Self {
            sweeps: Table::load(store, "sweep")?,
            trials: Table::load(store, "trial")?,
            agents: Table::load(store, "agent")?,
            histories: Mutex::default(),
            given: Mutex::default(),
            heard: Mutex::default(),
        })
    }

    pub fn get(&self, entity: &str, project: &str, id: &str) -> Option<Arc<Sweep>> {
        self.sweeps.get(&format!("{entity}/{project}/{id}"))
    }

    /// Of one project, newest first.
    pub fn of_project(&self, entity: &str, project: &str) -> Vec<Arc<Sweep>> {
        let found = self.sweeps.with_prefix(&format!("{entity}/{project}/"));
        let mut sweeps: Vec<_> = found.into_iter().map(|(_, sweep)| sweep).collect();
        sweeps.sort_by_key(|sweep| std::cmp::Reverse(sweep.created_unix_ms));
        sweeps
    }

    /// Of a project: sweeps, their trials and their agents.
    pub(crate) fn forget_all(&self, project: &Project, transaction: &mut Transaction) {
        for sweep in self.of_project(&project.entity, &project.name) {
            for agent in self.agents_of(&sweep) {
                transaction.remove(&self.agents, agent.id.clone());
            }
            for (name, _) in self.trials.with_prefix(&format!("{}/", sweep.key())) {
                transaction.remove(&self.trials, name);
            }
            transaction.remove(&self.sweeps, sweep.key());
        }
    }

    pub fn agents_of(&self, sweep: &Sweep) -> Vec<Arc<Agent>> {
        let key = sweep.key();
        let mut agents = self.agents.all();
        agents.retain(|agent| agent.sweep == key);
        agents.sort_by_key(|agent| agent.created_unix_ms);
        agents
    }

    pub fn agent(&self, id: &str) -> Option<Arc<Agent>> {
        self.agents.get(id)
    }

    /// Trials in the order in which they were handed out.
    pub fn trials_of(&self, sweep: &Sweep) -> Vec<Arc<TrialRecord>> {
        let found = self.trials.with_prefix(&format!("{}/", sweep.key()));
        found.into_iter().map(|(_, trial)| trial).collect()
    }
}

impl Tracker {
    /// Makes a sweep or changes one; also what its author should know of the configuration.
    pub fn upsert_sweep(
        &self,
        caller: &Caller,
        upsert: SweepUpsert,
    ) -> Result<(Arc<Sweep>, Vec<String>)> {
        let state = match upsert.state.as_deref().map(str::to_uppercase) {
            Some(state) if !STATES.contains(&state.as_str()) => {
                let hint = gradus_schema::nearest::did_you_mean(&state, STATES);
                return Err(Error::input(format!(
                    "a sweep has no state '{state}'{hint}"
                )));
            }
            state => state,
        };
        let config = upsert
            .config
            .as_deref()
            .filter(|text| !text.trim().is_empty());
        let parsed = config.map(parse).transpose()?;
        let _changing = self.lock();
        let known = match upsert.id.as_deref().filter(|id| !id.is_empty()) {
            Some(id) => Some(self.sweep_by_id(caller, id)?),
            None => None,
        };
        let now = self.now_unix_ms();
        let mut sweep = match known {
            Some(sweep) => {
                self.accounts.check_write(caller, &sweep.entity)?;
                sweep.as_ref().clone()
            }
            None => {
                let Some(config) = config else {
                    return Err(Error::input("a sweep needs a configuration"));
                };
                let entity = upsert.entity.as_deref();
                let project = upsert.project.as_deref();
                let (project, _) = self.upsert_project_locked(caller, entity, project, None)?;
                Sweep {
                    id: random_name(8)?,
                    entity: project.entity.clone(),
                    project: project.name.clone(),
                    display_name: parsed.as_ref().and_then(|config| config.name.clone()),
                    description: parsed
                        .as_ref()
                        .and_then(|config| config.description.clone()),
                    config: config.to_owned(),
                    state: PENDING.to_owned(),
                    prior_runs_filters: None,
                    seed: u64::from_le_bytes(random_bytes()?),
                    user: caller.user.name.clone(),
                    created_unix_ms: now,
                    updated_unix_ms: now,
                }
            }
        };
        if let Some(config) = config {
            sweep.config = config.to_owned();
        }
        sweep.state = state.unwrap_or(sweep.state);
        sweep.display_name = upsert.display_name.or(sweep.display_name);
        sweep.description = upsert.description.or(sweep.description);
        sweep.prior_runs_filters = upsert.prior_runs_filters.or(sweep.prior_runs_filters);
        self.prior_runs(&sweep)?;
        sweep.updated_unix_ms = now;
        self.put_sweep(sweep.clone())?;
        let warnings = parsed.map(|config| config.warnings).unwrap_or_default();
        Ok((Arc::new(sweep), warnings))
    }

    fn put_sweep(&self, sweep: Sweep) -> Result<()> {
        let mut transaction = Transaction::default();
        transaction.put(&self.sweeps.sweeps, sweep.key(), sweep)?;
        transaction.commit(&self.store).map(|_| ())
    }

    /// The sweep of an id that was given to clients, or of `entity/project/id`.
    pub fn sweep_by_id(&self, caller: &Caller, id: &str) -> Result<Arc<Sweep>> {
        let key = key_in(id, "Sweep").unwrap_or_else(|| id.to_owned());
        let sweep = self.sweeps.sweeps.get(&key);
        sweep
            .filter(|sweep| self.accounts.may_read(caller, &sweep.entity))
            .ok_or_else(|| Error::not_found(format!("sweep {key} not found")))
    }

    /// Whether the caller may see it.
    pub fn sweep(
        &self,
        caller: &Caller,
        entity: &str,
        project: &str,
        id: &str,
    ) -> Option<Arc<Sweep>> {
        let sweep = self.sweeps.get(entity, project, id)?;
        self.accounts.may_read(caller, entity).then_some(sweep)
    }
}

/// The id of a sweep or an agent for clients.
pub fn client_id(kind: &str, key: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("{kind}:{key}"))
}

fn key_in(id: &str, kind: &str) -> Option<String> {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.decode(id).ok()?;
    let text = String::from_utf8(text).ok()?;
    Some(text.strip_prefix(kind)?.strip_prefix(':')?.to_owned())
}
