//! One parameter of a sweep, as it is written.

use gradus_schema::nearest::did_you_mean;
use gradus_schema::sweep::{Distribution, Parameter};
use serde_json::{Map, Value};

use super::{Reader, problem};
use crate::error::Result;

const KEYS: [&str; 11] = [
    "value",
    "values",
    "probabilities",
    "distribution",
    "min",
    "max",
    "q",
    "mu",
    "sigma",
    "a",
    "b",
];

const DISTRIBUTIONS: [&str; 18] = [
    "constant",
    "categorical",
    "categorical_w_probabilities",
    "int_uniform",
    "uniform",
    "q_uniform",
    "log_uniform",
    "log_uniform_values",
    "q_log_uniform",
    "q_log_uniform_values",
    "inv_log_uniform",
    "inv_log_uniform_values",
    "normal",
    "q_normal",
    "log_normal",
    "q_log_normal",
    "beta",
    "q_beta",
];

impl Reader {
    pub(super) fn parameters(
        &mut self,
        place: &str,
        parameters: &Map<String, Value>,
    ) -> Result<Vec<(String, Parameter)>> {
        let mut read = Vec::with_capacity(parameters.len());
        for (name, value) in parameters {
            let parameter = self.parameter(&format!("{place}.{name}"), value)?;
            read.push((name.clone(), parameter));
        }
        Ok(read)
    }

    fn parameter(&mut self, place: &str, value: &Value) -> Result<Parameter> {
        let Value::Object(fields) = value else {
            let text = format!("a mapping is wanted; for a constant write {{value: {value}}}");
            return Err(problem(place, text));
        };
        if let Some(Value::Object(inner)) = fields.get("parameters") {
            self.warn_of_unknown(&format!("{place}."), fields, &["parameters"]);
            return Ok(Parameter::Nested(self.parameters(place, inner)?));
        }
        self.warn_of_unknown(&format!("{place}."), fields, &KEYS);
        let distribution = match fields.get("distribution") {
            None | Some(Value::Null) => implied(fields),
            Some(Value::String(name)) => Some(name.as_str()),
            Some(_) => return Err(problem(format!("{place}.distribution"), "a name is wanted")),
        };
        let Some(distribution) = distribution else {
            let text = "one of value, values, or min and max is wanted";
            return Err(problem(place, text));
        };
        match distribution {
            "constant" => match fields.get("value") {
                Some(value) => Ok(Parameter::Constant(value.clone())),
                None => Err(problem(format!("{place}.value"), "it is missing")),
            },
            "categorical" | "categorical_w_probabilities" => self.categorical(place, fields),
            "int_uniform" => self.int_uniform(place, fields),
            other => self.continuous(place, other, fields),
        }
    }

    fn categorical(&mut self, place: &str, fields: &Map<String, Value>) -> Result<Parameter> {
        let values = match fields.get("values") {
            Some(Value::Array(values)) if !values.is_empty() => values.clone(),
            _ => {
                let text = "a list with at least one value is wanted";
                return Err(problem(format!("{place}.values"), text));
            }
        };
        let probabilities = match fields.get("probabilities") {
            None | Some(Value::Null) => None,
            Some(given) => Some(probabilities(
                &format!("{place}.probabilities"),
                given,
                values.len(),
            )?),
        };
        Ok(Parameter::Categorical {
            values,
            probabilities,
        })
    }

    fn int_uniform(&mut self, place: &str, fields: &Map<String, Value>) -> Result<Parameter> {
        let mut end = |key: &str| {
            let place = format!("{place}.{key}");
            let Some(number) = self.number(&place, fields.get(key))? else {
                return Err(problem(place, "it is missing"));
            };
            // Python sends 4.0 where 4 is meant.
            match number.fract() == 0.0 && number.abs() < 9e15 {
                true => Ok(number as i64),
                false => Err(problem(place, "a whole number is wanted")),
            }
        };
        let (min, max) = (end("min")?, end("max")?);
        if min > max {
            return Err(problem(place, format!("min {min} is more than max {max}")));
        }
        Ok(Parameter::IntUniform { min, max })
    }

    fn continuous(
        &mut self,
        place: &str,
        name: &str,
        fields: &Map<String, Value>,
    ) -> Result<Parameter> {
        let (is_quantized, base) = match name.strip_prefix("q_") {
            Some(base) => (true, base),
            None => (false, name),
        };
        if !DISTRIBUTIONS.contains(&name) {
            let hint = did_you_mean(name, DISTRIBUTIONS);
            let text = format!("'{name}' is no distribution{hint}");
            return Err(problem(format!("{place}.distribution"), text));
        }
        let distribution = match base {
            "normal" => {
                let (mu, sigma) = self.mu_and_sigma(place, fields)?;
                Distribution::Normal { mu, sigma }
            }
            "log_normal" => {
                let (mu, sigma) = self.mu_and_sigma(place, fields)?;
                Distribution::LogNormal { mu, sigma }
            }
            "beta" => {
                let mut shape =
                    |key: &str| self.positive(&format!("{place}.{key}"), fields.get(key));
                let (a, b) = (shape("a")?.unwrap_or(1.0), shape("b")?.unwrap_or(1.0));
                Distribution::Beta { a, b }
            }
            "uniform" => {
                let (min, max) = self.min_and_max(place, fields)?;
                Distribution::Uniform { min, max }
            }
            "log_uniform_values" | "inv_log_uniform_values" => {
                let (min, max) = self.min_and_max(place, fields)?;
                if min <= 0.0 {
                    return Err(problem(format!("{place}.min"), "it must be more than 0"));
                }
                logarithmic(base, min, max)
            }
            _ => {
                // Exponents of e, by the old names.
                let (min, max) = self.min_and_max(place, fields)?;
                let (low, high) = match base {
                    "inv_log_uniform" => ((-max).exp(), (-min).exp()),
                    _ => (min.exp(), max.exp()),
                };
                if !(low > 0.0 && high.is_finite()) {
                    let text = format!(
                        "min and max are exponents of e here: did you mean '{name}_values'?"
                    );
                    return Err(problem(place, text));
                }
                if min > 0.0 && max <= 1.0 {
                    self.warnings.push(format!(
                        "{place}: min and max are exponents of e, so values lie between {low:.4} and \
                         {high:.4}; '{name}_values' takes the values themselves"
                    ));
                }
                logarithmic(base, low, high)
            }
        };
        let q = match is_quantized {
            true => Some(
                self.positive(&format!("{place}.q"), fields.get("q"))?
                    .unwrap_or(1.0),
            ),
            false => None,
        };
        Ok(Parameter::Continuous { distribution, q })
    }

    fn min_and_max(&mut self, place: &str, fields: &Map<String, Value>) -> Result<(f64, f64)> {
        let mut end = |key: &str| {
            let place = format!("{place}.{key}");
            let number = self.number(&place, fields.get(key))?;
            number.ok_or_else(|| problem(place, "it is missing"))
        };
        let (min, max) = (end("min")?, end("max")?);
        match min <= max {
            true => Ok((min, max)),
            false => Err(problem(place, format!("min {min} is more than max {max}"))),
        }
    }

    fn mu_and_sigma(&mut self, place: &str, fields: &Map<String, Value>) -> Result<(f64, f64)> {
        let mu = self.number(&format!("{place}.mu"), fields.get("mu"))?;
        let sigma = self.positive(&format!("{place}.sigma"), fields.get("sigma"))?;
        Ok((mu.unwrap_or(0.0), sigma.unwrap_or(1.0)))
    }

    fn positive(&mut self, place: &str, value: Option<&Value>) -> Result<Option<f64>> {
        match self.number(place, value)? {
            Some(number) if number <= 0.0 => Err(problem(place, "it must be more than 0")),
            number => Ok(number),
        }
    }
}

fn logarithmic(base: &str, min: f64, max: f64) -> Distribution {
    match base.starts_with("inv_") {
        true => Distribution::InvLogUniform { min, max },
        false => Distribution::LogUniform { min, max },
    }
}

/// What the client means when it names no distribution.
fn implied(fields: &Map<String, Value>) -> Option<&'static str> {
    let has = |key: &str| fields.contains_key(key);
    let is_whole = |key: &str| {
        fields
            .get(key)
            .is_some_and(|end| end.is_i64() || end.is_u64())
    };
    if has("value") {
        return Some("constant");
    }
    if has("values") {
        return Some("categorical");
    }
    if has("min") && has("max") {
        return Some(match is_whole("min") && is_whole("max") {
            true => "int_uniform",
            false => "uniform",
        });
    }
    (has("mu") || has("sigma")).then_some("normal")
}

fn probabilities(place: &str, value: &Value, count: usize) -> Result<Vec<f64>> {
    let numbers: Option<Vec<f64>> = value
        .as_array()
        .and_then(|items| items.iter().map(Value::as_f64).collect());
    let Some(numbers) = numbers.filter(|numbers| numbers.iter().all(|one| *one >= 0.0)) else {
        return Err(problem(place, "a list of numbers from 0 is wanted"));
    };
    if numbers.len() != count {
        let text = format!("there are {} for {count} values", numbers.len());
        return Err(problem(place, text));
    }
    let sum: f64 = numbers.iter().sum();
    if (sum - 1.0).abs() > 1e-6 {
        return Err(problem(place, format!("they sum to {sum}, not to 1")));
    }
    Ok(numbers)
}
