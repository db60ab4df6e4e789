//! The decoder: packed weights, and the forward pass over a cache of keys and values.

use std::sync::Arc;

use super::cache::KeyValueCache;
use super::low_rank::{LayerAdapter, Lows, PackedAdapter, project};
use super::rotary::Rotary;
use super::weights::{Layer, Weights};
use super::{Adapter, Chunk, LogitsOf, ModelConfig, Module, WeightSource};
use crate::kernels::attention::{Heads, QueryRun, Span, attention};
use crate::kernels::elementwise::{Rotation, add, rms_norm, rms_norm_in_place, rotate, silu_mul};
use crate::kernels::{Buffer, Device, Linear, Operand, Storage, linear};
use crate::{Error, Result};

/// How frozen weights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// The two-byte form that the processor multiplies fastest: bf16, or rounded 16-bit integers
    /// with a scale for each small group (see `kernels::int16`).
    #[default]
    Auto,
    /// For models that answer and are not trained: like `Auto`, in 8-bit integers where those
    /// are read faster.
    Inference,
    F32,
    Bf16,
}

#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// `None`: all cores of the machine.
    pub threads: Option<usize>,
    pub precision: Precision,
}

/// A model ready to run. Share it with `Arc`.
pub struct Decoder {
    pub(super) config: ModelConfig,
    pub(super) device: Device,
    pub(super) weights: Weights,
    pub(super) rotary: Rotary,
    storage: Storage,
}

impl Decoder {
    /// # Errors
    /// A configuration that can't be, a missing or misshapen tensor.
    pub fn load(
        config: &ModelConfig,
        source: &dyn WeightSource,
        options: &LoadOptions,
    ) -> Result<Self> {
        Self::load_on(
            Device::new(options.threads),
            config,
            source,
            options.precision,
        )
    }

    pub(crate) fn load_on(
        device: Device,
        config: &ModelConfig,
        source: &dyn WeightSource,
        precision: Precision,
    ) -> Result<Self> {
        config.validate().map_err(|problem| {
            Error::Configuration(format!(
                "the model's configuration can't be right: {problem}"
            ))
        })?;
        let storage = match precision {
            Precision::Auto => Storage::compact(device.isa()),
            Precision::Inference => Storage::smallest(device.isa()),
            Precision::F32 => Storage::F32,
            Precision::Bf16 => Storage::Bf16,
        };
        let weights = Weights::load(config, source, &device, storage)?;
        Ok(Self {
            config: config.clone(),
            device,
            weights,
            rotary: Rotary::new(config),
            storage,
        })
    }

    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    pub fn threads(&self) -> usize {
        self.device.threads()
    }

    /// For people: `AVX2, bf16 weights, 2 threads`.
    pub fn description(&self) -> String {
        format!(
            "{}, {} weights, {} threads",
            self.device.isa().name(),
            self.storage.name(),
            self.threads()
        )
    }

    /// Prepares an adapter for use with [`Self::extend`].
    ///
    /// # Errors
    /// Layers or shapes that this model does not have.
    pub fn pack_adapter(&self, adapter: &Adapter) -> Result<Arc<PackedAdapter>> {
        adapter.check(&self.config)?;
        Ok(Arc::new(PackedAdapter::new(&self.device, adapter)))
    }

    pub fn new_cache(&self) -> KeyValueCache {
        KeyValueCache::new(self.config.num_hidden_layers, self.config.key_value_width())
    }

    /// Appends each chunk's tokens to its segment (all chunks in one pass over the weights; a
    /// segment may occur only once) and gives the wanted logits, `vocab_size` numbers a token,
    /// in the order of chunks and tokens.
    ///
    /// # Errors
    /// A token outside the vocabulary, a segment that occurs twice; the cache is then unchanged.
    pub fn extend(
        &self,
        adapter: Option<&PackedAdapter>,
        cache: &mut KeyValueCache,
        chunks: &[Chunk<'_>],
    ) -> Result<Vec<Vec<f32>>> {
        let tokens: Vec<u32> = chunks
            .iter()
            .flat_map(|chunk| chunk.tokens)
            .copied()
            .collect();
        self.check_tokens(&tokens)?;
        for chunk in chunks {
            if let LogitsOf::LastAmong(tokens) = chunk.logits {
                self.check_tokens(tokens)?;
            }
        }
        for (index, chunk) in chunks.iter().enumerate() {
            if chunks[..index]
                .iter()
                .any(|other| other.segment == chunk.segment)
            {
                return Err(Error::Configuration(
                    "two chunks extend one segment in one pass".into(),
                ));
            }
        }
        let positions: Vec<u32> = chunks
            .iter()
            .flat_map(|chunk| {
                let first = cache.next_position(chunk.segment) as u32;
                first..first + chunk.tokens.len() as u32
            })
            .collect();
        let (queries, keys) = self.rotary.at(&positions, &self.config);
        let rotations = (&queries, keys.as_ref().unwrap_or(&queries));
        let mut buffers = std::mem::take(&mut cache.buffers);
        buffers.resize(&self.config, tokens.len(), false);
        let mut x = self.weights.embed(&tokens, self.config.hidden_size);
        let wanted = Wanted::of(chunks);
        for (index, layer) in self.weights.layers.iter().enumerate() {
            let adapter = adapter.map(|adapter| LayerAdapter {
                adapter,
                layer: index,
                mask: None,
            });
            self.attention_inputs(layer, adapter, &x, rotations, &mut buffers);
            cache.append(index, chunks, &buffers.k, &buffers.v);
            let runs = cache.query_runs(index, chunks);
            attention(
                &self.device,
                &self.heads(),
                &buffers.q,
                &runs,
                &mut buffers.attended,
                None,
            );
            if index + 1 == self.weights.layers.len() {
                // What the last layer makes of other tokens, nobody reads.
                x = gather(&x, self.config.hidden_size, &wanted.rows);
                let attended = gather(&buffers.attended, self.config.query_width(), &wanted.rows);
                buffers.resize(&self.config, wanted.rows.len(), false);
                buffers.attended.copy_from_slice(&attended);
            }
            if buffers.tokens > 0 {
                self.attention_output(layer, adapter, &mut x, &mut buffers);
                self.mlp(layer, adapter, &mut x, &mut buffers);
            }
        }
        cache.commit(chunks);
        cache.buffers = buffers;
        Ok(self.logits(&x, &wanted))
    }

    pub(super) fn check_tokens(&self, tokens: &[u32]) -> Result<()> {
        match tokens
            .iter()
            .find(|token| **token as usize >= self.config.vocab_size)
        {
            Some(token) => Err(Error::Configuration(format!(
                "token {token} is outside the vocabulary of {} tokens",
                self.config.vocab_size
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn heads(&self) -> Heads {
        Heads {
            queries: self.config.num_attention_heads,
            key_values: self.config.num_key_value_heads,
            head_dim: self.config.head_dim,
            window: self.config.sliding_window,
        }
    }

    /// Norm, projections and rotation: fills `q`, `k` and `v` of `buffers` from the residual
    /// stream `x` `[tokens, hidden]`. Rotations are those of queries and of keys.
    pub(super) fn attention_inputs(
        &self,
        layer: &Layer,
        adapter: Option<LayerAdapter<'_>>,
        x: &[f32],
        rotations: (&Rotation, &Rotation),
        buffers: &mut Buffers,
    ) -> Lows {
        let config = &self.config;
        rms_norm(
            &self.device,
            x,
            &layer.attention_norm,
            config.rms_norm_eps,
            &mut buffers.normed,
        );
        let outputs = vec![
            (Module::Q, &mut buffers.q[..]),
            (Module::K, &mut buffers.k[..]),
            (Module::V, &mut buffers.v[..]),
        ];
        let lows = project(
            &self.device,
            layer,
            adapter,
            &buffers.normed,
            buffers.tokens,
            outputs,
        );
        if let Some((q_norm, k_norm)) = &layer.head_norms {
            if buffers.keep_unnormed {
                buffers.q_unnormed.copy_from_slice(&buffers.q);
                buffers.k_unnormed.copy_from_slice(&buffers.k);
            }
            rms_norm_in_place(&self.device, &mut buffers.q, q_norm, config.rms_norm_eps);
            rms_norm_in_place(&self.device, &mut buffers.k, k_norm, config.rms_norm_eps);
        }
        rotate(
            &self.device,
            &mut buffers.q,
            config.num_attention_heads,
            config.head_dim,
            rotations.0,
            false,
        );
        rotate(
            &self.device,
            &mut buffers.k,
            config.num_key_value_heads,
            config.head_dim,
            rotations.1,
            false,
        );
        lows
    }

    /// Adds the attention block's output to `x`.
    pub(super) fn attention_output(
        &self,
        layer: &Layer,
        adapter: Option<LayerAdapter<'_>>,
        x: &mut [f32],
        buffers: &mut Buffers,
    ) -> Lows {
        let outputs = vec![(Module::O, &mut buffers.branch[..])];
        let lows = project(
            &self.device,
            layer,
            adapter,
            &buffers.attended,
            buffers.tokens,
            outputs,
        );
        add(&self.device, x, &buffers.branch);
        lows
    }

    /// Adds the gated MLP's output to `x`.
    pub(super) fn mlp(
        &self,
        layer: &Layer,
        adapter: Option<LayerAdapter<'_>>,
        x: &mut [f32],
        buffers: &mut Buffers,
    ) -> Lows {
        rms_norm(
            &self.device,
            x,
            &layer.mlp_norm,
            self.config.rms_norm_eps,
            &mut buffers.normed,
        );
        let outputs = vec![
            (Module::Gate, &mut buffers.gate[..]),
            (Module::Up, &mut buffers.up[..]),
        ];
        let mut lows = project(
            &self.device,
            layer,
            adapter,
            &buffers.normed,
            buffers.tokens,
            outputs,
        );
        silu_mul(
            &self.device,
            &buffers.gate,
            &buffers.up,
            &mut buffers.hidden,
        );
        let outputs = vec![(Module::Down, &mut buffers.branch[..])];
        lows.append(&mut project(
            &self.device,
            layer,
            adapter,
            &buffers.hidden,
            buffers.tokens,
            outputs,
        ));
        add(&self.device, x, &buffers.branch);
        lows
    }

    /// Logits of the wanted rows `x` of the residual stream.
    fn logits(&self, x: &[f32], wanted: &Wanted<'_>) -> Vec<Vec<f32>> {
        if wanted.rows.is_empty() {
            return Vec::new();
        }
        let vocabulary = self.config.vocab_size;
        let normed = self.final_normed(x);
        let operand = Operand::new(&normed, wanted.rows.len(), self.config.hidden_size);
        let mut logits = vec![0.0; wanted.rows.len() * vocabulary];
        // One set for all rows: what one of them wants costs the others next to nothing.
        let among: Option<Vec<&[u32]>> = wanted.among.iter().copied().collect();
        let among = among.map(|sets| sets.concat());
        let mut head = Linear::new(&operand, &self.weights.head.weight, &mut logits);
        head.only = among.as_deref();
        linear(&self.device, vec![head]);
        wanted
            .among
            .iter()
            .zip(logits.chunks_exact(vocabulary))
            .map(|(among, logits)| match among {
                None => logits.to_vec(),
                Some(tokens) => {
                    let mut some = vec![f32::NEG_INFINITY; vocabulary];
                    for &token in *tokens {
                        some[token as usize] = logits[token as usize];
                    }
                    some
                }
            })
            .collect()
    }

    /// The final norm of rows of the residual stream.
    pub(super) fn final_normed(&self, x: &[f32]) -> Vec<f32> {
        let mut normed = vec![0.0; x.len()];
        rms_norm(
            &self.device,
            x,
            &self.weights.final_norm,
            self.config.rms_norm_eps,
            &mut normed,
        );
        normed
    }
}

/// The tokens of a pass whose logits are wanted.
#[derive(Default)]
struct Wanted<'a> {
    rows: Vec<usize>,
    /// By row, tokens of the vocabulary; `None`: all.
    among: Vec<Option<&'a [u32]>>,
}

impl<'a> Wanted<'a> {
    fn of(chunks: &[Chunk<'a>]) -> Self {
        let mut wanted = Self::default();
        let mut first = 0;
        for chunk in chunks {
            let end = first + chunk.tokens.len();
            let (from, among) = match chunk.logits {
                LogitsOf::Nothing => (end, None),
                LogitsOf::Last => (end.saturating_sub(1), None),
                LogitsOf::LastAmong(tokens) => (end.saturating_sub(1), Some(tokens)),
                LogitsOf::All => (first, None),
            };
            for row in from.max(first)..end {
                wanted.rows.push(row);
                wanted.among.push(among);
            }
            first = end;
        }
        wanted
    }
}

/// Some rows of `values` `[tokens, width]`.
pub(super) fn gather(values: &[f32], width: usize, rows: &[usize]) -> Vec<f32> {
    rows.iter()
        .flat_map(|row| &values[row * width..(row + 1) * width])
        .copied()
        .collect()
}

/// Intermediate results of one layer for `tokens` tokens, each `[tokens, its width]`.
#[derive(Default)]
pub(super) struct Buffers {
    pub tokens: usize,
    pub normed: Buffer,
    pub q: Buffer,
    pub k: Buffer,
    pub v: Buffer,
    /// q and k before their head norms, kept for the gradient where the model has such norms.
    pub keep_unnormed: bool,
    pub q_unnormed: Buffer,
    pub k_unnormed: Buffer,
    pub attended: Buffer,
    pub gate: Buffer,
    pub up: Buffer,
    pub hidden: Buffer,
    /// What a block adds to the residual stream.
    pub branch: Buffer,
}

impl Buffers {
    pub(super) fn resize(&mut self, config: &ModelConfig, tokens: usize, keep_unnormed: bool) {
        let widths = config.widths();
        self.tokens = tokens;
        self.keep_unnormed = keep_unnormed;
        let unnormed = usize::from(keep_unnormed);
        for (buffer, width) in [
            (&mut self.normed, widths.hidden),
            (&mut self.q, widths.query),
            (&mut self.k, widths.key),
            (&mut self.v, widths.key),
            (&mut self.q_unnormed, widths.query * unnormed),
            (&mut self.k_unnormed, widths.key * unnormed),
            (&mut self.attended, widths.query),
            (&mut self.gate, widths.mlp),
            (&mut self.up, widths.mlp),
            (&mut self.hidden, widths.mlp),
            (&mut self.branch, widths.hidden),
        ] {
            buffer.resize(tokens * width);
        }
    }
}

/// Spans of packed keys and values for a chain of slot ranges.
pub(super) fn spans<'a>(
    keys: &'a [f32],
    values: &'a [f32],
    width: usize,
    chain: &[(usize, usize)],
) -> Vec<Span<'a>> {
    chain
        .iter()
        .map(|(start, len)| {
            let range = start * width..(start + len) * width;
            Span {
                keys: &keys[range.clone()],
                values: &values[range],
            }
        })
        .collect()
}

/// Query runs over packed keys and values: see [`QueryRun`].
pub(super) fn packed_runs<'a>(
    keys: &'a [f32],
    values: &'a [f32],
    width: usize,
    chains: &[Vec<(usize, usize)>],
) -> Vec<QueryRun<'a>> {
    chains
        .iter()
        .filter_map(|chain| {
            let (first, rows) = *chain.last()?;
            Some(QueryRun {
                first,
                rows,
                spans: spans(keys, values, width, chain),
            })
        })
        .collect()
}
