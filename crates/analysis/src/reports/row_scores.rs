//! Metrics that are a mean of one value per row: only those can be paired.

use std::collections::BTreeSet;

use gradus_schema::report::{UNCONSTRAINED, canonical_metric_name};
use gradus_schema::{Direction, PrimaryScore, Scale};
use serde_json::Value;

use super::rows::{LeanAnswer, LeanRow};
use crate::compare::RowMetric;

/// How one row's value of a metric is found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    StrictValid,
    LenientValid,
    TransportOk,
    Exact,
    MaePenalised,
    MaeNorm,
    /// Error of one number, the worst possible one without an answer.
    Field(String),
    /// What one of the task's graders gave, 0 to 1.
    Grade(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowScore {
    pub metric: RowMetric,
    kind: Kind,
    /// Of the free answer beside a constrained one.
    unconstrained: bool,
}

impl RowScore {
    /// `None` for a metric that is no mean over rows.
    fn named(name: &str, direction: Option<Direction>, graders: &BTreeSet<&str>) -> Option<Self> {
        let name = canonical_metric_name(name);
        let (stem, unconstrained) = match name.strip_suffix(UNCONSTRAINED) {
            Some(stem) => (stem, true),
            None => (name, false),
        };
        let (kind, usual) = match stem {
            "strict_valid_rate" => (Kind::StrictValid, Direction::Maximize),
            "lenient_valid_rate" => (Kind::LenientValid, Direction::Maximize),
            "transport_ok_rate" => (Kind::TransportOk, Direction::Maximize),
            "exact_match_rate" => (Kind::Exact, Direction::Maximize),
            "mae_penalised" => (Kind::MaePenalised, Direction::Minimize),
            "mae_norm" => (Kind::MaeNorm, Direction::Minimize),
            grader if graders.contains(grader) => {
                (Kind::Grade(grader.to_owned()), Direction::Maximize)
            }
            _ => {
                let field = stem.strip_prefix("mae_raw_").filter(|_| !unconstrained)?;
                (Kind::Field(field.to_owned()), Direction::Minimize)
            }
        };
        Some(Self {
            metric: RowMetric {
                name: name.to_owned(),
                direction: direction.unwrap_or(usual),
            },
            kind,
            unconstrained,
        })
    }

    pub(super) fn value(&self, row: &LeanRow, scale: Scale) -> Option<f64> {
        let answer = if self.unconstrained {
            row.constrained.as_ref().and(row.unconstrained.as_ref())?
        } else {
            row.primary_answer()?
        };
        let flag = |holds: bool| Some(f64::from(u8::from(holds)));
        match &self.kind {
            Kind::StrictValid => flag(answer.failure.is_none()),
            Kind::LenientValid => flag(answer.lenient_valid),
            Kind::TransportOk => flag(answer.raw.is_some()),
            Kind::Exact => flag(answer.parsed.as_ref() == Some(&row.target)),
            Kind::MaePenalised => answer.mae_penalised,
            Kind::MaeNorm => answer.mae_penalised.map(|error| error / scale.width()),
            Kind::Field(field) => field_error(answer, &row.target, field, scale),
            Kind::Grade(grader) => answer.grades.get(grader).copied().flatten(),
        }
    }
}

fn field_error(answer: &LeanAnswer, target: &Value, field: &str, scale: Scale) -> Option<f64> {
    match answer.failure {
        None => answer.absolute_errors.get(field).copied(),
        Some(_) => Some(scale.worst_error(target.get(field)?.as_f64()?)),
    }
}

/// The primary score first, then everything else that these rows can be paired on.
///
/// # Errors
/// A primary score that is no mean over rows.
pub(super) fn row_scores(
    primary: &PrimaryScore,
    rows: &[LeanRow],
) -> Result<Vec<RowScore>, String> {
    let answers = rows.iter().filter_map(LeanRow::primary_answer);
    let graders: BTreeSet<&str> = answers
        .clone()
        .flat_map(|answer| answer.grades.keys().map(String::as_str))
        .collect();
    let named = |name: &str, direction| RowScore::named(name, direction, &graders);
    let first = named(&primary.metric, Some(primary.direction)).ok_or_else(|| {
        format!(
            "the primary score '{}' is no mean over rows and can't be paired; use mae_penalised, mae_norm, mae_raw_FIELD, strict_valid_rate, exact_match_rate or a grader of the task",
            primary.metric
        )
    })?;
    let mut scores = vec![first];
    let fields: BTreeSet<&str> = answers
        .flat_map(|answer| answer.absolute_errors.keys().map(String::as_str))
        .collect();
    let names = [
        "mae_penalised",
        "strict_valid_rate",
        "lenient_valid_rate",
        "transport_ok_rate",
        "exact_match_rate",
    ];
    let mut wanted: Vec<String> = names.map(str::to_owned).to_vec();
    wanted.extend(names.map(|name| format!("{name}{UNCONSTRAINED}")));
    wanted.extend(fields.iter().map(|field| format!("mae_raw_{field}")));
    wanted.extend(graders.iter().map(|grader| (*grader).to_owned()));
    for name in wanted {
        let known = scores.iter().any(|score| score.metric.name == name);
        scores.extend(named(&name, None).filter(|_| !known));
    }
    Ok(scores)
}
