//! The rules of artifacts, over a store of their own.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_schema::{Clock, UnixMillis};
use gradus_store::RunKey;
use gradus_wire::file_stream::SharedWriter;
use gradus_wire::manifest::Manifest;
use md5::{Digest, Md5};

use super::*;
use crate::accounts::Caller;
use crate::{Error, RunUpsert, Tracker, TrackerOptions};

struct Still;

impl Clock for Still {
    fn now_unix_ms(&self) -> UnixMillis {
        1_700_000_000_000
    }
}

struct World {
    folder: tempfile::TempDir,
    tracker: Tracker,
    caller: Caller,
}

fn open(folder: &std::path::Path) -> Tracker {
    Tracker::open(folder, TrackerOptions::default(), Arc::new(Still)).unwrap()
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let tracker = open(folder.path());
    let user = tracker.add_user("ann", "", true).unwrap();
    World {
        folder,
        tracker,
        caller: Caller {
            user,
            is_read_only: false,
        },
    }
}

fn md5(content: &[u8]) -> String {
    STANDARD.encode(Md5::digest(content))
}

type Files<'a> = [(&'a str, &'a str)];

fn manifest_of(files: &Files<'_>) -> Manifest {
    let entries = files.iter().map(|(path, content)| {
        format!(
            "\"{path}\":{{\"digest\":\"{}\",\"size\":{}}}",
            md5(content.as_bytes()),
            content.len()
        )
    });
    let entries = entries.collect::<Vec<_>>().join(",");
    let text = format!("{{\"version\":1,\"contents\":{{{entries}}}}}");
    Manifest::decode(text.as_bytes()).unwrap()
}

impl World {
    fn reopened(self) -> Self {
        let World {
            folder,
            tracker,
            caller,
        } = self;
        drop(tracker);
        let tracker = open(folder.path());
        World {
            folder,
            tracker,
            caller,
        }
    }

    fn request(&self, name: &str, files: &Files<'_>, aliases: &[&str]) -> NewArtifact {
        NewArtifact {
            project: Some("p".into()),
            type_name: "dataset".into(),
            name: name.into(),
            digest: manifest_of(files).digest(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            ..NewArtifact::default()
        }
    }

    fn send(&self, artifact: u64, files: &Files<'_>) -> Vec<bool> {
        let sent = files.iter().map(|(_, content)| {
            let plan = self
                .tracker
                .plan_artifact_file(&self.caller, artifact, &md5(content.as_bytes()))
                .unwrap();
            if !plan.is_there {
                self.tracker
                    .put_artifact_file(artifact, &plan.md5, &mut content.as_bytes())
                    .unwrap();
            }
            !plan.is_there
        });
        sent.collect()
    }

    fn send_manifest(
        &self,
        artifact: u64,
        kind: ManifestKind,
        base: Option<u64>,
        files: &Files<'_>,
    ) {
        let part = self
            .tracker
            .create_artifact_manifest(&self.caller, artifact, kind, "m", base)
            .unwrap();
        let bytes = manifest_of(files).to_bytes();
        self.tracker
            .put_artifact_manifest(artifact, part, &md5(&bytes), &mut bytes.as_slice())
            .unwrap();
    }

    fn log(&self, name: &str, files: &Files<'_>, aliases: &[&str]) -> Arc<Artifact> {
        let new = self.request(name, files, aliases);
        let created = self.tracker.create_artifact(&self.caller, new).unwrap();
        if created.is_committed() {
            return created;
        }
        self.send(created.number, files);
        self.send_manifest(created.number, ManifestKind::Full, None, files);
        self.commit(created.number).unwrap()
    }

    fn commit(&self, number: u64) -> Result<Arc<Artifact>> {
        self.tracker.commit_artifact(&self.caller, number)
    }

    fn named(&self, name: &str) -> Option<Arc<Member>> {
        self.tracker.artifact_named("ann", "p", name)
    }

    fn aliases(&self, name: &str) -> Vec<String> {
        self.named(name).unwrap().aliases.clone()
    }

    fn collection(&self, name: &str) -> Arc<Collection> {
        self.tracker.artifacts.named("ann", "p", name).unwrap()
    }

    fn has(&self, content: &str) -> bool {
        let hex = md5_hex(&md5(content.as_bytes())).unwrap();
        match self.tracker.artifacts.content("ann", &hex) {
            None => false,
            Some(content) => {
                let hash = crate::files::hash_of(&content.sha256).unwrap();
                self.tracker.store.open_blob(&hash).unwrap();
                true
            }
        }
    }

    fn run(&self, name: &str) -> RunKey {
        let upsert = RunUpsert {
            name: Some(name.into()),
            project: Some("p".into()),
            host: Some("box".into()),
            ..RunUpsert::default()
        };
        let writer = SharedWriter::from_headers(std::iter::empty::<(&str, &str)>());
        self.tracker
            .upsert_run(&self.caller, upsert, &writer)
            .unwrap();
        RunKey::new("ann", "p", name)
    }
}

#[test]
fn versions_are_numbered_and_aliases_move() {
    let world = world();
    let first = world.log("ds", &[("a", "1")], &["best"]);
    let second = world.log("ds", &[("a", "2")], &["best", "latest"]);
    assert_eq!((first.version, second.version), (Some(0), Some(1)));
    assert_eq!(world.named("ds").unwrap().artifact, second.number);
    assert_eq!(world.named("ds:best").unwrap().artifact, second.number);
    assert!(world.aliases("ds:v0").is_empty());
    assert_eq!(world.aliases("ds:v1"), ["best", "latest"]);
    let by_digest = format!("ds:{}", first.digest);
    assert_eq!(world.named(&by_digest).unwrap().artifact, first.number);
    for missing in ["ds:v2", "ds:other", "x", "ds:", "ds:v-1"] {
        assert!(world.named(missing).is_none(), "{missing}");
    }
    let again = world.reopened();
    assert_eq!(again.aliases("ds:v1"), ["best", "latest"]);
    assert_eq!(again.log("ds", &[("a", "3")], &[]).version, Some(2));
}

#[test]
fn the_same_content_is_the_same_version() {
    let world = world();
    let first = world.log("ds", &[("a", "1")], &[]);
    world.log("ds", &[("a", "2")], &[]);
    let again = world.log("ds", &[("a", "1")], &["again", "latest"]);
    assert_eq!(again.number, first.number);
    assert_eq!(world.aliases("ds:v0"), ["again", "latest"]);
    assert!(world.aliases("ds:v1").is_empty());
    let other = world.log("other", &[("a", "1")], &[]);
    assert_ne!(other.number, first.number, "of another collection");
}

#[test]
fn the_same_request_is_answered_the_same() {
    let world = world();
    let mut new = world.request("ds", &[("a", "1")], &["x"]);
    new.client_id = Some("client".into());
    let create = || {
        let created = world.tracker.create_artifact(&world.caller, new.clone());
        created.unwrap().number
    };
    let number = create();
    assert_eq!(create(), number);
    world.send(number, &[("a", "1")]);
    world.send_manifest(number, ManifestKind::Full, None, &[("a", "1")]);
    assert_eq!(world.commit(number).unwrap().version, Some(0));
    assert_eq!(world.commit(number).unwrap().version, Some(0));
    assert_eq!(create(), number);
    assert_eq!(world.collection("ds").next_version, 1);
}

#[test]
fn two_that_race_get_two_numbers() {
    let world = world();
    let files: &Files<'_> = &[("a", "1")];
    let create = || {
        let new = world.request("ds", files, &["latest"]);
        world
            .tracker
            .create_artifact(&world.caller, new)
            .unwrap()
            .number
    };
    let (one, two) = (create(), create());
    assert_eq!(world.send(one, files), [true]);
    assert_eq!(world.send(two, files), [false], "it is there already");
    for number in [two, one] {
        world.send_manifest(number, ManifestKind::Full, None, files);
    }
    assert_eq!(world.commit(two).unwrap().version, Some(0));
    assert_eq!(world.commit(one).unwrap().version, Some(1));
    assert_eq!(world.named("ds").unwrap().artifact, one);
}

#[test]
fn nothing_is_committed_without_its_files() {
    let world = world();
    let files: &Files<'_> = &[("a", "1"), ("b", "2")];
    let new = world.request("ds", files, &[]);
    let number = world
        .tracker
        .create_artifact(&world.caller, new)
        .unwrap()
        .number;
    let problem = world.commit(number).unwrap_err().to_string();
    assert!(problem.contains("manifest was not uploaded"), "{problem}");
    world.send(number, &files[..1]);
    world.send_manifest(number, ManifestKind::Full, None, files);
    let problem = world.commit(number).unwrap_err().to_string();
    assert!(problem.contains("1 of 2 files"), "{problem}");
    assert!(problem.contains("(b)"), "{problem}");
    assert!(world.named("ds").is_none());
    world.send(number, &files[1..]);
    assert_eq!(world.commit(number).unwrap().file_count, 2);
}

#[test]
fn other_content_than_announced_is_not_kept() {
    let world = world();
    let new = world.request("ds", &[("a", "1")], &[]);
    let number = world
        .tracker
        .create_artifact(&world.caller, new)
        .unwrap()
        .number;
    let plan = world
        .tracker
        .plan_artifact_file(&world.caller, number, &md5(b"1"))
        .unwrap();
    let refused = world
        .tracker
        .put_artifact_file(number, &plan.md5, &mut &b"2"[..])
        .unwrap_err();
    assert!(refused.to_string().contains("announced"), "{refused}");
    assert!(!world.has("1") && !world.has("2"));
    for no_md5 in ["", "x", "AAAA", "é"] {
        let plan = world
            .tracker
            .plan_artifact_file(&world.caller, number, no_md5);
        assert!(matches!(plan, Err(Error::Input(_))), "{no_md5}");
    }
}

#[test]
fn an_incremental_version_holds_its_base_too() {
    let world = world();
    let base = world.log("ds", &[("a", "1"), ("b", "2")], &[]);
    let new = world.request("ds", &[("c", "3")], &[]);
    let number = world
        .tracker
        .create_artifact(&world.caller, new)
        .unwrap()
        .number;
    let more: &Files<'_> = &[("b", "9"), ("c", "3")];
    world.send(number, more);
    world.send_manifest(number, ManifestKind::Incremental, Some(base.number), more);
    let whole = world.commit(number).unwrap();
    let manifest = world.tracker.artifact_manifest(&whole).unwrap().unwrap();
    let all: &Files<'_> = &[("a", "1"), ("b", "9"), ("c", "3")];
    assert_eq!(manifest.contents, manifest_of(all).contents);
    assert_eq!(whole.digest, manifest_of(all).digest());
    assert_eq!((whole.size_bytes, whole.file_count), (3, 3));
    assert_eq!(whole.births, [base.number, whole.number]);
}

#[test]
fn several_processes_write_one_version() {
    let world = world();
    let mut numbers = Vec::new();
    for files in [&[("a", "1")], &[("b", "2")]] {
        let mut new = world.request("ds", files, &[]);
        new.distributed_id = Some("group".into());
        let created = world.tracker.create_artifact(&world.caller, new).unwrap();
        world.send(created.number, files);
        world.send_manifest(created.number, ManifestKind::Patch, None, files);
        numbers.push(created.number);
    }
    assert_eq!(numbers[0], numbers[1]);
    let whole = world.commit(numbers[0]).unwrap();
    let manifest = world.tracker.artifact_manifest(&whole).unwrap().unwrap();
    let all: &Files<'_> = &[("a", "1"), ("b", "2")];
    assert_eq!(manifest.contents, manifest_of(all).contents);
    // The next of the same group is another version.
    let mut new = world.request("ds", &[("c", "3")], &[]);
    new.distributed_id = Some("group".into());
    let next = world.tracker.create_artifact(&world.caller, new).unwrap();
    assert_ne!(next.number, whole.number);
}

#[test]
fn what_nobody_holds_any_more_is_freed() {
    let world = world();
    let first = world.log("ds", &[("a", "shared"), ("b", "own")], &[]);
    let second = world.log("ds", &[("a", "shared"), ("c", "new")], &[]);
    let delete = |number, aliases| {
        world
            .tracker
            .delete_artifact(&world.caller, number, aliases)
    };
    delete(first.number, false).unwrap();
    assert!(world.has("shared") && world.has("new") && !world.has("own"));
    assert!(world.named("ds:v0").is_none());
    delete(second.number, false).unwrap();
    assert!(!world.has("shared") && !world.has("new"));
    let collection = world.collection("ds");
    assert_eq!(collection.next_version, 2, "no number is given twice");
    let world = world.reopened();
    let blobs = walk(&world.folder.path().join("blobs"));
    assert_eq!(blobs, 0, "files of content and of manifests");
}

fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    let counts = entries.map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path) } else { 1 }
    });
    counts.sum()
}

#[test]
fn what_a_pending_version_counts_on_stays() {
    let world = world();
    let first = world.log("ds", &[("a", "1")], &[]);
    let files: &Files<'_> = &[("a", "1"), ("b", "2")];
    let new = world.request("ds", files, &[]);
    let number = world
        .tracker
        .create_artifact(&world.caller, new)
        .unwrap()
        .number;
    assert_eq!(world.send(number, files), [false, true]);
    let deleted = world
        .tracker
        .delete_artifact(&world.caller, first.number, true);
    deleted.unwrap();
    world.send_manifest(number, ManifestKind::Full, None, files);
    assert_eq!(world.commit(number).unwrap().version, Some(1));
    let deleted = world.tracker.delete_artifact(&world.caller, number, true);
    deleted.unwrap();
    assert!(!world.has("1") && !world.has("2"));
}

#[test]
fn versions_with_aliases_are_not_deleted_unasked() {
    let world = world();
    let first = world.log("ds", &[("a", "1")], &["best"]);
    let second = world.log("ds", &[("a", "2")], &["latest"]);
    let delete = |number, aliases| {
        world
            .tracker
            .delete_artifact(&world.caller, number, aliases)
    };
    let problem = delete(first.number, false).unwrap_err().to_string();
    assert!(problem.contains("(best)"), "{problem}");
    delete(second.number, false).unwrap();
    assert_eq!(world.aliases("ds"), ["best", "latest"], "the newest left");
    delete(first.number, true).unwrap();
    assert!(world.named("ds").is_none());
}

#[test]
fn portfolios_number_for_themselves() {
    let world = world();
    world.log("ds", &[("a", "1")], &[]);
    let second = world.log("ds", &[("a", "2")], &[]);
    let link = |number, name: &str, aliases: &[&str]| {
        let aliases: Vec<_> = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        world
            .tracker
            .link_artifact(&world.caller, number, None, Some("p"), name, &aliases)
    };
    let linked = link(second.number, "port", &["prod"]).unwrap();
    assert_eq!(linked.member.unwrap().version, 0);
    assert_eq!(world.aliases("port"), ["prod", "latest"]);
    let again = link(second.number, "port", &["more"]).unwrap();
    assert_eq!(again.member.unwrap().version, 0);
    assert_eq!(world.aliases("port:v0"), ["prod", "latest", "more"]);
    assert!(link(second.number, "ds", &[]).is_err(), "it is a sequence");
    let new = world.request("port", &[("a", "3")], &[]);
    let refused = world.tracker.create_artifact(&world.caller, new);
    assert!(refused.is_err(), "nothing is logged to a portfolio");
    let portfolio = world.collection("port").number;
    world
        .tracker
        .unlink_artifact(&world.caller, second.number, portfolio)
        .unwrap();
    assert!(world.named("port:v0").is_none());
    assert!(world.named("ds:v1").is_some());
    // What is pending is linked when it is committed.
    let files: &Files<'_> = &[("a", "4")];
    let new = world.request("ds", files, &[]);
    let pending = world.tracker.create_artifact(&world.caller, new).unwrap();
    assert!(
        link(pending.number, "port", &["next"])
            .unwrap()
            .member
            .is_none()
    );
    world.send(pending.number, files);
    world.send_manifest(pending.number, ManifestKind::Full, None, files);
    world.commit(pending.number).unwrap();
    assert_eq!(world.aliases("port:v1"), ["next", "latest"]);
    let removed = world.tracker.delete_collection(&world.caller, portfolio);
    removed.unwrap();
    assert!(world.named("port").is_none() && world.named("ds:v2").is_some());
}

#[test]
fn runs_know_what_they_used_and_logged() {
    let world = world();
    let (maker, user) = (world.run("maker"), world.run("user"));
    let mut new = world.request("ds", &[("a", "1")], &[]);
    new.run = Some("maker".into());
    let number = world
        .tracker
        .create_artifact(&world.caller, new)
        .unwrap()
        .number;
    world.send(number, &[("a", "1")]);
    world.send_manifest(number, ManifestKind::Full, None, &[("a", "1")]);
    world.commit(number).unwrap();
    for run in [Some(&user), Some(&user), None] {
        world
            .tracker
            .use_artifact(&world.caller, number, run)
            .unwrap();
    }
    let of = |run: &RunKey| world.tracker.store.run(run).unwrap().record.number;
    let (maker, user) = (of(&maker), of(&user));
    let artifacts = |run, lineage| {
        let found = world.tracker.artifacts.artifacts_of(run, lineage);
        found.iter().map(|known| known.number).collect::<Vec<_>>()
    };
    assert_eq!(artifacts(maker, Lineage::Out), [number]);
    assert_eq!(artifacts(user, Lineage::In), [number]);
    assert_eq!(world.tracker.artifacts.runs_of(number, Lineage::In), [user]);
    world.tracker.delete_run(&world.caller, user).unwrap();
    assert!(
        world
            .tracker
            .artifacts
            .runs_of(number, Lineage::In)
            .is_empty()
    );
    world
        .tracker
        .delete_run_with(&world.caller, maker, true)
        .unwrap();
    assert!(world.named("ds").is_none() && !world.has("1"));
}

#[test]
fn others_may_not_know() {
    let world = world();
    let artifact = world.log("ds", &[("a", "1")], &[]);
    let user = world.tracker.add_user("bob", "", false).unwrap();
    let bob = Caller {
        user,
        is_read_only: false,
    };
    let tracker = &world.tracker;
    assert!(tracker.artifact(&bob, artifact.number).is_none());
    assert!(tracker.use_artifact(&bob, artifact.number, None).is_err());
    assert!(
        tracker
            .delete_artifact(&bob, artifact.number, true)
            .is_err()
    );
    let own = tracker.link_artifact(&bob, artifact.number, None, Some("p"), "port", &[]);
    assert!(own.is_err(), "nobody links what he may not read");
    let reader = Caller {
        is_read_only: true,
        ..world.caller.clone()
    };
    assert!(tracker.artifact(&reader, artifact.number).is_some());
    let new = world.request("ds", &[("a", "2")], &[]);
    assert!(tracker.create_artifact(&reader, new).is_err());
    let base = tracker.create_artifact(&bob, world.request("own", &[("a", "1")], &[]));
    let number = base.unwrap().number;
    let stolen = tracker.create_artifact_manifest(
        &bob,
        number,
        ManifestKind::Incremental,
        "m",
        Some(artifact.number),
    );
    assert!(stolen.is_err(), "the base is another entity's");
    // Another entity's content is not there for him.
    let plan = tracker
        .plan_artifact_file(&bob, number, &md5(b"1"))
        .unwrap();
    assert!(!plan.is_there);
}

#[test]
fn filters_and_orders() {
    let world = world();
    for content in ["1", "2", "3"] {
        world.log("ds", &[("a", content)], &[]);
    }
    let second = world.named("ds:v1").unwrap().artifact;
    let update = ArtifactUpdate {
        tags_to_add: vec!["fizz".into()],
        metadata: Some("{\"acc\":0.5}".into()),
        ..ArtifactUpdate::default()
    };
    world
        .tracker
        .update_artifact(&world.caller, second, update)
        .unwrap();
    let collection = world.collection("ds");
    let versions = |filter: &str, order: Option<&str>| {
        let filter = json(filter);
        let query = VersionQuery::parse(Some(&filter), order).unwrap();
        let found = world.tracker.versions(&collection, &query);
        found
            .iter()
            .map(|member| member.version)
            .collect::<Vec<_>>()
    };
    assert_eq!(versions("{}", None), [2, 1, 0]);
    assert_eq!(versions("{}", Some("version_index")), [0, 1, 2]);
    assert_eq!(versions("{}", Some("-versionIndex")), [2, 1, 0]);
    assert_eq!(
        versions(r#"{"state":"COMMITTED","tags":"fizz"}"#, None),
        [1]
    );
    assert_eq!(versions(r#"{"alias":{"$in":["latest"]}}"#, None), [2]);
    assert_eq!(versions(r#"{"metadata.acc":{"$gt":0.4}}"#, None), [1]);
    assert_eq!(
        versions(r#"{"$or":[{"version_index":0},{"tag":"fizz"}]}"#, None),
        [1, 0]
    );
    let unknown = VersionQuery::parse(Some(&json(r#"{"tagz":1}"#)), None);
    let problem = unknown.unwrap_err().to_string();
    assert!(problem.contains("'tags'"), "{problem}");
    world.log("aa", &[("a", "1")], &[]);
    let names = |filter: &str, order: Option<&str>| {
        let query = CollectionQuery::parse(Some(&json(filter)), order).unwrap();
        let found = world
            .tracker
            .collections("ann", "p", Some("dataset"), &query);
        found
            .iter()
            .map(|known| known.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("{}", Some("name")), ["aa", "ds"]);
    assert_eq!(names(r#"{"name":"ds"}"#, None), ["ds"]);
}

fn json(text: &str) -> gradus_wire::Json {
    gradus_wire::json::parse("a filter", text).unwrap()
}

#[test]
fn collections_are_renamed_tagged_and_retyped() {
    let world = world();
    world.log("ds", &[("a", "1")], &[]);
    world.log("taken", &[("a", "1")], &[]);
    let number = world.collection("ds").number;
    let update = |name, text| {
        world
            .tracker
            .update_collection(&world.caller, number, name, text)
    };
    assert!(update(Some("taken"), None).is_err());
    assert!(update(Some("a/b"), None).is_err());
    update(Some("new"), Some("text")).unwrap();
    assert!(world.named("ds").is_none() && world.named("new:v0").is_some());
    world
        .tracker
        .tag_collection(&world.caller, number, &["x", "y", "x"], &[])
        .unwrap();
    world
        .tracker
        .tag_collection(&world.caller, number, &[], &["x"])
        .unwrap();
    world
        .tracker
        .change_collection_type(&world.caller, number, "model")
        .unwrap();
    let changed = world.collection("new");
    assert_eq!(changed.tags, ["y"]);
    assert_eq!(changed.type_name, "model");
    assert_eq!(changed.description.as_deref(), Some("text"));
    let internal = world
        .tracker
        .change_collection_type(&world.caller, number, "wandb-x");
    let problem = internal.unwrap_err().to_string();
    assert!(problem.contains("reserved for internal use"), "{problem}");
    let types = world.tracker.artifact_types("ann", "p");
    let types: Vec<&str> = types.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(types, ["dataset", "model"]);
}

#[test]
fn a_project_goes_with_its_artifacts() {
    let world = world();
    world.log("ds", &[("a", "1")], &["best"]);
    world.log("ds", &[("a", "2")], &[]);
    let project = world.tracker.projects.get("ann", "p").unwrap().number;
    world
        .tracker
        .remove_project(&world.caller, project)
        .unwrap();
    assert!(world.tracker.artifacts.of_project("ann", "p").is_empty());
    assert!(!world.has("1") && !world.has("2"));
}
