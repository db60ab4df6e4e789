//! Writing so that no reader ever sees half a file: aside, flushed to the disk, then renamed.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Replaces `path` by `parts`, one after another, or leaves it as it was.
///
/// # Errors
/// [`Error::Io`], a full disk among others; what was written aside is removed.
pub fn write_whole(path: &Path, parts: &[&[u8]]) -> Result<()> {
    let aside = aside(path);
    let written = write_aside(&aside, parts).and_then(|()| fs::rename(&aside, path));
    if let Err(source) = written {
        // The first failure is the one to report.
        let _ = fs::remove_file(&aside);
        return Err(Error::io("writing (is the disk full?)", path, source));
    }
    sync_folder_of(path)
}

fn write_aside(aside: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut file = File::create(aside)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.writing"))
}

/// Makes a rename last through a power cut. Not every system can open a folder for that.
fn sync_folder_of(path: &Path) -> Result<()> {
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| Error::io("flushing the folder", folder, source))?;
    }
    Ok(())
}

/// The file's text; `None` where there is none.
pub fn read_if_there(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::io("reading", path, source)),
    }
}

/// Removes a file or folder; one that is not there is no error.
pub fn remove_if_there(path: &Path) -> Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(Error::io("removing", path, source))
        }
        _ => Ok(()),
    }
}

/// Hex SHA-256 of a file, read piece by piece.
pub fn file_sha256(path: &Path) -> Result<String> {
    let failed = |source| Error::io("reading", path, source);
    let mut file = File::open(path).map_err(failed)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut piece).map_err(failed)?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&piece[..read]);
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_aside() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("state");
        write_whole(&path, &[b"one"]).expect("written");
        write_whole(&path, &[b"two", b" parts"]).expect("replaced");
        assert_eq!(
            read_if_there(&path).expect("read").as_deref(),
            Some("two parts")
        );
        assert_eq!(fs::read_dir(dir.path()).expect("listed").count(), 1);
        assert_eq!(
            file_sha256(&path).expect("hashed"),
            hex(&Sha256::digest(b"two parts"))
        );
    }

    #[test]
    fn a_failed_write_is_reported_with_its_place() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("missing/state");
        let error = write_whole(&path, &[b"one"]).expect_err("no such folder");
        assert!(matches!(error, Error::Io { path: at, .. } if at == path));
    }
}
