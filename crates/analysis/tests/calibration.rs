//! Do the intervals cover and do decisions err as rarely as they say? By simulation, seeded.
//! The figures are printed: `cargo test -p gradus-analysis --test calibration -- --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test that can not go on ends")]

use std::collections::BTreeMap;

use gradus_analysis::compare::effect::{IntervalOf, bonett_price95, paired_effect};
use gradus_analysis::compare::side::count_rows;
use gradus_analysis::compare::{CompareOptions, Conditions, RowMetric, ScoredRow, Side, compare};
use gradus_analysis::decide::ArmMetrics;
use gradus_analysis::{DecisionInput, Draws, decide};
use gradus_schema::comparison::ArmSummary;
use gradus_schema::{
    AnsweredBy, Direction, FailureCode, Gates, Metric, Outcome, PrimaryScore, Scale, Split, Verdict,
};

const RESAMPLES: usize = 1000;

/// Standard normal, by Box and Muller.
fn normal(draws: &mut Draws) -> f64 {
    let radius = (-2.0 * (1.0 - draws.unit()).ln()).sqrt();
    radius * (2.0 * std::f64::consts::PI * draws.unit()).cos()
}

/// Share of 2,000 intervals of the mean difference that hold the true one.
fn coverage(n: usize, truth: f64, draw: impl Fn(&mut Draws) -> f64) -> f64 {
    let mut draws = Draws::new(99);
    let repeats = 2000;
    let covered = (0..repeats)
        .filter(|&repeat| {
            let base = vec![1.5; n];
            let candidate: Vec<f64> = base.iter().map(|base| base + draw(&mut draws)).collect();
            let interval = IntervalOf::Bootstrap {
                resamples: 400,
                seed: repeat,
            };
            let effect = paired_effect(&base, &candidate, Direction::Maximize, interval).unwrap();
            effect.interval95[0] <= truth && truth <= effect.interval95[1]
        })
        .count();
    covered as f64 / repeats as f64
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    for n in [20, 160] {
        let symmetric = coverage(n, 0.0, normal);
        // Mostly no change, sometimes a large one: what errors on an integer grid look like.
        let sparse = coverage(n, 0.0, |draws| {
            if draws.chance(0.7) {
                0.0
            } else {
                normal(draws)
            }
        });
        let skewed = coverage(n, 1.0, |draws| -(1.0 - draws.unit()).ln());
        println!(
            "coverage of the BCa interval, n = {n}: normal {symmetric:.3}, sparse {sparse:.3}, exponential {skewed:.3}"
        );
        for found in [symmetric, sparse, skewed] {
            // 2,000 repeats give the share to ±0.01.
            assert!((0.94..=0.985).contains(&found), "{n}: {found}");
        }
    }
}

#[test]
fn intervals_of_rates_cover_the_truth() {
    let mut draws = Draws::new(5);
    for (n, down, up) in [(30, 0.05, 0.05), (160, 0.02, 0.02), (160, 0.1, 0.2)] {
        let repeats = 2000;
        let covered = (0..repeats)
            .filter(|_| {
                let (mut lost, mut won) = (0, 0);
                for _ in 0..n {
                    let draw = draws.unit();
                    lost += usize::from(draw < down);
                    won += usize::from(draw >= down && draw < down + up);
                }
                let [low, high] = bonett_price95(lost, won, n);
                (low..=high).contains(&(up - down))
            })
            .count();
        let share = f64::from(covered as u32) / f64::from(repeats);
        println!("coverage of the interval of a rate, n = {n}, {down} down, {up} up: {share:.3}");
        assert!((0.94..=1.0).contains(&share), "{share}");
    }
}

/// A simulated arm: six integers of 0–10 per row, a few rows that fail.
fn arm(name: &str, difficulty: &[f64], gain: f64, draws: &mut Draws) -> Side {
    let mut rows = Vec::with_capacity(difficulty.len());
    for (index, hard) in difficulty.iter().enumerate() {
        let fails = draws.chance(0.01);
        let error: f64 = (0..6)
            .map(|_| {
                (hard * (1.0 - gain) * (1.0 + 0.6 * normal(draws)))
                    .abs()
                    .round()
            })
            .sum::<f64>()
            / 6.0;
        rows.push(ScoredRow {
            id: format!("row-{index}"),
            stratum: Some(["request_text", "rule_prompt"][index % 2].to_owned()),
            prompt: index as u128,
            target: index as u128,
            answer: Some(u128::from(draws.index32(u32::MAX))),
            served_as_requested: true,
            failure: fails.then_some(FailureCode::NotInt),
            values: vec![Some(if fails { 7.0 } else { error })],
        });
    }
    let by = AnsweredBy {
        model: name.to_owned(),
        revision: name.to_owned(),
        adapter_sha256: None,
        backend: "native".to_owned(),
    };
    let mut summary = ArmSummary {
        model: name.to_owned(),
        answered_by: Some(by),
        scale: Some(Scale {
            min: 0.0,
            max: 10.0,
        }),
        ..ArmSummary::default()
    };
    count_rows(&mut summary, &rows, &vec![name.to_owned(); rows.len()]);
    let primary_score = PrimaryScore::default();
    Side {
        metrics: vec![RowMetric {
            name: primary_score.metric.clone(),
            direction: primary_score.direction,
        }],
        conditions: Conditions {
            task: "simulated".to_owned(),
            split: Some(Split::Frozen),
            data_sha256: Some("one".to_owned()),
            primary_score: Some(primary_score),
            ..Conditions::default()
        },
        summary,
        rows: Some(rows),
    }
}

/// How often 2,000 pairs of arms end in each verdict, and how often in a promotion.
struct Rates {
    better: f64,
    worse: f64,
    promoted: f64,
    rejected: f64,
}

fn rates(rows: usize, gain: f64, margin: f64, pairs: u64) -> Rates {
    let gates = Gates {
        margin: Some(margin),
        ..Gates::default()
    };
    let (mut better, mut worse, mut promoted, mut rejected) = (0, 0, 0, 0);
    for pair in 0..pairs {
        let mut draws = Draws::stream(11, pair);
        let difficulty: Vec<f64> = (0..rows).map(|_| 1.0 + 2.0 * draws.unit()).collect();
        let base = arm("base", &difficulty, 0.0, &mut draws);
        let candidate = arm("candidate", &difficulty, gain, &mut draws);
        let options = CompareOptions {
            margin: Some(margin),
            resamples: RESAMPLES,
            seed: pair,
            ..CompareOptions::default()
        };
        let comparison = compare(&base, &candidate, &[], &options);
        let summary = &candidate.summary;
        let valid = Metric {
            value: Some(summary.n_valid as f64 / summary.n_total as f64),
            n: summary.n_total,
            ..Metric::undefined(summary.n_total, "fraction")
        };
        let overall = BTreeMap::from([("strict_valid_rate".to_owned(), valid)]);
        let strata = BTreeMap::new();
        let metrics = ArmMetrics {
            overall: &overall,
            strata: &strata,
        };
        let decision = decide(DecisionInput {
            comparison: &comparison,
            gates: &gates,
            base: metrics,
            candidate: metrics,
            frozen_budget: None,
            comparison_sha256: String::new(),
            gates_sha256: String::new(),
        });
        better += usize::from(comparison.verdict == Verdict::Better);
        worse += usize::from(comparison.verdict == Verdict::Worse);
        promoted += usize::from(decision.outcome == Outcome::Promote);
        rejected += usize::from(decision.outcome == Outcome::Reject);
    }
    let share = |count: usize| count as f64 / pairs as f64;
    Rates {
        better: share(better),
        worse: share(worse),
        promoted: share(promoted),
        rejected: share(rejected),
    }
}

#[test]
fn arms_that_do_not_differ_are_rarely_called_different() {
    for (rows, margin) in [(40, 0.0), (160, 0.0)] {
        let rates = rates(rows, 0.0, margin, 2000);
        println!(
            "A/A, {rows} rows, margin {margin}, 2,000 pairs: better {:.4}, worse {:.4}, promoted {:.4}, rejected {:.4}",
            rates.better, rates.worse, rates.promoted, rates.rejected
        );
        assert!(
            rates.better + rates.worse <= 0.065,
            "a verdict at 5 % and its noise"
        );
        assert!(rates.promoted <= 0.05);
    }
}

#[test]
fn real_improvements_are_found() {
    let mut before = 0.0;
    for gain in [0.02, 0.05, 0.1, 0.2] {
        let rates = rates(160, gain, 0.0, 500);
        println!(
            "power, 160 rows, error {:.0} % smaller, 500 pairs: better {:.3}, promoted {:.3}",
            gain * 100.0,
            rates.better,
            rates.promoted
        );
        assert!(rates.better >= before, "a larger gain is found more often");
        before = rates.better;
    }
    assert!(before > 0.9);
}
