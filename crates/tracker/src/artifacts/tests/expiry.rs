//! What goes by itself, and what keeps it.

use super::*;

const HOUR_MS: UnixMillis = 3_600_000;
const DAY_SECS: i64 = 24 * 3_600;

impl World {
    fn wait_hours(&self, hours: i64) {
        self.clock.0.fetch_add(hours * HOUR_MS, Ordering::Relaxed);
    }

    fn expired(&self) -> Vec<u64> {
        self.tracker.expire_artifacts().unwrap()
    }

    fn log_for(&self, name: &str, files: &Files<'_>, ttl_secs: i64) -> Arc<Artifact> {
        let new = NewArtifact {
            ttl_secs: Some(ttl_secs),
            ..self.request(name, files, &[])
        };
        let created = self.tracker.create_artifact(&self.caller, new).unwrap();
        self.send(created.number, files);
        self.send_manifest(created.number, ManifestKind::Full, None, files);
        self.commit(created.number).unwrap()
    }
}

#[test]
fn what_was_never_committed_goes_a_day_after_its_last_change() {
    let world = world();
    let begun = |name: &str, files: &Files<'_>| {
        let new = world.request(name, files, &[]);
        let created = world.tracker.create_artifact(&world.caller, new);
        created.unwrap().number
    };
    let left: &Files<'_> = &[("a", "left behind")];
    let (abandoned, slow) = (begun("ds", left), begun("slow", &[("b", "x")]));
    world.send(abandoned, left);
    world.wait_hours(23);
    assert!(world.expired().is_empty());
    // A large version that takes days: its files still come.
    world.send(slow, &[("b", "x")]);
    world.wait_hours(1);
    assert_eq!(world.expired(), [abandoned]);
    assert!(!world.has("left behind") && world.has("x"));
    world.wait_hours(22);
    assert!(world.expired().is_empty());
    world.send_manifest(slow, ManifestKind::Full, None, &[("b", "x")]);
    world.wait_hours(23);
    assert!(world.expired().is_empty());
    world.commit(slow).unwrap();
    world.wait_hours(100);
    assert!(world.expired().is_empty(), "a committed one stays");
}

#[test]
fn a_restart_gives_an_unfinished_version_no_new_time() {
    let world = world();
    let new = world.request("ds", &[("a", "1")], &[]);
    let number = world.tracker.create_artifact(&world.caller, new);
    let number = number.unwrap().number;
    world.wait_hours(24);
    let world = world.reopened();
    assert_eq!(world.expired(), [number]);
}

#[test]
fn a_version_goes_when_its_time_to_live_is_over() {
    let world = world();
    let first = world.log_for("ds", &[("a", "1")], DAY_SECS);
    world.wait_hours(1);
    let second = world.log_for("ds", &[("a", "2")], DAY_SECS);
    let forever = world.log_for("other", &[("a", "3")], -1);
    let inherited = world.log_for("third", &[("a", "4")], -2);
    world.wait_hours(22);
    assert!(world.expired().is_empty());
    world.wait_hours(1);
    assert_eq!(world.expired(), [first.number]);
    assert!(!world.has("1") && world.has("2"));
    // `latest` moves to each new version by itself and holds none.
    let world = world.reopened();
    world.wait_hours(1);
    assert_eq!(world.expired(), [second.number]);
    assert!(world.named("ds:latest").is_none());
    world.wait_hours(10_000);
    assert!(world.expired().is_empty());
    for kept in [forever.number, inherited.number] {
        assert!(world.tracker.artifacts.artifact(kept).is_some());
    }
}

#[test]
fn what_somebody_holds_stays_until_it_is_let_go() {
    let world = world();
    let aliased = world.log_for("aliased", &[("a", "1")], DAY_SECS);
    let tagged = world.log_for("tagged", &[("a", "2")], DAY_SECS);
    let linked = world.log_for("linked", &[("a", "3")], DAY_SECS);
    let (tracker, caller) = (&world.tracker, &world.caller);
    let collection = world.collection("aliased");
    let best = &["best"];
    tracker
        .add_artifact_alias(caller, aliased.number, &collection, best)
        .unwrap();
    let update = |tags_to_add: &[&str], tags_to_delete: &[&str]| {
        let texts = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect();
        let update = ArtifactUpdate {
            tags_to_add: texts(tags_to_add),
            tags_to_delete: texts(tags_to_delete),
            ..ArtifactUpdate::default()
        };
        tracker
            .update_artifact(caller, tagged.number, update)
            .unwrap();
    };
    update(&["keep"], &[]);
    let port = tracker
        .link_artifact(caller, linked.number, None, Some("p"), "port", &[])
        .unwrap()
        .collection;
    world.wait_hours(1_000);
    assert!(world.expired().is_empty());
    tracker
        .remove_artifact_alias(caller, aliased.number, &collection, best)
        .unwrap();
    update(&[], &["keep"]);
    tracker
        .unlink_artifact(caller, linked.number, port.number)
        .unwrap();
    assert_eq!(
        world.expired(),
        [aliased.number, tagged.number, linked.number]
    );
}

#[test]
fn what_the_client_makes_for_itself_does_not_expire() {
    let world = world();
    let new = NewArtifact {
        type_name: "run_table".into(),
        ttl_secs: Some(1),
        ..world.request("table", &[("a", "1")], &[])
    };
    let created = world.tracker.create_artifact(&world.caller, new).unwrap();
    world.send(created.number, &[("a", "1")]);
    world.send_manifest(created.number, ManifestKind::Full, None, &[("a", "1")]);
    world.commit(created.number).unwrap();
    world.wait_hours(100);
    assert!(world.expired().is_empty());
}
