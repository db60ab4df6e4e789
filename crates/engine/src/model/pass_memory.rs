//! Memory of training passes. Each pass uses again what the last one left.

use super::ModelConfig;
use super::decoder::Buffers;
use super::low_rank::Lows;
use crate::kernels::Buffer;

/// Memory that passes share.
#[derive(Default)]
pub(super) struct Workspace {
    pub saved: Vec<Saved>,
    pub buffers: Buffers,
    pub work: Work,
    pub logits: Buffer,
}

/// What the gradient needs of one layer, `[tokens, its width]` each.
#[derive(Default)]
pub(super) struct Saved {
    pub x: Buffer,
    pub q: Buffer,
    pub k: Buffer,
    pub v: Buffer,
    pub q_unnormed: Buffer,
    pub k_unnormed: Buffer,
    pub attended: Buffer,
    /// `[tokens, query heads]`
    pub log_sums: Buffer,
    pub x_middle: Buffer,
    pub gate: Buffer,
    pub up: Buffer,
    pub lows: Lows,
}

impl Saved {
    /// Trades places with the layer's working buffers, so that results are saved without a copy.
    pub(super) fn exchange(&mut self, buffers: &mut Buffers) {
        for (mine, theirs) in [
            (&mut self.q, &mut buffers.q),
            (&mut self.k, &mut buffers.k),
            (&mut self.v, &mut buffers.v),
            (&mut self.q_unnormed, &mut buffers.q_unnormed),
            (&mut self.k_unnormed, &mut buffers.k_unnormed),
            (&mut self.attended, &mut buffers.attended),
            (&mut self.gate, &mut buffers.gate),
            (&mut self.up, &mut buffers.up),
        ] {
            std::mem::swap(mine, theirs);
        }
    }

    pub(super) fn resize(&mut self, config: &ModelConfig, tokens: usize) {
        let widths = config.widths();
        let unnormed = usize::from(config.qk_norm);
        for (buffer, width) in [
            (&mut self.x, widths.hidden),
            (&mut self.q, widths.query),
            (&mut self.k, widths.key),
            (&mut self.v, widths.key),
            (&mut self.q_unnormed, widths.query * unnormed),
            (&mut self.k_unnormed, widths.key * unnormed),
            (&mut self.attended, widths.query),
            (&mut self.log_sums, config.num_attention_heads),
            (&mut self.x_middle, widths.hidden),
            (&mut self.gate, widths.mlp),
            (&mut self.up, widths.mlp),
        ] {
            buffer.resize(tokens * width);
        }
    }
}

/// Working memory of the way back, `[tokens, its width]` each.
#[derive(Default)]
pub(super) struct Work {
    pub hidden: Buffer,
    pub d_hidden: Buffer,
    pub normed: Buffer,
    pub d_normed: Buffer,
    pub d_attended: Buffer,
    pub dq: Buffer,
    pub dk: Buffer,
    pub dv: Buffer,
    /// Each run's share of its keys' gradients, `[all runs' keys, key width]`.
    pub dk_apart: Buffer,
    pub dv_apart: Buffer,
}

impl Work {
    pub(super) fn resize(&mut self, config: &ModelConfig, tokens: usize, keys: usize) {
        let widths = config.widths();
        for (buffer, len) in [
            (&mut self.hidden, tokens * widths.mlp),
            (&mut self.d_hidden, tokens * widths.mlp),
            (&mut self.normed, tokens * widths.hidden),
            (&mut self.d_normed, tokens * widths.hidden),
            (&mut self.d_attended, tokens * widths.query),
            (&mut self.dq, tokens * widths.query),
            (&mut self.dk, tokens * widths.key),
            (&mut self.dv, tokens * widths.key),
            (&mut self.dk_apart, keys * widths.key),
            (&mut self.dv_apart, keys * widths.key),
        ] {
            buffer.resize(len);
        }
    }
}
