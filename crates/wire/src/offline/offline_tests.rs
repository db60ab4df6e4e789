//! Whole files: those of the official client against its own reader, and hand-made ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prost::Message;

use super::framing::{Damage, written};
use super::messages::{
    ArtifactRecord, ChangeRecord, HistoryRecord, HistoryStep, Item, ItemValue, Kind,
    ManifestEntryMessage, ManifestMessage, Record,
};
use super::{Change, Event, OfflineFile, OfflineRun, read};
use crate::console::{Console, Emulation};
use crate::file_stream::{ConsoleLine, flattened};
use crate::json::{self, Json, JsonObject};

fn file_and_run(path: &Path) -> (OfflineFile, OfflineRun) {
    let file = read(&std::fs::read(path).unwrap()).unwrap();
    let run = OfflineRun::replay(file.events.clone());
    (file, run)
}

fn json_file(path: &Path) -> Json {
    json::parse_bytes("the file", &std::fs::read(path).unwrap()).unwrap()
}

/// Dotted keys as the oracles have them: media opened too.
fn opened(row: &JsonObject) -> BTreeMap<String, Json> {
    let mut flat = BTreeMap::new();
    for (key, value) in flattened(row) {
        match value {
            Json::Object(inner) if !inner.is_empty() => {
                let inner = opened(inner).into_iter();
                flat.extend(inner.map(|(name, value)| (format!("{key}.{name}"), value)));
            }
            leaf => {
                flat.insert(key, leaf.clone());
            }
        }
    }
    flat
}

fn count(value: Option<&Json>) -> usize {
    usize::try_from(value.and_then(Json::as_i64).unwrap()).unwrap()
}

/// Everything that an oracle says of one file.
fn check_against(oracle: &Json, file: &OfflineFile, run: &OfflineRun) {
    let name = oracle.get("file").and_then(Json::as_str).unwrap();
    assert_eq!(file.chunks, count(oracle.get("physical_records")), "{name}");
    assert_eq!(file.records, count(oracle.get("logical_records")), "{name}");
    assert_eq!(
        (file.undecodable_records, file.damage),
        (0, Damage::default()),
        "{name}"
    );

    let mut kinds: BTreeMap<String, Json> = BTreeMap::new();
    for event in &file.events {
        let number = kinds.entry(event.name().to_owned()).or_insert(Json::int(0));
        *number = Json::int(number.as_i64().unwrap() + 1);
    }
    assert_eq!(
        kinds,
        opened(oracle.get("record_types").unwrap().as_object().unwrap()),
        "{name}"
    );

    let started = run.run.as_ref().unwrap();
    let tags = started.tags.iter().map(Json::text).collect();
    let told = Json::object([
        ("run_id", Json::text(&started.run_id)),
        ("project", Json::text(&started.project)),
        ("entity", Json::text(&started.entity)),
        ("run_group", Json::text(&started.group)),
        ("job_type", Json::text(&started.job_type)),
        ("display_name", Json::text(&started.display_name)),
        ("tags", Json::Array(tags)),
    ]);
    assert_eq!(Some(&told), oracle.get("run"), "{name}");

    let mut config = run.config.clone();
    config.shift_remove("_wandb");
    assert_eq!(Some(&Json::Object(config)), oracle.get("config"), "{name}");

    let rows = oracle.get("history").and_then(Json::as_array).unwrap();
    assert_eq!(run.history.len(), rows.len(), "{name}");
    for (row, expected) in run.history.iter().zip(rows) {
        let expected: BTreeMap<_, _> = expected.as_object().unwrap().clone().into_iter().collect();
        assert_eq!(opened(&row.values), expected, "{name}");
    }
    assert_eq!(
        run.exit_code,
        oracle.get("exit_code").and_then(Json::as_i64),
        "{name}"
    );
    assert_eq!(
        run.output.len(),
        count(oracle.get("output_lines")),
        "{name}"
    );
}

#[test]
fn files_of_a_hackathon_against_the_official_reader() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/mistral-hackathon/wandb");
    if !folder.exists() {
        eprintln!("skipped: the shared data are not here");
        return;
    }
    let oracle = json_file(&folder.join("oracle.decoded.json"));
    let oracle = oracle.as_array().unwrap();
    assert_eq!(oracle.len(), 6);
    for expected in oracle {
        let path = folder.join(expected.get("file").and_then(Json::as_str).unwrap());
        let (file, run) = file_and_run(&path);
        check_against(expected, &file, &run);
        let summary = json_file(&path.with_file_name("files/wandb-summary.json"));
        assert_eq!(sorted(&run.summary), sorted(summary.as_object().unwrap()));
    }
}

fn sorted(object: &JsonObject) -> BTreeMap<String, Json> {
    opened(object)
}

/// `tests/offline_fixture.py` logged it with 0.31.0 and read it with the client's own reader.
#[test]
fn a_file_of_the_current_client_against_its_own_reader() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (file, run) = file_and_run(&folder.join("offline-0.31.0.wandb"));
    let expected = json_file(&folder.join("offline-0.31.0.json"));
    check_against(&expected, &file, &run);
    let summary = expected.get("summary").unwrap().as_object().unwrap();
    assert_eq!(sorted(&run.summary), sorted(summary));
    let lines = expected.get("output_log").unwrap().as_array().unwrap();
    let lines: Vec<_> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    let printed: Vec<_> = Console::lines_of(&run.output, Emulation::Official)
        .into_iter()
        .map(|line| line.text)
        .collect();
    assert_eq!(printed, lines);
    assert!(run.history[0].values["nan"].as_f64().unwrap().is_nan());
    assert_eq!(run.metrics.len(), 2);
    assert_eq!(
        (run.metrics[0].name.as_str(), &run.metrics[0].summary),
        ("loss", &vec!["min", "max"])
    );
    assert_eq!(
        (
            run.metrics[1].glob.as_str(),
            run.metrics[1].step_metric.as_str()
        ),
        ("val/*", "epoch")
    );
    assert_eq!(
        run.alerts,
        [("title".to_owned(), "text".to_owned(), "WARN".to_owned())]
    );
    assert_eq!(run.producer.split('+').next(), Some("0.31.0"));
    let started = run.run.unwrap();
    assert_eq!(started.notes, "made by offline_fixture.py");
    assert!(started.start_time.is_some());
}

#[test]
fn a_crashed_run_keeps_what_was_written() {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bytes = std::fs::read(folder.join("offline-0.31.0.wandb")).unwrap();
    let whole = read(&bytes).unwrap();
    for cut in (7..bytes.len()).step_by(13) {
        let file = read(&bytes[..cut]).unwrap();
        assert_eq!(
            file.events,
            whole.events[..file.events.len()],
            "cut at {cut}"
        );
        assert!(file.events.len() < whole.events.len());
    }
    let run = OfflineRun::replay(read(&bytes[..bytes.len() - 1]).unwrap().events);
    assert_eq!(run.exit_code, None);
    assert_eq!(run.history.len(), 3);
}

fn item(path: &[&str], value_json: &str) -> Item {
    Item {
        nested_key: path.iter().map(|key| (*key).to_owned()).collect(),
        value_json: value_json.to_owned(),
        ..Item::default()
    }
}

fn record(kind: Kind) -> Vec<u8> {
    let record = Record {
        num: 1,
        kind: Some(kind),
    };
    record.encode_to_vec()
}

#[test]
fn changes_apply_in_order_and_along_paths() {
    let update = |update: Vec<Item>, remove: Vec<Item>| {
        record(Kind::Summary(ChangeRecord { update, remove }))
    };
    let file = written(&[
        update(
            vec![item(&["a"], "1"), item(&["b", "c"], "{\"d\":2}")],
            vec![],
        ),
        update(
            vec![item(&["b", "c", "e"], "NaN"), item(&["odd"], "not json")],
            vec![item(&["a"], "")],
        ),
        update(
            vec![],
            vec![item(&["b", "c", "d"], ""), item(&["x", "y"], "")],
        ),
    ]);
    let run = OfflineRun::replay(read(&file).unwrap().events);
    let summary = Json::Object(run.summary).to_line();
    assert_eq!(summary, r#"{"b":{"c":{"e":NaN}},"odd":"not json"}"#);
    assert_eq!(run.run, None);
}

#[test]
fn typed_values_and_steps_of_history() {
    let typed = |key: &str, value: ItemValue| Item {
        key: key.to_owned(),
        value: Some(value),
        ..Item::default()
    };
    let history = HistoryRecord {
        item: vec![
            typed("n", ItemValue::Null(0)),
            typed("b", ItemValue::Boolean(true)),
            typed("i", ItemValue::Integer(i64::MIN)),
            typed("f", ItemValue::Number(0.1)),
            typed("t", ItemValue::Text("5".into())),
            typed("j", ItemValue::Json("[1]".into())),
            item(&["deep", "er"], "1e400"),
        ],
        step: Some(HistoryStep { num: 4 }),
    };
    let file = written(&[record(Kind::History(history))]);
    let run = OfflineRun::replay(read(&file).unwrap().events);
    assert_eq!(run.history[0].step, Some(4));
    assert_eq!(
        Json::Object(run.history[0].values.clone()).to_line(),
        r#"{"n":null,"b":true,"i":-9223372036854775808,"f":0.1,"t":"5","j":[1],"deep":{"er":Infinity},"_step":4}"#
    );
}

#[test]
fn artifacts_carry_their_manifest() {
    let entry = ManifestEntryMessage {
        path: "w.txt".into(),
        digest: "kAFQmDzST7DWlj99KOF/cg==".into(),
        size: 3,
        local_path: "staging/w".into(),
        ..ManifestEntryMessage::default()
    };
    let artifact = ArtifactRecord {
        name: "weights".into(),
        artifact_type: "model".into(),
        metadata: r#"{"k":1}"#.into(),
        aliases: vec!["latest".into()],
        manifest: Some(ManifestMessage {
            version: 1,
            contents: vec![entry],
            ..ManifestMessage::default()
        }),
        ..ArtifactRecord::default()
    };
    let file = written(&[record(Kind::Artifact(Box::new(artifact)))]);
    let run = OfflineRun::replay(read(&file).unwrap().events);
    let artifact = &run.artifacts[0];
    assert_eq!(artifact.metadata.get("k"), Some(&Json::int(1)));
    assert_eq!(artifact.manifest.contents["w.txt"].size, Some(3));
    assert_eq!(artifact.manifest.contents["w.txt"].reference, None);
}

#[test]
fn unknown_and_broken_records_are_told_apart() {
    // Field 99 of a newer client: nothing known is in it.
    let file = written(&[
        vec![0x9a, 0x06, 0x00],
        vec![0xff; 3],
        record(Kind::Preempting(Vec::new())),
    ]);
    let file = read(&file).unwrap();
    assert_eq!((file.records, file.undecodable_records), (3, 2));
    assert_eq!(file.events, [Event::Preempting]);
}

#[test]
fn endless_paths_do_not_nest_endlessly() {
    let long: Vec<&str> = vec!["k"; 100_000];
    let change = ChangeRecord {
        update: vec![item(&long, "1")],
        remove: Vec::new(),
    };
    let events = read(&written(&[record(Kind::Config(change))]))
        .unwrap()
        .events;
    let Event::Config(changes) = &events[0] else {
        panic!("{events:?}");
    };
    let Change::Set { path, .. } = &changes[0] else {
        panic!("{changes:?}");
    };
    assert_eq!(path.len(), 1);
}

#[test]
fn console_lines_of_a_file_have_the_time_of_their_beginning() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (_, run) = file_and_run(&folder.join("offline-0.31.0.wandb"));
    let lines: Vec<ConsoleLine> = Console::lines_of(&run.output, Emulation::Official);
    assert!(lines.iter().all(|line| line.timestamp.is_some()));
    assert!(
        lines
            .iter()
            .any(|line| line.is_error && line.text == "to stderr")
    );
}
