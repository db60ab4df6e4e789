//! The adapter folded into its base: W + s·B·A in f32.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::AdapterFiles;
use crate::files::ModelFiles;
use crate::files::writer::{WeightType, write_model};
use crate::model::{Adapter, Module, WeightSource};
use crate::{Error, Result};

/// What was written.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct MergeReport {
    pub path: PathBuf,
    pub weight_type: WeightType,
    pub base_sha256: String,
    pub adapter_sha256: String,
    /// Weight matrices that the adapter changed.
    pub matrices_changed: usize,
}

/// Writes base and adapter as one Hugging Face directory. `weight_type` defaults to f32, or bf16
/// where the base is no finer.
///
/// # Errors
/// The directory is occupied, the disk is full, a merged weight does not fit the type, or rounding
/// to bf16 swallows the whole adapter.
pub fn merge(
    files: &ModelFiles,
    adapter: &AdapterFiles,
    out: &Path,
    weight_type: Option<WeightType>,
) -> Result<MergeReport> {
    let weight_type = weight_type.unwrap_or(if files.finer_than_bf16 {
        WeightType::F32
    } else {
        WeightType::Bf16
    });
    let merged = MergedWeights::new(files.weights.as_ref(), &adapter.adapter, weight_type);
    // A first look at each matrix before anything is written: a merge without effect is no merge.
    let mut matrices_changed = 0;
    for (layer, module) in adapter.adapter.weights.keys() {
        let (rows, columns) = module.shape(&files.config);
        merged.changed.store(0, Ordering::Relaxed);
        merged.read(&weight_name(*layer, *module), &[rows, columns])?;
        matrices_changed += usize::from(merged.changed.load(Ordering::Relaxed) > 0);
    }
    if matrices_changed == 0 {
        return Err(Error::AdapterDead(format!(
            "the merged weights, written as {}, are those of the base; {}",
            weight_type.torch_name(),
            if weight_type == WeightType::Bf16 {
                "the adapter is smaller than bf16 resolves: write f32"
            } else {
                "every lora_B is zero"
            }
        )));
    }
    write_model(files, &merged, out, weight_type)?;
    Ok(MergeReport {
        path: out.to_path_buf(),
        weight_type,
        base_sha256: files.identity.sha256.clone(),
        adapter_sha256: adapter.sha256.clone(),
        matrices_changed,
    })
}

/// The base with the adapter folded in, matrix by matrix as it is read.
pub struct MergedWeights<'a> {
    base: &'a (dyn WeightSource + Send + Sync),
    adapter: &'a Adapter,
    weight_type: WeightType,
    /// Numbers changed by the last reads, as they are written.
    changed: AtomicUsize,
}

impl<'a> MergedWeights<'a> {
    /// `weight_type`: in what the weights will be kept, for counting changes; numbers are f32.
    pub fn new(
        base: &'a (dyn WeightSource + Send + Sync),
        adapter: &'a Adapter,
        weight_type: WeightType,
    ) -> Self {
        Self {
            base,
            adapter,
            weight_type,
            changed: AtomicUsize::new(0),
        }
    }
}

impl WeightSource for MergedWeights<'_> {
    fn contains(&self, name: &str) -> bool {
        self.base.contains(name)
    }

    fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut weight = self.base.read(name, shape)?;
        let Some((layer, module)) = adapted(name) else {
            return Ok(weight);
        };
        let Some(pair) = self.adapter.weights.get(&(layer, module)) else {
            return Ok(weight);
        };
        let columns = shape.get(1).copied().unwrap_or(1);
        let (r, scale) = (self.adapter.config.r, self.adapter.config.scale());
        let mut change = vec![0.0f32; columns];
        let mut changed = 0;
        for (row, b) in weight.chunks_exact_mut(columns).zip(pair.b.chunks_exact(r)) {
            change.fill(0.0);
            for (b, a) in b.iter().zip(pair.a.chunks_exact(columns)) {
                change.iter_mut().zip(a).for_each(|(sum, a)| *sum += b * a);
            }
            for (weight, change) in row.iter_mut().zip(&change) {
                let merged = *weight + scale * change;
                changed += usize::from(!self.weight_type.same(merged, *weight));
                *weight = merged;
            }
        }
        self.changed.fetch_add(changed, Ordering::Relaxed);
        match weight.iter().position(|number| !number.is_finite()) {
            Some(at) => Err(Error::NotFinite(format!(
                "merging makes {name} infinite at element {at}; the adapter is broken"
            ))),
            None => Ok(weight),
        }
    }

    fn names(&self) -> Vec<String> {
        self.base.names()
    }
}

fn weight_name(layer: usize, module: Module) -> String {
    format!("model.layers.{layer}.{}.weight", module.path())
}

fn adapted(name: &str) -> Option<(usize, Module)> {
    let (layer, path) = name
        .strip_prefix("model.layers.")?
        .strip_suffix(".weight")?
        .split_once('.')?;
    let module = Module::ALL
        .into_iter()
        .find(|module| module.path() == path)?;
    Some((layer.parse().ok()?, module))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::open_model;
    use crate::files::test_files::write_tiny_gguf;
    use crate::lora::BaseCheck;
    use crate::model::AdapterConfig;

    fn setting(directory: &Path, b: f32) -> (ModelFiles, AdapterFiles) {
        let files = open_model(&write_tiny_gguf(directory)).unwrap();
        let config = AdapterConfig {
            r: 2,
            alpha: 4.0,
            dropout: 0.0,
            modules: vec![Module::Q],
            layers: vec![0],
            rank_stabilised: false,
        };
        let mut adapter = Adapter::initialise(config, &files.config, 3);
        adapter.weights.values_mut().for_each(|pair| pair.b.fill(b));
        let adapter = AdapterFiles {
            adapter,
            sha256: "ad".into(),
            path: directory.into(),
            base_check: BaseCheck::Hash,
            note: None,
        };
        (files, adapter)
    }

    #[test]
    fn the_written_weight_is_base_plus_scaled_product() {
        let directory = tempfile::tempdir().unwrap();
        let (files, adapter) = setting(directory.path(), 0.5);
        let out = directory.path().join("merged");
        let report = merge(&files, &adapter, &out, None).unwrap();
        assert_eq!(
            (report.weight_type, report.matrices_changed),
            (WeightType::F32, 1)
        );
        let name = "model.layers.0.self_attn.q_proj.weight";
        let before = files.weights.read(name, &[8, 8]).unwrap();
        let after = open_model(&out)
            .unwrap()
            .weights
            .read(name, &[8, 8])
            .unwrap();
        let a = &adapter.adapter.weights[&(0, Module::Q)].a;
        for (at, (before, after)) in before.iter().zip(&after).enumerate() {
            let change = 2.0 * (0.5 * a[at % 8] + 0.5 * a[8 + at % 8]);
            assert!((before + change - after).abs() < 1e-6, "element {at}");
        }
    }

    #[test]
    fn a_merge_without_effect_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("merged");
        let (files, adapter) = setting(directory.path(), 0.0);
        assert!(
            matches!(merge(&files, &adapter, &out, None).unwrap_err(), Error::AdapterDead(text) if text.contains("zero"))
        );
        let (files, adapter) = setting(directory.path(), 1e-42);
        let problem = merge(&files, &adapter, &out, Some(WeightType::Bf16)).unwrap_err();
        assert!(matches!(problem, Error::AdapterDead(text) if text.contains("bf16")));
        assert!(!out.exists());
    }

    #[test]
    fn an_overflow_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let (files, mut adapter) = setting(directory.path(), f32::MAX);
        adapter.adapter.config.alpha = 1e4;
        let problem = merge(&files, &adapter, &directory.path().join("merged"), None).unwrap_err();
        assert!(matches!(problem, Error::NotFinite(_)));
    }
}
