//! The example has to be learnable and not trivial; these tests hold the figures to that.

use std::collections::{BTreeMap, BTreeSet};

use gradus_analysis::{ConstantBaseline, Ridge, RidgeOptions};
use gradus_schema::Scale;

use super::*;

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap().to_string()
}

fn column(rows: &[Value], key: &str) -> Vec<String> {
    rows.iter().map(|row| text(row, key)).collect()
}

fn vectors(rows: &[Value]) -> Vec<Vec<f64>> {
    let vector = |row: &Value| {
        let vector = row["target_hidden_params"]["vector"].as_object().unwrap();
        assert!(vector.keys().eq(QUALITIES.iter()));
        vector
            .values()
            .map(|value| value.as_u64().unwrap() as f64)
            .collect()
    };
    rows.iter().map(vector).collect()
}

/// Mean absolute error overall and by kind of row and language.
fn errors(rows: &[Value], predict: &dyn Fn(&Value) -> Vec<f64>) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for (row, target) in rows.iter().zip(vectors(rows)) {
        let pairs = predict(row).into_iter().zip(&target);
        let error = pairs
            .map(|(value, target)| (value.round() - target).abs())
            .sum::<f64>()
            / 6.0;
        let kind = format!("{} {}", text(row, "source_type"), text(row, "language"));
        for name in ["all".to_string(), text(row, "source_type"), kind] {
            let sum = sums.entry(name).or_default();
            *sum = (sum.0 + error, sum.1 + 1.0);
        }
    }
    sums.into_iter()
        .map(|(name, (sum, count))| (name, sum / count))
        .collect()
}

#[test]
fn splits_are_disjoint_reproducible_and_of_the_stated_size() {
    let dataset = generate(SEED);
    assert_eq!(dataset, generate(SEED));
    let splits = [&dataset.train, &dataset.dev, &dataset.frozen];
    assert_eq!(splits.map(|rows| rows.len()), [800, 100, 160]);
    for key in ["group", "request_text", "id"] {
        let sets = splits.map(|rows| column(rows, key).into_iter().collect::<BTreeSet<_>>());
        assert!(
            sets[0].is_disjoint(&sets[1]) && sets[0].is_disjoint(&sets[2]),
            "{key}"
        );
        assert!(sets[1].is_disjoint(&sets[2]), "{key}");
    }
    for row in splits.into_iter().flatten() {
        let request = text(row, "request_text");
        let (characters, limit) = match text(row, "language").as_str() {
            "ja" => (request.chars().count(), 36),
            _ => (request.len(), 330),
        };
        assert!(characters <= limit, "{characters} characters: {request}");
    }
    let japanese = column(&dataset.train, "language")
        .iter()
        .filter(|l| *l == "ja")
        .count();
    assert_eq!(japanese, 80);
}

#[test]
fn counting_words_does_not_solve_it() {
    let dataset = generate(SEED);
    let targets = vectors(&dataset.train);
    let scale = Scale {
        min: 0.0,
        max: 10.0,
    };
    let texts = column(&dataset.train, "request_text");
    let constant = ConstantBaseline::fit(&targets).unwrap();
    let by_type =
        ConstantBaseline::fit_by(&column(&dataset.train, "source_type"), &targets).unwrap();
    let ridge = Ridge::fit(&texts, &targets, scale, &RidgeOptions::default()).unwrap();
    for (name, rows) in [("dev", &dataset.dev), ("frozen", &dataset.frozen)] {
        let constant = errors(rows, &|_| constant.predict(None).to_vec());
        let by_type = errors(rows, &|row| {
            by_type.predict(Some(&text(row, "source_type"))).to_vec()
        });
        let ridge = errors(rows, &|row| ridge.predict(&text(row, "request_text")));
        println!("{name}\n constant {constant:.3?}\n by type {by_type:.3?}\n ridge {ridge:.3?}");
        assert!(
            (2.2..3.2).contains(&constant["all"]),
            "{name}: constant {constant:?}"
        );
        assert!(ridge["all"] >= 1.2, "{name}: ridge {ridge:?}");
    }
    println!("lambda {}", ridge.lambda());
}

#[test]
fn the_committed_files_are_what_the_generator_writes() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hidden-params");
    for (name, content) in files(&generate(SEED)) {
        let committed = std::fs::read_to_string(example.join(name)).unwrap();
        assert!(
            committed == content,
            "{name} differs; run `cargo xtask example`"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    write_example(folder.path()).unwrap();
    assert!(folder.path().join("data/frozen.jsonl").is_file());
}
