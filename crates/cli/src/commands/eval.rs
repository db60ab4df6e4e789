//! `gradus eval TASK_DIR --model REF`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use gradus_analysis::reports::RowReader;
use gradus_engine::LoadedModel;
use gradus_engine::generate::NumberDecode;
use gradus_engine::lora::LoadedAdapter;
use gradus_engine::model::Precision;
use gradus_eval::native::{NamedAdapter, NativeAnswerer, NativeOptions};
use gradus_eval::score::primary_answer;
use gradus_eval::{
    Answerer, Baseline, EndpointOptions, EvalObserver, EvalOptions, EvalOutcome, ModelReference,
    OpenAiAnswerer, RuleAnswerer, Task, evaluate,
};
use gradus_schema::{EvalReport, EvalRow, Metric, Split, TokenCounts};

use super::Settings;
use super::references::NativeReference;
use crate::args::{Decode, EndpointArguments, EvalArguments};
use crate::failure::interrupted;
use crate::out::{Out, duration, number, shown_model};
use crate::progress::Bar;
use crate::recorder::{NewRun, Recorder, RecorderOptions, folders};
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
        max_new_tokens: None,
        endpoint: Some(arguments.endpoint.clone()),
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
    /// Of a native model's answer; `None` is room for the longest right one twice.
    pub max_new_tokens: Option<usize>,
    /// How servers are asked; `None` for the defaults.
    pub endpoint: Option<EndpointArguments>,
}

impl Request {
    /// The options for a server that serves `model`.
    fn endpoint_options(&self, task: &Task, model: &str) -> Result<EndpointOptions> {
        match &self.endpoint {
            Some(arguments) => arguments.options(task, model),
            None => Ok(EndpointOptions::default()),
        }
    }
}

/// Evaluates whatever the reference stands for: the way of `gradus eval` and of the quickstart.
pub fn evaluate_reference(
    task: &Task,
    request: &Request,
    settings: &Settings,
    stop: &AtomicBool,
    out: &Out,
) -> Result<EvalReport> {
    let recorder = Recorder::begin(
        settings,
        |options| new_run(task, request, settings, options),
        out,
    );
    let report = evaluated(task, request, settings, stop, out);
    if let Some(recorder) = recorder {
        record(recorder, report.as_ref().ok(), request, out);
    }
    report
}

/// One run for one folder, whose rows may come in several sittings.
fn new_run(
    task: &Task,
    request: &Request,
    settings: &Settings,
    options: &RecorderOptions,
) -> Result<NewRun> {
    let is_new = !request.out.join("run_manifest.json").exists();
    let mut config = object(serde_json::json!({
        "task": task.file.name,
        "model": request.model,
        "split": request.split.to_string(),
        "limit": request.limit,
        "out": request.out,
    }));
    if let Some(cycle) = &settings.cycle {
        config.extend(cycle.config(&request.out));
    }
    let (model, split) = (shown_model(&request.model), request.split);
    Ok(NewRun {
        name: options.run_of(&request.out, is_new)?,
        project: task.file.name.clone(),
        group: settings.cycle.as_ref().map(|cycle| cycle.group.clone()),
        job_type: "eval".to_owned(),
        display_name: Some(format!("{model} on {split}")),
        config,
    })
}

/// The report folder becomes the run's files, and what it is about the run's configuration.
fn record(mut recorder: Recorder, report: Option<&EvalReport>, request: &Request, out: &Out) {
    let Some(report) = report else {
        recorder.finish(1, serde_json::Map::new());
        return;
    };
    recorder.config(object(serde_json::json!({
        "data_sha256": report.data_sha256,
        "prompt_sha256": report.prompt_sha256,
        "contract_sha256": report.contract_sha256,
        "answered_by": report.answered_by,
        "decode": report.decode,
        "primary_metric": report.primary_score.metric,
        "gradus_version": report.gradus_version,
    })));
    for (name, path) in folders::of_evaluation(&request.out) {
        recorder.file(&name, &path, out);
    }
    let mut summary = summary_of(report);
    summary.extend(token_counts(&request.out.join("rows.jsonl"), report));
    recorder.finish(0, summary);
}

/// What all answers together took; nothing where the rows don't say.
fn token_counts(rows: &Path, report: &EvalReport) -> serde_json::Map<String, serde_json::Value> {
    let counted = || -> Option<TokenCounts> {
        let mut reader = RowReader::new(report);
        for line in BufReader::new(File::open(rows).ok()?).split(b'\n') {
            reader.line(&line.ok()?).ok()?;
        }
        Some(reader.finish().ok()?.tokens)
    };
    let Some(tokens) = counted() else {
        return serde_json::Map::new();
    };
    object(serde_json::json!({
        "eval/prompt_tokens": tokens.prompt,
        "eval/completion_tokens": tokens.completion,
        "eval/forced_tokens": tokens.forced,
    }))
}

fn object(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Every figure that is defined, and how many rows it stands on.
fn summary_of(report: &EvalReport) -> serde_json::Map<String, serde_json::Value> {
    let mut summary = serde_json::Map::new();
    for (name, metric) in &report.metrics {
        summary.extend(
            metric
                .value
                .map(|value| (format!("eval/{name}"), value.into())),
        );
    }
    summary.insert("eval/rows".into(), report.n_total.into());
    summary.insert("eval/answered".into(), report.n_answered.into());
    summary.insert("eval/wall_secs".into(), report.wall_secs.into());
    summary
}

fn evaluated(
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
        ModelReference::Rules(file) => {
            answer(task, request, &mut RuleAnswerer::open(&file, task)?, stop)
        }
        ModelReference::OpenAi(model) => {
            let options = request.endpoint_options(task, &model.model)?;
            let mut server = OpenAiAnswerer::new(model, options, &task.contract)?;
            answer(task, request, &mut server, stop)
        }
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
        max_new_tokens: request.max_new_tokens,
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
        retry_failed: request.endpoint.as_ref().is_some_and(|it| it.retry_failed),
        judge: request.endpoint_options(task, "")?,
        ..EvalOptions::default()
    };
    let mut watcher = Watcher::new(&shown_model(&request.model));
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
        shown_model(&report.model),
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
            .filter(|(name, metric)| *name != primary && metric.value.is_some())
            .map(|(name, metric)| metric_row(name, metric)),
    );
    out.table(&["metric", "value", "95 % interval", "n", "unit"], &rows);
    let undefined = report
        .metrics
        .values()
        .filter(|it| it.value.is_none())
        .count();
    if undefined > 0 {
        out.say(format!(
            "{undefined} metrics are undefined on these rows and left out; --json has them"
        ));
    }
    if let Err(reason) = report.primary_value() {
        out.say(format!("no primary score: {reason}"));
    }
    if report.served_by.len() > 1 || report.n_answered < report.n_total {
        let served: Vec<String> = report
            .served_by
            .iter()
            .map(|(model, rows)| format!("{model} {rows}"))
            .collect();
        out.say(format!(
            "served by: {}; by nobody {}",
            served.join(", "),
            report.n_total - report.n_answered
        ));
    }
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

/// Shows how many rows are done, how many of them are valid, and what they cost so far.
struct Watcher {
    bar: Bar,
    done: u64,
    total: u64,
    valid: u64,
    cost_usd: f64,
}

impl Watcher {
    fn new(model: &str) -> Self {
        Self {
            bar: Bar::new(
                model,
                "{bar:30} {pos}/{len} rows, {per_sec}, {eta} left {msg}",
            ),
            done: 0,
            total: 0,
            valid: 0,
            cost_usd: 0.0,
        }
    }

    fn count(&mut self, row: &EvalRow) {
        if let Some(answer) = primary_answer(row) {
            self.valid += u64::from(answer.failure.is_none());
            self.cost_usd += answer.cost.usd.unwrap_or(0.0);
        }
    }

    fn message(&self) -> String {
        let share = self.valid as f64 / self.done.max(1) as f64 * 100.0;
        let cost = match self.cost_usd > 0.0 {
            true => format!(", {:.4} USD", self.cost_usd),
            false => String::new(),
        };
        format!("{share:.0} % valid{cost}")
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

    fn earlier(&mut self, rows: &mut dyn Iterator<Item = &EvalRow>) {
        rows.for_each(|row| self.count(row));
    }

    fn row(&mut self, row: &EvalRow) {
        self.done += 1;
        self.count(row);
        let (done, total, message) = (self.done, self.total, self.message());
        self.bar.set(done, Some(total), message.clone(), || {
            format!("{done} of {total} rows, {message}")
        });
    }

    fn judged(&mut self, done: usize, total: usize) {
        self.bar
            .set(done as u64, Some(total as u64), "judged".to_owned(), || {
                format!("{done} of {total} answers judged")
            });
    }
}
