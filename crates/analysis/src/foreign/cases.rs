//! Recorded failures: hard cases of a training, tables of failures, prediction files.

use std::collections::BTreeMap;

use gradus_schema::{FailureCode, Split};
use serde_json::{Map, Value};

use super::{ForeignMaterial, folder_of, name_of};
use crate::plan::outcomes::RowOutcome;

/// Scale of hard cases that do not name theirs: that of the largest target, 10 or 100.
const SCALES: [f64; 3] = [1.0, 10.0, 100.0];

pub(super) fn read(texts: &BTreeMap<&str, String>, material: &mut ForeignMaterial) {
    for (path, text) in texts {
        let name = name_of(path);
        if name == "hard_cases.valid.jsonl" {
            hard_cases(path, text, material);
        } else if name.ends_with("predictions.jsonl") {
            predictions(path, text, material);
        } else if name.ends_with(".table.json") {
            table(path, text, material);
        }
    }
}

fn hard_cases(path: &str, text: &str, material: &mut ForeignMaterial) {
    let rows = objects(path, text, material);
    let numbers_of = |row: &Map<String, Value>, key: &str| {
        let fields = row.get(key).and_then(Value::as_object).cloned();
        let fields = fields.unwrap_or_default().into_iter();
        let numbers = fields.filter_map(|(name, value)| Some((name, value.as_f64()?)));
        numbers.collect::<BTreeMap<String, f64>>()
    };
    let largest = rows
        .iter()
        .flat_map(|row| numbers_of(row, "target_vector").into_values())
        .fold(0.0, f64::max);
    let Some(scale) = SCALES.into_iter().find(|scale| largest <= *scale) else {
        material.findings.push(format!(
            "{path}: a target of {largest} fits no known scale; left out"
        ));
        return;
    };
    if !rows.is_empty() {
        material.findings.push(format!(
            "{path}: {} hard cases, errors read on a scale of 0 to {scale} because the largest target is {largest} (the file names none)",
            rows.len()
        ));
    }
    for (index, row) in rows.iter().enumerate() {
        let target = numbers_of(row, "target_vector");
        let signed = numbers_of(row, "predicted_vector")
            .into_iter()
            .filter_map(|(key, found)| Some((key.clone(), (found - target.get(&key)?) / scale)));
        let failure = text_of(row, "parse_error")
            .map(|code| code.parse().unwrap_or(FailureCode::JsonDecodeError));
        let errors: BTreeMap<String, f64> = match failure {
            Some(_) => BTreeMap::new(),
            None => numbers_of(row, "abs_error_raw")
                .into_iter()
                .map(|(key, error)| (key, (error / scale).clamp(0.0, 1.0)))
                .collect(),
        };
        let mean = crate::stats::mean(&errors.values().copied().collect::<Vec<f64>>());
        material.outcomes.push(RowOutcome {
            id: id_of(row, path, index),
            split: Some(Split::Dev),
            strata: strata(row, &["source_type"]),
            text: text_of(row, "prompt")
                .or_else(|| text_of(row, "request_text"))
                .unwrap_or_default(),
            signed_errors: if failure.is_some() {
                BTreeMap::new()
            } else {
                signed.collect()
            },
            loss: mean.unwrap_or(1.0),
            failure,
            errors,
        });
    }
}

/// Predictions with an expected answer: whether the answer is right, and whether it is there but
/// hidden from exact comparison.
fn predictions(path: &str, text: &str, material: &mut ForeignMaterial) {
    let rows = objects(path, text, material);
    let (mut exact, mut held, mut scored) = (0, 0, 0);
    for (index, row) in rows.iter().enumerate() {
        let (Some(expected), Some(found)) = (
            text_of(row, "expected_answer"),
            text_of(row, "predicted_answer"),
        ) else {
            continue;
        };
        scored += 1;
        let is_exact = found.trim().eq_ignore_ascii_case(expected.trim());
        exact += usize::from(is_exact);
        held += usize::from(holds_token(&found, &expected));
        let error = if is_exact { 0.0 } else { 1.0 };
        material.outcomes.push(RowOutcome {
            id: id_of(row, path, index),
            split: None,
            strata: strata(row, &["section", "category", "difficulty"]),
            text: text_of(row, "prompt").unwrap_or_default(),
            failure: None,
            errors: BTreeMap::from([("answer".to_owned(), error)]),
            signed_errors: BTreeMap::new(),
            loss: error,
        });
    }
    if scored > 0 {
        let advice = if held > exact {
            "; extract the answer before comparing, then plan again"
        } else {
            ""
        };
        material.findings.push(format!(
            "{path}: {exact} of {scored} answers equal the expected one, {held} hold it as a token{advice}"
        ));
    } else if !rows.is_empty() {
        material.findings.push(format!(
            "{path}: {} predictions without expected answers; nothing to score",
            rows.len()
        ));
    }
}

/// A W&B table of failures with the columns `id`, `request_text`, `mae_raw`.
fn table(path: &str, text: &str, material: &mut ForeignMaterial) {
    let Ok(table) = serde_json::from_str::<Value>(text) else {
        material
            .findings
            .push(format!("{path} is not JSON; left out"));
        return;
    };
    let columns: Vec<&str> = table["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let column = |name: &str| columns.iter().position(|column| *column == name);
    let (Some(id), Some(error)) = (column("id"), column("mae_raw")) else {
        return;
    };
    let rows = table["data"].as_array().map_or(0, Vec::len);
    let worst = table["data"].as_array().into_iter().flatten().next();
    if let Some(worst) = worst {
        let run = folder_of(path).split("/files").next().unwrap_or_default();
        material.findings.push(format!(
            "{run}: a table of the {rows} worst valid rows, worst {} with an error of {}; which fields are off is not recorded",
            worst[id].as_str().unwrap_or("?"),
            worst[error]
        ));
    }
}

fn objects(path: &str, text: &str, material: &mut ForeignMaterial) -> Vec<Map<String, Value>> {
    let mut rows = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Value>(line) {
            Ok(Value::Object(row)) => rows.push(row),
            _ => material.findings.push(format!(
                "line {} of {path} is no JSON object; left out",
                index + 1
            )),
        }
    }
    rows
}

/// Whether the expected answer stands in the text as a word of its own.
fn holds_token(text: &str, expected: &str) -> bool {
    let (text, expected) = (text.to_lowercase(), expected.trim().to_lowercase());
    if expected.is_empty() {
        return false;
    }
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(&expected).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        !is_part(before) && !is_part(after)
    })
}

fn id_of(row: &Map<String, Value>, path: &str, index: usize) -> String {
    let own = ["id", "sample_index"]
        .iter()
        .find_map(|key| match row.get(*key)? {
            Value::String(id) => Some(id.clone()),
            Value::Number(id) => Some(format!("sample-{id}")),
            _ => None,
        });
    own.unwrap_or_else(|| format!("{path}:{}", index + 1))
}

fn strata(row: &Map<String, Value>, fields: &[&str]) -> BTreeMap<String, String> {
    fields
        .iter()
        .filter_map(|field| Some(((*field).to_owned(), text_of(row, field)?)))
        .collect()
}

fn text_of(row: &Map<String, Value>, key: &str) -> Option<String> {
    row.get(key).and_then(Value::as_str).map(str::to_owned)
}
