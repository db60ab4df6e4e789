//! Evaluations, their rows, and comparisons of them.

use serde_json::json;

use crate::reports::{Report, around, put};
use crate::served::{served, served_with};

#[test]
fn a_report_folder_is_listed_shown_and_read_row_by_row() {
    let server = served();
    let mut predictions = around(1.0, 8);
    predictions[3] = None;
    Report::new("tiny-model", &predictions).record(&server, "a");
    // A run with another file of that name is shown as what it is.
    server.begin("b", json!({ "job_type": "eval" }));
    put(&server, "b", "eval_summary.json", b"[]");

    let listed = server.get("projects/local/p/evaluations").ok();
    assert_eq!(listed["total"], 2);
    let (other, ours) = (&listed["evaluations"][0], &listed["evaluations"][1]);
    assert!(
        other["problem"].as_str().unwrap().contains("no report"),
        "{other}"
    );
    assert_eq!(other["report"], json!(null));
    assert_eq!(ours["run"]["name"], "a");
    assert_eq!(ours["report"]["task"], "tiny");
    assert_eq!(ours["report"]["answered_by"]["model"], "tiny-model");
    let primary = &ours["report"]["primary"];
    assert_eq!(primary["name"], "mae_penalised");
    assert_eq!(
        (&primary["metric"]["n"], &primary["undefined_because"]),
        (&json!(8), &json!(null))
    );
    let frozen = server
        .get("projects/local/p/evaluations?split=frozen&task=tiny")
        .ok();
    assert_eq!(frozen["total"], 1);
    assert_eq!(
        server.get("projects/local/p/evaluations?split=dev").ok()["total"],
        0
    );

    let shown = server.get("projects/local/p/evaluations/a").ok();
    assert_eq!(
        shown["report"]["metrics"]["strict_valid_rate"]["value"],
        0.875
    );
    assert_eq!(
        shown["rows"]["tokens"],
        json!({ "prompt": 80, "completion": 32, "forced": 8 })
    );
    assert_eq!(shown["rows"]["failures"], json!({ "no_json_start": 1 }));
    assert_eq!(shown["rows"]["strata"], json!({ "even": 4, "odd": 4 }));
    assert_eq!(shown["rows"]["problem"], json!(null));

    let worst = server
        .get("projects/local/p/evaluations/a/rows?limit=3")
        .ok();
    assert_eq!(
        (&worst["total"], &worst["next_offset"]),
        (&json!(8), &json!(3))
    );
    assert_eq!(worst["rows"][0]["row"]["id"], "row-3");
    assert_eq!(worst["rows"][0]["primary"], 5.0);
    assert_eq!(
        worst["rows"][0]["row"]["constrained"]["failure"],
        "no_json_start"
    );
    let odd = server
        .get("projects/local/p/evaluations/a/rows?order=id&stratum=odd&failure=none&offset=1")
        .ok();
    let ids: Vec<_> = odd["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["row"]["id"])
        .collect();
    assert_eq!(ids, ["row-5", "row-7"]);
    assert_eq!(odd["next_offset"], json!(null));
    let one = server.get("projects/local/p/evaluations/a/rows/row-2").ok();
    assert_eq!(one["row"]["messages"][0]["content"], "rate this");
    assert_eq!(one["row"]["target"], json!({ "x": 5 }));
}

#[test]
fn names_that_are_not_there_are_answered_with_the_nearest() {
    let server = served();
    Report::new("m", &around(1.0, 6)).record(&server, "a");
    server.begin("plain", json!({}));
    for (path, status, words) in [
        ("evaluations/none", 404, "not found"),
        ("evaluations/plain", 404, "no evaluation"),
        ("evaluations/a/rows/row-33", 404, "did you mean 'row-3'?"),
        (
            "evaluations/a/rows?stratum=evn",
            400,
            "did you mean 'even'?",
        ),
        (
            "evaluations/a/rows?failure=non",
            400,
            "did you mean 'none'?",
        ),
        (
            "evaluations/a/rows?order=wurst",
            400,
            "did you mean 'worst'?",
        ),
        (
            "evaluations/a/rows?ordr=worst",
            400,
            "did you mean 'order'?",
        ),
        ("evaluations?split=frozn", 400, "frozen"),
        ("compare?base=a", 400, "1 to 20 candidates"),
        ("compare?bas=a&candidate=a", 400, "did you mean 'base'?"),
        ("compare?base=a&candidate=x", 404, "not found"),
        (
            "compare/rows?base=a&candidate=a&kind=gaind",
            400,
            "did you mean 'gained'?",
        ),
    ] {
        let message = server
            .get(&format!("projects/local/p/{path}"))
            .refused(status);
        assert!(message.contains(words), "{path}: {message}");
    }
}

#[test]
fn two_evaluations_are_compared_and_shown_side_by_side() {
    let server = served();
    let mut worse = around(3.0, 60);
    worse[4] = None;
    Report::new("before", &worse).record(&server, "base");
    let mut better = around(1.0, 60);
    better[0] = Some(0.0);
    Report::new("after", &better).record(&server, "candidate");
    let mut baseline = Report::new("constant", &around(4.0, 60));
    baseline.backend = "baseline";
    baseline.record(&server, "constant");

    let path = "projects/local/p/compare?base=base&candidate=candidate&candidate=local/p/constant";
    let compared = server.get(path).ok();
    let first = &compared["candidates"][0];
    assert_eq!(first["verdict"], "better");
    assert_eq!(first["refused"], json!(null));
    let comparison = &first["comparison"];
    assert_eq!(comparison["rows_compared"], 60);
    assert!(comparison["primary"]["improvement"].as_f64().unwrap() > 1.0);
    assert!(
        comparison["power"]["detectable_improvement"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert!(
        comparison["skill"]["constant"]["candidate"]
            .as_f64()
            .unwrap()
            > 0.5
    );
    assert_eq!(comparison["flips"]["worst"][0]["row"], "row-0");
    assert_eq!(first["references"][0]["name"], "constant");
    assert_eq!(compared["candidates"][1]["verdict"], "worse");
    assert_eq!(server.get(path).ok(), compared, "what was kept is the same");

    let rows = |kind: &str| {
        let path =
            format!("projects/local/p/compare/rows?base=base&candidate=candidate&kind={kind}");
        server.get(&path).ok()
    };
    let lost = rows("lost");
    assert_eq!(lost["total"], 1);
    let row = &lost["rows"][0];
    assert_eq!(
        (&row["id"], &row["improvement"]),
        (&json!("row-0"), &json!(-3.5))
    );
    assert!(
        row["candidate"]["constrained"]["raw"]
            .as_str()
            .unwrap()
            .contains("by after")
    );
    assert!(
        row["base"]["constrained"]["raw"]
            .as_str()
            .unwrap()
            .contains("by before")
    );
    assert_eq!(rows("mended")["rows"][0]["id"], "row-4");
    assert_eq!(rows("both_wrong")["total"], 0);
    let gained = rows("gained&limit=2");
    assert_eq!(
        (&gained["total"], &gained["next_offset"]),
        (&json!(59), &json!(2))
    );
}

#[test]
fn a_refused_comparison_shows_reasons_and_who_answered_and_nothing_else() {
    let server = served();
    Report::new("before", &around(3.0, 60)).record(&server, "base");
    let mut served_by_others = Report::new("after", &around(1.0, 60));
    served_by_others.served_by_others = 40;
    served_by_others.record(&server, "candidate");
    let listed = server.get("projects/local/p/evaluations/candidate").ok();
    assert_eq!(listed["primary"]["metric"]["value"], json!(null));
    assert!(
        listed["primary"]["undefined_because"]
            .as_str()
            .unwrap()
            .contains("33.3 %")
    );

    let compared = server
        .get("projects/local/p/compare?base=base&candidate=candidate")
        .ok();
    let found = &compared["candidates"][0];
    assert_eq!(found["verdict"], "refused");
    assert_eq!(found["comparison"], json!(null));
    let refused = &found["refused"];
    assert_eq!(refused["refusals"][0]["code"], "not_served_as_requested");
    assert_eq!(refused["candidate"]["n_served_as_requested"], 20);
    assert_eq!(
        refused["candidate"]["served_by"].as_object().unwrap().len(),
        2
    );
    let text = found.to_string();
    for figure in [
        "effect",
        "improvement",
        "primary",
        "mae",
        "interval",
        "n_valid",
    ] {
        assert!(!text.contains(figure), "{figure} in {text}");
    }
    let message = server
        .get("projects/local/p/compare/rows?base=base&candidate=candidate")
        .refused(400);
    assert!(message.contains("may not be compared"), "{message}");
}

#[test]
fn rows_that_are_not_the_reports_can_be_looked_at_and_not_compared() {
    let server = served();
    Report::new("m", &around(1.0, 12)).record(&server, "a");
    let other = Report::new("m", &around(2.0, 12));
    other.record(&server, "b");
    put(
        &server,
        "b",
        "rows.jsonl",
        Report::new("m", &around(1.0, 12)).rows().as_bytes(),
    );
    let shown = server.get("projects/local/p/evaluations/b").ok();
    assert!(
        shown["rows"]["problem"]
            .as_str()
            .unwrap()
            .contains("evaluate again"),
        "{shown}"
    );
    server.get("projects/local/p/evaluations/b/rows").ok();
    let message = server
        .get("projects/local/p/compare?base=a&candidate=b")
        .refused(400);
    assert!(message.contains("local/p/b can't be compared"), "{message}");
    put(&server, "b", "rows.jsonl", b"{\"id\": 3}\n");
    let message = server.get("projects/local/p/evaluations/b").refused(400);
    assert!(
        message.contains("line 1 of rows.jsonl of local/p/b"),
        "{message}"
    );
}

#[test]
fn hostile_and_huge_rows_come_back_as_they_were() {
    let server = served();
    let mut report = Report::new("m", &around(1.0, 40));
    report.prompt = format!(
        "<script>alert(1)</script>\u{202e}\u{0}{}",
        "x".repeat(1 << 20)
    );
    report.record(&server, "a");
    let page = server
        .get("projects/local/p/evaluations/a/rows?limit=40")
        .ok();
    let rows = page["rows"].as_array().unwrap();
    assert!(rows.len() < 9, "a page is 8 MiB at most: {}", rows.len());
    assert_eq!(page["next_offset"], rows.len());
    assert_eq!(
        rows[0]["row"]["messages"][0]["content"],
        report.prompt.as_str()
    );
}

#[test]
fn files_are_stored_once_and_within_their_limit() {
    let server = served_with(|config| config.limits.file_bytes = 1_000);
    server.begin("a", json!({}));
    let first = put(&server, "a", "plan/plan%20a.yaml", b"one");
    assert_eq!(
        (&first["name"], &first["size_bytes"]),
        (&json!("plan/plan a.yaml"), &json!(3))
    );
    assert_eq!(
        put(&server, "a", "plan/plan%20a.yaml", b"one")["updated_unix_ms"],
        first["updated_unix_ms"]
    );
    let content = server.send("GET", first["url"].as_str().unwrap(), &[], None);
    assert_eq!(content.text, "one");
    put(&server, "a", "plan/plan%20a.yaml", b"two");
    assert_eq!(
        server.get("projects/local/p/runs/a/files").ok()["files"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let path = |name: &str| format!("/api/v1/projects/local/p/runs/a/files/{name}");
    let large = vec![b'x'; 1_001];
    server
        .send("PUT", &path("large"), &[], Some(&large))
        .refused(413);
    server
        .send("PUT", &path("..%2Fx"), &[], Some(b"x"))
        .refused(400);
    server
        .send(
            "PUT",
            "/api/v1/projects/local/p/runs/none/files/x",
            &[],
            Some(b"x"),
        )
        .refused(404);
    assert_eq!(
        server.get("projects/local/p/runs/a/files").ok()["files"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn what_is_of_others_is_not_there() {
    let server = served();
    Report::new("m", &around(1.0, 12)).record(&server, "a");
    let other = server
        .ask("POST", "users", Some(&json!({ "name": "ann" })))
        .ok();
    let made = server
        .ask("POST", "keys", Some(&json!({ "user": other["name"] })))
        .ok();
    let key = made["key"].as_str().unwrap();
    for path in [
        "evaluations",
        "evaluations/a",
        "evaluations/a/rows",
        "evaluations/a/rows/row-1",
        "compare?base=a&candidate=a",
        "compare/rows?base=a&candidate=a",
    ] {
        server
            .with_key(key, "GET", &format!("projects/local/p/{path}"), None)
            .refused(404);
    }
    // Nor under another address.
    server
        .with_key(
            key,
            "GET",
            "projects/ann/q/compare?base=local/p/a&candidate=local/p/a",
            None,
        )
        .refused(404);
}
