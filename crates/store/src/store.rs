//! The store of one folder: opened by one process, written by one thread, read by all.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::thread::JoinHandle;

use crate::blobs;
use crate::catalogue::{Catalogue, RunQuery};
use crate::change::{Ack, Change};
use crate::disk::{Disk, RealDisk};
use crate::feed::{Event, Subscription};
use crate::operation::BlobHash;
use crate::recover::{Folders, Recovery, recover};
use crate::run::{RunKey, RunNumber, RunRecord};
use crate::sealer;
use crate::shared::{Options, Shared};
use crate::view::RunView;
use crate::writer::{Reply, Request, Writer};
use crate::{Error, Result};

pub struct Store {
    pub(crate) shared: Arc<Shared>,
    pub(crate) catalogue: Arc<Catalogue>,
    requests: Sender<Request>,
    threads: Vec<JoinHandle<()>>,
    recovery: Recovery,
    /// Held as long as the store is open.
    _lock: FolderLock,
}

/// Says to other processes that the folder is open here.
struct FolderLock(File);

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Closing would not do where a process that is just being started still shares the handle.
        let _ = self.0.unlock();
    }
}

impl Store {
    /// Opens the store of a folder, or makes one.
    ///
    /// # Errors
    /// When another process has it open, a newer gradus wrote it, or something acknowledged is
    /// damaged. A torn tail of the log is no error; see [`Store::recovery`].
    pub fn open(folder: &Path, options: Options) -> Result<Self> {
        Self::open_on(Arc::new(RealDisk), folder, options)
    }

    /// `open`, with every write going through `disk`.
    pub fn open_on(disk: Arc<dyn Disk>, folder: &Path, options: Options) -> Result<Self> {
        let folders = Folders::new(folder);
        folders.create(disk.as_ref())?;
        let lock = lock(folder)?;
        let (state, log, recovery) = recover(disk.clone(), &folders)?;
        let shared = Arc::new(Shared::new(options, disk, folders, state));
        let catalogue = Arc::new(Catalogue::open(shared.clone())?);
        let (requests, inbox) = channel();
        let (jobs, job_inbox) = channel();
        let mut threads = Vec::new();
        let writer = Writer::new(shared.clone(), log, inbox, jobs);
        threads.push(spawn("store-writer", folder, move || writer.run())?);
        let (sealing, done) = (shared.clone(), requests.clone());
        let seal = move || sealer::run(&sealing, &job_inbox, &done);
        threads.push(spawn("store-sealer", folder, seal)?);
        let cataloguing = catalogue.clone();
        threads.push(spawn("store-catalogue", folder, move || {
            cataloguing.keep_up()
        })?);
        Ok(Self {
            shared,
            catalogue,
            requests,
            threads,
            recovery,
            _lock: lock,
        })
    }

    /// What opening found and did.
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    pub fn folder(&self) -> &Path {
        self.shared.root()
    }

    /// Makes changes, all or none, and returns when they are durable.
    ///
    /// # Errors
    /// [`Error::is_passing`] says whether the same request may succeed later.
    pub fn append(&self, changes: Vec<Change>) -> Result<Ack> {
        let (sender, answer) = sync_channel(1);
        self.submit(
            changes,
            Box::new(move |result| {
                // Who asked may have given up.
                let _ = sender.send(result);
            }),
        )?;
        answer.recv().unwrap_or(Err(Error::Closed))
    }

    /// `append` without waiting: `reply` is called on the writing thread and must not block.
    ///
    /// # Errors
    /// When too much waits already, or the store closes; `reply` is not called then.
    pub fn submit(&self, changes: Vec<Change>, reply: Reply) -> Result<()> {
        let weight: u64 = changes.iter().map(Change::weight).sum();
        let queued = &self.shared.queued_bytes;
        let before = queued.fetch_add(weight, Ordering::Relaxed);
        // One that is larger than the limit is let in when nothing else waits.
        if before > 0 && before + weight > self.shared.options.queued_bytes {
            queued.fetch_sub(weight, Ordering::Relaxed);
            return Err(Error::Busy {
                queued_bytes: before,
            });
        }
        self.send(Request::Append {
            changes,
            weight,
            reply,
        })
    }

    /// Seals all rows that a run has now, or those of all runs; returns when it is done.
    pub fn seal(&self, run: Option<RunNumber>) -> Result<()> {
        self.ask(|reply| Request::Seal { run, reply })
    }

    /// Says that a run is not expected to grow, so that its rows are sealed soon. Returns at once;
    /// on a disk that refuses it, later rows bring it about.
    ///
    /// # Errors
    /// When the store closes.
    pub fn settle(&self, run: RunNumber) -> Result<()> {
        self.send(Request::Settle(run))
    }

    /// Writes the state aside and removes the log before it; returns when it is done. What was
    /// deleted takes no room in the log any more.
    pub fn checkpoint(&self) -> Result<()> {
        self.ask(Request::Checkpoint)
    }

    fn ask(&self, request: impl FnOnce(Reply) -> Request) -> Result<()> {
        let (sender, answer) = sync_channel(1);
        let reply: Reply = Box::new(move |result| {
            // Who asked may have given up.
            let _ = sender.send(result);
        });
        self.send(request(reply))?;
        answer.recv().unwrap_or(Err(Error::Closed)).map(|_| ())
    }

    fn send(&self, request: Request) -> Result<()> {
        self.requests.send(request).map_err(|_| Error::Closed)
    }

    /// The run as it is now.
    pub fn run(&self, key: &RunKey) -> Option<RunView> {
        let number = *self.shared.state().numbers.get(key)?;
        self.run_numbered(number)
    }

    pub fn run_numbered(&self, number: RunNumber) -> Option<RunView> {
        let state = self.shared.state();
        let record = state.runs.get(&number)?.clone();
        let streams = state.streams_of(number);
        Some(RunView {
            record,
            streams: streams
                .map(|(key, stream)| (key.clone(), stream.clone()))
                .collect(),
            cache: self.shared.cache.clone(),
        })
    }

    /// The records of all runs, by number.
    pub fn records(&self) -> Vec<Arc<RunRecord>> {
        self.shared.state().runs.values().cloned().collect()
    }

    /// Runs that a filter lets through, in an order; a page of them.
    pub fn runs(&self, query: &RunQuery) -> Result<Vec<Arc<RunRecord>>> {
        let numbers = self.catalogue.query(query)?;
        let state = self.shared.state();
        let found = numbers
            .iter()
            .filter_map(|number| state.runs.get(number).cloned());
        Ok(found.collect())
    }

    /// How many runs a filter lets through.
    pub fn count_runs(&self, query: &RunQuery) -> Result<u64> {
        self.catalogue.count(query)
    }

    pub fn document(&self, kind: &str, name: &str) -> Option<Arc<str>> {
        let key = (kind.to_owned(), name.to_owned());
        self.shared.state().documents.get(&key).cloned()
    }

    /// Names and contents of a kind, by name.
    pub fn documents(&self, kind: &str) -> Vec<(String, Arc<str>)> {
        let state = self.shared.state();
        let from = state.documents.range((kind.to_owned(), String::new())..);
        let of_kind = from.take_while(|((other, _), _)| other == kind);
        of_kind
            .map(|((_, name), content)| (name.clone(), content.clone()))
            .collect()
    }

    /// Stores content. It stays when a change links it, which must follow.
    pub fn put_blob(
        &self,
        content: &mut dyn Read,
        expected: Option<&BlobHash>,
    ) -> Result<(BlobHash, u64)> {
        let disk = self.shared.disk.as_ref();
        blobs::put(disk, &self.shared.folders.blobs, content, expected)
    }

    pub fn open_blob(&self, hash: &BlobHash) -> Result<File> {
        blobs::open(&self.shared.folders.blobs, hash)
    }

    /// Live events from now on, of which `capacity` may wait.
    pub fn subscribe(&self, capacity: usize) -> Subscription {
        self.shared.feed.subscribe(capacity)
    }

    /// Says to subscribers that something of a run changed which the store does not keep as the
    /// run's own.
    pub fn tell_changed(&self, run: RunNumber) {
        self.shared.feed.publish(&Event::Run(run));
    }

    /// Makes the catalogue anew from log and segments.
    pub fn rebuild_catalogue(&self) -> Result<()> {
        self.catalogue.rebuild()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // What waits is written first, since the request to stop stands behind it.
        let _ = self.send(Request::Stop);
        self.shared.catalogue.stop();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing more to say.
            let _ = thread.join();
        }
    }
}

fn lock(folder: &Path) -> Result<FolderLock> {
    let path = folder.join("LOCK");
    let failed = |source| Error::io("locking", &path, source);
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::InUse(folder.to_owned())),
        Err(std::fs::TryLockError::Error(problem)) => Err(failed(problem)),
    }
}

fn spawn(
    name: &str,
    folder: &Path,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|source| Error::io("starting a thread for", folder, source))
}
