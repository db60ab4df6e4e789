//! PEFT's `adapter_config.json`, written with its usual keys and read strictly: a setting that
//! would change what the adapter computes is either honoured or refused.
//!
//! Source: `peft/tuners/lora/config.py`.

use serde_json::{Map, Value, json};

use crate::model::{AdapterConfig, Module};

/// Settings that say how training went or where files came from, not what the adapter computes.
const WITHOUT_EFFECT: [&str; 18] = [
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",
    "ensure_weight_tying",
    "eva_config",
    "exclude_modules",
    "inference_mode",
    "layers_pattern",
    "loftq_config",
    "lora_ga_config",
    "megatron_core",
    "peft_type",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "task_type",
    "layers_to_transform",
];
const HONOURED: [&str; 6] = [
    "r",
    "lora_alpha",
    "lora_dropout",
    "target_modules",
    "use_rslora",
    "init_lora_weights",
];
/// Initialisations that also change the base, so that the adapter only fits the changed one.
const BASE_CHANGING: [&str; 5] = ["pissa", "olora", "corda", "loftq", "lora_ga"];

/// What the file says of the adapter; layers and modules come from the tensors.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PeftConfig {
    pub(super) r: usize,
    pub(super) alpha: f32,
    pub(super) dropout: f32,
    pub(super) rank_stabilised: bool,
    /// `None` where the file holds an expression instead of a list.
    pub(super) target_modules: Option<Vec<Module>>,
    pub(super) base_name: Option<String>,
}

/// # Errors
/// A sentence that names the key at fault.
pub(super) fn read(config: &Value) -> Result<PeftConfig, String> {
    let fields = config
        .as_object()
        .ok_or("adapter_config.json holds no object")?;
    let kind = fields
        .get("peft_type")
        .and_then(Value::as_str)
        .unwrap_or("none");
    if kind != "LORA" {
        return Err(format!(
            "peft_type is {kind:?}; only LORA adapters are supported"
        ));
    }
    refuse_unsupported(fields)?;
    let r = fields
        .get("r")
        .and_then(Value::as_u64)
        .and_then(|r| usize::try_from(r).ok());
    let r = r
        .filter(|r| (1..=1 << 16).contains(r))
        .ok_or_else(|| format!("r is {}, not a rank from 1", shown(fields, "r")))?;
    let number = |name: &str, default: f64| match fields.get(name).filter(|value| !value.is_null())
    {
        None => Ok(default as f32),
        Some(value) => value
            .as_f64()
            .map(|number| number as f32)
            .ok_or_else(|| format!("{name} is {value}, not a number")),
    };
    Ok(PeftConfig {
        r,
        alpha: number("lora_alpha", 8.0)?,
        dropout: number("lora_dropout", 0.0)?,
        rank_stabilised: fields.get("use_rslora") == Some(&Value::Bool(true)),
        target_modules: target_modules(fields)?,
        base_name: fields
            .get("base_model_name_or_path")
            .and_then(Value::as_str)
            .map(str::to_string),
    })
}

fn shown(fields: &Map<String, Value>, name: &str) -> String {
    fields
        .get(name)
        .map_or_else(|| "missing".into(), Value::to_string)
}

fn refuse_unsupported(fields: &Map<String, Value>) -> Result<(), String> {
    if let Some(method) = fields.get("init_lora_weights").and_then(Value::as_str)
        && let Some(known) = BASE_CHANGING
            .into_iter()
            .find(|known| method.starts_with(known))
    {
        return Err(format!(
            "init_lora_weights is {method:?}: {known} changes the base too, so the adapter does not fit the original; convert it with PEFT (path_initial_model_for_weight_conversion)"
        ));
    }
    for (name, value) in fields {
        let known = WITHOUT_EFFECT.contains(&name.as_str()) || HONOURED.contains(&name.as_str());
        if !known && !is_off(name, value) {
            return Err(format!(
                "{name} is {value}, which is not supported; it would be ignored silently, so the adapter is refused"
            ));
        }
    }
    Ok(())
}

fn is_off(name: &str, value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(values) => values.is_empty(),
        Value::String(text) => name == "bias" && text == "none",
        _ => false,
    }
}

fn target_modules(fields: &Map<String, Value>) -> Result<Option<Vec<Module>>, String> {
    let Some(names) = fields.get("target_modules").and_then(Value::as_array) else {
        return Ok(None);
    };
    let module = |name: &Value| {
        let last = name.as_str().and_then(|name| name.rsplit('.').next());
        last.and_then(Module::from_name).ok_or_else(|| {
            let known = Module::ALL.map(Module::name).join(", ");
            format!("target_modules names {name}, which can't carry an adapter here ({known} can)")
        })
    };
    names
        .iter()
        .map(module)
        .collect::<Result<Vec<_>, _>>()
        .map(Some)
}

/// The file that makes PEFT build this adapter.
pub(super) fn write(config: &AdapterConfig, base_name: &str, all_layers: bool) -> Value {
    let modules: Vec<&str> = Module::ALL
        .into_iter()
        .filter(|module| config.modules.contains(module))
        .map(Module::name)
        .collect();
    json!({
        "alpha_pattern": {},
        "auto_mapping": null,
        "base_model_name_or_path": base_name,
        "bias": "none",
        "fan_in_fan_out": false,
        "inference_mode": true,
        "init_lora_weights": true,
        "layers_pattern": null,
        "layers_to_transform": if all_layers { Value::Null } else { config.layers.clone().into() },
        "lora_alpha": shortest(config.alpha),
        "lora_dropout": shortest(config.dropout),
        "modules_to_save": null,
        "peft_type": "LORA",
        "r": config.r,
        "rank_pattern": {},
        "revision": null,
        "target_modules": modules,
        "task_type": "CAUSAL_LM",
        "use_dora": false,
        "use_rslora": config.rank_stabilised,
    })
}

/// Whole numbers as PEFT writes them (`32`), others as people wrote them (`0.05`).
fn shortest(number: f32) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e9 {
        return Value::from(number as i64);
    }
    number
        .to_string()
        .parse::<f64>()
        .map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimal() -> Value {
        json!({"peft_type": "LORA", "r": 4, "lora_alpha": 8, "bias": "none", "target_modules": ["q_proj", "down_proj"]})
    }

    #[test]
    fn what_is_written_is_read_back() {
        let config = AdapterConfig {
            r: 4,
            alpha: 8.5,
            dropout: 0.05,
            modules: vec![Module::Q, Module::Down],
            layers: vec![1],
            rank_stabilised: true,
        };
        let read = read(&write(&config, "base", false)).unwrap();
        assert_eq!(
            (read.r, read.alpha, read.dropout, read.rank_stabilised),
            (4, 8.5, 0.05, true)
        );
        assert_eq!(read.target_modules.unwrap(), config.modules);
        assert_eq!(read.base_name.as_deref(), Some("base"));
        assert_eq!(
            write(&config, "base", false)["layers_to_transform"],
            json!([1])
        );
        assert_eq!(
            write(&config, "base", true)["layers_to_transform"],
            Value::Null
        );
    }

    #[test]
    fn what_would_be_ignored_is_refused_by_name() {
        read(&minimal()).unwrap();
        for (key, value) in [
            ("use_dora", json!(true)),
            ("bias", json!("all")),
            ("modules_to_save", json!(["lm_head"])),
            ("rank_pattern", json!({"q_proj": 8})),
            ("alpha_pattern", json!({"q_proj": 8})),
            ("fan_in_fan_out", json!(true)),
            ("some_future_switch", json!(true)),
            ("init_lora_weights", json!("pissa_niter_4")),
            ("target_modules", json!(["lm_head"])),
            ("peft_type", json!("IA3")),
            ("r", json!(0)),
        ] {
            let mut config = minimal();
            config[key] = value;
            assert!(read(&config).unwrap_err().contains(key), "{key}");
        }
    }
}
