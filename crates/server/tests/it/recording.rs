//! Runs that gradus itself records from another machine.

use serde_json::json;

use crate::served::served;

#[test]
fn a_run_is_begun_recorded_and_ended() {
    let server = served();
    let path = "projects/local/p/runs/a";
    let begun = server
        .ask(
            "POST",
            path,
            Some(&json!({ "host": "box", "config": { "lr": 1 } })),
        )
        .ok();
    assert_eq!(begun["is_new"], true);
    assert_eq!(begun["run"]["state"], "running");
    let rows = ["{\"_step\":0,\"loss\":2.0}", "{\"_step\":1,\"loss\":1e400}"].map(str::to_owned);
    server.history("a", &rows);
    // Sent again, as after an answer that got lost: kept once.
    server.history("a", &rows);
    let again = server
        .ask("POST", path, Some(&json!({ "summary": { "loss": 1.0 } })))
        .ok();
    assert_eq!(
        (&again["is_new"], &again["run"]["history_rows"]),
        (&json!(false), &json!(2))
    );
    server.ask("POST", &format!("{path}/stop"), None).ok();
    let reply = server.ask(
        "POST",
        &format!("{path}/lines"),
        Some(&json!({ "complete": true, "exitcode": 3 })),
    );
    assert_eq!(reply.ok()["stopped"], true);
    let run = server.get(path).ok();
    assert_eq!(
        (&run["state"], &run["exit_code"]),
        (&json!("failed"), &json!(3))
    );
    assert_eq!(run["summary"], json!({ "loss": 1.0 }));
}

#[test]
fn what_is_no_run_is_refused_in_words() {
    let server = served();
    let path = "projects/local/p/runs/a";
    for (body, word) in [
        (json!({ "hst": "x" }), "did you mean 'host'?"),
        (json!({ "tags": "x" }), "list of texts"),
        (json!({ "config": [] }), "'config' has to be an object"),
        (json!({ "notes": 3 }), "'notes' has to be a text"),
        (json!([]), "JSON object"),
    ] {
        let message = server.ask("POST", path, Some(&body)).refused(400);
        assert!(message.contains(word), "{body}: {message}");
    }
    server.get(path).refused(404);
    let lines = json!({ "files": {} });
    server
        .ask("POST", "projects/local/p/runs/never/lines", Some(&lines))
        .refused(404);
    server
        .ask("POST", "projects/local/p/runs/a%2Fb", Some(&json!({})))
        .refused(400);
}
