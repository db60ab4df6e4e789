//! Server-sent events.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::served::{Served, served};

pub struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Connects and waits until the server listens to the store for us.
    pub fn open(server: &Served, query: &str) -> Self {
        Self::open_with(server, query, "")
    }

    fn open_with(server: &Served, query: &str, header: &str) -> Self {
        let host = server.url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(host).unwrap();
        connection
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        let request = format!("GET /api/v1/events{query} HTTP/1.1\r\nHost: {host}\r\n{header}\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        let mut stream = Self(BufReader::new(connection));
        assert!(stream.line().unwrap().starts_with("HTTP/1.1 200"));
        assert_eq!(stream.event().unwrap().0, "ready");
        stream
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = self.0.read_line(&mut line).unwrap();
        (count > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event; `None` when the server ended the stream in order.
    fn event(&mut self) -> Option<(String, Value)> {
        let mut name = String::new();
        loop {
            let line = self.line().expect("the stream was cut off");
            if let Some(found) = line.strip_prefix("event: ") {
                name = found.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((name, serde_json::from_str(data).unwrap()));
            } else if line == "0" {
                // The last chunk (RFC 9112, 7.1).
                return None;
            }
        }
    }

    pub fn until(&mut self, wanted: &str) -> Value {
        loop {
            let (name, data) = self.event().unwrap();
            if name == wanted {
                return data;
            }
        }
    }
}

#[test]
fn a_page_hears_of_its_run_and_of_no_other() {
    let server = served();
    server.begin("a", json!({}));
    let mut page = Stream::open(&server, "?project=local/p&run=a");
    server.begin("b", json!({}));
    server.history("b", &[r#"{"_step":0,"x":1}"#.to_owned()]);
    server.history(
        "a",
        &[r#"{"_step":0,"x":1}"#, r#"{"_step":1,"x":1}"#].map(str::to_owned),
    );
    let data = page.until("lines");
    let wanted =
        json!({ "entity": "local", "project": "p", "run": "a", "stream": "history", "end": 2 });
    assert_eq!(data, wanted);
    server
        .ask(
            "PATCH",
            "projects/local/p/runs/a",
            Some(&json!({ "notes": "x" })),
        )
        .ok();
    assert_eq!(page.until("run")["run"], "a");
    let file = "/api/v1/projects/local/p/runs/a/files/note.txt";
    server.send("PUT", file, &[], Some(b"kept")).ok();
    assert_eq!(page.until("run")["run"], "a", "a file is something of it");
    server.ask("DELETE", "projects/local/p/runs/a", None).ok();
    assert_eq!(page.until("run_deleted")["run"], "a");
}

#[test]
fn a_page_whose_key_is_removed_hears_nothing_more() {
    let server = served();
    let made = server.ask("POST", "keys", Some(&json!({ "description": "page" })));
    let made = made.ok();
    let header = format!(
        "Authorization: Bearer {}\r\n",
        made["key"].as_str().unwrap()
    );
    let mut page = Stream::open_with(&server, "", &header);
    let mut own = Stream::open(&server, "");
    let id = made["id"].as_str().unwrap();
    server.ask("DELETE", &format!("keys/{id}"), None).ok();
    assert_eq!(page.event(), None, "the stream ends in order");
    server.begin("a", json!({}));
    assert_eq!(own.until("run")["run"], "a", "others go on");
}

#[test]
fn who_leaves_a_team_hears_of_it_no_more() {
    let server = served();
    server
        .ask("POST", "users", Some(&json!({ "name": "mia" })))
        .ok();
    server
        .ask("PUT", "teams/lab", Some(&json!({ "members": ["mia"] })))
        .ok();
    let made = server
        .ask("POST", "keys", Some(&json!({ "user": "mia" })))
        .ok();
    let header = format!(
        "Authorization: Bearer {}\r\n",
        made["key"].as_str().unwrap()
    );
    let mut page = Stream::open_with(&server, "", &header);
    let begin = |entity: &str, run: &str| {
        let path = format!("projects/{entity}/p/runs/{run}");
        server.ask("POST", &path, Some(&json!({}))).ok();
    };
    begin("lab", "first");
    assert_eq!(page.until("run")["run"], "first");
    server
        .ask("PUT", "teams/lab", Some(&json!({ "members": [] })))
        .ok();
    begin("lab", "second");
    begin("mia", "third");
    assert_eq!(page.until("run")["run"], "third");
}

#[test]
fn a_run_that_is_older_than_the_server_is_named_when_it_goes() {
    let server = served();
    let mut all = Stream::open(&server, "");
    server.begin("a", json!({}));
    assert_eq!(all.until("run")["run"], "a");
    let mut late = Stream::open(&server, "?project=local/p");
    server.ask("DELETE", "projects/local/p/runs/a", None).ok();
    assert_eq!(late.until("run_deleted")["run"], "a");
}

#[test]
fn open_streams_end_in_order_when_the_server_goes() {
    let mut server = served();
    let mut pages: Vec<Stream> = (0..3).map(|_| Stream::open(&server, "")).collect();
    server.end();
    for page in &mut pages {
        assert_eq!(page.event(), None);
    }
    assert!(!server.folder.join("server.json").exists());
}

#[test]
fn what_a_caller_may_not_see_is_not_heard() {
    let server = served();
    for (name, key) in [("eve", "e".repeat(40)), ("bob", "b".repeat(40))] {
        server
            .ask("POST", "users", Some(&json!({ "name": name })))
            .ok();
        server
            .ask(
                "PUT",
                &format!("users/{name}/keys"),
                Some(&json!({ "key": key })),
            )
            .ok();
    }
    let host = server.url.trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&host).unwrap();
    connection
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let key = "e".repeat(40);
    let request = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).unwrap();
    let mut eve = Stream(BufReader::new(connection));
    assert_eq!(eve.event().unwrap().0, "ready");
    server.begin("secret", json!({}));
    let body = json!({});
    server
        .with_key(
            &"b".repeat(40),
            "POST",
            "projects/bob/q/runs/hers",
            Some(&body),
        )
        .ok();
    server
        .with_key(&key, "POST", "projects/eve/q/runs/own", Some(&body))
        .ok();
    assert_eq!(eve.until("run")["run"], "own");
}

#[test]
fn a_run_without_its_project_is_refused() {
    let server = served();
    server.get("events?run=a").refused(400);
    server.get("events?project=p").refused(400);
}
