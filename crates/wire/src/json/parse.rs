//! Text → [`Json`]. Recursion is bounded, nothing is allocated by a claim, nothing panics.

use super::{Json, JsonObject, Number};
use crate::error::{Error, Result};

/// Objects and lists inside each other. Python refuses at about 1,000; no logged value comes near
/// this, and it keeps the stack small.
pub const MAX_DEPTH: usize = 128;

/// One JSON value. `what` names the text in complaints.
///
/// # Errors
/// Anything that is not JSON (with bare `NaN`, `Infinity`, `-Infinity`), with the byte where it
/// stops being so; more than [`MAX_DEPTH`] levels.
pub fn parse(what: &'static str, text: &str) -> Result<Json> {
    let mut parser = Parser { what, text, at: 0 };
    parser.skip_space();
    let value = parser.value(0)?;
    parser.skip_space();
    match parser.peek() {
        None => Ok(value),
        Some(_) => Err(parser.problem("something follows after the value")),
    }
}

/// Like [`parse`], of bytes; what is not UTF-8 becomes U+FFFD, for a refusal would end an upload.
///
/// # Errors
/// As [`parse`].
pub fn parse_bytes(what: &'static str, bytes: &[u8]) -> Result<Json> {
    parse(what, &String::from_utf8_lossy(bytes))
}

/// Like [`parse`], where only an object will do.
///
/// # Errors
/// As [`parse`]; another kind of value.
pub fn parse_object(what: &'static str, text: &str) -> Result<JsonObject> {
    match parse(what, text)? {
        Json::Object(entries) => Ok(entries),
        other => Err(Error::Json {
            what,
            offset: 0,
            problem: format!("it is {}, an object is wanted", other.kind()),
        }),
    }
}

struct Parser<'a> {
    what: &'static str,
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Json> {
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
            None => Err(self.problem("it ends where a value is wanted")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json> {
        self.open(depth)?;
        let mut entries = JsonObject::new();
        if self.take(b'}') {
            return Ok(Json::Object(entries));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.problem("a key in quotes is wanted"));
            }
            let key = self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return Err(self.problem("':' is wanted after a key"));
            }
            self.skip_space();
            let value = self.value(depth + 1)?;
            entries.insert(key, value);
            self.skip_space();
            if self.take(b'}') {
                return Ok(Json::Object(entries));
            }
            if !self.take(b',') {
                return Err(self.problem("',' or '}' is wanted"));
            }
            self.skip_space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json> {
        self.open(depth)?;
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take(b']') {
                return Ok(Json::Array(items));
            }
            if !self.take(b',') {
                return Err(self.problem("',' or ']' is wanted"));
            }
            self.skip_space();
        }
    }

    /// Past a bracket and the space after it.
    fn open(&mut self, depth: usize) -> Result<()> {
        if depth >= MAX_DEPTH {
            return Err(self.problem(&format!("more than {MAX_DEPTH} levels")));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn word(&mut self) -> Result<Json> {
        const WORDS: [(&str, Json); 5] = [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
            ("NaN", Json::Number(Number::Float(f64::NAN))),
            ("Infinity", Json::Number(Number::Float(f64::INFINITY))),
        ];
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in WORDS {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.problem("a value is wanted"))
    }

    fn number(&mut self) -> Result<Json> {
        let start = self.at;
        let is_negative = self.take(b'-');
        if is_negative && self.rest_starts_with("Infinity") {
            self.at += "Infinity".len();
            return Ok(Json::float(f64::NEG_INFINITY));
        }
        let digits_start = self.at;
        self.digits()?;
        if self.at - digits_start > 1 && self.byte(digits_start) == Some(b'0') {
            self.at = digits_start;
            return Err(self.problem("a number must not begin with 0"));
        }
        let mut is_float = false;
        if self.take(b'.') {
            is_float = true;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            is_float = true;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        // Go writes a float -0.0 as `-0`.
        if is_float || text == "-0" {
            let value = text.parse().map_err(|_| self.problem("not a number"))?;
            return Ok(Json::float(value));
        }
        Ok(Json::Number(match text.parse() {
            Ok(value) => Number::Int(value),
            Err(_) => Number::Big(text.to_owned()),
        }))
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.problem("a digit is wanted"));
        }
        Ok(())
    }

    /// Control characters inside are let through: they were logged, and a refusal loses the line.
    fn string(&mut self) -> Result<String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\')) {
                self.at += 1;
            }
            let plain = self.text.get(start..self.at).unwrap_or_default();
            match self.peek() {
                None => return Err(self.problem("a string has no end")),
                Some(b'"') => {
                    self.at += 1;
                    if text.is_empty() {
                        return Ok(plain.to_owned());
                    }
                    text.push_str(plain);
                    return Ok(text);
                }
                Some(_) => {
                    text.push_str(plain);
                    self.at += 1;
                    text.push(self.escape()?);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char> {
        let escaped = self.peek();
        self.at += 1;
        Ok(match escaped {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode_escape()?,
            _ => {
                self.at -= 1;
                return Err(self.problem("an unknown escape"));
            }
        })
    }

    /// `\uD83D\uDE80` is one character; half of such a pair, which Python can write, is U+FFFD.
    fn unicode_escape(&mut self) -> Result<char> {
        let first = self.four_hex_digits()?;
        if !(0xd800..0xdc00).contains(&first) || !self.rest_starts_with("\\u") {
            return Ok(char::from_u32(first).unwrap_or('\u{fffd}'));
        }
        let before_second = self.at;
        self.at += 2;
        let second = self.four_hex_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = before_second;
            return Ok('\u{fffd}');
        }
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        Ok(char::from_u32(code).unwrap_or('\u{fffd}'))
    }

    fn four_hex_digits(&mut self) -> Result<u32> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        let is_hex = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex {
            return Err(self.problem("four hexadecimal digits are wanted after \\u"));
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| self.problem("not hexadecimal"))
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn peek(&self) -> Option<u8> {
        self.byte(self.at)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn rest_starts_with(&self, word: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        rest.starts_with(word.as_bytes())
    }

    fn problem(&self, problem: &str) -> Error {
        Error::Json {
            what: self.what,
            offset: self.at,
            problem: problem.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Json {
        parse("text", text).unwrap()
    }

    #[test]
    fn what_python_and_go_write() {
        assert_eq!(
            value(r#"{"a": NaN, "b": [Infinity, -Infinity], "c": 1.7952257146337326e+09}"#),
            Json::object([
                ("a", Json::float(f64::NAN)),
                (
                    "b",
                    Json::Array(vec![
                        Json::float(f64::INFINITY),
                        Json::float(f64::NEG_INFINITY)
                    ])
                ),
                ("c", Json::float(1_795_225_714.633_732_6)),
            ])
        );
        assert_eq!(value("9007199254740993"), Json::int(9_007_199_254_740_993));
        let big = "123456789012345678901234567890";
        assert_eq!(value(big), Json::Number(Number::Big(big.into())));
        assert_eq!(value("-0"), Json::float(-0.0));
        assert_eq!(value("1e400"), Json::float(f64::INFINITY));
        assert_eq!(
            value(r#"{"k":1,"k":2}"#),
            Json::object([("k", Json::int(2))])
        );
    }

    #[test]
    fn strings_with_escapes_surrogates_and_raw_controls() {
        assert_eq!(
            value(r#""a\"\\\/\b\f\n\r\tA""#),
            Json::text("a\"\\/\u{8}\u{c}\n\r\tA")
        );
        assert_eq!(
            value(r#""\ud83d\ude80 \ud83d x \ude80 \ud83dA""#).as_str(),
            Some("\u{1f680} \u{fffd} x \u{fffd} \u{fffd}A")
        );
        assert_eq!(value("\"a\nb\""), Json::text("a\nb"));
        assert_eq!(value("\"日本語\""), Json::text("日本語"));
    }

    #[test]
    fn complaints_name_the_place() {
        let problem = |text: &str| parse("row", text).unwrap_err().to_string();
        assert_eq!(
            problem("{\"a\":}"),
            "row is not JSON at byte 5: a value is wanted"
        );
        assert_eq!(
            problem("01"),
            "row is not JSON at byte 0: a number must not begin with 0"
        );
        assert_eq!(
            problem("[1 2]"),
            "row is not JSON at byte 3: ',' or ']' is wanted"
        );
        assert_eq!(
            problem("\"a"),
            "row is not JSON at byte 2: a string has no end"
        );
        assert_eq!(
            problem("{} x"),
            "row is not JSON at byte 3: something follows after the value"
        );
        assert!(problem("\"\\u12日\"").contains("four hexadecimal"));
        assert!(problem("").contains("it ends"));
    }

    #[test]
    fn depth_is_bounded_and_width_is_not() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse("x", &nested(MAX_DEPTH)).is_ok());
        assert!(parse("x", &nested(MAX_DEPTH + 1)).is_err());
        assert!(parse("x", &"[".repeat(1_000_000)).is_err());
        let wide = format!("[{}0]", "0,".repeat(100_000));
        assert_eq!(value(&wide).as_array().map(<[Json]>::len), Some(100_001));
    }

    proptest! {
        #[test]
        fn any_text_is_a_value_or_a_complaint(text in ".{0,200}") {
            let _ = parse("x", &text);
        }

        #[test]
        fn nearly_json_is_a_value_or_a_complaint(text in r#"[\[\]{}",:\\u0-9eE.+\-NaInfty ]{0,60}"#) {
            let _ = parse("x", &text);
        }

        #[test]
        fn floats_keep_their_bits(bits in any::<u64>()) {
            let float = Json::float(f64::from_bits(bits));
            prop_assert_eq!(value(&float.to_line()), float);
        }

        #[test]
        fn integers_and_texts_come_back(number in any::<i64>(), text in any::<String>()) {
            let before = Json::object([("n", Json::int(number)), ("t", Json::String(text))]);
            prop_assert_eq!(value(&before.to_line()), before);
        }
    }
}
