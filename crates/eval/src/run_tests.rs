//! Evaluations of a small task: finished, stopped, resumed, refused; and baselines on real rows.

use std::fs;
use std::path::Path;

use gradus_schema::{AnsweredBy, TokenCounts};

use super::*;
use crate::answer::{Answers, RawAnswer};
use crate::baseline::Baseline;

const TASK: &str = "name: levels
data: {train: train.jsonl, dev: dev.jsonl}
prompt: prompt.jinja
target: target_hidden_params.vector
contract: contract.schema.json
scale: {min: 0, max: 10}
stratify_by: source_type
";
const KEYS: [&str; 6] = [
    "energy",
    "warmth",
    "brightness",
    "acousticness",
    "complexity",
    "nostalgia",
];

fn write_task(dir: &Path, train: &[u8], dev: &[u8]) -> Task {
    let level = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let properties: Map<String, Value> = KEYS
        .iter()
        .map(|key| ((*key).to_owned(), level.clone()))
        .collect();
    let schema = json!({
        "type": "object", "properties": properties, "required": KEYS, "additionalProperties": false
    });
    fs::write(dir.join("task.yaml"), TASK).unwrap();
    fs::write(dir.join("prompt.jinja"), "Levels of: {{ request_text }}").unwrap();
    fs::write(dir.join("contract.schema.json"), schema.to_string()).unwrap();
    fs::write(dir.join("train.jsonl"), train).unwrap();
    fs::write(dir.join("dev.jsonl"), dev).unwrap();
    Task::open(dir).unwrap()
}

fn rows(levels: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    for (index, level) in levels.iter().enumerate() {
        let vector: Map<String, Value> = KEYS
            .iter()
            .map(|key| ((*key).to_owned(), json!(level)))
            .collect();
        let row = json!({
            "source_type": if index % 2 == 0 { "even" } else { "odd" },
            "request_text": format!("level {level} of {index}"),
            "target_hidden_params": {"vector": vector}
        });
        text.push_str(&format!("{row}\n"));
    }
    text.into_bytes()
}

/// Answers every row rightly under the grammar; without it, with trailing text or not at all.
struct Fake {
    answered: usize,
    raise_stop_after: usize,
}

impl Fake {
    fn new() -> Self {
        Self {
            answered: 0,
            raise_stop_after: usize::MAX,
        }
    }
}

impl Answerer for Fake {
    fn answered_by(&self) -> AnsweredBy {
        AnsweredBy {
            model: "fake".to_owned(),
            revision: "0".to_owned(),
            adapter_sha256: None,
            backend: "test".to_owned(),
        }
    }

    fn decode(&self) -> Value {
        json!({"numbers": "median"})
    }

    fn batch_rows(&self) -> usize {
        2
    }

    fn answer(&mut self, questions: &[Question<'_>], stop: &AtomicBool) -> Result<Vec<Answers>> {
        self.answered += questions.len();
        if self.answered >= self.raise_stop_after {
            stop.store(true, Ordering::Relaxed);
        }
        let answer = |question: &Question<'_>| {
            let right = question.row.label.value.to_string();
            let free = format!("{right} there you are");
            let local = |text| RawAnswer::local(text, 0.25, TokenCounts::default());
            Answers {
                answered_by: self.answered_by(),
                constrained: Some(local(right)),
                unconstrained: Some(local(free)),
            }
        };
        Ok(questions.iter().map(answer).collect())
    }
}

fn run(task: &Task, answerer: &mut dyn Answerer, out: Option<&Path>) -> Result<EvalOutcome> {
    let options = EvalOptions {
        out: out.map(Path::to_owned),
        model: "fake".to_owned(),
        ..EvalOptions::default()
    };
    evaluate(
        task,
        Split::Dev,
        answerer,
        &options,
        &AtomicBool::new(false),
        &mut Silent,
    )
}

fn finished(outcome: EvalOutcome) -> (EvalReport, Vec<EvalRow>) {
    match outcome {
        EvalOutcome::Finished { report, rows } => (*report, rows),
        EvalOutcome::Interrupted { .. } => panic!("was interrupted"),
    }
}

#[test]
fn a_report_shows_validity_both_ways_and_every_row() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), &rows(&[0, 10, 4]), &rows(&[1, 2, 3, 4, 5]));
    let out = dir.path().join("out");
    let (report, records) = finished(run(&task, &mut Fake::new(), Some(&out)).unwrap());
    let value = |name: &str| report.metrics[name].value;
    assert_eq!(value("strict_valid_rate"), Some(1.0));
    assert_eq!(value("mae_penalised"), Some(0.0));
    assert_eq!(value("exact_match_rate"), Some(1.0));
    assert_eq!(value("strict_valid_rate_unconstrained"), Some(0.0));
    assert_eq!(value("lenient_valid_rate_unconstrained"), Some(1.0));
    // Targets 1 to 5, worst errors 9, 8, 7, 6, 5.
    assert_eq!(value("mae_penalised_unconstrained"), Some(7.0));
    assert_eq!(value("skill_vs_constant"), Some(1.0));
    assert_eq!(report.failures["unconstrained"]["extra_trailing_text"], 5);
    assert_eq!(report.failures["constrained"].len(), 0);
    assert_eq!(report.strata["odd"]["mae_penalised"].n, 2);
    assert_eq!((report.n_total, report.n_answered), (5, 5));
    assert_eq!(records[1].strata["source_type"], "odd");
    assert_eq!(records[1].messages[0].content, "Levels of: level 2 of 1");

    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(
        serde_json::from_str::<EvalReport>(&read("eval_summary.json")).unwrap(),
        report
    );
    assert_eq!(read("rows.jsonl").lines().count(), 5);
    let metrics: Value = serde_json::from_str(&read("final_metrics.json")).unwrap();
    assert_eq!(metrics["eval"]["json_valid_rate"], json!(1.0));
    assert_eq!(metrics["primary_score"]["value"], json!(0.0));
    assert!(!out.join("rows.partial.jsonl").exists());
}

#[test]
fn a_stopped_evaluation_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), &rows(&[0, 10]), &rows(&[1, 2, 3, 4, 5]));
    let out = dir.path().join("out");
    let mut stopping = Fake {
        raise_stop_after: 2,
        ..Fake::new()
    };
    let outcome = run(&task, &mut stopping, Some(&out)).unwrap();
    assert_eq!(outcome, EvalOutcome::Interrupted { done: 2, total: 5 });
    assert!(!out.join("eval_summary.json").exists() && !out.join("rows.jsonl").exists());
    // A kill in the middle of a line.
    let partial = out.join("rows.partial.jsonl");
    let mut bytes = fs::read(&partial).unwrap();
    bytes.truncate(bytes.len() - 7);
    fs::write(&partial, bytes).unwrap();

    let mut resumed = Fake::new();
    let (report, rows) = finished(run(&task, &mut resumed, Some(&out)).unwrap());
    assert_eq!((resumed.answered, rows.len()), (4, 5));
    let whole = dir.path().join("whole");
    let (at_once, _) = finished(run(&task, &mut Fake::new(), Some(&whole)).unwrap());
    assert_eq!(report.metrics, at_once.metrics);
    assert_eq!(
        fs::read(out.join("rows.jsonl")).unwrap(),
        fs::read(whole.join("rows.jsonl")).unwrap()
    );
    // And what is finished is not asked again.
    let mut again = Fake::new();
    let (report, _) = finished(run(&task, &mut again, Some(&out)).unwrap());
    assert_eq!(again.answered, 0);
    assert_eq!(report.metrics, at_once.metrics);
}

#[test]
fn a_folder_of_another_evaluation_or_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), &rows(&[0, 10, 4]), &rows(&[1, 2]));
    let out = dir.path().join("out");
    finished(run(&task, &mut Fake::new(), Some(&out)).unwrap());
    let mut constant = Baseline::constant(&task).unwrap();
    let error = run(&task, &mut constant, Some(&out)).unwrap_err();
    assert!(
        matches!(&error, Error::OtherEvaluation { differs, .. } if differs == "model"),
        "{error}"
    );
    fs::write(dir.path().join("prompt.jinja"), "Now: {{ request_text }}").unwrap();
    let changed = Task::open(dir.path()).unwrap();
    let error = run(&changed, &mut Fake::new(), Some(&out))
        .unwrap_err()
        .to_string();
    assert!(error.contains("its prompt differs"), "{error}");
    let replacing = EvalOptions {
        out: Some(out.clone()),
        replace_other: true,
        ..EvalOptions::default()
    };
    let stop = AtomicBool::new(false);
    let mut fake = Fake::new();
    finished(
        evaluate(
            &changed,
            Split::Dev,
            &mut fake,
            &replacing,
            &stop,
            &mut Silent,
        )
        .unwrap(),
    );
    assert_eq!(fake.answered, 2);

    let lock = fs::File::create(out.join(".evaluation.lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(
        run(&changed, &mut Fake::new(), Some(&out)),
        Err(Error::Busy(_))
    ));

    let strange = dir.path().join("strange");
    fs::create_dir(&strange).unwrap();
    fs::write(strange.join("rows.jsonl"), "x").unwrap();
    assert!(run(&task, &mut Fake::new(), Some(&strange)).is_err());
}

#[test]
fn limits_and_missing_splits_are_clear() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), &rows(&[0, 10]), &rows(&[1, 2, 3]));
    let with_limit = |limit| EvalOptions {
        limit: Some(limit),
        ..EvalOptions::default()
    };
    let run = |split, options: &EvalOptions| {
        evaluate(
            &task,
            split,
            &mut Fake::new(),
            options,
            &AtomicBool::new(false),
            &mut Silent,
        )
    };
    let (report, _) = finished(run(Split::Dev, &with_limit(2)).unwrap());
    assert_eq!(report.metrics["mae_penalised"].n_total, 2);
    assert!(
        run(Split::Dev, &with_limit(0))
            .unwrap_err()
            .to_string()
            .contains("at least 1")
    );
    let frozen = run(Split::Frozen, &EvalOptions::default()).unwrap_err();
    assert!(frozen.to_string().contains("no frozen data"));
}

#[test]
fn baselines_on_real_rows_reach_the_published_numbers() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/mistral-hackathon/ft/history/1733ce1");
    let read = |name: &str| fs::read(data.join(name));
    let (Ok(train), Ok(valid)) = (
        read("ft_request_param_train.jsonl"),
        read("ft_request_param_valid.jsonl"),
    ) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), &train, &valid);
    let mae = |mut baseline: Baseline| {
        let (report, rows) = finished(run(&task, &mut baseline, None).unwrap());
        assert_eq!(
            (rows.len(), report.metrics["strict_valid_rate"].value),
            (100, Some(1.0))
        );
        report.metrics["mae_penalised"].value.unwrap()
    };
    let constant = mae(Baseline::constant(&task).unwrap());
    assert!((constant - 1.908).abs() < 0.0006, "{constant}");
    let by_type = mae(Baseline::constant_by(&task, "source_type").unwrap());
    assert!((by_type - 1.715).abs() < 0.0006, "{by_type}");
    let ridge = mae(Baseline::ridge(&task).unwrap());
    assert!((1.36..=1.42).contains(&ridge), "{ridge}");
}

#[test]
fn baselines_name_what_they_lack() {
    let dir = tempfile::tempdir().unwrap();
    let task = write_task(dir.path(), &rows(&[0, 10]), &rows(&[1]));
    let error = Baseline::constant_by(&task, "sourcetype")
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("did you mean 'source_type'"), "{error}");
    fs::write(
        dir.path().join("task.yaml"),
        TASK.replace("train: train.jsonl, ", ""),
    )
    .unwrap();
    let task = Task::open(dir.path()).unwrap();
    let error = Baseline::ridge(&task).err().unwrap().to_string();
    assert!(error.contains("no `train` file"), "{error}");
}
