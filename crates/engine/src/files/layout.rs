//! The tensors that a decoder of a given configuration is made of, and the check that a
//! checkpoint holds exactly those.

use crate::model::{ModelConfig, Module};

pub(crate) const EMBEDDING: &str = "model.embed_tokens.weight";
pub(crate) const FINAL_NORM: &str = "model.norm.weight";
pub(crate) const HEAD: &str = "lm_head.weight";

/// Names (of transformers) and shapes, in the order of the forward pass.
pub(crate) fn expected_tensors(config: &ModelConfig) -> Vec<(String, Vec<usize>)> {
    let hidden = config.hidden_size;
    let mut tensors = vec![(EMBEDDING.to_string(), vec![config.vocab_size, hidden])];
    for layer in 0..config.num_hidden_layers {
        let mut add = |name: String, shape: Vec<usize>| {
            tensors.push((format!("model.layers.{layer}.{name}"), shape))
        };
        add("input_layernorm.weight".into(), vec![hidden]);
        for module in Module::ALL {
            let (out, input) = module.shape(config);
            add(format!("{}.weight", module.path()), vec![out, input]);
            if has_bias(config, module) {
                add(format!("{}.bias", module.path()), vec![out]);
            }
        }
        if config.qk_norm {
            add("self_attn.q_norm.weight".into(), vec![config.head_dim]);
            add("self_attn.k_norm.weight".into(), vec![config.head_dim]);
        }
        add("post_attention_layernorm.weight".into(), vec![hidden]);
    }
    tensors.push((FINAL_NORM.to_string(), vec![hidden]));
    if !config.tie_word_embeddings {
        tensors.push((HEAD.to_string(), vec![config.vocab_size, hidden]));
    }
    tensors
}

fn has_bias(config: &ModelConfig, module: Module) -> bool {
    match module {
        Module::Q | Module::K | Module::V => config.qkv_bias,
        Module::O => config.o_bias,
        Module::Gate | Module::Up | Module::Down => false,
    }
}

/// Checks presence and shapes, and that nothing is left that the forward pass would ignore.
/// `found` are the decoder's tensors, already under the names of transformers.
///
/// # Errors
/// A sentence that names the first tensor at fault.
pub(crate) fn check_layout<'a>(
    config: &ModelConfig,
    found: impl Iterator<Item = &'a str>,
    shape_of: impl Fn(&str) -> Option<Vec<usize>>,
) -> Result<(), String> {
    // Cheap, and before the list of expected tensors is built from untrusted sizes.
    let found: std::collections::BTreeSet<&str> = found.collect();
    if found.len() < config.num_hidden_layers {
        return Err(format!(
            "the model claims {} layers but has {} tensors",
            config.num_hidden_layers,
            found.len()
        ));
    }
    let expected = expected_tensors(config);
    for (name, shape) in &expected {
        match shape_of(name) {
            None => {
                return Err(format!(
                    "tensor {name} is missing; the download is incomplete or the configuration is of another model"
                ));
            }
            Some(actual) if actual != *shape => {
                return Err(format!(
                    "tensor {name} has shape {actual:?}, the configuration asks for {shape:?}"
                ));
            }
            Some(_) => {}
        }
    }
    let expected: std::collections::BTreeSet<&str> =
        expected.iter().map(|(name, _)| name.as_str()).collect();
    // A head beside tied embeddings is a copy, and transformers ignores it too.
    match found
        .iter()
        .find(|name| !expected.contains(*name) && **name != HEAD)
    {
        Some(name) => Err(format!(
            "tensor {name} has no place in this architecture; it would be ignored silently, so the model is refused"
        )),
        None => Ok(()),
    }
}

/// Refuses numbers that would poison every result.
///
/// # Errors
/// A sentence that names the tensor and the first place at fault.
pub(crate) fn check_finite(name: &str, numbers: &[f32]) -> Result<(), String> {
    match numbers.iter().position(|number| !number.is_finite()) {
        Some(at) => Err(format!(
            "tensor {name} holds {} at element {at}; the weights are broken: get them again",
            numbers[at]
        )),
        None => Ok(()),
    }
}
