//! Columns to lines, series and summaries. Whatever the file claims, reading ends with values or
//! an error that names the place.

use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use crate::json::{self, Value};
use crate::number::{Digits, Format};
use crate::segment::footer::{Column, Footer, Kind, Shape, ShapeLayout, ValuePages, read_shapes};
use crate::segment::order;
use crate::segment::pages::{Input, NumberPages, PAGE_ROWS, Source, Texts, read_texts, unpack};
use crate::{Error, Result};

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

/// Steps page by page, without reading where they are evenly spaced.
pub struct StepPages<'a> {
    segment: &'a Segment,
    uneven: Option<NumberPages<'a, i64>>,
    /// Of each page, how many uneven ones come before it.
    places: Vec<usize>,
    loaded: Option<(usize, Vec<i64>)>,
}

impl<'a> StepPages<'a> {
    pub fn open(segment: &'a Segment) -> Result<Self> {
        let steps = &segment.footer.steps;
        let uneven = match &steps.uneven {
            Some(block) => Some(block.open(&segment.input)?),
            None => None,
        };
        let mut count = 0;
        let places = steps.pages.iter().map(|(_, stride)| {
            count += usize::from(stride.is_none());
            count - usize::from(stride.is_none())
        });
        Ok(Self {
            segment,
            uneven,
            places: places.collect(),
            loaded: None,
        })
    }

    fn rows_of(&self, page: usize) -> usize {
        PAGE_ROWS.min(self.segment.footer.rows as usize - page * PAGE_ROWS)
    }

    /// Whether a page may have a step of the range; a page that has to be read may.
    fn may_overlap(&self, page: usize, steps: &RangeInclusive<i64>) -> bool {
        let Some((first, Some(stride))) = self.segment.footer.steps.pages.get(page).copied() else {
            return true;
        };
        let last = first.wrapping_add(stride.wrapping_mul(self.rows_of(page) as i64 - 1));
        first.min(last) <= *steps.end() && first.max(last) >= *steps.start()
    }

    pub fn page(&mut self, page: usize) -> Result<&[i64]> {
        let is_loaded = self
            .loaded
            .as_ref()
            .is_some_and(|(loaded, _)| *loaded == page);
        if !is_loaded {
            let steps = self.read(page)?;
            self.loaded = Some((page, steps));
        }
        Ok(self.loaded.as_ref().map_or(&[], |(_, steps)| steps))
    }

    fn read(&mut self, page: usize) -> Result<Vec<i64>> {
        let segment = self.segment;
        let missing = || segment.input.damaged(0, "steps are missing");
        let (first, stride) = *segment.footer.steps.pages.get(page).ok_or_else(missing)?;
        let rows = self.rows_of(page);
        if let Some(stride) = stride {
            let step = |row: i64| first.wrapping_add(stride.wrapping_mul(row));
            return Ok((0..rows as i64).map(step).collect());
        }
        let uneven = self.uneven.as_mut().ok_or_else(missing)?;
        let steps = uneven.page(self.places[page])?;
        match steps.len() == rows {
            true => Ok(steps),
            false => Err(missing()),
        }
    }

    /// The first step of a page of rows and the distance of each to the next, where these are even
    /// and grow.
    pub fn even(&self, page: usize) -> Option<(i64, u64)> {
        let (first, stride) = self.segment.footer.steps.pages.get(page)?;
        let stride = u64::try_from((*stride)?)
            .ok()
            .filter(|stride| *stride > 0)?;
        Some((*first, stride))
    }

    pub fn step(&mut self, row: u32) -> Result<i64> {
        let (page, index) = (row as usize / PAGE_ROWS, row as usize % PAGE_ROWS);
        if let Some((first, Some(stride))) = self.segment.footer.steps.pages.get(page) {
            return Ok(first.wrapping_add(stride.wrapping_mul(index as i64)));
        }
        let step = self.page(page)?.get(index).copied();
        step.ok_or_else(|| self.segment.input.damaged(0, "steps are missing"))
    }
}

/// The values of one page of one column at a time.
pub struct Cursor<'a> {
    segment: &'a Segment,
    column: &'a Column,
    decoder: Decoder<'a>,
    row_decoder: Option<NumberPages<'a, u32>>,
    loaded: Option<usize>,
    rows: Vec<u32>,
    pub values: PageValues,
}

enum Decoder<'a> {
    F64(NumberPages<'a, f64>),
    I64(NumberPages<'a, i64>),
    U64(NumberPages<'a, u64>),
    Texts,
}

pub enum PageValues {
    F64(Vec<f64>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    Texts(Texts),
}

impl PageValues {
    pub fn len(&self) -> usize {
        match self {
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::U64(values) => values.len(),
            Self::Texts(texts) => texts.len(),
        }
    }

    /// The nearest float; `None` for texts that are no numbers.
    pub fn float(&self, index: usize) -> Option<f64> {
        match self {
            Self::F64(values) => Some(values[index]),
            Self::I64(values) => Some(values[index] as f64),
            Self::U64(values) => Some(values[index] as f64),
            Self::Texts(texts) => Value::from_token(texts.get(index)).as_f64(),
        }
    }

    /// The value as its text would be read.
    fn typed(&self, index: usize, format: Format) -> Value {
        match self {
            Self::F64(values) => {
                let value = values[index];
                let writes_whole = matches!(format, Format::GoShortest | Format::JavaScript);
                if writes_whole && value.fract() == 0.0 {
                    let mut token = String::new();
                    Digits::new().set(value).put(format, &mut token);
                    return Value::from_token(&token);
                }
                Value::F64(value)
            }
            Self::I64(values) => Value::I64(values[index]),
            Self::U64(values) => Value::U64(values[index]),
            Self::Texts(texts) => Value::from_token(texts.get(index)),
        }
    }
}

impl<'a> Cursor<'a> {
    pub fn open(segment: &'a Segment, column: &'a Column) -> Result<Self> {
        let input = &segment.input;
        let decoder = match (&column.values, column.kind) {
            (ValuePages::Numbers(block), Kind::F64) => Decoder::F64(block.open(input)?),
            (ValuePages::Numbers(block), Kind::I64) => Decoder::I64(block.open(input)?),
            (ValuePages::Numbers(block), Kind::U64) => Decoder::U64(block.open(input)?),
            (ValuePages::Texts(_), Kind::Text | Kind::Line) => Decoder::Texts,
            _ => return Err(input.damaged(0, "a column's values are of another kind")),
        };
        let row_decoder = match &column.rows {
            Some(rows) => Some(rows.block.open(input)?),
            None => None,
        };
        Ok(Self {
            segment,
            column,
            decoder,
            row_decoder,
            loaded: None,
            rows: Vec::new(),
            values: PageValues::Texts(Texts::default()),
        })
    }

    pub fn load(&mut self, page: usize) -> Result<()> {
        if self.loaded == Some(page) {
            return Ok(());
        }
        self.loaded = None;
        self.values = match (&mut self.decoder, &self.column.values) {
            (Decoder::F64(pages), _) => PageValues::F64(pages.page(page)?),
            (Decoder::I64(pages), _) => PageValues::I64(pages.page(page)?),
            (Decoder::U64(pages), _) => PageValues::U64(pages.page(page)?),
            (Decoder::Texts, ValuePages::Texts(parts)) => match parts.get(page) {
                Some(part) => PageValues::Texts(read_texts(&self.segment.input, part)?),
                None => return Err(self.damaged()),
            },
            _ => return Err(self.damaged()),
        };
        if let Some(rows) = &mut self.row_decoder {
            self.rows = rows.page(page)?;
            if self.rows.len() != self.values.len() {
                return Err(self.damaged());
            }
        }
        self.loaded = Some(page);
        Ok(())
    }

    /// The row of a value of the loaded page.
    pub fn row(&self, index: usize) -> Result<u32> {
        let first = self.loaded.unwrap_or(0) * PAGE_ROWS;
        let row = match &self.row_decoder {
            Some(_) => self.rows.get(index).copied(),
            None => Some((first + index) as u32),
        };
        row.filter(|row| u64::from(*row) < self.segment.footer.rows)
            .ok_or_else(|| self.damaged())
    }

    /// Appends the text of the value of a row that has one.
    fn put(&mut self, row: u32, digits: &mut Digits, out: &mut String) -> Result<()> {
        let index = self.find(row)?;
        match &self.values {
            PageValues::F64(values) => digits.set(values[index]).put(self.column.format, out),
            // Writing to a string can't fail.
            PageValues::I64(values) => {
                let _ = std::fmt::Write::write_fmt(out, format_args!("{}", values[index]));
            }
            PageValues::U64(values) => {
                let _ = std::fmt::Write::write_fmt(out, format_args!("{}", values[index]));
            }
            PageValues::Texts(texts) => out.push_str(texts.get(index)),
        }
        Ok(())
    }

    fn find(&mut self, row: u32) -> Result<usize> {
        let Some(rows) = &self.column.rows else {
            self.load(row as usize / PAGE_ROWS)?;
            let index = row as usize % PAGE_ROWS;
            return match index < self.values.len() {
                true => Ok(index),
                false => Err(self.damaged()),
            };
        };
        let page = rows.bounds.partition_point(|(_, last)| *last < row);
        self.load(page)?;
        self.rows.binary_search(&row).map_err(|_| self.damaged())
    }

    fn damaged(&self) -> Error {
        let problem = format!(
            "the column '{}' does not hold what it claims",
            self.column.name
        );
        self.segment.input.damaged(0, problem)
    }
}

/// Writes rows again as they were sent.
struct LineWriter<'a> {
    segment: &'a Segment,
    shapes: Vec<Shape>,
    shape_pages: Option<NumberPages<'a, u32>>,
    order_pages: Option<NumberPages<'a, u64>>,
    cursors: Vec<Cursor<'a>>,
    /// Each column's key with quotes and colon.
    keys: Vec<String>,
    line_column: Option<usize>,
    page: usize,
    shape_of_row: Vec<u32>,
    order_words: Vec<u64>,
    /// Where each row's words begin.
    order_starts: Vec<usize>,
    digits: Digits,
    order: Vec<u32>,
}

impl<'a> LineWriter<'a> {
    fn open(segment: &'a Segment) -> Result<Self> {
        let (input, footer) = (&segment.input, &segment.footer);
        let raw = unpack(input, &footer.shapes)?;
        let shapes = read_shapes(&raw, footer.columns.len())
            .map_err(|problem| input.damaged(footer.shapes.offset, problem))?;
        let keys = footer.columns.iter().map(|column| {
            let mut key = String::new();
            json::put_key(&column.name, &mut key);
            key.push(':');
            key
        });
        let keys = keys.collect();
        let cursors = footer
            .columns
            .iter()
            .map(|column| Cursor::open(segment, column));
        let shape_pages = match &footer.shape_of_row {
            Some(block) => Some(block.open(input)?),
            None => None,
        };
        let order_pages = match &footer.orders {
            Some(block) => Some(block.open(input)?),
            None => None,
        };
        Ok(Self {
            segment,
            shapes,
            shape_pages,
            order_pages,
            cursors: cursors.collect::<Result<Vec<_>>>()?,
            keys,
            line_column: footer
                .columns
                .iter()
                .position(|column| column.kind == Kind::Line),
            page: 0,
            shape_of_row: Vec::new(),
            order_words: Vec::new(),
            order_starts: Vec::new(),
            digits: Digits::new(),
            order: Vec::new(),
        })
    }

    fn load(&mut self, page: usize, rows: usize) -> Result<()> {
        let segment = self.segment;
        let damaged = |problem: &str| segment.input.damaged(0, problem);
        self.page = page;
        self.shape_of_row = match &mut self.shape_pages {
            Some(pages) => pages.page(page)?,
            None => vec![0; rows],
        };
        let all_known = |shape: &u32| (*shape as usize) < self.shapes.len();
        if self.shape_of_row.len() != rows || !self.shape_of_row.iter().all(all_known) {
            return Err(damaged("the shapes of rows are not what they should be"));
        }
        self.order_words = match &mut self.order_pages {
            Some(pages) => pages.page(page)?,
            None => Vec::new(),
        };
        self.order_starts.clear();
        let mut start = 0;
        for shape in &self.shape_of_row {
            self.order_starts.push(start);
            start += self.shapes[*shape as usize].order_words();
        }
        if self.order_pages.is_some() && start > self.order_words.len() {
            return Err(damaged("the orders of keys are not whole"));
        }
        Ok(())
    }

    fn put(&mut self, index: usize, out: &mut String) -> Result<()> {
        let row = (self.page * PAGE_ROWS + index) as u32;
        let shape = &self.shapes[self.shape_of_row[index] as usize];
        if shape.layout == ShapeLayout::Kept {
            let column = self
                .line_column
                .ok_or_else(|| self.segment.input.damaged(0, "kept lines are missing"))?;
            return self.cursors[column].put(row, &mut self.digits, out);
        }
        let start = self.order_starts[index];
        let words = match self.order_pages {
            Some(_) => &self.order_words[start..start + shape.order_words()],
            None => &[],
        };
        order::order(&shape.columns, words, &mut self.order);
        let blank = if shape.layout == ShapeLayout::Spaced {
            " "
        } else {
            ""
        };
        out.push('{');
        for (place, column) in self.order.iter().enumerate() {
            if place > 0 {
                out.push(',');
                out.push_str(blank);
            }
            out.push_str(&self.keys[*column as usize]);
            out.push_str(blank);
            self.cursors[*column as usize].put(row, &mut self.digits, out)?;
        }
        out.push('}');
        Ok(())
    }
}

impl Shape {
    fn order_words(&self) -> usize {
        match self.layout {
            ShapeLayout::Kept => 0,
            _ => order::words(self.columns.len()),
        }
    }
}
