//! What became of each row, in the one form that clustering needs: a failure, or an error per
//! field as a share of the scale.

use std::collections::BTreeMap;

use gradus_schema::plan::FailureCounts;
use gradus_schema::{Answer, EvalRow, FailureCode, Scale, Split};
use serde_json::Value;

/// A value that is off by more than this share of the scale has failed: on whole numbers from 0
/// to 10, by 2 or more.
pub const VALUE_TOLERANCE: f64 = 0.15;

/// One row of a report, or one recorded failure of foreign material.
#[derive(Debug, Clone, PartialEq)]
pub struct RowOutcome {
    pub id: String,
    pub split: Option<Split>,
    pub strata: BTreeMap<String, String>,
    /// The request, with whatever the prompt puts around it.
    pub text: String,
    pub failure: Option<FailureCode>,
    /// Field → error as a share of the scale, 0 to 1. A field that is no number is 0 or 1.
    pub errors: BTreeMap<String, f64>,
    /// Field → prediction − target as a share of the scale.
    pub signed_errors: BTreeMap<String, f64>,
    /// How much of the row was lost, 0 to 1.
    pub loss: f64,
}

impl RowOutcome {
    pub fn is_transport(&self) -> bool {
        self.failure.is_some_and(FailureCode::is_transport)
    }

    pub fn is_format(&self) -> bool {
        self.failure.is_some_and(|code| !code.is_transport())
    }

    /// Valid, with at least one value beyond the tolerance.
    pub fn is_value(&self) -> bool {
        self.failure.is_none() && self.errors.values().any(|error| *error > VALUE_TOLERANCE)
    }
}

/// The outcome of every row, by its counted answer: under the grammar where there is one.
pub fn outcomes(rows: &[EvalRow], scale: Scale) -> Vec<RowOutcome> {
    rows.iter().map(|row| outcome(row, scale)).collect()
}

/// The answer that the primary score is computed from.
pub fn counted(row: &EvalRow) -> Option<&Answer> {
    row.constrained.as_ref().or(row.unconstrained.as_ref())
}

pub fn counts(outcomes: &[RowOutcome]) -> FailureCounts {
    let count = |is: fn(&RowOutcome) -> bool| outcomes.iter().filter(|row| is(row)).count();
    let (transport, format, value) = (
        count(RowOutcome::is_transport),
        count(RowOutcome::is_format),
        count(RowOutcome::is_value),
    );
    FailureCounts {
        rows: outcomes.len(),
        transport,
        format,
        value,
        sound: outcomes.len() - transport - format - value,
        value_tolerance: VALUE_TOLERANCE,
    }
}

fn outcome(row: &EvalRow, scale: Scale) -> RowOutcome {
    let user_turn = row.messages.iter().rev().find(|it| it.role == "user");
    let text = user_turn.map_or_else(String::new, |message| message.content.clone());
    let mut outcome = RowOutcome {
        id: row.id.clone(),
        split: Some(row.split),
        strata: row.strata.clone(),
        text,
        failure: None,
        errors: BTreeMap::new(),
        signed_errors: BTreeMap::new(),
        loss: 1.0,
    };
    let Some(answer) = counted(row) else {
        outcome.failure = Some(FailureCode::BackendError);
        return outcome;
    };
    outcome.failure = answer.failure;
    if let (None, Some(parsed)) = (answer.failure, &answer.parsed) {
        field_errors(&mut outcome, answer, parsed, &row.target, scale);
    }
    outcome.loss = match (answer.failure, answer.mae_penalised) {
        (Some(_), Some(penalised)) => (penalised / scale.width()).clamp(0.0, 1.0),
        (Some(_), None) => 1.0,
        (None, _) => {
            let errors: Vec<f64> = outcome.errors.values().copied().collect();
            crate::stats::mean(&errors).unwrap_or(0.0)
        }
    };
    outcome
}

fn field_errors(
    outcome: &mut RowOutcome,
    answer: &Answer,
    parsed: &Value,
    target: &Value,
    scale: Scale,
) {
    for (field, error) in &answer.absolute_errors {
        let share = (error / scale.width()).clamp(0.0, 1.0);
        outcome.errors.insert(field.clone(), share);
        if let (Some(found), Some(expected)) = (number(parsed, field), number(target, field)) {
            let signed = (found - expected) / scale.width();
            outcome.signed_errors.insert(field.clone(), signed);
        }
    }
    let same = |found: Option<&Value>, expected: &Value| f64::from(found != Some(expected));
    match target {
        Value::Object(fields) => {
            for (field, expected) in fields {
                if !outcome.errors.contains_key(field) {
                    let error = same(parsed.get(field), expected);
                    outcome.errors.insert(field.clone(), error);
                }
            }
        }
        // Baselines of numbers may keep the target as text; the errors say it all then.
        _ if !outcome.errors.is_empty() => {}
        other => {
            outcome
                .errors
                .insert("answer".to_owned(), same(Some(parsed), other));
        }
    }
}

fn number(value: &Value, field: &str) -> Option<f64> {
    value.get(field).and_then(Value::as_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::row;
    use serde_json::json;

    #[test]
    fn every_row_has_one_fate_and_errors_are_shares_of_the_scale() {
        let scale = Scale {
            min: 0.0,
            max: 10.0,
        };
        let sound = row("a", "x", json!({"energy": 5}), Ok(json!({"energy": 4})));
        let off = row("b", "x", json!({"energy": 5}), Ok(json!({"energy": 9})));
        let broken = row("c", "x", json!({"energy": 5}), Err(FailureCode::CodeFence));
        let lost = row("d", "x", json!({"energy": 5}), Err(FailureCode::Http(503)));
        let label = row(
            "e",
            "x",
            json!({"mood": "calm"}),
            Ok(json!({"mood": "wild"})),
        );
        let found = outcomes(&[sound, off, broken, lost, label], scale);
        assert_eq!(found[1].errors["energy"], 0.4);
        assert_eq!(found[1].signed_errors["energy"], 0.4);
        assert_eq!(found[4].errors["mood"], 1.0);
        assert!(found[2].errors.is_empty() && found[2].loss == 0.5);
        let counts = counts(&found);
        assert_eq!(
            (counts.transport, counts.format, counts.value, counts.sound),
            (1, 1, 2, 1)
        );
    }
}
