//! The real binary, as people run it: only that everything is wired. No model, no network.

#![expect(clippy::unwrap_used, reason = "a test that can not go on ends")]

mod accounts;
mod compare;
mod cycle;
mod data;
mod evaluation;
mod evidence;
mod interruptions;
mod kills;
mod moving;
mod plan;
mod recording;
mod rollback;

use std::path::Path;
use std::process::{Command, Output};

/// Runs `gradus` with an empty data folder and nothing of the caller's environment that matters.
fn gradus(arguments: &[&str]) -> Output {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.args(arguments).env("GRADUS_DATA_DIR", data.path());
    command
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .env_remove("HF_TOKEN");
    command.output().unwrap()
}

#[track_caller]
fn fails(arguments: &[&str], code: i32, words: &[&str]) {
    let output = gradus(arguments);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

fn example() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/hidden-params")
        .to_string_lossy()
        .into_owned()
}

fn recipe(dir: &Path, text: &str) -> String {
    let path = dir.join("recipe.yaml");
    std::fs::write(&path, text).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn help_teaches_by_example() {
    for command in [
        &["--help"][..],
        &["train", "--help"],
        &["data", "build", "--help"],
        &["data", "check", "--help"],
        &["data", "convert", "--help"],
        &["data", "freeze", "--help"],
        &["eval", "--help"],
        &["cycle", "run", "--help"],
        &["cycle", "status", "--help"],
        &["model", "pull", "--help"],
        &["merge", "--help"],
        &["plan", "--help"],
        &["quickstart", "--help"],
        &["compare", "--help"],
        &["decide", "--help"],
        &["promote", "--help"],
        &["rollback", "--help"],
        &["champions", "--help"],
        &["evidence", "pack", "--help"],
        &["evidence", "verify", "--help"],
        &["evidence", "keygen", "--help"],
        &["report", "--help"],
    ] {
        let output = gradus(command);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && text.contains("Examples:"),
            "{text}"
        );
    }
    let text = String::from_utf8(gradus(&["--help"]).stdout).unwrap();
    assert!(
        text.contains("Exit codes:") && !text.contains("bench"),
        "{text}"
    );
}

#[test]
fn usage_errors_are_2() {
    fails(&["trian", "recipe.yaml"], 2, &["trian", "train"]);
    fails(&["eval", "task"], 2, &["--model"]);
    fails(
        &["eval", "task", "--model", "constant", "--limit", "0"],
        2,
        &["1 or more"],
    );
    fails(
        &["eval", "task", "--model", "constant", "--split", "test"],
        2,
        &["frozen"],
    );
    fails(
        &["model", "check", "smollm2-135m-instruct"],
        2,
        &["BASE+ADAPTER_DIR"],
    );
}

#[test]
fn bad_input_is_3_and_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    fails(
        &["train", "no-such-recipe.yaml"],
        3,
        &["no-such-recipe.yaml"],
    );
    let unknown = recipe(
        dir.path(),
        "model: m\ntask: .\noutput_dir: out\nlearnig_rate: 1e-3\n",
    );
    fails(&["train", &unknown], 3, &["line 4", "learning_rate"]);
    let zero = recipe(
        dir.path(),
        "model: m\ntask: .\noutput_dir: out\nlora_r: 0\n",
    );
    fails(&["train", &zero], 3, &["lora_r", "1 or more"]);
    fails(&["train", &zero, "--set", "lora_rank=4"], 3, &["lora_rank"]);
    fails(
        &["eval", "no-such-task", "--model", "constant"],
        3,
        &["no-such-task"],
    );
    fails(
        &["model", "pull", "smollm-135m"],
        3,
        &["did you mean 'smollm2-135m-instruct'"],
    );
    fails(
        &["model", "show", "smollm2-135m-instruct"],
        3,
        &["gradus model pull smollm2-135m-instruct"],
    );
    fails(
        &["eval", &example(), "--model", "smollm-135m-instruct"],
        3,
        &["did you mean"],
    );
    fails(&["merge", "ridge", "--out", "x"], 3, &["baseline"]);
}

#[test]
fn a_file_that_is_no_model_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("broken.gguf");
    std::fs::write(&path, b"GGUF and then nothing of use").unwrap();
    fails(
        &["model", "show", &path.to_string_lossy()],
        3,
        &["broken.gguf"],
    );
}

#[test]
fn the_version_is_one_json_object() {
    let output = gradus(&["version", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["version"], env!("CARGO_PKG_VERSION"));
    let output = gradus(&["model", "show", "nothing-like-it", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["exit_code"], 3);
    assert!(value["error"].as_str().unwrap().contains("nothing-like-it"));
}

#[test]
fn a_baseline_is_measured_and_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("report");
    let out_text = out.to_string_lossy().into_owned();
    let arguments = [
        "eval",
        &example(),
        "--model",
        "constant-by:source_type",
        "--out",
        &out_text,
        "--limit",
        "20",
        "--json",
    ];
    let output = gradus(&arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["report"]["n_total"], 20);
    assert!(
        value["report"]["metrics"]["mae_penalised"]["value"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    let rows = std::fs::read_to_string(out.join("rows.jsonl")).unwrap();
    assert_eq!(rows.lines().count(), 20);
    // The same again is the same; another model into the same folder is refused.
    assert!(gradus(&arguments).status.success());
    fails(
        &[
            "eval",
            &example(),
            "--model",
            "ridge",
            "--out",
            &out_text,
            "--limit",
            "20",
        ],
        3,
        &["another"],
    );
    fails(
        &[
            "eval",
            &example(),
            "--model",
            "constant-by:sauce_type",
            "--out",
            "x",
        ],
        3,
        &["source_type"],
    );
}

#[test]
fn no_hub_and_no_python_end_with_advice() {
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command
        .args(["model", "pull", "smollm2-135m-instruct"])
        .env("GRADUS_DATA_DIR", data.path());
    command
        .env("HF_ENDPOINT", "http://127.0.0.1:9")
        .env("HF_TOKEN", "very-secret")
        .env("PATH", "");
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.contains("can't be reached") && text.contains("pip"),
        "{text}"
    );
    assert!(!text.contains("very-secret"), "{text}");
    assert!(!data.path().join("models/smollm2-135m-instruct").exists());
}
