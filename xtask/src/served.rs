//! A server in a folder of its own, for as long as a value lives.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

pub struct Served {
    child: Child,
    folder: PathBuf,
    pub url: String,
    pub key: String,
}

impl Served {
    /// Starts `gradus up` on a free port.
    pub fn start(gradus: &Path, name: &str, more: &[&str]) -> Result<Self> {
        let folder = crate::target_dir()
            .join("tmp")
            .join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let mut child = Command::new(gradus)
            .args(["--json", "up", "--port", "0"])
            .args(more)
            .env("GRADUS_DATA_DIR", &folder)
            .env_remove("GRADUS_PORT")
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", gradus.display()))?;
        let told = child.stdout.take().context("standard output is piped");
        let told = told.and_then(|output| first_object(BufReader::new(output)));
        let mut served = Self {
            child,
            folder,
            url: String::new(),
            key: String::new(),
        };
        let told = told?;
        let text = |name: &str| {
            let text = told[name].as_str().map(str::to_owned);
            text.with_context(|| format!("`gradus up` told no {name}"))
        };
        served.url = text("url")?;
        served.key = text("first_key")?;
        Ok(served)
    }
}

impl Served {
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Goes with the server.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the server keeps everything.
    pub fn store(&self) -> PathBuf {
        self.folder.join("store")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself, which the tests have told.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The JSON object that a program prints first, on however many lines.
fn first_object(output: impl BufRead) -> Result<Value> {
    let mut text = String::new();
    for line in output.lines() {
        text.push_str(&line.context("reading what the server prints")?);
        if let Ok(value) = serde_json::from_str(&text) {
            return Ok(value);
        }
    }
    bail!("the server ended before it said where it listens: {text}")
}
