//! What gradus trains, evaluates and decides becomes runs of the tracker, without being asked.
//!
//! Rows and files (`folders`) are written aside first (`spool`), so that nothing waits for a server and nothing is lost
//! while one is away. They are delivered (`deliver`) while the work goes on to a server that is up,
//! and else into the store of this machine when the work is done. What could not be delivered is
//! when gradus works the next time.

mod deliver;
pub mod folders;
pub mod registries;
mod spool;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::commands::Settings;
use crate::files::write_whole;
use crate::out::Out;
use crate::tracker_place::Place;
use deliver::deliver;
use spool::{Entry, Spool};

/// How often rows are delivered while the work goes on.
const INTERVAL: Duration = Duration::from_secs(2);

/// A run as it begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct NewRun {
    /// The run's id; what is there under it goes on.
    pub name: String,
    pub project: String,
    pub group: Option<String>,
    pub job_type: String,
    pub display_name: Option<String>,
    pub config: Map<String, Value>,
}

/// Where the records of this process go.
#[derive(Debug, Clone)]
pub struct RecorderOptions {
    pub data_dir: PathBuf,
    pub store_dir: PathBuf,
}

/// The cycle that evaluations and trainings belong to.
#[derive(Debug, Clone)]
pub struct CycleMark {
    /// The cycle's own run.
    pub run: String,
    pub number: u32,
    pub group: String,
    /// The cycle's folder.
    pub dir: PathBuf,
}

impl CycleMark {
    /// What the configuration of a part says, which wrote into `folder`.
    pub fn config(&self, folder: &Path) -> Map<String, Value> {
        let part = folder.strip_prefix(&self.dir).unwrap_or(folder);
        let part = part.to_string_lossy().replace('\\', "/");
        let config = json!({
            "cycle_run": self.run,
            "cycle": self.number,
            "cycle_part": part,
        });
        config.as_object().cloned().unwrap_or_default()
    }
}

/// Whether anything shall be recorded.
pub fn is_on() -> bool {
    std::env::var("GRADUS_RECORD").map_or(true, |word| word != "off")
}

impl RecorderOptions {
    /// The run that a folder's sittings belong to: the one of before, unless the folder begins anew.
    pub fn run_of(&self, folder: &Path, is_new: bool) -> Result<String> {
        if let Some(name) = self.known_run_of(folder).filter(|_| !is_new) {
            return Ok(name);
        }
        let name = gradus_tracker::secret::random_name(8)?;
        // Not in the folder itself, whose files evidence rests on.
        let path = self.tracked_file(folder)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        }
        write_whole(&path, name.as_bytes())?;
        Ok(name)
    }

    /// The run that a folder belongs to, where one was recorded.
    pub fn known_run_of(&self, folder: &Path) -> Option<String> {
        let text = fs::read_to_string(self.tracked_file(folder).ok()?).ok()?;
        Some(text.trim().to_owned()).filter(|name| !name.is_empty())
    }

    fn tracked_file(&self, folder: &Path) -> Result<PathBuf> {
        let folder = std::path::absolute(folder)?;
        // Without `.` and a slash at the end.
        let folder: PathBuf = folder.components().collect();
        let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.data_dir.join("tracked").join(name))
    }

    fn spool_dir(&self) -> PathBuf {
        self.data_dir.join("spool")
    }
}

/// One run that is being recorded.
pub struct Recorder {
    spool: Spool,
    options: RecorderOptions,
    /// Dropped when the run has ended.
    ended: Option<Sender<()>>,
    delivering: Option<JoinHandle<()>>,
    steps: u64,
    /// File → SHA-256 of the content that was recorded last.
    files: BTreeMap<String, Vec<u8>>,
}

impl Recorder {
    /// Begins to record, unless `GRADUS_RECORD` is `off`. A recorder that can't be had is a note, not
    /// a reason to stop working.
    pub fn begin(
        settings: &Settings,
        run: impl FnOnce(&RecorderOptions) -> Result<NewRun>,
        out: &Out,
    ) -> Option<Self> {
        if !is_on() {
            return None;
        }
        let options = settings.recorder_options();
        match run(&options).and_then(|run| Self::open(options, run)) {
            Ok(recorder) => Some(recorder),
            Err(problem) => {
                out.note(format!("this run is not recorded: {problem:#}"));
                None
            }
        }
    }

    fn open(options: RecorderOptions, run: NewRun) -> Result<Self> {
        let spool = Spool::create(&options.spool_dir(), &run)?;
        let (ended, until_ended) = channel();
        let delivering = Place::of_server(&options.store_dir).map(|place| {
            let path = spool.path().to_owned();
            std::thread::spawn(move || {
                while until_ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    // What fails now is tried again, and once more when the work is done.
                    let _ = deliver(&path, &place);
                }
            })
        });
        Ok(Self {
            spool,
            options,
            ended: Some(ended),
            delivering,
            steps: 0,
            files: BTreeMap::new(),
        })
    }

    /// One row of history; `step` counts by itself where none is given.
    pub fn log(&mut self, step: Option<u64>, values: Map<String, Value>) {
        let step = step.unwrap_or(self.steps);
        self.steps = step + 1;
        let mut row = values;
        row.insert("_step".into(), step.into());
        // A full disk ends the recording, not the training.
        let _ = self.spool.append(&Entry::Row(row));
    }

    /// Keeps a file as it is now, unless it is as it was kept before. What can't be kept is a note.
    pub fn file(&mut self, name: &str, path: &Path, out: &Out) {
        if let Err(problem) = self.keep_file(name, path) {
            out.note(format!("'{name}' is not recorded: {problem:#}"));
        }
    }

    fn keep_file(&mut self, name: &str, path: &Path) -> Result<()> {
        let digest = digest_of(path).with_context(|| format!("reading {}", path.display()))?;
        if self.files.get(name) != Some(&digest) {
            self.spool.append_file(name, path)?;
            self.files.insert(name.to_owned(), digest);
        }
        Ok(())
    }

    /// What was not known of the configuration at the beginning.
    pub fn config(&mut self, added: Map<String, Value>) {
        let _ = self.spool.append(&Entry::Config(added));
    }

    /// The run has ended: delivers what is left.
    pub fn finish(mut self, exit_code: i32, summary: Map<String, Value>) {
        let _ = self.spool.append(&Entry::Finish { exit_code, summary });
        self.stop_delivering();
        deliver_all(&self.options);
    }

    fn stop_delivering(&mut self) {
        drop(self.ended.take());
        if let Some(delivering) = self.delivering.take() {
            // A thread that panicked has nothing more to say.
            let _ = delivering.join();
        }
    }
}

/// Delivers every spool that lies here; those that can't be stay for the next time.
pub fn deliver_all(options: &RecorderOptions) {
    let spools = spool::left(&options.spool_dir());
    if spools.is_empty() {
        return;
    }
    let Ok(place) = Place::of(&options.store_dir) else {
        return;
    };
    for path in spools {
        if deliver(&path, &place).is_err() {
            return;
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop_delivering();
    }
}

fn digest_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = fs::File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digest.finalize().to_vec()),
            count => digest.update(&buffer[..count]),
        }
    }
}
