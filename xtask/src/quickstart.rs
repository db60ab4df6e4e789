//! `cargo xtask quickstart`: build release, then the whole main path on the bundled example.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process::cargo;

const BUILD_LIMIT: Duration = Duration::from_secs(60 * 60);
const RUN_LIMIT: Duration = Duration::from_secs(60 * 60);

pub fn run(arguments: &[&str]) -> Result<()> {
    let started = Instant::now();
    build_release()?;
    eprintln!("built in {:.0} s", started.elapsed().as_secs_f64());
    let mut command = gradus();
    command.arg("quickstart").args(arguments);
    crate::process::execute("gradus quickstart", RUN_LIMIT, &mut command)
}

pub fn build_release() -> Result<()> {
    let arguments = ["build", "--release", "--locked", "--package", "gradus"];
    crate::process::execute("cargo build --release", BUILD_LIMIT, &mut cargo(&arguments))
}

/// The release binary that [`build_release`] made.
pub fn gradus() -> Command {
    Command::new(crate::target_dir().join("release").join("gradus"))
}
