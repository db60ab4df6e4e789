//! `cargo xtask quickstart`: build release, then the whole main path on the bundled example.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::process::{cargo, execute, output};
use crate::{machine, report};

const BUILD_LIMIT: Duration = Duration::from_secs(60 * 60);
const RUN_LIMIT: Duration = Duration::from_secs(60 * 60);

pub fn run(arguments: &[&str]) -> Result<()> {
    let started = Instant::now();
    build_release()?;
    eprintln!("built in {:.0} s", started.elapsed().as_secs_f64());
    let passed_on = arguments.iter().filter(|word| **word != "--record");
    let mut command = gradus();
    command.arg("quickstart").args(passed_on);
    if !arguments.contains(&"--record") {
        return execute("gradus quickstart", RUN_LIMIT, &mut command);
    }
    let text = output("gradus quickstart", RUN_LIMIT, &mut command)?;
    print!("{text}");
    record(&text)
}

/// Writes the result table into the README, with the machine and the date.
fn record(text: &str) -> Result<()> {
    let table = last_table(text);
    let times = text.lines().find(|line| line.starts_with("time:"));
    let times = times.context("the quickstart printed no times")?;
    let machine = machine::describe();
    let content = format!(
        "{}\n\n{} ({}, {} cores, {})",
        table.join("\n"),
        times,
        machine["processor"].as_str().unwrap_or("unknown processor"),
        machine["cores"],
        machine::date()?,
    );
    report::replace_section(&crate::root().join("README.md"), "quickstart", &content)
        .context("recording the result")
}

/// The table of models comes after those of the comparison.
fn last_table(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text
        .lines()
        .rev()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .collect();
    lines.reverse();
    lines
}

pub fn build_release() -> Result<()> {
    crate::ui::build()?;
    let arguments = ["build", "--release", "--locked", "--package", "gradus"];
    execute("cargo build --release", BUILD_LIMIT, &mut cargo(&arguments))
}

/// The release binary that [`build_release`] made.
pub fn gradus() -> Command {
    Command::new(crate::target_dir().join("release").join("gradus"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_table_is_the_result() {
        let text = "| a |\n| 1 |\n\nmore\n| b |\n| 2 |\n\ntime: 3 s\n";
        assert_eq!(last_table(text), ["| b |", "| 2 |"]);
        assert!(last_table("nothing").is_empty());
    }
}
