//! Rows and runs as Parquet. A key's column is whole numbers where every value is one, floats where
//! every value is a number, and JSON texts else; a row without the key has null.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use gradus_store::{RunRecord, RunView};
use gradus_tracker::query::time_text;
use gradus_wire::{Json, JsonObject, json};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// Rows of one row group; memory follows this, not the run's length.
const ROWS_AT_ONCE: u64 = 65_536;

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

/// All rows of a stream; says how many.
pub fn write_rows(view: &RunView, stream: &str, path: &Path) -> Result<usize> {
    let kinds = kinds(view, stream)?;
    let fields = kinds.iter().map(|(name, kind)| kind.field(name));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let mut writer = writer(path, schema.clone())?;
    let mut count = 0;
    for_batches(view, stream, |rows| {
        count += rows.len();
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
    Ok(count)
}

/// Every key in the order of its first row, and what its values are.
fn kinds(view: &RunView, stream: &str) -> Result<Vec<(String, Kind)>> {
    let mut kinds: indexmap::IndexMap<String, Kind> = indexmap::IndexMap::new();
    for_batches(view, stream, |rows| {
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

/// The rows of a stream, writer by writer, in the order in which they were sent.
fn for_batches(
    view: &RunView,
    stream: &str,
    mut each: impl FnMut(Vec<JsonObject>) -> Result<()>,
) -> Result<()> {
    for writer in view.writers(stream) {
        let end = view.line_count(stream, writer);
        for first in (0..end).step_by(ROWS_AT_ONCE as usize) {
            let lines = view.lines(stream, writer, first..end.min(first + ROWS_AT_ONCE))?;
            // A line that is no object is none of the client's, and has no columns.
            let rows = lines
                .iter()
                .filter_map(|line| json::parse_object("a row", line).ok());
            each(rows.collect())?;
        }
    }
    Ok(())
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
pub fn write_runs(path: &Path, runs: &[Arc<RunRecord>]) -> Result<()> {
    type Column = (&'static str, fn(&RunRecord) -> Option<String>);
    const COLUMNS: [Column; 15] = [
        ("entity", |run| Some(run.key.entity.clone())),
        ("project", |run| Some(run.key.project.clone())),
        ("run", |run| Some(run.key.name.clone())),
        ("display_name", |run| run.fields.display_name.clone()),
        ("state", |run| run.fields.state.clone()),
        ("group", |run| run.fields.group.clone()),
        ("job_type", |run| run.fields.job_type.clone()),
        ("sweep", |run| run.fields.sweep.clone()),
        ("user", |run| run.fields.user.clone()),
        ("notes", |run| run.fields.notes.clone()),
        ("tags", |run| {
            let tags = run.fields.tags.iter().flatten().map(Json::text);
            Some(Json::Array(tags.collect()).to_line())
        }),
        ("created_at", |run| {
            run.fields.created_unix_ms.map(time_text)
        }),
        ("heartbeat_at", |run| {
            run.fields.heartbeat_unix_ms.map(time_text)
        }),
        ("config", |run| run.fields.config.clone()),
        ("summary", |run| run.fields.summary.clone()),
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
        let values = runs.iter().map(|run| value(run));
        arrays.push(Arc::new(values.collect::<StringArray>()));
    }
    let codes = runs.iter().map(|run| run.fields.exit_code.map(i64::from));
    arrays.push(Arc::new(codes.collect::<Int64Array>()));
    writer.write(&RecordBatch::try_new(schema, arrays)?)?;
    writer.close()?;
    Ok(())
}
