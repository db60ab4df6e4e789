//! The gradient of attention. Probabilities are computed again from the saved log-sums.

use super::{Heads, Part, QueryRun, ROW_BLOCK, SCRATCH, Scratch, multiply_spans, transpose};
use crate::kernels::cross_entropy::exponentials;
use crate::kernels::device::{Device, SendPointer};
use crate::kernels::elementwise::dot;
use crate::kernels::lanes::{Kernel, Lanes};
use crate::kernels::tile::{Product, Start};

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
