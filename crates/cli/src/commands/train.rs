//! `gradus train RECIPE.yaml`.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use gradus_engine::model::Precision;
use gradus_engine::train::{
    DevEvaluator, EvaluationReport, Outcome, Resume, StepReport, TrainObserver, TrainOutcome,
    TrainingData, train,
};
use gradus_eval::Task;
use gradus_eval::data::FrozenTaint;
use gradus_eval::data::freeze::manifest_path;
use gradus_eval::dev::TaskDevEvaluator;
use gradus_schema::{
    PromptCompletion, Recipe, Split, TrainingPrecision, parse_prompt_completion_jsonl,
};
use serde_json::{Map, Value, json};

use super::Settings;
use super::references::load_base;
use crate::args::{Resume as ResumeArgument, TrainArguments};
use crate::failure::{bad_input, interrupted};
use crate::out::{Out, duration};
use crate::progress::Bar;
use crate::recorder::{NewRun, Recorder, RecorderOptions, folders};
use crate::signals::stop_flag;

pub fn run(arguments: &TrainArguments, settings: &Settings, out: &Out) -> Result<()> {
    let recipe = read_recipe(arguments)?;
    let stop = stop_flag()?;
    if arguments.resume == ResumeArgument::Required {
        require_checkpoint(&recipe.output_dir)?;
    }
    let resume = match arguments.resume {
        ResumeArgument::Never => Resume::Never,
        ResumeArgument::Auto | ResumeArgument::Required => Resume::Auto,
    };
    let outcome = train_recipe(&recipe, resume, settings, &stop, out)?;
    report(&outcome, arguments, out)
}

/// Trains as a resolved recipe says: the way of `gradus train` and of the quickstart.
pub fn train_recipe(
    recipe: &Recipe,
    resume: Resume,
    settings: &Settings,
    stop: &AtomicBool,
    out: &Out,
) -> Result<TrainOutcome> {
    let task = recipe.task.as_deref().map(Task::open).transpose()?;
    let (train_data, dev_data) = data(recipe, task.as_ref())?;
    refuse_frozen(
        recipe,
        task.as_ref(),
        [Some(&train_data), dev_data.as_ref()],
    )?;
    let threads = recipe.threads.or(settings.threads);
    let settings = Settings {
        threads,
        ..settings.clone()
    };
    let model = load_base(&recipe.model, &settings, precision(recipe.precision), out)?;
    let mut evaluator = match &task {
        Some(task) if dev_data.is_some() => Some(TaskDevEvaluator::new(
            task,
            &model,
            recipe.eval_max_rows,
            stop,
        )?),
        _ => None,
    };
    out.note(format!(
        "training on {} rows into {}",
        train_data.rows.len(),
        recipe.output_dir.display()
    ));
    let mut watcher = Watcher {
        recorder: Recorder::begin(
            &settings,
            |options| new_run(recipe, task.as_ref(), resume, &settings, options),
            out,
        ),
        ..Watcher::new()
    };
    let evaluator = evaluator
        .as_mut()
        .map(|evaluator| evaluator as &mut dyn DevEvaluator);
    let outcome = train(
        recipe,
        &model,
        &train_data,
        dev_data.as_ref(),
        evaluator,
        stop,
        resume,
        &mut watcher,
    );
    watcher.bar.finish();
    if let Some(mut recorder) = watcher.recorder {
        for (name, path) in folders::of_training(&recipe.output_dir) {
            recorder.file(&name, &path, out);
        }
        match &outcome {
            Ok(outcome) => recorder.finish(0, summary(outcome)),
            Err(_) => recorder.finish(1, Map::new()),
        }
    }
    Ok(outcome?)
}

/// The run as the tracker shall know it: the same for all sittings of one training.
fn new_run(
    recipe: &Recipe,
    task: Option<&Task>,
    resume: Resume,
    settings: &Settings,
    options: &RecorderOptions,
) -> Result<NewRun> {
    let mut config = object(serde_json::to_value(recipe)?);
    if let Some(cycle) = &settings.cycle {
        config.extend(cycle.config(&recipe.output_dir));
    }
    let folder = recipe.output_dir.file_name();
    Ok(NewRun {
        name: options.run_of(&recipe.output_dir, resume == Resume::Never)?,
        project: task.map_or_else(|| "gradus".to_owned(), |task| task.file.name.clone()),
        group: settings.cycle.as_ref().map(|cycle| cycle.group.clone()),
        job_type: "train".to_owned(),
        display_name: folder.map(|name| name.to_string_lossy().into_owned()),
        config,
    })
}

/// The final figures, by the names that they have in `final_metrics.json`.
fn summary(outcome: &TrainOutcome) -> Map<String, Value> {
    let mut summary = Map::new();
    for group in ["train", "eval"] {
        let figures = outcome.final_metrics[group].as_object();
        let named = figures.into_iter().flatten().map(|(key, value)| {
            let bare = key.strip_prefix(&format!("{group}_")).unwrap_or(key);
            (format!("{group}/{bare}"), value.clone())
        });
        summary.extend(named);
    }
    summary
}

/// The recipe with `--set` and `--out` carried out and its paths made absolute.
fn read_recipe(arguments: &TrainArguments) -> Result<Recipe> {
    let path = &arguments.recipe;
    let bytes =
        std::fs::read(path).with_context(|| format!("reading the recipe {}", path.display()))?;
    let text = String::from_utf8(bytes).map_err(|_| {
        bad_input(format!(
            "the recipe is not UTF-8; save it as UTF-8: {}",
            path.display()
        ))
    })?;
    let mut recipe = Recipe::from_yaml(&text)
        .map_err(|error| bad_input(format!("{error}: {}", path.display())))?;
    for assignment in &arguments.set {
        recipe
            .set(assignment)
            .map_err(|error| bad_input(error.to_string()))?;
    }
    recipe
        .validate()
        .map_err(|error| bad_input(format!("{error}: {}", path.display())))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    resolve_paths(&mut recipe, folder)?;
    if let Some(out) = &arguments.out {
        recipe.output_dir = absolute(Path::new(""), out)?;
    }
    Ok(recipe)
}

/// Relative paths in a recipe are relative to its folder.
pub fn resolve_paths(recipe: &mut Recipe, folder: &Path) -> Result<()> {
    for path in [
        &mut recipe.task,
        &mut recipe.train_file,
        &mut recipe.eval_file,
        &mut recipe.frozen,
    ]
    .into_iter()
    .flatten()
    {
        *path = absolute(folder, path)?;
    }
    recipe.output_dir = absolute(folder, &recipe.output_dir)?;
    // A model is usually a name; a path next to the recipe counts as one too.
    let beside = folder.join(&recipe.model);
    if !Path::new(&recipe.model).is_absolute()
        && beside.try_exists().unwrap_or(false)
        && is_path(&recipe.model)
    {
        recipe.model = absolute(folder, Path::new(&recipe.model))?
            .to_string_lossy()
            .into_owned();
    }
    Ok(())
}

fn is_path(model: &str) -> bool {
    model.contains('/') || model.ends_with(".gguf")
}

/// Absolute, without `.` parts, so that the same folder is always written the same.
pub fn absolute(folder: &Path, path: &Path) -> Result<PathBuf> {
    let joined = std::path::absolute(folder.join(path))
        .with_context(|| format!("the path {}", path.display()))?;
    Ok(joined.components().collect())
}

fn data(recipe: &Recipe, task: Option<&Task>) -> Result<(TrainingData, Option<TrainingData>)> {
    if let Some(task) = task {
        let path = |split| {
            task.file
                .data
                .file(split)
                .map(|name| task.dir.join(name))
                .unwrap_or_default()
        };
        let rows = |split| -> Result<TrainingData> {
            Ok(TrainingData {
                rows: task.training_rows(split)?,
                path: path(split),
            })
        };
        let dev = task.has(Split::Dev).then(|| rows(Split::Dev)).transpose()?;
        let train = match &recipe.train_file {
            Some(file) => read_rows(file)?,
            None => rows(Split::Train)?,
        };
        return Ok((train, dev));
    }
    let train_file = recipe
        .train_file
        .as_deref()
        .context("a valid recipe names a task or a train_file")?;
    let dev = recipe.eval_file.as_deref().map(read_rows).transpose()?;
    Ok((read_rows(train_file)?, dev))
}

/// Frozen rows are for measuring: whatever way they came into the data, they are refused. The
/// task's frozen rows are consulted, the recipe's `frozen` manifest, and a manifest that lies
/// beside a plain file of rows.
fn refuse_frozen<const N: usize>(
    recipe: &Recipe,
    task: Option<&Task>,
    data: [Option<&TrainingData>; N],
) -> Result<()> {
    let of_task = task.map(FrozenTaint::of_task).transpose()?.flatten();
    let named = recipe
        .frozen
        .as_deref()
        .map(FrozenTaint::of_manifest)
        .transpose()?;
    for data in data.into_iter().flatten() {
        for taint in of_task.iter().chain(&named) {
            taint.refuse(&data.rows, &data.path)?;
        }
        let beside = manifest_path(&data.path);
        if task.is_none() && beside.is_file() {
            FrozenTaint::of_manifest(&beside)?.refuse(&data.rows, &data.path)?;
        }
    }
    Ok(())
}

/// A prompt–completion JSONL file.
pub fn read_rows(path: &Path) -> Result<TrainingData> {
    let bytes =
        std::fs::read(path).with_context(|| format!("reading the rows {}", path.display()))?;
    let rows: Vec<PromptCompletion> = parse_prompt_completion_jsonl(&bytes)
        .map_err(|error| bad_input(format!("{error}: {}", path.display())))?;
    Ok(TrainingData {
        rows,
        path: path.to_path_buf(),
    })
}

fn precision(wanted: TrainingPrecision) -> Precision {
    match wanted {
        TrainingPrecision::Auto => Precision::Auto,
        TrainingPrecision::F32 => Precision::F32,
        TrainingPrecision::Bf16 => Precision::Bf16,
    }
}

fn require_checkpoint(output_dir: &Path) -> Result<()> {
    let has_checkpoint = std::fs::read_dir(output_dir.join("checkpoints"))
        .is_ok_and(|mut entries| entries.next().is_some());
    if has_checkpoint || output_dir.join("final_metrics.json").is_file() {
        return Ok(());
    }
    Err(bad_input(format!(
        "--resume required, but there is no training to go on with; leave the option out to start one: {}",
        output_dir.display()
    )))
}

fn report(outcome: &TrainOutcome, arguments: &TrainArguments, out: &Out) -> Result<()> {
    let dir = outcome.output_dir.display();
    if outcome.outcome == Outcome::Interrupted {
        return Err(interrupted(format!(
            "stopped after step {} of {}; a checkpoint is in {dir}; go on with `{}`",
            outcome.step,
            outcome.total_steps,
            command_line(arguments)
        )));
    }
    if outcome.outcome == Outcome::AlreadyFinished {
        out.note(
            "this training was finished before; nothing was done (`--resume never` does it again)",
        );
    }
    out.say(format!("adapter: {dir}"));
    let metrics = &outcome.final_metrics;
    let mut shown = vec![format!("{} steps", outcome.step)];
    if let Some(loss) = metrics["train"]["train_loss"].as_f64() {
        shown.push(format!("train loss {loss:.4}"));
    }
    if let Some(loss) = metrics["eval"]["eval_loss"].as_f64() {
        shown.push(format!("eval loss {loss:.4}"));
    }
    if let Some(secs) = metrics["train"]["train_runtime"].as_f64() {
        shown.push(duration(secs));
    }
    if let Some(speed) = metrics["train"]["tokens_per_sec"].as_f64() {
        shown.push(format!("{speed:.0} tokens/s"));
    }
    out.say(shown.join(", "));
    out.result(&json!({
        "outcome": if outcome.outcome == Outcome::Finished { "finished" } else { "already_finished" },
        "output_dir": outcome.output_dir,
        "step": outcome.step,
        "total_steps": outcome.total_steps,
        "final_metrics": metrics,
    }));
    Ok(())
}

/// The command that goes on with this training.
fn command_line(arguments: &TrainArguments) -> String {
    let mut words = vec![
        "gradus train".to_string(),
        quoted(&arguments.recipe.to_string_lossy()),
    ];
    for assignment in &arguments.set {
        words.push(format!("--set {}", quoted(assignment)));
    }
    if let Some(out) = &arguments.out {
        words.push(format!("--out {}", quoted(&out.to_string_lossy())));
    }
    words.join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_alphanumeric() || "-_./=+,:@".contains(c));
    if is_plain {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Shows a training's progress.
struct Watcher {
    bar: Bar,
    recorder: Option<Recorder>,
}

impl Watcher {
    fn new() -> Self {
        Self {
            bar: Bar::new("training", "{bar:30} {pos}/{len} {msg}"),
            recorder: None,
        }
    }
}

impl TrainObserver for Watcher {
    fn step(&mut self, report: &StepReport) {
        let text = format!(
            "loss {:.4}, {:.0} tokens/s, {} left",
            report.loss,
            report.tokens_per_sec,
            duration(report.remaining_secs)
        );
        let line = format!(
            "step {} of {}, epoch {:.2}, {text}",
            report.step, report.total_steps, report.epoch
        );
        self.bar
            .set(report.step, Some(report.total_steps), text, || line);
        if let Some(recorder) = &mut self.recorder {
            let row = json!({
                "train/loss": report.loss,
                "train/learning_rate": report.learning_rate,
                "train/grad_norm": report.grad_norm,
                "train/tokens_per_sec": report.tokens_per_sec,
                "train/epoch": report.epoch,
            });
            recorder.log(Some(report.step), object(row));
        }
    }

    fn evaluated(&mut self, report: &EvaluationReport) {
        let value = crate::out::number(report.value, 4);
        let best = if report.best { " (best so far)" } else { "" };
        let loss = crate::out::number(report.eval_loss, 4);
        self.bar.note(&format!(
            "step {} of {}: eval loss {loss}, {} {value}{best}",
            report.step, report.total_steps, report.metric_for_best_model
        ));
        if let Some(recorder) = &mut self.recorder {
            let mut row = Map::new();
            row.extend(
                report
                    .eval_loss
                    .map(|loss| ("eval/loss".to_owned(), loss.into())),
            );
            for (name, value) in &report.metrics {
                // Undefined is left out: a row has what was measured.
                row.extend(value.map(|value| (format!("eval/{name}"), value.into())));
            }
            recorder.log(Some(report.step), row);
        }
    }

    fn note(&mut self, text: &str) {
        self.bar.note(text);
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(entries) => entries,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_recipes_folder() {
        let text = "model: smollm2-135m-instruct\ntask: .\noutput_dir: outputs/first\n";
        let mut recipe = Recipe::from_yaml(text).unwrap();
        resolve_paths(&mut recipe, Path::new("/a/b")).unwrap();
        assert_eq!(recipe.task.as_deref(), Some(Path::new("/a/b")));
        assert_eq!(recipe.output_dir, Path::new("/a/b/outputs/first"));
        assert_eq!(recipe.model, "smollm2-135m-instruct");
    }

    #[test]
    fn the_command_to_go_on_can_be_pasted() {
        let arguments = TrainArguments {
            recipe: "my recipe.yaml".into(),
            set: vec!["lora_r=8".into()],
            out: Some("out".into()),
            resume: ResumeArgument::Never,
        };
        assert_eq!(
            command_line(&arguments),
            "gradus train 'my recipe.yaml' --set lora_r=8 --out out"
        );
    }
}
