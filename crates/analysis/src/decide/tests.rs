//! Decisions fail closed and cite what decided.

use gradus_schema::Direction;
use gradus_schema::comparison::RefusalCode;
use gradus_schema::gates::{Gate, GateKind, GateScope, StagedGate};
use serde_json::{Value, json};

use super::*;

fn comparison(verdict: &str) -> Comparison {
    let effect = json!({
        "n": 160, "n_changed": 140, "base": 2.0, "candidate": 1.5, "difference": -0.5,
        "interval95": [-0.7, -0.3], "improvement": 0.5, "improvement_interval95": [0.3, 0.7],
        "standard_deviation": 1.0, "p_value": 1e-6, "method": "bca_bootstrap",
    });
    let arm = json!({
        "model": "m", "answered_by": null, "n_total": 160, "n_answered": 160,
        "n_served_as_requested": 160, "n_valid": 158, "served_by": {}, "failures": {},
        "scale": null, "primary": null, "files": {},
    });
    let flip =
        json!({"row": "r7", "stratum": "a", "base": 1.0, "candidate": 4.0, "improvement": -3.0});
    let value: Value = json!({
        "format_version": 1, "verdict": verdict, "refusals": [], "differences": [], "reasons": [],
        "task": "t", "split": "frozen", "data_sha256": "d", "metric": "mae_penalised",
        "direction": "minimize", "scale": null, "margin": 0.1, "base": arm, "candidate": arm,
        "rows_compared": 160, "primary": effect, "common_valid": null,
        "effects": {"mae_penalised": effect},
        "strata": {"a": {"effect": effect, "p_holm": 0.001, "regressed": false}},
        "flips": {"n_worse": 1, "n_equal": 0, "n_better": 139, "n_broke": 1, "n_mended": 0, "worst": [flip], "best": []},
        "failing_rows": [{"row": "r9", "failure": "not_int"}],
        "power": null, "noise_floor": null, "skill": {}, "resamples": 2000, "seed": 42,
    });
    serde_json::from_value(value).unwrap()
}

fn metrics(pairs: &[(&str, Option<f64>, usize)]) -> BTreeMap<String, Metric> {
    let metric = |&(name, value, n): &(&str, Option<f64>, usize)| {
        let metric = Metric {
            value,
            n,
            ..Metric::undefined(160, "x")
        };
        (name.to_owned(), metric)
    };
    pairs.iter().map(metric).collect()
}

fn staged(stage: GateStage, metric: &str, kind: GateKind, threshold: f64) -> StagedGate {
    let direction = if metric.ends_with("rate") {
        Direction::Maximize
    } else {
        Direction::Minimize
    };
    let gate = Gate {
        metric: metric.to_owned(),
        scope: GateScope::Overall,
        direction,
        kind,
        threshold,
        min_n: 20,
    };
    StagedGate { stage, gate }
}

fn decided(
    comparison: &Comparison,
    gates: Vec<StagedGate>,
    budget: Option<FrozenBudget>,
) -> Decision {
    let base = metrics(&[
        ("latency_secs_p95", Some(1.0), 160),
        ("strict_valid_rate", Some(0.99), 160),
    ]);
    let candidate = metrics(&[
        ("latency_secs_p95", Some(1.1), 160),
        ("strict_valid_rate", Some(0.985), 160),
        ("few", Some(0.1), 5),
        ("undefined", None, 0),
    ]);
    let strata = BTreeMap::from([("a".to_owned(), candidate.clone())]);
    let none = BTreeMap::new();
    let gates = Gates {
        gates,
        ..Gates::default()
    };
    decide(DecisionInput {
        comparison,
        gates: &gates,
        base: ArmMetrics {
            overall: &base,
            strata: &none,
        },
        candidate: ArmMetrics {
            overall: &candidate,
            strata: &strata,
        },
        frozen_budget: budget,
        comparison_sha256: "c".into(),
        gates_sha256: "g".into(),
    })
}

#[test]
fn only_a_better_candidate_through_all_gates_is_promoted() {
    let format = || {
        staged(
            GateStage::Format,
            "json_valid_rate",
            GateKind::Absolute,
            0.98,
        )
    };
    let outcome = |verdict: &str| decided(&comparison(verdict), vec![format()], None).outcome;
    assert_eq!(outcome("better"), Outcome::Promote);
    assert_eq!(outcome("equivalent"), Outcome::Hold);
    assert_eq!(outcome("inconclusive"), Outcome::Hold);
    assert_eq!(outcome("worse"), Outcome::Reject);
    let worse = decided(&comparison("worse"), vec![format()], None);
    assert_eq!(worse.reasons[0].rows, ["r7"]);
}

#[test]
fn a_refused_comparison_holds_without_reading_a_gate() {
    let mut refused = comparison("refused");
    refused.refusals.push(gradus_schema::comparison::Refusal {
        code: RefusalCode::ScaleDiffers,
        text: "scales".into(),
        base: None,
        candidate: None,
    });
    let failing = staged(
        GateStage::Format,
        "strict_valid_rate",
        GateKind::Absolute,
        1.0,
    );
    let decision = decided(&refused, vec![failing], None);
    assert_eq!(decision.outcome, Outcome::Hold);
    assert!(decision.gates.is_empty() && decision.reasons[0].text.contains("refused: scales"));
}

#[test]
fn gates_fail_in_order_and_missing_metrics_fail_closed() {
    let better = comparison("better");
    let one = |gate: StagedGate| {
        let decision = decided(&better, vec![gate], None);
        (decision.outcome, decision.gates[0].state)
    };
    use GateKind::{Absolute, NonInferiority, Relative};
    use GateStage::{CostAndLatency, Format, Quality};
    let latency = |kind, limit| staged(CostAndLatency, "latency_secs_p95", kind, limit);
    assert_eq!(
        one(latency(Absolute, 1.2)),
        (Outcome::Promote, GateState::Passed)
    );
    assert_eq!(
        one(latency(Absolute, 1.0)),
        (Outcome::Reject, GateState::Failed)
    );
    assert_eq!(
        one(latency(Relative, 1.05)),
        (Outcome::Reject, GateState::Failed)
    );
    assert_eq!(
        one(latency(Relative, 1.1001)),
        (Outcome::Promote, GateState::Passed)
    );
    for (metric, kind) in [
        ("strict_valid_rat", Absolute),
        ("undefined", Absolute),
        ("few", Absolute),
        ("few", Relative),
        ("latency_secs_p95", NonInferiority),
    ] {
        let found = one(staged(Quality, metric, kind, 1.0));
        assert_eq!(found, (Outcome::Hold, GateState::Undecided), "{metric}");
    }
    let inferior = staged(Quality, "mae_penalised", NonInferiority, 0.0);
    assert_eq!(one(inferior), (Outcome::Promote, GateState::Passed));
    let misspelt = staged(Format, "strict_valid_rat", Absolute, 0.9);
    let decision = decided(&better, vec![misspelt], None);
    assert!(
        decision.reasons[0]
            .text
            .contains("did you mean 'strict_valid_rate'")
    );
    // The form comes first among the reasons, and names the rows that failed.
    let both = vec![
        staged(Format, "strict_valid_rate", Absolute, 0.99),
        latency(Absolute, 1.0),
    ];
    let decision = decided(&better, both, None);
    assert!(decision.reasons[0].text.starts_with("format gate"));
    assert_eq!(decision.reasons[0].rows, ["r9"]);
}

#[test]
fn strata_are_gated_one_by_one() {
    let mut gate = staged(
        GateStage::Quality,
        "mae_penalised",
        GateKind::NonInferiority,
        0.1,
    );
    gate.gate.scope = GateScope::EveryStratum;
    let mut better = comparison("better");
    let passed = decided(&better, vec![gate.clone()], None);
    assert_eq!(
        (passed.outcome, passed.gates[0].stratum.as_deref()),
        (Outcome::Promote, Some("a"))
    );
    let stratum = better.strata.get_mut("a").unwrap();
    stratum.effect.interval95 = [-0.1, 0.2];
    let failed = decided(&better, vec![gate.clone()], None);
    assert_eq!(
        (failed.outcome, failed.reasons[0].rows.as_slice()),
        (Outcome::Reject, ["r7".to_owned()].as_slice())
    );
    better.strata.get_mut("a").unwrap().regressed = true;
    assert!(
        decided(&better, vec![], None).reasons[0]
            .text
            .contains("regressed")
    );
    gate.gate.scope = GateScope::Stratum("b".into());
    assert_eq!(
        decided(&comparison("better"), vec![gate], None).outcome,
        Outcome::Hold
    );
}

#[test]
fn a_spent_frozen_set_promotes_nobody() {
    let better = comparison("better");
    let outcome = |used| {
        decided(
            &better,
            vec![],
            Some(FrozenBudget::after("d".into(), 3, used)),
        )
        .outcome
    };
    assert_eq!((outcome(3), outcome(4)), (Outcome::Promote, Outcome::Hold));
}

#[test]
fn only_the_frozen_split_promotes() {
    let mut better = comparison("better");
    better.split = Some(gradus_schema::Split::Dev);
    let decision = decided(&better, vec![], None);
    assert_eq!(decision.outcome, Outcome::Hold);
    assert!(decision.reasons[0].text.contains("measured on dev"));
}
