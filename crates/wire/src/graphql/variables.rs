//! Variables and literals → the values that resolvers see.

use super::document::{Literal, Operation, TypeReference};
use crate::json::{Json, JsonObject};

/// The variables as the document declares them: defaults filled in, single values made lists.
pub(super) fn with_defaults(operation: &Operation, mut variables: JsonObject) -> JsonObject {
    let none = JsonObject::new();
    for definition in &operation.variables {
        let value = match variables.swap_remove(&definition.name) {
            Some(sent) => sent,
            None => match definition
                .default
                .as_ref()
                .and_then(|default| value(default, &none))
            {
                Some(default) => default,
                None => continue,
            },
        };
        let value = coerced(value, &definition.variable_type);
        variables.insert(definition.name.clone(), value);
    }
    variables
}

fn coerced(value: Json, wanted: &TypeReference) -> Json {
    match (wanted, value) {
        (TypeReference::NonNull(inner), value) => coerced(value, inner),
        (TypeReference::List(_), Json::Null) => Json::Null,
        (TypeReference::List(element), Json::Array(items)) => {
            let items = items.into_iter().map(|item| coerced(item, element));
            Json::Array(items.collect())
        }
        (TypeReference::List(element), single) => Json::Array(vec![coerced(single, element)]),
        (TypeReference::Named(_), value) => value,
    }
}

/// A literal with its variables filled in; `None` when it is a variable that was not sent.
fn value(literal: &Literal, variables: &JsonObject) -> Option<Json> {
    match literal {
        Literal::Variable(name) => variables.get(name).cloned(),
        Literal::Scalar(scalar) => Some(scalar.clone()),
        Literal::List(items) => {
            let items = items.iter();
            let values = items.map(|item| value(item, variables).unwrap_or(Json::Null));
            Some(Json::Array(values.collect()))
        }
        Literal::Object(entries) => Some(Json::Object(filled(entries, variables))),
    }
}

/// Arguments and fields of an input object; what has a variable that was not sent is absent.
pub(super) fn filled(entries: &[(String, Literal)], variables: &JsonObject) -> JsonObject {
    entries
        .iter()
        .filter_map(|(name, literal)| Some((name.clone(), value(literal, variables)?)))
        .collect()
}
