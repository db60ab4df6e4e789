//! The frozen weights of a decoder, packed for the kernels.

use std::sync::OnceLock;

use super::{ModelConfig, Module, WeightSource};
use crate::Result;
use crate::kernels::lanes::{bf16_from_f32, f32_from_bf16};
use crate::kernels::{Device, PackedWeight, Storage};

pub struct Layer {
    pub attention_norm: Vec<f32>,
    pub mlp_norm: Vec<f32>,
    /// In the order of [`Module::ALL`].
    projections: Vec<Projection>,
    /// Over each head of q and of k (Qwen3).
    pub head_norms: Option<(Vec<f32>, Vec<f32>)>,
}

/// A linear layer `y = x·Wᵀ + bias`.
pub struct Projection {
    pub weight: PackedWeight,
    pub bias: Option<Vec<f32>>,
    /// Packed for the backward pass when that first needs it.
    transposed: OnceLock<PackedWeight>,
}

impl Projection {
    pub fn transposed(&self, device: &Device) -> &PackedWeight {
        self.transposed
            .get_or_init(|| self.weight.transposed(device))
    }
}

impl Layer {
    pub fn projection(&self, module: Module) -> &Projection {
        &self.projections[module as usize]
    }
}

/// Token embeddings, `[vocab, hidden]`.
pub enum Embeddings {
    /// The head's own weight.
    Tied,
    F32(Vec<f32>),
    Bf16(Vec<u16>),
}

pub struct Weights {
    pub embeddings: Embeddings,
    pub layers: Vec<Layer>,
    pub final_norm: Vec<f32>,
    pub head: Projection,
}

impl Weights {
    pub fn load(
        config: &ModelConfig,
        source: &dyn WeightSource,
        device: &Device,
        storage: Storage,
    ) -> Result<Self> {
        let hidden = config.hidden_size;
        let layers = (0..config.num_hidden_layers)
            .map(|index| load_layer(config, source, device, storage, index))
            .collect::<Result<_>>()?;
        let table = source.read("model.embed_tokens.weight", &[config.vocab_size, hidden])?;
        let (embeddings, head) = if config.tie_word_embeddings || !source.contains("lm_head.weight")
        {
            (
                Embeddings::Tied,
                PackedWeight::from_output_rows(device, storage, &table, config.vocab_size, hidden),
            )
        } else {
            let head = source.read("lm_head.weight", &[config.vocab_size, hidden])?;
            let embeddings = match storage {
                Storage::F32 => Embeddings::F32(table),
                Storage::Bf16 | Storage::Int16 | Storage::Int8 => {
                    Embeddings::Bf16(table.iter().map(|value| bf16_from_f32(*value)).collect())
                }
            };
            (
                embeddings,
                PackedWeight::from_output_rows(device, storage, &head, config.vocab_size, hidden),
            )
        };
        let final_norm = source.read("model.norm.weight", &[hidden])?;
        Ok(Self {
            embeddings,
            layers,
            final_norm,
            head: Projection {
                weight: head,
                bias: None,
                transposed: OnceLock::new(),
            },
        })
    }

    /// The embeddings of `tokens`, `[tokens, hidden]`.
    pub fn embed(&self, tokens: &[u32], hidden: usize) -> Vec<f32> {
        let mut x = vec![0.0; tokens.len() * hidden];
        for (row, &token) in x.chunks_exact_mut(hidden).zip(tokens) {
            let token = token as usize;
            match &self.embeddings {
                Embeddings::Tied => self.head.weight.copy_column(token, row),
                Embeddings::F32(table) => row.copy_from_slice(&table[token * hidden..][..hidden]),
                Embeddings::Bf16(table) => {
                    for (number, bits) in row.iter_mut().zip(&table[token * hidden..]) {
                        *number = f32_from_bf16(*bits);
                    }
                }
            }
        }
        x
    }
}

fn load_layer(
    config: &ModelConfig,
    source: &dyn WeightSource,
    device: &Device,
    storage: Storage,
    index: usize,
) -> Result<Layer> {
    let name = |rest: &str| format!("model.layers.{index}.{rest}");
    let mut projections = Vec::with_capacity(Module::ALL.len());
    for module in Module::ALL {
        let (outputs, inputs) = module.shape(config);
        let values = source.read(
            &name(&format!("{}.weight", module.path())),
            &[outputs, inputs],
        )?;
        let biased = match module {
            Module::Q | Module::K | Module::V => config.qkv_bias,
            Module::O => config.o_bias,
            _ => false,
        };
        let bias = biased
            .then(|| source.read(&name(&format!("{}.bias", module.path())), &[outputs]))
            .transpose()?;
        let weight = PackedWeight::from_output_rows(device, storage, &values, outputs, inputs);
        projections.push(Projection {
            weight,
            bias,
            transposed: OnceLock::new(),
        });
    }
    let head_norms = if config.qk_norm {
        let shape = [config.head_dim];
        Some((
            source.read(&name("self_attn.q_norm.weight"), &shape)?,
            source.read(&name("self_attn.k_norm.weight"), &shape)?,
        ))
    } else {
        None
    };
    Ok(Layer {
        attention_norm: source.read(&name("input_layernorm.weight"), &[config.hidden_size])?,
        mlp_norm: source.read(
            &name("post_attention_layernorm.weight"),
            &[config.hidden_size],
        )?,
        projections,
        head_norms,
    })
}
