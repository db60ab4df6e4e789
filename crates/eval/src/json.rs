//! A JSON reader that keeps what `serde_json` throws away and a contract needs: keys that occur
//! twice, how a number was spelled (`7.0` is not `7`), the non-numbers `NaN` and `Infinity`, and
//! where a value ends. The text is whatever a model wrote, so depth is limited and nothing
//! recurses or allocates by the text's own claim. RFC 8259, and nothing laxer.

/// Nesting deeper than this is refused, as the stack is finite.
const MAX_DEPTH: usize = 64;

/// One value as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// The number's own characters.
    Number(String),
    /// `NaN`, `Infinity` or `-Infinity`: Python and JavaScript print them, JSON has none.
    NonFinite,
    String(String),
    Array(Vec<Json>),
    /// In the order of the text, doubles kept.
    Object(Vec<(String, Json)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// The text ends inside the value.
    Unterminated,
    /// Not JSON, or nested too deeply.
    Malformed,
}

impl Json {
    /// The first of this object's (or a nested object's) keys that occurs twice.
    pub(crate) fn duplicate_key(&self) -> Option<&str> {
        match self {
            Json::Array(items) => items.iter().find_map(Json::duplicate_key),
            Json::Object(entries) => {
                let mut seen = std::collections::BTreeSet::new();
                entries
                    .iter()
                    .find(|(key, _)| !seen.insert(key))
                    .map(|(key, _)| key.as_str())
                    .or_else(|| entries.iter().find_map(|(_, value)| value.duplicate_key()))
            }
            _ => None,
        }
    }

    /// Whether a number in it has no finite value as a double: `NaN`, `Infinity`, `1e999`.
    /// (A whole number of any length counts as finite; it is merely far out of range.)
    pub(crate) fn has_non_finite(&self) -> bool {
        match self {
            Json::NonFinite => true,
            Json::Number(text) => {
                !is_integer_literal(text)
                    && !text
                        .parse::<f64>()
                        .is_ok_and(|value: f64| value.is_finite())
            }
            Json::Array(items) => items.iter().any(Json::has_non_finite),
            Json::Object(entries) => entries.iter().any(|(_, value)| value.has_non_finite()),
            _ => false,
        }
    }

    /// As `serde_json` would hold it; the last of two equal keys wins. Numbers that don't fit
    /// become the largest double of their sign, which no sensible bound admits.
    pub(crate) fn to_serde(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Json::Null | Json::NonFinite => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(text) => Value::Number(number_from_literal(text)),
            Json::String(text) => Value::String(text.clone()),
            Json::Array(items) => Value::Array(items.iter().map(Json::to_serde).collect()),
            Json::Object(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), value.to_serde()))
                    .collect(),
            ),
        }
    }
}

/// Digits with an optional minus: what a contract that says "integer" wants to see.
pub(crate) fn is_integer_literal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn number_from_literal(text: &str) -> serde_json::Number {
    if let Ok(value) = text.parse::<i64>() {
        return value.into();
    }
    if let Ok(value) = text.parse::<u64>() {
        return value.into();
    }
    let value = text
        .parse::<f64>()
        .unwrap_or(f64::MAX)
        .clamp(-f64::MAX, f64::MAX);
    serde_json::Number::from_f64(value).unwrap_or_else(|| 0.into())
}

/// Reads the value that starts at `text[start]` (no white space before it) and gives it with the
/// index just behind it.
pub(crate) fn read_value(text: &str, start: usize) -> Result<(Json, usize), ReadError> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: start,
    };
    let value = reader.value(0)?;
    Ok((value, reader.at))
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::Malformed);
        }
        match self.peek().ok_or(ReadError::Unterminated)? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => Ok(Json::String(self.string()?)),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            b'N' => self.word("NaN", Json::NonFinite),
            b'I' => self.word("Infinity", Json::NonFinite),
            b'-' if self.bytes.get(self.at + 1) == Some(&b'I') => {
                self.word("-Infinity", Json::NonFinite)
            }
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(ReadError::Malformed),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, ReadError> {
        self.at += 1;
        let mut entries = Vec::new();
        self.skip_white_space();
        if self.take(b'}') {
            return Ok(Json::Object(entries));
        }
        loop {
            self.skip_white_space();
            if self.peek().ok_or(ReadError::Unterminated)? != b'"' {
                return Err(ReadError::Malformed);
            }
            let key = self.string()?;
            self.skip_white_space();
            self.expect(b':')?;
            self.skip_white_space();
            entries.push((key, self.value(depth + 1)?));
            self.skip_white_space();
            if self.take(b'}') {
                return Ok(Json::Object(entries));
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, ReadError> {
        self.at += 1;
        let mut items = Vec::new();
        self.skip_white_space();
        if self.take(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            self.skip_white_space();
            items.push(self.value(depth + 1)?);
            self.skip_white_space();
            if self.take(b']') {
                return Ok(Json::Array(items));
            }
            self.expect(b',')?;
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, ReadError> {
        let rest = &self.bytes[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else if word.as_bytes().starts_with(rest) {
            Err(ReadError::Unterminated)
        } else {
            Err(ReadError::Malformed)
        }
    }

    /// `-? (0 | [1-9][0-9]*) (\.[0-9]+)? ([eE][+-]?[0-9]+)?`
    fn number(&mut self) -> Result<Json, ReadError> {
        let start = self.at;
        self.take(b'-');
        let leading_zero = self.peek() == Some(b'0');
        let digits = self.digits()?;
        if leading_zero && digits > 1 {
            return Err(ReadError::Malformed);
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(Json::Number(self.text[start..self.at].to_owned()))
    }

    /// One digit or more; how many.
    fn digits(&mut self) -> Result<usize, ReadError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        match self.at - start {
            0 if self.at == self.bytes.len() => Err(ReadError::Unterminated),
            0 => Err(ReadError::Malformed),
            count => Ok(count),
        }
    }

    /// The cursor stands on the opening quote.
    fn string(&mut self) -> Result<String, ReadError> {
        self.at += 1;
        let mut content = String::new();
        loop {
            let start = self.at;
            while self
                .peek()
                .is_some_and(|byte| byte != b'"' && byte != b'\\' && byte >= 0x20)
            {
                self.at += 1;
            }
            content.push_str(&self.text[start..self.at]);
            match self.peek().ok_or(ReadError::Unterminated)? {
                b'"' => {
                    self.at += 1;
                    return Ok(content);
                }
                b'\\' => content.push(self.escape()?),
                _ => return Err(ReadError::Malformed),
            }
        }
    }

    fn escape(&mut self) -> Result<char, ReadError> {
        self.at += 1;
        let letter = self.peek().ok_or(ReadError::Unterminated)?;
        self.at += 1;
        Ok(match letter {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(ReadError::Malformed),
        })
    }

    /// Four hex digits, or two such escapes for what lies beyond the basic plane.
    fn unicode_escape(&mut self) -> Result<char, ReadError> {
        let first = self.hex4()?;
        if !(0xD800..0xDC00).contains(&first) {
            return char::from_u32(first).ok_or(ReadError::Malformed);
        }
        self.expect(b'\\')?;
        self.expect(b'u')?;
        let second = self.hex4()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(ReadError::Malformed);
        }
        char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            .ok_or(ReadError::Malformed)
    }

    fn hex4(&mut self) -> Result<u32, ReadError> {
        let mut value = 0;
        for _ in 0..4 {
            let byte = self.peek().ok_or(ReadError::Unterminated)?;
            let digit = char::from(byte).to_digit(16).ok_or(ReadError::Malformed)?;
            value = value * 16 + digit;
            self.at += 1;
        }
        Ok(value)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), ReadError> {
        match self.peek() {
            None => Err(ReadError::Unterminated),
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(ReadError::Malformed),
        }
    }

    fn skip_white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            r#"{"a":1,"b":[true,false,null,-2.5e3],"c":{"d":"x\né😀😀"}}"#,
            "[]",
            "{}",
            "0",
            "-0.5",
            r#""""#,
        ] {
            let (value, end) = read_value(text, 0).unwrap();
            assert_eq!(end, text.len());
            assert_eq!(
                value.to_serde(),
                serde_json::from_str::<serde_json::Value>(text).unwrap(),
                "{text}"
            );
        }
    }

    #[test]
    fn tells_the_end_of_the_text_from_a_mistake() {
        for text in [
            "{",
            "{\"a",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "[1",
            "tru",
            "-",
            "1.",
            "\"\\u00",
            "Na",
        ] {
            assert_eq!(read_value(text, 0), Err(ReadError::Unterminated), "{text}");
        }
        for text in [
            "{a",
            "{\"a\" 1",
            "{\"a\":1,}",
            "[1,]",
            "01",
            "1.x",
            "\"\u{1}\"",
            "\"\\x\"",
            "\"\\ud800x\"",
            "nul!",
        ] {
            assert_eq!(read_value(text, 0), Err(ReadError::Malformed), "{text}");
        }
    }

    #[test]
    fn deep_nesting_and_huge_numbers_are_safe() {
        let deep = "[".repeat(1_000_000);
        assert_eq!(read_value(&deep, 0), Err(ReadError::Malformed));
        let long = "9".repeat(100_000);
        let (value, _) = read_value(&long, 0).unwrap();
        assert!(!value.has_non_finite());
        assert_eq!(value.to_serde().as_f64(), Some(f64::MAX));
        assert!(read_value("1e999", 0).unwrap().0.has_non_finite());
    }

    #[test]
    fn duplicates_are_found_at_any_depth() {
        let (value, _) = read_value(r#"{"a":1,"b":[{"c":1,"c":2}]}"#, 0).unwrap();
        assert_eq!(value.duplicate_key(), Some("c"));
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,60}", start in 0usize..4) {
            if text.is_char_boundary(start) {
                let _ = read_value(&text, start);
            }
        }

        #[test]
        fn agrees_with_serde_json_on_text_like_json(text in r#"[\[\]{}",:0-9a-e. \\nu-]{0,24}"#) {
            let ours = read_value(&text, 0).ok().filter(|(_, end)| *end == text.len());
            let theirs = serde_json::from_str::<serde_json::Value>(&text).ok();
            match (ours, theirs) {
                (Some((value, _)), Some(expected)) => {
                    // Of two equal keys both keep the last; numbers have tests of their own.
                    prop_assert_eq!(without_numbers(&value.to_serde()), without_numbers(&expected));
                }
                (Some((value, _)), None) => prop_assert!(value.has_non_finite(), "{text}"),
                (None, Some(expected)) => {
                    // serde_json also allows white space around the value.
                    prop_assert!(text.trim() != text, "{expected}");
                }
                (None, None) => {}
            }
        }
    }

    fn without_numbers(value: &serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::Number(_) => Value::Null,
            Value::Array(items) => items.iter().map(without_numbers).collect(),
            Value::Object(entries) => {
                let blank = |(key, value): (&String, &Value)| (key.clone(), without_numbers(value));
                Value::Object(entries.iter().map(blank).collect())
            }
            other => other.clone(),
        }
    }
}
