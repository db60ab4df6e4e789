//! `gradus quickstart`: the whole main path on the bundled example, up to evidence and report.
//!
//! Each step asks first whether it is done already, so running it again goes on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use gradus_analysis::stats::{PairedDifference, RESAMPLES, paired_bootstrap};
use gradus_eval::Task;
use gradus_eval::data::DataSettings;
use gradus_eval::data::freeze::freeze;
use gradus_schema::{Decision, EvalReport, EvalRow, Split};
use serde_json::{Value, json};

use super::Settings;
use super::cycle::{Workshop, finished_cycles, run_one, task_recipe};
use super::eval::interval;
use super::quickstart_files;
use crate::args::QuickstartArguments;
use crate::failure::interrupted;
use crate::files::read_json;
use crate::out::{Out, duration, number, shown_model};
use crate::signals::stop_flag;

const SPLIT: Split = Split::Frozen;
/// Of the bootstrap of paired differences.
const SEED: u64 = 42;
/// Rows of the table: label, and the report in the cycle's folder.
const ARMS: [(&str, &str); 5] = [
    ("constant", "constant"),
    ("constant per source_type", "constant-by-stratum"),
    ("ridge, bag of words", "ridge"),
    ("prompted base model", "champion"),
    ("fine-tuned model", "candidate"),
];

pub fn run(arguments: &QuickstartArguments, settings: &Settings, out: &Out) -> Result<()> {
    let stop = stop_flag()?;
    let dir = std::path::absolute(&arguments.dir).context("the folder for the quickstart")?;
    let dir: PathBuf = dir.components().collect();
    let mut steps = Steps::new(out, &stop, &arguments.dir);

    let task = steps.run("example", || {
        quickstart_files::write(&dir, out)?;
        let task = Task::open(&dir)?;
        freeze(&task, &DataSettings::open(&task, None)?)?;
        Ok(task)
    })?;
    let workshop = Workshop {
        recipe: task_recipe(&task, None)?,
        set: Vec::new(),
        planned: 1,
        allow_failed_data_check: false,
        sign_key: None,
        task,
        settings,
        stop: &stop,
        out,
        timings: Default::default(),
        record: Default::default(),
    };
    steps.run("model", || {
        settings
            .models
            .pull(&workshop.recipe.model, out)
            .map(|_| ())
    })?;
    if finished_cycles(&dir)? == 0 {
        run_one(&workshop)?;
    }
    steps.taken.extend(workshop.timings.take());
    let cycle = dir.join("cycles/0001");
    let decision: Decision = read_json(&cycle.join("decision/decision.json"), "decision")?;
    let arms: Vec<Arm> = ARMS
        .iter()
        .map(|(label, name)| Arm::read(label, &cycle.join("reports").join(name)))
        .collect::<Result<_>>()?;
    show(&workshop.task, &arms, &steps, &decision, out)
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
        if self.stop.load(Ordering::Relaxed) {
            return Err(stopped(self.dir));
        }
        self.out.note(format!("== {name}"));
        let started = Instant::now();
        let value = work().with_context(|| format!("step '{name}'"))?;
        self.taken
            .push((name.to_string(), started.elapsed().as_secs_f64()));
        Ok(value)
    }
}

/// One model or baseline on the frozen rows.
struct Arm {
    label: String,
    report: EvalReport,
    /// Cost of each row, in the file's order: the worst error where there is no valid answer.
    costs: Vec<f64>,
}

impl Arm {
    fn read(label: &str, folder: &Path) -> Result<Self> {
        Ok(Self {
            label: label.to_owned(),
            report: read_json(&folder.join("eval_summary.json"), "report")?,
            costs: costs(folder)?,
        })
    }
}

/// What each row cost the scored answer, from the rows as they were recorded.
fn costs(folder: &Path) -> Result<Vec<f64>> {
    let path = folder.join("rows.jsonl");
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
    decision: &Decision,
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
    let tuned = shown_model(&best.report.model);
    let shown = |name: &str| shown_model(&task.dir.join(name).to_string_lossy());
    out.say(format!(
        "\ndecision: {}\nreport, to look at: {}\nevidence, to keep: {}",
        decision.outcome,
        shown("cycles/0001/report.html"),
        shown("cycles/0001/evidence.zip")
    ));
    out.say(format!(
        "\nnext:\n  gradus cycle run {}\n  gradus model check {tuned}\n  gradus merge {tuned} --out merged",
        shown_model(&task.dir.to_string_lossy())
    ));
    let described: Vec<Value> = arms
        .iter()
        .map(|arm| json!({"label": arm.label, "model": arm.report.model, "report": arm.report, "fine_tuned_minus_this": margin(arm)}))
        .collect();
    let times: Vec<Value> = steps
        .taken
        .iter()
        .map(|(name, secs)| json!({"step": name, "wall_secs": secs}))
        .collect();
    out.result(&json!({
        "dir": task.dir,
        "decision": decision,
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
