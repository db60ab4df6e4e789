//! The store as its users see it: what is acknowledged is there, exactly once, whatever happens.

#![expect(clippy::unwrap_used, reason = "a test that can not go on ends")]

mod backup;
mod catalogue;
mod faults;
mod fixture;
mod kills;
mod rows;

use gradus_store::{
    Change, Lines, Options, Placement, RunKey, RunNumber, RunPatch, Store, StreamKey,
};

pub fn open(folder: &std::path::Path) -> Store {
    Store::open(folder, Options::default()).unwrap()
}

/// Seals after a few rows and begins new log files often.
pub fn small() -> Options {
    Options {
        seal_rows: 2000,
        log_bytes: 200_000,
        ..Options::default()
    }
}

pub fn key(name: &str) -> RunKey {
    RunKey::new("ann", "tiny", name)
}

pub fn make_run(store: &Store, name: &str) -> RunNumber {
    let change = Change::UpsertRun {
        key: key(name),
        patch: Box::new(RunPatch::default()),
    };
    store.append(vec![change]).unwrap().runs[0].0
}

pub fn history(run: RunNumber) -> StreamKey {
    StreamKey::new(run, "history", "")
}

pub fn lines(key: StreamKey, offset: u64, lines: &[String]) -> Change {
    Change::Lines {
        key,
        offset,
        placement: Placement::Once,
        lines: Lines::new(lines.iter().map(String::as_str)).unwrap(),
    }
}

/// A line as the tracker's client sends it, keys shuffled.
pub fn line(step: u64) -> String {
    let loss = 2.0 / (1.0 + step as f64 * 0.01) + (step as f64).sin() * 0.01;
    let members = [
        format!("\"_step\":{step}"),
        format!("\"train/loss\":{loss}"),
        format!("\"_timestamp\":1.795{:06}e+09", 225_714 + step),
        format!("\"lr\":{}", 1e-4 * (1.0 - step as f64 / 1e6)),
    ];
    let first = step as usize % members.len();
    let order = (0..members.len()).map(|index| members[(first + index) % members.len()].as_str());
    format!("{{{}}}", order.collect::<Vec<_>>().join(","))
}

pub fn all_lines(store: &Store, run: RunNumber) -> Vec<String> {
    let view = store.run_numbered(run).unwrap();
    view.lines("history", "", 0..u64::MAX).unwrap()
}
