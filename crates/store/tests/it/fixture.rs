//! Stores of every released version stay readable: the committed folder is opened and compared
//! with what was put into it.

use std::path::{Path, PathBuf};

use gradus_store::{Change, Placement, RunPatch, Store, StreamKey};

use crate::{all_lines, history, key, lines, make_run, open};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store-v1")
}

fn sealed_lines() -> Vec<String> {
    let mut sent: Vec<String> = (0..200)
        .map(|step| match step % 2 {
            0 => format!(
                r#"{{"_step":{step},"loss":0.{step}5,"n":{}}}"#,
                (1u64 << 60) + step
            ),
            _ => format!(r#"{{"loss":1.{step}25e-07,"_step":{step},"s":"é \"{step}\""}}"#),
        })
        .collect();
    sent.push(r#"{"_step":200,"loss":NaN,"big":18446744073709551615,"x":{"y":[1,null]}}"#.into());
    sent.push(r#"{ "_step": 201 }"#.into());
    sent.push("no JSON".into());
    sent
}

fn tail_lines() -> Vec<String> {
    vec![
        r#"{"_step":300,"loss":-Infinity}"#.into(),
        r#"{"_step":301,"loss":-0.0}"#.into(),
    ]
}

const BLOB: &[u8] = b"a blob of version 1\n";

fn fill(store: &Store) {
    let run = make_run(store, "r");
    let sealed = sealed_lines();
    store.append(vec![lines(history(run), 0, &sealed)]).unwrap();
    store.seal(None).unwrap();
    let (hash, _) = store.put_blob(&mut &*BLOB, None).unwrap();
    let patch = RunPatch {
        state: Some("finished".into()),
        summary: Some(r#"{"loss":NaN}"#.into()),
        ..RunPatch::default()
    };
    store
        .append(vec![
            Change::UpsertRun {
                key: key("r"),
                patch: Box::new(patch),
            },
            Change::LinkBlob {
                owner: "r".into(),
                hash,
            },
            Change::Document {
                kind: "sweep".into(),
                name: "s".into(),
                content: Some("{}".into()),
            },
        ])
        .unwrap();
    store.checkpoint().unwrap();
    store
        .append(vec![lines(
            history(run),
            sealed.len() as u64,
            &tail_lines(),
        )])
        .unwrap();
    let console = Change::Lines {
        key: StreamKey::new(run, "console", "w"),
        offset: 0,
        placement: Placement::Rewrite,
        lines: gradus_store::Lines::new(["first", "second"]).unwrap(),
    };
    store.append(vec![console]).unwrap();
}

#[test]
#[ignore = "writes the fixture; only for a new version of a format"]
fn write_the_fixture() {
    let folder = fixture();
    assert!(
        !folder.exists(),
        "a released fixture is never written again"
    );
    fill(&open(&folder));
    for derived in [
        "catalogue.sqlite",
        "catalogue.sqlite-wal",
        "catalogue.sqlite-shm",
        "LOCK",
    ] {
        let _ = std::fs::remove_file(folder.join(derived));
    }
}

#[test]
fn a_store_of_version_1_opens_with_everything_in_it() {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixture(), folder.path());
    let store = open(folder.path());
    assert_eq!(store.recovery().cut_bytes, 0);
    let view = store.run(&key("r")).unwrap();
    let expected: Vec<String> = sealed_lines().into_iter().chain(tail_lines()).collect();
    assert_eq!(all_lines(&store, view.record.number), expected);
    assert_eq!(
        view.record.fields.summary.as_deref(),
        Some(r#"{"loss":NaN}"#)
    );
    assert_eq!(
        view.lines("console", "w", 0..9).unwrap(),
        ["first", "second"]
    );
    assert_eq!(store.document("sweep", "s").as_deref(), Some("{}"));
    let report = store.check().unwrap();
    assert_eq!(
        (report.problems, report.segments, report.blobs),
        (vec![], 1, 1)
    );
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry
            .map(|entry| (entry.path(), entry.file_name()))
            .unwrap();
        match path.is_dir() {
            true => copy(&path, &to.join(name)),
            false => drop(std::fs::copy(&path, to.join(name)).unwrap()),
        }
    }
}
