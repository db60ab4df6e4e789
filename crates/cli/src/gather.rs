//! Reads finished folders for evidence and report: every text file that can matter, under names
//! relative to the folder that holds them all.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus_evidence::Files;

use crate::failure::bad_input;

/// What is read. Weights, checkpoints, locks and half-written files are not among them.
const ENDINGS: [&str; 9] = [
    "json", "jsonl", "yaml", "yml", "csv", "md", "txt", "log", "jinja",
];
/// Left out by name: about the folder, not about what was measured in it.
const LEFT_OUT: [&str; 1] = ["README.md"];
const DEEPEST: usize = 12;
const MOST_BYTES: u64 = 1 << 30;

pub struct Gathered {
    pub files: Files,
    /// Absolute path that names are relative to, as given and with links resolved.
    pub roots: Vec<String>,
}

pub fn gather(dirs: &[PathBuf]) -> Result<Gathered> {
    let mut resolved = Vec::new();
    for dir in dirs {
        let found = dir
            .canonicalize()
            .with_context(|| format!("reading {}", dir.display()))?;
        if !found.is_dir() {
            return Err(bad_input(format!("not a folder: {}", dir.display())));
        }
        resolved.push(found);
    }
    let root = common_root(&resolved)
        .ok_or_else(|| bad_input("the folders have no folder in common; pack them apart"))?;
    let mut gathered = Gathered {
        files: Files::new(),
        roots: vec![root.to_string_lossy().into_owned()],
    };
    if let [only] = dirs {
        let absolute = std::path::absolute(only)?;
        gathered.roots.push(absolute.to_string_lossy().into_owned());
    }
    let mut total = 0;
    for dir in &resolved {
        read_folder(dir, &root, 0, &mut total, &mut gathered.files)?;
    }
    Ok(gathered)
}

/// The named files, and everything that matters in the folders; names are relative to `root`.
pub fn gather_from(root: &Path, files: &[PathBuf], dirs: &[PathBuf]) -> Result<Gathered> {
    let resolved = root
        .canonicalize()
        .with_context(|| format!("reading {}", root.display()))?;
    let mut gathered = Gathered {
        files: Files::new(),
        roots: [root, &resolved]
            .map(|root| root.to_string_lossy().into_owned())
            .into(),
    };
    for path in files {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        gathered.files.insert(relative_name(path, root)?, bytes);
    }
    let mut total = 0;
    for dir in dirs {
        read_folder(dir, root, 0, &mut total, &mut gathered.files)?;
    }
    Ok(gathered)
}

/// The deepest folder that holds all of them; a single one is its own root.
fn common_root(dirs: &[PathBuf]) -> Option<PathBuf> {
    let (first, others) = dirs.split_first()?;
    first
        .ancestors()
        .find(|root| others.iter().all(|dir| dir.starts_with(root)))
        .filter(|root| root.parent().is_some())
        .map(Path::to_owned)
}

fn read_folder(
    dir: &Path,
    root: &Path,
    depth: usize,
    total: &mut u64,
    files: &mut Files,
) -> Result<()> {
    let context = || format!("reading {}", dir.display());
    if depth > DEEPEST {
        return Err(bad_input(format!(
            "more than {DEEPEST} folders deep: {}",
            dir.display()
        )));
    }
    for entry in std::fs::read_dir(dir).with_context(context)? {
        let entry = entry.with_context(context)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        // Links are not followed: what they lead to was not given.
        let kind = entry.file_type().with_context(context)?;
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() && name != "checkpoints" {
            read_folder(&path, root, depth + 1, total, files)?;
        } else if kind.is_file() && is_wanted(&name) {
            *total += entry.metadata().with_context(context)?.len();
            if *total > MOST_BYTES {
                return Err(bad_input(format!(
                    "more than {MOST_BYTES} bytes of text; name the folders that matter: {}",
                    dir.display()
                )));
            }
            let bytes =
                std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            files.insert(relative_name(&path, root)?, bytes);
        }
    }
    Ok(())
}

fn is_wanted(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.contains(&ending) && !LEFT_OUT.contains(&name) && !name.contains(".partial")
}

fn relative_name(path: &Path, root: &Path) -> Result<String> {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    parts
        .map(|parts| parts.join("/"))
        .ok_or_else(|| bad_input(format!("the name is not UTF-8: {}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_to_what_holds_all_folders() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        };
        for name in [
            "a/rows.jsonl",
            "a/.lock.json",
            "a/x.safetensors",
            "a/rows.partial.jsonl",
            "b/checkpoints/c.json",
            "b/task.yaml",
            "b/README.md",
        ] {
            write(name);
        }
        let dirs = ["a", "b"].map(|name| dir.path().join(name));
        let names =
            |dirs: &[PathBuf]| -> Vec<String> { gather(dirs).unwrap().files.into_keys().collect() };
        assert_eq!(names(&dirs), ["a/rows.jsonl", "b/task.yaml"]);
        assert_eq!(names(&dirs[1..]), ["task.yaml"]);
        assert!(gather(&[dir.path().join("nowhere")]).is_err());
    }
}
