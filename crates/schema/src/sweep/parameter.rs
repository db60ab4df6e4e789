//! One parameter of a sweep: which values it may take.

use std::collections::HashSet;

use serde_json::{Number, Value};

#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    Constant(Value),
    Categorical {
        /// Never empty.
        values: Vec<Value>,
        /// As many as values, summing to 1; `None` when all are equally likely.
        probabilities: Option<Vec<f64>>,
    },
    /// Whole numbers, both ends included.
    IntUniform {
        min: i64,
        max: i64,
    },
    Continuous {
        distribution: Distribution,
        /// Rounded to the nearest multiple of it within the bounds.
        q: Option<f64>,
    },
    /// A group: its values become an object under the group's name.
    Nested(Vec<(String, Parameter)>),
}

/// Where a real number comes from. `min` is less than `max` (equal is a constant).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    Uniform {
        min: f64,
        max: f64,
    },
    /// The logarithm is uniform; `min` and `max` are values (positive).
    LogUniform {
        min: f64,
        max: f64,
    },
    /// The logarithm of 1/x is uniform between those of 1/max and 1/min; values too. That is the
    /// distribution of [`Self::LogUniform`] by another name.
    InvLogUniform {
        min: f64,
        max: f64,
    },
    Normal {
        mu: f64,
        sigma: f64,
    },
    /// The logarithm is normal.
    LogNormal {
        mu: f64,
        sigma: f64,
    },
    Beta {
        a: f64,
        b: f64,
    },
}

impl Distribution {
    /// The smallest and the largest possible value; infinite where there is none.
    pub fn bounds(self) -> (f64, f64) {
        match self {
            Self::Uniform { min, max }
            | Self::LogUniform { min, max }
            | Self::InvLogUniform { min, max } => (min, max),
            Self::Normal { .. } => (f64::NEG_INFINITY, f64::INFINITY),
            Self::LogNormal { .. } => (0.0, f64::INFINITY),
            Self::Beta { .. } => (0.0, 1.0),
        }
    }
}

impl Parameter {
    /// How many different values a grid tries; `None` where they can't be counted.
    ///
    /// Quantised uniform numbers go from min in steps of q and stop before max, as in wandb.
    pub fn choices(&self) -> Option<u64> {
        match self {
            Self::Constant(_) => Some(1),
            Self::Categorical { values, .. } => {
                let different: HashSet<String> = values.iter().map(value_identity).collect();
                u64::try_from(different.len()).ok()
            }
            Self::IntUniform { min, max } => max.abs_diff(*min).checked_add(1),
            Self::Continuous {
                distribution: Distribution::Uniform { min, max },
                q: Some(q),
            } => {
                let steps = ((max - min) / q).ceil();
                (steps < 1e15).then_some((steps as u64).max(1))
            }
            Self::Continuous { .. } => None,
            Self::Nested(inner) => {
                let choices = inner.iter().map(|(_, parameter)| parameter.choices());
                let all: Option<Vec<u64>> = choices.collect();
                Some(all?.into_iter().fold(1, u64::saturating_mul))
            }
        }
    }
}

/// A text that two JSON values share exactly when they mean the same: 3 and 3.0 do, so do objects
/// with the same keys in another order; `true`, 1 and "1" differ.
pub fn value_identity(value: &Value) -> String {
    match value {
        Value::Number(number) => number_identity(number),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(value_identity).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(fields) => {
            let mut fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", value_identity(value)))
                .collect();
            fields.sort_unstable();
            format!("{{{}}}", fields.join(","))
        }
        other => other.to_string(),
    }
}

fn number_identity(number: &Number) -> String {
    match number.as_f64() {
        Some(real) if !number.is_f64() => match real.abs() < 9e15 {
            true => (real as i64).to_string(),
            false => number.to_string(),
        },
        Some(real) if real.fract() == 0.0 && real.abs() < 9e15 => (real as i64).to_string(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_share_an_identity() {
        let same = |a: Value, b: Value| value_identity(&a) == value_identity(&b);
        assert!(same(json!(3), json!(3.0)));
        assert!(same(json!(-0.0), json!(0)));
        assert!(same(json!({"a": 1, "b": [2.0]}), json!({"b": [2], "a": 1})));
        assert!(!same(json!(true), json!(1)));
        assert!(!same(json!("1"), json!(1)));
        assert!(!same(json!(0.1), json!(0.2)));
        assert!(!same(json!(u64::MAX), json!(u64::MAX - 1)));
        assert!(!same(json!([1, 2]), json!(["1,2"])));
    }

    #[test]
    fn choices_are_those_that_differ() {
        let categorical = |values| Parameter::Categorical {
            values,
            probabilities: None,
        };
        let choices = categorical(vec![json!(1), json!(1.0), json!("1")]).choices();
        assert_eq!(choices, Some(2));
        let steps = |min, max, q| Parameter::Continuous {
            distribution: Distribution::Uniform { min, max },
            q: Some(q),
        };
        assert_eq!(steps(0.0, 1.0, 0.5).choices(), Some(2));
        assert_eq!(steps(0.0, 1.0, 0.3).choices(), Some(4));
        assert_eq!(steps(0.0, 1.0, 1e-300).choices(), None);
        let wide = Parameter::IntUniform {
            min: i64::MIN,
            max: i64::MAX,
        };
        assert_eq!(wide.choices(), None);
    }
}
