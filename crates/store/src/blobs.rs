//! Content by its SHA-256: written aside, checked, renamed. Whether a blob is needed is said by
//! links in the log; one that lost its last link is removed.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::disk::{Disk, parent};
use crate::operation::BlobHash;
use crate::{Error, Result};

const COPY_BYTES: usize = 256 << 10;

/// Sets uploads of the same content apart while they are written.
static UPLOADS: AtomicU64 = AtomicU64::new(0);

pub fn hex(hash: &BlobHash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn file_path(folder: &Path, hash: &BlobHash) -> PathBuf {
    let hex = hex(hash);
    folder.join(&hex[..2]).join(hex)
}

/// Stores what is read and returns its hash and length.
///
/// # Errors
/// When the content can't be read or written, or is not what `expected` says.
pub fn put(
    disk: &dyn Disk,
    folder: &Path,
    content: &mut dyn Read,
    expected: Option<&BlobHash>,
) -> Result<(BlobHash, u64)> {
    let upload = UPLOADS.fetch_add(1, Ordering::Relaxed);
    let aside = folder
        .join("incoming")
        .join(format!("{}-{upload}.tmp", std::process::id()));
    let stored = (|| {
        let unavailable = |problem: std::io::Error| unavailable(&aside, &problem);
        disk.create_folder(parent(&aside)).map_err(unavailable)?;
        let mut file = disk.create(&aside).map_err(unavailable)?;
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; COPY_BYTES];
        let mut bytes = 0;
        loop {
            let count = content
                .read(&mut buffer)
                .map_err(|problem| Error::Input(format!("the content ended early: {problem}")))?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
            file.append(&buffer[..count]).map_err(unavailable)?;
            bytes += count as u64;
        }
        let hash: BlobHash = hasher.finalize().into();
        if let Some(expected) = expected.filter(|expected| **expected != hash) {
            return Err(Error::BlobHash {
                expected: hex(expected),
                found: hex(&hash),
            });
        }
        file.sync().map_err(unavailable)?;
        drop(file);
        let path = file_path(folder, &hash);
        disk.create_folder(parent(&path)).map_err(unavailable)?;
        disk.rename(&aside, &path).map_err(unavailable)?;
        disk.sync_folder(parent(&path)).map_err(unavailable)?;
        disk.sync_folder(folder).map_err(unavailable)?;
        Ok((hash, bytes))
    })();
    stored.inspect_err(|_| {
        // What is left of it is removed at the next opening if it can't be removed now.
        let _ = disk.remove(&aside);
    })
}

/// The content of a blob, to be read from its beginning.
pub fn open(folder: &Path, hash: &BlobHash) -> Result<File> {
    let path = file_path(folder, hash);
    match File::open(&path) {
        Ok(file) => Ok(file),
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::BlobMissing(hex(hash)))
        }
        Err(problem) => Err(Error::io("opening", &path, problem)),
    }
}

/// The hash of what lies in a blob's file.
pub fn hash_of(path: &Path) -> Result<BlobHash> {
    let failed = |source| Error::io("reading", path, source);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(hasher.finalize().into()),
            count => hasher.update(&buffer[..count]),
        }
    }
}

fn unavailable(path: &Path, problem: &std::io::Error) -> Error {
    Error::Unavailable(format!("{problem}: {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::RealDisk;

    #[test]
    fn content_lies_under_its_hash_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let (hash, bytes) = put(&RealDisk, folder.path(), &mut &b"abc"[..], None).unwrap();
        // FIPS 180-2, appendix B.1.
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((hex(&hash).as_str(), bytes), (known, 3));
        let mut content = Vec::new();
        open(folder.path(), &hash)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        assert_eq!(content, b"abc");
        let refused = put(&RealDisk, folder.path(), &mut &b"abd"[..], Some(&hash));
        assert!(matches!(refused, Err(Error::BlobHash { .. })));
        let left = std::fs::read_dir(folder.path().join("incoming"))
            .unwrap()
            .count();
        assert_eq!(left, 0);
        assert!(matches!(
            open(folder.path(), &[0; 32]),
            Err(Error::BlobMissing(_))
        ));
    }
}
