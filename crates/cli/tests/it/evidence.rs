//! `gradus evidence` and `gradus report` through the real binary.

use std::path::{Path, PathBuf};

use crate::{example, fails, gradus};

/// A task folder with two evaluated baselines.
fn evaluated(dir: &Path) -> PathBuf {
    let task = dir.join("task");
    copy(Path::new(&example()), &task);
    for model in ["constant", "ridge"] {
        let out = task.join("reports").join(model);
        let arguments = [
            "eval",
            &text(&task),
            "--model",
            model,
            "--limit",
            "12",
            "--out",
            &text(&out),
        ];
        let output = gradus(&arguments);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    task
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn json(arguments: &[&str]) -> (Option<i32>, serde_json::Value) {
    let output = gradus(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let value = serde_json::from_slice(&output.stdout);
    (
        output.status.code(),
        value.unwrap_or_else(|error| panic!("{error}: {said}")),
    )
}

#[test]
fn evidence_is_packed_signed_verified_and_tampering_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let task = text(&evaluated(dir.path()));
    let file = |name: &str| text(&dir.path().join(name));
    let (zip, key) = (file("a.zip"), file("my.key"));
    assert!(
        gradus(&["evidence", "keygen", "--out", &key])
            .status
            .success()
    );
    fails(
        &["evidence", "keygen", "--out", &key],
        3,
        &["never overwritten"],
    );
    let (code, packed) = json(&[
        "evidence",
        "pack",
        &task,
        "--out",
        &zip,
        "--sign-key",
        &key,
        "--json",
    ]);
    assert_eq!((code, packed["is_signed"].as_bool()), (Some(0), Some(true)));
    assert!(
        gradus(&[
            "evidence",
            "pack",
            &task,
            "--out",
            &file("b.zip"),
            "--sign-key",
            &key
        ])
        .status
        .success()
    );
    assert_eq!(
        std::fs::read(&zip).unwrap(),
        std::fs::read(file("b.zip")).unwrap()
    );

    let public = format!("{key}.pub");
    let (code, found) = json(&[
        "evidence",
        "verify",
        &zip,
        "--public-key",
        &public,
        "--json",
    ]);
    assert_eq!(code, Some(0), "{found}");
    assert_eq!(found["rows_rescored"], 24);
    assert!(found["figures_recomputed"].as_u64().unwrap() > 500);

    let mut bytes = std::fs::read(&zip).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file("c.zip"), bytes).unwrap();
    fails(&["evidence", "verify", &file("c.zip")], 11, &["c.zip"]);
    fails(
        &["evidence", "verify", &file("nowhere.zip")],
        3,
        &["nowhere.zip"],
    );
    std::fs::write(file("d.zip"), b"PK").unwrap();
    fails(&["evidence", "verify", &file("d.zip")], 11, &["too short"]);
}

#[test]
fn a_figure_that_does_not_follow_from_the_rows_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    let task = evaluated(dir.path());
    let summary = task.join("reports/ridge/eval_summary.json");
    let mut report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&summary).unwrap()).unwrap();
    report["metrics"]["mae_penalised"]["value"] = 0.125.into();
    std::fs::write(&summary, report.to_string()).unwrap();
    let zip = text(&dir.path().join("a.zip"));
    assert!(
        gradus(&["evidence", "pack", &text(&task), "--out", &zip])
            .status
            .success()
    );
    let (code, found) = json(&["evidence", "verify", &zip, "--json"]);
    assert_eq!(code, Some(11));
    assert_eq!(found["verified"], false);
    let difference = &found["differences"][0];
    assert_eq!(difference["file"], "reports/ridge/eval_summary.json");
    assert_eq!(difference["figure"], "metrics.mae_penalised.value");
    assert_eq!(difference["recorded"], 0.125);
    assert!(difference["recomputed"].as_f64().unwrap() > 0.5);
    assert_eq!(found["differences"].as_array().unwrap().len(), 1);
}

/// The known answer of the issue: a folder of nulls and templates, found with file and line.
#[test]
fn a_template_folder_is_refused_with_file_and_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/tunix-rt/submission_runs/m34_v1");
    if !folder.exists() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let out = text(&dir.path().join("x.zip"));
    fails(
        &["evidence", "pack", &text(&folder), "--out", &out],
        3,
        &[
            "eval_summary.json line 9: 'primary_score' is null",
            "eval_summary.json line 5: 'metrics.final_loss' is null",
            "best_params.json line 7: 'params.learning_rate' is null",
            "run_manifest.json line 16: a template value",
            "kaggle_output_log.txt line 7: a template value",
        ],
    );
    assert!(!Path::new(&out).exists());
}

#[test]
fn the_report_is_one_page_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let task = text(&evaluated(dir.path()));
    let (page, markdown) = (dir.path().join("r.html"), dir.path().join("r.md"));
    let (code, said) = json(&[
        "report",
        &task,
        "--out",
        &text(&page),
        "--markdown",
        &text(&markdown),
        "--json",
    ]);
    assert_eq!((code, said["evaluations"].as_u64()), (Some(0), Some(2)));
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("<svg") && html.contains("prefers-color-scheme: dark"));
    assert!(
        std::fs::read_to_string(markdown)
            .unwrap()
            .contains("| mae_penalised |")
    );
    fails(
        &["report", &text(&dir.path().join("none")), "--out", "x.html"],
        3,
        &["none"],
    );
}
