//! Model references: the words by which every command names what is to answer.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::openai::ModelAt;
use crate::{Error, Result};

/// A parsed reference. What a base name stands for (a pulled model, a file, a folder) is resolved
/// by whoever knows the data directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelReference {
    Constant,
    /// By this row field.
    ConstantBy(String),
    Ridge,
    /// Keyword rules in this file.
    Rules(PathBuf),
    /// A model on an OpenAI-compatible server.
    OpenAi(ModelAt),
    /// A name or path.
    Base(String),
    BaseWithAdapter {
        base: String,
        adapter: PathBuf,
    },
}

impl FromStr for ModelReference {
    type Err = Error;

    /// # Errors
    /// An empty or incomplete reference.
    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let refuse = |problem: String| Err(Error::Configuration(problem));
        match text {
            "" => return refuse(format!("the model reference is empty; {FORMS}")),
            "constant" => return Ok(Self::Constant),
            "ridge" => return Ok(Self::Ridge),
            _ => {}
        }
        if let Some(field) = text.strip_prefix("constant-by") {
            return match field.strip_prefix(':').map(str::trim) {
                Some(field) if !field.is_empty() => Ok(Self::ConstantBy(field.to_owned())),
                _ => refuse(format!("'{text}' lacks its field: constant-by:FIELD")),
            };
        }
        if let Some(file) = text.strip_prefix("rules:") {
            return match file.trim() {
                "" => refuse(format!("'{text}' lacks its file: rules:FILE")),
                file => Ok(Self::Rules(PathBuf::from(file))),
            };
        }
        if text.starts_with("openai:") {
            return Ok(Self::OpenAi(text.parse()?));
        }
        // A path may itself hold a plus sign: what exists as a whole is a base.
        if Path::new(text).exists() {
            return Ok(Self::Base(text.to_owned()));
        }
        match split_adapter(text) {
            None => Ok(Self::Base(text.to_owned())),
            Some((base, adapter)) if base.is_empty() || adapter.is_empty() => {
                refuse(format!("'{text}' is incomplete: BASE+ADAPTER_DIR"))
            }
            Some((base, adapter)) => Ok(Self::BaseWithAdapter {
                base: base.to_owned(),
                adapter: PathBuf::from(adapter),
            }),
        }
    }
}

const FORMS: &str = "use constant, constant-by:FIELD, ridge, rules:FILE, openai:MODEL@URL, the \
                     NAME or PATH of a base model, or BASE+ADAPTER_DIR";

/// The first plus sign behind which a folder stands, else the first one.
fn split_adapter(text: &str) -> Option<(&str, &str)> {
    let splits = || {
        text.match_indices('+')
            .map(|(at, _)| (&text[..at], &text[at + 1..]))
    };
    splits()
        .find(|(_, adapter)| Path::new(adapter).is_dir())
        .or_else(|| splits().next())
}

impl fmt::Display for ModelReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant => f.write_str("constant"),
            Self::ConstantBy(field) => write!(f, "constant-by:{field}"),
            Self::Ridge => f.write_str("ridge"),
            Self::Rules(file) => write!(f, "rules:{}", file.display()),
            Self::OpenAi(model) => model.fmt(f),
            Self::Base(base) => f.write_str(base),
            Self::BaseWithAdapter { base, adapter } => write!(f, "{base}+{}", adapter.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "constant",
            "constant-by:source_type",
            "ridge",
            "rules:my/rules.yaml",
            "openai:org/model:tag@http://localhost:8000/v1",
            "smollm2-135m-instruct",
            "a/b.gguf",
            "base+out/adapter",
        ] {
            let reference: ModelReference = text.parse().unwrap();
            assert_eq!(reference.to_string(), text);
        }
        let reference: ModelReference = "base+out/adapter".parse().unwrap();
        assert!(
            matches!(reference, ModelReference::BaseWithAdapter { base, .. } if base == "base")
        );
    }

    #[test]
    fn paths_with_a_plus_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let odd = dir.path().join("c++");
        std::fs::create_dir(&odd).unwrap();
        let odd = odd.to_str().unwrap();
        assert_eq!(
            odd.parse::<ModelReference>().unwrap(),
            ModelReference::Base(odd.to_owned())
        );
        let with_adapter = format!("base+{odd}");
        let expected = ModelReference::BaseWithAdapter {
            base: "base".to_owned(),
            adapter: odd.into(),
        };
        assert_eq!(with_adapter.parse::<ModelReference>().unwrap(), expected);
    }

    #[test]
    fn what_is_not_there_is_refused_clearly() {
        let refused = |text: &str| text.parse::<ModelReference>().unwrap_err().to_string();
        assert!(refused("rules:").contains("rules:FILE"));
        assert!(refused("openai:gpt").contains("openai:MODEL@URL"));
        assert!(refused("constant-by").contains("constant-by:FIELD"));
        assert!(refused("constant-by: ").contains("constant-by:FIELD"));
        assert!(refused("base+").contains("BASE+ADAPTER_DIR"));
        assert!(refused(" ").contains("empty"));
    }
}
