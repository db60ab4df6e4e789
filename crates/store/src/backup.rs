//! A copy of the whole store while others write: the state of one moment, its segments and blobs
//! linked where the file system can, copied where not.

use std::path::Path;
use std::sync::Arc;

use crate::blobs;
use crate::checkpoint;
use crate::disk::{Disk, RealDisk, parent};
use crate::log::LogWriter;
use crate::recover::{Folders, files};
use crate::store::Store;
use crate::{Error, Result};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackupReport {
    pub runs: u64,
    pub segments: u64,
    pub blobs: u64,
    /// Files that could not be linked and were copied.
    pub copied: u64,
}

impl Store {
    /// Writes a store of the present state into a folder that is empty or not there. It is whole
    /// when this returns; its checkpoint is written last.
    pub fn backup(&self, target: &Path) -> Result<BackupReport> {
        if !files(target)?.is_empty() {
            let problem = "a backup needs a folder of its own; this one is not empty";
            return Err(Error::Input(format!("{problem}: {}", target.display())));
        }
        let folders = Folders::new(target);
        folders.create(&RealDisk)?;
        // Holding on to the state keeps the segments that it names, also when they are deleted.
        let mut state = self.shared.state().clone();
        let mut report = BackupReport {
            runs: state.runs.len() as u64,
            ..BackupReport::default()
        };
        state.segments_folder.clone_from(&folders.segments);
        for (key, stream) in &state.streams {
            for part in &stream.sealed {
                let path = state.segment_path(key.run, part.file.reference.id);
                report.take(&part.file.path, &path)?;
                report.segments += 1;
            }
        }
        let mut gone = Vec::new();
        for hash in state.blobs.keys() {
            let from = blobs::file_path(&self.shared.folders.blobs, hash);
            match report.take(&from, &blobs::file_path(&folders.blobs, hash)) {
                Ok(()) => report.blobs += 1,
                // Deleted since the moment of the backup.
                Err(_) if !self.shared.state().blobs.contains_key(hash) => gone.push(*hash),
                Err(problem) => return Err(problem),
            }
        }
        for hash in gone {
            state.blobs.remove(&hash);
        }
        self.catalogue.copy_to(&folders.catalogue)?;
        LogWriter::create(Arc::new(RealDisk), &folders.log, 1)?;
        let path = checkpoint::file_path(&folders.checkpoints, 1);
        checkpoint::write(&RealDisk, &path, &state)?;
        Ok(report)
    }
}

impl BackupReport {
    fn take(&mut self, from: &Path, to: &Path) -> Result<()> {
        let failed = |source| Error::io("copying", from, source);
        RealDisk.create_folder(parent(to)).map_err(failed)?;
        if std::fs::hard_link(from, to).is_err() {
            std::fs::copy(from, to).map_err(failed)?;
            let copy = std::fs::File::open(to).map_err(failed)?;
            copy.sync_all().map_err(failed)?;
            self.copied += 1;
        }
        RealDisk.sync_folder(parent(to)).map_err(failed)
    }
}
