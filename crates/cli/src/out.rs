//! The only place that prints. Text for people on standard output, notes on standard error;
//! with `--json` standard output holds one JSON object and nothing else.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::path::Path;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use gradus_eval::data::findings::Level;
use serde_json::{Value, json};

pub struct Out {
    json: bool,
    /// On standard error.
    colour: bool,
    wants_colour: bool,
    /// Whether the one JSON object stands there already.
    has_result: Cell<bool>,
}

impl Out {
    pub fn new(json: bool) -> Self {
        // https://no-color.org: any value that is not empty.
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            json,
            colour: wanted && std::io::stderr().is_terminal(),
            wants_colour: wanted,
            has_result: Cell::new(false),
        }
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A line of the result.
    pub fn say(&self, text: impl AsRef<str>) {
        if !self.json {
            write_line(&mut std::io::stdout().lock(), text.as_ref());
        }
    }

    /// The result for machines.
    pub fn result(&self, value: &Value) {
        if self.json {
            self.has_result.set(true);
            write_line(&mut std::io::stdout().lock(), &format!("{value:#}"));
        }
    }

    /// The result for machines on one line.
    pub fn result_line(&self, value: &Value) {
        if self.json {
            write_line(&mut std::io::stdout().lock(), &value.to_string());
        }
    }

    /// A line about what is being done.
    pub fn note(&self, text: impl AsRef<str>) {
        write_line(&mut std::io::stderr().lock(), text.as_ref());
    }

    pub fn error(&self, error: &anyhow::Error, code: u8) {
        let text = text_of(error);
        let label = if self.colour {
            "\u{1b}[1;31merror:\u{1b}[0m"
        } else {
            "error:"
        };
        self.note(format!("{label} {text}"));
        if !self.has_result.get() {
            self.result(&json!({"error": text, "exit_code": code}));
        }
    }

    /// A word coloured by how bad it is, where standard output is a terminal.
    pub fn coloured_level(&self, word: &str, level: Level) -> String {
        if !(self.wants_colour && std::io::stdout().is_terminal()) {
            return word.to_string();
        }
        let colour = match level {
            Level::Ok => 32,
            Level::Unknown => 2,
            Level::Warn => 33,
            Level::Fail => 31,
        };
        format!("\u{1b}[{colour}m{word}\u{1b}[0m")
    }

    /// Columns after the first are numbers and stand to the right.
    pub fn table(&self, header: &[&str], rows: &[Vec<String>]) {
        if self.json {
            return;
        }
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        table.set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(header);
        for row in rows {
            table.add_row(row);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        self.say(table.trim_fmt());
    }
}

/// The causes in one sentence, without repeating what a cause already says.
fn text_of(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let part = cause.to_string();
        if text.contains(&part) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&part);
    }
    text
}

/// A reader that went away (`| head`) is no reason to fail.
fn write_line(stream: &mut impl Write, text: &str) {
    let _ = writeln!(stream, "{text}");
}

/// A number with so many decimals; undefined is a dash.
pub fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_string(), |value| format!("{value:.decimals$}"))
}

/// A model reference for people: paths below the current folder without it.
pub fn shown_model(model: &str) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let shorter = |part: &str| match Path::new(part).strip_prefix(&here) {
        Ok(rest) if !here.as_os_str().is_empty() && !rest.as_os_str().is_empty() => {
            rest.display().to_string()
        }
        _ => part.to_owned(),
    };
    let parts: Vec<String> = model.split('+').map(shorter).collect();
    parts.join("+")
}

/// Seconds as people say them.
pub fn duration(secs: f64) -> String {
    let whole = secs.max(0.0).round() as u64;
    match whole {
        0..10 => format!("{secs:.1} s"),
        10..90 => format!("{whole} s"),
        90..5400 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

pub fn bytes(count: u64) -> String {
    const MEBIBYTE: f64 = 1024.0 * 1024.0;
    match count as f64 / MEBIBYTE {
        small if small < 1.0 => format!("{} KiB", count.div_ceil(1024)),
        large if large >= 1024.0 => format!("{:.2} GiB", large / 1024.0),
        middle => format!("{middle:.1} MiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(Some(1.2345), 2), "1.23");
        assert_eq!(number(None, 2), "–");
        assert_eq!(duration(0.25), "0.2 s");
        assert_eq!(duration(75.4), "75 s");
        assert_eq!(duration(125.0), "2 min 05 s");
        assert_eq!(duration(7300.0), "2 h 01 min");
        assert_eq!(bytes(98_362_432), "93.8 MiB");
    }

    #[test]
    fn causes_are_not_repeated() {
        let error = Err::<(), _>(anyhow::anyhow!("b")).context("a").unwrap_err();
        assert_eq!(text_of(&error), "a: b");
        let error = Err::<(), _>(anyhow::anyhow!("b"))
            .context("a: b")
            .unwrap_err();
        assert_eq!(text_of(&error), "a: b");
    }
}
