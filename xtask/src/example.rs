//! `cargo xtask example`: the bundled task's data, from its seeded generator.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::cargo;

/// Writes `examples/hidden-params/data`, or with `check` compares what lies there.
pub fn run(check: bool) -> Result<()> {
    let mut command = cargo(&[
        "run",
        "--quiet",
        "--package",
        "gradus-testkit",
        "--bin",
        "hidden-params",
        "--",
    ]);
    command.arg("examples/hidden-params");
    if check {
        command.arg("--check");
    }
    crate::process::execute(
        "the example's generator",
        Duration::from_secs(40 * 60),
        &mut command,
    )
    .context(if check {
        "run `cargo xtask example` and commit the result"
    } else {
        "writing the example"
    })
}
