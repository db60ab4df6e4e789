//! The rotary part of `config.json`, read and written, and typed access to its fields.
//!
//! Source: `transformers/modeling_rope_utils.py`.

use serde_json::{Map, Value, json};

use crate::model::{Family, ModelConfig, QueryTemperature, RopeScaling};

pub(super) type Rope = (f32, RopeScaling, Option<QueryTemperature>);

pub(super) fn rope(
    fields: Fields<'_>,
    family: Family,
    max_positions: usize,
) -> Result<Rope, String> {
    let empty = Map::new();
    let parameters = ["rope_scaling", "rope_parameters"]
        .into_iter()
        .find_map(|key| fields.0.get(key).and_then(Value::as_object));
    let rope = Fields(parameters.unwrap_or(&empty));
    for holder in [rope, fields] {
        if holder
            .number("partial_rotary_factor")?
            .is_some_and(|part| part != 1.0)
        {
            return Err("partial_rotary_factor is not supported".into());
        }
    }
    let theta = rope
        .number("rope_theta")?
        .or(fields.number("rope_theta")?)
        .unwrap_or(10_000.0) as f32;
    let kind = rope
        .0
        .get("rope_type")
        .or(rope.0.get("type"))
        .and_then(Value::as_str)
        .unwrap_or("default");
    let needed = |name: &str| {
        rope.number(name)?
            .ok_or_else(|| format!("rope type {kind:?} needs the field {name}"))
            .map(|number| number as f32)
    };
    let original = rope.optional_size("original_max_position_embeddings")?;
    let scaling = match kind {
        "default" => RopeScaling::None,
        "linear" => RopeScaling::Linear {
            factor: needed("factor")?,
        },
        "llama3" => RopeScaling::Llama3 {
            factor: needed("factor")?,
            low_freq_factor: needed("low_freq_factor")?,
            high_freq_factor: needed("high_freq_factor")?,
            original_max_position_embeddings: original.unwrap_or(max_positions),
        },
        "yarn" => {
            let original = original.unwrap_or(max_positions).max(1);
            let factor = rope
                .number("factor")?
                .unwrap_or(max_positions as f64 / original as f64);
            RopeScaling::Yarn {
                factor: factor as f32,
                beta_fast: rope
                    .number("beta_fast")?
                    .filter(|beta| *beta != 0.0)
                    .unwrap_or(32.0) as f32,
                beta_slow: rope
                    .number("beta_slow")?
                    .filter(|beta| *beta != 0.0)
                    .unwrap_or(1.0) as f32,
                original_max_position_embeddings: original,
                attention_factor: attention_factor(rope, factor)? as f32,
                truncate: rope.flag("truncate")?.unwrap_or(true),
            }
        }
        other => {
            return Err(format!(
                "rope type {other:?} is not supported; default, linear, llama3 and yarn are"
            ));
        }
    };
    let temperature = match (family, rope.number("llama_4_scaling_beta")?) {
        (Family::Ministral3, Some(beta)) => Some(QueryTemperature {
            beta: beta as f32,
            original_max_position_embeddings: original.unwrap_or(max_positions),
        }),
        _ => None,
    };
    Ok((theta, scaling, temperature))
}

/// `_compute_yarn_parameters`: given, or from `mscale` and `mscale_all_dim`, or from the factor.
fn attention_factor(rope: Fields<'_>, factor: f64) -> Result<f64, String> {
    if let Some(given) = rope.number("attention_factor")? {
        return Ok(given);
    }
    let magnitude = |multiplier: f64| {
        if factor <= 1.0 {
            1.0
        } else {
            0.1 * multiplier * factor.ln() + 1.0
        }
    };
    let set = |name: &str| Ok::<_, String>(rope.number(name)?.filter(|value| *value != 0.0));
    Ok(match (set("mscale")?, set("mscale_all_dim")?) {
        (Some(one), Some(all)) => magnitude(one) / magnitude(all),
        _ => magnitude(1.0),
    })
}

pub(super) fn rope_fields(config: &ModelConfig) -> Map<String, Value> {
    let value = match &config.rope_scaling {
        RopeScaling::None => json!({"rope_type": "default"}),
        RopeScaling::Linear { factor } => {
            json!({"rope_type": "linear", "factor": shortest(*factor)})
        }
        RopeScaling::Llama3 {
            factor,
            low_freq_factor,
            high_freq_factor,
            original_max_position_embeddings,
        } => json!({
            "rope_type": "llama3",
            "factor": shortest(*factor),
            "low_freq_factor": shortest(*low_freq_factor),
            "high_freq_factor": shortest(*high_freq_factor),
            "original_max_position_embeddings": original_max_position_embeddings,
        }),
        RopeScaling::Yarn {
            factor,
            beta_fast,
            beta_slow,
            original_max_position_embeddings,
            attention_factor,
            truncate,
        } => json!({
            "rope_type": "yarn",
            "factor": shortest(*factor),
            "beta_fast": shortest(*beta_fast),
            "beta_slow": shortest(*beta_slow),
            "original_max_position_embeddings": original_max_position_embeddings,
            "attention_factor": shortest(*attention_factor),
            "truncate": truncate,
        }),
    };
    let mut fields = value.as_object().cloned().unwrap_or_default();
    if let Some(temperature) = config.query_temperature {
        fields.insert("llama_4_scaling_beta".into(), shortest(temperature.beta));
        fields.insert(
            "original_max_position_embeddings".into(),
            temperature.original_max_position_embeddings.into(),
        );
    }
    fields
}

/// The decimal that people wrote (`1e-5`), not the f32's expansion to f64.
pub(super) fn shortest(number: f32) -> Value {
    number
        .to_string()
        .parse::<f64>()
        .map_or(Value::Null, Value::from)
}

#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a Map<String, Value>);

impl Fields<'_> {
    pub(super) fn present(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn optional_size(&self, name: &str) -> Result<Option<usize>, String> {
        let Some(value) = self.present(name) else {
            return Ok(None);
        };
        let whole = value.as_u64().or_else(|| {
            value
                .as_f64()
                .filter(|number| number.fract() == 0.0 && *number >= 0.0 && *number < 1e15)
                .map(|number| number as u64)
        });
        match whole.map(usize::try_from) {
            Some(Ok(size)) => Ok(Some(size)),
            _ => Err(format!(
                "field {name} of config.json is {value}, not a size"
            )),
        }
    }

    pub(super) fn size(&self, name: &str) -> Result<usize, String> {
        self.optional_size(name)?
            .ok_or_else(|| format!("field {name} of config.json is missing"))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, String> {
        let Some(value) = self.present(name) else {
            return Ok(None);
        };
        value
            .as_f64()
            .map(Some)
            .ok_or_else(|| format!("field {name} of config.json is {value}, not a number"))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, String> {
        let Some(value) = self.present(name) else {
            return Ok(None);
        };
        value
            .as_bool()
            .map(Some)
            .ok_or_else(|| format!("field {name} of config.json is {value}, not true or false"))
    }
}
