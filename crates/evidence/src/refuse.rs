//! What evidence must not hold: numbers that are not there, texts that nobody filled in, secrets,
//! and paths of somebody's own machine. Every finding names file and line.

use std::fmt;

use serde_json::Value;

use crate::error::AtLine;
use crate::json_lines::{Scalar, scalars};
use crate::secrets::{personal_path_in, secret_in};

/// Findings shown of one file; a file full of them needs no longer list.
const MOST_PER_FILE: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub file: String,
    /// From 1; 0 for the file as a whole.
    pub line: usize,
    pub kind: FindingKind,
    /// What is wrong and what to do.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// Null where a number or a name is required.
    Null,
    /// A text that was meant to be filled in.
    Template,
    Secret,
    PersonalPath,
    /// Not what its name says.
    Malformed,
}

impl FindingKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Template => "template",
            Self::Secret => "secret",
            Self::PersonalPath => "personal_path",
            Self::Malformed => "malformed",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", self.file, AtLine(self.line), self.text)
    }
}

/// Everything about one file that keeps it out. `file`: name with `/`. Bytes that are not text
/// are only looked at by name.
pub fn findings_in(file: &str, bytes: &[u8]) -> Vec<Finding> {
    let mut found = Found {
        file,
        findings: Vec::new(),
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        if is_text(file) {
            let problem = "not UTF-8 although its name says text; convert it, or leave it out";
            found.add(0, FindingKind::Malformed, problem);
        }
        return found.findings;
    };
    found.look_at_lines(text);
    if file.ends_with(".json") {
        found.look_at_json(text);
    }
    found.findings.sort_by_key(|finding| finding.line);
    found.findings.truncate(MOST_PER_FILE);
    found.findings
}

fn is_text(file: &str) -> bool {
    [
        ".json", ".jsonl", ".yaml", ".yml", ".csv", ".md", ".txt", ".log", ".jinja",
    ]
    .iter()
    .any(|ending| file.ends_with(ending))
}

struct Found<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, line: usize, kind: FindingKind, text: impl Into<String>) {
        self.findings.push(Finding {
            file: self.file.to_owned(),
            line,
            kind,
            text: text.into(),
        });
    }

    fn look_at_lines(&mut self, text: &str) {
        let may_be_template = holds_facts(self.file);
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            if let Some(kind) = secret_in(line) {
                let text =
                    format!("{kind} (remove it, and revoke it: it has been written to disk)");
                self.add(number, FindingKind::Secret, text);
            }
            if let Some(path) = personal_path_in(line) {
                let text = format!(
                    "the personal path {path} (use paths relative to the folder, or name its beginning with --forget-prefix)"
                );
                self.add(number, FindingKind::PersonalPath, text);
            }
            if let Some(word) = template_in(line).filter(|_| may_be_template) {
                let text = format!("a template value ({word}); fill in what really happened");
                self.add(number, FindingKind::Template, text);
            }
        }
    }

    fn look_at_json(&mut self, text: &str) {
        let scalars = match scalars(text) {
            Ok(scalars) => scalars,
            Err((line, problem)) => {
                self.add(line, FindingKind::Malformed, problem);
                return;
            }
        };
        let name = file_name(self.file);
        for scalar in scalars.iter().filter(|scalar| scalar.value.is_null()) {
            if must_be_there(name, scalar) {
                let text = format!(
                    "'{}' is null where a value is required",
                    scalar.path.join(".")
                );
                self.add(scalar.line, FindingKind::Null, text);
            }
        }
        self.look_at_counts(text, &scalars);
    }

    /// A figure and the rows it stands on must agree: `n = 0` has no value, any other `n` has.
    fn look_at_counts(&mut self, text: &str, scalars: &[Scalar]) {
        let Ok(whole) = serde_json::from_str::<Value>(text) else {
            return;
        };
        for scalar in scalars {
            let Some((key, parents)) = scalar.path.split_last() else {
                continue;
            };
            if key != "value" {
                continue;
            }
            let Some(Value::Object(metric)) = value_at(&whole, parents) else {
                continue;
            };
            if !metric.contains_key("n_total") {
                continue;
            }
            let Some(n) = metric.get("n").and_then(Value::as_u64) else {
                continue;
            };
            let name = parents.join(".");
            if n == 0 && !scalar.value.is_null() {
                let text = format!("'{name}' has a value over no rows; undefined is null");
                self.add(scalar.line, FindingKind::Malformed, text);
            }
        }
    }
}

fn value_at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| match value {
        Value::Object(fields) => fields.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn file_name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// Rows, data and prompt templates hold other people's words; the rest states facts.
fn holds_facts(file: &str) -> bool {
    ![".jsonl", ".jinja", ".csv", ".schema.json"]
        .iter()
        .any(|end| file.ends_with(end))
}

/// The first sign that a line was never filled in.
fn template_in(line: &str) -> Option<String> {
    // Put together, so that a search for unfinished work does not find this list.
    const WORDS: [&str; 7] = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        "TBD",
        "REPLACE_ME",
        "CHANGE_ME",
        "CHANGEME",
        "PLACEHOLDER",
    ];
    for word in WORDS {
        if has_word(line, word) {
            return Some(word.to_owned());
        }
    }
    if let Some(begin) = line.find("{{")
        && let Some(length) = line[begin..].find("}}")
    {
        return Some(shortened(&line[begin..begin + length + 2]));
    }
    let lower = line.to_lowercase();
    if let Some(begin) = lower.find("<your") {
        let rest = &lower[begin..];
        let end = rest.find('>').map_or(rest.len(), |end| end + 1);
        return Some(shortened(&rest[..end]));
    }
    for said in [
        "template file",
        "template manifest",
        "template eval",
        "template summary",
        "status: template",
        "update after running",
        "update with actual",
        "not yet executed",
    ] {
        if lower.contains(said) {
            return Some(said.to_owned());
        }
    }
    None
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let joined = |c: char| c.is_alphanumeric() || c == '_';
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(joined) && !after.is_some_and(joined)
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Whether a null at this place means that something was never measured or never written down.
/// gradus' own metrics may be null where they stand on no rows, the primary score may not.
fn must_be_there(file: &str, scalar: &Scalar) -> bool {
    let path: Vec<&str> = scalar.path.iter().map(String::as_str).collect();
    match file {
        "eval_summary.json" => matches!(
            path.as_slice(),
            ["primary_score" | "evaluated_at" | "run_version" | "eval_set"]
                | ["primary_score", "value" | "metric"]
                | ["metrics", _]
                | ["n_total" | "data_sha256" | "prompt_sha256" | "contract_sha256"]
        ),
        "best_params.json" => matches!(
            path.as_slice(),
            ["primary_score" | "best_run_id"] | ["params", ..]
        ),
        "run_manifest.json" => matches!(
            path.as_slice(),
            ["run_version"
                | "model_id"
                | "dataset"
                | "commit_sha"
                | "timestamp"
                | "config_path"
                | "command"
                | "adapter_sha256"]
                | ["base", "sha256"]
        ),
        "final_metrics.json" => matches!(
            path.as_slice(),
            ["primary_score", "value"] | ["train", "train_loss"] | ["eval", "eval_loss"]
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(file: &str, text: &str) -> Vec<(usize, &'static str)> {
        findings_in(file, text.as_bytes())
            .iter()
            .map(|finding| (finding.line, finding.kind.name()))
            .collect()
    }

    #[test]
    fn nulls_are_refused_where_a_value_is_required() {
        let text = "{\n\"primary_score\": null,\n\"metrics\": {\n\"loss\": null,\n\"mae\": {\"value\": null, \"n\": 0, \"n_total\": 3, \"scale\": null}}}";
        assert_eq!(
            lines("a/eval_summary.json", text),
            [(2, "null"), (4, "null")]
        );
        assert_eq!(lines("a/other.json", text), []);
        let zero = "{\"metrics\": {\"mae\": {\"value\": 0.0, \"n\": 0, \"n_total\": 3}}}";
        assert_eq!(lines("eval_summary.json", zero), [(1, "malformed")]);
        assert_eq!(lines("eval_summary.json", "{\n\n,"), [(3, "malformed")]);
        assert_eq!(
            findings_in("x.json", &[0xff])[0].kind,
            FindingKind::Malformed
        );
        assert!(findings_in("adapter.safetensors", &[0xff]).is_empty());
    }

    #[test]
    fn templates_are_refused_in_facts_and_not_in_rows() {
        for text in [
            concat!("note: TO", "DO"),
            "model: {{ model_id }}",
            "user: <your name>",
            "commit: REPLACE_ME",
            "PLACEHOLDER: output",
            "Status: TEMPLATE",
        ] {
            assert_eq!(lines("plan.yaml", text), [(1, "template")], "{text}");
            assert_eq!(lines("rows.jsonl", text), [], "{text}");
            assert_eq!(lines("prompt.jinja", text), [], "{text}");
        }
        assert_eq!(
            lines("plan.yaml", "mastodon: a chat template, placeholders"),
            []
        );
    }
}
