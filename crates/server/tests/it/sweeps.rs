//! Sweeps as their page shows them.

use serde_json::{Value, json};

use crate::served::{Served, served};

fn graphql(server: &Served, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables }).to_string();
    server
        .send("POST", "/graphql", &[], Some(body.as_bytes()))
        .ok()["data"]
        .clone()
}

#[test]
fn a_sweep_is_shown_with_its_trials() {
    let server = served();
    let config = "method: grid\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {values: [0.3, 0.1, 0.2]}}\n";
    let made = graphql(
        &server,
        "mutation($c:String){upsertSweep(input:{config:$c,entityName:\"local\",projectName:\"p\"}){sweep{name}}}",
        json!({ "c": config }),
    );
    let id = made["upsertSweep"]["sweep"]["name"].as_str().unwrap();
    let agent = graphql(
        &server,
        "mutation($s:String!){createAgent(input:{host:\"box\",sweep:$s,entityName:\"local\",projectName:\"p\"}){agent{id}}}",
        json!({ "s": id }),
    );
    let agent = agent["createAgent"]["agent"]["id"].as_str().unwrap();
    for _ in 0..3 {
        let told = graphql(
            &server,
            "mutation($a:ID!){agentHeartbeat(input:{id:$a}){commands}}",
            json!({ "a": agent }),
        );
        let commands: Value =
            serde_json::from_str(told["agentHeartbeat"]["commands"].as_str().unwrap()).unwrap();
        let run = commands[0]["run_id"].as_str().unwrap();
        let rate = commands[0]["args"]["lr"]["value"].as_f64().unwrap();
        server.begin(run, json!({ "host": "box" }));
        server.history(run, &[format!(r#"{{"_step":0,"loss":{rate}}}"#)]);
        let end = json!({ "complete": true, "exitcode": 0 });
        server
            .ask(
                "POST",
                &format!("projects/local/p/runs/{run}/lines"),
                Some(&end),
            )
            .ok();
    }
    let list = server.get("projects/local/p/sweeps").ok();
    let sweep = &list["sweeps"][0];
    assert_eq!(
        (&sweep["id"], &sweep["method"]),
        (&json!(id), &json!("grid"))
    );
    assert_eq!(
        (&sweep["trial_count"], &sweep["expected_trials"]),
        (&json!(3), &json!(3))
    );
    assert_eq!(sweep["best"]["value"], 0.1);
    assert_eq!(sweep["is_maximized"], false);
    let detail = server.get(&format!("projects/local/p/sweeps/{id}")).ok();
    let best: Vec<_> = detail["trials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trial| trial["best_so_far"].as_f64())
        .collect();
    assert_eq!(best, [Some(0.3), Some(0.1), Some(0.1)]);
    assert_eq!(detail["trials"][1]["parameters"], json!({ "lr": 0.1 }));
    assert_eq!(
        (&detail["trials"][0]["state"], &detail["trials"][0]["last"]),
        (&json!("finished"), &json!(0.3))
    );
    // Three trials say nothing of importance, and that is what is said.
    assert_eq!(
        detail["importance"],
        json!([{ "parameter": "lr", "total_effect": null, "correlation": null, "n": 3 }])
    );
    server.get("projects/local/p/sweeps/none").refused(404);
}
