//! Writes a Hugging Face directory that transformers loads.
//!
//! Everything goes into a directory beside the wanted one, which is renamed when it is whole: a
//! crash or a full disk leaves nothing that could be taken for a model.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::layout::{check_finite, expected_tensors};
use super::numbers::{bf16_to_f32, f32_to_bf16};
use super::{ModelFiles, hf_config};
use crate::model::{ModelConfig, WeightSource};
use crate::{Error, Result};

/// The type that tensors are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightType {
    F32,
    Bf16,
}

impl WeightType {
    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::Bf16 => 2,
        }
    }

    fn safetensors_name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::Bf16 => "BF16",
        }
    }

    /// Whether two numbers are written as the same number.
    pub(crate) fn same(self, one: f32, other: f32) -> bool {
        match self {
            Self::F32 => one == other,
            Self::Bf16 => bf16_to_f32(f32_to_bf16(one)) == bf16_to_f32(f32_to_bf16(other)),
        }
    }

    /// The name in `config.json`.
    pub fn torch_name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::Bf16 => "bfloat16",
        }
    }
}

/// Writes configuration, weights (of `weights`, with the layout of `files`), tokenizer and chat
/// template. `directory` must not exist, or be empty.
///
/// # Errors
/// The directory holds something, the disk is full, a weight is not finite.
pub fn write_model(
    files: &ModelFiles,
    weights: &dyn WeightSource,
    directory: &Path,
    weight_type: WeightType,
) -> Result<()> {
    refuse_occupied(directory)?;
    let unfinished = Unfinished::beside(directory)?;
    let inside = |name: &str| unfinished.path.join(name);
    write_weights(
        &files.config,
        weights,
        &inside("model.safetensors"),
        weight_type,
    )?;
    write_json(
        &inside("config.json"),
        &hf_config::write_config(&files.config, weight_type.torch_name()),
    )?;
    write_json(&inside("generation_config.json"), &generation_config(files))?;
    write_bytes(
        &inside("tokenizer.json"),
        files.tokenizer.to_json()?.as_bytes(),
    )?;
    write_json(&inside("tokenizer_config.json"), &tokenizer_config(files))?;
    if let Some(source) = files.chat_template.source() {
        write_bytes(&inside("chat_template.jinja"), source.as_bytes())?;
    }
    unfinished.finish(directory)
}

fn refuse_occupied(directory: &Path) -> Result<()> {
    match fs::read_dir(directory).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::model_file(
            directory,
            "the output directory is not empty; choose another or remove it",
        )),
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(problem) => Err(Error::io(
            "looking at the output directory",
            directory,
            problem,
        )),
    }
}

/// A directory that is removed again unless it was finished.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    fn beside(directory: &Path) -> Result<Self> {
        let name = directory
            .file_name()
            .ok_or_else(|| Error::model_file(directory, "the output directory needs a name"))?;
        let path = directory.with_file_name(format!(
            ".{}.unfinished-{}",
            name.to_string_lossy(),
            std::process::id()
        ));
        if path.exists() {
            fs::remove_dir_all(&path)
                .map_err(|source| Error::io("removing an unfinished directory", &path, source))?;
        }
        fs::create_dir_all(&path)
            .map_err(|source| Error::io("making the output directory", &path, source))?;
        Ok(Self { path })
    }

    fn finish(self, directory: &Path) -> Result<()> {
        let failed = |source| Error::io("renaming the finished directory", directory, source);
        if directory.exists() {
            fs::remove_dir(directory).map_err(failed)?;
        }
        fs::rename(&self.path, directory).map_err(failed)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After `finish` there is nothing left under this name.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn write_weights(
    config: &ModelConfig,
    weights: &dyn WeightSource,
    path: &Path,
    weight_type: WeightType,
) -> Result<()> {
    let failed = |source| Error::io("writing the weights", path, source);
    let tensors = expected_tensors(config);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).map_err(failed)?);
    file.write_all(&header(&tensors, weight_type))
        .map_err(failed)?;
    for (name, shape) in &tensors {
        let numbers = weights.read(name, shape)?;
        let bytes = encode(name, &numbers, weight_type)
            .map_err(|problem| Error::model_file(path, problem))?;
        file.write_all(&bytes).map_err(failed)?;
    }
    let file = file
        .into_inner()
        .map_err(|problem| failed(problem.into_error()))?;
    file.sync_all().map_err(failed)
}

/// Length and JSON of a safetensors file, padded so that the data are aligned to 8 bytes.
fn header(tensors: &[(String, Vec<usize>)], weight_type: WeightType) -> Vec<u8> {
    let mut fields = Map::new();
    fields.insert("__metadata__".into(), json!({"format": "pt"}));
    let mut offset = 0;
    for (name, shape) in tensors {
        let end = offset + shape.iter().product::<usize>() * weight_type.bytes();
        fields.insert(name.clone(), json!({"dtype": weight_type.safetensors_name(), "shape": shape, "data_offsets": [offset, end]}));
        offset = end;
    }
    let mut text = Value::Object(fields).to_string().into_bytes();
    text.resize(text.len().next_multiple_of(8), b' ');
    [(text.len() as u64).to_le_bytes().to_vec(), text].concat()
}

fn encode(name: &str, numbers: &[f32], weight_type: WeightType) -> Result<Vec<u8>, String> {
    check_finite(name, numbers)?;
    match weight_type {
        WeightType::F32 => Ok(numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .collect()),
        WeightType::Bf16 => {
            let rounded: Vec<u16> = numbers.iter().map(|number| f32_to_bf16(*number)).collect();
            // The largest f32 values round up to infinity.
            match rounded.iter().position(|bits| bits & 0x7f80 == 0x7f80) {
                Some(at) => Err(format!(
                    "tensor {name} holds {} at element {at}, too large for bf16; write f32",
                    numbers[at]
                )),
                None => Ok(rounded.iter().flat_map(|bits| bits.to_le_bytes()).collect()),
            }
        }
    }
}

fn generation_config(files: &ModelFiles) -> Value {
    let mut fields = json!({"bos_token_id": files.config.bos_token_id, "eos_token_id": files.config.eos_token_ids});
    if let Some(pad) = files
        .tokenizer
        .names
        .pad
        .as_deref()
        .and_then(|text| files.tokenizer.token_id(text))
    {
        fields["pad_token_id"] = pad.into();
    }
    fields
}

fn tokenizer_config(files: &ModelFiles) -> Value {
    let names = &files.tokenizer.names;
    let mut fields = json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": files.config.max_position_embeddings,
        "clean_up_tokenization_spaces": false,
    });
    for (key, text) in [
        ("bos_token", &names.bos),
        ("eos_token", &names.eos),
        ("pad_token", &names.pad),
        ("unk_token", &names.unk),
    ] {
        if let Some(text) = text {
            fields[key] = text.as_str().into();
        }
    }
    if let Some(source) = files.chat_template.source() {
        fields["chat_template"] = source.into();
    }
    fields
}

fn write_json(path: &Path, value: &Value) -> Result<()> {
    write_bytes(path, format!("{value:#}\n").as_bytes())
}

fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |source| Error::io("writing a model file", path, source);
    let mut file = File::create(path).map_err(failed)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::super::open_model;
    use super::super::test_files::{tiny_gguf_with, write_tiny_gguf};
    use super::*;

    #[test]
    fn what_is_written_opens_again_with_the_same_weights() {
        let directory = tempfile::tempdir().unwrap();
        let files = open_model(&write_tiny_gguf(directory.path())).unwrap();
        let out = directory.path().join("written");
        write_model(&files, files.weights.as_ref(), &out, WeightType::F32).unwrap();
        let again = open_model(&out).unwrap();
        assert_eq!(again.config, files.config);
        assert_eq!(again.chat_template.source(), files.chat_template.source());
        for (name, shape) in expected_tensors(&files.config) {
            assert_eq!(
                again.weights.read(&name, &shape).unwrap(),
                files.weights.read(&name, &shape).unwrap(),
                "{name}"
            );
        }
        assert_eq!(
            again.tokenizer.encode("ab c<|im_end|>", true).unwrap(),
            files.tokenizer.encode("ab c<|im_end|>", true).unwrap()
        );
        let left: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("broken.gguf");
        let broken = tiny_gguf_with(|builder| {
            builder.remove_tensor("output_norm.weight");
            builder.tensor("output_norm.weight", &[8], &[f32::INFINITY; 8]);
        });
        fs::write(&path, broken).unwrap();
        let files = open_model(&path).unwrap();
        let out = directory.path().join("written");
        assert!(write_model(&files, files.weights.as_ref(), &out, WeightType::F32).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_occupied_directory_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let files = open_model(&write_tiny_gguf(directory.path())).unwrap();
        let problem = write_model(
            &files,
            files.weights.as_ref(),
            directory.path(),
            WeightType::Bf16,
        )
        .unwrap_err();
        assert!(problem.to_string().contains("not empty"));
    }

    #[test]
    fn numbers_beyond_bf16_are_refused() {
        assert!(
            encode("w", &[f32::MAX], WeightType::Bf16)
                .unwrap_err()
                .contains("too large")
        );
        assert_eq!(encode("w", &[1.0], WeightType::Bf16).unwrap(), [0x80, 0x3f]);
    }
}
