//! Forks and rewinds: a run that goes on from a step of another, or of itself.

use std::fmt;

use gradus_store::{Change, Lines, Placement, RunNumber, RunPatch, RunView, StreamKey};

use super::{CONSOLE, EVENTS, HISTORY, RUNNING, RunExtra};
use crate::accounts::Caller;
use crate::{Error, Result, Tracker};

/// Steps copied at once, so that memory follows no run's length.
const STEPS_AT_ONCE: i64 = 65_536;

pub struct Fork {
    pub source: RunView,
    /// The last step that is the source's.
    pub step: i64,
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?_step={}", self.source.record.key.name, self.step)
    }
}

impl Tracker {
    /// Copies the rows of a fork's source up to its step; the client goes on from their number.
    pub(crate) fn copy_history(&self, fork: &Fork, to: RunNumber) -> Result<()> {
        let last = fork.source.last_step(HISTORY)?.unwrap_or(-1).min(fork.step);
        let (mut first, mut offset) = (0, 0);
        while first <= last {
            let until = last.min(first.saturating_add(STEPS_AT_ONCE - 1));
            let rows = fork.source.rows(HISTORY, &(first..=until))?;
            let lines = Lines::new(rows.iter().map(|row| row.line.as_str()))?;
            let count = lines.len() as u64;
            if count > 0 {
                self.store.append(vec![Change::Lines {
                    key: StreamKey::new(to, HISTORY, ""),
                    offset,
                    placement: Placement::Once,
                    lines,
                }])?;
            }
            offset += count;
            first = until + 1;
        }
        Ok(())
    }

    /// Drops the rows after a step. The client counts console lines and system metrics from 0 again
    /// afterwards; those that are there stay, as another writer's.
    ///
    /// # Errors
    /// No such run, or a metric other than `_step`.
    pub fn rewind_run(
        &self,
        caller: &Caller,
        view: &RunView,
        metric: &str,
        value: f64,
    ) -> Result<()> {
        if metric != "_step" || value.fract() != 0.0 || value.abs() >= 9e15 {
            let problem = format!("runs go back to a whole '_step', not to {metric} = {value}");
            return Err(Error::input(problem));
        }
        self.accounts.check_write(caller, &view.record.key.entity)?;
        let step = value as i64;
        let _changing = self.lock();
        let number = view.record.number;
        let view = self
            .store
            .run_numbered(number)
            .ok_or_else(|| Error::not_found("the run was deleted"))?;
        let mut changes = Vec::new();
        for writer in view.writers(HISTORY) {
            changes.push(Change::Truncate {
                key: StreamKey::new(number, HISTORY, writer),
                keep: rows_until(&view, writer, step)?,
            });
        }
        for stream in [EVENTS, CONSOLE] {
            self.set_aside(&view, stream, &mut changes)?;
        }
        let kept = view.rows(HISTORY, &(i64::MIN..=step))?;
        let last = kept.last();
        changes.push(Change::UpdateRun {
            run: number,
            patch: Box::new(RunPatch {
                state: Some(RUNNING.to_owned()),
                summary: Some(last.map_or_else(|| "{}".to_owned(), |row| row.line.clone())),
                ..RunPatch::default()
            }),
        });
        self.store.append(changes)?;
        self.heartbeats.set(number, RUNNING);
        Ok(())
    }

    fn set_aside(&self, view: &RunView, stream: &str, changes: &mut Vec<Change>) -> Result<()> {
        let current = RunExtra::of(&view.record).writer();
        let lines = view.lines(stream, &current, 0..u64::MAX)?;
        if lines.is_empty() {
            return Ok(());
        }
        let number = view.record.number;
        let earlier = view
            .writers(stream)
            .iter()
            .filter(|writer| writer.starts_with("before-rewind-"))
            .count();
        let writer = format!("before-rewind-{}", earlier + 1);
        changes.push(Change::Lines {
            key: StreamKey::new(number, stream, &writer),
            offset: 0,
            placement: Placement::Once,
            lines: Lines::new(lines.iter().map(String::as_str))?,
        });
        changes.push(Change::Truncate {
            key: StreamKey::new(number, stream, &current),
            keep: 0,
        });
        Ok(())
    }
}

/// How many of a writer's first rows have no later step.
fn rows_until(view: &RunView, writer: &str, step: i64) -> Result<u64> {
    const LINES_AT_ONCE: u64 = 65_536;
    let end = view.line_count(HISTORY, writer);
    let mut first = 0;
    while first < end {
        let lines = view.lines(HISTORY, writer, first..end.min(first + LINES_AT_ONCE))?;
        let is_later = |line: &String| {
            let row = gradus_wire::file_stream::history_row(line);
            row.ok()
                .and_then(|row| row.step)
                .is_some_and(|at| at > step)
        };
        if let Some(place) = lines.iter().position(is_later) {
            return Ok(first + place as u64);
        }
        first += lines.len().max(1) as u64;
    }
    Ok(end)
}
