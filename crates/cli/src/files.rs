//! Small JSON files: written aside and renamed, so that a reader never sees half of one.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::bad_input;

pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    write_whole(path, text.as_bytes())
}

pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let aside = path.with_added_extension("writing");
    let write = || {
        let mut file = File::create(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

/// # Errors
/// A file that can't be read, or that does not hold `what`.
pub fn read_json<T: DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| bad_input(format!("this is no {what}: {error}: {}", path.display())))
}
