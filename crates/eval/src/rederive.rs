//! A finished evaluation again, from the raw answers in its rows: what evidence is held against.

use std::collections::BTreeMap;

use gradus_schema::{EvalReport, EvalRow};

use crate::hash::sha256_hex;
use crate::metrics::MetricOptions;
use crate::run::{served_by, training_reference};
use crate::score::{Scoring, primary_answer, scores};
use crate::task::{Task, TaskRow, messages_sha256};
use crate::{Error, Result};

/// Report and rows as they follow from the task and the raw answers. What can't follow from them
/// (who answered, wall time, version) is taken over.
///
/// # Errors
/// A task whose data are not those of the report, or a row that is not in them.
pub fn rederive(
    task: &Task,
    recorded: &EvalReport,
    rows: &[EvalRow],
) -> Result<(EvalReport, Vec<EvalRow>)> {
    let split_rows = task.rows(recorded.split)?;
    let by_line: BTreeMap<usize, &TaskRow> =
        split_rows.rows.iter().map(|row| (row.row, row)).collect();
    let scoring = task.scoring();
    let mut again = Vec::with_capacity(rows.len());
    let mut of_task = Vec::with_capacity(rows.len());
    for row in rows {
        let source = *by_line.get(&row.row).ok_or_else(|| {
            let problem = format!("the {} data have no line {}", recorded.split, row.row);
            Error::Configuration(problem)
        })?;
        again.push(rederived_row(task, &scoring, source, row)?);
        of_task.push(source);
    }
    let reference = training_reference(task)?;
    let scores = scores(
        &again,
        &of_task,
        &scoring,
        reference.as_ref(),
        MetricOptions::default(),
    );
    let prompts: Vec<&str> = again.iter().map(|row| row.prompt_sha256.as_str()).collect();
    let answered = |row: &&EvalRow| primary_answer(row).is_some_and(|answer| answer.raw.is_some());
    let report = EvalReport {
        task: task.file.name.clone(),
        data_sha256: split_rows.sha256.clone(),
        prompt_sha256: task.prompt_sha256(),
        contract_sha256: task.contract.sha256.clone(),
        graders_sha256: task.graders.sha256.clone(),
        rendered_prompts_sha256: sha256_hex(prompts.join("\n").as_bytes()),
        scale: task.file.scale,
        primary_score: task.file.primary_score.clone(),
        n_total: again.len(),
        n_answered: again.iter().filter(answered).count(),
        served_by: served_by(&again),
        metrics: scores.metrics,
        strata: scores.strata,
        failures: scores.failures,
        ..recorded.clone()
    };
    Ok((report, again))
}

/// Everything of a row but the raw answer, who gave it, how long it took and what it cost.
fn rederived_row(
    task: &Task,
    scoring: &Scoring<'_>,
    source: &TaskRow,
    row: &EvalRow,
) -> Result<EvalRow> {
    let messages = task.messages(source).map_err(Error::Configuration)?;
    let strata = match (scoring.stratify_by, &source.stratum) {
        (Some(field), Some(value)) => BTreeMap::from([(field.to_owned(), value.clone())]),
        _ => BTreeMap::new(),
    };
    let row = EvalRow {
        id: source.id.clone(),
        strata,
        prompt_sha256: messages_sha256(&messages),
        messages,
        target: source.target.clone(),
        ..row.clone()
    };
    Ok(scoring.rescore(source, row))
}
