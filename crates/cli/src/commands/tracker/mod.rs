//! Commands about runs that are kept: moving them in and out, who may see them, upkeep.

pub mod accounts;
pub mod export;
mod export_parquet;
pub mod import;
mod place;
pub mod upkeep;
mod wandb_folders;
mod wandb_server;

use std::sync::Arc;

use anyhow::Result;
use gradus_tracker::{Caller, SystemClock, Tracker, TrackerOptions};

use super::Settings;
use crate::failure::bad_input;

/// The store, opened here; a server that has it open is told about.
pub fn open_tracker(settings: &Settings) -> Result<Tracker> {
    let folder = settings.store_dir();
    let opened = Tracker::open(&folder, TrackerOptions::default(), Arc::new(SystemClock));
    opened.map_err(|error| match error {
        gradus_tracker::Error::Store(gradus_store::Error::InUse(_)) => bad_input(format!(
            "`gradus up` has the store open; end it for this command: {}",
            folder.display()
        )),
        error => error.into(),
    })
}

/// Who acts at the command line of the machine that has the store: its first user.
pub fn owner(tracker: &Tracker) -> Result<Caller> {
    if let Some(user) = tracker.accounts.owner() {
        return Ok(Caller {
            user,
            is_read_only: false,
        });
    }
    // Nobody has started the server yet. It makes a key when it is started.
    let user = tracker.add_user(&super::up::user_of_this_machine(), "", true)?;
    Ok(Caller {
        user,
        is_read_only: false,
    })
}
