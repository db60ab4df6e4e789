//! What is known about the originals' data (the figures come from `known_answers.py` beside this
//! file). Skipped where the data are not at hand.

use std::fs;
use std::path::{Path, PathBuf};

use gradus_analysis::filters::DropReason;
use gradus_analysis::leakage::LeakKind;
use gradus_analysis::signal::SignalVerdict;
use gradus_schema::Split;

use super::DataSettings;
use super::build::{BuildOptions, build};
use super::check::{DataCheck, check};
use super::findings::Level;
use super::read::read_json_file;
use crate::task::Task;

fn data() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/mistral-hackathon");
    dir.is_dir().then(|| dir.canonicalize().unwrap())
}

/// A task of the six hidden parameters over these files.
fn task(dir: &Path, roles: &str, max: u32, data_yaml: &str) -> Task {
    let names = [
        "energy",
        "warmth",
        "brightness",
        "acousticness",
        "complexity",
        "nostalgia",
    ];
    let properties: serde_json::Map<String, serde_json::Value> = names
        .iter()
        .map(|name| {
            let range = serde_json::json!({"type": "integer", "minimum": 0, "maximum": max});
            (name.to_string(), range)
        })
        .collect();
    let contract = serde_json::json!({
        "type": "object", "properties": properties, "required": names, "additionalProperties": false,
    });
    fs::write(dir.join("contract.json"), contract.to_string()).unwrap();
    fs::write(
        dir.join("prompt.jinja"),
        "Rate the music.\n{{ request_text }}",
    )
    .unwrap();
    let yaml = format!(
        "name: originals\ndata: {roles}\nprompt: prompt.jinja\n\
         target: target_hidden_params.vector\ncontract: contract.json\nscale: {{min: 0, max: {max}}}\n"
    );
    fs::write(dir.join("task.yaml"), yaml).unwrap();
    if !data_yaml.is_empty() {
        fs::write(dir.join("data.yaml"), data_yaml).unwrap();
    }
    Task::open(dir).unwrap()
}

fn stratified(dir: &Path) -> Task {
    let path = dir.join("task.yaml");
    let yaml = fs::read_to_string(&path).unwrap() + "stratify_by: source_type\n";
    fs::write(path, yaml).unwrap();
    Task::open(dir).unwrap()
}

fn checked(task: &Task) -> DataCheck {
    check(
        task,
        &DataSettings::open(task, None).unwrap(),
        2,
        &mut |_, _, _| {},
    )
    .unwrap()
}

fn verdict_of<'a>(found: &'a DataCheck, stratum: &str) -> &'a SignalVerdict {
    let found = found.signal.iter().find(|signal| signal.stratum == stratum);
    &found.unwrap().verdict
}

#[test]
fn the_teacher_pairs_lose_51_duplicates_and_have_48_conflicts() {
    let Some(data) = data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let roles = "{train: data/train.jsonl, dev: data/dev.jsonl, frozen: data/frozen.jsonl}";
    let yaml = "source: pairs.jsonl
source_scale: {min: 0, max: 100}
expand: {from: [rule_prompt, request_text], field: request_text, kind: source_type}
group: id
filters:
  length: {min: 16, max: 260}
  language: [latin, japanese]
  label_leak: {field_names: true, numbers: true}
  conflicts: report
";
    task(dir.path(), roles, 10, yaml);
    let task = stratified(dir.path());
    let settings = DataSettings::open(&task, None).unwrap();
    let source = read_json_file(&data.join("ft/teacher_pairs.raw.jsonl"), "pairs.jsonl").unwrap();
    let sources = [source];
    let built = build(&task, &settings, &sources, &BuildOptions::default()).unwrap();
    let stats = &built.stats;
    assert_eq!((stats.source_rows, stats.kept_rows), (500, 449));
    assert_eq!(stats.dropped[&DropReason::Duplicate], 51);
    assert_eq!(stats.dropped.values().sum::<usize>(), 51);
    assert_eq!(stats.conflicts.texts, 48);
    assert_eq!(stats.rows, 898);
    let by_stratum = &stats.roles["train"].by_stratum;
    assert_eq!(by_stratum["rule_prompt"], by_stratum["request_text"]);
    // What is built has no leak of any kind.
    for (path, bytes) in &built.files {
        super::write_whole(path, bytes).unwrap();
    }
    let found = checked(&task);
    for leakage in &found.leakage {
        assert!(leakage.leaks.is_empty(), "{:?}", leakage.leaks);
    }
    // By default, conflicting labels are refused, with rows.
    let strict = yaml.replace("  conflicts: report\n", "");
    fs::write(dir.path().join("data.yaml"), strict).unwrap();
    let settings = DataSettings::open(&task, None).unwrap();
    let error = build(&task, &settings, &sources, &BuildOptions::default()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("48 texts") && text.contains("teacher_0"),
        "{text}"
    );
}

#[test]
fn the_final_split_leaks_siblings_and_half_of_it_has_no_signal() {
    let Some(data) = data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let ft = data.join("ft");
    let roles = format!(
        "{{train: {ft}/ft_request_param_train.jsonl, dev: {ft}/ft_request_param_valid.jsonl, \
         frozen: {ft}/ft_request_param_test.jsonl}}",
        ft = ft.display()
    );
    let yaml = format!(
        "siblings: {{file: {}/teacher_pairs.filtered.jsonl, id: id, texts: [request_text, rule_prompt]}}\n",
        ft.display()
    );
    task(dir.path(), &roles, 10, &yaml);
    let task = stratified(dir.path());
    let found = checked(&task);
    let siblings = |held_out, other| {
        let leakage = found
            .leakage
            .iter()
            .find(|leakage| leakage.held_out == held_out && leakage.other == other)
            .unwrap();
        (leakage.rows[&LeakKind::Sibling], leakage.n_held_out)
    };
    assert_eq!(siblings(Split::Frozen, Split::Train), (71, 89));
    assert_eq!(siblings(Split::Dev, Split::Train), (64, 88));
    assert_eq!(siblings(Split::Frozen, Split::Dev).0, 8);
    assert_eq!(
        *verdict_of(&found, "request_text"),
        SignalVerdict::NotPredictable
    );
    assert_eq!(
        *verdict_of(&found, "rule_prompt"),
        SignalVerdict::Predictable
    );
    assert_eq!(found.verdict, Level::Fail);
    let request = found
        .signal
        .iter()
        .find(|s| s.stratum == "request_text")
        .unwrap();
    // LESSONS §2.5: constant 0.904, ridge 0.956 on their folds.
    assert!(
        (request.constant_mae.unwrap() - 0.904).abs() < 0.03,
        "{request:?}"
    );
}

#[test]
fn the_earlier_pairs_have_signal_and_the_later_ones_none() {
    let Some(data) = data() else { return };
    for (file, expected, constant) in [
        (
            "ft/history/7d6989b/teacher_pairs.filtered.jsonl",
            SignalVerdict::Predictable,
            25.1,
        ),
        (
            "ft/teacher_pairs.filtered.jsonl",
            SignalVerdict::NotPredictable,
            8.79,
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let roles = format!("{{train: {}}}", data.join(file).display());
        let found = checked(&task(dir.path(), &roles, 100, ""));
        let signal = &found.signal[0];
        assert_eq!(signal.verdict, expected, "{file}: {signal:?}");
        assert!(
            (signal.constant_mae.unwrap() - constant).abs() < 0.3,
            "{file}: {signal:?}"
        );
    }
}

#[test]
fn the_frozen_set_contradicts_itself() {
    let Some(data) = data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let roles = format!(
        "{{frozen: {}}}",
        data.join("eval/frozen_eval_set.v1.json").display()
    );
    let found = checked(&task(dir.path(), &roles, 10, ""));
    let texts = &found.equal_texts[&Split::Frozen];
    assert_eq!((texts.n_rows, texts.n_texts), (70, 30));
    assert_eq!((texts.n_texts_in_conflict, texts.most_labels), (10, 5));
    assert!(
        (texts.floor_mae.unwrap() - 0.776_190_476_19).abs() < 1e-9,
        "{texts:?}"
    );
    let conflicts = found
        .findings
        .iter()
        .find(|finding| finding.check == "conflicts")
        .unwrap();
    assert_eq!(conflicts.level, Level::Fail);
}

#[test]
fn converted_prompts_are_the_originals_byte_for_byte() {
    let Some(data) = data() else { return };
    let file = data.join("prompt_completion/test.jsonl");
    let dir = tempfile::tempdir().unwrap();
    let roles = format!("{{frozen: {}}}", file.display());
    task(dir.path(), &roles, 10, "");
    let template = "You estimate 6 hidden music parameters.
Each value must be integer between 0 and 10.

- energy: silent(0) ↔ intense(10)
- warmth: mechanical(0) ↔ warm(10)
- brightness: dark(0) ↔ bright(10)
- acousticness: electronic(0) ↔ acoustic(10)
- complexity: simple(0) ↔ complex(10)
- nostalgia: futuristic(0) ↔ nostalgic(10)

Return JSON only with exactly these keys:
energy, warmth, brightness, acousticness, complexity, nostalgia
source_type={{ source_type }}
request_text={{ request_text }}";
    fs::write(dir.path().join("prompt.jinja"), template).unwrap();
    let task = Task::open(dir.path()).unwrap();
    let rows = read_json_file(&file, "test.jsonl").unwrap().rows;
    let converted = task.training_rows(Split::Frozen).unwrap();
    assert_eq!(converted.len(), 89);
    for (row, converted) in rows.iter().zip(&converted) {
        assert_eq!(
            row.fields["prompt"].as_str(),
            Some(converted.messages[0].content.as_str())
        );
        // Their completions have blanks after the separators; the values are the same.
        let theirs: serde_json::Value =
            serde_json::from_str(row.fields["completion"].as_str().unwrap()).unwrap();
        let ours: serde_json::Value = serde_json::from_str(&converted.completion).unwrap();
        assert_eq!(theirs, ours);
    }
}
