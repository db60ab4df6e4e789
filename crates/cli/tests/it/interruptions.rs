//! A training that is stopped or killed, and goes on: the real binary and real signals.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A small random model with a chat template, rows and a recipe of some hundred steps.
fn prepare(dir: &Path) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/golden/llama");
    let model = dir.join("model");
    std::fs::create_dir(&model).unwrap();
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
        std::fs::copy(golden.join(name), model.join(name)).unwrap();
    }
    let template = "{% for message in messages %}{{ message.content }}{% if message.role == 'assistant' %}</s>{% endif %}{% endfor %}";
    let tokenizer =
        serde_json::json!({"eos_token": "</s>", "bos_token": "<s>", "chat_template": template});
    std::fs::write(model.join("tokenizer_config.json"), tokenizer.to_string()).unwrap();
    let rows: String = (0..64)
        .map(|index| format!("{{\"prompt\":\"say {index}\",\"completion\":\"it is {index}\"}}\n"))
        .collect();
    std::fs::write(dir.join("rows.jsonl"), rows).unwrap();
    let recipe = "model: ./model\ntrain_file: rows.jsonl\noutput_dir: outputs\nmax_steps: 400\nsave_steps: 5\nlora_r: 4\nthreads: 1\n";
    std::fs::write(dir.join("recipe.yaml"), recipe).unwrap();
}

fn start(dir: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_gradus"))
        .arg("train")
        .arg(dir.join("recipe.yaml"))
        .env("GRADUS_DATA_DIR", dir.join("data"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn has_checkpoint(dir: &Path) -> bool {
    let entries = std::fs::read_dir(dir.join("outputs/checkpoints"));
    entries.into_iter().flatten().flatten().any(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "safetensors")
    })
}

/// Starts a training and sends it `signal` once it has a checkpoint.
fn interrupted(dir: &Path, signal: &str) -> ExitStatus {
    let mut child = start(dir);
    while !has_checkpoint(dir) {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::yield_now();
    }
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    child.wait().unwrap()
}

fn adapter(dir: &Path) -> PathBuf {
    dir.join("outputs/adapter_model.safetensors")
}

#[test]
fn a_training_that_was_stopped_or_killed_ends_in_the_same_bytes() {
    let uninterrupted = tempfile::tempdir().unwrap();
    prepare(uninterrupted.path());
    assert!(start(uninterrupted.path()).wait().unwrap().success());
    let expected = std::fs::read(adapter(uninterrupted.path())).unwrap();
    for (signal, code) in [("-TERM", Some(130)), ("-INT", Some(130)), ("-KILL", None)] {
        let dir = tempfile::tempdir().unwrap();
        prepare(dir.path());
        assert_eq!(interrupted(dir.path(), signal).code(), code, "{signal}");
        assert!(!adapter(dir.path()).exists(), "{signal} left a result");
        assert!(start(dir.path()).wait().unwrap().success(), "{signal}");
        let resumed = std::fs::read(adapter(dir.path())).unwrap();
        assert!(resumed == expected, "{signal} changed the result");
    }
}
