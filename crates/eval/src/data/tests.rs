//! A small task through build, check, freeze, rebuild and convert; and what each refuses.

use std::fs;
use std::path::Path;

use gradus_analysis::filters::DropReason;
use gradus_schema::{PromptCompletion, Split, parse_prompt_completion_jsonl};
use serde_json::json;

use super::build::{BuildOptions, build, write};
use super::check::check;
use super::convert::{PromptForm, convert};
use super::freeze::freeze;
use super::read::read_json_file;
use super::stats::{BuildMode, DataStats};
use super::{DataSettings, FrozenTaint};
use crate::hash::sha256_hex;
use crate::task::{Task, messages_sha256};

const WORDS: [&str; 6] = ["harbour", "market", "forest", "tower", "garden", "railway"];

fn project(dir: &Path) -> Task {
    let contract = r#"{"type": "object", "properties": {"calm": {"type": "integer", "minimum": 0, "maximum": 10}},
        "required": ["calm"], "additionalProperties": false}"#;
    fs::write(dir.join("contract.json"), contract).unwrap();
    fs::write(dir.join("prompt.jinja"), "Rate: {{ text }}").unwrap();
    fs::write(
        dir.join("task.yaml"),
        "name: small\ndata: {train: train.jsonl, dev: dev.jsonl, frozen: frozen.jsonl}\n\
         prompt: prompt.jinja\ntarget: label\ncontract: contract.json\nscale: {min: 0, max: 10}\n",
    )
    .unwrap();
    fs::write(
        dir.join("data.yaml"),
        "source: raw.jsonl\nsource_scale: {min: 0, max: 100}\ngroup: pair\nseed: 1\n\
         split: {train: 0.6, dev: 0.2, frozen: 0.2}\n",
    )
    .unwrap();
    let rows: Vec<String> = (0..60).map(|i| raw_row(i, &text(i))).collect();
    fs::write(dir.join("raw.jsonl"), rows.join("\n")).unwrap();
    Task::open(dir).unwrap()
}

fn text(i: usize) -> String {
    let number = ["eerie", "bold", "soft", "wild", "plain"][i / 12];
    let time = ["dawn over the hills", "a storm in late autumn"][i / 6 % 2];
    format!("{number} strings about the {} by {time}", WORDS[i % 6])
}

fn raw_row(i: usize, text: &str) -> String {
    json!({"id": i, "pair": i / 2, "text": text, "label": {"calm": i % 11 * 10}}).to_string()
}

fn build_once(task: &Task, options: &BuildOptions) -> Result<DataStats, String> {
    let settings = DataSettings::open(task, None).map_err(|error| error.to_string())?;
    let name = if options.train_only {
        "train.jsonl"
    } else {
        "raw.jsonl"
    };
    let source = read_json_file(&task.dir.join(name), name).map_err(|error| error.to_string())?;
    let built = build(task, &settings, &[source], options).map_err(|error| error.to_string())?;
    write(&built, options).map_err(|error| error.to_string())?;
    Ok(built.stats)
}

fn files(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_build_is_complete_repeatable_and_converts_the_scale() {
    let dir = tempfile::tempdir().unwrap();
    let task = project(dir.path());
    let stats = build_once(&task, &BuildOptions::default()).unwrap();
    assert_eq!(stats.mode, BuildMode::BuildTrainDevFrozen);
    assert_eq!(
        stats.source_rows,
        stats.kept_rows + stats.dropped.values().sum::<usize>()
    );
    assert_eq!(
        stats.rows,
        stats.roles.values().map(|role| role.rows).sum::<usize>()
    );
    let train = task.rows(Split::Train).unwrap();
    let seventh = train
        .rows
        .iter()
        .find(|row| row.fields["label"]["calm"] == 7);
    assert_eq!(
        seventh.unwrap().fields["scale"],
        json!({"min": 0.0, "max": 10.0})
    );
    let again = build_once(&task, &BuildOptions::default()).unwrap();
    assert_eq!(again, stats);
    let groups = |split| -> Vec<String> {
        let rows = task.rows(split).unwrap().rows;
        rows.iter()
            .map(|row| row.fields["group"].as_str().unwrap().to_owned())
            .collect()
    };
    let (train, frozen) = (groups(Split::Train), groups(Split::Frozen));
    assert!(frozen.iter().all(|group| !train.contains(group)));
}

#[test]
fn nothing_is_half_written_and_other_rows_are_not_replaced_unasked() {
    let dir = tempfile::tempdir().unwrap();
    let task = project(dir.path());
    let before = files(dir.path());
    let raw = dir.path().join("raw.jsonl");
    let good = fs::read_to_string(&raw).unwrap();
    for (from, to, expected) in [
        (
            r#""calm":70"#,
            r#""calm":170"#,
            "line 8: the label of 'calm' is 170, outside the declared source_scale",
        ),
        (
            r#""pair":3,"#,
            r#""pear":3,"#,
            "line 7: the row has no text or number at 'pair'",
        ),
        (
            r#""label":{"calm":70}"#,
            r#""lable":{"calm":70}"#,
            "did you mean 'lable'",
        ),
        (
            r#""text":"eerie strings about the market"#,
            r#""test":"eerie strings about the market"#,
            "line 2: the row has no text",
        ),
        (
            r#"{"id":5,"#,
            r#"{"id":4,"#,
            "line 6: the id '4' is also that of row 5",
        ),
        (r#"{"id":5,"#, r#"{"id":5"#, "line 6: not JSON"),
        (
            r#""label":{"calm":10}"#,
            r#""label":{"clam":10}"#,
            "can't be used",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        fs::write(&raw, good.replacen(from, to, 1)).unwrap();
        let error = build_once(&task, &BuildOptions::default()).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert_eq!(files(dir.path()), before);
    }
    fs::write(&raw, &good).unwrap();
    fs::write(dir.path().join("dev.jsonl"), "mine\n").unwrap();
    let error = build_once(&task, &BuildOptions::default()).unwrap_err();
    assert!(
        error.contains("--replace") && error.contains("dev.jsonl"),
        "{error}"
    );
    assert!(!dir.path().join("train.jsonl").exists());
    let replace = BuildOptions {
        replace: true,
        ..BuildOptions::default()
    };
    build_once(&task, &replace).unwrap();
}

#[test]
fn frozen_rows_stay_frozen_through_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    let task = project(dir.path());
    build_once(&task, &BuildOptions::default()).unwrap();
    let settings = DataSettings::open(&task, None).unwrap();
    let sealed = freeze(&task, &settings).unwrap();
    assert!(!sealed.was_frozen && freeze(&task, &settings).unwrap().was_frozen);
    let frozen_before = fs::read(dir.path().join("frozen.jsonl")).unwrap();
    // The same build again changes nothing, and another seed leaves the frozen rows alone.
    build_once(&task, &BuildOptions::default()).unwrap();
    let yaml = fs::read_to_string(dir.path().join("data.yaml")).unwrap();
    fs::write(
        dir.path().join("data.yaml"),
        yaml.replace("seed: 1", "seed: 2"),
    )
    .unwrap();
    let replace = BuildOptions {
        replace: true,
        ..BuildOptions::default()
    };
    let stats = build_once(&task, &replace).unwrap();
    assert_eq!(stats.mode, BuildMode::RebuildTrainDev);
    assert_eq!(
        stats.dropped[&DropReason::Frozen],
        sealed.manifest.rows.len()
    );
    assert_eq!(
        fs::read(dir.path().join("frozen.jsonl")).unwrap(),
        frozen_before
    );
    assert!(stats.roles["frozen"].sealed);
    let found = check(
        &task,
        &DataSettings::open(&task, None).unwrap(),
        1,
        &mut |_, _, _| {},
    )
    .unwrap();
    assert!(
        found.leakage.iter().all(|it| it.leaks.is_empty()),
        "{:?}",
        found.leakage
    );
    // Splitting the train file anew keeps siblings together too.
    let resplit = BuildOptions {
        out: Some(dir.path().join("resplit")),
        train_only: true,
        ..BuildOptions::default()
    };
    let stats = build_once(&task, &resplit).unwrap();
    assert_eq!(stats.mode, BuildMode::ResplitFromTrainOnly);
    // A frozen file that changed is neither frozen again nor passed by the check.
    fs::write(
        dir.path().join("frozen.jsonl"),
        &frozen_before[..frozen_before.len() / 2],
    )
    .unwrap();
    let half = String::from_utf8_lossy(&frozen_before);
    let fewer: Vec<&str> = half.lines().skip(1).collect();
    fs::write(dir.path().join("frozen.jsonl"), fewer.join("\n")).unwrap();
    let error = freeze(&task, &settings).unwrap_err().to_string();
    assert!(error.contains("restore the file"), "{error}");
    let found = check(&task, &settings, 1, &mut |_, _, _| {}).unwrap();
    let finding = found
        .findings
        .iter()
        .find(|finding| finding.check == "frozen")
        .unwrap();
    assert!(
        finding.says.contains("not those that were sealed"),
        "{finding:?}"
    );
}

#[test]
fn frozen_rows_are_recognised_however_they_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let task = project(dir.path());
    build_once(&task, &BuildOptions::default()).unwrap();
    let settings = DataSettings::open(&task, None).unwrap();
    let by_file = FrozenTaint::of_task(&task).unwrap().unwrap();
    let path = freeze(&task, &settings).unwrap().path;
    let by_manifest = FrozenTaint::of_manifest(&path).unwrap();
    let frozen = &task.rows(Split::Frozen).unwrap().rows[0];
    let text = frozen.fields["text"].as_str().unwrap();
    let row = |value: serde_json::Value| -> PromptCompletion {
        parse_prompt_completion_jsonl(value.to_string().as_bytes())
            .unwrap()
            .remove(0)
    };
    let messages = task.messages(frozen).unwrap();
    let tainted = [
        (
            "converted",
            row(json!({"id": "a", "prompt": messages, "completion": "{}"})),
        ),
        (
            "another prompt",
            row(json!({"prompt": format!("Please: {}!", text.to_uppercase()), "completion": "{}"})),
        ),
        (
            "a replayed hard case",
            row(json!({"prompt": "x", "completion": "{}", "text": format!("  {text} ")})),
        ),
        (
            "augmented",
            row(json!({"prompt": format!("{text}, Variant-3"), "completion": "{}"})),
        ),
        (
            "a sibling",
            row(json!({"prompt": "x", "completion": "{}", "group": frozen.fields["group"]})),
        ),
    ];
    for taint in [&by_file, &by_manifest] {
        for (name, row) in &tainted {
            let found = taint.of_training_row(row);
            assert!(found.map(|found| found.frozen_id).is_some(), "{name}");
            let error = taint
                .refuse(std::slice::from_ref(row), Path::new("mix.jsonl"))
                .unwrap_err();
            let text = error.to_string();
            assert!(
                text.starts_with("line 1: the row '") && text.contains("mix.jsonl"),
                "{text}"
            );
            assert!(
                text.contains("frozen row '") && text.contains("data build"),
                "{text}"
            );
        }
        let clean = task.training_rows(Split::Train).unwrap();
        taint.refuse(&clean, Path::new("train.jsonl")).unwrap();
    }
    fs::write(&path, "{}").unwrap();
    assert!(FrozenTaint::of_task(&task).is_err());
    assert!(FrozenTaint::of_manifest(&dir.path().join("none.json")).is_err());
}

#[test]
fn what_is_converted_is_what_evaluation_asks() {
    let dir = tempfile::tempdir().unwrap();
    let task = project(dir.path());
    build_once(&task, &BuildOptions::default()).unwrap();
    let rows = task.rows(Split::Dev).unwrap().rows;
    let hashes: Vec<String> = rows
        .iter()
        .map(|row| messages_sha256(&task.messages(row).unwrap()))
        .collect();
    for form in [PromptForm::Messages, PromptForm::Text] {
        let out = dir.path().join(format!("{form:?}.jsonl"));
        let done = convert(&task, Split::Dev, form, &out, false).unwrap();
        assert_eq!(
            done.rendered_prompts_sha256,
            sha256_hex(hashes.join("\n").as_bytes())
        );
        let written = parse_prompt_completion_jsonl(&fs::read(&out).unwrap()).unwrap();
        for (row, written) in rows.iter().zip(&written) {
            assert_eq!(written.messages, task.messages(row).unwrap());
            assert_eq!(written.completion, task.completion(row));
            assert_eq!(
                written.extra["prompt_sha256"],
                messages_sha256(&written.messages)
            );
        }
        assert_eq!(convert(&task, Split::Dev, form, &out, false).unwrap(), done);
        assert!(convert(&task, Split::Train, form, &out, false).is_err());
    }
}

/// Rows that an augmentation repeats are as dangerous as rows that were given: what resembles a
/// held-out row is left out and counted, and training refuses what still gets through.
#[test]
fn added_rows_keep_clear_of_held_out_ones() {
    use super::augmented::augmented_rows;
    use gradus_analysis::augment::SourceRow;
    use gradus_schema::AugmentationSpec;
    use gradus_schema::augmentation::{AUGMENTATION_FORMAT, Repeat};

    let dir = tempfile::tempdir().unwrap();
    let task = project(dir.path());
    let row = |id: &str, text: &str| {
        format!(
            "{}\n",
            json!({"id": id, "text": text, "label": {"calm": 3}})
        )
    };
    let near = "soft strings about the harbour by dawn over the hills and the sea";
    fs::write(
        dir.path().join("train.jsonl"),
        row("t1", near) + &row("t2", "a bold march through the railway station at noon"),
    )
    .unwrap();
    fs::write(
        dir.path().join("dev.jsonl"),
        row(
            "d1",
            "soft strings about the harbour by dawn over the hills and the sun",
        ),
    )
    .unwrap();
    fs::write(
        dir.path().join("frozen.jsonl"),
        row("f1", "an eerie waltz under the tower"),
    )
    .unwrap();
    let source: Vec<SourceRow> = task
        .rows(Split::Train)
        .unwrap()
        .rows
        .into_iter()
        .map(|row| SourceRow {
            id: row.id,
            split: Split::Train,
            strata: Default::default(),
            fields: row.fields,
        })
        .collect();
    let repeat = |row: &str| Repeat {
        row: row.into(),
        copies: 1,
        because_of: vec!["d1".into()],
    };
    let spec = AugmentationSpec {
        format_version: AUGMENTATION_FORMAT,
        task: "small".into(),
        seed: 1,
        train_sha256: String::new(),
        text_field: "text".into(),
        target: "label".into(),
        clusters: Vec::new(),
        focus: Vec::new(),
        repeat: vec![repeat("t1"), repeat("t2")],
        recombine: None,
        max_share: 1.0,
    };
    let settings = DataSettings::open(&task, None).unwrap();
    let built = augmented_rows(&task, &settings, &source, &spec, 1).unwrap();
    let stats = &built.stats;
    assert_eq!(
        (stats.n_train, stats.n_repeated, stats.n_recombined),
        (2, 1, 0)
    );
    assert_eq!(stats.dropped["nearly the text of a held-out row"], 1);
    let text = String::from_utf8(built.bytes).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(
        text.lines().last().unwrap().contains("t2~repeat1"),
        "{text}"
    );
}
