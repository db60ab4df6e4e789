//! Long answers in pages: rows and series by step, console lines by number. A page is cut between
//! steps, never inside of one, and memory follows the page and not the run.

use std::ops::RangeInclusive;

use gradus_store::{RunView, SeriesRow};
use gradus_wire::file_stream::{ConsoleLine, console_line};

use crate::Result;
use crate::history::console_lines;
use crate::runs::CONSOLE;

/// Console lines read at once while searching.
const LINES_AT_ONCE: u64 = 10_000;

/// A page and where the next one begins.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPage<T> {
    pub items: Vec<T>,
    /// `None` where nothing follows.
    pub next_min_step: Option<i64>,
}

/// Lines of a stream as they were sent, about `limit` of them.
pub fn rows(
    view: &RunView,
    stream: &str,
    steps: &RangeInclusive<i64>,
    limit: usize,
) -> Result<StepPage<String>> {
    let page = by_steps(view, stream, steps, limit, |range| {
        let rows = view.rows(stream, range)?.into_iter();
        let rows = rows.filter(|row| !row.line.is_empty());
        Ok(rows.map(|row| (row.step, row.line)).collect())
    })?;
    Ok(page)
}

/// The rows that have all keys, about `limit` of them.
pub fn series(
    view: &RunView,
    stream: &str,
    keys: &[&str],
    steps: &RangeInclusive<i64>,
    limit: usize,
) -> Result<StepPage<SeriesRow>> {
    by_steps(view, stream, steps, limit, |range| {
        let rows = view.series(stream, keys, range, None)?.into_iter();
        Ok(rows.map(|row| (row.step, row)).collect())
    })
}

/// Reads stretches of steps until there is enough. Nobody knows how dense the rows lie, so a
/// stretch grows as long as it finds few.
fn by_steps<T>(
    view: &RunView,
    stream: &str,
    steps: &RangeInclusive<i64>,
    limit: usize,
    read: impl Fn(&RangeInclusive<i64>) -> Result<Vec<(i64, T)>>,
) -> Result<StepPage<T>> {
    let limit = limit.max(1);
    let mut page = StepPage {
        items: Vec::new(),
        next_min_step: None,
    };
    let Some(last) = view.last_step(stream)? else {
        return Ok(page);
    };
    let last = last.min(*steps.end());
    let mut width = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut first = *steps.start();
    while first <= last {
        // Steps are hardly ever negative: one stretch for all that are.
        let end = match first < 0 {
            true => -1,
            false => first.saturating_add(width - 1),
        };
        let end = end.min(last);
        let found = read(&(first..=end))?;
        width = match found.len() < limit / 4 {
            true => width.saturating_mul(4),
            false => width,
        };
        let room = limit - page.items.len();
        if found.len() > room {
            // Whole steps only, and at least one of them.
            let cut = found[room].0;
            let cut = match found[0].0 == cut && page.items.is_empty() {
                true => cut.saturating_add(1),
                false => cut,
            };
            let is_more = found.last().is_some_and(|(step, _)| *step >= cut) || end < last;
            page.items.extend(taken_before(found, cut));
            page.next_min_step = is_more.then_some(cut);
            return Ok(page);
        }
        page.items.extend(found.into_iter().map(|(_, item)| item));
        if end == last {
            break;
        }
        first = end + 1;
        if page.items.len() == limit {
            page.next_min_step = Some(first);
            break;
        }
    }
    Ok(page)
}

fn taken_before<T>(found: Vec<(i64, T)>, cut: i64) -> impl Iterator<Item = T> {
    let before = found.into_iter().take_while(move |(step, _)| *step < cut);
    before.map(|(_, item)| item)
}

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
    let total = view.total_lines(CONSOLE);
    let wanted = search.map(str::to_lowercase);
    let is_wanted = |line: &ConsoleLine| {
        let wanted = wanted.as_deref();
        wanted.is_none_or(|wanted| line.text.to_lowercase().contains(wanted))
    };
    let whole = match view.writers(CONSOLE).len() {
        0 | 1 => None,
        // Lines of several writers are put in order by their times, all of them at once.
        _ => Some(console_lines(view)?),
    };
    let read = |from: u64, to: u64| -> Result<Vec<String>> {
        if let Some(lines) = &whole {
            let at = |number: u64| {
                usize::try_from(number)
                    .unwrap_or(usize::MAX)
                    .min(lines.len())
            };
            return Ok(lines[at(from)..at(to)].to_vec());
        }
        match view.writers(CONSOLE).first() {
            Some(writer) => Ok(view.lines(CONSOLE, writer, from..to)?),
            None => Ok(Vec::new()),
        }
    };
    let mut page = ConsolePage {
        lines: Vec::new(),
        total,
        next_after: None,
    };
    let mut from = after.min(total);
    let at_once = match wanted {
        Some(_) => LINES_AT_ONCE,
        None => limit as u64,
    };
    while from < total && page.lines.len() < limit {
        let to = total.min(from.saturating_add(at_once.max(1)));
        let mut is_full = false;
        for (line, number) in read(from, to)?.iter().zip(from..) {
            let parsed = console_line(line);
            if !is_wanted(&parsed) {
                continue;
            }
            if page.lines.len() == limit {
                page.next_after = Some(number);
                is_full = true;
                break;
            }
            page.lines.push((number, parsed));
        }
        from = to;
        if !is_full && page.lines.len() == limit {
            page.next_after = (from < total).then_some(from);
        }
    }
    Ok(page)
}
