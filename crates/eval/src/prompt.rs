//! Prompt templates: one text, one hash, used byte for byte in training, evaluation and serving.

use std::path::Path;

use gradus_schema::nearest;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde_json::{Map, Value};

use crate::hash::sha256_hex;

const NAME: &str = "prompt";
/// Instructions a template may take: enough for any prompt, an end to loops without one.
const FUEL: u64 = 1_000_000;

/// A compiled Jinja template whose variables are the fields of a row.
#[derive(Debug, Clone)]
pub struct PromptTemplate {
    source: String,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    environment: Environment<'static>,
    variables: Vec<String>,
}

impl PromptTemplate {
    /// # Errors
    /// Bytes that are not UTF-8, a template that does not parse (with its line).
    pub fn new(bytes: &[u8]) -> Result<Self, String> {
        let source = std::str::from_utf8(bytes)
            .map_err(|_| "the template is not UTF-8; save it as UTF-8".to_owned())?
            .to_owned();
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_fuel(Some(FUEL));
        environment
            .add_template_owned(NAME, source.clone())
            .map_err(|error| describe(&error))?;
        let template = environment
            .get_template(NAME)
            .map_err(|error| describe(&error))?;
        let mut variables: Vec<String> = template.undeclared_variables(false).into_iter().collect();
        variables.sort();
        Ok(Self {
            sha256: sha256_hex(bytes),
            source,
            environment,
            variables,
        })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The fields that the template shows, sorted.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The prompt of a row.
    ///
    /// # Errors
    /// A variable that the row lacks (named, with the nearest field), an empty result.
    pub fn render(&self, fields: &Map<String, Value>) -> Result<String, String> {
        let rendered = self
            .environment
            .get_template(NAME)
            .and_then(|template| template.render(minijinja::value::Serde(fields)))
            .map_err(|error| self.explain(&error, fields))?;
        if rendered.trim().is_empty() {
            return Err("the rendered prompt is empty".to_owned());
        }
        Ok(rendered)
    }

    fn explain(&self, error: &minijinja::Error, fields: &Map<String, Value>) -> String {
        if error.kind() == ErrorKind::UndefinedError {
            let missing = self
                .variables
                .iter()
                .find(|name| !fields.contains_key(*name));
            if let Some(name) = missing {
                let hint = nearest::did_you_mean(name, fields.keys().map(String::as_str));
                let known: Vec<&str> = fields.keys().map(String::as_str).collect();
                return format!(
                    "the prompt template uses '{name}', which the row lacks{hint} (its fields: {})",
                    known.join(", ")
                );
            }
        }
        describe(error)
    }
}

fn describe(error: &minijinja::Error) -> String {
    let what = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    match error.line() {
        Some(line) => format!("the prompt template fails at its line {line} ({what})"),
        None => format!("the prompt template fails ({what})"),
    }
}

/// Reads a template file.
pub(crate) fn read_template(path: &Path) -> crate::Result<PromptTemplate> {
    let bytes = std::fs::read(path)
        .map_err(|error| crate::Error::io("reading the prompt template", path, error))?;
    PromptTemplate::new(&bytes).map_err(|problem| crate::Error::task(path, problem))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn renders_plain_text_unescaped() {
        let template = PromptTemplate::new(b"Rate this:\n{{ request_text }}\n").unwrap();
        let row = fields(json!({"request_text": "<soft> & \"warm\" 静かな"}));
        assert_eq!(
            template.render(&row).unwrap(),
            "Rate this:\n<soft> & \"warm\" 静かな"
        );
    }

    #[test]
    fn a_missing_variable_is_named_with_its_neighbour() {
        let template = PromptTemplate::new(b"{{ reqest_text }}").unwrap();
        let error = template
            .render(&fields(json!({"request_text": "x", "id": 1})))
            .unwrap_err();
        assert_eq!(
            error,
            "the prompt template uses 'reqest_text', which the row lacks, did you mean 'request_text'? \
             (its fields: request_text, id)"
        );
        // A nested one has only its line.
        let template = PromptTemplate::new(b"a\n{{ meta.mood.x }}").unwrap();
        let error = template.render(&fields(json!({"meta": {}}))).unwrap_err();
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn bad_templates_are_refused() {
        assert!(PromptTemplate::new(b"\xff").unwrap_err().contains("UTF-8"));
        assert!(
            PromptTemplate::new(b"x\n{{ a")
                .unwrap_err()
                .contains("line 2")
        );
        let blank = PromptTemplate::new(b"{{ a }}").unwrap();
        assert!(
            blank
                .render(&fields(json!({"a": " "})))
                .unwrap_err()
                .contains("empty")
        );
        let endless =
            b"{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}";
        assert!(
            PromptTemplate::new(endless)
                .unwrap()
                .render(&Map::new())
                .is_err()
        );
    }
}
