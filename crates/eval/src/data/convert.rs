//! Rows as prompt–completion JSONL, for any trainer: the prompts that evaluation sends, byte for
//! byte, which the written file is read back to prove.

use std::path::Path;

use gradus_schema::{ChatMessage, PromptCompletion, Split, parse_prompt_completion_jsonl};
use serde_json::{Map, Value, json};

use super::{json_lines, write_whole};
use crate::hash::sha256_hex;
use crate::parse::parse_answer;
use crate::task::{Task, messages_sha256};
use crate::{Error, Result};

/// How a prompt is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptForm {
    /// A list of messages: the trainer applies the model's chat template.
    Messages,
    /// One text: a single user turn. Not for tasks with a system prompt.
    Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    pub rows: usize,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Of the template, as reports name it.
    pub prompt_sha256: String,
    /// Over the rendered prompts in order: the same figure that an evaluation of these rows
    /// records as `rendered_prompts_sha256`.
    pub rendered_prompts_sha256: String,
}

/// Writes a split to `out`.
///
/// # Errors
/// A row that can't be used; text form with a system prompt; a file that is there with other
/// content, unless `replace`.
pub fn convert(
    task: &Task,
    split: Split,
    form: PromptForm,
    out: &Path,
    replace: bool,
) -> Result<Converted> {
    if form == PromptForm::Text && task.system_prompt.is_some() {
        let problem =
            "the task has a system prompt, which one text can't hold; use the form 'messages'";
        return Err(Error::Configuration(problem.to_owned()));
    }
    let rows = task.training_rows(split)?;
    let hash = task.prompt_sha256();
    let written: Vec<Map<String, Value>> =
        rows.iter().map(|row| row_of(row, form, &hash)).collect();
    let bytes = json_lines(&written);
    let prompts = prove(task, &rows, &bytes, out)?;
    if !replace && std::fs::read(out).is_ok_and(|found| found != bytes) {
        let problem = "the file holds something else; `--replace` overwrites it";
        return Err(Error::task(out, problem));
    }
    write_whole(out, &bytes)?;
    Ok(Converted {
        rows: rows.len(),
        sha256: sha256_hex(&bytes),
        prompt_sha256: hash,
        rendered_prompts_sha256: sha256_hex(prompts.join("\n").as_bytes()),
    })
}

fn row_of(row: &PromptCompletion, form: PromptForm, prompt_sha256: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    let prompt = match (form, row.messages.as_slice()) {
        (PromptForm::Text, [only]) => json!(only.content),
        _ => json!(row.messages),
    };
    let completion = match form {
        PromptForm::Text => json!(row.completion),
        PromptForm::Messages => json!([ChatMessage::new("assistant", row.completion.clone())]),
    };
    if let Some(id) = &row.id {
        fields.insert("id".to_owned(), json!(id));
    }
    fields.insert("prompt".to_owned(), prompt);
    fields.insert("completion".to_owned(), completion);
    fields.insert(
        "prompt_sha256".to_owned(),
        json!(messages_sha256(&row.messages)),
    );
    fields.insert("prompt_template_sha256".to_owned(), json!(prompt_sha256));
    let extra = row.extra.iter().filter(|(key, _)| {
        !matches!(
            key.as_str(),
            "id" | "prompt"
                | "completion"
                | "messages"
                | "prompt_sha256"
                | "prompt_template_sha256"
        )
    });
    fields.extend(extra.map(|(key, value)| (key.clone(), value.clone())));
    fields
}

/// Reads the bytes as a trainer would: every prompt has to be the one that evaluation sends, every
/// completion an answer that the strict parser takes. The hashes of the prompts.
fn prove(task: &Task, rows: &[PromptCompletion], bytes: &[u8], out: &Path) -> Result<Vec<String>> {
    let read = parse_prompt_completion_jsonl(bytes)
        .map_err(|error| Error::task(out, error.to_string()))?;
    let mut prompts = Vec::with_capacity(rows.len());
    for (row, read) in rows.iter().zip(&read) {
        let hash = messages_sha256(&read.messages);
        let refuse = |problem: &str| Error::Row {
            path: out.to_owned(),
            row: read.row,
            problem: problem.to_owned(),
        };
        if hash != messages_sha256(&row.messages) {
            return Err(refuse(
                "the prompt would not be the one that evaluation sends",
            ));
        }
        if parse_answer(&read.completion, &task.contract)
            .strict
            .is_err()
        {
            return Err(refuse("the completion would not be taken as an answer"));
        }
        prompts.push(hash);
    }
    if prompts.len() != rows.len() {
        return Err(Error::task(
            out,
            "fewer rows would be read than were written",
        ));
    }
    Ok(prompts)
}
