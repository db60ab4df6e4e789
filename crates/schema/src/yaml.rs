//! YAML mappings with line numbers: what recipes and tasks share.
//!
//! A file becomes a list of `(key, line, value)`; whoever reads it says which keys exist, and a
//! key that does not gets an error with its line and the nearest one that does.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::nearest::did_you_mean;

/// One complaint about a YAML file; `line` counts from 1, 0 when it is not known.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}{problem}", if *line > 0 { format!("line {line}: ") } else { String::new() })]
pub struct YamlError {
    pub line: u64,
    pub problem: String,
}

impl YamlError {
    pub fn new(line: u64, problem: impl Into<String>) -> Self {
        Self {
            line,
            problem: problem.into(),
        }
    }
}

/// One `key: value` of a mapping and the line its key stands on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub key: String,
    pub line: u64,
    pub value: Value,
}

/// The entries of a YAML document that is one mapping, in file order.
pub(crate) fn read_mapping(text: &str, what: &str) -> Result<Vec<Entry>, YamlError> {
    if text.trim().is_empty() {
        return Err(YamlError::new(0, format!("the {what} is empty")));
    }
    let entries: Entries = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |place| place.line());
        YamlError::new(
            line,
            format!("the {what} is not a YAML mapping: {}", first_line(&error)),
        )
    })?;
    Ok(entries.0)
}

/// A whole document as a typed value, for files whose keys serde knows (with
/// `deny_unknown_fields`). `what` names the kind of file in complaints.
///
/// # Errors
/// Text that is no such document, with its line; an unknown key is named with the nearest one.
pub fn read_yaml<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, YamlError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |place| place.line());
        let problem = first_line(&error);
        let hint = nearest_of_serde(&problem);
        YamlError::new(line, format!("the {what} can't be read: {problem}{hint}"))
    })
}

/// serde says "unknown field `a`, expected one of `b`, `c`" (saphyr without quotes in the list):
/// the nearest of those.
fn nearest_of_serde(problem: &str) -> String {
    if !problem.contains("unknown field") && !problem.contains("unknown variant") {
        return String::new();
    }
    let Some(word) = problem.split('`').nth(1) else {
        return String::new();
    };
    let known = problem.rsplit(" of ").next().unwrap_or_default();
    did_you_mean(word, known.split(", ").map(|name| name.trim_matches('`')))
}

/// A scalar or flow value as it stands on the right of `--set key=value`.
pub(crate) fn read_value(text: &str) -> Result<Value, YamlError> {
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str(text).map_err(|error| YamlError::new(0, first_line(&error)))
}

/// Any YAML document as a JSON value: files of other programs, whose keys are theirs.
///
/// # Errors
/// Text that is no YAML, with its line.
pub fn value_from_yaml(text: &str) -> Result<Value, YamlError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |place| place.line());
        YamlError::new(line, format!("not YAML: {}", first_line(&error)))
    })
}

/// A JSON value as YAML.
pub fn value_to_yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).expect("JSON values are scalars, lists and mappings")
}

pub(crate) fn unknown_key<'a>(
    entry: &Entry,
    inside: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> YamlError {
    let hint = did_you_mean(&entry.key, known);
    let place = if inside.is_empty() {
        String::new()
    } else {
        format!(" in '{inside}'")
    };
    YamlError::new(
        entry.line,
        format!("unknown key '{}'{place}{hint}", entry.key),
    )
}

/// The first line of the reader's message, without its own "line x column y" and snippet.
fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default();
    match line.find(" at line ") {
        Some(end) => line[..end].to_string(),
        None => line.to_string(),
    }
}

/// Any YAML value that remembers on which lines its keys stand, however deep.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Map(Vec<(String, u64, Node)>),
    List(Vec<Node>),
    Scalar(Value),
}

impl Node {
    pub(crate) fn to_value(&self) -> Value {
        match self {
            Self::Map(fields) => {
                let fields = fields.iter();
                Value::Object(
                    fields
                        .map(|(key, _, node)| (key.clone(), node.to_value()))
                        .collect(),
                )
            }
            Self::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Self::Scalar(value) => value.clone(),
        }
    }
}

/// The entries of a YAML document that is one mapping, with the lines of nested keys.
pub(crate) fn read_tree(text: &str, what: &str) -> Result<Vec<(String, u64, Node)>, YamlError> {
    // The flat reader words all complaints about documents that are no mapping.
    read_mapping(text, what)?;
    let tree = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(0, |place| place.line());
        YamlError::new(
            line,
            format!("the {what} can't be read: {}", first_line(&error)),
        )
    })?;
    match tree {
        Node::Map(fields) => Ok(fields),
        _ => Err(YamlError::new(
            0,
            format!("the {what} is not a YAML mapping"),
        )),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a YAML value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }

            fn visit_none<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut fields = Vec::new();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    let value = map.next_value()?;
                    fields.push((key.value, key.referenced.line(), value));
                }
                Ok(Node::Map(fields))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

struct Entries(Vec<Entry>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of keys to values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    let value = map.next_value::<Value>()?;
                    entries.push(Entry {
                        line: key.referenced.line(),
                        key: key.value,
                        value,
                    });
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_carry_their_lines() {
        let entries = read_mapping("# c\na: 1\nb:\n  c: 2e-3\n\nd: [x, y]\n", "recipe").unwrap();
        let lines: Vec<_> = entries.iter().map(|e| (e.key.as_str(), e.line)).collect();
        assert_eq!(lines, [("a", 2), ("b", 3), ("d", 6)]);
        assert_eq!(entries[1].value["c"], 2e-3);
    }

    #[test]
    fn what_is_no_mapping_is_refused_with_a_line() {
        for text in [
            "- a\n",
            "just text",
            "a: 1\na: 2\n",
            "a: [1\n",
            "a: 1\n b: 2\n",
            "  \n",
        ] {
            let error = read_mapping(text, "recipe").unwrap_err();
            assert!(error.to_string().contains("recipe"), "{text:?}: {error}");
        }
        assert_eq!(read_mapping("a: 1\na: 2\n", "recipe").unwrap_err().line, 2);
    }
}
