//! Links, lineage, access, lists, collections.

use super::*;

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
