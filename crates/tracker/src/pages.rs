//! Long answers in pages: rows and series by step. A page is cut between
//! steps, never inside of one, and memory follows the page and not the run.

use std::ops::RangeInclusive;

use gradus_store::{RunView, SeriesRow};

use crate::Result;

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
