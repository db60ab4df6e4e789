//! Scoring: from raw answers to records and metrics. Pure, so that a stored report can be
//! re-derived from the raw answers in its rows.

use std::collections::BTreeMap;

use gradus_schema::{
    Answer, AnswerMode, AnsweredBy, ChatMessage, EvalRow, Judgement, Metric, Scale, Split,
};
use serde_json::Value;

use crate::answer::{Answers, RawAnswer};
use crate::contract::{AnswerForm, Contract};
use crate::extract::normalise;
use crate::grade::{Graded, Graders};
use crate::metrics::{
    MetricOptions, Observation, absolute_costs, metrics_of, metrics_of_unconstrained,
};
use crate::parse::{Prediction, parse_answer};
use crate::task::{TaskRow, messages_sha256};
use crate::training_reference::TrainingReference;

/// Everything a score depends on besides the answer itself.
#[derive(Clone, Copy)]
pub struct Scoring<'a> {
    pub contract: &'a Contract,
    pub scale: Scale,
    pub stratify_by: Option<&'a str>,
    pub graders: &'a Graders,
}

impl Scoring<'_> {
    /// The record of one row.
    pub fn record(
        &self,
        row: &TaskRow,
        split: Split,
        messages: Vec<ChatMessage>,
        answers: Answers,
    ) -> EvalRow {
        let strata = match (self.stratify_by, &row.stratum) {
            (Some(field), Some(value)) => BTreeMap::from([(field.to_owned(), value.clone())]),
            _ => BTreeMap::new(),
        };
        let by = &answers.answered_by;
        let score = |mode, raw: Option<RawAnswer>| {
            raw.map(|raw| self.score(&row.label, mode, raw, by.clone(), BTreeMap::new()))
        };
        EvalRow {
            id: row.id.clone(),
            row: row.row,
            split,
            strata,
            prompt_sha256: messages_sha256(&messages),
            messages,
            target: row.target.clone(),
            constrained: score(AnswerMode::Constrained, answers.constrained),
            unconstrained: score(AnswerMode::Unconstrained, answers.unconstrained),
        }
    }

    /// Parses and scores one raw answer.
    pub fn score(
        &self,
        label: &Prediction,
        mode: AnswerMode,
        raw: RawAnswer,
        answered_by: AnsweredBy,
        judgements: BTreeMap<String, Judgement>,
    ) -> Answer {
        let (raw_text, strict, lenient_valid) = match raw.completion {
            Ok(text) => {
                let parsed = parse_answer(&text, self.contract);
                (Some(text), parsed.strict, parsed.lenient.is_some())
            }
            Err(code) => (None, Err(code), false),
        };
        let observation = Observation {
            stratum: None,
            target: label.numbers.clone(),
            prediction: strict
                .as_ref()
                .ok()
                .map(|prediction| prediction.numbers.clone()),
            ..Observation::default()
        };
        let graded = |text| {
            self.graders.grade(Graded {
                text,
                parsed: strict.as_ref().ok(),
                label,
                judgements: &judgements,
            })
        };
        let grades = raw_text.as_deref().map(graded).unwrap_or_default();
        let evaluated = raw_text.is_some() && raw.served_as_requested;
        let costs = absolute_costs(&observation, self.scale);
        let names = self
            .contract
            .fields()
            .iter()
            .map(|field| field.name.clone());
        let absolute_errors = match &strict {
            Ok(_) => names.zip(costs.iter().copied()).collect(),
            Err(_) => BTreeMap::new(),
        };
        Answer {
            mode,
            raw: raw_text,
            failure: strict.as_ref().err().copied(),
            parsed: strict.ok().map(|prediction| prediction.value),
            lenient_valid,
            absolute_errors,
            mae_penalised: gradus_analysis::stats::mean(&costs).filter(|_| evaluated),
            answered_by,
            latency_secs: raw.latency_secs,
            tokens: raw.tokens,
            cost: raw.cost,
            served_as_requested: evaluated,
            attempts: raw.attempts,
            median_fallbacks: raw.median_fallbacks,
            grades,
            judgements,
        }
    }

    /// The same record with its answers parsed and scored anew from what they hold raw.
    pub fn rescore(&self, row: &TaskRow, record: EvalRow) -> EvalRow {
        let again = |answer: Option<Answer>| {
            answer.map(|answer| {
                let raw = RawAnswer {
                    completion: answer.raw.ok_or(
                        answer
                            .failure
                            .unwrap_or(gradus_schema::FailureCode::BackendError),
                    ),
                    latency_secs: answer.latency_secs,
                    tokens: answer.tokens,
                    cost: answer.cost,
                    served_as_requested: answer.served_as_requested,
                    attempts: answer.attempts,
                    median_fallbacks: answer.median_fallbacks,
                };
                let (mode, by) = (answer.mode, answer.answered_by);
                self.score(&row.label, mode, raw, by, answer.judgements)
            })
        };
        EvalRow {
            constrained: again(record.constrained),
            unconstrained: again(record.unconstrained),
            ..record
        }
    }
}

/// The answer that counts: the constrained one where there is one.
pub fn primary_answer(record: &EvalRow) -> Option<&Answer> {
    record
        .constrained
        .as_ref()
        .or(record.unconstrained.as_ref())
}

/// All metrics of an evaluation, and the same per stratum.
pub struct Scores {
    pub metrics: BTreeMap<String, Metric>,
    pub strata: BTreeMap<String, BTreeMap<String, Metric>>,
    /// Failure code → rows, by answer mode.
    pub failures: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Metrics over `records`, whose rows are `rows` (same order).
pub fn scores(
    records: &[EvalRow],
    rows: &[&TaskRow],
    scoring: &Scoring<'_>,
    reference: Option<&TrainingReference>,
    options: MetricOptions,
) -> Scores {
    let pairs: Vec<(&EvalRow, &TaskRow)> = records.iter().zip(rows.iter().copied()).collect();
    let metrics = metrics_of_pairs(&pairs, scoring, reference, options);
    let mut groups: BTreeMap<&str, Vec<(&EvalRow, &TaskRow)>> = BTreeMap::new();
    for (record, row) in &pairs {
        if let Some(stratum) = &row.stratum {
            groups.entry(stratum).or_default().push((record, row));
        }
    }
    let strata = groups
        .into_iter()
        .map(|(name, group)| {
            (
                name.to_owned(),
                metrics_of_pairs(&group, scoring, reference, options),
            )
        })
        .collect();
    Scores {
        metrics,
        strata,
        failures: failures(records),
    }
}

fn metrics_of_pairs(
    pairs: &[(&EvalRow, &TaskRow)],
    scoring: &Scoring<'_>,
    reference: Option<&TrainingReference>,
    options: MetricOptions,
) -> BTreeMap<String, Metric> {
    let (contract, scale) = (scoring.contract, scoring.scale);
    let primary = observations(pairs, contract, primary_answer);
    let mut metrics = metrics_of(&primary, contract, scale, reference, options);
    let beside = observations(pairs, contract, unconstrained_beside);
    if !beside.is_empty() {
        metrics.extend(metrics_of_unconstrained(&beside, contract, scale, options));
    }
    metrics
}

/// The free answer where a constrained one is what counts.
fn unconstrained_beside(record: &EvalRow) -> Option<&Answer> {
    record
        .constrained
        .as_ref()
        .and(record.unconstrained.as_ref())
}

fn observations(
    pairs: &[(&EvalRow, &TaskRow)],
    contract: &Contract,
    pick: fn(&EvalRow) -> Option<&Answer>,
) -> Vec<Observation> {
    let observe = |(record, row): &(&EvalRow, &TaskRow)| {
        pick(record).map(|answer| observation(answer, row, contract))
    };
    pairs.iter().filter_map(observe).collect()
}

fn observation(answer: &Answer, row: &TaskRow, contract: &Contract) -> Observation {
    let prediction = answer.parsed.as_ref().map(|value| {
        let fields = contract.fields().iter();
        fields.filter_map(|field| field.number_in(value)).collect()
    });
    Observation {
        stratum: row.stratum.clone(),
        target: row.label.numbers.clone(),
        prediction,
        answered: answer.raw.is_some(),
        lenient_valid: answer.lenient_valid,
        exact: is_exact(answer, row, contract),
        latency_secs: answer.latency_secs,
        served_as_requested: answer.served_as_requested,
        labels: match contract.form() {
            AnswerForm::Label(_) => Some((
                row.label.text(),
                answer
                    .parsed
                    .as_ref()
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            )),
            _ => None,
        },
        grades: answer.grades.clone(),
        cost: Some(answer.cost),
        median_fallbacks: answer.median_fallbacks,
    }
}

/// Every key as expected; for text, the same after normalisation.
fn is_exact(answer: &Answer, row: &TaskRow, contract: &Contract) -> bool {
    match (&answer.parsed, contract.form()) {
        (Some(Value::String(text)), AnswerForm::Text) => {
            normalise(text) == normalise(&row.label.text())
        }
        (parsed, _) => parsed.as_ref() == Some(&row.label.value),
    }
}

fn failures(records: &[EvalRow]) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for record in records {
        for (mode, answer) in [
            ("constrained", &record.constrained),
            ("unconstrained", &record.unconstrained),
        ] {
            let Some(answer) = answer else { continue };
            let codes = counts.entry(mode.to_owned()).or_default();
            if let Some(code) = answer.failure {
                *codes.entry(code.to_string()).or_default() += 1;
            }
        }
    }
    counts
}
