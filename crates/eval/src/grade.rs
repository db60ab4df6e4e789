//! Graders: what a task declares beside the built-in metrics. Each gives an answer a score from
//! 0 to 1, or none where it can't tell (a judge whose reply has no score). Pure once opened, so
//! that a stored report can be graded again from the raw answers and judgements it holds.

use std::collections::BTreeMap;
use std::path::Path;

use gradus_schema::{DerivedScore, GraderKind, GraderSpec, Judgement, TaskFile, nearest};
use serde_json::{Map, Value, json};

use crate::contract::Contract;
use crate::extract::{Extractor, close, contains_words, normalise, number_of};
use crate::hash::sha256_hex;
use crate::json::{Json, read_value};
use crate::openai::ModelAt;
use crate::parse::Prediction;
use crate::prompt::{PromptTemplate, read_template};
use crate::rules::{Catalogue, DerivationTable, Derivations};
use crate::{Error, Result};

/// The graders of a task, opened.
#[derive(Debug, Clone, Default)]
pub struct Graders {
    graders: Vec<Grader>,
    /// SHA-256 over the declarations and the files they name; empty without graders.
    pub sha256: String,
}

#[derive(Debug, Clone)]
struct Grader {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Exact {
        extractor: Extractor,
        normalised: bool,
    },
    Contains,
    Numeric {
        extractor: Extractor,
        absolute: f64,
        relative: f64,
    },
    JsonField {
        path: String,
        tolerance: f64,
        normalised: bool,
    },
    Within(f64),
    Derived(Derivations, DerivedScore),
    Composition(Box<Catalogue>),
    Judge(Box<Judge>),
}

/// What a composition reports beside its score.
const COMPOSITION_PARTS: [&str; 5] = ["vector", "tags", "synergy", "anti_synergy", "slot_match"];

/// A judge as a task declares it.
#[derive(Debug, Clone)]
pub struct Judge {
    pub model: ModelAt,
    rubric: PromptTemplate,
}

impl Judge {
    /// What the judge is asked about an answer.
    ///
    /// # Errors
    /// What the template says about the row's fields.
    pub fn question(
        &self,
        fields: &Map<String, Value>,
        target: &Value,
        answer: &str,
    ) -> std::result::Result<String, String> {
        let mut variables = fields.clone();
        variables.insert("answer".to_owned(), json!(answer));
        variables.insert("target".to_owned(), target.clone());
        self.rubric.render(&variables)
    }
}

/// What a grader looks at.
#[derive(Clone, Copy)]
pub struct Graded<'a> {
    /// The completion as it came.
    pub text: &'a str,
    /// What the strict parser made of it.
    pub parsed: Option<&'a Prediction>,
    pub label: &'a Prediction,
    pub judgements: &'a BTreeMap<String, Judgement>,
}

impl Graders {
    /// # Errors
    /// A grader that does not fit the task, or a file of one that can't be used.
    pub fn open(dir: &Path, file: &TaskFile, contract: &Contract) -> Result<Self> {
        let mut graders = Vec::with_capacity(file.graders.len());
        let mut identity = Vec::new();
        for (name, spec) in &file.graders {
            let mut sources = Vec::new();
            let refuse = |problem: String| {
                Error::task(dir.join("task.yaml"), format!("graders.{name}: {problem}"))
            };
            if crate::metrics::metric_names(contract).contains(name) {
                return Err(refuse(
                    "this is the name of a built-in metric; choose another".to_owned(),
                ));
            }
            let kind =
                open_kind(dir, file, contract, spec, &mut sources).map_err(
                    |error| match error {
                        Error::Configuration(problem) => refuse(problem),
                        other => other,
                    },
                )?;
            identity.push(json!([name, spec, sources]));
            graders.push(Grader {
                name: name.clone(),
                kind,
            });
        }
        let sha256 = match identity.is_empty() {
            true => String::new(),
            false => sha256_hex(json!(identity).to_string().as_bytes()),
        };
        Ok(Self { graders, sha256 })
    }

    pub fn is_empty(&self) -> bool {
        self.graders.is_empty()
    }

    /// The metrics that the graders add.
    pub fn metric_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for grader in &self.graders {
            names.push(grader.name.clone());
            match &grader.kind {
                Kind::Derived(derivations, _) => {
                    names.extend(
                        derivations
                            .components()
                            .map(|part| format!("{}_{part}", grader.name)),
                    );
                }
                Kind::Composition(_) => {
                    names.extend(COMPOSITION_PARTS.map(|part| format!("{}_{part}", grader.name)));
                }
                Kind::Judge(_) => names.push(format!("{}_invalid_rate", grader.name)),
                _ => {}
            }
        }
        names
    }

    /// The judges to be asked, by grader.
    pub fn judges(&self) -> impl Iterator<Item = (&str, &Judge)> {
        self.graders.iter().filter_map(|grader| match &grader.kind {
            Kind::Judge(judge) => Some((grader.name.as_str(), judge.as_ref())),
            _ => None,
        })
    }

    /// All scores of one answer.
    pub fn grade(&self, graded: Graded<'_>) -> BTreeMap<String, Option<f64>> {
        let mut grades = BTreeMap::new();
        for Grader { name, kind } in &self.graders {
            if let Kind::Derived(derivations, score) = kind {
                let agree = match graded.parsed {
                    Some(parsed) => derivations.agreements(&parsed.numbers, &graded.label.numbers),
                    None => vec![false; derivations.components().count()],
                };
                for (part, agrees) in derivations.components().zip(&agree) {
                    grades.insert(format!("{name}_{part}"), Some(score_of(*agrees)));
                }
                let hits = agree.iter().filter(|agrees| **agrees).count();
                let score = match score {
                    DerivedScore::All => score_of(hits == agree.len()),
                    DerivedScore::Share => hits as f64 / agree.len().max(1) as f64,
                };
                grades.insert(name.clone(), Some(score));
            } else if let Kind::Composition(catalogue) = kind {
                let scores = compose(catalogue, graded);
                grades.insert(name.clone(), Some(scores[0]));
                for (part, score) in COMPOSITION_PARTS.iter().zip(&scores[1..]) {
                    grades.insert(format!("{name}_{part}"), Some(*score));
                }
            } else {
                let grade = grade_one(name, kind, graded);
                if matches!(kind, Kind::Judge(_)) {
                    grades.insert(
                        format!("{name}_invalid_rate"),
                        Some(score_of(grade.is_none())),
                    );
                }
                grades.insert(name.clone(), grade);
            }
        }
        grades
    }
}

/// Total and parts of a composition; an answer without numbers composes nothing.
fn compose(catalogue: &Catalogue, graded: Graded<'_>) -> [f64; 6] {
    let Some(parsed) = graded.parsed else {
        return [0.0; 6];
    };
    let target = &graded.label.numbers;
    let chosen = catalogue.choose(&parsed.numbers);
    let right = catalogue.choose(target);
    let score = catalogue.score(&chosen, target);
    let same = chosen.iter().zip(&right).filter(|(a, b)| a == b).count();
    let slots = same as f64 / right.len().max(1) as f64;
    [
        score.total,
        score.vector,
        score.tags,
        score.synergy,
        score.anti_synergy,
        slots,
    ]
}

fn grade_one(name: &str, kind: &Kind, graded: Graded<'_>) -> Option<f64> {
    let target = graded.label.text();
    let hit = match kind {
        Kind::Exact {
            extractor,
            normalised,
        } => extractor
            .find(graded.text)
            .is_some_and(|found| same(found, &target, *normalised)),
        Kind::Contains => contains_words(graded.text, &target),
        Kind::Numeric {
            extractor,
            absolute,
            relative,
        } => {
            let found = extractor.find(graded.text).and_then(number_of);
            match (found, number_of(&target)) {
                (Some(found), Some(target)) => close(found, target, *absolute, *relative),
                _ => false,
            }
        }
        Kind::JsonField {
            path,
            tolerance,
            normalised,
        } => {
            let wanted = at(&graded.label.value, path);
            let found = graded.parsed.and_then(|parsed| at(&parsed.value, path));
            same_values(found, wanted, *tolerance, *normalised)
        }
        Kind::Within(tolerance) => {
            let Some(parsed) = graded.parsed else {
                return Some(0.0);
            };
            let pairs = parsed.numbers.iter().zip(&graded.label.numbers);
            let hits = pairs.filter(|(value, target)| close(**value, **target, *tolerance, 0.0));
            return Some(hits.count() as f64 / graded.label.numbers.len().max(1) as f64);
        }
        Kind::Judge(_) => return graded.judgements.get(name).and_then(score_of_judgement),
        Kind::Derived(..) | Kind::Composition(_) => return None,
    };
    Some(score_of(hit))
}

fn score_of(hit: bool) -> f64 {
    f64::from(u8::from(hit))
}

fn same(found: &str, target: &str, normalised: bool) -> bool {
    match normalised {
        true => normalise(found) == normalise(target),
        false => found.trim() == target.trim(),
    }
}

fn same_values(
    found: Option<&Value>,
    wanted: Option<&Value>,
    tolerance: f64,
    normalised: bool,
) -> bool {
    match (found, wanted) {
        (Some(Value::String(found)), Some(Value::String(wanted))) => {
            same(found, wanted, normalised)
        }
        (Some(Value::Number(found)), Some(Value::Number(wanted))) => {
            match (found.as_f64(), wanted.as_f64()) {
                (Some(found), Some(wanted)) => close(found, wanted, tolerance, 0.0),
                _ => false,
            }
        }
        (found, wanted) => found.is_some() && found == wanted,
    }
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, key| value.get(key))
}

/// The judge's score: `{"score": 0…1}` as the first JSON object of the reply. Anything else is
/// an invalid judgement, never a guess.
pub fn score_of_judgement(judgement: &Judgement) -> Option<f64> {
    let text = judgement.raw.as_deref()?;
    let start = text.find('{')?;
    let (object, _) = read_value(text, start).ok()?;
    let Json::Object(entries) = object else {
        return None;
    };
    let mut scores = entries.iter().filter(|(key, _)| key == "score");
    let (_, Json::Number(score)) = scores.next()? else {
        return None;
    };
    let score: f64 = score.parse().ok()?;
    (scores.next().is_none() && (0.0..=1.0).contains(&score)).then_some(score)
}

fn open_kind(
    dir: &Path,
    file: &TaskFile,
    contract: &Contract,
    spec: &GraderSpec,
    sources: &mut Vec<String>,
) -> Result<Kind> {
    let refuse = |problem: String| Error::Configuration(problem);
    let normalised = spec.normalise.unwrap_or(true);
    let tolerance = checked(spec.tolerance)?;
    let extractor = || Extractor::new(&spec.extract, spec.pattern.as_deref()).map_err(refuse);
    let needs_numbers = || match contract.fields().is_empty() {
        true => Err(refuse("the task's answers hold no numbers".to_owned())),
        false => Ok(()),
    };
    Ok(match spec.kind {
        GraderKind::ExactMatch | GraderKind::Regex => Kind::Exact {
            extractor: extractor()?,
            normalised,
        },
        GraderKind::Contains => Kind::Contains,
        GraderKind::Numeric => Kind::Numeric {
            extractor: extractor()?,
            absolute: tolerance,
            relative: checked(spec.relative_tolerance)?,
        },
        GraderKind::JsonField => {
            if !contract.is_json() {
                return Err(refuse("answers of this task are no JSON".to_owned()));
            }
            let path = spec.field.clone().unwrap_or_default();
            let keys = contract.top_keys();
            let first = path.split('.').next().unwrap_or_default();
            if !keys.contains(&first) {
                let hint = nearest::did_you_mean(first, keys.iter().copied());
                return Err(refuse(format!("the contract has no key '{first}'{hint}")));
            }
            Kind::JsonField {
                path,
                tolerance,
                normalised,
            }
        }
        GraderKind::WithinTolerance => {
            needs_numbers()?;
            Kind::Within(tolerance)
        }
        GraderKind::Derived => {
            needs_numbers()?;
            let text = table_text(dir, spec)?;
            let table = DerivationTable::from_yaml(&text).map_err(refuse)?;
            let group = spec.group.as_deref().unwrap_or_default();
            let bound = table.bind(group, contract, file.scale).map_err(refuse)?;
            sources.push(sha256_hex(text.as_bytes()));
            Kind::Derived(bound, spec.score.unwrap_or_default())
        }
        GraderKind::Composition => {
            needs_numbers()?;
            let text = table_text(dir, spec)?;
            let catalogue = Catalogue::from_yaml(&text, contract, file.scale).map_err(refuse)?;
            sources.push(sha256_hex(text.as_bytes()));
            Kind::Composition(Box::new(catalogue))
        }
        GraderKind::Judge => {
            let model = spec.model.clone().unwrap_or_default();
            let rubric = read_template(&dir.join(spec.rubric.clone().unwrap_or_default()))?;
            sources.push(rubric.sha256.clone());
            Kind::Judge(Box::new(Judge {
                model: model.parse()?,
                rubric,
            }))
        }
    })
}

fn checked(tolerance: Option<f64>) -> Result<f64> {
    let tolerance = tolerance.unwrap_or(0.0);
    match tolerance.is_finite() && tolerance >= 0.0 {
        true => Ok(tolerance),
        false => Err(Error::Configuration(format!(
            "a tolerance must be 0 or more, found {tolerance}"
        ))),
    }
}

fn table_text(dir: &Path, spec: &GraderSpec) -> Result<String> {
    let name = spec.table.clone().unwrap_or_default();
    if let Some(text) = name.to_str().and_then(DerivationTable::bundled) {
        return Ok(text.to_owned());
    }
    let path = dir.join(name);
    std::fs::read_to_string(&path).map_err(|error| Error::io("reading the rule table", path, error))
}

#[cfg(test)]
#[path = "grade_tests.rs"]
mod tests;
