//! Values of several keys, row by row.

use std::ops::RangeInclusive;

use super::{RunView, spread};
use crate::Result;
use crate::json::{self, Value};
use crate::segment::Segment;
use crate::segment::steps::StepPages;

/// The values of the asked keys in one row.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRow {
    pub step: i64,
    pub offset: u64,
    pub values: Vec<Value>,
}

impl RunView {
    /// The values of several keys in the rows that have all of them and whose step lies in the
    /// range, by step. With `samples`, at most that many, evenly spread, first and last included.
    ///
    /// A key with dots leads into nested values where no row has the key itself.
    pub fn series(
        &self,
        stream: &str,
        keys: &[&str],
        steps: &RangeInclusive<i64>,
        samples: Option<usize>,
    ) -> Result<Vec<SeriesRow>> {
        let mut rows = Vec::new();
        for (_, state) in self.of(stream) {
            for part in &state.sealed {
                let reference = part.file.reference;
                if reference.min_step <= *steps.end() && reference.max_step >= *steps.start() {
                    let segment = self.cache.open(&part.file)?;
                    sealed_series(&segment, part.visible_rows, keys, steps, &mut rows)?;
                }
            }
            for chunk in &state.tail {
                for (index, line) in chunk.lines().iter().enumerate() {
                    let step = chunk.step(index);
                    if !steps.contains(&step) {
                        continue;
                    }
                    let found = keys.iter().map(|key| json::find(line, key));
                    let Some(tokens) = found.collect::<Option<Vec<&str>>>() else {
                        continue;
                    };
                    rows.push(SeriesRow {
                        step,
                        offset: chunk.first_offset + index as u64,
                        values: tokens.into_iter().map(Value::from_token).collect(),
                    });
                }
            }
        }
        if !rows.is_sorted_by_key(|row| row.step) {
            rows.sort_by_key(|row| row.step);
        }
        match samples {
            Some(count) if rows.len() > count => {
                let mut rows: Vec<Option<SeriesRow>> = rows.into_iter().map(Some).collect();
                let chosen = spread(rows.len(), count).collect::<Vec<usize>>();
                Ok(chosen
                    .into_iter()
                    .filter_map(|index| rows[index].take())
                    .collect())
            }
            _ => Ok(rows),
        }
    }
}

fn sealed_series(
    segment: &Segment,
    visible_rows: u64,
    keys: &[&str],
    steps: &RangeInclusive<i64>,
    found: &mut Vec<SeriesRow>,
) -> Result<()> {
    let range = segment.rows_of_steps(steps)?;
    let range = range.start..range.end.min(visible_rows);
    let mut columns = Vec::with_capacity(keys.len());
    for key in keys {
        columns.push(segment.values(key, range.clone())?.into_iter().peekable());
    }
    let Some((first, rest)) = columns.split_first_mut() else {
        return Ok(());
    };
    let mut step_pages = StepPages::open(segment)?;
    for (row, value) in first {
        let mut values = vec![value];
        for column in rest.iter_mut() {
            while column.next_if(|(other, _)| *other < row).is_some() {}
            values.extend(
                column
                    .next_if(|(other, _)| *other == row)
                    .map(|(_, value)| value),
            );
        }
        let step = step_pages.step(row as u32)?;
        if values.len() == keys.len() && steps.contains(&step) {
            found.push(SeriesRow {
                step,
                offset: segment.footer.first_offset + row,
                values,
            });
        }
    }
    Ok(())
}
