//! What evidence adds to the files it packs: one summary over all evaluations, the table of
//! before and after, the environment. Each follows from the files alone, so `verify` makes it
//! again and compares bytes.

use std::collections::BTreeSet;

use gradus_schema::{EvalReport, Metric};
use serde_json::{Map, Value, json};

use crate::material::{Arms, Evaluation, Files, Material};

pub const SUMMARY: &str = "eval_summary.json";
pub const BEFORE_AFTER: &str = "before_after_metrics.csv";
pub const ENVIRONMENT: &str = "environment.json";

/// The derived files, by name.
pub fn derived_files(material: &Material) -> Files {
    let mut files = Files::from([
        (SUMMARY.to_owned(), pretty(&summary(material))),
        (ENVIRONMENT.to_owned(), pretty(&environment(material))),
    ]);
    if let Some(arms) = material.arms() {
        files.insert(
            BEFORE_AFTER.to_owned(),
            before_after(material, arms).into_bytes(),
        );
    }
    files
}

pub(crate) fn pretty(value: &Value) -> Vec<u8> {
    let mut text = format!("{value:#}");
    text.push('\n');
    text.into_bytes()
}

/// Every evaluation with its primary score; at the top that of the one it is all about.
fn summary(material: &Material) -> Value {
    let mut summary = Map::new();
    let subject = subject(material);
    if let Some(evaluation) = subject {
        let report = &evaluation.report;
        summary.insert("task".into(), json!(report.task));
        summary.insert("eval_set".into(), json!(eval_set(report)));
        summary.insert("model".into(), json!(report.model));
        summary.insert("primary_metric".into(), json!(report.primary_score.metric));
        summary.insert(
            "primary_score".into(),
            json!(report.primary().and_then(|metric| metric.value)),
        );
    }
    let evaluations: Vec<Value> = material
        .evaluations
        .iter()
        .map(|evaluation| {
            let report = &evaluation.report;
            json!({
                "folder": evaluation.folder,
                "model": report.model,
                "answered_by": report.answered_by,
                "eval_set": eval_set(report),
                "n_total": report.n_total,
                "n_answered": report.n_answered,
                "primary_metric": report.primary_score.metric,
                "direction": report.primary_score.direction,
                "primary": report.primary(),
            })
        })
        .collect();
    summary.insert("evaluations".into(), json!(evaluations));
    let verdicts: Vec<Value> = material
        .comparisons
        .iter()
        .map(|named| json!({"file": named.file, "verdict": named.value.verdict}))
        .collect();
    summary.insert("comparisons".into(), json!(verdicts));
    let outcomes: Vec<Value> = material
        .decisions
        .iter()
        .map(|named| json!({"file": named.file, "outcome": named.value.outcome}))
        .collect();
    summary.insert("decisions".into(), json!(outcomes));
    Value::Object(summary)
}

/// The evaluation that an evidence is about: the candidate, else the last one.
pub fn subject(material: &Material) -> Option<&Evaluation> {
    match material.arms() {
        Some(arms) => material.evaluations.get(arms.candidate),
        None => material.evaluations.last(),
    }
}

pub(crate) fn eval_set(report: &EvalReport) -> String {
    format!(
        "{}/{}@sha256:{}",
        report.task, report.split, report.data_sha256
    )
}

/// Programs and backends that had a part in it.
fn environment(material: &Material) -> Value {
    let versions: BTreeSet<&str> = material
        .evaluations
        .iter()
        .map(|evaluation| evaluation.report.gradus_version.as_str())
        .chain(
            material
                .trainings
                .iter()
                .filter_map(|training| training.manifest["gradus_version"].as_str()),
        )
        .collect();
    let backends: BTreeSet<&str> = material
        .evaluations
        .iter()
        .map(|evaluation| evaluation.report.answered_by.backend.as_str())
        .collect();
    let trainings: Vec<Value> = material
        .trainings
        .iter()
        .map(|training| {
            let manifest = &training.manifest;
            json!({
                "folder": training.folder,
                "timestamp": manifest["timestamp"],
                "base": manifest["base"],
                "seed": manifest["seed"],
                "threads": manifest["threads"],
                "adapter_sha256": manifest["adapter_sha256"],
            })
        })
        .collect();
    json!({"gradus_versions": versions, "backends": backends, "trainings": trainings})
}

/// `metric,base,candidate,delta,n_base,n_candidate,unit`; what is undefined stays empty.
fn before_after(material: &Material, arms: Arms) -> String {
    let base = &material.evaluations[arms.base].report.metrics;
    let candidate = &material.evaluations[arms.candidate].report.metrics;
    let names: BTreeSet<&String> = base.keys().chain(candidate.keys()).collect();
    let mut text = "metric,base,candidate,delta,n_base,n_candidate,unit\n".to_owned();
    for name in names {
        let value = |metric: Option<&Metric>| metric.and_then(|metric| metric.value);
        let count = |metric: Option<&Metric>| metric.map(|metric| metric.n.to_string());
        let (before, after) = (base.get(name), candidate.get(name));
        let delta = value(before)
            .zip(value(after))
            .map(|(before, after)| after - before);
        let number = |value: Option<f64>| value.map(|value| value.to_string());
        let unit = before.or(after).map(|metric| metric.unit.clone());
        let cells = [
            Some(name.clone()),
            number(value(before)),
            number(value(after)),
            number(delta),
            count(before),
            count(after),
            unit,
        ];
        let cells = cells.map(|cell| quoted(&cell.unwrap_or_default()));
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}

/// A CSV cell (RFC 4180).
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
