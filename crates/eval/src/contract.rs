//! The output contract of a task: a JSON Schema, and what follows from it — which numbers are
//! scored and in what range, the order of the keys, and the grammar under which a model answers.

use gradus_schema::{AnswerKind, AnswerSpec, Scale};
use serde_json::{Map, Value, json};

use crate::extract::Extractor;
use crate::json::Json;

/// References and nesting in a schema are followed this far.
const MAX_SCHEMA_DEPTH: usize = 16;

/// One number of the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Keys from the top, joined by dots: what metrics are named after.
    pub name: String,
    pub integer: bool,
    /// The schema's bounds within the task's scale.
    pub minimum: f64,
    pub maximum: f64,
    path: Vec<String>,
}

impl Field {
    pub(crate) fn find<'a>(&self, object: &'a Json) -> Option<&'a Json> {
        self.path.iter().try_fold(object, |value, key| match value {
            Json::Object(entries) => entries.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        })
    }

    /// The field's number in a value that meets the contract.
    pub fn number_in(&self, value: &Value) -> Option<f64> {
        let found = self
            .path
            .iter()
            .try_fold(value, |value, key| value.get(key))?;
        found.as_f64()
    }

    /// Writes a number at the field's place: brought into the field's range and, for an integer,
    /// rounded half away from zero.
    pub(crate) fn write(&self, target: &mut Value, number: f64) {
        let number = number.clamp(self.minimum, self.maximum);
        self.put(target, if self.integer { number.round() } else { number });
    }

    /// Writes a number at the field's place as it is.
    pub(crate) fn put(&self, target: &mut Value, number: f64) {
        let mut place = target;
        let written = if self.integer || self.path.is_empty() {
            number_value(number)
        } else {
            json!(number)
        };
        let Some((last, parents)) = self.path.split_last() else {
            *place = written;
            return;
        };
        for key in parents {
            if !place.get(key).is_some_and(Value::is_object) {
                place[key] = Value::Object(Map::new());
            }
            place = &mut place[key];
        }
        place[last] = written;
    }
}

/// A compiled contract.
#[derive(Debug, Clone)]
pub struct Contract {
    /// SHA-256 of the schema file, hex.
    pub sha256: String,
    schema: Value,
    decoding_schema: Value,
    validator: jsonschema::Validator,
    fields: Vec<Field>,
    shape: Shape,
    form: AnswerForm,
    extractor: Extractor,
}

/// What an answer looks like from the outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerForm {
    /// A JSON object.
    Json,
    /// One of these words.
    Label(Vec<String>),
    /// A number by itself.
    Number,
    Text,
}

/// The keys of one object of the schema, with those of the objects within it.
#[derive(Debug, Clone, Default)]
struct Shape {
    /// In the schema's order, which is the order of a completion.
    keys: Vec<(String, Option<Shape>)>,
    required: Vec<String>,
    closed: bool,
}

impl Contract {
    /// Reads a schema. `scale` bounds every number that the schema leaves unbounded.
    ///
    /// # Errors
    /// Text that is no JSON, no valid schema, or one whose root is not an object with properties;
    /// bounds that lie outside the scale. The text names the property.
    pub fn from_json(text: &[u8], scale: Scale) -> Result<Self, String> {
        let schema: Value = serde_json::from_slice(text)
            .map_err(|error| format!("the contract is not JSON ({error})"))?;
        let validator = jsonschema::validator_for(&schema)
            .map_err(|error| format!("the contract is not a valid JSON Schema ({error})"))?;
        let root = resolve(&schema, &schema).unwrap_or(&schema);
        if root.get("properties").and_then(Value::as_object).is_none() {
            return Err(
                "the contract's root must be an object with `properties` (the keys of an answer)"
                    .to_owned(),
            );
        }
        let mut fields = Vec::new();
        let shape = read_shape(&schema, root, scale, &mut Vec::new(), &mut fields)?;
        let mut decoding_schema = schema.clone();
        tighten(&mut decoding_schema, scale, 0);
        Ok(Self {
            sha256: crate::hash::sha256_hex(text),
            schema,
            decoding_schema,
            validator,
            fields,
            shape,
            form: AnswerForm::Json,
            extractor: Extractor::default(),
        })
    }

    /// The contract of an answer that is no JSON. `scale` bounds the number of a number task.
    ///
    /// # Errors
    /// A pattern that is no regular expression; JSON, whose contract is a schema.
    pub fn of_answer(spec: &AnswerSpec, scale: Scale) -> Result<Self, String> {
        let form = match spec.kind {
            AnswerKind::Json => return Err("JSON answers need a `contract` file".to_owned()),
            AnswerKind::Label => AnswerForm::Label(spec.labels.clone()),
            AnswerKind::Number => AnswerForm::Number,
            AnswerKind::Text => AnswerForm::Text,
        };
        let (schema, fields) = match &form {
            AnswerForm::Label(labels) => (json!({"type": "string", "enum": labels}), Vec::new()),
            AnswerForm::Number => {
                let field = Field {
                    name: "number".to_owned(),
                    integer: false,
                    minimum: scale.min,
                    maximum: scale.max,
                    path: Vec::new(),
                };
                let bounds = json!({"type": "number", "minimum": scale.min, "maximum": scale.max});
                (bounds, vec![field])
            }
            AnswerForm::Json | AnswerForm::Text => (json!({"type": "string"}), Vec::new()),
        };
        let validator = jsonschema::validator_for(&schema)
            .map_err(|error| format!("the answer's schema is not valid ({error})"))?;
        let identity = json!({"answer": spec, "schema": schema});
        Ok(Self {
            sha256: crate::hash::sha256_hex(identity.to_string().as_bytes()),
            decoding_schema: schema.clone(),
            schema,
            validator,
            fields,
            shape: Shape::default(),
            form,
            extractor: Extractor::new(&spec.extract, spec.pattern.as_deref())?,
        })
    }

    /// Whether an answer can be held to it while it is written.
    pub fn has_grammar(&self) -> bool {
        matches!(self.form, AnswerForm::Json | AnswerForm::Label(_))
    }

    pub fn form(&self) -> &AnswerForm {
        &self.form
    }

    /// Whether answers are JSON objects, which a grammar can hold a model to.
    pub fn is_json(&self) -> bool {
        self.form == AnswerForm::Json
    }

    pub(crate) fn extractor(&self) -> &Extractor {
        &self.extractor
    }

    /// The scored numbers, in the schema's order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub fn schema(&self) -> &Value {
        &self.schema
    }

    /// The schema for a constrained decode: as strict as the parser, so that every number has
    /// bounds and no key but the declared ones can be written.
    pub fn decoding_schema(&self) -> &Value {
        &self.decoding_schema
    }

    /// Whether the JSON Schema accepts the value.
    pub fn admits(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// Why it does not, in the schema checker's words.
    pub fn complaint(&self, value: &Value) -> Option<String> {
        let error = self.validator.iter_errors(value).next()?;
        Some(error.to_string())
    }

    /// The value with its keys in the schema's order (others behind them, as they stand) and with
    /// whole numbers such as `7.0` written as `7` where the schema wants integers.
    pub fn ordered(&self, value: &Value) -> Value {
        let mut value = order(&self.shape, value);
        for field in self.fields.iter().filter(|field| field.integer) {
            if let Some(number) = field.number_in(&value)
                && number.fract() == 0.0
                && number.abs() < 9e15
            {
                let place = field
                    .path
                    .iter()
                    .try_fold(&mut value, |value, key| value.get_mut(key));
                if let Some(place) = place {
                    *place = json!(number as i64);
                }
            }
        }
        value
    }

    /// The keys of an answer, in the schema's order.
    pub(crate) fn top_keys(&self) -> Vec<&str> {
        self.shape
            .keys
            .iter()
            .map(|(key, _)| key.as_str())
            .collect()
    }

    pub(crate) fn lacks_required(&self, object: &Json) -> bool {
        lacks_required(&self.shape, object)
    }

    pub(crate) fn has_extra(&self, object: &Json) -> bool {
        has_extra(&self.shape, object)
    }
}

fn lacks_required(shape: &Shape, object: &Json) -> bool {
    let Json::Object(entries) = object else {
        return false;
    };
    let find = |key: &String| entries.iter().find(|(k, _)| k == key).map(|(_, v)| v);
    shape.required.iter().any(|key| find(key).is_none())
        || shape
            .keys
            .iter()
            .any(|(key, inner)| match (inner, find(key)) {
                (Some(inner), Some(value)) => lacks_required(inner, value),
                _ => false,
            })
}

fn has_extra(shape: &Shape, object: &Json) -> bool {
    let Json::Object(entries) = object else {
        return false;
    };
    entries.iter().any(
        |(key, value)| match shape.keys.iter().find(|(known, _)| known == key) {
            Some((_, Some(inner))) => has_extra(inner, value),
            Some((_, None)) => false,
            None => shape.closed,
        },
    )
}

fn order(shape: &Shape, value: &Value) -> Value {
    let Value::Object(entries) = value else {
        return value.clone();
    };
    let mut ordered = Map::new();
    for (key, inner) in &shape.keys {
        if let Some(value) = entries.get(key) {
            let value = match inner {
                Some(inner) => order(inner, value),
                None => value.clone(),
            };
            ordered.insert(key.clone(), value);
        }
    }
    for (key, value) in entries {
        if !ordered.contains_key(key) {
            ordered.insert(key.clone(), value.clone());
        }
    }
    Value::Object(ordered)
}

/// Follows local references (`#/$defs/level`).
fn resolve<'a>(root: &'a Value, mut schema: &'a Value) -> Option<&'a Value> {
    for _ in 0..MAX_SCHEMA_DEPTH {
        match schema.get("$ref").and_then(Value::as_str) {
            None => return Some(schema),
            Some(reference) => schema = root.pointer(reference.strip_prefix('#')?)?,
        }
    }
    None
}

fn read_shape(
    root: &Value,
    object: &Value,
    scale: Scale,
    path: &mut Vec<String>,
    fields: &mut Vec<Field>,
) -> Result<Shape, String> {
    let mut shape = Shape {
        closed: object.get("additionalProperties") == Some(&Value::Bool(false)),
        required: object
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|key| key.as_str().map(str::to_owned))
            .collect(),
        keys: Vec::new(),
    };
    let properties = object.get("properties").and_then(Value::as_object);
    for (key, property) in properties.into_iter().flatten() {
        path.push(key.clone());
        let property = resolve(root, property).unwrap_or(property);
        let kind = property.get("type").and_then(Value::as_str);
        let mut inner = None;
        if matches!(kind, Some("integer" | "number")) {
            let field = read_field(property, kind == Some("integer"), scale, path)?;
            fields.push(field);
            if !shape.required.contains(key) {
                // A number that may be missing could not be scored in every row.
                shape.required.push(key.clone());
            }
        } else if property.get("properties").is_some() && path.len() < MAX_SCHEMA_DEPTH {
            inner = Some(read_shape(root, property, scale, path, fields)?);
        }
        shape.keys.push((key.clone(), inner));
        path.pop();
    }
    Ok(shape)
}

fn read_field(
    property: &Value,
    integer: bool,
    scale: Scale,
    path: &[String],
) -> Result<Field, String> {
    let name = path.join(".");
    let bound = |key: &str| property.get(key).and_then(Value::as_f64);
    let step = if integer { 1.0 } else { 0.0 };
    let mut minimum = bound("minimum").or(bound("exclusiveMinimum").map(|value| value + step));
    let mut maximum = bound("maximum").or(bound("exclusiveMaximum").map(|value| value - step));
    let listed: Vec<f64> = property
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect();
    if !listed.is_empty() {
        minimum = minimum.or(listed.iter().copied().reduce(f64::min));
        maximum = maximum.or(listed.iter().copied().reduce(f64::max));
    }
    let (minimum, maximum) = (minimum.unwrap_or(scale.min), maximum.unwrap_or(scale.max));
    if minimum < scale.min || maximum > scale.max {
        return Err(format!(
            "the contract allows '{name}' from {minimum} to {maximum}, the task's scale is {} to {}; \
             make them agree",
            scale.min, scale.max
        ));
    }
    if minimum > maximum {
        return Err(format!(
            "the contract leaves '{name}' no value (minimum {minimum}, maximum {maximum})"
        ));
    }
    Ok(Field {
        name,
        integer,
        minimum,
        maximum,
        path: path.to_vec(),
    })
}

/// Makes a schema say what the parser demands anyway: bounds on numbers, closed objects, numbers
/// required.
fn tighten(schema: &mut Value, scale: Scale, depth: usize) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    match object.get("type").and_then(Value::as_str) {
        Some("integer" | "number") => {
            let listed = object.contains_key("enum") || object.contains_key("const");
            for (key, exclusive, bound) in [
                ("minimum", "exclusiveMinimum", scale.min),
                ("maximum", "exclusiveMaximum", scale.max),
            ] {
                if !listed && !object.contains_key(key) && !object.contains_key(exclusive) {
                    object.insert(key.to_owned(), number_value(bound));
                }
            }
        }
        _ if object.contains_key("properties") && depth < MAX_SCHEMA_DEPTH => {
            tighten_object(object, scale, depth);
        }
        _ => {}
    }
    for key in ["$defs", "definitions"] {
        if let Some(definitions) = object.get_mut(key).and_then(Value::as_object_mut) {
            for (_, definition) in definitions {
                tighten(definition, scale, depth + 1);
            }
        }
    }
}

fn tighten_object(object: &mut Map<String, Value>, scale: Scale, depth: usize) {
    let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    let mut numbers = Vec::new();
    for (key, property) in properties {
        tighten(property, scale, depth + 1);
        if matches!(
            property.get("type").and_then(Value::as_str),
            Some("integer" | "number")
        ) {
            numbers.push(Value::String(key.clone()));
        }
    }
    let required = object
        .entry("required")
        .or_insert_with(|| Value::Array(Vec::new()));
    if let Some(required) = required.as_array_mut() {
        for key in numbers {
            if !required.contains(&key) {
                required.push(key);
            }
        }
    }
    object
        .entry("additionalProperties")
        .or_insert(Value::Bool(false));
}

/// Whole numbers without a decimal point, as schema readers like them.
pub(crate) fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        json!(number as i64)
    } else {
        json!(number)
    }
}

#[cfg(test)]
#[path = "contract_tests.rs"]
mod tests;
