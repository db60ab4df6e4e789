//! Metrics on rows small enough to compute by hand.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const SCALE: Scale = Scale {
    min: 0.0,
    max: 10.0,
};

fn contract() -> Contract {
    let level = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let schema = json!({"properties": {"a": level, "b": level}, "additionalProperties": false});
    Contract::from_json(schema.to_string().as_bytes(), SCALE).unwrap()
}

fn row(stratum: &str, target: [f64; 2], prediction: Option<[f64; 2]>) -> Observation {
    Observation {
        stratum: Some(stratum.to_owned()),
        target: target.to_vec(),
        prediction: prediction.map(|numbers| numbers.to_vec()),
        answered: true,
        served_as_requested: true,
        lenient_valid: prediction.is_some(),
        exact: prediction == Some(target),
        latency_secs: 0.5,
        ..Observation::default()
    }
}

fn value(metrics: &BTreeMap<String, Metric>, name: &str) -> f64 {
    find_metric(metrics, name).unwrap().value.unwrap()
}

#[test]
fn an_invalid_row_costs_the_worst_error_and_never_helps() {
    let rows = [
        row("x", [2.0, 5.0], Some([4.0, 5.0])),
        row("x", [2.0, 5.0], None),
    ];
    let metrics = metrics_of(&rows, &contract(), SCALE, None, MetricOptions::default());
    assert_eq!(value(&metrics, "mae_valid"), 1.0);
    assert_eq!(metrics["mae_valid"].n, 1);
    // (2 + 0 + 8 + 5) / 4
    assert_eq!(value(&metrics, "mae_penalised"), 3.75);
    assert_eq!(value(&metrics, "mae_norm"), 0.375);
    assert_eq!(value(&metrics, "mae_raw_a"), 5.0);
    assert_eq!(value(&metrics, "mae_valid_a"), 2.0);
    assert_eq!(value(&metrics, "mse_raw"), (4.0 + 0.0 + 64.0 + 25.0) / 4.0);
    assert_eq!(value(&metrics, "mse_norm_b"), 0.125);
    assert_eq!(value(&metrics, "json_valid_rate"), 0.5);
    assert_eq!(value(&metrics, "parse_error_rate"), 0.5);
    assert_eq!(value(&metrics, "exact_match_rate"), 0.0);
    assert_eq!(metrics["mae_penalised"].scale, Some(SCALE));
    let [low, high] = metrics["mae_penalised"].interval95.unwrap();
    assert_eq!((low, high), (1.0, 6.5));
}

#[test]
fn undefined_is_null_with_no_rows() {
    let metrics = metrics_of(&[], &contract(), SCALE, None, MetricOptions::default());
    assert!(
        metrics
            .values()
            .all(|metric| metric.value.is_none() && metric.n == 0),
        "{metrics:?}"
    );
    let mut unanswered = row("x", [1.0, 1.0], None);
    unanswered.answered = false;
    let metrics = metrics_of(
        &[unanswered],
        &contract(),
        SCALE,
        None,
        MetricOptions::default(),
    );
    assert_eq!(metrics["parse_error_rate"].value, None);
    assert_eq!(
        (metrics["mae_valid"].value, metrics["mae_valid"].n),
        (None, 0)
    );
    assert_eq!(value(&metrics, "transport_ok_rate"), 0.0);
    // Nobody answered: that says nothing about the model.
    assert_eq!(
        (metrics["mae_penalised"].value, metrics["mae_penalised"].n),
        (None, 0)
    );
    assert_eq!(metrics["mae_penalised"].interval95, None);
    assert_eq!(metrics["latency_secs_p95"].value, None);
}

#[test]
fn skill_and_r2_are_measured_against_training() {
    let contract = contract();
    let training: Vec<(Option<String>, Vec<f64>)> =
        [("x", 0.0), ("x", 2.0), ("y", 8.0), ("y", 10.0)]
            .map(|(stratum, level)| (Some(stratum.to_owned()), vec![level, 5.0]))
            .to_vec();
    let reference = TrainingReference::fit(&training, &contract).unwrap();
    let rows = [
        row("x", [2.0, 5.0], Some([1.0, 5.0])),
        row("y", [9.0, 5.0], Some([9.0, 5.0])),
    ];
    let metrics = metrics_of(
        &rows,
        &contract,
        SCALE,
        Some(&reference),
        MetricOptions::default(),
    );
    // The constant answers 5: errors 3 and 4. Per stratum 1 and 9: errors 1 and 0.
    assert!((value(&metrics, "skill_vs_constant") - (1.0 - 1.0 / 7.0)).abs() < 1e-12);
    assert_eq!(value(&metrics, "skill_vs_constant_by_stratum"), 0.0);
    assert!((value(&metrics, "r2_a") - (1.0 - 1.0 / 25.0)).abs() < 1e-12);
    // No variance in b: undefined, and so is the macro average.
    assert_eq!((metrics["r2_b"].value, metrics["r2_b"].n), (None, 0));
    assert_eq!(metrics["r2_macro"].value, None);
    assert!(TrainingReference::fit(&[], &contract).is_none());
}

#[test]
fn every_metric_has_a_listed_name_and_unknown_ones_a_neighbour() {
    let contract = contract();
    let reference = TrainingReference::fit(&[(Some("x".into()), vec![1.0, 2.0])], &contract);
    let rows = [row("x", [2.0, 5.0], Some([4.0, 5.0]))];
    let options = MetricOptions { resamples: 0 };
    let mut metrics = metrics_of(&rows, &contract, SCALE, reference.as_ref(), options);
    metrics.extend(metrics_of_unconstrained(&rows, &contract, SCALE, options));
    let mut names = metric_names(&contract);
    names.sort();
    assert_eq!(metrics.keys().cloned().collect::<Vec<_>>(), names);
    let error = find_metric(&metrics, "mae_penalized").unwrap_err();
    assert_eq!(
        error,
        "unknown metric 'mae_penalized', did you mean 'mae_penalised'?"
    );
}

proptest! {
    #[test]
    fn failing_a_row_never_lowers_the_penalised_error(
        targets in proptest::collection::vec((0u8..=10, 0u8..=10, 0u8..=10, 0u8..=10), 1..8),
        failed in 0usize..8,
    ) {
        let options = MetricOptions { resamples: 0 };
        let mut rows: Vec<Observation> = targets
            .iter()
            .map(|&(a, b, p, q)| row("x", [a.into(), b.into()], Some([p.into(), q.into()])))
            .collect();
        let before = value(&metrics_of(&rows, &contract(), SCALE, None, options), "mae_penalised");
        let failed = failed % rows.len();
        rows[failed].prediction = None;
        let after = value(&metrics_of(&rows, &contract(), SCALE, None, options), "mae_penalised");
        prop_assert!(after >= before - 1e-12);
    }
}
