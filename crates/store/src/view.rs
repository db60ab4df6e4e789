//! One run as it was at one moment: rows, series and buckets. Writing goes on meanwhile; a view
//! holds on to what it saw, deleted files included.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

use crate::Result;
use crate::buckets::{Accumulator, Buckets};
use crate::cache::SegmentCache;
use crate::lines::Lines;
use crate::operation::StreamKey;
use crate::run::RunRecord;
use crate::segment::steps::StepPages;
use crate::state::{SealedPart, StreamState};

mod keys;
mod series;

pub use keys::KeyInfo;
pub use series::SeriesRow;

pub const ALL_STEPS: RangeInclusive<i64> = i64::MIN..=i64::MAX;

#[derive(Debug, Clone)]
pub struct RunView {
    pub record: Arc<RunRecord>,
    pub(crate) streams: Vec<(StreamKey, Arc<StreamState>)>,
    pub(crate) cache: Arc<SegmentCache>,
}

/// A line as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub step: i64,
    /// In its writer's stream.
    pub offset: u64,
    pub line: String,
}

impl RunView {
    /// The writers of a stream, by name; the only writer of a run has an empty one.
    pub fn writers<'a>(&'a self, stream: &str) -> Vec<&'a str> {
        let streams = self
            .streams
            .iter()
            .filter(|(key, _)| key.stream.as_ref() == stream);
        streams.map(|(key, _)| key.writer.as_ref()).collect()
    }

    /// Names of the run's streams, each once.
    pub fn stream_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .streams
            .iter()
            .map(|(key, _)| key.stream.as_ref())
            .collect();
        names.dedup();
        names
    }

    /// How many lines a writer has sent, which is the offset of its next one.
    pub fn line_count(&self, stream: &str, writer: &str) -> u64 {
        let found = self
            .of(stream)
            .find(|(key, _)| key.writer.as_ref() == writer);
        found.map_or(0, |(_, state)| state.end())
    }

    /// Lines of all writers of a stream.
    pub fn total_lines(&self, stream: &str) -> u64 {
        self.of(stream).map(|(_, state)| state.end()).sum()
    }

    fn of<'a>(&'a self, stream: &'a str) -> impl Iterator<Item = (&'a StreamKey, &'a StreamState)> {
        let streams = self.streams.iter();
        streams
            .filter(move |(key, _)| key.stream.as_ref() == stream)
            .map(|(key, state)| (key, state.as_ref()))
    }

    /// The highest step of a stream.
    pub fn last_step(&self, stream: &str) -> Result<Option<i64>> {
        let mut last = None;
        for (_, state) in self.of(stream) {
            for part in &state.sealed {
                let whole = part.file.reference;
                if part.visible_rows == whole.rows {
                    last = last.max(Some(whole.max_step));
                    continue;
                }
                let segment = self.cache.open(&part.file)?;
                let mut steps = StepPages::open(&segment)?;
                for row in 0..part.visible_rows {
                    last = last.max(Some(steps.step(row as u32)?));
                }
            }
            for chunk in &state.tail {
                let steps = (0..chunk.lines().len()).map(|index| chunk.step(index));
                last = last.max(steps.max());
            }
        }
        Ok(last)
    }

    /// Every row whose step lies in the range, by step; those of one step as they were sent.
    pub fn rows(&self, stream: &str, steps: &RangeInclusive<i64>) -> Result<Vec<Row>> {
        self.chosen_rows(stream, steps, &|_, _| true)
    }

    /// At most `count` rows, evenly spread over all, the first and the last among them.
    pub fn sampled_rows(&self, stream: &str, count: usize) -> Result<Vec<Row>> {
        let total = self.total_lines(stream);
        if total <= count as u64 {
            return self.rows(stream, &ALL_STEPS);
        }
        let mut before = BTreeMap::new();
        let mut sum = 0;
        for (key, state) in self.of(stream) {
            before.insert(key.clone(), sum);
            sum += state.end();
        }
        let chosen: std::collections::HashSet<u64> = spread(total as usize, count)
            .map(|index| index as u64)
            .collect();
        let is_chosen = |key: &StreamKey, offset: u64| chosen.contains(&(before[key] + offset));
        self.chosen_rows(stream, &ALL_STEPS, &is_chosen)
    }

    fn chosen_rows(
        &self,
        stream: &str,
        steps: &RangeInclusive<i64>,
        is_chosen: &dyn Fn(&StreamKey, u64) -> bool,
    ) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for (key, state) in self.of(stream) {
            let chosen = |offset: u64| is_chosen(key, offset);
            visit(
                &self.cache,
                state,
                0..u64::MAX,
                steps,
                &chosen,
                |offset, step, line| {
                    rows.push(Row {
                        step,
                        offset,
                        line: line.to_owned(),
                    });
                },
            )?;
        }
        if !rows.is_sorted_by_key(|row| row.step) {
            rows.sort_by_key(|row| row.step);
        }
        Ok(rows)
    }

    /// Lines of one writer by their offsets, as console pages and resumed runs need them.
    pub fn lines(&self, stream: &str, writer: &str, offsets: Range<u64>) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for (key, state) in self.of(stream) {
            if key.writer.as_ref() == writer {
                let all = |_| true;
                visit(
                    &self.cache,
                    state,
                    offsets.clone(),
                    &ALL_STEPS,
                    &all,
                    |_, _, line| {
                        lines.push(line.to_owned());
                    },
                )?;
            }
        }
        Ok(lines)
    }

    /// A key's numbers in at most `max_buckets` equal stretches of the steps that it has in the
    /// range. `None` where it has none.
    pub fn buckets(
        &self,
        stream: &str,
        key: &str,
        steps: &RangeInclusive<i64>,
        max_buckets: usize,
    ) -> Result<Option<Buckets>> {
        let Some(extent) = self.extent(stream, key, steps)? else {
            return Ok(None);
        };
        let mut buckets = Accumulator::new(extent, max_buckets);
        for (_, state) in self.of(stream) {
            let parts = state.sealed.iter().filter(|part| {
                let reference = part.file.reference;
                reference.min_step <= *steps.end() && reference.max_step >= *steps.start()
            });
            let parts: Vec<&SealedPart> = parts.collect();
            buckets.segments(&parts, key, &self.cache)?;
            for_tail_numbers(state, key, |step, value| buckets.point(step, value));
        }
        let buckets = buckets.finish();
        Ok((!buckets.buckets.is_empty()).then_some(buckets))
    }

    /// The steps of a key within a range, from summaries: never too narrow, and too wide only
    /// where a rewind cut a page or a range begins inside of one.
    fn extent(
        &self,
        stream: &str,
        key: &str,
        steps: &RangeInclusive<i64>,
    ) -> Result<Option<RangeInclusive<i64>>> {
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        let mut widen = |first: i64, last: i64| {
            if first <= *steps.end() && last >= *steps.start() {
                low = low.min(first.max(*steps.start()));
                high = high.max(last.min(*steps.end()));
            }
        };
        for (_, state) in self.of(stream) {
            for part in &state.sealed {
                let reference = part.file.reference;
                if reference.min_step > *steps.end() || reference.max_step < *steps.start() {
                    continue;
                }
                let segment = self.cache.open(&part.file)?;
                let (mut has_column, mut has_texts) = (false, false);
                for column in segment.columns_named(key) {
                    has_column = true;
                    has_texts |= column.has_number_texts;
                    for (page, summary) in column.summaries.iter().enumerate() {
                        if u64::from(column.bounds(page).0) < part.visible_rows {
                            widen(summary.min_step, summary.max_step);
                        }
                    }
                }
                if has_texts || !has_column && key.contains('.') {
                    widen(reference.min_step, reference.max_step);
                }
            }
            for_tail_numbers(state, key, |step, _| widen(step, step));
        }
        Ok((low <= high).then_some(low..=high))
    }
}

fn for_tail_numbers(state: &StreamState, key: &str, mut each: impl FnMut(i64, f64)) {
    for chunk in &state.tail {
        for (step, value) in chunk.numbers(key).iter() {
            each(*step, *value);
        }
    }
}

/// Hands offset, step and line of every chosen row of one stream to `each`.
pub(crate) fn visit(
    cache: &SegmentCache,
    state: &StreamState,
    offsets: Range<u64>,
    steps: &RangeInclusive<i64>,
    is_chosen: &dyn Fn(u64) -> bool,
    mut each: impl FnMut(u64, i64, &str),
) -> Result<()> {
    for part in &state.sealed {
        let reference = part.file.reference;
        let first = reference.first_offset;
        let rows = offsets.start.saturating_sub(first)
            ..offsets.end.saturating_sub(first).min(part.visible_rows);
        let is_near = reference.min_step <= *steps.end() && reference.max_step >= *steps.start();
        if rows.is_empty() || !is_near {
            continue;
        }
        let segment = cache.open(&part.file)?;
        let chosen = |row: u64| is_chosen(first + row);
        segment.chosen_lines(rows, steps, chosen, |row, step, line| {
            each(first + row, step, line);
        })?;
    }
    for chunk in &state.tail {
        for (index, line) in chunk.lines().iter().enumerate() {
            let (offset, step) = (chunk.first_offset + index as u64, chunk.step(index));
            if offsets.contains(&offset) && steps.contains(&step) && is_chosen(offset) {
                each(offset, step, line);
            }
        }
    }
    Ok(())
}

/// The lines of a stream from an offset on.
pub(crate) fn lines_from(cache: &SegmentCache, state: &StreamState, offset: u64) -> Result<Lines> {
    let mut lines = Lines::default();
    let mut problem = None;
    visit(
        cache,
        state,
        offset..u64::MAX,
        &ALL_STEPS,
        &|_| true,
        |_, _, line| {
            problem = problem.take().or(lines.push(line).err());
        },
    )?;
    match problem {
        Some(problem) => Err(problem),
        None => Ok(lines),
    }
}

/// `count` of `total` places, evenly spread, the first and the last among them.
fn spread(total: usize, count: usize) -> impl Iterator<Item = usize> {
    let last = total.saturating_sub(1) as u128;
    let gaps = count.saturating_sub(1).max(1) as u128;
    (0..count).map(move |index| match count {
        1 => last as usize,
        _ => (index as u128 * last / gaps) as usize,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_spread_and_keep_both_ends() {
        assert_eq!(spread(10, 4).collect::<Vec<_>>(), [0, 3, 6, 9]);
        assert_eq!(spread(1000, 1).collect::<Vec<_>>(), [999]);
        let many: Vec<usize> = spread(100_001, 500).collect();
        assert_eq!((many[0], many[499]), (0, 100_000));
        assert!(many.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
