//! A process killed at random moments under load, and a log cut anywhere: what was acknowledged is
//! there exactly once.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gradus_store::{Options, Store};

use crate::{all_lines, history, key, line, lines, make_run, open, small};

const FOLDER: &str = "GRADUS_STORE_KILL_FOLDER";
/// `GRADUS_STORE_KILLS=200` is what the tracker promises; the test command has less time.
const KILLS: &str = "GRADUS_STORE_KILLS";

#[test]
fn what_was_acknowledged_survives_sigkill() {
    let folder = tempfile::tempdir().unwrap();
    let kills = std::env::var(KILLS)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(12);
    let mut random = 88_172_645_463_325_252_u64;
    let (mut acknowledged, mut cut) = (0, 0);
    for _ in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        acknowledged = acknowledged.max(run_and_kill(folder.path(), random % 25));
        let store = Store::open(folder.path(), small()).unwrap();
        cut += u64::from(store.recovery().cut_bytes > 0);
        let Some(view) = store.run(&key("r")) else {
            assert_eq!(acknowledged, 0);
            continue;
        };
        let there = all_lines(&store, view.record.number);
        assert!(
            there.len() as u64 >= acknowledged,
            "{} of {acknowledged}",
            there.len()
        );
        let expected: Vec<String> = (0..there.len() as u64).map(line).collect();
        assert_eq!(there, expected);
    }
    let store = open(folder.path());
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
    println!("{kills} kills, {acknowledged} lines acknowledged, {cut} torn tails cut");
}

/// How many lines the child said were acknowledged before it was killed, at the earliest after
/// `answers` answers.
fn run_and_kill(folder: &Path, answers: u64) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "kills::child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut acknowledged, mut count) = (0, 0);
    while count < answers {
        let text = said
            .next()
            .expect("the child goes on until it is killed")
            .unwrap();
        if let Some(end) = text.strip_prefix("acknowledged ") {
            acknowledged = end.parse().unwrap();
            count += 1;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it died counts as well.
    for text in said.map_while(Result::ok) {
        if let Some(end) = text
            .strip_prefix("acknowledged ")
            .and_then(|end| end.parse().ok())
        {
            acknowledged = end;
        }
    }
    acknowledged
}

#[test]
#[ignore = "the process that the test above kills"]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let options = Options {
        seal_rows: 1500,
        log_bytes: 100_000,
        ..Options::default()
    };
    let store = Store::open(&folder, options).unwrap();
    let run = make_run(&store, "r");
    let mut next = store.run_numbered(run).unwrap().line_count("history", "");
    loop {
        let first = next.saturating_sub(5);
        let body: Vec<String> = (first..next + 83).map(line).collect();
        let ack = store
            .append(vec![lines(history(run), first, &body)])
            .unwrap();
        next = ack.lines[0].end;
        println!("acknowledged {next}");
    }
}

#[test]
fn a_store_whose_log_is_cut_anywhere_opens_with_whole_requests() {
    let folder = tempfile::tempdir().unwrap();
    let requests: Vec<Vec<String>> = (0..4u64)
        .map(|request| (request * 5..request * 5 + 5).map(line).collect())
        .collect();
    {
        let store = open(folder.path());
        let run = make_run(&store, "r");
        for (index, request) in requests.iter().enumerate() {
            store
                .append(vec![lines(history(run), index as u64 * 5, request)])
                .unwrap();
        }
    }
    let path = folder.path().join("log/000000000001.log");
    let whole = std::fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(41) {
        let cut = tempfile::tempdir().unwrap();
        std::fs::create_dir(cut.path().join("log")).unwrap();
        std::fs::write(cut.path().join("log/000000000001.log"), &whole[..length]).unwrap();
        let store = open(cut.path());
        let recovery = store.recovery().clone();
        let there = store
            .run(&key("r"))
            .map_or(Vec::new(), |view| all_lines(&store, view.record.number));
        assert_eq!(there.len() % 5, 0, "a request is there or not");
        let expected: Vec<String> = (0..there.len() as u64).map(line).collect();
        assert_eq!(there, expected);
        assert_eq!(
            recovery.cut_reason.is_some(),
            recovery.cut_bytes > 0 || length < 16
        );
        // What was cut lies beside the log.
        let kept: u64 = std::fs::read_dir(cut.path().join("log"))
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|ending| ending == "cut")
            })
            .map(|entry| entry.metadata().unwrap().len())
            .sum();
        assert_eq!(kept, recovery.cut_bytes);
    }
}
