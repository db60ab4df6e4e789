//! `cargo xtask test`: every check, each with its duration and a limit after which it is ended.
//!
//! One build profile for all of it, so that dependencies are compiled once for checking and once
//! for running, and no release build: on two cores from a cold cache it is compilation that costs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::{cargo, execute, has_cargo_command};

const MINUTE: Duration = Duration::from_secs(60);

pub fn run_step(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("\n== {name}");
    let started = Instant::now();
    let outcome = work();
    eprintln!("== {name}: {:.1} s", started.elapsed().as_secs_f64());
    outcome.with_context(|| format!("step '{name}'"))
}

/// Runs all steps; the test runner's summary is the last line.
pub fn run() -> Result<()> {
    run_step("format", || {
        let mut command = cargo(&["fmt", "--all", "--check"]);
        execute("cargo fmt", 2 * MINUTE, &mut command)
            .context("run `cargo fmt --all` and commit the result")
    })?;
    run_step("tidy", crate::tidy::run)?;
    if has_cargo_command("deny") {
        run_step("dependencies", || {
            let checks = ["deny", "check", "licenses", "bans", "sources"];
            execute("cargo deny", 5 * MINUTE, &mut cargo(&checks))
        })?;
    }
    run_step("clippy", || {
        let mut command = cargo(&["clippy", "--locked", "--workspace", "--all-targets"]);
        command.args(["--", "-D", "warnings"]);
        execute("cargo clippy", 30 * MINUTE, &mut command)
    })?;
    let runner = if has_cargo_command("nextest") {
        Runner::Nextest
    } else {
        Runner::Cargo
    };
    run_step("build tests", || {
        execute(
            "building the tests",
            40 * MINUTE,
            &mut runner.command(&["--no-run"]),
        )
    })?;
    run_step("web app", crate::ui::check)?;
    run_step("web app in a browser", || crate::ui::browser(&[]))?;
    run_step("wandb client", || crate::wandb::against_built(&[]))?;
    eprintln!("\n== tests");
    execute("tests", 25 * MINUTE, &mut runner.command(&[])).context("step 'tests'")
}

/// Builds all test binaries, and with them `gradus` as they use it.
pub fn build() -> Result<()> {
    let runner = if has_cargo_command("nextest") {
        Runner::Nextest
    } else {
        Runner::Cargo
    };
    execute(
        "building the tests",
        40 * MINUTE,
        &mut runner.command(&["--no-run"]),
    )
}

enum Runner {
    Nextest,
    Cargo,
}

impl Runner {
    fn command(&self, more: &[&str]) -> std::process::Command {
        let mut command = match self {
            Runner::Nextest => cargo(&["nextest", "run", "--locked", "--workspace"]),
            Runner::Cargo => {
                // No documentation tests: each would link a binary of its own.
                let targets = [
                    "test",
                    "--locked",
                    "--workspace",
                    "--lib",
                    "--bins",
                    "--tests",
                ];
                cargo(&targets)
            }
        };
        command.args(more);
        command
    }
}
