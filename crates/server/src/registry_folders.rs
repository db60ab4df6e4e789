//! Aliases move where their registry lies: in a task's folder. What knows such folders is not the
//! server.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gradus_tracker::cycles::RecordedRegistry;
use serde_json::{Map, Value};

/// Finds and changes registries in folders of this machine. Where a registry lies and what is in it is
/// said by clients: nothing may be touched that is not exactly what was recorded.
pub trait MovesAliases: Send + Sync {
    /// Whether the registry is here as it was recorded. Changes nothing and makes nothing.
    fn check(&self, recorded: &RecordedRegistry) -> Result<(), Obstacle>;

    /// Whether this alias could be moved in a registry that is here. Reads no file.
    fn check_alias(&self, recorded: &RecordedRegistry, alias: &str) -> Result<(), Obstacle>;

    /// Moves the alias back to whoever held it before.
    fn roll_back(&self, recorded: &RecordedRegistry, alias: &str) -> Result<RolledBack, Obstacle>;
}

/// The registry after the move.
#[derive(Debug, Clone, PartialEq)]
pub struct RolledBack {
    /// Name in the registry → content, `history.jsonl` last.
    pub files: Vec<(String, Vec<u8>)>,
    /// Keys of the run's summary that are others now.
    pub summary: Map<String, Value>,
}

/// Why an alias can't be moved here, or not now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The folder is elsewhere, or is not what was recorded; in words.
    NotHere(String),
    /// The folder's history is another one than was recorded.
    MovedOn,
    /// Another command works in the folder; will pass.
    Busy,
    /// The folder does not let itself be changed; in words.
    Failed(String),
}

/// Shared by all requests.
#[derive(Clone)]
pub struct RegistryFolders {
    folders: Arc<dyn MovesAliases>,
    moving: Arc<Mutex<()>>,
}

impl RegistryFolders {
    pub fn new(folders: impl MovesAliases + 'static) -> Self {
        Self {
            folders: Arc::new(folders),
            moving: Arc::default(),
        }
    }

    pub fn check(&self, recorded: &RecordedRegistry) -> Result<(), Obstacle> {
        self.folders.check(recorded)
    }

    pub fn check_alias(&self, recorded: &RecordedRegistry, alias: &str) -> Result<(), Obstacle> {
        self.folders.check_alias(recorded, alias)
    }

    pub fn roll_back(
        &self,
        recorded: &RecordedRegistry,
        alias: &str,
    ) -> Result<RolledBack, Obstacle> {
        self.folders.roll_back(recorded, alias)
    }

    /// Held from looking at the record until it is changed: the second of two who ask at once finds
    /// what the first has moved.
    pub fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for RegistryFolders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegistryFolders")
    }
}
