//! What the writing thread and the readers share.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use crate::cache::SegmentCache;
use crate::catalogue::Dirty;
use crate::disk::Disk;
use crate::feed::Feed;
use crate::recover::Folders;
use crate::state::State;

/// Limits of a store. All bound memory, or how much of it is rows not yet sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// What may wait to be written; more is refused as busy.
    pub queued_bytes: u64,
    /// What is written with one sync.
    pub group_bytes: u64,
    /// A stream is sealed when it has so many rows that are not, or so many bytes of them.
    pub seal_rows: u64,
    pub seal_bytes: u64,
    /// The longest stream is sealed when all together have so many bytes that are not.
    pub tail_bytes: u64,
    /// When a run has ended, its streams with so many rows that are not sealed are.
    pub settle_rows: u64,
    /// A log file of this length is followed by a new one and a checkpoint.
    pub log_bytes: u64,
    /// A log file of this length is shortened when nothing has been asked for a while, if that
    /// saves much.
    pub idle_log_bytes: u64,
    pub idle: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queued_bytes: 96 << 20,
            group_bytes: 8 << 20,
            seal_rows: 64 << 10,
            seal_bytes: 16 << 20,
            tail_bytes: 64 << 20,
            settle_rows: 256,
            log_bytes: 128 << 20,
            idle_log_bytes: 256 << 10,
            idle: Duration::from_secs(1),
        }
    }
}

#[derive(Debug)]
pub struct Shared {
    pub options: Options,
    pub disk: Arc<dyn Disk>,
    pub folders: Folders,
    pub cache: Arc<SegmentCache>,
    pub queued_bytes: AtomicU64,
    pub feed: Feed,
    pub catalogue: Dirty,
    state: RwLock<State>,
}

impl Shared {
    pub fn new(options: Options, disk: Arc<dyn Disk>, folders: Folders, state: State) -> Self {
        Self {
            options,
            disk,
            folders,
            cache: Arc::default(),
            queued_bytes: AtomicU64::new(0),
            feed: Feed::default(),
            catalogue: Dirty::default(),
            state: RwLock::new(state),
        }
    }

    /// Held only to take shared parts out of the state, never while reading files.
    pub fn state(&self) -> RwLockReadGuard<'_, State> {
        // Operations are checked before they are carried out, so a panic leaves nothing half done
        // that a reader could see.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn root(&self) -> &Path {
        &self.folders.root
    }
}
