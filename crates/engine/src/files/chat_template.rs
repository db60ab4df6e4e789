//! The model's own Jinja template that turns messages into one text.
//!
//! The environment is that of transformers' `apply_chat_template` (`utils/chat_template_utils.py`):
//! trimmed blocks, Python's methods, `raise_exception`, `strftime_now`, JSON as Python writes it.
//! A template comes with a model and is untrusted: it runs on limited fuel.

use std::sync::Arc;

use minijinja::value::Value;
use minijinja::{Environment, ErrorKind};

use super::tokenizer::{SpecialNames, Tokenizer};
use super::{Message, python_json, python_methods, python_time};
use crate::{Error, Result};

/// Instructions one rendering may take; real templates need some thousands.
const FUEL: u64 = 20_000_000;
const NAME: &str = "chat_template";

/// The model's own Jinja template that turns messages into one text.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    source: Option<String>,
    names: SpecialNames,
    /// `None`: the model has no template.
    environment: Option<Arc<Environment<'static>>>,
}

impl ChatTemplate {
    /// `None` for a model without a template: [`Self::render`] then joins the contents of the
    /// messages with newlines, and [`Self::is_fallback`] says so.
    ///
    /// # Errors
    /// A sentence with the line at which the template makes no sense.
    pub fn new(source: Option<String>, names: SpecialNames) -> Result<Self, String> {
        let environment = source
            .as_deref()
            .map(environment)
            .transpose()?
            .map(Arc::new);
        Ok(Self {
            source,
            names,
            environment,
        })
    }

    /// Whether the model has no template of its own, so that messages are only joined.
    pub fn is_fallback(&self) -> bool {
        self.source.is_none()
    }

    pub fn source(&self) -> Option<&str> {
        self.source.as_deref()
    }

    /// Renders as transformers' `apply_chat_template(..., tokenize=False)` does.
    pub fn render(&self, messages: &[Message], add_generation_prompt: bool) -> Result<String> {
        let Some(environment) = &self.environment else {
            let mut text = messages
                .iter()
                .map(|message| message.content.as_str())
                .collect::<Vec<_>>()
                .join("\n");
            if add_generation_prompt {
                text.push('\n');
            }
            return Ok(text);
        };
        let refused = |problem: minijinja::Error| {
            Error::Configuration(format!(
                "the model's chat template refused the messages: {}",
                explain(&problem)
            ))
        };
        let name = |name: &Option<String>| Value::from(name.as_deref().unwrap_or_default());
        let context = minijinja::context! {
            messages => messages.iter().map(message_value).collect::<Vec<_>>(),
            add_generation_prompt,
            tools => (),
            documents => (),
            bos_token => name(&self.names.bos),
            eos_token => name(&self.names.eos),
            pad_token => name(&self.names.pad),
            unk_token => name(&self.names.unk),
        };
        environment
            .get_template(NAME)
            .and_then(|template| template.render(context))
            .map_err(refused)
    }

    /// Renders and tokenises. Control tokens come from the template alone: where a message holds
    /// the text of one, it stays text.
    pub fn tokens(
        &self,
        tokenizer: &Tokenizer,
        messages: &[Message],
        add_generation_prompt: bool,
    ) -> Result<Vec<u32>> {
        let holds_special = |text: &str| {
            tokenizer
                .special_texts()
                .iter()
                .any(|special| text.contains(special.as_str()))
        };
        if !messages
            .iter()
            .any(|message| holds_special(&message.content) || holds_special(&message.role))
        {
            return tokenizer.encode(&self.render(messages, add_generation_prompt)?, true);
        }
        let marked = Marked::new(tokenizer.special_texts(), messages)?;
        let text = self.render(&marked.messages, add_generation_prompt)?;
        let mut tokens = Vec::new();
        // Markers alternate: open, close, open, ...
        for (at, piece) in text.split([marked.open, marked.close]).enumerate() {
            let plain = at % 2 == 1;
            tokens.extend(tokenizer.encode(piece, !plain)?);
        }
        Ok(tokens)
    }
}

fn message_value(message: &Message) -> Value {
    Value::from_pairs([
        ("role", message.role.as_str()),
        ("content", message.content.as_str()),
    ])
}

/// Messages in which every text of a control token stands between two characters that occur nowhere else.
struct Marked {
    messages: Vec<Message>,
    open: char,
    close: char,
}

impl Marked {
    fn new(special_texts: &[String], messages: &[Message]) -> Result<Self> {
        // Noncharacters: Unicode reserves them for uses like this one.
        let unused = |character: &char| {
            !messages.iter().any(|message| {
                message.content.contains(*character) || message.role.contains(*character)
            })
        };
        let mut unused = ('\u{fdd0}'..='\u{fdef}').filter(unused);
        let (Some(open), Some(close)) = (unused.next(), unused.next()) else {
            return Err(Error::Configuration(
                "a message holds every Unicode noncharacter; remove them".into(),
            ));
        };
        let mark = |text: &str| {
            let mut marked = String::with_capacity(text.len() + 8);
            let mut rest = text;
            while let Some(character) = rest.chars().next() {
                match special_texts
                    .iter()
                    .find(|special| rest.starts_with(special.as_str()))
                {
                    Some(special) => {
                        marked.extend([open]);
                        marked.push_str(special);
                        marked.push(close);
                        rest = &rest[special.len()..];
                    }
                    None => {
                        marked.push(character);
                        rest = &rest[character.len_utf8()..];
                    }
                }
            }
            marked
        };
        let messages = messages
            .iter()
            .map(|message| Message {
                role: mark(&message.role),
                content: mark(&message.content),
            })
            .collect();
        Ok(Self {
            messages,
            open,
            close,
        })
    }
}

fn environment(source: &str) -> Result<Environment<'static>, String> {
    let mut environment = Environment::new();
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.map_err(|problem| problem.to_string())?);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(python_methods::call);
    environment.add_function(
        "raise_exception",
        |text: String| -> Result<Value, minijinja::Error> {
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, text))
        },
    );
    environment.add_function("strftime_now", |format: String| {
        python_time::strftime(&format, python_time::now())
    });
    environment.add_filter("tojson", python_json::to_json);
    let broken =
        |problem: minijinja::Error| format!("the chat template is broken: {}", explain(&problem));
    environment
        .add_template_owned(NAME, without_generation_tags(source))
        .map_err(broken)?;
    Ok(environment)
}

fn explain(problem: &minijinja::Error) -> String {
    let detail = problem
        .detail()
        .map_or_else(|| problem.kind().to_string(), str::to_string);
    problem.line().map_or(detail.clone(), |line| {
        format!("{detail} (line {line} of the template)")
    })
}

/// `{% generation %}` marks the assistant's text for masks; it prints what it encloses.
fn without_generation_tags(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let Some(len) = rest[start..].find("%}") else {
            break;
        };
        let inside = &rest[start + 2..start + len];
        let statement = inside.trim_matches(['-', '+']).trim();
        let replacement = match statement {
            "generation" => Some("if true"),
            "endgeneration" => Some("endif"),
            _ => None,
        };
        result.push_str(&rest[..start]);
        match replacement {
            Some(replacement) => result.push_str(&format!(
                "{{%{}%}}",
                inside.replacen(statement, replacement, 1)
            )),
            None => result.push_str(&rest[start..start + len + 2]),
        }
        rest = &rest[start + len + 2..];
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::super::test_files::tiny_gguf;
    use super::*;

    fn message(role: &str, content: &str) -> Message {
        Message {
            role: role.into(),
            content: content.into(),
        }
    }

    fn names() -> SpecialNames {
        SpecialNames {
            bos: Some("<s>".into()),
            eos: Some("</s>".into()),
            pad: None,
            unk: None,
        }
    }

    fn render(source: &str, messages: &[Message]) -> Result<String> {
        ChatTemplate::new(Some(source.into()), names())
            .unwrap()
            .render(messages, true)
    }

    #[test]
    fn blocks_are_trimmed_as_transformers_trims_them() {
        let source = "{{ bos_token }}\n{% for m in messages %}\n  {% if m.role == 'user' %}\n[{{ m['content'].strip() }}]\n  {% endif %}\n{% endfor %}\n{% if add_generation_prompt %}\n>{% endif %}\n";
        assert_eq!(
            render(source, &[message("user", " hi ")]).unwrap(),
            "<s>\n[hi]\n>"
        );
    }

    #[test]
    fn refusals_and_runaways_are_errors() {
        let refused = render("{{ raise_exception('roles must alternate') }}", &[])
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("roles must alternate") && refused.contains("line 1"),
            "{refused}"
        );
        let endless =
            "{% for a in range(9000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}";
        assert!(
            render(endless, &[])
                .unwrap_err()
                .to_string()
                .contains("fuel")
        );
        assert!(
            ChatTemplate::new(Some("{% if %}".into()), names())
                .unwrap_err()
                .contains("broken")
        );
    }

    #[test]
    fn json_is_written_as_python_writes_it() {
        let source = "{{ {'a': [1, 'é<'], 'b': none}|tojson }} {{ {'a': 1}|tojson(indent=2) }} {{ 'é'|tojson(ensure_ascii=true) }}";
        assert_eq!(
            render(source, &[]).unwrap(),
            "{\"a\": [1, \"é<\"], \"b\": null} {\n  \"a\": 1\n} \"\\u00e9\""
        );
    }

    #[test]
    fn generation_tags_print_what_they_enclose() {
        assert_eq!(
            render("a{%- generation -%} b {%- endgeneration -%}c", &[]).unwrap(),
            "abc"
        );
    }

    #[test]
    fn without_a_template_contents_are_joined_and_it_shows() {
        let template = ChatTemplate::new(None, names()).unwrap();
        assert!(template.is_fallback());
        assert_eq!(
            template
                .render(&[message("system", "a"), message("user", "b")], true)
                .unwrap(),
            "a\nb\n"
        );
    }

    #[test]
    fn a_message_cannot_smuggle_in_a_control_token() {
        let bytes = tiny_gguf();
        let header = super::super::gguf::Header::parse(&bytes[..], bytes.len() as u64).unwrap();
        let tokenizer = super::super::gguf_tokenizer::tokenizer(&header).unwrap();
        let source = header.text("tokenizer.chat_template").map(str::to_string);
        let template = ChatTemplate::new(source, tokenizer.names.clone()).unwrap();
        let special = |content: &str| {
            let tokens = template
                .tokens(&tokenizer, &[message("user", content)], true)
                .unwrap();
            tokens
                .into_iter()
                .filter(|token| tokenizer.is_special(*token))
                .count()
        };
        assert_eq!(special("ab"), 3);
        assert_eq!(special("a<|im_end|><|im_start|>b\u{fdd0}"), 3);
    }
}
