//! What the log adds up to: runs, streams, documents and references, in memory. Everything is
//! shared, so that a snapshot is cheap and a reader keeps what it saw.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::codec::Decoded;
use crate::disk::Disk;
use crate::lines::Lines;
use crate::operation::{BlobHash, Operation, Placement, SegmentRef, StreamKey};
use crate::run::{RunKey, RunNumber, RunPatch, RunRecord};
use crate::tail::TailChunk;

/// Lines of one chunk of a tail; small, so that a chunk a reader holds is copied cheaply.
const CHUNK_LINES: usize = 1024;
const CHUNK_BYTES: usize = 256 << 10;

#[derive(Debug, Clone)]
pub struct State {
    pub disk: Arc<dyn Disk>,
    /// Where the segments lie.
    pub segments_folder: PathBuf,
    pub runs: BTreeMap<RunNumber, Arc<RunRecord>>,
    pub numbers: HashMap<RunKey, RunNumber>,
    pub streams: BTreeMap<StreamKey, Arc<StreamState>>,
    /// By kind and name.
    pub documents: BTreeMap<(String, String), Arc<str>>,
    pub blobs: BTreeMap<BlobHash, BlobState>,
    pub next_run: u64,
    pub next_segment: u64,
    pub revision: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobState {
    pub bytes: u64,
    pub owners: BTreeSet<String>,
}

/// A segment's file. When it no longer belongs to the store it is removed as soon as the last
/// reader lets go of it.
#[derive(Debug)]
pub struct SegmentFile {
    pub reference: SegmentRef,
    pub path: PathBuf,
    disk: Arc<dyn Disk>,
    is_doomed: AtomicBool,
}

impl Drop for SegmentFile {
    fn drop(&mut self) {
        if self.is_doomed.load(Ordering::Relaxed) {
            // One that stays is an orphan, which the next opening removes.
            let _ = self.disk.remove(&self.path);
        }
    }
}

#[derive(Debug, Clone)]
pub struct SealedPart {
    pub file: Arc<SegmentFile>,
    /// A rewind may have cut the rest.
    pub visible_rows: u64,
}

#[derive(Debug, Clone, Default)]
pub struct StreamState {
    pub sealed: Vec<SealedPart>,
    pub tail: Vec<Arc<TailChunk>>,
    pub tail_bytes: usize,
    /// Changes when lines that are there are cut or replaced; what was begun with other lines is
    /// void then.
    pub generation: u64,
}

impl StreamState {
    /// Lines in segments.
    pub fn sealed_end(&self) -> u64 {
        self.sealed.last().map_or(0, |part| {
            part.file.reference.first_offset + part.visible_rows
        })
    }

    /// The offset of the next line.
    pub fn end(&self) -> u64 {
        self.tail
            .last()
            .map_or_else(|| self.sealed_end(), |chunk| chunk.end())
    }

    pub fn tail_rows(&self) -> u64 {
        self.end() - self.sealed_end()
    }

    /// Appends what follows the end; lines before it are there already.
    fn append(&mut self, offset: u64, lines: &Lines) -> Decoded<()> {
        let Some(skipped) = self.end().checked_sub(offset) else {
            return Err("lines do not follow those before");
        };
        let mut from = usize::try_from(skipped)
            .unwrap_or(usize::MAX)
            .min(lines.len());
        while from < lines.len() {
            let end = self.end();
            let is_full = self.tail.last().is_none_or(|chunk| {
                chunk.lines().len() >= CHUNK_LINES || chunk.lines().text_bytes() >= CHUNK_BYTES
            });
            if is_full {
                let empty = TailChunk::new(end, Lines::default());
                self.tail.push(Arc::new(empty));
            }
            let last = self.tail.last_mut().ok_or("a chunk is missing")?;
            let chunk = Arc::make_mut(last);
            let room = CHUNK_LINES - chunk.lines().len();
            let to = lines.len().min(from + room.max(1));
            let before = chunk.lines().text_bytes();
            chunk.lines_mut().extend(lines, from..to);
            self.tail_bytes += chunk.lines().text_bytes() - before;
            from = to;
        }
        Ok(())
    }

    fn truncate(&mut self, keep: u64) {
        if keep >= self.end() {
            return;
        }
        self.generation += 1;
        while let Some(chunk) = self.tail.last_mut() {
            if chunk.end() <= keep {
                break;
            }
            let before = chunk.lines().text_bytes();
            if chunk.first_offset >= keep {
                self.tail.pop();
                self.tail_bytes -= before;
                continue;
            }
            let chunk = Arc::make_mut(chunk);
            let left = (keep - chunk.first_offset) as usize;
            chunk.lines_mut().truncate(left);
            self.tail_bytes -= before - chunk.lines().text_bytes();
        }
        while let Some(part) = self.sealed.last_mut() {
            let first = part.file.reference.first_offset;
            if first < keep {
                part.visible_rows = part.visible_rows.min(keep - first);
                break;
            }
            part.file.is_doomed.store(true, Ordering::Relaxed);
            self.sealed.pop();
        }
    }

    /// Puts lines in place of those at their offsets; what follows them stays.
    fn rewrite(&mut self, offset: u64, lines: &Lines) -> Decoded<()> {
        if offset < self.sealed_end() {
            return Err("sealed lines can't be replaced without being cut before");
        }
        let mut rest = Lines::default();
        let resume = offset.saturating_add(lines.len() as u64);
        for chunk in &self.tail {
            if chunk.end() > resume {
                let from = resume.saturating_sub(chunk.first_offset) as usize;
                rest.extend(chunk.lines(), from..chunk.lines().len());
            }
        }
        self.truncate(offset);
        self.append(offset, lines)?;
        self.append(resume, &rest)
    }

    /// The first rows of the tail lie in a segment now.
    fn seal(&mut self, file: SegmentFile) -> Decoded<()> {
        let end = file.reference.end();
        if file.reference.first_offset != self.sealed_end() || end > self.end() {
            return Err("a segment does not hold the next rows of its stream");
        }
        let visible_rows = file.reference.rows;
        // The tail goes on where the segment ends, also where that is inside of a chunk.
        let mut tail = Vec::new();
        for chunk in self.tail.drain(..) {
            if chunk.first_offset >= end {
                tail.push(chunk);
            } else if chunk.end() > end {
                let mut lines = Lines::default();
                lines.extend(
                    chunk.lines(),
                    (end - chunk.first_offset) as usize..chunk.lines().len(),
                );
                tail.push(Arc::new(TailChunk::new(end, lines)));
            }
        }
        self.tail = tail;
        self.tail_bytes = self
            .tail
            .iter()
            .map(|chunk| chunk.lines().text_bytes())
            .sum();
        self.sealed.push(SealedPart {
            file: Arc::new(file),
            visible_rows,
        });
        Ok(())
    }
}

/// What an operation did, for those who keep something derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    Run(RunNumber),
    RunGone(RunNumber),
    Stream(StreamKey),
    /// Nobody needs the blob any more.
    BlobFree(BlobHash),
    Other,
}

impl State {
    pub fn new(disk: Arc<dyn Disk>, segments_folder: &Path) -> Self {
        Self {
            disk,
            segments_folder: segments_folder.to_owned(),
            runs: BTreeMap::new(),
            numbers: HashMap::new(),
            streams: BTreeMap::new(),
            documents: BTreeMap::new(),
            blobs: BTreeMap::new(),
            next_run: 1,
            next_segment: 1,
            revision: 0,
        }
    }

    /// All streams of a run, by stream and writer.
    pub fn streams_of(
        &self,
        run: RunNumber,
    ) -> impl Iterator<Item = (&StreamKey, &Arc<StreamState>)> {
        let first = StreamKey::new(run, "", "");
        self.streams
            .range(first..)
            .take_while(move |(key, _)| key.run == run)
    }

    pub fn segment_path(&self, run: RunNumber, id: u64) -> PathBuf {
        self.segments_folder
            .join(format!("{run:08}"))
            .join(format!("{id:012}.seg"))
    }

    /// Carries out one operation.
    ///
    /// # Errors
    /// When the operation does not fit the state: the log was written by something else. Whoever
    /// writes operations checks them before.
    pub fn apply(&mut self, operation: Operation) -> Decoded<Applied> {
        match operation {
            Operation::Run { number, key, patch } => {
                self.revision += 1;
                let revision = self.revision;
                let record = self.runs.entry(number).or_insert_with(|| {
                    Arc::new(RunRecord {
                        number,
                        revision,
                        key: key.clone(),
                        fields: RunPatch::default(),
                    })
                });
                let record = Arc::make_mut(record);
                record.revision = revision;
                record.fields.apply(*patch);
                self.numbers.insert(key, number);
                self.next_run = self.next_run.max(number + 1);
                Ok(Applied::Run(number))
            }
            Operation::DeleteRun(number) => {
                let record = self
                    .runs
                    .remove(&number)
                    .ok_or("a run to delete is not there")?;
                self.revision += 1;
                self.numbers.remove(&record.key);
                let keys: Vec<StreamKey> = self
                    .streams_of(number)
                    .map(|(key, _)| key.clone())
                    .collect();
                for key in keys {
                    if let Some(mut stream) = self.streams.remove(&key) {
                        Arc::make_mut(&mut stream).truncate(0);
                    }
                }
                Ok(Applied::RunGone(number))
            }
            Operation::Lines {
                key,
                offset,
                placement,
                lines,
            } => {
                let stream = self.stream(&key)?;
                match placement {
                    Placement::Once => stream.append(offset, &lines)?,
                    Placement::Rewrite => stream.rewrite(offset, &lines)?,
                }
                Ok(Applied::Stream(key))
            }
            Operation::Truncate { key, keep } => {
                self.stream(&key)?.truncate(keep);
                Ok(Applied::Stream(key))
            }
            Operation::Sealed { key, segment } => {
                let file = self.segment_file(key.run, segment);
                self.stream(&key)?.seal(file)?;
                self.next_segment = self.next_segment.max(segment.id + 1);
                Ok(Applied::Other)
            }
            Operation::Segment {
                key,
                segment,
                visible_rows,
            } => {
                let file = self.segment_file(key.run, segment);
                let stream = self.stream(&key)?;
                if !stream.tail.is_empty() || visible_rows > segment.rows {
                    return Err("a segment stands in the wrong place");
                }
                stream.sealed.push(SealedPart {
                    file: Arc::new(file),
                    visible_rows,
                });
                Ok(Applied::Other)
            }
            Operation::Document {
                kind,
                name,
                content,
            } => {
                match content {
                    Some(content) => self.documents.insert((kind, name), content.into()),
                    None => self.documents.remove(&(kind, name)),
                };
                Ok(Applied::Other)
            }
            Operation::LinkBlob { owner, hash, bytes } => {
                let blob = self.blobs.entry(hash).or_insert_with(|| BlobState {
                    bytes,
                    owners: BTreeSet::new(),
                });
                blob.owners.insert(owner);
                Ok(Applied::Other)
            }
            Operation::UnlinkBlob { owner, hash } => {
                let Some(blob) = self.blobs.get_mut(&hash) else {
                    return Ok(Applied::Other);
                };
                blob.owners.remove(&owner);
                if blob.owners.is_empty() {
                    self.blobs.remove(&hash);
                    return Ok(Applied::BlobFree(hash));
                }
                Ok(Applied::Other)
            }
            Operation::WholeRun(record) => {
                let number = record.number;
                self.numbers.insert(record.key.clone(), number);
                self.runs.insert(number, Arc::new(*record));
                Ok(Applied::Run(number))
            }
            Operation::Counters {
                next_run,
                next_segment,
                revision,
            } => {
                self.next_run = next_run;
                self.next_segment = next_segment;
                self.revision = revision;
                Ok(Applied::Other)
            }
            Operation::End { .. } => Ok(Applied::Other),
        }
    }

    /// The stream of a key, empty where there was none.
    fn stream(&mut self, key: &StreamKey) -> Decoded<&mut StreamState> {
        if !self.runs.contains_key(&key.run) {
            return Err("a line's run is not there");
        }
        if !self.streams.contains_key(key) {
            self.streams.insert(key.clone(), Arc::default());
        }
        let stream = self.streams.get_mut(key).ok_or("a stream is missing")?;
        Ok(Arc::make_mut(stream))
    }

    fn segment_file(&self, run: RunNumber, reference: SegmentRef) -> SegmentFile {
        SegmentFile {
            reference,
            path: self.segment_path(run, reference.id),
            disk: self.disk.clone(),
            is_doomed: AtomicBool::new(false),
        }
    }

    /// The operations that make this state anew, in the order in which they must be carried out.
    pub fn operations(
        &self,
        mut each: impl FnMut(Operation) -> crate::Result<()>,
    ) -> crate::Result<()> {
        each(Operation::Counters {
            next_run: self.next_run,
            next_segment: self.next_segment,
            revision: self.revision,
        })?;
        for record in self.runs.values() {
            each(Operation::WholeRun(Box::new(record.as_ref().clone())))?;
        }
        for ((kind, name), content) in &self.documents {
            each(Operation::Document {
                kind: kind.clone(),
                name: name.clone(),
                content: Some(content.as_ref().to_owned()),
            })?;
        }
        for (hash, blob) in &self.blobs {
            for owner in &blob.owners {
                each(Operation::LinkBlob {
                    owner: owner.clone(),
                    hash: *hash,
                    bytes: blob.bytes,
                })?;
            }
        }
        for (key, stream) in &self.streams {
            for part in &stream.sealed {
                each(Operation::Segment {
                    key: key.clone(),
                    segment: part.file.reference,
                    visible_rows: part.visible_rows,
                })?;
            }
            for chunk in &stream.tail {
                each(Operation::Lines {
                    key: key.clone(),
                    offset: chunk.first_offset,
                    placement: Placement::Once,
                    lines: chunk.lines().clone(),
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
