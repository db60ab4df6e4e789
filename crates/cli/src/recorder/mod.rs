//! What gradus trains and evaluates becomes runs of the tracker, without being asked.
//!
//! Rows are written to a file first (`spool`), so that nothing waits for a server and nothing is lost
//! while one is away. They are delivered (`deliver`) while the work goes on to a server that is up,
//! and else into the store of this machine when the work is done. What could not be delivered is
//! when gradus works the next time.

mod deliver;
mod spool;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::commands::Settings;
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

impl RecorderOptions {
    /// Which run a training folder's sittings belong to.
    pub fn tracked_file(&self, training: &Path) -> PathBuf {
        let digest = Sha256::digest(training.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.data_dir.join("tracked").join(name)
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
}

impl Recorder {
    /// Begins to record, unless `GRADUS_RECORD` is `off`. A recorder that can't be had is a note, not
    /// a reason to stop working.
    pub fn begin(settings: &Settings, run: NewRun, out: &Out) -> Option<Self> {
        if std::env::var("GRADUS_RECORD").is_ok_and(|word| word == "off") {
            return None;
        }
        let options = settings.recorder_options();
        match Self::open(options, run) {
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
