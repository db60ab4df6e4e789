//! Which runs lie below a path, and which files belong to each.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::failure::bad_input;

/// Folders inside each other; links that lead in circles end there.
const DEEPEST: usize = 16;

/// One run that wandb logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WandbRun {
    pub log: PathBuf,
    /// Names under which the run knows its files, and where they are.
    pub files: Vec<(String, PathBuf)>,
}

/// All runs below a path, by path.
///
/// # Errors
/// A path that is not there, or has no run.
pub fn find(path: &Path) -> Result<Vec<WandbRun>> {
    let mut logs = Vec::new();
    look(path, 0, &mut |file| {
        if file.extension().is_some_and(|ending| ending == "wandb") {
            logs.push(file.to_owned());
        }
    })?;
    logs.sort();
    if logs.is_empty() {
        return Err(bad_input(format!(
            "there is no .wandb file in {}",
            path.display()
        )));
    }
    logs.into_iter().map(run_of).collect()
}

fn run_of(log: PathBuf) -> Result<WandbRun> {
    let folder = log.with_file_name("files");
    let mut files = Vec::new();
    if folder.is_dir() {
        look(&folder, 0, &mut |file| {
            if let Some(name) = file.strip_prefix(&folder).ok().and_then(Path::to_str) {
                files.push((name.replace('\\', "/"), file.to_owned()));
            }
        })?;
    }
    files.sort();
    Ok(WandbRun { log, files })
}

fn look(path: &Path, depth: usize, found: &mut impl FnMut(&Path)) -> Result<()> {
    let reading = || format!("reading {}", path.display());
    let metadata = std::fs::metadata(path).with_context(reading)?;
    if metadata.is_file() {
        found(path);
        return Ok(());
    }
    if depth < DEEPEST && metadata.is_dir() {
        for entry in std::fs::read_dir(path).with_context(reading)? {
            look(&entry.with_context(reading)?.path(), depth + 1, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_with_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("wandb/offline-run-1");
        std::fs::create_dir_all(run.join("files/media")).unwrap();
        for name in ["run-a.wandb", "files/config.yaml", "files/media/x.png"] {
            std::fs::write(run.join(name), "x").unwrap();
        }
        let found = find(folder.path()).unwrap();
        assert_eq!(found.len(), 1);
        let names: Vec<&str> = found[0]
            .files
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["config.yaml", "media/x.png"]);
        assert_eq!(find(&found[0].log).unwrap(), found);
        assert!(find(&run.join("files")).is_err());
    }
}
