//! How good and how fast sweeps search: `cargo run --release -p gradus-analysis --example
//! sweep_figures`.
//!
//! Best value found after N trials, the median of 20 seeds, on functions with a known minimum; then
//! the time of one suggestion.

use std::f64::consts::PI;
use std::time::Instant;

use gradus_analysis::special::normal_quantile;
use gradus_analysis::sweep::{Parameters, Suggestion, Trial, TrialState, next};
use gradus_analysis::{Draws, Result, stats};
use gradus_schema::sweep::{Distribution, Method, Parameter, SweepConfig, SweepMetric};

const SEEDS: u64 = 20;
const AFTER: [usize; 4] = [10, 25, 50, 100];

struct Problem {
    name: &'static str,
    minimum: f64,
    parameters: Vec<(String, Parameter)>,
    value: fn(&[f64]) -> f64,
    /// Deviation of what the search is told from the value.
    noise: f64,
}

fn main() -> Result<()> {
    println!("best found minus minimum, median of {SEEDS} seeds");
    println!(
        "{:<22} {:<7} {:>10} {:>10} {:>10} {:>10}",
        "", "after", 10, 25, 50, 100
    );
    for problem in problems() {
        for method in [Method::Random, Method::Bayes] {
            let regrets = regrets(&problem, method)?;
            let cells = regrets.map(|regret| format!("{regret:>10.5}"));
            println!(
                "{:<22} {:<7} {}",
                problem.name,
                method.name(),
                cells.join(" ")
            );
        }
    }
    println!("\none bayes suggestion, median of 9");
    for (trials, axes) in [(20, 10), (50, 10), (100, 10), (200, 10), (1000, 10)] {
        println!(
            "{trials:>5} trials x {axes} parameters: {:.1} ms",
            suggestion_ms(trials, axes)?
        );
    }
    Ok(())
}

fn problems() -> Vec<Problem> {
    let unit = |count: usize| -> Vec<(String, Parameter)> {
        (0..count).map(|axis| uniform(axis, 0.0, 1.0)).collect()
    };
    let log = |axis: usize| {
        let distribution = Distribution::LogUniform {
            min: 1e-6,
            max: 1.0,
        };
        (
            name(axis),
            Parameter::Continuous {
                distribution,
                q: None,
            },
        )
    };
    vec![
        Problem {
            name: "Branin (2)",
            minimum: 0.397_887,
            parameters: vec![uniform(0, -5.0, 10.0), uniform(1, 0.0, 15.0)],
            value: branin,
            noise: 0.0,
        },
        Problem {
            name: "Hartmann (6)",
            minimum: -3.322_37,
            parameters: unit(6),
            value: hartmann6,
            noise: 0.0,
        },
        Problem {
            name: "Hartmann (6), noisy",
            minimum: -3.322_37,
            parameters: unit(6),
            value: hartmann6,
            noise: 0.3,
        },
        Problem {
            name: "log quadratic (4)",
            minimum: 0.0,
            parameters: (0..4).map(log).collect(),
            value: log_quadratic,
            noise: 0.0,
        },
    ]
}

fn name(axis: usize) -> String {
    format!("x{axis:02}")
}

fn uniform(axis: usize, min: f64, max: f64) -> (String, Parameter) {
    let distribution = Distribution::Uniform { min, max };
    (
        name(axis),
        Parameter::Continuous {
            distribution,
            q: None,
        },
    )
}

fn config(method: Method, parameters: Vec<(String, Parameter)>) -> SweepConfig {
    let mut config = SweepConfig::new(method, parameters);
    config.metric = Some(SweepMetric {
        name: "value".to_owned(),
        is_maximized: false,
        target: None,
    });
    config
}

/// After each count of [`AFTER`]; by the values themselves, whatever noise the search sees.
fn regrets(problem: &Problem, method: Method) -> Result<[f64; 4]> {
    let config = config(method, problem.parameters.clone());
    let mut regrets: [Vec<f64>; 4] = Default::default();
    for seed in 0..SEEDS {
        let mut noise = Draws::stream(seed, u64::MAX);
        let (mut trials, mut values) = (Vec::new(), Vec::new());
        while trials.len() < AFTER[3] {
            let Suggestion::Run(parameters) = next(&config, &trials, seed)? else {
                break;
            };
            let value = (problem.value)(&numbers(&parameters));
            let error = problem.noise * normal_quantile(noise.unit().clamp(1e-12, 1.0 - 1e-12));
            trials.push(finished(parameters, value + error));
            values.push(value);
        }
        for (regrets, after) in regrets.iter_mut().zip(AFTER) {
            let best = values[..after]
                .iter()
                .copied()
                .fold(f64::INFINITY, f64::min);
            regrets.push(best - problem.minimum);
        }
    }
    Ok(regrets.map(|regrets| median(&regrets)))
}

fn numbers(parameters: &Parameters) -> Vec<f64> {
    let each = parameters.values();
    each.map(|value| value.as_f64().unwrap_or(f64::NAN))
        .collect()
}

fn finished(parameters: Parameters, value: f64) -> Trial {
    Trial {
        id: String::new(),
        parameters,
        state: TrialState::Finished,
        history: vec![value],
    }
}

fn median(values: &[f64]) -> f64 {
    stats::median(values).unwrap_or(f64::NAN)
}

fn suggestion_ms(count: usize, axes: usize) -> Result<f64> {
    let parameters: Vec<_> = (0..axes).map(|axis| uniform(axis, 0.0, 1.0)).collect();
    let mut config = config(Method::Random, parameters);
    let mut trials: Vec<Trial> = Vec::new();
    while trials.len() < count {
        if let Suggestion::Run(parameters) = next(&config, &trials, 0)? {
            let value = numbers(&parameters).iter().map(|x| (x - 0.3).powi(2)).sum();
            trials.push(finished(parameters, value));
        }
    }
    config.method = Method::Bayes;
    let mut times = Vec::new();
    for seed in 0..9 {
        let start = Instant::now();
        std::hint::black_box(next(&config, &trials, seed)?);
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(median(&times))
}

/// Three equal minima; x in -5 to 10, y in 0 to 15.
fn branin(x: &[f64]) -> f64 {
    let bend = x[1] - 5.1 / (4.0 * PI * PI) * x[0] * x[0] + 5.0 / PI * x[0] - 6.0;
    bend * bend + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x[0].cos() + 10.0
}

/// Dixon and Szegő's function of six numbers from 0 to 1.
fn hartmann6(x: &[f64]) -> f64 {
    const ALPHA: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const A: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const P: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    let term = |row: usize| {
        let sum: f64 = (0..6).map(|k| A[row][k] * (x[k] - P[row][k]).powi(2)).sum();
        ALPHA[row] * (-sum).exp()
    };
    -(0..4).map(term).sum::<f64>()
}

/// As a loss follows rates: the logarithms count, and not all alike.
fn log_quadratic(x: &[f64]) -> f64 {
    let terms = [(-3.0, 1.0), (-2.0, 0.3), (-4.5, 0.1), (-1.0, 0.01)];
    let each = x.iter().zip(terms);
    each.map(|(x, (best, weight))| weight * (x.log10() - best).powi(2))
        .sum()
}
