//! Opening: the newest checkpoint, the log after it, and nothing else. A torn tail is cut off at
//! the last whole record and kept beside the log; what nobody refers to any more is removed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::checkpoint;
use crate::disk::{Disk, write_aside};
use crate::log::{self, LogWriter};
use crate::operation::Operation;
use crate::state::State;
use crate::{Error, Result};

/// Where everything lies.
#[derive(Debug, Clone)]
pub struct Folders {
    pub root: PathBuf,
    pub log: PathBuf,
    pub checkpoints: PathBuf,
    pub segments: PathBuf,
    pub blobs: PathBuf,
    pub catalogue: PathBuf,
}

impl Folders {
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            log: root.join("log"),
            checkpoints: root.join("checkpoints"),
            segments: root.join("segments"),
            blobs: root.join("blobs"),
            catalogue: root.join("catalogue.sqlite"),
        }
    }

    pub fn create(&self, disk: &dyn Disk) -> Result<()> {
        for folder in [
            &self.root,
            &self.log,
            &self.checkpoints,
            &self.segments,
            &self.blobs,
        ] {
            disk.create_folder(folder)
                .map_err(|source| Error::io("making the folder", folder, source))?;
        }
        Ok(())
    }
}

/// What opening found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Records read from checkpoint and log.
    pub records: u64,
    /// Bytes after the last whole record, cut off. They were never acknowledged, unless the disk
    /// lost or changed them later; they lie beside the log in a file that ends in `.cut`.
    pub cut_bytes: u64,
    pub cut_reason: Option<&'static str>,
    /// Files of segments and unfinished writes that nothing refers to.
    pub removed_files: u64,
}

pub fn recover(disk: Arc<dyn Disk>, folders: &Folders) -> Result<(State, LogWriter, Recovery)> {
    let mut recovery = Recovery::default();
    let mut state = State::new(disk.clone(), &folders.segments);
    let checkpoints = log::numbered_files(&folders.checkpoints, checkpoint::EXTENSION)?;
    let first = match checkpoints.last() {
        Some(newest) => {
            let path = checkpoint::file_path(&folders.checkpoints, *newest);
            recovery.records += checkpoint::read(&path, &mut state)?;
            *newest
        }
        None => 1,
    };
    let logs = log::numbered_files(&folders.log, "log")?;
    let (old, mut logs): (Vec<u64>, Vec<u64>) = logs.into_iter().partition(|log| *log < first);
    for (index, sequence) in logs.iter().enumerate() {
        if *sequence != first + index as u64 {
            let path = log::file_path(&folders.log, first + index as u64);
            return Err(Error::damaged(&path, 0, "this file of the log is missing"));
        }
    }
    if logs.is_empty() && (!checkpoints.is_empty() || !old.is_empty()) {
        let path = log::file_path(&folders.log, first);
        return Err(Error::damaged(&path, 0, "this file of the log is missing"));
    }
    // A file that was begun and could not be finished; the one before it went on being written.
    while let [_, .., last] = logs[..] {
        let path = log::file_path(&folders.log, last);
        let metadata = std::fs::metadata(&path);
        let metadata = metadata.map_err(|source| Error::io("reading", &path, source))?;
        if metadata.len() > log::HEADER_BYTES {
            break;
        }
        recovery.remove(disk.as_ref(), &path);
        logs.pop();
    }
    let mut resume = None;
    for sequence in &logs {
        let path = log::file_path(&folders.log, *sequence);
        let scan = replay(&path, &mut state)?;
        recovery.records += scan.records;
        if let Some(problem) = scan.problem {
            if logs.last() != Some(sequence) {
                return Err(Error::damaged(&path, scan.whole_bytes, problem));
            }
            recovery.cut_bytes = scan.cut_bytes();
            recovery.cut_reason = Some(problem);
            keep_cut(disk.as_ref(), &path, scan.whole_bytes)?;
        }
        resume = Some((*sequence, scan.whole_bytes));
    }
    let writer = match resume {
        Some((sequence, bytes)) => LogWriter::resume(disk.clone(), &folders.log, sequence, bytes)?,
        None => LogWriter::create(disk.clone(), &folders.log, first)?,
    };
    for sequence in old {
        recovery.remove(disk.as_ref(), &log::file_path(&folders.log, sequence));
    }
    for sequence in checkpoints.iter().rev().skip(1) {
        let path = checkpoint::file_path(&folders.checkpoints, *sequence);
        recovery.remove(disk.as_ref(), &path);
    }
    recovery.remove_strangers(disk.as_ref(), folders, &state)?;
    Ok((state, writer, recovery))
}

fn replay(path: &Path, state: &mut State) -> Result<log::Scan> {
    log::scan(path, |record| {
        let damaged = |problem: &str| Error::damaged(path, record.offset, problem);
        let operation = Operation::read(record.kind, record.version, &record.payload);
        state.apply(operation.map_err(damaged)?).map_err(damaged)?;
        Ok(())
    })
}

/// Keeps what is cut off, so that opening destroys nothing.
fn keep_cut(disk: &dyn Disk, path: &Path, whole_bytes: u64) -> Result<()> {
    let bytes = std::fs::read(path).map_err(|source| Error::io("reading", path, source))?;
    let cut = &bytes[(whole_bytes as usize).min(bytes.len())..];
    if cut.is_empty() {
        return Ok(());
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{whole_bytes}.cut"));
    write_aside(disk, Path::new(&name), &[cut])
}

impl Recovery {
    fn remove(&mut self, disk: &dyn Disk, path: &Path) {
        // One that can't be removed is tried again at the next opening.
        if disk.remove(path).is_ok() {
            self.removed_files += 1;
        }
    }

    fn remove_strangers(
        &mut self,
        disk: &dyn Disk,
        folders: &Folders,
        state: &State,
    ) -> Result<()> {
        for folder in [&folders.log, &folders.checkpoints] {
            for path in files(folder)? {
                if is_unfinished(&path) {
                    self.remove(disk, &path);
                }
            }
        }
        let known: HashSet<&Path> = state
            .streams
            .values()
            .flat_map(|stream| stream.sealed.iter())
            .map(|part| part.file.path.as_path())
            .collect();
        for run in files(&folders.segments)? {
            if run.is_dir() {
                for path in files(&run)? {
                    if !known.contains(path.as_path()) {
                        self.remove(disk, &path);
                    }
                }
            }
        }
        for shelf in files(&folders.blobs)? {
            if shelf.is_dir() {
                for path in files(&shelf)? {
                    if is_unfinished(&path) {
                        self.remove(disk, &path);
                    }
                }
            }
        }
        Ok(())
    }
}

fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tmp")
}

/// What lies in a folder, sorted; nothing where there is no folder.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |source| Error::io("listing", folder, source);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(problem) => return Err(failed(problem)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}
