//! An adapter in the form the kernels read, and the sums it takes part in.

use std::collections::BTreeMap;

use super::weights::Layer;
use super::{Adapter, AdapterConfig, LowRank, Module};
use crate::kernels::elementwise::{self, MaskKey};
use crate::kernels::lanes::Isa;
use crate::kernels::{Device, Linear, Operand, PackedWeight, Storage, linear};

/// An adapter in the form the kernels read.
pub struct PackedAdapter {
    pub(super) config: AdapterConfig,
    pub(super) pairs: BTreeMap<(usize, Module), PackedPair>,
}

/// One low-rank pair, packed four ways.
pub(super) struct PackedPair {
    /// `[in, r]`: x → A x
    a: PackedWeight,
    /// `[r, out]`: A x → B A x
    b: PackedWeight,
    /// `[r, in]`: the gradient's way back through A
    a_back: PackedWeight,
    /// `[out, r]`: the gradient's way back through B
    b_back: PackedWeight,
}

impl PackedPair {
    fn new(device: &Device, pair: &LowRank, r: usize) -> Self {
        // bf16 products are four times as fast where they exist; elsewhere f32 costs no time.
        let storage = if device.isa() == Isa::Avx512Bf16 {
            Storage::Bf16
        } else {
            Storage::F32
        };
        let (inputs, outputs) = (pair.a.len() / r, pair.b.len() / r);
        Self {
            a: PackedWeight::pack(device, storage, &pair.a, (inputs, r), (1, inputs)),
            b: PackedWeight::pack(device, storage, &pair.b, (r, outputs), (1, r)),
            a_back: PackedWeight::pack(device, storage, &pair.a, (r, inputs), (inputs, 1)),
            b_back: PackedWeight::pack(device, storage, &pair.b, (outputs, r), (r, 1)),
        }
    }
}

impl PackedAdapter {
    pub(super) fn new(device: &Device, adapter: &Adapter) -> Self {
        let r = adapter.config.r;
        let pairs = adapter
            .weights
            .iter()
            .map(|(key, pair)| (*key, PackedPair::new(device, pair, r)))
            .collect();
        Self {
            config: adapter.config.clone(),
            pairs,
        }
    }

    pub(super) fn pair(&self, layer: usize, module: Module) -> Option<&PackedPair> {
        self.pairs.get(&(layer, module))
    }

    pub fn config(&self) -> &AdapterConfig {
        &self.config
    }
}

/// One layer's adapters in one pass.
#[derive(Clone, Copy)]
pub(super) struct LayerAdapter<'a> {
    pub adapter: &'a PackedAdapter,
    pub layer: usize,
    /// Names the dropout masks of this pass; `None`: no dropout.
    pub mask: Option<u64>,
}

impl LayerAdapter<'_> {
    pub(super) fn mask_key(&self, module: Module) -> Option<MaskKey> {
        let rate = self.adapter.config.dropout;
        self.mask.filter(|_| rate > 0.0).map(|pass| {
            let place = (self.layer * Module::ALL.len() + module as usize) as u64;
            // The low bits are left to the element's index.
            MaskKey(elementwise::mix(pass ^ elementwise::mix(place)) & !0xffff_ffff)
        })
    }
}

/// What A made of its input, scaled: `[rows, r]` for each adapted module of a layer.
pub(super) type Lows = BTreeMap<Module, Vec<f32>>;

/// `y = x·Wᵀ + bias (+ s·B·A x)` for several modules that share the input `x` `[rows, width]`.
/// Gives the low-rank intermediates, which the gradient needs.
pub(super) fn project(
    device: &Device,
    layer: &Layer,
    adapter: Option<LayerAdapter<'_>>,
    x: &[f32],
    rows: usize,
    outputs: Vec<(Module, &mut [f32])>,
) -> Lows {
    let operand = Operand::new(x, rows, x.len() / rows.max(1));
    let modules: Vec<Module> = outputs.iter().map(|(module, _)| *module).collect();
    let lows = adapter.map_or_else(Lows::new, |adapter| {
        lows(device, adapter, &operand, rows, &modules)
    });
    let low_operands: BTreeMap<Module, Operand<'_>> = lows
        .iter()
        .map(|(module, low)| (*module, Operand::new(low, rows, low.len() / rows.max(1))))
        .collect();
    let jobs = outputs
        .into_iter()
        .map(|(module, out)| {
            let projection = layer.projection(module);
            let job = Linear::new(&operand, &projection.weight, out)
                .with_bias(projection.bias.as_deref());
            match (
                adapter.and_then(|adapter| adapter.adapter.pair(adapter.layer, module)),
                low_operands.get(&module),
            ) {
                (Some(pair), Some(low)) => job.plus(low, &pair.b),
                _ => job,
            }
        })
        .collect();
    linear(device, jobs);
    lows
}

fn lows(
    device: &Device,
    adapter: LayerAdapter<'_>,
    x: &Operand<'_>,
    rows: usize,
    modules: &[Module],
) -> Lows {
    let config = &adapter.adapter.config;
    let pairs: Vec<(Module, &PackedPair)> = modules
        .iter()
        .filter_map(|module| Some((*module, adapter.adapter.pair(adapter.layer, *module)?)))
        .collect();
    let mut outs: Vec<Vec<f32>> = pairs.iter().map(|_| vec![0.0; rows * config.r]).collect();
    let dropped: Vec<Option<Vec<f32>>> = pairs
        .iter()
        .map(|(module, _)| {
            adapter
                .mask_key(*module)
                .map(|key| dropped(device, x.values(), config.dropout, key))
        })
        .collect();
    let operands: Vec<Option<Operand<'_>>> = dropped
        .iter()
        .map(|values| {
            values
                .as_ref()
                .map(|values| Operand::new(values, rows, values.len() / rows.max(1)))
        })
        .collect();
    let jobs = pairs
        .iter()
        .zip(&mut outs)
        .zip(&operands)
        .map(|(((_, pair), out), operand)| Linear::new(operand.as_ref().unwrap_or(x), &pair.a, out))
        .collect();
    linear(device, jobs);
    drop(operands);
    let scale = config.scale();
    pairs
        .iter()
        .zip(outs)
        .map(|((module, _), mut low)| {
            low.iter_mut().for_each(|value| *value *= scale);
            (*module, low)
        })
        .collect()
}

pub(super) fn dropped(device: &Device, x: &[f32], rate: f32, key: MaskKey) -> Vec<f32> {
    let mut y = vec![0.0; x.len()];
    elementwise::dropout(device, x, rate, key, &mut y);
    y
}

/// Gradients of one low-rank pair: `a` `[r, in]`, and `b` transposed, `[r, out]`.
pub(super) struct PairGradient {
    pub a: Vec<f32>,
    pub b_transposed: Vec<f32>,
}

/// The way back through [`project`]: adds the adapters' gradients to `gradients` and writes the
/// input's gradient to `dx` where somebody wants it.
pub(super) fn project_backward(
    device: &Device,
    layer: &Layer,
    adapter: LayerAdapter<'_>,
    (x, lows, rows): (&[f32], &Lows, usize),
    d_outputs: &[(Module, &[f32])],
    gradients: &mut BTreeMap<(usize, Module), PairGradient>,
    dx: Option<&mut [f32]>,
) {
    let config = &adapter.adapter.config;
    let operands: Vec<Operand<'_>> = d_outputs
        .iter()
        .map(|(_, d)| Operand::new(d, rows, d.len() / rows.max(1)))
        .collect();
    let pairs: Vec<Option<&PackedPair>> = d_outputs
        .iter()
        .map(|(module, _)| adapter.adapter.pair(adapter.layer, *module))
        .collect();
    let mut d_lows: Vec<Vec<f32>> = pairs
        .iter()
        .map(|pair| vec![0.0; if pair.is_some() { rows * config.r } else { 0 }])
        .collect();
    let jobs = pairs
        .iter()
        .zip(&operands)
        .zip(&mut d_lows)
        .filter_map(|((pair, operand), d_low)| {
            pair.map(|pair| Linear::new(operand, &pair.b_back, d_low))
        })
        .collect();
    linear(device, jobs);
    let scale = config.scale();
    d_lows
        .iter_mut()
        .flatten()
        .for_each(|value| *value *= scale);
    for ((module, d_output), d_low) in d_outputs.iter().zip(&d_lows) {
        let Some(gradient) = gradients.get_mut(&(adapter.layer, *module)) else {
            continue;
        };
        let kept = adapter
            .mask_key(*module)
            .map(|key| dropped(device, x, config.dropout, key));
        crate::kernels::outer::outer(
            device,
            d_low,
            kept.as_deref().unwrap_or(x),
            rows,
            &mut gradient.a,
        );
        if let Some(low) = lows.get(module) {
            crate::kernels::outer::outer(device, low, d_output, rows, &mut gradient.b_transposed);
        }
    }
    let Some(dx) = dx else { return };
    let low_operands: Vec<Option<Operand<'_>>> = pairs
        .iter()
        .zip(&d_lows)
        .map(|(pair, d_low)| pair.map(|_| Operand::new(d_low, rows, config.r)))
        .collect();
    let masks: Vec<Option<MaskKey>> = d_outputs
        .iter()
        .map(|(module, _)| adapter.mask_key(*module))
        .collect();
    let mut job: Option<Linear<'_>> = None;
    let mut out = Some(&mut *dx);
    for (index, (module, _)) in d_outputs.iter().enumerate() {
        let weight = layer.projection(*module).transposed(device);
        let with_base = match (job.take(), out.take()) {
            (Some(job), _) => job.plus(&operands[index], weight),
            (None, Some(out)) => Linear::new(&operands[index], weight, out),
            (None, None) => unreachable!("the first output opens the job"),
        };
        job = Some(match (pairs[index], &low_operands[index], masks[index]) {
            (Some(pair), Some(low), None) => with_base.plus(low, &pair.a_back),
            _ => with_base,
        });
    }
    linear(device, job.into_iter().collect());
    // With dropout the adapter's share passes its mask before it joins the rest.
    for index in 0..d_outputs.len() {
        if let (Some(pair), Some(low), Some(key)) =
            (pairs[index], &low_operands[index], masks[index])
        {
            let mut share = vec![0.0; dx.len()];
            linear(device, vec![Linear::new(low, &pair.a_back, &mut share)]);
            elementwise::add(device, dx, &dropped(device, &share, config.dropout, key));
        }
    }
}
