//! Deleting a run, stopping one, and setting its state by hand.

use gradus_store::{Change, RunNumber, RunPatch};

use super::RunExtra;
use crate::accounts::Caller;
use crate::artifacts::Edit;
use crate::{Result, Tracker};

impl Tracker {
    /// Removes a run, its rows and its files; of the artifacts that it logged only the unfinished.
    pub fn delete_run(&self, caller: &Caller, number: RunNumber) -> Result<()> {
        self.delete_run_with(caller, number, false)
    }

    /// `delete_run`, if so asked with the artifacts that the run logged.
    pub fn delete_run_with(
        &self,
        caller: &Caller,
        number: RunNumber,
        deletes_artifacts: bool,
    ) -> Result<()> {
        let _changing = self.lock();
        let record = self.record(number)?;
        let entity = &record.key.entity;
        self.accounts.check_write(caller, entity)?;
        let mut edit = Edit::new(self);
        self.forget_run_artifacts(&mut edit, number, entity, deletes_artifacts)?;
        let mut transaction = edit.into_transaction()?;
        self.files.forget_all(number, &mut transaction);
        self.alerts.forget_all(number, &mut transaction);
        transaction.change(Change::DeleteRun(number));
        transaction.commit(&self.store)?;
        self.heartbeats.forget(number);
        Ok(())
    }

    /// The script is interrupted at its next upload.
    pub fn stop_run(&self, caller: &Caller, number: RunNumber) -> Result<()> {
        let _changing = self.lock();
        let record = self.record(number)?;
        self.accounts.check_write(caller, &record.key.entity)?;
        let mut extra = RunExtra::of(&record);
        extra.is_stop_requested = true;
        self.patch_run(
            number,
            RunPatch {
                extra: Some(extra.to_text()),
                ..RunPatch::default()
            },
        )
    }

    pub fn set_run_state(&self, caller: &Caller, number: RunNumber, state: &str) -> Result<()> {
        let _changing = self.lock();
        let record = self.record(number)?;
        self.accounts.check_write(caller, &record.key.entity)?;
        let state = state.to_lowercase();
        self.heartbeats.set(number, &state);
        self.patch_run(
            number,
            RunPatch {
                state: Some(state),
                ..RunPatch::default()
            },
        )
    }

    pub(crate) fn patch_run(&self, number: RunNumber, patch: RunPatch) -> Result<()> {
        self.store.append(vec![Change::UpdateRun {
            run: number,
            patch: Box::new(patch),
        }])?;
        Ok(())
    }
}
