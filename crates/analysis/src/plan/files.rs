//! The files of a plan, as text: `plan.yaml`, `hparam_patch.yaml`, `next_hparams.yaml`,
//! `augmentation_spec.json`, `overrides.env` and `plan.md`.

use std::path::{Path, PathBuf};

use gradus_schema::Recipe;
use gradus_schema::plan::{Change, KeyChange, Plan};
use serde_json::{Map, Value, json};

use super::markdown::plan_markdown;

/// Key here → variable of the trainers and evaluators that take their settings from the
/// environment.
const ENVIRONMENT: [(&str, &[&str]); 12] = [
    ("learning_rate", &["HF_FT_LR"]),
    ("num_train_epochs", &["HF_FT_EPOCHS"]),
    ("max_steps", &["HF_FT_MAX_STEPS"]),
    ("per_device_train_batch_size", &["HF_FT_BATCH_SIZE"]),
    ("gradient_accumulation_steps", &["HF_FT_GRAD_ACCUM"]),
    ("warmup_ratio", &["HF_FT_WARMUP_RATIO"]),
    ("max_length", &["HF_FT_MAX_LENGTH"]),
    ("lora_r", &["HF_FT_LORA_R"]),
    ("lora_alpha", &["HF_FT_LORA_ALPHA"]),
    ("lora_dropout", &["HF_FT_LORA_DROPOUT"]),
    ("eval_steps", &["HF_FT_EVAL_STEPS"]),
    (
        "max_new_tokens",
        &[
            "HF_FT_GENERATION_MAX_NEW_TOKENS",
            "EVAL_LOCAL_MAX_NEW_TOKENS",
        ],
    ),
];

/// Keys of a recipe that say how to train, not where from and where to.
const HYPERPARAMETERS: [&str; 18] = [
    "learning_rate",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "lora_r",
    "lora_alpha",
    "lora_dropout",
    "lora_target_modules",
    "lora_num_top_layers",
    "use_rslora",
    "max_length",
    "label_smoothing_numbers",
    "warmup_ratio",
    "warmup_steps",
    "lr_scheduler_type",
    "weight_decay",
    "seed",
];

/// Name and content of each file, in the order in which they are to be written: `plan.yaml` comes
/// last and says that all of them are there. A file that a plan has no use for is not among them.
pub fn plan_files(plan: &Plan) -> Vec<(&'static str, String)> {
    let mut files = vec![
        ("plan.md", plan_markdown(plan)),
        ("hparam_patch.yaml", yaml(&hyperparameter_patch(plan))),
        ("overrides.env", environment(plan)),
    ];
    if let Some(recipe) = &plan.next_recipe {
        files.push(("next_hparams.yaml", yaml(&hyperparameters(recipe))));
        files.push(("next_recipe.yaml", recipe.to_yaml()));
    }
    if let Some(spec) = &plan.augmentation {
        files.push(("augmentation_spec.json", format!("{:#}\n", json!(spec))));
    }
    files.push(("plan.yaml", plan.to_yaml()));
    files
}

/// Every name that [`plan_files`] may return: what a later plan has to remove.
pub const PLAN_FILES: [&str; 7] = [
    "plan.yaml",
    "plan.md",
    "hparam_patch.yaml",
    "overrides.env",
    "next_hparams.yaml",
    "next_recipe.yaml",
    "augmentation_spec.json",
];

/// The folder after this one: `outputs/first` → `outputs/first-2` → `outputs/first-3`.
pub fn next_folder(folder: &Path) -> PathBuf {
    let name = folder.file_name().map_or_else(
        || "next".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let numbered = name
        .rsplit_once('-')
        .and_then(|(stem, number)| Some((stem.to_owned(), number.parse::<u32>().ok()?)));
    let next = match numbered {
        Some((stem, number)) => format!("{stem}-{}", number.saturating_add(1)),
        None => format!("{name}-2"),
    };
    folder.with_file_name(next)
}

/// `key: {from, to}` of what changes in the recipe now.
fn hyperparameter_patch(plan: &Plan) -> Value {
    let mut patch = Map::new();
    for change in recipe_changes(plan) {
        let pair = json!({"from": change.from, "to": change.to});
        patch.insert(change.key.clone(), pair);
    }
    Value::Object(patch)
}

fn recipe_changes(plan: &Plan) -> &[KeyChange] {
    match plan.action_now().map(|action| &action.change) {
        Some(Change::Recipe(keys)) => keys,
        _ => &[],
    }
}

fn hyperparameters(recipe: &Recipe) -> Value {
    let fields = json!(recipe);
    let shown = HYPERPARAMETERS
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), fields.get(*key)?.clone())))
        .filter(|(_, value)| !value.is_null());
    Value::Object(shown.collect())
}

/// `NAME=value` lines; what no variable is known for becomes a comment.
fn environment(plan: &Plan) -> String {
    let mut text = String::from("# What changes now, for trainers that read the environment.\n");
    let keys: &[KeyChange] = match plan.action_now().map(|action| &action.change) {
        Some(Change::Recipe(keys) | Change::Evaluation(keys)) => keys,
        Some(change @ Change::Augmentation { .. }) => {
            text.push_str(&format!("# {change}; no variable does that\n"));
            &[]
        }
        Some(Change::Train) | None => &[],
    };
    for change in keys {
        let names = ENVIRONMENT
            .iter()
            .find(|(key, _)| *key == change.key)
            .map(|(_, names)| *names);
        match names {
            Some(names) => {
                for name in names {
                    text.push_str(&format!("{name}={}\n", plain(&change.to)));
                }
            }
            None => text.push_str(&format!("# {change}: no variable is known for it\n")),
        }
    }
    text
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn yaml(value: &Value) -> String {
    gradus_schema::value_to_yaml(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_counted_up() {
        let next = |text: &str| next_folder(Path::new(text)).to_string_lossy().into_owned();
        assert_eq!(next("outputs/first"), "outputs/first-2");
        assert_eq!(next("outputs/first-2"), "outputs/first-3");
        assert_eq!(next("outputs/run-a"), "outputs/run-a-2");
    }
}
