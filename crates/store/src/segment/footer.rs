//! What a segment says about itself: its rows, columns, pages and what lies in each page.

use std::path::Path;

use crate::Result;
use crate::codec::{Bytes, Decoded, put_bytes, put_signed, put_varint};
use crate::log::{file_header, read_file_header};
use crate::number::Format;
use crate::operation::StreamKey;
use crate::segment::pages::{Input, NumberBlock, PAGE_ROWS, Part, put_parts, read_parts};

/// The format that is written. Older ones are read, newer ones refused.
pub const SEGMENT_FORMAT: u16 = 1;
const MAGIC: [u8; 8] = *b"gradseg\0";
/// Footer length u32, footer CRC32C u32, mark.
const TRAILER_BYTES: u64 = 16;
const HEADER_BYTES: u64 = 16;
/// Rows of one segment are numbered by 32 bits, and a page index of this many is 4 MB.
pub const MAX_ROWS: u64 = 1 << 26;

#[derive(Debug, Clone, PartialEq)]
pub struct Footer {
    pub key: StreamKey,
    pub first_offset: u64,
    pub rows: u64,
    pub min_step: i64,
    pub max_step: i64,
    pub steps: Steps,
    /// Which columns a row has and how it is written; packed.
    pub shapes: Part,
    /// The shape of each row; absent when all have the first.
    pub shape_of_row: Option<NumberBlock>,
    /// Numbers of the orders of keys, page by page of rows; absent when nothing is shuffled.
    pub orders: Option<NumberBlock>,
    pub columns: Vec<Column>,
}

/// Steps of all rows, page by page: a first one and a stride where they are evenly spaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// First step and stride; without stride the next page of `uneven` holds them.
    pub pages: Vec<(i64, Option<i64>)>,
    pub uneven: Option<NumberBlock>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    F64 = 0,
    I64 = 1,
    U64 = 2,
    /// JSON texts as they were sent.
    Text = 3,
    /// Whole lines as they were sent, of rows that no rule writes again.
    Line = 4,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The key as sent, unescaped. Two columns may have one name, with values of two kinds.
    pub name: String,
    pub kind: Kind,
    /// How the floats are written.
    pub format: Format,
    pub count: u64,
    /// Among the texts are numbers that no rule writes again.
    pub has_number_texts: bool,
    /// Rows that have a value; absent when all have one.
    pub rows: Option<RowPages>,
    pub values: ValuePages,
    /// Of numbers, one for each page.
    pub summaries: Vec<PageSummary>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPages {
    pub block: NumberBlock,
    /// First and last row of each page.
    pub bounds: Vec<(u32, u32)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValuePages {
    Numbers(NumberBlock),
    Texts(Vec<Part>),
}

/// What the numbers of one page come to; NaN is counted, and in nothing else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageSummary {
    pub nan_count: u32,
    /// Infinity and -Infinity, the wrong way round, where every value is NaN.
    pub min: f64,
    pub max: f64,
    pub sum: f64,
    /// At the highest step; of several there the one sent last.
    pub last: f64,
    pub min_step: i64,
    pub max_step: i64,
}

impl Column {
    pub fn page_count(&self) -> usize {
        match &self.values {
            ValuePages::Numbers(block) => block.pages.len(),
            ValuePages::Texts(parts) => parts.len(),
        }
    }

    /// First and last row of a page.
    pub fn bounds(&self, page: usize) -> (u32, u32) {
        match &self.rows {
            Some(rows) => rows.bounds[page],
            None => {
                let first = page * PAGE_ROWS;
                let last = (first + PAGE_ROWS).min(self.count as usize) - 1;
                (first as u32, last as u32)
            }
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.name.as_bytes());
        out.extend_from_slice(&[self.kind as u8, self.format as u8]);
        out.push(u8::from(self.has_number_texts));
        put_varint(out, self.count);
        out.push(u8::from(self.rows.is_some()));
        if let Some(rows) = &self.rows {
            rows.block.put(out);
            for (first, last) in &rows.bounds {
                put_varint(out, u64::from(*first));
                put_varint(out, u64::from(*last));
            }
        }
        match &self.values {
            ValuePages::Numbers(block) => block.put(out),
            ValuePages::Texts(parts) => put_parts(out, parts),
        }
        put_varint(out, self.summaries.len() as u64);
        for summary in &self.summaries {
            put_varint(out, u64::from(summary.nan_count));
            for value in [summary.min, summary.max, summary.sum, summary.last] {
                out.extend_from_slice(&value.to_bits().to_le_bytes());
            }
            put_signed(out, summary.min_step);
            put_signed(out, summary.max_step);
        }
    }

    fn read(bytes: &mut Bytes<'_>, all_rows: u64) -> Decoded<Self> {
        let name = bytes.text()?.to_owned();
        let kind = match bytes.u8()? {
            0 => Kind::F64,
            1 => Kind::I64,
            2 => Kind::U64,
            3 => Kind::Text,
            4 => Kind::Line,
            _ => return Err("a column is of an unknown kind"),
        };
        let format = Format::from_byte(bytes.u8()?).ok_or("a column is written in no known way")?;
        let has_number_texts = bytes.u8()? == 1;
        let count = bytes.varint()?;
        let rows = match bytes.u8()? {
            0 if count == all_rows => None,
            0 => return Err("a column has not as many values as rows"),
            _ => Some(RowPages::read(bytes)?),
        };
        let values = match kind {
            Kind::Text | Kind::Line => ValuePages::Texts(read_parts(bytes)?),
            _ => ValuePages::Numbers(NumberBlock::read(bytes)?),
        };
        let summaries = (0..bytes.count(35)?)
            .map(|_| PageSummary::read(bytes))
            .collect::<Decoded<Vec<_>>>()?;
        let column = Self {
            name,
            kind,
            format,
            count,
            has_number_texts,
            rows,
            values,
            summaries,
        };
        column.is_sound(all_rows)?;
        Ok(column)
    }

    /// Whether pages, rows and summaries belong together.
    fn is_sound(&self, all_rows: u64) -> Decoded<()> {
        let lengths: Vec<u32> = match &self.values {
            ValuePages::Numbers(block) => block.pages.iter().map(|page| page.values).collect(),
            ValuePages::Texts(parts) => parts.iter().map(|part| part.values).collect(),
        };
        let total: u64 = lengths.iter().map(|length| u64::from(*length)).sum();
        let (last, whole) = match lengths.split_last() {
            Some((last, whole)) => (*last as usize, whole),
            None => return Err("a column has no page"),
        };
        let are_full = whole.iter().all(|length| *length as usize == PAGE_ROWS);
        if total != self.count || !are_full || last == 0 || last > PAGE_ROWS {
            return Err("the pages of a column do not hold its values");
        }
        let is_number = matches!(self.values, ValuePages::Numbers(_));
        if is_number && self.summaries.len() != lengths.len() {
            return Err("a page has no summary");
        }
        if let Some(rows) = &self.rows {
            let fits = rows
                .block
                .pages
                .iter()
                .map(|page| page.values)
                .eq(lengths.iter().copied());
            let in_range =
                |(first, last): &(u32, u32)| first <= last && u64::from(*last) < all_rows;
            if !fits || rows.bounds.len() != lengths.len() || !rows.bounds.iter().all(in_range) {
                return Err("the rows of a column do not fit its values");
            }
        }
        Ok(())
    }
}

impl RowPages {
    fn read(bytes: &mut Bytes<'_>) -> Decoded<Self> {
        let block = NumberBlock::read(bytes)?;
        let mut bounds = Vec::with_capacity(block.pages.len());
        for _ in &block.pages {
            let row = |value: u64| u32::try_from(value).map_err(|_| "a row is out of range");
            bounds.push((row(bytes.varint()?)?, row(bytes.varint()?)?));
        }
        Ok(Self { block, bounds })
    }
}

impl PageSummary {
    fn read(bytes: &mut Bytes<'_>) -> Decoded<Self> {
        Ok(Self {
            nan_count: bytes.varint()? as u32,
            min: bytes.f64()?,
            max: bytes.f64()?,
            sum: bytes.f64()?,
            last: bytes.f64()?,
            min_step: bytes.signed()?,
            max_step: bytes.signed()?,
        })
    }
}

impl Steps {
    fn put(&self, out: &mut Vec<u8>) {
        for (first, stride) in &self.pages {
            put_signed(out, *first);
            out.push(u8::from(stride.is_some()));
            put_signed(out, stride.unwrap_or(0));
        }
        put_optional(out, self.uneven.as_ref());
    }

    fn read(bytes: &mut Bytes<'_>, rows: u64) -> Decoded<Self> {
        let count = rows.div_ceil(PAGE_ROWS as u64) as usize;
        if count.saturating_mul(3) > bytes.remaining() {
            return Err("the steps are not whole");
        }
        let mut pages = Vec::with_capacity(count);
        for _ in 0..count {
            let first = bytes.signed()?;
            let is_even = bytes.u8()? == 1;
            let stride = bytes.signed()?;
            pages.push((first, is_even.then_some(stride)));
        }
        let uneven = read_optional(bytes)?;
        Ok(Self { pages, uneven })
    }
}

fn put_optional(out: &mut Vec<u8>, block: Option<&NumberBlock>) {
    out.push(u8::from(block.is_some()));
    if let Some(block) = block {
        block.put(out);
    }
}

fn read_optional(bytes: &mut Bytes<'_>) -> Decoded<Option<NumberBlock>> {
    match bytes.u8()? {
        0 => Ok(None),
        _ => NumberBlock::read(bytes).map(Some),
    }
}

impl Footer {
    pub fn header() -> [u8; 16] {
        file_header(MAGIC, SEGMENT_FORMAT)
    }

    /// Appends footer and trailer to the pages.
    pub fn append(&self, out: &mut Vec<u8>) {
        let mut footer = Vec::new();
        put_varint(&mut footer, self.key.run);
        put_bytes(&mut footer, self.key.stream.as_bytes());
        put_bytes(&mut footer, self.key.writer.as_bytes());
        put_varint(&mut footer, self.first_offset);
        put_varint(&mut footer, self.rows);
        put_signed(&mut footer, self.min_step);
        put_signed(&mut footer, self.max_step);
        self.steps.put(&mut footer);
        self.shapes.put(&mut footer);
        put_optional(&mut footer, self.shape_of_row.as_ref());
        put_optional(&mut footer, self.orders.as_ref());
        put_varint(&mut footer, self.columns.len() as u64);
        for column in &self.columns {
            column.put(&mut footer);
        }
        out.extend_from_slice(&footer);
        out.extend_from_slice(&(footer.len() as u32).to_le_bytes());
        out.extend_from_slice(&crc32c::crc32c(&footer).to_le_bytes());
        out.extend_from_slice(&MAGIC);
    }

    pub fn open(input: &Input) -> Result<Self> {
        let Some(before_trailer) = input.bytes.checked_sub(TRAILER_BYTES + HEADER_BYTES) else {
            return Err(input.damaged(0, "the file is too short for a segment"));
        };
        let header = input.read(0, HEADER_BYTES)?;
        read_file_header(&header, MAGIC, "a segment", SEGMENT_FORMAT, &input.path)?;
        let at = input.bytes - TRAILER_BYTES;
        let trailer = input.read(at, TRAILER_BYTES)?;
        if trailer[8..] != MAGIC {
            return Err(input.damaged(at, "the file does not end with its mark"));
        }
        let length = u32::from_le_bytes([trailer[0], trailer[1], trailer[2], trailer[3]]);
        let crc = u32::from_le_bytes([trailer[4], trailer[5], trailer[6], trailer[7]]);
        if u64::from(length) > before_trailer {
            return Err(input.damaged(at, "the footer is longer than the file"));
        }
        let start = at - u64::from(length);
        let footer = input.read(start, u64::from(length))?;
        if crc32c::crc32c(&footer) != crc {
            return Err(input.damaged(start, "the footer's checksum does not fit"));
        }
        Self::read(&footer).map_err(|problem| input.damaged(start, problem))
    }

    fn read(footer: &[u8]) -> Decoded<Self> {
        let mut bytes = Bytes::new(footer);
        let key = StreamKey::new(bytes.varint()?, bytes.text()?, bytes.text()?);
        let first_offset = bytes.varint()?;
        let rows = bytes.varint()?;
        if rows == 0 || rows > MAX_ROWS || first_offset.checked_add(rows).is_none() {
            return Err("a segment claims an impossible number of rows");
        }
        let (min_step, max_step) = (bytes.signed()?, bytes.signed()?);
        let steps = Steps::read(&mut bytes, rows)?;
        let shapes = Part::read(&mut bytes)?;
        let shape_of_row = read_optional(&mut bytes)?;
        let orders = read_optional(&mut bytes)?;
        let columns = (0..bytes.count(16)?)
            .map(|_| Column::read(&mut bytes, rows))
            .collect::<Decoded<Vec<_>>>()?;
        bytes.end()?;
        Ok(Self {
            key,
            first_offset,
            rows,
            min_step,
            max_step,
            steps,
            shapes,
            shape_of_row,
            orders,
            columns,
        })
    }

    /// The format of a file, for those who only list.
    pub fn format(header: &[u8], path: &Path) -> Result<u16> {
        read_file_header(header, MAGIC, "a segment", SEGMENT_FORMAT, path)
    }
}

/// How a row is written and which columns it has, in the order first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    pub layout: ShapeLayout,
    pub columns: Vec<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ShapeLayout {
    Compact = 0,
    Spaced = 1,
    /// The line itself is kept, in the column of lines.
    Kept = 2,
}

pub fn put_shapes(shapes: &[Shape]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, shapes.len() as u64);
    for shape in shapes {
        out.push(shape.layout as u8);
        put_varint(&mut out, shape.columns.len() as u64);
        for column in &shape.columns {
            put_varint(&mut out, u64::from(*column));
        }
    }
    out
}

pub fn read_shapes(raw: &[u8], columns: usize) -> Decoded<Vec<Shape>> {
    let mut bytes = Bytes::new(raw);
    let mut shapes = Vec::new();
    for _ in 0..bytes.count(2)? {
        let layout = match bytes.u8()? {
            0 => ShapeLayout::Compact,
            1 => ShapeLayout::Spaced,
            2 => ShapeLayout::Kept,
            _ => return Err("a shape is written in no known way"),
        };
        let mut found = Vec::new();
        for _ in 0..bytes.count(1)? {
            let column = bytes.varint()?;
            if column >= columns as u64 {
                return Err("a shape names a column that is not there");
            }
            found.push(column as u32);
        }
        shapes.push(Shape {
            layout,
            columns: found,
        });
    }
    bytes.end()?;
    Ok(shapes)
}
