//! Tasks written into a temporary folder, sound and broken.

use std::fs;

use serde_json::json;

use super::*;

const TASK: &str = "name: levels
data: {train: train.jsonl, dev: dev.jsonl}
prompt: prompt.jinja
target: target_hidden_params.vector
contract: contract.schema.json
scale: {min: 0, max: 10}
stratify_by: source_type
";

fn folder(task: &str, train: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let level = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let schema = json!({
        "type": "object",
        "properties": {"energy": level, "warmth": level},
        "required": ["energy", "warmth"],
        "additionalProperties": false
    });
    fs::write(dir.path().join("task.yaml"), task).unwrap();
    fs::write(
        dir.path().join("prompt.jinja"),
        "Levels of: {{ request_text }}\n",
    )
    .unwrap();
    fs::write(dir.path().join("contract.schema.json"), schema.to_string()).unwrap();
    fs::write(dir.path().join("train.jsonl"), train).unwrap();
    dir
}

fn row(vector: &str) -> String {
    format!(
        "{{\"source_type\":\"a\",\"request_text\":\"soft\",\"target_hidden_params\":{{\"vector\":{vector}}}}}\n"
    )
}

fn complaint(task: &str, train: &str) -> String {
    let dir = folder(task, train);
    match Task::open(dir.path()).and_then(|task| task.rows(Split::Train)) {
        Ok(_) => panic!("was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn rows_become_prompts_and_completions_in_contract_order() {
    let dir = folder(TASK, &row(r#"{"warmth": 3, "energy": 4.0}"#));
    let task = Task::open(dir.path()).unwrap();
    let rows = task.rows(Split::Train).unwrap();
    assert_eq!(rows.rows[0].id, "row-1");
    assert_eq!(rows.rows[0].stratum.as_deref(), Some("a"));
    assert_eq!(rows.rows[0].label.numbers, [4.0, 3.0]);
    let training = task.training_rows(Split::Train).unwrap();
    assert_eq!(training[0].completion, r#"{"energy":4,"warmth":3}"#);
    assert_eq!(training[0].messages, task.messages(&rows.rows[0]).unwrap());
    assert_eq!(training[0].messages[0].content, "Levels of: soft");
    assert_eq!(rows.sha256.len(), 64);
    assert!(
        task.rows(Split::Frozen)
            .unwrap_err()
            .to_string()
            .contains("no frozen data")
    );
    assert!(matches!(task.rows(Split::Dev), Err(Error::Io { .. })));
}

#[test]
fn targets_may_be_text_and_paths_may_enter_lists() {
    for (path, target) in [
        (
            "completion",
            json!({"completion": "{\"warmth\": 3, \"energy\": 4}"}),
        ),
        (
            "completion",
            json!({"completion": {"energy": 4, "warmth": 3}}),
        ),
        (
            "messages.1.content",
            json!({"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "{\"energy\":4,\"warmth\":3}"}]}),
        ),
        ("a.b", json!({"a.b": {"energy": 4, "warmth": 3}})),
    ] {
        let mut fields = json!({"source_type": 7, "request_text": "soft", "id": 12});
        fields
            .as_object_mut()
            .unwrap()
            .extend(target.as_object().unwrap().clone());
        let task = TASK.replace("target_hidden_params.vector", path);
        let dir = folder(&task, &format!("{fields}\n"));
        let task = Task::open(dir.path()).unwrap();
        let rows = task.rows(Split::Train).unwrap();
        assert_eq!(task.completion(&rows.rows[0]), r#"{"energy":4,"warmth":3}"#);
        assert_eq!(
            (rows.rows[0].id.as_str(), rows.rows[0].stratum.as_deref()),
            ("12", Some("7"))
        );
    }
}

#[test]
fn bad_rows_are_named_with_their_line() {
    let good = row(r#"{"energy":1,"warmth":2}"#);
    let second = |vector: &str| complaint(TASK, &format!("{good}{}", row(vector)));
    let error = second(r#"{"energy":55,"warmth":2}"#);
    assert!(
        error.starts_with("line 2: the label of 'energy' is 55, outside the task's scale 0 to 10"),
        "{error}"
    );
    assert!(error.ends_with("train.jsonl"), "{error}");
    assert!(second(r#"{"energy":1}"#).contains("missing_key"));
    assert!(second(r#"{"energy":1,"warmth":2.5}"#).contains("not_int"));
    assert!(second(r#"{"energy":1,"warmth":2,"x":1}"#).contains("extra_keys"));
    assert!(second("7").contains("must be a JSON object"));
    assert!(second("\"soft\"").contains("not JSON"));
    assert!(
        complaint(TASK, &format!("{good}{{\"request_text\":1}}\n"))
            .contains("line 2: the row has nothing at")
    );
    let with_id = good.replace("{\"source_type\"", "{\"id\":\"x\",\"source_type\"");
    assert!(
        complaint(TASK, &with_id.repeat(2)).contains("line 2: the id 'x' is also that of line 1")
    );
    assert!(
        complaint(TASK, &good.replace("request_text", "request_txt"))
            .contains("did you mean 'request_txt'")
    );
    assert!(
        complaint(TASK, &good.replace("source_type", "sourcetype"))
            .contains("did you mean 'sourcetype'")
    );
    assert!(complaint(TASK, "").contains("no rows"));
}

#[test]
fn bad_task_files_are_named() {
    let good = row(r#"{"energy":1,"warmth":2}"#);
    let with = |from: &str, to: &str| complaint(&TASK.replace(from, to), &good);
    let metric = format!("{TASK}primary_score: {{metric: mae_penalized, direction: minimize}}\n");
    assert!(complaint(&metric, &good).contains("did you mean 'mae_penalised'"));
    assert!(with("prompt.jinja", "absent.jinja").contains("absent.jinja"));
    assert!(with("contract.schema.json", "train.jsonl").contains("contract"));
    assert!(with("max: 10", "max: 5").contains("scale is 0 to 5"));
    assert!(with("name: levels", "nme: levels").contains("line 1"));
    let dir = tempfile::tempdir().unwrap();
    assert!(
        Task::open(dir.path())
            .unwrap_err()
            .to_string()
            .contains("task.yaml")
    );
}

#[test]
fn the_bundled_examples_are_sound() {
    for name in ["hidden-params", "ticket-triage"] {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        is_sound(&Task::open(&examples.join(name)).unwrap());
    }
}

fn is_sound(task: &Task) {
    let mut ids = std::collections::BTreeSet::new();
    for split in [Split::Train, Split::Dev, Split::Frozen] {
        let rows = task.rows(split).unwrap().rows;
        assert!(rows.iter().all(|row| row.stratum.is_some()));
        assert!(
            rows.iter().all(|row| ids.insert(row.id.clone())),
            "ids are unique over all splits"
        );
    }
}
