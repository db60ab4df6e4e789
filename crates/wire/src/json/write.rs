//! [`Json`] → text, in the two dialects that the `wandb` client reads.

use std::fmt::Write as _;

use super::{Json, Number};

/// How a number that JSON has no word for is written.
#[derive(Clone, Copy)]
enum NonFinite {
    /// `NaN`: inside of strings that Python's parser reads (history lines, summaries).
    Bare,
    /// `"NaN"`: in raw answers, whose strict reader would refuse the whole body.
    Quoted,
}

impl Json {
    /// As a line of history or the text of a JSONString: NaN and infinities stand bare, as the
    /// client wrote them.
    pub fn to_line(&self) -> String {
        let mut text = String::new();
        write(self, NonFinite::Bare, &mut text);
        text
    }

    /// As strict JSON, for bodies: NaN and infinities are strings.
    pub fn to_strict(&self) -> String {
        let mut text = String::new();
        write(self, NonFinite::Quoted, &mut text);
        text
    }
}

fn write(value: &Json, non_finite: NonFinite, text: &mut String) {
    match value {
        Json::Null => text.push_str("null"),
        Json::Bool(true) => text.push_str("true"),
        Json::Bool(false) => text.push_str("false"),
        Json::Number(number) => write_number(number, non_finite, text),
        Json::String(string) => write_string(string, text),
        Json::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, non_finite, text);
            }
            text.push(']');
        }
        Json::Object(entries) => {
            text.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(key, text);
                text.push(':');
                write(item, non_finite, text);
            }
            text.push('}');
        }
    }
}

fn write_number(number: &Number, non_finite: NonFinite, text: &mut String) {
    let written = match number {
        Number::Int(value) => write!(text, "{value}"),
        Number::Big(digits) => write!(text, "{digits}"),
        // The shortest digits that read back as the same bits, always with a point or an exponent.
        Number::Float(value) if value.is_finite() => write!(text, "{value:?}"),
        Number::Float(value) => {
            let word = match value {
                value if value.is_nan() => "NaN",
                value if *value > 0.0 => "Infinity",
                _ => "-Infinity",
            };
            match non_finite {
                NonFinite::Bare => write!(text, "{word}"),
                NonFinite::Quoted => write!(text, "\"{word}\""),
            }
        }
    };
    written.expect("writing into a String does not fail");
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    let mut plain_from = 0;
    for (at, byte) in string.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        // Only ASCII is escaped, so `at` is the edge of a character.
        text.push_str(string.get(plain_from..at).unwrap_or_default());
        plain_from = at + 1;
        if escape.is_empty() {
            write!(text, "\\u{byte:04x}").expect("writing into a String does not fail");
        } else {
            text.push_str(escape);
        }
    }
    text.push_str(string.get(plain_from..).unwrap_or_default());
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn two_dialects() {
        let value = parse("x", "[NaN,Infinity,-Infinity,1.0,1e300,-0,7]").unwrap();
        assert_eq!(value.to_line(), "[NaN,Infinity,-Infinity,1.0,1e300,-0.0,7]");
        assert_eq!(
            value.to_strict(),
            r#"["NaN","Infinity","-Infinity",1.0,1e300,-0.0,7]"#
        );
    }

    #[test]
    fn strings_are_escaped_only_where_they_must() {
        let text = Json::text("a\"b\\c\n\u{1}é🚀");
        assert_eq!(text.to_line(), "\"a\\\"b\\\\c\\n\\u0001é🚀\"");
        let strict: serde_json::Value = serde_json::from_str(&text.to_strict()).unwrap();
        assert_eq!(strict.as_str(), text.as_str());
    }
}
