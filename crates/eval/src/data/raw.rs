//! Source rows as a build reads them: on the task's scale, each with its text and label.

use std::collections::BTreeMap;

use gradus_schema::{JsonRow, Scale, nearest};
use serde_json::{Map, Value, json};

use super::build::BuildOptions;
use super::labels::{rescaled, set_at, target_object};
use super::read::{SourceFile, row_error};
use super::row_id;
use super::settings::{DataSettings, text_at};
use crate::Result;
use crate::task::Task;

/// One source row, its label on the task's scale.
pub(super) struct RawRow {
    pub source: usize,
    pub row: usize,
    pub id: String,
    pub fields: Map<String, Value>,
    /// Of the whole pair: every text it will be expanded to.
    pub text: String,
    pub label: String,
    pub group: Option<String>,
}

pub(super) fn read_sources(
    task: &Task,
    settings: &DataSettings,
    sources: &[SourceFile],
    options: &BuildOptions,
) -> Result<Vec<RawRow>> {
    let mut rows = Vec::new();
    let mut ids: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let scale = settings.file.source_scale.filter(|_| !options.train_only);
    for (source, file) in sources.iter().enumerate() {
        for JsonRow { row, fields } in &file.rows {
            let refuse = |problem: String| row_error(&file.path, *row, problem);
            let mut id = row_id(fields, *row);
            if sources.len() > 1 && !fields.contains_key("id") {
                id = format!("{}:{id}", file.name);
            }
            if let Some((_, first)) = ids.insert(id.clone(), (source, *row)) {
                return Err(refuse(format!(
                    "the id '{id}' is also that of row {first}; ids must differ"
                )));
            }
            let mut fields = fields.clone();
            let label = label_in_scale(task, &mut fields, scale).map_err(refuse)?;
            let text = source_text(settings, &fields, options).map_err(refuse)?;
            let group = match &settings.file.group {
                // Rows that were built before carry the group of their pair.
                _ if options.train_only => settings.group_of(&fields),
                Some(path) => Some(text_at(&fields, path).ok_or_else(|| {
                    let hint = nearest::did_you_mean(path, fields.keys().map(String::as_str));
                    refuse(format!(
                        "the row has no text or number at '{path}', the `group` of data.yaml{hint}"
                    ))
                })?),
                None => settings.group_of(&fields),
            };
            rows.push(RawRow {
                source,
                row: *row,
                id,
                fields,
                text,
                label,
                group,
            });
        }
    }
    Ok(rows)
}

fn label_in_scale(
    task: &Task,
    fields: &mut Map<String, Value>,
    from: Option<Scale>,
) -> Result<String, String> {
    let path = &task.file.target;
    let target = target_object(fields, path).ok_or_else(|| {
        let first = path.split('.').next().unwrap_or(path);
        let hint = match fields.contains_key(first) {
            true => String::new(),
            false => nearest::did_you_mean(first, fields.keys().map(String::as_str)),
        };
        format!(
            "the row has no JSON object (or text of one) at '{path}', the task's `target`{hint}"
        )
    })?;
    // Before the conversion: labels that rounding makes equal were given differently.
    let given = task.contract.ordered(&target).to_string();
    if let Some(from) = from {
        let converted = rescaled(&target, &task.contract, from, task.file.scale)?;
        set_at(fields, path, converted);
    }
    let Scale { min, max } = task.file.scale;
    fields.insert("scale".to_owned(), json!({"min": min, "max": max}));
    Ok(given)
}

/// The text that filters judge a pair by: the declared one, or the first that it expands to.
fn source_text(
    settings: &DataSettings,
    fields: &Map<String, Value>,
    options: &BuildOptions,
) -> Result<String, String> {
    if let Some(text) = settings.text_of(fields) {
        return Ok(text);
    }
    let wanted = match (&settings.file.text, &settings.file.expand) {
        (None, Some(expand)) if !options.train_only => {
            let found = expand.from.iter().find_map(|field| text_at(fields, field));
            return found.ok_or_else(|| {
                format!(
                    "the row has none of {}, which expand names",
                    expand.from.join(", ")
                )
            });
        }
        (Some(path), _) => format!("'{path}'"),
        (None, _) => "the fields that the prompt shows".to_owned(),
    };
    Err(format!(
        "the row has no text at {wanted} (its fields: {}); name the text's path as `text` in data.yaml",
        fields.keys().cloned().collect::<Vec<_>>().join(", ")
    ))
}
