//! Result folders of other people's scripts, read leniently: job ledgers, training outputs, hard
//! cases, prediction files, W&B run folders. What can be used becomes outcomes and settings; what
//! is wrong with the material is said as findings; what a plan would need and is not there is said
//! as missing. A broken file is left out with a word about it, never with an error.

mod cases;
mod runs;
mod submissions;

use std::collections::BTreeMap;

use gradus_schema::Recipe;

pub use runs::TrackedRun;
pub use submissions::Submission;

use crate::plan::outcomes::RowOutcome;
use crate::plan::training_log::TrainingLog;

/// Names of files that are read, and the ends of names.
const NAMES: [&str; 9] = [
    "submissions.jsonl",
    "eval_submissions.jsonl",
    "final_metrics.json",
    "iter_eval_metrics.jsonl",
    "hard_cases.valid.jsonl",
    "eval_summary.json",
    "wandb-summary.json",
    "config.yaml",
    "recipe.resolved.yaml",
];
const ENDS: [&str; 2] = ["predictions.jsonl", ".table.json"];
/// Findings of one kind that are spelt out.
pub(crate) const SHOWN: usize = 12;

/// Whether a file of this name has something to say.
pub fn is_of_interest(name: &str) -> bool {
    NAMES.contains(&name) || ENDS.iter().any(|end| name.ends_with(end))
}

/// What a folder holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ForeignMaterial {
    pub submissions: Vec<Submission>,
    pub runs: Vec<TrackedRun>,
    /// Of the newest training that left figures, by the order of paths.
    pub training: Option<TrainingLog>,
    pub recipe: Option<Recipe>,
    /// Recorded failures: hard cases, tables of failures, predictions.
    pub outcomes: Vec<RowOutcome>,
    pub findings: Vec<String>,
    pub missing: Vec<String>,
}

/// Reads files by their path inside the folder, `/` between parts.
pub fn read(files: &BTreeMap<String, Vec<u8>>) -> ForeignMaterial {
    let mut material = ForeignMaterial::default();
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for (path, bytes) in files {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                texts.insert(path, text.trim_start_matches('\u{feff}').to_owned());
            }
            Err(_) => material
                .findings
                .push(format!("{path} is not UTF-8; left out")),
        }
    }
    submissions::read(&texts, &mut material);
    runs::read_training(&texts, &mut material);
    runs::read_tracked(&texts, &mut material);
    runs::read_summaries(&texts, &mut material);
    cases::read(&texts, &mut material);
    submissions::find_flaws(&mut material);
    runs::find_flaws(&mut material);
    say_what_is_missing(&texts, &mut material);
    material
}

impl ForeignMaterial {
    pub fn is_empty(&self) -> bool {
        self.submissions.is_empty()
            && self.runs.is_empty()
            && self.training.is_none()
            && self.outcomes.is_empty()
            && self.findings.is_empty()
    }
}

fn say_what_is_missing(texts: &BTreeMap<&str, String>, material: &mut ForeignMaterial) {
    let has = |name: &str| texts.keys().any(|path| name_of(path) == name);
    let wanted = [
        ("submissions.jsonl", "which settings were tried"),
        ("final_metrics.json", "what a training reached"),
        ("iter_eval_metrics.jsonl", "whether it was still learning"),
        (
            "hard_cases.valid.jsonl",
            "which rows failed and by how much",
        ),
        ("wandb-summary.json", "what the tracker recorded"),
    ];
    for (name, what) in wanted {
        if !has(name) {
            material
                .missing
                .push(format!("no {name}: it would say {what}"));
        }
    }
    material.missing.push(
        "no rows.jsonl of `gradus eval`: rates of failure, lifts and a pinned comparison set need every row, not only the failed ones".to_owned(),
    );
}

pub(crate) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The first few of a list, and how many more there are.
pub(crate) fn first_few(items: &[String]) -> String {
    let shown: Vec<&str> = items.iter().take(SHOWN).map(String::as_str).collect();
    match items.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
#[path = "foreign_tests.rs"]
mod tests;
