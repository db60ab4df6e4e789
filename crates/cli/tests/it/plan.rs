//! `gradus plan` through the real binary, on the bundled example and on a made-up folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{example, fails, gradus};

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The example's task in a folder of its own, with a report of the constant on `dev`.
fn evaluated(dir: &Path) -> PathBuf {
    let task = dir.join("task");
    fs::create_dir_all(task.join("data")).unwrap();
    for name in [
        "task.yaml",
        "prompt.jinja",
        "contract.schema.json",
        "recipe.yaml",
        "data/train.jsonl",
        "data/dev.jsonl",
        "data/frozen.jsonl",
    ] {
        fs::copy(Path::new(&example()).join(name), task.join(name)).unwrap();
    }
    let report = task.join("reports/model-dev");
    let arguments = [
        "eval",
        &text(&task),
        "--model",
        "constant",
        "--split",
        "dev",
        "--out",
        &text(&report),
    ];
    let output = gradus(&arguments);
    assert!(output.status.success(), "{output:?}");
    task
}

fn planned(report: &Path, more: &[&str]) -> Value {
    let report = text(report);
    let mut arguments = vec!["plan", &report, "--json"];
    arguments.extend(more);
    let output = gradus(&arguments);
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_report_of_dev_becomes_a_plan_with_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let task = evaluated(dir.path());
    let report = task.join("reports/model-dev");
    let recipe = text(&task.join("recipe.yaml"));
    let baseline = planned(&report, &["--recipe", &recipe]);
    let reasons = baseline["plan"]["withheld"].to_string();
    assert!(reasons.contains("a baseline is fitted"), "{reasons}");

    // The same answers, as if a model had given them.
    let summary = report.join("eval_summary.json");
    let served = fs::read_to_string(&summary).unwrap();
    let served = served
        .replace("\"backend\": \"baseline\"", "\"backend\": \"native\"")
        .replace("\"adapter_sha256\": null", "\"adapter_sha256\": \"a\"");
    fs::write(&summary, served).unwrap();
    let first = planned(&report, &["--recipe", &recipe]);
    let plan = &first["plan"];
    assert_eq!(plan["pinned"]["rows"], 100);
    assert_eq!(plan["actions"][0]["kind"], "data");
    assert_eq!(plan["actions"][0]["status"], "now");
    assert!(
        plan["actions"][0]["expectation"]["improvement"]
            .as_f64()
            .unwrap()
            > 0.0
    );
    assert!(!plan["clusters"][0]["rows"].as_array().unwrap().is_empty());
    let out = report.join("plan");
    let spec: Value =
        serde_json::from_slice(&fs::read(out.join("augmentation_spec.json")).unwrap()).unwrap();
    assert_eq!(spec["text_field"], "request_text");
    for row in spec["repeat"].as_array().unwrap() {
        assert!(row["row"].as_str().unwrap().starts_with("train-"), "{row}");
    }
    for name in [
        "plan.yaml",
        "plan.md",
        "hparam_patch.yaml",
        "next_hparams.yaml",
        "overrides.env",
    ] {
        assert!(out.join(name).is_file(), "{name}");
    }
    let before = fs::read(out.join("plan.yaml")).unwrap();
    assert!(!String::from_utf8_lossy(&before).contains(&text(dir.path())));
    planned(&report, &["--recipe", &recipe]);
    assert_eq!(fs::read(out.join("plan.yaml")).unwrap(), before);

    let again = planned(
        &report,
        &[
            "--recipe",
            &recipe,
            "--earlier",
            &text(&out),
            "--out",
            &text(&dir.path().join("p2")),
        ],
    );
    assert_eq!(
        again["expected_against_observed"].as_array().unwrap().len(),
        0
    );
}

#[test]
fn somebody_elses_folder_is_read_leniently() {
    let dir = tempfile::tempdir().unwrap();
    let run = dir.path().join("outputs/run1");
    fs::create_dir_all(&run).unwrap();
    let case = r#"{"id":"v1","request_text":"calm","target_vector":{"energy":2},"predicted_vector":{"energy":7},"abs_error_raw":{"energy":5},"parse_error":null}"#;
    fs::write(
        run.join("hard_cases.valid.jsonl"),
        format!("{case}\n{{broken\n"),
    )
    .unwrap();
    let out = dir.path().join("plan");
    let found = planned(dir.path(), &["--out", &text(&out)]);
    let plan = &found["plan"];
    assert_eq!(plan["counts"]["value"], 1);
    let notes = plan["notes"].to_string();
    assert!(
        notes.contains("line 2") && notes.contains("no submissions.jsonl"),
        "{notes}"
    );
    assert!(out.join("plan.yaml").is_file() && !out.join("next_recipe.yaml").exists());
}

#[test]
fn what_can_not_be_planned_from_is_3() {
    let dir = tempfile::tempdir().unwrap();
    fails(&["plan", "no-such-folder"], 3, &["no-such-folder"]);
    fails(
        &["plan", &text(dir.path())],
        3,
        &["nothing here to plan from", "rows.jsonl"],
    );
    fs::write(dir.path().join("eval_summary.json"), "{}").unwrap();
    fs::write(dir.path().join("rows.jsonl"), "{}\n").unwrap();
    fails(&["plan", &text(dir.path())], 3, &["eval_summary.json"]);
    assert!(!dir.path().join("plan").exists());
    fails(&["plan"], 2, &["REPORT_DIR"]);
}
