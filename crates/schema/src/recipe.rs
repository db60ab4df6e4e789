//! `recipe.yaml`: how to train, in the words of TRL and axolotl.
//!
//! One mechanism reads the file and `--set`: a recipe is a JSON object of its defaults into which
//! each assignment is put and checked by itself, so every complaint names its key and line.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use crate::nearest::did_you_mean;
use crate::yaml::{Entry, YamlError, read_mapping, read_value, unknown_key};

/// A recipe that can't be carried out; the text carries key and line.
pub type RecipeError = YamlError;

/// The linear layers an adapter can sit on.
pub const LINEAR_MODULES: [&str; 7] = [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
];

/// How to train. The field names are the YAML keys; `docs/recipe.md` describes each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Pulled name or path.
    pub model: String,
    /// Task folder; or `train_file` and `eval_file`.
    pub task: Option<PathBuf>,
    /// Prompt–completion JSONL; beside `task`, trained on instead of its `train` rows.
    pub train_file: Option<PathBuf>,
    pub eval_file: Option<PathBuf>,
    /// Manifest of frozen rows that must not be trained on, beside those of `task`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<PathBuf>,
    pub output_dir: PathBuf,
    pub learning_rate: f64,
    pub num_train_epochs: f64,
    /// Optimiser steps; overrides `num_train_epochs`.
    pub max_steps: Option<u64>,
    /// Rows a step takes at once.
    pub per_device_train_batch_size: usize,
    pub gradient_accumulation_steps: usize,
    pub lora_r: usize,
    pub lora_alpha: f64,
    /// Fraction, 0 to below 1.
    pub lora_dropout: f64,
    /// Names out of [`LINEAR_MODULES`]; `all-linear` in the file becomes all seven.
    #[serde(deserialize_with = "target_modules")]
    pub lora_target_modules: Vec<String>,
    /// Adapt only this many layers next to the output; `None` is all.
    pub lora_num_top_layers: Option<usize>,
    pub use_rslora: bool,
    /// Tokens of prompt and completion together.
    pub max_length: usize,
    pub completion_only_loss: bool,
    /// Share of a digit's probability mass that its neighbouring numbers get, 0 to below 1.
    pub label_smoothing_numbers: f64,
    /// Fraction of all steps.
    pub warmup_ratio: f64,
    /// Overrides `warmup_ratio`.
    pub warmup_steps: Option<u64>,
    pub lr_scheduler_type: LearningRateSchedule,
    pub weight_decay: f64,
    pub adam_beta1: f64,
    pub adam_beta2: f64,
    pub adam_epsilon: f64,
    /// Global gradient norm; 0 is no clipping.
    pub max_grad_norm: f64,
    pub seed: u64,
    /// Steps between evaluations; `None` is once an epoch.
    pub eval_steps: Option<u64>,
    /// Rows of `dev` answered at each evaluation; `None` is all.
    pub eval_max_rows: Option<usize>,
    /// Steps between checkpoints; `None` is as `eval_steps`.
    pub save_steps: Option<u64>,
    pub logging_steps: u64,
    /// Evaluations without improvement before training stops.
    pub early_stopping_patience: Option<usize>,
    pub load_best_model_at_end: bool,
    /// `None` is the task's primary score, else `eval_loss`.
    pub metric_for_best_model: Option<String>,
    /// `None` is all cores.
    pub threads: Option<usize>,
    pub precision: TrainingPrecision,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearningRateSchedule {
    Constant,
    ConstantWithWarmup,
    Linear,
    Cosine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainingPrecision {
    /// bf16 where the processor multiplies it natively, else f32.
    Auto,
    F32,
    Bf16,
}

/// Words from other tools and the key they mean here: used in hints only.
const OTHER_TOOLS_WORDS: [(&str, &str); 17] = [
    ("base_model", "model"),
    ("model_name_or_path", "model"),
    ("dataset", "train_file"),
    ("datasets", "train_file"),
    ("lr", "learning_rate"),
    ("epochs", "num_train_epochs"),
    ("num_epochs", "num_train_epochs"),
    ("batch_size", "per_device_train_batch_size"),
    ("micro_batch_size", "per_device_train_batch_size"),
    ("rank", "lora_r"),
    ("r", "lora_r"),
    ("max_seq_length", "max_length"),
    ("sequence_len", "max_length"),
    ("lr_scheduler", "lr_scheduler_type"),
    ("gradient_clipping", "max_grad_norm"),
    ("target_modules", "lora_target_modules"),
    ("num_threads", "threads"),
];

impl Recipe {
    /// Reads a recipe; keys that are left out have the defaults of `docs/recipe.md`.
    /// Call [`Recipe::validate`] after any `--set`.
    ///
    /// Errors: an unknown key (with the nearest known one), a value of the wrong type, a missing
    /// `model` or `output_dir`; each with its line.
    pub fn from_yaml(text: &str) -> Result<Recipe, RecipeError> {
        let entries = read_mapping(text, "recipe")?;
        for key in ["model", "output_dir"] {
            if !entries
                .iter()
                .any(|entry| entry.key == key && !entry.value.is_null())
            {
                let found: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
                let stranger = found.iter().find(|word| {
                    OTHER_TOOLS_WORDS.contains(&(**word, key))
                        || crate::nearest::nearest(word, [key]).is_some() && !is_known(word)
                });
                if let Some(entry) = entries.iter().find(|e| Some(&e.key.as_str()) == stranger) {
                    return Err(unknown_recipe_key(entry));
                }
                return Err(YamlError::new(0, format!("the recipe lacks '{key}'")));
            }
        }
        let mut fields = defaults();
        for entry in entries {
            assign(&mut fields, entry)?;
        }
        recipe_of(fields).map_err(|problem| YamlError::new(0, problem))
    }

    /// Carries out one `key=value` of `--set`; the value is read as YAML.
    pub fn set(&mut self, assignment: &str) -> Result<(), RecipeError> {
        let Some((key, value)) = assignment.split_once('=') else {
            let problem = format!("--set {assignment}: expected key=value");
            return Err(YamlError::new(0, problem));
        };
        let value = read_value(value)
            .map_err(|error| YamlError::new(0, format!("--set {assignment}: {error}")))?;
        let mut fields = self.fields();
        assign(
            &mut fields,
            Entry {
                key: key.trim().to_string(),
                line: 0,
                value,
            },
        )
        .map_err(|error| YamlError::new(0, format!("--set {assignment}: {error}")))?;
        *self = recipe_of(fields)
            .map_err(|problem| YamlError::new(0, format!("--set {assignment}: {problem}")))?;
        Ok(())
    }

    /// The recipe with every key, as it was carried out.
    pub fn to_yaml(&self) -> String {
        serde_saphyr::to_string(self).expect("a recipe is plain scalars, lists and nulls")
    }

    fn fields(&self) -> Map<String, Value> {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => unreachable!("a recipe is an object with finite numbers"),
        }
    }

    /// Whether there is anything to evaluate on during training.
    pub fn evaluates(&self) -> bool {
        self.task.is_some() || self.eval_file.is_some()
    }

    /// Refuses values that can't be carried out and keys that would have no effect.
    pub fn validate(&self) -> Result<(), RecipeError> {
        let refuse = |problem: String| Err(YamlError::new(0, problem));
        for (key, value, allowed, fits) in self.ranges() {
            if !fits {
                return refuse(format!("{key} must be {allowed}, found {value}"));
            }
        }
        match (&self.task, &self.train_file, &self.eval_file) {
            (None, None, _) => {
                refuse("the recipe names no data: give 'task' or 'train_file'".into())
            }
            (Some(_), _, Some(_)) => {
                refuse("'eval_file' has no effect beside 'task'; leave one out".into())
            }
            _ => Ok(()),
        }?;
        if self.lora_target_modules.is_empty() {
            return refuse("lora_target_modules is empty; nothing would be trained".into());
        }
        if self.lr_scheduler_type == LearningRateSchedule::Constant
            && self.warmup_steps.is_some_and(|steps| steps > 0)
        {
            return refuse(
                "warmup_steps has no effect with lr_scheduler_type constant; \
                 use constant_with_warmup"
                    .into(),
            );
        }
        if !self.evaluates() {
            let unused = [
                ("eval_steps", self.eval_steps.is_some()),
                ("eval_max_rows", self.eval_max_rows.is_some()),
                (
                    "early_stopping_patience",
                    self.early_stopping_patience.is_some(),
                ),
                (
                    "metric_for_best_model",
                    self.metric_for_best_model.is_some(),
                ),
            ];
            if let Some((key, _)) = unused.iter().find(|(_, set)| *set) {
                return refuse(format!("{key} has no effect without 'task' or 'eval_file'"));
            }
        }
        if self.task.is_none() && self.eval_max_rows.is_some() {
            return refuse("eval_max_rows has no effect without 'task'".into());
        }
        Ok(())
    }

    /// `(key, value, allowed, whether it fits)` of every number.
    fn ranges(&self) -> Vec<(&'static str, String, &'static str, bool)> {
        let above_zero = |key, x: f64| (key, x.to_string(), "above 0", x > 0.0 && x.is_finite());
        let not_negative =
            |key, x: f64| (key, x.to_string(), "0 or more", x >= 0.0 && x.is_finite());
        let fraction = |key, x: f64| {
            (
                key,
                x.to_string(),
                "from 0 to below 1",
                (0.0..1.0).contains(&x),
            )
        };
        let at_least_one = |key, x: u64| (key, x.to_string(), "1 or more", x >= 1);
        let optional = |key, x: Option<u64>| at_least_one(key, x.unwrap_or(1));
        let count = |x: Option<usize>| x.map(|x| x as u64);
        vec![
            above_zero("learning_rate", self.learning_rate),
            above_zero("num_train_epochs", self.num_train_epochs),
            optional("max_steps", self.max_steps),
            at_least_one(
                "per_device_train_batch_size",
                self.per_device_train_batch_size as u64,
            ),
            at_least_one(
                "gradient_accumulation_steps",
                self.gradient_accumulation_steps as u64,
            ),
            at_least_one("lora_r", self.lora_r as u64),
            above_zero("lora_alpha", self.lora_alpha),
            fraction("lora_dropout", self.lora_dropout),
            optional("lora_num_top_layers", count(self.lora_num_top_layers)),
            (
                "max_length",
                self.max_length.to_string(),
                "2 or more tokens",
                self.max_length >= 2,
            ),
            fraction("label_smoothing_numbers", self.label_smoothing_numbers),
            fraction("warmup_ratio", self.warmup_ratio),
            not_negative("weight_decay", self.weight_decay),
            fraction("adam_beta1", self.adam_beta1),
            fraction("adam_beta2", self.adam_beta2),
            above_zero("adam_epsilon", self.adam_epsilon),
            not_negative("max_grad_norm", self.max_grad_norm),
            optional("eval_steps", self.eval_steps),
            optional("eval_max_rows", count(self.eval_max_rows)),
            optional("save_steps", self.save_steps),
            at_least_one("logging_steps", self.logging_steps),
            optional(
                "early_stopping_patience",
                count(self.early_stopping_patience),
            ),
            optional("threads", count(self.threads)),
            (
                "model",
                format!("'{}'", self.model),
                "a name or path",
                !self.model.trim().is_empty(),
            ),
            (
                "output_dir",
                format!("'{}'", self.output_dir.display()),
                "a folder",
                !self.output_dir.as_os_str().is_empty(),
            ),
        ]
    }
}

/// Every key with its default, in the order of the documentation.
fn defaults() -> Map<String, Value> {
    let Value::Object(fields) = json!({
        "model": "",
        "task": null,
        "train_file": null,
        "eval_file": null,
        "frozen": null,
        "output_dir": "",
        "learning_rate": 1e-3,
        "num_train_epochs": 3.0,
        "max_steps": null,
        "per_device_train_batch_size": 8,
        "gradient_accumulation_steps": 1,
        "lora_r": 16,
        "lora_alpha": 32.0,
        "lora_dropout": 0.0,
        "lora_target_modules": "all-linear",
        "lora_num_top_layers": null,
        "use_rslora": false,
        "max_length": 1024,
        "completion_only_loss": true,
        "label_smoothing_numbers": 0.0,
        "warmup_ratio": 0.03,
        "warmup_steps": null,
        "lr_scheduler_type": "cosine",
        "weight_decay": 0.0,
        "adam_beta1": 0.9,
        "adam_beta2": 0.999,
        "adam_epsilon": 1e-8,
        "max_grad_norm": 1.0,
        "seed": 42,
        "eval_steps": null,
        "eval_max_rows": null,
        "save_steps": null,
        "logging_steps": 1,
        "early_stopping_patience": null,
        "load_best_model_at_end": true,
        "metric_for_best_model": null,
        "threads": null,
        "precision": "auto",
    }) else {
        unreachable!("the literal is an object")
    };
    fields
}

fn is_known(key: &str) -> bool {
    key == "bf16" || defaults().contains_key(key)
}

fn recipe_of(fields: Map<String, Value>) -> Result<Recipe, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}

/// Puts one value into the fields and checks that the recipe still reads.
fn assign(fields: &mut Map<String, Value>, entry: Entry) -> Result<(), RecipeError> {
    if !is_known(&entry.key) {
        return Err(unknown_recipe_key(&entry));
    }
    let (key, value) = translated(&entry)?;
    if value.is_null() && !defaults()[&key].is_null() {
        return Err(YamlError::new(entry.line, format!("'{key}' has no value")));
    }
    fields.insert(key, value);
    match recipe_of(fields.clone()) {
        Ok(_) => Ok(()),
        Err(problem) => Err(YamlError::new(
            entry.line,
            format!("'{}' can't be used: {problem}", entry.key),
        )),
    }
}

/// `bf16: true` is TRL's word for `precision: bf16`, `max_steps: -1` its word for "not set".
fn translated(entry: &Entry) -> Result<(String, Value), RecipeError> {
    match (entry.key.as_str(), &entry.value) {
        ("bf16", Value::Bool(on)) => Ok((
            "precision".to_string(),
            json!(if *on { "bf16" } else { "f32" }),
        )),
        ("bf16", other) => {
            let problem = format!("'bf16' must be true or false, found {other}");
            Err(YamlError::new(entry.line, problem))
        }
        ("max_steps", value) if value.as_i64() == Some(-1) => {
            Ok(("max_steps".to_string(), Value::Null))
        }
        _ => Ok((entry.key.clone(), entry.value.clone())),
    }
}

fn unknown_recipe_key(entry: &Entry) -> RecipeError {
    if let Some((_, here)) = OTHER_TOOLS_WORDS
        .iter()
        .find(|(word, _)| *word == entry.key)
    {
        let problem = format!("unknown key '{}', did you mean '{here}'?", entry.key);
        return YamlError::new(entry.line, problem);
    }
    unknown_key(entry, "", defaults().keys().map(String::as_str))
}

/// `all-linear`, one name, or a list of names.
fn target_modules<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected 'all-linear' or a list of layer names")]
    enum Modules {
        One(String),
        Many(Vec<String>),
    }
    let names = match Modules::deserialize(deserializer)? {
        Modules::One(name) => vec![name],
        Modules::Many(names) => names,
    };
    if names.iter().any(|name| name == "all-linear") {
        return Ok(LINEAR_MODULES.map(String::from).to_vec());
    }
    if let Some(name) = names
        .iter()
        .find(|name| !LINEAR_MODULES.contains(&name.as_str()))
    {
        let known = LINEAR_MODULES.into_iter().chain(["all-linear"]);
        let hint = did_you_mean(name, known);
        let problem = format!("no linear layer is called '{name}'{hint}");
        return Err(serde::de::Error::custom(problem));
    }
    // In the model's order and without repeats: the adapter file depends on it.
    let chosen = LINEAR_MODULES
        .iter()
        .filter(|known| names.iter().any(|name| name == *known));
    Ok(chosen.map(|name| name.to_string()).collect())
}

#[cfg(test)]
#[path = "recipe_tests.rs"]
mod tests;
