//! Summaries of the music project's evaluation scripts: figures by model, no rows.
//!
//! Read leniently, because they are what people have; compared never, because without rows
//! nothing can be paired. What they say is kept, so that a refusal can name every reason.

use std::path::Path;

use gradus_analysis::compare::contract::NOT_RECORDED;
use gradus_analysis::compare::{Conditions, Side};
use gradus_schema::comparison::ArmSummary;
use gradus_schema::nearest::did_you_mean;
use gradus_schema::{AnsweredBy, Scale};
use serde_json::Value;

use super::{LoadedReport, number_at};
use crate::hash::sha256_hex;
use crate::{Error, Result};

/// `latest_summary.json` with `latest_by_mode`, or the file of one run with `metrics`.
pub(super) fn read(
    path: &Path,
    bytes: &[u8],
    mode: Option<&str>,
    default_mode: &str,
) -> Result<LoadedReport> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let problem = format!("this is neither a report folder nor a JSON summary: {error}");
        Error::task(path, problem)
    })?;
    let run = chosen_run(path, &value, mode, default_mode)?;
    let text = |key: &str| run.get(key).and_then(Value::as_str).unwrap_or_default();
    let metrics = run.get("metrics").unwrap_or(&Value::Null);
    let total = number_at(run, "evaluated_count").map_or(0, rows_of);
    let share =
        |key: &str| number_at(metrics, key).map(|share| rows_of(share * total as f64).min(total));

    let model = if text("model_id").is_empty() {
        text("mode")
    } else {
        text("model_id")
    };
    let mut summary = ArmSummary {
        model: model.to_owned(),
        n_total: total,
        n_valid: share("json_valid_rate").unwrap_or(0),
        answered_by: Some(AnsweredBy {
            model: model.to_owned(),
            revision: String::new(),
            adapter_sha256: None,
            backend: text("hf_inference_backend").to_owned(),
        }),
        scale: number_at(run, "target_scale").map(|max| Scale { min: 0.0, max }),
        ..ArmSummary::default()
    };
    serving(&mut summary, share("mistral_fallback_rate"));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    summary.files.insert(name.into_owned(), sha256_hex(bytes));
    Ok(LoadedReport {
        path: path.to_owned(),
        side: Side {
            conditions: Conditions {
                task: text("dataset_version").to_owned(),
                ..Conditions::default()
            },
            summary,
            ..Side::default()
        },
        ..LoadedReport::default()
    })
}

fn chosen_run<'a>(
    path: &Path,
    value: &'a Value,
    mode: Option<&str>,
    default_mode: &str,
) -> Result<&'a Value> {
    let Some(modes) = value.get("latest_by_mode").and_then(Value::as_object) else {
        if value.get("metrics").is_some_and(Value::is_object) {
            return Ok(value);
        }
        let problem = "this JSON is no evaluation: it has neither latest_by_mode nor metrics; give a folder that `gradus eval` wrote";
        return Err(Error::task(path, problem));
    };
    let wanted = mode.unwrap_or(default_mode);
    modes.get(wanted).ok_or_else(|| {
        let names: Vec<&str> = modes.keys().map(String::as_str).collect();
        let hint = did_you_mean(wanted, names.iter().copied());
        let problem = format!(
            "no model '{wanted}' in this summary{hint}; choose with FILE#MODE: {}",
            names.join(", ")
        );
        Error::task(path, problem)
    })
}

/// Who answered, as far as the figures tell. What was not recorded does not count as served.
fn serving(summary: &mut ArmSummary, fallback: Option<usize>) {
    let total = summary.n_total;
    let Some(fallback) = fallback else {
        summary.served_by.insert(NOT_RECORDED.to_owned(), total);
        return;
    };
    summary.n_served_as_requested = total - fallback;
    for (name, count) in [
        (summary.model.clone(), total - fallback),
        ("a fallback model".to_owned(), fallback),
    ] {
        if count > 0 {
            summary.served_by.insert(name, count);
        }
    }
}

/// A count out of an untrusted number; nothing below 0 or beyond a billion rows.
fn rows_of(number: f64) -> usize {
    number.round().clamp(0.0, 1e9) as usize
}
