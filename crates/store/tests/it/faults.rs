//! A disk that fills up, fails and loses what was not synced. Whatever was acknowledged is there
//! exactly once; whatever was refused can be sent again.

#[path = "../support/faulty_disk.rs"]
mod faulty_disk;

use std::path::Path;
use std::sync::Arc;

use gradus_store::{Change, Error, Options, RunNumber, Store};
use proptest::prelude::*;

use faulty_disk::FaultyDisk;

use crate::{all_lines, history, key, line, lines, make_run, small};

/// What a power failure leaves: of each file what was synced, and of the rest a part.
fn lose_unsynced(disk: &FaultyDisk, keep_percent: u64) {
    let faults = disk.0.lock().unwrap();
    for (path, (durable, length)) in &faults.lengths {
        let kept = durable + (length - durable) * keep_percent / 100;
        if let Ok(file) = std::fs::OpenOptions::new().write(true).open(path) {
            file.set_len(kept.min(file.metadata().unwrap().len()))
                .unwrap();
        }
    }
}

fn open_on(disk: &FaultyDisk, folder: &Path, options: Options) -> Result<Store, Error> {
    Store::open_on(Arc::new(disk.clone()), folder, options)
}

#[test]
fn a_full_disk_refuses_writes_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::default();
    let store = open_on(&disk, folder.path(), Options::default()).unwrap();
    let run = make_run(&store, "r");
    let sent: Vec<String> = (0..300).map(line).collect();
    store
        .append(vec![lines(history(run), 0, &sent[..100])])
        .unwrap();
    for room in [0, 1, 500] {
        disk.set(|faults| faults.room = Some(room));
        let refused = store
            .append(vec![lines(history(run), 100, &sent[100..])])
            .unwrap_err();
        assert!(
            matches!(refused, Error::Unavailable(_)) && refused.is_passing(),
            "{refused}"
        );
        assert!(refused.to_string().contains("try again"), "{refused}");
        assert_eq!(all_lines(&store, run), sent[..100]);
        let (blob, seal) = (
            store.put_blob(&mut &sent[0].as_bytes().repeat(99)[..], None),
            store.seal(None),
        );
        assert!(blob.unwrap_err().is_passing() && seal.unwrap_err().is_passing());
    }
    disk.set(|faults| faults.room = None);
    store
        .append(vec![lines(history(run), 100, &sent[100..])])
        .unwrap();
    store.seal(None).unwrap();
    drop(store);
    let store = open_on(&disk, folder.path(), Options::default()).unwrap();
    assert_eq!(
        (all_lines(&store, run), store.recovery().cut_bytes),
        (sent, 0)
    );
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
}

#[test]
fn a_failed_sync_acknowledges_nothing_and_the_next_try_does() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FaultyDisk::default();
    let store = open_on(&disk, folder.path(), Options::default()).unwrap();
    let run = make_run(&store, "r");
    let sent: Vec<String> = (0..50).map(line).collect();
    disk.set(|faults| faults.fails_syncs = true);
    assert!(
        store
            .append(vec![lines(history(run), 0, &sent)])
            .unwrap_err()
            .is_passing()
    );
    assert_eq!(all_lines(&store, run), Vec::<String>::new());
    disk.set(|faults| faults.fails_syncs = false);
    assert_eq!(
        store
            .append(vec![lines(history(run), 0, &sent)])
            .unwrap()
            .lines[0]
            .stored,
        50
    );
    drop(store);
    lose_unsynced(&disk, 0);
    let store = open_on(&disk, folder.path(), Options::default()).unwrap();
    assert_eq!(all_lines(&store, run), sent);
}

#[test]
fn a_queue_that_is_full_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        queued_bytes: 10_000,
        ..Options::default()
    };
    let store = Store::open(folder.path(), options).unwrap();
    let run = make_run(&store, "r");
    let sent: Vec<String> = (0..200).map(line).collect();
    // The first request's answer holds the writing thread until the others were sent.
    let (go_on, hold) = std::sync::mpsc::channel::<()>();
    let held = Box::new(move |_| hold.recv().unwrap());
    store
        .submit(vec![lines(history(run), 0, &sent[..1])], held)
        .unwrap();
    let mut results = Vec::new();
    for _ in 0..5 {
        results.push(store.submit(vec![lines(history(run), 0, &sent)], Box::new(drop)));
    }
    go_on.send(()).unwrap();
    assert!(
        results
            .iter()
            .any(|result| matches!(result, Err(Error::Busy { .. })))
    );
    // When the queue has emptied there is room again.
    store.seal(None).unwrap();
    store.append(vec![lines(history(run), 0, &sent)]).unwrap();
    assert_eq!(all_lines(&store, run), sent);
}

/// Sends rows until the power fails, and returns those that were acknowledged.
fn send_until_dead(disk: &FaultyDisk, folder: &Path, known: &[String]) -> Vec<String> {
    let mut acknowledged = known.to_vec();
    let Ok(store) = open_on(disk, folder, small()) else {
        return acknowledged;
    };
    let Some(run) = run_of(&store) else {
        return acknowledged;
    };
    // Less than was acknowledged would be the fault that is looked for.
    let there = all_lines(&store, run);
    assert!(
        there.starts_with(&acknowledged),
        "{} of {}",
        there.len(),
        acknowledged.len()
    );
    acknowledged = there;
    for _ in 0..60 {
        let first = acknowledged.len() as u64;
        let next: Vec<String> = (first..first + 97).map(line).collect();
        // Sent with what is there already, as a client does that got no answer.
        let resent = acknowledged.len().saturating_sub(10);
        let body: Vec<String> = acknowledged[resent..]
            .iter()
            .chain(&next)
            .cloned()
            .collect();
        match store.append(vec![lines(history(run), resent as u64, &body)]) {
            Ok(_) => acknowledged.extend(next),
            Err(problem) => {
                assert!(problem.is_passing(), "{problem}");
                break;
            }
        }
    }
    acknowledged
}

fn run_of(store: &Store) -> Option<RunNumber> {
    let change = Change::UpsertRun {
        key: key("r"),
        patch: Box::default(),
    };
    store.append(vec![change]).ok().map(|ack| ack.runs[0].0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_was_acknowledged_survives_power_failures(
        lives in proptest::collection::vec((0u64..150, 0u64..101), 1..6)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut acknowledged = Vec::new();
        for (operations, keep_percent) in lives {
            let disk = FaultyDisk::default();
            disk.set(|faults| faults.operations_left = Some(operations));
            acknowledged = send_until_dead(&disk, folder.path(), &acknowledged);
            lose_unsynced(&disk, keep_percent);
        }
        let store = Store::open(folder.path(), small()).unwrap();
        let Some(run) = store.run(&key("r")).map(|view| view.record.number) else {
            prop_assert!(acknowledged.is_empty());
            return Ok(());
        };
        let there = all_lines(&store, run);
        prop_assert!(there.starts_with(&acknowledged));
        // Each line once, in its place.
        let expected: Vec<String> = (0..there.len() as u64).map(line).collect();
        prop_assert_eq!(there, expected);
        let report = store.check().unwrap();
        prop_assert_eq!(report.problems, Vec::<String>::new());
    }
}
