//! From what `data.yaml` names to rows: files of every kind, and Hugging Face dataset directories.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gradus_eval::Task;
use gradus_eval::data::DataSettings;
use gradus_eval::data::read::{SourceFile, read_json_file};
use gradus_schema::{Split, nearest};

use super::tables::{read_arrow, read_csv, read_parquet};
use crate::failure::bad_input;

/// Files that belong to a dataset directory without being rows.
const NOT_ROWS: [&str; 4] = [
    "dataset_dict.json",
    "dataset_info.json",
    "state.json",
    "dataset_infos.json",
];
const ENDINGS: [&str; 6] = ["jsonl", "json", "ndjson", "csv", "parquet", "arrow"];
const DEEPEST: usize = 4;

/// The source rows of a build.
pub fn read(task: &Task, data: &DataSettings, train_only: bool) -> Result<Vec<SourceFile>> {
    if train_only {
        let name = task.file.data.file(Split::Train).ok_or_else(|| {
            bad_input("--train-only needs a train file; name one under `data` in task.yaml")
        })?;
        let file = read_json_file(&task.dir.join(name), &name.to_string_lossy())?;
        return Ok(vec![file]);
    }
    if data.file.source.is_empty() {
        let place = data
            .path
            .clone()
            .unwrap_or_else(|| task.dir.join("data.yaml"));
        return Err(bad_input(format!(
            "there is no source to build from; name one, for example `source: raw/pairs.jsonl`: {}",
            place.display()
        )));
    }
    let mut files = Vec::new();
    for name in &data.file.source {
        let path = data.dir.join(name);
        let shown = shown_name(name);
        if path.is_dir() {
            for (_, file) in in_directory(&path, data.file.source_split.as_deref())? {
                let inside = file.strip_prefix(&path).unwrap_or(&file);
                let shown = format!("{shown}/{}", inside.to_string_lossy());
                files.push(read_file(&file, &shown, &task.file.target)?);
            }
        } else {
            files.push(read_file(&path, &shown, &task.file.target)?);
        }
    }
    Ok(files)
}

/// As it was written, but for absolute paths, which say something about this machine.
fn shown_name(name: &Path) -> String {
    match name.is_absolute() {
        false => name.to_string_lossy().into_owned(),
        true => name
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
    }
}

fn read_file(path: &Path, name: &str, target: &str) -> Result<SourceFile> {
    match ending(path).as_str() {
        "csv" => read_csv(path, name, target),
        "parquet" => read_parquet(path, name),
        "arrow" => read_arrow(path, name),
        "jsonl" | "json" | "ndjson" => Ok(read_json_file(path, name)?),
        other => {
            let hint = nearest::did_you_mean(other, ENDINGS);
            Err(bad_input(format!(
                "can't tell what kind of file this is by '.{other}'; use {}{hint}: {}",
                ENDINGS.join(", "),
                path.display()
            )))
        }
    }
}

fn ending(path: &Path) -> String {
    let ending = path.extension().unwrap_or_default();
    ending.to_string_lossy().to_lowercase()
}

/// The files of a dataset directory with the split each belongs to, sorted: what `save_to_disk`
/// writes, or a snapshot of a hub repository.
fn in_directory(dir: &Path, wanted: Option<&str>) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    collect(dir, 0, &mut files)?;
    files.sort();
    let mut found: Vec<(String, PathBuf)> = files
        .into_iter()
        .map(|file| (split_of(dir, &file), file))
        .collect();
    let mut splits: Vec<String> = found.iter().map(|(split, _)| split.clone()).collect();
    splits.dedup();
    if let Some(wanted) = wanted {
        found.retain(|(split, _)| split == wanted);
        if found.is_empty() {
            let hint = nearest::did_you_mean(wanted, splits.iter().map(String::as_str));
            return Err(bad_input(format!(
                "the dataset has no split '{wanted}'{hint} (it has: {}): {}",
                splits.join(", "),
                dir.display()
            )));
        }
    }
    if found.is_empty() {
        return Err(bad_input(format!(
            "the directory holds no rows ({} files were looked for): {}",
            ENDINGS.join(", "),
            dir.display()
        )));
    }
    Ok(found)
}

fn collect(dir: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let fail = |error| gradus_eval::Error::io("listing the dataset", dir, error);
    for entry in std::fs::read_dir(dir).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') || name.starts_with("cache-") || NOT_ROWS.contains(&name.as_str())
        {
            continue;
        }
        if path.is_dir() {
            if depth < DEEPEST {
                collect(&path, depth + 1, files)?;
            }
        } else if ENDINGS.contains(&ending(&path).as_str()) {
            files.push(path);
        }
    }
    Ok(())
}

/// `train/data-00000-of-00001.arrow` and `data/train-00000-of-00001.parquet` are both `train`.
fn split_of(dir: &Path, file: &Path) -> String {
    let stem = file
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let name = stem.split("-0").next().unwrap_or_default().to_owned();
    let parent = file.parent().filter(|parent| *parent != dir);
    let parent = parent
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().into_owned());
    match parent {
        Some(parent) if name == "data" => parent,
        None if name == "data" => "train".to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_of_the_hub_are_understood() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "train/data-00000-of-00002.arrow",
            "train/data-00001-of-00002.arrow",
            "train/state.json",
            "train/cache-1.arrow",
            "dataset_dict.json",
            "data/validation-00000-of-00001.parquet",
            "test.jsonl",
            "README.md",
            ".cache/x.json",
        ] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = in_directory(dir.path(), None).unwrap();
        let splits: Vec<&str> = found.iter().map(|(split, _)| split.as_str()).collect();
        assert_eq!(splits, ["validation", "test", "train", "train"]);
        assert_eq!(in_directory(dir.path(), Some("train")).unwrap().len(), 2);
        let error = in_directory(dir.path(), Some("trian"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("did you mean 'train'"), "{error}");
        assert_eq!(shown_name(Path::new("/somewhere/else/raw.csv")), "raw.csv");
    }
}
