//! An adapter in training: loss, gradients and the optimiser's step.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::backward::Pass;
use super::low_rank::{PackedAdapter, PairGradient};
use super::pass_memory::Workspace;
use super::{Adapter, AdapterConfig, Decoder, LowRank, Module, Target, TokenTree};
use crate::kernels::elementwise::mix;
use crate::kernels::optimiser::{AdamWStep, adamw, squared_norm};
use crate::{Error, Result};

/// AdamW (arXiv:1711.05101), PyTorch's form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    pub learning_rate: f32,
    pub beta1: f32,
    pub beta2: f32,
    pub epsilon: f32,
    pub weight_decay: f32,
}

/// Names the dropout mask of one pass: the same numbers give the same mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropout {
    pub seed: u64,
    pub pass: u64,
}

/// Sums over the targets of one or more passes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LossSum {
    /// Sum of weight × cross-entropy in nats.
    pub loss: f64,
    pub weight: f64,
    pub targets: usize,
    /// Positions whose most wanted token has the highest logit.
    pub correct: usize,
}

impl LossSum {
    pub fn mean(&self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.loss / self.weight)
    }

    pub fn add(&mut self, other: &LossSum) {
        self.loss += other.loss;
        self.weight += other.weight;
        self.targets += other.targets;
        self.correct += other.correct;
    }
}

/// Moments of AdamW, flat, in the adapter's parameter order (for each (layer, module): A, B).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OptimiserState {
    pub step: u64,
    pub first_moment: Vec<f32>,
    pub second_moment: Vec<f32>,
}

/// An adapter in training on a frozen decoder.
pub struct TrainingSession {
    decoder: Arc<Decoder>,
    adapter: Adapter,
    packed: Arc<PackedAdapter>,
    gradients: BTreeMap<(usize, Module), PairGradient>,
    optimiser: OptimiserState,
    workspace: Workspace,
}

impl TrainingSession {
    /// # Errors
    /// An adapter of other shapes than the decoder's, or with numbers that are not finite.
    pub fn new(decoder: Arc<Decoder>, adapter: Adapter) -> Result<Self> {
        let packed = decoder.pack_adapter(&adapter)?;
        let gradients = adapter
            .weights
            .iter()
            .map(|(key, pair)| {
                (
                    *key,
                    PairGradient {
                        a: vec![0.0; pair.a.len()],
                        b_transposed: vec![0.0; pair.b.len()],
                    },
                )
            })
            .collect();
        let count = adapter.parameter_count();
        let optimiser = OptimiserState {
            step: 0,
            first_moment: vec![0.0; count],
            second_moment: vec![0.0; count],
        };
        Ok(Self {
            decoder,
            adapter,
            packed,
            gradients,
            optimiser,
            workspace: Workspace::default(),
        })
    }

    pub fn decoder(&self) -> &Arc<Decoder> {
        &self.decoder
    }

    pub fn config(&self) -> &AdapterConfig {
        &self.adapter.config
    }

    /// Adds the gradient of the *sum* of weighted losses over `targets`.
    ///
    /// # Errors
    /// Tokens outside the vocabulary, targets outside the tree.
    pub fn forward_backward(
        &mut self,
        tree: &TokenTree,
        targets: &[Target],
        dropout: Option<Dropout>,
    ) -> Result<LossSum> {
        self.check(tree, targets)?;
        let mask = dropout.map(|dropout| mix(dropout.seed ^ mix(dropout.pass)));
        let pass = Pass {
            decoder: &self.decoder,
            adapter: &self.packed,
            mask,
            tree,
        };
        Ok(pass.run(targets, &mut self.workspace, Some(&mut self.gradients)))
    }

    /// The loss alone; gradients stay as they are.
    ///
    /// # Errors
    /// As [`Self::forward_backward`].
    pub fn loss(&mut self, tree: &TokenTree, targets: &[Target]) -> Result<LossSum> {
        self.check(tree, targets)?;
        let pass = Pass {
            decoder: &self.decoder,
            adapter: &self.packed,
            mask: None,
            tree,
        };
        Ok(pass.run(targets, &mut self.workspace, None))
    }

    fn check(&self, tree: &TokenTree, targets: &[Target]) -> Result<()> {
        self.decoder.check_tokens(&tree.tokens)?;
        for target in targets {
            self.decoder.check_tokens(&[target.token])?;
            if target.index >= tree.tokens.len() {
                return Err(Error::Configuration(format!(
                    "a target stands at slot {} of a tree of {} tokens",
                    target.index,
                    tree.tokens.len()
                )));
            }
        }
        Ok(())
    }

    /// One step on `gradient_scale` × (the gradient added up so far), clipped to `max_grad_norm`
    /// (L2 over all parameters) when given; then the gradient is zero again.
    /// Gives the norm before clipping.
    ///
    /// # Errors
    /// A gradient that is not finite; the adapter is then unchanged.
    pub fn step(
        &mut self,
        optimiser: &AdamW,
        gradient_scale: f32,
        max_grad_norm: Option<f32>,
    ) -> Result<f64> {
        let decoder = Arc::clone(&self.decoder);
        let device = &decoder.device;
        let squares: f64 = self
            .gradients
            .values()
            .map(|pair| squared_norm(device, &pair.a) + squared_norm(device, &pair.b_transposed))
            .sum();
        let norm = squares.sqrt() * f64::from(gradient_scale);
        if !norm.is_finite() {
            return Err(Error::NotFinite("the gradient is not finite: training diverged (lower learning_rate, or raise warmup_steps)".into()));
        }
        // torch.nn.utils.clip_grad_norm_
        let clip = max_grad_norm.map_or(1.0, |limit| (f64::from(limit) / (norm + 1e-6)).min(1.0));
        self.optimiser.step += 1;
        let step = AdamWStep {
            learning_rate: optimiser.learning_rate,
            beta1: optimiser.beta1,
            beta2: optimiser.beta2,
            epsilon: optimiser.epsilon,
            weight_decay: optimiser.weight_decay,
            gradient_scale: gradient_scale * clip as f32,
            step: self.optimiser.step,
        };
        let r = self.adapter.config.r;
        let mut first = &mut self.optimiser.first_moment[..];
        let mut second = &mut self.optimiser.second_moment[..];
        for (pair, gradient) in self
            .adapter
            .weights
            .values_mut()
            .zip(self.gradients.values_mut())
        {
            let b_gradient = transposed(&gradient.b_transposed, r);
            for (parameters, gradient) in [(&mut pair.a, &gradient.a), (&mut pair.b, &b_gradient)] {
                let (first_here, first_rest) =
                    std::mem::take(&mut first).split_at_mut(parameters.len());
                let (second_here, second_rest) =
                    std::mem::take(&mut second).split_at_mut(parameters.len());
                adamw(device, &step, parameters, gradient, first_here, second_here);
                (first, second) = (first_rest, second_rest);
            }
            gradient.a.fill(0.0);
            gradient.b_transposed.fill(0.0);
        }
        self.packed = Arc::new(PackedAdapter::new(device, &self.adapter));
        Ok(norm)
    }

    /// Flat gradient in the adapter's parameter order.
    pub fn gradient(&self) -> Vec<f32> {
        let r = self.adapter.config.r;
        self.gradients
            .values()
            .flat_map(|pair| {
                pair.a
                    .iter()
                    .copied()
                    .chain(transposed(&pair.b_transposed, r))
            })
            .collect()
    }

    pub fn adapter(&self) -> Adapter {
        self.adapter.clone()
    }

    /// Replaces the adapter by one of the same configuration.
    ///
    /// # Errors
    /// Other layers, modules or shapes.
    pub fn set_adapter(&mut self, adapter: &Adapter) -> Result<()> {
        let shapes = |adapter: &Adapter| {
            adapter
                .weights
                .iter()
                .map(|(key, LowRank { a, b })| (*key, a.len(), b.len()))
                .collect::<Vec<_>>()
        };
        if adapter.config != self.adapter.config || shapes(adapter) != shapes(&self.adapter) {
            return Err(Error::AdapterMismatch(
                "its rank, layers or modules differ from those in training".into(),
            ));
        }
        self.packed = self.decoder.pack_adapter(adapter)?;
        self.adapter = adapter.clone();
        Ok(())
    }

    /// The adapter as it is now, for generation.
    pub fn packed_adapter(&self) -> Arc<PackedAdapter> {
        Arc::clone(&self.packed)
    }

    pub fn optimiser_state(&self) -> &OptimiserState {
        &self.optimiser
    }

    /// # Errors
    /// Moments of another number of parameters.
    pub fn set_optimiser_state(&mut self, state: &OptimiserState) -> Result<()> {
        let count = self.adapter.parameter_count();
        if state.first_moment.len() != count || state.second_moment.len() != count {
            return Err(Error::AdapterMismatch(format!(
                "the optimiser's moments are of {} parameters, the adapter has {count}",
                state.first_moment.len()
            )));
        }
        self.optimiser = state.clone();
        Ok(())
    }
}

/// `[r, n]` as `[n, r]`.
fn transposed(values: &[f32], r: usize) -> Vec<f32> {
    let n = values.len() / r;
    let mut out = vec![0.0; values.len()];
    for (row, values) in values.chunks_exact(n).enumerate() {
        for (column, value) in values.iter().enumerate() {
            out[column * r + row] = *value;
        }
    }
    out
}
