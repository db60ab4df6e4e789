//! Parameters as axes from 0 to 1.

use gradus_schema::sweep::Parameter;
use serde_json::Value;

use crate::draws::Draws;
use crate::sweep::distribution::{choice_at, choice_of, position, value_at};
use crate::sweep::space::Space;
use crate::sweep::trial::Trial;

pub struct Axis<'a> {
    /// Which leaf of the space.
    pub leaf: usize,
    parameter: &'a Parameter,
    /// Whether nearby places can have the same value.
    is_stepped: bool,
}

impl<'a> Axis<'a> {
    /// One for every parameter that can take more than one value.
    pub fn all(space: &Space<'a>) -> Vec<Self> {
        let leaves = space.leaves.iter().enumerate();
        leaves
            .filter(|(_, leaf)| varies(leaf.parameter))
            .map(|(index, leaf)| Self {
                leaf: index,
                parameter: leaf.parameter,
                is_stepped: !matches!(leaf.parameter, Parameter::Continuous { q: None, .. }),
            })
            .collect()
    }

    /// Whether places are indices of a list, which are near or far from none.
    pub fn is_categorical(&self) -> bool {
        matches!(self.parameter, Parameter::Categorical { .. })
    }

    pub fn draw(&self, draws: &mut Draws) -> f64 {
        self.settle(draws.unit())
    }

    /// A place near `at`; on a list, now and then another one.
    pub fn nearby(&self, at: f64, deviation: f64, draws: &mut Draws) -> f64 {
        if self.is_categorical() {
            return match draws.chance(0.2) {
                true => self.draw(draws),
                false => at,
            };
        }
        let step = crate::special::normal_quantile(draws.unit().clamp(1e-12, 1.0 - 1e-12));
        let moved = at + step * deviation;
        // Back from the edge, so that the edge itself isn't tried all the time.
        let reflected = if moved < 0.0 { -moved } else { moved };
        let reflected = if reflected > 1.0 {
            2.0 - reflected
        } else {
            reflected
        };
        self.settle_number(reflected.clamp(0.0, 1.0))
    }

    /// The place of a share of the distribution: an index on a list, else the place of the value
    /// that it rounds to.
    fn settle(&self, u: f64) -> f64 {
        match self.parameter {
            Parameter::Categorical {
                values,
                probabilities,
            } => choice_at(values.len(), probabilities.as_deref(), u) as f64,
            _ => self.settle_number(u),
        }
    }

    fn settle_number(&self, u: f64) -> f64 {
        match self.is_stepped {
            true => position(self.parameter, &value_at(self.parameter, u)).unwrap_or(u),
            false => u,
        }
    }

    pub fn value(&self, at: f64) -> Value {
        match self.parameter {
            Parameter::Categorical { values, .. } => {
                values.get(at as usize).cloned().unwrap_or(Value::Null)
            }
            parameter => value_at(parameter, at),
        }
    }

    fn place_of(&self, value: &Value) -> Option<f64> {
        match self.parameter {
            Parameter::Categorical { values, .. } => Some(choice_of(values, value)? as f64),
            parameter => position(parameter, value),
        }
    }
}

/// `None` for a trial whose parameters aren't of this sweep.
pub fn point_of(space: &Space, axes: &[Axis], trial: &Trial) -> Option<Vec<f64>> {
    let places = axes.iter().map(|axis| {
        let value = space.leaves[axis.leaf].find(&trial.parameters)?;
        axis.place_of(value)
    });
    places.collect()
}

fn varies(parameter: &Parameter) -> bool {
    match parameter {
        Parameter::Constant(_) | Parameter::Nested(_) => false,
        Parameter::Categorical { .. } => parameter.choices() != Some(1),
        Parameter::IntUniform { min, max } => min < max,
        Parameter::Continuous { distribution, .. } => {
            let (min, max) = distribution.bounds();
            min < max
        }
    }
}
