//! The output folder: what is in it while a training runs, and what only a finished one leaves.
//!
//! `run_manifest.json` is written last and names every other file with its hash: a folder without
//! it holds no finished training.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use gradus_schema::{Recipe, TaskFile};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::checkpoint::{flatten, foreign};
use super::files::{file_sha256, hex, read_if_there, remove_if_there, write_whole};
use super::fingerprint::Fingerprint;
use super::fitting::Fitting;
use super::progress::{Evaluation, Progress, timestamp};
use super::{Outcome, TrainOutcome, TrainingData};
use crate::loaded::LoadedModel;
use crate::model::Adapter;
use crate::{Error, Result, lora};

const ADAPTER_WEIGHTS: &str = "adapter_model.safetensors";
const ADAPTER_CONFIG: &str = "adapter_config.json";
const ADAPTER_BASE: &str = "gradus_adapter.json";
const FINAL_METRICS: &str = "final_metrics.json";
const ITER_EVAL_METRICS: &str = "iter_eval_metrics.jsonl";
const HARD_CASES: &str = "hard_cases.valid.jsonl";
const RECIPE: &str = "recipe.resolved.yaml";
const MANIFEST: &str = "run_manifest.json";
const CHECKPOINTS: &str = "checkpoints";

/// All that a training wrote; cleared in this order, so that a folder that is cleared halfway
/// never looks finished.
const EVERYTHING: [&str; 9] = [
    MANIFEST,
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    ADAPTER_BASE,
    FINAL_METRICS,
    ITER_EVAL_METRICS,
    HARD_CASES,
    RECIPE,
    CHECKPOINTS,
];

/// What went into a training.
pub struct Origin<'a> {
    pub recipe: &'a Recipe,
    pub model: &'a LoadedModel,
    pub train: &'a TrainingData,
    pub dev: Option<&'a TrainingData>,
    pub fingerprint: &'a Fingerprint,
}

pub struct Outputs {
    dir: PathBuf,
}

impl Outputs {
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    pub fn checkpoints(&self) -> PathBuf {
        self.dir.join(CHECKPOINTS)
    }

    /// Removes what a training wrote, and nothing else.
    pub fn clear(&self) -> Result<()> {
        EVERYTHING
            .iter()
            .try_for_each(|name| remove_if_there(&self.dir.join(name)))
    }

    /// The result of this very training, if it is here.
    ///
    /// # Errors
    /// The folder holds the result of another training, or one that was changed since.
    pub fn finished(&self, fingerprint: &Fingerprint) -> Result<Option<TrainOutcome>> {
        let path = self.dir.join(MANIFEST);
        let Some(text) = read_if_there(&path)? else {
            return Ok(None);
        };
        let unreadable = || {
            Error::model_file(
                &path,
                "this is no manifest of a training; choose another output_dir, or start afresh with --resume never",
            )
        };
        let manifest: Value = serde_json::from_str(&text).map_err(|_| unreadable())?;
        let theirs: Fingerprint =
            serde_json::from_value(manifest["fingerprint"].clone()).map_err(|_| unreadable())?;
        let differences = theirs.differences(fingerprint);
        if !differences.is_empty() {
            return Err(foreign(&differences, &self.dir));
        }
        for (name, sha256) in manifest["outputs"].as_object().ok_or_else(unreadable)? {
            let path = self.dir.join(name);
            if !path.is_file() || sha256.as_str() != Some(&file_sha256(&path)?) {
                return Err(Error::model_file(
                    path,
                    "this file of a finished training is missing or was changed; start afresh with --resume never",
                ));
            }
        }
        let metrics = read_if_there(&self.dir.join(FINAL_METRICS))?.ok_or_else(unreadable)?;
        Ok(Some(TrainOutcome {
            outcome: Outcome::AlreadyFinished,
            output_dir: self.dir.clone(),
            step: manifest["steps"].as_u64().unwrap_or_default(),
            total_steps: manifest["total_steps"].as_u64().unwrap_or_default(),
            final_metrics: serde_json::from_str(&metrics).map_err(|_| unreadable())?,
        }))
    }

    /// Refuses to write over an adapter that came from elsewhere.
    pub fn refuse_strangers(&self) -> Result<()> {
        let adapter = self.dir.join(ADAPTER_WEIGHTS);
        if adapter.exists() {
            return Err(Error::Configuration(format!(
                "this folder already holds an adapter and nothing that says how it was trained; choose another output_dir, or remove it with --resume never: {}",
                adapter.display()
            )));
        }
        Ok(())
    }

    /// Writes the recipe as it is carried out, with the hashes of what it is carried out on.
    pub fn begin(&self, origin: &Origin<'_>) -> Result<()> {
        let Fingerprint {
            base_sha256,
            train_tokens_sha256,
            dev_tokens_sha256,
            ..
        } = origin.fingerprint;
        let mut text = format!(
            "# base_sha256: {base_sha256}\n# recipe_sha256: {}\n# train_tokens_sha256: {train_tokens_sha256}\n",
            origin.fingerprint.recipe_sha256()
        );
        if let Some(dev) = dev_tokens_sha256 {
            text.push_str(&format!("# dev_tokens_sha256: {dev}\n"));
        }
        text.push_str(&origin.recipe.to_yaml());
        write_whole(&self.dir.join(RECIPE), &[text.as_bytes()])
    }

    /// Writes `iter_eval_metrics.jsonl` anew; it holds exactly the evaluations of this training.
    pub fn record(&self, evaluations: &[Evaluation]) -> Result<()> {
        let lines = evaluations.iter().map(|evaluation| {
            json!({
                "timestamp": evaluation.timestamp,
                "step": evaluation.step,
                "epoch": evaluation.epoch,
                "eval_loss": evaluation.eval_loss,
                "metrics": evaluation.metrics,
                "hard_cases_count": evaluation.hard_cases_count,
                "top_hard_case": evaluation.top_hard_case,
            })
        });
        self.write_lines(ITER_EVAL_METRICS, lines)
    }

    /// Writes everything a finished training leaves; gives `final_metrics.json`'s content.
    ///
    /// # Errors
    /// [`Error::NotFinite`] when the adapter holds NaN: then nothing is written.
    pub fn finish(&self, fitting: &Fitting<'_>, origin: &Origin<'_>) -> Result<Value> {
        let delivered = Delivered::of(fitting);
        if !flatten(&delivered.adapter)
            .iter()
            .all(|parameter| parameter.is_finite())
        {
            return Err(Error::NotFinite(
                "the trained adapter holds values that are no numbers; lower learning_rate or max_grad_norm; no adapter was written".to_owned(),
            ));
        }
        if fitting.evaluator.is_some() {
            let hard_cases = delivered
                .evaluation
                .iter()
                .flat_map(|evaluation| evaluation.hard_cases.clone());
            self.write_lines(HARD_CASES, hard_cases)?;
        }
        let metrics = final_metrics(fitting, origin, &delivered);
        self.write_json(FINAL_METRICS, &metrics)?;
        let base = origin.model;
        lora::write_adapter(&self.dir, &delivered.adapter, &base.identity, &base.config)?;
        self.write_manifest(fitting, origin, &delivered)?;
        Ok(metrics)
    }

    fn write_manifest(
        &self,
        fitting: &Fitting<'_>,
        origin: &Origin<'_>,
        delivered: &Delivered,
    ) -> Result<()> {
        let mut outputs = Map::new();
        for name in EVERYTHING.into_iter().filter(|name| *name != MANIFEST) {
            let path = self.dir.join(name);
            if path.is_file() {
                outputs.insert(name.to_owned(), json!(file_sha256(&path)?));
            }
        }
        let identity = &origin.model.identity;
        let chat_template = origin.model.chat_template.source();
        self.write_json(
            MANIFEST,
            &json!({
                "gradus_version": env!("CARGO_PKG_VERSION"),
                "timestamp": now(),
                "model_id": origin.recipe.model,
                "base": {"name": identity.name, "format": identity.format, "sha256": identity.sha256},
                "chat_template_sha256": chat_template.map(|source| hex(&Sha256::digest(source.as_bytes()))),
                "dataset": {
                    "train": data_entry(origin.train, &origin.fingerprint.train_tokens_sha256)?,
                    "dev": match (origin.dev, &origin.fingerprint.dev_tokens_sha256) {
                        (Some(dev), Some(sha256)) => data_entry(dev, sha256)?,
                        _ => Value::Null,
                    },
                },
                "task": task_entry(origin.recipe)?,
                "config_path": RECIPE,
                "recipe_sha256": origin.fingerprint.recipe_sha256(),
                "adapter_sha256": outputs.get(ADAPTER_WEIGHTS),
                "seed": origin.recipe.seed,
                "threads": fitting.progress.threads,
                "steps": fitting.progress.step,
                "total_steps": fitting.schedule.total_steps,
                "delivered_step": delivered.step,
                "fingerprint": origin.fingerprint,
                "outputs": outputs,
            }),
        )
    }

    fn write_json(&self, name: &str, value: &Value) -> Result<()> {
        write_whole(&self.dir.join(name), &[format!("{value:#}\n").as_bytes()])
    }

    fn write_lines(&self, name: &str, lines: impl Iterator<Item = Value>) -> Result<()> {
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        write_whole(&self.dir.join(name), &[text.as_bytes()])
    }
}

/// The adapter that the training hands over, and how it did.
struct Delivered {
    adapter: Adapter,
    step: u64,
    evaluation: Option<Evaluation>,
}

impl Delivered {
    /// The best one where the recipe asks for it and one is known to be best, else the last.
    fn of(fitting: &Fitting<'_>) -> Self {
        let progress = &fitting.progress;
        match (&fitting.best, &progress.best) {
            (Some(adapter), Some(evaluation)) if fitting.recipe.load_best_model_at_end => Self {
                adapter: adapter.clone(),
                step: evaluation.step,
                evaluation: Some(evaluation.clone()),
            },
            _ => Self {
                adapter: fitting.session.adapter(),
                step: progress.step,
                evaluation: progress.last.clone(),
            },
        }
    }
}

fn final_metrics(fitting: &Fitting<'_>, origin: &Origin<'_>, delivered: &Delivered) -> Value {
    let progress: &Progress = &fitting.progress;
    let evaluation = delivered.evaluation.as_ref();
    let hard_cases = fitting.evaluator.is_some();
    let eval = evaluation.map(|evaluation| {
        let mut eval = Map::new();
        eval.insert("eval_loss".to_owned(), json!(evaluation.eval_loss));
        eval.extend(
            evaluation
                .metrics
                .iter()
                .map(|(name, value)| (name.clone(), json!(value))),
        );
        eval
    });
    json!({
        "objective": if origin.recipe.completion_only_loss { "completion_only" } else { "all_tokens" },
        "train": {
            "train_runtime": progress.training_secs,
            "train_loss": progress.train_loss(),
            "steps": progress.step,
            "total_steps": fitting.schedule.total_steps,
            "epoch": fitting.schedule.epoch(progress.step),
            "stopped_early": progress.stopped_early,
            "effective_tokens": progress.tokens,
            "tokens_per_sec": progress.tokens_per_sec(),
            "evaluation_secs": progress.evaluation_secs,
        },
        "eval": eval,
        "delivered_step": delivered.step,
        "best_step": progress.best.as_ref().map(|best| best.step),
        "best_value": progress.best.as_ref().and_then(|best| best.value),
        "hard_cases_top_k": evaluation.map(|evaluation| evaluation.hard_cases_count).filter(|_| hard_cases),
        "hard_cases_path": hard_cases.then_some(HARD_CASES),
        "iter_eval_metrics_path": ITER_EVAL_METRICS,
        "train_examples": fitting.rows.len(),
        "valid_examples": origin.dev.map_or(0, |dev| dev.rows.len()),
        "adapter_dir": ".",
    })
}

/// Rows as they were used and, where they came from one file, that file's bytes.
fn data_entry(data: &TrainingData, tokens_sha256: &str) -> Result<Value> {
    let file_sha256 = if data.path.is_file() {
        Some(file_sha256(&data.path)?)
    } else {
        None
    };
    Ok(json!({
        "file": data.path,
        "sha256": file_sha256,
        "rows": data.rows.len(),
        "tokens_sha256": tokens_sha256,
    }))
}

/// The files of a task that decide what its rows ask; null where the recipe names no task.
fn task_entry(recipe: &Recipe) -> Result<Value> {
    let Some(dir) = &recipe.task else {
        return Ok(Value::Null);
    };
    let path = dir.join("task.yaml");
    let Some(text) = read_if_there(&path)? else {
        return Ok(Value::Null);
    };
    let task = TaskFile::from_yaml(&text)
        .map_err(|error| Error::Configuration(format!("{error} ({})", path.display())))?;
    let mut entry = Map::from_iter([
        ("name".to_owned(), json!(task.name)),
        (
            "task_sha256".to_owned(),
            json!(hex(&Sha256::digest(text.as_bytes()))),
        ),
    ]);
    let named = [
        ("prompt_sha256", Some(&task.prompt)),
        ("system_prompt_sha256", task.system_prompt.as_ref()),
        ("contract_sha256", task.contract.as_ref()),
    ];
    for (key, file) in named {
        if let Some(file) = file {
            entry.insert(key.to_owned(), file_sha256(&dir.join(file))?.into());
        }
    }
    Ok(Value::Object(entry))
}

fn now() -> String {
    timestamp(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs()),
    )
}
