//! An alias moved through a page of `gradus up`, in the task's folder; and folders that are left alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::example;
use super::moving::{Up, gradus, text};

const HISTORY: &str = "registry/history.jsonl";

fn holder(model: &str) -> Value {
    json!({ "model": model, "answered_by": null, "decision": format!("decisions/{model}"),
        "rows_sha256": null })
}

fn history(alias: &str, models: &[&str]) -> String {
    let mut from = Value::Null;
    let mut lines = String::new();
    for (at, model) in models.iter().enumerate() {
        let to = holder(model);
        let event = json!({ "at_unix_secs": at, "action": "promote", "alias": alias,
            "from": from, "to": to });
        lines += &format!("{event}\n");
        from = to;
    }
    lines
}

/// A task in whose registry `first` and then `second` were promoted.
fn write_task(dir: &Path) {
    fs::create_dir_all(dir.join("registry")).unwrap();
    for name in ["task.yaml", "prompt.jinja", "contract.schema.json"] {
        fs::copy(Path::new(&example()).join(name), dir.join(name)).unwrap();
    }
    let lines = history("champion", &["first", "second"]);
    fs::write(dir.join(HISTORY), lines).unwrap();
}

/// Every file below a folder with its content; links by where they lead.
fn all_of(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if let Ok(link) = fs::read_link(&path) {
            found.insert(path, link.into_os_string().into_encoded_bytes());
        } else if path.is_dir() {
            found.extend(all_of(&path));
            found.insert(path, Vec::new());
        } else {
            let content = fs::read(&path).unwrap();
            found.insert(path, content);
        }
    }
    found
}

/// A server, and the registries of its only project.
struct Page {
    up: Up,
    project: String,
}

impl Page {
    fn open(data: &Path) -> Self {
        let up = Up::start(data);
        let viewer = up.get("viewer");
        let entity = viewer["default_entity"].as_str().unwrap();
        let project = format!("projects/{entity}/hidden-params");
        Self { up, project }
    }

    fn send(&self, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
        let url = format!("{}/api/v1/{}/{path}", self.up.url, self.project);
        let request = ureq::http::Request::builder().method(method).uri(url);
        let agent = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = ureq::Agent::from(agent.build());
        let mut response = agent.run(request.body(body).unwrap()).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        let answer = serde_json::from_str(&text).unwrap();
        (response.status().as_u16(), answer)
    }

    /// As somebody who records a registry that may not be there.
    fn record(&self, run: &str, task_dir: &str, history: &str) {
        let run = format!("runs/{run}");
        let config = json!({ "task": "hidden-params", "task_dir": task_dir });
        let body = json!({ "job_type": "registry", "config": config }).to_string();
        assert_eq!(self.send("POST", &run, body.as_bytes()).0, 200);
        let file = format!("{run}/files/history.jsonl");
        assert_eq!(self.send("PUT", &file, history.as_bytes()).0, 200);
    }

    fn registry(&self, run: Option<&str>) -> Value {
        let found = self.up.get(&format!("{}/champions", self.project));
        let found = found["registries"].as_array().unwrap().iter();
        let mut found = found.filter(|it| run.is_none_or(|run| it["run"]["name"] == run));
        found.next().unwrap().clone()
    }

    fn roll_back(&self, run: &str, alias: &str, from: &str) -> (u16, Value) {
        let body = json!({ "alias": alias, "from": holder(from)["decision"] }).to_string();
        self.send(
            "POST",
            &format!("champions/{run}/rollback"),
            body.as_bytes(),
        )
    }
}

#[test]
fn the_folder_and_the_record_move_together() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let task = dir.path().join("a task");
    write_task(&task);
    let told = gradus(data.path(), &["champions", text(&task)]);
    assert_eq!(told["aliases"][0]["holder"]["model"], "second");
    assert_eq!(told["aliases"][0]["before"][0]["model"], "first");
    let page = Page::open(data.path());
    let shown = page.registry(None);
    let run = shown["run"]["name"].as_str().unwrap();
    let command = format!("gradus rollback '{}'", task.display());
    assert_eq!(
        shown["aliases"][0]["rollback"],
        json!({ "possible": true, "why": null, "command": command })
    );
    assert!(
        !task.join("registry/.lock").exists(),
        "looking makes nothing"
    );

    let (status, moved) = page.roll_back(run, "champion", "second");
    assert_eq!(status, 200, "{moved}");
    assert_eq!(moved["aliases"][0]["holder"]["holder"]["model"], "first");
    let lines = fs::read_to_string(task.join(HISTORY)).unwrap();
    assert!(lines.starts_with(&history("champion", &["first", "second"])));
    assert_eq!(lines.lines().count(), 3);
    let held = fs::read(task.join("registry/champion.json")).unwrap();
    let held: Value = serde_json::from_slice(&held).unwrap();
    assert_eq!(held, holder("first"));
    let run_path = format!("{}/runs/{run}", page.project);
    let summary = page.up.get(&run_path)["summary"].clone();
    assert_eq!(
        (&summary["registry/champion"], &summary["registry/moves"]),
        (&json!("first"), &json!(3))
    );
    // The command line goes on from there: nobody is left.
    let told = gradus(data.path(), &["champions", text(&task)]);
    assert_eq!(told["aliases"][0]["holder"]["model"], "first");
    assert_eq!(told["history"][2]["action"], "rollback");
}

#[test]
fn a_folder_that_has_moved_on_is_recorded_first() {
    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_task(dir.path());
    gradus(data.path(), &["champions", text(dir.path())]);
    let page = Page::open(data.path());
    let run = page.registry(None)["run"]["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let moved_on = history("champion", &["first", "second", "third"]);
    fs::write(dir.path().join(HISTORY), &moved_on).unwrap();
    let (status, refused) = page.roll_back(&run, "champion", "second");
    assert_eq!(status, 409);
    let command = format!("gradus champions {}", dir.path().display());
    let message = refused["error"].as_str().unwrap();
    assert!(message.ends_with(&command), "{message}");
    let offer = page.registry(None)["aliases"][0]["rollback"].clone();
    assert_eq!(
        (&offer["possible"], &offer["command"]),
        (&json!(false), &json!(command))
    );
    let lines = fs::read_to_string(dir.path().join(HISTORY)).unwrap();
    assert_eq!(lines, moved_on);
    // What the command says is what the page shows next.
    gradus(data.path(), &["champions", text(dir.path())]);
    assert_eq!(page.roll_back(&run, "champion", "second").0, 409);
    // While another command has it open.
    let lock = fs::File::create(dir.path().join("registry/.lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(page.roll_back(&run, "champion", "third").0, 503);
    drop(lock);
    let (status, moved) = page.roll_back(&run, "champion", "third");
    assert_eq!(status, 200, "{moved}");
    assert_eq!(moved["aliases"][0]["holder"]["holder"]["model"], "second");
}

#[cfg(unix)]
#[test]
fn folders_that_clients_make_up_are_left_alone() {
    use std::os::unix::fs::symlink;

    let (data, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = |name: &str| dir.path().join(name);
    let recorded = history("champion", &["first", "second"]);
    for name in ["real", "no-task", "linked-file", "linked-aside", "odd"] {
        write_task(&at(name));
    }
    fs::write(at("victim"), "precious").unwrap();
    fs::remove_file(at("no-task/task.yaml")).unwrap();
    fs::create_dir_all(at("linked-registry")).unwrap();
    fs::write(at("linked-registry/task.yaml"), "").unwrap();
    symlink(at("real/registry"), at("linked-registry/registry")).unwrap();
    fs::remove_file(at("linked-file").join(HISTORY)).unwrap();
    symlink(at("real").join(HISTORY), at("linked-file").join(HISTORY)).unwrap();
    symlink(
        at("victim"),
        at("linked-aside/registry/champion.json.writing"),
    )
    .unwrap();
    fs::create_dir_all(at("bare")).unwrap();
    fs::write(at("bare/task.yaml"), "").unwrap();
    let climbing = history("../../victim", &["first", "second"]);
    fs::write(at("odd").join(HISTORY), &climbing).unwrap();
    let before = all_of(dir.path());

    let page = Page::open(data.path());
    let path = |name: &str| text(&at(name)).to_owned();
    let hostile = [
        ("no-task", path("no-task"), "champion", &recorded),
        (
            "linked-registry",
            path("linked-registry"),
            "champion",
            &recorded,
        ),
        ("linked-file", path("linked-file"), "champion", &recorded),
        ("linked-aside", path("linked-aside"), "champion", &recorded),
        ("bare", path("bare"), "champion", &recorded),
        ("nowhere", path("nowhere"), "champion", &recorded),
        ("climbing", path("no-task/../real"), "champion", &recorded),
        ("relative", "real".to_owned(), "champion", &recorded),
        ("a-file", path("victim"), "champion", &recorded),
        ("odd", path("odd"), "../../victim", &climbing),
        ("zero", format!("{}\0", path("real")), "champion", &recorded),
    ];
    for (run, task_dir, alias, lines) in &hostile {
        page.record(run, task_dir, lines);
        let offer = page.registry(Some(run))["aliases"][0]["rollback"].clone();
        assert_eq!(offer["possible"], false, "{run}");
        assert!(!offer["why"].as_str().unwrap().is_empty(), "{run}");
        let (status, refused) = page.roll_back(run, alias, "second");
        assert_eq!(status, 409, "{run}: {refused}");
    }
    assert_eq!(all_of(dir.path()), before);
    // A link on the way to the folder is as good as the folder.
    symlink(at("real"), at("by-link")).unwrap();
    page.record("by-link", &path("by-link"), &recorded);
    assert_eq!(page.roll_back("by-link", "champion", "second").0, 200);
    assert_ne!(all_of(&at("real")), BTreeMap::new());
    assert_eq!(fs::read_to_string(at("victim")).unwrap(), "precious");
}
