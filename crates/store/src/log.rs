//! The append log: whole records or nothing, durable before anybody is told.
//!
//! A file is a header of 16 bytes (`gradlog\0`, format version u16, zero u16, CRC32C of the first
//! 12 bytes u32) and records: length of the payload u32, CRC32C u32 over all that follows it in
//! the record and the length, kind u8, version of the kind u8, zero u16, payload. Little-endian.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::codec::Bytes;
use crate::disk::{Disk, DiskFile};
use crate::{Error, Result};

/// The format that is written. Older ones are read, newer ones refused.
pub const LOG_FORMAT: u16 = 1;
const MAGIC: [u8; 8] = *b"gradlog\0";
pub const HEADER_BYTES: u64 = 16;
const RECORD_HEADER_BYTES: usize = 12;
/// A request of the tracker's client has at most about 20 MiB; nothing comes near this.
const MAX_PAYLOAD_BYTES: u32 = 512 << 20;

pub fn file_header(magic: [u8; 8], format: u16) -> [u8; 16] {
    let mut header = [0; 16];
    header[..8].copy_from_slice(&magic);
    header[8..10].copy_from_slice(&format.to_le_bytes());
    let crc = crc32c::crc32c(&header[..12]);
    header[12..].copy_from_slice(&crc.to_le_bytes());
    header
}

/// The header of a log file and of a checkpoint.
pub fn header() -> [u8; 16] {
    file_header(MAGIC, LOG_FORMAT)
}

/// The format version of a file that opens with `file_header`.
pub fn read_file_header(
    header: &[u8],
    magic: [u8; 8],
    what: &'static str,
    known: u16,
    path: &Path,
) -> Result<u16> {
    let damaged = |problem: &str| Error::damaged(path, 0, problem);
    if header.len() < 16 || header[..8] != magic {
        return Err(damaged("the file does not open with its mark"));
    }
    let mut bytes = Bytes::new(&header[8..16]);
    let (format, _, crc) = (
        bytes.u16().map_err(damaged)?,
        bytes.u16().map_err(damaged)?,
        bytes.u32().map_err(damaged)?,
    );
    if crc != crc32c::crc32c(&header[..12]) {
        return Err(damaged("the header's checksum does not fit"));
    }
    if format > known {
        return Err(Error::Newer {
            what,
            found: format,
            known,
            path: path.to_owned(),
        });
    }
    Ok(format)
}

/// Appends one record to a batch of bytes.
pub fn put_record(out: &mut Vec<u8>, kind: u8, version: u8, payload: &[u8]) -> Result<()> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    if length > MAX_PAYLOAD_BYTES {
        let problem = format!(
            "one record would have {} bytes; send less at once",
            payload.len()
        );
        return Err(Error::Input(problem));
    }
    let tail = [kind, version, 0, 0];
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&record_crc(length, tail, payload).to_le_bytes());
    out.extend_from_slice(&tail);
    out.extend_from_slice(payload);
    Ok(())
}

fn record_crc(length: u32, tail: [u8; 4], payload: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&length.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c_append(crc, &tail), payload)
}

pub struct Record {
    pub kind: u8,
    pub version: u8,
    pub payload: Vec<u8>,
    /// Of the record's first byte in its file.
    pub offset: u64,
}

/// How far a file could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    pub records: u64,
    /// Length of the header and all whole records.
    pub whole_bytes: u64,
    pub file_bytes: u64,
    /// Why reading stopped before the end.
    pub problem: Option<&'static str>,
}

impl Scan {
    pub fn cut_bytes(&self) -> u64 {
        self.file_bytes - self.whole_bytes
    }
}

/// Hands every whole record to `each`, up to the first that is not whole.
pub fn scan(path: &Path, mut each: impl FnMut(Record) -> Result<()>) -> Result<Scan> {
    let file = File::open(path).map_err(|source| Error::io("opening", path, source))?;
    let file_bytes = match file.metadata() {
        Ok(metadata) => metadata.len(),
        Err(source) => return Err(Error::io("opening", path, source)),
    };
    let mut scan = Scan {
        records: 0,
        whole_bytes: 0,
        file_bytes,
        problem: None,
    };
    // A file of which not even the header came to be holds nothing that was acknowledged.
    if file_bytes < HEADER_BYTES {
        scan.problem = Some("the file ends inside its header");
        return Ok(scan);
    }
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let failed = |source| Error::io("reading", path, source);
    let mut header = [0; HEADER_BYTES as usize];
    reader.read_exact(&mut header).map_err(failed)?;
    read_file_header(&header, MAGIC, "the log", LOG_FORMAT, path)?;
    scan.whole_bytes = HEADER_BYTES;
    while scan.whole_bytes < file_bytes {
        let left = file_bytes - scan.whole_bytes;
        if left < RECORD_HEADER_BYTES as u64 {
            scan.problem = Some("the last record ends inside its header");
            break;
        }
        let mut head = [0; RECORD_HEADER_BYTES];
        reader.read_exact(&mut head).map_err(failed)?;
        let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        let crc = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let tail = [head[8], head[9], head[10], head[11]];
        let payload_left = left - RECORD_HEADER_BYTES as u64;
        if length > MAX_PAYLOAD_BYTES || u64::from(length) > payload_left {
            scan.problem = Some("the last record is not whole");
            break;
        }
        let mut payload = vec![0; length as usize];
        reader.read_exact(&mut payload).map_err(failed)?;
        if record_crc(length, tail, &payload) != crc {
            scan.problem = Some("a record's checksum does not fit");
            break;
        }
        each(Record {
            kind: tail[0],
            version: tail[1],
            payload,
            offset: scan.whole_bytes,
        })?;
        scan.records += 1;
        scan.whole_bytes += RECORD_HEADER_BYTES as u64 + u64::from(length);
    }
    Ok(scan)
}

/// The file that is being appended to.
pub struct LogWriter {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    sequence: u64,
    file: Box<dyn DiskFile>,
    durable_bytes: u64,
    /// After a failure the file may hold more than is known to be durable.
    has_loose_end: bool,
}

impl LogWriter {
    /// Begins a new file; it must not hold anything yet.
    pub fn create(disk: Arc<dyn Disk>, folder: &Path, sequence: u64) -> Result<Self> {
        let path = file_path(folder, sequence);
        let made = (|| {
            let mut file = disk.create(&path)?;
            file.append(&header())?;
            file.sync()?;
            disk.sync_folder(folder)?;
            // Opened again in appending mode, in which a truncation is safe.
            disk.open_append(&path)
        })();
        let file = made.map_err(|problem| {
            let _ = disk.remove(&path);
            Error::Unavailable(format!("{problem}: {}", path.display()))
        })?;
        Ok(Self {
            disk,
            folder: folder.to_owned(),
            sequence,
            file,
            durable_bytes: HEADER_BYTES,
            has_loose_end: false,
        })
    }

    /// Goes on with a file whose whole records end at `whole_bytes`.
    pub fn resume(
        disk: Arc<dyn Disk>,
        folder: &Path,
        sequence: u64,
        whole_bytes: u64,
    ) -> Result<Self> {
        if whole_bytes < HEADER_BYTES {
            return Self::create(disk, folder, sequence);
        }
        let path = file_path(folder, sequence);
        let file = disk
            .open_append(&path)
            .map_err(|source| Error::io("opening", &path, source))?;
        let mut writer = Self {
            disk,
            folder: folder.to_owned(),
            sequence,
            file,
            durable_bytes: whole_bytes,
            has_loose_end: true,
        };
        writer.cut_loose_end()?;
        Ok(writer)
    }

    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    pub fn bytes(&self) -> u64 {
        self.durable_bytes
    }

    /// Makes a batch of records durable, all or none.
    pub fn commit(&mut self, batch: &[u8]) -> Result<()> {
        self.cut_loose_end()?;
        let written = self.file.append(batch).and_then(|()| self.file.sync());
        if let Err(problem) = written {
            self.has_loose_end = true;
            // If this fails too, the next commit tries again before it writes.
            let _ = self.cut_loose_end();
            return Err(self.unavailable(&problem));
        }
        self.durable_bytes += batch.len() as u64;
        Ok(())
    }

    /// The next file; what was written so far stays in the old ones.
    pub fn rotate(&mut self) -> Result<()> {
        self.cut_loose_end()?;
        *self = Self::create(self.disk.clone(), &self.folder, self.sequence + 1)?;
        Ok(())
    }

    /// Back to the last whole record. The handle is opened anew: after a failed sync the old one
    /// may report success for bytes that never reached the disk.
    fn cut_loose_end(&mut self) -> Result<()> {
        if !self.has_loose_end {
            return Ok(());
        }
        let path = file_path(&self.folder, self.sequence);
        let cut = (|| {
            let mut file = self.disk.open_append(&path)?;
            file.truncate(self.durable_bytes)?;
            file.sync()?;
            Ok(file)
        })();
        match cut {
            Ok(file) => {
                self.file = file;
                self.has_loose_end = false;
                Ok(())
            }
            Err(problem) => Err(self.unavailable(&problem)),
        }
    }

    fn unavailable(&self, problem: &std::io::Error) -> Error {
        let path = file_path(&self.folder, self.sequence);
        Error::Unavailable(format!("{problem}: {}", path.display()))
    }
}

pub fn file_path(folder: &Path, sequence: u64) -> PathBuf {
    folder.join(format!("{sequence:012}.log"))
}

/// Numbers of the files `NUMBER.extension` in a folder, ascending.
pub fn numbered_files(folder: &Path, extension: &str) -> Result<Vec<u64>> {
    let failed = |source| Error::io("listing", folder, source);
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let is_named_so = path.extension().is_some_and(|found| found == extension);
        if let (true, Some(number)) = (is_named_so, stem.and_then(|stem| stem.parse().ok())) {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
