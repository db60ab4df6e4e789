//! Dashboards as YAML: a title, panels that name metrics, and data sets that get panels of their
//! own.
//!
//! A metric may hold `*`, which stands for one or more characters: `dataset/*/accuracy`. The keys
//! of the monitoring design are `train/*`, `dataset/<source>/*`, `judge/*`, `val/<source>/*` and
//! `cost/*`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::nearest::{did_you_mean, nearest};
use crate::yaml::{Node, YamlError, read_tree};

const KEYS: [&str; 3] = ["title", "datasets", "panels"];
const PANEL_KEYS: [&str; 6] = ["type", "title", "metrics", "x_axis", "y_axis", "columns"];
/// X axes that every run has.
const AXES: [&str; 6] = ["step", "_step", "time", "_timestamp", "runtime", "_runtime"];
const MOST_PANELS: usize = 200;
const MOST_NAMES: usize = 200;
/// How many names a warning proposes.
const PROPOSALS: usize = 3;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DashboardFile {
    pub title: String,
    /// Sources of problems, lower-case; each gets the panels of [`DashboardFile::all_panels`].
    pub datasets: Vec<String>,
    pub panels: Vec<Panel>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Panel {
    #[serde(rename = "type")]
    pub kind: PanelKind,
    pub title: String,
    /// What is drawn; of a scatter, what names its points.
    pub metrics: Vec<String>,
    /// A metric, or `step`, `time`, `runtime`; `None` is the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_axis: Option<String>,
    /// Of a scatter the metric; else a label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y_axis: Option<String>,
    /// Of a table.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelKind {
    Line,
    Bar,
    Scalar,
    Table,
    Pie,
    Scatter,
}

const KINDS: [(&str, PanelKind); 6] = [
    ("line", PanelKind::Line),
    ("bar", PanelKind::Bar),
    ("scalar", PanelKind::Scalar),
    ("table", PanelKind::Table),
    ("pie", PanelKind::Pie),
    ("scatter", PanelKind::Scatter),
];

impl DashboardFile {
    /// # Errors
    /// The first thing that is wrong, with its line; unknown keys name the nearest.
    pub fn parse(text: &str) -> Result<Self, YamlError> {
        let mut dashboard = Self {
            title: String::new(),
            datasets: Vec::new(),
            panels: Vec::new(),
        };
        for (key, line, value) in read_tree(text, "dashboard")? {
            match key.as_str() {
                "title" => dashboard.title = text_of("title", line, &value)?,
                "datasets" => {
                    let names = texts_of("datasets", line, &value)?;
                    dashboard.datasets = names.iter().map(|name| name.to_lowercase()).collect();
                }
                "panels" => dashboard.panels = panels_of(line, value)?,
                _ => return Err(unknown(&key, line, "", KEYS)),
            }
        }
        if let Some(bad) = dashboard.datasets.iter().find(|name| !is_source(name)) {
            let problem = format!("'{bad}' can't be a data set: it is empty or holds '/' or '*'");
            return Err(YamlError::new(0, problem));
        }
        if dashboard.panels.is_empty() && dashboard.datasets.is_empty() {
            let problem = "the dashboard has neither 'panels' nor 'datasets'; it shows nothing";
            return Err(YamlError::new(0, problem));
        }
        Ok(dashboard)
    }

    /// The panels that stand in the file, then those that its data sets get.
    pub fn all_panels(&self) -> Vec<Panel> {
        let mut panels = self.panels.clone();
        if self.datasets.is_empty() {
            return panels;
        }
        let each = |pattern: &str| -> Vec<String> {
            let names = self.datasets.iter();
            names.map(|name| pattern.replace('*', name)).collect()
        };
        panels.extend([
            Panel::new(
                PanelKind::Bar,
                "Accuracy by data set",
                each("dataset/*/accuracy"),
            ),
            Panel {
                columns: texts(&["source", "accuracy", "count", "avg_reward"]),
                ..Panel::new(
                    PanelKind::Table,
                    "Data sets",
                    [
                        each("dataset/*/accuracy"),
                        each("dataset/*/count"),
                        each("dataset/*/avg_reward"),
                    ]
                    .concat(),
                )
            },
            Panel::new(
                PanelKind::Line,
                "Validation accuracy by data set",
                each("val/*/accuracy"),
            ),
        ]);
        for name in &self.datasets {
            let of = |what: &str, pattern: &str| {
                let metrics = vec![pattern.replace("<source>", name)];
                Panel::new(PanelKind::Line, &format!("{name}: {what}"), metrics)
            };
            panels.push(of("training", "dataset/<source>/*"));
            panels.push(of("validation", "val/<source>/*"));
        }
        panels
    }

    /// What the panels name that is not among the metrics which runs have.
    pub fn warnings(&self, metrics: &[&str]) -> Vec<String> {
        let panels = self.all_panels();
        let mut warnings = Vec::new();
        for (panel, number) in panels.iter().zip(1..) {
            for name in panel.named_metrics() {
                if metrics.iter().any(|metric| matches(name, metric)) {
                    continue;
                }
                let title = &panel.title;
                let proposed = proposals(name, metrics);
                let hint = match proposed.is_empty() {
                    true => String::new(),
                    false => format!("; nearest: {}", proposed.join(", ")),
                };
                warnings.push(format!(
                    "panel {number} '{title}': no run of the project has '{name}'{hint}"
                ));
            }
        }
        warnings
    }

    /// A dashboard for the monitoring keys among these metrics; `None` where there are none.
    pub fn monitoring(metrics: &[&str]) -> Option<Self> {
        let mut datasets: Vec<String> = metrics.iter().filter_map(|name| source_of(name)).collect();
        datasets.sort_unstable();
        datasets.dedup();
        let candidates = [
            (
                PanelKind::Line,
                "Loss and KL",
                &["train/loss", "train/kl_div"][..],
            ),
            (
                PanelKind::Line,
                "Reward",
                &["train/avg_reward", "train/max_reward", "train/min_reward"],
            ),
            (
                PanelKind::Line,
                "Accuracy",
                &["train/accuracy", "val/accuracy", "val_accuracy"],
            ),
            (
                PanelKind::Line,
                "Schedule",
                &["train/learning_rate", "train/temperature"],
            ),
            (
                PanelKind::Line,
                "Judge",
                &[
                    "judge/success_rate",
                    "judge/parse_failure_rate",
                    "judge/api_failure_rate",
                ],
            ),
            (
                PanelKind::Pie,
                "Verdicts",
                &["judge/correct_count", "judge/incorrect_count"],
            ),
            (
                PanelKind::Scalar,
                "Cost",
                &["cost/total_cost", "cost/avg_cost_per_sample"],
            ),
            (
                PanelKind::Bar,
                "Calls",
                &["cost/executor_calls", "cost/judge_calls"],
            ),
        ];
        let panels = candidates.into_iter().filter_map(|(kind, title, wanted)| {
            let is_there = |name: &&&str| metrics.contains(*name);
            let found: Vec<&str> = wanted.iter().filter(is_there).copied().collect();
            (!found.is_empty()).then(|| Panel::new(kind, title, texts(&found)))
        });
        let mut panels: Vec<Panel> = panels.collect();
        let has = |pattern: &str| metrics.iter().any(|name| matches(pattern, name));
        if has("val/*/avg_cost") && has("val/*/accuracy") {
            panels.push(Panel {
                x_axis: Some("val/*/avg_cost".to_owned()),
                y_axis: Some("val/*/accuracy".to_owned()),
                ..Panel::new(
                    PanelKind::Scatter,
                    "Validation: cost and accuracy",
                    Vec::new(),
                )
            });
        }
        (!panels.is_empty() || !datasets.is_empty()).then(|| Self {
            title: "Monitoring".to_owned(),
            datasets,
            panels,
        })
    }

    pub fn to_yaml(&self) -> String {
        let value = serde_json::to_value(self).expect("texts, lists and mappings are JSON");
        crate::yaml::value_to_yaml(&value)
    }
}

impl Panel {
    fn new(kind: PanelKind, title: &str, metrics: Vec<String>) -> Self {
        Self {
            kind,
            title: title.to_owned(),
            metrics,
            x_axis: None,
            y_axis: None,
            columns: Vec::new(),
        }
    }

    /// Every metric or pattern that the panel needs.
    pub fn named_metrics(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.metrics.iter().map(String::as_str).collect();
        let x_axis = self.x_axis.as_deref();
        names.extend(x_axis.filter(|name| !AXES.contains(name)));
        if self.kind == PanelKind::Scatter {
            let y_axis = self.y_axis.as_deref();
            names.extend(y_axis.filter(|name| !AXES.contains(name)));
        }
        names
    }

    /// Those of the metrics that the panel means, in its order.
    pub fn chosen<'a>(&self, metrics: &[&'a str]) -> Vec<&'a str> {
        let mut chosen: Vec<&str> = Vec::new();
        for name in &self.metrics {
            let fitting = metrics.iter().filter(|metric| matches(name, metric));
            for metric in fitting {
                if !chosen.contains(metric) {
                    chosen.push(metric);
                }
            }
        }
        chosen
    }

    fn check(&self, line: u64, number: usize) -> Result<(), YamlError> {
        let wants = match self.kind {
            PanelKind::Scatter if self.x_axis.is_none() || self.y_axis.is_none() => {
                "'x_axis' and 'y_axis', each a metric"
            }
            PanelKind::Scatter => return Ok(()),
            PanelKind::Table if self.columns.is_empty() && self.metrics.is_empty() => {
                "'metrics' or 'columns'"
            }
            PanelKind::Table => return Ok(()),
            _ if self.metrics.is_empty() => "'metrics'",
            _ => return Ok(()),
        };
        let kind = KINDS.iter().find(|(_, kind)| *kind == self.kind);
        let kind = kind.map_or("", |(name, _)| name);
        Err(YamlError::new(
            line,
            format!("panel {number} is a {kind} and needs {wants}"),
        ))
    }
}

/// Whether a metric is what a name or a pattern with `*` means.
pub fn matches(pattern: &str, metric: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = metric.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    let mut rest = rest;
    for part in middle {
        match found_after_one(rest, part) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.len() > last.len() && rest.ends_with(last)
}

/// What follows `part`, where it stands after at least one character.
fn found_after_one<'a>(text: &'a str, part: &str) -> Option<&'a str> {
    let first = text.chars().next()?.len_utf8();
    let after = text.get(first..)?;
    let at = after.find(part)?;
    after.get(at + part.len()..)
}

/// The source in `dataset/<source>/…` or `val/<source>/…`.
fn source_of(metric: &str) -> Option<String> {
    let rest = metric
        .strip_prefix("dataset/")
        .or_else(|| metric.strip_prefix("val/"))?;
    let (source, what) = rest.split_once('/')?;
    (is_source(source) && !what.is_empty()).then(|| source.to_owned())
}

fn is_source(name: &str) -> bool {
    !name.trim().is_empty() && !name.contains(['/', '*'])
}

fn proposals<'a>(name: &str, metrics: &[&'a str]) -> Vec<&'a str> {
    let mut left = metrics.to_vec();
    let mut found = Vec::new();
    while found.len() < PROPOSALS
        && let Some(near) = nearest(name, left.iter().copied())
    {
        left.retain(|metric| *metric != near);
        found.push(near);
    }
    found
}

fn panels_of(line: u64, value: Node) -> Result<Vec<Panel>, YamlError> {
    let Node::List(items) = value else {
        return Err(YamlError::new(line, "'panels' has to be a list of panels"));
    };
    if items.len() > MOST_PANELS {
        let problem = format!("{} panels; at most {MOST_PANELS} are allowed", items.len());
        return Err(YamlError::new(line, problem));
    }
    let panels = items.into_iter().zip(1..);
    panels
        .map(|(item, number)| panel_of(line, item, number))
        .collect()
}

fn panel_of(list_line: u64, item: Node, number: usize) -> Result<Panel, YamlError> {
    let Node::Map(fields) = item else {
        let problem = format!("panel {number} has to be a mapping with a 'type'");
        return Err(YamlError::new(list_line, problem));
    };
    let first_line = fields.first().map_or(list_line, |(_, line, _)| *line);
    let mut panel = Panel::new(PanelKind::Line, "", Vec::new());
    let mut has_type = false;
    for (key, line, value) in fields {
        match key.as_str() {
            "type" => {
                panel.kind = kind_of(&text_of("type", line, &value)?, line)?;
                has_type = true;
            }
            "title" => panel.title = text_of("title", line, &value)?,
            "metrics" => panel.metrics = texts_of("metrics", line, &value)?,
            "columns" => panel.columns = texts_of("columns", line, &value)?,
            "x_axis" => panel.x_axis = Some(text_of("x_axis", line, &value)?),
            "y_axis" => panel.y_axis = Some(text_of("y_axis", line, &value)?),
            _ => return Err(unknown(&key, line, &format!("panel {number}"), PANEL_KEYS)),
        }
    }
    if !has_type {
        let names = KINDS.map(|(name, _)| name).join(", ");
        let problem = format!("panel {number} has no 'type'; use one of {names}");
        return Err(YamlError::new(first_line, problem));
    }
    panel.check(first_line, number)?;
    if panel.title.is_empty() {
        panel.title = panel.named_metrics().join(", ");
    }
    Ok(panel)
}

fn kind_of(word: &str, line: u64) -> Result<PanelKind, YamlError> {
    let found = KINDS.iter().find(|(name, _)| *name == word);
    found.map(|(_, kind)| *kind).ok_or_else(|| {
        let hint = did_you_mean(word, KINDS.map(|(name, _)| name));
        let names = KINDS.map(|(name, _)| name).join(", ");
        YamlError::new(
            line,
            format!("no panel is a '{word}'{hint}; there are {names}"),
        )
    })
}

fn text_of(key: &str, line: u64, value: &Node) -> Result<String, YamlError> {
    match value {
        Node::Scalar(Value::String(text)) => Ok(text.clone()),
        Node::Scalar(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
        _ => Err(YamlError::new(line, format!("'{key}' has to be a text"))),
    }
}

/// A list of texts, or one text alone.
fn texts_of(key: &str, line: u64, value: &Node) -> Result<Vec<String>, YamlError> {
    let Node::List(items) = value else {
        let problem = YamlError::new(line, format!("'{key}' has to be a text or a list of texts"));
        return text_of(key, line, value)
            .map(|text| vec![text])
            .map_err(|_| problem);
    };
    if items.len() > MOST_NAMES {
        let problem = format!(
            "'{key}' has {} entries; {MOST_NAMES} are allowed",
            items.len()
        );
        return Err(YamlError::new(line, problem));
    }
    items.iter().map(|item| text_of(key, line, item)).collect()
}

fn unknown<const N: usize>(key: &str, line: u64, place: &str, known: [&str; N]) -> YamlError {
    let hint = did_you_mean(key, known);
    let place = match place {
        "" => String::new(),
        place => format!(" in {place}"),
    };
    YamlError::new(line, format!("unknown key '{key}'{place}{hint}"))
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[cfg(test)]
#[path = "dashboard_tests.rs"]
mod tests;
