//! What must not go through, on every route.

use serde_json::{Value, json};

use crate::served::{Served, served, served_with};

/// Method and address of every route of our own API, with names in place of parameters.
fn routes(server: &Served) -> Vec<(String, String)> {
    let document = server.get("openapi.json").ok();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{entity}", "local")
            .replace("{project}", "p")
            .replace("{run}", "a")
            .replace("{name}", "x")
            .replace("{type}", "x")
            .replace("{version}", "v0")
            .replace("{label}", "x")
            .replace("{id}", "x");
        routes.extend(
            item.as_object()
                .unwrap()
                .keys()
                .map(|method| (method.to_uppercase(), path.clone())),
        );
    }
    assert!(
        !routes.iter().any(|(_, path)| path.contains('{')),
        "{routes:?}"
    );
    assert!(routes.len() > 55, "{}", routes.len());
    routes
}

#[test]
fn pages_of_others_are_refused_on_every_route() {
    let server = served();
    server.begin("a", json!({}));
    let mut all = routes(&server);
    let others = ["/healthz", "/ready", "/api/v1/openapi.json", "/api/v1/none"];
    all.extend(others.map(|path| ("GET".to_owned(), path.to_owned())));
    all.push(("POST".to_owned(), "/graphql".to_owned()));
    all.push(("OPTIONS".to_owned(), "/api/v1/viewer".to_owned()));
    for (method, path) in all {
        for header in [
            ("origin", "https://example.com"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let body = (method != "GET" && method != "DELETE").then_some(&b"{}"[..]);
            let answer = server.send(&method, &path, &[header], body);
            assert!(!answer.headers.contains_key("access-control-allow-origin"));
            let message = answer.refused(403);
            assert!(message.contains("refused"), "{method} {path}: {message}");
        }
    }
    assert_eq!(
        server.get("projects/local/p/runs/a").ok()["is_stop_requested"],
        false
    );
}

#[test]
fn names_that_only_look_like_this_machine_are_no_pass() {
    let server = served();
    let rebound = server.send(
        "GET",
        "/api/v1/viewer",
        &[("host", "evil.example:80")],
        None,
    );
    rebound.refused(401);
    // A proxy on this machine that speaks for others.
    for header in ["x-forwarded-for", "x-real-ip", "forwarded", "via"] {
        let forwarded = server.send("GET", "/api/v1/viewer", &[(header, "10.1.2.3")], None);
        forwarded.refused(401);
    }
}

#[test]
fn read_only_keys_change_nothing_on_any_route() {
    let server = served();
    server.begin("a", json!({}));
    let made = server
        .ask("POST", "keys", Some(&json!({ "is_read_only": true })))
        .ok();
    let key = made["key"].as_str().unwrap();
    for (method, path) in routes(&server) {
        let path = path.trim_start_matches("/api/v1/");
        // Asks with a body, and changes nothing.
        let is_question = method == "GET" || path.ends_with("/buckets");
        if is_question {
            continue;
        }
        let message = server
            .with_key(key, &method, path, Some(&json!({})))
            .refused(403);
        assert!(
            message.contains("may only read"),
            "{method} {path}: {message}"
        );
    }
    let asked = json!({ "runs": ["a"], "keys": ["x"] });
    server
        .with_key(key, "POST", "projects/local/p/buckets", Some(&asked))
        .ok();
    assert_eq!(
        server.with_key(key, "GET", "viewer", None).ok()["is_read_only"],
        true
    );
    assert_eq!(
        server
            .with_key(key, "GET", "projects/local/p/runs/a", None)
            .ok()["is_writable"],
        false
    );
}

#[test]
fn wrong_keys_are_refused_on_every_route_and_then_have_to_wait() {
    let server = served_with(|config| config.limits.wrong_keys_per_minute = 1_000);
    for (method, path) in routes(&server) {
        let path = path.trim_start_matches("/api/v1/");
        server
            .with_key(&"w".repeat(40), &method, path, Some(&json!({})))
            .refused(401);
    }
    let server = served_with(|config| config.limits.wrong_keys_per_minute = 3);
    for _ in 0..3 {
        server.with_key("wrong", "GET", "viewer", None).refused(401);
    }
    let answer = server.with_key("wrong", "GET", "viewer", None);
    assert!(
        answer.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse::<u64>()
            .unwrap()
            > 0
    );
    answer.refused(429);
    // Who has a right one is not kept waiting for others.
    server.with_key(&server.key, "GET", "viewer", None).ok();
}

#[test]
fn paths_lead_nowhere_else() {
    let server = served();
    server.begin("a", json!({}));
    for name in [
        "..%2F..%2Fserver.json",
        "%2e%2e/%2e%2e/server.json",
        "%2Fetc%2Fpasswd",
        "a%00b",
        "a%5C..%5C..%5Cb",
    ] {
        let answer = server.get(&format!("projects/local/p/runs/a/files/{name}"));
        assert!([400, 404].contains(&answer.status), "{name}: {answer:?}");
        assert!(!answer.text.contains("pid"), "{name}");
    }
    for path in [
        "projects/..%2F../p",
        "projects/local/..",
        "projects/local/p/runs/..%2Fb",
        "projects/%FF/p",
        "projects/local/p/runs/%C0%AE",
    ] {
        let answer = server.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
    }
    for run in ["..", "a%2Fb", "a%00", "%0A", "%3Fx", &"x".repeat(200)] {
        server
            .ask(
                "POST",
                &format!("projects/local/p/runs/{run}"),
                Some(&json!({})),
            )
            .refused(400);
    }
}

#[test]
fn giant_and_deep_bodies_are_refused() {
    let server = served_with(|config| config.limits.body_bytes = 2 << 20);
    server.begin("a", json!({}));
    let path = "/api/v1/projects/local/p/runs/a";
    let large = json!({ "notes": "x".repeat(3 << 20) }).to_string();
    server
        .send("PATCH", path, &[], Some(large.as_bytes()))
        .refused(413);
    server
        .send("POST", path, &[], Some(large.as_bytes()))
        .refused(413);
    server
        .send(
            "POST",
            &format!("{path}/lines"),
            &[],
            Some(large.as_bytes()),
        )
        .refused(413);
    let deep = format!(
        "{{\"config\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (method, path) in [
        ("PATCH", path.to_owned()),
        ("POST", path.to_owned()),
        ("POST", format!("{path}/lines")),
        ("POST", "/api/v1/projects/local/p/buckets".to_owned()),
    ] {
        server
            .send(method, &path, &[], Some(deep.as_bytes()))
            .refused(400);
    }
    let deep = "%5B".repeat(2_000);
    server
        .get(&format!("projects/local/p/runs?filters={deep}"))
        .refused(400);
    let not = "%7B%22%24not%22%3A".repeat(500);
    server
        .get(&format!("projects/local/p/runs?filters={not}"))
        .refused(400);
    server.get("projects/local/p/runs/a").ok();
}

#[test]
fn texts_of_any_kind_are_kept_or_refused_but_never_believed() {
    let server = served();
    let hostile = [
        "'; DROP TABLE runs; --",
        "\" OR 1=1 --",
        "a\u{0}b",
        "\u{202e}evil\u{200b}",
        "<script>alert(1)</script>",
        "%s%n{}${jndi:x}",
        "𝔘𝔫𝔦\u{300}\u{10ffff}",
    ];
    for (number, text) in hostile.iter().enumerate() {
        let run = format!("r{number}");
        server.begin(&run, json!({ "config": { *text: 1 }, "summary": { *text: *text }, "tags": [text], "notes": text, "display_name": text }));
        let shown = server.get(&format!("projects/local/p/runs/{run}")).ok();
        assert_eq!(
            (&shown["notes"], &shown["tags"][0]),
            (&json!(text), &json!(text))
        );
        assert_eq!(shown["config"][text], 1);
        for filter in [
            json!({ "display_name": text }),
            json!({ "tags": { "$in": [text] } }),
            json!({ format!("config.{text}"): 1 }),
            json!({ format!("summary_metrics.{text}"): text }),
        ] {
            let found = filtered(&server, &filter, &format!("-config.{text}"));
            let names: Vec<&Value> = found["runs"]
                .as_array()
                .unwrap()
                .iter()
                .map(|run| &run["name"])
                .collect();
            assert_eq!(names, [&json!(run)], "{filter}");
        }
    }
    assert_eq!(
        server.get("projects/local/p/runs").ok()["total"],
        hostile.len()
    );
    // Half of a surrogate pair is no text.
    let answer = server.send(
        "PATCH",
        "/api/v1/projects/local/p/runs/r0",
        &[],
        Some(br#"{"notes":"\ud800"}"#),
    );
    answer.refused(400);
}

fn filtered(server: &Served, filter: &Value, order: &str) -> Value {
    let encoded =
        |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
    let (filter, order) = (encoded(&filter.to_string()), encoded(order));
    server
        .get(&format!(
            "projects/local/p/runs?filters={filter}&order={order}"
        ))
        .ok()
}
