//! Whole trainings of a tiny random model: what is left behind, what is refused, and that an
//! interruption at any moment changes no byte of the adapter.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gradus_schema::{LearningRateSchedule, Recipe};
use serde_json::{Value, json};

use super::*;
use crate::model::PackedAdapter;

const ROWS: usize = 20;

fn recipe(dir: &Path) -> Recipe {
    Recipe {
        output_dir: dir.join("out"),
        learning_rate: 2e-2,
        per_device_train_batch_size: 3,
        gradient_accumulation_steps: 2,
        num_train_epochs: 2.5,
        lora_dropout: 0.1,
        label_smoothing_numbers: 0.2,
        eval_steps: Some(3),
        save_steps: Some(2),
        ..testing::recipe()
    }
}

/// Answers each evaluation with the value noted for its step, else with the step itself; fails
/// once at `fails_at`, as if the process had been killed there.
#[derive(Default)]
struct Scores {
    values: BTreeMap<u64, f64>,
    fails_at: Option<u64>,
}

impl DevEvaluator for Scores {
    fn evaluate(&mut self, _adapter: &Arc<PackedAdapter>, step: u64) -> Result<DevReport> {
        if self.fails_at == Some(step) {
            self.fails_at = None;
            return Err(Error::Configuration("killed".into()));
        }
        let value = self.values.get(&step).copied().unwrap_or(step as f64);
        Ok(DevReport {
            metrics: BTreeMap::from([("mae".to_owned(), Some(value)), ("rate".to_owned(), None)]),
            hard_cases: vec![json!({"rank": 1, "step": step})],
            primary: "mae".to_owned(),
            better_when: Direction::Minimize,
        })
    }
}

/// Asks for a stop after a step; collects the rest.
#[derive(Default)]
struct Watcher {
    stop_after: Option<u64>,
    stop: Arc<AtomicBool>,
    losses: Vec<f64>,
    evaluations: Vec<EvaluationReport>,
    notes: Vec<String>,
}

impl TrainObserver for Watcher {
    fn step(&mut self, report: &StepReport) {
        self.losses.push(report.loss);
        if self.stop_after == Some(report.step) {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn evaluated(&mut self, report: &EvaluationReport) {
        self.evaluations.push(report.clone());
    }

    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }
}

fn run(recipe: &Recipe, scores: &mut Scores, watcher: &mut Watcher) -> Result<TrainOutcome> {
    let stop = watcher.stop.clone();
    stop.store(false, Ordering::Relaxed);
    let (model, rows, dev) = (testing::model(), testing::data(ROWS), testing::data(6));
    train(
        recipe,
        &model,
        &rows,
        Some(&dev),
        Some(scores),
        &stop,
        Resume::Auto,
        watcher,
    )
}

fn run_quietly(recipe: &Recipe) -> Result<TrainOutcome> {
    run(recipe, &mut Scores::default(), &mut Watcher::default())
}

/// The hash of the adapter's bytes.
fn adapter_hash(recipe: &Recipe) -> String {
    files::file_sha256(&recipe.output_dir.join("adapter_model.safetensors")).expect("an adapter")
}

fn text_of(recipe: &Recipe, name: &str) -> String {
    fs::read_to_string(recipe.output_dir.join(name)).expect(name)
}

#[test]
fn a_finished_training_leaves_everything_and_is_not_done_twice() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let recipe = recipe(dir.path());
    let mut watcher = Watcher::default();
    let outcome = run(&recipe, &mut Scores::default(), &mut watcher).expect("trained");
    assert_eq!(outcome.outcome, Outcome::Finished);
    assert_eq!(
        (outcome.step, outcome.total_steps),
        (10, 10),
        "4 steps an epoch, 2.5 epochs"
    );
    assert_eq!(watcher.losses.len(), 10);
    assert!(
        watcher.losses[9] < 0.8 * watcher.losses[0],
        "{:?}",
        watcher.losses
    );

    let metrics: Value =
        serde_json::from_str(&text_of(&recipe, "final_metrics.json")).expect("JSON");
    assert_eq!(
        metrics["delivered_step"], 3,
        "the best of 3, 6, 9, 10 by value"
    );
    assert_eq!(metrics["eval"]["mae"], 3.0);
    assert_eq!(metrics["eval"]["rate"], Value::Null);
    assert_eq!(metrics["train_examples"], ROWS);
    let lines: Vec<Value> = text_of(&recipe, "iter_eval_metrics.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let steps: Vec<_> = lines.iter().map(|line| line["step"].as_u64()).collect();
    assert_eq!(steps, [Some(3), Some(6), Some(9), Some(10)]);
    assert!(
        lines
            .iter()
            .all(|line| line["eval_loss"].as_f64().is_some())
    );
    assert_eq!(
        text_of(&recipe, "hard_cases.valid.jsonl"),
        "{\"rank\":1,\"step\":3}\n"
    );
    let resolved = Recipe::from_yaml(&text_of(&recipe, "recipe.resolved.yaml")).expect("a recipe");
    assert_eq!(resolved, recipe);
    let manifest: Value =
        serde_json::from_str(&text_of(&recipe, "run_manifest.json")).expect("JSON");
    assert_eq!(manifest["base"]["sha256"], testing::identity().sha256);
    assert!(manifest["outputs"]["adapter_config.json"].is_string());
    let adapter =
        crate::lora::read_adapter(&recipe.output_dir, &testing::model()).expect("an adapter");
    let fresh = fresh_adapter(&recipe, &testing::config()).expect("an adapter");
    assert_eq!(adapter.adapter.parameter_count(), fresh.parameter_count());

    let hash = adapter_hash(&recipe);
    let mut idle = Watcher::default();
    let again = run(&recipe, &mut Scores::default(), &mut idle).expect("nothing to do");
    assert_eq!(again.outcome, Outcome::AlreadyFinished);
    assert_eq!(again.final_metrics, outcome.final_metrics);
    assert!(idle.losses.is_empty());
    assert_eq!(adapter_hash(&recipe), hash);
}

#[test]
fn another_training_needs_another_folder_or_a_fresh_start() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let first = recipe(dir.path());
    run_quietly(&first).expect("trained");
    let hash = adapter_hash(&first);
    let other = Recipe {
        learning_rate: 1e-2,
        ..first.clone()
    };
    let refused = run_quietly(&other)
        .expect_err("another training")
        .to_string();
    assert!(
        refused.contains("learning_rate (0.02 → 0.01)") && refused.contains("--resume never"),
        "{refused}"
    );
    assert_eq!(adapter_hash(&first), hash);

    let (model, rows, dev) = (testing::model(), testing::data(ROWS), testing::data(6));
    let stop = AtomicBool::new(false);
    let outcome = train(
        &other,
        &model,
        &rows,
        Some(&dev),
        None,
        &stop,
        Resume::Never,
        &mut Silent,
    )
    .expect("afresh");
    assert_eq!(outcome.outcome, Outcome::Finished);
    assert_ne!(adapter_hash(&first), hash);
    assert!(
        !first.output_dir.join("hard_cases.valid.jsonl").exists(),
        "of the first training"
    );
}

#[test]
fn an_interruption_at_any_step_changes_no_byte() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let whole = recipe(&dir.path().join("whole"));
    run_quietly(&whole).expect("trained");
    for stop_after in 1..10 {
        let parts = recipe(&dir.path().join(format!("parts-{stop_after}")));
        let mut watcher = Watcher {
            stop_after: Some(stop_after),
            ..Watcher::default()
        };
        let stopped = run(&parts, &mut Scores::default(), &mut watcher).expect("stopped");
        assert_eq!(
            (stopped.outcome, stopped.step),
            (Outcome::Interrupted, stop_after)
        );
        assert!(!parts.output_dir.join("adapter_model.safetensors").exists());
        let mut watcher = Watcher::default();
        let ended = run(&parts, &mut Scores::default(), &mut watcher).expect("finished");
        assert_eq!(ended.outcome, Outcome::Finished);
        assert_eq!(watcher.losses.len() as u64, 10 - stop_after);
        assert_eq!(
            watcher.notes,
            [format!("resumed after step {stop_after} of 10")]
        );
        assert_eq!(adapter_hash(&parts), adapter_hash(&whole));
        let values = |recipe: &Recipe| -> Vec<Value> {
            let text = text_of(recipe, "iter_eval_metrics.jsonl");
            let lines = text
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
            lines
                .map(|line| json!([line["step"], line["eval_loss"], line["metrics"]]))
                .collect()
        };
        assert_eq!(values(&parts), values(&whole));
    }
}

#[test]
fn a_training_killed_between_checkpoints_goes_on_from_the_last_one() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let whole = recipe(&dir.path().join("whole"));
    let values = BTreeMap::from([(3, 2.0), (6, 1.0), (9, 1.5), (10, 1.0)]);
    let mut scores = Scores {
        values: values.clone(),
        fails_at: None,
    };
    run(&whole, &mut scores, &mut Watcher::default()).expect("trained");
    let parts = recipe(&dir.path().join("parts"));
    for killed_at in [3, 6, 9, 10] {
        let mut scores = Scores {
            values: values.clone(),
            fails_at: Some(killed_at),
        };
        run(&parts, &mut scores, &mut Watcher::default()).expect_err("killed");
        assert!(!parts.output_dir.join("run_manifest.json").exists());
    }
    let mut scores = Scores {
        values,
        fails_at: None,
    };
    let outcome = run(&parts, &mut scores, &mut Watcher::default()).expect("finished");
    assert_eq!(
        outcome.final_metrics["delivered_step"], 6,
        "the first of the best"
    );
    assert_eq!(adapter_hash(&parts), adapter_hash(&whole));
}

#[test]
fn a_kill_while_the_result_is_written_is_made_up_for() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let recipe = recipe(dir.path());
    run_quietly(&recipe).expect("trained");
    let hash = adapter_hash(&recipe);
    fs::remove_file(recipe.output_dir.join("run_manifest.json")).expect("removed");
    fs::write(recipe.output_dir.join("adapter_model.safetensors"), b"half").expect("written");
    let outcome = run_quietly(&recipe).expect("finished from the last checkpoint");
    assert_eq!(outcome.outcome, Outcome::Finished);
    assert_eq!(adapter_hash(&recipe), hash);

    fs::write(
        recipe.output_dir.join("adapter_model.safetensors"),
        b"changed",
    )
    .expect("written");
    let refused = run_quietly(&recipe).expect_err("changed since").to_string();
    assert!(refused.contains("was changed"), "{refused}");
}

#[test]
fn early_stopping_delivers_the_best_step() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let stopping = Recipe {
        early_stopping_patience: Some(2),
        eval_steps: Some(1),
        lr_scheduler_type: LearningRateSchedule::Constant,
        ..recipe(&dir.path().join("stopping"))
    };
    let values = BTreeMap::from([(1, 5.0), (2, 0.5), (3, 0.6), (4, 0.7)]);
    let mut watcher = Watcher::default();
    let outcome = run(
        &stopping,
        &mut Scores {
            values,
            fails_at: None,
        },
        &mut watcher,
    )
    .expect("trained");
    assert_eq!(outcome.step, 4);
    assert_eq!(outcome.final_metrics["train"]["stopped_early"], true);
    assert_eq!(outcome.final_metrics["delivered_step"], 2);
    assert_eq!(
        watcher.notes,
        ["stopped early: no improvement in 2 evaluations since step 2"]
    );
    let best: Vec<bool> = watcher
        .evaluations
        .iter()
        .map(|report| report.best)
        .collect();
    assert_eq!(best, [true, true, false, false]);

    let short = Recipe {
        early_stopping_patience: None,
        max_steps: Some(2),
        output_dir: dir.path().join("short"),
        ..stopping.clone()
    };
    run_quietly(&Recipe {
        load_best_model_at_end: false,
        ..short.clone()
    })
    .expect("trained");
    assert_eq!(
        adapter_hash(&short),
        adapter_hash(&stopping),
        "the adapter as it was after step 2"
    );
}

#[test]
fn a_diverging_training_names_its_step_and_writes_no_adapter() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let wild = Recipe {
        learning_rate: 1e30,
        max_grad_norm: 0.0,
        warmup_ratio: 0.0,
        ..recipe(dir.path())
    };
    let error = run_quietly(&wild).expect_err("diverged");
    assert!(
        matches!(&error, Error::NotFinite(text) if text.contains("step 2 of 10") && text.contains("learning_rate")),
        "{error}"
    );
    assert!(!wild.output_dir.join("adapter_model.safetensors").exists());
    assert!(!wild.output_dir.join("run_manifest.json").exists());
}

#[test]
fn unusable_rows_are_named() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let recipe = recipe(dir.path());
    let model = testing::model();
    let complaint = |recipe: &Recipe, data: &TrainingData| {
        let stop = AtomicBool::new(false);
        train(
            recipe,
            &model,
            data,
            None,
            None,
            &stop,
            Resume::Auto,
            &mut Silent,
        )
        .expect_err("refused")
        .to_string()
    };
    assert!(complaint(&recipe, &testing::data(0)).contains("there are no rows"));
    let mut empty = testing::data(3);
    empty.rows[1].completion = " \n".into();
    assert_eq!(
        complaint(&recipe, &empty),
        "the completion is empty; give the answer to learn, or remove the row (train.jsonl, row 2)"
    );
    let mut long = testing::data(3);
    long.rows[2].messages[0].content = "long ".repeat(20);
    let short = Recipe {
        max_length: 60,
        ..recipe.clone()
    };
    let text = complaint(&short, &long);
    assert!(
        text.contains("more than max_length 60") && text.ends_with("(train.jsonl, row 3)"),
        "{text}"
    );
    long.rows[2].messages[0].content = "long ".repeat(200);
    assert!(complaint(&recipe, &long).contains("this model can read"));
    let wide = Recipe {
        lora_r: 1 << 40,
        ..recipe.clone()
    };
    assert!(complaint(&wide, &testing::data(3)).contains("lora_r"));
    let unknown = Recipe {
        lora_target_modules: vec!["w_proj".into()],
        ..recipe.clone()
    };
    assert!(complaint(&unknown, &testing::data(3)).contains("w_proj"));
    assert!(!recipe.output_dir.exists(), "nothing was begun");
}

#[test]
fn folders_in_use_and_strangers_are_left_alone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let recipe = recipe(dir.path());
    let lock = DirectoryLock::acquire(&recipe.output_dir).expect("free");
    assert!(matches!(run_quietly(&recipe), Err(Error::Busy(_))));
    drop(lock);
    fs::write(
        recipe.output_dir.join("adapter_model.safetensors"),
        b"precious",
    )
    .expect("written");
    let refused = run_quietly(&recipe).expect_err("a stranger").to_string();
    assert!(refused.contains("already holds an adapter"), "{refused}");
    assert_eq!(text_of(&recipe, "adapter_model.safetensors"), "precious");
}

#[test]
fn a_metric_that_is_not_measured_is_refused_with_those_that_are() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let unknown = Recipe {
        metric_for_best_model: Some("accuracy".into()),
        ..recipe(dir.path())
    };
    let text = run_quietly(&unknown).expect_err("unknown").to_string();
    assert!(
        text.contains("'accuracy'") && text.contains("mae, rate, eval_loss"),
        "{text}"
    );
    let loss = Recipe {
        metric_for_best_model: Some("eval_loss".into()),
        output_dir: dir.path().join("loss"),
        ..unknown
    };
    let mut watcher = Watcher::default();
    run(&loss, &mut Scores::default(), &mut watcher).expect("trained");
    assert!(
        watcher
            .evaluations
            .iter()
            .all(|report| report.value == report.eval_loss)
    );
}
