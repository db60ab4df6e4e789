//! Sealing as the writer sees it: it decides, another thread writes the segment, it takes it in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{CONSOLE_ROWS_KEPT, Reply, SealWaiter, Sealed, Writer, again};
use crate::change::Ack;
use crate::operation::{Operation, SegmentRef, StreamKey};
use crate::run::RunNumber;
use crate::sealer::{Job, SealJob};
use crate::tail::TailChunk;
use crate::{Error, Result};

impl Writer {
    pub(super) fn start_seal(&mut self, key: &StreamKey, is_asked: bool) {
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
    pub(super) fn seal_asked(&mut self, run: Option<RunNumber>, rows: u64, reply: Reply) {
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
    pub(super) fn go_on_sealing(&mut self) {
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

    pub(super) fn sealed(&mut self, sealed: Sealed) {
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
}
