//! Labels: what stands at a row's target path, read as the answer that would be right.
//!
//! A label is an object, or JSON text of one (a `completion` string). It has to meet the contract
//! and lie in the task's scale: a set on another scale is refused, never guessed or converted.

use gradus_schema::{FailureCode, Scale};
use serde_json::Value;

use crate::contract::Contract;
use crate::parse::{Prediction, parse_answer};
use crate::text_answer::text_label;

/// The label as an answer.
///
/// # Errors
/// A target that is no object, does not meet the contract or leaves the scale; the text names the
/// key.
pub(crate) fn label_of(
    target: &Value,
    contract: &Contract,
    scale: Scale,
) -> Result<Prediction, String> {
    if !contract.is_json() {
        return text_label(target, contract);
    }
    let object = match target {
        Value::Array(items) => from_vector(items, contract)?,
        Value::Object(_) => target.clone(),
        Value::String(text) => read_text(text)?,
        other => {
            return Err(format!(
                "the target must be a JSON object or its text, found {other}"
            ));
        }
    };
    let ordered = contract.ordered(&object);
    for field in contract.fields() {
        let Some(number) = field.number_in(&ordered) else {
            continue;
        };
        if !(scale.min..=scale.max).contains(&number) {
            return Err(format!(
                "the label of '{}' is {number}, outside the task's scale {} to {} (labels on another \
                 scale have to be converted first)",
                field.name, scale.min, scale.max
            ));
        }
    }
    // The same parser that reads answers, so that the right answer is always a valid one.
    parse_answer(&ordered.to_string(), contract)
        .strict
        .map_err(|code| explain(code, &ordered, contract))
}

/// A vector names its numbers by their places: the order of the contract.
fn from_vector(items: &[Value], contract: &Contract) -> Result<Value, String> {
    let fields = contract.fields();
    let numbers: Option<Vec<f64>> = items.iter().map(Value::as_f64).collect();
    match numbers {
        Some(numbers) if numbers.len() == fields.len() && !numbers.is_empty() => {
            let mut object = Value::Object(serde_json::Map::new());
            for (field, number) in fields.iter().zip(numbers) {
                field.put(&mut object, number);
            }
            Ok(object)
        }
        _ => Err(format!(
            "the target is a list; it must hold the contract's {} numbers in their order",
            fields.len()
        )),
    }
}

fn read_text(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err("the target's text is JSON, but not an object".to_owned()),
        Err(error) => Err(format!("the target's text is not JSON ({error})")),
    }
}

fn explain(code: FailureCode, label: &Value, contract: &Contract) -> String {
    match contract.complaint(label) {
        Some(complaint) => format!("the label does not meet the contract: {complaint} ({code})"),
        None => {
            let missing: Vec<&str> = contract
                .fields()
                .iter()
                .filter(|field| field.number_in(label).is_none())
                .map(|field| field.name.as_str())
                .collect();
            match missing.as_slice() {
                [] => format!("the label does not meet the contract ({code})"),
                names => format!("the label lacks a number for {} ({code})", names.join(", ")),
            }
        }
    }
}
