//! Finding runs by what they were told and what came out.

use gradus_store::{
    Change, Comparison, Error, Field, Filter, Order, RunPatch, RunQuery, Scalar, Store,
};

use crate::{key, make_run, open};

fn put(store: &Store, name: &str, config: &str, summary: &str) {
    let patch = RunPatch {
        state: Some("running".into()),
        config: Some(config.into()),
        summary: Some(summary.into()),
        tags: Some(vec![format!("tag-{name}")]),
        ..RunPatch::default()
    };
    let change = Change::UpsertRun {
        key: key(name),
        patch: Box::new(patch),
    };
    store.append(vec![change]).unwrap();
}

fn filled(folder: &std::path::Path) -> Store {
    let store = open(folder);
    put(
        &store,
        "a",
        r#"{"lr":{"value":0.1},"model":{"value":"tiny"}}"#,
        r#"{"loss":2,"m":{"acc":0.5}}"#,
    );
    put(
        &store,
        "b",
        r#"{"lr":{"value":0.01,"desc":null}}"#,
        r#"{"loss":NaN}"#,
    );
    put(
        &store,
        "c",
        r#"{"lr":{"value":"big"}}"#,
        r#"{"loss":1.5,"m":{"acc":0.75},"n":9007199254740993}"#,
    );
    put(&store, "d", r#"{"lr":{"value":9007199254740992}}"#, "{}");
    store
}

fn compare(field: Field, comparison: Comparison, value: Scalar) -> Filter {
    Filter::Compare {
        field,
        comparison,
        value,
    }
}

fn found(store: &Store, filter: Filter, order: Vec<Order>) -> String {
    let query = RunQuery {
        project: Some("tiny".into()),
        filter,
        order,
        limit: 100,
        ..RunQuery::default()
    };
    let runs = store.runs(&query).unwrap();
    assert_eq!(store.count_runs(&query).unwrap(), runs.len() as u64);
    runs.iter().map(|run| run.key.name.as_str()).collect()
}

#[test]
fn runs_are_found_by_typed_values() {
    use Comparison::{Equal, Greater, Less};
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let lr = || Field::Config("lr".into());
    let loss = || Field::Summary("loss".into());
    for (filter, expected) in [
        (Filter::default(), "abcd"),
        (compare(lr(), Greater, Scalar::Float(0.05)), "ad"),
        (
            compare(Field::Config("lr.value".into()), Less, Scalar::Float(0.05)),
            "b",
        ),
        (compare(lr(), Equal, Scalar::Text("big".into())), "c"),
        (
            compare(
                Field::Summary("n".into()),
                Equal,
                Scalar::Integer((1 << 53) + 1),
            ),
            "c",
        ),
        (
            compare(Field::Summary("n".into()), Equal, Scalar::Integer(1 << 53)),
            "",
        ),
        (
            compare(Field::Summary("m.acc".into()), Greater, Scalar::Float(0.6)),
            "c",
        ),
        (compare(loss(), Equal, Scalar::Null), "bd"),
        (Filter::Exists(loss()), "abc"),
        (Filter::HasTag("tag-b".into()), "b"),
        (Filter::Not(Box::new(Filter::HasTag("tag-b".into()))), "acd"),
        (compare(Field::Name, Equal, Scalar::Text("c".into())), "c"),
        (
            Filter::Not(Box::new(compare(
                Field::Group,
                Equal,
                Scalar::Text("x".into()),
            ))),
            "abcd",
        ),
        (
            compare(Field::Name, Equal, Scalar::Text("' OR 1 --".into())),
            "",
        ),
        (
            Filter::Any(vec![
                compare(loss(), Greater, Scalar::Integer(1)),
                Filter::HasTag("tag-d".into()),
            ]),
            "acd",
        ),
        (Filter::Any(vec![]), ""),
    ] {
        assert_eq!(
            found(&store, filter.clone(), vec![]),
            expected,
            "{filter:?}"
        );
    }
}

#[test]
fn runs_without_the_value_come_last_in_either_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let by = |is_descending| Order {
        field: Field::Summary("loss".into()),
        is_descending,
    };
    assert_eq!(found(&store, Filter::default(), vec![by(false)]), "cabd");
    assert_eq!(found(&store, Filter::default(), vec![by(true)]), "acbd");
}

#[test]
fn a_change_is_found_at_once_and_a_deleted_run_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    put(&store, "a", r#"{"lr":{"value":7}}"#, "{}");
    let is_seven = || {
        compare(
            Field::Config("lr".into()),
            Comparison::Equal,
            Scalar::Integer(7),
        )
    };
    assert_eq!(found(&store, is_seven(), vec![]), "a");
    let run = store.run(&key("a")).unwrap().record.number;
    store.append(vec![Change::DeleteRun(run)]).unwrap();
    assert_eq!(found(&store, Filter::default(), vec![]), "bcd");
    assert_ne!(make_run(&store, "a"), run);
    assert_eq!(found(&store, is_seven(), vec![]), "");
}

#[test]
fn what_changes_bit_by_bit_is_what_would_be_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    for (config, summary) in [
        (r#"{"lr":{"value":7}}"#, r#"{"loss":NaN,"n":1}"#),
        (r#"{"lr":{"value":7}}"#, r#"{"loss":NaN,"n":"x"}"#),
        (r#"{"seed":{"value":1}}"#, r#"{"loss":0.5,"n":{"m":1}}"#),
        (r#"{"seed":{"value":null}}"#, r#"{"loss":0.25}"#),
    ] {
        put(&store, "a", config, summary);
        let kept = store.catalogue_content().unwrap();
        let columns = store.columns("ann", "tiny").unwrap();
        store.rebuild_catalogue().unwrap();
        assert_eq!(store.catalogue_content().unwrap(), kept);
        assert_eq!(store.columns("ann", "tiny").unwrap(), columns);
        let loss = columns.iter().find(|column| column.name == "loss").unwrap();
        let others = columns
            .iter()
            .filter(|column| column.name == "loss")
            .count();
        assert_eq!(others, 1);
        assert!(loss.numbers <= loss.runs);
    }
    let loss = |store: &Store| {
        let columns = store.columns("ann", "tiny").unwrap();
        let found = columns.into_iter().find(|column| column.name == "loss");
        found.map(|column| (column.runs, column.numbers))
    };
    let before = loss(&store).unwrap();
    let run = store.run(&key("a")).unwrap().record.number;
    store.append(vec![Change::DeleteRun(run)]).unwrap();
    let left = loss(&store).unwrap_or((0, 0));
    assert_eq!(left, (before.0 - 1, before.1 - 1));
}

#[test]
fn a_lost_or_damaged_catalogue_is_made_anew_with_the_same_content() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(folder.path());
    let before = store.catalogue_content().unwrap();
    assert!(before.len() > 10);
    store.rebuild_catalogue().unwrap();
    assert_eq!(store.catalogue_content().unwrap(), before);
    drop(store);
    let path = folder.path().join("catalogue.sqlite");
    for content in [
        None,
        Some(&b"this is no database, and long enough to look like one"[..]),
    ] {
        match content {
            None => std::fs::remove_file(&path).unwrap(),
            Some(content) => std::fs::write(&path, content.repeat(100)).unwrap(),
        }
        let store = open(folder.path());
        assert_eq!(store.catalogue_content().unwrap(), before);
        assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
    }
}

#[test]
fn a_catalogue_of_an_older_gradus_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let before = filled(folder.path()).catalogue_content().unwrap();
    let connection = rusqlite::Connection::open(folder.path().join("catalogue.sqlite")).unwrap();
    let older = "DROP TABLE counts; PRAGMA user_version = 1;";
    connection.execute_batch(older).unwrap();
    drop(connection);
    assert_eq!(open(folder.path()).catalogue_content().unwrap(), before);
}

#[test]
fn a_catalogue_of_a_newer_gradus_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let path = folder.path().join("catalogue.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 3).unwrap();
    drop(connection);
    let before = std::fs::read(&path).unwrap();
    let refusal = Store::open(folder.path(), gradus_store::Options::default())
        .err()
        .unwrap();
    assert!(
        matches!(
            refusal,
            Error::Newer {
                found: 3,
                known: 2,
                ..
            }
        ),
        "{refusal}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
