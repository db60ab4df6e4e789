//! Two small pairs of reports, made here by a seeded generator and compared like any others.
//!
//! `refused` is what happened to a team in 2026: the fine-tuned model's server did not answer, a
//! fallback did, in both arms, and 89 % against 90 % valid answers looked like a result.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use gradus_analysis::Draws;
use gradus_analysis::reports::scored_rows;
use gradus_eval::LoadedReport;
use gradus_eval::reports::loaded_report;
use gradus_schema::{
    Answer, AnswerMode, AnsweredBy, Cost, CostBasis, EvalReport, EvalRow, FailureCode, Metric,
    PrimaryScore, Scale, Split, TokenCounts,
};
use serde_json::{Value, json};

use super::Pair;
use crate::args::decisions::Demo;

const KEYS: [&str; 6] = [
    "energy",
    "warmth",
    "brightness",
    "acousticness",
    "complexity",
    "nostalgia",
];
const SCALE: Scale = Scale {
    min: 0.0,
    max: 10.0,
};

pub fn reports(which: Demo) -> Result<Pair> {
    let (base, candidate) = match which {
        Demo::Refused => (
            Arm {
                name: "base-3b (prompted)",
                rows: 100,
                fallback_rows: Some(89),
                error: 2.0,
                seed: 1,
            },
            Arm {
                name: "base-3b + fine-tuned adapter",
                rows: 100,
                fallback_rows: Some(90),
                error: 2.0,
                seed: 2,
            },
        ),
        Demo::Better => (
            Arm {
                name: "small-135m (prompted)",
                rows: 160,
                fallback_rows: None,
                error: 2.0,
                seed: 3,
            },
            Arm {
                name: "small-135m + adapter",
                rows: 160,
                fallback_rows: None,
                error: 1.2,
                seed: 4,
            },
        ),
    };
    let constant = Arm {
        name: "constant",
        rows: base.rows,
        fallback_rows: None,
        error: 1.8,
        seed: 5,
    };
    Ok(Pair {
        base: base.report()?,
        candidate: candidate.report()?,
        references: vec![constant.report()?],
    })
}

struct Arm {
    name: &'static str,
    rows: usize,
    /// Rows that another model answered; the rest found no server.
    fallback_rows: Option<usize>,
    /// Typical error of a number.
    error: f64,
    seed: u64,
}

impl Arm {
    fn report(&self) -> Result<LoadedReport> {
        let mut draws = Draws::new(self.seed);
        let mut targets = Draws::new(0);
        let rows: Vec<EvalRow> = (0..self.rows)
            .map(|index| self.row(index, &mut targets, &mut draws))
            .collect();
        let answers = rows.iter().filter_map(|row| row.unconstrained.as_ref());
        let errors: Vec<f64> = answers
            .clone()
            .filter_map(|answer| answer.mae_penalised)
            .collect();
        let valid = answers
            .clone()
            .filter(|answer| answer.failure.is_none())
            .count();
        let metric = |value: f64| Metric {
            value: Some(value),
            n: self.rows,
            ..Metric::undefined(self.rows, "")
        };
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        let metrics = BTreeMap::from([
            ("mae_penalised".to_owned(), metric(mean)),
            (
                "strict_valid_rate".to_owned(),
                metric(valid as f64 / self.rows as f64),
            ),
        ]);
        let report = EvalReport {
            format_version: 1,
            task: "hidden parameters (demo)".to_owned(),
            split: Split::Frozen,
            data_sha256: format!("demo rows {}", self.rows),
            prompt_sha256: "demo prompt".to_owned(),
            contract_sha256: "demo contract".to_owned(),
            graders_sha256: String::new(),
            served_by: BTreeMap::new(),
            rendered_prompts_sha256: format!("demo prompts {}", self.rows),
            model: self.name.to_owned(),
            answered_by: self.asked(),
            decode: Value::Null,
            scale: SCALE,
            primary_score: PrimaryScore {
                margin: Some(0.1),
                ..PrimaryScore::default()
            },
            n_total: self.rows,
            n_answered: answers.filter(|answer| answer.raw.is_some()).count(),
            metrics,
            strata: BTreeMap::new(),
            failures: BTreeMap::new(),
            wall_secs: 0.0,
            gradus_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let rows = scored_rows(&rows, &report).map_err(anyhow::Error::msg)?;
        Ok(loaded_report(Path::new(""), report, rows)?)
    }

    fn asked(&self) -> AnsweredBy {
        AnsweredBy {
            model: self.name.to_owned(),
            revision: format!("demo weights of {}", self.name),
            adapter_sha256: None,
            backend: if self.name == "constant" {
                "baseline"
            } else {
                "server"
            }
            .to_owned(),
        }
    }

    fn row(&self, index: usize, targets: &mut Draws, draws: &mut Draws) -> EvalRow {
        let target: BTreeMap<String, f64> = KEYS
            .iter()
            .map(|key| ((*key).to_owned(), targets.index(11) as f64))
            .collect();
        let is_fallback = self.fallback_rows.map(|rows| index < rows);
        let errors: BTreeMap<String, f64> = target
            .iter()
            .map(|(key, value)| {
                let error = (self.error * (draws.unit() + draws.unit())).round();
                (key.clone(), error.min(SCALE.worst_error(*value)))
            })
            .collect();
        let served = match is_fallback {
            Some(true) => AnsweredBy {
                model: "ministral-3b-latest".to_owned(),
                revision: String::new(),
                adapter_sha256: None,
                backend: "fallback".to_owned(),
            },
            _ => self.asked(),
        };
        let answer = self.answer(is_fallback == Some(false), served, &target, errors, draws);
        EvalRow {
            id: format!("demo-{:03}", index + 1),
            row: index + 1,
            split: Split::Frozen,
            strata: BTreeMap::from([(
                "source_type".to_owned(),
                ["request_text", "rule_prompt"][index % 2].to_owned(),
            )]),
            prompt_sha256: format!("demo prompt {index}"),
            messages: Vec::new(),
            target: json!(target),
            constrained: None,
            unconstrained: Some(answer),
        }
    }

    fn answer(
        &self,
        found_no_server: bool,
        answered_by: AnsweredBy,
        target: &BTreeMap<String, f64>,
        errors: BTreeMap<String, f64>,
        draws: &mut Draws,
    ) -> Answer {
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / KEYS.len() as f64;
        let penalised = if found_no_server {
            mean(&mut target.values().map(|value| SCALE.worst_error(*value)))
        } else {
            mean(&mut errors.values().copied())
        };
        let answered_as_asked = answered_by == self.asked();
        Answer {
            mode: AnswerMode::Unconstrained,
            raw: (!found_no_server)
                .then(|| format!("{} {}", self.name, draws.index(usize::MAX / 2))),
            parsed: None,
            failure: found_no_server.then_some(FailureCode::Http(404)),
            lenient_valid: !found_no_server,
            absolute_errors: if found_no_server {
                BTreeMap::new()
            } else {
                errors
            },
            mae_penalised: Some(penalised),
            answered_by,
            latency_secs: 1.0,
            tokens: TokenCounts::default(),
            cost: Cost {
                usd: None,
                basis: CostBasis::LocalUnpriced,
            },
            served_as_requested: !found_no_server && answered_as_asked,
            attempts: Vec::new(),
            median_fallbacks: 0,
            grades: BTreeMap::new(),
            judgements: BTreeMap::new(),
        }
    }
}
