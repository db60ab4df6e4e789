//! compare, decide, promote and rollback through the real binary.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::{example, fails, gradus};

#[track_caller]
fn json(output: &Output, code: i32) -> Value {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_refused_demo_shows_who_answered_and_no_number() {
    let output = gradus(&["compare", "--demo", "refused"]);
    assert_eq!(output.status.code(), Some(12));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("REFUSED"), "{text}");
    for line in [
        "89  █",
        "90  █",
        "11  █",
        "10  █",
        "ministral-3b-latest (fallback)",
        "nobody (http_404)",
    ] {
        assert!(text.contains(line), "'{line}' is not in: {text}");
    }
    assert!(
        !text.contains("mae_penalised") && !text.contains("p ("),
        "{text}"
    );
    let value = json(&gradus(&["compare", "--demo", "refused", "--json"]), 12);
    assert_eq!(value["refusals"][0]["code"], "not_served_as_requested");
    assert_eq!(value["primary"], Value::Null);
    assert_eq!(
        value["base"]["served_by"]["ministral-3b-latest (fallback)"],
        89
    );
    assert_eq!(
        value["candidate"]["served_by"]["ministral-3b-latest (fallback)"],
        90
    );
}

#[test]
fn the_better_demo_is_better() {
    let output = gradus(&["compare", "--demo", "better"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    for word in [
        "BETTER",
        "├",
        "●",
        "worst rows",
        "skill against",
        "request_text",
    ] {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
}

/// A copy of the example with reports of three baselines, each far better than the one before:
/// all tens, the constant, the ridge.
fn task_with_reports(dir: &Path) -> String {
    let task = dir.join("task");
    fs::create_dir_all(task.join("data")).unwrap();
    for file in [
        "task.yaml",
        "prompt.jinja",
        "contract.schema.json",
        "data/train.jsonl",
        "data/dev.jsonl",
        "data/frozen.jsonl",
    ] {
        fs::copy(Path::new(&example()).join(file), task.join(file)).unwrap();
    }
    let tens = "name: tens\nversion: 1\ndefault: {energy: 10, warmth: 10, brightness: 10, acousticness: 10, complexity: 10, nostalgia: 10}\nrules: []\n";
    fs::write(task.join("tens.yaml"), tens).unwrap();
    let task = task.to_string_lossy().into_owned();
    let tens = format!("rules:{task}/tens.yaml");
    for (model, name) in [
        (tens.as_str(), "tens"),
        ("constant", "constant"),
        ("ridge", "ridge"),
    ] {
        let out = format!("{task}/reports/{name}");
        assert!(
            gradus(&["eval", &task, "--model", model, "--out", &out])
                .status
                .success()
        );
    }
    task
}

#[test]
fn a_candidate_is_decided_promoted_and_rolled_back() {
    let dir = tempfile::tempdir().unwrap();
    let task = task_with_reports(dir.path());
    let report = |name: &str| format!("{task}/reports/{name}");
    let decision = |number: &str| format!("{task}/registry/decisions/{number}");

    let value = json(
        &gradus(&["compare", &report("tens"), &report("constant"), "--json"]),
        0,
    );
    assert_eq!(value["verdict"], "better");
    assert!(
        value["skill"]["ridge"]["candidate"].is_number(),
        "{}",
        value["skill"]
    );
    // Turned round it is worse, and with a wide margin equivalent; both are answers.
    let value = json(
        &gradus(&["compare", &report("constant"), &report("tens"), "--json"]),
        0,
    );
    assert_eq!(value["verdict"], "worse");
    let same = gradus(&[
        "compare",
        &report("constant"),
        &report("constant"),
        "--json",
    ]);
    assert_eq!(json(&same, 12)["refusals"][0]["code"], "same_artefact");

    let value = json(
        &gradus(&["decide", &report("tens"), &report("constant"), "--json"]),
        0,
    );
    assert_eq!(value["decision"]["outcome"], "promote");
    assert_eq!(value["decision"]["frozen_budget"]["looks_left"], 19);
    json(&gradus(&["promote", &decision("0001"), "--json"]), 0);
    let value = json(
        &gradus(&["decide", &report("constant"), &report("ridge"), "--json"]),
        0,
    );
    assert_eq!(value["decision"]["frozen_budget"]["looks_used"], 2);
    json(&gradus(&["promote", &decision("0002"), "--json"]), 0);
    let champion = || -> Value {
        serde_json::from_slice(&fs::read(format!("{task}/registry/champion.json")).unwrap())
            .unwrap()
    };
    assert_eq!(champion()["model"], "ridge");
    let value = json(&gradus(&["rollback", &task, "--json"]), 0);
    assert_eq!(value["event"]["to"]["model"], "constant");
    assert_eq!(champion()["model"], "constant");
    fails(&["rollback", &task], 3, &["only one model"]);

    // What is worse is rejected with its rows, and stays unpromoted.
    let value = json(
        &gradus(&["decide", &report("ridge"), &report("tens"), "--json"]),
        10,
    );
    assert_eq!(value["decision"]["outcome"], "reject");
    assert!(value["decision"]["reasons"][0]["rows"][0].is_string());
    assert_eq!(
        gradus(&["promote", &decision("0003")]).status.code(),
        Some(10)
    );
    // The same comparison again is no new look, and a decision against another champion is stale.
    let value = json(
        &gradus(&["decide", &report("tens"), &report("ridge"), "--json"]),
        0,
    );
    assert_eq!(value["decision"]["frozen_budget"]["looks_used"], 4);
    let again = json(
        &gradus(&["decide", &report("tens"), &report("ridge"), "--json"]),
        0,
    );
    assert_eq!(again["decision"]["frozen_budget"]["looks_used"], 4);
    fails(
        &["promote", &decision("0004")],
        3,
        &["decide against that one"],
    );
    // A comparison that was edited after the decision is not believed.
    let path = format!("{}/comparison.json", decision("0002"));
    let edited =
        fs::read_to_string(&path)
            .unwrap()
            .replacen("\"margin\": 0.0", "\"margin\": 0.5", 1);
    fs::write(&path, edited).unwrap();
    assert_eq!(
        gradus(&["promote", &decision("0002")]).status.code(),
        Some(11)
    );
}

#[test]
fn gates_block_and_mistakes_in_them_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let task = task_with_reports(dir.path());
    let (base, candidate) = (
        format!("{task}/reports/constant"),
        format!("{task}/reports/ridge"),
    );
    let gates = format!("{task}/gates.yaml");
    fs::write(&gates, "frozen_looks: 1\nquality:\n  - {metric: mae_penalised, direction: minimize, kind: absolute, threshold: 0.01}\n  - {metric: mae_penalized, direction: minimize, kind: absolute, threshold: 5}\n").unwrap();
    let value = json(&gradus(&["decide", &base, &candidate, "--json"]), 10);
    assert_eq!(value["decision"]["outcome"], "reject");
    let states: Vec<&str> = value["decision"]["gates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["failed", "undecided"]);
    // A second look at a set with a budget of one.
    fs::write(&gates, "frozen_looks: 1\n").unwrap();
    let tens = format!("{task}/reports/tens");
    let value = json(&gradus(&["decide", &tens, &base, "--json"]), 10);
    assert!(
        value["decision"]["reasons"][0]["text"]
            .as_str()
            .unwrap()
            .contains("budget is 1")
    );
    fs::write(&gates, "frozen_looks: 1\nqality: []\n").unwrap();
    fails(
        &["decide", &base, &candidate],
        3,
        &["line 2", "did you mean 'quality'", "gates.yaml"],
    );
    fails(&["compare", &base, "nowhere"], 3, &["nowhere"]);
    fails(
        &["compare", &base, &candidate, "--margin", "-1"],
        2,
        &["margin"],
    );
    fails(&["compare", &base], 2, &["CANDIDATE"]);
    fails(&["promote", &candidate], 3, &["decision.json"]);
}
