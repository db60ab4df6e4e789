//! What holds for every search: bounds, steps, repeatability, ends.

use gradus_schema::sweep::{Distribution, Hyperband, Method, Parameter, SweepConfig, SweepMetric};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::error::Error;

fn continuous(distribution: Distribution, q: Option<f64>) -> Parameter {
    Parameter::Continuous { distribution, q }
}

fn listed(values: Vec<Value>) -> Parameter {
    Parameter::Categorical {
        values,
        probabilities: None,
    }
}

fn metric(is_maximized: bool) -> Option<SweepMetric> {
    Some(SweepMetric {
        name: "loss".to_owned(),
        is_maximized,
        target: None,
    })
}

fn named(name: &str, parameter: Parameter) -> (String, Parameter) {
    (name.to_owned(), parameter)
}

fn trial(parameters: Parameters, state: TrialState, history: &[f64]) -> Trial {
    Trial {
        id: format!("{state:?}"),
        parameters,
        state,
        history: history.to_vec(),
    }
}

/// Runs a sweep to `count` trials; `measure` gives each its state and value.
fn carry_out(
    config: &SweepConfig,
    count: usize,
    seed: u64,
    measure: impl Fn(&Parameters) -> (TrialState, Vec<f64>),
) -> Vec<Trial> {
    let mut trials = Vec::new();
    while trials.len() < count {
        let Suggestion::Run(parameters) = next(config, &trials, seed).unwrap() else {
            break;
        };
        let (state, history) = measure(&parameters);
        trials.push(trial(parameters, state, &history));
    }
    trials
}

fn mixed() -> Vec<(String, Parameter)> {
    let log = Distribution::LogUniform {
        min: 1e-5,
        max: 0.1,
    };
    let steps = Distribution::Uniform { min: 0.0, max: 0.5 };
    vec![
        named("lr", continuous(log, None)),
        named("layers", Parameter::IntUniform { min: 1, max: 6 }),
        named("seed", Parameter::Constant(json!(7))),
        named(
            "opt",
            Parameter::Nested(vec![
                named("name", listed(vec![json!("sgd"), json!("adam")])),
                named("dropout", continuous(steps, Some(0.1))),
            ]),
        ),
    ]
}

/// Best at lr 1e-3, 4 layers, adam, dropout 0.2.
fn loss(parameters: &Parameters) -> f64 {
    let lr = parameters["lr"].as_f64().unwrap().log10() + 3.0;
    let layers = parameters["layers"].as_f64().unwrap() - 4.0;
    let dropout = parameters["opt"]["dropout"].as_f64().unwrap() - 0.2;
    let wrong = f64::from(u8::from(parameters["opt"]["name"] != "adam"));
    lr * lr + 0.1 * layers * layers + 4.0 * dropout * dropout + wrong
}

fn assert_inside(parameters: &Parameters) {
    let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
    assert_eq!(names, ["layers", "lr", "opt", "seed"]);
    let lr = parameters["lr"].as_f64().unwrap();
    assert!((1e-5..=0.1).contains(&lr), "{lr}");
    assert!((1..=6).contains(&parameters["layers"].as_i64().unwrap()));
    assert_eq!(parameters["seed"], 7);
    let allowed = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5];
    assert!(allowed.contains(&parameters["opt"]["dropout"].as_f64().unwrap()));
    assert!(["sgd", "adam"].contains(&parameters["opt"]["name"].as_str().unwrap()));
}

#[test]
fn bayes_beats_random_on_mixed_parameters_though_some_trials_fail() {
    let measure = |parameters: &Parameters| match parameters["lr"].as_f64().unwrap() {
        lr if lr > 0.05 => (TrialState::Crashed, vec![f64::NAN]),
        _ => (TrialState::Finished, vec![9.0, loss(parameters)]),
    };
    let mut config = SweepConfig::new(Method::Random, mixed());
    config.metric = metric(false);
    let mut best_of = |method| {
        config.method = method;
        let bests = (0..5).map(|seed| {
            let trials = carry_out(&config, 35, seed, measure);
            trials
                .iter()
                .for_each(|trial| assert_inside(&trial.parameters));
            best(&config, &trials).unwrap().1
        });
        bests.sum::<f64>() / 5.0
    };
    let (random, bayes) = (best_of(Method::Random), best_of(Method::Bayes));
    assert!(bayes < 0.03 && bayes < random / 3.0, "{bayes} {random}");
}

#[test]
fn the_goal_decides_where_bayes_looks() {
    let line = Distribution::Uniform { min: 0.0, max: 1.0 };
    let mut config = SweepConfig::new(Method::Bayes, vec![named("x", continuous(line, None))]);
    let last = |config: &SweepConfig| {
        let measure = |parameters: &Parameters| {
            let x = parameters["x"].as_f64().unwrap();
            (TrialState::Finished, vec![x])
        };
        best(config, &carry_out(config, 15, 3, measure)).unwrap().1
    };
    config.metric = metric(true);
    assert!(last(&config) > 0.99);
    config.metric = metric(false);
    assert!(last(&config) < 0.01);
}

#[test]
fn agents_side_by_side_get_different_points() {
    let mut config = SweepConfig::new(Method::Bayes, mixed());
    config.metric = metric(false);
    let mut trials = carry_out(&config, 15, 1, |parameters| {
        (TrialState::Finished, vec![loss(parameters)])
    });
    for _ in 0..8 {
        let Suggestion::Run(parameters) = next(&config, &trials, 1).unwrap() else {
            panic!("a bayes sweep has no end");
        };
        let is_new = trials.iter().all(|trial| trial.parameters != parameters);
        assert!(is_new, "{parameters:?}");
        trials.push(trial(parameters, TrialState::Running, &[]));
    }
}

#[test]
fn bayes_tries_each_point_of_a_small_space_before_any_twice() {
    let values: Vec<Value> = (0..12).map(Value::from).collect();
    let mut config = SweepConfig::new(Method::Bayes, vec![named("x", listed(values))]);
    config.metric = metric(false);
    let mut trials: Vec<Trial> = (0..5)
        .map(|x| {
            let parameters = json!({"x": x}).as_object().unwrap().clone();
            trial(parameters, TrialState::Finished, &[f64::from(x)])
        })
        .collect();
    for _ in 5..12 {
        let Suggestion::Run(parameters) = next(&config, &trials, 0).unwrap() else {
            panic!("a bayes sweep has no end");
        };
        assert!(trials.iter().all(|trial| trial.parameters != parameters));
        trials.push(trial(parameters, TrialState::Finished, &[3.0]));
    }
    assert!(matches!(next(&config, &trials, 0), Ok(Suggestion::Run(_))));
}

#[test]
fn many_parameters_are_searched_too() {
    let axes = (0..150).map(|index| {
        let unit = Distribution::Uniform { min: 0.0, max: 1.0 };
        named(&format!("p{index:03}"), continuous(unit, None))
    });
    let mut config = SweepConfig::new(Method::Bayes, axes.collect());
    config.metric = metric(false);
    let trials = carry_out(&config, 13, 0, |parameters| {
        let first = parameters["p000"].as_f64().unwrap();
        (TrialState::Finished, vec![first])
    });
    config.method = Method::Random;
    let random = next(&config, &trials[..12], 0).unwrap();
    assert_ne!(Suggestion::Run(trials[12].parameters.clone()), random);
}

#[test]
fn degenerate_histories_do_not_break_bayes() {
    let mut config = SweepConfig::new(Method::Bayes, mixed());
    config.metric = metric(false);
    for history in [
        vec![],
        vec![f64::NAN],
        vec![1.0],
        vec![f64::MAX, f64::INFINITY],
        vec![-1e300],
    ] {
        for state in [TrialState::Finished, TrialState::Failed, TrialState::Killed] {
            let trials = carry_out(&config, 14, 2, |_| (state, history.clone()));
            assert_eq!(trials.len(), 14, "{state:?} {history:?}");
        }
    }
    // Trials of another configuration are left out.
    let foreign = trial(Parameters::new(), TrialState::Finished, &[1.0]);
    let trials = vec![foreign; 20];
    assert!(matches!(next(&config, &trials, 0), Ok(Suggestion::Run(_))));
    config.parameters = vec![named("only", Parameter::Constant(json!(1)))];
    let trials = carry_out(&config, 14, 2, |_| (TrialState::Finished, vec![1.0]));
    assert_eq!(trials.len(), 14);
}

#[test]
fn a_grid_of_numbers_without_end_is_refused() {
    let mut parameters = mixed();
    parameters.remove(0);
    parameters.push(named(
        "group",
        Parameter::Nested(vec![named(
            "rate",
            continuous(Distribution::Beta { a: 1.0, b: 1.0 }, None),
        )]),
    ));
    let config = SweepConfig::new(Method::Grid, parameters);
    let error = next(&config, &[], 0).unwrap_err();
    assert_eq!(
        error,
        Error::EndlessGrid {
            parameter: "group.rate".to_owned()
        }
    );
    assert!(error.to_string().contains("give 'values'"), "{error}");
}

#[test]
fn a_grid_too_large_to_list_is_walked_all_the_same() {
    let axes = (0..20).map(|index| {
        let wide = Parameter::IntUniform {
            min: 0,
            max: 1 << 40,
        };
        named(&format!("p{index:02}"), wide)
    });
    let config = SweepConfig::new(Method::Grid, axes.collect());
    let trials = carry_out(&config, 3, 0, |_| (TrialState::Failed, vec![]));
    assert_eq!(trials[2].parameters["p19"], 2);
    assert_eq!(trials[2].parameters["p18"], 0);
}

#[test]
fn caps_targets_and_lost_machines_decide_first() {
    let mut config = SweepConfig::new(Method::Random, mixed());
    config.metric = metric(true);
    config.run_cap = Some(2);
    let parameters = Parameters::new();
    let of = |state| trial(parameters.clone(), state, &[0.5]);
    let asked = |config: &SweepConfig, trials: &[Trial]| next(config, trials, 0).unwrap();
    let finished = of(TrialState::Finished);
    assert!(matches!(
        asked(&config, std::slice::from_ref(&finished)),
        Suggestion::Run(_)
    ));
    let full = [finished.clone(), finished.clone()];
    assert_eq!(asked(&config, &full), Suggestion::Exhausted);
    let leaving = [finished.clone(), of(TrialState::Preempting)];
    assert_eq!(asked(&config, &leaving), Suggestion::Wait);
    let lost = [finished.clone(), of(TrialState::Preempted)];
    assert_eq!(
        asked(&config, &lost),
        Suggestion::Resume("Preempted".to_owned())
    );
    config.metric.as_mut().unwrap().target = Some(0.5);
    assert_eq!(
        asked(&config, std::slice::from_ref(&finished)),
        Suggestion::Exhausted
    );
    config.metric.as_mut().unwrap().target = Some(0.6);
    assert!(matches!(asked(&config, &[finished]), Suggestion::Run(_)));
}

#[test]
fn the_best_so_far_only_improves() {
    let mut config = SweepConfig::new(Method::Random, mixed());
    config.metric = metric(true);
    let trials: Vec<Trial> = [vec![], vec![1.0, 3.0, 2.0], vec![f64::INFINITY], vec![2.5]]
        .iter()
        .map(|history| trial(Parameters::new(), TrialState::Finished, history))
        .collect();
    let expected = [None, Some(3.0), Some(3.0), Some(3.0)];
    assert_eq!(best_so_far(&config, &trials), expected);
    assert_eq!(best(&config, &trials).unwrap().1, 3.0);
    assert!(best(&config, &trials[..1]).is_none());
}

#[test]
fn what_moves_the_metric_is_important() {
    let mut config = SweepConfig::new(Method::Random, mixed());
    config.metric = metric(false);
    let place = Parameter::IntUniform { min: 1, max: 8 };
    config.parameters = vec![
        named("layers", place.clone()),
        named("idle", place),
        named("name", listed(vec![json!("sgd"), json!("adam")])),
    ];
    let measure = |parameters: &Parameters| {
        let layers = parameters["layers"].as_f64().unwrap();
        let wrong = f64::from(u8::from(parameters["name"] == "sgd"));
        (TrialState::Finished, vec![layers + 3.0 * wrong])
    };
    let trials = carry_out(&config, 120, 4, measure);
    let found = importance(&config, &trials, 0);
    let names: Vec<&str> = found.iter().map(|one| one.parameter.as_str()).collect();
    assert_eq!(names, ["layers", "name", "idle"]);
    // Variances: (64 - 1) / 12 and 9 / 4.
    let effects: Vec<f64> = found.iter().map(|one| one.total_effect.unwrap()).collect();
    for (effect, expected) in effects.iter().zip([0.7, 0.3, 0.0]) {
        assert!((effect - expected).abs() < 0.08, "{effects:?}");
    }
    assert!(found[0].correlation.unwrap() > 0.7);
    assert_eq!((found[1].correlation, found[1].n), (None, 120));
    let few = importance(&config, &trials[..9], 0);
    assert!(
        few.iter()
            .all(|one| one.total_effect.is_none() && one.n == 9)
    );
}

#[test]
fn nothing_is_stopped_without_a_metric_or_by_brackets_that_never_end() {
    let mut config = SweepConfig::new(Method::Random, mixed());
    let trials =
        [1.0, 2.0, 3.0].map(|value| trial(Parameters::new(), TrialState::Running, &[value; 9]));
    assert!(stop(&config, &trials).is_empty());
    config.metric = metric(false);
    assert!(stop(&config, &trials).is_empty());
    let mut band = Hyperband {
        min_iter: Some(u64::MAX),
        max_iter: None,
        s: None,
        eta: f64::MAX,
        is_strict: true,
    };
    config.early_terminate = Some(band.clone());
    assert!(stop(&config, &trials).is_empty());
    band.min_iter = Some(9);
    config.early_terminate = Some(band);
    assert_eq!(stop(&config, &trials).len(), 2);
}

fn distributions() -> impl Strategy<Value = Distribution> {
    let ends = (-50.0..50.0f64, 0.001..50.0f64);
    prop_oneof![
        ends.clone().prop_map(|(min, width)| Distribution::Uniform {
            min,
            max: min + width
        }),
        (1e-6..1.0f64, 1.5..1e6f64).prop_map(|(min, factor)| Distribution::LogUniform {
            min,
            max: min * factor
        }),
        ends.prop_map(|(mu, sigma)| Distribution::Normal { mu, sigma }),
        (-600.0..600.0f64, 0.1..50.0f64)
            .prop_map(|(mu, sigma)| Distribution::LogNormal { mu, sigma }),
        (0.05..20.0f64, 0.05..20.0f64).prop_map(|(a, b)| Distribution::Beta { a, b }),
    ]
}

proptest! {
    #[test]
    fn values_stay_inside_their_bounds(distribution in distributions(), u in 0.0..=1.0f64) {
        let (min, max) = distribution.bounds();
        let value = value_at(&continuous(distribution, None), u);
        let x = value.as_f64().unwrap();
        prop_assert!(x.is_finite() && min <= x && x <= max, "{x}");
        // Close to 1, the share of a beta distribution is finer than the numbers there.
        let is_resolved = !matches!(distribution, Distribution::Beta { .. }) || x < 1.0 - 1e-9;
        let is_ordinary = (1e-300..1e300).contains(&x.abs());
        if (1e-9..=0.999_999).contains(&u) && is_resolved && is_ordinary {
            let back = cdf(distribution, x);
            prop_assert!((back - u).abs() < 1e-6, "{distribution:?}: {u} came back as {back}");
        }
    }

    #[test]
    fn quantised_values_are_multiples_inside_their_bounds(
        distribution in distributions(),
        q in prop_oneof![Just(0.1), Just(1.0), Just(0.25), Just(8.0), 0.001..2.0f64],
        u in 0.0..=1.0f64,
    ) {
        let (min, max) = distribution.bounds();
        let has_multiple = (min / q).ceil() <= (max / q).floor();
        let value = value_at(&continuous(distribution, Some(q)), u);
        let x = value.as_f64().unwrap();
        prop_assert!(x.is_finite() && min <= x && x <= max, "{x}");
        if has_multiple && x.abs() < 1e9 {
            let steps = x / q;
            prop_assert!((steps - steps.round()).abs() < 1e-6, "{x} in steps of {q}");
            prop_assert!(q.fract() != 0.0 || value.is_i64());
        }
    }

    #[test]
    fn whole_numbers_stay_inside_their_bounds(a: i64, b: i64, u in 0.0..=1.0f64) {
        let (min, max) = (a.min(b), a.max(b));
        let whole = Parameter::IntUniform { min, max };
        let value = value_at(&whole, u);
        prop_assert!((min..=max).contains(&value.as_i64().unwrap()));
        prop_assert!((0.0..=1.0).contains(&position(&whole, &value).unwrap()));
    }

    #[test]
    fn the_same_seed_gives_the_same_trial(seed: u64, count in 0..16usize, is_bayes: bool) {
        let method = if is_bayes { Method::Bayes } else { Method::Random };
        let mut config = SweepConfig::new(method, mixed());
        config.metric = metric(false);
        let run = || carry_out(&config, count, seed, |parameters| {
            (TrialState::Finished, vec![loss(parameters)])
        });
        let trials = run();
        prop_assert_eq!(&trials, &run());
        trials.iter().for_each(|trial| assert_inside(&trial.parameters));
        let other = next(&config, &trials, seed ^ 1).unwrap();
        prop_assert_ne!(next(&config, &trials, seed).unwrap(), other);
    }
}
