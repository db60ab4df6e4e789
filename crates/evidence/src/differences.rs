//! What differs between a recorded and a recomputed value, figure by figure.

use std::fmt;

use serde_json::Value;

use crate::error::AtLine;

/// Sums taken in another order may differ in their last digits; figures do not.
const RELATIVE_TOLERANCE: f64 = 1e-9;

/// One figure that does not follow from the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub file: String,
    /// From 1 in files of lines; 0 elsewhere.
    pub line: usize,
    /// Dotted path of the figure.
    pub figure: String,
    /// `None` where nothing is recorded.
    pub recorded: Option<Value>,
    pub recomputed: Option<Value>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Value>| {
            value
                .as_ref()
                .map_or("nothing".to_owned(), Value::to_string)
        };
        write!(
            f,
            "{}{}: {} is recorded as {}, recomputed as {}",
            self.file,
            AtLine(self.line),
            self.figure,
            shown(&self.recorded),
            shown(&self.recomputed)
        )
    }
}

#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub figures: usize,
    pub differences: Vec<Difference>,
}

pub(crate) fn differences(
    file: &str,
    line: usize,
    recorded: &Value,
    recomputed: &Value,
) -> Compared {
    let mut walk = Walk {
        file,
        line,
        path: Vec::new(),
        found: Compared::default(),
    };
    walk.compare(Some(recorded), Some(recomputed));
    walk.found
}

struct Walk<'a> {
    file: &'a str,
    line: usize,
    path: Vec<String>,
    found: Compared,
}

impl Walk<'_> {
    fn compare(&mut self, recorded: Option<&Value>, recomputed: Option<&Value>) {
        match (recorded, recomputed) {
            (Some(Value::Object(left)), Some(Value::Object(right))) => {
                for (key, value) in left {
                    self.step(key, Some(value), right.get(key));
                }
                for (key, value) in right.iter().filter(|(key, _)| !left.contains_key(*key)) {
                    self.step(key, None, Some(value));
                }
            }
            (Some(Value::Array(left)), Some(Value::Array(right))) => {
                for index in 0..left.len().max(right.len()) {
                    self.step(&index.to_string(), left.get(index), right.get(index));
                }
            }
            _ => {
                self.found.figures += 1;
                let same = match (recorded, recomputed) {
                    (Some(left), Some(right)) => left == right || are_close(left, right),
                    _ => false,
                };
                if !same {
                    self.found.differences.push(Difference {
                        file: self.file.to_owned(),
                        line: self.line,
                        figure: self.path.join("."),
                        recorded: recorded.cloned(),
                        recomputed: recomputed.cloned(),
                    });
                }
            }
        }
    }

    fn step(&mut self, key: &str, recorded: Option<&Value>, recomputed: Option<&Value>) {
        self.path.push(key.to_owned());
        self.compare(recorded, recomputed);
        self.path.pop();
    }
}

fn are_close(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(left), Some(right)) => {
            (left - right).abs() <= RELATIVE_TOLERANCE * left.abs().max(right.abs())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_name_the_figure() {
        let recorded = json!({"a": {"b": [1.0, 2.0]}, "c": null, "d": 0.1});
        let again = json!({"a": {"b": [1.0, 2.5]}, "c": 0.0, "d": 0.1 + 1e-17, "e": 1});
        let compared = differences("x.json", 0, &recorded, &again);
        assert_eq!(compared.figures, 5);
        let shown: Vec<String> = compared
            .differences
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            shown,
            [
                "x.json: a.b.1 is recorded as 2.0, recomputed as 2.5",
                "x.json: c is recorded as null, recomputed as 0.0",
                "x.json: e is recorded as nothing, recomputed as 1",
            ]
        );
        assert_eq!(
            differences("x", 3, &json!(0), &json!(1e-12))
                .differences
                .len(),
            1
        );
    }
}
