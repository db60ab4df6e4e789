//! A task on disk: `task.yaml` and the files it names, checked before anything is run on them.
//!
//! The prompt of a row is made in one place ([`Task::messages`]), so that training data and
//! evaluation requests are the same bytes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gradus_schema::{
    ChatMessage, JsonRow, PromptCompletion, Split, TaskFile, nearest, parse_json_rows,
};
use serde_json::{Map, Value};

use crate::contract::Contract;
use crate::grade::Graders;
use crate::hash::sha256_hex;
use crate::label::label_of;
use crate::metrics::{canonical_name, metric_names, unknown_metric};
use crate::parse::Prediction;
use crate::prompt::{PromptTemplate, read_template};
use crate::score::Scoring;
use crate::{Error, Result};

/// A task directory whose own files are sound; its data are read split by split.
#[derive(Debug, Clone)]
pub struct Task {
    pub dir: PathBuf,
    pub file: TaskFile,
    /// SHA-256 of `task.yaml`, hex.
    pub sha256: String,
    pub prompt: PromptTemplate,
    pub system_prompt: Option<PromptTemplate>,
    pub contract: Contract,
    pub graders: Graders,
}

/// The rows of one split.
#[derive(Debug, Clone)]
pub struct SplitRows {
    pub split: Split,
    pub path: PathBuf,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Never empty.
    pub rows: Vec<TaskRow>,
}

/// One row, with its expected answer checked against the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRow {
    /// Line in the file, from 1.
    pub row: usize,
    /// The row's own `id`, else `row-<line>`.
    pub id: String,
    pub fields: Map<String, Value>,
    /// What stands at the task's `target` path.
    pub target: Value,
    /// The same as an answer: keys in the contract's order, numbers in the scale.
    pub label: Prediction,
    /// The value of the field that `stratify_by` names.
    pub stratum: Option<String>,
}

impl Task {
    /// Reads `task.yaml` and the template and contract it names.
    ///
    /// # Errors
    /// A missing or malformed file, a primary score that is no metric; the text says which file
    /// and what to do.
    pub fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("task.yaml");
        let bytes =
            std::fs::read(&path).map_err(|error| Error::io("reading the task", &path, error))?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| Error::task(&path, "the task file is not UTF-8; save it as UTF-8"))?;
        let mut file =
            TaskFile::from_yaml(text).map_err(|error| Error::task(&path, error.to_string()))?;
        let prompt = read_template(&dir.join(&file.prompt))?;
        let system_prompt = match &file.system_prompt {
            Some(name) => Some(read_template(&dir.join(name))?),
            None => None,
        };
        let contract = read_contract(dir, &file)?;
        let graders = Graders::open(dir, &file, &contract)?;
        let mut names = metric_names(&contract);
        names.extend(graders.metric_names());
        let primary = canonical_name(&file.primary_score.metric).to_owned();
        if !names.contains(&primary) {
            let known = names.iter().map(String::as_str);
            let problem = unknown_metric(&primary, known);
            return Err(Error::task(path, format!("primary_score: {problem}")));
        }
        file.primary_score.metric = primary;
        Ok(Self {
            dir: dir.to_owned(),
            sha256: sha256_hex(&bytes),
            file,
            prompt,
            system_prompt,
            contract,
            graders,
        })
    }

    /// Everything that an answer's score depends on besides the answer and its row.
    pub fn scoring(&self) -> Scoring<'_> {
        Scoring {
            contract: &self.contract,
            scale: self.file.scale,
            stratify_by: self.file.stratify_by.as_deref(),
            graders: &self.graders,
        }
    }

    /// The same task with other rows to train on: `path` is absolute or relative to the task's
    /// folder. Prompt, contract and the other splits stay.
    pub fn with_train_rows(&self, path: &Path) -> Self {
        let mut task = self.clone();
        task.file.data.train = Some(path.to_owned());
        task
    }

    /// Every file the task is made of, relative to its folder: the task file, what it names, and
    /// the policies beside it.
    pub fn files(&self) -> Vec<PathBuf> {
        let file = &self.file;
        let named = [
            Some(&file.prompt),
            file.system_prompt.as_ref(),
            file.contract.as_ref(),
        ];
        let data = [Split::Train, Split::Dev, Split::Frozen].map(|split| file.data.file(split));
        let of_graders = file
            .graders
            .values()
            .flat_map(|grader| [grader.table.as_ref(), grader.rubric.as_ref()]);
        let found = named.into_iter().chain(data).chain(of_graders).flatten();
        let beside = ["task.yaml", "gates.yaml", "data.yaml"].map(PathBuf::from);
        let mut files: Vec<PathBuf> = beside
            .into_iter()
            .chain(found.cloned())
            .filter(|path| self.dir.join(path).is_file())
            .collect();
        files.sort();
        files.dedup();
        files
    }

    /// Whether the task names a file for this split.
    pub fn has(&self, split: Split) -> bool {
        self.file.data.file(split).is_some()
    }

    /// The rows of a split, every one checked: its label, stratum, id and prompt.
    ///
    /// # Errors
    /// A split without a file; the first row that can't be used, with file and line.
    pub fn rows(&self, split: Split) -> Result<SplitRows> {
        let name = self.file.data.file(split).ok_or_else(|| {
            let problem = format!("the task has no {split} data; name a file under `data`");
            Error::task(self.dir.join("task.yaml"), problem)
        })?;
        let path = self.dir.join(name);
        let bytes =
            std::fs::read(&path).map_err(|error| Error::io("reading the rows", &path, error))?;
        let refuse = |row, problem| Error::Row {
            path: path.clone(),
            row,
            problem,
        };
        let mut lines_of_ids = BTreeMap::new();
        let mut rows = Vec::new();
        let json_rows = parse_json_rows(&bytes).map_err(|error| match error.row {
            0 => Error::task(&path, error.problem),
            row => refuse(row, error.problem),
        })?;
        for json_row in json_rows {
            let line = json_row.row;
            let row = self
                .read_row(json_row)
                .map_err(|problem| refuse(line, problem))?;
            if let Some(first) = lines_of_ids.insert(row.id.clone(), line) {
                let problem = format!("the id '{}' is also that of line {first}", row.id);
                return Err(refuse(line, problem));
            }
            rows.push(row);
        }
        Ok(SplitRows {
            split,
            sha256: sha256_hex(&bytes),
            path,
            rows,
        })
    }

    /// One row, checked: label, stratum, id, prompt.
    ///
    /// # Errors
    /// What is wrong with it, without its place.
    pub(crate) fn read_row(&self, json_row: JsonRow) -> Result<TaskRow, String> {
        let JsonRow { row, fields } = json_row;
        let target = value_at(&fields, &self.file.target)
            .ok_or_else(|| missing_path(&fields, &self.file.target, "target"))?
            .clone();
        let label = label_of(&target, &self.contract, self.file.scale)?;
        let stratum = match &self.file.stratify_by {
            Some(field) => Some(stratum_of(&fields, field)?),
            None => None,
        };
        let id = match fields.get("id") {
            Some(Value::String(id)) if !id.trim().is_empty() => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => format!("row-{row}"),
        };
        let row = TaskRow {
            row,
            id,
            fields,
            target,
            label,
            stratum,
        };
        self.messages(&row)?;
        Ok(row)
    }

    /// What a model is asked for a row: the one place where prompts are made.
    ///
    /// # Errors
    /// What the template says about the row's fields.
    pub fn messages(&self, row: &TaskRow) -> Result<Vec<ChatMessage>, String> {
        let mut messages = Vec::with_capacity(2);
        if let Some(system) = &self.system_prompt {
            messages.push(ChatMessage::new("system", system.render(&row.fields)?));
        }
        messages.push(ChatMessage::new("user", self.prompt.render(&row.fields)?));
        Ok(messages)
    }

    /// What the model should answer: compact JSON with its keys in the contract's order, or text.
    pub fn completion(&self, row: &TaskRow) -> String {
        row.label.text()
    }

    /// A split as training rows: the prompts that evaluation sends, byte for byte.
    ///
    /// # Errors
    /// Those of [`Self::rows`].
    pub fn training_rows(&self, split: Split) -> Result<Vec<PromptCompletion>> {
        let split_rows = self.rows(split)?;
        let convert = |row: TaskRow| {
            let messages = self.messages(&row).map_err(|problem| Error::Row {
                path: split_rows.path.clone(),
                row: row.row,
                problem,
            })?;
            Ok(PromptCompletion {
                row: row.row,
                completion: self.completion(&row),
                id: Some(row.id),
                messages,
                extra: row.fields,
            })
        };
        split_rows.rows.into_iter().map(convert).collect()
    }

    /// The fields that the templates show.
    pub(crate) fn shown_fields(&self) -> Vec<String> {
        let templates = self.system_prompt.iter().chain([&self.prompt]);
        templates
            .flat_map(|template| template.variables().iter().cloned())
            .collect()
    }

    /// SHA-256 over the prompt template, and the system template where there is one.
    pub fn prompt_sha256(&self) -> String {
        match &self.system_prompt {
            None => self.prompt.sha256.clone(),
            Some(system) => {
                sha256_hex(format!("{}\n{}", system.sha256, self.prompt.sha256).as_bytes())
            }
        }
    }
}

/// SHA-256 of rendered messages as compact JSON.
pub fn messages_sha256(messages: &[ChatMessage]) -> String {
    let pairs: Vec<Value> = messages
        .iter()
        .map(|message| serde_json::json!({"role": message.role, "content": message.content}))
        .collect();
    sha256_hex(Value::Array(pairs).to_string().as_bytes())
}

fn read_contract(dir: &Path, file: &TaskFile) -> Result<Contract> {
    let Some(name) = &file.contract else {
        return Contract::of_answer(&file.answer, file.scale)
            .map_err(|problem| Error::task(dir.join("task.yaml"), format!("answer: {problem}")));
    };
    let path = dir.join(name);
    let bytes =
        std::fs::read(&path).map_err(|error| Error::io("reading the contract", &path, error))?;
    Contract::from_json(&bytes, file.scale).map_err(|problem| Error::task(path, problem))
}

/// Follows a dotted path; a number selects an item of a list (`messages.2.content`). A field
/// whose own name holds the dots is found too.
pub(crate) fn value_at<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = fields.get(path) {
        return Some(value);
    }
    let mut keys = path.split('.');
    let first = fields.get(keys.next()?)?;
    keys.try_fold(first, |value, key| match value {
        Value::Object(entries) => entries.get(key),
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn missing_path(fields: &Map<String, Value>, path: &str, what: &str) -> String {
    let first = path.split('.').next().unwrap_or(path);
    let hint = if fields.contains_key(first) {
        String::new()
    } else {
        nearest::did_you_mean(first, fields.keys().map(String::as_str))
    };
    format!("the row has nothing at '{path}', the task's `{what}` path{hint}")
}

fn stratum_of(fields: &Map<String, Value>, path: &str) -> Result<String, String> {
    match value_at(fields, path) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
        Some(_) => Err(format!("'{path}' must be text or a number to stratify by")),
        None => Err(missing_path(fields, path, "stratify_by")),
    }
}

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
