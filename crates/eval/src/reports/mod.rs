//! Finished evaluations, read back for a comparison: our own folders row by row, and summaries of
//! other programs, from which only a refusal can follow.

mod foreign;
mod row_scores;
mod rows;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gradus_analysis::compare::{Conditions, Side, side::count_rows};
use gradus_schema::comparison::ArmSummary;
use gradus_schema::{EvalReport, Metric};
use serde_json::Value;

use crate::hash::sha256_hex;
use crate::metrics::canonical_name;
use crate::{Error, Result};

pub use rows::scored_rows;

const SUMMARY: &str = "eval_summary.json";
const ROWS: &str = "rows.jsonl";

/// How far a mean over the rows may be from the report's, relative to the value.
const AGREEMENT: f64 = 1e-9;

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
    let rows = rows::read(&dir.join(ROWS), &report)?;
    let mut loaded = loaded_report(dir, report, rows)?;
    let files = &mut loaded.side.summary.files;
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

/// A report from its parts; `rows` carry their file's hash where they come from one.
pub fn loaded_report(
    path: &Path,
    report: EvalReport,
    rows: rows::ReadRows,
) -> Result<LoadedReport> {
    let mut summary = ArmSummary {
        model: report.model.clone(),
        answered_by: Some(report.answered_by.clone()),
        scale: Some(report.scale),
        ..ArmSummary::default()
    };
    count_rows(&mut summary, &rows.rows, &rows.served_by);
    summary.files.extend(rows.file);
    let mut side = Side {
        summary,
        rows: Some(rows.rows),
        metrics: rows.metrics,
        conditions: conditions(&report),
    };
    check_against_rows(path, &report, &mut side)?;
    Ok(LoadedReport {
        path: path.to_owned(),
        side,
        metrics: report.metrics,
        strata: report.strata,
    })
}

fn conditions(report: &EvalReport) -> Conditions {
    let mut primary_score = report.primary_score.clone();
    primary_score.metric = canonical_name(&primary_score.metric).to_owned();
    Conditions {
        task: report.task.clone(),
        format_version: Some(report.format_version),
        split: Some(report.split),
        data_sha256: Some(report.data_sha256.clone()),
        prompt_sha256: Some(report.prompt_sha256.clone()),
        rendered_prompts_sha256: Some(report.rendered_prompts_sha256.clone()),
        contract_sha256: Some(report.contract_sha256.clone()),
        decode: report.decode.clone(),
        primary_score: Some(primary_score),
        gradus_version: Some(report.gradus_version.clone()),
    }
}

/// The rows have to give the report's own figures: the primary score must, a metric beside it
/// that does not is left out of the comparison.
fn check_against_rows(path: &Path, report: &EvalReport, side: &mut Side) -> Result<()> {
    let rows = side.rows.take().unwrap_or_default();
    if rows.len() != report.n_total {
        let problem = format!(
            "{ROWS} holds {} rows and the report says {}; evaluate again",
            rows.len(),
            report.n_total
        );
        return Err(Error::task(path, problem));
    }
    let mut kept = Vec::new();
    for (index, metric) in side.metrics.iter().enumerate() {
        let values: Option<Vec<f64>> = rows.iter().map(|row| row.values[index]).collect();
        let mean = values.as_deref().and_then(gradus_analysis::stats::mean);
        let said = report.metrics.get(&metric.name).and_then(|it| it.value);
        let agrees = match (mean, said) {
            (Some(mean), Some(said)) => (mean - said).abs() <= AGREEMENT * said.abs().max(1.0),
            (None, _) => index == 0,
            (Some(_), None) => false,
        };
        if agrees {
            kept.push(index);
        } else if index == 0 {
            let problem = format!(
                "the rows give {} = {} and the report says {}; one of the two files was changed: evaluate again",
                metric.name,
                mean.map_or("nothing".to_owned(), |it| it.to_string()),
                said.map_or("nothing".to_owned(), |it| it.to_string()),
            );
            return Err(Error::task(path, problem));
        }
    }
    if kept.len() < side.metrics.len() {
        side.metrics = kept
            .iter()
            .map(|&index| side.metrics[index].clone())
            .collect();
        let keep = |mut row: gradus_analysis::compare::ScoredRow| {
            row.values = kept.iter().map(|&index| row.values[index]).collect();
            row
        };
        side.rows = Some(rows.into_iter().map(keep).collect());
    } else {
        side.rows = Some(rows);
    }
    Ok(())
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
