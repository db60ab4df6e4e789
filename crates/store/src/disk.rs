//! The few operations through which the store writes, so that tests can let each of them fail.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

pub trait Disk: Send + Sync + Debug {
    /// A new, empty file; an old one of the name is emptied.
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    /// An existing file, to be written at its end.
    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes names made, renamed or removed in the folder durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

pub trait DiskFile: Send {
    /// All of the bytes, or an error with an unknown part of them written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

/// The file system itself.
#[derive(Debug, Default, Clone, Copy)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn open_append(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        // Appending mode, so that a truncation moves the place of the next write too.
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        // Elsewhere a folder can't be opened, and its names are durable with the file.
        if cfg!(unix) {
            File::open(path)?.sync_all()?;
        }
        Ok(())
    }
}

struct RealFile(File);

impl DiskFile for RealFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.0.set_len(length)
    }
}

/// Writes a file beside its name, makes it durable, and only then gives it its name.
pub fn write_aside(disk: &dyn Disk, path: &Path, parts: &[&[u8]]) -> Result<()> {
    let aside = aside_name(path);
    let written = (|| {
        let mut file = disk.create(&aside)?;
        for part in parts {
            file.append(part)?;
        }
        file.sync()?;
        drop(file);
        disk.rename(&aside, path)?;
        disk.sync_folder(parent(path))
    })();
    written.map_err(|problem| {
        // What is left of it is removed at the next opening if it can't be removed now.
        let _ = disk.remove(&aside);
        Error::Unavailable(format!("{problem}: {}", path.display()))
    })
}

/// Where a file is written before it has its name.
pub fn aside_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}

pub fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
