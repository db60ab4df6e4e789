//! `gradus eval TASK_DIR --model REF`.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gradus_engine::LoadedModel;
use gradus_engine::generate::NumberDecode;
use gradus_engine::lora::LoadedAdapter;
use gradus_engine::model::Precision;
use gradus_eval::native::{NamedAdapter, NativeAnswerer, NativeOptions};
use gradus_eval::{
    Answerer, Baseline, EvalObserver, EvalOptions, EvalOutcome, ModelReference, Task, evaluate,
};
use gradus_schema::{EvalReport, EvalRow, Metric, Split};

use super::Settings;
use super::references::NativeReference;
use crate::args::{Decode, EvalArguments};
use crate::failure::interrupted;
use crate::out::{Out, duration, number};
use crate::progress::Bar;
use crate::signals::stop_flag;

pub fn run(arguments: &EvalArguments, settings: &Settings, out: &Out) -> Result<()> {
    let task = Task::open(&arguments.task_dir)?;
    let stop = stop_flag()?;
    let request = Request {
        model: arguments.model.clone(),
        split: arguments.split,
        out: arguments
            .out
            .clone()
            .unwrap_or_else(|| default_folder(&task, arguments)),
        limit: arguments.limit,
        decode: arguments.decode,
    };
    let folder = request.out.clone();
    let report = evaluate_reference(&task, &request, settings, &stop, out)?;
    show(&report, out);
    out.say(format!("rows and report: {}", folder.display()));
    out.result(&serde_json::json!({"out": folder, "report": report}));
    Ok(())
}

/// One evaluation to carry out.
pub struct Request {
    /// Model reference.
    pub model: String,
    pub split: Split,
    /// Where rows and report go.
    pub out: PathBuf,
    pub limit: Option<usize>,
    pub decode: Decode,
}

/// Evaluates whatever the reference stands for: the way of `gradus eval` and of the quickstart.
pub fn evaluate_reference(
    task: &Task,
    request: &Request,
    settings: &Settings,
    stop: &AtomicBool,
    out: &Out,
) -> Result<EvalReport> {
    match request.model.parse()? {
        ModelReference::Constant => answer(task, request, &mut Baseline::constant(task)?, stop),
        ModelReference::ConstantBy(field) => answer(
            task,
            request,
            &mut Baseline::constant_by(task, &field)?,
            stop,
        ),
        ModelReference::Ridge => answer(task, request, &mut Baseline::ridge(task)?, stop),
        ModelReference::Base(_) | ModelReference::BaseWithAdapter { .. } => {
            let reference = NativeReference::parse(&request.model)?;
            let (model, adapter) = reference.load(settings, Precision::Inference, out)?;
            answer(
                task,
                request,
                &mut native(&model, adapter, task, request)?,
                stop,
            )
        }
    }
}

fn native<'a>(
    model: &'a LoadedModel,
    adapter: Option<LoadedAdapter>,
    task: &Task,
    request: &Request,
) -> Result<NativeAnswerer<'a>> {
    let options = NativeOptions {
        numbers: number_decode(request.decode),
        ..NativeOptions::default()
    };
    let adapter = adapter.map(|adapter| NamedAdapter {
        packed: adapter.packed,
        sha256: adapter.sha256,
    });
    Ok(NativeAnswerer::new(
        model,
        adapter,
        task,
        request.split,
        options,
    )?)
}

pub fn number_decode(decode: Decode) -> NumberDecode {
    match decode {
        Decode::Median => NumberDecode::Median,
        Decode::MostLikely => NumberDecode::MostLikely,
    }
}

fn answer(
    task: &Task,
    request: &Request,
    answerer: &mut dyn Answerer,
    stop: &AtomicBool,
) -> Result<EvalReport> {
    let options = EvalOptions {
        out: Some(request.out.clone()),
        limit: request.limit,
        model: request.model.clone(),
        ..EvalOptions::default()
    };
    let mut watcher = Watcher::new(&request.model);
    match evaluate(task, request.split, answerer, &options, stop, &mut watcher)? {
        EvalOutcome::Finished { report, .. } => Ok(*report),
        EvalOutcome::Interrupted { done, total } => Err(interrupted(format!(
            "stopped after {done} of {total} rows; the same command goes on from here (rows so far: {})",
            request.out.display()
        ))),
    }
}

/// `reports/MODEL-SPLIT` in the task's folder, so that the same evaluation finds itself again.
fn default_folder(task: &Task, arguments: &EvalArguments) -> PathBuf {
    let mut name = format!("{}-{}", arguments.model, arguments.split);
    if let Some(limit) = arguments.limit {
        name.push_str(&format!("-first-{limit}"));
    }
    if arguments.decode == Decode::MostLikely {
        name.push_str("-most-likely");
    }
    let plain = name.chars().map(|c| {
        if c.is_ascii_alphanumeric() || ".-_+".contains(c) {
            c
        } else {
            '_'
        }
    });
    let plain: String = plain.collect();
    task.dir.join("reports").join(plain.trim_start_matches('.'))
}

/// The report's figures for people; the primary score first.
fn show(report: &EvalReport, out: &Out) {
    out.say(format!(
        "{} on {} of {}: {} of {} rows answered in {}",
        report.model,
        report.split,
        report.task,
        report.n_answered,
        report.n_total,
        duration(report.wall_secs)
    ));
    let primary = &report.primary_score.metric;
    let mut rows: Vec<Vec<String>> = report
        .primary()
        .map(|metric| metric_row(primary, metric))
        .into_iter()
        .collect();
    rows.extend(
        report
            .metrics
            .iter()
            .filter(|(name, _)| *name != primary)
            .map(|(name, metric)| metric_row(name, metric)),
    );
    out.table(&["metric", "value", "95 % interval", "n", "unit"], &rows);
    for (mode, failures) in &report.failures {
        let shown: Vec<String> = failures
            .iter()
            .map(|(code, count)| format!("{code} {count}"))
            .collect();
        if !shown.is_empty() {
            out.say(format!("failures, {mode}: {}", shown.join(", ")));
        }
    }
}

fn metric_row(name: &str, metric: &Metric) -> Vec<String> {
    vec![
        name.to_string(),
        number(metric.value, 4),
        interval(metric),
        format!("{}/{}", metric.n, metric.n_total),
        metric.unit.clone(),
    ]
}

/// `0.81…0.97`, or a dash.
pub fn interval(metric: &Metric) -> String {
    metric.interval95.map_or_else(
        || "–".to_string(),
        |[low, high]| format!("{low:.3}…{high:.3}"),
    )
}

/// Shows how many rows are done.
struct Watcher {
    bar: Bar,
    done: u64,
    total: u64,
}

impl Watcher {
    fn new(model: &str) -> Self {
        Self {
            bar: Bar::new(model, "{bar:30} {pos}/{len} rows, {eta} left {msg}"),
            done: 0,
            total: 0,
        }
    }
}

impl EvalObserver for Watcher {
    fn begin(&mut self, total: usize, done: usize) {
        (self.total, self.done) = (total as u64, done as u64);
        if done > 0 && done < total {
            self.bar
                .note(&format!("going on after {done} of {total} rows"));
        }
    }

    fn row(&mut self, _row: &EvalRow) {
        self.done += 1;
        let (done, total) = (self.done, self.total);
        self.bar.set(done, Some(total), String::new(), || {
            format!("{done} of {total} rows")
        });
    }
}
