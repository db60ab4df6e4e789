//! Metrics, rows, buckets, console lines, system metrics, files.

use serde_json::{Value, json};

use crate::served::{Served, served};

const RUN: &str = "projects/local/p/runs/a";

fn history(count: u64) -> Vec<String> {
    let row = |step: u64| match step {
        3 => format!(r#"{{"_step":{step},"loss":NaN,"train/acc":0.25,"big":9007199254740993}}"#),
        4 => format!(r#"{{"_step":{step},"loss":-Infinity,"deep":{{"x":1}},"word":"é"}}"#),
        _ => format!(r#"{{"_step":{step},"loss":{}.5}}"#, step % 10),
    };
    (0..count).map(row).collect()
}

fn recorded(count: u64) -> Served {
    let server = served();
    server.begin("a", json!({}));
    server.history("a", &history(count));
    server
}

#[test]
fn metrics_stand_in_the_groups_that_slashes_make() {
    let server = recorded(10);
    let groups = server.get(&format!("{RUN}/metrics")).ok()["groups"].clone();
    let names = |group: &Value| -> Vec<String> {
        let metrics = group["metrics"].as_array().unwrap().iter();
        metrics
            .map(|metric| metric["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(groups[0]["name"], "");
    assert_eq!(
        names(&groups[0]),
        ["_step", "big", "deep.x", "loss", "word"]
    );
    assert_eq!(
        (&groups[1]["name"], names(&groups[1])),
        (&json!("train"), vec!["train/acc".to_owned()])
    );
    let loss = &groups[0]["metrics"][3];
    assert_eq!(
        loss,
        &json!({ "name": "loss", "count": 10, "kind": "number", "last": 9.5 })
    );
    let big = &groups[0]["metrics"][1];
    assert_eq!(big["last"], json!(9_007_199_254_740_993_u64));
    // The run has no summary yet; the project knows its metrics all the same.
    let project = server.get("projects/local/p/metrics").ok();
    let numbers = |name: &str| {
        let metrics = project["metrics"].as_array().unwrap();
        let found = metrics.iter().find(|metric| metric["name"] == name);
        found.map(|metric| metric["has_numbers"].as_bool().unwrap())
    };
    assert_eq!(numbers("train/acc"), Some(true));
    assert_eq!(numbers("word"), Some(false));
    assert_eq!(numbers("none"), None);
    server.get("projects/local/none/metrics").refused(404);
}

#[test]
fn series_and_rows_come_back_exactly_and_in_pages() {
    let server = recorded(1000);
    let part = server
        .get(&format!("{RUN}/series?keys=loss&min_step=2&max_step=5"))
        .ok();
    assert_eq!(part["steps"], json!([2, 3, 4, 5]));
    assert_eq!(part["values"], json!([[2.5, "NaN", "-Infinity", 5.5]]));
    assert_eq!(part["next_min_step"], Value::Null);
    let both = server
        .get(&format!("{RUN}/series?keys=loss,train/acc"))
        .ok();
    assert_eq!(both["values"], json!([["NaN"], [0.25]]));
    for limit in [1, 7, 64, 250, 999, 1000, 5000] {
        let (mut steps, mut next) = (Vec::new(), Some(i64::MIN));
        while let Some(first) = next {
            let page = server
                .get(&format!(
                    "{RUN}/series?keys=loss&limit={limit}&min_step={first}"
                ))
                .ok();
            let found = page["steps"].as_array().unwrap();
            assert!(found.len() <= limit);
            steps.extend(found.iter().map(|step| step.as_i64().unwrap()));
            next = page["next_min_step"].as_i64();
            if limit == 1 && steps.len() > 5 {
                break;
            }
        }
        let wanted = if limit == 1 { steps.len() as i64 } else { 1000 };
        assert_eq!(steps, (0..wanted).collect::<Vec<_>>(), "{limit}");
    }
    let rows = server
        .get(&format!("{RUN}/rows?min_step=3&max_step=4"))
        .ok();
    assert_eq!(rows["rows"][0]["loss"], "NaN");
    assert_eq!(rows["rows"][1]["deep"], json!({ "x": 1 }));
    assert!(rows.to_string().contains("9007199254740993"));
    server.get(&format!("{RUN}/series?keys=")).refused(400);
    server.get(&format!("{RUN}/rows?stream=x")).refused(400);
    assert_eq!(
        server.get(&format!("{RUN}/series?keys=nothing")).ok()["steps"],
        json!([])
    );
}

#[test]
fn steps_that_lie_far_apart_are_all_found() {
    let server = served();
    server.begin("a", json!({}));
    let steps = [-5_i64, 0, 1, 1_000_000, 1_000_001, 9_000_000_000_000];
    let lines: Vec<String> = steps
        .iter()
        .map(|step| format!(r#"{{"_step":{step},"v":{step}}}"#))
        .collect();
    server.history("a", &lines);
    let all = server.get(&format!("{RUN}/series?keys=v")).ok();
    assert_eq!(all["steps"], json!(steps));
    let page = server.get(&format!("{RUN}/series?keys=v&limit=4")).ok();
    assert_eq!(
        (&page["steps"], &page["next_min_step"]),
        (&json!(steps[..4]), &json!(1_000_001))
    );
}

#[test]
fn rows_of_one_step_stay_together() {
    let server = served();
    server.begin("a", json!({}));
    let lines: Vec<String> = (0..30)
        .map(|row| format!(r#"{{"_step":{},"v":{row}}}"#, row / 10))
        .collect();
    server.history("a", &lines);
    let page = server.get(&format!("{RUN}/rows?limit=15")).ok();
    assert_eq!(page["rows"].as_array().unwrap().len(), 10);
    assert_eq!(page["next_min_step"], 1);
    let page = server.get(&format!("{RUN}/rows?limit=3&min_step=2")).ok();
    assert_eq!(page["rows"].as_array().unwrap().len(), 10);
    assert_eq!(page["next_min_step"], Value::Null);
}

#[test]
fn buckets_are_exact() {
    let server = recorded(1000);
    let one = server
        .get(&format!("{RUN}/buckets?key=loss&buckets=1"))
        .ok();
    assert_eq!(one["counts"], json!([1000]));
    assert_eq!(one["nan_counts"], json!([1]));
    assert_eq!(
        (&one["mins"], &one["maxs"]),
        (&json!(["-Infinity"]), &json!([9.5]))
    );
    assert_eq!(one["lasts"], json!([9.5]));
    let ten = server
        .get(&format!(
            "{RUN}/buckets?key=loss&buckets=10&min_step=100&max_step=199"
        ))
        .ok();
    assert_eq!(ten["counts"], json!(vec![10; 10]));
    assert_eq!(ten["means"], json!(vec![5.0; 10]));
    assert_eq!(
        (&ten["first_steps"][1], &ten["last_steps"][1]),
        (&json!(110), &json!(119))
    );
    let over = server
        .get(&format!("{RUN}/buckets?key=loss&x_key=_step&buckets=10"))
        .ok();
    assert_eq!(over["width"], 0);
    assert_eq!(over["counts"], json!(vec![100; 10]));
    assert_eq!(over["mins"][0], one["mins"][0]);
    for (step, x) in [("first_steps", "first_xs"), ("last_steps", "last_xs")] {
        for bucket in 0..10 {
            assert_eq!(over[step][bucket].as_f64(), over[x][bucket].as_f64());
        }
    }
    let none = server.get(&format!("{RUN}/buckets?key=nothing")).ok();
    assert_eq!((&none["width"], &none["counts"]), (&json!(0), &json!([])));

    server.begin("b", json!({}));
    server.history("b", &history(10));
    let asked = json!({ "runs": ["a", "b", "gone"], "keys": ["loss", "train/acc"], "buckets": 4 });
    let many = server
        .ask("POST", "projects/local/p/buckets", Some(&asked))
        .ok();
    assert_eq!(many["missing_runs"], json!(["gone"]));
    let series = many["series"].as_array().unwrap();
    let named: Vec<_> = series
        .iter()
        .map(|one| (one["run"].as_str().unwrap(), one["key"].as_str().unwrap()))
        .collect();
    assert_eq!(
        named,
        [
            ("a", "loss"),
            ("a", "train/acc"),
            ("b", "loss"),
            ("b", "train/acc")
        ]
    );
    let runs: Vec<String> = (0..400).map(|run| run.to_string()).collect();
    let greedy = json!({ "runs": runs, "keys": ["a", "b", "c"], "buckets": 20_000 });
    let message = server
        .ask("POST", "projects/local/p/buckets", Some(&greedy))
        .refused(400);
    assert!(message.contains("at most 2000000"), "{message}");
}

#[test]
fn console_lines_are_paged_and_searched() {
    let server = served();
    server.begin("a", json!({}));
    let lines: Vec<String> = (0..50)
        .map(|line| match line {
            20 => "ERROR 2026-11-21T01:48:34.7 Loss is NaN".to_owned(),
            _ => format!("2026-11-21T01:48:34.7 line {line}"),
        })
        .collect();
    server.lines("a", "output.log", 0, &lines);
    let page = server.get(&format!("{RUN}/console?after=10&limit=5")).ok();
    assert_eq!(
        (&page["total"], &page["next_after"]),
        (&json!(50), &json!(15))
    );
    assert_eq!(page["lines"][0]["text"], "line 10");
    assert_eq!(page["lines"][0]["timestamp"], "2026-11-21T01:48:34.7");
    let found = server.get(&format!("{RUN}/console?search=loss%20IS")).ok();
    assert_eq!(found["lines"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&found["lines"][0]["number"], &found["lines"][0]["is_error"]),
        (&json!(20), &json!(true))
    );
    assert_eq!(found["next_after"], Value::Null);
    let some = server
        .get(&format!("{RUN}/console?search=line&limit=21"))
        .ok();
    assert_eq!(some["next_after"], 22);
    let rest = server
        .get(&format!("{RUN}/console?search=line&limit=100&after=22"))
        .ok();
    assert_eq!(rest["lines"].as_array().unwrap().len(), 28);
    assert_eq!(
        server.get(&format!("{RUN}/console?after=99")).ok()["lines"],
        json!([])
    );
}

#[test]
fn system_metrics_are_sampled() {
    let server = served();
    server.begin("a", json!({}));
    let line = |at: u32| {
        format!(r#"{{"_runtime":{at}.5,"_timestamp":1,"system.cpu":{at},"system.gpu.0.temp":40}}"#)
    };
    let lines: Vec<String> = (0..100).map(line).collect();
    server.lines("a", "wandb-events.jsonl", 0, &lines);
    let answer = server.get(&format!("{RUN}/system?samples=3")).ok();
    assert_eq!(answer["runtime_secs"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&answer["runtime_secs"][0], &answer["runtime_secs"][2]),
        (&json!(0.5), &json!(99.5))
    );
    assert_eq!(answer["metrics"][0]["name"], "cpu");
    assert_eq!(
        (
            &answer["metrics"][0]["values"][2],
            &answer["metrics"][0]["last"]
        ),
        (&json!(99.0), &json!(99))
    );
    assert_eq!(answer["metrics"][1]["count"], 100);
    let buckets = server
        .get(&format!("{RUN}/buckets?key=system.cpu&buckets=1"))
        .ok();
    assert_eq!(buckets["maxs"], json!([99.0]));
}

#[test]
fn files_lead_to_their_content() {
    let server = served();
    server.begin("a", json!({}));
    let query = json!({
        "query": "mutation($e:String!,$p:String!,$r:String!,$f:[String!]!){createRunFiles(input:{entityName:$e,projectName:$p,runName:$r,files:$f}){files{name uploadUrl}}}",
        "variables": { "e": "local", "p": "p", "r": "a", "f": ["media/a b.txt"] },
    });
    let body = query.to_string();
    let made = server
        .send("POST", "/graphql", &[], Some(body.as_bytes()))
        .ok();
    let upload = made["data"]["createRunFiles"]["files"][0]["uploadUrl"]
        .as_str()
        .unwrap();
    assert_eq!(
        server.send("PUT", upload, &[], Some(b"content")).status,
        200
    );
    let files = server.get(&format!("{RUN}/files")).ok();
    let file = &files["files"][0];
    assert_eq!(
        (&file["name"], &file["size_bytes"]),
        (&json!("media/a b.txt"), &json!(7))
    );
    let content = server.send("GET", file["url"].as_str().unwrap(), &[], None);
    assert_eq!((content.status, content.text.as_str()), (200, "content"));
    let led = server.get(&format!("{RUN}/files/media/a%20b.txt"));
    assert_eq!(led.status, 307);
    let place = led.headers["location"].to_str().unwrap();
    assert!(place.starts_with(&server.url), "{place}");
    assert_eq!(server.send("GET", place, &[], None).text, "content");
    server.get(&format!("{RUN}/files/media/other")).refused(404);
}
