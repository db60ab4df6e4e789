//! Taint: frozen rows are recognised wherever they turn up, and refused as training data.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use gradus_analysis::leakage::fingerprint::FingerprintIndex;
use gradus_analysis::text::normalised;
use gradus_schema::{ChatMessage, PromptCompletion, Split};
use serde_json::{Map, Value};

use super::freeze::{FrozenManifest, manifest_of, manifest_path, read_manifest};
use super::settings::DataSettings;
use crate::hash::sha256_hex;
use crate::task::{Task, messages_sha256, value_at};
use crate::{Error, Result};

/// What is known of the frozen rows.
pub struct FrozenTaint {
    manifest: FrozenManifest,
    /// Where it was read from: the manifest, or the frozen file itself.
    path: PathBuf,
    settings: Option<DataSettings>,
    by_text: HashMap<String, usize>,
    by_prompt: HashMap<String, usize>,
    by_group: HashMap<String, usize>,
    prints: FingerprintIndex,
}

/// A row that is, holds, or is a sibling of a frozen one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tainted {
    pub frozen_id: String,
    /// In words, to follow "the row ".
    pub how: &'static str,
}

impl FrozenTaint {
    /// Of a task: its manifest, or its frozen file where nothing was frozen yet; `None` for a task
    /// without frozen rows.
    ///
    /// # Errors
    /// A manifest or frozen file that can't be used.
    pub fn of_task(task: &Task) -> Result<Option<Self>> {
        let Some(name) = task.file.data.file(Split::Frozen) else {
            return Ok(None);
        };
        let settings = DataSettings::open(task, None)?;
        let file = task.dir.join(name);
        let path = manifest_path(&file);
        if let Some(manifest) = read_manifest(&path)? {
            return Ok(Some(Self::new(manifest, path, Some(settings))));
        }
        if !file.try_exists().unwrap_or(false) {
            return Ok(None);
        }
        let manifest = manifest_of(task, &settings, &task.rows(Split::Frozen)?)?;
        Ok(Some(Self::new(manifest, file, Some(settings))))
    }

    /// Of a manifest by itself.
    ///
    /// # Errors
    /// A missing or unusable file.
    pub fn of_manifest(path: &Path) -> Result<Self> {
        let manifest = read_manifest(path)?.ok_or_else(|| {
            Error::task(
                path,
                "there is no manifest of frozen rows; `gradus data freeze` writes one",
            )
        })?;
        Ok(Self::new(manifest, path.to_owned(), None))
    }

    fn new(manifest: FrozenManifest, path: PathBuf, settings: Option<DataSettings>) -> Self {
        let mut taint = Self {
            path,
            settings,
            by_text: HashMap::new(),
            by_prompt: HashMap::new(),
            by_group: HashMap::new(),
            prints: FingerprintIndex::new(
                manifest
                    .rows
                    .iter()
                    .enumerate()
                    .filter_map(|(number, row)| Some((number, row.fingerprint?))),
            ),
            manifest,
        };
        for (number, row) in taint.manifest.rows.iter().enumerate() {
            taint
                .by_text
                .entry(row.text_sha256.clone())
                .or_insert(number);
            taint
                .by_prompt
                .entry(row.prompt_sha256.clone())
                .or_insert(number);
            if let Some(group) = &row.group {
                taint.by_group.entry(group.clone()).or_insert(number);
            }
        }
        taint
    }

    pub fn manifest(&self) -> &FrozenManifest {
        &self.manifest
    }

    /// Whether this row of a task's data gives a frozen row away: by text, part or group.
    pub fn of_fields(&self, fields: &Map<String, Value>) -> Option<Tainted> {
        let group = match &self.settings {
            Some(settings) => settings.group_of(fields),
            None => value_at(fields, "group")
                .and_then(Value::as_str)
                .map(str::to_owned),
        };
        if let Some(text) = self
            .settings
            .as_ref()
            .and_then(|settings| settings.text_of(fields))
            && let Some(found) = self.of_text(&text)
        {
            return Some(found);
        }
        let by_field = fields
            .values()
            .filter_map(Value::as_str)
            .find_map(|text| self.of_text(text));
        by_field.or_else(|| {
            let number = *self.by_group.get(&group?)?;
            Some(self.tainted(number, "is a sibling (same group) of"))
        })
    }

    /// Whether a training row gives a frozen row away: by its prompt or its other fields.
    pub fn of_training_row(&self, row: &PromptCompletion) -> Option<Tainted> {
        if let Some(&number) = self.by_prompt.get(&messages_sha256(&row.messages)) {
            return Some(self.tainted(number, "has the prompt of"));
        }
        let mut contents = row
            .messages
            .iter()
            .map(|message: &ChatMessage| &message.content);
        contents
            .find_map(|content| self.of_text(content))
            .or_else(|| self.of_fields(&row.extra))
    }

    fn of_text(&self, text: &str) -> Option<Tainted> {
        let text = normalised(text);
        if let Some(&number) = self.by_text.get(&sha256_hex(text.as_bytes())) {
            return Some(self.tainted(number, "has the text of"));
        }
        let number = *self.prints.found_in(&text).first()?;
        Some(self.tainted(number, "holds the text of"))
    }

    fn tainted(&self, number: usize, how: &'static str) -> Tainted {
        Tainted {
            frozen_id: self.manifest.rows[number].id.clone(),
            how,
        }
    }

    /// Refuses training data that gives frozen rows away.
    ///
    /// # Errors
    /// The first such row, with its file, line, id, and what to do.
    pub fn refuse(&self, rows: &[PromptCompletion], path: &Path) -> Result<()> {
        let tainted = rows
            .iter()
            .filter_map(|row| Some((row, self.of_training_row(row)?)));
        let mut tainted = tainted.peekable();
        let Some((row, found)) = tainted.peek().map(|(row, found)| (*row, found.clone())) else {
            return Ok(());
        };
        let id = row.id.clone().unwrap_or_else(|| format!("row-{}", row.row));
        let more = match tainted.count() - 1 {
            0 => String::new(),
            more => format!(" ({more} more rows like it)"),
        };
        Err(Error::Row {
            path: path.to_owned(),
            row: row.row,
            problem: format!(
                "the row '{id}' {} the frozen row '{}'{more}; frozen rows are for measuring only: remove such rows, or let `gradus data build` make the training data (frozen: {})",
                found.how,
                found.frozen_id,
                self.path.display()
            ),
        })
    }
}
