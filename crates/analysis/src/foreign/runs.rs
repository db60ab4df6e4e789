//! What trainings and trackers recorded: training outputs, evidence summaries, W&B run folders.

use std::collections::{BTreeMap, BTreeSet};

use gradus_schema::{Recipe, value_from_yaml};
use serde_json::Value;

use super::{ForeignMaterial, first_few, folder_of, name_of};
use crate::plan::training_log::{TrainingLog, numbers};

/// A run as a tracker stored it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrackedRun {
    /// Folder inside the material.
    pub folder: String,
    /// Figures of the summary, without their `eval/` in front.
    pub summary: BTreeMap<String, f64>,
    pub mode: String,
    pub dataset: String,
}

impl TrackedRun {
    fn rate(&self, name: &str) -> Option<f64> {
        self.summary.get(name).copied()
    }

    /// Scored rows and valid answers: without one its errors are no figures.
    fn has_valid_rows(&self) -> bool {
        self.rate("json_valid_rate").is_some_and(|rate| rate > 0.0)
    }
}

/// Our own outputs and those of the scripts that gave the files their names.
pub(super) fn read_training(texts: &BTreeMap<&str, String>, material: &mut ForeignMaterial) {
    let is_training = |path: &str| {
        matches!(
            name_of(path),
            "final_metrics.json" | "iter_eval_metrics.jsonl"
        )
    };
    let folders: BTreeSet<&str> = texts
        .keys()
        .filter(|path| is_training(path))
        .map(|path| folder_of(path))
        .collect();
    for folder in &folders {
        let file = |name: &str| {
            let path = if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            texts.get(path.as_str()).map(String::as_str)
        };
        let mut notes = Vec::new();
        let log = TrainingLog::read(
            file("final_metrics.json"),
            file("iter_eval_metrics.jsonl"),
            &mut notes,
        );
        material
            .findings
            .extend(notes.into_iter().map(|note| format!("{folder}: {note}")));
        if let Some(recipe) = file("recipe.resolved.yaml") {
            match Recipe::from_yaml(recipe) {
                Ok(recipe) => material.recipe = Some(recipe),
                Err(error) => material
                    .findings
                    .push(format!("{folder}/recipe.resolved.yaml: {error}; left out")),
            }
        }
        // An evaluation writes a file of the same name; a training has steps or a loss.
        if let Some(log) = log.filter(|log| !log.points.is_empty() || log.train_loss.is_some()) {
            material.training = Some(log);
        }
    }
}

pub(super) fn read_tracked(texts: &BTreeMap<&str, String>, material: &mut ForeignMaterial) {
    for (path, text) in texts {
        if name_of(path) != "wandb-summary.json" {
            continue;
        }
        let Ok(summary) = serde_json::from_str::<Value>(text) else {
            material
                .findings
                .push(format!("{path} is not JSON; left out"));
            continue;
        };
        let folder = folder_of(path);
        let figures = numbers(Some(&summary))
            .into_iter()
            .filter_map(|(key, value)| Some((key.strip_prefix("eval/")?.to_owned(), value)));
        let config = texts
            .get(format!("{folder}/config.yaml").as_str())
            .and_then(|text| value_from_yaml(text).ok());
        let setting = |key: &str| {
            let value = config.as_ref()?.get(key)?.get("value")?;
            value.as_str().map(str::to_owned)
        };
        material.runs.push(TrackedRun {
            folder: folder.strip_suffix("/files").unwrap_or(folder).to_owned(),
            summary: figures.collect(),
            mode: setting("mode").unwrap_or_default(),
            dataset: setting("dataset_path").unwrap_or_default(),
        });
    }
}

/// Evidence summaries that hold no figure.
pub(super) fn read_summaries(texts: &BTreeMap<&str, String>, material: &mut ForeignMaterial) {
    let mut empty = Vec::new();
    for (path, text) in texts {
        if name_of(path) != "eval_summary.json" {
            continue;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(fields)) => {
                let score = fields.get("primary_score");
                if score.is_none_or(Value::is_null) {
                    empty.push(folder_of(path).to_owned());
                }
            }
            _ => material
                .findings
                .push(format!("{path} is no JSON object; left out")),
        }
    }
    if !empty.is_empty() {
        material.findings.push(format!(
            "eval_summary.json without a primary score, nothing to plan from: {}",
            first_few(&empty)
        ));
    }
}

/// Figures that are none, and figures that can't stand side by side.
pub(super) fn find_flaws(material: &mut ForeignMaterial) {
    let scored: Vec<&TrackedRun> = material
        .runs
        .iter()
        .filter(|run| run.summary.contains_key("json_valid_rate"))
        .collect();
    if material.runs.is_empty() {
        return;
    }
    let mut findings = Vec::new();
    let without: Vec<String> = scored
        .iter()
        .filter(|run| !run.has_valid_rows())
        .map(|run| run.folder.clone())
        .collect();
    findings.push(format!(
        "{} W&B runs, {} with evaluation figures",
        material.runs.len(),
        scored.len()
    ));
    if !without.is_empty() {
        findings.push(format!(
            "{} runs have no valid answer, so their error of 0 is no figure: {}",
            without.len(),
            first_few(&without)
        ));
    }
    let fallback: Vec<String> = scored
        .iter()
        .filter(|run| {
            run.rate("mistral_fallback_rate")
                .is_some_and(|rate| rate > 0.05)
        })
        .map(|run| run.folder.clone())
        .collect();
    if !fallback.is_empty() {
        findings.push(format!(
            "more than 5 % of the answers came from another model than the one under test: {}",
            first_few(&fallback)
        ));
    }
    findings.extend(groups(&scored));
    material.findings.extend(findings);
}

/// Only runs on the same rows and scale may be compared.
fn groups(scored: &[&TrackedRun]) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for run in scored.iter().filter(|run| run.has_valid_rows()) {
        let figure = |name| {
            run.rate(name)
                .map_or("unknown".to_owned(), |value| value.to_string())
        };
        let dataset = if run.dataset.is_empty() {
            "unknown"
        } else {
            &run.dataset
        };
        let group = format!(
            "{} rows of {dataset}, scale {}",
            figure("evaluated_count"),
            figure("target_scale")
        );
        let mode = if run.mode.is_empty() {
            "unknown"
        } else {
            &run.mode
        };
        let mae = run
            .rate("vector_mae")
            .map_or("–".to_owned(), |value| format!("{value:.3}"));
        groups
            .entry(group)
            .or_default()
            .push(format!("{mode} {mae}"));
    }
    groups
        .into_iter()
        .map(|(group, runs)| format!("comparable at most: {group}: {}", first_few(&runs)))
        .collect()
}
