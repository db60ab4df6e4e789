//! Gradients of the low-rank matrices: products over the tokens of a batch.

use super::device::{Device, SendPointer};
use super::tile::{Product, Start};

/// Columns one task computes.
const COLUMNS_PER_TASK: usize = 64;
/// Tokens whose columns of a task stay in the first-level cache for all rows of the result.
const TOKENS_PER_BLOCK: usize = 64;

/// `c += aᵀ · b` with `a` `[tokens, m]`, `b` `[tokens, n]`, `c` `[m, n]`.
pub fn outer(device: &Device, a: &[f32], b: &[f32], tokens: usize, c: &mut [f32]) {
    if tokens == 0 {
        return;
    }
    let (m, n) = (a.len() / tokens, b.len() / tokens);
    assert!(
        a.len() == tokens * m && b.len() == tokens * n && c.len() == m * n,
        "shapes of an outer product"
    );
    let c = SendPointer(c.as_mut_ptr());
    device.run(n.div_ceil(COLUMNS_PER_TASK), &|task| {
        let first = task * COLUMNS_PER_TASK;
        for token in (0..tokens).step_by(TOKENS_PER_BLOCK) {
            device.kernel(Product {
                a: a[token * m..].as_ptr(),
                a_row: 1,
                a_k: m,
                b: b[token * n + first..].as_ptr(),
                b_row: n,
                // SAFETY: each task writes its own columns of `c`.
                c: unsafe { c.get().add(first) },
                c_row: n,
                m,
                n: COLUMNS_PER_TASK.min(n - first),
                k: TOKENS_PER_BLOCK.min(tokens - token),
                start: Start::Existing,
            });
        }
    });
}
