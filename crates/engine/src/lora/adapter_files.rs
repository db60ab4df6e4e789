//! Reads and writes an adapter directory: PEFT's two files, and one of our own that says which base
//! the adapter was trained on.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::peft_config::{self, PeftConfig};
use crate::files::identity::file_sha256;
use crate::files::read_json;
use crate::files::safetensors_file::SafetensorsFile;
use crate::files::{ModelIdentity, check_finite};
use crate::model::{
    Adapter, AdapterConfig, AdapterWeights, LowRank, ModelConfig, Module, PackedAdapter,
};
use crate::{Error, LoadedModel, Result};

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";
/// PEFT ignores this file.
const SIDECAR: &str = "gradus_adapter.json";

/// How it is known that adapter and base belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaseCheck {
    /// The adapter records the SHA-256 of its base, and this is that base.
    Hash,
    /// The adapter records no base; only the shapes of its tensors fit.
    Shapes,
}

/// An adapter read from disk and checked against its base.
#[derive(Debug, Clone)]
pub struct AdapterFiles {
    pub adapter: Adapter,
    /// SHA-256 of `adapter_model.safetensors`, hex.
    pub sha256: String,
    pub path: PathBuf,
    pub base_check: BaseCheck,
    /// What a person should know about the base check.
    pub note: Option<String>,
}

/// An adapter ready for generation.
pub struct LoadedAdapter {
    pub adapter: Adapter,
    pub packed: Arc<PackedAdapter>,
    pub sha256: String,
    pub path: PathBuf,
    pub base_check: BaseCheck,
    pub note: Option<String>,
}

/// Reads an adapter for a loaded model.
///
/// # Errors
/// As [`read_adapter_files`].
pub fn read_adapter(directory: &Path, model: &LoadedModel) -> Result<LoadedAdapter> {
    let AdapterFiles {
        adapter,
        sha256,
        path,
        base_check,
        note,
    } = read_adapter_files(directory, &model.identity, &model.config)?;
    let packed = model.decoder.pack_adapter(&adapter)?;
    Ok(LoadedAdapter {
        adapter,
        packed,
        sha256,
        path,
        base_check,
        note,
    })
}

/// Reads an adapter and checks that it belongs to this base.
///
/// # Errors
/// Settings or tensors that can't be honoured, numbers that are not finite, another base.
pub fn read_adapter_files(
    directory: &Path,
    base: &ModelIdentity,
    model: &ModelConfig,
) -> Result<AdapterFiles> {
    let config_path = directory.join(CONFIG);
    if !config_path.is_file() {
        return Err(Error::model_file(
            directory,
            format!("the adapter directory holds no {CONFIG}"),
        ));
    }
    let config = peft_config::read(&read_json(&config_path)?)
        .map_err(|problem| Error::model_file(&config_path, problem))?;
    let (base_check, note) = check_base(directory, base, &config)?;
    let weights_path = directory.join(WEIGHTS);
    if !weights_path.is_file() {
        let hint = if directory.join("adapter_model.bin").exists() {
            "; PyTorch .bin adapters are not read: save it with safe_serialization=True"
        } else {
            ""
        };
        return Err(Error::model_file(
            directory,
            format!("the adapter directory holds no {WEIGHTS}{hint}"),
        ));
    }
    let file = SafetensorsFile::open(&weights_path)?;
    let weights = read_pairs(&file, config.r, model).map_err(|problem| match problem {
        Problem::Mismatch(problem) => {
            Error::AdapterMismatch(format!("{problem} ({})", weights_path.display()))
        }
        Problem::Broken(problem) => Error::model_file(&weights_path, problem),
        Problem::Failed(error) => error,
    })?;
    check_targets(&config, &weights).map_err(|problem| Error::model_file(directory, problem))?;
    let adapter = Adapter {
        config: adapter_config(&config, &weights),
        weights,
    };
    adapter.check(model)?;
    Ok(AdapterFiles {
        adapter,
        sha256: file_sha256(&weights_path)?,
        path: directory.to_path_buf(),
        base_check,
        note,
    })
}

fn check_base(
    directory: &Path,
    base: &ModelIdentity,
    config: &PeftConfig,
) -> Result<(BaseCheck, Option<String>)> {
    let path = directory.join(SIDECAR);
    if !path.is_file() {
        let trained_on = config
            .base_name
            .as_deref()
            .filter(|name| !name.is_empty())
            .map_or_else(String::new, |name| {
                format!(", its configuration names {name:?}")
            });
        let note = format!(
            "the adapter records no hash of its base (no {SIDECAR}{trained_on}); only shapes were compared with {:?}",
            base.name
        );
        return Ok((BaseCheck::Shapes, Some(note)));
    }
    let sidecar = read_json(&path)?;
    let text = |name: &str| sidecar["base"][name].as_str();
    let sha256 = text("sha256")
        .ok_or_else(|| Error::model_file(&path, "the field base.sha256 is missing"))?;
    if sha256 != base.sha256 {
        return Err(Error::AdapterMismatch(format!(
            "it was trained on {:?} (sha256 {sha256}), this base is {:?} (sha256 {}); use the adapter's own base",
            text("name").unwrap_or("a model without a name"),
            base.name,
            base.sha256
        )));
    }
    Ok((BaseCheck::Hash, None))
}

enum Problem {
    Mismatch(String),
    Broken(String),
    Failed(Error),
}

fn read_pairs(
    file: &SafetensorsFile,
    r: usize,
    model: &ModelConfig,
) -> Result<AdapterWeights, Problem> {
    let mut matrices: BTreeMap<(usize, Module), [Option<Vec<f32>>; 2]> = BTreeMap::new();
    for (name, entry) in &file.entries {
        let place = parse_name(name).ok_or_else(|| {
            Problem::Broken(format!("tensor {name} is not the A or B of a linear layer of this engine; it would be ignored silently, so the adapter is refused"))
        })?;
        if place.layer >= model.num_hidden_layers {
            return Err(Problem::Mismatch(format!(
                "tensor {name}: the base has only {} layers",
                model.num_hidden_layers
            )));
        }
        let (out, input) = place.module.shape(model);
        let shape = if place.is_b { [out, r] } else { [r, input] };
        if entry.shape != shape {
            return Err(Problem::Mismatch(format!(
                "tensor {name} has shape {:?}, this base and r = {r} need {shape:?}",
                entry.shape
            )));
        }
        let numbers = file.read(name).map_err(Problem::Failed)?;
        check_finite(name, &numbers).map_err(Problem::Broken)?;
        let slot =
            &mut matrices.entry((place.layer, place.module)).or_default()[usize::from(place.is_b)];
        if slot.replace(numbers).is_some() {
            return Err(Problem::Broken(format!(
                "tensor {name} occurs twice under different prefixes"
            )));
        }
    }
    if matrices.is_empty() {
        return Err(Problem::Broken(
            "the adapter holds no tensors; it was saved from a model without one".into(),
        ));
    }
    let mut weights = AdapterWeights::new();
    for ((layer, module), pair) in matrices {
        let [Some(a), Some(b)] = pair else {
            return Err(Problem::Broken(format!(
                "layer {layer}, {}: lora_A and lora_B are not both there; the file is incomplete",
                module.name()
            )));
        };
        weights.insert((layer, module), LowRank { a, b });
    }
    Ok(weights)
}

struct Place {
    layer: usize,
    module: Module,
    is_b: bool,
}

/// `base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight`, also as saved from inside a
/// vision model.
fn parse_name(name: &str) -> Option<Place> {
    let rest = name.strip_prefix("base_model.model.")?;
    let rest = [
        "model.layers.",
        "model.language_model.layers.",
        "language_model.model.layers.",
    ]
    .into_iter()
    .find_map(|prefix| rest.strip_prefix(prefix))?;
    let (layer, rest) = rest.split_once('.')?;
    let (path, is_b) = match (
        rest.strip_suffix(".lora_A.weight"),
        rest.strip_suffix(".lora_B.weight"),
    ) {
        (Some(path), _) => (path, false),
        (_, Some(path)) => (path, true),
        _ => return None,
    };
    let module = Module::ALL
        .into_iter()
        .find(|module| module.path() == path)?;
    Some(Place {
        layer: layer.parse().ok()?,
        module,
        is_b,
    })
}

/// A module that is listed but has no tensors was lost on the way.
fn check_targets(config: &PeftConfig, weights: &AdapterWeights) -> Result<(), String> {
    let targets = config.target_modules.as_deref().unwrap_or_default();
    match targets
        .iter()
        .find(|target| !weights.keys().any(|(_, module)| module == *target))
    {
        Some(lost) => Err(format!(
            "target_modules lists {}, but {WEIGHTS} holds no tensor of it; the adapter was saved incompletely",
            lost.name()
        )),
        None => Ok(()),
    }
}

fn adapter_config(config: &PeftConfig, weights: &AdapterWeights) -> AdapterConfig {
    let mut layers: Vec<usize> = weights.keys().map(|(layer, _)| *layer).collect();
    layers.dedup();
    AdapterConfig {
        r: config.r,
        alpha: config.alpha,
        dropout: config.dropout,
        modules: Module::ALL
            .into_iter()
            .filter(|module| weights.keys().any(|(_, other)| other == module))
            .collect(),
        layers,
        rank_stabilised: config.rank_stabilised,
    }
}

/// Writes `adapter_model.safetensors`, `gradus_adapter.json` and, last, `adapter_config.json`, each
/// aside and then renamed: a directory with the last one is whole. Gives the SHA-256 of the weights.
///
/// # Errors
/// The directory can't be made or written.
pub fn write_adapter(
    directory: &Path,
    adapter: &Adapter,
    base: &ModelIdentity,
    model: &ModelConfig,
) -> Result<String> {
    adapter.check(model)?;
    fs::create_dir_all(directory)
        .map_err(|source| Error::io("making the adapter directory", directory, source))?;
    let weights_path = directory.join(WEIGHTS);
    write_aside(&weights_path, &safetensors_bytes(adapter, model))?;
    let sidecar = json!({"format": 1, "base": {"name": base.name, "format": base.format, "sha256": base.sha256}});
    write_aside(
        &directory.join(SIDECAR),
        format!("{sidecar:#}\n").as_bytes(),
    )?;
    let all_layers = adapter.config.layers.len() == model.num_hidden_layers;
    let config = peft_config::write(&adapter.config, &base.name, all_layers);
    write_aside(&directory.join(CONFIG), format!("{config:#}\n").as_bytes())?;
    file_sha256(&weights_path)
}

fn safetensors_bytes(adapter: &Adapter, model: &ModelConfig) -> Vec<u8> {
    let mut header = Map::new();
    header.insert("__metadata__".into(), json!({"format": "pt"}));
    let mut data: Vec<u8> = Vec::with_capacity(4 * adapter.parameter_count());
    let r = adapter.config.r;
    for ((layer, module), pair) in &adapter.weights {
        let (out, input) = module.shape(model);
        for (letter, shape, numbers) in [('A', [r, input], &pair.a), ('B', [out, r], &pair.b)] {
            let start = data.len();
            data.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            let name = format!(
                "base_model.model.model.layers.{layer}.{}.lora_{letter}.weight",
                module.path()
            );
            header.insert(
                name,
                json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]}),
            );
        }
    }
    let mut text = Value::Object(header).to_string().into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    [&(text.len() as u64).to_le_bytes()[..], &text, &data].concat()
}

fn write_aside(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |source| Error::io("writing the adapter", path, source);
    let aside = path.with_extension(format!("unfinished-{}", std::process::id()));
    let written = File::create(&aside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written
        .and_then(|()| fs::rename(&aside, path))
        .map_err(|source| {
            let _ = fs::remove_file(&aside);
            failed(source)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::open_model;
    use crate::files::test_files::{safetensors_bytes as raw_safetensors, write_tiny_gguf};

    fn base(directory: &Path) -> (ModelIdentity, ModelConfig) {
        let files = open_model(&write_tiny_gguf(directory)).unwrap();
        (files.identity, files.config)
    }

    fn adapter(config: &ModelConfig) -> Adapter {
        let settings = AdapterConfig {
            r: 2,
            alpha: 4.0,
            dropout: 0.0,
            modules: vec![Module::Q, Module::Down],
            layers: vec![0],
            rank_stabilised: false,
        };
        let mut adapter = Adapter::initialise(settings, config, 7);
        adapter.weights.values_mut().for_each(|pair| {
            pair.b
                .iter_mut()
                .enumerate()
                .for_each(|(at, b)| *b = at as f32 / 64.0)
        });
        adapter
    }

    #[test]
    fn an_adapter_survives_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let (identity, config) = base(directory.path());
        let path = directory.path().join("adapter");
        let written = adapter(&config);
        let sha256 = write_adapter(&path, &written, &identity, &config).unwrap();
        let read = read_adapter_files(&path, &identity, &config).unwrap();
        assert_eq!(read.adapter, written);
        assert_eq!((read.base_check, read.sha256), (BaseCheck::Hash, sha256));
        assert_eq!(fs::read_dir(&path).unwrap().count(), 3);
    }

    #[test]
    fn another_base_is_refused_by_hash_or_by_shape() {
        let directory = tempfile::tempdir().unwrap();
        let (identity, config) = base(directory.path());
        let path = directory.path().join("adapter");
        write_adapter(&path, &adapter(&config), &identity, &config).unwrap();
        let other = ModelIdentity {
            sha256: "00".into(),
            name: "Other".into(),
            ..identity.clone()
        };
        let problem = read_adapter_files(&path, &other, &config).unwrap_err();
        assert!(
            matches!(&problem, Error::AdapterMismatch(text) if text.contains("\"Tiny\"") && text.contains("\"Other\"")),
            "{problem}"
        );

        fs::remove_file(path.join(SIDECAR)).unwrap();
        let read = read_adapter_files(&path, &other, &config).unwrap();
        assert_eq!(read.base_check, BaseCheck::Shapes);
        assert!(read.note.unwrap().contains("only shapes"));
        let wider = ModelConfig {
            hidden_size: 16,
            ..config
        };
        assert!(matches!(
            read_adapter_files(&path, &other, &wider).unwrap_err(),
            Error::AdapterMismatch(_)
        ));
    }

    #[test]
    fn tensors_that_would_be_ignored_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let (identity, config) = base(directory.path());
        let path = directory.path().join("adapter");
        write_adapter(&path, &adapter(&config), &identity, &config).unwrap();
        let prefix = "base_model.model.model.layers.0.self_attn.q_proj";
        let zeros = |count: usize| vec![0u8; 4 * count];
        let a = format!("{prefix}.lora_A.weight");
        let b = format!("{prefix}.lora_B.weight");
        let refuse = |tensors: &[(&str, &str, Vec<usize>, Vec<u8>)]| {
            fs::write(path.join(WEIGHTS), raw_safetensors(tensors)).unwrap();
            read_adapter_files(&path, &identity, &config)
                .unwrap_err()
                .to_string()
        };
        let magnitude = format!("{prefix}.lora_magnitude_vector");
        assert!(
            refuse(&[(&magnitude, "F32", vec![1], zeros(1))]).contains("lora_magnitude_vector")
        );
        assert!(refuse(&[(&a, "F32", vec![2, 8], zeros(16))]).contains("not both"));
        assert!(
            refuse(&[
                (&a, "F32", vec![2, 8], zeros(16)),
                (&b, "F32", vec![8, 2], zeros(16))
            ])
            .contains("lists down_proj")
        );
        let not_a_number: Vec<u8> = [f32::NAN; 16]
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect();
        assert!(refuse(&[(&b, "F32", vec![8, 2], not_a_number)]).contains("NaN"));
        assert!(refuse(&[]).contains("no tensors"));
        assert!(refuse(&[(&a, "F32", vec![3, 8], zeros(24))]).contains("shape"));
    }
}
