//! Sweep configurations as people write them.

use gradus_schema::sweep::{Distribution, Hyperband, Method, Parameter, SweepConfig, SweepMetric};
use proptest::prelude::*;
use serde_json::json;

fn parse(text: &str) -> SweepConfig {
    super::parse(text).unwrap()
}

fn problem(text: &str) -> String {
    super::parse(text).unwrap_err().to_string()
}

/// The parameter of a random search, written in YAML's flow style.
fn parameter(text: &str) -> Parameter {
    let config = parse(&format!("method: random\nparameters:\n  p: {text}\n"));
    config.parameters.into_iter().next().unwrap().1
}

fn parameter_problem(text: &str) -> String {
    problem(&format!("method: random\nparameters:\n  p: {text}\n"))
}

#[test]
fn a_whole_configuration() {
    let config = parse(
        "program: train.py
method: bayes
name: first
run_cap: 30
metric: {name: val/loss, goal: minimize, target: 0.1}
early_terminate: {type: hyperband, max_iter: 27, s: 2, eta: 2, strict: true}
command: ['${env}', python, '${program}', 7]
parameters:
  lr: {distribution: log_uniform_values, min: 1.0e-5, max: 0.1}
  opt:
    parameters:
      name: {values: [adam, sgd]}
      beta: {value: 0.9}
",
    );
    assert_eq!(config.method, Method::Bayes);
    let metric = SweepMetric {
        name: "val/loss".into(),
        is_maximized: false,
        target: Some(0.1),
    };
    assert_eq!(config.metric, Some(metric));
    let band = Hyperband {
        min_iter: None,
        max_iter: Some(27),
        s: Some(2),
        eta: 2.0,
        is_strict: true,
    };
    assert_eq!(config.early_terminate, Some(band));
    assert_eq!(config.command, ["${env}", "python", "${program}", "7"]);
    let names = Parameter::Categorical {
        values: vec![json!("adam"), json!("sgd")],
        probabilities: None,
    };
    let opt = vec![
        ("name".to_owned(), names),
        ("beta".to_owned(), Parameter::Constant(json!(0.9))),
    ];
    let lr = Parameter::Continuous {
        distribution: Distribution::LogUniform {
            min: 1e-5,
            max: 0.1,
        },
        q: None,
    };
    let expected = [
        ("lr".to_owned(), lr),
        ("opt".to_owned(), Parameter::Nested(opt)),
    ];
    assert_eq!(config.parameters, expected);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert_eq!(
        (config.grid_size(), config.expected_runs()),
        (None, Some(30))
    );
}

#[test]
fn distributions_by_name_and_by_what_is_given() {
    let continuous = |distribution, q| Parameter::Continuous { distribution, q };
    for (text, expected) in [
        ("{min: 1, max: 4}", Parameter::IntUniform { min: 1, max: 4 }),
        (
            "{distribution: int_uniform, min: 4.0, max: 10.0}",
            Parameter::IntUniform { min: 4, max: 10 },
        ),
        (
            "{min: 0, max: 0.5}",
            continuous(Distribution::Uniform { min: 0.0, max: 0.5 }, None),
        ),
        (
            "{distribution: q_uniform, min: 0, max: 10, q: 2.5}",
            continuous(
                Distribution::Uniform {
                    min: 0.0,
                    max: 10.0,
                },
                Some(2.5),
            ),
        ),
        (
            "{distribution: log_uniform, min: -1, max: 1}",
            continuous(
                Distribution::LogUniform {
                    min: (-1f64).exp(),
                    max: 1f64.exp(),
                },
                None,
            ),
        ),
        (
            "{distribution: q_log_uniform_values, min: 8, max: 256}",
            continuous(
                Distribution::LogUniform {
                    min: 8.0,
                    max: 256.0,
                },
                Some(1.0),
            ),
        ),
        (
            "{distribution: inv_log_uniform_values, min: 0.5, max: 2}",
            continuous(Distribution::InvLogUniform { min: 0.5, max: 2.0 }, None),
        ),
        (
            "{mu: 2}",
            continuous(
                Distribution::Normal {
                    mu: 2.0,
                    sigma: 1.0,
                },
                None,
            ),
        ),
        (
            "{distribution: q_log_normal, sigma: 0.5, q: 0.1}",
            continuous(
                Distribution::LogNormal {
                    mu: 0.0,
                    sigma: 0.5,
                },
                Some(0.1),
            ),
        ),
        (
            "{distribution: beta, a: 2}",
            continuous(Distribution::Beta { a: 2.0, b: 1.0 }, None),
        ),
        ("{value: null}", Parameter::Constant(json!(null))),
        (
            "{values: [1, x, null], probabilities: [0.5, 0.25, 0.25]}",
            Parameter::Categorical {
                values: vec![json!(1), json!("x"), json!(null)],
                probabilities: Some(vec![0.5, 0.25, 0.25]),
            },
        ),
    ] {
        assert_eq!(parameter(text), expected, "{text}");
    }
}

#[test]
fn grids_are_counted_and_must_be_countable() {
    let grid = |parameters: &str| format!("method: grid\nparameters: {{{parameters}}}");
    let config = parse(&grid(
        "a: {values: [1, 2, 3]}, b: {min: 1, max: 4}, c: {value: x}, \
         d: {parameters: {e: {values: [1, 2]}, f: {distribution: q_uniform, min: 0, max: 1, q: 0.5}}}",
    ));
    assert_eq!(config.grid_size(), Some(3 * 4 * 2 * 2));
    assert_eq!(config.expected_runs(), Some(48));
    let config = parse(&grid("a: {values: [1, 2], probabilities: [0.5, 0.5]}"));
    assert!(config.warnings[0].contains("a.probabilities: a grid tries every value once"));
    let text = problem(&grid("d: {parameters: {e: {min: 0.5, max: 1}}}"));
    assert!(
        text.contains("parameters.d.e: a grid needs a finite number"),
        "{text}"
    );
}

#[test]
fn warnings_name_the_nearest_key() {
    let config = parse(
        "method: random
metric: {name: loss, gaol: minimize}
early_termination: {type: hyperband}
parameters:
  lr: {min: '1e-4', max: 0.1, distribusion: uniform}
  wd: {distribution: log_uniform, min: 0.0001, max: 0.1}
",
    );
    let has = |part: &str| config.warnings.iter().any(|warning| warning.contains(part));
    assert!(has(
        "early_termination: this key is not known and has no effect, did you mean 'early_terminate'?"
    ));
    assert!(has("metric.gaol"));
    assert!(has("parameters.lr.distribusion"));
    assert!(has(
        "parameters.lr.min: the text '1e-4' is taken as a number"
    ));
    assert!(has("parameters.wd: min and max are exponents of e"));
}

#[test]
fn what_cannot_be_searched_is_an_error() {
    for (text, expected) in [
        ("", "(top)"),
        ("- a", "a mapping"),
        ("method: bayse", "did you mean 'bayes'"),
        ("parameters: {a: {value: 1}}", "method: it is missing"),
        ("method: random", "parameters: it is missing"),
        ("method: random\nparameters: {}", "parameters: a mapping"),
        (
            "method: bayes\nparameters: {a: {value: 1}}",
            "metric: bayes",
        ),
        (
            "method: random\nrun_cap: 0\nparameters: {a: {value: 1}}",
            "run_cap",
        ),
        (
            "method: random\nearly_terminate: {type: hyperband, min_iter: 3}\nparameters: {a: {value: 1}}",
            "metric: early_terminate",
        ),
        (
            "method: random\nmetric: {name: l}\nearly_terminate: {type: hyperband}\nparameters: {a: {value: 1}}",
            "either min_iter, or both",
        ),
        (
            "method: random\nmetric: {name: l}\nearly_terminate: {type: hyperband, max_iter: 2, s: 1}\nparameters: {a: {value: 1}}",
            "max_iter: it must be at least eta",
        ),
        (
            "method: random\nmetric: {name: l, goal: min}\nparameters: {a: {value: 1}}",
            "did you mean 'minimize'",
        ),
    ] {
        let found = problem(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
}

#[test]
fn parameters_that_say_too_little_or_nonsense() {
    for (text, expected) in [
        ("0.1", "write {value: 0.1}"),
        ("{}", "one of value, values, or min and max"),
        ("{min: 1}", "one of value"),
        ("{min: 3, max: 1}", "min 3 is more than max 1"),
        (
            "{distribution: int_uniform, min: 0.5, max: 1}",
            "p.min: a whole number",
        ),
        (
            "{distribution: uniform, min: a, max: 1}",
            "p.min: a finite number",
        ),
        ("{distribution: uniform, min: .nan, max: 1}", "non-finite"),
        (
            "{distribution: log_uniform_values, min: 0, max: 1}",
            "more than 0",
        ),
        (
            "{distribution: log_uniform, min: 1, max: 1000}",
            "did you mean 'log_uniform_values'",
        ),
        (
            "{distribution: log_unifrom, min: 1, max: 2}",
            "is no distribution, did you mean 'log_uniform",
        ),
        (
            "{distribution: q_log_uniform_values, min: 0.00001, max: 0.1}",
            "no multiple of q = 1 lies between 0.00001 and 0.1",
        ),
        ("{distribution: q_constant, value: 1}", "is no distribution"),
        (
            "{distribution: normal, sigma: 0}",
            "p.sigma: it must be more than 0",
        ),
        ("{values: []}", "at least one value"),
        (
            "{values: [1, 2], probabilities: [1]}",
            "there are 1 for 2 values",
        ),
        ("{values: [1, 2], probabilities: [0.5, 0.6]}", "not to 1"),
    ] {
        let found = parameter_problem(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_configuration_or_a_complaint(text in "[a-z:{}\\[\\] \n.0-9-]{0,100}") {
        let _ = super::parse(&text);
        let _ = super::parse(&format!("method: grid\nparameters: {text}"));
    }
}
