//! The safetensors container: an 8-byte length, a JSON header, raw tensors.
//!
//! Source: <https://huggingface.co/docs/safetensors>. Read by offset, so that a shard of many
//! gigabytes costs no more memory than the tensor asked for.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::numbers::{bf16_to_f32, f8_e4m3_to_f32, f16_to_f32};
use super::source_file::SourceFile;
use crate::{Error, Result};

const MAX_HEADER: u64 = 100_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementType {
    F32,
    F16,
    BF16,
    F8E4M3,
}

impl ElementType {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "F32" => Some(Self::F32),
            "F16" => Some(Self::F16),
            "BF16" => Some(Self::BF16),
            "F8_E4M3" => Some(Self::F8E4M3),
            _ => None,
        }
    }

    fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::BF16 => 2,
            Self::F8E4M3 => 1,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `None`: a type that is not read here (integers, booleans).
    pub(crate) element: Option<ElementType>,
    pub(crate) shape: Vec<usize>,
    /// From the start of the file.
    offset: u64,
    len: u64,
}

pub(crate) struct SafetensorsFile {
    file: SourceFile,
    pub(crate) entries: BTreeMap<String, Entry>,
}

impl SafetensorsFile {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = SourceFile::open(path)?;
        let broken = |problem: String| Error::model_file(path, problem);
        let length = file.read(0, 8)?;
        let header_len = length
            .try_into()
            .map(u64::from_le_bytes)
            .unwrap_or(u64::MAX);
        if header_len > MAX_HEADER || header_len > file.len().saturating_sub(8) {
            return Err(broken(format!(
                "the header claims {header_len} bytes, the file has {}; it is truncated or no safetensors file",
                file.len()
            )));
        }
        let header = file.read(8, header_len)?;
        let entries = parse_header(&header, file.len()).map_err(broken)?;
        Ok(Self { file, entries })
    }

    /// The numbers as f32.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<f32>> {
        let broken = |problem: String| Error::model_file(self.file.path(), problem);
        let entry = self
            .entries
            .get(name)
            .ok_or_else(|| broken(format!("tensor {name} is missing")))?;
        let element = entry.element.ok_or_else(|| {
            broken(format!(
                "tensor {name} is not of a type read here (F32, F16, BF16, F8_E4M3)"
            ))
        })?;
        let bytes = self.file.read(entry.offset, entry.len)?;
        let pair = |bytes: &[u8]| u16::from_le_bytes([bytes[0], bytes[1]]);
        Ok(match element {
            ElementType::F32 => bytes
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
            ElementType::F16 => bytes.chunks_exact(2).map(|b| f16_to_f32(pair(b))).collect(),
            ElementType::BF16 => bytes
                .chunks_exact(2)
                .map(|b| bf16_to_f32(pair(b)))
                .collect(),
            ElementType::F8E4M3 => bytes.iter().map(|b| f8_e4m3_to_f32(*b)).collect(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }
}

/// `header` is the JSON text that follows the length in a file of `file_len` bytes.
fn parse_header(header: &[u8], file_len: u64) -> Result<BTreeMap<String, Entry>, String> {
    let value: Value = serde_json::from_slice(header).map_err(|problem| {
        format!("the header is not valid JSON ({problem}); the file is corrupt")
    })?;
    let fields = value.as_object().ok_or("the header is no JSON object")?;
    let data_start = 8 + header.len() as u64;
    let mut entries = BTreeMap::new();
    for (name, fields) in fields.iter().filter(|(name, _)| *name != "__metadata__") {
        let entry = parse_entry(fields, data_start, file_len)
            .map_err(|problem| format!("tensor {name}: {problem}"))?;
        entries.insert(name.clone(), entry);
    }
    Ok(entries)
}

fn parse_entry(fields: &Value, data_start: u64, file_len: u64) -> Result<Entry, String> {
    let numbers = |name: &str| -> Result<Vec<u64>, String> {
        let list = fields
            .get(name)
            .and_then(Value::as_array)
            .ok_or_else(|| format!("field {name} is missing"))?;
        list.iter()
            .map(|number| {
                number
                    .as_u64()
                    .ok_or_else(|| format!("field {name} holds {number}"))
            })
            .collect()
    };
    let element = ElementType::from_name(
        fields
            .get("dtype")
            .and_then(Value::as_str)
            .ok_or("field dtype is missing")?,
    );
    let shape = numbers("shape")?;
    let [start, end] = numbers("data_offsets")?[..] else {
        return Err("data_offsets is no pair".into());
    };
    let len = end.checked_sub(start).ok_or("data_offsets run backwards")?;
    if data_start.checked_add(end).is_none_or(|end| end > file_len) {
        return Err(format!(
            "it ends beyond the file, which has {file_len} bytes; the file is truncated: get it again"
        ));
    }
    if let Some(element) = element {
        let needed = shape
            .iter()
            .try_fold(element.bytes(), |product, size| product.checked_mul(*size));
        if needed != Some(len) {
            return Err(format!("shape {shape:?} does not fill its {len} bytes"));
        }
    }
    let shape = shape
        .into_iter()
        .map(usize::try_from)
        .collect::<Result<_, _>>()
        .map_err(|_| "its shape is too large")?;
    Ok(Entry {
        element,
        shape,
        offset: data_start + start,
        len,
    })
}

#[cfg(test)]
mod tests {
    use super::super::test_files::safetensors_bytes;
    use super::*;

    fn open(bytes: &[u8]) -> Result<SafetensorsFile> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("model.safetensors");
        std::fs::write(&path, bytes).unwrap();
        SafetensorsFile::open(&path)
    }

    fn header_only(header: &str) -> String {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        open(&bytes)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn the_four_types_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("model.safetensors");
        let tensors = [
            (
                "a",
                "F32",
                vec![1, 2],
                [1.5f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat(),
            ),
            ("b", "F16", vec![1], vec![0x00, 0x3c]),
            ("c", "BF16", vec![1], vec![0x80, 0x3f]),
            ("d", "F8_E4M3", vec![2], vec![0x38, 0xb8]),
            ("e", "I64", vec![1], vec![0; 8]),
        ];
        std::fs::write(&path, safetensors_bytes(&tensors)).unwrap();
        let file = SafetensorsFile::open(&path).unwrap();
        assert_eq!(file.read("a").unwrap(), [1.5, -2.0]);
        assert_eq!(file.read("b").unwrap(), [1.0]);
        assert_eq!(file.read("c").unwrap(), [1.0]);
        assert_eq!(file.read("d").unwrap(), [1.0, -1.0]);
        assert!(file.read("e").is_err());
    }

    #[test]
    fn headers_that_lie_are_refused() {
        assert!(
            open(&u64::MAX.to_le_bytes())
                .err()
                .unwrap()
                .to_string()
                .contains("header claims")
        );
        assert!(open(b"abc").is_err());
        assert!(header_only("{\"a\"").contains("not valid JSON"));
        assert!(
            header_only(r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#)
                .contains("beyond the file")
        );
        assert!(
            header_only(r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[8,0]}}"#)
                .contains("backwards")
        );
        assert!(
            header_only(r#"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,0]}}"#)
                .contains("does not fill")
        );
        let huge = r#"{"a":{"dtype":"F32","shape":[9223372036854775807,9],"data_offsets":[0,0]}}"#;
        assert!(header_only(huge).contains("does not fill"));
    }
}
