//! Whole evaluations against a stand-in server that answers, fails, hangs and pretends.

use std::sync::atomic::AtomicBool;

use gradus_schema::{EvalReport, EvalRow, FailureCode, Split};
use gradus_testkit::chat_server::{ChatServer, Deed, Seen};
use serde_json::json;

use super::*;
use crate::run::{EvalOptions, EvalOutcome, Silent, evaluate};
use crate::task::Task;

const TASK: &str = "name: levels
data: {dev: dev.jsonl}
prompt: prompt.jinja
target: want
contract: contract.schema.json
scale: {min: 0, max: 10}
";

fn write_task(dir: &std::path::Path, rows: usize) -> Task {
    let schema = json!({
        "type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"],
        "additionalProperties": false
    });
    let lines: Vec<String> = (0..rows)
        .map(|at| json!({"text": format!("n{at}"), "want": {"a": at % 10}}).to_string())
        .collect();
    std::fs::write(dir.join("task.yaml"), TASK).unwrap();
    std::fs::write(dir.join("prompt.jinja"), "{{ text }}").unwrap();
    std::fs::write(dir.join("contract.schema.json"), schema.to_string()).unwrap();
    std::fs::write(dir.join("dev.jsonl"), lines.join("\n")).unwrap();
    Task::open(dir).unwrap()
}

fn fast() -> EndpointOptions {
    EndpointOptions {
        key: ApiKey::new("secret-of-the-test"),
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(5),
        timeout: Duration::from_secs(20),
        ..EndpointOptions::default()
    }
}

/// The right answer to a request's prompt, `n17` → `{"a":7}`.
fn right(seen: &Seen) -> String {
    let prompt = seen.body["messages"][0]["content"].as_str().unwrap();
    let number: usize = prompt[1..].parse().unwrap();
    format!("{{\"a\":{}}}", number % 10)
}

fn run(
    task: &Task,
    server: &ChatServer,
    options: EndpointOptions,
    out: Option<&std::path::Path>,
) -> Result<(EvalReport, Vec<EvalRow>)> {
    let model: ModelAt = format!("openai:tiny@{}", server.url).parse().unwrap();
    let mut answerer = OpenAiAnswerer::new(model, options, &task.contract).unwrap();
    let options = EvalOptions {
        out: out.map(Into::into),
        retry_failed: true,
        ..EvalOptions::default()
    };
    let stop = AtomicBool::new(false);
    match evaluate(
        task,
        Split::Dev,
        &mut answerer,
        &options,
        &stop,
        &mut Silent,
    )? {
        EvalOutcome::Finished { report, rows } => Ok((*report, rows)),
        EvalOutcome::Interrupted { .. } => panic!("was interrupted"),
    }
}

#[test]
fn answers_come_with_model_tokens_and_cost() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), 12);
    let server = ChatServer::start(|_, seen| Deed::completion("tiny", &right(seen)));
    let options = EndpointOptions {
        structured: true,
        price: Some(TokenPrice {
            input: 1.0,
            output: 5.0,
            as_of: None,
        }),
        ..fast()
    };
    let (report, rows) = run(&task, &server, options, None).unwrap();
    assert_eq!(report.metrics["exact_match_rate"].value, Some(1.0));
    assert_eq!(report.metrics["served_as_requested_rate"].value, Some(1.0));
    assert_eq!(report.served_by["tiny"], 12);
    // 100 prompt and 20 completion tokens a row.
    let total = report.metrics["cost_usd_total"].value.unwrap();
    assert!((total - 12.0 * 200.0e-6).abs() < 1e-12, "{total}");
    assert_eq!(report.metrics["cost_usd_total"].unit, "USD, token_estimate");
    assert_eq!(report.primary_value(), Ok(0.0));
    let lines: Vec<usize> = rows.iter().map(|row| row.row).collect();
    assert_eq!(
        lines,
        (1..=12).collect::<Vec<_>>(),
        "rows stand in their order"
    );
    let seen = server.seen();
    assert!(seen.iter().all(|it| it.path == "/v1/chat/completions"));
    assert!(seen.iter().all(|it| {
        it.headers
            .contains(&"authorization: bearer secret-of-the-test".to_owned())
    }));
    assert_eq!(
        seen[0].body["response_format"]["json_schema"]["schema"]["required"],
        json!(["a"])
    );
}

#[test]
fn passing_failures_are_tried_again_and_lasting_ones_are_no_failures_of_the_model() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), 40);
    // Every row fails twice, each time differently; row n7 fails for good.
    let tries = std::sync::Mutex::new(std::collections::BTreeMap::<String, usize>::new());
    let server = ChatServer::start(move |_, seen| {
        let prompt = seen.body["messages"][0]["content"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut tries = tries.lock().unwrap();
        let count = tries.entry(prompt.clone()).or_default();
        *count += 1;
        match (*count, prompt.as_str()) {
            (_, "n7") => Deed::status(500, "out of memory"),
            (1, _) => Deed::Reply(
                429,
                vec!["retry-after: 0.001".to_owned()],
                "slow down".to_owned(),
            ),
            (2, "n1" | "n2") => Deed::BreakOff,
            (2, _) => Deed::status(200, "<html>garbage</html>"),
            _ => Deed::completion("tiny", &right(seen)),
        }
    });
    let out = dir.path().join("out");
    let (report, rows) = run(&task, &server, fast(), Some(&out)).unwrap();
    let failed = rows[7].unconstrained.as_ref().unwrap();
    assert_eq!(failed.failure, Some(FailureCode::Http(500)));
    assert_eq!((failed.attempts.len(), failed.mae_penalised), (5, None));
    assert_eq!(failed.answered_by.model, "(nobody)");
    let fine = rows[0].unconstrained.as_ref().unwrap();
    let codes: Vec<Option<FailureCode>> = fine.attempts.iter().map(|it| it.failure).collect();
    assert_eq!(
        codes,
        [
            Some(FailureCode::Http(429)),
            Some(FailureCode::BackendError),
            None
        ]
    );
    let metric = |name: &str| &report.metrics[name];
    assert_eq!(metric("transport_ok_rate").value, Some(39.0 / 40.0));
    assert_eq!(metric("parse_error_rate").value, Some(0.0));
    assert_eq!(
        (metric("mae_penalised").value, metric("mae_penalised").n),
        (Some(0.0), 39)
    );
    assert_eq!(metric("latency_failed_secs_p50").n, 1);
    assert_eq!(
        report.primary_value(),
        Ok(0.0),
        "one row in forty is within what is tolerated"
    );

    // The same call again asks only for the row that failed.
    let before = server.seen().len();
    let mended = ChatServer::start(|_, seen| Deed::completion("tiny", &right(seen)));
    let text = std::fs::read_to_string(out.join("run_manifest.json")).unwrap();
    std::fs::write(
        out.join("run_manifest.json"),
        text.replace(&server.url, &mended.url),
    )
    .unwrap();
    let (report, _) = run(&task, &mended, fast(), Some(&out)).unwrap();
    assert_eq!((before, mended.seen().len()), (5 + 39 * 3, 1));
    assert_eq!(report.metrics["transport_ok_rate"].value, Some(1.0));
    for name in ["rows.jsonl", "eval_summary.json", "run_manifest.json"] {
        let text = std::fs::read_to_string(out.join(name)).unwrap();
        assert!(!text.contains("secret-of-the-test"), "{name}");
    }
}

#[test]
fn answers_of_another_model_are_not_evaluated() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), 20);
    let server = ChatServer::start(|index, seen| {
        let model = if index < 18 { "fallback-model" } else { "tiny" };
        Deed::completion(model, &right(seen))
    });
    let (report, rows) = run(&task, &server, fast(), None).unwrap();
    assert_eq!(report.served_by["fallback-model"], 18);
    assert_eq!(report.metrics["served_as_requested_rate"].value, Some(0.1));
    assert_eq!(report.metrics["mae_penalised"].n, 2);
    assert_eq!(report.metrics["latency_fallback_secs_p50"].n, 18);
    assert!(report.primary_value().unwrap_err().contains("10.0 %"));
    assert_eq!(
        rows.iter()
            .filter(|row| row.unconstrained.as_ref().unwrap().served_as_requested)
            .count(),
        2
    );
    // Unless the caller says that this is the model's name there.
    let options = EndpointOptions {
        served_as: vec!["fallback-model".to_owned()],
        ..fast()
    };
    let (report, _) = run(&task, &server, options, None).unwrap();
    assert_eq!(report.metrics["served_as_requested_rate"].value, Some(1.0));
}

#[test]
fn a_server_that_hangs_is_a_timeout() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), 1);
    let server = ChatServer::start(|_, _| Deed::Hang);
    let options = EndpointOptions {
        timeout: Duration::from_millis(50),
        attempts: 2,
        ..fast()
    };
    let (report, rows) = run(&task, &server, options, None).unwrap();
    let answer = rows[0].unconstrained.as_ref().unwrap();
    assert_eq!(
        (answer.failure, answer.attempts.len()),
        (Some(FailureCode::Timeout), 2)
    );
    assert_eq!(
        (
            report.metrics["mae_penalised"].value,
            report.metrics["mae_penalised"].n
        ),
        (None, 0)
    );
    assert!(report.primary_value().is_err());
}

#[test]
fn what_is_pointless_ends_at_once_and_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), 30);
    let server = ChatServer::start(|_, _| Deed::status(401, "wrong key secret-of-the-test"));
    let error = run(&task, &server, fast(), None).unwrap_err().to_string();
    assert!(
        error.contains("OPENAI_API_KEY") && error.contains("[key]"),
        "{error}"
    );
    assert!(!error.contains("secret-of-the-test"));
    let server =
        ChatServer::start(|_, _| Deed::status(404, r#"{"error":{"code":"model_not_found"}}"#));
    let error = run(&task, &server, fast(), None).unwrap_err().to_string();
    assert!(error.contains("does not serve 'tiny'"), "{error}");
    assert!(server.seen().len() <= 4, "at most one request a thread");
}

#[test]
fn references_are_read_and_refused() {
    let read = |text: &str| text.parse::<ModelAt>();
    let model = read("openai:org/m@x:tag@http://localhost:8000/v1/").unwrap();
    assert_eq!(model.model, "org/m@x:tag");
    assert_eq!(
        model.endpoint(),
        "http://localhost:8000/v1/chat/completions"
    );
    assert_eq!(
        read("openai:m@http://localhost:1").unwrap().endpoint(),
        "http://localhost:1/v1/chat/completions"
    );
    for text in [
        "openai:m",
        "openai:@http://x",
        "openai:m@http://",
        "openai:m@http://a b",
    ] {
        assert!(
            read(text)
                .unwrap_err()
                .to_string()
                .contains("openai:MODEL@URL"),
            "{text}"
        );
    }
    let secret = read("openai:m@http://me:word@localhost/v1")
        .unwrap_err()
        .to_string();
    assert!(
        secret.contains("environment") && !secret.contains("word@"),
        "{secret}"
    );
    assert_eq!(format!("{:?}", ApiKey::new("abc").unwrap()), "ApiKey(…)");
}
