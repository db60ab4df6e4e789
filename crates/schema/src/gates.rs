//! `gates.yaml`: what a candidate has to pass before it may be promoted.
//!
//! Gates stand in three lists that are read in this order: `format`, `quality`,
//! `cost_and_latency`. All are hard. A metric that is missing, undefined or stands on too few
//! rows does not pass.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::comparison::Verdict;
use crate::nearest::did_you_mean;
use crate::task::Direction;
use crate::yaml::{Entry, Node, YamlError, read_tree, unknown_key};

/// The parsed policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gates {
    /// Overrides the task's margin of the primary score.
    pub margin: Option<f64>,
    /// Verdicts with which a candidate may be promoted.
    pub promote_on: Vec<Verdict>,
    /// Smallest share of rows answered by the model under test, in both arms.
    pub served_as_requested_min: f64,
    /// Comparisons that may be decided on one frozen set.
    pub frozen_looks: usize,
    pub gates: Vec<StagedGate>,
}

/// The authors' share of fallback answers that a comparison may hold is 5 %.
pub const SERVED_AS_REQUESTED_MIN: f64 = 0.95;
const FROZEN_LOOKS: usize = 20;
const MIN_ROWS: usize = 20;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StagedGate {
    pub stage: GateStage,
    pub gate: Gate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GateStage {
    Format,
    Quality,
    CostAndLatency,
}

impl fmt::Display for GateStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "format",
            Self::Quality => "quality",
            Self::CostAndLatency => "cost and latency",
        })
    }
}

/// One criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Gate {
    pub metric: String,
    #[serde(default)]
    pub scope: GateScope,
    /// Which way is better.
    pub direction: Direction,
    pub kind: GateKind,
    pub threshold: f64,
    /// Rows that the metric has to stand on.
    #[serde(default = "default_min_rows")]
    pub min_n: usize,
}

fn default_min_rows() -> usize {
    MIN_ROWS
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GateKind {
    /// The candidate's value itself: at most `threshold` (minimize) or at least (maximize).
    Absolute,
    /// The same with `threshold` times the base's value.
    Relative,
    /// The interval of the paired improvement may not reach below `−threshold`.
    NonInferiority,
}

/// Which rows a gate looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GateScope {
    #[default]
    Overall,
    /// Each stratum by itself; all have to pass.
    EveryStratum,
    Stratum(String),
}

impl fmt::Display for GateScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overall => f.write_str("overall"),
            Self::EveryStratum => f.write_str("every_stratum"),
            Self::Stratum(name) => write!(f, "stratum:{name}"),
        }
    }
}

impl Serialize for GateScope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GateScope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "overall" => Ok(Self::Overall),
            "every_stratum" => Ok(Self::EveryStratum),
            _ => match text.strip_prefix("stratum:") {
                Some(name) if !name.is_empty() => Ok(Self::Stratum(name.to_owned())),
                _ => Err(serde::de::Error::custom(format!(
                    "unknown scope '{text}'; use overall, every_stratum or stratum:NAME"
                ))),
            },
        }
    }
}

impl fmt::Display for Gate {
    /// `mae_penalised <= 2 (overall)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.direction {
            Direction::Minimize => "<=",
            Direction::Maximize => ">=",
        };
        let (metric, threshold, scope) = (&self.metric, self.threshold, &self.scope);
        match self.kind {
            GateKind::Absolute => write!(f, "{metric} {sign} {threshold} ({scope})"),
            GateKind::Relative => write!(f, "{metric} {sign} {threshold} x base ({scope})"),
            GateKind::NonInferiority => {
                write!(f, "{metric} not worse by more than {threshold} ({scope})")
            }
        }
    }
}

const KEYS: [&str; 7] = [
    "margin",
    "promote_on",
    "served_as_requested_min",
    "frozen_looks",
    "format",
    "quality",
    "cost_and_latency",
];
const GATE_KEYS: [&str; 6] = ["metric", "scope", "direction", "kind", "threshold", "min_n"];

impl Default for Gates {
    /// What holds where a task has no `gates.yaml`: almost every answer valid, and only `better`
    /// promotes.
    fn default() -> Self {
        let valid = Gate {
            metric: "strict_valid_rate".to_owned(),
            scope: GateScope::Overall,
            direction: Direction::Maximize,
            kind: GateKind::Absolute,
            threshold: 0.98,
            min_n: MIN_ROWS,
        };
        Self {
            margin: None,
            promote_on: vec![Verdict::Better],
            served_as_requested_min: SERVED_AS_REQUESTED_MIN,
            frozen_looks: FROZEN_LOOKS,
            gates: vec![StagedGate {
                stage: GateStage::Format,
                gate: valid,
            }],
        }
    }
}

impl Gates {
    /// Reads and checks a `gates.yaml`.
    ///
    /// # Errors
    /// Anything that is not understood, with its line and the nearest known word.
    pub fn from_yaml(text: &str) -> Result<Self, YamlError> {
        let mut gates = Self {
            gates: Vec::new(),
            ..Self::default()
        };
        for (key, line, node) in read_tree(text, "gate policy")? {
            let entry = Entry {
                key,
                line,
                value: node.to_value(),
            };
            match entry.key.as_str() {
                "margin" => gates.margin = Some(typed(&entry, "a number, 0 or more")?),
                "promote_on" => gates.promote_on = typed(&entry, "a list such as [better]")?,
                "served_as_requested_min" => {
                    gates.served_as_requested_min = typed(&entry, "a share from 0 to 1")?;
                }
                "frozen_looks" => gates.frozen_looks = typed(&entry, "a whole number")?,
                "format" => gates.add(GateStage::Format, &entry, &node)?,
                "quality" => gates.add(GateStage::Quality, &entry, &node)?,
                "cost_and_latency" => gates.add(GateStage::CostAndLatency, &entry, &node)?,
                _ => return Err(unknown_key(&entry, "", KEYS)),
            }
            gates.check(line)?;
        }
        gates.gates.sort_by_key(|staged| staged.stage);
        Ok(gates)
    }

    fn add(&mut self, stage: GateStage, entry: &Entry, node: &Node) -> Result<(), YamlError> {
        let Node::List(items) = node else {
            let problem = format!("'{}' must be a list of gates", entry.key);
            return Err(YamlError::new(entry.line, problem));
        };
        for item in items {
            let gate = read_gate(item, entry)?;
            self.gates.push(StagedGate { stage, gate });
        }
        Ok(())
    }

    fn check(&self, line: u64) -> Result<(), YamlError> {
        let complain = |problem: &str| Err(YamlError::new(line, problem));
        if self
            .margin
            .is_some_and(|margin| !(margin.is_finite() && margin >= 0.0))
        {
            return complain("margin must be 0 or more, in units of the primary score");
        }
        if !(0.0..=1.0).contains(&self.served_as_requested_min) {
            return complain("served_as_requested_min must be a share from 0 to 1");
        }
        let promotes = |verdict: &Verdict| matches!(verdict, Verdict::Better | Verdict::Equivalent);
        if self.promote_on.is_empty() || !self.promote_on.iter().all(promotes) {
            return complain(
                "promote_on takes better, or better and equivalent; nothing else may promote",
            );
        }
        Ok(())
    }
}

fn read_gate(item: &Node, list: &Entry) -> Result<Gate, YamlError> {
    let Node::Map(fields) = item else {
        let problem = format!(
            "an entry of '{}' must be {{metric, direction, kind, threshold}}",
            list.key
        );
        return Err(YamlError::new(list.line, problem));
    };
    let first_line = fields.first().map_or(list.line, |(_, line, _)| *line);
    let mut object = Map::new();
    for (key, line, node) in fields {
        let entry = Entry {
            key: key.clone(),
            line: *line,
            value: node.to_value(),
        };
        check_gate_field(&entry, &list.key)?;
        object.insert(entry.key, entry.value);
    }
    for key in ["metric", "direction", "kind", "threshold"] {
        if !object.contains_key(key) {
            let problem = format!("a gate in '{}' lacks '{key}'", list.key);
            return Err(YamlError::new(first_line, problem));
        }
    }
    let gate: Gate = serde_json::from_value(Value::Object(object))
        .map_err(|error| YamlError::new(first_line, error.to_string()))?;
    if gate.metric.trim().is_empty() {
        return Err(YamlError::new(first_line, "a gate's metric is empty"));
    }
    let is_sane = match gate.kind {
        GateKind::Absolute => gate.threshold.is_finite(),
        GateKind::Relative => gate.threshold.is_finite() && gate.threshold > 0.0,
        GateKind::NonInferiority => gate.threshold.is_finite() && gate.threshold >= 0.0,
    };
    if !is_sane {
        let problem = format!(
            "the threshold {} can't be used with this kind",
            gate.threshold
        );
        return Err(YamlError::new(first_line, problem));
    }
    Ok(gate)
}

/// Checks one field by itself, so that a mistake is reported with its line.
fn check_gate_field(entry: &Entry, list: &str) -> Result<(), YamlError> {
    match entry.key.as_str() {
        "metric" => typed::<String>(entry, "the name of a metric").map(drop),
        "scope" => typed::<GateScope>(entry, "overall, every_stratum or stratum:NAME").map(drop),
        "direction" => word::<Direction>(entry, &["minimize", "maximize"]),
        "kind" => word::<GateKind>(entry, &["absolute", "relative", "non_inferiority"]),
        "threshold" => typed::<f64>(entry, "a number").map(drop),
        "min_n" => typed::<usize>(entry, "a whole number of rows").map(drop),
        _ => Err(unknown_key(entry, list, GATE_KEYS)),
    }
}

fn word<T: DeserializeOwned>(entry: &Entry, words: &[&str]) -> Result<(), YamlError> {
    typed::<T>(entry, &words.join(", "))
        .map(drop)
        .map_err(|error| {
            let hint = entry.value.as_str().map_or_else(String::new, |text| {
                did_you_mean(text, words.iter().copied())
            });
            YamlError::new(error.line, format!("{}{hint}", error.problem))
        })
}

fn typed<T: DeserializeOwned>(entry: &Entry, expected: &str) -> Result<T, YamlError> {
    serde_json::from_value(entry.value.clone()).map_err(|_| {
        let problem = format!("'{}' must be {expected}, found {}", entry.key, entry.value);
        YamlError::new(entry.line, problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "margin: 0.1
served_as_requested_min: 0.97
cost_and_latency:
  - {metric: latency_secs_p95, direction: minimize, kind: absolute, threshold: 1.2}
format:
  - metric: strict_valid_rate
    direction: maximize
    kind: absolute
    threshold: 0.98
    min_n: 50
quality:
  - {metric: mae_penalised, scope: every_stratum, direction: minimize, kind: non_inferiority, threshold: 0.3}
";

    #[test]
    fn the_documented_policy_loads_in_order_of_stages() {
        let gates = Gates::from_yaml(GOOD).unwrap();
        assert_eq!(gates.margin, Some(0.1));
        let shown: Vec<String> = gates
            .gates
            .iter()
            .map(|staged| format!("{}: {}", staged.stage, staged.gate))
            .collect();
        assert_eq!(
            shown,
            [
                "format: strict_valid_rate >= 0.98 (overall)",
                "quality: mae_penalised not worse by more than 0.3 (every_stratum)",
                "cost and latency: latency_secs_p95 <= 1.2 (overall)",
            ]
        );
        assert_eq!(
            (gates.gates[0].gate.min_n, gates.gates[1].gate.min_n),
            (50, 20)
        );
        let text = serde_json::to_string(&gates).unwrap();
        assert_eq!(serde_json::from_str::<Gates>(&text).unwrap(), gates);
    }

    #[test]
    fn mistakes_are_named_with_line_and_nearest_word() {
        let complaint = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            Gates::from_yaml(&GOOD.replacen(from, to, 1))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            complaint("margin:", "margn:"),
            "line 1: unknown key 'margn', did you mean 'margin'?"
        );
        assert_eq!(
            complaint("min_n: 50", "min_rows: 50"),
            "line 10: unknown key 'min_rows' in 'format', did you mean 'min_n'?"
        );
        let error = complaint("kind: non_inferiority", "kind: noninferiority");
        assert!(
            error.starts_with("line 12") && error.contains("did you mean 'non_inferiority'"),
            "{error}"
        );
        assert!(complaint("threshold: 0.98", "threshold: high").starts_with("line 9"));
        assert!(complaint("    threshold: 0.98\n", "").contains("lacks 'threshold'"));
        assert!(complaint("every_stratum", "all").contains("stratum:NAME"));
        assert!(complaint("margin: 0.1", "margin: -1").contains("0 or more"));
        assert!(complaint("margin: 0.1", "promote_on: [worse]").contains("nothing else"));
        assert!(
            complaint(
                "served_as_requested_min: 0.97",
                "served_as_requested_min: 95"
            )
            .contains("share")
        );
        assert!(
            Gates::from_yaml("format: {metric: x}\n")
                .unwrap_err()
                .to_string()
                .contains("list")
        );
        assert!(Gates::from_yaml("").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = Gates::from_yaml(&text);
        }
    }
}
