//! What a run printed, line by line, read no further than it is asked for.

use std::collections::VecDeque;

use gradus_store::RunView;
use gradus_wire::file_stream::{ConsoleLine, console_line};

use crate::Result;
use crate::runs::CONSOLE;

/// Lines of one writer that are read at once.
const LINES_AT_ONCE: u64 = 4_096;

/// Console lines with their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsolePage {
    pub lines: Vec<(u64, ConsoleLine)>,
    /// Lines of the run, found or not.
    pub total: u64,
    /// What `after` is for the next page; `None` at the end.
    pub next_after: Option<u64>,
}

/// At most `limit` lines from number `after` on whose text holds `search`, whatever its case.
pub fn console(
    view: &RunView,
    after: u64,
    limit: usize,
    search: Option<&str>,
) -> Result<ConsolePage> {
    let wanted = search.map(str::to_lowercase);
    let is_wanted = |line: &ConsoleLine| {
        let wanted = wanted.as_deref();
        wanted.is_none_or(|wanted| line.text.to_lowercase().contains(wanted))
    };
    let at_once = match wanted {
        Some(_) => LINES_AT_ONCE,
        // One more says whether there is another page.
        None => (limit as u64).saturating_add(1).min(LINES_AT_ONCE),
    };
    let mut page = ConsolePage {
        lines: Vec::new(),
        total: view.total_lines(CONSOLE),
        next_after: None,
    };
    let mut reader = ConsoleReader::new(view, at_once);
    reader.skip(after)?;
    while let Some((number, line)) = reader.next()? {
        let parsed = console_line(&line);
        if !is_wanted(&parsed) {
            continue;
        }
        if page.lines.len() == limit {
            page.next_after = Some(number);
            break;
        }
        page.lines.push((number, parsed));
    }
    Ok(page)
}

/// Lines of all writers, one after the other. Those of several are put in order by the times that
/// they carry, which for each of them never go back: a line without a time, or with an earlier one
/// than the line before it, stays behind that.
struct ConsoleReader<'a> {
    view: &'a RunView,
    at_once: u64,
    /// Of the next line.
    number: u64,
    writers: Vec<Writer>,
}

#[derive(Debug, Default)]
struct Writer {
    name: String,
    /// Lines that are not read yet.
    next: u64,
    end: u64,
    lines: VecDeque<String>,
    /// Of the first of the lines; empty where nobody asked for it.
    time: String,
}

impl<'a> ConsoleReader<'a> {
    fn new(view: &'a RunView, at_once: u64) -> Self {
        let writers = view.writers(CONSOLE).into_iter().map(|name| Writer {
            end: view.line_count(CONSOLE, name),
            name: name.to_string(),
            ..Writer::default()
        });
        Self {
            view,
            at_once: at_once.max(1),
            number: 0,
            writers: writers.collect(),
        }
    }

    /// Goes on at this number: one writer's lines are found, those of several have to be gone
    /// through.
    fn skip(&mut self, number: u64) -> Result<()> {
        if let [writer] = self.writers.as_mut_slice() {
            writer.next = number.min(writer.end);
            self.number = writer.next;
            return Ok(());
        }
        while self.number < number && self.next()?.is_some() {}
        Ok(())
    }

    fn next(&mut self) -> Result<Option<(u64, String)>> {
        let are_several = self.writers.len() > 1;
        for writer in &mut self.writers {
            writer.fill(self.view, self.at_once, are_several)?;
        }
        let filled = self
            .writers
            .iter_mut()
            .filter(|writer| !writer.lines.is_empty());
        // The first of those that are equally early.
        let Some(writer) = filled.min_by(|left, right| left.time.cmp(&right.time)) else {
            return Ok(None);
        };
        let line = writer.lines.pop_front();
        if are_several {
            writer.look();
        }
        let number = self.number;
        self.number += 1;
        Ok(line.map(|line| (number, line)))
    }
}

impl Writer {
    fn fill(&mut self, view: &RunView, at_once: u64, wants_times: bool) -> Result<()> {
        if !self.lines.is_empty() || self.next >= self.end {
            return Ok(());
        }
        let until = self.end.min(self.next.saturating_add(at_once));
        self.lines = view.lines(CONSOLE, &self.name, self.next..until)?.into();
        self.next = until;
        if wants_times {
            self.look();
        }
        Ok(())
    }

    fn look(&mut self) {
        let time = self
            .lines
            .front()
            .and_then(|line| console_line(line).timestamp);
        if let Some(time) = time.filter(|time| *time > self.time) {
            self.time = time;
        }
    }
}
