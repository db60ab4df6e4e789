//! Columns to lines, series and summaries. Whatever the file claims, reading ends with values or
//! an error that names the place.

use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use crate::Result;
use crate::json::{self, Value};
use crate::segment::cursor::{Cursor, PageValues};
use crate::segment::footer::{Column, Footer, Kind};
use crate::segment::lines::LineWriter;
use crate::segment::pages::{Input, PAGE_ROWS, Source};
use crate::segment::steps::StepPages;

pub struct Segment {
    pub(crate) input: Input,
    pub footer: Footer,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Segment({})", self.input.path.display())
    }
}

impl Segment {
    pub fn open(source: Box<dyn Source>, path: PathBuf) -> Result<Self> {
        let input = Input::new(source, path)?;
        let footer = Footer::open(&input)?;
        Ok(Self { input, footer })
    }

    /// Columns with values of a key; more than one where its values are of several kinds.
    pub fn columns_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Column> {
        let columns = self.footer.columns.iter();
        columns.filter(move |column| column.kind != Kind::Line && column.name == name)
    }

    /// Hands row, step and line of every row of `rows` whose step lies in `steps` to `each`.
    pub fn lines(
        &self,
        rows: Range<u64>,
        steps: &RangeInclusive<i64>,
        each: impl FnMut(u64, i64, &str),
    ) -> Result<()> {
        self.chosen_lines(rows, steps, |_| true, each)
    }

    /// The rows from the first to the last page that may have a step of the range.
    pub fn rows_of_steps(&self, steps: &RangeInclusive<i64>) -> Result<Range<u64>> {
        let step_pages = StepPages::open(self)?;
        let count = self.footer.steps.pages.len();
        let is_near = |page: &usize| step_pages.may_overlap(*page, steps);
        let first = (0..count).find(is_near);
        let last = (0..count).rfind(is_near);
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(0..0);
        };
        let end = ((last + 1) * PAGE_ROWS) as u64;
        Ok((first * PAGE_ROWS) as u64..end.min(self.footer.rows))
    }

    /// `lines`, of the rows that are chosen; pages without one are not read.
    pub fn chosen_lines(
        &self,
        rows: Range<u64>,
        steps: &RangeInclusive<i64>,
        is_chosen: impl Fn(u64) -> bool,
        mut each: impl FnMut(u64, i64, &str),
    ) -> Result<()> {
        let rows = rows.start..rows.end.min(self.footer.rows);
        if rows.is_empty() || !self.overlaps(steps) {
            return Ok(());
        }
        let mut writer = LineWriter::open(self)?;
        let mut step_pages = StepPages::open(self)?;
        let pages = rows.start as usize / PAGE_ROWS..(rows.end as usize).div_ceil(PAGE_ROWS);
        let mut line = String::new();
        for page in pages {
            if !step_pages.may_overlap(page, steps) {
                continue;
            }
            let found = step_pages.page(page)?;
            let is_wanted = |(index, step): (usize, &i64)| {
                let row = (page * PAGE_ROWS + index) as u64;
                let is_inside = rows.contains(&row) && steps.contains(step);
                (is_inside && is_chosen(row)).then_some((index, *step))
            };
            let wanted: Vec<(usize, i64)> =
                found.iter().enumerate().filter_map(is_wanted).collect();
            if wanted.is_empty() {
                continue;
            }
            writer.load(page, found.len())?;
            for (index, step) in wanted {
                line.clear();
                writer.put(index, &mut line)?;
                each((page * PAGE_ROWS + index) as u64, step, &line);
            }
        }
        Ok(())
    }

    pub fn overlaps(&self, steps: &RangeInclusive<i64>) -> bool {
        self.footer.min_step <= *steps.end() && self.footer.max_step >= *steps.start()
    }

    /// Row and value of a key in `rows`, ascending. A path leads into nested values where no
    /// column has the key itself.
    pub fn values(&self, key: &str, rows: Range<u64>) -> Result<Vec<(u64, Value)>> {
        let mut found = Vec::new();
        for column in self.columns_named(key) {
            self.collect(
                column,
                &rows,
                |token| Some(Value::from_token(token)),
                &mut found,
            )?;
        }
        let literal = found.len();
        for (dot, _) in key.match_indices('.') {
            let (parent, rest) = (&key[..dot], &key[dot + 1..]);
            for column in self.columns_named(parent) {
                if column.kind == Kind::Text {
                    let nested = |token: &str| json::find(token, rest).map(Value::from_token);
                    self.collect(column, &rows, nested, &mut found)?;
                }
            }
        }
        // Stable: of a row that has both, the literal key comes first and stays.
        found.sort_by_key(|(row, _)| *row);
        if found.len() > literal {
            found.dedup_by_key(|(row, _)| *row);
        }
        Ok(found)
    }

    /// The last of the first `visible_rows` rows that has a value in a column, the value, and how
    /// many there are.
    pub fn last_value(
        &self,
        column: &Column,
        visible_rows: u64,
    ) -> Result<Option<(u64, Value, u64)>> {
        let mut cursor = Cursor::open(self, column)?;
        for page in (0..column.page_count()).rev() {
            if u64::from(column.bounds(page).0) >= visible_rows {
                continue;
            }
            cursor.load(page)?;
            for index in (0..cursor.values.len()).rev() {
                let row = u64::from(cursor.row(index)?);
                if row < visible_rows {
                    let value = cursor.values.typed(index, column.format);
                    let count = page * PAGE_ROWS + index + 1;
                    return Ok(Some((row, value, count as u64)));
                }
            }
        }
        Ok(None)
    }

    fn collect(
        &self,
        column: &Column,
        rows: &Range<u64>,
        convert: impl Fn(&str) -> Option<Value>,
        found: &mut Vec<(u64, Value)>,
    ) -> Result<()> {
        let mut cursor = Cursor::open(self, column)?;
        for page in 0..column.page_count() {
            let (first, last) = column.bounds(page);
            if u64::from(last) < rows.start || u64::from(first) >= rows.end {
                continue;
            }
            cursor.load(page)?;
            for index in 0..cursor.values.len() {
                let row = u64::from(cursor.row(index)?);
                if !rows.contains(&row) {
                    continue;
                }
                let value = match &cursor.values {
                    PageValues::Texts(texts) => convert(texts.get(index)),
                    values => Some(values.typed(index, column.format)),
                };
                found.extend(value.map(|value| (row, value)));
            }
        }
        Ok(())
    }
}
