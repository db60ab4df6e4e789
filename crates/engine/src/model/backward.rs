//! The forward pass that remembers, and the way back through it.
//!
//! One pass handles one packed tree of rows. What the gradient needs of each layer is kept in
//! [`Saved`]; norms and the gated activation are cheap and computed twice instead.

use std::collections::BTreeMap;

use super::decoder::{Decoder, gather, packed_runs};
use super::geometry::Geometry;
use super::low_rank::{LayerAdapter, PackedAdapter, PairGradient, project_backward};
use super::pass_memory::{Saved, Work, Workspace};
use super::weights::Layer;
use super::{LossSum, Module, Target, TokenTree};
use crate::kernels::attention::{Given, attention, attention_backward};
use crate::kernels::cross_entropy::cross_entropy;
use crate::kernels::elementwise::{
    rms_norm, rms_norm_backward, rms_norm_backward_in_place, rotate, silu_mul, silu_mul_backward,
};
use crate::kernels::{Buffer, Device, Linear, Operand, linear};

/// Target rows whose logits exist at one time: 64 rows of 49,152 logits are 12 MB.
const LOSS_ROWS: usize = 64;

/// One pass over one packed tree.
pub(super) struct Pass<'a> {
    pub decoder: &'a Decoder,
    pub adapter: &'a PackedAdapter,
    /// Names the dropout masks; `None`: no dropout.
    pub mask: Option<u64>,
    pub tree: &'a TokenTree,
}

impl<'a> Pass<'a> {
    fn layer_adapter(&self, layer: usize) -> LayerAdapter<'a> {
        LayerAdapter {
            adapter: self.adapter,
            layer,
            mask: self.mask,
        }
    }

    /// The loss at `targets`; their gradient is added to `gradients` where given.
    pub(super) fn run(
        &self,
        targets: &[Target],
        workspace: &mut Workspace,
        gradients: Option<&mut BTreeMap<(usize, Module), PairGradient>>,
    ) -> LossSum {
        let geometry = Geometry::new(self.decoder, self.tree);
        let layers = self.decoder.weights.layers.len();
        // Below the lowest adapted layer nothing learns, so nothing is kept and nothing flows back.
        let bottom = self
            .adapter
            .pairs
            .keys()
            .map(|(layer, _)| *layer)
            .min()
            .unwrap_or(layers);
        let keep_from = if gradients.is_some() { bottom } else { layers };
        let x = self.forward(&geometry, keep_from, workspace);
        let wanted = wanted_by_slot(targets);
        let mut dx = gradients.is_some().then(|| vec![0.0; x.len()]);
        let loss = self.loss(&x, &wanted, &mut workspace.logits, dx.as_mut());
        if let (Some(gradients), Some(mut dx)) = (gradients, dx) {
            self.backward(&geometry, bottom, workspace, &mut dx, gradients);
        }
        LossSum {
            targets: targets.len(),
            ..loss
        }
    }

    fn forward(
        &self,
        geometry: &Geometry,
        keep_from: usize,
        workspace: &mut Workspace,
    ) -> Vec<f32> {
        let decoder = self.decoder;
        let tokens = self.tree.tokens.len();
        let key_width = decoder.config.key_value_width();
        let Workspace { saved, buffers, .. } = workspace;
        buffers.resize(&decoder.config, tokens, decoder.config.qk_norm);
        saved.resize_with(decoder.weights.layers.len(), Saved::default);
        let mut x = decoder
            .weights
            .embed(&self.tree.tokens, decoder.config.hidden_size);
        for (index, layer) in decoder.weights.layers.iter().enumerate() {
            let adapter = Some(self.layer_adapter(index));
            let mut saved = (index >= keep_from).then(|| &mut saved[index]);
            if let Some(saved) = &mut saved {
                saved.resize(&decoder.config, tokens);
                saved.x.copy_from_slice(&x);
                saved.exchange(buffers);
            }
            let mut lows =
                decoder.attention_inputs(layer, adapter, &x, geometry.rotations(), buffers);
            let runs = packed_runs(&buffers.k, &buffers.v, key_width, &geometry.chains);
            let log_sums = saved.as_mut().map(|saved| &mut saved.log_sums[..]);
            attention(
                &decoder.device,
                &decoder.heads(),
                &buffers.q,
                &runs,
                &mut buffers.attended,
                log_sums,
            );
            lows.append(&mut decoder.attention_output(layer, adapter, &mut x, buffers));
            if let Some(saved) = &mut saved {
                saved.x_middle.copy_from_slice(&x);
            }
            lows.append(&mut decoder.mlp(layer, adapter, &mut x, buffers));
            if let Some(saved) = saved {
                saved.exchange(buffers);
                saved.lows = lows;
            }
        }
        x
    }

    /// Loss at the wanted slots; adds the gradient of the residual stream to `dx` where given.
    fn loss(
        &self,
        x: &[f32],
        wanted: &BTreeMap<usize, Vec<(u32, f32)>>,
        logits: &mut Buffer,
        mut dx: Option<&mut Vec<f32>>,
    ) -> LossSum {
        let decoder = self.decoder;
        let device = &decoder.device;
        let (hidden, vocab) = (decoder.config.hidden_size, decoder.config.vocab_size);
        let head = &decoder.weights.head;
        let slots: Vec<(usize, &[(u32, f32)])> = wanted
            .iter()
            .map(|(slot, tokens)| (*slot, &tokens[..]))
            .collect();
        let mut total = LossSum::default();
        for block in slots.chunks(LOSS_ROWS) {
            let rows: Vec<usize> = block.iter().map(|(slot, _)| *slot).collect();
            let tokens: Vec<&[(u32, f32)]> = block.iter().map(|(_, tokens)| *tokens).collect();
            let normed = decoder.final_normed(&gather(x, hidden, &rows));
            let operand = Operand::new(&normed, rows.len(), hidden);
            logits.resize(rows.len() * vocab);
            linear(device, vec![Linear::new(&operand, &head.weight, logits)]);
            let losses = cross_entropy(device, logits, vocab, &tokens, dx.is_some());
            for (loss, tokens) in losses.iter().zip(&tokens) {
                total.loss += loss.loss;
                total.weight += tokens
                    .iter()
                    .map(|(_, weight)| f64::from(*weight))
                    .sum::<f64>();
                let favourite = tokens
                    .iter()
                    .max_by(|a, b| a.1.total_cmp(&b.1))
                    .map(|(token, _)| *token);
                total.correct += usize::from(favourite == Some(loss.best));
            }
            if let Some(dx) = &mut dx {
                let operand = Operand::new(logits, rows.len(), vocab);
                let mut d_normed = vec![0.0; normed.len()];
                linear(
                    device,
                    vec![Linear::new(
                        &operand,
                        head.transposed(device),
                        &mut d_normed,
                    )],
                );
                let gathered: Vec<f32> = rows
                    .iter()
                    .flat_map(|row| &x[row * hidden..(row + 1) * hidden])
                    .copied()
                    .collect();
                let mut d_rows = vec![0.0; gathered.len()];
                rms_norm_backward(
                    device,
                    &d_normed,
                    &gathered,
                    &decoder.weights.final_norm,
                    decoder.config.rms_norm_eps,
                    &mut d_rows,
                );
                for (row, d_row) in rows.iter().zip(d_rows.chunks_exact(hidden)) {
                    dx[row * hidden..(row + 1) * hidden].copy_from_slice(d_row);
                }
            }
        }
        total
    }

    fn backward(
        &self,
        geometry: &Geometry,
        bottom: usize,
        workspace: &mut Workspace,
        dx: &mut [f32],
        gradients: &mut BTreeMap<(usize, Module), PairGradient>,
    ) {
        let Workspace { saved, work, .. } = workspace;
        work.resize(&self.decoder.config, self.tree.tokens.len(), geometry.keys);
        for index in (bottom..self.decoder.weights.layers.len()).rev() {
            let saved = &mut saved[index];
            self.mlp_backward(index, saved, work, dx, gradients);
            self.attention_block_backward(
                geometry,
                index,
                saved,
                work,
                dx,
                gradients,
                index > bottom,
            );
        }
    }

    fn mlp_backward(
        &self,
        index: usize,
        saved: &mut Saved,
        work: &mut Work,
        dx: &mut [f32],
        gradients: &mut BTreeMap<(usize, Module), PairGradient>,
    ) {
        let (device, layer, rows) = (
            &self.decoder.device,
            &self.decoder.weights.layers[index],
            self.tree.tokens.len(),
        );
        let epsilon = self.decoder.config.rms_norm_eps;
        let adapter = self.layer_adapter(index);
        silu_mul(device, &saved.gate, &saved.up, &mut work.hidden);
        let given = (&work.hidden[..], &saved.lows, rows);
        project_backward(
            device,
            layer,
            adapter,
            given,
            &[(Module::Down, &*dx)],
            gradients,
            Some(&mut work.d_hidden),
        );
        silu_mul_backward(device, &work.d_hidden, &mut saved.gate, &mut saved.up);
        rms_norm(
            device,
            &saved.x_middle,
            &layer.mlp_norm,
            epsilon,
            &mut work.normed,
        );
        let given = (&work.normed[..], &saved.lows, rows);
        let d_outputs = [(Module::Gate, &saved.gate[..]), (Module::Up, &saved.up[..])];
        project_backward(
            device,
            layer,
            adapter,
            given,
            &d_outputs,
            gradients,
            Some(&mut work.d_normed),
        );
        rms_norm_backward(
            device,
            &work.d_normed,
            &saved.x_middle,
            &layer.mlp_norm,
            epsilon,
            dx,
        );
    }

    fn attention_block_backward(
        &self,
        geometry: &Geometry,
        index: usize,
        saved: &mut Saved,
        work: &mut Work,
        dx: &mut [f32],
        gradients: &mut BTreeMap<(usize, Module), PairGradient>,
        flows_on: bool,
    ) {
        let decoder = self.decoder;
        let (device, config, rows) = (&decoder.device, &decoder.config, self.tree.tokens.len());
        let layer = &decoder.weights.layers[index];
        let adapter = self.layer_adapter(index);
        let given = (&saved.attended[..], &saved.lows, rows);
        project_backward(
            device,
            layer,
            adapter,
            given,
            &[(Module::O, &*dx)],
            gradients,
            Some(&mut work.d_attended),
        );

        let runs = packed_runs(
            &saved.k,
            &saved.v,
            config.key_value_width(),
            &geometry.chains,
        );
        let given = Given {
            q: &saved.q,
            out: &saved.attended,
            log_sums: &saved.log_sums,
            d_out: &work.d_attended,
        };
        attention_backward(
            device,
            &decoder.heads(),
            &given,
            &runs,
            &geometry.key_offsets,
            &mut work.dq,
            &mut work.dk_apart,
            &mut work.dv_apart,
        );
        let width = config.key_value_width();
        gather_keys(device, geometry, width, &work.dk_apart, &mut work.dk);
        gather_keys(device, geometry, width, &work.dv_apart, &mut work.dv);
        self.rotate_back(geometry, layer, saved, work);

        rms_norm(
            device,
            &saved.x,
            &layer.attention_norm,
            config.rms_norm_eps,
            &mut work.normed,
        );
        let given = (&work.normed[..], &saved.lows, rows);
        let d_outputs = [
            (Module::Q, &work.dq[..]),
            (Module::K, &work.dk[..]),
            (Module::V, &work.dv[..]),
        ];
        let out = flows_on.then_some(&mut work.d_normed[..]);
        project_backward(device, layer, adapter, given, &d_outputs, gradients, out);
        if flows_on {
            rms_norm_backward(
                device,
                &work.d_normed,
                &saved.x,
                &layer.attention_norm,
                config.rms_norm_eps,
                dx,
            );
        }
    }

    /// From the gradients of rotated queries and keys to those of the projections' outputs.
    fn rotate_back(&self, geometry: &Geometry, layer: &Layer, saved: &Saved, work: &mut Work) {
        let (device, config) = (&self.decoder.device, &self.decoder.config);
        let (queries, keys) = geometry.rotations();
        rotate(
            device,
            &mut work.dq,
            config.num_attention_heads,
            config.head_dim,
            queries,
            true,
        );
        rotate(
            device,
            &mut work.dk,
            config.num_key_value_heads,
            config.head_dim,
            keys,
            true,
        );
        if let Some((q_norm, k_norm)) = &layer.head_norms {
            rms_norm_backward_in_place(
                device,
                &mut work.dq,
                &saved.q_unnormed,
                q_norm,
                config.rms_norm_eps,
            );
            rms_norm_backward_in_place(
                device,
                &mut work.dk,
                &saved.k_unnormed,
                k_norm,
                config.rms_norm_eps,
            );
        }
    }
}

/// Adds up, run after run, what the runs say of each key.
fn gather_keys(device: &Device, geometry: &Geometry, width: usize, apart: &[f32], out: &mut [f32]) {
    out.fill(0.0);
    for (chain, offset) in geometry.chains.iter().zip(&geometry.key_offsets) {
        let mut from = offset * width;
        for (start, len) in chain {
            let share = &apart[from..from + len * width];
            crate::kernels::elementwise::add(
                device,
                &mut out[start * width..(start + len) * width],
                share,
            );
            from += len * width;
        }
    }
}

/// Targets by slot, so that each slot's logits are computed once.
fn wanted_by_slot(targets: &[Target]) -> BTreeMap<usize, Vec<(u32, f32)>> {
    let mut wanted: BTreeMap<usize, Vec<(u32, f32)>> = BTreeMap::new();
    for target in targets {
        wanted
            .entry(target.index)
            .or_default()
            .push((target.token, target.weight));
    }
    wanted
}
