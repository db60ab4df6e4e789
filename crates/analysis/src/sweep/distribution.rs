//! Values by their place in a distribution: u in 0 to 1 → value, and back.
//!
//! Formulas as in wandb's `sweeps` package, against which `tests/sweeps.rs` checks them.

use gradus_schema::sweep::{Distribution, Parameter, value_identity};
use serde_json::Value;

use crate::special::{beta_inc, normal_cdf, normal_quantile};

/// The value of a parameter below which a share `u` of its distribution lies, quantised and within
/// its bounds. `u` is clamped to 0 to 1. Groups have no value of their own: null.
pub fn value_at(parameter: &Parameter, u: f64) -> Value {
    match parameter {
        Parameter::Constant(value) => value.clone(),
        Parameter::Categorical {
            values,
            probabilities,
        } => values[choice_at(values.len(), probabilities.as_deref(), u)].clone(),
        Parameter::IntUniform { min, max } => Value::from(whole_at(*min, *max, u)),
        Parameter::Continuous {
            distribution,
            q: None,
        } => Value::from(quantile(*distribution, u)),
        Parameter::Continuous {
            distribution,
            q: Some(q),
        } => quantised(*distribution, *q, quantile(*distribution, u)),
        Parameter::Nested(_) => Value::Null,
    }
}

/// Where a value lies, in 0 to 1; a whole number lies in the middle of its share. `None` for a value
/// that the parameter can't have had, for constants and for groups.
pub fn position(parameter: &Parameter, value: &Value) -> Option<f64> {
    match parameter {
        Parameter::Constant(_) | Parameter::Nested(_) => None,
        Parameter::Categorical { values, .. } => {
            let place = choice_of(values, value)? as f64;
            Some((place + 0.5) / values.len() as f64)
        }
        Parameter::IntUniform { min, max } => {
            let number = value.as_f64().filter(|number| number.is_finite())?;
            let count = max.abs_diff(*min) as f64 + 1.0;
            Some(((number - *min as f64 + 0.5) / count).clamp(0.0, 1.0))
        }
        Parameter::Continuous { distribution, .. } => {
            let number = value.as_f64().filter(|number| number.is_finite())?;
            Some(cdf(*distribution, number).clamp(0.0, 1.0))
        }
    }
}

/// The index of the value that `u` falls on.
pub(super) fn choice_at(count: usize, probabilities: Option<&[f64]>, u: f64) -> usize {
    let last = count.saturating_sub(1);
    let Some(probabilities) = probabilities else {
        return ((u * count as f64) as usize).min(last);
    };
    let mut sum = 0.0;
    for (index, probability) in probabilities.iter().enumerate() {
        sum += probability;
        if u < sum {
            return index.min(last);
        }
    }
    // Rounding left a sliver above the sum: it belongs to the last value that can come at all.
    let possible = probabilities.iter().rposition(|one| *one > 0.0);
    possible.unwrap_or(last).min(last)
}

pub(super) fn choice_of(values: &[Value], value: &Value) -> Option<usize> {
    let wanted = value_identity(value);
    values.iter().position(|one| value_identity(one) == wanted)
}

fn whole_at(min: i64, max: i64, u: f64) -> i64 {
    let count = max.abs_diff(min) as f64 + 1.0;
    let steps = (u.clamp(0.0, 1.0) * count) as u64;
    min.saturating_add_unsigned(steps).clamp(min, max)
}

/// The x with P(X ≤ x) = `u`, finite and within the bounds.
pub fn quantile(distribution: Distribution, u: f64) -> f64 {
    // Half a step of a random draw from the ends, where a normal distribution is infinite.
    let u = u.clamp(f64::EPSILON / 4.0, 1.0 - f64::EPSILON / 2.0);
    let x = match distribution {
        Distribution::Uniform { min, max } => between(min, max, u),
        Distribution::LogUniform { min, max } | Distribution::InvLogUniform { min, max } => {
            between(min.ln(), max.ln(), u).exp()
        }
        Distribution::Normal { mu, sigma } => mu + sigma * normal_quantile(u),
        Distribution::LogNormal { mu, sigma } => (mu + sigma * normal_quantile(u)).exp(),
        Distribution::Beta { a, b } => beta_quantile(a, b, u),
    };
    let (min, max) = distribution.bounds();
    x.clamp(min.max(f64::MIN), max.min(f64::MAX))
}

/// P(X ≤ x).
pub fn cdf(distribution: Distribution, x: f64) -> f64 {
    match distribution {
        Distribution::Uniform { min, max } => share(min, max, x),
        Distribution::LogUniform { min, max } | Distribution::InvLogUniform { min, max } => {
            match x > 0.0 {
                true => share(min.ln(), max.ln(), x.ln()),
                false => 0.0,
            }
        }
        Distribution::Normal { mu, sigma } => normal_cdf((x - mu) / sigma),
        Distribution::LogNormal { mu, sigma } => match x > 0.0 {
            true => normal_cdf((x.ln() - mu) / sigma),
            false => 0.0,
        },
        Distribution::Beta { a, b } => beta_inc(a, b, x),
    }
}

/// Without overflow however far apart they are.
fn between(min: f64, max: f64, u: f64) -> f64 {
    match (max - min).is_finite() {
        true => min + u * (max - min),
        false => min * (1.0 - u) + max * u,
    }
}

fn share(min: f64, max: f64, x: f64) -> f64 {
    match max > min {
        true => ((x / 2.0 - min / 2.0) / (max / 2.0 - min / 2.0)).clamp(0.0, 1.0),
        false => 0.5,
    }
}

/// By halving: the incomplete beta function only grows.
fn beta_quantile(a: f64, b: f64, u: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    // Near 0 halving goes on through the exponents, so small values keep their digits.
    for _ in 0..1_100 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        match beta_inc(a, b, middle) < u {
            true => low = middle,
            false => high = middle,
        }
        if high - low <= 1e-15 * high {
            break;
        }
    }
    low + (high - low) / 2.0
}

/// The multiple of `q` nearest to `x` within the bounds: a whole number where `q` is one. Where no
/// multiple lies within them, or they lie too dense to count, `x` itself.
fn quantised(distribution: Distribution, q: f64, x: f64) -> Value {
    let (min, max) = distribution.bounds();
    // A bound such as 0.3 counts as a multiple of 0.1, though their quotient is a hair off.
    let slack = |steps: f64| steps.abs().max(1.0) * 1e-12;
    let lowest = (min / q - slack(min / q)).ceil();
    let highest = (max / q + slack(max / q)).floor();
    let steps = (x / q).round();
    if lowest > highest || !steps.is_finite() {
        return Value::from(x);
    }
    let steps = steps.clamp(lowest, highest);
    number(
        multiple(steps, q).clamp(min.max(f64::MIN), max.min(f64::MAX)),
        q,
    )
}

/// `steps * q` as people write it: 3 times 0.1 is 0.3.
pub(super) fn multiple(steps: f64, q: f64) -> f64 {
    rounded_to(steps * q, decimals(q))
}

/// Digits after the point of a number's shortest form.
pub(super) fn decimals(number: f64) -> usize {
    let text = number.to_string();
    text.split_once('.').map_or(0, |(_, digits)| digits.len())
}

pub(super) fn rounded_to(number: f64, decimals: usize) -> f64 {
    // From 15 digits on, rounding would change what was meant.
    match decimals <= 15 && number.abs() < 1e15 {
        true => format!("{number:.decimals$}").parse().unwrap_or(number),
        false => number,
    }
}

/// A whole number where the step is one: `8`, which any argument parser takes, and not `8.0`.
pub(super) fn number(value: f64, step: f64) -> Value {
    match step.fract() == 0.0 && value.fract() == 0.0 && value.abs() < 9e15 {
        true => Value::from(value as i64),
        false => Value::from(value),
    }
}
