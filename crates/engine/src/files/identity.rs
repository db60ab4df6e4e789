//! What a checkpoint is called, and the hash by which it is known.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// What was opened, so that it can be named, compared and refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ModelIdentity {
    /// The name the files carry, or that of the file or folder.
    pub name: String,
    /// `gguf` or `safetensors`.
    pub format: String,
    /// SHA-256 of the weights, hex: of the GGUF file, or over the shards' names and hashes.
    pub sha256: String,
    pub path: PathBuf,
}

pub(crate) fn of_gguf(path: &Path, carried_name: Option<&str>) -> Result<ModelIdentity> {
    Ok(ModelIdentity {
        name: carried_name
            .filter(|name| !name.trim().is_empty())
            .map_or_else(|| file_name(path), str::to_string),
        format: "gguf".into(),
        sha256: file_sha256(path)?,
        path: path.to_path_buf(),
    })
}

pub(crate) fn of_directory<'a>(
    path: &Path,
    shards: impl Iterator<Item = &'a Path>,
) -> Result<ModelIdentity> {
    let mut lines = Vec::new();
    for shard in shards {
        lines.push(format!("{} {}\n", file_name(shard), file_sha256(shard)?));
    }
    lines.sort();
    Ok(ModelIdentity {
        name: file_name(path),
        format: "safetensors".into(),
        sha256: hex(&Sha256::digest(lines.concat())),
        path: path.to_path_buf(),
    })
}

/// SHA-256 of a file's bytes, hex.
///
/// # Errors
/// The file can't be read.
pub fn file_sha256(path: &Path) -> Result<String> {
    let failed = |source| Error::io("hashing a file", path, source);
    let mut file = File::open(path).map_err(failed)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer).map_err(failed)? {
            0 => return Ok(hex(&hasher.finalize())),
            len => hasher.update(&buffer[..len]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn file_name(path: &Path) -> String {
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    resolved.file_name().map_or_else(
        || "model".into(),
        |name| name.to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.gguf");
        std::fs::write(&path, b"abc").unwrap();
        let identity = of_gguf(&path, None).unwrap();
        assert_eq!(identity.name, "a.gguf");
        assert_eq!(
            identity.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
