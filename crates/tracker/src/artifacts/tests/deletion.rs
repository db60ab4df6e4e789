//! What goes, and what stays because somebody holds it.

use super::*;

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
