//! A series at any zoom: exact minimum, maximum, sum, count and last value of each stretch of
//! steps. Pages that lie in one stretch are not read, only their summaries.

use std::ops::RangeInclusive;

use crate::Result;
use crate::cache::SegmentCache;
use crate::segment::cursor::{Cursor, PageValues};
use crate::segment::footer::{Column, ValuePages};
use crate::segment::steps::StepPages;
use crate::segment::{PageSummary, Segment};
use crate::state::SealedPart;

const LANES: usize = 4;
/// For one answer; others ask too.
const MOST_THREADS: usize = 4;
/// A thread is not worth less.
const PARTS_EACH: usize = 8;

/// The numbers of one key in one stretch of steps. Integers beyond 2^53 count as their nearest
/// float.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    /// Steps at which numbers lie, both inclusive.
    pub first_step: i64,
    pub last_step: i64,
    /// Numbers, NaN included.
    pub count: u64,
    pub nan_count: u64,
    /// `None` where every number is NaN; so is `max`.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Of all but NaN.
    pub sum: f64,
    /// At the highest step; of several there the one sent last.
    pub last: f64,
}

/// Stretches of equal width, from `first_step` on; those without a number are left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Buckets {
    pub first_step: i64,
    /// Steps of one stretch.
    pub width: u64,
    pub buckets: Vec<Bucket>,
}

pub struct Accumulator {
    steps: RangeInclusive<i64>,
    width: u64,
    cells: Vec<Option<Bucket>>,
    /// The stretch of the point before, and where it lies.
    current: Option<(usize, RangeInclusive<i64>)>,
}

impl Accumulator {
    /// At most `max_buckets` stretches (at least one) for the steps of a range.
    pub fn new(steps: RangeInclusive<i64>, max_buckets: usize) -> Self {
        let span = steps.end().wrapping_sub(*steps.start()).cast_unsigned();
        let most = max_buckets.max(1) as u64;
        // `span + 1` steps in `most` stretches, rounded up; the whole range of i64 included.
        let width = (span / most + 1).max(1);
        let count = (span / width + 1) as usize;
        Self {
            steps,
            width,
            cells: vec![None; count],
            current: None,
        }
    }

    pub fn finish(self) -> Buckets {
        Buckets {
            first_step: *self.steps.start(),
            width: self.width,
            buckets: self.cells.into_iter().flatten().collect(),
        }
    }

    fn index(&self, step: i64) -> usize {
        (step.wrapping_sub(*self.steps.start()).cast_unsigned() / self.width) as usize
    }

    pub fn point(&mut self, step: i64, value: f64) {
        if !self.steps.contains(&step) {
            return;
        }
        let index = match &self.current {
            Some((index, steps)) if steps.contains(&step) => *index,
            _ => {
                let index = self.index(step);
                let offset = (index as u64 * self.width).cast_signed();
                let first = self.steps.start().wrapping_add(offset);
                let last = first.saturating_add_unsigned(self.width - 1);
                self.current = Some((index, first..=last));
                index
            }
        };
        let is_nan = value.is_nan();
        let point = Bucket {
            first_step: step,
            last_step: step,
            count: 1,
            nan_count: u64::from(is_nan),
            min: (!is_nan).then_some(value),
            max: (!is_nan).then_some(value),
            sum: if is_nan { 0.0 } else { value },
            last: value,
        };
        join(&mut self.cells[index], &point);
    }

    /// Values at evenly spaced steps, `stride` apart: stretch by stretch instead of one by one.
    fn even(&mut self, first_step: i64, stride: u64, values: &[f64]) {
        let (first, stride) = (i128::from(first_step), i128::from(stride.max(1)));
        let (start, end) = (
            i128::from(*self.steps.start()),
            i128::from(*self.steps.end()),
        );
        let step_at = |place: usize| first + stride * place as i128;
        let before = (start - first + stride - 1).div_euclid(stride).max(0);
        let mut place = usize::try_from(before).unwrap_or(usize::MAX);
        while place < values.len() && step_at(place) <= end {
            let step = step_at(place);
            let index = (step - start) / i128::from(self.width);
            let last = (start + (index + 1) * i128::from(self.width) - 1).min(end);
            let left = values.len() - place;
            let count =
                usize::try_from((last - step) / stride + 1).map_or(left, |count| count.min(left));
            let inside = &values[place..place + count];
            // Both lie within the range, whose ends are of 64 bits.
            let (from, to) = (step as i64, step_at(place + count - 1) as i64);
            join(&mut self.cells[index as usize], &stretch(from, to, inside));
            place += count;
        }
    }

    /// A whole page, when it lies in one stretch. Says whether it does.
    fn page(&mut self, summary: &PageSummary, count: u32) -> bool {
        let is_inside = summary.min_step <= summary.max_step
            && self.steps.contains(&summary.min_step)
            && self.steps.contains(&summary.max_step);
        if !is_inside || self.index(summary.min_step) != self.index(summary.max_step) {
            return false;
        }
        let has_numbers = count > summary.nan_count;
        let index = self.index(summary.min_step);
        let page = Bucket {
            first_step: summary.min_step,
            last_step: summary.max_step,
            count: u64::from(count),
            nan_count: u64::from(summary.nan_count),
            min: has_numbers.then_some(summary.min),
            max: has_numbers.then_some(summary.max),
            sum: summary.sum,
            last: summary.last,
        };
        join(&mut self.cells[index], &page);
        true
    }

    /// Sealed rows in their order; those of a long run by several threads.
    pub fn segments(
        &mut self,
        parts: &[&SealedPart],
        key: &str,
        cache: &SegmentCache,
    ) -> Result<()> {
        let threads = std::thread::available_parallelism().map_or(1, |count| count.get());
        let share = parts
            .len()
            .div_ceil(threads.min(MOST_THREADS))
            .max(PARTS_EACH);
        let some = |parts: &[&SealedPart], buckets: &mut Self| {
            parts.iter().try_for_each(|part| {
                let segment = cache.open(&part.file)?;
                buckets.segment(&segment, key, part.visible_rows)
            })
        };
        let Some((own, others)) = parts.split_at_checked(share) else {
            return some(parts, self);
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = others
                .chunks(share)
                .map(|parts| {
                    let mut buckets = self.empty();
                    scope.spawn(move || some(parts, &mut buckets).map(|()| buckets))
                })
                .collect();
            some(own, self)?;
            for other in others {
                // A panic is a fault of ours, and stays one.
                let other = other
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                for (cell, bucket) in self.cells.iter_mut().zip(other.cells) {
                    bucket.iter().for_each(|bucket| join(cell, bucket));
                }
            }
            Ok(())
        })
    }

    /// The same stretches, with nothing in them.
    fn empty(&self) -> Self {
        Self {
            steps: self.steps.clone(),
            width: self.width,
            cells: vec![None; self.cells.len()],
            current: None,
        }
    }

    /// The first `visible_rows` rows of a segment.
    fn segment(&mut self, segment: &Segment, key: &str, visible_rows: u64) -> Result<()> {
        if !segment.overlaps(&self.steps) {
            return Ok(());
        }
        let mut has_column = false;
        for column in segment.columns_named(key) {
            has_column = true;
            if !matches!(column.values, ValuePages::Texts(_)) || column.has_number_texts {
                self.column(segment, column, visible_rows)?;
            }
        }
        if !has_column && key.contains('.') {
            let rows = segment.rows_of_steps(&self.steps)?;
            let mut steps = StepPages::open(segment)?;
            for (row, value) in segment.values(key, rows.start..rows.end.min(visible_rows))? {
                if let Some(value) = value.as_f64() {
                    self.point(steps.step(row as u32)?, value);
                }
            }
        }
        Ok(())
    }

    fn column(&mut self, segment: &Segment, column: &Column, visible_rows: u64) -> Result<()> {
        let mut opened = None;
        for page in 0..column.page_count() {
            let (first_row, last_row) = column.bounds(page);
            if u64::from(first_row) >= visible_rows {
                break;
            }
            let is_whole = u64::from(last_row) < visible_rows;
            if let (Some(summary), ValuePages::Numbers(block)) =
                (column.summaries.get(page), &column.values)
            {
                if summary.min_step > *self.steps.end() || summary.max_step < *self.steps.start() {
                    continue;
                }
                if is_whole && self.page(summary, block.pages[page].values) {
                    continue;
                }
            }
            let (cursor, steps) = match &mut opened {
                Some(opened) => opened,
                None => opened.insert((Cursor::open(segment, column)?, StepPages::open(segment)?)),
            };
            cursor.load(page)?;
            if let (PageValues::F64(values), None, Some((first_step, stride))) =
                (&cursor.values, &column.rows, steps.even(page))
            {
                let visible = usize::try_from(visible_rows - u64::from(first_row));
                let visible = visible.map_or(values.len(), |rows| rows.min(values.len()));
                self.even(first_step, stride, &values[..visible]);
                continue;
            }
            for index in 0..cursor.values.len() {
                let row = cursor.row(index)?;
                if u64::from(row) >= visible_rows {
                    break;
                }
                if let Some(value) = cursor.values.float(index) {
                    self.point(steps.step(row)?, value);
                }
            }
        }
        Ok(())
    }
}

/// At least one value, the last at the highest step. Four of each figure, so that the processor can
/// work on four values at once.
fn stretch(first_step: i64, last_step: i64, values: &[f64]) -> Bucket {
    let (mut min, mut max) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    let (mut sum, mut nan_count) = ([0.0; LANES], [0_u64; LANES]);
    let mut add = |lane: usize, value: f64| {
        // No comparison holds for NaN.
        min[lane] = if value < min[lane] { value } else { min[lane] };
        max[lane] = if value > max[lane] { value } else { max[lane] };
        sum[lane] += if value.is_nan() { 0.0 } else { value };
        nan_count[lane] += u64::from(value.is_nan());
    };
    let (whole, rest) = values.as_chunks::<LANES>();
    for four in whole {
        for lane in 0..LANES {
            add(lane, four[lane]);
        }
    }
    for (lane, value) in rest.iter().enumerate() {
        add(lane, *value);
    }
    let (count, nan_count) = (values.len() as u64, nan_count.iter().sum());
    let has_numbers = count > nan_count;
    Bucket {
        first_step,
        last_step,
        count,
        nan_count,
        min: has_numbers.then(|| min.into_iter().fold(f64::INFINITY, f64::min)),
        max: has_numbers.then(|| max.into_iter().fold(f64::NEG_INFINITY, f64::max)),
        sum: sum.iter().sum(),
        last: values.last().copied().unwrap_or(f64::NAN),
    }
}

fn join(cell: &mut Option<Bucket>, other: &Bucket) {
    let Some(bucket) = cell else {
        *cell = Some(*other);
        return;
    };
    if other.last_step >= bucket.last_step {
        bucket.last = other.last;
        bucket.last_step = other.last_step;
    }
    bucket.first_step = bucket.first_step.min(other.first_step);
    bucket.count += other.count;
    bucket.nan_count += other.nan_count;
    bucket.sum += other.sum;
    bucket.min = pick(bucket.min, other.min, f64::min);
    bucket.max = pick(bucket.max, other.max, f64::max);
}

fn pick(one: Option<f64>, other: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(choose(one, other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_whole_range_of_steps_is_divided_without_overflow() {
        let mut buckets = Accumulator::new(i64::MIN..=i64::MAX, 2000);
        for step in [i64::MIN, -1, 0, i64::MAX] {
            buckets.point(step, 1.0);
        }
        let buckets = buckets.finish();
        assert_eq!(
            buckets
                .buckets
                .iter()
                .map(|bucket| bucket.count)
                .sum::<u64>(),
            4
        );
        assert_eq!(buckets.buckets[0].first_step, i64::MIN);
    }

    fn close(one: &Buckets, other: &Buckets) -> bool {
        let same = |(one, other): (&Bucket, &Bucket)| {
            let sum = (one.sum - other.sum).abs() <= 1e-9 * (1.0 + one.sum.abs());
            let last = one.last == other.last || one.last.is_nan() && other.last.is_nan();
            let of = |it: &Bucket| (it.first_step, it.last_step, it.count, it.nan_count);
            sum && last && of(one) == of(other) && one.min == other.min && one.max == other.max
        };
        let pairs = one.buckets.iter().zip(&other.buckets);
        one.buckets.len() == other.buckets.len() && pairs.into_iter().all(same)
    }

    #[test]
    fn even_steps_at_the_ends_of_their_range_do_not_overflow() {
        let values = [1.0, 2.0, 3.0];
        for (first, stride) in [(i64::MAX - 1, 1), (i64::MIN, u64::MAX), (-1, u64::MAX / 2)] {
            let mut buckets = Accumulator::new(i64::MIN..=i64::MAX, 7);
            buckets.even(first, stride, &values);
            let counted: u64 = buckets.finish().buckets.iter().map(|it| it.count).sum();
            assert!(counted >= 1, "{first} {stride}");
        }
    }

    proptest! {
        #[test]
        fn even_steps_are_points(
            first in -500i64..500, stride in 1u64..40,
            values in proptest::collection::vec(
                prop_oneof![9 => -9.0..9.0, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)], 1..300
            ),
            start in -400i64..400, length in 0i64..3000, most in 1usize..40,
        ) {
            let steps = start..=start + length;
            let (mut one, mut other) = (Accumulator::new(steps.clone(), most), Accumulator::new(steps, most));
            one.even(first, stride, &values);
            for (place, value) in values.iter().enumerate() {
                other.point(first + stride as i64 * place as i64, *value);
            }
            let (one, other) = (one.finish(), other.finish());
            // Infinity less infinity is not a number in either.
            let has_infinity = values.iter().any(|value| value.is_infinite());
            prop_assert!(has_infinity || close(&one, &other), "{one:?} {other:?}");
            prop_assert_eq!(one.buckets.len(), other.buckets.len());
        }

        #[test]
        fn points_fall_where_their_step_lies(
            points in proptest::collection::vec((-500i64..500, -9i32..9), 0..300),
            start in -400i64..0, length in 0i64..600, most in 1usize..40,
        ) {
            let steps = start..=start + length;
            let mut buckets = Accumulator::new(steps.clone(), most);
            for (step, value) in &points {
                buckets.point(*step, f64::from(*value));
            }
            let found = buckets.finish();
            prop_assert!(found.buckets.len() <= most);
            let mut total = 0;
            for bucket in &found.buckets {
                let place = |step: i64| (step - start) as u64 / found.width;
                prop_assert_eq!(place(bucket.first_step), place(bucket.last_step));
                let inside: Vec<&(i64, i32)> = points
                    .iter()
                    .filter(|(step, _)| steps.contains(step))
                    .filter(|(step, _)| place(*step) == place(bucket.first_step))
                    .collect();
                total += inside.len();
                prop_assert_eq!(bucket.count, inside.len() as u64);
                prop_assert_eq!(
                    bucket.min, inside.iter().map(|(_, value)| f64::from(*value)).reduce(f64::min)
                );
                prop_assert_eq!(
                    bucket.max, inside.iter().map(|(_, value)| f64::from(*value)).reduce(f64::max)
                );
                let last = inside.iter().max_by_key(|(step, _)| *step).unwrap();
                prop_assert_eq!(bucket.last, f64::from(last.1));
            }
            let all = points.iter().filter(|(step, _)| steps.contains(step)).count();
            prop_assert_eq!(total, all);
        }
    }
}
