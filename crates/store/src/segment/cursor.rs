//! The values of one column, page by page.

use crate::json::Value;
use crate::number::{Digits, Format};
use crate::segment::Segment;
use crate::segment::footer::{Column, Kind, ValuePages};
use crate::segment::pages::{NumberPages, PAGE_ROWS, Texts, read_texts};
use crate::{Error, Result};

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
    pub fn typed(&self, index: usize, format: Format) -> Value {
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
    pub fn put(&mut self, row: u32, digits: &mut Digits, out: &mut String) -> Result<()> {
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
