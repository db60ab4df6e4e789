//! Where in the JSON an answer stands, and which schema holds there.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::backend::Vocabulary;
use super::value_trie::ValueTrie;
use crate::Result;

/// One step from a JSON value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// Reads JSON byte by byte, as far as it is there, and knows the path of what comes next. It
/// follows text that a grammar already vouches for, and so checks nothing.
#[derive(Debug, Clone)]
pub(super) struct JsonCursor {
    path: Vec<Step>,
    state: State,
    /// Raw text of the key being read.
    key: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    Key,
    Text { is_key: bool, escaped: bool },
    Colon,
    Scalar,
    AfterValue,
}

impl JsonCursor {
    pub fn new() -> Self {
        Self {
            path: Vec::new(),
            state: State::Value,
            key: Vec::new(),
        }
    }

    /// The path of the value that starts with the next byte, if one does.
    pub fn value_path(&self) -> Option<&[Step]> {
        (self.state == State::Value).then_some(&self.path)
    }

    pub fn read(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.read_byte(byte);
        }
    }

    fn read_byte(&mut self, byte: u8) {
        if let State::Text { is_key, escaped } = self.state {
            self.read_text_byte(byte, is_key, escaped);
            return;
        }
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => {
                if self.state == State::Scalar {
                    self.state = State::AfterValue;
                }
            }
            b'{' => {
                self.path.push(Step::Key(String::new()));
                self.state = State::Key;
            }
            b'[' => {
                self.path.push(Step::Index(0));
                self.state = State::Value;
            }
            b'}' | b']' => {
                self.path.pop();
                self.state = State::AfterValue;
            }
            b',' => match self.path.last_mut() {
                Some(Step::Index(index)) => {
                    *index += 1;
                    self.state = State::Value;
                }
                _ => self.state = State::Key,
            },
            b':' => self.state = State::Value,
            b'"' => {
                let is_key = self.state == State::Key;
                self.key.clear();
                self.state = State::Text {
                    is_key,
                    escaped: false,
                };
            }
            _ => self.state = State::Scalar,
        }
    }

    fn read_text_byte(&mut self, byte: u8, is_key: bool, escaped: bool) {
        if byte == b'"' && !escaped {
            self.state = if is_key {
                State::Colon
            } else {
                State::AfterValue
            };
            if let (true, Some(Step::Key(key))) = (is_key, self.path.last_mut()) {
                let quoted = [b"\"", self.key.as_slice(), b"\""].concat();
                *key = serde_json::from_slice(&quoted).unwrap_or_default();
            }
            return;
        }
        if is_key {
            self.key.push(byte);
        }
        self.state = State::Text {
            is_key,
            escaped: byte == b'\\' && !escaped,
        };
    }
}

/// What stands at a place of the schema, as far as numbers go.
pub(super) enum Field {
    Other,
    /// An integer with a least and a greatest value, and how these are written in tokens.
    Number(Arc<ValueTrie>),
    /// Such an integer whose values cannot be listed: too many, or their tokens also hold what
    /// stands beside the number.
    UnlistedNumber,
}

/// The bounded integers of a schema.
pub(super) struct Fields {
    schema: Value,
    tries: HashMap<(i64, i64), Option<Arc<ValueTrie>>>,
}

impl Fields {
    pub fn new(schema: &Value, vocabulary: &dyn Vocabulary) -> Result<Self> {
        let mut ranges = Vec::new();
        collect_ranges(schema, &mut ranges);
        let mut tries = HashMap::new();
        for (minimum, maximum) in ranges {
            if let std::collections::hash_map::Entry::Vacant(entry) =
                tries.entry((minimum, maximum))
            {
                entry.insert(ValueTrie::build(minimum, maximum, vocabulary)?.map(Arc::new));
            }
        }
        Ok(Self {
            schema: schema.clone(),
            tries,
        })
    }

    pub fn at(&self, path: &[Step]) -> Field {
        let range = schema_at(&self.schema, path).and_then(integer_range);
        match range.map(|range| self.tries.get(&range)) {
            None => Field::Other,
            Some(Some(Some(trie))) => Field::Number(Arc::clone(trie)),
            Some(_) => Field::UnlistedNumber,
        }
    }
}

fn collect_ranges(schema: &Value, ranges: &mut Vec<(i64, i64)>) {
    ranges.extend(integer_range(schema));
    match schema {
        Value::Object(entries) => entries
            .values()
            .for_each(|value| collect_ranges(value, ranges)),
        Value::Array(items) => items.iter().for_each(|value| collect_ranges(value, ranges)),
        _ => {}
    }
}

fn schema_at<'a>(root: &'a Value, path: &[Step]) -> Option<&'a Value> {
    let mut schema = follow_reference(root, root)?;
    for step in path {
        let inner = match step {
            Step::Key(key) => schema.get("properties")?.get(key)?,
            Step::Index(index) => {
                match schema.get("prefixItems").and_then(|items| items.get(index)) {
                    Some(item) => item,
                    None => schema.get("items")?,
                }
            }
        };
        schema = follow_reference(root, inner)?;
    }
    Some(schema)
}

/// References within the schema (`#/$defs/score`), also of references, but not without end.
fn follow_reference<'a>(root: &'a Value, mut schema: &'a Value) -> Option<&'a Value> {
    const LONGEST_CHAIN: usize = 16;
    for _ in 0..LONGEST_CHAIN {
        match schema.get("$ref") {
            None => return Some(schema),
            Some(reference) => schema = root.pointer(reference.as_str()?.strip_prefix('#')?)?,
        }
    }
    None
}

/// Least and greatest value of an integer that nothing else restricts.
fn integer_range(schema: &Value) -> Option<(i64, i64)> {
    const SAYS_NOTHING_MORE: [&str; 11] = [
        "type",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "title",
        "description",
        "default",
        "examples",
        "$comment",
        "$schema",
    ];
    let object = schema.as_object()?;
    let plain = object.get("type")?.as_str()? == "integer"
        && object
            .keys()
            .all(|key| SAYS_NOTHING_MORE.contains(&key.as_str()));
    if !plain {
        return None;
    }
    let bound = |name: &str| object.get(name).and_then(Value::as_f64);
    let lowest = [
        bound("minimum").map(f64::ceil),
        bound("exclusiveMinimum").map(|bound| bound.floor() + 1.0),
    ];
    let highest = [
        bound("maximum").map(f64::floor),
        bound("exclusiveMaximum").map(|bound| bound.ceil() - 1.0),
    ];
    let minimum = lowest.into_iter().flatten().reduce(f64::max)?;
    let maximum = highest.into_iter().flatten().reduce(f64::min)?;
    // Beyond 2^53 not every integer is an f64.
    let exact = 9_007_199_254_740_992.0;
    let sound = minimum <= maximum && minimum >= -exact && maximum <= exact;
    sound.then_some((minimum as i64, maximum as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path_after(text: &str) -> Option<Vec<Step>> {
        let mut cursor = JsonCursor::new();
        cursor.read(text.as_bytes());
        cursor.value_path().map(<[Step]>::to_vec)
    }

    fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }

    #[test]
    fn the_cursor_knows_where_values_start() {
        assert_eq!(path_after(""), Some(vec![]));
        assert_eq!(path_after("{"), None);
        assert_eq!(path_after(r#"{"a"#), None);
        assert_eq!(path_after(r#"{"a":"#), Some(vec![key("a")]));
        assert_eq!(path_after(r#"{"a":1"#), None);
        assert_eq!(
            path_after(r#"{"a":1,"b\"\u0063":"#),
            Some(vec![key("b\"c")])
        );
        assert_eq!(path_after(r#"{"a":"x\\\"{:","b":"#), Some(vec![key("b")]));
        assert_eq!(
            path_after(r#"{"a":[1,{"b":2},"#),
            Some(vec![key("a"), Step::Index(2)])
        );
        assert_eq!(
            path_after(r#"{"a":[1,{"b":2}],"c":{"d":"#),
            Some(vec![key("c"), key("d")])
        );
        assert_eq!(
            path_after(r#"{"a": [1 , 2 ] , "c" : "#),
            Some(vec![key("c")])
        );
        assert_eq!(path_after(r#"{"a":1}"#), None);
    }

    #[test]
    fn ranges_are_found_through_nesting_and_references() {
        let schema = json!({
            "type": "object",
            "$defs": {"score": {"type": "integer", "minimum": 0, "maximum": 10}},
            "properties": {
                "a": {"$ref": "#/$defs/score"},
                "b": {"type": "object", "properties": {"c": {"type": "integer", "exclusiveMinimum": 0, "maximum": 5.5}}},
                "d": {"type": "array", "items": {"type": "integer", "minimum": -3, "maximum": 3}},
                "even": {"type": "integer", "minimum": 0, "maximum": 10, "multipleOf": 2},
                "loop": {"$ref": "#/properties/loop"},
            }
        });
        let range = |path: &[Step]| schema_at(&schema, path).and_then(integer_range);
        assert_eq!(range(&[key("a")]), Some((0, 10)));
        assert_eq!(range(&[key("b"), key("c")]), Some((1, 5)));
        assert_eq!(range(&[key("d"), Step::Index(4)]), Some((-3, 3)));
        assert_eq!(range(&[key("even")]), None);
        assert_eq!(range(&[key("loop")]), None);
        assert_eq!(range(&[key("missing")]), None);
    }

    #[test]
    fn bounds_that_hold_no_integer_are_no_range() {
        assert_eq!(
            integer_range(&json!({"type": "integer", "minimum": 3, "maximum": 2})),
            None
        );
        assert_eq!(
            integer_range(&json!({"type": "integer", "minimum": 0})),
            None
        );
        assert_eq!(
            integer_range(&json!({"type": "integer", "minimum": 0, "maximum": 1e300})),
            None
        );
    }
}
