//! Rows of JSONL files, read with line numbers and without trust.
//!
//! Training rows come in the forms TRL reads: `prompt`/`completion` as strings, both as lists of
//! messages, or one list `messages` whose last one is the assistant's answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A line that can't be used; `row` is the line in the file, from 1 (0: the file as a whole).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}{problem}", if *row > 0 { format!("line {row}: ") } else { String::new() })]
pub struct RowError {
    pub row: usize,
    pub problem: String,
}

impl RowError {
    pub fn new(row: usize, problem: impl Into<String>) -> Self {
        Self {
            row,
            problem: problem.into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChatMessage {
    pub role: String,
    pub content: String,
}

impl ChatMessage {
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            content: content.into(),
        }
    }
}

/// One JSON object of a JSONL file.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonRow {
    /// Line in the file, from 1.
    pub row: usize,
    pub fields: Map<String, Value>,
}

/// One prompt–completion row.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptCompletion {
    /// Line in the file, from 1.
    pub row: usize,
    pub id: Option<String>,
    /// What the model is given, through its chat template; a plain string prompt is one user turn.
    pub messages: Vec<ChatMessage>,
    /// What the model is to write; never empty.
    pub completion: String,
    /// Every other field of the row.
    pub extra: Map<String, Value>,
}

/// The objects of a JSONL file. Blank lines are skipped, a byte order mark is ignored.
///
/// Errors: invalid UTF-8, a line that is not one JSON object, a file without rows.
pub fn parse_json_rows(bytes: &[u8]) -> Result<Vec<JsonRow>, RowError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut rows = Vec::new();
    for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let row = index + 1;
        let line = std::str::from_utf8(line).map_err(|error| {
            let at = error.valid_up_to() + 1;
            RowError::new(
                row,
                format!("invalid UTF-8 at byte {at} of the line; save as UTF-8"),
            )
        })?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line) {
            Ok(Value::Object(fields)) => rows.push(JsonRow { row, fields }),
            Ok(other) => {
                let kind = kind_of(&other);
                return Err(RowError::new(
                    row,
                    format!("expected a JSON object, found {kind}"),
                ));
            }
            Err(error) => {
                let column = error.column();
                let problem = error.to_string();
                let problem = problem.split(" at line ").next().unwrap_or_default();
                return Err(RowError::new(
                    row,
                    format!("not JSON: {problem} (column {column})"),
                ));
            }
        }
    }
    if rows.is_empty() {
        return Err(RowError::new(
            0,
            "the file holds no rows; expected one JSON object a line",
        ));
    }
    Ok(rows)
}

/// The training rows of a JSONL file.
///
/// Errors: those of [`parse_json_rows`], and a row without a usable prompt and completion.
pub fn parse_prompt_completion_jsonl(text: &[u8]) -> Result<Vec<PromptCompletion>, RowError> {
    parse_json_rows(text)?
        .into_iter()
        .map(prompt_completion)
        .collect()
}

fn prompt_completion(row: JsonRow) -> Result<PromptCompletion, RowError> {
    let JsonRow { row, mut fields } = row;
    let (messages, completion) = match fields.shift_remove("prompt") {
        Some(prompt) => {
            let messages = prompt_messages(row, prompt)?;
            let completion = fields
                .shift_remove("completion")
                .ok_or_else(|| RowError::new(row, "the row has a 'prompt' but no 'completion'"))?;
            (messages, completion_text(row, completion)?)
        }
        None => conversation(row, &mut fields)?,
    };
    if completion.trim().is_empty() {
        return Err(RowError::new(
            row,
            "the completion is empty; there is nothing to learn from it",
        ));
    }
    let id = fields.get("id").and_then(|id| match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    Ok(PromptCompletion {
        row,
        id,
        messages,
        completion,
        extra: fields,
    })
}

fn prompt_messages(row: usize, prompt: Value) -> Result<Vec<ChatMessage>, RowError> {
    let messages = match prompt {
        Value::String(text) => vec![ChatMessage::new("user", text)],
        Value::Array(_) => messages_of(row, "prompt", prompt)?,
        other => {
            let kind = kind_of(&other);
            let problem = format!("'prompt' must be text or a list of messages, found {kind}");
            return Err(RowError::new(row, problem));
        }
    };
    if messages
        .iter()
        .all(|message| message.content.trim().is_empty())
    {
        return Err(RowError::new(row, "the prompt is empty"));
    }
    Ok(messages)
}

fn completion_text(row: usize, completion: Value) -> Result<String, RowError> {
    match completion {
        Value::String(text) => Ok(text),
        Value::Array(_) => {
            let messages = messages_of(row, "completion", completion)?;
            match messages.as_slice() {
                [one] if one.role == "assistant" => Ok(one.content.clone()),
                _ => Err(RowError::new(
                    row,
                    "'completion' must be exactly one assistant message",
                )),
            }
        }
        other => {
            let kind = kind_of(&other);
            let problem = format!("'completion' must be text or a list of messages, found {kind}");
            Err(RowError::new(row, problem))
        }
    }
}

fn conversation(
    row: usize,
    fields: &mut Map<String, Value>,
) -> Result<(Vec<ChatMessage>, String), RowError> {
    let Some(value) = fields.shift_remove("messages") else {
        let missing = "the row has neither 'prompt' and 'completion' nor 'messages'";
        return Err(RowError::new(row, missing));
    };
    let mut messages = messages_of(row, "messages", value)?;
    match messages.pop() {
        Some(last) if last.role == "assistant" && !messages.is_empty() => {
            Ok((messages, last.content))
        }
        _ => {
            let problem = "'messages' must hold a prompt and end with the assistant's answer";
            Err(RowError::new(row, problem))
        }
    }
}

fn messages_of(row: usize, field: &str, value: Value) -> Result<Vec<ChatMessage>, RowError> {
    let Value::Array(items) = value else {
        let kind = kind_of(&value);
        return Err(RowError::new(
            row,
            format!("'{field}' must be a list of messages, found {kind}"),
        ));
    };
    if items.is_empty() {
        return Err(RowError::new(row, format!("'{field}' is an empty list")));
    }
    let mut messages = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let role = item.get("role").and_then(Value::as_str);
        let content = item.get("content").and_then(Value::as_str);
        let (Some(role), Some(content)) = (role, content) else {
            let number = index + 1;
            let problem =
                format!("message {number} of '{field}' lacks text in 'role' or 'content'");
            return Err(RowError::new(row, problem));
        };
        if !matches!(role, "system" | "user" | "assistant" | "tool") {
            let hint = crate::nearest::did_you_mean(role, ["system", "user", "assistant", "tool"]);
            return Err(RowError::new(
                row,
                format!("unknown role '{role}' in '{field}'{hint}"),
            ));
        }
        messages.push(ChatMessage::new(role, content));
    }
    Ok(messages)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &[u8]) -> String {
        parse_prompt_completion_jsonl(text).unwrap_err().to_string()
    }

    #[test]
    fn string_and_conversational_forms_load() {
        let text = r#"{"id": 7, "prompt": "a", "completion": "b", "weather": "dry"}

{"prompt": [{"role":"system","content":"s"},{"role":"user","content":"u"}], "completion": [{"role":"assistant","content":"c"}]}
{"messages": [{"role":"user","content":"u"},{"role":"assistant","content":"d"}]}
"#;
        let rows = parse_prompt_completion_jsonl(text.as_bytes()).unwrap();
        assert_eq!(rows.iter().map(|r| r.row).collect::<Vec<_>>(), [1, 3, 4]);
        assert_eq!(rows[0].id.as_deref(), Some("7"));
        assert_eq!(rows[0].messages, [ChatMessage::new("user", "a")]);
        assert_eq!(rows[0].extra["weather"], "dry");
        assert_eq!(rows[1].messages.len(), 2);
        assert_eq!(rows[1].completion, "c");
        assert_eq!(rows[2].completion, "d");
    }

    #[test]
    fn bad_lines_are_named() {
        let good = b"{\"prompt\":\"a\",\"completion\":\"b\"}\n".to_vec();
        let with = |tail: &[u8]| [good.as_slice(), tail].concat();
        assert!(complaint(&with(b"{\"prompt\": \"\xFF\"}")).starts_with("line 2: invalid UTF-8"));
        assert!(complaint(&with(b"[1]")).contains("line 2: expected a JSON object, found a list"));
        assert!(complaint(&with(b"{oops")).starts_with("line 2: not JSON"));
        assert!(complaint(&with(b"{\"prompt\":\"a\"}")).contains("no 'completion'"));
        let empty = b"{\"prompt\":\"a\",\"completion\":\" \"}";
        assert!(complaint(&with(empty)).contains("line 2: the completion is empty"));
        assert!(complaint(b"{\"prompt\":\"\",\"completion\":\"b\"}").contains("prompt is empty"));
        assert!(complaint(b"{\"text\":\"a\"}").contains("neither"));
        assert!(complaint(b"{\"prompt\":3,\"completion\":\"b\"}").contains("found a number"));
        let role = br#"{"prompt":[{"role":"usr","content":"x"}],"completion":"b"}"#;
        assert!(complaint(role).contains("did you mean 'user'"));
        assert!(complaint(b"\n\n").contains("no rows"));
    }

    #[test]
    fn real_files_load_where_they_are_at_hand() {
        let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/data/mistral-hackathon");
        let files = [
            ("ft/ft_request_param_train.jsonl", 707),
            ("ft/ft_request_param_valid.jsonl", 88),
            ("ft/history/1733ce1/ft_request_param_train.jsonl", 800),
            ("ft/history/1733ce1/ft_request_param_valid.jsonl", 100),
            ("ft/history/7d6989b/ft_request_param_train.jsonl", 800),
            ("ft/history/1e701fd/ft_request_param_valid.jsonl", 122),
            ("prompt_completion/validation.jsonl", 88),
            ("prompt_completion/test.jsonl", 89),
        ];
        for (name, count) in files {
            let Ok(bytes) = std::fs::read(data.join(name)) else {
                continue;
            };
            let rows = parse_prompt_completion_jsonl(&bytes).unwrap();
            assert_eq!(rows.len(), count, "{name}");
            assert!(
                rows.iter().all(|row| row.completion.starts_with('{')),
                "{name}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = parse_prompt_completion_jsonl(&bytes);
        }

        #[test]
        fn every_written_row_reads_back(prompt in "\\PC*[a-z]", completion in "\\PC*[a-z]") {
            let line = serde_json::json!({"prompt": prompt, "completion": completion}).to_string();
            let rows = parse_prompt_completion_jsonl(line.as_bytes()).unwrap();
            proptest::prop_assert_eq!(&rows[0].messages[0].content, &prompt);
            proptest::prop_assert_eq!(&rows[0].completion, &completion);
        }
    }
}
