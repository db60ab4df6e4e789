//! The rules, on a store in a folder of its own, with a clock that stands still.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use gradus_schema::Clock;
use gradus_store::{ALL_STEPS, RunKey};
use gradus_wire::Json;
use gradus_wire::file_stream::{FileStreamLimits, FileStreamRequest, SharedWriter};

use crate::alerts::Alert;
use crate::history::{SeriesQuery, history_keys, next_line, series};
use crate::query::RunsQuery;
use crate::runs::{HISTORY, run_id};
use crate::sweeps::SweepUpsert;
use crate::{Caller, Error, RunExtra, RunUpsert, Tracker, TrackerOptions};

mod kept;

#[derive(Default)]
struct Standing(AtomicI64);

impl Clock for Standing {
    fn now_unix_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Fixture {
    tracker: Tracker,
    caller: Caller,
    clock: Arc<Standing>,
    folder: tempfile::TempDir,
}

fn opened(options: TrackerOptions) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Standing::default());
    let tracker = Tracker::open(folder.path(), options, clock.clone()).unwrap();
    let user = tracker.add_user("ann", "", true).unwrap();
    let caller = Caller {
        user,
        is_read_only: false,
    };
    Fixture {
        tracker,
        caller,
        clock,
        folder,
    }
}

fn begins(name: &str) -> RunUpsert {
    RunUpsert {
        name: Some(name.into()),
        project: Some("p".into()),
        program: Some("train.py".into()),
        host: Some("box".into()),
        ..RunUpsert::default()
    }
}

impl Fixture {
    fn upsert(&self, upsert: RunUpsert) -> u64 {
        let writer = SharedWriter::default();
        self.tracker
            .upsert_run(&self.caller, upsert, &writer)
            .unwrap()
            .number
    }

    fn key(&self, name: &str) -> RunKey {
        RunKey::new("ann", "p", name)
    }

    fn send(&self, name: &str, body: &str) -> bool {
        let request = FileStreamRequest::decode(body.as_bytes(), &FileStreamLimits::default());
        let writer = SharedWriter::default();
        let (_, reply) = self
            .tracker
            .stream(&self.caller, &self.key(name), request.unwrap(), &writer)
            .unwrap();
        reply.stopped
    }

    fn rows(&self, name: &str, offset: u64, steps: std::ops::Range<i64>) {
        let rows: Vec<String> = steps
            .map(|step| format!("\"{{\\\"_step\\\":{step},\\\"x\\\":{step}}}\""))
            .collect();
        let rows = rows.join(",");
        self.send(
            name,
            &format!("{{\"files\":{{\"wandb-history.jsonl\":{{\"offset\":{offset},\"content\":[{rows}]}}}}}}"),
        );
    }

    fn steps(&self, name: &str) -> Vec<i64> {
        let view = self.tracker.store.run(&self.key(name)).unwrap();
        let rows = view.rows(HISTORY, &ALL_STEPS).unwrap();
        rows.iter().map(|row| row.step).collect()
    }

    fn state(&self, name: &str) -> String {
        let view = self.tracker.store.run(&self.key(name)).unwrap();
        view.record.fields.state.clone().unwrap()
    }
}

#[test]
fn a_run_lives_and_ends() {
    let it = opened(TrackerOptions::default());
    it.upsert(begins("a"));
    assert_eq!(it.state("a"), "running");
    it.rows("a", 0, 0..5);
    it.rows("a", 0, 0..5);
    assert_eq!(it.steps("a"), [0, 1, 2, 3, 4], "sent twice, there once");
    it.send("a", r#"{"complete":true,"exitcode":3}"#);
    assert_eq!(it.state("a"), "failed");
    it.rows("a", 5, 5..6);
    assert_eq!(it.state("a"), "running", "who sends rows lives");
    it.send("a", r#"{"preempting":true}"#);
    assert_eq!(it.state("a"), "preempting");
    it.send("a", r#"{"complete":true,"exitcode":0}"#);
    assert_eq!(it.state("a"), "finished");
}

#[test]
fn an_id_that_is_used_again_begins_anew_or_goes_on() {
    let it = opened(TrackerOptions::default());
    let number = it.upsert(begins("a"));
    it.rows("a", 0, 0..4);
    assert_eq!(it.upsert(begins("a")), number);
    assert_eq!(
        it.steps("a"),
        [0, 1, 2, 3],
        "nothing makes way before a row tells"
    );
    let view = it.tracker.store.run(&it.key("a")).unwrap();
    assert_eq!(next_line(&view, HISTORY), 4);
    it.rows("a", 4, 0..2);
    assert_eq!(it.steps("a"), [0, 1], "step 0 again: anew");
    it.upsert(begins("a"));
    let view = it.tracker.store.run(&it.key("a")).unwrap();
    let first = next_line(&view, HISTORY);
    it.rows("a", first, 2..4);
    assert_eq!(
        it.steps("a"),
        [0, 1, 2, 3],
        "later steps: the same run goes on"
    );
    let config_alone = RunUpsert {
        name: Some("a".into()),
        project: Some("p".into()),
        config: Some("{\"x\":{\"value\":1}}".into()),
        ..RunUpsert::default()
    };
    it.upsert(config_alone);
    let view = it.tracker.store.run(&it.key("a")).unwrap();
    assert!(
        !RunExtra::of(&view.record).is_undecided,
        "a new configuration begins nothing"
    );
}

#[test]
fn forks_have_what_was_before_and_rewinds_lose_what_came_after() {
    let it = opened(TrackerOptions::default());
    it.upsert(begins("source"));
    it.rows("source", 0, 0..10);
    let fork = RunUpsert {
        config: Some(
            r#"{"_wandb":{"value":{"branch_point":{"run_id":"source","step":3}}}}"#.into(),
        ),
        ..begins("fork")
    };
    it.upsert(fork);
    assert_eq!(it.steps("fork"), [0, 1, 2, 3]);
    let view = it.tracker.store.run(&it.key("source")).unwrap();
    it.tracker
        .rewind_run(&it.caller, &view, "_step", 6.0)
        .unwrap();
    assert_eq!(it.steps("source"), [0, 1, 2, 3, 4, 5, 6]);
    let wrong = it.tracker.rewind_run(&it.caller, &view, "loss", 0.5);
    assert!(matches!(wrong, Err(Error::Input(_))));
    let of_nothing = RunUpsert {
        config: Some(r#"{"_wandb":{"value":{"branch_point":{"run_id":"none","step":3}}}}"#.into()),
        ..begins("orphan")
    };
    let writer = SharedWriter::default();
    let refused = it.tracker.upsert_run(&it.caller, of_nothing, &writer);
    assert!(matches!(refused, Err(Error::NotFound(_))));
}

#[test]
fn silence_is_a_crash_and_a_stop_is_told() {
    let it = opened(TrackerOptions {
        heartbeat_timeout: Duration::ZERO,
        ..TrackerOptions::default()
    });
    let number = it.upsert(begins("a"));
    assert_eq!(it.tracker.mark_crashed_runs().unwrap(), [number]);
    assert_eq!(it.state("a"), "crashed");
    assert!(it.tracker.mark_crashed_runs().unwrap().is_empty());
    assert!(!it.send("a", "{}"));
    assert_eq!(it.state("a"), "running", "it was heard of again");
    it.tracker.stop_run(&it.caller, number).unwrap();
    assert!(it.send("a", "{}"));
}

#[test]
fn rows_are_asked_for_by_keys() {
    let it = opened(TrackerOptions::default());
    it.upsert(begins("a"));
    it.send(
        "a",
        r#"{"files":{"wandb-history.jsonl":{"offset":0,"content":[
            "{\"_step\":0,\"a\":1,\"n\":{\"x\":5}}","{\"_step\":1,\"a\":NaN,\"b\":2}",""]}}}"#,
    );
    let view = it.tracker.store.run(&it.key("a")).unwrap();
    let ask = |keys: &[&str]| {
        let keys = keys.iter().map(|key| Json::text(*key)).collect();
        let query = SeriesQuery::from_json(&Json::object([("keys", Json::Array(keys))]));
        let rows = series(&view, &query).unwrap();
        Json::Array(rows).to_strict()
    };
    assert_eq!(
        ask(&["_step", "a"]),
        r#"[{"_step":0,"a":1},{"_step":1,"a":"NaN"}]"#
    );
    assert_eq!(
        ask(&["_step", "a", "b"]),
        r#"[{"_step":1,"a":"NaN","b":2}]"#
    );
    assert_eq!(ask(&["n.x"]), r#"[{"n.x":5}]"#);
    assert_eq!(ask(&[]), "[]");
    let keys = history_keys(&view).unwrap();
    assert!(
        keys.get("keys").unwrap().get("n.x").is_some(),
        "{}",
        keys.to_line()
    );
}

#[test]
fn a_read_only_key_changes_nothing_and_strangers_see_nothing() {
    let it = opened(TrackerOptions::default());
    let number = it.upsert(begins("a"));
    let (_, key) = it.tracker.add_key("ann", "", true).unwrap();
    let reader = it.tracker.accounts.authenticate(&key).unwrap();
    assert!(it.tracker.run(&reader, &it.key("a")).is_some());
    let writer = SharedWriter::default();
    let refused = it.tracker.upsert_run(&reader, begins("b"), &writer);
    assert!(matches!(refused, Err(Error::Forbidden(_))));
    assert!(it.tracker.delete_run(&reader, number).is_err());
    let user = it.tracker.add_user("bob", "", false).unwrap();
    let stranger = Caller {
        user,
        is_read_only: false,
    };
    assert!(it.tracker.run(&stranger, &it.key("a")).is_none());
    assert!(it.tracker.run_by_id(&stranger, &run_id(number)).is_err());
    assert!(it.tracker.delete_run(&stranger, number).is_err());
    let elsewhere = RunUpsert {
        entity: Some("ann".into()),
        ..begins("b")
    };
    let refused = it.tracker.upsert_run(&stranger, elsewhere, &writer);
    assert!(matches!(refused, Err(Error::NotFound(_))));
    assert!(
        it.tracker
            .accounts
            .authenticate("0".repeat(40).as_str())
            .is_none()
    );
    let text = std::fs::read_dir(it.folder.path().join("log")).unwrap();
    for file in text {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let has = bytes.windows(key.len()).any(|part| part == key.as_bytes());
        assert!(!has, "keys are kept as hashes alone");
    }
}

#[test]
fn filters_say_the_same_by_catalogue_and_by_looking() {
    let it = opened(TrackerOptions::default());
    for place in 0..6 {
        let upsert = RunUpsert {
            config: Some(format!(
                "{{\"lr\":{{\"value\":{place}}},\"s\":{{\"value\":\"t{place}\"}}}}"
            )),
            tags: Some(vec![format!("t{}", place % 2)]),
            ..begins(&format!("r{place}"))
        };
        it.upsert(upsert);
    }
    let found = |filter: &str, order: &str| {
        let filter = gradus_wire::json::parse("a filter", filter).unwrap();
        let query = RunsQuery::parse("ann", "p", Some(&filter), Some(order)).unwrap();
        let runs = it.tracker.runs(&query, 0, 100).unwrap();
        assert_eq!(it.tracker.count_runs(&query).unwrap(), runs.len() as u64);
        runs.iter()
            .map(|run| run.key.name.clone())
            .collect::<Vec<_>>()
    };
    for filter in [
        r#"{"config.lr":{"$gt":2}}"#,
        r#"{"tags":"t1"}"#,
        r#"{"$or":[{"config.lr":0},{"config.s":"t4"}]}"#,
        r#"{"config.none":{"$exists":false},"name":{"$ne":"r3"}}"#,
    ] {
        // What a regular expression is added to is looked at run by run.
        let looked_at = format!(r#"{{"$and":[{filter},{{"name":{{"$regex":"^r"}}}}]}}"#);
        for order in ["+config.lr", "-config.lr", "+name"] {
            assert_eq!(
                found(filter, order),
                found(&looked_at, order),
                "{filter} {order}"
            );
        }
    }
}

#[test]
fn an_alert_is_kept_once_in_its_time() {
    let it = opened(TrackerOptions::default());
    let run = it.upsert(begins("a"));
    let raise = |at: i64| {
        it.clock.0.store(at, Ordering::Relaxed);
        let alert = Alert {
            run,
            title: "loss".into(),
            text: String::new(),
            severity: "WARN".into(),
            created_unix_ms: at,
        };
        it.tracker.raise_alert(alert, 1_000).unwrap()
    };
    assert_eq!([raise(0), raise(999), raise(1_000)], [true, false, true]);
    assert_eq!(it.tracker.alerts.of_run(run).len(), 2);
}

#[test]
fn a_grid_is_handed_out_once_and_ends() {
    let it = opened(TrackerOptions::default());
    let upsert = SweepUpsert {
        project: Some("p".into()),
        config: Some("method: grid\nparameters:\n  a:\n    values: [1, 2, 3]\n".into()),
        ..SweepUpsert::default()
    };
    let (sweep, _) = it.tracker.upsert_sweep(&it.caller, upsert).unwrap();
    let agent = it.tracker.create_agent(&it.caller, &sweep, "box").unwrap();
    let nothing = HashSet::new();
    let mut given = Vec::new();
    loop {
        let commands = it
            .tracker
            .agent_heartbeat(&it.caller, &agent.id, &nothing)
            .unwrap();
        let command = commands[0].to_json();
        if command["type"] == "exit" {
            break;
        }
        let run = command["run_id"].as_str().unwrap().to_owned();
        assert_eq!(it.state(&run), "pending");
        it.upsert(RunUpsert {
            sweep: Some(sweep.id.clone()),
            ..begins(&run)
        });
        assert_eq!(it.state(&run), "running");
        let busy = HashSet::from([run.clone()]);
        assert!(
            it.tracker
                .agent_heartbeat(&it.caller, &agent.id, &busy)
                .unwrap()
                .is_empty()
        );
        it.send(&run, r#"{"complete":true,"exitcode":0}"#);
        given.push(command["args"]["a"]["value"].as_i64().unwrap());
    }
    assert_eq!(given, [1, 2, 3]);
    let ended = it.tracker.sweep_by_id(&it.caller, &sweep.key()).unwrap();
    assert_eq!(ended.state, "FINISHED");
}

#[test]
fn everything_is_there_when_it_is_opened_again() {
    let it = opened(TrackerOptions::default());
    let number = it.upsert(begins("a"));
    it.rows("a", 0, 0..3);
    it.tracker
        .put_run_file(number, "x/y.txt", &mut &b"hello"[..])
        .unwrap();
    let Fixture {
        tracker,
        clock,
        folder,
        ..
    } = it;
    drop(tracker);
    let tracker = Tracker::open(folder.path(), TrackerOptions::default(), clock).unwrap();
    let user = tracker.accounts.owner().unwrap();
    assert_eq!(user.name, "ann");
    assert_eq!(tracker.projects.all().len(), 1);
    let file = tracker.files.get(number, "x/y.txt").unwrap();
    assert_eq!(
        (file.size_bytes, file.md5.as_str()),
        (5, "XUFAKrxLKna5cZ2REBfFkg==")
    );
    let caller = Caller {
        user,
        is_read_only: false,
    };
    tracker.delete_run(&caller, number).unwrap();
    assert!(tracker.files.of_run(number).is_empty());
}
