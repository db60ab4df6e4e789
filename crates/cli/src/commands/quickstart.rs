//! `gradus quickstart`: the whole main path on the bundled example.
//!
//! Each step asks first whether it is done already, so running it again goes on.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context, Result};
use gradus_analysis::stats::{PairedDifference, RESAMPLES, paired_bootstrap};
use gradus_engine::train::{Outcome, Resume};
use gradus_eval::Task;
use gradus_schema::{EvalReport, EvalRow, Recipe, Split};
use serde_json::{Value, json};

use super::Settings;
use super::eval::{Request, evaluate_reference, interval};
use super::quickstart_files;
use super::train::{resolve_paths, train_recipe};
use crate::args::{Decode, QuickstartArguments};
use crate::failure::{bad_input, interrupted};
use crate::out::{Out, duration, number};
use crate::signals::stop_flag;

const SPLIT: Split = Split::Frozen;
/// Of the bootstrap of paired differences.
const SEED: u64 = 42;

pub fn run(arguments: &QuickstartArguments, settings: &Settings, out: &Out) -> Result<()> {
    let stop = stop_flag()?;
    let dir = std::path::absolute(&arguments.dir).context("the folder for the quickstart")?;
    let mut steps = Steps::new(out, &stop, &arguments.dir);

    steps.run("example", || quickstart_files::write(&dir, out))?;
    let task = Task::open(&dir)?;
    let recipe = read_recipe(&dir)?;
    let base = recipe.model.clone();
    steps.run("model", || settings.models.pull(&base, out).map(|_| ()))?;

    let evaluation = Evaluation {
        task: &task,
        dir: &dir,
        settings,
        stop: &stop,
        out,
    };
    let mut arms = Vec::new();
    for (label, model) in [
        ("constant", "constant"),
        ("constant per source_type", "constant-by:source_type"),
        ("ridge, bag of words", "ridge"),
    ] {
        arms.push(steps.run(label, || evaluation.run(label, model))?);
    }
    arms.push(steps.run("prompted base model", || {
        evaluation.run("prompted base model", &base)
    })?);
    steps.run("training", || {
        let outcome = train_recipe(&recipe, Resume::Auto, settings, &stop, out)?;
        if outcome.outcome == Outcome::Interrupted {
            return Err(stopped(&arguments.dir));
        }
        Ok(())
    })?;
    let tuned = format!("{base}+{}", recipe.output_dir.display());
    arms.push(steps.run("fine-tuned model", || {
        evaluation.run("fine-tuned model", &tuned)
    })?);
    show(&task, &arms, &steps, &dir, &tuned, out)
}

fn read_recipe(dir: &Path) -> Result<Recipe> {
    let path = dir.join("recipe.yaml");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let located =
        |error: gradus_schema::RecipeError| bad_input(format!("{error}: {}", path.display()));
    let mut recipe = Recipe::from_yaml(&text).map_err(located)?;
    recipe.validate().map_err(located)?;
    resolve_paths(&mut recipe, dir)?;
    Ok(recipe)
}

fn stopped(dir: &Path) -> anyhow::Error {
    interrupted(format!(
        "stopped; go on with `gradus quickstart {}`",
        dir.display()
    ))
}

/// Steps with the time they took.
struct Steps<'a> {
    out: &'a Out,
    stop: &'a AtomicBool,
    dir: &'a Path,
    taken: Vec<(String, f64)>,
}

impl<'a> Steps<'a> {
    fn new(out: &'a Out, stop: &'a AtomicBool, dir: &'a Path) -> Self {
        Self {
            out,
            stop,
            dir,
            taken: Vec::new(),
        }
    }

    fn run<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.stop.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(stopped(self.dir));
        }
        self.out.note(format!("== {name}"));
        let started = Instant::now();
        let value = work().with_context(|| format!("step '{name}'"))?;
        let wall_secs = started.elapsed().as_secs_f64();
        self.out.note(format!("== {name}: {}", duration(wall_secs)));
        self.taken.push((name.to_string(), wall_secs));
        Ok(value)
    }
}

/// One model or baseline on the frozen rows.
struct Arm {
    label: String,
    model: String,
    report: EvalReport,
    /// Cost of each row, in the file's order: the worst error where there is no valid answer.
    costs: Vec<f64>,
}

struct Evaluation<'a> {
    task: &'a Task,
    dir: &'a Path,
    settings: &'a Settings,
    stop: &'a AtomicBool,
    out: &'a Out,
}

impl Evaluation<'_> {
    fn run(&self, label: &str, model: &str) -> Result<Arm> {
        let folder = self.dir.join("reports").join(folder_name(label));
        let request = Request {
            model: model.into(),
            split: SPLIT,
            out: folder.clone(),
            limit: None,
            decode: Decode::Median,
            max_new_tokens: None,
            endpoint: None,
        };
        let report = evaluate_reference(self.task, &request, self.settings, self.stop, self.out)?;
        Ok(Arm {
            label: label.into(),
            model: model.into(),
            costs: costs(&folder)?,
            report,
        })
    }
}

fn folder_name(label: &str) -> String {
    label.replace(", ", "-").replace(' ', "-")
}

/// What each row cost the scored answer, from the rows as they were recorded.
fn costs(folder: &Path) -> Result<Vec<f64>> {
    let path: PathBuf = folder.join("rows.jsonl");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut costs = Vec::new();
    for line in text.lines() {
        let row: EvalRow =
            serde_json::from_str(line).with_context(|| format!("reading {}", path.display()))?;
        let cost = gradus_eval::score::primary_answer(&row).and_then(|answer| answer.mae_penalised);
        costs.push(
            cost.with_context(|| format!("row {} has no score: {}", row.id, path.display()))?,
        );
    }
    Ok(costs)
}

fn show(
    task: &Task,
    arms: &[Arm],
    steps: &Steps<'_>,
    dir: &Path,
    tuned: &str,
    out: &Out,
) -> Result<()> {
    let (best, baselines) = arms
        .split_last()
        .context("the quickstart evaluates at least one model")?;
    let margin = |arm: &Arm| paired_bootstrap(&arm.costs, &best.costs, RESAMPLES, SEED);
    let mut rows = Vec::new();
    for arm in arms {
        let difference = if std::ptr::eq(arm, best) {
            None
        } else {
            margin(arm)
        };
        rows.push(row(arm, difference));
    }
    out.say(format!(
        "\n{} on {} rows of {} (mean absolute error on a scale of {} to {}; lower is better)\n",
        task.file.name, best.report.n_total, SPLIT, task.file.scale.min, task.file.scale.max
    ));
    out.table(
        &[
            "model",
            "error",
            "95 % interval",
            "fine-tuned is better by",
            "valid JSON without grammar",
        ],
        &rows,
    );
    out.say("");
    let times: Vec<String> = steps
        .taken
        .iter()
        .map(|(name, secs)| format!("{name} {}", duration(*secs)))
        .collect();
    let total: f64 = steps.taken.iter().map(|(_, secs)| secs).sum();
    out.say(format!(
        "time: {}; together {}",
        times.join(", "),
        duration(total)
    ));
    out.say(format!("\nnext:\n  gradus model check {tuned}\n  gradus merge {tuned} --out merged\n  change {} and train again:\n  gradus train {} --set learning_rate=1e-3 --out {}", dir.join("recipe.yaml").display(), dir.join("recipe.yaml").display(), dir.join("outputs/second").display()));
    let described: Vec<Value> = arms
        .iter()
        .map(|arm| json!({"label": arm.label, "model": arm.model, "report": arm.report, "fine_tuned_minus_this": margin(arm)}))
        .collect();
    let times: Vec<Value> = steps
        .taken
        .iter()
        .map(|(name, secs)| json!({"step": name, "wall_secs": secs}))
        .collect();
    out.result(&json!({
        "dir": dir,
        "models": described,
        "steps": times,
        "wall_secs": total,
        "beats_every_baseline": baselines.iter().all(|arm| margin(arm).is_some_and(|difference| difference.interval95[1] < 0.0)),
    }));
    Ok(())
}

fn row(arm: &Arm, difference: Option<PairedDifference>) -> Vec<String> {
    let metrics = &arm.report.metrics;
    let value = |name: &str| metrics.get(name).and_then(|metric| metric.value);
    let margin = difference.map_or_else(String::new, |difference| {
        // The difference is fine-tuned minus this one; better is negative.
        let [low, high] = difference.interval95;
        format!("{:.3} ({:.3}…{:.3})", -difference.mean, -high, -low)
    });
    let percent =
        value("strict_valid_rate_unconstrained").map(|rate| format!("{:.0} %", rate * 100.0));
    vec![
        arm.label.clone(),
        number(value("mae_penalised"), 3),
        metrics
            .get("mae_penalised")
            .map_or_else(|| "–".into(), interval),
        margin,
        percent.unwrap_or_else(|| "–".into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_make_folder_names() {
        assert_eq!(folder_name("ridge, bag of words"), "ridge-bag-of-words");
    }
}
