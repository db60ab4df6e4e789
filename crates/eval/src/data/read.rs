//! Rows of JSON and JSONL files. Tables (CSV, Parquet, Arrow) are read by the command line, which
//! hands over the same [`SourceFile`].

use std::path::{Path, PathBuf};

use gradus_schema::{JsonRow, parse_json_rows};
use serde_json::Value;

use crate::hash::sha256_hex;
use crate::{Error, Result};

/// The rows of one file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// As it was named, for reports; never this machine's path.
    pub name: String,
    pub path: PathBuf,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// `row` is the line, or the number of the record, from 1.
    pub rows: Vec<JsonRow>,
}

/// Reads `.jsonl` (or any other ending) as one object a line, `.json` as a list of objects, or as
/// an object of which one entry is such a list (`items`, `rows`, `data`, …).
///
/// # Errors
/// An unreadable file; the first line or record that is no JSON object.
pub fn read_json_file(path: &Path, name: &str) -> Result<SourceFile> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("reading the rows", path, error))?;
    let is_json = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let rows = if is_json {
        json_records(path, &bytes)?
    } else {
        parse_json_rows(&bytes).map_err(|error| row_error(path, error.row, error.problem))?
    };
    Ok(SourceFile {
        name: name.to_owned(),
        path: path.to_owned(),
        sha256: sha256_hex(&bytes),
        rows,
    })
}

fn json_records(path: &Path, bytes: &[u8]) -> Result<Vec<JsonRow>> {
    let document: Value = serde_json::from_slice(bytes)
        .map_err(|error| row_error(path, error.line(), format!("not JSON: {error}")))?;
    let records = match document {
        Value::Array(records) => records,
        Value::Object(fields) => {
            let mut lists = fields.into_iter().filter_map(|(_, value)| match value {
                Value::Array(items) if items.iter().all(Value::is_object) => Some(items),
                _ => None,
            });
            match (lists.next(), lists.next()) {
                (Some(records), None) => records,
                _ => {
                    let problem = "expected a list of objects, or an object with exactly one such list (such as 'items')";
                    return Err(Error::task(path, problem));
                }
            }
        }
        _ => return Err(Error::task(path, "expected a list of objects")),
    };
    if records.is_empty() {
        return Err(Error::task(path, "the file holds no rows"));
    }
    let rows = records.into_iter().enumerate().map(|(index, record)| {
        let row = index + 1;
        match record {
            Value::Object(fields) => Ok(JsonRow { row, fields }),
            other => {
                let problem = format!("record {row}: expected an object, found {other}");
                Err(Error::task(path, problem))
            }
        }
    });
    rows.collect()
}

pub(crate) fn row_error(path: &Path, row: usize, problem: impl Into<String>) -> Error {
    match row {
        0 => Error::task(path, problem),
        row => Error::Row {
            path: path.to_owned(),
            row,
            problem: problem.into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> Result<Vec<JsonRow>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        read_json_file(&path, name)
            .map(|file| file.rows)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn lists_and_wrapped_lists_and_lines_are_rows() {
        for (name, text) in [
            ("a.jsonl", "{\"x\": 1}\n\n{\"x\": 2}\n"),
            ("a.json", "[{\"x\": 1}, {\"x\": 2}]"),
            (
                "a.json",
                "{\"count\": 2, \"items\": [{\"x\": 1}, {\"x\": 2}]}",
            ),
        ] {
            let rows = read(name, text).unwrap();
            assert_eq!(rows.len(), 2, "{text}");
            assert_eq!(rows[1].fields["x"], 2);
        }
    }

    #[test]
    fn what_is_no_row_is_named() {
        assert!(
            read("a.jsonl", "{\"x\": 1}\n[1]\n")
                .unwrap_err()
                .starts_with("line 2")
        );
        assert!(
            read("a.json", "{\"a\": 1}")
                .unwrap_err()
                .contains("exactly one")
        );
        assert!(read("a.json", "[]").unwrap_err().contains("no rows"));
        assert!(read("a.json", "[1]").unwrap_err().contains("record 1"));
        assert!(read("a.json", "{\n\n!").unwrap_err().starts_with("line 3"));
    }
}
