//! `config.json` of transformers to the decoder's configuration, and back.
//!
//! Field names and defaults: `transformers/models/*/configuration_*.py`; rotary scaling:
//! `transformers/modeling_rope_utils.py`.

use serde_json::{Value, json};

use super::hf_rope::{Fields, rope, rope_fields, shortest};
use crate::model::{Family, ModelConfig, RopeScaling};

const SUPPORTED: [(&str, &str, Family); 5] = [
    ("LlamaForCausalLM", "llama", Family::Llama),
    ("MistralForCausalLM", "mistral", Family::Mistral),
    ("Ministral3ForCausalLM", "ministral3", Family::Ministral3),
    ("Qwen2ForCausalLM", "qwen2", Family::Qwen2),
    ("Qwen3ForCausalLM", "qwen3", Family::Qwen3),
];
/// A vision model around a text model of one of the families above.
const WRAPPER: &str = "Mistral3ForConditionalGeneration";

/// What `config.json` says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HfConfig {
    pub(crate) model: ModelConfig,
    /// The text model is one part of a larger one; the other parts are left out.
    pub(crate) nested: bool,
}

/// Reads `config.json`, with `generation_config.json` where there is one.
///
/// # Errors
/// A sentence that names the field at fault.
pub(crate) fn read_config(config: &Value, generation: Option<&Value>) -> Result<HfConfig, String> {
    let outer = Fields(config.as_object().ok_or("config.json holds no object")?);
    let architecture = architecture_of(outer);
    let nested = architecture.as_deref() == Some(WRAPPER);
    let fields = match outer
        .0
        .get("text_config")
        .and_then(Value::as_object)
        .filter(|_| nested)
    {
        Some(text) => Fields(text),
        None if nested => return Err(format!("config.json of a {WRAPPER} has no text_config")),
        None => outer,
    };
    let family = family_of(if nested {
        fields.0.get("model_type").and_then(Value::as_str)
    } else {
        architecture.as_deref()
    })?;
    refuse_unsupported(outer, fields)?;

    let heads = fields.size("num_attention_heads")?;
    let hidden = fields.size("hidden_size")?;
    let head_dim = match fields.optional_size("head_dim")? {
        Some(width) => width,
        None if heads > 0 => hidden / heads,
        None => return Err("num_attention_heads is 0".into()),
    };
    let max_position_embeddings = fields
        .optional_size("max_position_embeddings")?
        .unwrap_or(2048);
    let (rope_theta, rope_scaling, query_temperature) =
        rope(fields, family, max_position_embeddings)?;
    let attention_bias = fields.flag("attention_bias")?.unwrap_or(false);
    let ties = fields
        .flag("tie_word_embeddings")?
        .or(outer.flag("tie_word_embeddings")?);
    let model = ModelConfig {
        family,
        vocab_size: fields.size("vocab_size")?,
        hidden_size: hidden,
        intermediate_size: fields.size("intermediate_size")?,
        num_hidden_layers: fields.size("num_hidden_layers")?,
        num_attention_heads: heads,
        num_key_value_heads: fields
            .optional_size("num_key_value_heads")?
            .unwrap_or(heads),
        head_dim,
        rms_norm_eps: fields.number("rms_norm_eps")?.unwrap_or(1e-6) as f32,
        rope_theta,
        rope_scaling,
        query_temperature,
        qkv_bias: family == Family::Qwen2 || attention_bias,
        o_bias: family != Family::Qwen2 && attention_bias,
        qk_norm: family == Family::Qwen3,
        tie_word_embeddings: ties.unwrap_or(false),
        max_position_embeddings,
        sliding_window: sliding_window(fields, family)?,
        bos_token_id: tokens(fields.0.get("bos_token_id").or(outer.0.get("bos_token_id")))
            .first()
            .copied(),
        eos_token_ids: end_tokens(outer, fields, generation),
    };
    model.validate()?;
    Ok(HfConfig { model, nested })
}

fn architecture_of(fields: Fields<'_>) -> Option<String> {
    let listed = fields
        .0
        .get("architectures")
        .and_then(Value::as_array)
        .and_then(|names| names.first());
    let named = listed.and_then(Value::as_str).map(str::to_string);
    named.or_else(|| {
        fields
            .0
            .get("model_type")
            .and_then(Value::as_str)
            .map(str::to_string)
    })
}

fn family_of(name: Option<&str>) -> Result<Family, String> {
    let name =
        name.ok_or("config.json names no architecture (fields architectures and model_type)")?;
    SUPPORTED.into_iter().find(|(class, kind, _)| *class == name || *kind == name).map(|(_, _, family)| family).ok_or_else(|| {
        let known = SUPPORTED.map(|(class, _, _)| class).join(", ");
        format!("architecture {name:?} is not supported; supported are {known}, and {WRAPPER} (its text part)")
    })
}

fn refuse_unsupported(outer: Fields<'_>, fields: Fields<'_>) -> Result<(), String> {
    if let Some(activation) = fields.0.get("hidden_act").and_then(Value::as_str)
        && activation != "silu"
    {
        return Err(format!(
            "hidden_act {activation:?} is not supported (silu is)"
        ));
    }
    if fields.flag("mlp_bias")? == Some(true) {
        return Err("mlp_bias is not supported".into());
    }
    let quantisation = outer
        .0
        .get("quantization_config")
        .or(fields.0.get("quantization_config"));
    if let Some(quantisation) = quantisation.and_then(Value::as_object) {
        let method = quantisation
            .get("quant_method")
            .and_then(Value::as_str)
            .unwrap_or("unknown");
        if method != "fp8" {
            return Err(format!(
                "weights quantised with {method:?} are not read here (fp8 with a scale a tensor is); use the unquantised model or a GGUF file"
            ));
        }
    }
    Ok(())
}

fn sliding_window(fields: Fields<'_>, family: Family) -> Result<Option<usize>, String> {
    let window = fields
        .optional_size("sliding_window")?
        .filter(|window| *window > 0);
    let listed = fields.0.get("layer_types").and_then(Value::as_array);
    let slides = listed.map(|kinds| {
        kinds
            .iter()
            .filter(|kind| kind.as_str() == Some("sliding_attention"))
            .count()
    });
    let layers = fields.size("num_hidden_layers")?;
    let sliding_layers = match (family, slides) {
        (Family::Llama, _) => 0,
        (Family::Mistral | Family::Ministral3, _) => layers,
        (_, Some(count)) => count,
        (Family::Qwen2 | Family::Qwen3, None)
            if fields.flag("use_sliding_window")? == Some(true) =>
        {
            layers.saturating_sub(fields.optional_size("max_window_layers")?.unwrap_or(28))
        }
        (Family::Qwen2 | Family::Qwen3, None) => 0,
    };
    match window {
        None => Ok(None),
        Some(_) if sliding_layers == 0 => Ok(None),
        Some(window) if sliding_layers >= layers => Ok(Some(window)),
        Some(_) => Err(
            "some layers have a sliding window and some have not; such models are not supported"
                .into(),
        ),
    }
}

/// Those of `generation_config.json` first: they are what generation stops at.
fn end_tokens(outer: Fields<'_>, fields: Fields<'_>, generation: Option<&Value>) -> Vec<u32> {
    let mut ends = tokens(generation.and_then(|generation| generation.get("eos_token_id")));
    for more in [fields, outer] {
        for token in tokens(more.0.get("eos_token_id")) {
            if !ends.contains(&token) {
                ends.push(token);
            }
        }
    }
    ends
}

/// One id or a list of ids.
fn tokens(value: Option<&Value>) -> Vec<u32> {
    let one = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match value {
        Some(Value::Array(ids)) => ids.iter().filter_map(one).collect(),
        Some(value) => one(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// The `config.json` that makes transformers build this model.
pub(crate) fn write_config(config: &ModelConfig, dtype: &str) -> Value {
    let (class, kind) = SUPPORTED
        .into_iter()
        .find(|(_, _, family)| *family == config.family)
        .map_or(("", ""), |(class, kind, _)| (class, kind));
    let mut fields = json!({
        "architectures": [class],
        "model_type": kind,
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.num_hidden_layers,
        "num_attention_heads": config.num_attention_heads,
        "num_key_value_heads": config.num_key_value_heads,
        "head_dim": config.head_dim,
        "hidden_act": "silu",
        "rms_norm_eps": shortest(config.rms_norm_eps),
        "max_position_embeddings": config.max_position_embeddings,
        "tie_word_embeddings": config.tie_word_embeddings,
        "attention_bias": config.o_bias || (config.qkv_bias && config.family != Family::Qwen2),
        "bos_token_id": config.bos_token_id,
        "eos_token_id": config.eos_token_ids,
        "torch_dtype": dtype,
    });
    let mut rope = rope_fields(config);
    if config.family == Family::Ministral3 {
        rope.insert("rope_theta".into(), shortest(config.rope_theta));
        fields["rope_parameters"] = Value::Object(rope);
    } else {
        fields["rope_theta"] = shortest(config.rope_theta);
        fields["rope_scaling"] = if config.rope_scaling == RopeScaling::None {
            Value::Null
        } else {
            Value::Object(rope)
        };
    }
    match config.family {
        Family::Llama => fields["mlp_bias"] = false.into(),
        Family::Mistral | Family::Ministral3 => {
            fields["sliding_window"] = config.sliding_window.into()
        }
        Family::Qwen2 | Family::Qwen3 => {
            fields["use_sliding_window"] = config.sliding_window.is_some().into();
            fields["sliding_window"] = config.sliding_window.into();
            fields["max_window_layers"] = if config.sliding_window.is_some() {
                0
            } else {
                config.num_hidden_layers
            }
            .into();
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::QueryTemperature;

    fn llama() -> Value {
        json!({
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 96, "hidden_size": 32,
            "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
            "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "eos_token_id": 2, "bos_token_id": 1,
        })
    }

    #[test]
    fn both_spellings_of_rope_are_read() {
        let mut old = llama();
        old["rope_scaling"] = json!({"type": "linear", "factor": 2.0});
        let mut new = llama();
        new.as_object_mut().unwrap().remove("rope_theta");
        new["rope_parameters"] =
            json!({"rope_type": "linear", "factor": 2.0, "rope_theta": 10000.0});
        let read = |value: &Value| read_config(value, None).unwrap().model;
        assert_eq!(read(&old), read(&new));
        assert_eq!(read(&old).rope_scaling, RopeScaling::Linear { factor: 2.0 });
        assert_eq!(read(&old).head_dim, 8);
    }

    #[test]
    fn end_tokens_come_from_both_files() {
        let generation = json!({"eos_token_id": [7, 2]});
        assert_eq!(
            read_config(&llama(), Some(&generation))
                .unwrap()
                .model
                .eos_token_ids,
            [7, 2]
        );
    }

    #[test]
    fn the_text_part_of_a_vision_model_is_found() {
        let mut text = llama();
        let fields = text.as_object_mut().unwrap();
        fields.remove("architectures");
        fields.insert("model_type".into(), "ministral3".into());
        fields.insert(
            "rope_parameters".into(),
            json!({"rope_type": "yarn", "rope_theta": 1e6, "factor": 16.0, "original_max_position_embeddings": 16384,
                   "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1}),
        );
        let whole = json!({"architectures": ["Mistral3ForConditionalGeneration"], "tie_word_embeddings": true, "text_config": text,
                           "quantization_config": {"quant_method": "fp8"}});
        let read = read_config(&whole, None).unwrap();
        assert!(read.nested && read.model.tie_word_embeddings);
        assert_eq!(read.model.family, Family::Ministral3);
        assert_eq!(read.model.rope_theta, 1e6);
        assert_eq!(
            read.model.query_temperature,
            Some(QueryTemperature {
                beta: 0.1,
                original_max_position_embeddings: 16384
            })
        );
        assert!(
            matches!(read.model.rope_scaling, RopeScaling::Yarn { attention_factor, .. } if attention_factor == 1.0)
        );
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let mut config = read_config(&llama(), None).unwrap().model;
        let yarn = RopeScaling::Yarn {
            factor: 16.0,
            beta_fast: 32.0,
            beta_slow: 1.0,
            original_max_position_embeddings: 64,
            attention_factor: 1.25,
            truncate: true,
        };
        for (family, scaling) in [
            (Family::Llama, RopeScaling::None),
            (Family::Mistral, RopeScaling::None),
            (Family::Ministral3, yarn),
        ] {
            config.family = family;
            config.rope_scaling = scaling;
            config.sliding_window = (family == Family::Mistral).then_some(8);
            config.query_temperature = (family == Family::Ministral3).then_some(QueryTemperature {
                beta: 0.1,
                original_max_position_embeddings: 64,
            });
            assert_eq!(
                read_config(&write_config(&config, "float32"), None)
                    .unwrap()
                    .model,
                config
            );
        }
    }

    #[test]
    fn what_cannot_be_computed_is_refused() {
        let refuse = |change: &dyn Fn(&mut Value)| {
            let mut value = llama();
            change(&mut value);
            read_config(&value, None).unwrap_err()
        };
        assert!(
            refuse(&|v| v["architectures"] = json!(["MambaForCausalLM"]))
                .contains("supported are LlamaForCausalLM")
        );
        assert!(
            refuse(&|v| v["rope_scaling"] = json!({"rope_type": "longrope"})).contains("longrope")
        );
        assert!(refuse(&|v| v["hidden_act"] = json!("gelu")).contains("gelu"));
        assert!(refuse(&|v| v["hidden_size"] = json!("many")).contains("hidden_size"));
        assert!(refuse(&|v| v["num_hidden_layers"] = json!(1e12)).contains("num_hidden_layers"));
        assert!(
            refuse(&|v| v["quantization_config"] = json!({"quant_method": "gptq"}))
                .contains("gptq")
        );
    }
}
