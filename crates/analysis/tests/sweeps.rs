//! Sweeps against wandb's own `sweeps` package; `golden/write_sweeps.py` wrote the values.

#![expect(clippy::unwrap_used, reason = "a test that can not go on ends")]

use gradus_analysis::sweep::{
    Suggestion, Trial, TrialState, bracket_ends, cdf, next, stop, value_at,
};
use gradus_schema::sweep::{
    Distribution, Hyperband, Method, Parameter, SweepConfig, SweepMetric, value_identity,
};
use serde_json::{Map, Value};

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/sweeps.json")).unwrap()
}

/// The parameters of the golden file, which names every distribution that isn't obvious.
fn parameter(fields: &Value) -> Parameter {
    let real = |key: &str| fields[key].as_f64().unwrap();
    let whole = |key: &str| fields[key].as_i64().unwrap();
    if let Some(inner) = fields["parameters"].as_object() {
        return Parameter::Nested(parameters(inner));
    }
    if let Some(values) = fields["values"].as_array() {
        let probabilities = fields["probabilities"].as_array();
        return Parameter::Categorical {
            values: values.clone(),
            probabilities: probabilities
                .map(|list| list.iter().map(|one| one.as_f64().unwrap()).collect()),
        };
    }
    let name = fields["distribution"].as_str().unwrap_or("");
    let distribution = match name.strip_prefix("q_").unwrap_or(name) {
        "" if fields.get("value").is_some() => {
            return Parameter::Constant(fields["value"].clone());
        }
        "" | "int_uniform" => {
            let (min, max) = (whole("min"), whole("max"));
            return Parameter::IntUniform { min, max };
        }
        "uniform" => Distribution::Uniform {
            min: real("min"),
            max: real("max"),
        },
        "log_uniform" => Distribution::LogUniform {
            min: real("min").exp(),
            max: real("max").exp(),
        },
        "log_uniform_values" => Distribution::LogUniform {
            min: real("min"),
            max: real("max"),
        },
        "inv_log_uniform" => Distribution::InvLogUniform {
            min: (-real("max")).exp(),
            max: (-real("min")).exp(),
        },
        "inv_log_uniform_values" => Distribution::InvLogUniform {
            min: real("min"),
            max: real("max"),
        },
        "normal" => Distribution::Normal {
            mu: real("mu"),
            sigma: real("sigma"),
        },
        "log_normal" => Distribution::LogNormal {
            mu: real("mu"),
            sigma: real("sigma"),
        },
        "beta" => Distribution::Beta {
            a: real("a"),
            b: real("b"),
        },
        other => panic!("{other} is not in the golden file"),
    };
    let q = name.starts_with("q_").then(|| real("q"));
    Parameter::Continuous { distribution, q }
}

fn parameters(fields: &Map<String, Value>) -> Vec<(String, Parameter)> {
    let each = fields
        .iter()
        .map(|(name, fields)| (name.clone(), parameter(fields)));
    each.collect()
}

#[track_caller]
fn assert_same(found: &Value, expected: &Value, what: &str) {
    match (found.as_f64(), expected.as_f64()) {
        (Some(found), Some(expected)) => {
            let error = (found - expected).abs();
            assert!(
                error <= 1e-9 * expected.abs().max(1e-6),
                "{what}: {found} is not {expected}"
            );
        }
        _ => assert_eq!(found, expected, "{what}"),
    }
}

#[test]
fn distributions_agree_with_wandb() {
    let golden = golden();
    let cases = golden["distributions"].as_array().unwrap();
    assert_eq!(cases.len(), 19);
    for case in cases {
        let parameter = parameter(&case["parameter"]);
        let name = case["parameter"].to_string();
        for pair in case["quantiles"].as_array().unwrap() {
            let found = value_at(&parameter, pair[0].as_f64().unwrap());
            assert_same(&found, &pair[1], &format!("{name} at {}", pair[0]));
        }
        let Parameter::Continuous { distribution, .. } = parameter else {
            continue;
        };
        for pair in case["cdf"].as_array().unwrap_or(&Vec::new()) {
            let found = cdf(distribution, pair[0].as_f64().unwrap());
            assert_same(&Value::from(found), &pair[1], &format!("{name} cdf"));
        }
    }
}

#[test]
fn grids_come_in_the_order_of_wandb() {
    let golden = golden();
    for case in golden["grids"].as_array().unwrap() {
        let config = SweepConfig::new(
            Method::Grid,
            parameters(case["parameters"].as_object().unwrap()),
        );
        let expected = case["runs"].as_array().unwrap();
        assert_eq!(config.grid_size(), Some(expected.len() as u64));
        let mut trials = Vec::new();
        for run in expected {
            let Suggestion::Run(found) = next(&config, &trials, 0).unwrap() else {
                panic!("the grid ended before {run}");
            };
            assert_eq!(
                value_identity(&Value::Object(found.clone())),
                value_identity(run)
            );
            trials.push(Trial {
                id: trials.len().to_string(),
                parameters: found,
                state: TrialState::Crashed,
                history: Vec::new(),
            });
        }
        assert_eq!(next(&config, &trials, 0).unwrap(), Suggestion::Exhausted);
    }
}

#[test]
fn hyperband_stops_what_wandb_stops() {
    let golden = golden();
    let mut stopped_in_all = 0;
    for case in golden["hyperbands"].as_array().unwrap() {
        let fields = &case["early_terminate"];
        let band = Hyperband {
            min_iter: fields["min_iter"].as_u64(),
            max_iter: fields["max_iter"].as_u64(),
            s: fields["s"].as_u64(),
            eta: fields["eta"].as_f64().unwrap(),
            is_strict: fields["strict"].as_bool().unwrap(),
        };
        let longest = case["longest"].as_u64().unwrap();
        let ends: Vec<Value> = bracket_ends(&band, usize::try_from(longest).unwrap())
            .into_iter()
            .map(Value::from)
            .collect();
        assert_eq!(Value::Array(ends), case["ends"], "{fields}");
        let mut config = SweepConfig::new(Method::Random, Vec::new());
        config.early_terminate = Some(band);
        config.metric = Some(SweepMetric {
            name: "loss".to_owned(),
            is_maximized: case["goal"] == "maximize",
            target: None,
        });
        let trials: Vec<Trial> = case["trials"]
            .as_array()
            .unwrap()
            .iter()
            .map(trial)
            .collect();
        let expected: Vec<&str> = case["stopped"]
            .as_array()
            .unwrap()
            .iter()
            .map(|id| id.as_str().unwrap())
            .collect();
        assert_eq!(stop(&config, &trials), expected, "{fields}");
        stopped_in_all += expected.len();
    }
    assert!(stopped_in_all > 20, "{stopped_in_all}");
}

fn trial(fields: &Value) -> Trial {
    let history = fields["history"].as_array().unwrap().iter();
    Trial {
        id: fields["id"].as_str().unwrap().to_owned(),
        parameters: Map::new(),
        state: match fields["state"].as_str().unwrap() {
            "running" => TrialState::Running,
            "finished" => TrialState::Finished,
            "crashed" => TrialState::Crashed,
            "pending" => TrialState::Pending,
            other => panic!("{other} is not in the golden file"),
        },
        history: history
            .map(|one| one.as_f64().unwrap_or(f64::NAN))
            .collect(),
    }
}
