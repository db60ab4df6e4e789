//! Looking after a store that is open.

use gradus_tracker::{SystemClock, Tracker, TrackerOptions};
use serde_json::json;

use crate::served::served;

#[test]
fn a_store_is_checked_rebuilt_and_backed_up_while_it_is_open() {
    let server = served();
    server.begin("a", json!({ "config": { "lr": 1 } }));
    server.history("a", &[r#"{"_step":0,"x":1}"#.to_owned()]);
    let report = server.ask("POST", "store/check", None).ok();
    assert_eq!(
        (&report["problems"], &report["rows"]),
        (&json!([]), &json!(1))
    );
    server.ask("POST", "store/rebuild", None).ok();
    assert_eq!(server.get("projects/local/p/runs").ok()["total"], 1);

    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("copy");
    let asked = json!({ "folder": target });
    let done = server.ask("POST", "store/backup", Some(&asked)).ok();
    assert_eq!(done["runs"], 1);
    server
        .ask("POST", "store/backup", Some(&asked))
        .refused(400);
    server
        .ask(
            "POST",
            "store/backup",
            Some(&json!({ "folder": "relative" })),
        )
        .refused(400);
    server.history(
        "a",
        &[r#"{"_step":0,"x":1}"#, r#"{"_step":1,"x":1}"#].map(str::to_owned),
    );
    let copy = Tracker::open(
        &target,
        TrackerOptions::default(),
        std::sync::Arc::new(SystemClock),
    )
    .unwrap();
    let key = gradus_store::RunKey::new("local", "p", "a");
    assert_eq!(copy.store.run(&key).unwrap().total_lines("history"), 1);
    assert_eq!(
        copy.accounts.authenticate(&server.key).unwrap().user.name,
        "local"
    );
}

#[test]
fn only_administrators_on_the_servers_machine_look_after_it() {
    let server = served();
    let key = "k".repeat(40);
    server
        .ask("POST", "users", Some(&json!({ "name": "ann" })))
        .ok();
    server
        .ask("PUT", "users/ann/keys", Some(&json!({ "key": key })))
        .ok();
    for (path, body) in [
        ("check", json!({})),
        ("rebuild", json!({})),
        ("backup", json!({ "folder": "/x" })),
    ] {
        server
            .with_key(&key, "POST", &format!("store/{path}"), Some(&body))
            .refused(403);
    }
    let body = json!({ "folder": server.folder.join("copy") }).to_string();
    let bearer = format!("Bearer {}", server.key);
    let through_a_proxy = [
        ("x-forwarded-for", "10.1.2.3"),
        ("authorization", bearer.as_str()),
    ];
    let path = "/api/v1/store/backup";
    server
        .send("POST", path, &through_a_proxy, Some(body.as_bytes()))
        .refused(403);
    assert!(!server.folder.join("copy").exists());
}
