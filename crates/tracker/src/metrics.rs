//! What was logged under which names, in the groups that slashes make.

use std::collections::BTreeMap;

use gradus_store::{KeyInfo, RunQuery, RunView};
use gradus_wire::Json;
use gradus_wire::file_stream::{flattened, kind_of_value};

use crate::history::to_json;
use crate::runs::{EVENTS, HISTORY};
use crate::{Result, Tracker};

/// Newest runs of a project whose rows are asked for names that no summary has.
const LOOKED_AT: u64 = 20;

/// A name under which values were logged; one inside of nested values has dots.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricInfo {
    pub name: String,
    /// What stands before the first slash; empty without one.
    pub group: String,
    /// Rows that have it.
    pub count: u64,
    /// `number`, `string`, `bool`, `list`, `map`, `null`, or the `_type` of media.
    pub kind: String,
    pub last: Json,
}

/// Every metric of a run's history, by name.
pub fn of_history(view: &RunView) -> Result<Vec<MetricInfo>> {
    let mut metrics = Vec::new();
    for (name, info) in view.keys(HISTORY)? {
        let count = info.numbers + info.others;
        let last = to_json(&info.last);
        match &last {
            Json::Object(inner) if !inner.contains_key("_type") && !inner.is_empty() => {
                let leaves = flattened(inner).into_iter();
                metrics.extend(
                    leaves.map(|(path, value)| metric(format!("{name}.{path}"), count, value)),
                );
            }
            value => metrics.push(metric(name, count, value)),
        }
    }
    metrics.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(metrics)
}

/// System metrics of a run, by name, without the `system.` before it.
pub fn of_system(view: &RunView) -> Result<Vec<MetricInfo>> {
    let keys = view.keys(EVENTS)?.into_iter();
    let metrics = keys.filter_map(|(name, info): (String, KeyInfo)| {
        let name = name.strip_prefix("system.")?;
        let count = info.numbers + info.others;
        Some(metric(name.to_owned(), count, &to_json(&info.last)))
    });
    Ok(metrics.collect())
}

fn metric(name: String, count: u64, last: &Json) -> MetricInfo {
    MetricInfo {
        group: name
            .split_once('/')
            .map_or("", |(group, _)| group)
            .to_owned(),
        count,
        kind: kind_of_value(last).to_owned(),
        last: last.clone(),
        name,
    }
}

/// Lines of system metrics as columns: those of one time stand at one place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SystemSamples {
    /// Since the run began.
    pub runtime_secs: Vec<Option<f64>>,
    /// Name without `system.`, and its values.
    pub metrics: Vec<(String, Vec<Option<f64>>)>,
}

/// At most `samples` lines, evenly spread, of a run's system metrics.
pub fn system_samples(view: &RunView, samples: usize) -> Result<SystemSamples> {
    let rows = view.sampled_rows(EVENTS, samples)?;
    let names: Vec<String> = of_system(view)?.into_iter().map(|info| info.name).collect();
    let mut found = SystemSamples {
        runtime_secs: Vec::with_capacity(rows.len()),
        metrics: names
            .into_iter()
            .map(|name| (name, Vec::with_capacity(rows.len())))
            .collect(),
    };
    for row in &rows {
        // A line that is no JSON has no values.
        let parsed = gradus_wire::json::parse_object("a system metric", &row.line);
        let values = parsed.unwrap_or_default();
        let number = |name: &str| values.get(name).and_then(Json::as_f64);
        found.runtime_secs.push(number("_runtime"));
        for (name, column) in &mut found.metrics {
            column.push(number(&format!("system.{name}")));
        }
    }
    Ok(found)
}

impl Tracker {
    /// Names that runs of a project have logged, those of all summaries and of the rows of the
    /// newest runs; and whether numbers were among the values.
    pub fn project_metrics(&self, entity: &str, project: &str) -> Result<BTreeMap<String, bool>> {
        let columns = self.store.columns(entity, project)?.into_iter();
        let summaries = columns.filter(|column| !column.is_config);
        let mut names: BTreeMap<String, bool> = summaries
            .map(|column| (column.name, column.numbers > 0))
            .collect();
        let newest = RunQuery {
            entity: Some(entity.to_owned()),
            project: Some(project.to_owned()),
            order: vec![gradus_store::Order {
                field: gradus_store::Field::CreatedUnixMs,
                is_descending: true,
            }],
            limit: LOOKED_AT,
            ..RunQuery::default()
        };
        for record in self.store.runs(&newest)? {
            let Some(view) = self.store.run_numbered(record.number) else {
                continue;
            };
            let system = of_system(&view)?.into_iter().map(|info| MetricInfo {
                name: format!("system.{}", info.name),
                ..info
            });
            for info in of_history(&view)?.into_iter().chain(system) {
                *names.entry(info.name).or_default() |= info.kind == "number";
            }
        }
        Ok(names)
    }
}
