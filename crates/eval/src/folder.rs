//! The output folder of an evaluation: one writer at a time, resumable, and never a partial
//! result that looks like a finished one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use gradus_schema::{AnsweredBy, EvalReport, EvalRow, Split};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Error, Result};

const MANIFEST: &str = "run_manifest.json";
const PARTIAL_ROWS: &str = "rows.partial.jsonl";
const ROWS: &str = "rows.jsonl";
const FINAL_METRICS: &str = "final_metrics.json";
const SUMMARY: &str = "eval_summary.json";
const LOCK: &str = ".evaluation.lock";

/// What an evaluation is an evaluation of: two with the same fingerprint are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fingerprint {
    pub format_version: u32,
    pub task: String,
    pub task_sha256: String,
    pub split: Split,
    pub data_sha256: String,
    /// Rows asked, from the first.
    pub rows: usize,
    pub prompt_sha256: String,
    pub contract_sha256: String,
    #[serde(default)]
    pub graders_sha256: String,
    pub rendered_prompts_sha256: String,
    /// The reference as it was written; not part of the identity.
    pub model: String,
    pub answered_by: AnsweredBy,
    pub decode: Value,
}

impl Fingerprint {
    /// The first thing in which another evaluation differs, in words.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let checks = [
            (self.format_version == other.format_version, "format"),
            (self.split == other.split, "split"),
            (self.data_sha256 == other.data_sha256, "data"),
            (self.rows == other.rows, "number of rows"),
            (self.contract_sha256 == other.contract_sha256, "contract"),
            (self.graders_sha256 == other.graders_sha256, "graders"),
            (
                self.prompt_sha256 == other.prompt_sha256
                    && self.rendered_prompts_sha256 == other.rendered_prompts_sha256,
                "prompt",
            ),
            (self.answered_by == other.answered_by, "model"),
            (self.decode == other.decode, "decoding"),
            (
                self.task == other.task && self.task_sha256 == other.task_sha256,
                "task file",
            ),
        ];
        checks
            .into_iter()
            .find(|(same, _)| !same)
            .map(|(_, what)| what)
    }
}

/// An open folder. The lock on it ends with this value, or with the process.
#[derive(Debug)]
pub(crate) struct EvaluationFolder {
    dir: PathBuf,
    partial: File,
    /// Complete rows that earlier calls left, each at its place.
    stored: Vec<Option<EvalRow>>,
    wall_secs: f64,
    manifest: Manifest,
    _lock: File,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Manifest {
    #[serde(flatten)]
    fingerprint: Fingerprint,
    /// Time spent so far, over all calls.
    wall_secs: f64,
    gradus_version: String,
}

impl EvaluationFolder {
    /// `prompts`: line and hash of the rendered prompt of each row, in order. `replace_other`: whether
    /// an evaluation of something else is removed.
    ///
    /// # Errors
    /// A folder in use, one that holds another evaluation or somebody else's result.
    pub(crate) fn open(
        dir: &Path,
        fingerprint: &Fingerprint,
        prompts: &[(usize, String)],
        replace_other: bool,
    ) -> Result<Self> {
        fs::create_dir_all(dir).map_err(|error| Error::io("creating the folder", dir, error))?;
        let lock = lock(dir)?;
        let manifest_path = dir.join(MANIFEST);
        let mut manifest = Manifest {
            fingerprint: fingerprint.clone(),
            wall_secs: 0.0,
            gradus_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let mut stored = vec![None; prompts.len()];
        let earlier = read_manifest(&manifest_path)?;
        let differs = earlier
            .as_ref()
            .and_then(|it| it.fingerprint.difference(fingerprint));
        match (earlier, differs) {
            (None, _) => refuse_strangers(dir)?,
            (Some(_), Some(_)) if replace_other => clear(dir)?,
            (Some(_), Some(differs)) => {
                return Err(Error::OtherEvaluation {
                    differs: differs.to_owned(),
                    path: dir.to_owned(),
                });
            }
            (Some(earlier), None) => {
                manifest.wall_secs = earlier.wall_secs;
                stored = stored_rows(dir, prompts)?;
            }
        }
        write_whole(&manifest_path, &pretty(&manifest))?;
        let partial_path = dir.join(PARTIAL_ROWS);
        write_whole(&partial_path, &lines(stored.iter().flatten()))?;
        let partial = OpenOptions::new()
            .append(true)
            .open(&partial_path)
            .map_err(|error| Error::io("opening the rows", &partial_path, error))?;
        Ok(Self {
            dir: dir.to_owned(),
            partial,
            stored,
            wall_secs: manifest.wall_secs,
            manifest,
            _lock: lock,
        })
    }

    /// The rows that are done, each at its place.
    pub(crate) fn take_rows(&mut self) -> Vec<Option<EvalRow>> {
        std::mem::take(&mut self.stored)
    }

    pub(crate) fn wall_secs(&self) -> f64 {
        self.wall_secs
    }

    pub(crate) fn append(&mut self, row: &EvalRow) -> Result<()> {
        let line = lines([row]);
        self.partial
            .write_all(&line)
            .map_err(|error| Error::io("writing a row", self.dir.join(PARTIAL_ROWS), error))
    }

    /// Makes the rows so far durable, with the time they took.
    pub(crate) fn flush(&mut self, wall_secs: f64) -> Result<()> {
        self.partial
            .sync_data()
            .map_err(|error| Error::io("writing rows", self.dir.join(PARTIAL_ROWS), error))?;
        self.manifest.wall_secs = wall_secs;
        write_whole(&self.dir.join(MANIFEST), &pretty(&self.manifest))
    }

    /// Writes the result; the summary comes last and says that all of it is there.
    pub(crate) fn finish(
        self,
        rows: &[EvalRow],
        final_metrics: &Value,
        report: &EvalReport,
    ) -> Result<()> {
        write_whole(&self.dir.join(ROWS), &lines(rows))?;
        write_whole(&self.dir.join(FINAL_METRICS), &pretty(final_metrics))?;
        write_whole(&self.dir.join(SUMMARY), &pretty(report))?;
        let partial = self.dir.join(PARTIAL_ROWS);
        fs::remove_file(&partial)
            .map_err(|error| Error::io("removing the partial rows", partial, error))
    }
}

fn lock(dir: &Path) -> Result<File> {
    let path = dir.join(LOCK);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| Error::io("opening the lock", &path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Error::Busy(dir.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(Error::io("locking the folder", path, error)),
    }
}

fn read_manifest(path: &Path) -> Result<Option<Manifest>> {
    let Some(bytes) = read_if_there(path)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        let problem =
            format!("this is no manifest of an evaluation ({error}); choose another folder");
        Error::task(path, problem)
    })
}

/// The rows of an earlier call that are whole and belong to these prompts. They may stand in any
/// order; of two records of one row the later counts.
fn stored_rows(dir: &Path, prompts: &[(usize, String)]) -> Result<Vec<Option<EvalRow>>> {
    let finished = read_if_there(&dir.join(ROWS))?;
    let partial = read_if_there(&dir.join(PARTIAL_ROWS))?;
    let mut stored = vec![None; prompts.len()];
    for row in whole_rows(&finished.or(partial).unwrap_or_default()) {
        // Prompts stand in the order of their lines.
        let place = prompts.binary_search_by_key(&row.row, |(line, _)| *line);
        if let Ok(place) = place
            && prompts[place].1 == row.prompt_sha256
        {
            stored[place] = Some(row);
        }
    }
    Ok(stored)
}

/// Removes what an evaluation wrote, and nothing else; the summary first, so that a folder that
/// is cleared halfway never looks finished.
fn clear(dir: &Path) -> Result<()> {
    for name in [SUMMARY, FINAL_METRICS, ROWS, PARTIAL_ROWS, MANIFEST] {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io("removing an earlier evaluation", path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A folder with results but no manifest is somebody else's.
fn refuse_strangers(dir: &Path) -> Result<()> {
    for name in [ROWS, SUMMARY, FINAL_METRICS] {
        let path = dir.join(name);
        if path.exists() {
            return Err(Error::task(
                path,
                "the folder holds a result and no manifest that says of what; choose another folder",
            ));
        }
    }
    Ok(())
}

/// The rows up to the first line that is not whole: a killed process may leave half a line.
fn whole_rows(bytes: &[u8]) -> Vec<EvalRow> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take_while(|line| line.ends_with(b"\n"))
        .map_while(|line| serde_json::from_slice(line).ok())
        .collect()
}

fn lines<'a>(rows: impl IntoIterator<Item = &'a EvalRow>) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        text.push_str(&json!(row).to_string());
        text.push('\n');
    }
    text.into_bytes()
}

fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut text = format!("{:#}", json!(value));
    text.push('\n');
    text.into_bytes()
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("reading", path, error)),
    }
}

/// Writes beside the file and renames, so that the file is always whole.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside = path.with_added_extension("writing");
    let fail = |error| Error::io("writing", path, error);
    let mut file = File::create(&aside).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.sync_all().map_err(fail)?;
    fs::rename(&aside, path).map_err(fail)
}
