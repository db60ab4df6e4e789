//! Memory for matrices of f32 that is used again and again.

use std::ops::{Deref, DerefMut};

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; Line::NUMBERS]);

impl Line {
    const NUMBERS: usize = 16;
    const ZERO: Self = Self([0.0; Self::NUMBERS]);
}

/// Numbers that begin at a cache line: two threads that write neighbouring panels of a product
/// then share no line as long as rows are whole lines.
#[derive(Default)]
pub struct Buffer {
    lines: Vec<Line>,
    len: usize,
}

impl Buffer {
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::default();
        buffer.resize(len);
        buffer
    }

    /// Makes room for `len` numbers. What they hold is left over from earlier use, or zero.
    pub fn resize(&mut self, len: usize) {
        let lines = len.div_ceil(Line::NUMBERS);
        if lines > self.lines.len() {
            self.lines.resize(lines, Line::ZERO);
        }
        self.len = len;
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: lines are arrays of f32 without padding, and `len` lies within them.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above; the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_a_cache_line_and_survive_growth() {
        let mut buffer = Buffer::zeros(3);
        buffer[2] = 7.0;
        buffer.resize(1_000);
        assert_eq!(buffer.as_ptr().align_offset(64), 0);
        assert_eq!(buffer.len(), 1_000);
        assert_eq!(buffer[2], 7.0);
        assert!(buffer[3..].iter().all(|number| *number == 0.0));
        buffer.resize(0);
        assert!(buffer.is_empty());
    }
}
