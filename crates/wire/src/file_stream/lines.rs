//! The lines inside of an upload: rows of history, system metrics, console text.

use crate::error::Result;
use crate::json::{self, Json, JsonObject};

/// One row of `wandb-history.jsonl` or `wandb-events.jsonl`.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRow {
    pub step: Option<i64>,
    /// Seconds since 1970.
    pub timestamp_secs: Option<f64>,
    /// Seconds since the run began.
    pub runtime_secs: Option<f64>,
    /// All keys, these three too, in the order of the line.
    pub values: JsonObject,
}

impl From<JsonObject> for HistoryRow {
    fn from(values: JsonObject) -> Self {
        let get = |key: &str| values.get(key);
        Self {
            step: get("_step").and_then(Json::as_i64),
            timestamp_secs: get("_timestamp").and_then(Json::as_f64),
            runtime_secs: get("_runtime").and_then(Json::as_f64),
            values,
        }
    }
}

/// # Errors
/// A line that is no JSON object.
pub fn history_row(line: &str) -> Result<HistoryRow> {
    json::parse_object("the history line", line).map(HistoryRow::from)
}

/// The value under a key that a reader asks for: the literal key, or else a dotted path into
/// nested values.
pub fn looked_up<'a>(row: &'a JsonObject, key: &str) -> Option<&'a Json> {
    if let Some(value) = row.get(key) {
        return Some(value);
    }
    let (first, rest) = key.split_once('.')?;
    looked_up(row.get(first)?.as_object()?, rest)
}

/// Keys with nested objects opened, joined by dots; media (objects with `_type`) stay whole.
pub fn flattened(row: &JsonObject) -> Vec<(String, &Json)> {
    let mut flat = Vec::with_capacity(row.len());
    flatten_into(row, "", &mut flat);
    flat
}

fn flatten_into<'a>(row: &'a JsonObject, prefix: &str, flat: &mut Vec<(String, &'a Json)>) {
    for (key, value) in row {
        let name = format!("{prefix}{key}");
        match value {
            Json::Object(inner) if !inner.contains_key("_type") && !inner.is_empty() => {
                flatten_into(inner, &format!("{name}."), flat);
            }
            leaf => flat.push((name, leaf)),
        }
    }
}

/// The type of a value in the words of `historyKeys`: `number`, `string`, `bool`, `list`, `map`,
/// `null`, or the `_type` of media.
pub fn kind_of_value(value: &Json) -> &str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "bool",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "list",
        Json::Object(entries) => entries.get("_type").and_then(Json::as_str).unwrap_or("map"),
    }
}

/// One line of console output with what was written in front of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleLine {
    /// ISO 8601 in UTC, without a zone, as the client writes it.
    pub timestamp: Option<String>,
    /// stderr.
    pub is_error: bool,
    pub label: Option<String>,
    pub text: String,
}

/// Both forms of `output.log`: JSON with `ts` and `content`, or `ERROR 2026-11-21T01:48:34.7 text`.
/// What is neither is text.
pub fn console_line(line: &str) -> ConsoleLine {
    structured(line).unwrap_or_else(|| legacy(line))
}

fn structured(line: &str) -> Option<ConsoleLine> {
    if !line.starts_with('{') {
        return None;
    }
    let entries = json::parse_object("the console line", line).ok()?;
    let text = |key: &str| entries.get(key).and_then(Json::as_str).map(str::to_owned);
    Some(ConsoleLine {
        // Without both it is a program's own JSON that was printed.
        timestamp: Some(text("ts")?),
        text: text("content")?,
        is_error: text("level").is_some_and(|level| level.eq_ignore_ascii_case("error")),
        label: text("label").filter(|label| !label.is_empty()),
    })
}

fn legacy(line: &str) -> ConsoleLine {
    let (is_error, rest) = match line.strip_prefix("ERROR ") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (first, text) = rest.split_once(' ').unwrap_or((rest, ""));
    if is_timestamp(first) {
        return ConsoleLine {
            timestamp: Some(first.to_owned()),
            is_error,
            label: None,
            text: text.to_owned(),
        };
    }
    ConsoleLine {
        timestamp: None,
        is_error: false,
        label: None,
        text: line.to_owned(),
    }
}

/// `2026-11-21T01:48:34` and what may follow it.
fn is_timestamp(word: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let word = word.as_bytes();
    let fits = |(byte, shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        _ => byte == shape,
    };
    word.len() >= SHAPE.len() && word.iter().zip(SHAPE).all(fits)
}

impl ConsoleLine {
    /// As clients without structured console lines write it.
    pub fn to_legacy(&self) -> String {
        let level = if self.is_error { "ERROR " } else { "" };
        let timestamp = self.timestamp.as_deref().unwrap_or_default();
        let label = self.label.as_ref().map(|label| format!("[{label}] "));
        let label = label.unwrap_or_default();
        format!("{level}{timestamp} {label}{}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_every_value() {
        let row = history_row(
            r#"{"loss":-Infinity,"_timestamp":1.7952257146337326e+09,"big":9007199254740993,"_step":7,"_runtime":0.5,"n":{"x":{"y":1}}}"#,
        )
        .unwrap();
        assert_eq!((row.step, row.runtime_secs), (Some(7), Some(0.5)));
        assert_eq!(row.timestamp_secs, Some(1_795_225_714.633_732_6));
        assert_eq!(row.values["big"], Json::int(9_007_199_254_740_993));
        assert_eq!(row.values["loss"], Json::float(f64::NEG_INFINITY));
        assert_eq!(looked_up(&row.values, "n.x.y"), Some(&Json::int(1)));
        assert!(history_row("[1]").is_err());
        assert!(history_row("").is_err());
    }

    #[test]
    fn a_literal_key_wins_over_a_path() {
        let row = json::parse_object("x", r#"{"a":{"b":1,"c.d":2},"a.b":3}"#).unwrap();
        assert_eq!(looked_up(&row, "a.b"), Some(&Json::int(3)));
        assert_eq!(looked_up(&row, "a.c.d"), Some(&Json::int(2)));
        assert_eq!(looked_up(&row, "a.c"), None);
    }

    #[test]
    fn flat_keys_and_their_kinds() {
        let row = json::parse_object(
            "x",
            r#"{"a":{"b":1,"c":{"d":"s"}},"img":{"_type":"image-file","path":"p"},"e":{},"l":[1],"t":true,"z":null}"#,
        )
        .unwrap();
        let flat: Vec<_> = flattened(&row)
            .into_iter()
            .map(|(key, value)| format!("{key} {}", kind_of_value(value)))
            .collect();
        assert_eq!(
            flat,
            [
                "a.b number",
                "a.c.d string",
                "img image-file",
                "e map",
                "l list",
                "t bool",
                "z null"
            ]
        );
    }

    #[test]
    fn console_lines_of_both_forms() {
        let line = console_line("ERROR 2026-11-21T01:48:34.710928 it  broke ");
        assert_eq!(
            line,
            ConsoleLine {
                timestamp: Some("2026-11-21T01:48:34.710928".into()),
                is_error: true,
                label: None,
                text: "it  broke ".into(),
            }
        );
        assert_eq!(
            line.to_legacy(),
            "ERROR 2026-11-21T01:48:34.710928 it  broke "
        );
        let structured = console_line(
            r#"{"level":"error","ts":"2026-11-21T01:48:34.7","label":"r0","content":"x"}"#,
        );
        assert_eq!(structured.label.as_deref(), Some("r0"));
        assert!(structured.is_error);
        assert_eq!(structured.to_legacy(), "ERROR 2026-11-21T01:48:34.7 [r0] x");
        for plain in [
            "ERROR: no",
            "{\"loss\": 1}",
            "",
            "2026-11-21 text",
            "ERROR 日本",
            "{",
        ] {
            let line = console_line(plain);
            assert_eq!((line.text.as_str(), line.is_error), (plain, false));
        }
        let empty = console_line("2026-11-21T01:48:34.710928 ");
        assert_eq!((empty.text.as_str(), empty.timestamp.is_some()), ("", true));
    }
}
