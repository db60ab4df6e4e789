//! The slow work beside the writing thread: packing rows into segments, writing checkpoints.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use crate::Result;
use crate::checkpoint;
use crate::disk::{parent, write_aside};
use crate::operation::{SegmentRef, StreamKey};
use crate::segment::build;
use crate::shared::Shared;
use crate::state::State;
use crate::tail::TailChunk;
use crate::writer::{Request, Sealed};

pub enum Job {
    Seal(SealJob),
    Checkpoint {
        sequence: u64,
        path: PathBuf,
        state: Box<State>,
    },
}

pub struct SealJob {
    pub key: StreamKey,
    pub generation: u64,
    /// The next rows of the stream, at least one.
    pub chunks: Vec<Arc<TailChunk>>,
    pub id: u64,
    pub path: PathBuf,
}

pub fn run(shared: &Shared, jobs: &Receiver<Job>, done: &Sender<Request>) {
    while let Ok(job) = jobs.recv() {
        let answer = match job {
            Job::Seal(job) => {
                let segment = seal(shared, &job);
                Request::Sealed(Sealed {
                    key: job.key,
                    generation: job.generation,
                    path: job.path,
                    segment,
                })
            }
            Job::Checkpoint {
                sequence,
                path,
                state,
            } => Request::Checkpointed {
                sequence,
                written: checkpoint::write(shared.disk.as_ref(), &path, &state),
            },
        };
        if done.send(answer).is_err() {
            return;
        }
    }
}

fn seal(shared: &Shared, job: &SealJob) -> Result<SegmentRef> {
    let (bytes, footer) = build::encode(&job.key, &job.chunks)?;
    let folder = parent(&job.path);
    let disk = shared.disk.as_ref();
    let made = disk
        .create_folder(folder)
        .and_then(|()| disk.sync_folder(&shared.folders.segments));
    made.map_err(|problem| crate::Error::Unavailable(format!("{problem}: {}", folder.display())))?;
    write_aside(disk, &job.path, &[&bytes])?;
    Ok(SegmentRef {
        id: job.id,
        first_offset: footer.first_offset,
        rows: footer.rows,
        file_bytes: bytes.len() as u64,
        min_step: footer.min_step,
        max_step: footer.max_step,
    })
}
