//! Rows of a run as the client asks for them: whole, sampled, by keys, by ranges of steps.

use std::ops::RangeInclusive;

use gradus_store::{RunView, Value};
use gradus_wire::file_stream::{flattened, kind_of_value};
use gradus_wire::{Json, JsonObject, json};

use crate::Result;
use crate::runs::{EVENTS, HISTORY, RunExtra};

/// Rows that one answer holds at most where the client says nothing.
const DEFAULT_SAMPLES: usize = 500;

/// A range of steps of a stream as JSON lines: every row of it.
pub fn lines_in(view: &RunView, stream: &str, steps: &RangeInclusive<i64>) -> Result<Vec<String>> {
    let rows = view.rows(stream, steps)?;
    Ok(rows
        .into_iter()
        .map(|row| row.line)
        .filter(|line| !line.is_empty())
        .collect())
}

/// At most `samples` rows of a stream as JSON lines, evenly spread; the same ones every time.
pub fn sampled_lines(view: &RunView, stream: &str, samples: Option<i64>) -> Result<Vec<String>> {
    let samples = samples.and_then(|count| usize::try_from(count).ok());
    let rows = view.sampled_rows(stream, samples.unwrap_or(DEFAULT_SAMPLES))?;
    Ok(rows
        .into_iter()
        .map(|row| row.line)
        .filter(|line| !line.is_empty())
        .collect())
}

/// The last line of a stream in a list, as a resumed run asks for it.
pub fn tail(view: &RunView, stream: &str) -> Result<Vec<String>> {
    let writer = RunExtra::of(&view.record).writer();
    let end = view.line_count(stream, &writer);
    let lines = view.lines(stream, &writer, end.saturating_sub(1)..end)?;
    Ok(lines.into_iter().filter(|line| !line.is_empty()).collect())
}

/// The number of the next line of a stream for a client that sends lines now.
pub fn next_line(view: &RunView, stream: &str) -> u64 {
    let extra = RunExtra::of(&view.record);
    let lines = view.line_count(stream, &extra.writer());
    match stream {
        HISTORY => extra.first_line + lines,
        _ => lines,
    }
}

/// What `sampledHistory` is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesQuery {
    pub keys: Vec<String>,
    pub steps: RangeInclusive<i64>,
    pub samples: Option<usize>,
}

impl SeriesQuery {
    /// A specification without keys asks for nothing, which the client does.
    pub fn from_json(spec: &Json) -> Self {
        let keys = spec
            .get("keys")
            .and_then(Json::as_array)
            .unwrap_or_default();
        let keys: Vec<String> = keys
            .iter()
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect();

        let bound = |name: &str| spec.get(name).and_then(Json::as_i64);
        let first = bound("minStep").unwrap_or(i64::MIN);
        let last = bound("maxStep").unwrap_or(i64::MAX);
        let samples = bound("samples").and_then(|count| usize::try_from(count).ok());
        let is_range = bound("minStep").is_some() && bound("maxStep").is_some();
        // A scan asks page by page, for ranges that hold their last step, with the width of the
        // range as the number of samples. Clients before 0.26 name the first step of the next
        // page instead, which would come twice; the width tells.
        let is_older_scan = is_range
            && samples.is_some_and(|samples| {
                let width = last.checked_sub(first).and_then(|last| last.checked_add(1));
                width != i64::try_from(samples).ok()
            });
        Self {
            keys,
            steps: first..=if is_older_scan {
                last.saturating_sub(1)
            } else {
                last
            },
            // Several rows may share a step, and none of a page may be left out.
            samples: if is_range {
                None
            } else {
                samples.or(Some(DEFAULT_SAMPLES))
            },
        }
    }
}

/// The rows that have all keys, as objects of these keys alone.
pub fn series(view: &RunView, query: &SeriesQuery) -> Result<Vec<Json>> {
    if query.keys.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<&str> = query.keys.iter().map(String::as_str).collect();
    let rows = view.series(HISTORY, &keys, &query.steps, query.samples)?;
    let rows = rows.into_iter().map(|row| {
        let pairs = query
            .keys
            .iter()
            .cloned()
            .zip(row.values.iter().map(to_json));
        Json::Object(pairs.collect())
    });
    Ok(rows.collect())
}

pub fn to_json(value: &Value) -> Json {
    match value {
        Value::F64(value) => Json::float(*value),
        Value::I64(value) => Json::int(*value),
        Value::U64(value) => parsed(&value.to_string()),
        Value::Json(text) => parsed(text),
    }
}

fn parsed(text: &str) -> Json {
    // What the store calls JSON was read as JSON before.
    json::parse("a value", text).unwrap_or(Json::Null)
}

/// `historyKeys`: every key with its kinds of values, whether it ever fell, and its last value.
pub fn history_keys(view: &RunView) -> Result<Json> {
    let mut keys = JsonObject::new();
    for (name, info) in view.keys(HISTORY)? {
        let last = to_json(&info.last);
        let mut leaves = Vec::new();
        match &last {
            Json::Object(inner) if !inner.contains_key("_type") && !inner.is_empty() => {
                let inner = flattened(inner);
                leaves.extend(
                    inner
                        .into_iter()
                        .map(|(path, value)| (format!("{name}.{path}"), value)),
                );
            }
            leaf => leaves.push((name.clone(), leaf)),
        }
        for (path, value) in leaves {
            let count = i64::try_from(info.numbers + info.others).unwrap_or(i64::MAX);
            let kind = Json::object([
                ("type", Json::text(kind_of_value(value))),
                ("count", Json::int(count)),
            ]);
            let is_monotonic = path == "_step" || path == "_runtime" || path == "_timestamp";
            let entry = Json::object([
                ("typeCounts", Json::Array(vec![kind])),
                ("monotonic", Json::Bool(is_monotonic)),
                ("previousValue", value.clone()),
            ]);
            keys.insert(path, entry);
        }
    }
    let last = view.last_step(HISTORY)?;
    Ok(Json::object([
        ("lastStep", Json::int(last.unwrap_or(-1))),
        ("sets", Json::Array(Vec::new())),
        ("keys", Json::Object(keys)),
    ]))
}

/// The last value of every system metric.
pub fn system_metrics(view: &RunView) -> Result<JsonObject> {
    let keys = view.keys(EVENTS)?;
    let system = keys
        .into_iter()
        .filter(|(name, _)| name.starts_with("system."));
    Ok(system
        .map(|(name, info)| (name, to_json(&info.last)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_newer_and_older_clients_meet_without_a_gap_or_a_row_twice() {
        let steps = |spec: &[(&str, i64)]| {
            let spec = spec.iter().map(|(name, value)| (*name, Json::int(*value)));
            SeriesQuery::from_json(&Json::Object(
                spec.map(|(name, value)| (name.to_owned(), value)).collect(),
            ))
            .steps
        };
        let newer = [("minStep", 777), ("maxStep", 1553), ("samples", 777)];
        assert_eq!(steps(&newer), 777..=1553);
        let older = [("minStep", 777), ("maxStep", 1554), ("samples", 777)];
        assert_eq!(steps(&older), 777..=1553);
        let older_at_the_end = [("minStep", 9324), ("maxStep", 10_000), ("samples", 777)];
        assert_eq!(steps(&older_at_the_end), 9324..=9999);
        assert_eq!(steps(&[("minStep", 5), ("maxStep", 9)]), 5..=9);
        let widest = [("minStep", i64::MIN), ("maxStep", i64::MAX), ("samples", 1)];
        assert_eq!(steps(&widest), i64::MIN..=i64::MAX - 1);
    }
}
