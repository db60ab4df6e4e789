//! The keyword baseline, `rules:FILE`: answers from which words a row holds and nothing else.
//! A model that does not beat it has learnt nothing that a page of rules could not say.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use gradus_schema::{AnsweredBy, TokenCounts, nearest};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{Answerer, Answers, Question, RawAnswer};
use crate::baseline::shown_text;
use crate::contract::{AnswerForm, Contract};
use crate::extract::contains_words;
use crate::hash::sha256_hex;
use crate::task::{Task, TaskRow, value_at};
use crate::{Error, Result};

/// A rule file: a default answer and what words change about it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeywordRules {
    pub name: String,
    pub version: u32,
    /// Row field that is read; all fields of the prompt when left out.
    #[serde(default)]
    field: Option<String>,
    #[serde(default, rename = "match")]
    matching: Matching,
    #[serde(default)]
    mode: Mode,
    /// The answer when no rule fires: an object, a number or text.
    default: Value,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Matching {
    /// Whole words: `sun` is not in `sunset`.
    #[default]
    Words,
    Substring,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// The first rule that fires decides.
    First,
    /// Every rule that fires counts: `set` and `add` in turn, answers by their points.
    #[default]
    All,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Fires when one of these occurs.
    any: Vec<String>,
    /// Number → new value.
    #[serde(default)]
    set: Map<String, Value>,
    /// Number → what is added.
    #[serde(default)]
    add: Map<String, Value>,
    /// A whole answer: a label, text or a number.
    #[serde(default)]
    answer: Option<Value>,
    #[serde(default = "one")]
    points: f64,
}

fn one() -> f64 {
    1.0
}

/// The rules bound to a task.
pub struct RuleAnswerer {
    reference: String,
    sha256: String,
    rules: KeywordRules,
    contract: Contract,
    shown_fields: Vec<String>,
}

impl KeywordRules {
    /// # Errors
    /// YAML that is no rule file; the text names the line.
    pub fn from_yaml(text: &str) -> Result<Self, String> {
        gradus_schema::read_yaml(text, "rule file").map_err(|error| error.to_string())
    }
}

impl RuleAnswerer {
    /// # Errors
    /// A file that can't be read or does not fit the task; the text says which rule.
    pub fn open(path: &Path, task: &Task) -> Result<Self> {
        let bytes =
            std::fs::read(path).map_err(|error| Error::io("reading the rules", path, error))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Error::task(path, "the rule file is not UTF-8; save it as UTF-8"))?;
        let rules = KeywordRules::from_yaml(text).map_err(|problem| Error::task(path, problem))?;
        check(&rules, &task.contract).map_err(|problem| Error::task(path, problem))?;
        Ok(Self {
            reference: format!("rules:{}", path.display()),
            sha256: sha256_hex(&bytes),
            rules,
            contract: task.contract.clone(),
            shown_fields: task.shown_fields(),
        })
    }

    fn answer_text(&self, row: &TaskRow) -> String {
        let text = match &self.rules.field {
            None => shown_text(row, &self.shown_fields),
            Some(field) => match value_at(&row.fields, field) {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            },
        };
        let lowered = text.to_lowercase();
        let occurs = |word: &String| match self.rules.matching {
            Matching::Words => contains_words(&text, word),
            Matching::Substring => lowered.contains(&word.to_lowercase()),
        };
        let mut fired: Vec<&Rule> = self
            .rules
            .rules
            .iter()
            .filter(|rule| rule.any.iter().any(occurs))
            .collect();
        if self.rules.mode == Mode::First {
            fired.truncate(1);
        }
        self.write(&fired)
    }

    fn write(&self, fired: &[&Rule]) -> String {
        let mut answer = most_points(fired).unwrap_or(&self.rules.default).clone();
        for rule in fired {
            for field in self.contract.fields() {
                let number =
                    |changes: &Map<String, Value>| changes.get(&field.name).and_then(Value::as_f64);
                if let Some(value) = number(&rule.set) {
                    field.write(&mut answer, value);
                }
                if let Some(change) = number(&rule.add) {
                    let value = field.number_in(&answer).unwrap_or(0.0) + change;
                    field.write(&mut answer, value);
                }
            }
        }
        match answer {
            Value::String(text) if !self.contract.is_json() => text,
            other => self.contract.ordered(&other).to_string(),
        }
    }
}

/// The whole answer with the most points; the earlier one of equals.
fn most_points<'a>(fired: &[&'a Rule]) -> Option<&'a Value> {
    let mut totals: Vec<(&Value, f64)> = Vec::new();
    for rule in fired {
        let Some(answer) = &rule.answer else { continue };
        match totals.iter_mut().find(|(known, _)| *known == answer) {
            Some((_, total)) => *total += rule.points,
            None => totals.push((answer, rule.points)),
        }
    }
    let mut best: Option<(&Value, f64)> = None;
    for (answer, total) in totals {
        if best.is_none_or(|(_, most)| total > most) {
            best = Some((answer, total));
        }
    }
    best.map(|(answer, _)| answer)
}

fn check(rules: &KeywordRules, contract: &Contract) -> Result<(), String> {
    check_answer(&rules.default, contract).map_err(|problem| format!("default: {problem}"))?;
    for (index, rule) in rules.rules.iter().enumerate() {
        let place = |problem: String| format!("rule {}: {problem}", index + 1);
        if rule.any.is_empty() || rule.any.iter().any(|word| word.trim().is_empty()) {
            return Err(place(
                "`any` needs at least one word, none of them empty".to_owned(),
            ));
        }
        for (name, change) in rule.set.iter().chain(&rule.add) {
            let known = || contract.fields().iter().map(|field| field.name.as_str());
            if !known().any(|field| field == name) {
                let hint = nearest::did_you_mean(name, known());
                return Err(place(format!("the answer has no number '{name}'{hint}")));
            }
            if change.as_f64().is_none() {
                return Err(place(format!("'{name}' must be a number, found {change}")));
            }
        }
        if let Some(answer) = &rule.answer {
            check_answer(answer, contract).map_err(place)?;
        } else if rule.set.is_empty() && rule.add.is_empty() {
            return Err(place(
                "it changes nothing; give `set`, `add` or `answer`".to_owned(),
            ));
        }
    }
    Ok(())
}

fn check_answer(answer: &Value, contract: &Contract) -> Result<(), String> {
    let text = match (contract.form(), answer) {
        (AnswerForm::Json, _) => contract.ordered(answer).to_string(),
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    };
    match crate::parse::parse_answer(&text, contract).strict {
        Err(code) if contract.extractor().is_whole() => Err(format!(
            "{answer} does not meet the task's contract ({code})"
        )),
        _ => Ok(()),
    }
}

impl Answerer for RuleAnswerer {
    fn answered_by(&self) -> AnsweredBy {
        AnsweredBy {
            model: self.reference.clone(),
            revision: self.sha256.clone(),
            adapter_sha256: None,
            backend: "rules".to_owned(),
        }
    }

    fn decode(&self) -> Value {
        json!({"rules": self.rules.name, "version": self.rules.version})
    }

    fn batch_rows(&self) -> usize {
        256
    }

    fn answer(&mut self, questions: &[Question<'_>], _stop: &AtomicBool) -> Result<Vec<Answers>> {
        let answered_by = self.answered_by();
        let answer = |question: &Question<'_>| {
            let began = Instant::now();
            let text = self.answer_text(question.row);
            let latency = began.elapsed().as_secs_f64();
            let raw = RawAnswer::local(text, latency, TokenCounts::default());
            Answers::free(answered_by.clone(), raw)
        };
        Ok(questions.iter().map(answer).collect())
    }
}

#[cfg(test)]
#[path = "keywords_tests.rs"]
mod tests;
