//! A low-rank adapter (LoRA, arXiv:2106.09685): W x + (alpha / r) B A x.

use std::collections::BTreeMap;

use rand_chacha::rand_core::{Rng, SeedableRng};

use super::ModelConfig;
use crate::{Error, Result};

/// The linear layers that can carry an adapter, in the order in which gradients are clipped,
/// parameters are stored and bytes are hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Module {
    Q,
    K,
    V,
    O,
    Gate,
    Up,
    Down,
}

impl Module {
    pub const ALL: [Module; 7] = [
        Module::Q,
        Module::K,
        Module::V,
        Module::O,
        Module::Gate,
        Module::Up,
        Module::Down,
    ];

    /// The name PEFT and transformers use (`q_proj`).
    pub fn name(self) -> &'static str {
        match self {
            Module::Q => "q_proj",
            Module::K => "k_proj",
            Module::V => "v_proj",
            Module::O => "o_proj",
            Module::Gate => "gate_proj",
            Module::Up => "up_proj",
            Module::Down => "down_proj",
        }
    }

    /// The path within a layer (`self_attn.q_proj`).
    pub fn path(self) -> &'static str {
        match self {
            Module::Q => "self_attn.q_proj",
            Module::K => "self_attn.k_proj",
            Module::V => "self_attn.v_proj",
            Module::O => "self_attn.o_proj",
            Module::Gate => "mlp.gate_proj",
            Module::Up => "mlp.up_proj",
            Module::Down => "mlp.down_proj",
        }
    }

    pub fn from_name(name: &str) -> Option<Module> {
        Self::ALL.into_iter().find(|module| module.name() == name)
    }

    /// `(out, in)` of the weight.
    pub fn shape(self, config: &ModelConfig) -> (usize, usize) {
        let hidden = config.hidden_size;
        match self {
            Module::Q => (config.query_width(), hidden),
            Module::K | Module::V => (config.key_value_width(), hidden),
            Module::O => (hidden, config.query_width()),
            Module::Gate | Module::Up => (config.intermediate_size, hidden),
            Module::Down => (hidden, config.intermediate_size),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct AdapterConfig {
    pub r: usize,
    pub alpha: f32,
    /// Chance that an input of an adapter is dropped in training.
    pub dropout: f32,
    pub modules: Vec<Module>,
    /// Layers that carry an adapter, sorted.
    pub layers: Vec<usize>,
    /// PEFT's `use_rslora`: scale by alpha / sqrt(r).
    pub rank_stabilised: bool,
}

impl AdapterConfig {
    pub fn scale(&self) -> f32 {
        let r = self.r as f32;
        self.alpha / if self.rank_stabilised { r.sqrt() } else { r }
    }
}

/// One pair of matrices. Row-major: `a` is `[r, in]`, `b` is `[out, r]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LowRank {
    pub a: Vec<f32>,
    pub b: Vec<f32>,
}

pub type AdapterWeights = BTreeMap<(usize, Module), LowRank>;

#[derive(Debug, Clone, PartialEq)]
pub struct Adapter {
    pub config: AdapterConfig,
    /// By (layer, module): layers ascending, modules in [`Module::ALL`]'s order.
    pub weights: AdapterWeights,
}

impl Adapter {
    /// A fresh adapter as PEFT starts one: A uniform in ±1/sqrt(in) (Kaiming with a = sqrt 5),
    /// B zero, so that it changes nothing before the first step.
    pub fn initialise(config: AdapterConfig, model: &ModelConfig, seed: u64) -> Self {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut weights = AdapterWeights::new();
        for &layer in &config.layers {
            for module in Module::ALL
                .into_iter()
                .filter(|module| config.modules.contains(module))
            {
                let (out, input) = module.shape(model);
                let bound = 1.0 / (input as f32).sqrt();
                let a = (0..config.r * input)
                    .map(|_| (unit_from_bits(random.next_u32()) * 2.0 - 1.0) * bound)
                    .collect();
                weights.insert(
                    (layer, module),
                    LowRank {
                        a,
                        b: vec![0.0; out * config.r],
                    },
                );
            }
        }
        Self { config, weights }
    }

    /// Checks that the adapter belongs to a model of this shape and holds only finite numbers.
    ///
    /// # Errors
    /// [`Error::AdapterMismatch`] naming the layer, the module and both shapes.
    pub fn check(&self, model: &ModelConfig) -> Result<()> {
        let r = self.config.r;
        if r == 0 {
            return Err(Error::AdapterMismatch("its rank r is 0".into()));
        }
        for (&(layer, module), pair) in &self.weights {
            let place = format!("layer {layer}, {}", module.name());
            if layer >= model.num_hidden_layers {
                return Err(Error::AdapterMismatch(format!(
                    "{place}: the base has only {} layers",
                    model.num_hidden_layers
                )));
            }
            let (out, input) = module.shape(model);
            if pair.a.len() != r * input || pair.b.len() != out * r {
                return Err(Error::AdapterMismatch(format!(
                    "{place}: A and B hold {} and {} numbers, the base needs {} and {}",
                    pair.a.len(),
                    pair.b.len(),
                    r * input,
                    out * r
                )));
            }
            if pair.a.iter().chain(&pair.b).any(|value| !value.is_finite()) {
                return Err(Error::NotFinite(format!(
                    "the adapter holds NaN or infinite numbers ({place})"
                )));
            }
        }
        Ok(())
    }

    pub fn parameter_count(&self) -> usize {
        self.weights
            .values()
            .map(|pair| pair.a.len() + pair.b.len())
            .sum()
    }
}

/// Uniform in [0, 1) with 24 bits.
fn unit_from_bits(bits: u32) -> f32 {
    (bits >> 8) as f32 / (1u32 << 24) as f32
}
