//! JSON as Python and Go programs really write it: bare `NaN`, `Infinity` and `-Infinity`, integers
//! beyond 2^53, `-0`. What was read can be written back without a changed value.
//!
//! The logged line itself is kept by whoever stores it; these values are derived from it.

mod parse;
mod path;
mod write;

use indexmap::IndexMap;

pub use parse::{MAX_DEPTH, parse, parse_bytes, parse_object};
pub use path::{remove_path, set_path};

/// In the order of the text; of a doubled key the last value counts, as in Python.
pub type JsonObject = IndexMap<String, Json>;

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Json>),
    Object(JsonObject),
}

/// Equal means the same value bit for bit: NaN equals NaN, 0.0 differs from -0.0, 1 from 1.0.
#[derive(Debug, Clone)]
pub enum Number {
    Int(i64),
    /// An integer outside of i64, as its digits.
    Big(String),
    Float(f64),
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Big(a), Self::Big(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => {
                a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
            }
            _ => false,
        }
    }
}

impl Number {
    /// The nearest f64; exact for integers up to 2^53.
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Int(value) => *value as f64,
            Self::Big(digits) => digits.parse().unwrap_or(f64::NAN),
            Self::Float(value) => *value,
        }
    }

    /// The whole number it is, also when it was written as `5.0` or `5e3`.
    pub fn as_i64(&self) -> Option<i64> {
        const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
        match self {
            Self::Int(value) => Some(*value),
            Self::Big(_) => None,
            Self::Float(value) => {
                let is_whole = value.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(value);
                is_whole.then_some(*value as i64)
            }
        }
    }
}

impl Json {
    pub fn text(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    pub fn int(value: i64) -> Self {
        Self::Number(Number::Int(value))
    }

    pub fn float(value: f64) -> Self {
        Self::Number(Number::Float(value))
    }

    pub fn object<const N: usize>(entries: [(&str, Json); N]) -> Self {
        let entries = entries.into_iter();
        Self::Object(
            entries
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number.as_f64()),
            _ => None,
        }
    }

    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_object(&self) -> Option<&JsonObject> {
        match self {
            Self::Object(entries) => Some(entries),
            _ => None,
        }
    }

    /// A value of an object by its key; `None` also where this is no object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.as_object()?.get(key)
    }

    /// What kind of value it is, in the words of JSON, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Number::Int(whole),
                (None, Some(float)) if number.is_f64() => Number::Float(float),
                _ => Number::Big(number.to_string()),
            }),
            Value::String(text) => Self::String(text),
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Value::Object(entries) => Self::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, Self::from(value)))
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equality_is_bit_for_bit() {
        assert_eq!(Json::float(f64::NAN), Json::float(-f64::NAN));
        assert_ne!(Json::float(0.0), Json::float(-0.0));
        assert_ne!(Json::int(1), Json::float(1.0));
    }

    #[test]
    fn whole_numbers_in_any_spelling() {
        assert_eq!(Json::float(5.0).as_i64(), Some(5));
        assert_eq!(Json::float(5.5).as_i64(), None);
        assert_eq!(Json::float(f64::NAN).as_i64(), None);
        assert_eq!(Json::float(9_223_372_036_854_775_808.0).as_i64(), None);
        assert_eq!(
            Json::float(-9_223_372_036_854_775_808.0).as_i64(),
            Some(i64::MIN)
        );
    }

    #[test]
    fn values_of_serde_keep_big_integers() {
        let value = serde_json::json!({"a": u64::MAX, "b": 0.5, "c": [-1, null]});
        let expected = parse(
            "value",
            r#"{"a":18446744073709551615,"b":0.5,"c":[-1,null]}"#,
        );
        assert_eq!(Json::from(value), expected.unwrap());
    }
}
