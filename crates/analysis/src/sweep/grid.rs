//! Grid search: every combination once.

use std::collections::HashMap;
use std::collections::HashSet;

use gradus_schema::sweep::{Distribution, Parameter, value_identity};
use serde_json::Value;

use super::distribution::{decimals, number, rounded_to};
use super::space::Space;
use super::trial::{Parameters, Trial};

/// The first combination that no trial had, whatever became of it. The last parameter varies
/// fastest. Values that a list repeats count once.
///
/// Time and memory follow the trials, not the grid.
pub(super) fn first_untried(space: &Space, trials: &[Trial]) -> Option<Parameters> {
    let axes: Vec<Axis> = space
        .leaves
        .iter()
        .map(|leaf| Axis::of(leaf.parameter))
        .collect();
    let tried: HashSet<Vec<u64>> = trials
        .iter()
        .filter_map(|trial| {
            let indices = space.leaves.iter().zip(&axes).map(|(leaf, axis)| {
                // A constant names no point, so one that a run changed doesn't matter.
                match leaf.parameter {
                    Parameter::Constant(_) => Some(0),
                    _ => axis.index_of(leaf.find(&trial.parameters)?),
                }
            });
            indices.collect()
        })
        .collect();
    let mut point = vec![0; axes.len()];
    while tried.contains(&point) {
        advance(&mut point, &axes)?;
    }
    let values = axes
        .iter()
        .zip(&point)
        .map(|(axis, index)| axis.value(*index));
    Some(space.assemble(values.collect()))
}

/// The next point; `None` after the last.
fn advance(point: &mut [u64], axes: &[Axis]) -> Option<()> {
    for (index, axis) in point.iter_mut().zip(axes).rev() {
        *index += 1;
        if *index < axis.count() {
            return Some(());
        }
        *index = 0;
    }
    None
}

/// The values of one parameter, by index from 0.
enum Axis<'a> {
    Listed {
        values: Vec<&'a Value>,
        index: HashMap<String, u64>,
    },
    Whole {
        min: i64,
        count: u64,
    },
    Steps {
        min: f64,
        q: f64,
        count: u64,
    },
}

impl<'a> Axis<'a> {
    /// The parameter must be countable.
    fn of(parameter: &'a Parameter) -> Self {
        let count = parameter.choices().unwrap_or(1);
        match parameter {
            Parameter::Constant(value) => Self::listed(std::slice::from_ref(value)),
            Parameter::Categorical { values, .. } => Self::listed(values),
            Parameter::IntUniform { min, .. } => Self::Whole { min: *min, count },
            Parameter::Continuous {
                distribution: Distribution::Uniform { min, .. },
                q: Some(q),
            } => Self::Steps {
                min: *min,
                q: *q,
                count,
            },
            // Neither can be counted as a leaf, which `Space::check_countable` refuses.
            Parameter::Continuous { .. } | Parameter::Nested(_) => Self::listed(&[]),
        }
    }

    fn listed(values: &'a [Value]) -> Self {
        let mut different = Vec::new();
        let mut index = HashMap::new();
        for value in values {
            let next = different.len() as u64;
            index.entry(value_identity(value)).or_insert_with(|| {
                different.push(value);
                next
            });
        }
        Self::Listed {
            values: different,
            index,
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Listed { values, .. } => values.len() as u64,
            Self::Whole { count, .. } | Self::Steps { count, .. } => *count,
        }
    }

    fn value(&self, index: u64) -> Value {
        match self {
            Self::Listed { values, .. } => {
                let value = usize::try_from(index).ok().and_then(|at| values.get(at));
                value.map_or(Value::Null, |value| (*value).clone())
            }
            Self::Whole { min, .. } => Value::from(min.saturating_add_unsigned(index)),
            Self::Steps { min, q, .. } => {
                let digits = decimals(*min).max(decimals(*q));
                let value = rounded_to(min + index as f64 * q, digits);
                // Whole numbers only where every one of the axis is whole.
                number(value, if min.fract() == 0.0 { *q } else { *min })
            }
        }
    }

    fn index_of(&self, value: &Value) -> Option<u64> {
        match self {
            Self::Listed { index, .. } => index.get(&value_identity(value)).copied(),
            Self::Whole { min, count } => {
                let value = match value.as_i64() {
                    Some(value) => value,
                    None => value.as_f64().filter(|real| real.fract() == 0.0)? as i64,
                };
                let index = (value >= *min).then(|| value.abs_diff(*min))?;
                (index < *count).then_some(index)
            }
            Self::Steps { min, q, count } => {
                let steps = (value.as_f64()? - min) / q;
                let index = steps.round();
                let is_one = index >= 0.0 && (steps - index).abs() < 1e-6;
                (is_one && (index as u64) < *count).then_some(index as u64)
            }
        }
    }
}
