//! `cargo xtask parity`: this engine against transformers and PEFT, live.
//!
//! The tests compare with golden values that the same scripts wrote; here the scripts run again.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::execute;
use crate::quickstart::{build_release, gradus};
use crate::venv::Venv;

const LIMIT: Duration = Duration::from_secs(30 * 60);
const BASE: &str = "smollm2-135m-instruct";
const MAX_NEW_TOKENS: &str = "48";

/// Different enough to take different paths: plain, long, Japanese, code, a list.
const PROMPTS: [&str; 5] = [
    "Name three musical instruments.",
    "Write one sentence about the sea at night, with a ship in it and somebody who waits on the shore.",
    "静かな夜のためのピアノ曲をください。",
    "Write a Python function that adds two numbers.",
    "List the months of the year.",
];

pub fn run() -> Result<()> {
    let venv = Venv::open()?;
    venv.install("bench/requirements.txt", &[])?;
    eprintln!("golden values");
    let mut goldens = venv.python();
    goldens.args(["parity/write_goldens.py", "--check"]);
    execute("parity/write_goldens.py --check", LIMIT, &mut goldens)?;

    build_release()?;
    let dir = crate::target_dir().join("parity");
    std::fs::create_dir_all(&dir).with_context(|| format!("making {}", dir.display()))?;
    eprintln!("base and adapter");
    let (base, adapter) = base_and_adapter(&dir)?;
    eprintln!("greedy answers of both sides");
    let prompts = dir.join("prompts.jsonl");
    let lines = PROMPTS.map(|prompt| serde_json::json!({ "prompt": prompt }).to_string());
    crate::report::write(&prompts, &(lines.join("\n") + "\n"))?;
    let theirs = dir.join("theirs.jsonl");
    let mut live = venv.python();
    live.arg("parity/live.py")
        .arg("--base")
        .arg(&base)
        .arg("--adapter")
        .arg(&adapter);
    live.arg("--prompts")
        .arg(&prompts)
        .arg("--out")
        .arg(&theirs);
    live.args(["--max-new-tokens", MAX_NEW_TOKENS]);
    execute("parity/live.py", LIMIT, &mut live)?;
    let ours = dir.join("ours.jsonl");
    let mut answers = gradus();
    answers.args([
        "bench",
        "answers",
        "--precision",
        "f32",
        "--max-new-tokens",
        MAX_NEW_TOKENS,
    ]);
    answers
        .arg("--model")
        .arg(format!("{}+{}", base.display(), adapter.display()));
    answers
        .arg("--prompts")
        .arg(&prompts)
        .arg("--out")
        .arg(&ours);
    execute("gradus bench answers", LIMIT, &mut answers)?;
    compare(&ours, &theirs)
}

/// The base as a Hugging Face directory in f32, and a small adapter trained on it.
fn base_and_adapter(dir: &Path) -> Result<(std::path::PathBuf, std::path::PathBuf)> {
    let mut pull = gradus();
    pull.args(["model", "pull", BASE]);
    execute("gradus model pull", LIMIT, &mut pull)?;
    let base = dir.join("base");
    if !base.join("config.json").is_file() {
        let mut export = gradus();
        export
            .args(["merge", BASE, "--dtype", "f32", "--out"])
            .arg(&base);
        execute("gradus merge", LIMIT, &mut export)?;
    }
    let adapter = dir.join("adapter");
    if !adapter.join("adapter_config.json").is_file() {
        let recipe = dir.join("recipe.yaml");
        let task = crate::root().join("examples/hidden-params");
        let text = format!(
            "model: {}\ntask: {}\noutput_dir: {}\nmax_steps: 6\nlearning_rate: 2e-3\neval_max_rows: 4\nprecision: f32\n",
            base.display(),
            task.display(),
            adapter.display()
        );
        crate::report::write(&recipe, &text)?;
        let mut train = gradus();
        train.arg("train").arg(&recipe);
        execute("gradus train", LIMIT, &mut train)?;
    }
    Ok((base, adapter))
}

fn compare(ours: &Path, theirs: &Path) -> Result<()> {
    let (ours, theirs) = (texts(ours)?, texts(theirs)?);
    if ours.len() != theirs.len() {
        bail!("{} answers here, {} there", ours.len(), theirs.len());
    }
    let mut different = 0;
    for (index, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        if ours == theirs {
            eprintln!("prompt {}: same answer", index + 1);
        } else {
            different += 1;
            eprintln!(
                "prompt {}: DIFFERENT\n  ours:   {ours:?}\n  theirs: {theirs:?}",
                index + 1
            );
        }
    }
    if different > 0 {
        bail!("{different} of {} greedy answers differ", ours.len());
    }
    eprintln!(
        "parity: all {} greedy answers of base + adapter are the same",
        ours.len()
    );
    Ok(())
}

fn texts(path: &Path) -> Result<Vec<String>> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let mut texts = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let row: Value =
            serde_json::from_str(line).with_context(|| format!("{}", path.display()))?;
        let answer = row["text"].as_str().context("a line without \"text\"")?;
        texts.push(answer.trim_end().to_string());
    }
    Ok(texts)
}
