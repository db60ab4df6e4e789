//! Rows on disk before they are anywhere else: JSON lines, one file for each sitting of a run.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::NewRun;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    Begin(Box<NewRun>),
    Row(Map<String, Value>),
    /// Keys of the configuration that were not known at the beginning.
    Config(Map<String, Value>),
    /// A file of the run; its content lies beside the spool under `copy`.
    File {
        name: String,
        copy: String,
    },
    Finish {
        exit_code: i32,
        summary: Map<String, Value>,
    },
}

pub struct Spool {
    path: PathBuf,
    file: File,
    began: SystemTime,
    /// Files that were copied beside the spool.
    copies: usize,
}

impl Spool {
    pub fn create(dir: &Path, run: &NewRun) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
        let began = SystemTime::now();
        let path = dir.join(format!("{}-{}.jsonl", nanos(began), run.name));
        let file = OpenOptions::new()
            .create_new(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("making {}", path.display()))?;
        // Taken over by others when this process is gone, not before.
        file.try_lock()
            .with_context(|| format!("locking {}", path.display()))?;
        let mut spool = Self {
            path,
            file,
            began,
            copies: 0,
        };
        spool.append(&Entry::Begin(Box::new(run.clone())))?;
        Ok(spool)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One line, whole or not at all for readers: it counts when its end is there.
    pub fn append(&mut self, entry: &Entry) -> Result<()> {
        let mut entry = entry.clone();
        if let Entry::Row(row) = &mut entry {
            let now = SystemTime::now();
            let since = |time: SystemTime| now.duration_since(time).unwrap_or_default();
            row.insert("_timestamp".into(), since(UNIX_EPOCH).as_secs_f64().into());
            row.insert("_runtime".into(), since(self.began).as_secs_f64().into());
        }
        let mut line = serde_json::to_vec(&entry)?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .with_context(|| format!("writing {}", self.path.display()))
    }
}

impl Spool {
    /// Keeps a file as it is now: it may change before it is delivered.
    pub fn append_file(&mut self, name: &str, source: &Path) -> Result<()> {
        let dir = copies_of(&self.path);
        fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
        self.copies += 1;
        let copy = self.copies.to_string();
        fs::copy(source, dir.join(&copy))
            .with_context(|| format!("copying {}", source.display()))?;
        self.append(&Entry::File {
            name: name.to_owned(),
            copy,
        })
    }
}

/// Where the files of a spool lie.
pub fn copies_of(spool: &Path) -> PathBuf {
    spool.with_extension("files")
}

fn nanos(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
}

/// Spools of processes that are gone, and of this one, oldest first.
pub fn left(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .filter(|path| has_ended(path) || is_abandoned(path))
        .collect();
    paths.sort();
    paths
}

/// Whether nobody writes it any more.
pub fn is_abandoned(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

fn has_ended(path: &Path) -> bool {
    let entries = read(path).unwrap_or_default();
    matches!(entries.last(), Some(Entry::Finish { .. }))
}

/// The whole lines of a spool; a line that is being written does not count yet.
pub fn read(path: &Path) -> Result<Vec<Entry>> {
    let file = File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let mut reader = BufReader::new(file);
    let mut entries = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && line.ends_with('\n') {
        let entry = serde_json::from_str(&line)
            .with_context(|| format!("line {} of {}", entries.len() + 1, path.display()))?;
        entries.push(entry);
        line.clear();
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_kept_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("report.json");
        let mut spool = Spool::create(&dir.path().join("spool"), &NewRun::default()).unwrap();
        for text in ["one", "two"] {
            fs::write(&source, text).unwrap();
            spool.append_file("report.json", &source).unwrap();
        }
        let entries = read(spool.path()).unwrap();
        let copies = entries.iter().filter_map(|entry| match entry {
            Entry::File { copy, .. } => Some(copies_of(spool.path()).join(copy)),
            _ => None,
        });
        let texts: Vec<String> = copies.map(|it| fs::read_to_string(it).unwrap()).collect();
        assert_eq!(texts, ["one", "two"]);
        assert!(spool.append_file("x", &dir.path().join("absent")).is_err());
    }

    #[test]
    fn what_was_written_whole_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let run = NewRun {
            name: "r".into(),
            ..NewRun::default()
        };
        let mut spool = Spool::create(dir.path(), &run).unwrap();
        let row: Map<String, Value> = [("loss".to_owned(), 0.5.into())].into_iter().collect();
        spool.append(&Entry::Row(row)).unwrap();
        spool.file.write_all(b"{\"row\":{\"lo").unwrap();
        let entries = read(spool.path()).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0], Entry::Begin(Box::new(run)));
        assert!(left(dir.path()).is_empty(), "somebody still writes it");
        drop(spool);
        assert_eq!(left(dir.path()).len(), 1);
    }
}
