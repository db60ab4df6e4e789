//! Dashboards as YAML.

use serde_json::json;

use crate::served::{Answered, Served, served};

const PATH: &str = "projects/local/p/dashboards";

fn put(server: &Served, name: &str, yaml: &str) -> Answered {
    server.send(
        "PUT",
        &format!("/api/v1/{PATH}/{name}"),
        &[],
        Some(yaml.as_bytes()),
    )
}

fn monitored() -> Served {
    let server = served();
    server.begin("a", json!({}));
    let row = r#"{"_step":0,"train/loss":1,"dataset/gsm8k/accuracy":0.5,"val/gsm8k/accuracy":0.4,"judge/success_rate":1}"#;
    server.history("a", &[row.to_owned()]);
    server
}

#[test]
fn dashboards_are_kept_as_they_were_sent_and_explained() {
    let server = monitored();
    let yaml = "title: Mine # a comment\ndatasets: [gsm8k]\npanels:\n  - {type: line, title: Loss, metrics: [train/*, train/los]}\n";
    let kept = put(&server, "mine", yaml).ok();
    assert_eq!(kept["yaml"], yaml);
    let panel = &kept["panels"][0];
    assert_eq!(
        (&panel["type"], &panel["found"]),
        (&json!("line"), &json!(["train/loss"]))
    );
    let warnings = kept["warnings"].as_array().unwrap();
    let first = warnings[0].as_str().unwrap();
    assert!(
        first.contains("'train/los'; nearest: train/loss"),
        "{first}"
    );
    let panels = kept["panels"].as_array().unwrap();
    assert!(
        panels
            .iter()
            .any(|panel| panel["metrics"] == json!(["val/gsm8k/*"]))
    );
    assert_eq!(server.get(&format!("{PATH}/mine")).ok(), kept);
    let list = server.get(PATH).ok();
    assert_eq!(list["dashboards"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &list["dashboards"][0]["title"],
            &list["dashboards"][0]["is_made"]
        ),
        (&json!("Mine"), &json!(false))
    );
    let message = server.get(&format!("{PATH}/min")).refused(404);
    assert!(message.contains("did you mean 'mine'?"), "{message}");
    server.ask("DELETE", &format!("{PATH}/mine"), None).ok();
    server
        .ask("DELETE", &format!("{PATH}/mine"), None)
        .refused(404);
}

#[test]
fn what_is_no_dashboard_is_refused_with_its_line() {
    let server = monitored();
    let message = put(&server, "x", "panels:\n  - type: lien\n    metrics: [a]\n").refused(400);
    assert!(
        message.contains("line 2") && message.contains("did you mean 'line'?"),
        "{message}"
    );
    put(&server, "a%2Fb", "datasets: [a]").refused(400);
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\npanels: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n";
    put(&server, "x", bomb).refused(400);
    put(&server, "x", &format!("panels: {}", "[".repeat(50_000))).refused(400);
    put(&server, "x", &format!("title: {}", "x".repeat(2 << 20))).refused(413);
    let bytes = server.send(
        "PUT",
        &format!("/api/v1/{PATH}/x"),
        &[],
        Some(&[0xff, 0xfe]),
    );
    bytes.refused(400);
}

#[test]
fn a_project_without_any_has_one_for_the_monitoring_keys() {
    let server = monitored();
    let list = server.get(PATH).ok();
    assert_eq!(
        (
            &list["dashboards"][0]["name"],
            &list["dashboards"][0]["is_made"]
        ),
        (&json!("monitoring"), &json!(true))
    );
    let made = server.get(&format!("{PATH}/monitoring")).ok();
    assert_eq!(made["datasets"], json!(["gsm8k"]));
    assert_eq!(made["warnings"], json!([]));
    let yaml = made["yaml"].as_str().unwrap();
    let kept = put(&server, "monitoring", yaml).ok();
    assert_eq!(
        (&kept["is_made"], &kept["panels"]),
        (&json!(false), &made["panels"])
    );

    let plain = served();
    plain.begin("a", json!({}));
    plain.history("a", &[r#"{"loss":1}"#.to_owned()]);
    assert_eq!(plain.get(PATH).ok()["dashboards"], json!([]));
    plain.get(&format!("{PATH}/monitoring")).refused(404);
}

fn put_if(server: &Served, header: (&str, &str), yaml: &str) -> Answered {
    let path = format!("/api/v1/{PATH}/shared");
    server.send("PUT", &path, &[header], Some(yaml.as_bytes()))
}

fn titled(title: &str) -> String {
    format!("title: {title}\npanels:\n  - {{type: line, metrics: [train/loss]}}\n")
}

#[test]
fn of_two_saves_of_what_was_read_the_second_is_refused() {
    let server = monitored();
    let version =
        |answer: &serde_json::Value| format!("\"{}\"", answer["version"].as_str().unwrap());
    let made = server.get(&format!("{PATH}/monitoring")).ok();
    assert_eq!(made["version"], json!(null), "it is not kept");
    let first = put_if(&server, ("if-none-match", "*"), &titled("first")).ok();
    put_if(&server, ("if-none-match", "*"), &titled("other")).refused(412);
    let second = put_if(&server, ("if-match", &version(&first)), &titled("second")).ok();
    let message = put_if(&server, ("if-match", &version(&first)), &titled("third")).refused(412);
    assert!(message.contains("saved by local meanwhile"), "{message}");
    assert_eq!(server.get(&format!("{PATH}/shared")).ok(), second);
    let weak = format!("W/{}", version(&second));
    put_if(&server, ("if-match", &weak), &titled("weak")).refused(400);
    put_if(&server, ("if-none-match", "\"x\""), &titled("x")).refused(400);
    let several = format!("\"x\", {}", version(&second));
    put_if(&server, ("if-match", &several), &titled("third")).ok();
    put_if(&server, ("if-match", "*"), &titled("fourth")).ok();
    put(&server, "shared", &titled("fifth")).ok();
    server.ask("DELETE", &format!("{PATH}/shared"), None).ok();
    let message = put_if(&server, ("if-match", "*"), &titled("sixth")).refused(412);
    assert!(message.contains("removed meanwhile"), "{message}");
}

#[test]
fn of_many_saves_at_one_moment_one_takes_place() {
    let server = monitored();
    let base = put(&server, "shared", &titled("base")).ok();
    let version = format!("\"{}\"", base["version"].as_str().unwrap());
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let (server, version) = (&server, version.as_str());
        let save = |number: usize| {
            let yaml = titled(&format!("of {number}"));
            put_if(server, ("if-match", version), &yaml).status
        };
        let saves: Vec<_> = (0..8)
            .map(|number| scope.spawn(move || save(number)))
            .collect();
        saves.into_iter().map(|save| save.join().unwrap()).collect()
    });
    let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(200), count(412)), (1, 7), "{statuses:?}");
}
