//! Tests on material that is made up here, and on the released folders where they are at hand.

use std::path::{Path, PathBuf};

use super::*;

fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    pairs
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
        .collect()
}

/// The files of interest below a folder beside the repository; `None` where it is absent.
fn released(folder: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(folder);
    if !root.is_dir() {
        return None;
    }
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    while let Some(dir) = folders.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if is_of_interest(&name) {
                let inside = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                files.insert(inside, std::fs::read(path).unwrap());
            }
        }
    }
    Some(files)
}

#[track_caller]
fn finds(material: &ForeignMaterial, words: &[&str]) {
    let found = material
        .findings
        .iter()
        .any(|finding| words.iter().all(|word| finding.contains(word)));
    assert!(found, "{words:?} in none of {:#?}", material.findings);
}

#[test]
fn the_released_hackathon_folder_tells_its_known_flaws() {
    let Some(files) = released("mistral-hackathon") else {
        return;
    };
    let material = read(&files);
    let (jobs, evals): (Vec<_>, Vec<_>) = material
        .submissions
        .iter()
        .partition(|it| it.file.ends_with("/submissions.jsonl"));
    assert_eq!((jobs.len(), evals.len()), (26, 11));
    let ids = |them: &[&Submission]| them.iter().filter(|it| it.job_id.is_some()).count();
    // The ledger's own field holds 9 of the 10 ids that the outputs of the evaluations show.
    assert_eq!((ids(&jobs), ids(&evals)), (24, 10));
    let failed: Vec<usize> = jobs
        .iter()
        .filter(|it| it.job_id.is_none())
        .map(|it| it.line)
        .collect();
    assert_eq!(failed, [17, 22]);
    finds(
        &material,
        &[
            "same configuration",
            "run2-cycle1-tuned",
            "run3-cycle1-tuned-augmented",
        ],
    );
    finds(
        &material,
        &[
            "same configuration",
            "run4-cycle2-tuned",
            "run5-cycle2-tuned-augmented",
        ],
    );
    finds(&material, &["run3", "called augmented", "v1"]);
    finds(
        &material,
        &[
            "selfimprove1",
            "lora_alpha 32 → 64",
            "lora_r 16 → 16",
            "from 2 to 4",
        ],
    );
    finds(&material, &["no valid answer", "error of 0 is no figure"]);
    assert!(
        material
            .missing
            .iter()
            .any(|it| it.contains("hard_cases.valid.jsonl"))
    );
    assert_eq!(material.recipe.as_ref().unwrap().lora_alpha, 64.0);
}

#[test]
fn the_released_trace_folder_tells_that_answers_are_hidden() {
    let Some(files) = released("tunix-rt") else {
        return;
    };
    let material = read(&files);
    finds(
        &material,
        &["without a primary score", "submission_runs/m34_v1"],
    );
    finds(
        &material,
        &[
            "post_stage_c_predictions.jsonl",
            "0 of 100 answers equal",
            "64 hold it",
        ],
    );
    assert!(!material.outcomes.is_empty());
}

#[test]
fn hard_cases_become_outcomes_and_broken_lines_findings() {
    let cases = concat!(
        r#"{"rank":1,"id":"dev-1","request_text":"calm","source_type":"free","target_vector":{"energy":2},"predicted_vector":{"energy":7},"abs_error_raw":{"energy":5},"mae_raw":5,"parse_error":null}"#,
        "\n{broken\n",
        r#"{"rank":2,"sample_index":4,"request_text":"wild","target_vector":{"energy":9},"predicted_vector":null,"parse_error":"code_fence"}"#,
        "\n",
    );
    let material = read(&files(&[
        ("outputs/a/hard_cases.valid.jsonl", cases),
        (
            "outputs/a/final_metrics.json",
            r#"{"train":{"train_loss":0.5},"eval":{"mae_raw":2.0}}"#,
        ),
    ]));
    let shown: Vec<(&str, Option<gradus_schema::FailureCode>, f64)> = material
        .outcomes
        .iter()
        .map(|it| (it.id.as_str(), it.failure, it.loss))
        .collect();
    assert_eq!(
        shown,
        [
            ("dev-1", None, 0.5),
            ("sample-4", Some(gradus_schema::FailureCode::CodeFence), 1.0),
        ]
    );
    assert_eq!(material.outcomes[0].signed_errors["energy"], 0.5);
    assert_eq!(material.training.as_ref().unwrap().train_loss, Some(0.5));
    finds(&material, &["line 2", "no JSON object"]);
}

#[test]
fn a_token_is_a_word_of_its_own() {
    let rows = concat!(
        r#"{"id":"a","prompt":"p","expected_answer":"42","predicted_answer":"it is 42."}"#,
        "\n",
        r#"{"id":"b","prompt":"p","expected_answer":"4","predicted_answer":"it is 42"}"#,
        "\n",
        r#"{"id":"c","prompt":"p","expected_answer":"Yes","predicted_answer":" yes "}"#,
        "\n",
    );
    let material = read(&files(&[("x_predictions.jsonl", rows)]));
    finds(&material, &["1 of 3 answers equal", "2 hold it"]);
}

#[test]
fn nothing_at_all_is_empty_and_says_what_is_missing() {
    let material = read(&BTreeMap::new());
    assert!(material.is_empty() && material.missing.len() == 6);
    let odd = read(&files(&[
        ("wandb-summary.json", "[1"),
        ("config.yaml", "\u{0}"),
    ]));
    finds(&odd, &["wandb-summary.json is not JSON"]);
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in ".{0,300}", name in 0usize..11) {
        let names: Vec<&str> = NAMES.into_iter().chain(["a_predictions.jsonl", "a.table.json"]).collect();
        let _ = read(&files(&[(names[name], &text)]));
    }
}
