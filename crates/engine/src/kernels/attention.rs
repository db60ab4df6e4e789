//! Attention over a tree of runs, and its gradient.
//!
//! A run's queries see the keys of its ancestors and, causally, its own. Keys and values stay
//! where they are (`spans`); only their transposes are copied, a head at a time.

use std::cell::RefCell;

use super::cross_entropy::exponentials;
use super::device::{Device, SendPointer};
use super::elementwise::dot;
use super::lanes::{Kernel, Lanes};
use super::tile::{Product, Start};

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

/// What the forward pass left for the gradient, and the gradient of its result.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub q: &'a [f32],
    pub out: &'a [f32],
    pub log_sums: &'a [f32],
    pub d_out: &'a [f32],
}

/// Writes the gradients of queries (`dq`, all rows) and of each run's keys and values as *it*
/// saw them: run i's keys start at row `offsets[i]` of `dk` and `dv` (`[sum of keys, key_width]`).
/// Adding up what several runs say of one key is the caller's part.
pub fn attention_backward(
    device: &Device,
    heads: &Heads,
    given: &Given<'_>,
    runs: &[QueryRun<'_>],
    offsets: &[usize],
    dq: &mut [f32],
    dk: &mut [f32],
    dv: &mut [f32],
) {
    dk.fill(0.0);
    dv.fill(0.0);
    let (dq, dk, dv) = (
        SendPointer(dq.as_mut_ptr()),
        SendPointer(dk.as_mut_ptr()),
        SendPointer(dv.as_mut_ptr()),
    );
    device.run(runs.len() * heads.key_values, &|task| {
        let index = task / heads.key_values;
        let (run, head, offset) = (&runs[index], task % heads.key_values, offsets[index]);
        SCRATCH.with_borrow_mut(|scratch| {
            device.kernel(Backward {
                heads: *heads,
                given: *given,
                run,
                head,
                offset,
                dq,
                dk,
                dv,
                scratch,
            })
        });
    });
}

struct Backward<'a, 'b> {
    heads: Heads,
    given: Given<'a>,
    run: &'a QueryRun<'b>,
    head: usize,
    /// First row of this run's keys in `dk` and `dv`.
    offset: usize,
    dq: SendPointer<f32>,
    dk: SendPointer<f32>,
    dv: SendPointer<f32>,
    scratch: &'a mut Scratch,
}

impl Kernel for Backward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self {
            heads,
            given,
            run,
            head,
            offset,
            dq,
            dk,
            dv,
            scratch,
        } = self;
        let (keys, dim, query_width, key_width) = (
            run.keys(&heads),
            heads.head_dim,
            heads.query_width(),
            heads.key_width(),
        );
        let padded = keys.next_multiple_of(4 * L::WIDTH);
        let before = keys - run.rows;
        transpose(
            &run.spans,
            Part::Keys,
            &heads,
            head,
            padded,
            &mut scratch.keys_transposed,
        );
        transpose(
            &run.spans,
            Part::Values,
            &heads,
            head,
            padded,
            &mut scratch.values_transposed,
        );
        scratch.scores.resize(ROW_BLOCK.min(run.rows) * padded, 0.0);
        scratch
            .gradients
            .resize(ROW_BLOCK.min(run.rows) * padded, 0.0);
        // SAFETY: this task alone writes this run's and head's part of `dk` and `dv`.
        let (dk, dv) = unsafe {
            (
                dk.get().add(offset * key_width + head * dim),
                dv.get().add(offset * key_width + head * dim),
            )
        };
        for query_head in head * heads.group()..(head + 1) * heads.group() {
            for block in (0..run.rows).step_by(ROW_BLOCK) {
                let rows = ROW_BLOCK.min(run.rows - block);
                let seen = before + block + rows;
                let first = (run.first + block) * query_width + query_head * dim;
                let n = seen.next_multiple_of(L::WIDTH);
                let scores = Product {
                    a: given.q[first..].as_ptr(),
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
                };
                let gradients = Product {
                    a: given.d_out[first..].as_ptr(),
                    b: scratch.values_transposed.as_ptr(),
                    c: scratch.gradients.as_mut_ptr(),
                    ..scores
                };
                // SAFETY: queries and gradients of these rows exist; transposes and scores are `padded` wide.
                unsafe {
                    scores.multiply::<L>();
                    gradients.multiply::<L>();
                }
                for row in 0..rows {
                    let at = first + row * query_width;
                    let along = dot::<L>(&given.d_out[at..at + dim], &given.out[at..at + dim]);
                    let log_sum =
                        given.log_sums[(run.first + block + row) * heads.queries + query_head];
                    let visible = heads.visible(before + block + row);
                    let range = row * padded..row * padded + seen;
                    score_gradients::<L>(
                        &mut scratch.scores[range.clone()],
                        &mut scratch.gradients[range],
                        visible,
                        heads.scale(),
                        log_sum,
                        along,
                    );
                }
                // SAFETY: rows and head of `dq` belong to this task, as do `dk` and `dv`.
                unsafe {
                    let to_dq = dq.get().add(first);
                    multiply_spans::<L>(
                        &heads,
                        run,
                        Part::Keys,
                        head,
                        &scratch.gradients,
                        padded,
                        rows,
                        seen,
                        to_dq,
                        query_width,
                    );
                    let to_dk = Product {
                        a: scratch.gradients.as_ptr(),
                        a_row: 1,
                        a_k: padded,
                        b: given.q[first..].as_ptr(),
                        b_row: query_width,
                        c: dk,
                        c_row: key_width,
                        m: seen,
                        n: dim,
                        k: rows,
                        start: Start::Existing,
                    };
                    to_dk.multiply::<L>();
                    Product {
                        a: scratch.scores.as_ptr(),
                        b: given.d_out[first..].as_ptr(),
                        c: dv,
                        ..to_dk
                    }
                    .multiply::<L>();
                }
            }
        }
    }
}

/// Scores become probabilities; `gradients` (of the probabilities) become those of the scores.
#[inline(always)]
fn score_gradients<L: Lanes>(
    scores: &mut [f32],
    gradients: &mut [f32],
    (from, to): (usize, usize),
    scale: f32,
    log_sum: f32,
    along: f32,
) {
    scores[..from].fill(0.0);
    scores[to..].fill(0.0);
    gradients[..from].fill(0.0);
    gradients[to..].fill(0.0);
    for score in &mut scores[from..to] {
        *score = *score * scale - log_sum;
    }
    exponentials::<L>(&mut scores[from..to], 0.0);
    for (gradient, probability) in gradients[from..to].iter_mut().zip(&scores[from..to]) {
        *gradient = probability * (*gradient - along) * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::elementwise::mix;
    use crate::kernels::lanes::Isa;

    fn numbers(count: usize, seed: u64) -> Vec<f32> {
        (0..count as u64)
            .map(|i| (mix(i ^ (seed << 32)) >> 40) as f32 / 8_388_608.0 - 1.0)
            .collect()
    }

    const TOKENS: usize = 138;
    /// Two runs behind one prefix, one of them longer than a block of rows; as (first, rows, chain).
    const RUNS: [(usize, usize, &[(usize, usize)]); 3] = [
        (0, 35, &[(0, 35)]),
        (35, 100, &[(0, 35), (35, 100)]),
        (135, 3, &[(0, 35), (135, 3)]),
    ];
    /// Where each run's keys start, and how many there are in all.
    const OFFSETS: [usize; 3] = [0, 35, 170];
    const KEYS: usize = 208;

    fn runs<'a>(k: &'a [f32], v: &'a [f32], width: usize) -> Vec<QueryRun<'a>> {
        RUNS.iter()
            .map(|(first, rows, chain)| QueryRun {
                first: *first,
                rows: *rows,
                spans: chain
                    .iter()
                    .map(|(start, len)| Span {
                        keys: &k[start * width..(start + len) * width],
                        values: &v[start * width..(start + len) * width],
                    })
                    .collect(),
            })
            .collect()
    }

    fn definition(heads: &Heads, q: &[f32], k: &[f32], v: &[f32]) -> Vec<f32> {
        let (dim, qw, kw) = (heads.head_dim, heads.query_width(), heads.key_width());
        let mut out = vec![0.0; q.len()];
        for (first, rows, chain) in RUNS {
            let tokens: Vec<usize> = chain
                .iter()
                .flat_map(|(start, len)| *start..start + len)
                .collect();
            for row in 0..rows {
                let position = tokens.len() - rows + row;
                let from = heads.window.map_or(0, |w| (position + 1).saturating_sub(w));
                for head in 0..heads.queries {
                    let kv = head / heads.group() * dim;
                    let query = &q[(first + row) * qw + head * dim..][..dim];
                    let weights: Vec<f64> = tokens[from..=position]
                        .iter()
                        .map(|t| {
                            (query
                                .iter()
                                .zip(&k[t * kw + kv..])
                                .map(|(a, b)| a * b)
                                .sum::<f32>()
                                / (dim as f32).sqrt())
                            .into()
                        })
                        .map(f64::exp)
                        .collect();
                    let total: f64 = weights.iter().sum();
                    for (t, weight) in tokens[from..=position].iter().zip(&weights) {
                        for d in 0..dim {
                            out[(first + row) * qw + head * dim + d] +=
                                (weight / total) as f32 * v[t * kw + kv + d];
                        }
                    }
                }
            }
        }
        out
    }

    #[test]
    fn forward_and_gradient_agree_with_the_definition() {
        for isa in Isa::available() {
            for window in [None, Some(3)] {
                let device = Device::with_isa(isa, 2);
                let heads = Heads {
                    queries: 4,
                    key_values: 2,
                    head_dim: 12,
                    window,
                };
                let (qw, kw) = (heads.query_width(), heads.key_width());
                let (q, k, v, d_out) = (
                    numbers(TOKENS * qw, 1),
                    numbers(TOKENS * kw, 2),
                    numbers(TOKENS * kw, 3),
                    numbers(TOKENS * qw, 4),
                );
                let (mut out, mut log_sums) = (vec![0.0; q.len()], vec![0.0; TOKENS * 4]);
                let query_runs = runs(&k, &v, kw);
                attention(
                    &device,
                    &heads,
                    &q,
                    &query_runs,
                    &mut out,
                    Some(&mut log_sums),
                );
                let expected = definition(&heads, &q, &k, &v);
                assert!(
                    out.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5),
                    "{} {window:?}",
                    isa.name()
                );

                let offsets = OFFSETS;
                let (mut dq, mut dk, mut dv) = (
                    vec![0.0; q.len()],
                    vec![0.0; KEYS * kw],
                    vec![0.0; KEYS * kw],
                );
                let given = Given {
                    q: &q,
                    out: &out,
                    log_sums: &log_sums,
                    d_out: &d_out,
                };
                attention_backward(
                    &device,
                    &heads,
                    &given,
                    &query_runs,
                    &offsets,
                    &mut dq,
                    &mut dk,
                    &mut dv,
                );
                let gather = |d: &[f32]| {
                    let mut total = vec![0.0; TOKENS * kw];
                    for ((_, _, chain), offset) in RUNS.iter().zip(offsets) {
                        for (index, token) in chain
                            .iter()
                            .flat_map(|(start, len)| *start..start + len)
                            .enumerate()
                        {
                            for d_index in 0..kw {
                                total[token * kw + d_index] += d[(offset + index) * kw + d_index];
                            }
                        }
                    }
                    total
                };
                let value = |q: &[f32], k: &[f32], v: &[f32]| -> f64 {
                    definition(&heads, q, k, v)
                        .iter()
                        .zip(&d_out)
                        .map(|(a, b)| f64::from(*a) * f64::from(*b))
                        .sum()
                };
                let slope = |which: usize, i: usize| {
                    let h = 1e-2;
                    let at = |delta: f32| {
                        let (mut q, mut k, mut v) = (q.clone(), k.clone(), v.clone());
                        [&mut q, &mut k, &mut v][which][i] += delta;
                        value(&q, &k, &v)
                    };
                    (at(h) - at(-h)) / (2.0 * f64::from(h))
                };
                for (which, gradient) in [dq.clone(), gather(&dk), gather(&dv)].iter().enumerate() {
                    for i in (0..gradient.len()).step_by(197) {
                        let expected = slope(which, i);
                        assert!(
                            (f64::from(gradient[i]) - expected).abs() < 2e-3,
                            "{} {which} {i}: {} {expected}",
                            isa.name(),
                            gradient[i]
                        );
                    }
                }
            }
        }
    }
}
