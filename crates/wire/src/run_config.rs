//! The config of a run as the client sends it: `{"lr": {"value": 0.1}}`, with what the client keeps
//! for itself under `_wandb`.

use crate::error::Result;
use crate::json::{self, Json, JsonObject};

const INTERNAL: &str = "_wandb";

/// A whole config; an upload replaces the one before, save in shared mode.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunConfig {
    /// As they came; most are wrapped in `{"value": …}`, with or without `desc`.
    entries: JsonObject,
}

/// Where a fork or a rewind begins: rows up to and with this step are the other run's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchPoint {
    pub run_id: String,
    pub step: i64,
}

/// What `define_metric` said of one metric, or of all that fit a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetricDefinition {
    pub name: String,
    /// Instead of a name: a pattern with `*`.
    pub glob: String,
    /// The x axis; empty for the step.
    pub step_metric: String,
    pub is_hidden: bool,
    pub step_sync: bool,
    /// `min`, `max`, `mean`, `best`, `last`, `none`, `copy`, `first`.
    pub summary: Vec<&'static str>,
    /// `minimize` or `maximize`.
    pub goal: Option<&'static str>,
}

impl RunConfig {
    /// From the JSONString of an `upsertBucket`; an empty one is an empty config.
    ///
    /// # Errors
    /// A text that is no JSON object.
    pub fn decode(text: &str) -> Result<Self> {
        let entries = match text.trim() {
            "" => JsonObject::new(),
            text => json::parse_object("the run's config", text)?,
        };
        Ok(Self { entries })
    }

    /// From plain values, `_wandb` among them.
    pub fn from_values(values: JsonObject) -> Self {
        let entries = values.into_iter();
        let entries = entries.map(|(key, value)| (key, Json::object([("value", value)])));
        Self {
            entries: entries.collect(),
        }
    }

    /// What the user configured, without wrappers and without `_wandb`.
    pub fn values(&self) -> JsonObject {
        let entries = self.entries.iter().filter(|(key, _)| *key != INTERNAL);
        let values = entries.map(|(key, entry)| (key.clone(), plain(entry).clone()));
        values.collect()
    }

    /// The same text that came, for `config` of a run.
    pub fn to_text(&self) -> String {
        Json::Object(self.entries.clone()).to_line()
    }

    /// The chosen keys of what the client keeps for itself: `wandbConfig(keys: …)`.
    pub fn internal_of(&self, keys: &[&str]) -> JsonObject {
        let chosen = keys.iter().filter_map(|key| {
            let value = self.internal()?.get(*key)?;
            Some(((*key).to_owned(), value.clone()))
        });
        chosen.collect()
    }

    /// A client has begun this run; one that waits for its sweep agent has no telemetry yet.
    pub fn has_telemetry(&self) -> bool {
        self.internal().is_some_and(|own| own.contains_key("t"))
    }

    pub fn branch_point(&self) -> Option<BranchPoint> {
        let point = self.internal()?.get("branch_point")?;
        Some(BranchPoint {
            run_id: point.get("run_id")?.as_str()?.to_owned(),
            step: point.get("step")?.as_i64()?,
        })
    }

    /// What was defined, in the client's numbered form; what can't be read is left out.
    pub fn defined_metrics(&self) -> Vec<MetricDefinition> {
        let defined = self.internal().and_then(|own| own.get("m"));
        let defined = defined.and_then(Json::as_array).unwrap_or_default();
        let name_of = |metric: &Json| metric.get("1").and_then(Json::as_str).map(str::to_owned);
        let definitions = defined.iter().filter_map(|metric| {
            metric.as_object()?;
            let text = |key: &str| metric.get(key).and_then(Json::as_str).unwrap_or_default();
            let codes = |key: &str| -> Vec<i64> {
                let codes = metric.get(key).and_then(Json::as_array).unwrap_or_default();
                codes.iter().filter_map(Json::as_i64).collect()
            };
            // The x axis by its place in this list, from 1.
            let step = metric.get("5").and_then(Json::as_i64);
            let step = step.and_then(|place| usize::try_from(place).ok()?.checked_sub(1));
            let step = step.and_then(|place| name_of(defined.get(place)?));
            let options = codes("6");
            Some(MetricDefinition {
                name: text("1").to_owned(),
                glob: text("2").to_owned(),
                step_metric: step.unwrap_or_else(|| text("4").to_owned()),
                step_sync: options.contains(&1),
                is_hidden: options.contains(&2),
                summary: codes("7").into_iter().filter_map(summary_word).collect(),
                goal: goal_word(metric.get("8").and_then(Json::as_i64).unwrap_or(0)),
            })
        });
        definitions.collect()
    }

    fn internal(&self) -> Option<&JsonObject> {
        plain(self.entries.get(INTERNAL)?).as_object()
    }
}

/// What stands in `{"value": …}`, or the value itself where nothing is around it.
fn plain(entry: &Json) -> &Json {
    unwrapped(entry).unwrap_or(entry)
}

/// What stands in `{"value": …}`, with or without `desc` beside it; `None` for any other value.
pub(crate) fn unwrapped(entry: &Json) -> Option<&Json> {
    let entries = entry.as_object()?;
    let is_wrapper = entries.keys().all(|key| key == "value" || key == "desc");
    entries.get("value").filter(|_| is_wrapper)
}

/// The words for the numbers of `MetricSummary`.
pub(crate) fn summary_word(code: i64) -> Option<&'static str> {
    const WORDS: [&str; 8] = [
        "min", "max", "mean", "best", "last", "none", "copy", "first",
    ];
    let place = usize::try_from(code).ok()?.checked_sub(1)?;
    WORDS.get(place).copied()
}

/// The word for a number of `MetricGoal`.
pub(crate) fn goal_word(code: i64) -> Option<&'static str> {
    match code {
        1 => Some("minimize"),
        2 => Some("maximize"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: &str = r#"{"lr":{"value":0.1,"desc":null},"plain":5,"odd":{"value":1,"unit":"s"},"nan":{"value":NaN},"_wandb":{"value":{"t":{"3":[15]},"cli_version":"0.31.0","branch_point":{"run_id":"src","step":4},"m":[{"1":"epoch","6":[3]},{"1":"loss","5":1,"6":[1,2,3],"7":[1,8],"8":2},{"2":"val/*","4":"named"},"broken"]}}}"#;

    #[test]
    fn values_without_their_wrappers() {
        let config = RunConfig::decode(SENT).unwrap();
        let values = Json::Object(config.values()).to_line();
        assert_eq!(
            values,
            r#"{"lr":0.1,"plain":5,"odd":{"value":1,"unit":"s"},"nan":NaN}"#
        );
        assert_eq!(config.to_text(), SENT);
        let wrapped = RunConfig::from_values(config.values());
        assert_eq!(wrapped.values(), config.values());
        assert!(!wrapped.has_telemetry());
    }

    #[test]
    fn what_the_client_keeps_for_itself() {
        let config = RunConfig::decode(SENT).unwrap();
        assert!(config.has_telemetry());
        let point = BranchPoint {
            run_id: "src".into(),
            step: 4,
        };
        assert_eq!(config.branch_point(), Some(point));
        let chosen = Json::Object(config.internal_of(&["t", "absent"])).to_line();
        assert_eq!(chosen, r#"{"t":{"3":[15]}}"#);
    }

    #[test]
    fn defined_metrics_find_their_axis() {
        let metrics = RunConfig::decode(SENT).unwrap().defined_metrics();
        let named = |name: &str| MetricDefinition {
            name: name.into(),
            ..MetricDefinition::default()
        };
        let loss = MetricDefinition {
            step_metric: "epoch".into(),
            step_sync: true,
            is_hidden: true,
            summary: vec!["min", "first"],
            goal: Some("maximize"),
            ..named("loss")
        };
        let glob = MetricDefinition {
            glob: "val/*".into(),
            step_metric: "named".into(),
            ..MetricDefinition::default()
        };
        assert_eq!(metrics, [named("epoch"), loss, glob]);
    }

    #[test]
    fn empty_and_wrong_configs() {
        assert_eq!(RunConfig::decode(" ").unwrap(), RunConfig::default());
        assert!(RunConfig::decode("[]").is_err());
        assert_eq!(RunConfig::decode("{}").unwrap().branch_point(), None);
    }
}
