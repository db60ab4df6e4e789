//! A registry that a client recorded, moved in its folder because somebody asked for it in a page.
//!
//! The folder's path and the alias come from whoever recorded the run, and may be anything. So a
//! folder is touched only where it holds a task and a registry whose history is, byte for byte, what
//! was recorded; nothing is made on the way, and no link is followed out of the registry.

use std::fs::{self, FileType};
use std::io;
use std::path::{Component, Path, PathBuf};

use gradus_server::{MovesAliases, Obstacle, RecordedRegistry, RolledBack};
use serde_json::{Map, Value};

use super::{HISTORY, LOCK, Registry, check_alias};

/// Folders of tasks on this machine.
pub struct TaskFolders;

impl MovesAliases for TaskFolders {
    fn check(&self, recorded: &RecordedRegistry) -> Result<(), Obstacle> {
        let dir = registry_dir(recorded)?;
        let has_length = fs::metadata(dir.join(HISTORY))
            .is_ok_and(|file| file.len() == recorded.history.len() as u64);
        let is_same = || fs::read(dir.join(HISTORY)).is_ok_and(|it| it == recorded.history);
        match has_length && is_same() {
            true => Ok(()),
            false => Err(Obstacle::MovedOn),
        }
    }

    fn check_alias(&self, recorded: &RecordedRegistry, alias: &str) -> Result<(), Obstacle> {
        let plain = check_alias(alias);
        plain.map_err(|problem| Obstacle::NotHere(problem.to_string()))?;
        are_files(&registry_dir(recorded)?, &[&format!("{alias}.json")])
    }

    fn roll_back(&self, recorded: &RecordedRegistry, alias: &str) -> Result<RolledBack, Obstacle> {
        let check = || {
            self.check(recorded)?;
            self.check_alias(recorded, alias)
        };
        check()?;
        let dir = registry_dir(recorded)?;
        let opened = Registry::open_at_once(&dir).map_err(|problem| failed(&problem))?;
        let registry = opened.ok_or(Obstacle::Busy)?;
        // Another command may have had it until now.
        check()?;
        let moved = registry.roll_back(alias);
        let event = moved.map_err(|problem| failed(&problem))?;
        let read = |name: String| Ok((name.clone(), fs::read(dir.join(name))?));
        let files = [format!("{alias}.json"), HISTORY.to_owned()].map(read);
        let files: io::Result<Vec<_>> = files.into_iter().collect();
        let moves = registry.events().map_err(|problem| failed(&problem))?;
        let summary = [
            (format!("registry/{alias}"), Value::from(event.to.model)),
            ("registry/moves".to_owned(), moves.len().into()),
        ];
        Ok(RolledBack {
            files: files.map_err(|problem| failed(&problem))?,
            summary: Map::from_iter(summary),
        })
    }
}

/// The folder of the registry, where one is.
fn registry_dir(recorded: &RecordedRegistry) -> Result<PathBuf, Obstacle> {
    let Some(dir) = registry_of(Path::new(&recorded.task_dir)) else {
        let why = "the task's folder is not on the server's machine, or has no registry there";
        return Err(Obstacle::NotHere(why.to_owned()));
    };
    are_files(&dir, &[LOCK, HISTORY])?;
    Ok(dir)
}

/// Whether what is there of these names is in the folder, and not elsewhere by a link.
fn are_files(dir: &Path, names: &[&str]) -> Result<(), Obstacle> {
    // Beside it is where its next content is written.
    let names = names.iter();
    let mut names = names.flat_map(|name| [(*name).to_owned(), format!("{name}.writing")]);
    let is_other = |name: &String| kind_of(&dir.join(name)).is_some_and(|kind| !kind.is_file());
    match names.find(is_other) {
        None => Ok(()),
        Some(name) => Err(Obstacle::NotHere(format!(
            "{name} of the folder's registry is a link or no file"
        ))),
    }
}

/// The registry of a task folder, both of which are there, the registry in the folder itself.
fn registry_of(task_dir: &Path) -> Option<PathBuf> {
    let is_plain = |part: Component<'_>| !matches!(part, Component::ParentDir | Component::CurDir);
    if !task_dir.is_absolute() || !task_dir.components().all(is_plain) {
        return None;
    }
    // Where a link leads to is looked at once, and stays.
    let task_dir = fs::canonicalize(task_dir).ok()?;
    let registry = task_dir.join("registry");
    let is_task = kind_of(&task_dir.join("task.yaml"))?.is_file();
    let has_history = kind_of(&registry)?.is_dir() && kind_of(&registry.join(HISTORY)).is_some();
    (is_task && has_history).then_some(registry)
}

/// Of the name itself, not of what a link leads to.
fn kind_of(path: &Path) -> Option<FileType> {
    fs::symlink_metadata(path)
        .ok()
        .map(|found| found.file_type())
}

fn failed(problem: &dyn std::fmt::Display) -> Obstacle {
    Obstacle::Failed(format!("{problem:#}"))
}
