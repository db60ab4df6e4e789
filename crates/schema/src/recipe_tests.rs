//! Tests of [`super`].

use super::*;

const SHORT: &str = "model: smollm2-135m-instruct
task: .                              # or train_file / eval_file
output_dir: outputs/first
learning_rate: 1.5e-3
num_train_epochs: 5
lora_r: 16
";

fn complaint(from: &str, to: &str) -> String {
    assert!(SHORT.contains(from));
    Recipe::from_yaml(&SHORT.replace(from, to))
        .unwrap_err()
        .to_string()
}

fn refusal(assignments: &[&str]) -> String {
    let mut recipe = Recipe::from_yaml(SHORT).unwrap();
    for assignment in assignments {
        recipe.set(assignment).unwrap();
    }
    recipe.validate().unwrap_err().to_string()
}

#[test]
fn the_documented_recipe_loads_with_defaults() {
    let recipe = Recipe::from_yaml(SHORT).unwrap();
    recipe.validate().unwrap();
    assert_eq!(recipe.learning_rate, 1.5e-3);
    assert_eq!(recipe.num_train_epochs, 5.0);
    assert_eq!(recipe.lora_target_modules, LINEAR_MODULES);
    assert_eq!(recipe.lr_scheduler_type, LearningRateSchedule::Cosine);
    assert_eq!(recipe.seed, 42);
    assert_eq!(recipe.precision, TrainingPrecision::Auto);
}

#[test]
fn the_written_recipe_reads_back() {
    let mut recipe = Recipe::from_yaml(SHORT).unwrap();
    recipe.set("learning_rate=2e-3").unwrap();
    recipe.set("adam_epsilon=1e-8").unwrap();
    recipe.set("lora_target_modules=[v_proj, q_proj]").unwrap();
    recipe.set("warmup_steps=10").unwrap();
    recipe.set("bf16=true").unwrap();
    recipe.set("seed=18446744073709551615").unwrap();
    assert_eq!(recipe.lora_target_modules, ["q_proj", "v_proj"]);
    assert_eq!(recipe.precision, TrainingPrecision::Bf16);
    assert_eq!(Recipe::from_yaml(&recipe.to_yaml()).unwrap(), recipe);
}

#[test]
fn mistakes_are_named_with_line_and_nearest_key() {
    assert_eq!(
        complaint("learning_rate", "learnig_rate"),
        "line 4: unknown key 'learnig_rate', did you mean 'learning_rate'?"
    );
    assert_eq!(
        complaint("num_train_epochs", "epochs"),
        "line 5: unknown key 'epochs', did you mean 'num_train_epochs'?"
    );
    assert!(complaint("model:", "base_model:").contains("line 1: unknown key 'base_model'"));
    assert!(complaint("1.5e-3", "fast").starts_with("line 4: 'learning_rate' can't be used"));
    assert!(complaint("16", "-16").starts_with("line 6: 'lora_r' can't be used"));
    assert!(complaint("16", "1.5").starts_with("line 6: 'lora_r' can't be used"));
    assert!(complaint("lora_r: 16", "lora_r:").contains("'lora_r' has no value"));
    assert!(complaint("output_dir: outputs/first\n", "").contains("lacks 'output_dir'"));
    let error = complaint("lora_r: 16", "lora_target_modules: [q_poj]");
    assert!(error.contains("did you mean 'q_proj'"), "{error}");
    let error = complaint("lora_r: 16", "lr_scheduler_type: cosin");
    assert!(
        error.contains("line 6") && error.contains("cosine"),
        "{error}"
    );
}

#[test]
fn set_complains_in_the_words_of_the_command_line() {
    let mut recipe = Recipe::from_yaml(SHORT).unwrap();
    let before = recipe.clone();
    let error = recipe.set("lora_rank=8").unwrap_err().to_string();
    assert!(
        error.starts_with("--set lora_rank=8: unknown key"),
        "{error}"
    );
    assert!(recipe.set("lora_r").is_err() && recipe.set("lora_r=x").is_err());
    assert_eq!(recipe, before);
    recipe.set("max_steps=5").unwrap();
    recipe.set("max_steps=-1").unwrap();
    assert_eq!(recipe.max_steps, None);
    recipe.set("task=").unwrap();
    assert_eq!(recipe.task, None);
}

#[test]
fn values_that_cannot_work_and_keys_without_effect_are_refused() {
    assert!(refusal(&["lora_r=0"]).contains("lora_r must be 1 or more, found 0"));
    assert!(refusal(&["learning_rate=0"]).contains("learning_rate must be above 0"));
    assert!(refusal(&["learning_rate=-1e-3"]).contains("above 0"));
    assert!(refusal(&["per_device_train_batch_size=0"]).contains("1 or more"));
    assert!(refusal(&["lora_dropout=1"]).contains("below 1"));
    assert!(refusal(&["num_train_epochs=0"]).contains("above 0"));
    assert!(refusal(&["eval_file=a.jsonl"]).contains("no effect beside 'task'"));
    assert!(refusal(&["task=null"]).contains("no data"));
    let alone = [
        "task=null",
        "train_file=a.jsonl",
        "early_stopping_patience=2",
    ];
    assert!(refusal(&alone).contains("early_stopping_patience has no effect"));
    let constant = ["lr_scheduler_type=constant", "warmup_steps=5"];
    assert!(refusal(&constant).contains("constant_with_warmup"));
    assert!(refusal(&["lora_target_modules=[]"]).contains("empty"));
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "([a-z_]{1,12}: ?[-\\[\\]{},:&*!|>'\"a-z0-9.]{0,12}\n){0,6}") {
        if let Ok(recipe) = Recipe::from_yaml(&text) {
            let _ = recipe.validate();
        }
    }
}
