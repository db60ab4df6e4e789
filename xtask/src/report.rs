//! Results in the documents: the part of a file between two markers is written by a command.

use std::path::Path;

use anyhow::{Context, Result};

/// Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`.
///
/// # Errors
/// A marker is missing, or the file can't be read or written.
pub fn replace_section(path: &Path, name: &str, content: &str) -> Result<()> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let replaced = with_section(&text, name, content).with_context(|| {
        format!(
            "no markers <!-- {name} --> … <!-- /{name} --> in {}",
            path.display()
        )
    })?;
    write(path, &replaced)
}

fn with_section(text: &str, name: &str, content: &str) -> Option<String> {
    let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&open)?;
    let (_, after) = rest.split_once(&close)?;
    Some(format!(
        "{before}{open}\n{}\n{close}{after}",
        content.trim_end()
    ))
}

/// Writes beside the file, then renames; its folder is made where it is missing.
pub fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let mut aside = path.as_os_str().to_owned();
    aside.push(".partial");
    std::fs::write(&aside, text).with_context(|| format!("writing {}", path.display()))?;
    std::fs::rename(&aside, path).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_section_changes() {
        let text = "a\n<!-- t -->\nold\n<!-- /t -->\nb\n";
        let new = with_section(text, "t", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- t -->\nnew\n<!-- /t -->\nb\n");
        assert_eq!(with_section(&new, "t", "new").unwrap(), new);
        assert!(with_section(text, "u", "x").is_none());
    }
}
