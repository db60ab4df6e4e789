//! Viewer, health, projects, runs and what is changed of them.

use serde_json::json;

use crate::served::served;

#[test]
fn the_viewer_and_the_server_say_who_they_are() {
    let server = served();
    let viewer = server.get("viewer").ok();
    assert_eq!(viewer["name"], "local");
    assert_eq!(viewer["is_admin"], true);
    assert_eq!(viewer["default_entity"], "local");
    server.begin("a", json!({}));
    let health = server.get("health").ok();
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&health["runs"], &health["projects"]),
        (&json!(1), &json!(1))
    );
    assert!(health["store_bytes"].as_u64().unwrap() > 0);
    assert_eq!(health["recovery"]["cut_bytes"], 0);
}

#[test]
fn projects_are_listed_and_removed_with_their_runs() {
    let server = served();
    server.begin("a", json!({}));
    server.begin("b", json!({ "state": "finished" }));
    let projects = server.get("projects").ok();
    let project = &projects["projects"][0];
    assert_eq!(
        (&project["name"], &project["runs"]),
        (&json!("p"), &json!(2))
    );
    assert_eq!(project["running"], 1);
    assert_eq!(
        server.get("projects?entity=nobody").ok()["projects"],
        json!([])
    );
    assert_eq!(server.get("projects/local/p").ok()["entity"], "local");
    let message = server.get("projects/local/pp").refused(404);
    assert!(message.contains("did you mean 'p'?"), "{message}");
    server.ask("DELETE", "projects/local/p", None).ok();
    server.get("projects/local/p").refused(404);
    server.get("projects/local/p/runs/a").refused(404);
}

#[test]
fn runs_are_filtered_ordered_and_paged() {
    let server = served();
    for number in 0..12 {
        let run = format!("r{number:02}");
        let state = if number % 3 == 0 {
            "failed"
        } else {
            "finished"
        };
        server.begin(
            &run,
            json!({
                "state": state, "tags": ["t"], "display_name": format!("run {number}"),
                "config": { "lr": 0.1 * f64::from(number), "model": { "name": "m" } },
            }),
        );
        server.summary(&run, &json!({ "loss": 100 - number, "val/acc": 0.5 }));
    }
    let list = |query: &str| server.get(&format!("projects/local/p/runs?{query}")).ok();
    let page = list(
        "order=%2Bsummary_metrics.loss&limit=5&offset=2&summary_keys=loss,val/acc&config_keys=[%22model.name%22]",
    );
    assert_eq!((&page["total"], &page["offset"]), (&json!(12), &json!(2)));
    let names: Vec<&str> = page["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["r09", "r08", "r07", "r06", "r05"]);
    let first = &page["runs"][0];
    assert_eq!(first["summary"], json!({ "loss": 91, "val/acc": 0.5 }));
    assert_eq!(first["config"], json!({ "model.name": "m" }));
    assert_eq!(first["state"], "failed");
    assert_eq!(first["tags"], json!(["t"]));
    let failed = list("filters=%7B%22state%22%3A%22failed%22%7D&limit=2");
    assert_eq!(failed["total"], 4);
    assert_eq!(failed["runs"][0]["config"], json!({}));
    let both = list(
        "filters=%7B%22%24and%22%3A%5B%7B%22state%22%3A%22failed%22%7D%2C%7B%22config.lr%22%3A%7B%22%24gt%22%3A0.5%7D%7D%5D%7D",
    );
    assert_eq!(both["total"], 2);
    assert_eq!(list("offset=100")["total"], 12);
    server.get("projects/local/p/runs?filters=%7B").refused(400);
    let message = server.get("projects/local/p/runs?ordr=x").refused(400);
    assert!(message.contains("did you mean 'order'?"), "{message}");

    let columns = server.get("projects/local/p/columns").ok();
    let config = &columns["config"];
    assert_eq!(
        config[0],
        json!({ "name": "lr", "runs": 12, "numbers": 12 })
    );
    assert_eq!(
        config[1],
        json!({ "name": "model.name", "runs": 12, "numbers": 0 })
    );
    assert_eq!(config.as_array().unwrap().len(), 2);
    assert_eq!(columns["summary"][1]["name"], "val/acc");
}

#[test]
fn a_run_is_shown_changed_stopped_and_removed() {
    let server = served();
    let internal =
        json!({ "value": { "m": [{ "1": "epoch" }, { "1": "loss", "5": 1, "7": [1] }] } });
    server.begin(
        "a",
        json!({ "host": "box", "program": "train.py", "config": { "lr": { "value": 0.5 }, "_wandb": internal } }),
    );
    server.history("a", &[r#"{"_step":7,"loss":1.5}"#.to_owned()]);
    server.lines(
        "a",
        "wandb-summary.json",
        0,
        &[r#"{"loss":NaN}"#.to_owned()],
    );
    let run = server.get("projects/local/p/runs/a").ok();
    assert_eq!(run["config"], json!({ "lr": 0.5 }));
    assert_eq!(run["summary"], json!({ "loss": "NaN" }));
    assert_eq!(run["defined_metrics"][1]["step_metric"], "epoch");
    assert_eq!(run["defined_metrics"][1]["summary"], json!(["min"]));
    assert_eq!(
        (&run["host"], &run["program"]),
        (&json!("box"), &json!("train.py"))
    );
    assert_eq!(
        (&run["history_rows"], &run["last_step"]),
        (&json!(1), &json!(7))
    );
    assert_eq!(
        (&run["state"], &run["is_writable"]),
        (&json!("running"), &json!(true))
    );

    let change =
        json!({ "display_name": "née 🚀", "notes": "n", "tags": ["x", "y"], "group": "g" });
    let changed = server
        .ask("PATCH", "projects/local/p/runs/a", Some(&change))
        .ok();
    for (key, value) in change.as_object().unwrap() {
        assert_eq!(&changed[key], value);
    }
    // What is not named stays, and changing a run does not begin it anew.
    assert_eq!(changed["history_rows"], 1);
    assert_eq!(changed["host"], "box");
    let wrong = server.ask(
        "PATCH",
        "projects/local/p/runs/a",
        Some(&json!({ "note": "" })),
    );
    assert!(wrong.refused(400).contains("did you mean 'notes'?"));

    server
        .ask("POST", "projects/local/p/runs/a/stop", None)
        .ok();
    assert_eq!(
        server.get("projects/local/p/runs/a").ok()["is_stop_requested"],
        true
    );
    server.ask("DELETE", "projects/local/p/runs/a", None).ok();
    let message = server.get("projects/local/p/runs/a").refused(404);
    assert!(message.contains("local/p/a"), "{message}");
    server
        .ask("DELETE", "projects/local/p/runs/a", None)
        .refused(404);
}
