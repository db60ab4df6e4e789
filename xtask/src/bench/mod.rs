//! `cargo xtask bench engine`: both main jobs of the engine beside their usual tools.
//!
//! The sides take turns within each round, so that whatever else the machine does meets all of
//! them; medians of the rounds are compared. A peer that can't be set up is left out and named.

mod options;
mod table;
pub mod tracker;
pub mod ui;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::machine;
use crate::process::{Spinners, execute, output};
use crate::quickstart::{build_release, gradus};
use crate::venv::Venv;
use options::Options;

const LIMIT: Duration = Duration::from_secs(30 * 60);
const BATCH_SIZE: &str = "8";
const STEPS: &str = "4";
const REQUESTS: &str = "32";
const TOGETHER: &str = "16";
const RESULT: &str = "bench/results/engine.json";

pub fn run(arguments: &[&str]) -> Result<()> {
    let options = Options::parse(arguments)?;
    build_release()?;
    let inputs = Inputs::prepare(&options)?;
    let peers = if options.without_peers {
        Peers {
            torch: None,
            llama_cpp: None,
            left_out: vec!["peers were not asked for".into()],
        }
    } else {
        Peers::set_up()
    };
    let mut runs: Vec<Run> = Vec::new();
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        for (name, mut command, busy) in measurements(&inputs, &peers) {
            if table::is_hopeless(&name, &runs) {
                eprintln!("  {name}: far behind in an earlier round; not run again");
                continue;
            }
            let _spinners = if busy {
                Some(Spinners::start(machine::cores())?)
            } else {
                None
            };
            let text = output(&name, LIMIT, &mut command)?;
            let last = text.lines().last().unwrap_or_default();
            let figures: Value =
                serde_json::from_str(last).with_context(|| format!("{name} printed no JSON"))?;
            eprintln!("  {name}: {}", table::one_line(&figures));
            runs.push(Run { name, figures });
        }
    }
    let result = json!({
        "machine": machine::describe(),
        "date": machine::date()?,
        "model": options.model,
        "rows": options.rows_name(),
        "rounds": options.rounds,
        "left_out": peers.left_out,
        "medians": table::medians(&runs),
        "runs": runs.iter().map(|run| json!({"name": run.name, "figures": run.figures})).collect::<Vec<_>>(),
    });
    let path = crate::root().join(RESULT);
    crate::report::write(&path, &(serde_json::to_string_pretty(&result)? + "\n"))?;
    write_table(&result)
}

/// `cargo xtask bench table`: the README's table again, from the stored result.
pub fn table() -> Result<()> {
    let path = crate::root().join(RESULT);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("reading {}; run `cargo xtask bench engine`", path.display()))?;
    write_table(&serde_json::from_str(&text)?)
}

fn write_table(result: &Value) -> Result<()> {
    let markdown = table::markdown(result);
    crate::report::replace_section(&crate::root().join("README.md"), "bench:engine", &markdown)?;
    println!("\n{markdown}");
    Ok(())
}

/// One measurement: what was run and what it printed.
pub struct Run {
    pub name: String,
    pub figures: Value,
}

/// What both sides read.
struct Inputs {
    /// GGUF file of the base; also what gradus is given, so that both sides start from it.
    model: String,
    gguf: Option<PathBuf>,
    /// The same weights as a Hugging Face directory, for PyTorch.
    exported: PathBuf,
    train_rows: PathBuf,
    prompts: PathBuf,
    schema: Option<PathBuf>,
    task: PathBuf,
}

impl Inputs {
    fn prepare(options: &Options) -> Result<Self> {
        let dir = crate::target_dir().join("bench-engine");
        std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
        let path = Path::new(&options.model);
        if !path.try_exists().unwrap_or(false) {
            let mut pull = gradus();
            pull.args(["model", "pull", &options.model]);
            execute("gradus model pull", LIMIT, &mut pull)?;
        }
        let shown = json_of(gradus().args(["model", "show", &options.model, "--json"]))?;
        let files = PathBuf::from(shown["path"].as_str().context("model show gives no path")?);
        let is_gguf = files
            .extension()
            .is_some_and(|extension| extension == "gguf");
        let sha256 = shown["sha256"]
            .as_str()
            .context("model show gives no sha256")?;
        let exported = dir.join(format!("base-{}", sha256.get(..12).unwrap_or(sha256)));
        if !exported.join("config.json").is_file() {
            let mut export = gradus();
            export
                .args(["merge", &options.model, "--dtype", "f32", "--out"])
                .arg(&exported);
            execute("gradus merge", LIMIT, &mut export)?;
        }
        let train_rows = dir.join("train_rows.jsonl");
        let mut rows = gradus();
        rows.args(["bench", "rows", "--limit", "64", "--model", &options.model]);
        match &options.rows {
            Some(file) => rows.arg("--rows").arg(file),
            None => rows
                .arg("--task")
                .arg(&options.task)
                .args(["--split", "train"]),
        };
        json_of(rows.arg("--out").arg(&train_rows))?;
        let prompts = dir.join("prompts.jsonl");
        let mut rows = gradus();
        rows.args([
            "bench",
            "rows",
            "--limit",
            "64",
            "--split",
            "frozen",
            "--model",
            &options.model,
        ]);
        let written = json_of(
            rows.arg("--task")
                .arg(&options.task)
                .arg("--out")
                .arg(&prompts),
        )?;
        Ok(Self {
            model: options.model.clone(),
            gguf: is_gguf.then_some(files),
            exported,
            train_rows,
            prompts,
            schema: written["contract"].as_str().map(PathBuf::from),
            task: options.task.clone(),
        })
    }
}

fn json_of(command: &mut Command) -> Result<Value> {
    let text = output("gradus", LIMIT, command)?;
    serde_json::from_str(&text).context("gradus printed no JSON")
}

/// The other side, as far as it could be set up.
struct Peers {
    torch: Option<Venv>,
    llama_cpp: Option<Venv>,
    left_out: Vec<String>,
}

impl Peers {
    fn set_up() -> Self {
        let mut peers = Self {
            torch: None,
            llama_cpp: None,
            left_out: Vec::new(),
        };
        let torch = Venv::open().and_then(|venv| {
            venv.install("bench/requirements.txt", &[])?;
            Ok(venv)
        });
        match torch {
            Ok(venv) => peers.torch = Some(venv),
            Err(error) => peers.leave_out("PyTorch + PEFT", &error),
        }
        // Only the library itself, tuned for this processor.
        let build = "-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_CURL=OFF";
        let llama_cpp = Venv::open().and_then(|venv| {
            venv.install("bench/requirements-llama.txt", &[("CMAKE_ARGS", build)])?;
            Ok(venv)
        });
        match llama_cpp {
            Ok(venv) => peers.llama_cpp = Some(venv),
            Err(error) => peers.leave_out("llama.cpp", &error),
        }
        peers
    }

    fn leave_out(&mut self, name: &str, error: &anyhow::Error) {
        let note = format!("{name} could not be set up: {error:#}");
        eprintln!("going on without a peer: {note}");
        self.left_out.push(note);
    }
}

/// One round, sides taking turns: name, command, whether the cores are kept busy meanwhile.
fn measurements(inputs: &Inputs, peers: &Peers) -> Vec<(String, Command, bool)> {
    let threads = machine::cores().to_string();
    let mut list = Vec::new();
    let mut train = gradus();
    train.args([
        "bench",
        "train",
        "--json",
        "--batch-size",
        BATCH_SIZE,
        "--steps",
        STEPS,
        "--threads",
        &threads,
    ]);
    train
        .args(["--model", &inputs.model, "--rows"])
        .arg(&inputs.train_rows);
    list.push(("train gradus".to_string(), train, false));
    if let Some(venv) = &peers.torch {
        for dtype in ["f32", "bf16"] {
            let mut train = venv.python();
            train.args([
                "bench/train_torch.py",
                "--dtype",
                dtype,
                "--batch-size",
                BATCH_SIZE,
                "--steps",
                STEPS,
            ]);
            train
                .args(["--threads", &threads, "--model"])
                .arg(&inputs.exported);
            train.arg("--rows").arg(&inputs.train_rows);
            list.push((format!("train torch {dtype}"), train, false));
        }
    }
    for (name, batch_size, busy) in [
        ("single", "1", false),
        ("busy", "1", true),
        ("batch", TOGETHER, false),
    ] {
        let mut generate = gradus();
        generate.args([
            "bench",
            "generate",
            "--json",
            "--model",
            &inputs.model,
            "--requests",
            REQUESTS,
        ]);
        generate.args(["--batch-size", batch_size, "--threads", &threads]);
        generate
            .arg("--task")
            .arg(&inputs.task)
            .arg("--prompts")
            .arg(&inputs.prompts);
        list.push((format!("generate gradus {name}"), generate, busy));
        let (Some(venv), Some(gguf), Some(schema)) =
            (&peers.llama_cpp, &inputs.gguf, &inputs.schema)
        else {
            continue;
        };
        let mut generate = venv.python();
        generate.args([
            "bench/generate_llama_cpp.py",
            "--requests",
            REQUESTS,
            "--batch-size",
            batch_size,
        ]);
        generate.args(["--threads", &threads, "--model"]).arg(gguf);
        generate
            .arg("--prompts")
            .arg(&inputs.prompts)
            .arg("--schema")
            .arg(schema);
        list.push((format!("generate llama.cpp {name}"), generate, busy));
    }
    list
}
