//! Everything the tracker knows, opened from one folder.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gradus_schema::{Clock, UnixMillis};
use gradus_store::{Disk, Options, RealDisk, Store};

use crate::Result;
use crate::accounts::Accounts;
use crate::alerts::Alerts;
use crate::artifacts::Artifacts;
use crate::dashboards::Dashboards;
use crate::evaluations::Evaluations;
use crate::files::RunFiles;
use crate::heartbeats::Heartbeats;
use crate::projects::Projects;
use crate::runs::Places;
use crate::secret::Secret;
use crate::sweeps::Sweeps;
use crate::table::{Table, Transaction};

/// Wall clock of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_unix_ms(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            UnixMillis::try_from(since.as_millis()).unwrap_or(UnixMillis::MAX)
        })
    }
}

#[derive(Debug, Clone)]
pub struct TrackerOptions {
    pub store: Options,
    /// A running run that was not heard of for so long has crashed.
    pub heartbeat_timeout: Duration,
    /// How long a signed address works.
    pub signed_for: Duration,
}

impl Default for TrackerOptions {
    fn default() -> Self {
        Self {
            store: Options::default(),
            heartbeat_timeout: Duration::from_secs(300),
            signed_for: Duration::from_secs(24 * 3600),
        }
    }
}

pub struct Tracker {
    pub store: Store,
    pub accounts: Accounts,
    pub projects: Projects,
    pub files: RunFiles,
    pub artifacts: Artifacts,
    pub alerts: Alerts,
    pub sweeps: Sweeps,
    pub dashboards: Dashboards,
    pub heartbeats: Heartbeats,
    pub evaluations: Evaluations,
    pub secret: Secret,
    pub options: TrackerOptions,
    counters: Arc<Table<u64>>,
    pub(crate) places: Places,
    clock: Arc<dyn Clock>,
    /// Held by whoever decides something from what is there and then changes it.
    changing: Mutex<()>,
}

impl Tracker {
    pub fn open(folder: &Path, options: TrackerOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::open_on(Arc::new(RealDisk), folder, options, clock)
    }

    /// `open`, with every write going through `disk`.
    pub fn open_on(
        disk: Arc<dyn Disk>,
        folder: &Path,
        options: TrackerOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self> {
        let store = Store::open_on(disk, folder, options.store.clone())?;
        Ok(Self {
            accounts: Accounts::load(&store)?,
            projects: Projects::load(&store)?,
            files: RunFiles::load(&store)?,
            artifacts: Artifacts::load(&store)?,
            alerts: Alerts::load(&store)?,
            sweeps: Sweeps::load(&store)?,
            dashboards: Dashboards::load(&store)?,
            heartbeats: Heartbeats::of_running(&store),
            evaluations: Evaluations::default(),
            secret: Secret::load_or_make(&store)?,
            counters: Table::load(&store, "counter")?,
            places: Places::default(),
            store,
            options,
            clock,
            changing: Mutex::new(()),
        })
    }

    pub fn now_unix_ms(&self) -> UnixMillis {
        self.clock.now_unix_ms()
    }

    /// A number of a kind that was never given before. Once in a transaction for each kind.
    pub(crate) fn next_number(
        &self,
        transaction: &mut Transaction,
        kind: &'static str,
    ) -> Result<u64> {
        let number = self.counters.get(kind).map_or(0, |last| *last) + 1;
        transaction.put(&self.counters, kind, number)?;
        Ok(number)
    }

    /// To be held from looking to changing, where one depends on the other.
    pub(crate) fn lock(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
