//! An evaluation from start to report: ask, record each row as it finishes, score, write.
//!
//! Into the output folder go `run_manifest.json` (what is evaluated, by hashes), then
//! `rows.partial.jsonl` line by line. A second call with the same hashes goes on where the first
//! one stopped. Only a complete evaluation leaves `rows.jsonl`, `final_metrics.json` and, last,
//! `eval_summary.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use gradus_schema::{EvalReport, EvalRow, Split};
use serde_json::{Map, Value, json};

use crate::answer::{Answerer, Question};
use crate::folder::{EvaluationFolder, Fingerprint};
use crate::hash::sha256_hex;
use crate::judging::judge;
use crate::metrics::{MetricOptions, find_metric};
use crate::openai::EndpointOptions;
use crate::score::{Scores, Scoring, primary_answer, scores};
use crate::task::{SplitRows, Task, TaskRow, messages_sha256};
use crate::training_reference::TrainingReference;
use crate::{Error, Result};

/// Version of the report's and the rows' layout.
pub const FORMAT_VERSION: u32 = 1;

#[derive(Debug, Clone, Default)]
pub struct EvalOptions {
    /// Where rows and report go; `None` writes nothing.
    pub out: Option<PathBuf>,
    /// Whether an evaluation of something else in that folder is removed, rather than refused.
    pub replace_other: bool,
    /// Only the first so many rows of the split.
    pub limit: Option<usize>,
    /// The model reference as it was asked for.
    pub model: String,
    pub metrics: MetricOptions,
    /// Whether rows that failed in transport are asked again.
    pub retry_failed: bool,
    /// How the task's judges are asked, if it has any.
    pub judge: EndpointOptions,
}

/// What an evaluation tells whoever watches it.
pub trait EvalObserver {
    /// `done` of `total` rows stood in the folder already.
    fn begin(&mut self, _total: usize, _done: usize) {}
    /// The rows that stood there, after `begin`.
    fn earlier(&mut self, _rows: &mut dyn Iterator<Item = &EvalRow>) {}
    fn row(&mut self, _row: &EvalRow) {}
    /// `done` of `total` answers have been judged.
    fn judged(&mut self, _done: usize, _total: usize) {}
}

/// Listens to nothing.
pub struct Silent;

impl EvalObserver for Silent {}

/// How an evaluation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum EvalOutcome {
    Finished {
        report: Box<EvalReport>,
        rows: Vec<EvalRow>,
    },
    /// Stopped from outside; with an output folder, the same call goes on from here.
    Interrupted { done: usize, total: usize },
}

/// Evaluates one answerer on one split.
///
/// # Errors
/// Rows, template or contract that can't be used; an output folder that holds another evaluation
/// or is in use; a primary score that this answerer leaves undefined by name; what the answerer
/// gives up with.
pub fn evaluate(
    task: &Task,
    split: Split,
    answerer: &mut dyn Answerer,
    options: &EvalOptions,
    stop: &AtomicBool,
    observer: &mut dyn EvalObserver,
) -> Result<EvalOutcome> {
    let began = Instant::now();
    let split_rows = task.rows(split)?;
    let rows = chosen_rows(&split_rows, options.limit)?;
    let questions = questions(task, &split_rows, rows)?;
    let prompts: Vec<(usize, String)> = questions
        .iter()
        .map(|question| (question.row.row, messages_sha256(&question.messages)))
        .collect();
    let fingerprint = fingerprint(task, &split_rows, &prompts, answerer, options);
    let scoring = task.scoring();
    let open =
        |dir: &PathBuf| EvaluationFolder::open(dir, &fingerprint, &prompts, options.replace_other);
    let mut folder = options.out.as_ref().map(open).transpose()?;
    let mut records: Vec<Option<EvalRow>> = vec![None; rows.len()];
    let mut earlier_secs = 0.0;
    if let Some(folder) = &mut folder {
        // Scored anew from the raw answers, so that every row was judged by the same rules.
        let stored = folder.take_rows().into_iter().zip(rows);
        let again = stored.map(|(record, row)| record.map(|record| scoring.rescore(row, record)));
        records = again.collect();
        earlier_secs = folder.wall_secs();
    }
    if options.retry_failed {
        for record in &mut records {
            let failed = record
                .as_ref()
                .and_then(primary_answer)
                .is_some_and(|answer| answer.raw.is_none());
            if failed {
                *record = None;
            }
        }
    }
    let mut progress = Progress {
        folder: &mut folder,
        observer,
        began,
        earlier_secs,
        unflushed: 0,
    };
    progress
        .observer
        .begin(rows.len(), records.iter().flatten().count());
    progress.observer.earlier(&mut records.iter().flatten());
    while let Some(first) = records.iter().position(Option::is_none) {
        if stop.load(Ordering::Relaxed) {
            return Ok(interrupted(&records));
        }
        let open: Vec<usize> = (first..rows.len())
            .filter(|at| records[*at].is_none())
            .collect();
        let batch = &open[..answerer.batch_rows().clamp(1, open.len())];
        let asked: Vec<Question<'_>> = batch.iter().map(|at| questions[*at].clone()).collect();
        let mut answered = 0;
        answerer.answer_each(&asked, stop, &mut |index, answers| {
            let question = &asked[index];
            let record = scoring.record(question.row, split, question.messages.clone(), answers);
            progress.take(&record)?;
            answered += 1;
            records[batch[index]] = Some(record);
            Ok(())
        })?;
        progress.flush()?;
        if answered == 0 && !stop.load(Ordering::Relaxed) {
            return Err(Error::Configuration(
                "the model gave no answer to a batch and no reason".to_owned(),
            ));
        }
    }
    let mut records: Vec<EvalRow> = records.into_iter().flatten().collect();
    judge_records(
        task,
        rows,
        &mut records,
        &scoring,
        options,
        stop,
        &mut progress,
    )?;
    if stop.load(Ordering::Relaxed) && lacks_judgement(task, &records) {
        return Ok(EvalOutcome::Interrupted {
            done: rows.len(),
            total: rows.len(),
        });
    }

    let reference = training_reference(task)?;
    let by_row: Vec<&TaskRow> = rows.iter().collect();
    let scores = scores(
        &records,
        &by_row,
        &scoring,
        reference.as_ref(),
        options.metrics,
    );
    let wall_secs = earlier_secs + began.elapsed().as_secs_f64();
    let report = report(task, fingerprint, answerer, &records, scores, wall_secs);
    find_metric(&report.metrics, &report.primary_score.metric).map_err(|problem| {
        Error::Configuration(format!("this model gives no primary score: {problem}"))
    })?;
    if let Some(folder) = folder {
        folder.finish(&records, &final_metrics(task, &report), &report)?;
    }
    Ok(EvalOutcome::Finished {
        report: Box::new(report),
        rows: records,
    })
}

fn interrupted(records: &[Option<EvalRow>]) -> EvalOutcome {
    EvalOutcome::Interrupted {
        done: records.iter().flatten().count(),
        total: records.len(),
    }
}

/// Rows between two flushes to the disk. A row reaches the file at once, so that only a failing
/// machine can lose those behind the last flush.
const ROWS_PER_FLUSH: usize = 64;

/// Where finished rows go: file and watcher.
struct Progress<'a> {
    folder: &'a mut Option<EvaluationFolder>,
    observer: &'a mut dyn EvalObserver,
    began: Instant,
    earlier_secs: f64,
    unflushed: usize,
}

impl Progress<'_> {
    fn take(&mut self, record: &EvalRow) -> Result<()> {
        self.append(record)?;
        self.observer.row(record);
        Ok(())
    }

    fn append(&mut self, record: &EvalRow) -> Result<()> {
        if let Some(folder) = self.folder.as_mut() {
            folder.append(record)?;
            self.unflushed += 1;
        }
        if self.unflushed >= ROWS_PER_FLUSH {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.unflushed = 0;
        match self.folder.as_mut() {
            Some(folder) => folder.flush(self.earlier_secs + self.began.elapsed().as_secs_f64()),
            None => Ok(()),
        }
    }
}

/// Has the task's judges look at every answer they have not judged yet.
fn judge_records(
    task: &Task,
    rows: &[TaskRow],
    records: &mut [EvalRow],
    scoring: &Scoring<'_>,
    options: &EvalOptions,
    stop: &AtomicBool,
    progress: &mut Progress<'_>,
) -> Result<()> {
    if task.graders.judges().next().is_none() {
        return Ok(());
    }
    let asked = records.to_vec();
    let total = asked.len() * task.graders.judges().count();
    let mut done = 0;
    judge(
        task,
        rows,
        &asked,
        &options.judge,
        stop,
        &mut |at, grader, judgement| {
            let mut record = records[at].clone();
            let answer = match &mut record.constrained {
                Some(answer) => Some(answer),
                None => record.unconstrained.as_mut(),
            };
            if let Some(answer) = answer {
                answer.judgements.insert(grader.to_owned(), judgement);
            }
            records[at] = scoring.rescore(&rows[at], record);
            progress.append(&records[at])?;
            done += 1;
            progress.observer.judged(done, total);
            Ok(())
        },
    )?;
    progress.flush()
}

fn lacks_judgement(task: &Task, records: &[EvalRow]) -> bool {
    let judged = |record: &EvalRow| {
        primary_answer(record)
            .filter(|answer| answer.served_as_requested)
            .is_none_or(|answer| {
                task.graders
                    .judges()
                    .all(|(name, _)| answer.judgements.contains_key(name))
            })
    };
    !records.iter().all(judged)
}

fn chosen_rows(split_rows: &SplitRows, limit: Option<usize>) -> Result<&[TaskRow]> {
    let rows = &split_rows.rows;
    match limit {
        Some(0) => Err(Error::Configuration(
            "a limit of 0 rows leaves nothing to evaluate; give at least 1".to_owned(),
        )),
        Some(limit) => Ok(&rows[..limit.min(rows.len())]),
        None => Ok(rows),
    }
}

fn questions<'a>(
    task: &Task,
    split_rows: &SplitRows,
    rows: &'a [TaskRow],
) -> Result<Vec<Question<'a>>> {
    let ask = |row: &'a TaskRow| {
        let messages = task.messages(row).map_err(|problem| Error::Row {
            path: split_rows.path.clone(),
            row: row.row,
            problem,
        })?;
        Ok(Question { row, messages })
    };
    rows.iter().map(ask).collect()
}

fn fingerprint(
    task: &Task,
    split_rows: &SplitRows,
    prompts: &[(usize, String)],
    answerer: &dyn Answerer,
    options: &EvalOptions,
) -> Fingerprint {
    let hashes: Vec<&str> = prompts.iter().map(|(_, hash)| hash.as_str()).collect();
    Fingerprint {
        format_version: FORMAT_VERSION,
        task: task.file.name.clone(),
        task_sha256: task.sha256.clone(),
        split: split_rows.split,
        data_sha256: split_rows.sha256.clone(),
        rows: prompts.len(),
        prompt_sha256: task.prompt_sha256(),
        contract_sha256: task.contract.sha256.clone(),
        graders_sha256: task.graders.sha256.clone(),
        rendered_prompts_sha256: sha256_hex(hashes.join("\n").as_bytes()),
        model: options.model.clone(),
        answered_by: answerer.answered_by(),
        decode: answerer.decode(),
    }
}

/// The train split as a yardstick, where the task has one.
pub(crate) fn training_reference(task: &Task) -> Result<Option<TrainingReference>> {
    if !task.has(Split::Train) || task.contract.fields().is_empty() {
        return Ok(None);
    }
    let train = task.rows(Split::Train)?;
    let rows: Vec<(Option<String>, Vec<f64>)> = train
        .rows
        .into_iter()
        .map(|row| (row.stratum, row.label.numbers))
        .collect();
    Ok(TrainingReference::fit(&rows, &task.contract))
}

fn report(
    task: &Task,
    fingerprint: Fingerprint,
    answerer: &dyn Answerer,
    records: &[EvalRow],
    scores: Scores,
    wall_secs: f64,
) -> EvalReport {
    let answered =
        |record: &&EvalRow| primary_answer(record).is_some_and(|answer| answer.raw.is_some());
    EvalReport {
        format_version: fingerprint.format_version,
        task: fingerprint.task,
        split: fingerprint.split,
        data_sha256: fingerprint.data_sha256,
        prompt_sha256: fingerprint.prompt_sha256,
        contract_sha256: fingerprint.contract_sha256,
        graders_sha256: fingerprint.graders_sha256,
        rendered_prompts_sha256: fingerprint.rendered_prompts_sha256,
        model: fingerprint.model,
        answered_by: answerer.answered_by(),
        decode: fingerprint.decode,
        scale: task.file.scale,
        primary_score: task.file.primary_score.clone(),
        n_total: records.len(),
        n_answered: records.iter().filter(answered).count(),
        served_by: served_by(records),
        metrics: scores.metrics,
        strata: scores.strata,
        failures: scores.failures,
        wall_secs,
        gradus_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// Who answered how many rows; rows without an answer are not in it.
pub(crate) fn served_by(records: &[EvalRow]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for answer in records.iter().filter_map(primary_answer) {
        if answer.raw.is_some() {
            *counts.entry(answer.answered_by.model.clone()).or_default() += 1;
        }
    }
    counts
}

/// The report's values alone, under the keys that the field's scripts read.
fn final_metrics(task: &Task, report: &EvalReport) -> Value {
    let mut values: Map<String, Value> = report
        .metrics
        .iter()
        .map(|(name, metric)| (name.clone(), json!(metric.value)))
        .collect();
    let strict = json!(
        report
            .metrics
            .get("strict_valid_rate")
            .and_then(|metric| metric.value)
    );
    values.insert("json_valid_rate".to_owned(), strict);
    let targets: Vec<&str> = task
        .contract
        .fields()
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    let primary = &report.primary_score;
    let (value, undecidable) = match report.primary_value() {
        Ok(value) => (Some(value), None),
        Err(reason) => (None, Some(reason)),
    };
    json!({
        "task": report.task,
        "split": report.split,
        "model": report.model,
        "target_keys": targets,
        "target_scale": report.scale,
        "examples": report.n_total,
        "primary_score": {
            "metric": primary.metric,
            "direction": primary.direction,
            "value": value,
            "undefined_because": undecidable,
        },
        "eval": values,
    })
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
