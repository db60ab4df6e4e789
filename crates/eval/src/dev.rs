//! The task's own score during training: dev rows answered with the adapter as it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gradus_analysis::Draws;
use gradus_engine::generate::NumberDecode;
use gradus_engine::loaded::LoadedModel;
use gradus_engine::model::PackedAdapter;
use gradus_engine::train::{DevEvaluator, DevReport};
use gradus_schema::{AnsweredBy, EvalRow, Split};
use serde_json::{Value, json};

use crate::answer::Answers;
use crate::metrics::MetricOptions;
use crate::native::{
    answer_budget, constrained_generator, free_generator, generate, prompt_tokens, raw_answer,
};
use crate::run::training_reference;
use crate::score::{primary_answer, scores};
use crate::task::{Task, TaskRow};
use crate::training_reference::TrainingReference;
use crate::{Error, Result};

const BATCH_SIZE: usize = 16;
/// Rows that are answered without the grammar too: enough to see whether the form is learnt.
const UNCONSTRAINED_ROWS: usize = 16;
const HARD_CASES: usize = 20;
/// Longest piece of an answer in a hard case, in characters.
const HARD_CASE_TEXT: usize = 600;
/// Which dev rows are taken when not all are: the same in every training of a task.
const SAMPLE_SEED: u64 = 0;

/// Scores an adapter on a task's dev rows: constrained, with the median of each number.
pub struct TaskDevEvaluator<'a> {
    task: &'a Task,
    model: &'a LoadedModel,
    stop: &'a AtomicBool,
    rows: Vec<TaskRow>,
    prompts: Vec<Vec<u32>>,
    reference: Option<TrainingReference>,
    max_new_tokens: usize,
}

impl<'a> TaskDevEvaluator<'a> {
    /// `max_rows`: at most so many rows, drawn once. When `stop` is raised an evaluation ends
    /// with an error.
    ///
    /// # Errors
    /// A task without dev rows, rows that can't be used, a prompt longer than the model takes.
    pub fn new(
        task: &'a Task,
        model: &'a LoadedModel,
        max_rows: Option<usize>,
        stop: &'a AtomicBool,
    ) -> Result<Self> {
        let rows = sample(task.rows(Split::Dev)?.rows, max_rows);
        let mut prompts = Vec::with_capacity(rows.len());
        for row in &rows {
            let messages = messages_of(task, row)?;
            prompts.push(prompt_tokens(model, row, &messages)?);
        }
        Ok(Self {
            max_new_tokens: answer_budget(model, &rows)?,
            reference: training_reference(task)?,
            task,
            model,
            stop,
            rows,
            prompts,
        })
    }

    fn answers(&self, adapter: &Arc<PackedAdapter>) -> Result<Vec<Answers>> {
        let adapter = Some(adapter.clone());
        let has_grammar = self.task.contract.has_grammar();
        let mut constrained = vec![None; self.prompts.len()];
        if has_grammar {
            let mut generator = constrained_generator(
                self.model,
                adapter.clone(),
                &self.task.contract,
                NumberDecode::Median,
                self.max_new_tokens,
                BATCH_SIZE,
            )?;
            constrained = generate(&mut generator, &self.prompts, self.stop)?;
        }
        let mut generator = free_generator(self.model, adapter, self.max_new_tokens, BATCH_SIZE)?;
        let sampled = if has_grammar {
            UNCONSTRAINED_ROWS
        } else {
            usize::MAX
        };
        let sampled = &self.prompts[..sampled.min(self.prompts.len())];
        let free = generate(&mut generator, sampled, self.stop)?;
        if has_grammar && constrained.iter().any(Option::is_none)
            || free.iter().any(Option::is_none)
        {
            return Err(Error::Configuration(
                "the evaluation on dev was stopped before its end".to_owned(),
            ));
        }
        let answered_by = AnsweredBy {
            model: self.model.identity.name.clone(),
            revision: self.model.identity.sha256.clone(),
            adapter_sha256: None,
            backend: "native".to_owned(),
        };
        let free = free.into_iter().chain(std::iter::repeat_with(|| None));
        let pair = |(constrained, free): (Option<_>, Option<_>)| Answers {
            answered_by: answered_by.clone(),
            constrained: constrained.map(raw_answer),
            unconstrained: free.map(raw_answer),
        };
        Ok(constrained.into_iter().zip(free).map(pair).collect())
    }

    fn report(&self, adapter: &Arc<PackedAdapter>) -> Result<DevReport> {
        let scoring = self.task.scoring();
        let mut records = Vec::with_capacity(self.rows.len());
        for (row, answers) in self.rows.iter().zip(self.answers(adapter)?) {
            let messages = messages_of(self.task, row)?;
            records.push(scoring.record(row, Split::Dev, messages, answers));
        }
        let rows: Vec<&TaskRow> = self.rows.iter().collect();
        let options = MetricOptions { resamples: 0 };
        let scores = scores(&records, &rows, &scoring, self.reference.as_ref(), options);
        let metrics: BTreeMap<String, Option<f64>> = scores
            .metrics
            .into_iter()
            .map(|(name, metric)| (name, metric.value))
            .collect();
        let primary = &self.task.file.primary_score;
        Ok(DevReport {
            metrics,
            hard_cases: hard_cases(&records, &rows),
            primary: primary.metric.clone(),
            better_when: primary.direction,
        })
    }
}

impl DevEvaluator for TaskDevEvaluator<'_> {
    fn evaluate(
        &mut self,
        adapter: &Arc<PackedAdapter>,
        _step: u64,
    ) -> gradus_engine::Result<DevReport> {
        self.report(adapter).map_err(|error| match error {
            Error::Engine(error) => error,
            other => gradus_engine::Error::Configuration(other.to_string()),
        })
    }
}

fn messages_of(task: &Task, row: &TaskRow) -> Result<Vec<gradus_schema::ChatMessage>> {
    task.messages(row)
        .map_err(|problem| Error::Configuration(format!("dev row {}: {problem}", row.id)))
}

/// A seeded draw, so that rows sorted by kind don't make the sample one-sided; in file order.
fn sample(mut rows: Vec<TaskRow>, max_rows: Option<usize>) -> Vec<TaskRow> {
    if let Some(max_rows) = max_rows
        && max_rows < rows.len()
    {
        Draws::new(SAMPLE_SEED).shuffle(&mut rows);
        rows.truncate(max_rows.max(1));
        rows.sort_by_key(|row| row.row);
    }
    rows
}

/// The rows that cost most, worst first, under the key names of the field's scripts. A row without
/// a valid answer has no `predicted_vector` and costs the worst error, so that it ranks high.
fn hard_cases(records: &[EvalRow], rows: &[&TaskRow]) -> Vec<Value> {
    let mut cases: Vec<(f64, &EvalRow, &TaskRow)> = records
        .iter()
        .zip(rows)
        .filter_map(|(record, row)| {
            let cost = primary_answer(record)?.mae_penalised?;
            (cost > 0.0).then_some((cost, record, *row))
        })
        .collect();
    cases.sort_by(|(a, first, _), (b, second, _)| b.total_cmp(a).then(first.row.cmp(&second.row)));
    let describe = |(index, (cost, record, row)): (usize, &(f64, &EvalRow, &TaskRow))| {
        let answer = primary_answer(record)?;
        let text = answer.raw.as_deref().unwrap_or_default();
        let mut case = json!({
            "rank": index + 1,
            "id": record.id,
            "row": record.row,
            "prompt": record.messages.last().map(|message| message.content.as_str()),
            "target_vector": row.label.value,
            "predicted_vector": answer.parsed,
            "abs_error_raw": answer.absolute_errors,
            "mae_raw": cost,
            "parse_error": answer.failure,
            "generated_text": text.chars().take(HARD_CASE_TEXT).collect::<String>(),
        });
        for (field, value) in &record.strata {
            case[field] = json!(value);
        }
        Some(case)
    };
    cases
        .iter()
        .take(HARD_CASES)
        .enumerate()
        .filter_map(describe)
        .collect()
}

#[cfg(test)]
#[path = "native_tests.rs"]
mod tests;
