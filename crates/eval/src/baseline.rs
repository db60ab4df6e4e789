//! The cheap answers that every model has to beat, fitted on the task's own train split.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use gradus_analysis::{ConstantBaseline, Ridge, RidgeOptions};
use gradus_schema::{AnsweredBy, Split, TokenCounts, nearest};
use serde_json::{Value, json};

use crate::answer::{Answerer, Answers, Question, RawAnswer};
use crate::contract::Contract;
use crate::hash::sha256_hex;
use crate::task::{SplitRows, Task, TaskRow, value_at};
use crate::{Error, Result};

/// Answers from statistics of the train split, as JSON that meets the contract.
pub struct Baseline {
    reference: String,
    method: Method,
    contract: Contract,
    /// The most frequent train label with its numbers blanked: gives the keys that are no numbers.
    frame: Value,
    shown_fields: Vec<String>,
    train_sha256: String,
}

enum Method {
    Constant(ConstantBaseline),
    /// Median per value of the row field.
    ConstantBy(String, ConstantBaseline),
    Ridge(Box<Ridge>),
}

impl Baseline {
    /// The training median of every number.
    ///
    /// # Errors
    /// A task without train rows, or without numbers in its contract.
    pub fn constant(task: &Task) -> Result<Self> {
        let train = train_rows(task)?;
        let fitted = ConstantBaseline::fit(&targets(&train)).map_err(unfit)?;
        Ok(Self::new(
            task,
            &train,
            "constant",
            Method::Constant(fitted),
        ))
    }

    /// The training median per value of a row field.
    ///
    /// # Errors
    /// Those of [`Self::constant`]; a train row without the field (named with its neighbour).
    pub fn constant_by(task: &Task, field: &str) -> Result<Self> {
        let train = train_rows(task)?;
        let strata = train
            .rows
            .iter()
            .map(|row| {
                field_text(row, field).ok_or_else(|| {
                    let known = row.fields.keys().map(String::as_str);
                    let hint = nearest::did_you_mean(field, known);
                    Error::Row {
                        path: train.path.clone(),
                        row: row.row,
                        problem: format!(
                            "the row has no text or number in '{field}', which constant-by:{field} needs{hint}"
                        ),
                    }
                })
            })
            .collect::<Result<Vec<String>>>()?;
        let fitted = ConstantBaseline::fit_by(&strata, &targets(&train)).map_err(unfit)?;
        let method = Method::ConstantBy(field.to_owned(), fitted);
        Ok(Self::new(
            task,
            &train,
            &format!("constant-by:{field}"),
            method,
        ))
    }

    /// Ridge regression on the words of the fields that the prompt shows.
    ///
    /// # Errors
    /// Those of [`Self::constant`].
    pub fn ridge(task: &Task) -> Result<Self> {
        let train = train_rows(task)?;
        let fields = task.shown_fields();
        let texts: Vec<String> = train
            .rows
            .iter()
            .map(|row| shown_text(row, &fields))
            .collect();
        let options = RidgeOptions::default();
        let fitted =
            Ridge::fit(&texts, &targets(&train), task.file.scale, &options).map_err(unfit)?;
        Ok(Self::new(
            task,
            &train,
            "ridge",
            Method::Ridge(Box::new(fitted)),
        ))
    }

    fn new(task: &Task, train: &SplitRows, reference: &str, method: Method) -> Self {
        Self {
            reference: reference.to_owned(),
            method,
            contract: task.contract.clone(),
            frame: frame(train, &task.contract),
            shown_fields: task.shown_fields(),
            train_sha256: train.sha256.clone(),
        }
    }

    /// One number per field of the contract, neither rounded nor brought into range.
    fn predict(&self, row: &TaskRow) -> Vec<f64> {
        match &self.method {
            Method::Constant(fitted) => fitted.predict(None).to_vec(),
            Method::ConstantBy(field, fitted) => {
                fitted.predict(field_text(row, field).as_deref()).to_vec()
            }
            Method::Ridge(fitted) => fitted.predict(&shown_text(row, &self.shown_fields)),
        }
    }

    fn answer_text(&self, row: &TaskRow) -> String {
        let mut answer = self.frame.clone();
        for (field, number) in self.contract.fields().iter().zip(self.predict(row)) {
            field.write(&mut answer, number);
        }
        self.contract.ordered(&answer).to_string()
    }
}

impl Answerer for Baseline {
    fn answered_by(&self) -> AnsweredBy {
        AnsweredBy {
            model: self.reference.clone(),
            revision: sha256_hex(format!("{}\n{}", self.reference, self.train_sha256).as_bytes()),
            adapter_sha256: None,
            backend: "baseline".to_owned(),
        }
    }

    fn decode(&self) -> Value {
        match &self.method {
            Method::Ridge(fitted) => json!({"lambda": fitted.lambda()}),
            _ => Value::Null,
        }
    }

    fn batch_rows(&self) -> usize {
        256
    }

    fn answer(&mut self, questions: &[Question<'_>], _stop: &AtomicBool) -> Result<Vec<Answers>> {
        let answered_by = self.answered_by();
        let answer = |question: &Question<'_>| {
            let began = Instant::now();
            let text = self.answer_text(question.row);
            let latency = began.elapsed().as_secs_f64();
            Answers {
                answered_by: answered_by.clone(),
                constrained: None,
                unconstrained: Some(RawAnswer::local(text, latency, TokenCounts::default())),
            }
        };
        Ok(questions.iter().map(answer).collect())
    }
}

fn train_rows(task: &Task) -> Result<SplitRows> {
    if task.contract.fields().is_empty() {
        return Err(Error::Configuration(
            "the contract has no numbers, so there is nothing a statistical baseline could answer"
                .to_owned(),
        ));
    }
    if !task.has(Split::Train) {
        return Err(Error::task(
            task.dir.join("task.yaml"),
            "a baseline is fitted on the train split, and the task names no `train` file under `data`",
        ));
    }
    task.rows(Split::Train)
}

fn targets(train: &SplitRows) -> Vec<Vec<f64>> {
    train
        .rows
        .iter()
        .map(|row| row.label.numbers.clone())
        .collect()
}

fn unfit(error: gradus_analysis::Error) -> Error {
    Error::Configuration(format!("the baseline can't be fitted: {error}"))
}

fn frame(train: &SplitRows, contract: &Contract) -> Value {
    let mut counts: BTreeMap<String, (usize, Value)> = BTreeMap::new();
    for row in &train.rows {
        let mut blanked = row.label.value.clone();
        for field in contract.fields() {
            field.write(&mut blanked, field.minimum);
        }
        counts.entry(blanked.to_string()).or_insert((0, blanked)).0 += 1;
    }
    let most = counts.into_values().rev().max_by_key(|(count, _)| *count);
    most.map_or(Value::Null, |(_, value)| value)
}

/// What the prompts vary in.
fn shown_text(row: &TaskRow, fields: &[String]) -> String {
    let texts = fields
        .iter()
        .filter_map(|field| row.fields.get(field))
        .map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
    texts.collect::<Vec<_>>().join("\n")
}

fn field_text(row: &TaskRow, field: &str) -> Option<String> {
    match value_at(&row.fields, field)? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}
