//! `task.yaml`: what is asked, what counts as an answer and how it is scored.
//!
//! The file only names things; reading the files it names is `eval`'s work. Paths are relative
//! to the task's folder.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::grading::{AnswerKind, AnswerSpec, GraderKind, GraderSpec, Prices};
use crate::yaml::{Entry, YamlError, read_mapping, unknown_key};

/// The parsed `task.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskFile {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub data: DataFiles,
    /// Template file of the user turn; the fields of a row are its variables.
    pub prompt: PathBuf,
    /// Template file of a system turn in front of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<PathBuf>,
    /// Dotted path of the expected value inside a row.
    pub target: String,
    /// What an answer is; JSON unless said otherwise.
    #[serde(default)]
    pub answer: AnswerSpec,
    /// JSON Schema file of the completion, where answers are JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<PathBuf>,
    /// Range of every number; 0 to 1, and without meaning, where answers hold none.
    #[serde(default = "Scale::unit")]
    pub scale: Scale,
    /// Row field by whose values every metric is also reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stratify_by: Option<String>,
    #[serde(default)]
    pub primary_score: PrimaryScore,
    /// Metric name → how it is graded, beside the built-in metrics.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub graders: BTreeMap<String, GraderSpec>,
    #[serde(default, skip_serializing_if = "Prices::is_empty")]
    pub prices: Prices,
}

/// JSONL file per role. Rows of `frozen` are for measuring only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFiles {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<PathBuf>,
}

impl DataFiles {
    pub fn file(&self, split: Split) -> Option<&PathBuf> {
        match split {
            Split::Train => self.train.as_ref(),
            Split::Dev => self.dev.as_ref(),
            Split::Frozen => self.frozen.as_ref(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Split {
    Train,
    Dev,
    Frozen,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Train => "train",
            Self::Dev => "dev",
            Self::Frozen => "frozen",
        })
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "train" => Ok(Self::Train),
            "dev" => Ok(Self::Dev),
            "frozen" => Ok(Self::Frozen),
            _ => Err(format!("unknown split '{text}'; use train, dev or frozen")),
        }
    }
}

/// The closed range that every number of an answer lies in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scale {
    pub min: f64,
    pub max: f64,
}

impl Scale {
    pub const fn unit() -> Self {
        Self { min: 0.0, max: 1.0 }
    }

    pub fn width(self) -> f64 {
        self.max - self.min
    }

    pub fn midpoint(self) -> f64 {
        (self.min + self.max) / 2.0
    }

    /// The worst error a prediction inside the scale can make on `target`.
    pub fn worst_error(self, target: f64) -> f64 {
        (target - self.min).max(self.max - target)
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrimaryScore {
    pub metric: String,
    pub direction: Direction,
    /// Differences of this size do not matter, in units of the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
}

impl Default for PrimaryScore {
    fn default() -> Self {
        Self {
            metric: "mae_penalised".to_string(),
            direction: Direction::Minimize,
            margin: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    Minimize,
    Maximize,
}

impl Direction {
    /// Whether `candidate` is strictly better than `best`.
    pub fn improves(self, candidate: f64, best: f64) -> bool {
        match self {
            Self::Minimize => candidate < best,
            Self::Maximize => candidate > best,
        }
    }
}

/// A task file that can't be used; the text carries the line where one is known.
pub type TaskError = YamlError;

const KEYS: [&str; 13] = [
    "name",
    "description",
    "data",
    "prompt",
    "system_prompt",
    "target",
    "answer",
    "contract",
    "scale",
    "stratify_by",
    "primary_score",
    "graders",
    "prices",
];
const REQUIRED: [(&str, &str); 4] = [
    ("name", "name: my-task"),
    (
        "data",
        "data: {train: data/train.jsonl, frozen: data/frozen.jsonl}",
    ),
    ("prompt", "prompt: prompt.jinja"),
    ("target", "target: path.to.the.expected.value"),
];
const CONTRACT: (&str, &str) = ("contract", "contract: contract.schema.json");
const SCALE: (&str, &str) = ("scale", "scale: {min: 0, max: 10}");

impl TaskFile {
    /// Reads and checks a `task.yaml`.
    ///
    /// Errors name the line and, for an unknown key, the nearest known one.
    pub fn from_yaml(text: &str) -> Result<Self, TaskError> {
        let entries = read_mapping(text, "task file")?;
        if let Some(entry) = entries
            .iter()
            .find(|entry| !KEYS.contains(&entry.key.as_str()))
        {
            return Err(unknown_key(entry, "", KEYS));
        }
        require(&entries, &REQUIRED)?;
        let mut task = Map::new();
        for entry in &entries {
            check_entry(entry)?;
            task.insert(entry.key.clone(), entry.value.clone());
        }
        let task: Self = serde_json::from_value(Value::Object(task))
            .map_err(|error| YamlError::new(0, error.to_string()))?;
        task.check_kind(&entries)?;
        let line_of = |key| entries.iter().find(|e| e.key == key).map_or(0, |e| e.line);
        task.check(line_of)?;
        Ok(task)
    }

    /// What a kind of answer needs, and what has no meaning for it.
    fn check_kind(&self, entries: &[Entry]) -> Result<(), TaskError> {
        let kind = self.answer.kind;
        let (needed, foreign): (&[_], &[_]) = match kind {
            AnswerKind::Json => (&[CONTRACT, SCALE], &[]),
            AnswerKind::Number => (&[SCALE], &["contract"]),
            AnswerKind::Label | AnswerKind::Text => (&[], &["contract", "scale"]),
        };
        require(entries, needed)?;
        let find = |key: &str| entries.iter().find(|entry| entry.key == key);
        let line = |key| find(key).map_or(0, |entry| entry.line);
        for key in foreign {
            if let Some(entry) = find(key) {
                let problem = format!("'{key}' has no meaning for this kind of answer; remove it");
                return Err(YamlError::new(entry.line, problem));
            }
        }
        let labels = &self.answer.labels;
        let mut problem = None;
        if (kind == AnswerKind::Label) == labels.is_empty() {
            problem = Some("answer: `labels` lists the words of a label, and of nothing else");
        } else if labels
            .iter()
            .any(|label| label.trim() != label || label.is_empty())
        {
            problem = Some("answer: a label is empty or has space around it");
        } else if (1..labels.len()).any(|at| labels[..at].contains(&labels[at])) {
            problem = Some("answer: a label is listed twice");
        } else if kind == AnswerKind::Json && self.answer != AnswerSpec::default() {
            problem =
                Some("answer: JSON answers are read whole; `extract` and `pattern` are for text");
        }
        if let Some(problem) = problem {
            return Err(YamlError::new(line("answer"), problem));
        }
        if kind != AnswerKind::Json && kind != AnswerKind::Number && find("primary_score").is_none()
        {
            let example = "primary_score: {metric: exact_match_rate, direction: maximize}";
            let problem = format!("the task file lacks 'primary_score'; for example `{example}`");
            return Err(YamlError::new(0, problem));
        }
        Ok(())
    }

    fn check<'a>(&self, line_of: impl Fn(&'a str) -> u64) -> Result<(), TaskError> {
        let Scale { min, max } = self.scale;
        if !(min.is_finite() && max.is_finite() && min < max) {
            let problem = format!("scale: min must be below max, found {min} and {max}");
            return Err(YamlError::new(line_of("scale"), problem));
        }
        let DataFiles { train, dev, frozen } = &self.data;
        if train.is_none() && dev.is_none() && frozen.is_none() {
            let problem = "data names no file; give train, dev or frozen";
            return Err(YamlError::new(line_of("data"), problem));
        }
        let named: Vec<_> = [train, dev, frozen].into_iter().flatten().collect();
        for (index, file) in named.iter().enumerate() {
            if named[..index].contains(file) {
                let problem = format!("two splits share the file {}", file.display());
                return Err(YamlError::new(line_of("data"), problem));
            }
        }
        for (key, text) in [("name", &self.name), ("target", &self.target)] {
            if text.trim().is_empty() || text.split('.').any(str::is_empty) && key == "target" {
                return Err(YamlError::new(
                    line_of(key),
                    format!("'{key}' is empty or incomplete"),
                ));
            }
        }
        Ok(())
    }
}

/// Checks one entry by itself, so that a wrong type or nested key is reported with its line.
fn check_entry(entry: &Entry) -> Result<(), TaskError> {
    match entry.key.as_str() {
        "data" => {
            nested(entry, &["train", "dev", "frozen"])?;
            typed::<DataFiles>(entry, "a mapping of train, dev and frozen to file names")
        }
        "scale" => {
            nested(entry, &["min", "max"])?;
            typed::<Scale>(entry, "{min: 0, max: 10}")
        }
        "primary_score" => {
            nested(entry, &["metric", "direction", "margin"])?;
            let shape = "{metric: mae_penalised, direction: minimize} (or maximize)";
            typed::<PrimaryScore>(entry, shape)?;
            let margin = entry.value.get("margin").and_then(Value::as_f64);
            if margin.is_some_and(|margin| !(margin.is_finite() && margin >= 0.0)) {
                let problem = "primary_score: margin must be 0 or more";
                return Err(YamlError::new(entry.line, problem));
            }
            Ok(())
        }
        "answer" => {
            nested(entry, &["kind", "labels", "extract", "pattern"])?;
            typed::<AnswerSpec>(entry, "{kind: label, labels: [a, b]}")
        }
        "graders" => check_graders(entry),
        "prices" => typed::<Prices>(
            entry,
            "{MODEL: {input: 0.1, output: 0.4}} in USD per million tokens",
        ),
        "description" | "system_prompt" | "stratify_by" => typed::<Option<String>>(entry, "text"),
        _ => typed::<String>(entry, "text"),
    }
}

fn require(entries: &[Entry], keys: &[(&str, &str)]) -> Result<(), TaskError> {
    let there = |key: &str| {
        entries
            .iter()
            .any(|entry| entry.key == key && !entry.value.is_null())
    };
    match keys.iter().find(|(key, _)| !there(key)) {
        None => Ok(()),
        Some((key, example)) => {
            let problem = format!("the task file lacks '{key}'; for example `{example}`");
            Err(YamlError::new(0, problem))
        }
    }
}

fn check_graders(entry: &Entry) -> Result<(), TaskError> {
    let shape = "a mapping of metric names to graders, such as {correct: {kind: exact_match}}";
    let Value::Object(graders) = &entry.value else {
        return typed::<BTreeMap<String, GraderSpec>>(entry, shape);
    };
    for (name, grader) in graders {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(plain) {
            let problem = format!("graders: '{name}' must be lower-case letters, digits and _");
            return Err(YamlError::new(entry.line, problem));
        }
        let one = Entry {
            key: format!("graders.{name}"),
            line: entry.line,
            value: grader.clone(),
        };
        let kind = one.value.get("kind").cloned().unwrap_or(Value::Null);
        let kind: GraderKind = serde_json::from_value(kind).map_err(|error| {
            YamlError::new(entry.line, format!("'{}' needs a `kind`: {error}", one.key))
        })?;
        let known: Vec<&str> = kind.keys().iter().copied().chain(["kind"]).collect();
        nested(&one, &known)?;
        for key in kind.required_keys() {
            if grader.get(key).is_none_or(Value::is_null) {
                let problem = format!("'{}' lacks '{key}', which its kind needs", one.key);
                return Err(YamlError::new(entry.line, problem));
            }
        }
        typed::<GraderSpec>(&one, "a grader")?;
    }
    Ok(())
}

fn nested(entry: &Entry, known: &[&str]) -> Result<(), TaskError> {
    let Value::Object(fields) = &entry.value else {
        return Ok(());
    };
    for key in fields.keys() {
        if !known.contains(&key.as_str()) {
            let inner = Entry {
                key: key.clone(),
                line: entry.line,
                value: Value::Null,
            };
            return Err(unknown_key(&inner, &entry.key, known.iter().copied()));
        }
    }
    Ok(())
}

fn typed<T: DeserializeOwned>(entry: &Entry, expected: &str) -> Result<(), TaskError> {
    match serde_json::from_value::<T>(entry.value.clone()) {
        Ok(_) => Ok(()),
        Err(error) => {
            let problem = format!("'{}' must be {expected}: {error}", entry.key);
            Err(YamlError::new(entry.line, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name: hidden-params
data: {train: data/train.jsonl, dev: data/dev.jsonl, frozen: data/frozen.jsonl}
prompt: prompt.jinja                 # fields of a row are its variables
target: target_hidden_params.vector
contract: contract.schema.json
scale: {min: 0, max: 10}
stratify_by: source_type
primary_score: {metric: mae_penalised, direction: minimize}
";

    #[test]
    fn the_documented_file_loads() {
        let task = TaskFile::from_yaml(GOOD).unwrap();
        assert_eq!(
            task.data.file(Split::Dev),
            Some(&PathBuf::from("data/dev.jsonl"))
        );
        assert_eq!(task.scale.midpoint(), 5.0);
        assert_eq!(task.scale.worst_error(3.0), 7.0);
        assert_eq!(task.primary_score.direction, Direction::Minimize);
        assert!(!task.primary_score.direction.improves(2.0, 1.0));
    }

    #[test]
    fn other_kinds_of_answers_need_other_keys() {
        const LABEL: &str = "name: triage
data: {frozen: data/frozen.jsonl}
prompt: prompt.jinja
target: label
answer: {kind: label, labels: [billing, bug]}
primary_score: {metric: macro_f1, direction: maximize}
graders:
  concise: {kind: regex, pattern: '^(\\w+)$'}
";
        let task = TaskFile::from_yaml(LABEL).unwrap();
        assert_eq!(task.answer.kind, AnswerKind::Label);
        assert_eq!(task.graders["concise"].kind, GraderKind::Regex);
        let complaint = |from: &str, to: &str| {
            assert!(LABEL.contains(from));
            TaskFile::from_yaml(&LABEL.replace(from, to))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            complaint("pattern:", "patern:"),
            "line 7: unknown key 'patern' in 'graders.concise', did you mean 'pattern'?"
        );
        assert!(complaint("kind: regex", "kind: regx").contains("unknown variant"));
        assert!(complaint(", pattern: '^(\\w+)$'", "").contains("lacks 'pattern'"));
        assert!(complaint("[billing, bug]", "[bug, bug]").contains("twice"));
        assert!(complaint(", labels: [billing, bug]", "").contains("labels"));
        assert!(
            complaint("primary_score", "scale: {min: 0, max: 1}\nprimary_score")
                .contains("no meaning")
        );
        assert!(
            complaint("kind: label, labels: [billing, bug]", "kind: number")
                .contains("lacks 'scale'")
        );
    }

    #[test]
    fn mistakes_are_named_with_line_and_nearest_key() {
        let complaint = |from: &str, to: &str| {
            assert!(GOOD.contains(from));
            TaskFile::from_yaml(&GOOD.replace(from, to))
                .unwrap_err()
                .to_string()
        };
        let error = complaint("stratify_by:", "stratifyby:");
        assert_eq!(
            error,
            "line 7: unknown key 'stratifyby', did you mean 'stratify_by'?"
        );
        let error = complaint("frozen: data", "frozn: data");
        assert_eq!(
            error,
            "line 2: unknown key 'frozn' in 'data', did you mean 'frozen'?"
        );
        assert!(complaint("direction: minimize", "direction: min").starts_with("line 8"));
        assert!(
            complaint("direction: minimize", "direction: minimize, margin: -1")
                .contains("0 or more")
        );
        assert!(complaint("min: 0, max: 10", "min: 10, max: 10").contains("below max"));
        assert!(complaint("min: 0, max: 10", "min: 0, max: ten").starts_with("line 6"));
        assert!(complaint("contract: contract.schema.json\n", "").contains("lacks 'contract'"));
        assert!(complaint("data/dev.jsonl", "data/train.jsonl").contains("share the file"));
        assert!(
            complaint("target: target_hidden_params.vector", "target: a..b").contains("line 4")
        );
    }
}
