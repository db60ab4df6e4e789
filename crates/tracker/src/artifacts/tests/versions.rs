//! How versions are made.

use super::*;

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
