//! What a filter or an order can look at.

use std::borrow::Cow;

use gradus_schema::nearest::did_you_mean;

use crate::error::{Error, Result};
use crate::json::{Json, JsonObject};
use crate::run_config::unwrapped;

/// One value of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunField {
    Attribute(Attribute),
    /// Under `config.`, the segments of the path; a key may itself hold dots.
    Config(Vec<String>),
    /// Under `summary_metrics.`.
    Summary(Vec<String>),
}

/// Attributes under the name that the JSON view of a run has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute(&'static str);

impl Attribute {
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// The name in the view and those that clients use beside it.
const ATTRIBUTES: [(&str, &[&str]); 18] = [
    ("name", &["run_id", "runId"]),
    ("display_name", &["displayName"]),
    ("state", &[]),
    ("group", &["groupName", "group_name"]),
    ("job_type", &["jobType"]),
    ("tags", &[]),
    ("sweep", &["sweepName", "sweep_name"]),
    ("username", &["user", "user.username", "user.name"]),
    ("created_at", &["createdAt"]),
    ("heartbeat_at", &["heartbeatAt"]),
    ("updated_at", &["updatedAt"]),
    ("description", &[]),
    ("notes", &[]),
    ("commit", &[]),
    ("host", &[]),
    ("program", &["jobProgram"]),
    ("history_line_count", &["historyLineCount"]),
    ("duration", &["runtime", "computeSeconds"]),
];

const CONFIG_PREFIX: &str = "config.";
const SUMMARY_PREFIXES: [&str; 3] = ["summary_metrics.", "summaryMetrics.", "summary."];
/// Paths are searched with every way to read their dots.
const SEGMENTS: usize = 16;

impl RunField {
    /// # Errors
    /// A name that no run has, with the nearest that one has.
    pub fn parse(name: &str) -> Result<Self> {
        if let Some(path) = name.strip_prefix(CONFIG_PREFIX) {
            return Ok(Self::Config(segments(name, path)?));
        }
        for prefix in SUMMARY_PREFIXES {
            if let Some(path) = name.strip_prefix(prefix) {
                return Ok(Self::Summary(segments(name, path)?));
            }
        }
        let known = ATTRIBUTES
            .iter()
            .find(|(attribute, others)| *attribute == name || others.contains(&name));
        match known {
            Some((attribute, _)) => Ok(Self::Attribute(Attribute(attribute))),
            None => {
                let names = ATTRIBUTES.iter().map(|(attribute, _)| *attribute);
                let hint = did_you_mean(name, names);
                let problem = format!(
                    "runs have no such field{hint} (config values are 'config.KEY', \
                     results are 'summary_metrics.KEY')"
                );
                Err(Error::field("the filter", name, problem))
            }
        }
    }

    /// The value of a run; `None` where it has none.
    pub fn value<'a>(&self, run: &'a JsonObject) -> Option<&'a Json> {
        match self {
            Self::Attribute(attribute) => run.get(attribute.name()),
            Self::Config(path) => config_value(run.get("config")?.as_object()?, path),
            Self::Summary(path) => at_path(run.get("summary")?, path),
        }
    }
}

fn segments(name: &str, path: &str) -> Result<Vec<String>> {
    let segments: Vec<_> = path.split('.').map(str::to_owned).collect();
    if path.is_empty() || segments.len() > SEGMENTS {
        let problem = format!("a key of 1 to {SEGMENTS} parts is wanted");
        return Err(Error::field("the filter", name, problem));
    }
    Ok(segments)
}

/// `lr`, `lr.value`, `optimizer.lr` and `optimizer.value.lr` all find what was configured, whether
/// the view wraps values or not.
fn config_value<'a>(config: &'a JsonObject, path: &[String]) -> Option<&'a Json> {
    for length in (1..=path.len()).rev() {
        let (key, rest) = path.split_at(length);
        let Some(entry) = config.get(joined(key).as_ref()) else {
            continue;
        };
        let (value, is_wrapped) = match unwrapped(entry) {
            Some(value) => (value, true),
            None => (entry, false),
        };
        let without_word = match rest.split_first() {
            Some((word, rest)) if word == "value" => Some(rest),
            _ => None,
        };
        let found = match without_word {
            Some(rest) if is_wrapped => at_path(value, rest),
            Some(shorter) => at_path(value, rest).or_else(|| at_path(value, shorter)),
            None => at_path(value, rest),
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The segments as one literal key; most keys are one segment.
fn joined(segments: &[String]) -> Cow<'_, str> {
    match segments {
        [single] => Cow::Borrowed(single),
        several => Cow::Owned(several.join(".")),
    }
}

/// The longest literal key wins over a path into nested objects.
fn at_path<'a>(value: &'a Json, path: &[String]) -> Option<&'a Json> {
    if path.is_empty() {
        return Some(value);
    }
    let entries = value.as_object()?;
    (1..=path.len()).rev().find_map(|length| {
        let (key, rest) = path.split_at(length);
        at_path(entries.get(joined(key).as_ref())?, rest)
    })
}
