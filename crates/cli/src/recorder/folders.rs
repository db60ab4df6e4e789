//! Which files of a folder belong to its run, under the names that they have there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Of a training's own files; weights and checkpoints are larger, and are not recorded.
const MOST_TRAINING_BYTES: u64 = 16 << 20;
/// How deep the folders of a registry lie.
const DEEPEST: usize = 3;

/// A finished evaluation: the same names, so that the run is a report folder.
pub fn of_evaluation(dir: &Path) -> Vec<(String, PathBuf)> {
    let names = [
        "run_manifest.json",
        "rows.jsonl",
        "final_metrics.json",
        "eval_summary.json",
    ];
    there(dir, names)
}

/// What a training tells of itself.
pub fn of_training(dir: &Path) -> Vec<(String, PathBuf)> {
    let names = [
        "run_manifest.json",
        "final_metrics.json",
        "iter_eval_metrics.jsonl",
        "hard_cases.valid.jsonl",
        "recipe.resolved.yaml",
        "adapter_config.json",
        "gradus_adapter.json",
    ];
    let mut found = there(dir, names);
    found
        .retain(|(_, path)| fs::metadata(path).is_ok_and(|file| file.len() <= MOST_TRAINING_BYTES));
    found
}

/// What a cycle has left so far; its reports and its training are runs of their own.
pub fn of_cycle(dir: &Path) -> Vec<(String, PathBuf)> {
    let names = [
        "start.json",
        "data/rows.json",
        "data/check.json",
        "data/augmentation_stats.json",
        "recipe.yaml",
        "settled.json",
        "loop.json",
        "evidence.zip",
        "report.html",
        "report.md",
    ];
    let mut found = there(dir, names);
    for folder in ["plan", "decision"] {
        found.extend(below(dir, folder, 1));
    }
    // What says how far it got, after what it got to.
    found.extend(there(dir, ["cycle.json"]));
    found
}

/// The history of a task's aliases, looks and decisions.
pub fn of_registry(dir: &Path) -> Vec<(String, PathBuf)> {
    below(dir, "", DEEPEST)
}

fn there<'a>(dir: &Path, names: impl IntoIterator<Item = &'a str>) -> Vec<(String, PathBuf)> {
    let found = names
        .into_iter()
        .map(|name| (name.to_owned(), dir.join(name)));
    found.filter(|(_, path)| path.is_file()).collect()
}

/// Files below a folder by name, but hidden ones and those that are being written.
fn below(dir: &Path, folder: &str, depth: usize) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(dir.join(folder)).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let is_own = |name: &String| !name.starts_with('.') && !name.ends_with(".writing");
    let names: BTreeSet<String> = names.filter(is_own).collect();
    let mut found = Vec::new();
    for name in names {
        let name = match folder {
            "" => name,
            folder => format!("{folder}/{name}"),
        };
        let path = dir.join(&name);
        if path.is_file() {
            found.push((name, path));
        } else if depth > 1 && path.is_dir() {
            found.extend(below(dir, &name, depth - 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_whole_and_nothing_half_written_is_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        };
        let kept = [
            "champion.json",
            "decisions/0001/decision.json",
            "history.jsonl",
        ];
        kept.iter().for_each(|name| write(name));
        write(".lock");
        write("champion.json.writing");
        let names: Vec<String> = of_registry(dir.path()).into_iter().map(|it| it.0).collect();
        assert_eq!(names, kept);
        assert!(of_cycle(dir.path()).is_empty());
    }
}
