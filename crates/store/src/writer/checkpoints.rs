//! Checkpoints as the writer sees them: it decides, another thread writes, it removes what is no
//! longer needed.

use super::{Writer, again};
use crate::Result;
use crate::change::Ack;
use crate::checkpoint;
use crate::log;
use crate::sealer::Job;

impl Writer {
    pub(super) fn start_checkpoint(&mut self) {
        if self.checkpoint_runs {
            return;
        }
        self.checkpoint_waiters = std::mem::take(&mut self.next_checkpoint_waiters);
        if let Err(problem) = self.log.rotate() {
            self.answer_checkpoint(&Err(problem));
            return;
        }
        let state = Box::new(self.shared.state().clone());
        let sequence = self.log.sequence();
        let path = checkpoint::file_path(&self.shared.folders.checkpoints, sequence);
        let job = Job::Checkpoint {
            sequence,
            path,
            state,
        };
        self.checkpoint_runs = self.jobs.send(job).is_ok();
    }

    pub(super) fn checkpointed(&mut self, sequence: u64, written: Result<u64>) {
        self.checkpoint_runs = false;
        self.shared.cache.forget_removed();
        let written = written.map(|bytes| {
            self.checkpoint_bytes = bytes;
            self.remove_before(sequence);
        });
        self.answer_checkpoint(&written);
        if !self.next_checkpoint_waiters.is_empty() {
            self.start_checkpoint();
        }
    }

    fn answer_checkpoint(&mut self, written: &Result<()>) {
        for reply in std::mem::take(&mut self.checkpoint_waiters) {
            reply(match written {
                Ok(()) => Ok(Ack::default()),
                Err(problem) => Err(again(problem)),
            });
        }
    }

    /// Log files and checkpoints that the newest checkpoint makes superfluous.
    fn remove_before(&self, sequence: u64) {
        let (disk, folders) = (&self.shared.disk, &self.shared.folders);
        // What can't be listed or removed now is removed at the next opening.
        for old in log::numbered_files(&folders.log, "log").unwrap_or_default() {
            if old < sequence {
                let _ = disk.remove(&log::file_path(&folders.log, old));
            }
        }
        let checkpoints = log::numbered_files(&folders.checkpoints, checkpoint::EXTENSION);
        for old in checkpoints.unwrap_or_default() {
            if old < sequence {
                let _ = disk.remove(&checkpoint::file_path(&folders.checkpoints, old));
            }
        }
    }
}
