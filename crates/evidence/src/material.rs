//! What lies in a finished folder, read by name and content: evaluations with their rows, task
//! folders, trainings, comparisons and decisions. Both evidence and report are made of it.

use std::collections::BTreeMap;

use gradus_schema::loop_summary::LoopSummary;
use gradus_schema::{Comparison, Decision, EvalReport, EvalRow, Plan, TaskFile};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::digest::sha256_hex;
use crate::relative::Original;
use crate::{Error, Result};

/// Name with `/` → content.
pub type Files = BTreeMap<String, Vec<u8>>;

/// One finished evaluation.
#[derive(Debug, Clone)]
pub struct Evaluation {
    /// Folder inside the files; empty at the top.
    pub folder: String,
    pub report: EvalReport,
    pub rows: Vec<EvalRow>,
    /// SHA-256 of the task file it was made with.
    pub task_sha256: Option<String>,
}

impl Evaluation {
    /// What people call it: the folder's last name, else the model.
    pub fn label(&self) -> &str {
        match self.folder.rsplit('/').next() {
            Some(name) if !name.is_empty() => name,
            _ => &self.report.model,
        }
    }
}

#[derive(Debug, Clone)]
pub struct TaskFolder {
    pub folder: String,
    pub file: TaskFile,
    pub sha256: String,
}

#[derive(Debug, Clone)]
pub struct Training {
    pub folder: String,
    pub manifest: Value,
    pub final_metrics: Option<Value>,
    /// Lines of `iter_eval_metrics.jsonl`.
    pub evaluations: Vec<Value>,
}

impl Training {
    pub fn adapter_sha256(&self) -> Option<&str> {
        self.manifest["adapter_sha256"].as_str()
    }
}

/// Something of a known kind, and the file it stands in.
#[derive(Debug, Clone)]
pub struct Named<T> {
    pub file: String,
    pub value: T,
}

#[derive(Debug, Clone, Default)]
pub struct Material {
    pub tasks: Vec<TaskFolder>,
    pub evaluations: Vec<Evaluation>,
    pub trainings: Vec<Training>,
    pub comparisons: Vec<Named<Comparison>>,
    pub decisions: Vec<Named<Decision>>,
    pub plans: Vec<Named<Plan>>,
    pub loops: Vec<Named<LoopSummary>>,
    /// SHA-256 by file name, of what the files were before they were packed.
    pub sha256_of: BTreeMap<String, String>,
    /// The same of JSON files without their white space, where that is not the file's own.
    pub original_json_sha256_of: BTreeMap<String, String>,
}

/// The two evaluations that were compared, as indices into `evaluations`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arms {
    pub base: usize,
    pub candidate: usize,
}

impl Material {
    /// Reads everything that is known. What is not known stays a file among others.
    ///
    /// # Errors
    /// A file whose name and shape say what it is, and that can't be read as that.
    pub fn read(files: &Files) -> Result<Self> {
        let mut material = Self::default();
        for (name, bytes) in files {
            material.sha256_of.insert(name.clone(), sha256_hex(bytes));
            let (folder, file) = split(name);
            match file {
                "task.yaml" => material.tasks.push(read_task(name, folder, bytes)?),
                "eval_summary.json" => {
                    material.evaluations.extend(read_evaluation(files, name)?);
                }
                "run_manifest.json" if is_training(files, folder) => {
                    material.trainings.push(read_training(files, name)?);
                }
                "plan.yaml" => material.plans.extend(read_plan(name, bytes)),
                _ if file.ends_with(".json") => material.read_other(name, bytes)?,
                _ => {}
            }
        }
        Ok(material)
    }

    /// Comparisons and decisions are known by their shape, whatever they are called.
    fn read_other(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let Ok(Value::Object(fields)) = serde_json::from_slice::<Value>(bytes) else {
            return Ok(());
        };
        let has = |keys: &[&str]| keys.iter().all(|key| fields.contains_key(*key));
        if has(&["verdict", "refusals", "candidate"]) {
            let value = parse(name, bytes)?;
            let file = name.to_owned();
            self.comparisons.push(Named { file, value });
        } else if has(&["outcome", "gates", "comparison_sha256"]) {
            let value = parse(name, bytes)?;
            let file = name.to_owned();
            self.decisions.push(Named { file, value });
        } else if has(&["completion", "cycles", "task"]) {
            let value = parse(name, bytes)?;
            let file = name.to_owned();
            self.loops.push(Named { file, value });
        }
        Ok(())
    }

    /// Whether this is the SHA-256 of a JSON file, as it was or without its white space.
    pub fn is_sha256_of(&self, sha256: &str, file: &str, value: &impl serde::Serialize) -> bool {
        if self
            .sha256_of
            .get(file)
            .is_some_and(|known| known == sha256)
        {
            return true;
        }
        match self.original_json_sha256_of.get(file) {
            Some(known) => known == sha256,
            None => serde_json::to_vec(value).is_ok_and(|bytes| sha256_hex(&bytes) == sha256),
        }
    }

    /// Other files name these by what they were before packing.
    pub fn with_originals(mut self, originals: &BTreeMap<String, Original>) -> Self {
        for (name, original) in originals {
            self.sha256_of.insert(name.clone(), original.sha256.clone());
            if let Some(sha256) = &original.json_sha256 {
                self.original_json_sha256_of
                    .insert(name.clone(), sha256.clone());
            }
        }
        for task in &mut self.tasks {
            if let Some(original) = originals.get(&join(&task.folder, "task.yaml")) {
                task.sha256.clone_from(&original.sha256);
            }
        }
        self
    }

    /// The task folder an evaluation was made with.
    pub fn task_of(&self, evaluation: &Evaluation) -> Option<&TaskFolder> {
        let wanted = evaluation.task_sha256.as_deref()?;
        self.tasks.iter().find(|task| task.sha256 == wanted)
    }

    /// Which two were compared: as the first comparison says, else the only one with an adapter
    /// against the same base without.
    pub fn arms(&self) -> Option<Arms> {
        if let Some(comparison) = self.comparisons.first() {
            let base = self.evaluation_with(&comparison.value.base.files)?;
            let candidate = self.evaluation_with(&comparison.value.candidate.files)?;
            return Some(Arms { base, candidate });
        }
        let mut tuned = self
            .evaluations
            .iter()
            .enumerate()
            .filter(|(_, evaluation)| evaluation.report.answered_by.adapter_sha256.is_some());
        let (candidate, arm) = tuned.next()?;
        if tuned.next().is_some() {
            return None;
        }
        let base = self.evaluations.iter().position(|evaluation| {
            let by = &evaluation.report.answered_by;
            by.adapter_sha256.is_none()
                && by.revision == arm.report.answered_by.revision
                && evaluation.report.data_sha256 == arm.report.data_sha256
        })?;
        Some(Arms { base, candidate })
    }

    /// The evaluation that holds a file with one of these hashes.
    pub fn evaluation_with(&self, hashes: &BTreeMap<String, String>) -> Option<usize> {
        self.evaluations.iter().position(|evaluation| {
            hashes.iter().any(|(name, sha256)| {
                let (_, name) = split(name);
                self.sha256_of.get(&join(&evaluation.folder, name)) == Some(sha256)
            })
        })
    }
}

/// Folder and file name.
pub fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

/// A file in a folder; the folder may be empty.
pub fn join(folder: &str, file: &str) -> String {
    if folder.is_empty() {
        file.to_owned()
    } else {
        format!("{folder}/{file}")
    }
}

fn parse<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::file(name, error.line(), error.to_string()))
}

/// A training wrote its recipe beside its manifest.
fn is_training(files: &Files, folder: &str) -> bool {
    files.contains_key(&join(folder, "recipe.resolved.yaml"))
}

fn read_task(name: &str, folder: &str, bytes: &[u8]) -> Result<TaskFolder> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::file(name, 0, "not UTF-8"))?;
    let file =
        TaskFile::from_yaml(text).map_err(|error| Error::file(name, 0, error.to_string()))?;
    Ok(TaskFolder {
        folder: folder.to_owned(),
        file,
        sha256: sha256_hex(bytes),
    })
}

/// A plan of gradus; a file of that name that is somebody else's is a file among others.
fn read_plan(name: &str, bytes: &[u8]) -> Option<Named<Plan>> {
    let value = Plan::from_yaml(std::str::from_utf8(bytes).ok()?).ok()?;
    let file = name.to_owned();
    Some(Named { file, value })
}

/// An evaluation of gradus; `None` for a summary that somebody else wrote.
fn read_evaluation(files: &Files, name: &str) -> Result<Option<Evaluation>> {
    let (folder, _) = split(name);
    let Some(rows) = files.get(&join(folder, "rows.jsonl")) else {
        return Ok(None);
    };
    let report: EvalReport = parse(name, files.get(name).map_or(&[][..], Vec::as_slice))?;
    let manifest = files
        .get(&join(folder, "run_manifest.json"))
        .map(|bytes| parse::<Value>(&join(folder, "run_manifest.json"), bytes))
        .transpose()?;
    Ok(Some(Evaluation {
        rows: parse_lines(&join(folder, "rows.jsonl"), rows)?,
        folder: folder.to_owned(),
        report,
        task_sha256: manifest
            .and_then(|manifest| manifest["task_sha256"].as_str().map(str::to_owned)),
    }))
}

fn read_training(files: &Files, name: &str) -> Result<Training> {
    let (folder, _) = split(name);
    let get = |file: &str| files.get(&join(folder, file));
    let manifest = parse(name, files.get(name).map_or(&[][..], Vec::as_slice))?;
    let final_metrics = get("final_metrics.json")
        .map(|bytes| parse(&join(folder, "final_metrics.json"), bytes))
        .transpose()?;
    let evaluations = match get("iter_eval_metrics.jsonl") {
        Some(bytes) => parse_lines(&join(folder, "iter_eval_metrics.jsonl"), bytes)?,
        None => Vec::new(),
    };
    Ok(Training {
        folder: folder.to_owned(),
        manifest,
        final_metrics,
        evaluations,
    })
}

fn parse_lines<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<Vec<T>> {
    let mut values = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let value = serde_json::from_slice(line)
            .map_err(|error| Error::file(name, index + 1, error.to_string()))?;
        values.push(value);
    }
    Ok(values)
}
