//! What artifacts, their aliases and their tags may be called.

use gradus_wire::json;

use crate::{Error, Result};

const ALIAS_CHARACTERS: usize = 128;
const TAG_CHARACTERS: usize = 128;
const METADATA_BYTES: usize = 4 << 20;

/// `vN` is a version's own name and nobody's alias.
pub fn version_in(name: &str) -> Option<u64> {
    let digits = name.strip_prefix('v')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

pub fn check_alias(alias: &str) -> Result<()> {
    let is_bad = |letter: char| "/:".contains(letter) || letter.is_control();
    let problem = match alias {
        "" => "it is empty",
        _ if alias.chars().count() > ALIAS_CHARACTERS => "it has more than 128 characters",
        _ if alias.chars().any(is_bad) => "it holds '/', ':' or a control character",
        _ if version_in(alias).is_some() => "this is how versions are numbered",
        _ => return Ok(()),
    };
    let shown: String = alias.chars().take(ALIAS_CHARACTERS).collect();
    Err(Error::input(format!(
        "an alias can't be '{shown}': {problem}"
    )))
}

/// Words of letters, digits, `-` and `_`, with spaces between them.
pub fn check_tag(tag: &str) -> Result<()> {
    let is_in_word = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
    let is_sound = |letter: char| letter == ' ' || is_in_word(letter);
    let is_tag = tag.chars().all(is_sound)
        && tag.starts_with(is_in_word)
        && tag.ends_with(is_in_word)
        && tag.chars().count() <= TAG_CHARACTERS;
    match is_tag {
        true => Ok(()),
        false => {
            let shown: String = tag.chars().take(TAG_CHARACTERS).collect();
            Err(Error::input(format!(
                "Invalid tag '{shown}': a tag has 1 to 128 letters, digits, '-' and '_', with \
                 spaces between words"
            )))
        }
    }
}

pub fn check_metadata(metadata: &str) -> Result<()> {
    if metadata.len() > METADATA_BYTES {
        let problem = format!("an artifact's metadata is larger than {METADATA_BYTES} bytes");
        return Err(Error::input(problem));
    }
    json::parse_object("the artifact's metadata", metadata)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases() {
        for good in [
            "latest",
            "best",
            "v",
            "v1.2",
            "step-12",
            "é",
            "version 1",
            "V1",
        ] {
            check_alias(good).unwrap();
        }
        for bad in ["", "v0", "v12", "a/b", "a:b", "a\n", &"x".repeat(129)] {
            assert!(check_alias(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn tags() {
        for good in ["a", "orig-TAG 1", "tag_2", "two  spaces", "日本"] {
            check_tag(good).unwrap();
        }
        for bad in ["", " ", " a", "a ", "a:b", "!a", "a/b", &"x".repeat(129)] {
            assert!(check_tag(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn versions() {
        assert_eq!(version_in("v12"), Some(12));
        for other in ["v", "12", "v-1", "v1a", "v99999999999999999999"] {
            assert_eq!(version_in(other), None, "{other}");
        }
    }
}
