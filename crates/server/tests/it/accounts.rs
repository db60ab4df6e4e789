//! Keys, users, teams.

use serde_json::{Value, json};

use crate::served::{served, served_with};

#[test]
fn keys_are_made_used_and_removed() {
    let server = served();
    let made = server
        .ask("POST", "keys", Some(&json!({ "description": "laptop" })))
        .ok();
    let key = made["key"].as_str().unwrap();
    assert_eq!(key.len(), 40);
    assert_eq!(
        (&made["user"], &made["is_read_only"]),
        (&json!("local"), &json!(false))
    );
    assert_eq!(
        server.with_key(key, "GET", "viewer", None).ok()["name"],
        "local"
    );
    let listed = server.get("keys").ok();
    assert_eq!(listed["keys"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(key));
    let id = made["id"].as_str().unwrap();
    server.ask("DELETE", &format!("keys/{id}"), None).ok();
    server.with_key(key, "GET", "viewer", None).refused(401);
    server
        .ask("DELETE", &format!("keys/{id}"), None)
        .refused(404);
}

#[test]
fn administrators_care_for_users_and_others_do_not() {
    let server = served();
    let made = server
        .ask(
            "POST",
            "users",
            Some(&json!({ "name": "ann", "email": "ann@example.org" })),
        )
        .ok();
    assert_eq!(
        (&made["name"], &made["is_admin"]),
        (&json!("ann"), &json!(false))
    );
    server
        .ask("POST", "users", Some(&json!({ "name": "ann" })))
        .refused(409);
    server
        .ask("POST", "users", Some(&json!({ "name": "a/b" })))
        .refused(400);
    let given = "g".repeat(40);
    server
        .ask("PUT", "users/ann/keys", Some(&json!({ "key": given })))
        .ok();
    server
        .ask("PUT", "users/ann/keys", Some(&json!({ "key": "short" })))
        .refused(400);
    server
        .ask(
            "PUT",
            "users/nobody/keys",
            Some(&json!({ "key": "h".repeat(40) })),
        )
        .refused(404);
    let ann = |method: &str, path: &str, body: Option<&Value>| {
        server.with_key(&given, method, path, body)
    };
    assert_eq!(ann("GET", "viewer", None).ok()["name"], "ann");
    assert_eq!(
        ann("GET", "users", None).ok()["users"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let wanted = json!({ "name": "x", "user": "local", "members": [], "key": "i".repeat(40) });
    let only = |keys: &[&str]| {
        let pairs = keys
            .iter()
            .map(|key| ((*key).to_owned(), wanted[*key].clone()));
        Value::Object(pairs.collect())
    };
    ann("POST", "users", Some(&only(&["name"]))).refused(403);
    ann("DELETE", "users/local", None).refused(403);
    ann("PUT", "teams/t", Some(&only(&["members"]))).refused(403);
    ann("POST", "keys", Some(&only(&["user"]))).refused(403);
    ann("PUT", "users/ann/keys", Some(&only(&["key"]))).refused(403);
    ann("GET", "keys?user=local", None).refused(403);
    ann("GET", "keys?user=*", None).refused(403);
    let local = server.get("keys").ok()["keys"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    ann("DELETE", &format!("keys/{local}"), None).refused(404);
    assert_eq!(
        server.get("keys?user=*").ok()["keys"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    // One's own keys are one's own affair.
    let own = ann("POST", "keys", Some(&json!({ "is_read_only": true }))).ok();
    assert_eq!(own["is_read_only"], true);

    server.ask("DELETE", "users/local", None).refused(409);
    server.ask("DELETE", "users/ann", None).ok();
    ann("GET", "viewer", None).refused(401);
    let message = server.ask("DELETE", "users/locl", None).refused(404);
    assert!(message.contains("did you mean 'local'?"), "{message}");
}

#[test]
fn teams_share_what_their_members_write() {
    let server = served();
    let key = |letter: &str| letter.repeat(40);
    for (name, letter) in [("ann", "a"), ("bob", "b"), ("eve", "e")] {
        server
            .ask("POST", "users", Some(&json!({ "name": name })))
            .ok();
        server
            .ask(
                "PUT",
                &format!("users/{name}/keys"),
                Some(&json!({ "key": key(letter) })),
            )
            .ok();
    }
    let message = server
        .ask("PUT", "teams/t", Some(&json!({ "members": ["an"] })))
        .refused(404);
    assert!(message.contains("did you mean 'ann'?"), "{message}");
    server
        .ask(
            "PUT",
            "teams/t",
            Some(&json!({ "members": ["ann", "bob"] })),
        )
        .ok();
    let run = "projects/t/p/runs/r";
    server
        .with_key(&key("a"), "POST", run, Some(&json!({})))
        .ok();
    assert_eq!(
        server.with_key(&key("b"), "GET", run, None).ok()["user"],
        "ann"
    );
    server.with_key(&key("e"), "GET", run, None).refused(404);
    server
        .with_key(&key("e"), "POST", run, Some(&json!({})))
        .refused(404);
    server.with_key(&key("e"), "DELETE", run, None).refused(404);
    assert_eq!(
        server.with_key(&key("e"), "GET", "projects", None).ok()["projects"],
        json!([])
    );
    assert_eq!(
        server.with_key(&key("b"), "GET", "viewer", None).ok()["teams"],
        json!(["t"])
    );
    assert_eq!(
        server.get("teams").ok()["teams"][0]["members"],
        json!(["ann", "bob"])
    );
    server.ask("DELETE", "users/bob", None).ok();
    // Who is made anew under the name of somebody who left is somebody else.
    server
        .ask("POST", "users", Some(&json!({ "name": "bob" })))
        .ok();
    assert_eq!(
        server.get("teams").ok()["teams"][0]["members"],
        json!(["ann"])
    );
    server.ask("DELETE", "teams/t", None).ok();
    server.with_key(&key("a"), "GET", run, None).refused(404);
    assert_eq!(server.get("teams").ok()["teams"], json!([]));
}

#[test]
fn who_listens_to_others_wants_keys_of_everybody() {
    let server = served_with(|config| config.listen = ([0, 0, 0, 0], 0).into());
    let answer = server.get("viewer");
    assert!(answer.headers.contains_key("www-authenticate"));
    answer.refused(401);
    assert_eq!(
        server.with_key(&server.key, "GET", "viewer", None).ok()["name"],
        "local"
    );
    // Only what says that the server is alive.
    assert_eq!(server.send("GET", "/healthz", &[], None).status, 200);
}
