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

/// A grid of three trials; the ids of the sweep and of an agent.
fn sweep_with_agent(server: &Served) -> (String, String) {
    let config = "method: grid\nmetric: {name: loss, goal: minimize}\nparameters: {lr: {values: [0.3, 0.1, 0.2]}}\n";
    let made = graphql(
        server,
        "mutation($c:String){upsertSweep(input:{config:$c,entityName:\"local\",projectName:\"p\"}){sweep{name}}}",
        json!({ "c": config }),
    );
    let id = made["upsertSweep"]["sweep"]["name"].as_str().unwrap();
    let agent = graphql(
        server,
        "mutation($s:String!){createAgent(input:{host:\"box\",sweep:$s,entityName:\"local\",projectName:\"p\"}){agent{id}}}",
        json!({ "s": id }),
    );
    let agent = agent["createAgent"]["agent"]["id"].as_str().unwrap();
    (id.to_owned(), agent.to_owned())
}

/// What an agent is told that has `runs`, as the client writes them.
fn commands(server: &Served, agent: &str, runs: &str) -> Value {
    let told = graphql(
        server,
        "mutation($a:ID!,$r:JSONString){agentHeartbeat(input:{id:$a,runState:$r}){commands}}",
        json!({ "a": agent, "r": runs }),
    );
    serde_json::from_str(told["agentHeartbeat"]["commands"].as_str().unwrap()).unwrap()
}

#[test]
fn a_sweep_is_paused_resumed_and_cancelled() {
    let server = served();
    let (id, agent) = sweep_with_agent(&server);
    let path = format!("projects/local/p/sweeps/{id}/state");
    let set = |state: &str| server.ask("POST", &path, Some(&json!({ "state": state })));
    assert_eq!(set("PAUSED").ok()["state"], "PAUSED");
    assert_eq!(commands(&server, &agent, "{}"), json!([]));
    assert_eq!(set("RUNNING").ok()["state"], "RUNNING");
    let given = commands(&server, &agent, "{}");
    let run = given[0]["run_id"].as_str().unwrap();
    let has = json!({ run: "RUNNING" }).to_string();
    set("FINISHED").ok();
    assert_eq!(commands(&server, &agent, &has), json!([]));
    set("CANCELED").ok();
    assert_eq!(
        commands(&server, &agent, &has),
        json!([{ "type": "stop", "run_id": run }])
    );
    assert_eq!(commands(&server, &agent, "{}")[0]["type"], "exit");
    assert!(set("paused").refused(400).contains("PAUSED"));
    let none = Some(json!({ "state": "PAUSED" }));
    let missing = server.ask("POST", "projects/local/p/sweeps/none/state", none.as_ref());
    missing.refused(404);
}

#[test]
fn a_sweep_is_shown_with_its_trials() {
    let server = served();
    let (id, agent) = sweep_with_agent(&server);
    for _ in 0..3 {
        let commands = commands(&server, &agent, "{}");
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
