//! `task.yaml`: what is asked, what counts as an answer and how it is scored.
//!
//! The file only names things; reading the files it names is `eval`'s work. Paths are relative
//! to the task's folder.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    /// JSON Schema file of the completion.
    pub contract: PathBuf,
    pub scale: Scale,
    /// Row field by whose values every metric is also reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stratify_by: Option<String>,
    #[serde(default)]
    pub primary_score: PrimaryScore,
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
pub struct Scale {
    pub min: f64,
    pub max: f64,
}

impl Scale {
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

const KEYS: [&str; 10] = [
    "name",
    "description",
    "data",
    "prompt",
    "system_prompt",
    "target",
    "contract",
    "scale",
    "stratify_by",
    "primary_score",
];
const REQUIRED: [(&str, &str); 6] = [
    ("name", "name: my-task"),
    (
        "data",
        "data: {train: data/train.jsonl, frozen: data/frozen.jsonl}",
    ),
    ("prompt", "prompt: prompt.jinja"),
    ("target", "target: path.to.the.expected.value"),
    ("contract", "contract: contract.schema.json"),
    ("scale", "scale: {min: 0, max: 10}"),
];

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
        for (key, example) in REQUIRED {
            if !entries
                .iter()
                .any(|entry| entry.key == key && !entry.value.is_null())
            {
                let problem = format!("the task file lacks '{key}'; for example `{example}`");
                return Err(YamlError::new(0, problem));
            }
        }
        let mut task = Map::new();
        for entry in &entries {
            check_entry(entry)?;
            task.insert(entry.key.clone(), entry.value.clone());
        }
        let task: Self = serde_json::from_value(Value::Object(task))
            .map_err(|error| YamlError::new(0, error.to_string()))?;
        let line_of = |key| entries.iter().find(|e| e.key == key).map_or(0, |e| e.line);
        task.check(line_of)?;
        Ok(task)
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
        "description" | "system_prompt" | "stratify_by" => typed::<Option<String>>(entry, "text"),
        _ => typed::<String>(entry, "text"),
    }
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
