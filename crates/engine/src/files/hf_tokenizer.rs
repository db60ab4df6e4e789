//! The tokenizer and the chat template of a Hugging Face directory.

use std::path::Path;

use serde_json::Value;

use super::chat_template::ChatTemplate;
use super::safetensors_dir::{read_optional_bytes, read_optional_json};
use super::tokenizer::{SpecialNames, Tokenizer};
use crate::{Error, Result};

pub(crate) fn open(directory: &Path) -> Result<(Tokenizer, ChatTemplate)> {
    let path = directory.join("tokenizer.json");
    let json = read_optional_bytes(&path)?.ok_or_else(|| {
        Error::model_file(directory, "tokenizer.json is missing; save it with AutoTokenizer.from_pretrained(...).save_pretrained(...)")
    })?;
    let config =
        read_optional_json(&directory.join("tokenizer_config.json"))?.unwrap_or(Value::Null);
    let map =
        read_optional_json(&directory.join("special_tokens_map.json"))?.unwrap_or(Value::Null);
    let name = |key: &str| special_text(&config[key]).or_else(|| special_text(&map[key]));
    let names = SpecialNames {
        bos: name("bos_token"),
        eos: name("eos_token"),
        pad: name("pad_token"),
        unk: name("unk_token"),
    };
    let tokenizer = Tokenizer::from_json(&json, names.clone())
        .map_err(|problem| Error::model_file(&path, problem))?;
    let source = template_source(directory, &config)?;
    let template = ChatTemplate::new(source, names)
        .map_err(|problem| Error::model_file(directory, problem))?;
    Ok((tokenizer, template))
}

/// A text, or an added token with its text in `content`.
fn special_text(value: &Value) -> Option<String> {
    value
        .as_str()
        .or_else(|| value.get("content")?.as_str())
        .map(str::to_string)
}

/// A file of its own comes before the field in `tokenizer_config.json`, as in transformers.
fn template_source(directory: &Path, config: &Value) -> Result<Option<String>> {
    let path = directory.join("chat_template.jinja");
    if let Some(bytes) = read_optional_bytes(&path)? {
        return String::from_utf8(bytes)
            .map(Some)
            .map_err(|_| Error::model_file(path, "the chat template is not UTF-8"));
    }
    if let Some(found) = named_template(&config["chat_template"]) {
        return Ok(Some(found));
    }
    let processor =
        read_optional_json(&directory.join("chat_template.json"))?.unwrap_or(Value::Null);
    Ok(named_template(&processor["chat_template"]))
}

/// One template, or a list of named ones of which `default` counts.
fn named_template(value: &Value) -> Option<String> {
    match value {
        Value::String(source) => Some(source.clone()),
        Value::Array(templates) => {
            let default = templates
                .iter()
                .find(|template| template["name"] == "default")?;
            default["template"].as_str().map(str::to_string)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_found_where_transformers_looks() {
        let directory = tempfile::tempdir().unwrap();
        let source = |config: Value| template_source(directory.path(), &config).unwrap();
        assert_eq!(source(serde_json::json!({})), None);
        assert_eq!(
            source(serde_json::json!({"chat_template": "x"})).as_deref(),
            Some("x")
        );
        let named = serde_json::json!({"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]});
        assert_eq!(source(named).as_deref(), Some("d"));
        std::fs::write(directory.path().join("chat_template.jinja"), "file").unwrap();
        assert_eq!(
            source(serde_json::json!({"chat_template": "x"})).as_deref(),
            Some("file")
        );
        assert_eq!(
            special_text(&serde_json::json!({"content": "<s>"})).as_deref(),
            Some("<s>")
        );
    }
}
