//! A file read at given offsets, never beyond its end and never more than is there.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::{Error, Result};

pub(crate) struct SourceFile {
    path: PathBuf,
    len: u64,
    file: Mutex<File>,
}

impl SourceFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |source| Error::io("opening the model file", path, source);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(Error::model_file(path, "this is not a regular file"));
        }
        Ok(Self {
            path: path.to_path_buf(),
            len: metadata.len(),
            file: Mutex::new(file),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// `len` bytes from `offset` on. The memory is only asked for when the file holds as much.
    pub(crate) fn read(&self, offset: u64, len: u64) -> Result<Vec<u8>> {
        let fits = offset.checked_add(len).is_some_and(|end| end <= self.len);
        let size = usize::try_from(len).ok().filter(|_| fits);
        let Some(size) = size else {
            return Err(Error::model_file(
                &self.path,
                format!(
                    "the file ends at byte {}, but bytes {offset} to {offset}+{len} are needed; it is truncated: get it again",
                    self.len
                ),
            ));
        };
        let mut bytes = vec![0; size];
        let mut file = self
            .file
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|source| Error::io("reading the model file", &self.path, source))?;
        Ok(bytes)
    }

    /// A buffered reader from the start of the file, with a position of its own.
    pub(crate) fn reader(&self) -> Result<BufReader<File>> {
        let file = File::open(&self.path)
            .map_err(|source| Error::io("opening the model file", &self.path, source))?;
        Ok(BufReader::with_capacity(1 << 18, file))
    }
}
