//! From the store's feed to everybody who watches: one thread turns numbers of runs into names, a
//! broadcast hands them on. Who does not keep up loses events and is told.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use gradus_store::{Event, RunKey, RunNumber};
use gradus_tracker::Tracker;
use tokio::sync::{broadcast, watch};

use crate::{Error, Result};

/// Events that may wait for the slowest watcher, and from the store.
const CAPACITY: usize = 4_096;
/// How soon the thread sees that the server goes away.
const PATIENCE: Duration = Duration::from_millis(200);

pub struct Live {
    events: broadcast::Sender<Arc<LiveEvent>>,
    closed: watch::Sender<bool>,
    /// Grows when somebody may see less than before.
    accounts: watch::Sender<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveEvent {
    /// A stream of the run has so many lines now; after a rewind it may be fewer than before.
    Lines {
        run: Arc<RunKey>,
        stream: String,
        end: u64,
    },
    /// Something of the run beside its rows changed.
    Run(Arc<RunKey>),
    RunDeleted(Arc<RunKey>),
    /// So many events were lost before anybody could get them.
    Lost(u64),
}

impl LiveEvent {
    pub fn run(&self) -> Option<&RunKey> {
        match self {
            Self::Lines { run, .. } | Self::Run(run) | Self::RunDeleted(run) => Some(run),
            Self::Lost(_) => None,
        }
    }
}

impl Live {
    pub fn new() -> Self {
        Self {
            events: broadcast::channel(CAPACITY).0,
            closed: watch::channel(false).0,
            accounts: watch::channel(0).0,
        }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Arc<LiveEvent>> {
        self.events.subscribe()
    }

    /// Becomes true when the server goes away.
    pub fn closed(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    /// Says when a key, a user or a team was changed: who watches shall prove again who they are.
    pub fn accounts(&self) -> watch::Receiver<u64> {
        self.accounts.subscribe()
    }

    /// What to do when a key, a user or a team was changed.
    pub fn accounts_changed(&self) -> impl Fn() + Send + Sync + 'static {
        let accounts = self.accounts.clone();
        move || accounts.send_modify(|changes| *changes += 1)
    }

    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Starts the thread between the store and the broadcast; it ends after [`Live::close`].
    pub fn bridge(&self, tracker: Arc<Tracker>) -> Result<JoinHandle<()>> {
        let events = self.events.clone();
        let closed = self.closed.subscribe();
        let feed = tracker.store.subscribe(CAPACITY);
        let work = move || {
            let mut names = Names::of(&tracker);
            while !*closed.borrow() {
                let Some(event) = feed.next(PATIENCE) else {
                    continue;
                };
                if let Some(event) = names.translated(event, &tracker) {
                    // Nobody watches.
                    let _ = events.send(Arc::new(event));
                }
            }
        };
        let thread = std::thread::Builder::new().name("live-events".to_owned());
        thread.spawn(work).map_err(|source| Error::Io {
            doing: "starting the thread for live events",
            source,
        })
    }
}

/// Names of runs, kept so that a run can still be named when it is gone.
struct Names(HashMap<RunNumber, Arc<RunKey>>);

impl Names {
    fn of(tracker: &Tracker) -> Self {
        let records = tracker.store.records();
        let names = records
            .iter()
            .map(|record| (record.number, Arc::new(record.key.clone())));
        Self(names.collect())
    }

    fn translated(&mut self, event: Event, tracker: &Tracker) -> Option<LiveEvent> {
        Some(match event {
            Event::Lines { key, end } => LiveEvent::Lines {
                run: self.named(key.run, tracker)?,
                stream: key.stream.to_string(),
                end,
            },
            Event::Run(run) => LiveEvent::Run(self.named(run, tracker)?),
            Event::RunDeleted(run) => LiveEvent::RunDeleted(self.0.remove(&run)?),
            Event::Lagged(lost) => LiveEvent::Lost(lost),
        })
    }

    /// `None` for a run that was made and deleted before it was looked at.
    fn named(&mut self, run: RunNumber, tracker: &Tracker) -> Option<Arc<RunKey>> {
        if let Some(known) = self.0.get(&run) {
            return Some(known.clone());
        }
        let record = tracker.store.run_numbered(run)?.record;
        let key = Arc::new(record.key.clone());
        self.0.insert(run, key.clone());
        Some(key)
    }
}
