//! A model that is here: its folder and the `model.json` in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::catalogue::Source;
use super::hub::file_sha256;
use crate::failure::bad_input;

const FILE_NAME: &str = "model.json";
const FORMAT_VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    pub format_version: u32,
    pub name: String,
    /// Where it came from: `hub:OWNER/REPO@COMMIT` or `pip:PACKAGE==VERSION`.
    pub source: String,
    /// One GGUF file, or all files of a Hugging Face directory.
    pub files: Vec<InstalledFile>,
    #[serde(skip)]
    pub dir: PathBuf,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledFile {
    pub name: String,
    pub size_bytes: u64,
    /// Hex.
    pub sha256: String,
}

impl Installed {
    pub fn new(source: &Source, origin: String, files: Vec<InstalledFile>) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            name: source.name.clone(),
            source: origin,
            files,
            dir: PathBuf::new(),
        }
    }

    /// The model in a folder; `None` when there is none.
    pub fn read(dir: &Path) -> Result<Option<Self>> {
        let path = dir.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        };
        let model: Self = serde_json::from_str(&text).map_err(|error| {
            bad_input(format!("a pulled model's description can't be read ({error}); remove its folder and pull it again: {}", path.display()))
        })?;
        if model.format_version > FORMAT_VERSION {
            return Err(bad_input(format!(
                "this model was pulled by a newer gradus; update gradus, or remove the folder and pull it again: {}",
                dir.display()
            )));
        }
        Ok(Some(Self {
            dir: dir.to_path_buf(),
            ..model
        }))
    }

    /// Written last: with it the folder is a model.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let path = dir.join(FILE_NAME);
        let text = serde_json::to_string_pretty(self).context("describing the model")?;
        std::fs::write(&path, text + "\n").with_context(|| format!("writing {}", path.display()))
    }

    /// What the engine opens: the GGUF file, or the directory.
    pub fn path(&self) -> PathBuf {
        match self.files.as_slice() {
            [only] if only.name.ends_with(".gguf") => self.dir.join(&only.name),
            _ => self.dir.clone(),
        }
    }

    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    /// Compares every file with its hash.
    pub fn verify(&self) -> Result<(), String> {
        for file in &self.files {
            match file_sha256(&self.dir.join(&file.name)) {
                Err(error) => return Err(format!("{} can't be read: {error}", file.name)),
                Ok(found) if found != file.sha256 => {
                    return Err(format!(
                        "{} has sha256 {found} instead of {}",
                        file.name, file.sha256
                    ));
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }
}
