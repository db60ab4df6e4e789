//! Attention over a tree of runs, and its gradient.
//!
//! A run's queries see the keys of its ancestors and, causally, its own. Keys and values stay
//! where they are (`spans`); only their transposes are copied, a head at a time.

mod backward;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use crate::kernels::cross_entropy::exponentials;
use crate::kernels::device::{Device, SendPointer};
use crate::kernels::elementwise::dot;
use crate::kernels::lanes::{Kernel, Lanes};
use crate::kernels::tile::{Product, Start};

pub use backward::{Given, attention_backward};

/// Query rows handled at once: their scores stay in the cache.
const ROW_BLOCK: usize = 48;

#[derive(Debug, Clone, Copy)]
pub struct Heads {
    pub queries: usize,
    pub key_values: usize,
    pub head_dim: usize,
    /// Keys a query sees at most, its own included.
    pub window: Option<usize>,
}

impl Heads {
    fn group(&self) -> usize {
        self.queries / self.key_values
    }
    fn query_width(&self) -> usize {
        self.queries * self.head_dim
    }
    fn key_width(&self) -> usize {
        self.key_values * self.head_dim
    }
    fn scale(&self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }
    /// First and one past the last key that the query at chain position `position` sees.
    fn visible(&self, position: usize) -> (usize, usize) {
        (
            self.window
                .map_or(0, |window| (position + 1).saturating_sub(window)),
            position + 1,
        )
    }
}

/// Keys and values of consecutive tokens, `[tokens, key_width]` each.
#[derive(Debug, Clone, Copy)]
pub struct Span<'a> {
    pub keys: &'a [f32],
    pub values: &'a [f32],
}

#[derive(Clone, Copy)]
enum Part {
    Keys,
    Values,
}

impl<'a> Span<'a> {
    fn part(&self, part: Part) -> &'a [f32] {
        match part {
            Part::Keys => self.keys,
            Part::Values => self.values,
        }
    }
}

/// Query rows `first..first + rows`; `spans` hold their chain's keys in order, the last ones
/// being those of the rows themselves.
#[derive(Debug, Clone)]
pub struct QueryRun<'a> {
    pub first: usize,
    pub rows: usize,
    pub spans: Vec<Span<'a>>,
}

impl QueryRun<'_> {
    fn keys(&self, heads: &Heads) -> usize {
        self.spans.iter().map(|span| span.keys.len()).sum::<usize>() / heads.key_width()
    }
}

#[derive(Default)]
struct Scratch {
    keys_transposed: Vec<f32>,
    values_transposed: Vec<f32>,
    scores: Vec<f32>,
    gradients: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// `out` `[tokens, query_width]` = softmax(q·kᵀ / √head_dim)·v. `log_sums` `[tokens, queries]`,
/// where given, gets each row's log of the sum of exponentials, which the gradient needs.
pub fn attention(
    device: &Device,
    heads: &Heads,
    q: &[f32],
    runs: &[QueryRun<'_>],
    out: &mut [f32],
    log_sums: Option<&mut [f32]>,
) {
    assert_eq!(q.len(), out.len(), "shapes of attention");
    let out = SendPointer(out.as_mut_ptr());
    let log_sums = log_sums.map(|sums| SendPointer(sums.as_mut_ptr()));
    device.run(runs.len() * heads.key_values, &|task| {
        let (run, head) = (&runs[task / heads.key_values], task % heads.key_values);
        SCRATCH.with_borrow_mut(|scratch| {
            device.kernel(Forward {
                heads: *heads,
                q,
                run,
                head,
                out,
                log_sums,
                scratch,
            })
        });
    });
}

struct Forward<'a, 'b> {
    heads: Heads,
    q: &'a [f32],
    run: &'a QueryRun<'b>,
    /// The key-value head.
    head: usize,
    out: SendPointer<f32>,
    log_sums: Option<SendPointer<f32>>,
    scratch: &'a mut Scratch,
}

impl Kernel for Forward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self {
            heads,
            q,
            run,
            head,
            out,
            log_sums,
            scratch,
        } = self;
        let (keys, dim, query_width) = (run.keys(&heads), heads.head_dim, heads.query_width());
        let padded = keys.next_multiple_of(4 * L::WIDTH);
        let before = keys - run.rows;
        // For one or two queries the transpose costs more than it saves.
        let by_dots = run.rows <= 2;
        if !by_dots {
            transpose(
                &run.spans,
                Part::Keys,
                &heads,
                head,
                padded,
                &mut scratch.keys_transposed,
            );
        }
        scratch.scores.resize(ROW_BLOCK.min(run.rows) * padded, 0.0);
        for query_head in head * heads.group()..(head + 1) * heads.group() {
            for block in (0..run.rows).step_by(ROW_BLOCK) {
                let rows = ROW_BLOCK.min(run.rows - block);
                let seen = before + block + rows;
                let first_query = (run.first + block) * query_width + query_head * dim;
                if by_dots {
                    scores_by_dots::<L>(
                        &heads,
                        q,
                        first_query,
                        run,
                        head,
                        rows,
                        padded,
                        &mut scratch.scores,
                    );
                } else {
                    let n = seen.next_multiple_of(L::WIDTH);
                    // SAFETY: the queries exist; the transpose and the scores are `padded` wide.
                    unsafe {
                        Product {
                            a: q.as_ptr().add(first_query),
                            a_row: query_width,
                            a_k: 1,
                            b: scratch.keys_transposed.as_ptr(),
                            b_row: padded,
                            c: scratch.scores.as_mut_ptr(),
                            c_row: padded,
                            m: rows,
                            n,
                            k: dim,
                            start: Start::Zero,
                        }
                        .multiply::<L>();
                    }
                }
                for row in 0..rows {
                    let (from, to) = heads.visible(before + block + row);
                    let scores = &mut scratch.scores[row * padded..][..seen];
                    let log_sum = softmax::<L>(scores, from, to, heads.scale());
                    if let Some(log_sums) = log_sums {
                        // SAFETY: this row and head belong to this task.
                        unsafe {
                            *log_sums
                                .get()
                                .add((run.first + block + row) * heads.queries + query_head) =
                                log_sum
                        };
                    }
                }
                // SAFETY: rows and head of `out` belong to this task.
                unsafe {
                    let c = out.get().add(first_query);
                    multiply_spans::<L>(
                        &heads,
                        run,
                        Part::Values,
                        head,
                        &scratch.scores,
                        padded,
                        rows,
                        seen,
                        c,
                        query_width,
                    );
                }
            }
        }
    }
}

/// `scores[row, key] = q[row] · k[key]` without a transpose.
#[inline(always)]
fn scores_by_dots<L: Lanes>(
    heads: &Heads,
    q: &[f32],
    first_query: usize,
    run: &QueryRun<'_>,
    head: usize,
    rows: usize,
    padded: usize,
    scores: &mut [f32],
) {
    let (dim, key_width) = (heads.head_dim, heads.key_width());
    for row in 0..rows {
        let query = &q[first_query + row * heads.query_width()..][..dim];
        let mut key = 0;
        for span in &run.spans {
            for keys in span.keys.chunks_exact(key_width) {
                scores[row * padded + key] = dot::<L>(query, &keys[head * dim..(head + 1) * dim]);
                key += 1;
            }
        }
    }
}

/// Turns scores into probabilities over `from..to`, zero elsewhere; gives the log-sum.
#[inline(always)]
fn softmax<L: Lanes>(scores: &mut [f32], from: usize, to: usize, scale: f32) -> f32 {
    scores[..from].fill(0.0);
    scores[to..].fill(0.0);
    let seen = &mut scores[from..to];
    let mut maximum = f32::NEG_INFINITY;
    for score in seen.iter_mut() {
        *score *= scale;
        maximum = if *score > maximum { *score } else { maximum };
    }
    let sum = exponentials::<L>(seen, maximum);
    let inverse = (1.0 / sum) as f32;
    seen.iter_mut()
        .for_each(|probability| *probability *= inverse);
    maximum + sum.ln() as f32
}

/// Copies one head of all spans as `[head_dim, padded]`, zero beyond the last key.
#[inline(always)]
fn transpose(
    spans: &[Span<'_>],
    part: Part,
    heads: &Heads,
    head: usize,
    padded: usize,
    out: &mut Vec<f32>,
) {
    let (dim, width) = (heads.head_dim, heads.key_width());
    out.resize(dim * padded, 0.0);
    let mut key = 0;
    for span in spans {
        for row in span.part(part).chunks_exact(width) {
            for (d, value) in row[head * dim..(head + 1) * dim].iter().enumerate() {
                out[d * padded + key] = *value;
            }
            key += 1;
        }
    }
    for d in 0..dim {
        out[d * padded + key..(d + 1) * padded].fill(0.0);
    }
}

/// `c = probabilities · (keys or values)` for one head, span after span.
///
/// # Safety
/// `c` has `rows` rows of `head_dim` numbers, `c_row` apart, that nobody else uses.
#[inline(always)]
unsafe fn multiply_spans<L: Lanes>(
    heads: &Heads,
    run: &QueryRun<'_>,
    part: Part,
    head: usize,
    probabilities: &[f32],
    padded: usize,
    rows: usize,
    seen: usize,
    c: *mut f32,
    c_row: usize,
) {
    let (dim, width) = (heads.head_dim, heads.key_width());
    let (mut offset, mut start) = (0, Start::Zero);
    for span in &run.spans {
        let values = span.part(part);
        let k = (values.len() / width).min(seen - offset);
        if k > 0 {
            // SAFETY: `k` rows of the span exist; the rest is the caller's promise.
            unsafe {
                Product {
                    a: probabilities.as_ptr().add(offset),
                    a_row: padded,
                    a_k: 1,
                    b: values.as_ptr().add(head * dim),
                    b_row: width,
                    c,
                    c_row,
                    m: rows,
                    n: dim,
                    k,
                    start,
                }
                .multiply::<L>();
            }
            start = Start::Existing;
            offset += k;
        }
    }
}
