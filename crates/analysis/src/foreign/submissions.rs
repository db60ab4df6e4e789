//! Job ledgers (`submissions.jsonl`): which settings were tried, and what became of the jobs.

use std::collections::{BTreeMap, BTreeSet};

use gradus_schema::Recipe;
use gradus_schema::plan::KeyChange;
use serde_json::Value;

use super::{ForeignMaterial, first_few, name_of};
use crate::plan::lint::{Patch, lint};

/// Variable of the environment → key of a recipe.
const KEYS: [(&str, &str); 11] = [
    ("HF_FT_LR", "learning_rate"),
    ("HF_FT_EPOCHS", "num_train_epochs"),
    ("HF_FT_MAX_STEPS", "max_steps"),
    ("HF_FT_BATCH_SIZE", "per_device_train_batch_size"),
    ("HF_FT_GRAD_ACCUM", "gradient_accumulation_steps"),
    ("HF_FT_WARMUP_RATIO", "warmup_ratio"),
    ("HF_FT_MAX_LENGTH", "max_length"),
    ("HF_FT_LORA_R", "lora_r"),
    ("HF_FT_LORA_ALPHA", "lora_alpha"),
    ("HF_FT_LORA_DROPOUT", "lora_dropout"),
    ("HF_FT_EVAL_STEPS", "eval_steps"),
];

/// Variables that say what a training learns from, besides the keys above.
const DATA: [&str; 5] = [
    "HF_BASE_MODEL_ID",
    "HF_FT_DATASET_REPO_ID",
    "FT_DATASET_VERSION",
    "HF_FT_OBJECTIVE",
    "HF_FT_INIT_ADAPTER_MODEL_ID",
];

/// One line of a ledger.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Submission {
    /// Line in the file, from 1.
    pub line: usize,
    pub file: String,
    pub run_name: String,
    pub submitted_at: String,
    pub exit_code: Option<i64>,
    /// From the output of the command; the ledger's own field held request ids of failures.
    pub job_id: Option<String>,
    /// `--env NAME=value` of the command.
    pub environment: BTreeMap<String, String>,
}

impl Submission {
    fn has_failed(&self) -> bool {
        self.exit_code != Some(0) || self.job_id.is_none()
    }

    fn is_training(&self) -> bool {
        self.environment.contains_key("HF_FT_LR")
    }

    /// Everything that makes two trainings the same.
    fn configuration(&self) -> Vec<(&str, &str)> {
        let names = KEYS.iter().map(|(name, _)| *name).chain(DATA);
        let value = |name| self.environment.get(name).map_or("", String::as_str);
        names.map(|name| (name, value(name))).collect()
    }

    fn label(&self) -> String {
        if self.run_name.is_empty() {
            format!("line {} of {}", self.line, self.file)
        } else {
            self.run_name.clone()
        }
    }
}

pub(super) fn read(texts: &BTreeMap<&str, String>, material: &mut ForeignMaterial) {
    for (path, text) in texts {
        if !matches!(
            name_of(path),
            "submissions.jsonl" | "eval_submissions.jsonl"
        ) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<Value>(line) {
                Ok(row) => material.submissions.push(submission(path, index + 1, &row)),
                Err(error) => material.findings.push(format!(
                    "line {} of {path} is not JSON ({error}); left out",
                    index + 1
                )),
            }
        }
    }
}

fn submission(path: &str, line: usize, row: &Value) -> Submission {
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    Submission {
        line,
        file: path.to_owned(),
        run_name: text("run_name").to_owned(),
        submitted_at: text("submitted_at").to_owned(),
        exit_code: row.get("exit_code").and_then(Value::as_i64),
        job_id: job_id(text("stdout_tail")).map(str::to_owned),
        environment: environment(text("command")),
    }
}

/// The id in `Job started with ID: …`, else at the end of a `/jobs/OWNER/ID` address.
fn job_id(output: &str) -> Option<&str> {
    let is_id = |word: &&str| word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let started = output.lines().find_map(|line| {
        let (_, id) = line.split_once("Job started with ID:")?;
        id.split_whitespace().next().filter(is_id)
    });
    started.or_else(|| {
        let (_, address) = output.split_once("/jobs/")?;
        let word = address.split_whitespace().next()?;
        word.rsplit('/').next().filter(is_id)
    })
}

/// The `--env NAME=value` pairs of a command line without quotes.
fn environment(command: &str) -> BTreeMap<String, String> {
    let mut words = command.split_whitespace();
    let mut found = BTreeMap::new();
    while let Some(word) = words.next() {
        if word != "--env" {
            continue;
        }
        if let Some((name, value)) = words.next().and_then(|pair| pair.split_once('=')) {
            found.insert(name.to_owned(), value.to_owned());
        }
    }
    found
}

/// Identical configurations, augmentation that changed no data, scaling that moved by itself.
pub(super) fn find_flaws(material: &mut ForeignMaterial) {
    if material.submissions.is_empty() {
        return;
    }
    let failed: Vec<String> = material
        .submissions
        .iter()
        .filter(|it| it.has_failed())
        .map(Submission::label)
        .collect();
    let ids = material
        .submissions
        .iter()
        .filter(|it| it.job_id.is_some())
        .count();
    let mut findings = vec![format!(
        "{} submissions: {ids} job ids in their output, {} failed ({})",
        material.submissions.len(),
        failed.len(),
        if failed.is_empty() {
            "none".to_owned()
        } else {
            first_few(&failed)
        }
    )];
    let trainings: Vec<&Submission> = material
        .submissions
        .iter()
        .filter(|it| it.is_training() && !it.has_failed())
        .collect();
    findings.extend(identical(&trainings));
    findings.extend(unaugmented(&trainings));
    findings.extend(moved_scaling(&trainings));
    if let (None, Some(last)) = (&material.recipe, trainings.last()) {
        material.recipe = recipe_of(last);
    }
    material.findings.extend(findings);
}

fn identical(trainings: &[&Submission]) -> Vec<String> {
    let mut groups: BTreeMap<Vec<(&str, &str)>, Vec<String>> = BTreeMap::new();
    for training in trainings {
        groups
            .entry(training.configuration())
            .or_default()
            .push(training.label());
    }
    let mut found: Vec<Vec<String>> = groups.into_values().filter(|it| it.len() > 1).collect();
    found.sort();
    found
        .into_iter()
        .map(|runs| {
            format!(
                "the same configuration and data under several names: {}; a difference between them is noise",
                first_few(&runs)
            )
        })
        .collect()
}

fn unaugmented(trainings: &[&Submission]) -> Vec<String> {
    let data = |it: &Submission| {
        let value = |name| it.environment.get(name).cloned().unwrap_or_default();
        (value("HF_FT_DATASET_REPO_ID"), value("FT_DATASET_VERSION"))
    };
    let plain: BTreeSet<(String, String)> = trainings
        .iter()
        .filter(|it| !it.run_name.contains("augmented"))
        .map(|it| data(it))
        .collect();
    trainings
        .iter()
        .filter(|it| it.run_name.contains("augmented") && plain.contains(&data(it)))
        .map(|it| {
            format!(
                "{} is called augmented and names the same dataset ({}) as runs that are not",
                it.label(),
                data(it).1
            )
        })
        .collect()
}

/// Runs one after the other, put to the linter as if each were a patch of the one before.
fn moved_scaling(trainings: &[&Submission]) -> Vec<String> {
    let mut found = Vec::new();
    for pair in trainings.windows(2) {
        let (Some(before), Some(after)) = (recipe_of(pair[0]), recipe_of(pair[1])) else {
            continue;
        };
        let keys = [
            ("lora_r", before.lora_r as f64, after.lora_r as f64),
            ("lora_alpha", before.lora_alpha, after.lora_alpha),
        ];
        let changed = keys.iter().filter(|(_, from, to)| from != to);
        let keys: Vec<KeyChange> = changed
            .map(|(key, from, to)| KeyChange {
                key: (*key).to_owned(),
                from: (*from).into(),
                to: whole(*to),
            })
            .collect();
        if keys.is_empty() {
            continue;
        }
        let rule = pair[1].label();
        let means_scaling = false;
        let (conflicts, _) = lint(
            &before,
            &[Patch {
                rule,
                keys,
                means_scaling,
            }],
        );
        found.extend(conflicts.into_iter().map(|it| {
            format!(
                "{} after {}: {}",
                it.rules.join(", "),
                pair[0].label(),
                it.text
            )
        }));
    }
    found
}

/// `32`, not `32.0`, where a recipe wants a count.
fn whole(number: f64) -> Value {
    if number.fract() == 0.0 && (0.0..1e9).contains(&number) {
        Value::from(number as u64)
    } else {
        Value::from(number)
    }
}

/// The recipe that a training's environment amounts to; `None` when it can't be one.
fn recipe_of(submission: &Submission) -> Option<Recipe> {
    let text = "model: unknown\noutput_dir: outputs/foreign\ntrain_file: train.jsonl\n";
    let mut recipe = Recipe::from_yaml(text).ok()?;
    if let Some(model) = submission.environment.get("HF_BASE_MODEL_ID") {
        recipe.model.clone_from(model);
    }
    for (name, key) in KEYS {
        if let Some(value) = submission.environment.get(name).filter(|it| !it.is_empty()) {
            recipe.set(&format!("{key}={value}")).ok()?;
        }
    }
    // Evaluation has no file of its own in these ledgers.
    recipe.eval_steps = None;
    recipe.validate().ok()?;
    Some(recipe)
}
