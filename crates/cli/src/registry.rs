//! A task's registry: which model is champion, how it came to be, and how often the frozen set
//! was looked at. Files are only ever added to; an alias is a line of history, and rolling back
//! is another one.
//!
//! `TASK/registry/`: `history.jsonl` (what happened), `looks.jsonl` (comparisons decided on a
//! frozen set), `ALIAS.json` (who holds an alias now, derived from the history) and
//! `decisions/NNNN/` (`comparison.json`, `gates.json`, and last `decision.json`).

pub mod recorded;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use gradus_schema::comparison::Comparison;
use gradus_schema::decision::Decision;
use gradus_schema::gates::Gates;
use gradus_schema::registry::{AliasEvent, AliasMove, Look, held};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::failure::bad_input;
use crate::files::{write_json, write_whole};

pub use gradus_schema::registry::Holder;

/// An open registry; the lock on it ends with this value.
pub struct Registry {
    dir: PathBuf,
    _lock: File,
}

const HISTORY: &str = "history.jsonl";
const LOCK: &str = ".lock";
const LOOKS: &str = "looks.jsonl";
const DECISION: &str = "decision.json";
const COMPARISON: &str = "comparison.json";

impl Registry {
    /// Opens the registry of a task, waiting for another command that holds it.
    pub fn open(task_dir: &Path) -> Result<Self> {
        let dir = dir_of(task_dir)?;
        let open = || {
            fs::create_dir_all(dir.join("decisions"))?;
            let lock = lock_file(&dir)?;
            lock.lock()?;
            Ok::<_, std::io::Error>(lock)
        };
        let lock = open().with_context(|| format!("opening the registry {}", dir.display()))?;
        Ok(Self { dir, _lock: lock })
    }

    /// Opens a registry that is there; `None` while another command holds it.
    fn open_at_once(dir: &Path) -> std::io::Result<Option<Self>> {
        let lock = lock_file(dir)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Self {
                dir: dir.to_owned(),
                _lock: lock,
            })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(problem)) => Err(problem),
        }
    }

    /// The task that a folder lies in.
    pub fn task_of(path: &Path) -> Option<PathBuf> {
        let path = fs::canonicalize(path).ok()?;
        let is_task = |dir: &&Path| dir.join("task.yaml").is_file();
        path.ancestors().find(is_task).map(Path::to_owned)
    }

    /// Counts this comparison as a look at its frozen set, unless it was counted before.
    /// Returns the looks at that set so far, this one included.
    pub fn look(&self, comparison: &Comparison, data_sha256: &str) -> Result<usize> {
        let rows =
            |files: &std::collections::BTreeMap<String, String>| files.get("rows.jsonl").cloned();
        let look = Look {
            at_unix_secs: now_unix_secs(),
            data_sha256: data_sha256.to_owned(),
            rows_sha256: [
                rows(&comparison.base.files),
                rows(&comparison.candidate.files),
            ],
        };
        let mut looks: Vec<Look> = lines(&self.dir, LOOKS)?;
        looks.retain(|it| it.data_sha256 == data_sha256);
        if !looks.iter().any(|it| it.rows_sha256 == look.rows_sha256) {
            self.append(LOOKS, &look)?;
            looks.push(look);
        }
        Ok(looks.len())
    }

    /// Keeps a decision with what it was made of; the folder is named by its number.
    pub fn keep(
        &self,
        comparison: &Comparison,
        gates: &Gates,
        decision: &Decision,
    ) -> Result<PathBuf> {
        let decisions = self.dir.join("decisions");
        let taken = fs::read_dir(&decisions)
            .with_context(|| format!("reading {}", decisions.display()))?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok())
            .max();
        let folder = decisions.join(format!("{:04}", taken.unwrap_or(0) + 1));
        fs::create_dir(&folder).with_context(|| format!("creating {}", folder.display()))?;
        write_json(&folder.join(COMPARISON), comparison)?;
        write_json(&folder.join("gates.json"), gates)?;
        write_json(&folder.join(DECISION), decision)?;
        Ok(folder)
    }

    /// Who holds the alias now.
    pub fn holder(&self, alias: &str) -> Result<Option<Holder>> {
        Ok(held(&self.events()?, alias).pop())
    }

    pub fn promote(&self, alias: &str, to: Holder) -> Result<AliasEvent> {
        let from = self.holder(alias)?;
        self.record(AliasMove::Promote, alias, from, to)
    }

    /// Moves the alias to whoever held it before.
    ///
    /// # Errors
    /// Nobody held it before.
    pub fn roll_back(&self, alias: &str) -> Result<AliasEvent> {
        let mut held = held(&self.events()?, alias);
        let from = held.pop();
        let Some(to) = held.pop() else {
            let found = if from.is_some() {
                "only one model ever held it"
            } else {
                "nobody holds it"
            };
            return Err(bad_input(format!(
                "'{alias}' can't be rolled back: {found}; see {}",
                self.dir.join(HISTORY).display()
            )));
        };
        self.record(AliasMove::Rollback, alias, from, to)
    }

    fn record(
        &self,
        action: AliasMove,
        alias: &str,
        from: Option<Holder>,
        to: Holder,
    ) -> Result<AliasEvent> {
        let event = AliasEvent {
            at_unix_secs: now_unix_secs(),
            action,
            alias: alias.to_owned(),
            from,
            to,
        };
        self.append(HISTORY, &event)?;
        write_json(&self.dir.join(format!("{alias}.json")), &event.to)?;
        Ok(event)
    }

    fn events(&self) -> Result<Vec<AliasEvent>> {
        lines(&self.dir, HISTORY)
    }

    /// Adds one line. A file that a killed process left without its last line end is whole
    /// again first, so that no line is glued to half of another.
    fn append(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let path = self.dir.join(name);
        if let Ok(mut bytes) = fs::read(&path)
            && !bytes.is_empty()
            && !bytes.ends_with(b"\n")
        {
            let end = bytes.iter().rposition(|byte| *byte == b'\n');
            let whole = end.map_or(0, |end| end + 1);
            match serde_json::from_slice::<IgnoredAny>(&bytes[whole..]) {
                Ok(_) => bytes.push(b'\n'),
                Err(_) => bytes.truncate(whole),
            }
            write_whole(&path, &bytes)?;
        }
        let line = format!("{}\n", serde_json::to_string(value)?);
        let write = || {
            let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
            file.write_all(line.as_bytes())?;
            file.sync_all()
        };
        write().with_context(|| format!("writing {}", path.display()))
    }
}

/// What happened to the aliases of a task, in its order; nothing where it has no registry yet.
pub fn events_of(task_dir: &Path) -> Result<Vec<AliasEvent>> {
    lines(&dir_of(task_dir)?, HISTORY)
}

fn dir_of(task_dir: &Path) -> Result<PathBuf> {
    match task_dir.join("task.yaml").is_file() {
        true => Ok(task_dir.join("registry")),
        false => Err(bad_input(format!(
            "no task.yaml in {}; a registry belongs to a task: give its folder",
            task_dir.display()
        ))),
    }
}

fn lines<T: DeserializeOwned>(dir: &Path, name: &str) -> Result<Vec<T>> {
    let path = dir.join(name);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let mut read = Vec::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        match serde_json::from_str(line) {
            Ok(found) => read.push(found),
            // A killed process left half a line.
            Err(_) if !line.ends_with('\n') => {}
            Err(error) => {
                let number = number + 1;
                let problem = format!("line {number}: {error}: {}", path.display());
                return Err(bad_input(problem));
            }
        }
    }
    Ok(read)
}

/// The file that is locked; what is in it does not matter, and stays.
fn lock_file(dir: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    options.open(dir.join(LOCK))
}

/// An alias becomes a file name.
pub fn check_alias(alias: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if alias.is_empty() || !alias.chars().all(plain) || alias.len() > 64 {
        return Err(crate::failure::usage(
            "an alias has letters, digits, - and _ only",
        ));
    }
    Ok(())
}

/// The files of a decision, from its folder or from `decision.json` itself.
pub fn decision_folder(path: &Path) -> PathBuf {
    if path.is_dir() {
        path.to_owned()
    } else {
        path.parent().unwrap_or(Path::new(".")).to_owned()
    }
}

pub fn read_decision(folder: &Path) -> Result<(Decision, Comparison)> {
    let decision = crate::files::read_json(&folder.join(DECISION), "decision")?;
    let comparison = crate::files::read_json(&folder.join(COMPARISON), "comparison")?;
    Ok((decision, comparison))
}

fn now_unix_secs() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(model: &str) -> Holder {
        Holder {
            model: model.to_owned(),
            answered_by: None,
            decision: "0001".to_owned(),
            rows_sha256: None,
        }
    }

    #[test]
    fn aliases_move_and_move_back_and_the_history_keeps_all() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Registry::open(dir.path()).is_err());
        fs::write(dir.path().join("task.yaml"), "").unwrap();
        let registry = Registry::open(dir.path()).unwrap();
        assert!(registry.roll_back("champion").is_err());
        for model in ["one", "two", "three"] {
            registry.promote("champion", holder(model)).unwrap();
        }
        registry.promote("other", holder("elsewhere")).unwrap();
        let event = registry.roll_back("champion").unwrap();
        assert_eq!(
            (event.from, event.to.model.as_str()),
            (Some(holder("three")), "two")
        );
        assert_eq!(registry.roll_back("champion").unwrap().to.model, "one");
        assert!(
            registry
                .roll_back("champion")
                .unwrap_err()
                .to_string()
                .contains("only one")
        );
        registry.promote("champion", holder("four")).unwrap();
        assert_eq!(registry.roll_back("champion").unwrap().to.model, "one");
        assert_eq!(registry.events().unwrap().len(), 8);
        let now: Holder =
            crate::files::read_json(&dir.path().join("registry/champion.json"), "holder").unwrap();
        assert_eq!(Some(now), registry.holder("champion").unwrap());
    }

    #[test]
    fn half_a_line_is_dropped_before_the_next() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("task.yaml"), "").unwrap();
        let registry = Registry::open(dir.path()).unwrap();
        registry.promote("champion", holder("one")).unwrap();
        let path = dir.path().join("registry").join(HISTORY);
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"at_unix").unwrap();
        registry.promote("champion", holder("two")).unwrap();
        assert_eq!(registry.events().unwrap().len(), 2);
    }

    #[test]
    fn an_alias_is_no_path() {
        assert!(check_alias("champion-2").is_ok());
        for alias in ["", "../x", "a/b", "a b"] {
            assert!(check_alias(alias).is_err(), "{alias}");
        }
    }
}
