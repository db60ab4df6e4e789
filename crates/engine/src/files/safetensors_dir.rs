//! A Hugging Face directory as a source of weights: `config.json` and one or more shards.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::hf_config::{HfConfig, read_config};
use super::layout::{HEAD, check_finite, check_layout};
use super::safetensors_file::{ElementType, SafetensorsFile};
use crate::model::{ModelConfig, WeightSource};
use crate::{Error, Result};

const SINGLE: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
/// Small JSON files beside the weights; larger ones are not what they claim to be.
pub(crate) const MAX_JSON_BYTES: u64 = 256 << 20;

pub(crate) struct SafetensorsDir {
    path: PathBuf,
    pub(crate) config: ModelConfig,
    pub(crate) shards: Vec<SafetensorsFile>,
    /// By the decoder's name.
    tensors: BTreeMap<String, Place>,
}

struct Place {
    shard: usize,
    stored_name: String,
    /// The scale that f8 numbers are multiplied by.
    scale_name: Option<(usize, String)>,
}

impl SafetensorsDir {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let config_path = path.join("config.json");
        let config = read_json(&config_path)?;
        let generation = read_optional_json(&path.join("generation_config.json"))?;
        let HfConfig { mut model, nested } = read_config(&config, generation.as_ref())
            .map_err(|problem| Error::model_file(&config_path, problem))?;
        let shards = shard_paths(path)?
            .iter()
            .map(|path| SafetensorsFile::open(path))
            .collect::<Result<Vec<_>>>()?;
        let broken = |problem: String| Error::model_file(path, problem);
        let tensors = place_tensors(&shards, nested).map_err(broken)?;
        // A vision model's own flag speaks for the whole; what decides is whether there is a head.
        if nested && !tensors.contains_key(HEAD) {
            model.tie_word_embeddings = true;
        }
        let shape_of = |name: &str| {
            tensors.get(name).map(|place: &Place| {
                shards[place.shard].entries[&place.stored_name]
                    .shape
                    .clone()
            })
        };
        check_layout(&model, tensors.keys().map(String::as_str), shape_of).map_err(broken)?;
        Ok(Self {
            path: path.to_path_buf(),
            config: model,
            shards,
            tensors,
        })
    }

    /// Whether any weight matrix is stored with more precision than bf16 has.
    pub(crate) fn finer_than_bf16(&self) -> bool {
        self.tensors.values().any(|place| {
            let entry = &self.shards[place.shard].entries[&place.stored_name];
            entry.shape.len() > 1
                && matches!(entry.element, Some(ElementType::F32 | ElementType::F16))
        })
    }
}

impl WeightSource for SafetensorsDir {
    fn contains(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let place = self
            .tensors
            .get(name)
            .ok_or_else(|| Error::model_file(&self.path, format!("tensor {name} is missing")))?;
        let shard = &self.shards[place.shard];
        let broken = |problem: String| Error::model_file(shard.path(), problem);
        let entry = &shard.entries[&place.stored_name];
        if entry.shape != shape {
            return Err(broken(format!(
                "tensor {name} has shape {:?}, the configuration asks for {shape:?}",
                entry.shape
            )));
        }
        let mut numbers = shard.read(&place.stored_name)?;
        if entry.element == Some(ElementType::F8E4M3) {
            let (at, scale_name) = place.scale_name.as_ref().ok_or_else(|| {
                broken(format!(
                    "tensor {name} is f8 and has no scale (weight_scale_inv)"
                ))
            })?;
            let scale = self.shards[*at].read(scale_name)?;
            let [scale] = scale[..] else {
                return Err(broken(format!(
                    "tensor {scale_name} has {} scales; only one scale a tensor is supported",
                    scale.len()
                )));
            };
            numbers.iter_mut().for_each(|number| *number *= scale);
        }
        check_finite(name, &numbers).map_err(broken)?;
        Ok(numbers)
    }

    fn names(&self) -> Vec<String> {
        self.tensors.keys().cloned().collect()
    }
}

fn place_tensors(
    shards: &[SafetensorsFile],
    nested: bool,
) -> Result<BTreeMap<String, Place>, String> {
    let mut tensors = BTreeMap::new();
    let mut scales = BTreeMap::new();
    for (shard, file) in shards.iter().enumerate() {
        for stored_name in file.entries.keys() {
            let Some(name) = decoder_name(stored_name, nested) else {
                continue;
            };
            let previous = match name.strip_suffix("_scale_inv") {
                Some(scaled) => scales
                    .insert(scaled.to_string(), (shard, stored_name.clone()))
                    .is_some(),
                None => tensors
                    .insert(
                        name.clone(),
                        Place {
                            shard,
                            stored_name: stored_name.clone(),
                            scale_name: None,
                        },
                    )
                    .is_some(),
            };
            if previous {
                return Err(format!("tensor {name} occurs twice"));
            }
        }
    }
    for (name, place) in &mut tensors {
        place.scale_name = scales.remove(name);
    }
    Ok(tensors)
}

/// The decoder's name of a stored tensor; `None` for what belongs to other parts of the model or
/// is derived (rotary frequencies, scales of activations, which only serve f8 arithmetic).
fn decoder_name(stored: &str, nested: bool) -> Option<String> {
    if stored.ends_with(".rotary_emb.inv_freq")
        || stored.ends_with(".activation_scale")
        || stored.ends_with(".input_scale")
    {
        return None;
    }
    if !nested {
        return Some(stored.to_string());
    }
    for (prefix, own) in [
        ("model.language_model.", "model."),
        ("language_model.model.", "model."),
        ("language_model.lm_head.", "lm_head."),
        ("lm_head.", "lm_head."),
    ] {
        if let Some(rest) = stored.strip_prefix(prefix) {
            return Some(format!("{own}{rest}"));
        }
    }
    None
}

fn shard_paths(directory: &Path) -> Result<Vec<PathBuf>> {
    let index_path = directory.join(INDEX);
    let single = directory.join(SINGLE);
    if single.is_file() {
        return Ok(vec![single]);
    }
    let Some(index) = read_optional_json(&index_path)? else {
        let hint = if directory.join("pytorch_model.bin").exists() {
            "; PyTorch .bin weights are not read: save the model as safetensors"
        } else {
            ""
        };
        return Err(Error::model_file(
            directory,
            format!("the directory holds neither {SINGLE} nor {INDEX}{hint}"),
        ));
    };
    let map = index
        .get("weight_map")
        .and_then(Value::as_object)
        .ok_or_else(|| Error::model_file(&index_path, "the index has no weight_map"))?;
    let names: BTreeSet<&str> = map.values().filter_map(Value::as_str).collect();
    let mut paths = Vec::new();
    for name in names {
        // A name is a file beside the index, never a way out of the directory.
        if name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(Error::model_file(
                &index_path,
                format!("the index names the shard {name:?}, which is no plain file name"),
            ));
        }
        let path = directory.join(name);
        if !path.is_file() {
            return Err(Error::model_file(
                directory,
                format!("shard {name} is missing; the download is incomplete: get it again"),
            ));
        }
        paths.push(path);
    }
    Ok(paths)
}

pub(crate) fn read_json(path: &Path) -> Result<Value> {
    read_optional_json(path)?.ok_or_else(|| {
        let missing = std::io::Error::new(std::io::ErrorKind::NotFound, "the file is missing");
        Error::io("reading the model file", path, missing)
    })
}

/// `None` when there is no such file.
pub(crate) fn read_optional_json(path: &Path) -> Result<Option<Value>> {
    let Some(bytes) = read_optional_bytes(path)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|problem| Error::model_file(path, format!("this is not valid JSON ({problem})")))
}

pub(crate) fn read_optional_bytes(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::metadata(path) {
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(Error::io("reading the model file", path, problem)),
        Ok(metadata) if metadata.len() > MAX_JSON_BYTES => Err(Error::model_file(
            path,
            format!(
                "the file has {} bytes, more than such a file can need",
                metadata.len()
            ),
        )),
        Ok(_) => std::fs::read(path)
            .map(Some)
            .map_err(|problem| Error::io("reading the model file", path, problem)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_inside_a_vision_model_lose_their_prefix() {
        let name = |stored| decoder_name(stored, true);
        assert_eq!(
            name("model.language_model.layers.0.mlp.up_proj.weight").as_deref(),
            Some("model.layers.0.mlp.up_proj.weight")
        );
        assert_eq!(
            name("language_model.model.norm.weight").as_deref(),
            Some("model.norm.weight")
        );
        assert_eq!(
            name("language_model.lm_head.weight").as_deref(),
            Some("lm_head.weight")
        );
        assert_eq!(name("vision_tower.patch_conv.weight"), None);
        assert_eq!(
            name("model.language_model.layers.0.mlp.up_proj.activation_scale"),
            None
        );
    }

    #[test]
    fn an_index_that_leaves_its_directory_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(
            directory.path().join(INDEX),
            r#"{"weight_map":{"a":"../secret.safetensors"}}"#,
        )
        .unwrap();
        assert!(
            shard_paths(directory.path())
                .unwrap_err()
                .to_string()
                .contains("no plain file name")
        );
        std::fs::write(
            directory.path().join(INDEX),
            r#"{"weight_map":{"a":"gone.safetensors"}}"#,
        )
        .unwrap();
        assert!(
            shard_paths(directory.path())
                .unwrap_err()
                .to_string()
                .contains("gone.safetensors is missing")
        );
    }
}
