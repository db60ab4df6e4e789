//! `gradus eval` as people run it: the label example, keyword rules, a stand-in server.

use std::path::Path;

use gradus_testkit::chat_server::{ChatServer, Deed};
use serde_json::Value;

use super::gradus;

fn triage() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples/ticket-triage")
        .to_string_lossy()
        .into_owned()
}

#[track_caller]
fn evaluated(model: &str, out: &Path, more: &[&str]) -> Value {
    let (task, out) = (triage(), out.to_string_lossy().into_owned());
    let mut arguments = vec!["--json", "eval", &task, "--model", model, "--out", &out];
    arguments.extend(more);
    let output = gradus(&arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn labels_are_evaluated_without_any_code() {
    let dir = tempfile::tempdir().unwrap();
    let f1 = |model: &str, name: &str| {
        let result = evaluated(model, &dir.path().join(name), &[]);
        result["report"]["metrics"]["macro_f1"]["value"]
            .as_f64()
            .unwrap()
    };
    let constant = f1("constant", "constant");
    let rules = f1(&format!("rules:{}/rules.yaml", triage()), "rules");
    let ridge = f1("ridge", "ridge");
    // One label of four: precision 1/4, recall 1, F1 0.4, over four labels 0.1.
    assert!((constant - 0.1).abs() < 1e-12, "{constant}");
    assert!(rules > 0.5 && ridge > 0.5, "rules {rules}, ridge {ridge}");
}

#[test]
fn a_server_is_asked_and_failures_are_reported_apart() {
    let dir = tempfile::tempdir().unwrap();
    let server = ChatServer::start(|index, _| match index {
        0 => Deed::status(404, "no such route"),
        _ => Deed::completion("tiny-2026-01-31", "bug"),
    });
    let model = format!("openai:tiny@{}", server.url);
    let more = ["--limit", "20", "--concurrency", "1", "--price", "1,2"];
    let result = evaluated(&model, &dir.path().join("out"), &more);
    let metric = |name: &str| result["report"]["metrics"][name].clone();
    assert_eq!(metric("transport_ok_rate")["value"], 0.95);
    assert_eq!(metric("served_as_requested_rate")["value"], 0.95);
    assert_eq!(metric("accuracy")["n"], 19);
    assert_eq!(result["report"]["failures"]["unconstrained"]["http_404"], 1);
    assert_eq!(result["report"]["served_by"]["tiny-2026-01-31"], 19);
    assert!(metric("cost_usd_total")["value"].as_f64().unwrap() > 0.0);
    // Only the row that failed is asked again.
    let again = evaluated(
        &model,
        &dir.path().join("out"),
        &["--limit", "20", "--retry-failed"],
    );
    assert_eq!(server.seen().len(), 21);
    assert_eq!(
        again["report"]["metrics"]["transport_ok_rate"]["value"],
        1.0
    );
}

#[test]
fn what_cannot_be_asked_is_bad_input() {
    let task = triage();
    let fails = |model: &str, words: &[&str]| {
        super::fails(
            &[
                "eval",
                &task,
                "--model",
                model,
                "--limit",
                "1",
                "--attempts",
                "1",
            ],
            3,
            words,
        );
    };
    fails("openai:tiny", &["openai:MODEL@URL"]);
    fails("openai:tiny@http://127.0.0.1:9/v1", &["can't be reached"]);
    fails("rules:absent.yaml", &["absent.yaml"]);
    let example = super::example();
    super::fails(
        &[
            "eval",
            &task,
            "--model",
            &format!("rules:{example}/task.yaml"),
        ],
        3,
        &["can't be read"],
    );
}
