//! Where gradus keeps what it pulled.

use std::path::PathBuf;

use anyhow::Result;

use crate::failure::bad_input;

/// `--data-dir` or GRADUS_DATA_DIR, else `gradus` in the XDG data folder.
///
/// # Errors
/// Neither is given and the user has no home folder.
pub fn data_dir(given: Option<&PathBuf>) -> Result<PathBuf> {
    if let Some(dir) = given {
        return Ok(std::path::absolute(dir)?);
    }
    let from = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    // The XDG base directory specification: relative paths are to be ignored.
    let base = from("XDG_DATA_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| from("HOME").map(|home| home.join(".local").join("share")));
    match base {
        Some(base) => Ok(base.join("gradus")),
        None => Err(bad_input(
            "there is no home folder to keep models in; set GRADUS_DATA_DIR",
        )),
    }
}
