//! A disk that fills up under a server: what can't be kept is put off, never refused for good.

#[path = "../../../store/tests/support/faulty_disk.rs"]
mod faulty_disk;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::served::{Answered, Served, served_on};
use faulty_disk::FaultyDisk;

const RUN: &str = "projects/local/p/runs/a";

/// The client tries again on 503, and gives up for good on most of 4xx.
#[track_caller]
fn put_off(answered: Answered) {
    assert_eq!(answered.status, 503, "{}", answered.text);
    let wait = answered.headers.get("retry-after");
    let wait = wait.and_then(|secs| secs.to_str().unwrap().parse::<u64>().ok());
    assert!(wait.is_some(), "{:?}", answered.headers);
}

fn rows(from: u64, until: u64) -> Vec<String> {
    let rows = from..until;
    rows.map(|step| format!("{{\"_step\":{step},\"loss\":{}}}", 1.0 / (step + 1) as f64))
        .collect()
}

fn stream_body(offset: u64, rows: &[String]) -> Vec<u8> {
    let files = json!({ "wandb-history.jsonl": { "offset": offset, "content": rows } });
    json!({ "files": files }).to_string().into_bytes()
}

fn graphql(server: &Served, query: &str) -> Answered {
    let body = json!({ "query": query }).to_string();
    let headers = [("content-type", "application/json")];
    server.send("POST", "/graphql", &headers, Some(body.as_bytes()))
}

#[test]
fn uploads_wait_for_room_and_are_there_once() {
    let disk = FaultyDisk::default();
    let server = served_on(Arc::new(disk.clone()), |_| {});
    server.begin("a", json!({ "host": "box" }));
    server.history("a", &rows(0, 100));
    let first = stream_body(100, &rows(100, 300));
    let made =
        "mutation { upsertBucket(input: {name: \"b\", modelName: \"p\"}) { bucket { id } } }";
    for room in [0, 1, 600] {
        disk.set(|faults| faults.room = Some(room));
        let by_client = "/files/local/p/a/file_stream";
        put_off(server.send("POST", by_client, &[], Some(&first)));
        let lines = format!("/api/v1/{RUN}/lines");
        put_off(server.send("POST", &lines, &[], Some(&first)));
        let file = format!("/api/v1/{RUN}/files/model.bin");
        put_off(server.send("PUT", &file, &[], Some(&[7; 5_000])));
        disk.set(|faults| faults.room = Some(0));
        put_off(graphql(&server, made));
        put_off(server.ask("PATCH", RUN, Some(&json!({ "notes": "x" }))));
        let run = server.get(RUN).ok();
        assert_eq!(
            (&run["history_rows"], &run["files"]),
            (&json!(100), &json!(0))
        );
        assert_eq!(run["notes"], Value::Null);
        let series = server.get(&format!("{RUN}/series?keys=loss")).ok();
        assert_eq!(series["steps"].as_array().unwrap().len(), 100);
    }
    disk.set(|faults| faults.room = None);
    // Twice, as after an answer that got lost.
    for _ in 0..2 {
        let by_client = "/files/local/p/a/file_stream";
        assert_eq!(
            server.send("POST", by_client, &[], Some(&first)).status,
            200
        );
        let file = format!("/api/v1/{RUN}/files/model.bin");
        let kept = server.send("PUT", &file, &[], Some(&[7; 5_000])).ok();
        assert_eq!(kept["size_bytes"], 5_000);
        assert_eq!(graphql(&server, made).status, 200);
    }
    let page = server.get(&format!("{RUN}/rows?as_text=true")).ok();
    assert_eq!(page["rows"], json!(rows(0, 300)));
    assert_eq!(server.get(RUN).ok()["files"], 1);
    let runs = server.get("projects/local/p/runs").ok();
    assert_eq!(runs["total"], 2);
    let checked = server.ask("POST", "store/check", None).ok();
    assert_eq!(checked["problems"], json!([]));
}

#[test]
fn an_artifact_that_found_no_room_is_logged_when_there_is_some() {
    let disk = FaultyDisk::default();
    let server = served_on(Arc::new(disk.clone()), |_| {});
    server.begin("a", json!({}));
    let created = "mutation { createArtifact(input: {projectName: \"p\", artifactTypeName: \"d\", \
        artifactCollectionName: \"c\", digest: \"0\", digestAlgorithm: MANIFEST_MD5, aliases: []}) \
        { artifact { id state } } }";
    disk.set(|faults| faults.room = Some(0));
    put_off(graphql(&server, created));
    disk.set(|faults| faults.room = None);
    let answer = graphql(&server, created).ok();
    let artifact = &answer["data"]["createArtifact"]["artifact"];
    assert_eq!(artifact["state"], "PENDING", "{answer}");
    let planned = format!(
        "mutation {{ createArtifactFiles(input: {{artifactFiles: [{{artifactID: {}, name: \"x\", \
         md5: \"XUFAKrxLKna5cZ2REBfFkg==\"}}], storageLayout: V2}}) \
         {{ files {{ edges {{ node {{ uploadUrl }} }} }} }} }}",
        artifact["id"]
    );
    let answer = graphql(&server, &planned).ok();
    let files = &answer["data"]["createArtifactFiles"]["files"];
    let address = files["edges"][0]["node"]["uploadUrl"].as_str().unwrap();
    disk.set(|faults| faults.room = Some(2));
    put_off(server.send("PUT", address, &[], Some(b"hello")));
    disk.set(|faults| faults.room = None);
    assert_eq!(server.send("PUT", address, &[], Some(b"hello")).status, 200);
}
