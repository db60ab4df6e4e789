//! What a request asks for, and whether it fits what is there. Nothing is written here: a change
//! becomes operations, or the reason why not.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::blobs;
use crate::lines::Lines;
use crate::operation::{BlobHash, Operation, Placement, StreamKey};
use crate::run::{RunKey, RunNumber, RunPatch};
use crate::state::{State, StreamState};
use crate::{Error, Result};

/// One change. Those of one request are made together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Makes the run where there is none, and sets what the patch has.
    UpsertRun { key: RunKey, patch: Box<RunPatch> },
    UpdateRun {
        run: RunNumber,
        patch: Box<RunPatch>,
    },
    /// Removes the run and all its rows.
    DeleteRun(RunNumber),
    /// Lines from an offset on.
    Lines {
        key: StreamKey,
        offset: u64,
        placement: Placement,
        lines: Lines,
    },
    /// Keeps the first `keep` lines: a rewind, or a fresh start with 0.
    Truncate { key: StreamKey, keep: u64 },
    /// What the server keeps of a kind under a name; `None` removes it.
    Document {
        kind: String,
        name: String,
        content: Option<String>,
    },
    /// Says that `owner` needs a stored blob.
    LinkBlob { owner: String, hash: BlobHash },
    /// A blob that nobody needs any more is removed.
    UnlinkBlob { owner: String, hash: BlobHash },
}

impl Change {
    /// About how much memory the change takes while it waits.
    pub fn weight(&self) -> u64 {
        let payload = match self {
            Self::Lines { lines, .. } => lines.text_bytes() + 24 * lines.len(),
            Self::UpsertRun { patch, .. } | Self::UpdateRun { patch, .. } => {
                let texts = [&patch.config, &patch.summary, &patch.extra, &patch.notes];
                texts.into_iter().flatten().map(String::len).sum()
            }
            Self::Document { content, .. } => content.as_ref().map_or(0, String::len),
            _ => 0,
        };
        payload as u64 + 256
    }
}

/// What became of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ack {
    /// For each `UpsertRun`, in order: the run's number and whether it was made now.
    pub runs: Vec<(RunNumber, bool)>,
    /// For each `Lines`, in order.
    pub lines: Vec<Placed>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Lines that were new at their offset, or replaced what was there.
    pub stored: u64,
    /// Lines that were there already.
    pub skipped: u64,
    /// The offset of the next line.
    pub end: u64,
}

/// The state as it will be when the requests planned so far are carried out.
pub struct Plan<'a> {
    state: &'a State,
    blobs_folder: &'a Path,
    ends: HashMap<StreamKey, u64>,
    made: HashMap<RunKey, RunNumber>,
    made_numbers: HashSet<RunNumber>,
    deleted: HashSet<RunNumber>,
    next_run: RunNumber,
}

impl<'a> Plan<'a> {
    pub fn new(state: &'a State, blobs_folder: &'a Path) -> Self {
        Self {
            state,
            blobs_folder,
            ends: HashMap::new(),
            made: HashMap::new(),
            made_numbers: HashSet::new(),
            deleted: HashSet::new(),
            next_run: state.next_run,
        }
    }

    /// Whether a request needs what others of the group will only have changed when the group is
    /// written.
    pub fn must_wait(&self, changes: &[Change]) -> bool {
        changes.iter().any(|change| match change {
            Change::Lines {
                key,
                offset,
                placement: Placement::Rewrite,
                ..
            } => {
                let stream = self.state.streams.get(key);
                let is_sealed = stream.is_some_and(|stream| *offset < stream.sealed_end());
                is_sealed && self.ends.contains_key(key)
            }
            _ => false,
        })
    }

    /// The operations of one request. After a refusal the plan must not be used further.
    pub fn request(
        &mut self,
        changes: Vec<Change>,
        read_back: &dyn Fn(&StreamKey, &StreamState, u64) -> Result<Lines>,
    ) -> Result<(Vec<Operation>, Ack)> {
        let (mut operations, mut ack) = (Vec::new(), Ack::default());
        for change in changes {
            self.change(change, &mut operations, &mut ack, read_back)?;
        }
        Ok((operations, ack))
    }

    fn change(
        &mut self,
        change: Change,
        operations: &mut Vec<Operation>,
        ack: &mut Ack,
        read_back: &dyn Fn(&StreamKey, &StreamState, u64) -> Result<Lines>,
    ) -> Result<()> {
        match change {
            Change::UpsertRun { key, patch } => {
                let (number, is_new) = self.number(&key)?;
                ack.runs.push((number, is_new));
                operations.push(Operation::Run { number, key, patch });
            }
            Change::UpdateRun { run, patch } => {
                let key = self.key(run)?;
                operations.push(Operation::Run {
                    number: run,
                    key,
                    patch,
                });
            }
            Change::DeleteRun(run) => {
                self.must_have(run)?;
                self.deleted.insert(run);
                operations.push(Operation::DeleteRun(run));
            }
            Change::Lines {
                key,
                offset,
                placement,
                lines,
            } => {
                self.must_have(key.run)?;
                let end = self.end(&key);
                if offset > end {
                    return Err(gap(&key, end, offset));
                }
                let placed = match placement {
                    Placement::Once => self.append(key, end, offset, &lines, operations),
                    Placement::Rewrite => {
                        self.rewrite(key, end, offset, lines, operations, read_back)?
                    }
                };
                ack.lines.push(placed);
            }
            Change::Truncate { key, keep } => {
                self.must_have(key.run)?;
                if keep < self.end(&key) {
                    self.ends.insert(key.clone(), keep);
                    operations.push(Operation::Truncate { key, keep });
                }
            }
            Change::Document {
                kind,
                name,
                content,
            } => operations.push(Operation::Document {
                kind,
                name,
                content,
            }),
            Change::LinkBlob { owner, hash } => {
                let path = blobs::file_path(self.blobs_folder, &hash);
                let Ok(metadata) = std::fs::metadata(&path) else {
                    return Err(Error::BlobMissing(blobs::hex(&hash)));
                };
                operations.push(Operation::LinkBlob {
                    owner,
                    hash,
                    bytes: metadata.len(),
                });
            }
            Change::UnlinkBlob { owner, hash } => {
                operations.push(Operation::UnlinkBlob { owner, hash });
            }
        }
        Ok(())
    }

    /// Logs only what is new.
    fn append(
        &mut self,
        key: StreamKey,
        end: u64,
        offset: u64,
        lines: &Lines,
        operations: &mut Vec<Operation>,
    ) -> Placed {
        let skipped = (end - offset).min(lines.len() as u64);
        let stored = lines.len() as u64 - skipped;
        if stored > 0 {
            let mut new = Lines::default();
            new.extend(lines, skipped as usize..lines.len());
            self.ends.insert(key.clone(), end + stored);
            operations.push(Operation::Lines {
                key,
                offset: end,
                placement: Placement::Once,
                lines: new,
            });
        }
        Placed {
            stored,
            skipped,
            end: end + stored,
        }
    }

    fn rewrite(
        &mut self,
        key: StreamKey,
        end: u64,
        offset: u64,
        mut lines: Lines,
        operations: &mut Vec<Operation>,
        read_back: &dyn Fn(&StreamKey, &StreamState, u64) -> Result<Lines>,
    ) -> Result<Placed> {
        let count = lines.len() as u64;
        let resume = offset + count;
        let stream = self.state.streams.get(&key);
        let mut placement = Placement::Rewrite;
        // Sealed lines do not change: the stream is cut there, and what follows is sent again.
        if let Some(stream) = stream.filter(|stream| offset < stream.sealed_end()) {
            if self.ends.contains_key(&key) {
                let problem = "sealed lines are replaced in a request that does not change their \
                               stream before; send them apart";
                return Err(Error::Input(problem.into()));
            }
            if resume < end {
                let rest = read_back(&key, stream, resume)?;
                lines.extend(&rest, 0..rest.len());
            }
            operations.push(Operation::Truncate {
                key: key.clone(),
                keep: offset,
            });
            placement = Placement::Once;
        }
        let end = end.max(resume);
        self.ends.insert(key.clone(), end);
        if !lines.is_empty() {
            operations.push(Operation::Lines {
                key,
                offset,
                placement,
                lines,
            });
        }
        Ok(Placed {
            stored: count,
            skipped: 0,
            end,
        })
    }

    fn end(&self, key: &StreamKey) -> u64 {
        let before = || self.state.streams.get(key).map_or(0, |stream| stream.end());
        self.ends.get(key).copied().unwrap_or_else(before)
    }

    fn number(&mut self, key: &RunKey) -> Result<(RunNumber, bool)> {
        for part in [&key.entity, &key.project, &key.name] {
            if part.is_empty() {
                let problem = format!("a run needs an entity, a project and a name, not '{key}'");
                return Err(Error::Input(problem));
            }
        }
        let known = self.made.get(key).or_else(|| self.state.numbers.get(key));
        if let Some(number) = known.filter(|number| !self.deleted.contains(number)) {
            return Ok((*number, false));
        }
        let number = self.next_run;
        self.next_run += 1;
        self.made.insert(key.clone(), number);
        self.made_numbers.insert(number);
        Ok((number, true))
    }

    fn key(&self, run: RunNumber) -> Result<RunKey> {
        self.must_have(run)?;
        if let Some(record) = self.state.runs.get(&run) {
            return Ok(record.key.clone());
        }
        let made = self.made.iter().find(|(_, number)| **number == run);
        made.map(|(key, _)| key.clone())
            .ok_or_else(|| Error::NoRun(format!("number {run}")))
    }

    fn must_have(&self, run: RunNumber) -> Result<()> {
        let is_there = self.state.runs.contains_key(&run) || self.made_numbers.contains(&run);
        match is_there && !self.deleted.contains(&run) {
            true => Ok(()),
            false => Err(Error::NoRun(format!("number {run}"))),
        }
    }
}

fn gap(key: &StreamKey, expected: u64, offset: u64) -> Error {
    let writer = match key.writer.as_ref() {
        "" => String::new(),
        writer => format!(" of writer {writer}"),
    };
    Error::Gap {
        stream: format!("{} of run number {}{writer}", key.stream, key.run),
        expected,
        offset,
    }
}
