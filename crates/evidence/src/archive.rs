//! The zip that evidence travels in. The writer leaves nothing to chance: entries in the given
//! order, the date 1980-01-01, no extra fields. The reader takes only what this writer can have
//! written, header byte for header byte, so that no byte of a file goes unchecked, and never
//! allocates by what a header claims. Format: PKWARE APPNOTE 6.3.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::{Error, Result};

/// More than this in one file or one archive is refused, in writing and in reading.
pub const MOST_BYTES: u64 = 2 << 30;
pub const MOST_ENTRIES: usize = 20_000;
const LONGEST_NAME: usize = 512;
/// An entry that would unpack to more than this many times its size is stored as it is, and
/// refused in reading: nothing then grows beyond what its sender really sent.
const LARGEST_RATIO: u64 = 200;

const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// Version 2.0, names in UTF-8, 1980-01-01 00:00.
const NEEDED: u16 = 20;
const FLAGS: u16 = 0x0800;
const TIME: u16 = 0;
const DATE: u16 = 0x0021;
/// Made by 2.0 on Unix; a plain file, rw-r--r--.
const MADE_BY: u16 = 0x0314;
const ATTRIBUTES: u32 = 0o100_644 << 16;

/// One file, packed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub name: String,
    method: u16,
    crc: u32,
    /// Bytes before packing.
    pub bytes: u64,
    pub packed: Vec<u8>,
}

impl Entry {
    /// Packed as small as it gets.
    pub(crate) fn deflated(name: &str, content: &[u8]) -> Self {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
        // Writing into a vector does not fail; if it did, the entry would be stored.
        let packed = encoder
            .write_all(content)
            .and_then(|()| encoder.finish())
            .unwrap_or_default();
        let smaller = !packed.is_empty() && packed.len() < content.len();
        let ratio_holds =
            content.len() as u64 <= (packed.len() as u64).saturating_mul(LARGEST_RATIO);
        if !(smaller && ratio_holds) {
            return Self::stored(name, content);
        }
        Self {
            name: name.to_owned(),
            method: DEFLATED,
            crc: crc_of(content),
            bytes: content.len() as u64,
            packed,
        }
    }

    pub(crate) fn stored(name: &str, content: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            method: STORED,
            crc: crc_of(content),
            bytes: content.len() as u64,
            packed: content.to_vec(),
        }
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.method == STORED
    }

    /// The content, unpacked within bounds and checked.
    pub(crate) fn content(&self) -> Result<Vec<u8>> {
        let content = if self.is_stored() {
            self.packed.clone()
        } else {
            self.inflated()?
        };
        if content.len() as u64 != self.bytes {
            return Err(self.broken("its size is not what its header says"));
        }
        if crc_of(&content) != self.crc {
            return Err(self.broken("its checksum is wrong"));
        }
        Ok(content)
    }

    fn inflated(&self) -> Result<Vec<u8>> {
        let within = (self.packed.len() as u64).saturating_mul(LARGEST_RATIO);
        if self.bytes > within {
            return Err(self.broken("it claims to unpack to more than it can hold"));
        }
        let mut decoder = DeflateDecoder::new(self.packed.as_slice());
        let mut content = Vec::new();
        (&mut decoder)
            .take(self.bytes + 1)
            .read_to_end(&mut content)
            .map_err(|error| self.broken(&format!("it can't be unpacked ({error})")))?;
        if decoder.total_in() != self.packed.len() as u64 {
            return Err(self.broken("something stands behind its packed data"));
        }
        Ok(content)
    }

    fn broken(&self, problem: &str) -> Error {
        Error::archive(format!(
            "{}: {problem}; the file was damaged or changed",
            self.name
        ))
    }

    fn local_header(&self) -> Vec<u8> {
        let mut header = LOCAL.to_vec();
        self.put_common(&mut header);
        header.extend(0u16.to_le_bytes());
        header.extend(self.name.as_bytes());
        header
    }

    fn central_header(&self, offset: u32) -> Vec<u8> {
        let mut header = CENTRAL.to_vec();
        header.extend(MADE_BY.to_le_bytes());
        self.put_common(&mut header);
        // Extra field, comment, disk, internal attributes.
        header.extend([0u8; 8]);
        header.extend(ATTRIBUTES.to_le_bytes());
        header.extend(offset.to_le_bytes());
        header.extend(self.name.as_bytes());
        header
    }

    fn put_common(&self, header: &mut Vec<u8>) {
        for number in [NEEDED, FLAGS, self.method, TIME, DATE] {
            header.extend(number.to_le_bytes());
        }
        for number in [self.crc, self.packed.len() as u32, self.bytes as u32] {
            header.extend(number.to_le_bytes());
        }
        header.extend((self.name.len() as u16).to_le_bytes());
    }
}

fn crc_of(content: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(content);
    crc.sum()
}

/// The archive of these entries, in their order.
///
/// # Errors
/// Names that are not plain relative paths, or not different; too many or too large entries.
pub(crate) fn write(entries: &[Entry]) -> Result<Vec<u8>> {
    check_names(entries.iter().map(|entry| entry.name.as_str()))?;
    let total: u64 = entries.iter().map(|entry| entry.packed.len() as u64).sum();
    let largest = entries.iter().map(|entry| entry.bytes).max().unwrap_or(0);
    if total.max(largest) > MOST_BYTES || entries.len() > MOST_ENTRIES {
        let problem = format!(
            "{} files of {total} bytes are more than one evidence file holds ({MOST_ENTRIES} files, {MOST_BYTES} bytes); pack fewer folders",
            entries.len()
        );
        return Err(Error::archive(problem));
    }
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for entry in entries {
        directory.extend(entry.central_header(archive.len() as u32));
        archive.extend(entry.local_header());
        archive.extend(&entry.packed);
    }
    let end = end_record(entries.len(), directory.len(), archive.len());
    archive.extend(directory);
    archive.extend(end);
    Ok(archive)
}

fn end_record(entries: usize, directory_bytes: usize, directory_at: usize) -> Vec<u8> {
    let mut end = END.to_vec();
    end.extend([0u8; 4]);
    end.extend((entries as u16).to_le_bytes());
    end.extend((entries as u16).to_le_bytes());
    end.extend((directory_bytes as u32).to_le_bytes());
    end.extend((directory_at as u32).to_le_bytes());
    end.extend([0u8; 2]);
    end
}

/// The entries of an archive that [`write`] made; not yet unpacked.
///
/// # Errors
/// Anything else: another zip, a truncated, padded or changed one.
pub(crate) fn read(archive: &[u8]) -> Result<Vec<Entry>> {
    if archive.len() as u64 > MOST_BYTES + (MOST_BYTES >> 4) {
        return Err(Error::archive(format!("larger than {MOST_BYTES} bytes")));
    }
    let Some(end_at) = archive.len().checked_sub(END_BYTES) else {
        return Err(Error::archive("too short for an evidence file"));
    };
    let end = &archive[end_at..];
    if end[..4] != END {
        return Err(Error::archive(
            "no evidence file: the end of a zip archive is missing, or something stands behind it",
        ));
    }
    let count = u16_at(end, 10) as usize;
    let directory_at = u32_at(end, 16) as usize;
    let directory = archive
        .get(directory_at..end_at)
        .ok_or_else(|| Error::archive("the archive's directory lies outside of it"))?;
    if count > MOST_ENTRIES || end != end_record(count, directory.len(), directory_at) {
        return Err(Error::archive(
            "the archive's end record is not one that gradus writes",
        ));
    }
    let mut entries = Vec::new();
    let mut rest = directory;
    let mut at = 0;
    for number in 1..=count {
        let entry = read_entry(archive, directory_at, &mut rest, &mut at)
            .map_err(|problem| Error::archive(format!("entry {number} of {count}: {problem}")))?;
        entries.push(entry);
    }
    if !rest.is_empty() || at != directory_at {
        return Err(Error::archive(
            "the archive holds bytes that belong to no entry",
        ));
    }
    check_names(entries.iter().map(|entry| entry.name.as_str()))?;
    Ok(entries)
}

/// Takes one record off the directory; its data must begin at `at`.
fn read_entry(
    archive: &[u8],
    directory_at: usize,
    rest: &mut &[u8],
    at: &mut usize,
) -> Result<Entry, String> {
    const STRANGE: &str = "its header is not one that gradus writes";
    let fixed = rest.get(..CENTRAL_BYTES).ok_or("its header is cut off")?;
    let name_bytes = u16_at(fixed, 28) as usize;
    let whole = rest
        .get(..CENTRAL_BYTES + name_bytes)
        .ok_or("its name is cut off")?;
    let name = std::str::from_utf8(&whole[CENTRAL_BYTES..]).map_err(|_| "its name is not UTF-8")?;
    let packed_bytes = u32_at(fixed, 20) as usize;
    let mut entry = Entry {
        name: name.to_owned(),
        method: u16_at(fixed, 10),
        crc: u32_at(fixed, 16),
        bytes: u64::from(u32_at(fixed, 24)),
        packed: Vec::new(),
    };
    if !matches!(entry.method, STORED | DEFLATED) {
        return Err("it is packed in a way that gradus does not write".into());
    }
    let data_at = *at + entry.local_header().len();
    let data_end = data_at
        .checked_add(packed_bytes)
        .filter(|end| *end <= directory_at)
        .ok_or("it claims more bytes than there are")?;
    // Only now: these bytes exist.
    entry.packed = archive[data_at..data_end].to_vec();
    if archive[*at..data_at] != entry.local_header() || *whole != entry.central_header(*at as u32) {
        return Err(STRANGE.into());
    }
    *rest = &rest[whole.len()..];
    *at = data_end;
    Ok(entry)
}

/// Plain relative paths, each once, none inside another, whatever the file system folds.
fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = BTreeSet::new();
    let mut folders = BTreeSet::new();
    for name in names {
        if !is_plain(name) {
            return Err(Error::archive(format!(
                "'{}' is no plain relative path",
                name.escape_debug()
            )));
        }
        let folded = name.to_lowercase();
        for (at, _) in folded.match_indices('/') {
            folders.insert(folded[..at].to_owned());
        }
        if !seen.insert(folded) {
            return Err(Error::archive(format!("'{name}' is in it twice")));
        }
    }
    match seen.intersection(&folders).next() {
        Some(name) => Err(Error::archive(format!("'{name}' is both file and folder"))),
        None => Ok(()),
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && !name.contains(['\\', ':', '*', '?', '"', '<', '>', '|'])
        && !name.chars().any(char::is_control)
        && name
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && !part.ends_with([' ', '.']))
}

/// Little-endian; the callers' slices are long enough.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
