//! Labels as numbers, without judging them: what checks look at before anything is refused, and
//! what a declared change of scale turns into labels of the task.

use gradus_schema::Scale;
use serde_json::{Map, Value};

use crate::contract::Contract;
use crate::task::value_at;

/// The target as an object, whether it is one or JSON text of one.
pub(crate) fn target_object(fields: &Map<String, Value>, path: &str) -> Option<Value> {
    match value_at(fields, path)? {
        Value::Object(object) => Some(Value::Object(object.clone())),
        Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
        _ => None,
    }
}

/// The contract's numbers in a target; `None` where one is missing.
pub(crate) fn label_numbers(target: &Value, contract: &Contract) -> Option<Vec<f64>> {
    let fields = contract.fields().iter();
    fields.map(|field| field.number_in(target)).collect()
}

/// The target with its numbers brought from one scale to another, integers rounded half away from
/// zero.
///
/// # Errors
/// A number outside the declared scale; the text names the field.
pub(crate) fn rescaled(
    target: &Value,
    contract: &Contract,
    from: Scale,
    to: Scale,
) -> Result<Value, String> {
    let mut result = target.clone();
    for field in contract.fields() {
        let Some(number) = field.number_in(target) else {
            continue;
        };
        if !(from.min..=from.max).contains(&number) {
            return Err(format!(
                "the label of '{}' is {number}, outside the declared source_scale {} to {}; declare the scale that these labels really have",
                field.name, from.min, from.max
            ));
        }
        let share = (number - from.min) / from.width();
        field.write(&mut result, to.min + share * to.width());
    }
    Ok(result)
}

/// Puts a value at a dotted path, making objects on the way.
pub(crate) fn set_at(fields: &mut Map<String, Value>, path: &str, value: Value) {
    if fields.contains_key(path) {
        fields.insert(path.to_owned(), value);
        return;
    }
    let (first, rest) = match path.split_once('.') {
        None => {
            fields.insert(path.to_owned(), value);
            return;
        }
        Some(parts) => parts,
    };
    let entry = fields
        .entry(first.to_owned())
        .or_insert_with(|| Value::Object(Map::new()));
    match entry {
        Value::Object(inner) => set_at(inner, rest, value),
        Value::Array(items) => {
            let (index, rest) = rest.split_once('.').unwrap_or((rest, ""));
            let place = index.parse::<usize>().ok().and_then(|i| items.get_mut(i));
            match (place, rest) {
                (Some(Value::Object(inner)), rest) if !rest.is_empty() => {
                    set_at(inner, rest, value)
                }
                (Some(place), _) => *place = value,
                (None, _) => {}
            }
        }
        other => *other = value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn scales_are_converted_as_declared() {
        let ten = Scale {
            min: 0.0,
            max: 10.0,
        };
        let hundred = Scale {
            min: 0.0,
            max: 100.0,
        };
        let schema = r#"{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "number"}}}"#;
        let contract = Contract::from_json(schema.as_bytes(), ten).unwrap();
        let target = json!({"a": 85, "b": 31});
        let converted = rescaled(&target, &contract, hundred, ten).unwrap();
        assert_eq!(converted["a"], 9);
        assert!((converted["b"].as_f64().unwrap() - 3.1).abs() < 1e-9);
        let refused = rescaled(&json!({"a": 101, "b": 0}), &contract, hundred, ten);
        assert!(refused.unwrap_err().contains("'a' is 101"));
        assert_eq!(label_numbers(&json!({"a": 1}), &contract), None);
    }

    #[test]
    fn values_are_put_where_they_are_read() {
        for (start, path) in [
            (json!({"a": {"b": 1}}), "a.b"),
            (json!({"a.b": 1}), "a.b"),
            (json!({}), "a.b.c"),
            (json!({"m": [{"content": "x"}]}), "m.0.content"),
        ] {
            let mut fields = start.as_object().unwrap().clone();
            set_at(&mut fields, path, json!(7));
            assert_eq!(value_at(&fields, path), Some(&json!(7)), "{start}");
        }
    }
}
