//! A task's registry as one run of the tracker, sent anew whenever it changed.

use std::fs;
use std::path::Path;

use anyhow::Result;
use gradus_eval::Task;
use serde_json::{Map, Value, json};

use super::{NewRun, Recorder, RecorderOptions, folders};
use crate::commands::Settings;
use crate::files::read_json;
use crate::out::Out;
use crate::registry::Holder;

/// Records the registry of a task folder as it is now. What goes wrong is a note.
pub fn record(task_dir: &Path, settings: &Settings, out: &Out) {
    let dir = task_dir.join("registry");
    let files = folders::of_registry(&dir);
    if files.is_empty() {
        return;
    }
    let new_run = |options: &RecorderOptions| new_run(task_dir, &dir, options);
    let Some(mut recorder) = Recorder::begin(settings, new_run, out) else {
        return;
    };
    for (name, path) in files {
        recorder.file(&name, &path, out);
    }
    recorder.finish(0, summary_of(&dir));
}

fn new_run(task_dir: &Path, dir: &Path, options: &RecorderOptions) -> Result<NewRun> {
    let task = Task::open(task_dir)?.file.name;
    let task_dir = std::path::absolute(task_dir)?;
    let task_dir: std::path::PathBuf = task_dir.components().collect();
    let config = json!({ "task": task, "task_dir": task_dir });
    Ok(NewRun {
        name: options.run_of(dir, false)?,
        group: Some(task.clone()),
        job_type: "registry".to_owned(),
        display_name: Some(format!("registry of {task}")),
        config: config.as_object().cloned().unwrap_or_default(),
        project: task,
    })
}

/// Who holds each alias, and how many looks and decisions there were.
fn summary_of(dir: &Path) -> Map<String, Value> {
    let mut summary = Map::new();
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let alias = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.extension().is_some_and(|ending| ending == "json")
            && let Ok(holder) = read_json::<Holder>(&path, "holder of an alias")
        {
            summary.insert(format!("registry/{alias}"), holder.model.into());
        }
    }
    let lines = |name: &str| {
        let text = fs::read_to_string(dir.join(name)).unwrap_or_default();
        text.lines().count()
    };
    let decisions = fs::read_dir(dir.join("decisions")).map_or(0, Iterator::count);
    summary.insert("registry/moves".into(), lines("history.jsonl").into());
    summary.insert("registry/looks".into(), lines("looks.jsonl").into());
    summary.insert("registry/decisions".into(), decisions.into());
    summary
}
