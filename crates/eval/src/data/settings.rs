//! `data.yaml` beside a task, ready for use: which text of a row counts, and who its siblings are.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gradus_analysis::text::normalised;
use gradus_schema::{DataFile, nearest};
use serde_json::{Map, Value};

use super::read::{read_json_file, row_error};
use crate::task::{Task, value_at};
use crate::{Error, Result};

/// The name of the file in a task's folder.
pub const DATA_FILE: &str = "data.yaml";

/// Where built rows carry their group.
const GROUP_FIELD: &str = "group";

#[derive(Debug, Clone)]
pub struct DataSettings {
    pub file: DataFile,
    /// Where it was read; `None` if the task has none and defaults hold.
    pub path: Option<PathBuf>,
    /// The folder that paths are relative to.
    pub dir: PathBuf,
    shown_fields: Vec<String>,
    /// Normalised text → group.
    siblings: HashMap<String, String>,
}

impl DataSettings {
    /// Reads `path`, or the task's own `data.yaml`; without either, defaults.
    ///
    /// # Errors
    /// A file that can't be used, with its line; a table of siblings that names a text twice.
    pub fn open(task: &Task, path: Option<&Path>) -> Result<Self> {
        let own = task.dir.join(DATA_FILE);
        let path = match path {
            Some(path) => Some(path.to_owned()),
            None => own.try_exists().unwrap_or(false).then_some(own),
        };
        let file = match &path {
            None => DataFile::default(),
            Some(path) => read_data_file(path)?,
        };
        let parent = path.as_deref().and_then(Path::parent);
        let mut settings = Self {
            file,
            dir: parent.map_or_else(|| task.dir.clone(), Path::to_owned),
            path,
            shown_fields: task.shown_fields(),
            siblings: HashMap::new(),
        };
        settings.siblings = settings.read_siblings()?;
        Ok(settings)
    }

    /// The text that filters and checks look at: the declared path, else what the prompt shows.
    /// `None` where the row has none.
    pub fn text_of(&self, fields: &Map<String, Value>) -> Option<String> {
        let text = match &self.file.text {
            Some(path) => text_at(fields, path)?,
            None => {
                let shown = self.shown_fields.iter();
                let parts: Option<Vec<String>> =
                    shown.map(|field| text_at(fields, field)).collect();
                parts?.join("\n")
            }
        };
        Some(text).filter(|text| !text.trim().is_empty())
    }

    /// What the row shares with its siblings, if anything is known: by the table of siblings, by
    /// its own `group` (which a build writes), by the declared path.
    pub fn group_of(&self, fields: &Map<String, Value>) -> Option<String> {
        let in_table = |text: String| self.siblings.get(&normalised(&text)).cloned();
        let found = match self.siblings.is_empty() {
            true => None,
            false => self.text_of(fields).and_then(in_table),
        };
        found
            .or_else(|| text_at(fields, GROUP_FIELD))
            .or_else(|| text_at(fields, self.file.group.as_deref()?))
    }

    fn read_siblings(&self) -> Result<HashMap<String, String>> {
        let mut groups: HashMap<String, String> = HashMap::new();
        let Some(table) = &self.file.siblings else {
            return Ok(groups);
        };
        let path = self.dir.join(&table.file);
        let source = read_json_file(&path, &table.file.to_string_lossy())?;
        for row in &source.rows {
            let missing = |field: &str| {
                let hint = nearest::did_you_mean(field, row.fields.keys().map(String::as_str));
                let problem =
                    format!("the row has no text at '{field}', which siblings names{hint}");
                row_error(&path, row.row, problem)
            };
            let group = text_at(&row.fields, &table.id).ok_or_else(|| missing(&table.id))?;
            for field in &table.texts {
                let text = text_at(&row.fields, field).ok_or_else(|| missing(field))?;
                // The same text in several pairs: the first one's group, as duplicates are kept.
                groups
                    .entry(normalised(&text))
                    .or_insert_with(|| group.clone());
            }
        }
        Ok(groups)
    }
}

fn read_data_file(path: &Path) -> Result<DataFile> {
    let bytes =
        std::fs::read(path).map_err(|error| Error::io("reading the data file", path, error))?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::task(path, "the data file is not UTF-8; save it as UTF-8"))?;
    DataFile::from_yaml(text).map_err(|error| Error::task(path, error.to_string()))
}

pub(crate) fn text_at(fields: &Map<String, Value>, path: &str) -> Option<String> {
    match value_at(fields, path)? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}
