//! `server.json` in the store's folder: which process has it open and where it answers, so that the
//! command line asks the server where it can't open the store itself.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

const FILE: &str = "server.json";

/// A server that runs, or that went away without a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// For clients on this machine.
    pub url: String,
    pub pid: u32,
}

impl Running {
    /// The server that has a store's folder open, as it says itself.
    pub fn of_folder(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join(FILE)).ok()?;
        serde_json::from_str(&text).ok()
    }
}

/// Removes the file when the server goes away.
pub struct Announced(PathBuf);

pub fn announce(folder: &Path, url: &str) -> std::io::Result<Announced> {
    let running = Running {
        url: url.to_owned(),
        pid: std::process::id(),
    };
    let text = serde_json::to_string(&running).map_err(std::io::Error::other)?;
    let (path, aside) = (folder.join(FILE), folder.join("server.json.new"));
    std::fs::write(&aside, text)?;
    std::fs::rename(&aside, &path)?;
    Ok(Announced(path))
}

impl Drop for Announced {
    fn drop(&mut self) {
        // Who finds it later finds that nobody answers there.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_says_who_runs_and_goes_away() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Running::of_folder(folder.path()), None);
        let announced = announce(folder.path(), "http://127.0.0.1:1").unwrap();
        let found = Running::of_folder(folder.path()).unwrap();
        assert_eq!(found.url, "http://127.0.0.1:1");
        assert_eq!(found.pid, std::process::id());
        drop(announced);
        assert_eq!(Running::of_folder(folder.path()), None);
    }
}
