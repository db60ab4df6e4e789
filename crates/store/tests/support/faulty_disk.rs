//! A disk that fills up, fails and loses what was not synced; also for tests of what stands on a
//! store.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use gradus_store::{Disk, DiskFile, RealDisk};

/// The real disk with faults. Shared by the test and the store.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk(pub Arc<Mutex<Faults>>);

#[derive(Debug, Default)]
pub struct Faults {
    /// Bytes that still fit; `None` is no limit.
    pub room: Option<u64>,
    /// Operations until the power fails; `None` is never.
    pub operations_left: Option<u64>,
    pub is_dead: bool,
    pub fails_syncs: bool,
    /// Of each file: bytes that survive a power failure, and all bytes.
    pub lengths: HashMap<PathBuf, (u64, u64)>,
}

impl Faults {
    fn operation(&mut self) -> io::Result<()> {
        if let Some(left) = &mut self.operations_left {
            self.is_dead |= *left == 0;
            *left = left.saturating_sub(1);
        }
        match self.is_dead {
            true => Err(io::Error::other("the power is off")),
            false => Ok(()),
        }
    }
}

impl FaultyDisk {
    pub fn set(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.0.lock().unwrap());
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.0.lock().unwrap().operation()?;
        let file = RealDisk.create(path)?;
        self.set(|faults| _ = faults.lengths.insert(path.to_owned(), (0, 0)));
        Ok(Box::new(FaultyFile(self.clone(), path.to_owned(), file)))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.0.lock().unwrap().operation()?;
        let file = RealDisk.open_append(path)?;
        let length = std::fs::metadata(path)?.len();
        self.set(|faults| {
            faults
                .lengths
                .entry(path.to_owned())
                .or_insert((length, length));
        });
        Ok(Box::new(FaultyFile(self.clone(), path.to_owned(), file)))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.0.lock().unwrap().operation()?;
        RealDisk.create_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut faults = self.0.lock().unwrap();
        faults.operation()?;
        RealDisk.rename(from, to)?;
        if let Some(lengths) = faults.lengths.remove(from) {
            faults.lengths.insert(to.to_owned(), lengths);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut faults = self.0.lock().unwrap();
        faults.operation()?;
        faults.lengths.remove(path);
        RealDisk.remove(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.0.lock().unwrap().operation()?;
        RealDisk.sync_folder(path)
    }
}

struct FaultyFile(FaultyDisk, PathBuf, Box<dyn DiskFile>);

impl DiskFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut faults = self.0.0.lock().unwrap();
        let died = faults.operation().err();
        let mut fits = bytes.len();
        if let Some(room) = &mut faults.room {
            fits = fits.min(*room as usize);
            *room -= fits as u64;
        }
        if died.is_some() {
            // Power fails in the middle of a write.
            fits /= 2;
        }
        self.2.append(&bytes[..fits])?;
        if let Some(lengths) = faults.lengths.get_mut(&self.1) {
            lengths.1 += fits as u64;
        }
        match died {
            Some(problem) => Err(problem),
            None if fits < bytes.len() => Err(io::ErrorKind::StorageFull.into()),
            None => Ok(()),
        }
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut faults = self.0.0.lock().unwrap();
        faults.operation()?;
        if faults.fails_syncs {
            return Err(io::Error::other("the disk answers with an error"));
        }
        // Only the bookkeeping: the machine under the test does not lose power.
        if let Some(lengths) = faults.lengths.get_mut(&self.1) {
            lengths.0 = lengths.1;
        }
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let mut faults = self.0.0.lock().unwrap();
        faults.operation()?;
        self.2.truncate(length)?;
        if let Some(lengths) = faults.lengths.get_mut(&self.1) {
            *lengths = (lengths.0.min(length), length);
        }
        Ok(())
    }
}
