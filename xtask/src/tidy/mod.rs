//! `cargo xtask tidy`: what the compiler does not check.
//!
//! Layers (who may depend on whom), file sizes, texts (paths of one machine, hosts, secrets,
//! unfinished work, wording), licences.

mod layers;
mod licences;
mod sizes;
mod texts;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{cargo, output};

/// One finding. Warnings are shown, the rest fails the command.
pub struct Finding {
    pub place: String,
    pub problem: String,
    pub is_warning: bool,
}

impl Finding {
    pub fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        let (place, problem) = (place.into(), problem.into());
        Self {
            place,
            problem,
            is_warning: false,
        }
    }
}

/// A text file of the repository.
pub struct TextFile {
    /// Relative to the root, with `/`.
    pub path: String,
    pub text: String,
}

pub fn run() -> Result<()> {
    let files = text_files()?;
    let mut findings = layers::check(&metadata(&["--no-deps"])?)?;
    findings.extend(sizes::check(&files));
    findings.extend(texts::check(&files));
    findings.extend(licences::check(&metadata(&[
        "--filter-platform",
        &host()?,
    ])?)?);
    let mut failures = 0;
    for finding in &findings {
        let kind = if finding.is_warning { "warning: " } else { "" };
        eprintln!("{}: {kind}{}", finding.place, finding.problem);
        failures += usize::from(!finding.is_warning);
    }
    eprintln!("tidy: {} text files, {failures} problems", files.len());
    if failures > 0 {
        bail!("{failures} problems, listed above");
    }
    Ok(())
}

/// Files that git tracks or would offer to add; binary and very large ones are left out.
fn text_files() -> Result<Vec<TextFile>> {
    const LIMIT_BYTES: u64 = 4 << 20;
    let mut command = Command::new("git");
    command.current_dir(crate::root());
    command.args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]);
    let listing = output("git ls-files", Duration::from_secs(60), &mut command)?;
    let mut files = Vec::new();
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        let full = crate::root().join(path);
        // Deleted, not yet committed; or not a plain file.
        let Ok(facts) = full.symlink_metadata() else {
            continue;
        };
        if !facts.is_file() || facts.len() > LIMIT_BYTES {
            continue;
        }
        let bytes = read(&full)?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(TextFile {
                path: path.to_string(),
                text,
            });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

fn metadata(more: &[&str]) -> Result<Value> {
    let mut command = cargo(&["metadata", "--format-version", "1", "--locked"]);
    command.args(more);
    let text = output("cargo metadata", Duration::from_secs(600), &mut command)?;
    serde_json::from_str(&text).context("cargo metadata gave no JSON")
}

fn host() -> Result<String> {
    let mut command = Command::new("rustc");
    command.arg("-vV").current_dir(crate::root());
    let text = output("rustc -vV", Duration::from_secs(60), &mut command)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_string())
}
