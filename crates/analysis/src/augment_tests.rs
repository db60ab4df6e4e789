//! Tests of the builder of training rows.

use super::*;
use gradus_schema::augmentation::{AUGMENTATION_FORMAT, Recombine, Repeat};

const STYLES: [(&str, i64); 4] = [("fugue", 9), ("disco", 3), ("blues", 4), ("waltz", 6)];
const MOODS: [(&str, i64); 4] = [("picnic", 10), ("night", 1), ("rain", 2), ("city", 7)];

/// Records whose style determines `complexity` and whose mood determines `brightness`.
fn train() -> Vec<SourceRow> {
    let mut rows = Vec::new();
    for repeat in 0..2 {
        for (s, (style, complexity)) in STYLES.iter().enumerate() {
            for (m, (mood, brightness)) in MOODS.iter().enumerate() {
                // A quarter of the combinations stays free.
                if (s + m) % 4 == 3 {
                    continue;
                }
                let Value::Object(fields) = json!({
                    "text": format!("style: {style}\nmood: {mood}"),
                    "target": {"vector": {"complexity": complexity, "brightness": brightness}},
                }) else {
                    unreachable!()
                };
                rows.push(SourceRow {
                    id: format!("t{repeat}-{s}-{m}"),
                    split: Split::Train,
                    strata: BTreeMap::new(),
                    fields,
                });
            }
        }
    }
    rows
}

fn spec() -> AugmentationSpec {
    AugmentationSpec {
        format_version: AUGMENTATION_FORMAT,
        task: "t".into(),
        seed: 7,
        train_sha256: "x".into(),
        text_field: "text".into(),
        target: "target.vector".into(),
        clusters: vec!["c1".into()],
        focus: vec!["brightness".into()],
        repeat: vec![Repeat {
            row: "t0-0-0".into(),
            copies: 2,
            because_of: vec!["dev-1".into()],
        }],
        recombine: Some(Recombine {
            seeds: vec!["t0-0-0".into(), "t0-1-0".into(), "t0-2-0".into()],
            rows: 2,
            min_support: 2,
        }),
        max_share: 0.5,
    }
}

#[test]
fn rows_are_repeated_and_recombined_with_the_labels_of_their_parts() {
    let train = train();
    let built = augment(&spec(), &train, &BTreeSet::new()).unwrap();
    assert_eq!(
        (built.n_repeated, built.n_recombined),
        (2, 1),
        "{:?}",
        built.dropped
    );
    assert_eq!(built.rows[0]["id"], "t0-0-0~repeat1");
    assert_eq!(built.rows[0]["target"], train[0].fields["target"]);
    assert_eq!(built.rows[0]["augmentation"]["because_of"][0], "dev-1");
    // The only free combination with a picnic is that of the waltz.
    let new = &built.rows[2];
    assert_eq!(new["text"], "style: waltz\nmood: picnic");
    assert_eq!(
        new["target"]["vector"],
        json!({"complexity": 6, "brightness": 10})
    );
    assert_eq!(new["augmentation"]["operation"], "recombine");
    assert_eq!(augment(&spec(), &train, &BTreeSet::new()).unwrap(), built);
}

#[test]
fn held_out_texts_never_come_out() {
    let forbidden = BTreeSet::from([normalised("Style:  waltz\nmood: picnic")]);
    let built = augment(&spec(), &train(), &forbidden).unwrap();
    assert_eq!(built.n_recombined, 0);
    assert!(built.dropped["the text exists already"] > 0);
}

#[test]
fn only_training_rows_are_a_source() {
    let mut rows = train();
    rows[3].split = Split::Frozen;
    let error = augment(&spec(), &rows, &BTreeSet::new()).unwrap_err();
    assert!(matches!(error, Error::FrozenRow(_)), "{error}");
    rows[3].split = Split::Dev;
    let error = augment(&spec(), &rows, &BTreeSet::new()).unwrap_err();
    assert!(error.to_string().contains("of dev"), "{error}");
    let mut misspelt = spec();
    misspelt.repeat[0].row = "t0-00".into();
    let error = augment(&misspelt, &train(), &BTreeSet::new()).unwrap_err();
    assert!(
        error.to_string().contains("did you mean 't0-0-0'"),
        "{error}"
    );
    let mut greedy = spec();
    greedy.max_share = 0.0;
    assert!(augment(&greedy, &train(), &BTreeSet::new()).is_err());
}

#[test]
fn data_that_contradict_themselves_are_not_recombined() {
    let mut rows = train();
    set_at(
        &mut rows[0].fields,
        "target.vector",
        json!({"complexity": 0, "brightness": 0}),
    );
    assert_eq!(
        Determination::learn(&rows, "text", "target.vector", 2),
        None
    );
    let built = augment(&spec(), &rows, &BTreeSet::new()).unwrap();
    assert_eq!((built.n_repeated, built.n_recombined), (2, 0));
    // Free text is no record, and a rendered prompt beside the text would go stale.
    let mut rows = train();
    rows.iter_mut().for_each(|row| {
        row.fields.insert("prompt".into(), json!("stale"));
    });
    assert_eq!(
        Determination::learn(&rows, "text", "target.vector", 2),
        None
    );
}

#[test]
fn the_share_bounds_what_is_added() {
    let mut spec = spec();
    spec.repeat[0].copies = 50;
    spec.max_share = 0.25;
    let rows = train();
    let built = augment(&spec, &rows, &BTreeSet::new()).unwrap();
    assert_eq!(built.rows.len(), rows.len() / 4);
    assert_eq!(built.dropped["over max_share"], 44);
}
