//! A batch of lines as they were sent, with the step of each.

use crate::codec::{Bytes, Decoded, put_bytes, put_varint};
use crate::json::{self, Value};
use crate::{Error, Result};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    text: String,
    /// Where each line ends in `text`.
    ends: Vec<u32>,
    /// `_step` of each line that has an integer there.
    steps: Vec<Option<i64>>,
}

impl Lines {
    /// # Errors
    /// When the lines together have 4 GiB or more.
    pub fn new<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut all = Self::default();
        for line in lines {
            all.push(line)?;
        }
        Ok(all)
    }

    pub fn push(&mut self, line: &str) -> Result<()> {
        let end = u32::try_from(self.text.len() + line.len()).map_err(|_| {
            Error::Input("the lines of one request have more than 4 GiB; send fewer".into())
        })?;
        self.text.push_str(line);
        self.ends.push(end);
        self.steps.push(step_of(line));
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }

    /// # Panics
    /// When there is no such line.
    pub fn get(&self, index: usize) -> &str {
        &self.text[self.start(index)..self.ends[index] as usize]
    }

    pub fn step(&self, index: usize) -> Option<i64> {
        self.steps[index]
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }

    fn start(&self, index: usize) -> usize {
        match index {
            0 => 0,
            _ => self.ends[index - 1] as usize,
        }
    }

    /// Keeps the first `count` lines.
    pub(crate) fn truncate(&mut self, count: usize) {
        if count < self.len() {
            self.text.truncate(self.start(count));
            self.ends.truncate(count);
            self.steps.truncate(count);
        }
    }

    /// Appends lines `range` of another batch.
    pub(crate) fn extend(&mut self, other: &Self, range: std::ops::Range<usize>) {
        if range.is_empty() {
            return;
        }
        let from = other.start(range.start);
        let base = self.text.len();
        self.text
            .push_str(&other.text[from..other.ends[range.end - 1] as usize]);
        let moved = other.ends[range.clone()]
            .iter()
            .map(|end| (base + *end as usize - from) as u32);
        self.ends.extend(moved);
        self.steps.extend_from_slice(&other.steps[range]);
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.len() as u64);
        for index in 0..self.len() {
            put_varint(out, (self.ends[index] as usize - self.start(index)) as u64);
        }
        put_bytes(out, self.text.as_bytes());
    }

    pub(crate) fn read(bytes: &mut Bytes<'_>) -> Decoded<Self> {
        let count = bytes.count(1)?;
        let mut lengths = Vec::with_capacity(count);
        for _ in 0..count {
            lengths.push(bytes.varint()? as usize);
        }
        let mut text = bytes.text()?;
        let mut lines = Self::default();
        for length in lengths {
            let (line, rest) = text
                .split_at_checked(length)
                .ok_or("a line's length does not fit its text")?;
            text = rest;
            lines.push(line).map_err(|_| "the lines are too long")?;
        }
        match text {
            "" => Ok(lines),
            _ => Err("text is left over after the last line"),
        }
    }
}

/// `_step` of a history line, where it has one that is a whole number.
fn step_of(line: &str) -> Option<i64> {
    let mut step = None;
    json::members(line, |key, token| {
        if key == "_step" {
            step = whole(token);
        }
    })
    .ok()?;
    step
}

fn whole(token: &str) -> Option<i64> {
    match Value::from_token(token) {
        Value::I64(value) => Some(value),
        // The client's language writes whole floats so: 1e+06.
        Value::F64(value) if value.fract() == 0.0 && value.abs() < 9e15 => Some(value as i64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_are_read_from_whole_numbers_only() {
        for (line, step) in [
            (r#"{"_step":7,"a":1}"#, Some(7)),
            (r#"{"a":{"_step":7}}"#, None),
            (r#"{"_step":1e+06}"#, Some(1_000_000)),
            (r#"{"_step":1.5}"#, None),
            (r#"{"_step":NaN}"#, None),
            (r#"{"_step":3"#, None),
            ("2026-11-21T01:48:34.710928 _step", None),
        ] {
            assert_eq!(step_of(line), step, "{line}");
        }
    }

    proptest! {
        #[test]
        fn lines_come_back(lines: Vec<String>, keep in 0usize..8) {
            let batch = Lines::new(lines.iter().map(String::as_str)).unwrap();
            let mut out = Vec::new();
            batch.put(&mut out);
            prop_assert_eq!(Lines::read(&mut Bytes::new(&out)).unwrap(), batch.clone());
            let mut cut = batch.clone();
            cut.truncate(keep);
            cut.extend(&batch, keep.min(batch.len())..batch.len());
            prop_assert_eq!(cut, batch);
        }

        #[test]
        fn any_bytes_are_read_without_panic(input: Vec<u8>) {
            let _ = Lines::read(&mut Bytes::new(&input));
        }
    }
}
