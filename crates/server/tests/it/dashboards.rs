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
