//! Attention and its gradient against their definitions.

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
type ChainRun = (usize, usize, &'static [(usize, usize)]);
const RUNS: [ChainRun; 3] = [
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
