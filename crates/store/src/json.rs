//! JSON lines as the tracker's client writes them: bare NaN and Infinity are numbers. Only the top
//! level is taken apart; a value stays the text that was sent.

use std::borrow::Cow;

use crate::number::{self, Number};

/// How the members of a line are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `{"a":1,"b":2}`
    Compact,
    /// `{"a": 1, "b": 2}`
    Spaced,
    /// Any other.
    Other,
}

/// One typed value of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    F64(f64),
    I64(i64),
    /// Above the range of `I64`.
    U64(u64),
    /// A string, list, object, `true`, `false` or `null`, or an integer of more than 64 bits, as
    /// the JSON text that was sent.
    Json(Box<str>),
}

impl Value {
    pub fn from_token(token: &str) -> Self {
        match number::parse(token) {
            Some(Number::I64(value)) => Self::I64(value),
            Some(Number::U64(value)) => Self::U64(value),
            Some(Number::F64(value)) => Self::F64(value),
            None => Self::Json(token.into()),
        }
    }

    /// The nearest float of a number; `None` for everything else.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::F64(value) => Some(*value),
            Self::I64(value) => Some(*value as f64),
            Self::U64(value) => Some(*value as f64),
            Self::Json(token) => number::is_integer(token)
                .then(|| token.parse().ok())
                .flatten(),
        }
    }
}

/// Hands key (raw, between its quotes) and value (raw) of each member to `each`.
///
/// # Errors
/// What is wrong, when the text is no JSON object; members before that were handed over.
pub fn members<'a>(
    line: &'a str,
    mut each: impl FnMut(&'a str, &'a str),
) -> Result<Layout, &'static str> {
    let bytes = line.as_bytes();
    let mut at = skip_space(bytes, 0);
    if bytes.get(at) != Some(&b'{') {
        return Err("the line is no JSON object");
    }
    let (mut compact, mut spaced) = (at == 0, at == 0);
    at += 1;
    let mut next = skip_space(bytes, at);
    if bytes.get(next) == Some(&b'}') {
        let is_plain = compact && next == at && next + 1 == bytes.len();
        return match skip_space(bytes, next + 1) {
            end if end == bytes.len() && is_plain => Ok(Layout::Compact),
            end if end == bytes.len() => Ok(Layout::Other),
            _ => Err("text follows the object"),
        };
    }
    let mut is_first = true;
    loop {
        let space = next - at;
        let is_one_blank = space == 1 && bytes[at] == b' ';
        compact &= space == 0;
        spaced &= if is_first { space == 0 } else { is_one_blank };
        is_first = false;
        let key_end = string_end(bytes, next)?;
        let key = &line[next + 1..key_end - 1];
        let colon = skip_space(bytes, key_end);
        if bytes.get(colon) != Some(&b':') {
            return Err("a key is not followed by a colon");
        }
        let value = skip_space(bytes, colon + 1);
        let space = value - colon - 1;
        compact &= colon == key_end && space == 0;
        spaced &= colon == key_end && space == 1 && bytes[colon + 1] == b' ';
        let value_end = value_end(line, value)?;
        each(key, &line[value..value_end]);
        at = skip_space(bytes, value_end);
        let is_tight = at == value_end;
        compact &= is_tight;
        spaced &= is_tight;
        match bytes.get(at) {
            Some(b',') => at += 1,
            Some(b'}') => break,
            _ => return Err("a value is not followed by a comma or the end"),
        }
        next = skip_space(bytes, at);
    }
    let end = skip_space(bytes, at + 1);
    if end != bytes.len() {
        return Err("text follows the object");
    }
    if at + 1 != end {
        return Ok(Layout::Other);
    }
    Ok(match (compact, spaced) {
        (true, _) => Layout::Compact,
        (_, true) => Layout::Spaced,
        _ => Layout::Other,
    })
}

/// The name that a raw key stands for.
pub fn key_name(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    match serde_json::from_str::<String>(&format!("\"{raw}\"")) {
        Ok(name) => Cow::Owned(name),
        Err(_) => Cow::Borrowed(raw),
    }
}

/// Whether the raw key is what `put_key` writes for its name.
pub fn is_canonical_key(raw: &str) -> bool {
    let is_plain = |byte: u8| byte >= 0x20 && byte != b'\\' && byte != b'"';
    raw.bytes().all(is_plain) || {
        let mut written = String::new();
        put_key(&key_name(raw), &mut written);
        written.len() == raw.len() + 2 && &written[1..written.len() - 1] == raw
    }
}

/// A name as a JSON string with its quotes.
pub fn put_key(name: &str, out: &mut String) {
    // Serialising a string can't fail.
    out.push_str(&serde_json::to_string(name).unwrap_or_default());
}

/// The raw value of a path: a literal key wins over the way through nested objects.
pub fn find<'a>(object: &'a str, path: &str) -> Option<&'a str> {
    let mut literal = None;
    let mut parents: Vec<(&str, &str)> = Vec::new();
    members(object, |key, value| {
        let name = key_name(key);
        if name == path {
            literal = Some(value);
        } else if let Some(rest) = path.strip_prefix(name.as_ref())
            && let Some(rest) = rest.strip_prefix('.')
            && value.starts_with('{')
        {
            // The rest is named by its length, since `path` outlives the closure.
            parents.push((value, &path[path.len() - rest.len()..]));
        }
    })
    .ok()?;
    literal.or_else(|| {
        let mut nested = parents.into_iter();
        nested.find_map(|(value, rest)| find(value, rest))
    })
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The place after the string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> Result<usize, &'static str> {
    if bytes.get(at) != Some(&b'"') {
        return Err("a key is no string");
    }
    let mut at = at + 1;
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
            None => return Err("a string does not end"),
        }
    }
}

/// The place after the value that begins at `at`. Of nested values only brackets and strings are
/// looked at.
fn value_end(line: &str, at: usize) -> Result<usize, &'static str> {
    let bytes = line.as_bytes();
    match bytes.get(at) {
        Some(b'"') => string_end(bytes, at),
        Some(b'{' | b'[') => nested_end(bytes, at),
        Some(_) => {
            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
            let length = bytes[at..].iter().position(is_end);
            let end = length.map_or(bytes.len(), |length| at + length);
            let token = &line[at..end];
            let is_word = matches!(token, "true" | "false" | "null");
            if is_word || number::is_integer(token) || number::parse(token).is_some() {
                Ok(end)
            } else {
                Err("a value is no JSON")
            }
        }
        None => Err("a value is missing"),
    }
}

fn nested_end(bytes: &[u8], at: usize) -> Result<usize, &'static str> {
    let mut open = Vec::new();
    let mut at = at;
    loop {
        match bytes.get(at) {
            Some(b'"') => {
                at = string_end(bytes, at)?;
                continue;
            }
            Some(b'{') => open.push(b'}'),
            Some(b'[') => open.push(b']'),
            Some(close @ (b'}' | b']')) => {
                if open.pop() != Some(*close) {
                    return Err("brackets do not fit");
                }
                if open.is_empty() {
                    return Ok(at + 1);
                }
            }
            Some(_) => {}
            None => return Err("a bracket is not closed"),
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Taken<'a> = (Layout, Vec<(&'a str, &'a str)>);

    fn taken(line: &str) -> Result<Taken<'_>, &'static str> {
        let mut found = Vec::new();
        let layout = members(line, |key, value| found.push((key, value)))?;
        Ok((layout, found))
    }

    #[test]
    fn lines_come_apart_and_keep_their_texts() {
        let (layout, found) = taken(r#"{"a":1.50,"b\n":[1,"]"],"c":-Infinity,"_step":3}"#).unwrap();
        assert_eq!(layout, Layout::Compact);
        let expected = [
            ("a", "1.50"),
            ("b\\n", r#"[1,"]"]"#),
            ("c", "-Infinity"),
            ("_step", "3"),
        ];
        assert_eq!(found, expected);
        assert_eq!(taken(r#"{"a": 1, "b": NaN}"#).unwrap().0, Layout::Spaced);
        assert_eq!(taken(r#"{"a":1, "b": 2}"#).unwrap().0, Layout::Other);
        assert_eq!(taken(r#" {"a":1}"#).unwrap().0, Layout::Other);
        assert_eq!(taken("{}").unwrap(), (Layout::Compact, vec![]));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for line in [
            "",
            "{",
            "[1]",
            "12",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1"#,
            r#"{"a":1} x"#,
            r#"{a:1}"#,
            r#"{"a":[1}"#,
            r#"{"a":"x}"#,
            r#"{"a":nope}"#,
            r#"{"a":1,}"#,
            r#"{"a":01}"#,
        ] {
            assert!(taken(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_literal_key_wins_over_a_path() {
        let line = r#"{"a":{"b":{"c":1},"b.c":2},"a.b.c":3,"x":{"y":{"z":4}}}"#;
        assert_eq!(find(line, "a.b.c"), Some("3"));
        assert_eq!(find(line, "x.y.z"), Some("4"));
        assert_eq!(find(line, "x.y"), Some(r#"{"z":4}"#));
        assert_eq!(find(line, "x.q"), None);
    }

    #[test]
    fn deep_nesting_is_no_recursion() {
        let deep = format!(
            "{{\"a\":{}{}}}",
            "[".repeat(1_000_000),
            "]".repeat(1_000_000)
        );
        assert!(taken(&deep).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC*") {
            let _ = taken(&text);
            let _ = taken(&format!("{{{text}}}"));
            let _ = find(&text, "a.b");
        }

        #[test]
        fn any_key_is_found_again(key: String) {
            let mut quoted = String::new();
            put_key(&key, &mut quoted);
            let line = format!("{{{quoted}:1}}");
            let (_, found) = taken(&line).unwrap();
            prop_assert_eq!(key_name(found[0].0), key.as_str());
            prop_assert!(is_canonical_key(found[0].0));
        }
    }
}
