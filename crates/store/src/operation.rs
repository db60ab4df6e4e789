//! Every change of the store, as it stands in the log. Replaying the operations gives the state.

use std::sync::Arc;

use crate::codec::{Bytes, Decoded, put_bytes, put_signed, put_varint};
use crate::lines::Lines;
use crate::log::put_record;
use crate::run::{RunKey, RunNumber, RunPatch, RunRecord};
use crate::{Error, Result};

/// The version of the payloads below.
const VERSION: u8 = 1;

/// Lines of one kind of one run from one writer. In shared mode each writer counts its own lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    pub run: RunNumber,
    /// `history`, `events`, `console`, or any other name.
    pub stream: Arc<str>,
    /// Empty for the only writer of a run.
    pub writer: Arc<str>,
}

impl StreamKey {
    pub fn new(run: RunNumber, stream: &str, writer: &str) -> Self {
        Self {
            run,
            stream: stream.into(),
            writer: writer.into(),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.run);
        put_bytes(out, self.stream.as_bytes());
        put_bytes(out, self.writer.as_bytes());
    }

    fn read(bytes: &mut Bytes<'_>) -> Decoded<Self> {
        Ok(Self::new(bytes.varint()?, bytes.text()?, bytes.text()?))
    }
}

/// What happens with lines at offsets that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// They were sent before: skipped.
    Once,
    /// They replace what is there, as a terminal's progress bar does.
    Rewrite,
}

/// A sealed file of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentRef {
    /// Unique in the store.
    pub id: u64,
    pub first_offset: u64,
    pub rows: u64,
    pub file_bytes: u64,
    pub min_step: i64,
    pub max_step: i64,
}

impl SegmentRef {
    pub fn end(&self) -> u64 {
        self.first_offset + self.rows
    }

    fn put(&self, out: &mut Vec<u8>) {
        for value in [self.id, self.first_offset, self.rows, self.file_bytes] {
            put_varint(out, value);
        }
        put_signed(out, self.min_step);
        put_signed(out, self.max_step);
    }

    fn read(bytes: &mut Bytes<'_>) -> Decoded<Self> {
        let reference = Self {
            id: bytes.varint()?,
            first_offset: bytes.varint()?,
            rows: bytes.varint()?,
            file_bytes: bytes.varint()?,
            min_step: bytes.signed()?,
            max_step: bytes.signed()?,
        };
        match reference.first_offset.checked_add(reference.rows) {
            Some(_) => Ok(reference),
            None => Err("a segment's rows do not fit in 64 bits"),
        }
    }
}

pub type BlobHash = [u8; 32];

#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Makes the run where there is none of this number.
    Run {
        number: RunNumber,
        key: RunKey,
        patch: Box<RunPatch>,
    },
    DeleteRun(RunNumber),
    Lines {
        key: StreamKey,
        offset: u64,
        placement: Placement,
        lines: Lines,
    },
    /// Keeps the first `keep` lines.
    Truncate {
        key: StreamKey,
        keep: u64,
    },
    /// The stream's next rows lie in a segment now.
    Sealed {
        key: StreamKey,
        segment: SegmentRef,
    },
    /// What the server keeps: users, keys, sweeps, artifacts, dashboards. `None` removes it.
    Document {
        kind: String,
        name: String,
        content: Option<String>,
    },
    /// `owner` needs the blob.
    LinkBlob {
        owner: String,
        hash: BlobHash,
        bytes: u64,
    },
    UnlinkBlob {
        owner: String,
        hash: BlobHash,
    },
    /// Only in a checkpoint: a run as it was.
    WholeRun(Box<RunRecord>),
    /// Only in a checkpoint: a segment, of which the first rows still count.
    Segment {
        key: StreamKey,
        segment: SegmentRef,
        visible_rows: u64,
    },
    /// Only in a checkpoint.
    Counters {
        next_run: u64,
        next_segment: u64,
        revision: u64,
    },
    /// Only in a checkpoint, and last there: how many records came before.
    End {
        records: u64,
    },
}

impl Operation {
    /// Appends the operation as one record of the log.
    pub fn put(&self, out: &mut Vec<u8>) -> Result<()> {
        let mut payload = Vec::new();
        let kind = self.put_payload(&mut payload)?;
        put_record(out, kind, VERSION, &payload)
    }

    fn put_payload(&self, out: &mut Vec<u8>) -> Result<u8> {
        let kind = match self {
            Self::Run { number, key, patch } => {
                put_varint(out, *number);
                put_bytes(out, &json(key)?);
                put_bytes(out, &json(patch)?);
                1
            }
            Self::DeleteRun(number) => {
                put_varint(out, *number);
                2
            }
            Self::Lines {
                key,
                offset,
                placement,
                lines,
            } => {
                key.put(out);
                put_varint(out, *offset);
                out.push(u8::from(*placement == Placement::Rewrite));
                lines.put(out);
                3
            }
            Self::Truncate { key, keep } => {
                key.put(out);
                put_varint(out, *keep);
                4
            }
            Self::Sealed { key, segment } => {
                key.put(out);
                segment.put(out);
                5
            }
            Self::Document {
                kind,
                name,
                content,
            } => {
                put_bytes(out, kind.as_bytes());
                put_bytes(out, name.as_bytes());
                out.push(u8::from(content.is_some()));
                put_bytes(out, content.as_deref().unwrap_or_default().as_bytes());
                6
            }
            Self::LinkBlob { owner, hash, bytes } => {
                put_bytes(out, owner.as_bytes());
                out.extend_from_slice(hash);
                put_varint(out, *bytes);
                7
            }
            Self::UnlinkBlob { owner, hash } => {
                put_bytes(out, owner.as_bytes());
                out.extend_from_slice(hash);
                8
            }
            Self::WholeRun(record) => {
                put_bytes(out, &json(record)?);
                32
            }
            Self::Segment {
                key,
                segment,
                visible_rows,
            } => {
                key.put(out);
                segment.put(out);
                put_varint(out, *visible_rows);
                33
            }
            Self::Counters {
                next_run,
                next_segment,
                revision,
            } => {
                put_varint(out, *next_run);
                put_varint(out, *next_segment);
                put_varint(out, *revision);
                34
            }
            Self::End { records } => {
                put_varint(out, *records);
                35
            }
        };
        Ok(kind)
    }

    pub fn read(kind: u8, version: u8, payload: &[u8]) -> Decoded<Self> {
        if version != VERSION {
            return Err("the record has a version that this gradus does not know");
        }
        let mut bytes = Bytes::new(payload);
        let operation = Self::read_payload(kind, &mut bytes)?;
        bytes.end()?;
        Ok(operation)
    }

    fn read_payload(kind: u8, bytes: &mut Bytes<'_>) -> Decoded<Self> {
        Ok(match kind {
            1 => Self::Run {
                number: bytes.varint()?,
                key: from_json(bytes.bytes()?)?,
                patch: from_json(bytes.bytes()?)?,
            },
            2 => Self::DeleteRun(bytes.varint()?),
            3 => Self::Lines {
                key: StreamKey::read(bytes)?,
                offset: bytes.varint()?,
                placement: match bytes.u8()? {
                    0 => Placement::Once,
                    1 => Placement::Rewrite,
                    _ => return Err("lines are placed in an unknown way"),
                },
                lines: Lines::read(bytes)?,
            },
            4 => Self::Truncate {
                key: StreamKey::read(bytes)?,
                keep: bytes.varint()?,
            },
            5 => Self::Sealed {
                key: StreamKey::read(bytes)?,
                segment: SegmentRef::read(bytes)?,
            },
            6 => {
                let (kind, name) = (bytes.text()?.to_owned(), bytes.text()?.to_owned());
                let is_there = bytes.u8()? == 1;
                let content = bytes.text()?;
                Self::Document {
                    kind,
                    name,
                    content: is_there.then(|| content.to_owned()),
                }
            }
            7 => Self::LinkBlob {
                owner: bytes.text()?.to_owned(),
                hash: read_hash(bytes)?,
                bytes: bytes.varint()?,
            },
            8 => Self::UnlinkBlob {
                owner: bytes.text()?.to_owned(),
                hash: read_hash(bytes)?,
            },
            32 => Self::WholeRun(from_json(bytes.bytes()?)?),
            33 => Self::Segment {
                key: StreamKey::read(bytes)?,
                segment: SegmentRef::read(bytes)?,
                visible_rows: bytes.varint()?,
            },
            34 => Self::Counters {
                next_run: bytes.varint()?,
                next_segment: bytes.varint()?,
                revision: bytes.varint()?,
            },
            35 => Self::End {
                records: bytes.varint()?,
            },
            _ => return Err("the record is of a kind that this gradus does not know"),
        })
    }
}

fn read_hash(bytes: &mut Bytes<'_>) -> Decoded<BlobHash> {
    let mut hash = [0; 32];
    hash.copy_from_slice(bytes.take(32)?);
    Ok(hash)
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|problem| Error::Input(problem.to_string()))
}

fn from_json<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Decoded<T> {
    serde_json::from_slice(bytes).map_err(|_| "the record of a run is not what it should be")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(operation: &Operation) {
        let mut payload = Vec::new();
        let kind = operation.put_payload(&mut payload).unwrap();
        assert_eq!(
            Operation::read(kind, VERSION, &payload).as_ref(),
            Ok(operation)
        );
        // A shorter payload is never taken for a whole one.
        for length in 0..payload.len() {
            assert!(Operation::read(kind, VERSION, &payload[..length]).is_err());
        }
    }

    #[test]
    fn operations_come_back() {
        let key = StreamKey::new(3, "history", "writer-1");
        let segment = SegmentRef {
            id: 9,
            first_offset: 100,
            rows: 20,
            file_bytes: 4096,
            min_step: -5,
            max_step: i64::MAX,
        };
        let patch = RunPatch {
            summary: Some("{\"loss\":NaN}".into()),
            tags: Some(vec!["a".into()]),
            ..RunPatch::default()
        };
        let run_key = RunKey::new("e", "p", "r");
        for operation in [
            Operation::Run {
                number: 3,
                key: run_key.clone(),
                patch: Box::new(patch.clone()),
            },
            Operation::DeleteRun(4),
            Operation::Lines {
                key: key.clone(),
                offset: 7,
                placement: Placement::Rewrite,
                lines: Lines::new(["{\"_step\":1}", ""]).unwrap(),
            },
            Operation::Truncate {
                key: key.clone(),
                keep: 1 << 40,
            },
            Operation::Sealed {
                key: key.clone(),
                segment,
            },
            Operation::Document {
                kind: "key".into(),
                name: "n".into(),
                content: None,
            },
            Operation::LinkBlob {
                owner: "o".into(),
                hash: [7; 32],
                bytes: 12,
            },
            Operation::UnlinkBlob {
                owner: "o".into(),
                hash: [7; 32],
            },
            Operation::WholeRun(Box::new(RunRecord {
                number: 3,
                revision: 8,
                key: run_key,
                fields: patch,
            })),
            Operation::Segment {
                key,
                segment,
                visible_rows: 3,
            },
            Operation::Counters {
                next_run: 1,
                next_segment: 2,
                revision: 3,
            },
            Operation::End { records: 11 },
        ] {
            there_and_back(&operation);
        }
    }

    proptest! {
        #[test]
        fn any_payload_is_read_without_panic(kind: u8, payload: Vec<u8>) {
            let _ = Operation::read(kind, VERSION, &payload);
        }
    }
}
