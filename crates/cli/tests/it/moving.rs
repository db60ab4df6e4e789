//! Runs of others come in whole, and go out whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use gradus_wire::{Json, JsonObject, json};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;

pub fn gradus(data: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.arg("--json").args(arguments);
    let output = command
        .env("GRADUS_DATA_DIR", data)
        .env("USER", "ann")
        .env_remove("GRADUS_URL")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A file that the client 0.31.0 logged, with what its own reader makes of it.
pub fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/tests/golden/offline-0.31.0.wandb")
}

/// Keys of nested objects joined by dots, media too.
fn opened(prefix: &str, object: &JsonObject, into: &mut BTreeMap<String, Json>) {
    for (key, value) in object {
        match value {
            Json::Object(inner) if !inner.is_empty() => {
                opened(&format!("{prefix}{key}."), inner, into);
            }
            leaf => {
                into.insert(format!("{prefix}{key}"), leaf.clone());
            }
        }
    }
}

fn flat(object: &JsonObject) -> BTreeMap<String, Json> {
    let mut flat = BTreeMap::new();
    opened("", object, &mut flat);
    flat
}

fn lines(path: &Path) -> Vec<JsonObject> {
    let file = BufReader::new(File::open(path).unwrap());
    let lines = file
        .lines()
        .map(|line| json::parse_object("a line", &line.unwrap()).unwrap());
    lines.collect()
}

fn exported(data: &Path, project: &str, folder: &Path) -> BTreeMap<String, JsonObject> {
    gradus(
        data,
        &[
            "export",
            project,
            "--format",
            "jsonl",
            "--out",
            text(folder),
        ],
    );
    let runs = lines(&folder.join("runs.jsonl")).into_iter();
    runs.map(|run| (run["run"].as_str().unwrap().to_owned(), run))
        .collect()
}

/// `{"a": {"value": 1}}` as `{"a": 1}`, without what the client keeps for itself.
fn plain_config(run: &JsonObject) -> JsonObject {
    let config = run["config"].as_object().unwrap();
    let own = config.iter().filter(|(key, _)| *key != "_wandb");
    own.map(|(key, value)| (key.clone(), value.get("value").unwrap().clone()))
        .collect()
}

#[test]
fn real_run_folders_come_in_as_the_official_reader_reads_them() {
    let data =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/mistral-hackathon/wandb");
    if !data.exists() {
        eprintln!("skipped: the shared data are not here");
        return;
    }
    let oracle = fs::read_to_string(data.join("oracle.decoded.json")).unwrap();
    let oracle = json::parse("the oracle", &oracle).unwrap();
    let store = tempfile::tempdir().unwrap();
    let told = gradus(
        store.path(),
        &["import", "wandb", text(&data), "--project", "hackathon"],
    );
    let told = told["runs"].as_array().unwrap();
    assert_eq!(told.len(), 6);
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("out");
    let runs = exported(store.path(), "hackathon", &folder);
    for expected in oracle.as_array().unwrap() {
        let file = data.join(expected.get("file").and_then(Json::as_str).unwrap());
        let id = expected
            .get("run")
            .unwrap()
            .get("run_id")
            .and_then(Json::as_str)
            .unwrap();
        let run = &runs[id];
        assert_eq!(
            plain_config(run),
            *expected.get("config").unwrap().as_object().unwrap(),
            "{id}"
        );
        let summary = fs::read_to_string(file.with_file_name("files/wandb-summary.json")).unwrap();
        let summary = json::parse_object("the summary", &summary).unwrap();
        assert_eq!(
            flat(run["summary"].as_object().unwrap()),
            flat(&summary),
            "{id}"
        );
        let rows = lines(&folder.join("history").join(format!("{id}.jsonl")));
        let wanted = expected.get("history").and_then(Json::as_array).unwrap();
        assert_eq!(rows.len(), wanted.len(), "{id}");
        for (row, wanted) in rows.iter().zip(wanted) {
            assert_eq!(flat(row), flat(wanted.as_object().unwrap()), "{id}");
        }
        assert_eq!(
            run["exit_code"].as_i64(),
            expected.get("exit_code").and_then(Json::as_i64),
            "{id}"
        );
        let told = told
            .iter()
            .find(|run| run["run"].as_str().unwrap().ends_with(id))
            .unwrap();
        // The oracle counts the pieces that were printed; some hold more than one line.
        let pieces = told["console_pieces"].as_u64();
        let wanted = expected.get("output_lines").and_then(Json::as_i64).unwrap();
        assert_eq!(pieces, u64::try_from(wanted).ok(), "{id}");
        assert!(told["console_lines"].as_u64() >= pieces, "{id}");
        assert!(told["files"].as_u64().unwrap() >= 4, "{id}");
    }
    let again = gradus(
        store.path(),
        &["import", "wandb", text(&data), "--project", "hackathon"],
    );
    let again = again["runs"].as_array().unwrap();
    assert!(
        again.iter().all(|run| run["was_there"] == true),
        "{again:?}"
    );
}

#[test]
fn a_torn_file_comes_in_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(golden()).unwrap();
    let torn = folder.path().join("run-torn.wandb");
    fs::write(&torn, &whole[..whole.len() - 900]).unwrap();
    let store = tempfile::tempdir().unwrap();
    let complete = gradus(
        store.path(),
        &["import", "wandb", text(&golden()), "--project", "a"],
    );
    let cut = gradus(
        store.path(),
        &["import", "wandb", text(&torn), "--project", "b"],
    );
    let (complete, cut) = (&complete["runs"][0], &cut["runs"][0]);
    assert!(complete["exit_code"].is_i64(), "{complete}");
    assert!(cut["exit_code"].is_null(), "{cut}");
    assert!(cut["history_rows"].as_u64() > Some(0), "{cut}");
    assert!(cut["history_rows"].as_u64() <= complete["history_rows"].as_u64());
    let out = folder.path().join("out");
    let runs = exported(store.path(), "b", &out);
    let run = runs.values().next().unwrap();
    assert_eq!(run["state"].as_str(), Some("crashed"));
}

#[test]
fn parquet_has_every_row_with_the_types_of_its_values() {
    let store = tempfile::tempdir().unwrap();
    gradus(
        store.path(),
        &["import", "wandb", text(&golden()), "--project", "p"],
    );
    let out = tempfile::tempdir().unwrap();
    let (as_lines, as_parquet) = (out.path().join("lines"), out.path().join("parquet"));
    let runs = exported(store.path(), "p", &as_lines);
    gradus(store.path(), &["export", "p", "--out", text(&as_parquet)]);
    let id = runs.keys().next().unwrap();
    let rows = lines(&as_lines.join("history").join(format!("{id}.jsonl")));
    let file = File::open(as_parquet.join("history").join(format!("{id}.parquet"))).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let schema = reader.metadata().file_metadata().schema().clone();
    let kind = |name: &str| {
        let field = schema
            .get_fields()
            .iter()
            .find(|field| field.name() == name);
        field.map(|field| field.get_physical_type())
    };
    assert_eq!(kind("_step"), Some(parquet::basic::Type::INT64));
    assert_eq!(kind("_timestamp"), Some(parquet::basic::Type::DOUBLE));
    let steps: Vec<i64> = reader
        .get_row_iter(None)
        .unwrap()
        .map(|row| {
            let row = row.unwrap();
            let place = row
                .get_column_iter()
                .position(|(name, _)| name == "_step")
                .unwrap();
            parquet::record::RowAccessor::get_long(&row, place).unwrap()
        })
        .collect();
    let wanted: Vec<i64> = rows
        .iter()
        .map(|row| row["_step"].as_i64().unwrap())
        .collect();
    assert_eq!(steps, wanted);
    let runs = File::open(as_parquet.join("runs.parquet")).unwrap();
    let runs = SerializedFileReader::new(runs).unwrap();
    assert_eq!(runs.metadata().file_metadata().num_rows(), 1);
}

/// `gradus up`, ended when the test is.
pub struct Up {
    child: Child,
    pub url: String,
    pub key: Option<String>,
}

impl Up {
    pub fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    pub fn start_with(data: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gradus"))
            .args(["--json", "up", "--port", "0"])
            .args(more)
            .env("GRADUS_DATA_DIR", data)
            .env("USER", "ann")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let told = loop {
            assert_ne!(output.read_line(&mut told).unwrap(), 0, "it ended: {told}");
            if let Ok(told) = serde_json::from_str::<Value>(&told) {
                break told;
            }
        };
        Self {
            child,
            url: told["url"].as_str().unwrap().to_owned(),
            key: told["first_key"].as_str().map(str::to_owned),
        }
    }

    /// What our own API answers; `path` is below `/api/v1`.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        let url = format!("{}/api/v1/{path}", self.url);
        answer_of(ureq::get(&url).call().unwrap())
    }

    #[track_caller]
    pub fn post(&self, path: &str) -> Value {
        let url = format!("{}/api/v1/{path}", self.url);
        answer_of(ureq::post(&url).send_empty().unwrap())
    }
}

fn answer_of(mut response: ureq::http::Response<ureq::Body>) -> Value {
    let text = response.body_mut().read_to_string().unwrap();
    serde_json::from_str(&text).unwrap()
}

impl Drop for Up {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn runs_of_another_server_come_in_through_its_public_api() {
    let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // The server is started first, so that it has a user with a key.
    let up = Up::start(there.path());
    let key = up.key.clone().unwrap();
    drop(up);
    gradus(
        there.path(),
        &["import", "wandb", text(&golden()), "--project", "moved"],
    );
    let up = Up::start(there.path());
    assert_eq!(up.key, None, "a key is made once");
    let address = format!("{}/moved", up.url);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command.args([
        "--json",
        "import",
        "wandb",
        &address,
        "--key-env",
        "THERE_KEY",
    ]);
    let output = command
        .env("GRADUS_DATA_DIR", here.path())
        .env("THERE_KEY", &key)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    drop(up);
    let out = tempfile::tempdir().unwrap();
    let (a, b) = (out.path().join("a"), out.path().join("b"));
    let (before, after) = (
        exported(there.path(), "moved", &a),
        exported(here.path(), "moved", &b),
    );
    for (id, run) in &before {
        for field in ["config", "summary", "tags", "state", "display_name"] {
            assert_eq!(run[field], after[id][field], "{field}");
        }
        for stream in ["history", "events"] {
            let name = format!("{stream}/{id}.jsonl");
            let content = |folder: &Path| fs::read_to_string(folder.join(&name)).ok();
            assert_eq!(content(&a), content(&b), "{stream}");
        }
    }
}

#[test]
fn a_server_that_is_up_takes_and_gives_runs_too() {
    let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let closed = tempfile::tempdir().unwrap();
    let out = tempfile::tempdir().unwrap();
    let import = |data: &Path, variables: &[(&str, &str)]| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
        command
            .args(["--json", "import", "wandb", text(&golden())])
            .args(["--project", "p"])
            .env("GRADUS_DATA_DIR", data)
            .env("USER", "ann")
            .envs(variables.iter().copied());
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    import(closed.path(), &[]);
    let before = exported(closed.path(), "p", &out.path().join("closed"));
    let up = Up::start(there.path());
    import(there.path(), &[]);
    let running = exported(there.path(), "p", &out.path().join("running"));
    // From elsewhere, with a key.
    let key = up.key.clone().unwrap();
    let variables = [("GRADUS_URL", up.url.as_str()), ("GRADUS_API_KEY", &key)];
    let told = import(here.path(), &variables);
    assert_eq!(told["runs"][0]["was_there"], true, "{told}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    let elsewhere = out.path().join("elsewhere");
    command
        .args([
            "export",
            "p",
            "--format",
            "jsonl",
            "--out",
            text(&elsewhere),
        ])
        .env("GRADUS_DATA_DIR", here.path())
        .envs(variables);
    assert!(command.output().unwrap().status.success());
    assert!(!here.path().join("store").exists());
    assert_eq!(before.len(), 1);
    for (id, run) in &before {
        let mut run = run.clone();
        let mut of_server = running[id].clone();
        // What the server chose where the file says nothing.
        run.swap_remove("display_name");
        of_server.swap_remove("display_name");
        assert_eq!(run, of_server);
        for stream in ["history", "events"] {
            let content = |folder: &str| {
                let name = format!("{folder}/{stream}/{id}.jsonl");
                fs::read_to_string(out.path().join(name)).ok()
            };
            assert_eq!(content("closed"), content("running"), "{stream}");
            assert_eq!(content("closed"), content("elsewhere"), "{stream}");
        }
        assert!(
            out.path()
                .join(format!("closed/history/{id}.jsonl"))
                .exists()
        );
    }
}

#[test]
fn what_is_missing_is_told() {
    let store = tempfile::tempdir().unwrap();
    let fails = |arguments: &[&str], words: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
        command.args(arguments).env("GRADUS_DATA_DIR", store.path());
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{told}");
        assert!(told.contains(words), "{told}");
    };
    fails(&["import", "wandb", text(store.path())], "no .wandb file");
    fails(&["export", "nothing"], "no project 'nothing'");
    fails(
        &[
            "import",
            "wandb",
            "http://127.0.0.1:9/a/b",
            "--key-env",
            "NOT_SET_HERE",
        ],
        "NOT_SET_HERE is not set",
    );
}
