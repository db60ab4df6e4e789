//! `cargo xtask conformance`: the `wandb` client's own system tests, as its repository has them,
//! against the built server. They want a second service that makes users; the example of that name
//! in `crates/server` has both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::machine;
use crate::process::{cargo, execute};
use crate::venv::Venv;

const MINUTE: Duration = Duration::from_secs(60);
const REPOSITORY: &str = "https://github.com/wandb/wandb";
/// 0.28.3.dev1; its tests fit the client 0.28.2.
const COMMIT: &str = "b6e29505884ea60c79ca12091f1f75bd39d2f955";
const CLIENT: &str = "wandb 0.28.2";
const GROUPS: [&str; 4] = ["test_core", "test_api", "test_artifacts", "test_sweep"];
const PORTS: [&str; 2] = ["9180", "9115"];
const REPORT: &str = "bench/results/conformance.json";

#[derive(Default)]
struct Options {
    tests: Option<PathBuf>,
    only: Option<String>,
}

pub fn run(arguments: &[&str]) -> Result<()> {
    let options = options(arguments)?;
    let tests = match &options.tests {
        Some(dir) => dir.clone(),
        None => checkout()?,
    };
    let venv = Venv::named("conformance-venv")?;
    venv.install("bench/conformance/requirements.txt", &[])?;
    let mut build = cargo(&[
        "build",
        "--locked",
        "-p",
        "gradus-server",
        "--example",
        "conformance",
    ]);
    execute("building the server", 40 * MINUTE, &mut build)?;
    let folder = crate::target_dir().join("tmp").join("conformance");
    // What an earlier run left would only be in the way; it may not be there.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let server = Server::start(&folder)?;
    connect(&venv, &tests, &folder)?;
    let report = folder.join("report.jsonl");
    let run = pytest(&venv, &tests, &folder, &report, options.only.as_deref());
    drop(server);
    // Some fail; what counts is the report.
    if let Err(problem) = run {
        eprintln!("{problem:#}");
    }
    let report = std::fs::read_to_string(&report).context("the tests left no report")?;
    if options.only.is_some() {
        return show(&read(&report)?);
    }
    keep(&read(&report)?)
}

fn options(arguments: &[&str]) -> Result<Options> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let value = rest
            .next()
            .with_context(|| format!("{name} wants a value"))?;
        match *name {
            "--tests" => options.tests = Some(std::path::absolute(value)?),
            "--only" => options.only = Some((*value).to_owned()),
            unknown => bail!("unknown option {unknown}; there are --tests and --only"),
        }
    }
    Ok(options)
}

/// The repository at the pinned commit, its tests alone.
fn checkout() -> Result<PathBuf> {
    let dir = crate::target_dir().join("wandb-repository");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(arguments);
        execute("git", 20 * MINUTE, &mut command)
    };
    let path = dir.display().to_string();
    if !dir.exists() {
        git(&[
            "clone",
            "--quiet",
            "--filter=blob:none",
            "--no-checkout",
            REPOSITORY,
            &path,
        ])
        .context("the client's repository can't be had; give a checkout with --tests")?;
    }
    git(&["-C", &path, "sparse-checkout", "set", "tests", "tools"])?;
    git(&["-C", &path, "checkout", "--quiet", COMMIT])?;
    Ok(dir)
}

struct Server(Child);

impl Server {
    fn start(folder: &Path) -> Result<Self> {
        let program = crate::target_dir()
            .join("debug")
            .join("examples")
            .join("conformance");
        let child = Command::new(&program)
            .arg(folder.join("store"))
            .args(PORTS)
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        Ok(Self(child))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Tells the tests where the server is, in the way that their own tool does.
fn connect(venv: &Venv, tests: &Path, folder: &Path) -> Result<()> {
    let tool = |arguments: &[&str]| {
        let mut command = venv.python();
        let script = tests.join("tools/local_wandb_server.py");
        command.arg(script).args(arguments).env("HOME", folder);
        execute("telling the tests of the server", MINUTE, &mut command)
    };
    let [port, fixture_port] = PORTS;
    let told = tool(&[
        "start",
        "--hostname",
        "localhost",
        "--base-port",
        port,
        "--fixture-port",
        fixture_port,
    ]);
    // Told before, which it remembers beside the tests, it refuses; the answer is the same.
    match told {
        Ok(()) => Ok(()),
        Err(problem) => tool(&["connect"]).map_err(|_| problem),
    }
}

fn pytest(
    venv: &Venv,
    tests: &Path,
    folder: &Path,
    report: &Path,
    only: Option<&str>,
) -> Result<()> {
    let root = crate::root();
    let old_path = std::env::var("PATH").unwrap_or_default();
    let mut command = venv.python();
    command
        .current_dir(tests)
        .args([
            "-m",
            "pytest",
            "-q",
            "--no-header",
            "-n",
            "2",
            "--timeout",
            "120",
        ])
        .args([
            "-p",
            "no:cacheprovider",
            "-p",
            "gradus_conformance",
            "-o",
            "addopts=",
        ])
        .args(["--tb", "no", "--continue-on-collection-errors"])
        .args(GROUPS.map(|group| format!("tests/system_tests/{group}")))
        .args(only.map(|text| ["-k", text]).into_iter().flatten())
        .env("PYTHONPATH", root.join("bench/conformance"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PATH", format!("{}:{old_path}", venv.bin_dir().display()))
        .env("HOME", folder)
        .env(
            "GRADUS_LEFT_OUT",
            root.join("bench/conformance/left_out.tsv"),
        )
        .env("GRADUS_REPORT", report)
        .env_remove("WANDB_API_KEY")
        .env_remove("WANDB_BASE_URL");
    execute("wandb's tests", 60 * MINUTE, &mut command)
}

/// How a test ended, and why.
type Outcomes = BTreeMap<String, (String, String)>;

fn read(report: &str) -> Result<Outcomes> {
    let lines = report.lines().filter(|line| !line.is_empty()).map(|line| {
        let line: Value = serde_json::from_str(line).context("a line of the report")?;
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        Ok((text("test"), (text("outcome"), text("detail"))))
    });
    lines.collect()
}

fn counts(outcomes: &Outcomes) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for (outcome, _) in outcomes.values() {
        *counts.entry(outcome.as_str()).or_insert(0) += 1;
    }
    counts
}

fn show(outcomes: &Outcomes) -> Result<()> {
    for (test, (outcome, detail)) in outcomes {
        if outcome == "failed" {
            println!("failed {test}: {detail}");
        }
    }
    let counts = counts(outcomes);
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    let (passed, failed) = (count("passed"), count("failed"));
    println!(
        "{passed} of {} passed; {} skipped by themselves, {} left out",
        passed + failed,
        count("skipped"),
        count("left out")
    );
    Ok(())
}

fn keep(outcomes: &Outcomes) -> Result<()> {
    show(outcomes)?;
    let tests: BTreeMap<&str, Value> = outcomes
        .iter()
        .map(|(test, (outcome, detail))| {
            let told = match detail.is_empty() {
                true => json!(outcome),
                false => json!(format!("{outcome}: {detail}")),
            };
            (test.as_str(), told)
        })
        .collect();
    let kept = json!({
        "command": "cargo xtask conformance",
        "client": CLIENT,
        "tests_commit": COMMIT,
        "date": machine::date()?,
        "machine": machine::describe(),
        "counts": counts(outcomes),
        "tests": tests,
    });
    let path = crate::root().join(REPORT);
    std::fs::write(&path, format!("{kept:#}\n"))
        .with_context(|| format!("writing {}", path.display()))?;
    println!("report: {REPORT}");
    Ok(())
}
