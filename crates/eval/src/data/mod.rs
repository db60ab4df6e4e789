//! A task's data: built from raw pairs, checked, converted, frozen.
//!
//! [`build`] makes `train`, `dev` and `frozen` out of source rows; [`check`] says what is wrong with
//! them; [`convert`] writes them as prompt–completion rows with the prompts that evaluation sends;
//! [`freeze`] seals the frozen rows, and [`taint`] recognises them wherever they turn up.
//! The statistics are `analysis`'; here are files, paths and the task.

pub mod augmented;
pub mod build;
pub mod check;
pub mod convert;
pub mod findings;
pub mod freeze;
mod grouping;
mod labels;
pub mod leakage_check;
mod raw;
pub mod read;
pub mod settings;
mod signal_check;
pub mod stats;
pub mod taint;

#[cfg(test)]
mod known_answers;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value};

pub use settings::DataSettings;
pub use taint::FrozenTaint;

use crate::{Error, Result};

/// Jaccard similarity of shingles from which texts count as nearly the same, unless `data.yaml`
/// says otherwise.
pub(crate) const NEAR_DUPLICATES: f64 = 0.8;

/// Writes a file aside, then renames it into its place.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let fail = |error| Error::io("writing", path, error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail)?;
    }
    let aside = path.with_added_extension("writing");
    let mut file = File::create(&aside).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.sync_all().map_err(fail)?;
    fs::rename(&aside, path).map_err(fail)
}

/// One JSON object a line.
pub(crate) fn json_lines<'a>(rows: impl IntoIterator<Item = &'a Map<String, Value>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        let line = serde_json::to_string(row).expect("a JSON object is JSON text");
        bytes.extend(line.as_bytes());
        bytes.push(b'\n');
    }
    bytes
}

/// The row's own `id`, else `row-LINE`: the rule of `Task::rows`.
pub(crate) fn row_id(fields: &Map<String, Value>, row: usize) -> String {
    match fields.get("id") {
        Some(Value::String(id)) if !id.trim().is_empty() => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => format!("row-{row}"),
    }
}
