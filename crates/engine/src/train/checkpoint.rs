//! The state of a training on disk, from which it goes on as if it had never stopped.
//!
//! One safetensors file a checkpoint, `checkpoints/checkpoint-000040.safetensors`: the adapter,
//! AdamW's moments and the best adapter so far as flat f32 tensors, the rest as JSON under
//! `state` in the file's metadata, and a SHA-256 over both. Order, rates and dropout follow from
//! the number of finished steps alone, so they need no state.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::files::{hex, remove_if_there, write_whole};
use super::fingerprint::Fingerprint;
use super::progress::Progress;
use crate::model::{Adapter, OptimiserState};
use crate::{Error, Result};

/// Checkpoints that are kept: should the newest not be readable, the one before it is at hand.
const KEPT: usize = 2;
const FORMAT: &str = "gradus-checkpoint-1";

/// All that a training needs to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    pub progress: Progress,
    pub adapter: Adapter,
    pub best: Option<Adapter>,
    pub optimiser: OptimiserState,
}

#[derive(Serialize, Deserialize)]
struct Header {
    fingerprint: Fingerprint,
    progress: Progress,
    optimiser_step: u64,
}

/// The folder of checkpoints of one training.
pub struct Checkpoints {
    folder: PathBuf,
    fingerprint: Fingerprint,
}

impl Checkpoints {
    pub fn new(folder: PathBuf, fingerprint: Fingerprint) -> Self {
        Self {
            folder,
            fingerprint,
        }
    }

    /// Writes one and removes those that are no longer needed.
    pub fn save(&self, checkpoint: &Checkpoint) -> Result<PathBuf> {
        fs::create_dir_all(&self.folder).map_err(|source| {
            Error::io("creating the folder for checkpoints", &self.folder, source)
        })?;
        let path = self.path(checkpoint.progress.step);
        write_whole(&path, &[&self.serialise(checkpoint, &path)?])?;
        let mut older = steps_in(&self.folder)?;
        older.truncate(older.len().saturating_sub(KEPT));
        for step in older {
            remove_if_there(&self.path(step))?;
        }
        Ok(path)
    }

    /// The newest checkpoint, if there is one. `fresh` gives the adapter's shape.
    ///
    /// # Errors
    /// A damaged file; a checkpoint of another training. Neither is passed over silently.
    pub fn newest(&self, fresh: &Adapter) -> Result<Option<Checkpoint>> {
        let Some(step) = steps_in(&self.folder)?.pop() else {
            return Ok(None);
        };
        let path = self.path(step);
        let bytes =
            fs::read(&path).map_err(|source| Error::io("reading a checkpoint", &path, source))?;
        let header = read_header(&bytes, &path)?;
        let differences = header.fingerprint.differences(&self.fingerprint);
        if !differences.is_empty() {
            return Err(foreign(&differences, &self.folder));
        }
        let tensors = SafeTensors::deserialize(&bytes).map_err(|_| damaged(&path))?;
        let flat = |name: &str| floats(&tensors, name).ok_or_else(|| damaged(&path));
        let adapter = |flat: Vec<f32>| unflatten(fresh, &flat).ok_or_else(|| damaged(&path));
        let best = tensors.names().contains(&"best");
        let checkpoint = Checkpoint {
            adapter: adapter(flat("adapter")?)?,
            best: if best {
                Some(adapter(flat("best")?)?)
            } else {
                None
            },
            optimiser: OptimiserState {
                step: header.optimiser_step,
                first_moment: flat("first_moment")?,
                second_moment: flat("second_moment")?,
            },
            progress: header.progress,
        };
        let moments = [
            &checkpoint.optimiser.first_moment,
            &checkpoint.optimiser.second_moment,
        ];
        let parameters = fresh.parameter_count();
        if checkpoint.progress.step != step
            || moments.iter().any(|moment| moment.len() != parameters)
        {
            return Err(damaged(&path));
        }
        Ok(Some(checkpoint))
    }

    fn path(&self, step: u64) -> PathBuf {
        self.folder
            .join(format!("checkpoint-{step:06}.safetensors"))
    }

    fn serialise(&self, checkpoint: &Checkpoint, path: &Path) -> Result<Vec<u8>> {
        let failed = |problem: String| {
            Error::model_file(path, format!("the checkpoint can't be written: {problem}"))
        };
        let header = Header {
            fingerprint: self.fingerprint.clone(),
            progress: checkpoint.progress.clone(),
            optimiser_step: checkpoint.optimiser.step,
        };
        let header = serde_json::to_string(&header).map_err(|error| failed(error.to_string()))?;
        let mut parts = vec![
            ("adapter", bytes_of(&flatten(&checkpoint.adapter))),
            ("first_moment", bytes_of(&checkpoint.optimiser.first_moment)),
            (
                "second_moment",
                bytes_of(&checkpoint.optimiser.second_moment),
            ),
        ];
        parts.extend(
            checkpoint
                .best
                .as_ref()
                .map(|best| ("best", bytes_of(&flatten(best)))),
        );
        parts.sort_by_key(|(name, _)| *name);
        let sha256 = checksum(
            &header,
            parts.iter().map(|(name, bytes)| (*name, bytes.as_slice())),
        );
        let metadata = HashMap::from([
            ("format".to_owned(), FORMAT.to_owned()),
            ("state".to_owned(), header),
            ("sha256".to_owned(), sha256),
        ]);
        let mut views = Vec::with_capacity(parts.len());
        for (name, bytes) in &parts {
            let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes);
            views.push((*name, view.map_err(|error| failed(error.to_string()))?));
        }
        safetensors::serialize(views, Some(metadata)).map_err(|error| failed(error.to_string()))
    }
}

/// Checks the file's own checksum before anything of it is believed.
fn read_header(bytes: &[u8], path: &Path) -> Result<Header> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|_| damaged(path))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|_| damaged(path))?;
    let metadata = metadata.metadata().clone().unwrap_or_default();
    let entry = |name: &str| metadata.get(name).ok_or_else(|| damaged(path));
    if entry("format")? != FORMAT {
        return Err(Error::model_file(
            path,
            "this checkpoint was written by another version of gradus; use that version, choose another output_dir, or start afresh with --resume never",
        ));
    }
    let state = entry("state")?;
    let mut parts: Vec<_> = tensors
        .iter()
        .map(|(name, tensor)| (name, tensor.data()))
        .collect();
    parts.sort_by_key(|(name, _)| *name);
    if checksum(state, parts.into_iter()) != *entry("sha256")? {
        return Err(damaged(path));
    }
    serde_json::from_str(state).map_err(|_| damaged(path))
}

fn checksum<'a>(state: &str, parts: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    hash.update((state.len() as u64).to_le_bytes());
    hash.update(state);
    for (name, bytes) in parts {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hex(&hash.finalize())
}

/// Steps of the checkpoints in a folder, ascending.
fn steps_in(folder: &Path) -> Result<Vec<u64>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::io("listing checkpoints", folder, source)),
    };
    let mut steps = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| Error::io("listing checkpoints", folder, source))?;
        let name = entry.file_name();
        let step: Option<u64> = name
            .to_str()
            .and_then(|name| {
                name.strip_prefix("checkpoint-")?
                    .strip_suffix(".safetensors")
            })
            .and_then(|step| step.parse().ok());
        steps.extend(step);
    }
    steps.sort_unstable();
    Ok(steps)
}

fn damaged(path: &Path) -> Error {
    Error::model_file(
        path,
        "the checkpoint is damaged; remove this file to go on from the one before it, or start afresh with --resume never",
    )
}

/// The complaint about a folder that holds another training, begun or finished.
pub fn foreign(differences: &[String], folder: &Path) -> Error {
    Error::Configuration(format!(
        "this folder holds another training, with other values of: {}; choose another output_dir, or start afresh with --resume never: {}",
        differences.join(", "),
        folder.display()
    ))
}

/// All parameters in the adapter's order: for each pair a, then b.
pub fn flatten(adapter: &Adapter) -> Vec<f32> {
    let pairs = adapter.weights.values();
    pairs
        .flat_map(|pair| pair.a.iter().chain(&pair.b))
        .copied()
        .collect()
}

/// An adapter shaped like `like` with the given parameters; `None` when they are too many or few.
fn unflatten(like: &Adapter, flat: &[f32]) -> Option<Adapter> {
    if flat.len() != like.parameter_count() {
        return None;
    }
    let mut adapter = like.clone();
    let mut rest = flat;
    for pair in adapter.weights.values_mut() {
        for part in [&mut pair.a, &mut pair.b] {
            let (taken, after) = rest.split_at(part.len());
            part.copy_from_slice(taken);
            rest = after;
        }
    }
    Some(adapter)
}

fn bytes_of(floats: &[f32]) -> Vec<u8> {
    floats
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect()
}

fn floats(tensors: &SafeTensors<'_>, name: &str) -> Option<Vec<f32>> {
    let tensor = tensors.tensor(name).ok()?;
    let (numbers, rest) = tensor.data().as_chunks::<4>();
    (tensor.dtype() == Dtype::F32 && rest.is_empty()).then(|| {
        numbers
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::testing;

    fn checkpoints(dir: &Path) -> Checkpoints {
        let fingerprint = Fingerprint::of(
            &testing::identity(),
            &testing::recipe(),
            &testing::rows(3),
            &[],
        );
        Checkpoints::new(dir.join("checkpoints"), fingerprint)
    }

    fn checkpoint(step: u64) -> Checkpoint {
        let adapter = testing::adapter(step);
        let parameters = adapter.parameter_count();
        Checkpoint {
            progress: Progress {
                step,
                loss_sum: 0.1 + 0.2,
                ..Progress::default()
            },
            best: (step > 1).then(|| testing::adapter(99)),
            optimiser: OptimiserState {
                step,
                first_moment: (0..parameters).map(|index| index as f32 * 0.1).collect(),
                second_moment: vec![1e-30; parameters],
            },
            adapter,
        }
    }

    #[test]
    fn what_was_saved_comes_back_to_the_bit() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let checkpoints = checkpoints(dir.path());
        assert!(
            checkpoints
                .newest(&testing::adapter(0))
                .expect("none yet")
                .is_none()
        );
        for step in 1..=4 {
            checkpoints.save(&checkpoint(step)).expect("saved");
            let loaded = checkpoints.newest(&testing::adapter(0)).expect("read");
            assert_eq!(loaded, Some(checkpoint(step)));
        }
        assert_eq!(steps_in(&checkpoints.folder).expect("listed"), [3, 4]);
        checkpoints.save(&checkpoint(4)).expect("replaced");
        assert_eq!(steps_in(&checkpoints.folder).expect("listed"), [3, 4]);
    }

    #[test]
    fn a_damaged_checkpoint_is_refused_wherever_it_is_damaged() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let checkpoints = checkpoints(dir.path());
        let path = checkpoints.save(&checkpoint(2)).expect("saved");
        let whole = fs::read(&path).expect("read");
        let mut broken: Vec<Vec<u8>> = [0, 4, 100, whole.len() / 2, whole.len() - 1]
            .iter()
            .map(|&length| whole[..length].to_vec())
            .collect();
        for at in (0..whole.len()).step_by(37) {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            broken.push(flipped);
        }
        for bytes in broken {
            fs::write(&path, &bytes).expect("written");
            let error = checkpoints
                .newest(&testing::adapter(0))
                .expect_err("damaged");
            assert!(
                matches!(&error, Error::ModelFile { path: at, .. } if *at == path),
                "{error}"
            );
        }
    }

    #[test]
    fn a_checkpoint_of_another_training_is_refused_by_name() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        checkpoints(dir.path()).save(&checkpoint(2)).expect("saved");
        let mut other = checkpoints(dir.path());
        other.fingerprint.base_sha256 = "another".into();
        let error = other
            .newest(&testing::adapter(0))
            .expect_err("foreign")
            .to_string();
        assert!(
            error.contains("the base model") && error.contains("--resume never"),
            "{error}"
        );
    }
}
