//! The GGUF container, versions 2 and 3: metadata, the tensor directory, and nothing of what
//! they mean. Every count, length and offset is checked against the size of the file before
//! memory is asked for, so a hostile file costs no more than its own size a few times over.
//!
//! Source: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::collections::BTreeMap;
use std::io::Read;

use super::dequantise::BlockFormat;

const MAGIC: u32 = u32::from_le_bytes(*b"GGUF");
const DEFAULT_ALIGNMENT: u64 = 32;
const MAX_DIMENSIONS: u32 = 4;
/// Arrays of arrays go no deeper in any known file.
const MAX_NESTING: usize = 4;

/// A metadata value. Integers of all widths become 64-bit ones, floats f64.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Integers(Vec<i64>),
    Floats(Vec<f64>),
    Bools(Vec<bool>),
    Arrays(Vec<Value>),
}

/// Where one tensor lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorEntry {
    pub name: String,
    /// Row-major, the slowest dimension first (GGUF itself writes the fastest first).
    pub shape: Vec<usize>,
    pub format: BlockFormat,
    /// From the start of the file.
    pub offset: u64,
    pub len: u64,
}

/// Everything before the tensor data.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    pub version: u32,
    pub metadata: BTreeMap<String, Value>,
    pub tensors: Vec<TensorEntry>,
}

impl Header {
    /// Reads a header from the start of a file of `file_len` bytes.
    ///
    /// # Errors
    /// A sentence that says at which byte the file stops making sense, and why.
    pub fn parse(reader: impl Read, file_len: u64) -> Result<Self, String> {
        let mut cursor = Cursor {
            reader,
            position: 0,
            file_len,
        };
        cursor
            .header()
            .map_err(|problem| format!("{problem} (byte {})", cursor.position))
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn texts(&self, key: &str) -> Option<&[String]> {
        match self.metadata.get(key)? {
            Value::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    pub fn integer(&self, key: &str) -> Option<u64> {
        match self.metadata.get(key)? {
            Value::Unsigned(value) => Some(*value),
            Value::Signed(value) => u64::try_from(*value).ok(),
            _ => None,
        }
    }

    pub fn float(&self, key: &str) -> Option<f64> {
        match self.metadata.get(key)? {
            Value::Float(value) => Some(*value),
            Value::Unsigned(value) => Some(*value as f64),
            Value::Signed(value) => Some(*value as f64),
            _ => None,
        }
    }

    pub fn bool(&self, key: &str) -> Option<bool> {
        match self.metadata.get(key)? {
            Value::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

struct Cursor<R> {
    reader: R,
    position: u64,
    file_len: u64,
}

impl<R: Read> Cursor<R> {
    fn header(&mut self) -> Result<Header, String> {
        if self.u32()? != MAGIC {
            return Err("this is not a GGUF file (it does not start with \"GGUF\")".into());
        }
        let version = self.u32()?;
        match version {
            2 | 3 => {}
            1 => {
                return Err(
                    "GGUF version 1 is too old; convert the model again with a current llama.cpp"
                        .into(),
                );
            }
            _ if matches!(version.swap_bytes(), 1..=3) => {
                return Err("this GGUF file is big-endian, which is not read here".into());
            }
            _ => {
                return Err(format!(
                    "GGUF version {version} is unknown (2 and 3 are read)"
                ));
            }
        }
        let tensor_count = self.u64()?;
        let metadata_count = self.u64()?;
        // The least a tensor entry takes: name length, dimension count, type, offset.
        self.check_count("tensors", tensor_count, 8 + 4 + 4 + 8)?;
        // The least a metadata entry takes: key length, type, one byte.
        self.check_count("metadata entries", metadata_count, 8 + 4 + 1)?;

        let mut metadata = BTreeMap::new();
        for _ in 0..metadata_count {
            let key = self.text()?;
            let kind = self.u32()?;
            let value = self
                .value(kind, 0)
                .map_err(|problem| format!("metadata {key:?}: {problem}"))?;
            if metadata.insert(key.clone(), value).is_some() {
                return Err(format!("metadata {key:?} occurs twice"));
            }
        }
        let alignment = match metadata.get("general.alignment") {
            None => DEFAULT_ALIGNMENT,
            Some(Value::Unsigned(value)) if value.is_power_of_two() && *value <= 1 << 20 => *value,
            Some(other) => {
                return Err(format!(
                    "general.alignment is {other:?}, not a power of two up to 2^20"
                ));
            }
        };

        let mut tensors = Vec::new();
        let mut names = std::collections::BTreeSet::new();
        for _ in 0..tensor_count {
            let tensor = self.tensor_entry(alignment)?;
            if !names.insert(tensor.name.clone()) {
                return Err(format!("tensor {:?} occurs twice", tensor.name));
            }
            tensors.push(tensor);
        }
        let data_start = self.position.next_multiple_of(alignment);
        for tensor in &mut tensors {
            let end = data_start
                .checked_add(tensor.offset)
                .and_then(|start| start.checked_add(tensor.len));
            if end.is_none_or(|end| end > self.file_len) {
                return Err(format!(
                    "tensor {:?} ends beyond the file, which has {} bytes; the file is truncated or corrupt: get it again",
                    tensor.name, self.file_len
                ));
            }
            tensor.offset += data_start;
        }
        Ok(Header {
            version,
            metadata,
            tensors,
        })
    }

    fn tensor_entry(&mut self, alignment: u64) -> Result<TensorEntry, String> {
        let name = self.text()?;
        let dimensions = self.u32()?;
        if dimensions > MAX_DIMENSIONS {
            return Err(format!(
                "tensor {name:?} claims {dimensions} dimensions, more than {MAX_DIMENSIONS}"
            ));
        }
        let mut shape = Vec::new();
        let mut elements = 1u64;
        for _ in 0..dimensions {
            let size = self.u64()?;
            elements = elements
                .checked_mul(size)
                .ok_or_else(|| format!("the size of tensor {name:?} overflows"))?;
            shape.push(usize::try_from(size).map_err(|_| format!("tensor {name:?} is too large"))?);
        }
        let kind = self.u32()?;
        let format = BlockFormat::from_ggml(kind).ok_or_else(|| {
            format!(
                "tensor {name:?} has ggml type {kind}, which is not read here; known: {}",
                BlockFormat::names()
            )
        })?;
        let row = shape.first().copied().unwrap_or(1) as u64;
        let block = format.block_len() as u64;
        if !row.is_multiple_of(block) {
            return Err(format!(
                "rows of tensor {name:?} have {row} elements, not a multiple of {format:?}'s block of {block}"
            ));
        }
        let len = (elements / block)
            .checked_mul(format.block_bytes() as u64)
            .ok_or_else(|| format!("the size of tensor {name:?} overflows"))?;
        let offset = self.u64()?;
        if !offset.is_multiple_of(alignment) {
            return Err(format!(
                "tensor {name:?} lies at offset {offset}, not a multiple of the alignment {alignment}"
            ));
        }
        shape.reverse();
        Ok(TensorEntry {
            name,
            shape,
            format,
            offset,
            len,
        })
    }

    fn value(&mut self, kind: u32, depth: usize) -> Result<Value, String> {
        Ok(match kind {
            0 => Value::Unsigned(u64::from(self.bytes::<1>()?[0])),
            1 => Value::Signed(i64::from(self.bytes::<1>()?[0] as i8)),
            2 => Value::Unsigned(u64::from(u16::from_le_bytes(self.bytes()?))),
            3 => Value::Signed(i64::from(i16::from_le_bytes(self.bytes()?))),
            4 => Value::Unsigned(u64::from(self.u32()?)),
            5 => Value::Signed(i64::from(i32::from_le_bytes(self.bytes()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.bytes()?))),
            7 => Value::Bool(self.bytes::<1>()?[0] != 0),
            8 => Value::Text(self.text()?),
            9 => self.array(depth)?,
            10 => Value::Unsigned(self.u64()?),
            11 => Value::Signed(i64::from_le_bytes(self.bytes()?)),
            12 => Value::Float(f64::from_le_bytes(self.bytes()?)),
            _ => return Err(format!("value type {kind} is unknown")),
        })
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        if depth >= MAX_NESTING {
            return Err("arrays are nested too deeply".into());
        }
        let kind = self.u32()?;
        let count = self.u64()?;
        let least = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            8 | 10..=12 => 8,
            9 => 12,
            _ => return Err(format!("element type {kind} is unknown")),
        };
        self.check_count("array elements", count, least)?;
        let count = usize::try_from(count).map_err(|_| "the array is too long")?;
        Ok(match kind {
            8 => Value::Texts(self.collect(count, Self::text)?),
            9 => Value::Arrays(self.collect(count, |cursor| cursor.array(depth + 1))?),
            7 => Value::Bools(self.collect(count, |cursor| Ok(cursor.bytes::<1>()?[0] != 0))?),
            6 | 12 => Value::Floats(self.collect(
                count,
                |cursor| match cursor.value(kind, depth)? {
                    Value::Float(value) => Ok(value),
                    other => Err(format!("{other:?} stands in an array of floats")),
                },
            )?),
            _ => Value::Integers(self.collect(
                count,
                |cursor| match cursor.value(kind, depth)? {
                    Value::Signed(value) => Ok(value),
                    Value::Unsigned(value) => {
                        i64::try_from(value).map_err(|_| format!("{value} is out of range"))
                    }
                    other => Err(format!("{other:?} stands in an array of integers")),
                },
            )?),
        })
    }

    fn collect<T>(
        &mut self,
        count: usize,
        mut element: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        (0..count).map(|_| element(self)).collect()
    }

    fn text(&mut self) -> Result<String, String> {
        let len = self.u64()?;
        self.check_count("bytes of text", len, 1)?;
        let len = usize::try_from(len).map_err(|_| "the text is too long")?;
        let mut bytes = vec![0; len];
        self.fill(&mut bytes)?;
        String::from_utf8(bytes)
            .map_err(|_| "a text is not valid UTF-8; the file is corrupt".into())
    }

    /// Refuses a count whose smallest possible content would not fit in the rest of the file.
    fn check_count(&self, what: &str, count: u64, least_bytes: u64) -> Result<(), String> {
        let rest = self.file_len.saturating_sub(self.position);
        if count
            .checked_mul(least_bytes)
            .is_none_or(|needed| needed > rest)
        {
            return Err(format!(
                "the file claims {count} {what}, but only {rest} bytes are left; it is truncated or corrupt: get it again"
            ));
        }
        Ok(())
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), String> {
        self.reader
            .read_exact(bytes)
            .map_err(|problem| match problem.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    "the file ends in the middle of its header; it is truncated: get it again"
                        .into()
                }
                _ => format!("reading failed: {problem}"),
            })?;
        self.position += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_files::{GgufBuilder, tiny_gguf};
    use super::*;

    fn parse(bytes: &[u8]) -> Result<Header, String> {
        Header::parse(bytes, bytes.len() as u64)
    }

    #[test]
    fn every_metadata_type_is_read() {
        let mut builder = GgufBuilder::new();
        builder.raw("u8", 0, &[7]);
        builder.raw("i8", 1, &[0xff]);
        builder.raw("u16", 2, &300u16.to_le_bytes());
        builder.raw("i16", 3, &(-300i16).to_le_bytes());
        builder.raw("i32", 5, &(-5i32).to_le_bytes());
        builder.raw("f32", 6, &1.5f32.to_le_bytes());
        builder.raw("flag", 7, &[1]);
        builder.raw("u64", 10, &u64::MAX.to_le_bytes());
        builder.raw("f64", 12, &0.25f64.to_le_bytes());
        builder.texts("list", &["a", "b"]);
        let header = parse(&builder.build()).unwrap();
        assert_eq!(header.integer("u8"), Some(7));
        assert_eq!(header.metadata["i8"], Value::Signed(-1));
        assert_eq!(header.integer("u16"), Some(300));
        assert_eq!(header.metadata["i16"], Value::Signed(-300));
        assert_eq!(header.integer("i32"), None);
        assert_eq!(header.float("f32"), Some(1.5));
        assert_eq!(header.bool("flag"), Some(true));
        assert_eq!(header.integer("u64"), Some(u64::MAX));
        assert_eq!(header.float("f64"), Some(0.25));
        assert_eq!(header.texts("list").unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_claim_larger_than_the_file_is_refused_before_it_is_believed() {
        let mut builder = GgufBuilder::new();
        let mut array = 4u32.to_le_bytes().to_vec();
        array.extend_from_slice(&(1u64 << 60).to_le_bytes());
        builder.raw("huge", 9, &array);
        let problem = parse(&builder.build()).unwrap_err();
        assert!(
            problem.contains("\"huge\"") && problem.contains("array elements"),
            "{problem}"
        );
    }

    #[test]
    fn every_truncation_is_an_error_and_none_panics() {
        let bytes = tiny_gguf();
        parse(&bytes).unwrap();
        for len in (0..bytes.len()).step_by(7) {
            assert!(parse(&bytes[..len]).is_err(), "cut at {len}");
        }
    }

    #[test]
    fn other_files_are_named_for_what_they_are_not() {
        assert!(
            parse(b"PK\x03\x04 something else entirely")
                .unwrap_err()
                .contains("not a GGUF file")
        );
        let mut big_endian = b"GGUF".to_vec();
        big_endian.extend_from_slice(&3u32.to_be_bytes());
        big_endian.extend_from_slice(&[0; 16]);
        assert!(parse(&big_endian).unwrap_err().contains("big-endian"));
    }
}
