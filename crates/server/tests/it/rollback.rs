//! An alias moved back through a page: by whom, when, and what is recorded.

use std::sync::{Arc, Mutex};

use gradus_schema::registry::{AliasEvent, AliasMove, held};
use gradus_server::{MovesAliases, Obstacle, RecordedRegistry, RegistryFolders, RolledBack};
use serde_json::{Map, Value, json};

use crate::cycle_files::{holder_of, promoted};
use crate::live::Stream;
use crate::reports::put;
use crate::served::{Answered, Served, served, served_with};

const CHAMPIONS: &str = "projects/local/p/champions";
const ROLLBACK: &str = "projects/local/p/champions/r1/rollback";

/// A folder that the server reaches: what is in it, and what stands against touching it.
#[derive(Clone, Default)]
struct Folder(Arc<Mutex<(Vec<u8>, Option<Obstacle>)>>);

impl Folder {
    fn set(&self, history: &[u8]) {
        self.0.lock().unwrap().0 = history.to_vec();
    }

    fn blocked(&self, obstacle: Option<Obstacle>) {
        self.0.lock().unwrap().1 = obstacle;
    }

    fn history(&self) -> Vec<u8> {
        self.0.lock().unwrap().0.clone()
    }
}

impl MovesAliases for Folder {
    fn check(&self, recorded: &RecordedRegistry) -> Result<(), Obstacle> {
        assert_eq!(recorded.task_dir, "/t");
        let (history, obstacle) = self.0.lock().unwrap().clone();
        match (obstacle, history == recorded.history) {
            (Some(obstacle), _) => Err(obstacle),
            (None, true) => Ok(()),
            (None, false) => Err(Obstacle::MovedOn),
        }
    }

    fn check_alias(&self, _: &RecordedRegistry, _: &str) -> Result<(), Obstacle> {
        Ok(())
    }

    fn roll_back(&self, recorded: &RecordedRegistry, alias: &str) -> Result<RolledBack, Obstacle> {
        self.check(recorded)?;
        let text = String::from_utf8(self.history()).unwrap();
        let events = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let mut holders = held(&events.collect::<Vec<AliasEvent>>(), alias);
        let (from, to) = (holders.pop(), holders.pop().unwrap());
        let event = AliasEvent {
            at_unix_secs: 300,
            action: AliasMove::Rollback,
            alias: alias.to_owned(),
            from,
            to: to.clone(),
        };
        let history = format!("{text}{}\n", serde_json::to_string(&event).unwrap());
        self.set(history.as_bytes());
        let file = serde_json::to_vec(&to).unwrap();
        Ok(RolledBack {
            files: vec![
                (format!("{alias}.json"), file),
                ("history.jsonl".to_owned(), history.into_bytes()),
            ],
            summary: Map::from_iter([(format!("registry/{alias}"), Value::from(to.model))]),
        })
    }
}

/// `first`, then `second`, then `third` are promoted; the folder holds the same.
fn record(server: &Served, folder: &Folder) {
    let history = promoted(&["first", "second", "third"]);
    server.begin(
        "r1",
        json!({ "job_type": "registry", "config": { "task": "tiny", "task_dir": "/t" } }),
    );
    server.summary(
        "r1",
        &json!({ "registry/champion": "third", "registry/looks": 4 }),
    );
    put(server, "r1", "history.jsonl", history.as_bytes());
    folder.set(history.as_bytes());
}

fn server_with(folder: &Folder) -> Served {
    let folders = RegistryFolders::new(folder.clone());
    let server = served_with(|config| config.registry_folders = Some(folders));
    record(&server, folder);
    server
}

fn wanted(from: &str) -> Value {
    json!({ "alias": "champion", "from": holder_of(from)["decision"] })
}

fn roll_back(server: &Served, from: &str) -> Answered {
    server.ask("POST", ROLLBACK, Some(&wanted(from)))
}

fn offer(server: &Served) -> Value {
    let found = server.get(CHAMPIONS).ok();
    found["registries"][0]["aliases"][0]["rollback"].clone()
}

#[test]
fn the_alias_moves_in_the_folder_and_the_record_follows() {
    let folder = Folder::default();
    let server = server_with(&folder);
    assert_eq!(
        offer(&server),
        json!({ "possible": true, "why": null, "command": "gradus rollback /t" })
    );
    let mut live = Stream::open(&server, "?project=local/p");
    let moved = roll_back(&server, "third").ok();
    assert_eq!(live.until("run")["run"], "r1");
    assert_eq!(moved["aliases"][0]["holder"]["holder"], holder_of("second"));
    assert_eq!(moved["aliases"][0]["since_unix_ms"], 300_000);
    assert_eq!(moved["history"][0]["event"]["action"], "rollback");
    let found = server.get(CHAMPIONS).ok();
    assert_eq!(found["registries"][0], moved);
    let run = server.get("projects/local/p/runs/r1").ok();
    assert_eq!(
        run["summary"],
        json!({ "registry/champion": "second", "registry/looks": 4 })
    );
    let names = server.get("projects/local/p/runs/r1/files").ok();
    assert_eq!(names["files"][0]["name"], "champion.json");
    // By the hash of the rows, and on to whom the page names.
    let rows = holder_of("second")["rows_sha256"].clone();
    let body = json!({ "alias": "champion", "from": rows, "to": holder_of("first")["decision"] });
    let moved = server.ask("POST", ROLLBACK, Some(&body)).ok();
    assert_eq!(moved["aliases"][0]["holder"]["holder"]["model"], "first");
    assert_eq!(
        moved["aliases"][0]["rollback"],
        json!({ "possible": false, "why": "nobody held it before", "command": null })
    );
    let message = roll_back(&server, "first").refused(409);
    assert!(message.contains("nobody held it before"), "{message}");
}

#[test]
fn what_is_not_as_the_page_shows_it_is_not_moved() {
    let folder = Folder::default();
    let server = server_with(&folder);
    let before = folder.history();
    let message = roll_back(&server, "second").refused(409);
    assert!(message.contains("held by third by now"), "{message}");
    let mut elsewhere = wanted("third");
    elsewhere["to"] = json!("cycles/0009/decision");
    let message = server.ask("POST", ROLLBACK, Some(&elsewhere)).refused(409);
    assert!(message.contains("leads back to second by now"), "{message}");
    let other = json!({ "alias": "champoin", "from": "x" });
    let message = server.ask("POST", ROLLBACK, Some(&other)).refused(404);
    assert!(message.contains("did you mean 'champion'"), "{message}");
    let unknown = json!({ "alias": "champion", "form": "x" });
    let message = server.ask("POST", ROLLBACK, Some(&unknown)).refused(400);
    assert!(message.contains("did you mean 'from'"), "{message}");
    server.begin("plain", json!({}));
    let path = ROLLBACK.replace("r1", "plain");
    let message = server
        .ask("POST", &path, Some(&wanted("third")))
        .refused(404);
    assert!(message.contains("is no registry"), "{message}");
    assert_eq!(folder.history(), before);
    // Of two who ask for the same, the second finds it done.
    roll_back(&server, "third").ok();
    roll_back(&server, "third").refused(409);
}

#[test]
fn a_folder_that_is_not_as_it_was_recorded_is_left_alone() {
    let folder = Folder::default();
    let server = server_with(&folder);
    let moved_on = promoted(&["first", "second", "third", "fourth"]);
    folder.set(moved_on.as_bytes());
    let message = roll_back(&server, "third").refused(409);
    assert!(
        message.ends_with("record it first: gradus champions /t"),
        "{message}"
    );
    let told = offer(&server);
    assert_eq!(
        (&told["possible"], &told["command"]),
        (&json!(false), &json!("gradus champions /t"))
    );
    folder.blocked(Some(Obstacle::NotHere("it is elsewhere".to_owned())));
    assert_eq!(roll_back(&server, "third").refused(409), "it is elsewhere");
    assert_eq!(
        offer(&server),
        json!({ "possible": false, "why": "it is elsewhere", "command": "gradus rollback /t" })
    );
    folder.blocked(Some(Obstacle::Busy));
    let busy = roll_back(&server, "third");
    assert_eq!(busy.headers["retry-after"], "1");
    busy.refused(503);
    assert_eq!(folder.history(), moved_on.as_bytes());
}

#[test]
fn a_server_without_folders_says_what_to_enter_where_they_are() {
    let server = served();
    record(&server, &Folder::default());
    let told = offer(&server);
    assert_eq!(
        (&told["possible"], &told["command"]),
        (&json!(false), &json!("gradus rollback /t"))
    );
    roll_back(&server, "third").refused(501);
}

#[test]
fn others_need_to_be_administrators_where_others_get_in() {
    let folder = Folder::default();
    let server = server_with(&folder);
    let ann = json!({ "name": "ann" });
    server.ask("POST", "users", Some(&ann)).ok();
    let key = server
        .ask("POST", "keys", Some(&json!({ "user": "ann" })))
        .ok();
    let ann = format!("Bearer {}", key["key"].as_str().unwrap());
    let team = json!({ "members": ["ann", "local"] });
    server.ask("PUT", "teams/us", Some(&team)).ok();
    let path = "projects/us/p/runs/r1";
    let registry =
        json!({ "job_type": "registry", "config": { "task": "tiny", "task_dir": "/t" } });
    server.ask("POST", path, Some(&registry)).ok();
    let history = folder.history();
    let file = format!("/api/v1/{path}/files/history.jsonl");
    server.send("PUT", &file, &[], Some(&history)).ok();

    // Through a proxy on this machine, which speaks for others.
    let forwarded = ("x-forwarded-for", "10.1.2.3");
    let ask = |key: &str, method: &str, path: &str, body: Option<&Value>| {
        let body = body.map(Value::to_string);
        let headers = [forwarded, ("authorization", key)];
        let body = body.as_deref().map(str::as_bytes);
        server.send(method, &format!("/api/v1/{path}"), &headers, body)
    };
    let rollback = "projects/us/p/champions/r1/rollback";
    let message = ask(&ann, "POST", rollback, Some(&wanted("third"))).refused(403);
    assert!(message.contains("administrator"), "{message}");
    let found = ask(&ann, "GET", "projects/us/p/champions", None).ok();
    let told = &found["registries"][0]["aliases"][0]["rollback"];
    assert_eq!(told["possible"], false);
    assert!(told["why"].as_str().unwrap().contains("administrator"));
    assert_eq!(folder.history(), history);
    let admin = format!("Bearer {}", server.key);
    ask(&admin, "POST", rollback, Some(&wanted("third"))).ok();

    // Nobody else's registry, and none with a key that only reads.
    ask(&ann, "POST", ROLLBACK, Some(&wanted("third"))).refused(404);
    let read_only = json!({ "is_read_only": true });
    let made = server.ask("POST", "keys", Some(&read_only)).ok();
    let key = made["key"].as_str().unwrap();
    let found = server.with_key(key, "GET", CHAMPIONS, None).ok();
    let told = &found["registries"][0]["aliases"][0]["rollback"];
    assert_eq!(told["possible"], false);
    assert_eq!(told["why"], "this API key may only read");
}
