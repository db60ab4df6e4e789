//! Sweep configurations, as `wandb sweep` and `wandb.sweep()` send them: YAML or JSON → what may be
//! tried, how, and when to stop ([`gradus_schema::sweep`]). Choosing values is not done here.
//!
//! What can't be searched is an error; what is merely not known is a warning that names the nearest
//! word, for the file belongs to another program.

mod parameter;

use gradus_schema::nearest::did_you_mean;
use gradus_schema::sweep::{Hyperband, Method, Parameter, SweepConfig, SweepMetric};
use serde_json::{Map, Value};

use crate::error::{Error, Result};

const WHAT: &str = "the sweep configuration";

const KEYS: [&str; 18] = [
    "method",
    "metric",
    "parameters",
    "early_terminate",
    "run_cap",
    "name",
    "description",
    "program",
    "project",
    "entity",
    "command",
    "controller",
    "job",
    "image_uri",
    "settings",
    "scheduler",
    "displayName",
    "parallelism",
];

/// # Errors
/// Text that is no YAML mapping, and everything that would keep the sweep from running as it
/// says, with its place.
pub fn parse(text: &str) -> Result<SweepConfig> {
    let value = gradus_schema::value_from_yaml(text)
        .map_err(|error| Error::field(WHAT, "(top)", error.to_string()))?;
    let Value::Object(fields) = value else {
        return Err(Error::field(
            WHAT,
            "(top)",
            "a mapping of keys and values is wanted",
        ));
    };
    Reader::default().config(&fields)
}

#[derive(Default)]
struct Reader {
    warnings: Vec<String>,
}

impl Reader {
    fn config(mut self, fields: &Map<String, Value>) -> Result<SweepConfig> {
        self.warn_of_unknown("", fields, &KEYS);
        let method = method(fields.get("method"))?;
        let metric = self.metric(fields.get("metric"))?;
        let parameters = match fields.get("parameters") {
            Some(Value::Object(parameters)) if !parameters.is_empty() => parameters,
            Some(_) => return Err(problem("parameters", "a mapping of names is wanted")),
            None => return Err(problem("parameters", "it is missing: what may be tried?")),
        };
        let parameters = self.parameters("parameters", parameters)?;
        if method == Method::Grid {
            self.check_grid("parameters", &parameters)?;
        } else {
            check_multiples("parameters", &parameters)?;
        }
        let early_terminate = self.early_terminate(fields.get("early_terminate"))?;
        if metric.is_none() && method == Method::Bayes {
            let text = "bayes searches for the best value of a metric: give name and goal";
            return Err(problem("metric", text));
        }
        if metric.is_none() && early_terminate.is_some() {
            let text = "early_terminate compares runs by a metric: give name and goal";
            return Err(problem("metric", text));
        }
        let run_cap = match whole("run_cap", fields.get("run_cap"))? {
            Some(0) => return Err(problem("run_cap", "it must be at least 1")),
            cap => cap,
        };
        let text = |key: &str| text(key, fields.get(key));
        Ok(SweepConfig {
            method,
            metric,
            parameters,
            early_terminate,
            run_cap,
            name: text("name")?,
            description: text("description")?,
            program: text("program")?,
            project: text("project")?,
            entity: text("entity")?,
            command: command(fields.get("command"))?,
            warnings: self.warnings,
        })
    }

    fn metric(&mut self, value: Option<&Value>) -> Result<Option<SweepMetric>> {
        let fields = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(fields)) => fields,
            Some(_) => return Err(problem("metric", "a mapping with name and goal is wanted")),
        };
        self.warn_of_unknown("metric.", fields, &["name", "goal", "target"]);
        let Some(name) = text("metric.name", fields.get("name"))? else {
            return Err(problem("metric.name", "it is missing"));
        };
        let is_maximized = match text("metric.goal", fields.get("goal"))?.as_deref() {
            None | Some("minimize") => false,
            Some("maximize") => true,
            Some(other) => {
                let hint = did_you_mean(other, ["minimize", "maximize"]);
                return Err(problem(
                    "metric.goal",
                    format!("'{other}' is no goal{hint}"),
                ));
            }
        };
        let target = self.number("metric.target", fields.get("target"))?;
        Ok(Some(SweepMetric {
            name,
            is_maximized,
            target,
        }))
    }

    fn early_terminate(&mut self, value: Option<&Value>) -> Result<Option<Hyperband>> {
        let fields = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(fields)) => fields,
            Some(_) => return Err(problem("early_terminate", "a mapping with type is wanted")),
        };
        let known = ["type", "min_iter", "max_iter", "s", "eta", "strict"];
        self.warn_of_unknown("early_terminate.", fields, &known);
        match text("early_terminate.type", fields.get("type"))?.as_deref() {
            Some("hyperband") => {}
            Some(other) => {
                let text = format!("'{other}' is not known, 'hyperband' is");
                return Err(problem("early_terminate.type", text));
            }
            None => {
                return Err(problem(
                    "early_terminate.type",
                    "it is missing: 'hyperband'",
                ));
            }
        }
        let whole = |key: &str| whole(&format!("early_terminate.{key}"), fields.get(key));
        let band = Hyperband {
            min_iter: whole("min_iter")?,
            max_iter: whole("max_iter")?,
            s: whole("s")?,
            eta: self
                .number("early_terminate.eta", fields.get("eta"))?
                .unwrap_or(3.0),
            is_strict: match fields.get("strict") {
                None | Some(Value::Null) => false,
                Some(Value::Bool(is_strict)) => *is_strict,
                Some(_) => {
                    return Err(problem("early_terminate.strict", "true or false is wanted"));
                }
            },
        };
        match (band.min_iter, band.max_iter, band.s) {
            (Some(0), ..) => Err(problem("early_terminate.min_iter", "it must be at least 1")),
            (Some(_), None, None) => Ok(()),
            (None, Some(1..), Some(1..)) => Ok(()),
            _ => {
                let text = "either min_iter, or both max_iter and s (from 1), are wanted";
                Err(problem("early_terminate", text))
            }
        }?;
        if band.eta <= 1.0 {
            return Err(problem("early_terminate.eta", "it must be more than 1"));
        }
        if band.max_iter.is_some_and(|last| (last as f64) < band.eta) && band.min_iter.is_none() {
            let text = "it must be at least eta, else no bracket ends within it";
            return Err(problem("early_terminate.max_iter", text));
        }
        Ok(Some(band))
    }

    /// Every parameter of a grid has to have values that can be counted.
    fn check_grid(&mut self, place: &str, parameters: &[(String, Parameter)]) -> Result<()> {
        for (name, parameter) in parameters {
            let place = format!("{place}.{name}");
            match parameter {
                Parameter::Nested(inner) => self.check_grid(&place, inner)?,
                Parameter::Categorical {
                    probabilities: Some(_),
                    ..
                } => self.warnings.push(format!(
                    "{place}.probabilities: a grid tries every value once, so they have no effect"
                )),
                parameter if parameter.choices().is_none() => {
                    let text = "a grid needs a finite number of values: give 'values', \
                                'int_uniform' or 'q_uniform', or use method random";
                    return Err(problem(place, text));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn warn_of_unknown(&mut self, prefix: &str, fields: &Map<String, Value>, known: &[&str]) {
        for key in fields.keys().filter(|key| !known.contains(&key.as_str())) {
            let hint = did_you_mean(key, known.iter().copied());
            self.warnings.push(format!(
                "{prefix}{key}: this key is not known and has no effect{hint}"
            ));
        }
    }

    /// A finite number; also as text, which is what Python's YAML makes of `1e-4`.
    fn number(&mut self, place: &str, value: Option<&Value>) -> Result<Option<f64>> {
        let number = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => {
                let number = text.trim().parse::<f64>().ok();
                if number.is_some() {
                    let warning = format!("{place}: the text '{text}' is taken as a number");
                    self.warnings.push(warning);
                }
                number
            }
            Some(_) => None,
        };
        match number.filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(problem(place, "a finite number is wanted")),
        }
    }
}

fn method(value: Option<&Value>) -> Result<Method> {
    const METHODS: [&str; 3] = ["grid", "random", "bayes"];
    match text("method", value)?.as_deref() {
        Some("grid") => Ok(Method::Grid),
        Some("random") => Ok(Method::Random),
        Some("bayes") => Ok(Method::Bayes),
        Some(other) => {
            let hint = did_you_mean(other, METHODS);
            let text = format!("'{other}' is none of grid, random, bayes{hint}");
            Err(problem("method", text))
        }
        None => Err(problem("method", "it is missing: grid, random or bayes")),
    }
}

/// A quantised number has to have a value within its bounds.
fn check_multiples(place: &str, parameters: &[(String, Parameter)]) -> Result<()> {
    for (name, parameter) in parameters {
        let place = format!("{place}.{name}");
        match parameter {
            Parameter::Nested(inner) => check_multiples(&place, inner)?,
            Parameter::Continuous {
                distribution,
                q: Some(q),
            } => {
                let (min, max) = distribution.bounds();
                if (min / q).ceil() > (max / q).floor() {
                    let text = format!(
                        "no multiple of q = {q} lies between {min} and {max}: give a smaller q"
                    );
                    return Err(problem(place, text));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn command(value: Option<&Value>) -> Result<Vec<String>> {
    let parts = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(parts)) => parts,
        Some(_) => return Err(problem("command", "a list of words is wanted")),
    };
    let words = parts.iter().map(|part| match part {
        Value::String(word) => Ok(word.clone()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(problem("command", "every part must be a word")),
    });
    words.collect()
}

fn text(place: &str, value: Option<&Value>) -> Result<Option<String>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(problem(place, "a text is wanted")),
    }
}

fn whole(place: &str, value: Option<&Value>) -> Result<Option<u64>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(number) => Ok(Some(number)),
            None => Err(problem(place, "a whole number from 0 is wanted")),
        },
    }
}

fn problem(place: impl Into<String>, problem: impl Into<String>) -> Error {
    Error::field(WHAT, place, problem)
}

#[cfg(test)]
mod sweep_tests;
