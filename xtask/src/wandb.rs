//! `cargo xtask wandb`: the unmodified client against the built server, in its newest version and,
//! with what people do most, in older ones.

use std::time::Duration;

use anyhow::Result;

use crate::process::execute;
use crate::served::Served;
use crate::venv::Venv;

const LIMIT: Duration = Duration::from_secs(15 * 60);
const TESTS: &str = "crates/server/tests/wandb";
/// Clients that ask differently: before the service was written in Go, and before fields were
/// asked for without looking.
const OLDER: [&str; 2] = ["0.17", "0.21"];

pub fn run(arguments: &[&str]) -> Result<()> {
    crate::test::build()?;
    against_built(arguments)
}

/// The tests of `crates/server/tests/wandb` against `gradus` as it is built.
pub fn against_built(arguments: &[&str]) -> Result<()> {
    let venv = client()?;
    let gradus = crate::target_dir().join("debug").join("gradus");
    let served = Served::start(&gradus, "wandb", &["--heartbeat-timeout", "20"])?;
    pytest(&venv, &served, &[&[TESTS], arguments].concat())?;
    if !arguments.is_empty() {
        return Ok(());
    }
    let any_version = format!("{TESTS}/test_any_version.py");
    for version in OLDER {
        eprintln!("with the client {version}");
        let venv = Venv::named(&format!("wandb-{version}-venv"))?;
        venv.install(&format!("{TESTS}/requirements-{version}.txt"), &[])?;
        pytest(&venv, &served, &[&any_version])?;
    }
    Ok(())
}

fn pytest(venv: &Venv, served: &Served, arguments: &[&str]) -> Result<()> {
    let mut command = venv.python();
    command
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2"])
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
