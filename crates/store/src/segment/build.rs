//! Lines to columns. What a rule writes again byte for byte is kept as values; everything else as
//! the text that was sent.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::json::{self, Layout};
use crate::number::{self, Digits, Format, Formats, Number, Recogniser};
use crate::operation::StreamKey;
use crate::segment::footer::{
    Column, Footer, Kind, PageSummary, RowPages, Shape, ShapeLayout, Steps, ValuePages, put_shapes,
};
use crate::segment::order;
use crate::segment::pages::{NumberBlock, PAGE_ROWS, Part, Texts, pack, page_lengths, write_texts};
use crate::tail::TailChunk;
use crate::{Error, Result};

/// The file of the rows of `chunks`, which follow each other and hold at least one line.
pub fn encode(key: &StreamKey, chunks: &[Arc<TailChunk>]) -> Result<(Vec<u8>, Footer)> {
    let mut rows = Rows::new();
    for chunk in chunks {
        for (index, line) in chunk.lines().iter().enumerate() {
            rows.push(line, chunk.step(index))?;
        }
    }
    let first_offset = chunks.first().map_or(0, |chunk| chunk.first_offset);
    rows.finish(key.clone(), first_offset)
}

/// The rows taken apart so far. Columns are named by their place in `columns` until the end, where
/// some are joined.
struct Rows {
    steps: Vec<i64>,
    columns: Vec<Building>,
    /// By name: the columns of each kind.
    names: HashMap<String, usize>,
    kinds: Vec<[Option<u32>; 4]>,
    shapes: Vec<Shape>,
    shape_numbers: HashMap<(ShapeLayout, Vec<u32>), u32>,
    shape_of_row: Vec<u32>,
    order_words: Vec<u64>,
    /// How many order words each row has.
    words_of_row: Vec<u8>,
    line_column: Option<u32>,
    recogniser: Recogniser,
}

struct Building {
    name: String,
    kind: Kind,
    /// Those that write every float so far.
    formats: Formats,
    rows: Vec<u32>,
    values: Values,
    has_number_texts: bool,
}

enum Values {
    F64(Vec<f64>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    Texts(Texts),
}

impl Rows {
    fn new() -> Self {
        Self {
            steps: Vec::new(),
            columns: Vec::new(),
            names: HashMap::new(),
            kinds: Vec::new(),
            shapes: Vec::new(),
            shape_numbers: HashMap::new(),
            shape_of_row: Vec::new(),
            order_words: Vec::new(),
            words_of_row: Vec::new(),
            line_column: None,
            recogniser: Recogniser::new(),
        }
    }

    fn push(&mut self, line: &str, step: i64) -> Result<()> {
        let row = u32::try_from(self.steps.len())
            .map_err(|_| Error::Input("a segment can't hold that many rows".into()))?;
        self.steps.push(step);
        let mut members = Vec::new();
        let mut layout = ShapeLayout::Kept;
        match json::members(line, |key, token| members.push((key, token))) {
            Ok(Layout::Compact) => layout = ShapeLayout::Compact,
            Ok(Layout::Spaced) => layout = ShapeLayout::Spaced,
            Ok(Layout::Other) => {}
            Err(_) => members.clear(),
        }
        if !members.iter().all(|(key, _)| json::is_canonical_key(key)) {
            layout = ShapeLayout::Kept;
        }
        let mut names: Vec<usize> = members
            .iter()
            .map(|(key, _)| self.name(&json::key_name(key)))
            .collect();
        if drop_repeated(&mut members, &mut names) {
            layout = ShapeLayout::Kept;
        }
        let mut columns = Vec::with_capacity(members.len() + 1);
        for ((_, token), name) in members.iter().zip(&names) {
            columns.push(self.put_value(*name, token, row));
        }
        self.put_shape(line, row, layout, columns);
        Ok(())
    }

    fn name(&mut self, name: &str) -> usize {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        self.names.insert(name.to_owned(), self.kinds.len());
        self.kinds.push([None; 4]);
        self.kinds.len() - 1
    }

    fn put_value(&mut self, name: usize, token: &str, row: u32) -> u32 {
        let number = number::parse(token);
        if let Some(Number::F64(value)) = number {
            let known = self.kinds[name][Kind::F64 as usize];
            let before = known.map_or(Formats::ALL, |c| self.columns[c as usize].formats);
            let formats = self.recogniser.formats(token, value, before);
            if !formats.is_empty() {
                let column = self.column(name, Kind::F64);
                let building = &mut self.columns[column as usize];
                building.formats = formats;
                building.put(row, |values| match values {
                    Values::F64(values) => values.push(value),
                    _ => unreachable!("a column of floats holds floats"),
                });
                return column;
            }
        }
        let (kind, number_text) = match number {
            Some(Number::I64(_)) => (Kind::I64, false),
            Some(Number::U64(_)) => (Kind::U64, false),
            Some(Number::F64(_)) => (Kind::Text, true),
            None => (Kind::Text, number::is_integer(token)),
        };
        let column = self.column(name, kind);
        let building = &mut self.columns[column as usize];
        building.has_number_texts |= number_text;
        building.put(row, |values| match (values, number) {
            (Values::I64(values), Some(Number::I64(value))) => values.push(value),
            (Values::U64(values), Some(Number::U64(value))) => values.push(value),
            (Values::Texts(texts), _) => texts.push(token),
            _ => unreachable!("the column was chosen by the kind of the number"),
        });
        column
    }

    fn column(&mut self, name: usize, kind: Kind) -> u32 {
        if let Some(known) = self.kinds[name][kind as usize] {
            return known;
        }
        let column = self.columns.len() as u32;
        self.columns.push(Building::new(String::new(), kind));
        self.kinds[name][kind as usize] = Some(column);
        column
    }

    fn put_shape(&mut self, line: &str, row: u32, layout: ShapeLayout, order: Vec<u32>) {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        let known = self.shape_numbers.get(&(layout, sorted.clone())).copied();
        let can_be_numbered = order.len() <= order::MAX_KEYS
            || known.is_none_or(|shape| self.shapes[shape as usize].columns == order);
        if layout != ShapeLayout::Kept && !can_be_numbered {
            return self.put_shape(line, row, ShapeLayout::Kept, order);
        }
        let shape = known.unwrap_or_else(|| {
            let shape = self.shapes.len() as u32;
            self.shapes.push(Shape {
                layout,
                columns: order.clone(),
            });
            self.shape_numbers.insert((layout, sorted), shape);
            shape
        });
        self.shape_of_row.push(shape);
        let before = self.order_words.len();
        if layout == ShapeLayout::Kept {
            let column = *self.line_column.get_or_insert_with(|| {
                self.columns.push(Building::new(String::new(), Kind::Line));
                self.columns.len() as u32 - 1
            });
            self.columns[column as usize].put(row, |values| {
                if let Values::Texts(texts) = values {
                    texts.push(line);
                }
            });
        } else {
            let base = &self.shapes[shape as usize].columns;
            order::number(base, &order, &mut self.order_words);
        }
        self.words_of_row
            .push((self.order_words.len() - before) as u8);
    }

    fn finish(mut self, key: StreamKey, first_offset: u64) -> Result<(Vec<u8>, Footer)> {
        for (name, index) in std::mem::take(&mut self.names) {
            for column in self.kinds[index].into_iter().flatten() {
                self.columns[column as usize].name.clone_from(&name);
            }
        }
        let joined = self.join_whole_floats();
        let mut out = Footer::header().to_vec();
        let mut columns = Vec::new();
        // From places among the columns being built to places among those written.
        let mut places = vec![u32::MAX; self.columns.len()];
        for (index, building) in self.columns.iter().enumerate() {
            if building.rows.is_empty() {
                continue;
            }
            places[index] = columns.len() as u32;
            columns.push(building.write(&mut out, &self.steps)?);
        }
        for (from, to) in joined {
            places[from as usize] = places[to as usize];
        }
        for shape in &mut self.shapes {
            for column in &mut shape.columns {
                *column = places[*column as usize];
            }
        }
        let shapes = put_shapes(&self.shapes);
        let shapes = Part::append(&mut out, &pack(&shapes)?, 0, shapes.len())?;
        let shape_of_row = match self.shapes.len() {
            0 | 1 => None,
            _ => {
                let lengths = page_lengths(self.shape_of_row.len());
                Some(NumberBlock::write(&mut out, &self.shape_of_row, &lengths)?)
            }
        };
        let orders = self.write_orders(&mut out)?;
        let steps = write_steps(&mut out, &self.steps)?;
        let footer = Footer {
            key,
            first_offset,
            rows: self.steps.len() as u64,
            min_step: self.steps.iter().copied().min().unwrap_or(0),
            max_step: self.steps.iter().copied().max().unwrap_or(0),
            steps,
            shapes,
            shape_of_row,
            orders,
            columns,
        };
        footer.append(&mut out);
        Ok((out, footer))
    }

    /// Some writers write whole floats like integers. Where the rule of a key's floats writes its
    /// integers too, they are one column. Returns which columns were emptied into which.
    fn join_whole_floats(&mut self) -> Vec<(u32, u32)> {
        let mut joined = Vec::new();
        for kinds in &self.kinds {
            let (Some(floats), Some(integers), None) = (
                kinds[Kind::F64 as usize],
                kinds[Kind::I64 as usize],
                kinds[Kind::U64 as usize],
            ) else {
                continue;
            };
            let Values::I64(whole) = &self.columns[integers as usize].values else {
                continue;
            };
            let formats = self.columns[floats as usize].formats;
            let Some(format) = formats.iter().find(|format| all_written(whole, *format)) else {
                continue;
            };
            let more = std::mem::take(&mut self.columns[integers as usize].rows);
            let whole = std::mem::take(match &mut self.columns[integers as usize].values {
                Values::I64(whole) => whole,
                _ => unreachable!("a column of integers holds integers"),
            });
            let building = &mut self.columns[floats as usize];
            building.formats = Formats::only(format);
            let rows = std::mem::take(&mut building.rows);
            if let Values::F64(values) = &mut building.values {
                let old = rows.into_iter().zip(std::mem::take(values));
                let new = more
                    .into_iter()
                    .zip(whole.into_iter().map(|value| value as f64));
                let mut all: Vec<(u32, f64)> = old.chain(new).collect();
                all.sort_by_key(|(row, _)| *row);
                (building.rows, *values) = all.into_iter().unzip();
            }
            joined.push((integers, floats));
        }
        joined
    }

    /// The words of all rows, a page for each page of rows. One without words gets a 0, so that
    /// pages can be found by their number; none is written where nothing is shuffled.
    fn write_orders(&self, out: &mut Vec<u8>) -> Result<Option<NumberBlock>> {
        if self.order_words.iter().all(|word| *word == 0) {
            return Ok(None);
        }
        let (mut words, mut lengths) = (Vec::new(), Vec::new());
        let mut rest = self.order_words.as_slice();
        for page in self.words_of_row.chunks(PAGE_ROWS) {
            let length = page.iter().map(|words| usize::from(*words)).sum();
            let (taken, left) = rest.split_at(length);
            rest = left;
            words.extend_from_slice(if taken.is_empty() { &[0] } else { taken });
            lengths.push(length.max(1));
        }
        NumberBlock::write(out, &words, &lengths).map(Some)
    }
}

/// Whether the format writes the floats of all these integers as integers are written.
fn all_written(whole: &[i64], format: Format) -> bool {
    let mut digits = Digits::new();
    let (mut float, mut integer) = (String::new(), String::new());
    whole.iter().all(|value| {
        float.clear();
        integer.clear();
        digits.set(*value as f64).put(format, &mut float);
        // Writing to a string can't fail.
        let _ = std::fmt::Write::write_fmt(&mut integer, format_args!("{value}"));
        // Beyond 2^53 two integers share a float, and the shortest digits give neither away.
        value.unsigned_abs() <= 1 << 53 && float == integer
    })
}

/// Of a key that stands twice in a line the last counts. Says whether one did.
fn drop_repeated(members: &mut Vec<(&str, &str)>, names: &mut Vec<usize>) -> bool {
    let mut sorted = names.clone();
    sorted.sort_unstable();
    if sorted.windows(2).all(|pair| pair[0] != pair[1]) {
        return false;
    }
    let last: BTreeMap<usize, usize> = names
        .iter()
        .enumerate()
        .map(|(place, name)| (*name, place))
        .collect();
    let mut place = 0;
    members.retain(|_| {
        place += 1;
        last[&names[place - 1]] == place - 1
    });
    place = 0;
    names.retain(|name| {
        place += 1;
        last[name] == place - 1
    });
    true
}

impl Building {
    fn new(name: String, kind: Kind) -> Self {
        let values = match kind {
            Kind::F64 => Values::F64(Vec::new()),
            Kind::I64 => Values::I64(Vec::new()),
            Kind::U64 => Values::U64(Vec::new()),
            Kind::Text | Kind::Line => Values::Texts(Texts::default()),
        };
        Self {
            name,
            kind,
            formats: Formats::ALL,
            rows: Vec::new(),
            values,
            has_number_texts: false,
        }
    }

    fn put(&mut self, row: u32, push: impl FnOnce(&mut Values)) {
        self.rows.push(row);
        push(&mut self.values);
    }

    fn write(&self, out: &mut Vec<u8>, steps: &[i64]) -> Result<Column> {
        let lengths = page_lengths(self.rows.len());
        let rows = if self.rows.len() == steps.len() {
            None
        } else {
            let block = NumberBlock::write(out, &self.rows, &lengths)?;
            let bounds = self
                .rows
                .chunks(PAGE_ROWS)
                .map(|page| (page[0], page[page.len() - 1]));
            Some(RowPages {
                block,
                bounds: bounds.collect(),
            })
        };
        let (values, floats) = match &self.values {
            Values::F64(values) => (
                ValuePages::Numbers(NumberBlock::write(out, values, &lengths)?),
                values.clone(),
            ),
            Values::I64(values) => (
                ValuePages::Numbers(NumberBlock::write(out, values, &lengths)?),
                values.iter().map(|value| *value as f64).collect(),
            ),
            Values::U64(values) => (
                ValuePages::Numbers(NumberBlock::write(out, values, &lengths)?),
                values.iter().map(|value| *value as f64).collect(),
            ),
            Values::Texts(texts) => (ValuePages::Texts(write_texts(out, texts)?), Vec::new()),
        };
        let pages = floats.chunks(PAGE_ROWS).zip(self.rows.chunks(PAGE_ROWS));
        let summaries = pages.map(|(values, rows)| summarise(values, rows, steps));
        Ok(Column {
            name: self.name.clone(),
            kind: self.kind,
            format: self.formats.iter().next().unwrap_or(Format::GoShortest),
            count: self.rows.len() as u64,
            has_number_texts: self.has_number_texts,
            rows,
            values,
            summaries: summaries.collect(),
        })
    }
}

fn summarise(values: &[f64], rows: &[u32], steps: &[i64]) -> PageSummary {
    let mut summary = PageSummary {
        nan_count: 0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        sum: 0.0,
        last: f64::NAN,
        min_step: i64::MAX,
        max_step: i64::MIN,
    };
    for (value, row) in values.iter().zip(rows) {
        let step = steps[*row as usize];
        if value.is_nan() {
            summary.nan_count += 1;
        } else {
            summary.min = summary.min.min(*value);
            summary.max = summary.max.max(*value);
            summary.sum += value;
        }
        if step >= summary.max_step {
            summary.last = *value;
        }
        summary.min_step = summary.min_step.min(step);
        summary.max_step = summary.max_step.max(step);
    }
    summary
}

fn write_steps(out: &mut Vec<u8>, steps: &[i64]) -> Result<Steps> {
    let mut pages = Vec::new();
    let (mut uneven, mut lengths) = (Vec::new(), Vec::new());
    for page in steps.chunks(PAGE_ROWS) {
        let stride = page
            .get(1)
            .map_or(Some(0), |second| second.checked_sub(page[0]));
        let stride = stride.filter(|stride| {
            let pairs = page.windows(2);
            pairs
                .into_iter()
                .all(|pair| pair[0].checked_add(*stride) == Some(pair[1]))
        });
        if stride.is_none() {
            uneven.extend_from_slice(page);
            lengths.push(page.len());
        }
        pages.push((page[0], stride));
    }
    let uneven = match lengths.is_empty() {
        true => None,
        false => Some(NumberBlock::write(out, &uneven, &lengths)?),
    };
    Ok(Steps { pages, uneven })
}
