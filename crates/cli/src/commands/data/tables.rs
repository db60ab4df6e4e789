//! Tables as rows: CSV, Parquet and Arrow. Their readers stay here, at the edge of the program.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::Result;
use arrow_array::RecordBatch;
use arrow_ipc::reader::{FileReader, StreamReader};
use gradus_eval::Error;
use gradus_eval::data::read::SourceFile;
use gradus_eval::hash::sha256_hex;
use gradus_schema::JsonRow;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Map, Number, Value};

use super::arrow_rows::rows_of;

/// A header line names the fields; dots in a name make objects (`vector.energy`). Cells are text,
/// but numbers under the task's `target` path.
///
/// # Errors
/// A file that is no CSV; a cell under `target` that is no number; each with line and column.
pub fn read_csv(path: &Path, name: &str, target: &str) -> Result<SourceFile> {
    let bytes = read(path)?;
    let refuse = |line: u64, problem: String| Error::Row {
        path: path.to_owned(),
        row: line as usize,
        problem,
    };
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().from_reader(text);
    let complain = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        let problem = match error.kind() {
            csv::ErrorKind::UnequalLengths {
                expected_len, len, ..
            } => format!(
                "the line has {len} cells where the header has {expected_len}; quote cells that hold commas"
            ),
            csv::ErrorKind::Utf8 { .. } => "invalid UTF-8; save the file as UTF-8".to_owned(),
            _ => format!("not CSV: {error}"),
        };
        refuse(line, problem)
    };
    let header: Vec<String> = reader
        .headers()
        .map_err(complain)?
        .iter()
        .map(str::to_owned)
        .collect();
    for (index, field) in header.iter().enumerate() {
        if field.trim().is_empty() || header[..index].contains(field) {
            let problem = format!(
                "column {} has an empty or repeated name ('{field}')",
                index + 1
            );
            return Err(refuse(1, problem).into());
        }
    }
    let under_target = format!("{target}.");
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(complain)?;
        let line = record.position().map_or(0, csv::Position::line);
        let mut fields = Map::new();
        for (field, cell) in header.iter().zip(&record) {
            let value = match field.starts_with(&under_target) {
                false => Value::String(cell.to_owned()),
                true => Value::Number(number_of(cell).ok_or_else(|| {
                    refuse(line, format!("'{field}' must be a number, found '{cell}'"))
                })?),
            };
            put(&mut fields, field, value).map_err(|problem| refuse(1, problem))?;
        }
        rows.push(JsonRow {
            row: line as usize,
            fields,
        });
    }
    finished(path, name, rows, &bytes)
}

fn number_of(cell: &str) -> Option<Number> {
    serde_json::from_str(cell.trim()).ok()
}

fn put(fields: &mut Map<String, Value>, path: &str, value: Value) -> Result<(), String> {
    match path.split_once('.') {
        None => {
            fields.insert(path.to_owned(), value);
            Ok(())
        }
        Some((first, rest)) => {
            let entry = fields
                .entry(first.to_owned())
                .or_insert_with(|| Value::Object(Map::new()));
            match entry {
                Value::Object(inner) => put(inner, rest, value),
                _ => Err(format!(
                    "the columns '{first}' and '{path}' exclude each other; rename one"
                )),
            }
        }
    }
}

/// # Errors
/// A file that is no Parquet, or with a compression or a type of column that is not read.
pub fn read_parquet(path: &Path, name: &str) -> Result<SourceFile> {
    let rows = guarded(path, || {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.build())
            .map_err(|error| error.to_string())?;
        collected(reader.map(|batch| batch.map_err(|error| error.to_string())))
    })?;
    table(path, name, rows)
}

/// Arrow's stream format, as `save_to_disk` writes it, or its file format.
///
/// # Errors
/// A file that is neither, or with a type of column that is not read.
pub fn read_arrow(path: &Path, name: &str) -> Result<SourceFile> {
    let rows = guarded(path, || {
        let text = |error: arrow_schema::ArrowError| error.to_string();
        let mut file = File::open(path).map_err(|error| error.to_string())?;
        let mut magic = [0; 6];
        let is_file = file.read_exact(&mut magic).is_ok() && &magic == b"ARROW1";
        file.seek(SeekFrom::Start(0))
            .map_err(|error| error.to_string())?;
        if is_file {
            let reader = FileReader::try_new(file, None).map_err(text)?;
            collected(reader.map(|batch| batch.map_err(text)))
        } else {
            let reader =
                StreamReader::try_new(std::io::BufReader::new(file), None).map_err(text)?;
            collected(reader.map(|batch| batch.map_err(text)))
        }
    })?;
    table(path, name, rows)
}

fn collected(
    batches: impl Iterator<Item = Result<RecordBatch, String>>,
) -> Result<Vec<Map<String, Value>>, String> {
    let mut rows = Vec::new();
    for batch in batches {
        rows.extend(rows_of(&batch?)?);
    }
    Ok(rows)
}

/// The readers of Arrow and Parquet trust some lengths of their files; what they panic on is a
/// damaged file, and said so.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, String>) -> Result<T> {
    std::fs::metadata(path).map_err(|error| Error::io("reading the rows", path, error))?;
    let problem = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(problem)) => problem,
        Err(_) => "its lengths contradict each other".to_owned(),
    };
    let problem = format!("the table can't be read ({problem}); write it anew, or as JSONL");
    Err(Error::task(path, problem).into())
}

fn table(path: &Path, name: &str, rows: Vec<Map<String, Value>>) -> Result<SourceFile> {
    let rows = rows.into_iter().enumerate().map(|(index, fields)| JsonRow {
        row: index + 1,
        fields,
    });
    finished(path, name, rows.collect(), &read(path)?)
}

fn finished(path: &Path, name: &str, rows: Vec<JsonRow>, bytes: &[u8]) -> Result<SourceFile> {
    if rows.is_empty() {
        return Err(Error::task(path, "the table holds no rows").into());
    }
    Ok(SourceFile {
        name: name.to_owned(),
        path: path.to_owned(),
        sha256: sha256_hex(bytes),
        rows,
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(std::fs::read(path).map_err(|error| Error::io("reading the rows", path, error))?)
}

#[cfg(test)]
#[path = "tables_tests.rs"]
mod tests;
