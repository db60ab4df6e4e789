//! Which runs are alive, and when each was last heard of. Told by a clock that never goes back; kept
//! in memory, since a restart begins to count anew for everybody.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gradus_store::{RunNumber, RunPatch, Store};

use crate::runs::{CRASHED, PREEMPTING, RUNNING};
use crate::{Result, Tracker};

/// How often the time of the last heartbeat is written down.
const WRITE_DOWN: Duration = Duration::from_secs(30);

pub struct Heartbeats {
    running: Mutex<HashMap<RunNumber, Beat>>,
}

#[derive(Debug, Clone, Copy)]
struct Beat {
    last: Instant,
    written_down: Instant,
}

impl Heartbeats {
    pub fn of_running(store: &Store) -> Self {
        let now = Instant::now();
        let records = store.records();
        let running = records.iter().filter(|record| {
            let state = record.fields.state.as_deref();
            state.is_some_and(is_alive)
        });
        let beat = Beat {
            last: now,
            written_down: now,
        };
        let running = running.map(|record| (record.number, beat)).collect();
        Self {
            running: Mutex::new(running),
        }
    }

    /// The run has a state now, which may be one in which it is expected to be heard of.
    pub fn set(&self, run: RunNumber, state: &str) {
        match is_alive(state) {
            true => {
                self.beat(run);
            }
            false => self.forget(run),
        }
    }

    /// The run was heard of. Says whether it is time to write that down.
    pub fn beat(&self, run: RunNumber) -> bool {
        let now = Instant::now();
        let mut running = self.lock();
        let beat = running.entry(run).or_insert(Beat {
            last: now,
            written_down: now,
        });
        beat.last = now;
        let is_due = now.duration_since(beat.written_down) >= WRITE_DOWN;
        if is_due {
            beat.written_down = now;
        }
        is_due
    }

    pub fn forget(&self, run: RunNumber) {
        self.lock().remove(&run);
    }

    fn silent_for(&self, timeout: Duration) -> Vec<RunNumber> {
        let now = Instant::now();
        let running = self.lock();
        let silent = running
            .iter()
            .filter(|(_, beat)| now.duration_since(beat.last) >= timeout);
        silent.map(|(run, _)| *run).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunNumber, Beat>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_alive(state: &str) -> bool {
    matches!(state, RUNNING | PREEMPTING)
}

impl Tracker {
    /// Runs that were not heard of for too long have crashed; to be called now and then.
    pub fn mark_crashed_runs(&self) -> Result<Vec<RunNumber>> {
        let silent = self.heartbeats.silent_for(self.options.heartbeat_timeout);
        let mut crashed = Vec::new();
        for run in silent {
            let _changing = self.lock();
            // It may have come back, or ended, in between.
            let is_still = self
                .heartbeats
                .silent_for(self.options.heartbeat_timeout)
                .contains(&run);
            if !is_still {
                continue;
            }
            self.heartbeats.forget(run);
            let Ok(record) = self.record(run) else {
                continue;
            };
            if record.fields.state.as_deref().is_some_and(is_alive) {
                self.patch_run(
                    run,
                    RunPatch {
                        state: Some(CRASHED.to_owned()),
                        ..RunPatch::default()
                    },
                )?;
                // It may come back, and seldom does.
                let _ = self.store.settle(run);
                crashed.push(run);
            }
        }
        Ok(crashed)
    }
}
