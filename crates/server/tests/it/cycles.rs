//! Cycles, champions, and what happened lately.

use gradus_server::Verifier;
use serde_json::json;

use crate::cycle_files::{record_cycle, record_registry};
use crate::reports::put;
use crate::served::{served, served_with};

#[test]
fn a_cycle_is_shown_with_its_plan_its_decision_and_its_runs() {
    let server = served();
    record_cycle(&server);
    let listed = server.get("projects/local/p/cycles").ok();
    assert_eq!(listed["total"], 1);
    let row = &listed["cycles"][0];
    assert_eq!(
        (&row["number"], &row["state"], &row["next"]),
        (&json!(1), &json!("decided"), &json!("promoted"))
    );
    assert_eq!(row["change"], "learning_rate: 0.01 → 0.005");
    assert_eq!(
        (&row["outcome"], &row["expectation"]),
        (&json!("promote"), &json!("met"))
    );
    assert!(row["before"].as_f64().unwrap() > row["after"].as_f64().unwrap());
    assert_eq!(row["n"], 60);
    assert_eq!(row["problems"], json!([]));

    let shown = server.get("projects/local/p/cycles/c1").ok();
    assert_eq!(shown["subject"], "before");
    assert_eq!(shown["settled_champion"], "after");
    let steps = shown["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 5);
    assert_eq!(
        (&steps[0]["finished_unix_ms"], &steps[0]["took_secs"]),
        (&json!(1_000_500), &json!(2.5))
    );
    assert_eq!(steps[1]["finished_unix_ms"], json!(null));
    assert_eq!(steps[4]["decision"]["outcome"], "promote");
    assert_eq!(shown["plan"]["hypothesis"], "smaller steps help");
    assert_eq!(shown["confrontations"][0]["observed"], 2.0);
    assert_eq!(shown["parts"]["reports/candidate"]["name"], "candidate");
    let decision = &shown["decision"];
    assert_eq!(decision["base_evaluation"]["name"], "base");
    let run = decision["candidate_evaluation"]["name"].as_str().unwrap();
    let id = decision["decision"]["reasons"][0]["rows"][0]
        .as_str()
        .unwrap();
    let row = server
        .get(&format!("projects/local/p/evaluations/{run}/rows/{id}"))
        .ok();
    assert_eq!(row["row"]["id"], "row-1");
    assert_eq!(shown["evidence"]["size_bytes"], 6);
    // And back.
    let evaluation = server.get("projects/local/p/evaluations/candidate").ok();
    assert_eq!(evaluation["cycle_run"], "c1");
}

#[test]
fn files_that_are_broken_are_named_and_the_rest_is_shown() {
    let server = served();
    record_cycle(&server);
    put(&server, "c1", "decision/decision.json", b"{\"outcome\": ");
    put(&server, "c1", "plan/plan.yaml", b"format_version: 1\n");
    let shown = server.get("projects/local/p/cycles/c1").ok();
    let problems = shown["cycle"]["problems"].to_string();
    assert!(
        problems.contains("decision/decision.json") && problems.contains("plan/plan.yaml"),
        "{problems}"
    );
    assert_eq!(
        (&shown["decision"], &shown["plan"]),
        (&json!(null), &json!(null))
    );
    assert_eq!(shown["cycle"]["state"], "decided");
    let message = server.get("projects/local/p/cycles/base").refused(404);
    assert!(message.contains("no cycle"), "{message}");
}

#[test]
fn evidence_is_verified_in_place_by_whoever_can() {
    let server = served();
    record_cycle(&server);
    let message = server
        .ask("POST", "projects/local/p/cycles/c1/verify", None)
        .refused(501);
    assert!(message.contains("gradus evidence verify"), "{message}");
    let server = served_with(|config| {
        config.verifier = Some(Verifier::new(|bytes| match bytes {
            b"no zip" => Err("this is no evidence".to_owned()),
            other => Ok(json!({ "verified": true, "files": other.len() })),
        }));
    });
    record_cycle(&server);
    let verify = || {
        server
            .ask("POST", "projects/local/p/cycles/c1/verify", None)
            .ok()
    };
    assert_eq!(
        (&verify()["result"], &verify()["problem"]),
        (&json!(null), &json!("this is no evidence"))
    );
    put(&server, "c1", "evidence.zip", b"four");
    assert_eq!(verify()["result"], json!({ "verified": true, "files": 4 }));
    let message = server
        .ask("POST", "projects/local/p/cycles/base/verify", None)
        .refused(404);
    assert!(message.contains("evidence.zip"), "{message}");
}

#[test]
fn champions_come_with_history_rollbacks_and_what_the_frozen_set_has_left() {
    let server = served();
    record_cycle(&server);
    record_registry(&server);
    let found = server.get("projects/local/p/champions").ok();
    let registry = &found["registries"][0];
    assert_eq!(registry["problems"], json!([]));
    let alias = &registry["aliases"][0];
    assert_eq!(alias["alias"], "champion");
    assert_eq!(alias["holder"]["holder"]["model"], "before", "rolled back");
    assert_eq!(alias["since_unix_ms"], 200_000);
    let history = registry["history"].as_array().unwrap();
    assert_eq!(history.len(), 3);
    assert_eq!(history[0]["event"]["action"], "rollback");
    assert_eq!(history[1]["to_evaluation"]["name"], "candidate");
    assert_eq!(history[1]["cycle"]["name"], "c1");
    let set = &registry["frozen_sets"][0];
    assert_eq!(set["looks_used"], 1);
    assert_eq!(
        (
            &set["budget"]["looks_allowed"],
            &set["budget"]["looks_left"]
        ),
        (&json!(5), &json!(4))
    );
    assert_eq!(set["looks"][0]["candidate"]["name"], "candidate");
}

#[test]
fn the_first_page_has_decisions_moves_and_what_runs() {
    let server = served();
    let nothing = server.get("activity").ok();
    assert_eq!(
        nothing,
        json!({ "decisions": [], "moves": [], "running": [], "alerts": [] })
    );
    record_cycle(&server);
    record_registry(&server);
    let found = server.get("activity?limit=2").ok();
    assert_eq!(found["decisions"][0]["outcome"], "promote");
    assert_eq!(found["decisions"][0]["reason"], "better by 2.0");
    assert_eq!(found["decisions"][0]["run"]["name"], "c1");
    let moves = found["moves"].as_array().unwrap();
    assert_eq!(moves.len(), 2, "at most two of each");
    assert_eq!(
        (&moves[0]["action"], &moves[0]["to"]),
        (&json!("rollback"), &json!("before"))
    );
    let running: Vec<_> = found["running"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| &run["name"])
        .collect();
    assert!(running.contains(&&json!("c1")), "{running:?}");
    server.get("activity?limt=2").refused(400);
    // Nothing of it for somebody else.
    server
        .ask("POST", "users", Some(&json!({ "name": "ann" })))
        .ok();
    let made = server
        .ask("POST", "keys", Some(&json!({ "user": "ann" })))
        .ok();
    let key = made["key"].as_str().unwrap();
    assert_eq!(server.with_key(key, "GET", "activity", None).ok(), nothing);
    for path in [
        "cycles",
        "cycles/c1",
        "champions",
        "artifacts",
        "runs/c1/artifacts",
        "runs/c1/media",
    ] {
        server
            .with_key(key, "GET", &format!("projects/local/p/{path}"), None)
            .refused(404);
    }
}
