//! The one thread that writes. It takes everything that waits, makes it durable with one sync, and
//! only then changes the state that readers see and answers.

mod checkpoints;
mod sealing;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};

use crate::blobs;
use crate::change::{Ack, Change, Plan};
use crate::feed::Event;
use crate::log::LogWriter;
use crate::operation::{Operation, SegmentRef, StreamKey};
use crate::run::RunNumber;
use crate::sealer::Job;
use crate::shared::Shared;
use crate::state::Applied;
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
}

/// The same problem for one more of those whom it hit.
fn again(problem: &Error) -> Error {
    match problem {
        Error::Unavailable(text) => Error::Unavailable(text.clone()),
        other => Error::Unavailable(other.to_string()),
    }
}
