//! Damaged copies of valid input through every reader: the entry points of the fuzz targets, in
//! every test run and without nightly. Nothing may panic, and what is read must be written and read
//! again as the same.

#![allow(clippy::unwrap_used)]

#[path = "support/endless.rs"]
mod endless;

use std::path::Path;

use endless::Endless;

use gradus_wire::console::{Console, Emulation};
use gradus_wire::file_stream::{FileStreamLimits, FileStreamRequest, console_line, history_row};
use gradus_wire::filter::{Filter, Order};
use gradus_wire::graphql::{DocumentLimits, ExecutionLimits, execute, parse_document};
use gradus_wire::manifest::Manifest;
use gradus_wire::offline::{OfflineRun, read};
use gradus_wire::run_config::RunConfig;
use gradus_wire::sweep;
use gradus_wire::{Json, JsonObject, json};

const COPIES: usize = 2_000;

/// Copies of `sample` with a few bytes changed, cut, doubled or moved; the same ones every time.
fn damaged(sample: &[u8], mut check: impl FnMut(&[u8])) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below.max(1) as u64).unwrap()
    };
    const TELLING: &[u8] = b"{}[]()\"\\:,$@!.-0e9 \n\r\x00\x1b\xff\xc3";
    for _ in 0..COPIES {
        let mut copy = sample.to_vec();
        for _ in 0..=random(4) {
            let (at, other) = (random(copy.len()), random(copy.len()));
            let (from, to) = (at.min(other), at.max(other).min(at.min(other) + 64));
            match random(6) {
                0 if !copy.is_empty() => copy[at] ^= 1 << random(8),
                1 if !copy.is_empty() => copy[at] = TELLING[random(TELLING.len())],
                2 => copy.truncate(at),
                3 => drop(copy.drain(from..to)),
                4 => {
                    let part = copy[from..to].to_vec();
                    copy.splice(other..other, part);
                }
                _ => copy.insert(at, TELLING[random(TELLING.len())]),
            }
        }
        check(&copy);
    }
}

#[test]
fn graphql_documents() {
    let sample = br#"query Q($a: [JSONString!]! = ["x"], $b: Boolean = true) {
        a { bb { ccc(ccc: $a, d: {e: [1, -2.5e3, ENUM, null]}) ...F @include(if: $b) } }
        al: b @skip(if: false) { ... on Query { eee(eee: "a\"\ud83d\ude80") } ... { __typename } }
    } fragment F on Query { f { ggg(ggg: """block
          text""") } ...G } fragment G on Query { bb { a { __typename } } }"#;
    let limits = ExecutionLimits {
        steps: 5_000,
        ..ExecutionLimits::default()
    };
    let mut read = 0;
    damaged(sample, |copy| {
        let text = String::from_utf8_lossy(copy);
        if let Ok(document) = parse_document(&text, &DocumentLimits::default()) {
            read += 1;
            for operation in &document.operations {
                let variables = JsonObject::new();
                let response = execute(&document, operation, variables, &Endless, &limits);
                json::parse("the body", &response.to_body()).unwrap();
            }
        }
    });
    assert!(read > 20, "only {read} copies were documents");
}

#[test]
fn uploads() {
    let sample = br#"{"files":{"wandb-history.jsonl":{"offset":3,"content":["{\"loss\":NaN,\"n\":{\"x\":[1,-2.5e-3]},\"_step\":3}","{\"a\":18446744073709551616,\"_step\":4}"]},"output.log":{"offset":0,"content":["ERROR 2026-11-21T01:48:34.7 x","{\"ts\":\"2026\",\"content\":\"\\u00e9\"}"]}},"complete":true,"exitcode":0}"#;
    let mut lines_read = 0;
    damaged(sample, |copy| {
        let request = FileStreamRequest::decode(copy, &FileStreamLimits::default());
        let Ok(request) = request else {
            return;
        };
        for line in request.chunks.iter().flat_map(|chunk| &chunk.lines) {
            let _ = console_line(line);
            if let Ok(row) = history_row(line) {
                lines_read += 1;
                let values = Json::Object(row.values);
                assert_eq!(json::parse("the line", &values.to_line()), Ok(values));
            }
        }
    });
    assert!(lines_read > 100, "only {lines_read} lines were read");
}

#[test]
fn wandb_files() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/offline-0.31.0.wandb");
    let mut events = 0;
    damaged(&std::fs::read(path).unwrap(), |copy| {
        if let Ok(file) = read(copy) {
            events += file.events.len();
            let run = OfflineRun::replay(file.events);
            let _ = Console::lines_of(&run.output, Emulation::Erasing);
        }
    });
    assert!(events > 1_000, "only {events} events were read");
}

#[test]
fn filters_manifests_configs_and_sweeps() {
    let filter = br#"{"$or":[{"config.lr.value":{"$gt":0.1,"$not":{"$in":[1,2]}}},{"tags":"x","display_name":{"$regex":"^a.*"}}]}"#;
    let run = br#"{"config":{"lr":{"value":0.2}},"tags":["x"],"display_name":"abc"}"#;
    let run = json::parse_object("run", std::str::from_utf8(run).unwrap()).unwrap();
    damaged(filter, |copy| {
        let text = String::from_utf8_lossy(copy);
        if let Ok(filter) = Filter::parse(&text) {
            let _ = filter.matches(&run);
        }
        if let Ok(order) = Order::parse(&text) {
            let _ = order.compare(&run, &run);
        }
    });
    let manifest = br#"{"version":1,"storagePolicyConfig":{"storageLayout":"V2"},"contents":{"a/b":{"digest":"x","size":3,"ref":"s3://b"}}}"#;
    damaged(manifest, |copy| {
        if let Ok(manifest) = Manifest::decode(copy) {
            let again = Manifest::decode(&manifest.to_bytes());
            assert_eq!(again.map(|again| again.digest()), Ok(manifest.digest()));
        }
    });
    let config = br#"{"lr":{"value":1},"_wandb":{"value":{"t":{},"branch_point":{"run_id":"a","step":4},"m":[{"1":"l","5":1,"7":[1]}]}}}"#;
    damaged(config, |copy| {
        if let Ok(config) = RunConfig::decode(&String::from_utf8_lossy(copy)) {
            let _ = (
                config.values(),
                config.branch_point(),
                config.defined_metrics(),
            );
        }
    });
    let text = b"method: bayes\nmetric: {name: l, goal: minimize}\nrun_cap: 3\nparameters:\n  a: {min: 1, max: 4}\n  b: {distribution: q_uniform, min: 0.5, max: 2, q: 0.1}\n  c: {parameters: {d: {values: [1, x]}}}\n";
    damaged(text, |copy| {
        if let Ok(sweep) = sweep::parse(&String::from_utf8_lossy(copy)) {
            let _ = sweep.expected_runs();
        }
    });
}
