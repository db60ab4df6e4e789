//! Our statistics against SciPy's, to 1e-9; `golden/write_statistics.py` wrote the values.

#![expect(clippy::unwrap_used, reason = "a test that can not go on ends")]

use gradus_analysis::compare::bootstrap::{acceleration, bca_levels, bca_mean_interval95};
use gradus_analysis::compare::effect::{IntervalOf, paired_effect};
use gradus_analysis::compare::significance::{holm, mcnemar_exact, paired_t, standard_deviation};
use gradus_analysis::{special, stats};
use gradus_schema::Direction;
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/statistics.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap().iter();
    list.map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn close(found: f64, expected: f64) {
    // Relative where values are large, absolute 1e-9 elsewhere; tiny tails relative as well.
    let error = (found - expected).abs();
    let tiny_tail =
        expected != 0.0 && expected.abs() < 1e-6 && error > 1e-7 * expected.abs() + 1e-300;
    assert!(
        error <= 1e-9 * expected.abs().max(1.0) && !tiny_tail,
        "{found} is not {expected}"
    );
}

#[test]
fn distributions_agree_with_scipy() {
    let golden = golden();
    let each = |name: &str| -> Vec<Vec<f64>> {
        golden[name]
            .as_array()
            .unwrap()
            .iter()
            .map(numbers)
            .collect()
    };
    for case in each("normal_cdf") {
        close(special::normal_cdf(case[0]), case[1]);
    }
    for case in each("normal_quantile") {
        close(special::normal_quantile(case[0]), case[1]);
    }
    for case in each("t_two_sided") {
        close(special::t_two_sided(case[0], case[1]), case[2]);
    }
    for case in each("t_quantile") {
        close(special::t_quantile(case[0], case[1]), case[2]);
    }
    for case in each("beta_inc") {
        close(special::beta_inc(case[0], case[1], case[2]), case[3]);
    }
    for case in each("mcnemar") {
        close(mcnemar_exact(case[0] as usize, case[1] as usize), case[2]);
    }
}

#[test]
fn holm_agrees_with_statsmodels() {
    for case in golden()["holm"].as_array().unwrap() {
        let found = holm(&numbers(&case["p"]));
        for (found, expected) in found.iter().zip(numbers(&case["holm"])) {
            close(*found, expected);
        }
    }
}

#[test]
fn paired_differences_agree_with_scipy() {
    for case in golden()["paired"].as_array().unwrap() {
        let (base, candidate) = (numbers(&case["base"]), numbers(&case["candidate"]));
        let differences: Vec<f64> = base.iter().zip(&candidate).map(|(a, b)| b - a).collect();
        let centre = stats::mean(&differences).unwrap();
        close(centre, case["mean"].as_f64().unwrap());
        let spread = standard_deviation(&differences).unwrap();
        close(spread, case["standard_deviation"].as_f64().unwrap());
        close(
            paired_t(&differences).unwrap(),
            case["t_p_value"].as_f64().unwrap(),
        );
        close(
            acceleration(&differences, centre),
            case["acceleration"].as_f64().unwrap(),
        );
        let effect =
            paired_effect(&base, &candidate, Direction::Minimize, IntervalOf::Student).unwrap();
        let expected = numbers(&case["t_interval95"]);
        close(effect.interval95[0], expected[0]);
        close(effect.interval95[1], expected[1]);
        close(effect.improvement_interval95[0], -expected[1]);

        // The bootstrap agrees to Monte-Carlo error. Ours is wider by the small-sample factor
        // t·√(n/(n−1)) / z, which is taken out before the comparison.
        let n = base.len() as f64;
        let factor =
            special::t_quantile(0.975, n - 1.0) * (n / (n - 1.0)).sqrt() / 1.959_963_984_540_054;
        let ours = bca_mean_interval95(&differences, 20_000, 1).unwrap();
        for (ours, theirs) in ours.iter().zip(numbers(&case["bca_interval95"])) {
            let unwidened = centre + (ours - centre) / factor;
            let tolerance = 0.06 * spread / n.sqrt();
            assert!(
                (unwidened - theirs).abs() < tolerance,
                "{unwidened} is not {theirs}"
            );
        }
    }
}

#[test]
fn bca_levels_agree_with_scipys_normal_distribution() {
    for case in golden()["bca_levels"].as_array().unwrap() {
        let number = |key: &str| case[key].as_f64().unwrap();
        let found = bca_levels(
            number("below"),
            number("acceleration"),
            number("n") as usize,
        );
        for (found, expected) in found.iter().zip(numbers(&case["levels"])) {
            close(*found, expected);
        }
    }
}
