//! Rows as they were sent, byte for byte, from their columns.

use crate::Result;
use crate::json;
use crate::number::Digits;
use crate::segment::Segment;
use crate::segment::cursor::Cursor;
use crate::segment::footer::{Kind, Shape, ShapeLayout, read_shapes};
use crate::segment::order;
use crate::segment::pages::{NumberPages, PAGE_ROWS, unpack};

/// Writes rows again as they were sent.
pub struct LineWriter<'a> {
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
    pub fn open(segment: &'a Segment) -> Result<Self> {
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

    pub fn load(&mut self, page: usize, rows: usize) -> Result<()> {
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

    pub fn put(&mut self, index: usize, out: &mut String) -> Result<()> {
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
