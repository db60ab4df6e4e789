//! `gradus data` through the real binary, and the refusal of `gradus train`.

use std::fs;
use std::path::Path;

use super::{example, fails, gradus};

/// A task whose source is a CSV file of 60 rows in 30 pairs.
fn project(dir: &Path) -> String {
    let contract = r#"{"type": "object", "properties": {"calm": {"type": "integer", "minimum": 0, "maximum": 10}},
        "required": ["calm"], "additionalProperties": false}"#;
    fs::write(dir.join("contract.json"), contract).unwrap();
    fs::write(dir.join("prompt.jinja"), "Rate: {{ text }}").unwrap();
    let task = "name: small\ndata: {train: train.jsonl, dev: dev.jsonl, frozen: frozen.jsonl}\n\
                prompt: prompt.jinja\ntarget: label\ncontract: contract.json\nscale: {min: 0, max: 10}\n";
    fs::write(dir.join("task.yaml"), task).unwrap();
    fs::write(dir.join("data.yaml"), "source: raw.csv\ngroup: pair\n").unwrap();
    let words = ["harbour", "market", "forest", "tower", "garden", "railway"];
    let manners = [
        "slowly, for strings",
        "with brass at noon",
        "as a lullaby",
        "like falling snow",
        "in waltz time",
    ];
    let mut csv = "id,pair,text,label.calm\n".to_owned();
    for row in 0..60 {
        let mood = ["grey and tired", "golden, wide awake"][row / 30];
        let text = format!("{mood} {} {}", words[row % 6], manners[row / 6 % 5]);
        csv += &format!("r{row},p{},\"{text}\",{}\n", row / 2, row % 11);
    }
    fs::write(dir.join("raw.csv"), csv).unwrap();
    dir.to_string_lossy().into_owned()
}

fn json(arguments: &[&str]) -> serde_json::Value {
    let output = gradus(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn from_a_csv_file_to_a_refused_training() {
    let dir = tempfile::tempdir().unwrap();
    let task = project(dir.path());
    let built = json(&["data", "build", &task, "--json"]);
    assert_eq!(built["stats"]["source_rows"], 60);
    assert_eq!(built["stats"]["roles"]["train"]["rows"], 48);
    assert_eq!(json(&["data", "build", &task, "--json"])["changed"], false);
    assert_eq!(json(&["data", "freeze", &task, "--json"])["rows"], 6);
    assert_eq!(
        json(&["data", "freeze", &task, "--json"])["was_frozen"],
        true
    );

    // A frozen row comes back in an augmented file of plain rows, beside the manifest.
    let frozen = fs::read_to_string(dir.path().join("frozen.jsonl")).unwrap();
    let row: serde_json::Value = serde_json::from_str(frozen.lines().next().unwrap()).unwrap();
    let prompt = format!("Once more: {}", row["text"].as_str().unwrap());
    let augmented =
        serde_json::json!({"id": "aug-1", "prompt": prompt, "completion": "{\"calm\": 3}"});
    fs::write(dir.path().join("augmented.jsonl"), format!("{augmented}\n")).unwrap();
    let recipe = dir.path().join("recipe.yaml");
    fs::write(
        &recipe,
        "model: none-needed\ntrain_file: augmented.jsonl\noutput_dir: out\n",
    )
    .unwrap();
    let words = [
        "line 1",
        "aug-1",
        "frozen row 'r",
        "augmented.jsonl",
        "data build",
    ];
    fails(&["train", &recipe.to_string_lossy()], 3, &words);
    assert!(!dir.path().join("out").exists());
    // The same through the task's own train file, and through a manifest that the recipe names.
    let train = fs::read_to_string(dir.path().join("train.jsonl")).unwrap();
    fs::write(
        dir.path().join("train.jsonl"),
        format!("{train}{}", frozen.lines().next().unwrap()),
    )
    .unwrap();
    fs::write(&recipe, "model: none-needed\ntask: .\noutput_dir: out\n").unwrap();
    fails(
        &["train", &recipe.to_string_lossy()],
        3,
        &["line 49", "train.jsonl"],
    );
    fails(
        &["data", "check", &task],
        3,
        &["fail", "given away by train"],
    );
    let elsewhere = dir.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(
        dir.path().join("augmented.jsonl"),
        elsewhere.join("augmented.jsonl"),
    )
    .unwrap();
    fs::write(
        &recipe,
        "model: none-needed\ntrain_file: elsewhere/augmented.jsonl\nfrozen: frozen.manifest.json\noutput_dir: out\n",
    )
    .unwrap();
    fails(&["train", &recipe.to_string_lossy()], 3, &["aug-1"]);
}

#[test]
fn conversion_names_the_prompts_that_evaluation_records() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("frozen.prompts.jsonl");
    let out = out.to_string_lossy();
    let converted = json(&[
        "data",
        "convert",
        &example(),
        "--split",
        "frozen",
        "--out",
        &out,
        "--json",
    ]);
    let reports = dir.path().join("report");
    let report = json(&[
        "eval",
        &example(),
        "--model",
        "constant",
        "--out",
        &reports.to_string_lossy(),
        "--json",
    ]);
    assert_eq!(
        converted["rendered_prompts_sha256"],
        report["report"]["rendered_prompts_sha256"]
    );
    assert_eq!(converted["rows"], report["report"]["n_total"]);
}

#[test]
fn the_bundled_example_passes_its_own_check() {
    let found = json(&["data", "check", &example(), "--json"]);
    let failed: Vec<_> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["level"] == "fail")
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn mistakes_in_data_yaml_are_3_and_name_their_line() {
    let dir = tempfile::tempdir().unwrap();
    let task = project(dir.path());
    let yaml = dir.path().join("data.yaml");
    for (text, words) in [
        (
            "source: raw.csv\ngrup: pair\n",
            &["line 2", "did you mean 'group'", "data.yaml"][..],
        ),
        (
            "source: raw.csv\ngroup: pear\n",
            &["line 2", "'pear'", "did you mean 'pair'", "raw.csv"],
        ),
        ("source: raw.xlsx\n", &["raw.xlsx"]),
        ("seed: 3\n", &["source", "data.yaml"]),
        ("source: none.jsonl\n", &["none.jsonl"]),
    ] {
        fs::write(&yaml, text).unwrap();
        fails(&["data", "build", &task], 3, words);
        assert!(!dir.path().join("train.jsonl").exists());
    }
    fails(&["data", "chek", &task], 2, &["check"]);
}
