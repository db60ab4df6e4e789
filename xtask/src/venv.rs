//! A Python environment of the repository's own, for the peers of the bench and for parity.
//!
//! Made once from a committed list of pinned packages, through the user's own pip settings.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::execute;

const INSTALL_LIMIT: Duration = Duration::from_secs(60 * 60);

pub struct Venv {
    dir: PathBuf,
}

impl Venv {
    /// The environment of the bench's peers.
    pub fn open() -> Result<Self> {
        Self::named("bench-venv")
    }

    /// Makes the environment if it is not there yet.
    pub fn named(name: &str) -> Result<Self> {
        let dir = crate::target_dir().join(name);
        let venv = Self { dir };
        if !venv.python_path().is_file() {
            eprintln!("making a Python environment in {}", venv.dir.display());
            let mut command = Command::new("python3");
            command.args(["-m", "venv"]).arg(&venv.dir);
            execute("python3 -m venv", INSTALL_LIMIT, &mut command)
                .context("Python 3.10 or newer with its venv module is needed")?;
        }
        Ok(venv)
    }

    /// Installs the packages of `list` (relative to the root) unless this very list was
    /// installed before.
    pub fn install(&self, list: &str, environment: &[(&str, &str)]) -> Result<()> {
        let path = crate::root().join(list);
        let wanted = std::fs::read_to_string(&path).with_context(|| format!("reading {list}"))?;
        let stamp = self
            .dir
            .join(format!("{}.installed", list.replace('/', "-")));
        if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        eprintln!("installing {list} (once; this can take many minutes)");
        let mut command = self.python();
        command
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(&path);
        command.envs(environment.iter().copied());
        execute("pip install", INSTALL_LIMIT, &mut command)?;
        std::fs::write(&stamp, wanted).with_context(|| format!("writing {}", stamp.display()))
    }

    pub fn python(&self) -> Command {
        let mut command = Command::new(self.python_path());
        command.current_dir(crate::root());
        // No telemetry and no look-ups at a hub: everything the scripts read is on disk.
        command.envs([
            ("HF_HUB_OFFLINE", "1"),
            ("TRANSFORMERS_OFFLINE", "1"),
            ("TOKENIZERS_PARALLELISM", "false"),
        ]);
        command
    }

    /// Where its programs are.
    pub fn bin_dir(&self) -> PathBuf {
        self.dir.join("bin")
    }

    /// The interpreter.
    pub fn python_path(&self) -> PathBuf {
        self.dir.join("bin").join("python")
    }
}
