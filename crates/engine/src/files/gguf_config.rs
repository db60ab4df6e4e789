//! GGUF metadata to the decoder's configuration.
//!
//! Key names: `gguf/constants.py` of llama.cpp; their meaning: its `llama-model.cpp`.

use super::dequantise::dequantise;
use super::gguf::{Header, Value};
use super::source_file::SourceFile;
use crate::model::{Family, ModelConfig, QueryTemperature, RopeScaling};

/// What llama.cpp's name of an architecture says.
pub(crate) struct Architecture {
    name: &'static str,
    family: Family,
    /// Its rotary embedding turns neighbouring pairs, so the converter permuted the rows of q and k.
    pub(crate) interleaves_rotary: bool,
}

impl Architecture {
    const KNOWN: [Architecture; 5] = [
        Architecture {
            name: "llama",
            family: Family::Llama,
            interleaves_rotary: true,
        },
        Architecture {
            name: "mistral",
            family: Family::Mistral,
            interleaves_rotary: true,
        },
        Architecture {
            name: "mistral3",
            family: Family::Ministral3,
            interleaves_rotary: true,
        },
        Architecture {
            name: "qwen2",
            family: Family::Qwen2,
            interleaves_rotary: false,
        },
        Architecture {
            name: "qwen3",
            family: Family::Qwen3,
            interleaves_rotary: false,
        },
    ];

    pub(crate) fn of(header: &Header) -> Result<Self, String> {
        let name = header
            .text("general.architecture")
            .ok_or("metadata general.architecture is missing")?;
        Self::KNOWN
            .into_iter()
            .find(|known| known.name == name)
            .ok_or_else(|| {
                let known = Self::KNOWN.map(|known| known.name).join(", ");
                format!("architecture {name:?} is not supported; supported are {known}")
            })
    }
}

/// `shape_of` gives shapes by transformers' names.
///
/// # Errors
/// A sentence that names the metadata at fault.
pub(crate) fn read_config(
    file: &SourceFile,
    header: &Header,
    architecture: &Architecture,
    shape_of: impl Fn(&str) -> Option<Vec<usize>>,
) -> Result<ModelConfig, String> {
    let metadata = Metadata {
        header,
        architecture: architecture.name,
    };
    let embedding =
        shape_of(super::layout::EMBEDDING).ok_or("tensor token_embd.weight is missing")?;
    let vocab_size = *embedding
        .first()
        .ok_or("tensor token_embd.weight has no dimensions")?;
    let heads = metadata.size("attention.head_count")?;
    let hidden = metadata.size("embedding_length")?;
    let head_dim = head_width(&metadata, hidden, heads)?;
    let rope_theta = metadata.float("rope.freq_base").unwrap_or(10_000.0) as f32;
    let epsilon = "attention.layer_norm_rms_epsilon";
    let has = |name: &str| shape_of(name).is_some();
    let token = |name: &str| {
        header
            .integer(&format!("tokenizer.ggml.{name}"))
            .and_then(|id| u32::try_from(id).ok())
    };
    Ok(ModelConfig {
        family: architecture.family,
        vocab_size,
        hidden_size: hidden,
        intermediate_size: metadata.size("feed_forward_length")?,
        num_hidden_layers: metadata.size("block_count")?,
        num_attention_heads: heads,
        num_key_value_heads: metadata
            .optional_size("attention.head_count_kv")?
            .unwrap_or(heads),
        head_dim,
        rms_norm_eps: metadata
            .float(epsilon)
            .ok_or_else(|| metadata.missing(epsilon))? as f32,
        rope_theta,
        rope_scaling: rope_scaling(file, &metadata, rope_theta, head_dim)?,
        query_temperature: query_temperature(&metadata)?,
        qkv_bias: has("model.layers.0.self_attn.q_proj.bias"),
        o_bias: has("model.layers.0.self_attn.o_proj.bias"),
        qk_norm: has("model.layers.0.self_attn.q_norm.weight"),
        tie_word_embeddings: !has(super::layout::HEAD),
        max_position_embeddings: metadata.size("context_length")?,
        sliding_window: metadata
            .optional_size("attention.sliding_window")?
            .filter(|window| *window > 0),
        bos_token_id: token("bos_token_id"),
        eos_token_ids: end_tokens(header),
    })
}

struct Metadata<'a> {
    header: &'a Header,
    architecture: &'a str,
}

impl Metadata<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    fn missing(&self, name: &str) -> String {
        format!("metadata {} is missing", self.key(name))
    }

    fn optional_size(&self, name: &str) -> Result<Option<usize>, String> {
        let key = self.key(name);
        let Some(value) = self.header.metadata.get(&key) else {
            return Ok(None);
        };
        match self
            .header
            .integer(&key)
            .or_else(|| uniform(value))
            .map(usize::try_from)
        {
            Some(Ok(size)) => Ok(Some(size)),
            _ => Err(format!(
                "metadata {key} is not one size for all layers, which is not supported"
            )),
        }
    }

    fn size(&self, name: &str) -> Result<usize, String> {
        self.optional_size(name)?.ok_or_else(|| self.missing(name))
    }

    fn float(&self, name: &str) -> Option<f64> {
        self.header.float(&self.key(name))
    }
}

/// The one number of an array that says the same for every layer.
fn uniform(value: &Value) -> Option<u64> {
    let Value::Integers(numbers) = value else {
        return None;
    };
    let first = *numbers.first()?;
    if numbers.iter().any(|number| *number != first) {
        return None;
    }
    u64::try_from(first).ok()
}

fn head_width(metadata: &Metadata<'_>, hidden: usize, heads: usize) -> Result<usize, String> {
    let width = match metadata.optional_size("attention.key_length")? {
        Some(width) => width,
        None if heads > 0 => hidden / heads,
        None => {
            return Err(format!(
                "metadata {} is 0",
                metadata.key("attention.head_count")
            ));
        }
    };
    for name in ["attention.value_length", "rope.dimension_count"] {
        if let Some(other) = metadata.optional_size(name)?
            && other != width
        {
            return Err(format!(
                "metadata {} is {other}, the head has {width}: such models are not supported",
                metadata.key(name)
            ));
        }
    }
    Ok(width)
}

fn rope_scaling(
    file: &SourceFile,
    metadata: &Metadata<'_>,
    theta: f32,
    head_dim: usize,
) -> Result<RopeScaling, String> {
    if let Some(factors) = metadata
        .header
        .tensors
        .iter()
        .find(|tensor| tensor.name == "rope_freqs.weight")
    {
        let bytes = file
            .read(factors.offset, factors.len)
            .map_err(|error| error.to_string())?;
        return llama3_scaling(&dequantise(factors.format, &bytes), theta, head_dim);
    }
    let factor = metadata.float("rope.scaling.factor").unwrap_or(1.0) as f32;
    match metadata
        .header
        .text(&metadata.key("rope.scaling.type"))
        .unwrap_or("none")
    {
        "none" => Ok(RopeScaling::None),
        "linear" => Ok(RopeScaling::Linear { factor }),
        "yarn" => {
            // The magnitude of the rotated vectors is 1 + 0.1 ln(factor), over the same with the
            // multiplier before the logarithm where the model was trained so.
            let magnitude = |multiplier: f32| {
                if factor > 1.0 {
                    1.0 + 0.1 * multiplier * factor.ln()
                } else {
                    1.0
                }
            };
            let multiplier = metadata
                .float("rope.scaling.yarn_log_multiplier")
                .unwrap_or(0.0) as f32;
            let stored = metadata
                .float("rope.scaling.yarn_attn_factor")
                .or_else(|| metadata.float("rope.scaling.attn_factor"));
            Ok(RopeScaling::Yarn {
                factor,
                beta_fast: metadata
                    .float("rope.scaling.yarn_beta_fast")
                    .unwrap_or(32.0) as f32,
                beta_slow: metadata.float("rope.scaling.yarn_beta_slow").unwrap_or(1.0) as f32,
                original_max_position_embeddings: metadata
                    .size("rope.scaling.original_context_length")?,
                attention_factor: stored.unwrap_or(1.0) as f32 * magnitude(1.0)
                    / magnitude(multiplier),
                truncate: true,
            })
        }
        other => Err(format!(
            "rope scaling {other:?} is not supported; none, linear, yarn and llama3 are"
        )),
    }
}

/// llama.cpp stores Llama 3.1's scaling as one divisor a frequency. The parameters behind it are
/// found again (all published models use 1 and 4 for the ramp) and must give the same divisors.
fn llama3_scaling(divisors: &[f32], theta: f32, head_dim: usize) -> Result<RopeScaling, String> {
    let factor = divisors.iter().copied().fold(1.0, f32::max);
    if divisors.len() == head_dim / 2 {
        if divisors.iter().all(|divisor| *divisor == 1.0) {
            return Ok(RopeScaling::None);
        }
        for exponent in 3..=20 {
            let original = 1usize << exponent;
            let expected = (0..divisors.len())
                .map(|at| llama3_divisor(at, theta, head_dim, factor, original as f32));
            if expected
                .zip(divisors)
                .all(|(expected, actual)| (expected - actual).abs() <= 1e-3 * expected)
            {
                return Ok(RopeScaling::Llama3 {
                    factor,
                    low_freq_factor: 1.0,
                    high_freq_factor: 4.0,
                    original_max_position_embeddings: original,
                });
            }
        }
    }
    Err("tensor rope_freqs.weight does not follow Llama 3.1's rule, the only one supported".into())
}

fn llama3_divisor(at: usize, theta: f32, head_dim: usize, factor: f32, original: f32) -> f32 {
    let wavelength = std::f32::consts::TAU * theta.powf(2.0 * at as f32 / head_dim as f32);
    if wavelength < original / 4.0 {
        1.0
    } else if wavelength > original {
        factor
    } else {
        let smooth = (original / wavelength - 1.0) / 3.0;
        1.0 / ((1.0 - smooth) / factor + smooth)
    }
}

fn query_temperature(metadata: &Metadata<'_>) -> Result<Option<QueryTemperature>, String> {
    match metadata.float("attention.temperature_scale") {
        None | Some(0.0) => Ok(None),
        Some(beta) => {
            let original_max_position_embeddings =
                metadata.size("rope.scaling.original_context_length")?;
            Ok(Some(QueryTemperature {
                beta: beta as f32,
                original_max_position_embeddings,
            }))
        }
    }
}

/// The declared end tokens, then the control tokens that end a turn in the known chat formats.
fn end_tokens(header: &Header) -> Vec<u32> {
    const ENDS: [&str; 7] = [
        "<|im_end|>",
        "<|eot_id|>",
        "<|eom_id|>",
        "<|end_of_text|>",
        "<|endoftext|>",
        "<|end|>",
        "</s>",
    ];
    let mut tokens = Vec::new();
    for name in ["eos_token_id", "eot_token_id", "eom_token_id"] {
        tokens.extend(
            header
                .integer(&format!("tokenizer.ggml.{name}"))
                .and_then(|id| u32::try_from(id).ok()),
        );
    }
    if let (Some(texts), Some(Value::Integers(types))) = (
        header.texts("tokenizer.ggml.tokens"),
        header.metadata.get("tokenizer.ggml.token_type"),
    ) {
        let control = super::gguf_tokenizer::TOKEN_TYPE_CONTROL;
        let ends = texts
            .iter()
            .zip(types)
            .enumerate()
            .filter(|(_, (text, kind))| **kind == control && ENDS.contains(&text.as_str()));
        tokens.extend(ends.map(|(id, _)| id as u32));
    }
    let mut seen = std::collections::BTreeSet::new();
    tokens.retain(|token| seen.insert(*token));
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn llama3_parameters_are_found_again() {
        let divisors: Vec<f32> = (0..32)
            .map(|at| llama3_divisor(at, 500_000.0, 64, 32.0, 8192.0))
            .collect();
        let expected = RopeScaling::Llama3 {
            factor: 32.0,
            low_freq_factor: 1.0,
            high_freq_factor: 4.0,
            original_max_position_embeddings: 8192,
        };
        assert_eq!(llama3_scaling(&divisors, 500_000.0, 64).unwrap(), expected);
        assert!(llama3_scaling(&[1.0, 3.0, 2.0, 9.0], 500_000.0, 8).is_err());
    }
}
