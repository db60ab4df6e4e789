//! `cargo xtask wandb`: the unmodified client against the built server.

use std::time::Duration;

use anyhow::Result;

use crate::process::execute;
use crate::served::Served;
use crate::venv::Venv;

const LIMIT: Duration = Duration::from_secs(15 * 60);

pub fn run(arguments: &[&str]) -> Result<()> {
    crate::test::build()?;
    against_built(arguments)
}

/// The tests of `crates/server/tests/wandb` against `gradus` as it is built.
pub fn against_built(arguments: &[&str]) -> Result<()> {
    let venv = client()?;
    let gradus = crate::target_dir().join("debug").join("gradus");
    let served = Served::start(&gradus, "wandb", &["--heartbeat-timeout", "20"])?;
    let mut command = venv.python();
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"])
        .arg("crates/server/tests/wandb")
        .args(arguments)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("WANDB_BASE_URL", &served.url)
        .env("WANDB_API_KEY", &served.key);
    execute("the wandb client's tests", LIMIT, &mut command)
}

/// A Python environment that has the pinned client.
pub fn client() -> Result<Venv> {
    let venv = Venv::named("wandb-venv")?;
    venv.install("crates/server/tests/wandb/requirements.txt", &[])?;
    Ok(venv)
}
