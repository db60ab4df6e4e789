//! Rows that are not sealed yet, in chunks that readers share.
//!
//! Charts ask for the same numbers of a run that goes on again and again, so what was once read out
//! of a chunk's lines is kept until the chunk changes or is sealed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::json::{self, Value};
use crate::lines::Lines;

/// Points kept of all chunks of this process, 16 bytes each.
const MOST_KEPT: usize = 4 << 20;
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// Steps and numbers of one key.
type Points = Arc<[(i64, f64)]>;

#[derive(Debug, Clone)]
pub struct TailChunk {
    pub first_offset: u64,
    lines: Lines,
    kept: Kept,
}

impl TailChunk {
    pub fn new(first_offset: u64, lines: Lines) -> Self {
        Self {
            first_offset,
            lines,
            kept: Kept::default(),
        }
    }

    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    pub fn lines_mut(&mut self) -> &mut Lines {
        self.kept = Kept::default();
        &mut self.lines
    }

    /// `_step`, or the line's number in its stream where it has none.
    pub fn step(&self, index: usize) -> i64 {
        let offset = (self.first_offset + index as u64).cast_signed();
        self.lines.step(index).unwrap_or(offset)
    }

    pub fn end(&self) -> u64 {
        self.first_offset + self.lines.len() as u64
    }

    /// The numbers of a key with their steps, in the order of the lines.
    pub fn numbers(&self, key: &str) -> Points {
        if let Some(points) = self.kept.get(key) {
            return points;
        }
        let points: Points = (self.lines.iter().enumerate())
            .filter_map(|(index, line)| {
                let value = Value::from_token(json::find(line, key)?).as_f64()?;
                Some((self.step(index), value))
            })
            .collect();
        self.kept.put(key, &points);
        points
    }
}

#[derive(Debug, Default)]
struct Kept(Mutex<HashMap<Box<str>, Points>>);

impl Kept {
    fn get(&self, key: &str) -> Option<Points> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(key).cloned()
    }

    fn put(&self, key: &str, points: &Points) {
        if KEPT.load(Ordering::Relaxed) + points.len() > MOST_KEPT {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.insert(key.into(), points.clone()).is_none() {
            KEPT.fetch_add(points.len(), Ordering::Relaxed);
        }
    }
}

/// A copy is made to be changed.
impl Clone for Kept {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let kept = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let points = kept.values().map(|points| points.len()).sum();
        KEPT.fetch_sub(points, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_follows_the_lines() {
        let lines = [r#"{"a":1}"#, r#"{"_step":7,"a":NaN,"b":2}"#, r#"{"a":"x"}"#];
        let mut chunk = TailChunk::new(3, Lines::new(lines).unwrap());
        let shown = |chunk: &TailChunk, key: &str| format!("{:?}", chunk.numbers(key));
        assert_eq!(shown(&chunk, "a"), "[(3, 1.0), (7, NaN)]");
        assert_eq!(shown(&chunk, "a"), "[(3, 1.0), (7, NaN)]");
        assert_eq!(shown(&chunk, "b"), "[(7, 2.0)]");
        let copy = chunk.clone();
        chunk.lines_mut().truncate(1);
        assert_eq!(shown(&chunk, "a"), "[(3, 1.0)]");
        assert_eq!(shown(&chunk, "b"), "[]");
        assert_eq!(shown(&copy, "b"), "[(7, 2.0)]");
    }
}
