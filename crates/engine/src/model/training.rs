//! Loss, gradients and the optimiser step of one adapter.

use std::sync::Arc;

use super::{Adapter, Decoder, Target, TokenTree, decoder::PackedAdapter};
use crate::Result;

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
    /// Targets whose token has the highest logit.
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

/// Moments of AdamW, flat, in the adapter's parameter order (for each (layer, module) pair: a, b).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OptimiserState {
    pub step: u64,
    pub first_moment: Vec<f32>,
    pub second_moment: Vec<f32>,
}

/// An adapter in training on a frozen decoder.
pub struct TrainingSession {
    decoder: Arc<Decoder>,
}

impl TrainingSession {
    pub fn new(_decoder: Arc<Decoder>, _adapter: Adapter) -> Result<Self> {
        todo!()
    }

    pub fn decoder(&self) -> &Arc<Decoder> {
        &self.decoder
    }

    /// Adds the gradient of the *sum* of weighted losses over `targets`.
    pub fn forward_backward(
        &mut self,
        _tree: &TokenTree,
        _targets: &[Target],
        _dropout: Option<Dropout>,
    ) -> Result<LossSum> {
        todo!()
    }

    /// The loss alone; gradients stay as they are.
    pub fn loss(&mut self, _tree: &TokenTree, _targets: &[Target]) -> Result<LossSum> {
        todo!()
    }

    /// One step on `gradient_scale` × (the gradient added up so far), clipped to `max_grad_norm`
    /// (L2 over all parameters) when given; then the gradient is zero again.
    /// Gives the norm before clipping.
    pub fn step(
        &mut self,
        _optimiser: &AdamW,
        _gradient_scale: f32,
        _max_grad_norm: Option<f32>,
    ) -> Result<f64> {
        todo!()
    }

    /// Flat gradient in the adapter's parameter order (tests, diagnostics).
    pub fn gradient(&self) -> Vec<f32> {
        todo!()
    }

    pub fn adapter(&self) -> Adapter {
        todo!()
    }

    pub fn set_adapter(&mut self, _adapter: &Adapter) -> Result<()> {
        todo!()
    }

    /// The adapter as it is now, for generation.
    pub fn packed_adapter(&self) -> Arc<PackedAdapter> {
        todo!()
    }

    pub fn optimiser_state(&self) -> OptimiserState {
        todo!()
    }

    pub fn set_optimiser_state(&mut self, _state: &OptimiserState) -> Result<()> {
        todo!()
    }
}
