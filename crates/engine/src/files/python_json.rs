//! JSON as Python writes it: what chat templates mean by `tojson`.

use minijinja::ErrorKind;
use minijinja::value::{Kwargs, Value};

/// Python's `json.dumps(value, ensure_ascii=False)`, which transformers puts behind `tojson`.
pub(super) fn to_json(value: Value, arguments: Kwargs) -> Result<Value, minijinja::Error> {
    let indent: Option<usize> = arguments.get("indent")?;
    let separators: Option<Vec<String>> = arguments.get("separators")?;
    let ascii: Option<bool> = arguments.get("ensure_ascii")?;
    let sorted: Option<bool> = arguments.get("sort_keys")?;
    arguments.assert_all_used()?;
    let value = serde_json::to_value(&value).map_err(|problem| {
        minijinja::Error::new(ErrorKind::BadSerialization, problem.to_string())
    })?;
    let between = if indent.is_some() {
        [",", ": "]
    } else {
        [", ", ": "]
    };
    let [item, key] = match separators.as_deref() {
        Some([item, key]) => [item.as_str(), key.as_str()],
        _ => between,
    };
    let style = JsonStyle {
        indent,
        item,
        key,
        ascii: ascii.unwrap_or(false),
        sorted: sorted.unwrap_or(false),
    };
    let mut text = String::new();
    style.write(&value, 0, &mut text);
    Ok(Value::from(text))
}

struct JsonStyle<'a> {
    indent: Option<usize>,
    item: &'a str,
    key: &'a str,
    ascii: bool,
    sorted: bool,
}

impl JsonStyle<'_> {
    fn write(&self, value: &serde_json::Value, depth: usize, text: &mut String) {
        match value {
            serde_json::Value::Array(values) if values.is_empty() => text.push_str("[]"),
            serde_json::Value::Object(fields) if fields.is_empty() => text.push_str("{}"),
            serde_json::Value::Array(values) => {
                text.push('[');
                for (at, value) in values.iter().enumerate() {
                    self.begin_item(at, depth + 1, text);
                    self.write(value, depth + 1, text);
                }
                self.end_items(depth, text);
                text.push(']');
            }
            serde_json::Value::Object(fields) => {
                let mut fields: Vec<_> = fields.iter().collect();
                if self.sorted {
                    fields.sort_by_key(|(name, _)| *name);
                }
                text.push('{');
                for (at, (name, value)) in fields.into_iter().enumerate() {
                    self.begin_item(at, depth + 1, text);
                    self.write_text(name, text);
                    text.push_str(self.key);
                    self.write(value, depth + 1, text);
                }
                self.end_items(depth, text);
                text.push('}');
            }
            serde_json::Value::String(string) => self.write_text(string, text),
            other => text.push_str(&other.to_string()),
        }
    }

    fn begin_item(&self, at: usize, depth: usize, text: &mut String) {
        if at > 0 {
            text.push_str(self.item);
        }
        self.new_line(depth, text);
    }

    fn end_items(&self, depth: usize, text: &mut String) {
        self.new_line(depth, text);
    }

    fn new_line(&self, depth: usize, text: &mut String) {
        if let Some(indent) = self.indent {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent.min(64) * depth));
        }
    }

    fn write_text(&self, string: &str, text: &mut String) {
        let quoted = serde_json::Value::from(string).to_string();
        if !self.ascii {
            return text.push_str(&quoted);
        }
        for character in quoted.chars() {
            if character.is_ascii() {
                text.push(character);
            } else {
                character
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
            }
        }
    }
}
