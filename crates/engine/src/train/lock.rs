//! One training per output directory: an advisory lock that the system drops with the process,
//! so that a killed training never blocks the next one.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::{Error, Result};

const LOCK_FILE: &str = ".training.lock";

/// Held while a training writes into a directory.
#[derive(Debug)]
pub struct DirectoryLock {
    /// Closing the file gives the lock back.
    _file: File,
}

impl DirectoryLock {
    /// Creates `dir` where it is missing and locks it.
    ///
    /// # Errors
    /// [`Error::Busy`] when another process (or another training of this one) holds it.
    pub fn acquire(dir: &Path) -> Result<Self> {
        fs::create_dir_all(dir)
            .map_err(|source| Error::io("creating the output directory", dir, source))?;
        let path = dir.join(LOCK_FILE);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| Error::io("opening the lock file", &path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy(dir.to_owned())),
            Err(TryLockError::Error(source)) => {
                Err(Error::io("locking the output directory", path, source))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_training_is_refused_until_the_first_ends() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let output = dir.path().join("outputs/first");
        let first = DirectoryLock::acquire(&output).expect("free");
        let refused = DirectoryLock::acquire(&output).expect_err("held");
        assert!(matches!(refused, Error::Busy(path) if path == output));
        drop(first);
        DirectoryLock::acquire(&output).expect("free again");
    }
}
