//! What a browser gets: the web app at every address that no program asks for.

use crate::served::{Answered, Served, served, served_with};

const BROWSER: [(&str, &str); 3] = [
    ("accept", "text/html,application/xhtml+xml,*/*;q=0.8"),
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
];

fn visit(server: &Served, path: &str, more: &[(&str, &str)]) -> Answered {
    server.send("GET", path, &[&BROWSER, more].concat(), None)
}

fn header<'a>(answer: &'a Answered, name: &str) -> &'a str {
    let value = answer.headers.get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

#[test]
fn every_address_of_the_web_app_is_a_page() {
    let server = served();
    for path in ["/", "/me", "/me/trials/runs/ab12?tab=console", "/settings"] {
        let page = visit(&server, path, &[]);
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&page, "cache-control"), "no-cache");
        let policy = header(&page, "content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(page.text.contains("gradus"), "{path}");
    }
}

#[test]
fn programs_get_no_page_where_nothing_answers() {
    let server = served();
    let json = [("accept", "application/json")];
    let refused = |answer: Answered| answer.refused(404);
    assert!(refused(visit(&server, "/api/v1/none", &[])).contains("/api/v1/none"));
    refused(visit(&server, "/assets/none.js", &[]));
    refused(visit(&server, "/files/a/b/c/none", &[]));
    refused(server.send("GET", "/me/trials", &json, None));
    refused(server.send("GET", "/me/trials", &[], None));
    refused(server.send("POST", "/me/trials", &BROWSER, Some(b"{}")));
    for path in ["/..%2f..%2fCargo.toml", "/%2e%2e/Cargo.toml", "/.built-of"] {
        let answer = server.send("GET", path, &json, None);
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
    }
}

#[test]
fn a_link_on_another_site_leads_here_and_its_frames_and_scripts_do_not() {
    let server = served();
    let foreign = ("sec-fetch-site", "cross-site");
    assert_eq!(visit(&server, "/me/trials", &[foreign]).status, 200);
    let frame = [
        foreign,
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "iframe"),
        ("accept", "text/html"),
    ];
    server.send("GET", "/me/trials", &frame, None).refused(403);
    let script = [foreign, ("sec-fetch-mode", "no-cors")];
    server
        .send("GET", "/api/v1/viewer", &script, None)
        .refused(403);
}

#[test]
fn a_page_that_lacks_a_key_asks_for_it_itself() {
    let server = served_with(|config| config.external_url = Some("http://box:8080".into()));
    let host = ("host", "box:8080");
    let program = server.send("GET", "/api/v1/viewer", &[host], None);
    assert!(header(&program, "www-authenticate").starts_with("Basic"));
    program.refused(401);
    let page = [host, ("sec-fetch-mode", "cors")];
    let page = server.send("GET", "/api/v1/viewer", &page, None);
    assert_eq!(header(&page, "www-authenticate"), "");
    page.refused(401);
}
