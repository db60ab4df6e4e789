//! Rows in, the same rows out: before and after sealing, closing, rewinding and deleting.

use std::time::{Duration, Instant};

use gradus_store::{
    ALL_STEPS, Change, Error, Event, Lines, Options, Placement, Store, StreamKey, Value,
};

use crate::{all_lines, history, line, lines, make_run, open, small};

#[test]
fn lines_are_there_once_before_and_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let sent: Vec<String> = (0..5000).map(line).collect();
    let run = {
        let store = open(folder.path());
        let run = make_run(&store, "r");
        let first = store
            .append(vec![lines(history(run), 0, &sent[..3000])])
            .unwrap();
        assert_eq!((first.lines[0].stored, first.lines[0].end), (3000, 3000));
        // Sent again with more behind it, as a client does that got no answer.
        let again = store
            .append(vec![lines(history(run), 1000, &sent[1000..])])
            .unwrap();
        assert_eq!(
            (again.lines[0].stored, again.lines[0].skipped),
            (2000, 2000)
        );
        assert_eq!(all_lines(&store, run), sent);
        run
    };
    let store = open(folder.path());
    assert_eq!(store.recovery().cut_bytes, 0);
    assert_eq!(all_lines(&store, run), sent);
    store.seal(None).unwrap();
    assert_eq!(all_lines(&store, run), sent);
    store.checkpoint().unwrap();
    drop(store);
    let store = open(folder.path());
    assert_eq!(all_lines(&store, run), sent);
    let gap = store
        .append(vec![lines(history(run), 5001, &sent[..1])])
        .unwrap_err();
    assert!(
        matches!(
            gap,
            Error::Gap {
                expected: 5000,
                offset: 5001,
                ..
            }
        ),
        "{gap}"
    );
    assert!(!gap.is_passing());
}

#[test]
fn sealing_and_checkpoints_by_themselves_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let sent: Vec<String> = (0..20_000).map(line).collect();
    let store = Store::open(folder.path(), small()).unwrap();
    let runs = [make_run(&store, "a"), make_run(&store, "b")];
    for (index, chunk) in sent.chunks(333).enumerate() {
        for run in runs {
            store
                .append(vec![lines(history(run), index as u64 * 333, chunk)])
                .unwrap();
        }
    }
    for run in runs {
        assert_eq!(all_lines(&store, run), sent);
    }
    drop(store);
    let store = Store::open(folder.path(), small()).unwrap();
    for run in runs {
        assert_eq!(all_lines(&store, run), sent);
    }
    store.checkpoint().unwrap();
    let logs = std::fs::read_dir(folder.path().join("log"))
        .unwrap()
        .count();
    assert_eq!(logs, 1, "a checkpoint leaves only the log after it");
}

#[test]
fn a_run_that_ended_is_packed_and_the_log_made_short() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        idle: Duration::ZERO,
        idle_log_bytes: 10_000,
        ..Options::default()
    };
    let store = Store::open(folder.path(), options).unwrap();
    let (long, short) = (make_run(&store, "long"), make_run(&store, "short"));
    let all: Vec<String> = (0..3000).map(line).collect();
    let few = &all[..10];
    store.append(vec![lines(history(long), 0, &all)]).unwrap();
    store.append(vec![lines(history(short), 0, few)]).unwrap();
    store.settle(long).unwrap();
    store.settle(short).unwrap();
    let left = || bytes_under(folder.path(), &["log", "checkpoints"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while left() > 10_000 {
        assert!(Instant::now() < deadline, "{} bytes are left", left());
        std::thread::yield_now();
    }
    // One file of the long one's rows; the few of the other are not worth a file.
    assert_eq!(store.check().unwrap().segments, 1);
    assert_eq!(all_lines(&store, long), all);
    drop(store);
    let store = open(folder.path());
    assert_eq!(all_lines(&store, long), all);
    assert_eq!(all_lines(&store, short), few);
}

#[test]
fn a_rewind_into_sealed_rows_cuts_them_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let run = make_run(&store, "r");
    let first: Vec<String> = (0..3000).map(line).collect();
    store.append(vec![lines(history(run), 0, &first)]).unwrap();
    store.seal(Some(run)).unwrap();
    let before = store.run_numbered(run).unwrap();
    let cut = Change::Truncate {
        key: history(run),
        keep: 1500,
    };
    store.append(vec![cut]).unwrap();
    let view = store.run_numbered(run).unwrap();
    assert_eq!(view.last_step("history").unwrap(), Some(1499));
    let buckets = view
        .buckets("history", "_step", &ALL_STEPS, 10)
        .unwrap()
        .unwrap();
    assert_eq!(
        buckets
            .buckets
            .iter()
            .map(|bucket| bucket.count)
            .sum::<u64>(),
        1500
    );
    assert_eq!(buckets.buckets.last().unwrap().max, Some(1499.0));
    let other: Vec<String> = (1500..1600)
        .map(|step| format!(r#"{{"_step":{step},"new":1}}"#))
        .collect();
    store
        .append(vec![lines(history(run), 1500, &other)])
        .unwrap();
    let expected: Vec<String> = first[..1500].iter().chain(&other).cloned().collect();
    assert_eq!(all_lines(&store, run), expected);
    // Who looked before still sees what was there.
    assert_eq!(before.lines("history", "", 0..u64::MAX).unwrap(), first);
    drop(before);
    drop(store);
    assert_eq!(all_lines(&open(folder.path()), run), expected);
}

#[test]
fn console_lines_are_rewritten_also_where_they_are_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let run = make_run(&store, "r");
    let console = StreamKey::new(run, "console", "");
    let rewrite = |offset, texts: &[&str]| Change::Lines {
        key: console.clone(),
        offset,
        placement: Placement::Rewrite,
        lines: Lines::new(texts.iter().copied()).unwrap(),
    };
    store.append(vec![rewrite(0, &["a", "10 %", "c"])]).unwrap();
    store.append(vec![rewrite(1, &["20 %"])]).unwrap();
    store.seal(Some(run)).unwrap();
    store.append(vec![rewrite(1, &["30 %"])]).unwrap();
    store.append(vec![rewrite(3, &["d"])]).unwrap();
    let view = store.run_numbered(run).unwrap();
    let all = view.lines("console", "", 0..u64::MAX).unwrap();
    assert_eq!(all, ["a", "30 %", "c", "d"]);
    assert_eq!(view.lines("console", "", 1..3).unwrap(), ["30 %", "c"]);
}

#[test]
fn writers_of_a_shared_run_keep_their_own_lines() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let run = make_run(&store, "r");
    for writer in ["w1", "w2"] {
        let sent: Vec<String> = (0..10)
            .map(|step| format!(r#"{{"_step":{step},"from":"{writer}"}}"#))
            .collect();
        store
            .append(vec![lines(
                StreamKey::new(run, "history", writer),
                0,
                &sent,
            )])
            .unwrap();
    }
    let view = store.run_numbered(run).unwrap();
    assert_eq!(view.writers("history"), ["w1", "w2"]);
    let rows = view.rows("history", &(3..=4)).unwrap();
    let steps: Vec<i64> = rows.iter().map(|row| row.step).collect();
    assert_eq!(steps, [3, 3, 4, 4]);
}

#[test]
fn series_need_all_keys_and_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let run = make_run(&store, "r");
    let sent: Vec<String> = (0..4000u64)
        .map(|step| match step % 4 {
            0 => format!(
                r#"{{"_step":{step},"a":{},"b":NaN,"n":{{"x":{step}}}}}"#,
                step + (1 << 60)
            ),
            _ => format!(r#"{{"_step":{step},"a":0.5}}"#),
        })
        .collect();
    store
        .append(vec![lines(history(run), 0, &sent[..3000])])
        .unwrap();
    store.seal(Some(run)).unwrap();
    store
        .append(vec![lines(history(run), 3000, &sent[3000..])])
        .unwrap();
    let view = store.run_numbered(run).unwrap();
    let rows = view
        .series("history", &["_step", "a", "b", "n.x"], &(2996..=3004), None)
        .unwrap();
    assert_eq!(
        rows.iter().map(|row| row.step).collect::<Vec<_>>(),
        [2996, 3000, 3004]
    );
    assert_eq!(rows[0].values[1], Value::I64(2996 + (1 << 60)));
    assert!(matches!(rows[1].values[2], Value::F64(value) if value.is_nan()));
    assert_eq!(rows[2].values[3], Value::I64(3004));
    let sampled = view.series("history", &["a"], &ALL_STEPS, Some(5)).unwrap();
    assert_eq!(
        (sampled.len(), sampled[0].step, sampled[4].step),
        (5, 0, 3999)
    );
    assert_eq!(view.sampled_rows("history", 7).unwrap().len(), 7);
    let keys = view.keys("history").unwrap();
    assert_eq!(
        (keys["a"].numbers, keys["a"].last.clone()),
        (4000, Value::F64(0.5))
    );
    assert_eq!((keys["n"].numbers, keys["n"].others), (0, 1000));
    assert_eq!(view.last_step("history").unwrap(), Some(3999));
}

#[test]
fn buckets_are_exact_at_every_zoom() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), small()).unwrap();
    let run = make_run(&store, "r");
    let value = |step: i64| f64::from((step as i32).wrapping_mul(7919) % 1009) / 4.0 + 0.125;
    let sent: Vec<String> = (0..9000)
        .map(|step| format!(r#"{{"_step":{},"a":{}}}"#, step * 2, value(step)))
        .collect();
    for (index, chunk) in sent.chunks(500).enumerate() {
        store
            .append(vec![lines(history(run), index as u64 * 500, chunk)])
            .unwrap();
    }
    let view = store.run_numbered(run).unwrap();
    for (range, most) in [
        (ALL_STEPS, 3),
        (ALL_STEPS, 2000),
        (1000..=9001, 7),
        (8_000..=8_003, 50),
    ] {
        let found = view.buckets("history", "a", &range, most).unwrap().unwrap();
        assert!(found.buckets.len() <= most);
        let mut total = 0;
        for bucket in &found.buckets {
            let place = (bucket.first_step - found.first_step) as u64 / found.width;
            let first = found.first_step + (place * found.width) as i64;
            let last = (first + found.width as i64 - 1).min(*range.end());
            let inside: Vec<f64> = (0..9000)
                .filter(|step| (first..=last).contains(&(step * 2)) && range.contains(&(step * 2)))
                .map(value)
                .collect();
            assert_eq!(bucket.count, inside.len() as u64);
            assert_eq!(bucket.min, inside.iter().copied().reduce(f64::min));
            assert_eq!(bucket.max, inside.iter().copied().reduce(f64::max));
            assert_eq!(bucket.last, *inside.last().unwrap());
            // Quarters add up without rounding.
            assert_eq!(bucket.sum, inside.iter().sum::<f64>());
            total += inside.len();
        }
        let expected = (0..9000i64)
            .filter(|step| range.contains(&(step * 2)))
            .count();
        assert_eq!(total, expected);
    }
    assert_eq!(
        view.buckets("history", "absent", &ALL_STEPS, 10).unwrap(),
        None
    );
}

#[test]
fn a_damaged_blob_is_one_problem_and_a_lost_one_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let link = |content: &[u8]| {
        let (hash, _) = store.put_blob(&mut &*content, None).unwrap();
        let owner = "r".into();
        store
            .append(vec![Change::LinkBlob { owner, hash }])
            .unwrap();
    };
    let files = || -> Vec<_> {
        let shelves = std::fs::read_dir(folder.path().join("blobs")).unwrap();
        let shelves = shelves.map(|shelf| shelf.unwrap().path());
        let files = shelves.flat_map(|shelf| std::fs::read_dir(shelf).unwrap());
        files.map(|file| file.unwrap().path()).collect()
    };
    link(b"weights");
    std::fs::write(&files()[0], b"weightz").unwrap();
    let problems = store.check().unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].contains("not what its name says"),
        "{problems:?}"
    );
    std::fs::remove_file(&files()[0]).unwrap();
    let problems = store.check().unwrap().problems;
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].ends_with("is missing"), "{problems:?}");
}

#[test]
fn a_deleted_run_frees_its_disk_and_readers_keep_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let run = make_run(&store, "r");
    let sent: Vec<String> = (0..5000).map(line).collect();
    store.append(vec![lines(history(run), 0, &sent)]).unwrap();
    store.seal(Some(run)).unwrap();
    let (blob, _) = store.put_blob(&mut &b"weights"[..], None).unwrap();
    let link = Change::LinkBlob {
        owner: "r".into(),
        hash: blob,
    };
    store.append(vec![link]).unwrap();
    let view = store.run_numbered(run).unwrap();
    let unlink = Change::UnlinkBlob {
        owner: "r".into(),
        hash: blob,
    };
    store.append(vec![Change::DeleteRun(run), unlink]).unwrap();
    assert!(store.run_numbered(run).is_none());
    assert_eq!(view.rows("history", &ALL_STEPS).unwrap().len(), 5000);
    assert!(matches!(store.open_blob(&blob), Err(Error::BlobMissing(_))));
    drop(view);
    store.checkpoint().unwrap();
    let bytes = bytes_under(folder.path(), &["log", "checkpoints", "segments", "blobs"]);
    assert!(bytes < 1000, "{bytes} bytes are left");
    let late = store
        .append(vec![lines(history(run), 5000, &sent[..1])])
        .unwrap_err();
    assert!(matches!(late, Error::NoRun(_)), "{late}");
    let missing = Change::LinkBlob {
        owner: "r".into(),
        hash: blob,
    };
    let missing = store.append(vec![missing]).unwrap_err();
    assert!(matches!(missing, Error::BlobMissing(_)), "{missing}");
}

fn bytes_under(folder: &std::path::Path, names: &[&str]) -> u64 {
    let mut bytes = 0;
    let mut folders: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => bytes += entry.metadata().unwrap().len(),
            }
        }
    }
    bytes
}

#[test]
fn subscribers_hear_of_rows_after_they_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let events = store.subscribe(100);
    let run = make_run(&store, "r");
    store
        .append(vec![lines(history(run), 0, &[line(0), line(1)])])
        .unwrap();
    let patience = Duration::from_secs(20);
    assert_eq!(events.next(patience), Some(Event::Run(run)));
    assert_eq!(
        events.next(patience),
        Some(Event::Lines {
            key: history(run),
            end: 2
        })
    );
    store.append(vec![Change::DeleteRun(run)]).unwrap();
    assert_eq!(events.next(patience), Some(Event::RunDeleted(run)));
}

#[test]
fn documents_are_kept_by_kind_and_name() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: Option<&str>| Change::Document {
        kind: "sweep".into(),
        name: name.into(),
        content: content.map(str::to_owned),
    };
    {
        let store = open(folder.path());
        store
            .append(vec![
                put("b", Some("2")),
                put("a", Some("1")),
                put("c", Some("3")),
            ])
            .unwrap();
        store.append(vec![put("c", None)]).unwrap();
    }
    let store = open(folder.path());
    let names: Vec<String> = store
        .documents("sweep")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(store.document("sweep", "b").as_deref(), Some("2"));
    assert!(store.document("sweep", "c").is_none());
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let _store = open(folder.path());
    let second = Store::open(folder.path(), small()).err().unwrap();
    assert!(matches!(second, Error::InUse(_)), "{second}");
}
