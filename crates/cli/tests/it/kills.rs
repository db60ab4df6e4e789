//! The server is killed at 200 random moments while clients send: everything acknowledged is there,
//! exactly once.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use ureq::Agent;

use super::moving::Up;

const KILLS: u64 = 200;
const CLIENTS: usize = 4;
const ROWS_OF_A_BODY: u64 = 20;

/// What one client has sent; `acknowledged` rows must survive everything.
#[derive(Default)]
struct Sent {
    acknowledged: AtomicU64,
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

fn ask(agent: &Agent, url: &str, document: &str) -> Value {
    let mut answer = agent
        .post(format!("{url}/graphql"))
        .send_json(json!({ "query": document }))
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.body_mut().read_json().unwrap()
}

/// Sends bodies, one after the other, until the server is gone.
fn send_until_gone(url: &str, name: &str, sent: &Sent, acks: &AtomicU64) {
    let agent = agent();
    let address = format!("{url}/files/local/kills/{name}/file_stream");
    loop {
        let first = sent.acknowledged.load(Ordering::Relaxed);
        let rows: Vec<String> = (first..first + ROWS_OF_A_BODY)
            .map(|step| format!("{{\"_step\":{step},\"x\":{}}}", step * 7))
            .collect();
        let body =
            json!({ "files": { "wandb-history.jsonl": { "offset": first, "content": rows } } });
        match agent.post(&address).send_json(body) {
            Ok(answer) if answer.status() == 200 => {
                sent.acknowledged
                    .fetch_add(ROWS_OF_A_BODY, Ordering::Relaxed);
                acks.fetch_add(1, Ordering::Relaxed);
            }
            // The real client tries again; here the next server will be asked.
            _ => return,
        }
    }
}

fn start(data: &Path) -> Up {
    Up::start_with(data, &["--user", "local"])
}

#[test]
fn what_was_acknowledged_is_there_once_after_every_kill() {
    let data = tempfile::tempdir().unwrap();
    let up = start(data.path());
    for client in 0..CLIENTS {
        let document = format!(
            "mutation {{ upsertBucket(input: {{ modelName: \"kills\", name: \"c{client}\", \
             jobProgram: \"x\" }}) {{ inserted }} }}"
        );
        ask(&agent(), &up.url, &document);
    }
    drop(up);
    let clients: Vec<Sent> = (0..CLIENTS).map(|_| Sent::default()).collect();
    // A fixed seed: moments differ by themselves, since they are counted in answers.
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..KILLS {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let acks_before_kill = 1 + (random >> 33) % 24;
        let up = Mutex::new(Some(start(data.path())));
        let url = up.lock().unwrap().as_ref().unwrap().url.clone();
        let (acks, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for (number, sent) in clients.iter().enumerate() {
                let (url, acks, is_over) = (&url, &acks, &is_over);
                scope.spawn(move || {
                    send_until_gone(url, &format!("c{number}"), sent, acks);
                    is_over.store(true, Ordering::Relaxed);
                });
            }
            while acks.load(Ordering::Relaxed) < acks_before_kill
                && !is_over.load(Ordering::Relaxed)
            {
                std::thread::yield_now();
            }
            // SIGKILL, in the middle of whatever the clients have sent.
            drop(up.lock().unwrap().take());
        });
    }
    let up = start(data.path());
    for (number, sent) in clients.iter().enumerate() {
        let acknowledged = sent.acknowledged.load(Ordering::Relaxed);
        assert!(acknowledged > KILLS, "c{number} sent next to nothing");
        let found = ask(
            &agent(),
            &up.url,
            &format!(
                "{{ project(name: \"kills\") {{ run(name: \"c{number}\") {{ historyLineCount \
                 history(minStep: 0, maxStep: 100000000) }} }} }}"
            ),
        );
        let run = &found["data"]["project"]["run"];
        let kept = run["historyLineCount"].as_u64().unwrap();
        // One body may have been stored and its answer lost.
        assert!(
            (acknowledged..=acknowledged + ROWS_OF_A_BODY).contains(&kept),
            "c{number}: {acknowledged} acknowledged, {kept} kept"
        );
        let rows = run["history"].as_array().unwrap();
        assert_eq!(rows.len() as u64, kept);
        for (step, row) in rows.iter().enumerate() {
            let row: Value = serde_json::from_str(row.as_str().unwrap()).unwrap();
            assert_eq!(
                (row["_step"].as_u64(), row["x"].as_u64()),
                (Some(step as u64), Some(step as u64 * 7))
            );
        }
    }
}
