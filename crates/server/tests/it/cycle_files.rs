//! The files of a cycle and of a registry as `gradus cycle run` records them, made by code.

use serde_json::{Value, json};

use crate::reports::{Report, around, put};
use crate::served::Served;

fn hashes(name: &str) -> Value {
    json!({ name: "a".repeat(64) })
}

fn expectation() -> Value {
    json!({ "metric": "mae_penalised", "scope": "overall", "direction": "minimize", "base": 3.0,
        "improvement": 0.5, "at_least": 0.1, "basis": "a guess" })
}

fn gate() -> Value {
    json!({ "metric": "mae_penalised", "direction": "minimize", "kind": "absolute", "threshold": 4.0 })
}

fn plan() -> Value {
    json!({
        "format_version": 1,
        "task": "tiny",
        "seed": 42,
        "pinned": { "split": "dev", "rows": 60, "data_sha256": null, "prompt_sha256": null,
            "contract_sha256": null, "rendered_prompts_sha256": null, "decode": null,
            "scale": null, "primary_score": null, "model": "before", "adapter_sha256": null,
            "comparable": [], "excluded": [] },
        "gates": [], "scoreboard": [], "clusters": [], "withheld": [], "conflicts": [], "notes": [],
        "counts": { "rows": 60, "transport": 0, "format": 1, "value": 9, "sound": 50,
            "value_tolerance": 0.1 },
        "hypothesis": "smaller steps help",
        "actions": [{
            "rule": "learning-rate", "kind": "hyperparameters", "status": "now",
            "change": { "recipe": [{ "key": "learning_rate", "from": 0.01, "to": 0.005 }] },
            "why": "the loss jumps", "clusters": [], "rows": ["row-3"],
            "expectation": expectation(), "gate": gate(),
            "rollback": { "unless": gate(), "text": "when it gets worse" },
        }],
        "next_recipe": null, "augmentation": null,
        "budget": { "train_wall_secs": null, "eval_wall_secs": null, "basis": "none" },
        "inputs": {},
    })
}

/// Records a cycle `c1` of `local/p` that promoted, with its evaluations `base` and `candidate`.
pub fn record_cycle(server: &Served) {
    let part = |part: &str| {
        json!({ "job_type": "eval",
            "config": { "task": "tiny", "cycle_run": "c1", "cycle": 1, "cycle_part": part } })
    };
    Report::new("before", &around(3.0, 60)).record(server, "base");
    Report::new("after", &around(1.0, 60)).record(server, "candidate");
    for (run, name) in [
        ("base", "reports/champion"),
        ("candidate", "reports/candidate"),
    ] {
        server.begin(run, part(name));
    }
    let compared = server
        .get("projects/local/p/compare?base=base&candidate=candidate")
        .ok();
    let comparison = &compared["candidates"][0]["comparison"];
    server.begin(
        "c1",
        json!({ "job_type": "cycle", "host": "box",
            "config": { "task": "tiny", "task_dir": "/t", "number": 1 } }),
    );
    let arm = |name: &str| {
        json!({ "model": comparison[name]["model"],
            "answered_by": comparison[name]["answered_by"], "files": comparison[name]["files"] })
    };
    let decision = json!({
        "format_version": 1,
        "outcome": "promote",
        "reasons": [{ "text": "better by 2.0", "rows": ["row-1", "row-4"] }],
        "verdict": "better",
        "task": "tiny",
        "split": "frozen",
        "base": arm("base"),
        "candidate": arm("candidate"),
        "gates": [],
        "frozen_budget": { "data_sha256": "d".repeat(64), "looks_allowed": 5, "looks_used": 1,
            "looks_left": 4, "chance_of_false_promotion": 0.025 },
        "comparison_sha256": "b".repeat(64),
        "gates_sha256": "b".repeat(64),
    });
    let step = |state: &str| {
        let mut step = json!({ "state": state, "inputs": hashes("in"), "outputs": hashes("out") });
        if state == "decided" {
            step["decision"] = json!({ "outcome": "promote", "verdict": "better" });
        }
        step
    };
    let states = ["planned", "data_built", "trained", "evaluated", "decided"];
    let steps: Vec<Value> = states.into_iter().map(step).collect();
    let cycle = json!({ "format_version": 1, "task": "tiny", "number": 1, "steps": steps });
    let confrontation = json!([{ "rule": "learning-rate", "expectation": expectation(),
        "state": "met", "observed": 2.0, "observed_interval95": [1.5, 2.5], "n": 60,
        "text": "better by 2.0" }]);
    let start = json!({ "seed": 42, "champion": "before", "subject": "before", "recipe": {},
        "training": null, "train_rows": "x", "answers": {}, "set": ["learning_rate=5e-3"],
        "asked": [] });
    for (name, content) in [
        ("start.json", &start),
        ("plan/plan.yaml", &plan()),
        ("data/check.json", &json!({ "findings": [] })),
        ("decision/comparison.json", comparison),
        ("decision/decision.json", &decision),
        ("decision/expected_observed.json", &confrontation),
        (
            "settled.json",
            &json!({ "outcome": "promote", "champion": "after" }),
        ),
        ("cycle.json", &cycle),
    ] {
        put(server, "c1", name, content.to_string().as_bytes());
    }
    put(server, "c1", "evidence.zip", b"no zip");
    let rows = [
        json!({ "_step": 1, "_timestamp": 1000.5, "cycle/state": "planned", "cycle/step_secs": 2.5 }),
        json!({ "_step": 3, "_timestamp": 1200.0, "cycle/state": "trained", "cycle/step_secs": 90.0 }),
    ];
    server.history("c1", &rows.map(|row| row.to_string()));
}

/// Records the registry of the same task: promoted, promoted again, rolled back.
pub fn record_registry(server: &Served) {
    server.begin(
        "r1",
        json!({ "job_type": "registry", "config": { "task": "tiny", "task_dir": "/t" } }),
    );
    let files = server.get("projects/local/p/runs/candidate/files").ok();
    let rows = files["files"].as_array().unwrap().iter();
    let rows = { rows }.find(|file| file["name"] == "rows.jsonl").unwrap()["sha256"].clone();
    let holder = |model: &str, decision: &str| {
        json!({ "model": model, "answered_by": null, "decision": decision,
            "rows_sha256": if model == "after" { rows.clone() } else { Value::Null } })
    };
    let before = holder("before", "cycles/0001/start");
    let after = holder("after", "cycles/0001/decision");
    let event = |at: u64, action: &str, from: &Value, to: &Value| json!({ "at_unix_secs": at, "action": action, "alias": "champion", "from": from, "to": to });
    let history = [
        event(100, "promote", &Value::Null, &before),
        event(100, "promote", &before, &after),
        event(200, "rollback", &after, &before),
    ];
    // The last line was being written.
    let history = format!("{}\n{}\n{}\n{{\"at_un", history[0], history[1], history[2]);
    put(server, "r1", "history.jsonl", history.as_bytes());
    let look =
        json!({ "at_unix_secs": 90, "data_sha256": "d".repeat(64), "rows_sha256": [null, rows] });
    put(server, "r1", "looks.jsonl", format!("{look}\n").as_bytes());
}

/// One who holds or held an alias, with a decision and rows of its own.
pub fn holder_of(model: &str) -> Value {
    json!({ "model": model, "answered_by": null, "decision": format!("cycles/{model}/decision"),
        "rows_sha256": format!("{model}-rows") })
}

/// The history of a registry in which these were promoted to champion, one after the other.
pub fn promoted(models: &[&str]) -> String {
    let mut from = Value::Null;
    let mut history = String::new();
    for (at, model) in models.iter().enumerate() {
        let to = holder_of(model);
        let event = json!({ "at_unix_secs": at, "action": "promote", "alias": "champion",
            "from": from, "to": to });
        history += &format!("{event}\n");
        from = to;
    }
    history
}
