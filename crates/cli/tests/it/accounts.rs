//! Keys, users and the store's upkeep: the same words whether the store is opened or its server asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::moving::{Up, golden, gradus, text};

const USERS_AND_KEYS: &str = "
$ gradus users add bob --email bob@example.org
user bob is made; `gradus keys create --user bob` makes a key
$ gradus keys create --user bob --read-only --description a page
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
a key of bob; it is not shown again
$ gradus keys create --user nobody
error: there is no user nobody
(exit code 3)
$ gradus keys list --user bob
| id         | user |  may |                 made | description |
|------------|------|------|----------------------|-------------|
| xxxxxxxxxx |  bob | read | 2026-11-22T00:00:00Z |      a page |
$ gradus keys delete 0123456789
error: there is no key xxxxxxxxxx
(exit code 3)
$ gradus users add bob
error: there is already a 'bob'
(exit code 3)
$ gradus users list
| name |          role | keys | teams |           email |
|------|---------------|------|-------|-----------------|
| ann  | administrator |    1 |       |                 |
| bob  |        member |    1 |       | bob@example.org |
$ gradus users remove bbo
error: there is no user bbo, did you mean 'bob'?
(exit code 3)
$ gradus users remove bob
user bob is removed
$ gradus users remove ann
error: ann is the only administrator; make another one first
(exit code 3)
$ gradus keys list
| id         | user |         may |                 made |         description |
|------------|------|-------------|----------------------|---------------------|
| xxxxxxxxxx |  ann | read, write | 2026-11-22T00:00:00Z | made on first start |
";

/// The log of a server that has nothing to do is shortened, so that its length says nothing.
const UPKEEP: &str = "
$ gradus store check
whole: 11 rows in 0 segments, N records of the log, 0 blobs (0 belong to nothing)
reading all of DATA/store
$ gradus store rebuild
the catalogue is made anew
$ gradus store check /nowhere
error: there is no store: /nowhere
(exit code 3)
";

fn asked(data: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradus"));
    command
        .args(arguments)
        .env("GRADUS_DATA_DIR", data)
        .env("USER", "ann")
        .env_remove("GRADUS_URL")
        .env_remove("GRADUS_API_KEY")
        .envs(variables.iter().copied());
    command.output().unwrap()
}

/// What a person sees of these commands, with what is different every time made the same.
fn seen(data: &Path, commands: &[&[&str]]) -> String {
    let mut seen = String::new();
    for arguments in commands {
        let output = asked(data, arguments, &[]);
        seen.push_str(&format!("$ gradus {}\n", arguments.join(" ")));
        seen.push_str(&masked(&output.stdout, data));
        seen.push_str(&masked(&output.stderr, data));
        match output.status.code() {
            Some(0) => {}
            code => seen.push_str(&format!("(exit code {})\n", code.unwrap())),
        }
    }
    seen
}

/// Keys, their beginnings, times and the test's folder.
fn masked(bytes: &[u8], data: &Path) -> String {
    let told = String::from_utf8_lossy(bytes).replace(text(data), "DATA");
    let is_key = |word: &str| {
        [10, 40].contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_time = |word: &str| word.len() == 20 && word.starts_with("20") && word.ends_with('Z');
    let words = told
        .split_inclusive([' ', '\n'])
        .map(|word| match word.trim_end() {
            key if is_key(key) => word.replace(key, &"x".repeat(key.len())),
            time if is_time(time) => word.replace(time, "2026-11-22T00:00:00Z"),
            _ => word.to_owned(),
        });
    let told: String = words.collect();
    match told.split_once(" records of the log") {
        Some((before, after)) => {
            let before = before.trim_end_matches(|letter: char| letter.is_ascii_digit());
            format!("{before}N records of the log{after}")
        }
        None => told,
    }
}

/// The same with the store closed and with its server up, and as it is written down.
#[track_caller]
fn seen_the_same(prepare: impl Fn(&Path), commands: &[&[&str]], expected: &str) {
    for is_up in [false, true] {
        let data = tempfile::tempdir().unwrap();
        drop(Up::start(data.path()));
        prepare(data.path());
        let up = is_up.then(|| Up::start(data.path()));
        let seen = seen(data.path(), commands);
        drop(up);
        assert_eq!(seen.trim(), expected.trim(), "is_up: {is_up}\n{seen}");
    }
}

#[test]
fn users_and_keys_are_made_listed_and_removed() {
    seen_the_same(
        |_| {},
        &[
            &["users", "add", "bob", "--email", "bob@example.org"],
            &[
                "keys",
                "create",
                "--user",
                "bob",
                "--read-only",
                "--description",
                "a page",
            ],
            &["keys", "create", "--user", "nobody"],
            &["keys", "list", "--user", "bob"],
            &["keys", "delete", "0123456789"],
            &["users", "add", "bob"],
            &["users", "list"],
            &["users", "remove", "bbo"],
            &["users", "remove", "bob"],
            &["users", "remove", "ann"],
            &["keys", "list"],
        ],
        USERS_AND_KEYS,
    );
}

#[test]
fn the_store_is_checked_rebuilt_and_copied() {
    let imported = |data: &Path| {
        gradus(
            data,
            &["import", "wandb", text(&golden()), "--project", "p"],
        );
    };
    seen_the_same(
        imported,
        &[
            &["store", "check"],
            &["store", "rebuild"],
            &["store", "check", "/nowhere"],
        ],
        UPKEEP,
    );
}

#[test]
fn a_copy_is_a_store_of_its_own() {
    for is_up in [false, true] {
        let (data, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        gradus(
            data.path(),
            &["import", "wandb", text(&golden()), "--project", "p"],
        );
        let up = is_up.then(|| Up::start(data.path()));
        let copy = away.path().join("store");
        let made = gradus(data.path(), &["store", "backup", text(&copy)]);
        assert_eq!(made["runs"], 1, "{made}");
        let again = asked(data.path(), &["store", "backup", text(&copy)], &[]);
        assert_eq!(again.status.code(), Some(3), "the folder is not empty");
        drop(up);
        let checked = gradus(data.path(), &["store", "check", text(&copy)]);
        assert_eq!(checked["problems"], json!([]));
        let out = away.path().join("out");
        let exported = gradus(away.path(), &["export", "p", "--out", text(&out)]);
        assert_eq!(exported["runs"], 1);
    }
}

#[test]
fn damage_is_found_and_told() {
    for is_up in [false, true] {
        let data = tempfile::tempdir().unwrap();
        let run = data.path().join("offline-run-1");
        fs::create_dir_all(run.join("files")).unwrap();
        fs::copy(golden(), run.join("run-a.wandb")).unwrap();
        fs::write(run.join("files/notes.txt"), "what was seen").unwrap();
        gradus(
            data.path(),
            &["import", "wandb", text(&run), "--project", "p"],
        );
        let blob = only_file(&data.path().join("store/blobs"));
        fs::write(&blob, "what was said").unwrap();
        let up = is_up.then(|| Up::start(data.path()));
        let output = asked(data.path(), &["--json", "store", "check"], &[]);
        drop(up);
        assert_eq!(output.status.code(), Some(3));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let problems = report["problems"].as_array().unwrap();
        assert_eq!(problems.len(), 1, "{report}");
        let name = blob.file_name().unwrap().to_str().unwrap();
        assert!(problems[0].as_str().unwrap().contains(name), "{report}");
    }
}

fn only_file(folder: &Path) -> PathBuf {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // Where blobs lie until they are whole.
        .filter(|path| !path.ends_with("incoming"))
        .collect();
    assert_eq!(paths.len(), 1, "{paths:?}");
    let path = paths.remove(0);
    match path.is_dir() {
        true => only_file(&path),
        false => path,
    }
}

#[test]
fn for_machines_the_answers_are_objects() {
    for is_up in [false, true] {
        let data = tempfile::tempdir().unwrap();
        drop(Up::start(data.path()));
        let up = is_up.then(|| Up::start(data.path()));
        let made = gradus(data.path(), &["keys", "create", "--description", "box"]);
        let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
        assert!(key.len() == 40 && key.starts_with(id), "{made}");
        assert_eq!(
            (&made["description"], &made["is_read_only"]),
            (&json!("box"), &json!(false))
        );
        let listed = gradus(data.path(), &["keys", "list"]);
        assert_eq!(listed["keys"].as_array().unwrap().len(), 2, "{listed}");
        assert!(!listed.to_string().contains(key), "a key is shown once");
        let removed = gradus(data.path(), &["keys", "delete", id]);
        assert_eq!(removed, json!({ "removed": id }));
        let users = gradus(data.path(), &["users", "list"]);
        assert_eq!(users["users"][0]["is_admin"], true, "{users}");
        drop(up);
    }
}

#[test]
fn a_server_that_is_named_is_asked_with_its_key() {
    let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let up = Up::start(there.path());
    let key = up.key.clone().unwrap();
    let url = ("GRADUS_URL", up.url.as_str());
    let member = gradus(there.path(), &["users", "add", "mia"]);
    assert_eq!(member["is_admin"], false);
    let made = asked(
        here.path(),
        &["--json", "keys", "create", "--user", "mia"],
        &[url, ("GRADUS_API_KEY", &key)],
    );
    let made: Value = serde_json::from_slice(&made.stdout).unwrap();
    let own = [url, ("GRADUS_API_KEY", made["key"].as_str().unwrap())];
    let listed = asked(here.path(), &["--json", "keys", "list"], &own);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(
        listed["keys"].as_array().unwrap().len(),
        1,
        "a member's own keys"
    );
    let refused = asked(here.path(), &["users", "add", "eve"], &own);
    assert_eq!(refused.status.code(), Some(3));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("only an administrator"), "{told}");
    let wrong = [
        url,
        ("GRADUS_API_KEY", "0000000000000000000000000000000000000000"),
    ];
    let refused = asked(here.path(), &["keys", "list"], &wrong);
    assert_eq!(refused.status.code(), Some(3));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("set GRADUS_API_KEY"), "{told}");
    assert!(!here.path().join("store").exists(), "nothing is made here");
}

#[test]
fn a_first_key_is_made_where_something_was_recorded_before_the_first_start() {
    let data = tempfile::tempdir().unwrap();
    gradus(
        data.path(),
        &["import", "wandb", text(&golden()), "--project", "p"],
    );
    let up = Up::start(data.path());
    let listed = gradus(data.path(), &["keys", "list"]);
    let key = up.key.as_deref().unwrap();
    assert!(key.starts_with(listed["keys"][0]["id"].as_str().unwrap()));
}
