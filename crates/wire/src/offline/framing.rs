//! The framing of a `.wandb` file: LevelDB's log format with a header of its own and plain CRC-32.
//!
//! Blocks of 32 KiB, counted from the start of the file. A chunk is u32 checksum, u16 length, u8
//! kind (all little-endian), data; it never crosses a block. Fewer than seven bytes at the end of a
//! block are padding. After damage the rest of the block can't be trusted, the next one can.

use std::borrow::Cow;

use crate::error::{Error, Result};

const BLOCK_BYTES: usize = 32 * 1024;
const CHUNK_HEADER_BYTES: usize = 7;
const FILE_HEADER_BYTES: usize = 7;
const IDENT: &[u8] = b":W&B";
const MAGIC: u16 = 0xbee1;
const VERSION: u8 = 0;

/// What could not be read, in counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Damage {
    /// Chunks whose checksum does not fit their bytes.
    pub bad_checksums: usize,
    /// Chunks that claim more bytes than there are, as after a crash.
    pub torn_chunks: usize,
    /// Records of which a part is missing.
    pub torn_records: usize,
    /// Bytes that were passed over because of all that.
    pub skipped_bytes: usize,
}

impl Damage {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

pub(super) struct RecordReader<'a> {
    bytes: &'a [u8],
    at: usize,
    pub chunks: usize,
    pub damage: Damage,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Full,
    First,
    Middle,
    Last,
}

impl<'a> RecordReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let Some(header) = bytes.get(..FILE_HEADER_BYTES) else {
            let length = bytes.len();
            return Err(Error::WandbFile(format!(
                "it has {length} bytes, the header alone has {FILE_HEADER_BYTES}"
            )));
        };
        let magic = u16::from_le_bytes([header[4], header[5]]);
        if &header[..4] != IDENT || magic != MAGIC {
            return Err(Error::WandbFile("it does not begin with ':W&B'".into()));
        }
        if header[6] != VERSION {
            return Err(Error::WandbFile(format!(
                "it has format version {}, {VERSION} can be read",
                header[6]
            )));
        }
        Ok(Self {
            bytes,
            at: FILE_HEADER_BYTES,
            chunks: 0,
            damage: Damage::default(),
        })
    }

    /// The next whole record; parts of broken ones are passed over.
    pub fn next_record(&mut self) -> Option<Cow<'a, [u8]>> {
        let mut parts: Option<Vec<u8>> = None;
        loop {
            let Some(chunk) = self.next_chunk() else {
                self.damage.torn_records += usize::from(parts.is_some());
                return None;
            };
            let (kind, data) = match chunk {
                Chunk::Whole(kind, data) => (kind, data),
                Chunk::Damaged => {
                    self.damage.torn_records += usize::from(parts.take().is_some());
                    continue;
                }
            };
            match (kind, parts.as_mut()) {
                (Kind::Full, None) => return Some(Cow::Borrowed(data)),
                (Kind::Full, Some(_)) => {
                    self.damage.torn_records += 1;
                    return Some(Cow::Borrowed(data));
                }
                (Kind::First, before) => {
                    self.damage.torn_records += usize::from(before.is_some());
                    parts = Some(data.to_vec());
                }
                (Kind::Middle, Some(record)) => record.extend_from_slice(data),
                (Kind::Last, Some(record)) => {
                    record.extend_from_slice(data);
                    return parts.map(Cow::Owned);
                }
                // The beginning was lost and is counted already.
                (Kind::Middle | Kind::Last, None) => self.damage.skipped_bytes += data.len(),
            }
        }
    }

    fn next_chunk(&mut self) -> Option<Chunk<'a>> {
        let left_in_block = BLOCK_BYTES - self.at % BLOCK_BYTES;
        if left_in_block < CHUNK_HEADER_BYTES {
            self.at += left_in_block;
        }
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let block_end = (self.at / BLOCK_BYTES + 1) * BLOCK_BYTES;
        let in_block = rest.len().min(block_end - self.at);
        let Some(header) = rest.get(..CHUNK_HEADER_BYTES) else {
            return Some(self.torn(rest.len()));
        };
        let checksum = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
        let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
        // Room that was set aside and never written.
        if header.iter().all(|byte| *byte == 0) {
            self.at += in_block;
            self.damage.skipped_bytes += in_block;
            return Some(Chunk::Damaged);
        }
        let end = CHUNK_HEADER_BYTES + length;
        let checked = match rest.get(6..end) {
            Some(checked) if end <= in_block => checked,
            _ => return Some(self.torn(in_block)),
        };
        let kind = match header[6] {
            1 => Some(Kind::Full),
            2 => Some(Kind::First),
            3 => Some(Kind::Middle),
            4 => Some(Kind::Last),
            _ => None,
        };
        match kind {
            Some(kind) if crc32fast::hash(checked) == checksum => {
                self.at += end;
                self.chunks += 1;
                Some(Chunk::Whole(kind, checked.get(1..).unwrap_or_default()))
            }
            _ => {
                // The length may be what is broken, so nothing of this block can be trusted.
                self.damage.bad_checksums += 1;
                self.damage.skipped_bytes += in_block;
                self.at += in_block;
                Some(Chunk::Damaged)
            }
        }
    }

    fn torn(&mut self, skipped: usize) -> Chunk<'a> {
        self.damage.torn_chunks += 1;
        self.damage.skipped_bytes += skipped;
        self.at += skipped;
        Chunk::Damaged
    }
}

enum Chunk<'a> {
    Whole(Kind, &'a [u8]),
    Damaged,
}

/// A file of these records, as the official writer makes it: for tests.
#[cfg(test)]
pub(super) fn written(records: &[Vec<u8>]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend_from_slice(IDENT);
    file.extend_from_slice(&MAGIC.to_le_bytes());
    file.push(VERSION);
    for record in records {
        let mut rest = record.as_slice();
        let mut is_first = true;
        loop {
            let left = BLOCK_BYTES - file.len() % BLOCK_BYTES;
            if left < CHUNK_HEADER_BYTES {
                file.resize(file.len() + left, 0);
                continue;
            }
            let (data, later) = rest.split_at(rest.len().min(left - CHUNK_HEADER_BYTES));
            let kind = match (is_first, later.is_empty()) {
                (true, true) => 1,
                (true, false) => 2,
                (false, false) => 3,
                (false, true) => 4,
            };
            let mut checked = vec![kind];
            checked.extend_from_slice(data);
            file.extend_from_slice(&crc32fast::hash(&checked).to_le_bytes());
            file.extend_from_slice(&u16::try_from(data.len()).unwrap().to_le_bytes());
            file.extend_from_slice(&checked);
            (rest, is_first) = (later, false);
            if rest.is_empty() {
                break;
            }
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn records(file: &[u8]) -> (Vec<Vec<u8>>, Damage) {
        let mut reader = RecordReader::new(file).unwrap();
        let mut records = Vec::new();
        while let Some(record) = reader.next_record() {
            records.push(record.into_owned());
        }
        (records, reader.damage)
    }

    /// Small ones, one that spans three blocks, and one that ends six bytes before an edge.
    fn sample() -> Vec<Vec<u8>> {
        vec![
            b"first".to_vec(),
            vec![7; 70_000],
            Vec::new(),
            vec![8; 3 * BLOCK_BYTES - 7 - 5 - 7 - 70_000 - 3 * 7 - 7 - 7 - 6],
            b"last".to_vec(),
        ]
    }

    #[test]
    fn records_of_every_length_come_back() {
        let file = written(&sample());
        assert_eq!(records(&file), (sample(), Damage::default()));
    }

    #[test]
    fn a_cut_file_gives_every_whole_record_before_the_cut() {
        let file = written(&sample());
        for cut in [file.len() - 1, file.len() - 5, 40_000, 20, 12, 8] {
            let (found, damage) = records(&file[..cut]);
            assert_eq!(found, sample()[..found.len()], "cut at {cut}");
            assert!(found.len() < sample().len());
            assert!(!damage.is_none(), "cut at {cut}: {damage:?}");
        }
        assert_eq!(records(&file[..7]), (Vec::new(), Damage::default()));
    }

    #[test]
    fn reading_goes_on_in_the_block_after_damage() {
        let mut file = written(&sample());
        file[20] ^= 1; // in the long record's first chunk
        let (found, damage) = records(&file);
        assert_eq!(
            found,
            [
                sample().swap_remove(0),
                Vec::new(),
                sample()[3].clone(),
                b"last".to_vec()
            ]
        );
        assert_eq!((damage.bad_checksums, damage.torn_chunks), (1, 0));
        assert!(damage.skipped_bytes > 60_000);
    }

    #[test]
    fn other_files_are_refused() {
        let problem = |bytes: &[u8]| RecordReader::new(bytes).err().unwrap().to_string();
        assert!(problem(b"").contains("0 bytes"));
        assert!(problem(b"PK\x03\x04aaaa").contains("':W&B'"));
        assert!(problem(b":W&B\xe1\xbe\x01").contains("format version 1"));
    }

    proptest! {
        #[test]
        fn damage_never_panics_nor_invents_records(
            flips in prop::collection::vec((7usize..100_000, any::<u8>()), 1..8),
            cut in 7usize..110_000,
        ) {
            let mut file = written(&sample());
            for (at, mask) in flips {
                if let Some(byte) = file.get_mut(at) {
                    *byte ^= mask;
                }
            }
            file.truncate(cut);
            let (found, _) = records(&file);
            for record in found {
                prop_assert!(sample().contains(&record));
            }
        }
    }
}
