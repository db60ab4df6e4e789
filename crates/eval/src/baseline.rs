//! The cheap answers that every model has to beat, fitted on the task's own train split.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use gradus_analysis::{ConstantBaseline, Ridge, RidgeOptions};
use gradus_schema::{AnsweredBy, Scale, Split, TokenCounts, nearest};
use serde_json::{Value, json};

use crate::answer::{Answerer, Answers, Question, RawAnswer};
use crate::contract::{AnswerForm, Contract};
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
    /// The most frequent train answer, per value of a row field where one is named.
    MostFrequent(Option<String>, MostFrequent),
    /// Ridge on one indicator per label; the largest wins.
    RidgeOfLabels(Box<Ridge>, Vec<String>),
}

/// Answers that are no numbers, counted.
struct MostFrequent {
    overall: String,
    by: BTreeMap<String, String>,
}

impl MostFrequent {
    fn fit(rows: &[(String, String)]) -> Self {
        let mut by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (group, answer) in rows {
            by.entry(group).or_default().push(answer);
        }
        Self {
            overall: most_frequent(rows.iter().map(|(_, answer)| answer.as_str())),
            by: by
                .into_iter()
                .map(|(group, answers)| (group.to_owned(), most_frequent(answers.into_iter())))
                .collect(),
        }
    }

    fn of(&self, group: Option<&str>) -> &str {
        group
            .and_then(|group| self.by.get(group))
            .unwrap_or(&self.overall)
    }
}

/// Of equally frequent ones the first in the order of their letters.
fn most_frequent<'a>(answers: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer).or_default() += 1;
    }
    let most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    most.map(|(answer, _)| answer.to_owned())
        .unwrap_or_default()
}

impl Baseline {
    /// The training median of every number.
    ///
    /// # Errors
    /// A task without train rows, or one whose JSON holds no numbers.
    pub fn constant(task: &Task) -> Result<Self> {
        let train = train_rows(task)?;
        if task.contract.fields().is_empty() {
            let rows: Vec<(String, String)> = train
                .rows
                .iter()
                .map(|row| (String::new(), row.label.text()))
                .collect();
            let method = Method::MostFrequent(None, MostFrequent::fit(&rows));
            return Ok(Self::new(task, &train, "constant", method));
        }
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
        if task.contract.fields().is_empty() {
            let answers = train.rows.iter().map(|row| row.label.text());
            let rows: Vec<(String, String)> = strata.into_iter().zip(answers).collect();
            let method = Method::MostFrequent(Some(field.to_owned()), MostFrequent::fit(&rows));
            return Ok(Self::new(
                task,
                &train,
                &format!("constant-by:{field}"),
                method,
            ));
        }
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
        if let AnswerForm::Label(labels) = task.contract.form() {
            let indicators: Vec<Vec<f64>> = train
                .rows
                .iter()
                .map(|row| {
                    let right = row.label.text();
                    labels
                        .iter()
                        .map(|label| f64::from(u8::from(*label == right)))
                        .collect()
                })
                .collect();
            let fitted = Ridge::fit(&texts, &indicators, Scale::unit(), &options).map_err(unfit)?;
            let method = Method::RidgeOfLabels(Box::new(fitted), labels.clone());
            return Ok(Self::new(task, &train, "ridge", method));
        }
        if task.contract.fields().is_empty() {
            return Err(Error::Configuration(
                "ridge answers with numbers or labels, and the task's answers are neither"
                    .to_owned(),
            ));
        }
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
            Method::MostFrequent(..) | Method::RidgeOfLabels(..) => Vec::new(),
        }
    }

    /// The whole answer, for methods that do not answer with numbers.
    fn predict_text(&self, row: &TaskRow) -> Option<String> {
        match &self.method {
            Method::MostFrequent(field, fitted) => {
                let group = field.as_ref().and_then(|field| field_text(row, field));
                Some(fitted.of(group.as_deref()).to_owned())
            }
            Method::RidgeOfLabels(fitted, labels) => {
                let values = fitted.predict(&shown_text(row, &self.shown_fields));
                let scored = labels.iter().zip(values).rev();
                let best = scored.max_by(|(_, a), (_, b)| a.total_cmp(b));
                best.map(|(label, _)| label.clone())
            }
            _ => None,
        }
    }

    fn answer_text(&self, row: &TaskRow) -> String {
        if let Some(text) = self.predict_text(row) {
            return text;
        }
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
            Method::Ridge(fitted) | Method::RidgeOfLabels(fitted, _) => {
                json!({"lambda": fitted.lambda()})
            }
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
            let raw = RawAnswer::local(text, latency, TokenCounts::default());
            Answers::free(answered_by.clone(), raw)
        };
        Ok(questions.iter().map(answer).collect())
    }
}

fn train_rows(task: &Task) -> Result<SplitRows> {
    if task.contract.is_json() && task.contract.fields().is_empty() {
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
pub(crate) fn shown_text(row: &TaskRow, fields: &[String]) -> String {
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
