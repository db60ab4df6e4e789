//! Metrics of label tasks: accuracy, and precision, recall and F1 per label and averaged.

use std::collections::BTreeMap;

use gradus_schema::Metric;

use super::{Table, rate};
use crate::contract::{AnswerForm, Contract};

const STEMS: [&str; 3] = ["precision", "recall", "f1"];

pub(super) fn names(contract: &Contract) -> Vec<String> {
    let AnswerForm::Label(labels) = contract.form() else {
        return Vec::new();
    };
    let per_label = labels
        .iter()
        .flat_map(|label| STEMS.iter().map(move |stem| format!("{stem}_{label}")));
    ["accuracy", "macro_f1"]
        .map(str::to_owned)
        .into_iter()
        .chain(per_label)
        .collect()
}

/// An answer that is no label counts as wrong: it misses its right label and claims none.
pub(super) fn add(table: &Table<'_>, metrics: &mut BTreeMap<String, Metric>) {
    let AnswerForm::Label(labels) = table.contract.form() else {
        return;
    };
    let total = table.observations.len();
    // Right and given label of each row, as places in the list; None for rows not evaluated.
    let place = |label: &str| labels.iter().position(|known| known == label);
    let pairs: Vec<Option<(usize, Option<usize>)>> = table
        .observations
        .iter()
        .map(|row| {
            let (target, given) = row.labels.as_ref().filter(|_| row.evaluated())?;
            Some((place(target)?, given.as_deref().and_then(place)))
        })
        .collect();
    let evaluated = pairs.iter().flatten().count();
    let right = pairs
        .iter()
        .flatten()
        .filter(|(target, given)| Some(*target) == *given);
    metrics.insert("accuracy".to_owned(), rate(right.count(), evaluated, total));

    let once = vec![1u16; pairs.len()];
    let macro_f1 = |weights: &[u16]| Counts::of(&pairs, weights, labels.len()).macro_f1();
    let value = macro_f1(&once);
    let metric = Metric {
        value,
        n: if value.is_some() { evaluated } else { 0 },
        n_total: total,
        interval95: value.and_then(|_| table.resamples.interval95_by(macro_f1)),
        unit: "F1".to_owned(),
        scale: None,
    };
    metrics.insert("macro_f1".to_owned(), metric);
    let counts = Counts::of(&pairs, &once, labels.len());
    for (at, label) in labels.iter().enumerate() {
        let (hits, claimed, there) = counts.of_label(at);
        metrics.insert(format!("precision_{label}"), rate(hits, claimed, total));
        metrics.insert(format!("recall_{label}"), rate(hits, there, total));
        let f1 = |weights: &[u16]| Counts::of(&pairs, weights, labels.len()).f1(at);
        let value = counts.f1(at);
        let metric = Metric {
            value,
            n: if value.is_some() { evaluated } else { 0 },
            n_total: total,
            interval95: value.and_then(|_| table.resamples.interval95_by(f1)),
            unit: "F1".to_owned(),
            scale: None,
        };
        metrics.insert(format!("f1_{label}"), metric);
    }
}

/// Hits, claims and occurrences per label.
struct Counts {
    hits: Vec<usize>,
    claimed: Vec<usize>,
    there: Vec<usize>,
}

impl Counts {
    fn of(pairs: &[Option<(usize, Option<usize>)>], weights: &[u16], labels: usize) -> Self {
        let mut counts = Self {
            hits: vec![0; labels],
            claimed: vec![0; labels],
            there: vec![0; labels],
        };
        for (pair, weight) in pairs.iter().zip(weights) {
            let Some((target, given)) = pair else {
                continue;
            };
            let weight = usize::from(*weight);
            counts.there[*target] += weight;
            if let Some(given) = given {
                counts.claimed[*given] += weight;
                if given == target {
                    counts.hits[*given] += weight;
                }
            }
        }
        counts
    }

    fn of_label(&self, at: usize) -> (usize, usize, usize) {
        (self.hits[at], self.claimed[at], self.there[at])
    }

    /// `2·hits / (claimed + there)`; undefined for a label that neither occurs nor is claimed.
    fn f1(&self, at: usize) -> Option<f64> {
        let (hits, claimed, there) = self.of_label(at);
        (claimed + there > 0).then(|| 2.0 * hits as f64 / (claimed + there) as f64)
    }

    /// The mean over the labels that are defined, as scikit-learn's over the labels present.
    fn macro_f1(&self) -> Option<f64> {
        let each: Vec<f64> = (0..self.hits.len()).filter_map(|at| self.f1(at)).collect();
        gradus_analysis::stats::mean(&each)
    }
}

#[cfg(test)]
mod tests {
    use gradus_schema::{AnswerSpec, Scale};

    use super::super::{MetricOptions, Observation, metrics_of};
    use super::*;

    #[test]
    fn figures_per_label_are_those_of_the_confusion_matrix() {
        let spec: AnswerSpec =
            serde_json::from_str(r#"{"kind": "label", "labels": ["a", "b", "c", "d"]}"#).unwrap();
        let contract = Contract::of_answer(&spec, Scale::unit()).unwrap();
        let row = |target: &str, given: Option<&str>, served: bool| Observation {
            prediction: given.map(|_| Vec::new()),
            answered: true,
            served_as_requested: served,
            labels: Some((target.to_owned(), given.map(str::to_owned))),
            ..Observation::default()
        };
        let rows = [
            row("a", Some("a"), true),
            row("a", Some("b"), true),
            row("b", Some("b"), true),
            row("b", Some("b"), true),
            row("c", None, true),
            // Somebody else's answer counts for nothing.
            row("c", Some("c"), false),
        ];
        let metrics = metrics_of(
            &rows,
            &contract,
            Scale::unit(),
            None,
            MetricOptions::default(),
        );
        let value = |name: &str| metrics[name].value;
        assert_eq!((value("accuracy"), metrics["accuracy"].n), (Some(0.6), 5));
        assert_eq!(
            (value("precision_a"), value("recall_a")),
            (Some(1.0), Some(0.5))
        );
        assert_eq!(
            (value("precision_b"), metrics["precision_b"].n),
            (Some(2.0 / 3.0), 3)
        );
        assert_eq!((value("precision_c"), value("recall_c")), (None, Some(0.0)));
        assert_eq!((value("f1_d"), metrics["f1_d"].n), (None, 0));
        // (2/3 + 4/5 + 0) / 3
        assert!((value("macro_f1").unwrap() - 22.0 / 45.0).abs() < 1e-12);
        let [low, high] = metrics["macro_f1"].interval95.unwrap();
        assert!((0.0..22.0 / 45.0).contains(&low) && (22.0 / 45.0..=1.0).contains(&high));
    }
}
