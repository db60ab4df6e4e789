//! Rows and runs as Parquet. A key's column is whole numbers where every value is one, floats where
//! every value is a number, and JSON texts else; a row without the key has null.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use gradus_tracker::query::time_text;
use gradus_wire::{Json, JsonObject, json};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::export::Record;

/// Rows of one row group; memory follows this, not the run's length.
const ROWS_AT_ONCE: usize = 65_536;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Whole,
    Number,
    Text,
}

impl Kind {
    fn of(value: &Json) -> Self {
        match value {
            Json::Number(_)
                if value.as_i64().is_some() && !value.to_line().contains(['.', 'e', 'E']) =>
            {
                Self::Whole
            }
            Json::Number(_) => Self::Number,
            _ => Self::Text,
        }
    }

    fn joined(self, other: Self) -> Self {
        match (self, other) {
            (Self::Text, _) | (_, Self::Text) => Self::Text,
            (Self::Whole, Self::Whole) => Self::Whole,
            _ => Self::Number,
        }
    }

    fn field(self, name: &str) -> Field {
        let data_type = match self {
            Self::Whole => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Text => DataType::Utf8,
        };
        Field::new(name, data_type, true)
    }

    fn array(self, values: Vec<Option<Json>>) -> ArrayRef {
        let values = values.into_iter();
        match self {
            Self::Whole => Arc::new(values.map(|value| value?.as_i64()).collect::<Int64Array>()),
            Self::Number => Arc::new(
                values
                    .map(|value| value?.as_f64())
                    .collect::<Float64Array>(),
            ),
            Self::Text => Arc::new(
                values
                    .map(|value| Some(text(value?)))
                    .collect::<StringArray>(),
            ),
        }
    }
}

/// Texts as they are, anything else as JSON.
fn text(value: Json) -> String {
    match value {
        Json::String(text) => text,
        other => other.to_line(),
    }
}

/// All rows of a file of JSON lines.
pub fn write_rows(lines: &Path, path: &Path) -> Result<()> {
    let kinds = kinds(lines)?;
    let fields = kinds.iter().map(|(name, kind)| kind.field(name));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let mut writer = writer(path, schema.clone())?;
    for_batches(lines, |rows| {
        let mut columns = vec![Vec::with_capacity(rows.len()); kinds.len()];
        for mut row in rows {
            for ((name, _), column) in kinds.iter().zip(&mut columns) {
                column.push(row.swap_remove(name));
            }
        }
        let arrays = kinds
            .iter()
            .zip(columns)
            .map(|((_, kind), column)| kind.array(column));
        writer.write(&RecordBatch::try_new(schema.clone(), arrays.collect())?)?;
        Ok(())
    })?;
    writer.close()?;
    Ok(())
}

/// Every key in the order of its first row, and what its values are.
fn kinds(lines: &Path) -> Result<Vec<(String, Kind)>> {
    let mut kinds: indexmap::IndexMap<String, Kind> = indexmap::IndexMap::new();
    for_batches(lines, |rows| {
        for row in rows {
            for (name, value) in row {
                // Null says nothing of the kind.
                if value.is_null() && kinds.contains_key(&name) {
                    continue;
                }
                let kind = Kind::of(&value);
                let known = kinds.entry(name).or_insert(kind);
                *known = known.joined(kind);
            }
        }
        Ok(())
    })?;
    Ok(kinds.into_iter().collect())
}

fn for_batches(lines: &Path, mut each: impl FnMut(Vec<JsonObject>) -> Result<()>) -> Result<()> {
    let mut lines = BufReader::new(File::open(lines)?).lines();
    loop {
        let batch: Vec<String> = { lines.by_ref() }
            .take(ROWS_AT_ONCE)
            .collect::<Result<_, _>>()?;
        if batch.is_empty() {
            return Ok(());
        }
        // A line that is no object is none of the client's, and has no columns.
        let rows = batch
            .iter()
            .filter_map(|line| json::parse_object("a row", line).ok());
        each(rows.collect())?;
    }
}

fn writer(path: &Path, schema: SchemaRef) -> Result<ArrowWriter<File>> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .build();
    Ok(ArrowWriter::try_new(
        File::create(path)?,
        schema,
        Some(properties),
    )?)
}

/// One row for each run; configuration and summary as JSON texts.
pub fn write_runs(path: &Path, runs: &[Record]) -> Result<()> {
    type Column = (&'static str, fn(&Record) -> Option<String>);
    const COLUMNS: [Column; 15] = [
        ("entity", |run| Some(run.entity.clone())),
        ("project", |run| Some(run.project.clone())),
        ("run", |run| Some(run.name.clone())),
        ("display_name", |run| run.display_name.clone()),
        ("state", |run| run.state.clone()),
        ("group", |run| run.group.clone()),
        ("job_type", |run| run.job_type.clone()),
        ("sweep", |run| run.sweep.clone()),
        ("user", |run| run.user.clone()),
        ("notes", |run| run.notes.clone()),
        ("tags", |run| {
            let tags = run.tags.iter().map(Json::text);
            Some(Json::Array(tags.collect()).to_line())
        }),
        ("created_at", |run| run.created_unix_ms.map(time_text)),
        ("heartbeat_at", |run| run.heartbeat_unix_ms.map(time_text)),
        ("config", |run| run.config.clone()),
        ("summary", |run| run.summary.clone()),
    ];
    let mut fields: Vec<Field> = COLUMNS
        .iter()
        .map(|(name, _)| Field::new(*name, DataType::Utf8, true))
        .collect();
    fields.push(Field::new("exit_code", DataType::Int64, true));
    let schema = Arc::new(Schema::new(fields));
    let mut writer = writer(path, schema.clone())?;
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(COLUMNS.len() + 1);
    for (_, value) in COLUMNS {
        let values = runs.iter().map(value);
        arrays.push(Arc::new(values.collect::<StringArray>()));
    }
    let codes = runs.iter().map(|run| run.exit_code);
    arrays.push(Arc::new(codes.collect::<Int64Array>()));
    writer.write(&RecordBatch::try_new(schema, arrays)?)?;
    writer.close()?;
    Ok(())
}
