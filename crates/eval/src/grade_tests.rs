//! Graders on small tasks, and a judge on a stand-in server.

use std::sync::atomic::AtomicBool;

use gradus_schema::{AnsweredBy, Cost, CostBasis, Split, TokenCounts};
use gradus_testkit::chat_server::{ChatServer, Deed};

use super::*;
use crate::baseline::Baseline;
use crate::run::{EvalOptions, EvalOutcome, Silent, evaluate};
use crate::task::Task;

fn write(dir: &Path, task: &str, rows: &[Value]) {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    std::fs::write(dir.join("task.yaml"), task).unwrap();
    std::fs::write(dir.join("prompt.jinja"), "{{ text }}").unwrap();
    for name in ["train.jsonl", "dev.jsonl"] {
        // Two splits never share a file; here they may share rows.
        std::fs::write(dir.join(name), lines.join("\n")).unwrap();
    }
}

const TEXT: &str = "name: sums
data: {train: train.jsonl, dev: dev.jsonl}
prompt: prompt.jinja
target: answer
answer: {kind: text, extract: [answer_marker, last_line]}
primary_score: {metric: right, direction: maximize}
graders:
  right: {kind: numeric, extract: [answer_marker, last_number], tolerance: 0.5}
  spelt: {kind: exact_match}
  there: {kind: contains}
  tagged: {kind: regex, pattern: '<a>(.*?)</a>'}
";

#[test]
fn text_is_graded_in_declared_ways() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        TEXT,
        &[json!({"text": "6 × 7", "answer": "42"})],
    );
    let task = Task::open(dir.path()).unwrap();
    let row = &task.rows(Split::Dev).unwrap().rows[0];
    let judgements = BTreeMap::new();
    let grade = |text: &str| {
        let parsed = crate::parse::parse_answer(text, &task.contract).strict.ok();
        let graded = Graded {
            text,
            parsed: parsed.as_ref(),
            label: &row.label,
            judgements: &judgements,
        };
        let grades = task.graders.grade(graded);
        ["right", "spelt", "there", "tagged"].map(|name| grades[name].unwrap())
    };
    assert_eq!(grade("42"), [1.0, 1.0, 1.0, 0.0]);
    assert_eq!(grade("Answer: 42.4"), [1.0, 0.0, 1.0, 0.0]);
    assert_eq!(grade("so <a>42</a> then\nAnswer: 41"), [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn vectors_are_graded_by_table_field_and_distance() {
    let dir = tempfile::tempdir().unwrap();
    let level = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let keys = [
        "energy",
        "warmth",
        "brightness",
        "acousticness",
        "complexity",
        "nostalgia",
    ];
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| ((*key).to_owned(), level.clone()))
        .collect();
    let schema = json!({"properties": properties, "additionalProperties": false});
    std::fs::write(dir.path().join("contract.schema.json"), schema.to_string()).unwrap();
    let text = "name: music
data: {train: train.jsonl, dev: dev.jsonl}
prompt: prompt.jinja
target: vector
contract: contract.schema.json
scale: {min: 0, max: 10}
graders:
  constraint_match_rate: {kind: derived, table: rule_v1, group: constraints}
  slot_exact_match: {kind: derived, table: rule_v1, group: slots, score: share}
  near: {kind: within_tolerance, tolerance: 1}
  lively: {kind: json_field, field: energy}
";
    // A target may be a vector in the contract's order.
    write(
        dir.path(),
        text,
        &[json!({"text": "x", "vector": [7, 7, 6, 7, 5, 7]})],
    );
    let task = Task::open(dir.path()).unwrap();
    let row = &task.rows(Split::Dev).unwrap().rows[0];
    let grade = |numbers: [i64; 6]| {
        let object: Map<String, Value> = keys
            .iter()
            .zip(numbers)
            .map(|(key, n)| ((*key).to_owned(), json!(n)))
            .collect();
        let text = Value::Object(object).to_string();
        let parsed = crate::parse::parse_answer(&text, &task.contract)
            .strict
            .ok();
        let judgements = BTreeMap::new();
        task.graders.grade(Graded {
            text: &text,
            parsed: parsed.as_ref(),
            label: &row.label,
            judgements: &judgements,
        })
    };
    let grades = grade([7, 7, 6, 7, 5, 7]);
    assert!(
        grades.values().all(|grade| *grade == Some(1.0)),
        "{grades:?}"
    );
    // Energy 6: another gimmick tag (> 6 fails), another gimmick part and mood (> 6.2 fails).
    let grades = grade([6, 7, 6, 7, 5, 7]);
    assert_eq!(grades["constraint_match_rate"], Some(0.0));
    assert_eq!(grades["constraint_match_rate_style"], Some(1.0));
    assert_eq!(grades["slot_exact_match"], Some(0.5));
    assert_eq!((grades["near"], grades["lively"]), (Some(1.0), Some(0.0)));
    let problem = |from: &str, to: &str| {
        std::fs::write(dir.path().join("task.yaml"), text.replace(from, to)).unwrap();
        Task::open(dir.path()).unwrap_err().to_string()
    };
    assert!(problem("group: slots", "group: slot").contains("did you mean 'slots'"));
    assert!(problem("field: energy", "field: enrgy").contains("did you mean 'energy'"));
    assert!(problem("  near:", "  mae_valid:").contains("built-in"));
    assert!(problem("tolerance: 1", "tolerance: -1").contains("0 or more"));
}

fn judgement(raw: &str) -> Judgement {
    Judgement {
        raw: Some(raw.to_owned()),
        failure: None,
        answered_by: AnsweredBy {
            model: "judge".to_owned(),
            revision: String::new(),
            adapter_sha256: None,
            backend: "openai".to_owned(),
        },
        tokens: TokenCounts::default(),
        cost: Cost {
            usd: None,
            basis: CostBasis::Unpriced,
        },
    }
}

#[test]
fn a_judgement_has_a_score_or_none() {
    let score = |raw: &str| score_of_judgement(&judgement(raw));
    assert_eq!(score("{\"score\": 0.5}"), Some(0.5));
    assert_eq!(
        score("Reason: fine.\n{\"why\": \"x\", \"score\": 1}"),
        Some(1.0)
    );
    for raw in [
        "",
        "1",
        "{\"score\": 2}",
        "{\"score\": \"1\"}",
        "{\"score\": 1, \"score\": 0}",
        "{\"score\": NaN}",
        "{",
    ] {
        assert_eq!(score(raw), None, "{raw}");
    }
}

#[test]
fn a_judge_is_asked_once_a_row_and_its_health_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let server = ChatServer::start(|_, seen| {
        let prompt = seen.body["messages"][0]["content"].as_str().unwrap();
        Deed::completion(
            "judge",
            if prompt.contains("second") {
                "no idea"
            } else {
                "{\"score\": 1}"
            },
        )
    });
    let text = format!(
        "name: kind\ndata: {{train: train.jsonl, dev: dev.jsonl}}\nprompt: prompt.jinja\ntarget: answer
answer: {{kind: text}}\nprimary_score: {{metric: polite, direction: maximize}}\ngraders:
  polite: {{kind: judge, model: 'openai:judge@{}', rubric: rubric.jinja}}\n",
        server.url
    );
    std::fs::write(
        dir.path().join("rubric.jinja"),
        "{{ text }}: is '{{ answer }}' as polite as '{{ target }}'?",
    )
    .unwrap();
    let rows = [
        json!({"text": "first", "answer": "please"}),
        json!({"text": "second", "answer": "please"}),
    ];
    write(dir.path(), &text, &rows);
    let task = Task::open(dir.path()).unwrap();
    let options = EvalOptions {
        out: Some(dir.path().join("out")),
        ..EvalOptions::default()
    };
    let run = || {
        let mut baseline = Baseline::constant(&task).unwrap();
        let stop = AtomicBool::new(false);
        match evaluate(
            &task,
            Split::Dev,
            &mut baseline,
            &options,
            &stop,
            &mut Silent,
        )
        .unwrap()
        {
            EvalOutcome::Finished { report, rows } => (*report, rows),
            EvalOutcome::Interrupted { .. } => panic!("was interrupted"),
        }
    };
    let (report, rows) = run();
    assert_eq!(
        (report.metrics["polite"].value, report.metrics["polite"].n),
        (Some(1.0), 1)
    );
    assert_eq!(report.metrics["polite_invalid_rate"].value, Some(0.5));
    assert_eq!(
        rows[1].unconstrained.as_ref().unwrap().judgements["polite"]
            .raw
            .as_deref(),
        Some("no idea")
    );
    let asked = server.seen();
    assert_eq!(asked.len(), 2);
    assert!(
        asked.iter().any(|seen| seen.body["messages"][0]["content"]
            == "first: is 'please' as polite as 'please'?")
    );
    let (again, _) = run();
    assert_eq!(
        (server.seen().len(), again.metrics),
        (2, report.metrics),
        "nothing is asked twice"
    );
}
