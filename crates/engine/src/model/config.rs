//! What makes one decoder-only transformer differ from another.
//!
//! Names follow the `config.json` of Hugging Face transformers; the GGUF reader fills the same
//! fields from its metadata.

/// The families the decoder covers. They share one structure; what differs is in [`ModelConfig`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Llama,
    Mistral,
    Ministral3,
    Qwen2,
    Qwen3,
}

/// How rotary frequencies are stretched beyond the length a model was pre-trained on.
#[derive(Debug, Clone, PartialEq)]
pub enum RopeScaling {
    None,
    /// All frequencies divided by `factor`.
    Linear {
        factor: f32,
    },
    /// Llama 3.1: low frequencies divided, high ones kept, a ramp between.
    Llama3 {
        factor: f32,
        low_freq_factor: f32,
        high_freq_factor: f32,
        original_max_position_embeddings: usize,
    },
    /// YaRN (arXiv:2309.00071), with transformers' treatment of `mscale` (see
    /// `modeling_rope_utils._compute_yarn_parameters`). `attention_factor` is already resolved.
    Yarn {
        factor: f32,
        beta_fast: f32,
        beta_slow: f32,
        original_max_position_embeddings: usize,
        attention_factor: f32,
        truncate: bool,
    },
}

/// Ministral 3 multiplies queries by `1 + beta * ln(1 + floor(position / original_length))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueryTemperature {
    pub beta: f32,
    pub original_max_position_embeddings: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ModelConfig {
    pub family: Family,
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub num_key_value_heads: usize,
    /// Explicit in some families: `num_attention_heads * head_dim` need not be `hidden_size`.
    pub head_dim: usize,
    pub rms_norm_eps: f32,
    pub rope_theta: f32,
    pub rope_scaling: RopeScaling,
    pub query_temperature: Option<QueryTemperature>,
    /// Qwen2: q, k and v projections have biases. (`attention_bias` of Llama also biases o.)
    pub qkv_bias: bool,
    pub o_bias: bool,
    /// Qwen3: an RMS norm over each head of q and k before the rotation.
    pub qk_norm: bool,
    pub tie_word_embeddings: bool,
    pub max_position_embeddings: usize,
    /// Mistral: a position sees at most this many positions back (itself included).
    pub sliding_window: Option<usize>,
    pub bos_token_id: Option<u32>,
    /// Every token that ends an answer.
    pub eos_token_ids: Vec<u32>,
}

/// See [`ModelConfig::widths`].
pub(super) struct Widths {
    pub hidden: usize,
    pub query: usize,
    /// Of a key, and of a value.
    pub key: usize,
    pub mlp: usize,
}

impl ModelConfig {
    pub fn query_width(&self) -> usize {
        self.num_attention_heads * self.head_dim
    }

    /// Numbers a token in each kind of intermediate result.
    pub(super) fn widths(&self) -> Widths {
        Widths {
            hidden: self.hidden_size,
            query: self.query_width(),
            key: self.key_value_width(),
            mlp: self.intermediate_size,
        }
    }

    pub fn key_value_width(&self) -> usize {
        self.num_key_value_heads * self.head_dim
    }

    /// Checks that the sizes can belong to one model and are small enough to allocate.
    ///
    /// # Errors
    /// A sentence that names the field at fault.
    pub fn validate(&self) -> Result<(), String> {
        let sizes = [
            ("vocab_size", self.vocab_size, 1 << 22),
            ("hidden_size", self.hidden_size, 1 << 17),
            ("intermediate_size", self.intermediate_size, 1 << 19),
            ("num_hidden_layers", self.num_hidden_layers, 1 << 10),
            ("num_attention_heads", self.num_attention_heads, 1 << 12),
            ("num_key_value_heads", self.num_key_value_heads, 1 << 12),
            ("head_dim", self.head_dim, 1 << 12),
        ];
        for (name, value, limit) in sizes {
            if value == 0 || value > limit {
                return Err(format!("{name} is {value}, outside 1..={limit}"));
            }
        }
        if !self
            .num_attention_heads
            .is_multiple_of(self.num_key_value_heads)
        {
            return Err(format!(
                "num_attention_heads ({}) is not a multiple of num_key_value_heads ({})",
                self.num_attention_heads, self.num_key_value_heads
            ));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(format!(
                "head_dim is {}, rotary embeddings need an even number",
                self.head_dim
            ));
        }
        if !(self.rms_norm_eps > 0.0 && self.rms_norm_eps < 1.0) {
            return Err(format!(
                "rms_norm_eps is {}, outside 0..1",
                self.rms_norm_eps
            ));
        }
        if !(self.rope_theta.is_finite() && self.rope_theta > 1.0) {
            return Err(format!(
                "rope_theta is {}, not a number above 1",
                self.rope_theta
            ));
        }
        self.validate_rope()
    }

    fn validate_rope(&self) -> Result<(), String> {
        let positive = |name: &str, value: f32| {
            if value.is_finite() && value > 0.0 {
                Ok(())
            } else {
                Err(format!("rope scaling: {name} is {value}, not above 0"))
            }
        };
        let length = |value: usize| {
            let name = "rope scaling: original_max_position_embeddings";
            if value == 0 {
                Err(format!("{name} is 0"))
            } else {
                Ok(())
            }
        };
        match &self.rope_scaling {
            RopeScaling::None => {}
            RopeScaling::Linear { factor } => positive("factor", *factor)?,
            RopeScaling::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_max_position_embeddings,
            } => {
                positive("factor", *factor)?;
                positive("low_freq_factor", *low_freq_factor)?;
                let ramp = high_freq_factor - low_freq_factor;
                positive("high_freq_factor - low_freq_factor", ramp)?;
                length(*original_max_position_embeddings)?;
            }
            RopeScaling::Yarn {
                factor,
                beta_fast,
                beta_slow,
                original_max_position_embeddings,
                attention_factor,
                truncate: _,
            } => {
                positive("factor", *factor)?;
                positive("beta_fast", *beta_fast)?;
                positive("beta_slow", *beta_slow)?;
                positive("attention_factor", *attention_factor)?;
                length(*original_max_position_embeddings)?;
            }
        }
        if let Some(temperature) = self.query_temperature {
            length(temperature.original_max_position_embeddings)?;
            if !temperature.beta.is_finite() {
                return Err(format!(
                    "llama_4_scaling_beta is {}, not a number",
                    temperature.beta
                ));
            }
        }
        Ok(())
    }
}
