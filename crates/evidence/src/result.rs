//! The hash of a result: what was measured and decided, without the times it took. Two runs of
//! the same work that came to the same end have the same one, whenever and wherever they ran.
//!
//! Left out are measured times and speeds, and the texts for people that repeat them. The hash of
//! a packed file that stands in another one counts as a reference to that file, whose content
//! counts by itself; in lists of inputs and outputs, hashes of what is not packed are left out.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::digest::{hex, sha256_hex, tree_root};
use crate::material::{Files, split};
use crate::relative::{Original, json_sha256};

/// Maps of file name → hash.
const HASH_MAPS: [&str; 3] = ["inputs", "outputs", "files"];
/// Metrics and keys that depend on how fast the machine was.
const TIMES: [&str; 8] = [
    "_secs",
    "latency",
    "per_sec",
    "runtime",
    "timestamp",
    "unix",
    "budget",
    "elapsed",
];
/// Written for people out of what the other files hold, times included.
const FOR_PEOPLE: [&str; 3] = [".md", ".log", ".env"];

/// Root of the hash tree over the results that these files hold.
pub fn result_sha256(files: &Files, originals: &BTreeMap<String, Original>) -> String {
    let names = names_by_hash(files, originals);
    let digests: Vec<(&str, String)> = files
        .iter()
        .filter(|(name, _)| !FOR_PEOPLE.iter().any(|ending| name.ends_with(ending)))
        .map(|(name, bytes)| (name.as_str(), sha256_hex(&result_of(name, bytes, &names))))
        .collect();
    let leaves = digests
        .iter()
        .map(|(name, digest)| (*name, digest.as_str()));
    hex(&tree_root(leaves))
}

/// Every hash that another file may name a file by.
fn names_by_hash<'a>(
    files: &'a Files,
    originals: &BTreeMap<String, Original>,
) -> BTreeMap<String, &'a str> {
    let mut names = BTreeMap::new();
    for (name, bytes) in files {
        names.insert(sha256_hex(bytes), name.as_str());
        names.extend(json_sha256(bytes).map(|sha256| (sha256, name.as_str())));
        if let Some(original) = originals.get(name) {
            names.insert(original.sha256.clone(), name.as_str());
            names.extend(
                original
                    .json_sha256
                    .clone()
                    .map(|sha256| (sha256, name.as_str())),
            );
        }
    }
    names
}

/// A file's content without its times; a file of an unknown kind is its bytes.
fn result_of(name: &str, bytes: &[u8], names: &BTreeMap<String, &str>) -> Vec<u8> {
    let (_, file) = split(name);
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    let parsed: Option<Vec<Value>> = match ending {
        "json" => serde_json::from_slice(bytes).ok().map(|value| vec![value]),
        "jsonl" => bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).ok())
            .collect(),
        "yaml" | "yml" => std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| gradus_schema::value_from_yaml(text).ok())
            .map(|value| vec![value]),
        _ => None,
    };
    let Some(values) = parsed else {
        return bytes.to_vec();
    };
    let without: Vec<Value> = values
        .into_iter()
        .map(|value| timeless(value, names))
        .collect();
    Value::Array(without).to_string().into_bytes()
}

fn timeless(value: Value, names: &BTreeMap<String, &str>) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (key, value) in fields {
                if is_time(&key) {
                    continue;
                }
                let value = match value {
                    Value::Object(hashes) if HASH_MAPS.contains(&key.as_str()) => {
                        Value::Object(packed_only(hashes, names))
                    }
                    other => timeless(other, names),
                };
                kept.insert(key, value);
            }
            Value::Object(kept)
        }
        Value::Array(items) => items
            .into_iter()
            .filter(|item| !is_about_time(item))
            .map(|item| timeless(item, names))
            .collect(),
        Value::String(text) => match names.get(&text) {
            Some(name) => Value::String(format!("content of {name}")),
            None => Value::String(text),
        },
        other => other,
    }
}

fn packed_only(hashes: Map<String, Value>, names: &BTreeMap<String, &str>) -> Map<String, Value> {
    let known = |value: &Value| value.as_str().and_then(|hash| names.get(hash));
    hashes
        .into_iter()
        .filter_map(|(key, value)| Some((key, Value::from(*known(&value)?))))
        .collect()
}

fn is_time(key: &str) -> bool {
    TIMES.iter().any(|part| key.contains(part))
}

/// A gate, score or effect of a metric that is a time.
fn is_about_time(item: &Value) -> bool {
    let metric = |value: &Value| {
        value
            .get("metric")
            .and_then(Value::as_str)
            .is_some_and(is_time)
    };
    metric(item) || item.get("gate").is_some_and(metric)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn files(latency: f64, error: f64) -> Files {
        let rows = format!(
            "{}\n",
            json!({"id": "a", "error": error, "latency_secs": latency})
        );
        let hash = sha256_hex(rows.as_bytes());
        let decision = json!({
            "outcome": "promote",
            "files": {"rows.jsonl": hash, "elsewhere": "0".repeat(64)},
            "rows_sha256": hash,
            "gates": [{"gate": {"metric": "latency_secs_p95"}, "value": latency}],
        });
        Files::from([
            ("rows.jsonl".to_owned(), rows.into_bytes()),
            (
                "decision.json".to_owned(),
                decision.to_string().into_bytes(),
            ),
            ("report.md".to_owned(), format!("{latency} s").into_bytes()),
            (
                "plan.yaml".to_owned(),
                format!("budget: {latency}\nchange: 1\n").into_bytes(),
            ),
        ])
    }

    #[test]
    fn only_times_may_differ() {
        let of = |files: &Files| result_sha256(files, &BTreeMap::new());
        let first = files(0.1, 1.0);
        assert_eq!(of(&first), of(&files(0.7, 1.0)));
        assert_ne!(of(&first), of(&files(0.1, 2.0)));
        let mut other = first.clone();
        other.insert("plan.yaml".to_owned(), b"change: 2\n".to_vec());
        assert_ne!(of(&first), of(&other));
        other = first.clone();
        other.remove("plan.yaml");
        assert_ne!(of(&first), of(&other));
    }
}
