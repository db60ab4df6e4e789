//! What a run uploads while it lives, as changes of the store.

use gradus_store::{
    Ack, Change, Lines, Placement, RunKey, RunNumber, RunPatch, RunRecord, RunView, StreamKey,
};
use gradus_wire::file_stream::{
    FileChunk, FileStreamReply, FileStreamRequest, SharedWriter, StreamFile, history_row,
};
use gradus_wire::{Json, json};

use crate::accounts::Caller;
use crate::runs::{
    CONSOLE, EVENTS, FAILED, FINISHED, HISTORY, PENDING, PREEMPTING, RUNNING, RunExtra,
};
use crate::{Error, Result, Tracker};

/// Lines that a client may be ahead of the server, where the server was set back to a backup. They
/// are kept empty, so that the client's numbers stay right.
const MOST_MISSING_LINES: u64 = 1_000_000;

/// What a request asks the store to do, and what is answered once it is done.
#[derive(Debug)]
pub struct StreamPlan {
    pub run: RunNumber,
    pub changes: Vec<Change>,
    pub reply: FileStreamReply,
    state: Option<&'static str>,
}

impl Tracker {
    /// # Errors
    /// A run that was never made, or that the caller may not write.
    pub fn plan_stream(
        &self,
        caller: &Caller,
        key: &RunKey,
        request: FileStreamRequest,
        writer: &SharedWriter,
    ) -> Result<StreamPlan> {
        self.accounts.check_write(caller, &key.entity)?;
        let Some(view) = self.store.run(key) else {
            return Err(Error::not_found(format!(
                "run {key} not found; it was deleted, or never begun on this server"
            )));
        };
        let record = &view.record;
        let mut extra = RunExtra::of(record);
        let client = match writer.is_shared {
            true => writer.client_id.clone().unwrap_or_default(),
            false => extra.writer(),
        };
        let client = client.as_str();
        let mut changes = Vec::new();
        let decided = extra.is_undecided && decide(&view, &request, client, &mut changes)?;
        let mut summary = None;
        for mut chunk in request.chunks {
            match &chunk.file {
                StreamFile::Summary => summary = last_object(&chunk),
                StreamFile::History => {
                    let first = if writer.is_shared {
                        0
                    } else {
                        extra.first_line
                    };
                    chunk.offset = chunk.offset.saturating_sub(first);
                    put_rows(&view, HISTORY, client, &chunk, &mut changes)?;
                }
                StreamFile::Events => put_rows(&view, EVENTS, client, &chunk, &mut changes)?,
                StreamFile::Console { .. } => put_console(&view, client, &chunk, &mut changes)?,
                StreamFile::Other { name } => put_rows(&view, name, client, &chunk, &mut changes)?,
            }
        }
        if let Some(text) = &summary
            && writer.is_shared
        {
            summary = Some(joined(record, text)?);
        }
        let state = state_after(
            record,
            request.complete,
            request.exit_code,
            request.preempting,
            !changes.is_empty(),
        );
        let is_due = self.heartbeats.beat(record.number);
        let patch = RunPatch {
            summary,
            state: state.map(str::to_owned),
            exit_code: request
                .exit_code
                .filter(|_| request.complete)
                .and_then(|code| i32::try_from(code).ok()),
            heartbeat_unix_ms: (is_due || state.is_some()).then(|| self.now_unix_ms()),
            extra: decided.then(|| {
                extra.is_undecided = false;
                extra.to_text()
            }),
            ..RunPatch::default()
        };
        if patch != RunPatch::default() {
            changes.push(Change::UpdateRun {
                run: record.number,
                patch: Box::new(patch),
            });
        }
        Ok(StreamPlan {
            run: record.number,
            changes,
            reply: FileStreamReply {
                stopped: RunExtra::of(record).is_stop_requested,
            },
            state,
        })
    }

    /// To be called when the changes of a plan are durable.
    pub fn streamed(&self, run: RunNumber, state: Option<&'static str>) {
        if let Some(state) = state {
            self.heartbeats.set(run, state);
        }
        if matches!(state, Some(FINISHED | FAILED)) {
            // A store that closes keeps the rows as they are.
            let _ = self.store.settle(run);
        }
    }

    /// Plans, changes and waits; for whoever may block.
    pub fn stream(
        &self,
        caller: &Caller,
        key: &RunKey,
        request: FileStreamRequest,
        writer: &SharedWriter,
    ) -> Result<(Ack, FileStreamReply)> {
        let plan = self.plan_stream(caller, key, request, writer)?;
        let (run, state) = (plan.run, plan.state);
        let ack = match plan.changes.is_empty() {
            true => Ack::default(),
            false => self.store.append(plan.changes)?,
        };
        self.streamed(run, state);
        Ok((ack, plan.reply))
    }
}

impl StreamPlan {
    /// What to say to [`Tracker::streamed`] when the changes are durable.
    pub fn state(&self) -> Option<&'static str> {
        self.state
    }
}

/// The first rows of an id that is used again tell: steps that were there begin the run anew, and
/// what was there makes way; later ones go on. Says whether there were rows.
fn decide(
    view: &RunView,
    request: &FileStreamRequest,
    client: &str,
    changes: &mut Vec<Change>,
) -> Result<bool> {
    let mut chunks = request.chunks.iter();
    let history = chunks.find(|chunk| chunk.file == StreamFile::History);
    let Some(line) = history.and_then(|chunk| chunk.lines.first()) else {
        return Ok(false);
    };
    let step = history_row(line).ok().and_then(|row| row.step);
    let goes_on = step
        .zip(view.last_step(HISTORY)?)
        .is_some_and(|(step, last)| step > last);
    if !goes_on {
        for stream in view.stream_names() {
            for writer in view.writers(stream) {
                if writer != client {
                    let key = StreamKey::new(view.record.number, stream, writer);
                    changes.push(Change::Truncate { key, keep: 0 });
                }
            }
        }
    }
    Ok(true)
}

fn state_after(
    record: &RunRecord,
    is_complete: bool,
    exit_code: Option<i64>,
    is_preempting: bool,
    has_lines: bool,
) -> Option<&'static str> {
    let before = record.fields.state.as_deref();
    let after = match (is_complete, is_preempting) {
        (true, _) if exit_code.unwrap_or(0) == 0 => FINISHED,
        (true, _) => FAILED,
        (_, true) => PREEMPTING,
        // Who sends rows lives, whatever was thought of it; who is told apart by heartbeats alone
        // may have ended in between.
        _ if has_lines || matches!(before, Some("crashed" | PENDING)) => RUNNING,
        _ => return None,
    };
    let is_going_on = after == RUNNING && before == Some(PREEMPTING);
    (before != Some(after) && !is_going_on).then_some(after)
}

fn put_rows(
    view: &RunView,
    stream: &str,
    writer: &str,
    chunk: &FileChunk,
    changes: &mut Vec<Change>,
) -> Result<()> {
    put_lines(view, stream, writer, chunk, Placement::Once, changes)
}

/// Console lines may come again with other content, as a progress bar writes over itself.
fn put_console(
    view: &RunView,
    writer: &str,
    chunk: &FileChunk,
    changes: &mut Vec<Change>,
) -> Result<()> {
    put_lines(view, CONSOLE, writer, chunk, Placement::Rewrite, changes)
}

fn put_lines(
    view: &RunView,
    stream: &str,
    writer: &str,
    chunk: &FileChunk,
    placement: Placement,
    changes: &mut Vec<Change>,
) -> Result<()> {
    if chunk.lines.is_empty() {
        return Ok(());
    }
    let end = view.line_count(stream, writer);
    let missing = chunk.offset.saturating_sub(end);
    if missing > MOST_MISSING_LINES {
        let problem = format!(
            "line {} of {} was sent, but the server has {end}; resume the run to go on",
            chunk.offset,
            chunk.file.name()
        );
        return Err(Error::input(problem));
    }
    let gap = std::iter::repeat_n("", missing as usize);
    let lines = Lines::new(gap.chain(chunk.lines.iter().map(String::as_str)))?;
    changes.push(Change::Lines {
        key: StreamKey::new(view.record.number, stream, writer),
        offset: chunk.offset - missing,
        placement,
        lines,
    });
    Ok(())
}

/// The last line that is an object; each is the whole summary.
fn last_object(chunk: &FileChunk) -> Option<String> {
    let mut lines = chunk.lines.iter().rev();
    lines
        .find(|line| json::parse_object("the summary", line).is_ok())
        .cloned()
}

/// The summary of several writers: keys of all, the one sent last where two have the same.
fn joined(record: &RunRecord, new: &str) -> Result<String> {
    let before = record.fields.summary.as_deref().unwrap_or("{}");
    let mut entries = json::parse_object("the summary", before)?;
    entries.extend(json::parse_object("the summary", new)?);
    Ok(Json::Object(entries).to_line())
}
