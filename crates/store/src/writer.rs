//! The one thread that writes. It takes everything that waits, makes it durable with one sync, and
//! only then changes the state that readers see and answers.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};

use crate::blobs;
use crate::change::{Ack, Change, Plan};
use crate::checkpoint;
use crate::feed::Event;
use crate::log::{self, LogWriter};
use crate::operation::{Operation, SegmentRef, StreamKey};
use crate::run::RunNumber;
use crate::sealer::{Job, SealJob};
use crate::shared::Shared;
use crate::state::Applied;
use crate::tail::TailChunk;
use crate::view::lines_from;
use crate::{Error, Result};

/// Called once with what became of the request; dropped uncalled when the store closes before.
pub type Reply = Box<dyn FnOnce(Result<Ack>) + Send>;

pub enum Request {
    Append {
        changes: Vec<Change>,
        weight: u64,
        reply: Reply,
    },
    /// Seals all rows that a run has now, or all of all.
    Seal {
        run: Option<RunNumber>,
        reply: Reply,
    },
    /// Seals what a run has that is worth a file; nobody waits for it.
    Settle(RunNumber),
    Sealed(Sealed),
    Checkpoint(Reply),
    Checkpointed {
        sequence: u64,
        /// Its length in bytes.
        written: Result<u64>,
    },
    Stop,
}

/// A segment that the sealer wrote, or why not.
pub struct Sealed {
    pub key: StreamKey,
    pub generation: u64,
    pub path: PathBuf,
    pub segment: Result<SegmentRef>,
}

/// Console lines of a running program may be rewritten; so many stay unsealed.
const CONSOLE_ROWS_KEPT: u64 = 4096;

pub struct Writer {
    shared: Arc<Shared>,
    log: LogWriter,
    requests: Receiver<Request>,
    jobs: Sender<Job>,
    /// Taken, to be handled before others.
    waiting: VecDeque<Request>,
    sealing: HashSet<StreamKey>,
    next_segment: u64,
    seal_waiters: Vec<SealWaiter>,
    checkpoint_runs: bool,
    /// Length of the newest checkpoint that this writer wrote.
    checkpoint_bytes: u64,
    checkpoint_waiters: Vec<Reply>,
    next_checkpoint_waiters: Vec<Reply>,
}

struct SealWaiter {
    /// Up to which offset each stream shall be sealed.
    targets: BTreeMap<StreamKey, u64>,
    reply: Reply,
}

/// A request whose operations are in the batch.
struct Ready {
    operations: Vec<Operation>,
    ack: Ack,
    weight: u64,
    reply: Reply,
}

impl Writer {
    pub fn new(
        shared: Arc<Shared>,
        log: LogWriter,
        requests: Receiver<Request>,
        jobs: Sender<Job>,
    ) -> Self {
        let next_segment = shared.state().next_segment;
        Self {
            shared,
            log,
            requests,
            jobs,
            waiting: VecDeque::new(),
            sealing: HashSet::new(),
            next_segment,
            seal_waiters: Vec::new(),
            checkpoint_runs: false,
            checkpoint_bytes: 0,
            checkpoint_waiters: Vec::new(),
            next_checkpoint_waiters: Vec::new(),
        }
    }

    pub fn run(mut self) {
        while let Some(next) = self.next() {
            match next {
                Request::Append {
                    changes,
                    weight,
                    reply,
                } => {
                    let group = self.group((changes, weight, reply));
                    // On a disk that refuses this, sealing would only be refused too.
                    if self.write(group) {
                        self.keep_bounds();
                    }
                }
                Request::Seal { run, reply } => self.seal_asked(run, 1, reply),
                Request::Settle(run) => {
                    let rows = self.shared.options.settle_rows;
                    self.seal_asked(Some(run), rows, Box::new(|_| {}));
                }
                Request::Sealed(sealed) => self.sealed(sealed),
                Request::Checkpoint(reply) => {
                    self.next_checkpoint_waiters.push(reply);
                    self.start_checkpoint();
                }
                Request::Checkpointed { sequence, written } => {
                    self.checkpointed(sequence, written);
                }
                Request::Stop => return,
            }
        }
    }

    /// What is to be done next. When nothing comes for a while, the log is made short.
    fn next(&mut self) -> Option<Request> {
        if let Some(waiting) = self.waiting.pop_front() {
            return Some(waiting);
        }
        if self.is_log_worth_shortening() {
            match self.requests.recv_timeout(self.shared.options.idle) {
                Ok(request) => return Some(request),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => self.start_checkpoint(),
            }
        }
        self.requests.recv().ok()
    }

    /// Whether most of the log says what segments and the last checkpoint say better.
    fn is_log_worth_shortening(&self) -> bool {
        let log_bytes = self.log.bytes();
        let is_long = log_bytes > self.shared.options.idle_log_bytes;
        if !is_long || self.checkpoint_runs || !self.sealing.is_empty() {
            return false;
        }
        let state = self.shared.state();
        let unsealed: usize = state.streams.values().map(|stream| stream.tail_bytes).sum();
        log_bytes > 2 * unsealed as u64 && log_bytes > self.checkpoint_bytes / 2
    }

    /// The first request and all that wait behind it, as much as one group may hold.
    fn group(&mut self, first: (Vec<Change>, u64, Reply)) -> VecDeque<(Vec<Change>, u64, Reply)> {
        let mut weight = first.1;
        let mut group = VecDeque::from([first]);
        while weight < self.shared.options.group_bytes {
            let next = self
                .waiting
                .pop_front()
                .or_else(|| self.requests.try_recv().ok());
            match next {
                Some(Request::Append {
                    changes,
                    weight: more,
                    reply,
                }) => {
                    weight += more;
                    group.push_back((changes, more, reply));
                }
                Some(other) => {
                    self.waiting.push_front(other);
                    break;
                }
                None => break,
            }
        }
        group
    }

    /// Says whether the disk took what it had to.
    fn write(&mut self, mut group: VecDeque<(Vec<Change>, u64, Reply)>) -> bool {
        let mut batch = Vec::new();
        let mut ready = Vec::new();
        let mut refused = None;
        {
            let shared = self.shared.clone();
            let state = shared.state();
            let mut plan = Plan::new(&state, &shared.folders.blobs);
            let read_back =
                |_: &StreamKey, stream: &_, from| lines_from(&shared.cache, stream, from);
            while let Some((changes, weight, reply)) = group.pop_front() {
                if plan.must_wait(&changes) && !ready.is_empty() {
                    group.push_front((changes, weight, reply));
                    break;
                }
                let length = batch.len();
                let planned = plan
                    .request(changes, &read_back)
                    .and_then(|(operations, ack)| {
                        let mut all = operations.iter();
                        all.try_for_each(|operation| operation.put(&mut batch))?;
                        Ok((operations, ack))
                    });
                match planned {
                    Ok((operations, ack)) => ready.push(Ready {
                        operations,
                        ack,
                        weight,
                        reply,
                    }),
                    Err(problem) => {
                        // What the plan assumed of this request is void, so the group ends here.
                        batch.truncate(length);
                        refused = Some((problem, weight, reply));
                        break;
                    }
                }
            }
        }
        for (changes, weight, reply) in group.into_iter().rev() {
            self.waiting.push_front(Request::Append {
                changes,
                weight,
                reply,
            });
        }
        let committed = match batch.is_empty() {
            true => Ok(()),
            false => self.log.commit(&batch),
        };
        drop(batch);
        let is_written = committed.is_ok();
        match committed {
            Ok(()) => self.publish(ready),
            Err(problem) => {
                for request in ready {
                    self.answer(request.weight, request.reply, Err(again(&problem)));
                }
            }
        }
        if let Some((problem, weight, reply)) = refused {
            self.answer(weight, reply, Err(problem));
        }
        is_written
    }

    fn answer(&self, weight: u64, reply: Reply, result: Result<Ack>) {
        self.shared
            .queued_bytes
            .fetch_sub(weight, Ordering::Relaxed);
        reply(result);
    }

    fn publish(&mut self, ready: Vec<Ready>) {
        let mut done = Vec::with_capacity(ready.len());
        let mut all_applied = Vec::new();
        {
            let mut state = self.shared.state_mut();
            for request in ready {
                let mut result = Ok(request.ack);
                for operation in request.operations {
                    match state.apply(operation) {
                        Ok(applied) => all_applied.push(applied),
                        // The plan let through what the state refuses: a fault of ours.
                        Err(problem) => result = Err(Error::Input(problem.to_owned())),
                    }
                }
                done.push((request.weight, request.reply, result));
            }
        }
        self.tell(all_applied);
        for (weight, reply, result) in done {
            self.answer(weight, reply, result);
        }
    }

    /// Everybody who keeps something derived.
    fn tell(&self, mut all_applied: Vec<Applied>) {
        all_applied.dedup();
        for applied in all_applied {
            match applied {
                Applied::Run(run) => {
                    self.shared.catalogue.mark(run);
                    self.shared.feed.publish(&Event::Run(run));
                }
                Applied::RunGone(run) => {
                    self.shared.cache.forget_removed();
                    self.shared.catalogue.mark(run);
                    self.shared.feed.publish(&Event::RunDeleted(run));
                }
                Applied::Stream(key) => {
                    let end = self
                        .shared
                        .state()
                        .streams
                        .get(&key)
                        .map(|stream| stream.end());
                    let event = end.map(|end| Event::Lines { key, end });
                    event
                        .iter()
                        .for_each(|event| self.shared.feed.publish(event));
                }
                Applied::BlobFree(hash) => {
                    if !self.shared.state().blobs.contains_key(&hash) {
                        let path = blobs::file_path(&self.shared.folders.blobs, &hash);
                        // One that stays is found by a check.
                        let _ = self.shared.disk.remove(&path);
                    }
                }
                Applied::Other => {}
            }
        }
    }

    /// Seals what has grown long and begins a new log file when the old one has.
    fn keep_bounds(&mut self) {
        let options = self.shared.options.clone();
        let mut long = Vec::new();
        {
            let state = self.shared.state();
            let mut total = 0;
            for (key, stream) in &state.streams {
                total += stream.tail_bytes;
                let is_long = stream.tail_rows() >= options.seal_rows
                    || stream.tail_bytes as u64 >= options.seal_bytes;
                if is_long && !self.sealing.contains(key) {
                    long.push(key.clone());
                }
            }
            if total as u64 > options.tail_bytes && long.is_empty() && self.sealing.is_empty() {
                let largest = state
                    .streams
                    .iter()
                    .max_by_key(|(_, stream)| stream.tail_bytes);
                long.extend(largest.map(|(key, _)| key.clone()));
            }
        }
        for key in long {
            self.start_seal(&key, false);
        }
        if self.log.bytes() > options.log_bytes {
            self.start_checkpoint();
        }
    }

    fn start_seal(&mut self, key: &StreamKey, is_asked: bool) {
        if self.sealing.contains(key) {
            return;
        }
        let job = {
            let state = self.shared.state();
            let Some(stream) = state.streams.get(key) else {
                return;
            };
            let mut end = stream.end();
            if !is_asked && key.stream.as_ref() == "console" {
                end = end.saturating_sub(CONSOLE_ROWS_KEPT);
            }
            let mut chunks: Vec<Arc<TailChunk>> = Vec::new();
            let mut rows = 0;
            for chunk in &stream.tail {
                if chunk.end() > end || rows >= self.shared.options.seal_rows {
                    break;
                }
                rows += chunk.lines().len() as u64;
                chunks.push(chunk.clone());
            }
            if chunks.is_empty() {
                return;
            }
            let id = self.next_segment;
            self.next_segment += 1;
            SealJob {
                key: key.clone(),
                generation: stream.generation,
                chunks,
                id,
                path: state.segment_path(key.run, id),
            }
        };
        if self.jobs.send(Job::Seal(job)).is_ok() {
            self.sealing.insert(key.clone());
        }
    }

    /// Seals the streams that have at least so many rows that are not.
    fn seal_asked(&mut self, run: Option<RunNumber>, rows: u64, reply: Reply) {
        let targets: BTreeMap<StreamKey, u64> = {
            let state = self.shared.state();
            let streams = state.streams.iter();
            let asked = streams.filter(|(key, _)| run.is_none_or(|run| key.run == run));
            asked
                .filter(|(_, stream)| stream.tail_rows() >= rows)
                .map(|(key, stream)| (key.clone(), stream.end()))
                .collect()
        };
        self.seal_waiters.push(SealWaiter { targets, reply });
        self.go_on_sealing();
    }

    /// Answers those whose streams are sealed, and seals on for the others.
    fn go_on_sealing(&mut self) {
        let mut left = Vec::new();
        let mut keys = Vec::new();
        for mut waiter in std::mem::take(&mut self.seal_waiters) {
            {
                let state = self.shared.state();
                waiter.targets.retain(|key, target| {
                    let stream = state.streams.get(key);
                    stream.is_some_and(|stream| stream.sealed_end() < (*target).min(stream.end()))
                });
            }
            if waiter.targets.is_empty() {
                (waiter.reply)(Ok(Ack::default()));
            } else {
                keys.extend(waiter.targets.keys().cloned());
                left.push(waiter);
            }
        }
        self.seal_waiters = left;
        for key in &keys {
            self.start_seal(key, true);
        }
        // Each of them has rows to seal, so only a missing thread leaves one behind.
        if !keys.iter().all(|key| self.sealing.contains(key)) {
            for waiter in std::mem::take(&mut self.seal_waiters) {
                let problem = "the sealing thread has ended; open the store again";
                (waiter.reply)(Err(Error::Unavailable(problem.into())));
            }
        }
    }

    fn sealed(&mut self, sealed: Sealed) {
        self.sealing.remove(&sealed.key);
        let result = match sealed.segment {
            Ok(segment) => self.take_segment(&sealed.key, sealed.generation, segment),
            Err(problem) => Err(problem),
        };
        if !matches!(result, Ok(true)) {
            // An orphan that can't be removed now is removed at the next opening.
            let _ = self.shared.disk.remove(&sealed.path);
        }
        let is_refused = result.is_err();
        if let Err(problem) = result {
            let waiters = std::mem::take(&mut self.seal_waiters);
            for waiter in waiters {
                if waiter.targets.contains_key(&sealed.key) {
                    (waiter.reply)(Err(again(&problem)));
                } else {
                    self.seal_waiters.push(waiter);
                }
            }
        }
        self.go_on_sealing();
        // What was refused is tried again after the next rows, not at once.
        if !is_refused {
            self.keep_bounds();
        }
    }

    /// Puts a segment in place of its rows, unless they were changed meanwhile.
    fn take_segment(
        &mut self,
        key: &StreamKey,
        generation: u64,
        segment: SegmentRef,
    ) -> Result<bool> {
        let fits = self.shared.state().streams.get(key).is_some_and(|stream| {
            stream.generation == generation
                && stream.sealed_end() == segment.first_offset
                && segment.end() <= stream.end()
        });
        if !fits {
            return Ok(false);
        }
        let operation = Operation::Sealed {
            key: key.clone(),
            segment,
        };
        let mut batch = Vec::new();
        operation.put(&mut batch)?;
        self.log.commit(&batch)?;
        let applied = self.shared.state_mut().apply(operation);
        applied.map_err(|problem| Error::Input(problem.to_owned()))?;
        Ok(true)
    }

    fn start_checkpoint(&mut self) {
        if self.checkpoint_runs {
            return;
        }
        self.checkpoint_waiters = std::mem::take(&mut self.next_checkpoint_waiters);
        if let Err(problem) = self.log.rotate() {
            self.answer_checkpoint(&Err(problem));
            return;
        }
        let state = Box::new(self.shared.state().clone());
        let sequence = self.log.sequence();
        let path = checkpoint::file_path(&self.shared.folders.checkpoints, sequence);
        let job = Job::Checkpoint {
            sequence,
            path,
            state,
        };
        self.checkpoint_runs = self.jobs.send(job).is_ok();
    }

    fn checkpointed(&mut self, sequence: u64, written: Result<u64>) {
        self.checkpoint_runs = false;
        self.shared.cache.forget_removed();
        let written = written.map(|bytes| {
            self.checkpoint_bytes = bytes;
            self.remove_before(sequence);
        });
        self.answer_checkpoint(&written);
        if !self.next_checkpoint_waiters.is_empty() {
            self.start_checkpoint();
        }
    }

    fn answer_checkpoint(&mut self, written: &Result<()>) {
        for reply in std::mem::take(&mut self.checkpoint_waiters) {
            reply(match written {
                Ok(()) => Ok(Ack::default()),
                Err(problem) => Err(again(problem)),
            });
        }
    }

    /// Log files and checkpoints that the newest checkpoint makes superfluous.
    fn remove_before(&self, sequence: u64) {
        let (disk, folders) = (&self.shared.disk, &self.shared.folders);
        // What can't be listed or removed now is removed at the next opening.
        for old in log::numbered_files(&folders.log, "log").unwrap_or_default() {
            if old < sequence {
                let _ = disk.remove(&log::file_path(&folders.log, old));
            }
        }
        let checkpoints = log::numbered_files(&folders.checkpoints, checkpoint::EXTENSION);
        for old in checkpoints.unwrap_or_default() {
            if old < sequence {
                let _ = disk.remove(&checkpoint::file_path(&folders.checkpoints, old));
            }
        }
    }
}

/// The same problem for one more of those whom it hit.
fn again(problem: &Error) -> Error {
    match problem {
        Error::Unavailable(text) => Error::Unavailable(text.clone()),
        other => Error::Unavailable(other.to_string()),
    }
}
