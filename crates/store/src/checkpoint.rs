//! The whole state at the beginning of a log file, so that older log files can go. Written as
//! records of the log, aside and renamed; the last record says how many came before.

use std::path::{Path, PathBuf};

use crate::disk::{Disk, aside_name, parent};
use crate::log;
use crate::operation::Operation;
use crate::state::State;
use crate::{Error, Result};

/// Written at once.
const BATCH_BYTES: usize = 1 << 20;

pub const EXTENSION: &str = "ckpt";

pub fn file_path(folder: &Path, sequence: u64) -> PathBuf {
    folder.join(format!("{sequence:012}.{EXTENSION}"))
}

/// Writes the state that a log file begins with; returns the length in bytes.
pub fn write(disk: &dyn Disk, path: &Path, state: &State) -> Result<u64> {
    let aside = aside_name(path);
    let unavailable =
        |problem: std::io::Error| Error::Unavailable(format!("{problem}: {}", path.display()));
    let written = (|| {
        let mut file = disk.create(&aside).map_err(unavailable)?;
        let mut batch = log::header().to_vec();
        let (mut records, mut written_bytes) = (0, 0);
        state.operations(|operation| {
            operation.put(&mut batch)?;
            records += 1;
            if batch.len() >= BATCH_BYTES {
                file.append(&batch).map_err(unavailable)?;
                written_bytes += batch.len() as u64;
                batch.clear();
            }
            Ok(())
        })?;
        Operation::End { records }.put(&mut batch)?;
        let finished = file.append(&batch).and_then(|()| file.sync());
        finished.map_err(unavailable)?;
        drop(file);
        disk.rename(&aside, path).map_err(unavailable)?;
        disk.sync_folder(parent(path)).map_err(unavailable)?;
        Ok(written_bytes + batch.len() as u64)
    })();
    written.inspect_err(|_| {
        // What is left of it is removed at the next opening if it can't be removed now.
        let _ = disk.remove(&aside);
    })
}

/// Carries the operations of a checkpoint out on an empty state.
pub fn read(path: &Path, state: &mut State) -> Result<u64> {
    let (mut records, mut end) = (0, None);
    let scan = log::scan(path, |record| {
        let damaged = |problem: &str| Error::damaged(path, record.offset, problem);
        let operation = Operation::read(record.kind, record.version, &record.payload);
        match operation.map_err(damaged)? {
            Operation::End { records } => end = Some(records),
            operation => {
                records += 1;
                state.apply(operation).map_err(damaged)?;
            }
        }
        Ok(())
    })?;
    if scan.problem.is_some() || end != Some(records) {
        let problem = scan.problem.unwrap_or("the checkpoint is not whole");
        return Err(Error::damaged(path, scan.whole_bytes, problem));
    }
    Ok(records)
}
