//! A GGUF file as a source of weights: llama.cpp's tensor names become those of transformers,
//! and its row order of query and key weights is undone.

use std::collections::BTreeMap;
use std::path::Path;

use super::dequantise::{BlockFormat, dequantise};
use super::gguf::{Header, TensorEntry};
use super::gguf_config::{Architecture, read_config};
use super::layout::{EMBEDDING, FINAL_NORM, HEAD, check_finite, check_layout};
use super::source_file::SourceFile;
use crate::model::{ModelConfig, WeightSource};
use crate::{Error, Result};

pub(crate) struct GgufModel {
    file: SourceFile,
    pub(crate) header: Header,
    pub(crate) config: ModelConfig,
    /// By the name of transformers.
    tensors: BTreeMap<String, TensorEntry>,
    /// llama.cpp interleaves the two halves of each rotated head.
    interleaves_rotary: bool,
}

impl GgufModel {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = SourceFile::open(path)?;
        let broken = |problem: String| Error::model_file(path, problem);
        let header = Header::parse(file.reader()?, file.len()).map_err(broken)?;
        let architecture = Architecture::of(&header).map_err(broken)?;
        let mut tensors = BTreeMap::new();
        for entry in &header.tensors {
            if let Some(name) = transformers_name(&entry.name).map_err(broken)? {
                tensors.insert(name, entry.clone());
            }
        }
        let shape_of = |name: &str| {
            tensors
                .get(name)
                .map(|entry: &TensorEntry| entry.shape.clone())
        };
        let config = read_config(&file, &header, &architecture, shape_of).map_err(broken)?;
        config
            .validate()
            .map_err(|problem| broken(format!("the metadata describe no model: {problem}")))?;
        check_layout(&config, tensors.keys().map(String::as_str), shape_of).map_err(broken)?;
        Ok(Self {
            file,
            config,
            tensors,
            interleaves_rotary: architecture.interleaves_rotary,
            header,
        })
    }

    /// Whether any weight matrix is stored with more precision than bf16 has.
    pub(crate) fn finer_than_bf16(&self) -> bool {
        self.tensors
            .values()
            .any(|entry| entry.shape.len() > 1 && entry.format != BlockFormat::BF16)
    }

    fn interleaved_heads(&self, name: &str) -> Option<usize> {
        match name {
            _ if !self.interleaves_rotary => None,
            _ if name.contains(".self_attn.q_proj.") => Some(self.config.num_attention_heads),
            _ if name.contains(".self_attn.k_proj.") => Some(self.config.num_key_value_heads),
            _ => None,
        }
    }
}

impl WeightSource for GgufModel {
    fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let broken = |problem: String| Error::model_file(self.file.path(), problem);
        let entry = self
            .tensors
            .get(name)
            .ok_or_else(|| broken(format!("tensor {name} is missing")))?;
        if entry.shape != shape {
            return Err(broken(format!(
                "tensor {name} has shape {:?}, the configuration asks for {shape:?}",
                entry.shape
            )));
        }
        let numbers = dequantise(entry.format, &self.file.read(entry.offset, entry.len)?);
        check_finite(name, &numbers).map_err(broken)?;
        match self.interleaved_heads(name) {
            Some(heads) => Ok(separate_halves(
                &numbers,
                shape[0] / heads,
                shape.get(1).copied().unwrap_or(1),
            )),
            None => Ok(numbers),
        }
    }

    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }
}

/// Row `2i + half` of each head goes to row `half * head_dim / 2 + i`: the inverse of `permute`
/// in llama.cpp's converter.
fn separate_halves(numbers: &[f32], head_dim: usize, columns: usize) -> Vec<f32> {
    let mut separated = Vec::with_capacity(numbers.len());
    for head in numbers.chunks_exact(head_dim * columns) {
        for half in 0..2 {
            for at in 0..head_dim / 2 {
                separated.extend_from_slice(&head[(2 * at + half) * columns..][..columns]);
            }
        }
    }
    separated
}

/// `None` for tensors that are read elsewhere.
fn transformers_name(name: &str) -> Result<Option<String>, String> {
    let unknown = || format!("tensor {name:?} belongs to no architecture supported here");
    match name {
        "token_embd.weight" => return Ok(Some(EMBEDDING.into())),
        "output_norm.weight" => return Ok(Some(FINAL_NORM.into())),
        "output.weight" => return Ok(Some(HEAD.into())),
        "rope_freqs.weight" => return Ok(None),
        _ => {}
    }
    let (layer, rest) = name
        .strip_prefix("blk.")
        .and_then(|rest| rest.split_once('.'))
        .ok_or_else(unknown)?;
    let layer: u32 = layer.parse().map_err(|_| unknown())?;
    let (part, kind) = rest.rsplit_once('.').ok_or_else(unknown)?;
    let part = match part {
        "attn_norm" => "input_layernorm",
        "ffn_norm" => "post_attention_layernorm",
        "attn_q" => "self_attn.q_proj",
        "attn_k" => "self_attn.k_proj",
        "attn_v" => "self_attn.v_proj",
        "attn_output" => "self_attn.o_proj",
        "attn_q_norm" => "self_attn.q_norm",
        "attn_k_norm" => "self_attn.k_norm",
        "ffn_gate" => "mlp.gate_proj",
        "ffn_up" => "mlp.up_proj",
        "ffn_down" => "mlp.down_proj",
        _ => return Err(unknown()),
    };
    if !matches!(kind, "weight" | "bias") {
        return Err(unknown());
    }
    Ok(Some(format!("model.layers.{layer}.{part}.{kind}")))
}

#[cfg(test)]
mod tests {
    use super::super::test_files::{TINY_HEAD_DIM, TINY_HIDDEN, tiny_gguf, tiny_gguf_with};
    use super::*;

    fn open(bytes: &[u8]) -> Result<GgufModel> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("model.gguf");
        std::fs::write(&path, bytes).unwrap();
        GgufModel::open(&path)
    }

    #[test]
    fn rows_of_queries_return_to_the_order_of_transformers() {
        // Rows 0..8 of one head, as the converter permutes them.
        let permuted: Vec<f32> = [0, 4, 1, 5, 2, 6, 3, 7].map(|row| row as f32).to_vec();
        assert_eq!(
            separate_halves(&permuted, 8, 1),
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
        );
    }

    #[test]
    fn a_model_is_described_and_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("model.gguf");
        std::fs::write(&path, tiny_gguf()).unwrap();
        let model = GgufModel::open(&path).unwrap();
        assert_eq!(model.config.hidden_size, TINY_HIDDEN);
        assert_eq!(model.config.head_dim, TINY_HEAD_DIM);
        assert!(model.config.tie_word_embeddings);
        let norm = model.read(FINAL_NORM, &[TINY_HIDDEN]).unwrap();
        assert_eq!(norm.len(), TINY_HIDDEN);
        assert!(
            model
                .read(FINAL_NORM, &[TINY_HIDDEN + 1])
                .unwrap_err()
                .to_string()
                .contains("shape")
        );
    }

    #[test]
    fn broken_models_are_named_for_what_is_broken() {
        let with = |change: &dyn Fn(&mut super::super::test_files::GgufBuilder)| {
            open(&tiny_gguf_with(change))
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        assert!(
            with(&|b| b.set_text("general.architecture", "mamba"))
                .contains("\"mamba\" is not supported")
        );
        assert!(
            with(&|b| b.remove_tensor("blk.0.attn_q.weight"))
                .contains("self_attn.q_proj.weight is missing")
        );
        assert!(with(&|b| b.set_u32("llama.feed_forward_length", 8)).contains("shape"));
        assert!(with(&|b| b.set_u32("llama.block_count", 4_000_000)).contains("num_hidden_layers"));
        assert!(
            with(&|b| b.tensor("blk.0.ffn_gate_exps.weight", &[4, 4], &[0.0; 16]))
                .contains("ffn_gate_exps")
        );
    }

    #[test]
    fn a_weight_that_is_not_a_number_is_refused_by_name() {
        let bytes = tiny_gguf_with(|builder| {
            let mut numbers = vec![1.0; TINY_HIDDEN];
            numbers[3] = f32::NAN;
            builder.remove_tensor("output_norm.weight");
            builder.tensor("output_norm.weight", &[TINY_HIDDEN], &numbers);
        });
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("model.gguf");
        std::fs::write(&path, bytes).unwrap();
        let problem = GgufModel::open(&path)
            .unwrap()
            .read(FINAL_NORM, &[TINY_HIDDEN])
            .unwrap_err()
            .to_string();
        assert!(
            problem.contains("model.norm.weight") && problem.contains("element 3"),
            "{problem}"
        );
    }
}
