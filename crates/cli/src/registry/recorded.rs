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
    fn check(&self, recorded: &RecordedRegistry, alias: &str) -> Result<(), Obstacle> {
        registry_dir(recorded, alias).map(|_| ())
    }

    fn roll_back(&self, recorded: &RecordedRegistry, alias: &str) -> Result<RolledBack, Obstacle> {
        let dir = registry_dir(recorded, alias)?;
        let opened = Registry::open_at_once(&dir).map_err(|problem| failed(&problem))?;
        let registry = opened.ok_or(Obstacle::Busy)?;
        // Another command may have had it until now.
        registry_dir(recorded, alias)?;
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

/// The folder of the registry, where all is as it was recorded.
fn registry_dir(recorded: &RecordedRegistry, alias: &str) -> Result<PathBuf, Obstacle> {
    let not_here = |why: &str| Obstacle::NotHere(why.to_owned());
    check_alias(alias).map_err(|problem| not_here(&problem.to_string()))?;
    let found = registry_of(Path::new(&recorded.task_dir));
    let dir = found.ok_or_else(|| {
        not_here("the task's folder is not on the server's machine, or has no registry there")
    })?;
    let aliased = format!("{alias}.json");
    for name in [LOCK, HISTORY, &aliased] {
        // Beside it is where its next content is written.
        for name in [name.to_owned(), format!("{name}.writing")] {
            if kind_of(&dir.join(&name)).is_some_and(|kind| !kind.is_file()) {
                let problem = format!("{name} of the folder's registry is a link or no file");
                return Err(Obstacle::NotHere(problem));
            }
        }
    }
    match holds(&dir.join(HISTORY), &recorded.history) {
        true => Ok(dir),
        false => Err(Obstacle::MovedOn),
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

/// Whether a file has exactly this content; one of another length is not read.
fn holds(path: &Path, content: &[u8]) -> bool {
    let has_length = fs::metadata(path).is_ok_and(|file| file.len() == content.len() as u64);
    has_length && fs::read(path).is_ok_and(|found| found == content)
}

fn failed(problem: &dyn std::fmt::Display) -> Obstacle {
    Obstacle::Failed(format!("{problem:#}"))
}
