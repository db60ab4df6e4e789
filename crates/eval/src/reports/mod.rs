//! Finished evaluations, read back for a comparison: our own folders row by row, and summaries of
//! other programs, from which only a refusal can follow.

mod foreign;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use gradus_analysis::compare::Side;
use gradus_analysis::reports::{ROWS, ReadRows, RowReader, SUMMARY, side_of};
use gradus_schema::{EvalReport, Metric};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::hash::{hex, sha256_hex};
use crate::{Error, Result};

/// One arm of a comparison, with what gates are held against.
#[derive(Debug, Clone, Default)]
pub struct LoadedReport {
    pub path: PathBuf,
    pub side: Side,
    pub metrics: BTreeMap<String, Metric>,
    pub strata: BTreeMap<String, BTreeMap<String, Metric>>,
}

/// Opens a report folder, or a summary of another program; `FILE#MODE` picks one of its models,
/// `default_mode` where none is named.
///
/// # Errors
/// A path that is no finished report; rows that can't be read or don't give the report's figures.
pub fn open_report(reference: &str, default_mode: &str) -> Result<LoadedReport> {
    let whole = Path::new(reference);
    let (path, mode) = match reference.rsplit_once('#') {
        Some((path, mode)) if !whole.exists() => (Path::new(path), Some(mode)),
        _ => (whole, None),
    };
    if path.is_dir() {
        return open_folder(path);
    }
    let bytes = fs::read(path).map_err(|error| Error::io("reading the report", path, error))?;
    if path.file_name().is_some_and(|name| name == SUMMARY)
        && serde_json::from_slice::<EvalReport>(&bytes).is_ok()
    {
        return open_folder(path.parent().unwrap_or(Path::new(".")));
    }
    foreign::read(path, &bytes, mode, default_mode)
}

fn open_folder(dir: &Path) -> Result<LoadedReport> {
    let (report, summary_sha256) = read_summary(dir)?;
    let (rows, rows_sha256) = read_rows(&dir.join(ROWS), &report)?;
    let mut loaded = loaded_report(dir, report, rows)?;
    let files = &mut loaded.side.summary.files;
    files.insert(ROWS.to_owned(), rows_sha256);
    files.insert(SUMMARY.to_owned(), summary_sha256);
    Ok(loaded)
}

fn read_summary(dir: &Path) -> Result<(EvalReport, String)> {
    let path = dir.join(SUMMARY);
    if !path.exists() {
        let problem = "the folder holds no eval_summary.json, so no finished evaluation; run `gradus eval` to its end";
        return Err(Error::task(dir, problem));
    }
    let bytes = fs::read(&path).map_err(|error| Error::io("reading the report", &path, error))?;
    let report = serde_json::from_slice(&bytes).map_err(|error| {
        Error::task(
            &path,
            format!("this is no report of an evaluation: {error}"),
        )
    })?;
    Ok((report, sha256_hex(&bytes)))
}

/// The scored rows of a file, and its SHA-256.
fn read_rows(path: &Path, report: &EvalReport) -> Result<(ReadRows, String)> {
    let fail = |error| Error::io("reading the rows", path, error);
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(fail)?);
    let mut reader = RowReader::new(report);
    let mut digest = Sha256::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if file.read_until(b'\n', &mut line).map_err(fail)? == 0 {
            break;
        }
        digest.update(&line);
        reader.line(&line).map_err(|problem| Error::Row {
            path: path.to_owned(),
            row: number,
            problem,
        })?;
    }
    let rows = reader.finish();
    let rows = rows.map_err(|problem| Error::task(path, problem))?;
    Ok((rows, hex(&digest.finalize())))
}

/// A report from its parts.
///
/// # Errors
/// Rows that are not those of the report.
pub fn loaded_report(path: &Path, report: EvalReport, rows: ReadRows) -> Result<LoadedReport> {
    let side = side_of(&report, Some(rows)).map_err(|problem| Error::task(path, problem))?;
    Ok(LoadedReport {
        path: path.to_owned(),
        side,
        metrics: report.metrics,
        strata: report.strata,
    })
}

/// Reports of baselines on the same rows that lie beside a report folder. `known` is one that was
/// read already.
pub fn find_references(beside: &LoadedReport, known: &LoadedReport) -> Vec<LoadedReport> {
    let Some(parent) = beside.path.parent() else {
        return Vec::new();
    };
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    folders.sort();
    let is_reference = |dir: &PathBuf| {
        let read = read_summary(dir).ok();
        read.is_some_and(|(report, _)| {
            report.answered_by.backend == "baseline"
                && Some(&report.data_sha256) == beside.side.conditions.data_sha256.as_ref()
        })
    };
    // One that can't be read is no reason to fail: nobody named it.
    folders.retain(|dir| *dir != beside.path && is_reference(dir));
    // With many rows reading is all the work, and no report depends on another.
    let read = |dir: &PathBuf| match *dir == known.path {
        true => Some(known.clone()),
        false => open_folder(dir).ok(),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let found = gradus_analysis::in_parallel(&folders, threads, read);
    found.into_iter().flatten().collect()
}

/// The value of a key, where it is a number.
fn number_at(value: &Value, key: &str) -> Option<f64> {
    value.get(key)?.as_f64().filter(|number| number.is_finite())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
