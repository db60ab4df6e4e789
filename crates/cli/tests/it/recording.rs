//! What gradus evaluates becomes runs of the tracker: in the store, or at a server, or later.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::example;
use super::moving::{Up, gradus, text};

fn evaluate(data: &Path, out: &Path, more: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command
        .args([
            "eval",
            &example(),
            "--model",
            "constant",
            "--split",
            "dev",
            "--out",
            text(out),
        ])
        .env("GRADUS_DATA_DIR", data)
        .env_remove("GRADUS_URL")
        .env_remove("GRADUS_RECORD")
        .envs(more.iter().copied());
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn runs(data: &Path) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    gradus(
        data,
        &[
            "export",
            "hidden-params",
            "--format",
            "jsonl",
            "--out",
            text(&out),
        ],
    );
    let lines = fs::read_to_string(out.join("runs.jsonl")).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn spooled(data: &Path) -> usize {
    fs::read_dir(data.join("spool")).map_or(0, Iterator::count)
}

#[test]
fn an_evaluation_is_a_run_in_the_store() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    evaluate(data.path(), &out.path().join("a"), &[]);
    let found = runs(data.path());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["job_type"], "eval");
    assert_eq!(found[0]["state"], "finished");
    assert_eq!(found[0]["config"]["model"]["value"], "constant");
    let report = fs::read_to_string(out.path().join("a/eval_summary.json")).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let primary = report["primary_score"]["metric"].as_str().unwrap();
    let figure = report["metrics"][primary]["value"].as_f64().unwrap();
    assert_eq!(
        found[0]["summary"][format!("eval/{primary}")].as_f64(),
        Some(figure)
    );
    assert_eq!(spooled(data.path()), 0);
}

#[test]
fn what_a_killed_server_left_behind_misleads_nobody() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::create_dir(data.path().join("store")).unwrap();
    let left = r#"{"url":"http://127.0.0.1:9","pid":1}"#;
    fs::write(data.path().join("store/server.json"), left).unwrap();
    evaluate(data.path(), &out.path().join("a"), &[]);
    assert_eq!(runs(data.path()).len(), 1);
    assert_eq!(spooled(data.path()), 0);
}

#[test]
fn nothing_is_recorded_where_nothing_shall_be() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    evaluate(
        data.path(),
        &out.path().join("a"),
        &[("GRADUS_RECORD", "off")],
    );
    assert!(!data.path().join("store").exists());
    assert!(!data.path().join("spool").exists());
}

#[test]
fn a_server_elsewhere_gets_the_run_also_when_it_was_away() {
    let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let out = tempfile::tempdir().unwrap();
    let first = Up::start(there.path());
    let key = first.key.clone().unwrap();
    drop(first);
    // A port on which nobody listens.
    let away = [
        ("GRADUS_URL", "http://127.0.0.1:9"),
        ("GRADUS_API_KEY", key.as_str()),
    ];
    evaluate(here.path(), &out.path().join("a"), &away);
    assert_eq!(spooled(here.path()), 1, "the run waits for its server");
    let up = Up::start(there.path());
    let back = [
        ("GRADUS_URL", up.url.as_str()),
        ("GRADUS_API_KEY", key.as_str()),
    ];
    evaluate(here.path(), &out.path().join("b"), &back);
    assert_eq!(spooled(here.path()), 0);
    assert!(!here.path().join("store").exists());
    drop(up);
    let found = runs(there.path());
    assert_eq!(found.len(), 2);
    assert!(
        found.iter().all(|run| run["state"] == "finished"),
        "{found:?}"
    );
}
