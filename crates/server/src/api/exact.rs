//! Values as they were logged, in JSON that every reader takes: NaN and infinities are texts.

use gradus_wire::json::Number;
use gradus_wire::{Json, json};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A logged value.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact(pub Json);

/// A number; `"NaN"`, `"Infinity"` and `"-Infinity"` are texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Float(pub f64);

impl Exact {
    /// A configuration or a summary, which the store keeps as text; `{}` where there is none.
    pub fn object(text: Option<&str>) -> Self {
        let parsed = json::parse_object("a run", text.unwrap_or("{}"));
        // What is kept was read when it came.
        Self(Json::Object(parsed.unwrap_or_default()))
    }
}

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            value if value.is_finite() => serializer.serialize_f64(value),
            value if value.is_nan() => serializer.serialize_str("NaN"),
            value if value > 0.0 => serializer.serialize_str("Infinity"),
            _ => serializer.serialize_str("-Infinity"),
        }
    }
}

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

struct Borrowed<'a>(&'a Json);

impl Serialize for Borrowed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self.0, serializer)
    }
}

fn serialize<S: Serializer>(value: &Json, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Json::Null => serializer.serialize_unit(),
        Json::Bool(value) => serializer.serialize_bool(*value),
        Json::Number(Number::Int(value)) => serializer.serialize_i64(*value),
        Json::Number(Number::Float(value)) => Float(*value).serialize(serializer),
        // Beyond 128 bits the digits are a text.
        Json::Number(Number::Big(digits)) => match digits.parse::<u128>() {
            Ok(value) => serializer.serialize_u128(value),
            Err(_) => serializer.serialize_str(digits),
        },
        Json::String(text) => serializer.serialize_str(text),
        Json::Array(items) => {
            let mut list = serializer.serialize_seq(Some(items.len()))?;
            for item in items {
                list.serialize_element(&Borrowed(item))?;
            }
            list.end()
        }
        Json::Object(entries) => {
            let mut map = serializer.serialize_map(Some(entries.len()))?;
            for (key, value) in entries {
                map.serialize_entry(key, &Borrowed(value))?;
            }
            map.end()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_strictly_and_exactly() {
        let text =
            r#"{"a":[NaN,-Infinity,1.0,9007199254740993,18446744073709551615,null,true,"x"]}"#;
        let value = Exact::object(Some(text));
        assert_eq!(
            serde_json::to_string(&value).unwrap(),
            r#"{"a":["NaN","-Infinity",1.0,9007199254740993,18446744073709551615,null,true,"x"]}"#
        );
        assert_eq!(serde_json::to_string(&Exact::object(None)).unwrap(), "{}");
    }
}
