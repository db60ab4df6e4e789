//! `data.yaml`: how raw pairs become `train`, `dev` and `frozen`, and what the checks look at.
//!
//! It lies beside `task.yaml`; paths are relative to that folder.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::task::Scale;
use crate::yaml::{Entry, YamlError, read_mapping, unknown_key};

/// The parsed `data.yaml`. Every key may be left out; `docs/data.md` describes each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataFile {
    /// Raw pairs: files or Hugging Face dataset directories.
    #[serde(deserialize_with = "one_or_many")]
    pub source: Vec<PathBuf>,
    /// Split to read of a Hugging Face directory; `None` is all of them.
    pub source_split: Option<String>,
    /// Scale of the source's labels. Never guessed; `None` is the task's.
    pub source_scale: Option<Scale>,
    /// Path of the text that filters and checks look at; `None` is what the prompt shows.
    pub text: Option<String>,
    pub expand: Option<Expand>,
    /// Path of what siblings share: rows with the same value never part.
    pub group: Option<String>,
    /// A file that says which texts belong together.
    pub siblings: Option<SiblingTable>,
    pub filters: FilterSettings,
    pub split: SplitShares,
    pub seed: u64,
    /// Jaccard similarity of character shingles from which two texts are near-duplicates.
    pub near_duplicates: Option<f64>,
}

/// One row per text field of a pair: `from` are the fields, `field` is where each text goes and
/// `kind` where the name of the field it came from goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expand {
    pub from: Vec<String>,
    pub field: String,
    pub kind: String,
}

/// Rows whose text stands in one of the fields `texts` of a row of `file` are siblings of all
/// others for which the same row is found; `id` names the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiblingTable {
    pub file: PathBuf,
    pub id: String,
    pub texts: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterSettings {
    /// Characters of the text.
    pub length: Option<LengthRange>,
    /// Scripts that most letters have to belong to; an empty list admits any letter.
    pub language: Option<Vec<Script>>,
    pub label_leak: Option<LabelLeak>,
    pub conflicts: ConflictPolicy,
    pub duplicates: DuplicatePolicy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LengthRange {
    pub min: usize,
    pub max: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Script {
    Latin,
    Japanese,
    Chinese,
    Korean,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Thai,
    Devanagari,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelLeak {
    /// Whole words that give the label away.
    pub words: Vec<String>,
    /// The names of the answer's numbers count as such words.
    pub field_names: bool,
    /// A number of one to three digits, `80s` included.
    pub numbers: bool,
}

/// What happens to equal texts with different labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictPolicy {
    /// The build is refused.
    #[default]
    Error,
    /// None of these rows is kept.
    Drop,
    /// Left to the filter for duplicates; the stats still list them.
    Report,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DuplicatePolicy {
    #[default]
    KeepFirst,
    KeepAll,
}

/// Shares of the rows, 0–1 each, together 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitShares {
    pub train: f64,
    pub dev: f64,
    pub frozen: f64,
}

impl Default for SplitShares {
    fn default() -> Self {
        Self {
            train: 0.8,
            dev: 0.1,
            frozen: 0.1,
        }
    }
}

const KEYS: [&str; 11] = [
    "source",
    "source_split",
    "source_scale",
    "text",
    "expand",
    "group",
    "siblings",
    "filters",
    "split",
    "seed",
    "near_duplicates",
];
const FILTERS: [&str; 5] = [
    "length",
    "language",
    "label_leak",
    "conflicts",
    "duplicates",
];

impl DataFile {
    /// Reads and checks a `data.yaml`.
    ///
    /// Errors name the line and, for an unknown key, the nearest known one.
    pub fn from_yaml(text: &str) -> Result<Self, YamlError> {
        let mut fields = Map::new();
        let entries = read_mapping(text, "data file")?;
        for entry in &entries {
            if !KEYS.contains(&entry.key.as_str()) {
                return Err(unknown_key(entry, "", KEYS));
            }
            check_entry(entry)?;
            if !entry.value.is_null() {
                fields.insert(entry.key.clone(), entry.value.clone());
            }
        }
        let file: Self = serde_json::from_value(Value::Object(fields))
            .map_err(|error| YamlError::new(0, error.to_string()))?;
        let line_of = |key| entries.iter().find(|e| e.key == key).map_or(0, |e| e.line);
        file.check(line_of)?;
        Ok(file)
    }

    fn check<'a>(&self, line_of: impl Fn(&'a str) -> u64) -> Result<(), YamlError> {
        let refuse = |key, problem: String| Err(YamlError::new(line_of(key), problem));
        let SplitShares { train, dev, frozen } = self.split;
        let shares = [train, dev, frozen];
        if shares.iter().any(|share| !(0.0..=1.0).contains(share))
            || (shares.iter().sum::<f64>() - 1.0).abs() > 1e-9
        {
            let problem = format!(
                "split: the shares must be 0 to 1 and add up to 1, found train {train}, dev {dev}, frozen {frozen}"
            );
            return refuse("split", problem);
        }
        if let Some(Scale { min, max }) = self.source_scale
            && !(min.is_finite() && max.is_finite() && min < max)
        {
            let problem = format!("source_scale: min must be below max, found {min} and {max}");
            return refuse("source_scale", problem);
        }
        if let Some(LengthRange { min, max }) = self.filters.length
            && min > max
        {
            let problem = format!("filters.length: min {min} is above max {max}");
            return refuse("filters", problem);
        }
        if let Some(threshold) = self.near_duplicates
            && !(threshold > 0.0 && threshold <= 1.0)
        {
            let problem =
                format!("near_duplicates must be above 0 and at most 1, found {threshold}");
            return refuse("near_duplicates", problem);
        }
        if let Some(expand) = &self.expand
            && expand.from.is_empty()
        {
            return refuse("expand", "expand.from names no field".to_string());
        }
        if let Some(table) = &self.siblings
            && table.texts.is_empty()
        {
            return refuse("siblings", "siblings.texts names no field".to_string());
        }
        Ok(())
    }
}

/// Checks one entry by itself, so that a wrong type or nested key is reported with its line.
fn check_entry(entry: &Entry) -> Result<(), YamlError> {
    match entry.key.as_str() {
        "source" => typed::<OneOrMany>(entry, "a file name, or a list of file names").map(drop),
        "source_scale" => mapping::<Scale>(entry, &["min", "max"], "{min: 0, max: 100}"),
        "expand" => mapping::<Expand>(
            entry,
            &["from", "field", "kind"],
            "{from: [rule_prompt, request_text], field: request_text, kind: source_type}",
        ),
        "siblings" => mapping::<SiblingTable>(
            entry,
            &["file", "id", "texts"],
            "{file: pairs.jsonl, id: id, texts: [request_text, rule_prompt]}",
        ),
        "filters" => check_filters(entry),
        "split" => mapping::<SplitShares>(
            entry,
            &["train", "dev", "frozen"],
            "{train: 0.8, dev: 0.1, frozen: 0.1}",
        ),
        "seed" => typed::<Option<u64>>(entry, "a whole number, 0 or more").map(drop),
        "near_duplicates" => {
            typed::<Option<f64>>(entry, "a similarity above 0, at most 1").map(drop)
        }
        _ => typed::<Option<String>>(entry, "text").map(drop),
    }
}

fn check_filters(entry: &Entry) -> Result<(), YamlError> {
    known_keys(entry, &FILTERS)?;
    let Value::Object(filters) = &entry.value else {
        return typed::<Option<FilterSettings>>(entry, "a mapping of filters").map(drop);
    };
    for (key, value) in filters {
        let inner = Entry {
            key: format!("filters.{key}"),
            line: entry.line,
            value: value.clone(),
        };
        match key.as_str() {
            "length" => mapping::<LengthRange>(&inner, &["min", "max"], "{min: 16, max: 260}"),
            "language" => typed::<Option<Vec<Script>>>(
                &inner,
                "a list of latin, japanese, chinese, korean, cyrillic, greek, arabic, hebrew, thai or devanagari",
            )
            .map(drop),
            "label_leak" => mapping::<LabelLeak>(
                &inner,
                &["words", "field_names", "numbers"],
                "{field_names: true, numbers: true}",
            ),
            "conflicts" => typed::<ConflictPolicy>(&inner, "error, drop or report").map(drop),
            _ => typed::<DuplicatePolicy>(&inner, "keep_first or keep_all").map(drop),
        }?;
    }
    Ok(())
}

fn mapping<T: DeserializeOwned>(
    entry: &Entry,
    keys: &[&str],
    example: &str,
) -> Result<(), YamlError> {
    known_keys(entry, keys)?;
    typed::<Option<T>>(entry, &format!("like {example}")).map(drop)
}

fn known_keys(entry: &Entry, known: &[&str]) -> Result<(), YamlError> {
    let Value::Object(fields) = &entry.value else {
        return Ok(());
    };
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let inner = Entry {
                key: key.clone(),
                line: entry.line,
                value: Value::Null,
            };
            Err(unknown_key(&inner, &entry.key, known.iter().copied()))
        }
    }
}

fn typed<T: DeserializeOwned>(entry: &Entry, expected: &str) -> Result<T, YamlError> {
    serde_json::from_value(entry.value.clone()).map_err(|error| {
        let problem = format!("{} must be {expected} ({error})", entry.key);
        YamlError::new(entry.line, problem)
    })
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(PathBuf),
    Many(Vec<PathBuf>),
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<PathBuf>, D::Error> {
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(path) => vec![path],
        OneOrMany::Many(paths) => paths,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "source: raw/pairs.jsonl
source_scale: {min: 0, max: 100}
expand: {from: [rule_prompt, request_text], field: request_text, kind: source_type}
group: id
filters:
  length: {min: 16, max: 260}
  language: [latin, japanese]
  label_leak: {field_names: true, numbers: true}
  conflicts: report
split: {train: 0.8, dev: 0.1, frozen: 0.1}
seed: 42
";

    #[test]
    fn the_documented_file_loads() {
        let file = DataFile::from_yaml(GOOD).unwrap();
        assert_eq!(file.source, [PathBuf::from("raw/pairs.jsonl")]);
        assert_eq!(file.filters.length, Some(LengthRange { min: 16, max: 260 }));
        assert_eq!(file.filters.conflicts, ConflictPolicy::Report);
        assert_eq!(file.filters.duplicates, DuplicatePolicy::KeepFirst);
        assert_eq!(file.seed, 42);
        let many = DataFile::from_yaml("source: [a.csv, b.csv]\n").unwrap();
        assert_eq!(many.source.len(), 2);
    }

    #[test]
    fn mistakes_are_named_with_line_and_nearest_key() {
        let complaint = |from: &str, to: &str| {
            assert!(GOOD.contains(from));
            DataFile::from_yaml(&GOOD.replace(from, to))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            complaint("seed: 42", "sede: 42"),
            "line 11: unknown key 'sede', did you mean 'seed'?"
        );
        assert_eq!(
            complaint("  length", "  lenght"),
            "line 5: unknown key 'lenght' in 'filters', did you mean 'length'?"
        );
        assert!(complaint("min: 16", "minimum: 16").contains("did you mean 'min'"));
        assert!(complaint("max: 260", "max: 9").contains("above max 9"));
        assert!(complaint("frozen: 0.1", "frozen: 0.3").starts_with("line 10: split"));
        assert!(complaint("conflicts: report", "conflicts: ignore").contains("error, drop or"));
        assert!(complaint("latin, ", "english, ").contains("a list of latin"));
        assert!(complaint("max: 100", "max: 0").starts_with("line 2"));
        assert!(complaint("seed: 42", "seed: -1").starts_with("line 11"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(source|split|filters|seed|[a-z: \\[\\]{},.0-9\\n]){0,40}") {
            let _ = DataFile::from_yaml(&text);
        }
    }
}
