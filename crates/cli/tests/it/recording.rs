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
    let entries = fs::read_dir(data.join("spool")).into_iter().flatten();
    let runs = entries.filter(|entry| {
        let path = entry.as_ref().unwrap().path();
        path.extension().is_some_and(|ending| ending == "jsonl")
    });
    runs.count()
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
fn an_evaluation_can_be_read_and_compared_from_its_run() {
    let (data, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = out.path().join("a");
    evaluate(data.path(), &folder, &[]);
    // The same evaluation again is the same run.
    evaluate(data.path(), &folder, &[]);
    evaluate(data.path(), &out.path().join("b"), &[]);
    let up = Up::start(data.path());
    let entity = entity_of(&up.get("projects"));
    let path = format!("projects/{entity}/hidden-params");
    let listed = up.get(&format!("{path}/evaluations"));
    assert_eq!(listed["total"], 2, "{listed}");
    let found = &listed["evaluations"][1];
    assert_eq!(found["report"]["answered_by"]["backend"], "baseline");
    assert_eq!(found["tokens"]["completion"], 0);
    let run = found["run"]["name"].as_str().unwrap();
    let files = up.get(&format!("{path}/runs/{run}/files"));
    let names: Vec<_> = files["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(
        names,
        [
            "eval_summary.json",
            "final_metrics.json",
            "rows.jsonl",
            "run_manifest.json"
        ]
    );
    let shown = up.get(&format!("{path}/evaluations/{run}"));
    let report = fs::read_to_string(folder.join("eval_summary.json")).unwrap();
    assert_eq!(
        shown["report"],
        serde_json::from_str::<Value>(&report).unwrap()
    );
    assert_eq!(shown["rows"]["problem"], Value::Null);
    let config = up.get(&format!("{path}/runs/{run}"))["config"].clone();
    assert_eq!(config["data_sha256"], shown["report"]["data_sha256"]);
    assert_eq!(config["answered_by"]["backend"], "baseline");
    let other = listed["evaluations"][0]["run"]["name"].as_str().unwrap();
    let compared = up.get(&format!("{path}/compare?base={run}&candidate={other}"));
    assert_eq!(
        compared["candidates"][0]["refused"]["refusals"][0]["code"],
        "same_artefact"
    );
}

fn entity_of(projects: &Value) -> String {
    projects["projects"][0]["entity"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn files_are_delivered_as_they_were_when_the_server_was_away() {
    let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let out = tempfile::tempdir().unwrap();
    let up = Up::start(there.path());
    let key = up.key.clone().unwrap();
    let away = [
        ("GRADUS_URL", "http://127.0.0.1:9"),
        ("GRADUS_API_KEY", key.as_str()),
    ];
    let folder = out.path().join("a");
    evaluate(here.path(), &folder, &away);
    let report = fs::read(folder.join("eval_summary.json")).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let back = [
        ("GRADUS_URL", up.url.as_str()),
        ("GRADUS_API_KEY", key.as_str()),
    ];
    evaluate(here.path(), &out.path().join("b"), &back);
    assert_eq!(fs::read_dir(here.path().join("spool")).unwrap().count(), 0);
    let entity = entity_of(&up.get("projects"));
    let path = format!("projects/{entity}/hidden-params");
    let listed = up.get(&format!("{path}/evaluations"));
    assert_eq!(listed["total"], 2);
    for found in listed["evaluations"].as_array().unwrap() {
        let run = found["run"]["name"].as_str().unwrap();
        let shown = up.get(&format!("{path}/evaluations/{run}"));
        assert_eq!(
            shown["report"]["n_total"],
            serde_json::from_slice::<Value>(&report).unwrap()["n_total"]
        );
        assert_eq!(shown["rows"]["problem"], Value::Null);
    }
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
