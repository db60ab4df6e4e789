//! The bench's figures: medians of the rounds, and the table for the README.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Run;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// For each measurement, the median of every number it printed.
pub fn medians(runs: &[Run]) -> Value {
    let mut by_name: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for run in runs {
        by_name.entry(&run.name).or_default().push(&run.figures);
    }
    let mut result = Map::new();
    for (name, figures) in by_name {
        let mut middle = Map::new();
        for (key, first) in figures[0].as_object().into_iter().flatten() {
            let numbers: Vec<f64> = figures
                .iter()
                .filter_map(|figures| figures[key].as_f64())
                .collect();
            let value = if first.is_number() {
                json!(median(numbers))
            } else {
                first.clone()
            };
            middle.insert(key.clone(), value);
        }
        result.insert(name.to_string(), Value::Object(middle));
    }
    Value::Object(result)
}

/// Whether a training peer was so far behind another one that more rounds can't change the
/// comparison: bf16 on a processor without it takes minutes a step.
pub fn is_hopeless(name: &str, runs: &[Run]) -> bool {
    const FAR_BEHIND: f64 = 10.0;
    let speed = |run: &Run| run.figures["tokens_per_sec"].as_f64();
    let best_peer = runs
        .iter()
        .filter(|run| run.name.starts_with("train torch"))
        .filter_map(speed)
        .fold(0.0, f64::max);
    runs.iter()
        .filter(|run| run.name == name && name.starts_with("train torch"))
        .filter_map(speed)
        .any(|speed| speed * FAR_BEHIND < best_peer)
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(numbers[middle]),
        _ => Some((numbers[middle - 1] + numbers[middle]) / 2.0),
    }
}

pub fn one_line(figures: &Value) -> String {
    let shown = [
        "tokens_per_sec",
        "requests_per_sec",
        "latency_p50_secs",
        "latency_p95_secs",
        "peak_memory_bytes",
    ];
    let parts = shown.iter().filter_map(|key| {
        let number = figures[*key].as_f64()?;
        Some(if *key == "peak_memory_bytes" {
            format!("{:.0} MiB", number / MEBIBYTE)
        } else {
            format!("{key} {number:.3}")
        })
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// The table between the README's markers.
pub fn markdown(result: &Value) -> String {
    let medians = &result["medians"];
    let machine = &result["machine"];
    let sets: Vec<&str> = machine["instruction_sets"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut text = format!(
        "{} · {} cores · {} · {} · rows of {} · medians of {} interleaved rounds\n\n",
        machine["processor"].as_str().unwrap_or("unknown processor"),
        machine["cores"],
        sets.join(", "),
        result["date"].as_str().unwrap_or_default(),
        result["rows"].as_str().unwrap_or_default(),
        result["rounds"],
    );
    text += "| training, LoRA r = 16 on all linear layers, 8 rows a step | effective tokens/s | peak memory | gradus against it |\n|---|---|---|---|\n";
    let ours = &medians["train gradus"];
    text += &training_row("gradus", ours, ours);
    for (name, label) in [
        ("train torch f32", "PyTorch + PEFT, f32"),
        ("train torch bf16", "PyTorch + PEFT, bf16"),
    ] {
        if medians[name].is_object() {
            text += &training_row(label, &medians[name], ours);
        }
    }
    text += "\n| constrained JSON, one request's answer | requests/s | p50 ms | p95 ms | gradus against it |\n|---|---|---|---|---|\n";
    for (mode, label) in [
        ("single", "one at a time"),
        ("busy", "one at a time, all cores otherwise busy"),
        ("batch", "16 together"),
    ] {
        let ours = &medians[&format!("generate gradus {mode}")];
        let theirs = &medians[&format!("generate llama.cpp {mode}")];
        text += &request_row(&format!("gradus, {label}"), ours, ours);
        if theirs.is_object() {
            text += &request_row(&format!("llama.cpp, {label}"), theirs, ours);
        }
    }
    for note in result["left_out"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        text += &format!("\nLeft out: {note}\n");
    }
    text
}

fn training_row(label: &str, figures: &Value, ours: &Value) -> String {
    let speed = figures["tokens_per_sec"].as_f64();
    let memory = figures["peak_memory_bytes"].as_f64();
    let precision = figures["precision"]
        .as_str()
        .map(|name| format!(", {name}"));
    let label = if label.contains(',') {
        label.to_string()
    } else {
        format!("{label}{}", precision.unwrap_or_default())
    };
    let faster = ratio(ours["tokens_per_sec"].as_f64(), speed);
    let smaller = ratio(ours["peak_memory_bytes"].as_f64(), memory);
    let comparison = if std::ptr::eq(figures, ours) {
        String::new()
    } else {
        format!(
            "{} × the speed, {} × the memory",
            number(faster, 2),
            number(smaller, 2)
        )
    };
    let memory = number(memory.map(|bytes| bytes / MEBIBYTE), 0);
    format!(
        "| {label} | {} | {memory} MiB | {comparison} |\n",
        number(speed, 0)
    )
}

fn request_row(label: &str, figures: &Value, ours: &Value) -> String {
    let speed = figures["requests_per_sec"].as_f64();
    let millis = |key: &str| number(figures[key].as_f64().map(|secs| secs * 1000.0), 0);
    let comparison = if std::ptr::eq(figures, ours) {
        String::new()
    } else {
        format!(
            "{} ×",
            number(ratio(ours["requests_per_sec"].as_f64(), speed), 2)
        )
    };
    let (p50, p95) = (millis("latency_p50_secs"), millis("latency_p95_secs"));
    format!(
        "| {label} | {} | {p50} | {p95} | {comparison} |\n",
        number(speed, 2)
    )
}

fn ratio(above: Option<f64>, below: Option<f64>) -> Option<f64> {
    match (above, below) {
        (Some(above), Some(below)) if below > 0.0 => Some(above / below),
        _ => None,
    }
}

fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "–".to_string(), |value| format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_peer_far_behind_another_peer_is_given_up() {
        let run = |name: &str, speed: f64| Run {
            name: name.into(),
            figures: json!({"tokens_per_sec": speed}),
        };
        let runs = [
            run("train gradus", 5.0),
            run("train torch f32", 120.0),
            run("train torch bf16", 4.0),
        ];
        assert!(is_hopeless("train torch bf16", &runs));
        assert!(!is_hopeless("train torch f32", &runs));
        assert!(!is_hopeless("train gradus", &runs));
        assert!(!is_hopeless("train torch bf16", &runs[..1]));
    }

    fn run(name: &str, figures: Value) -> Run {
        Run {
            name: name.into(),
            figures,
        }
    }

    #[test]
    fn medians_are_taken_for_each_measurement() {
        let runs = [
            run(
                "train gradus",
                json!({"tokens_per_sec": 10.0, "precision": "f32"}),
            ),
            run(
                "train gradus",
                json!({"tokens_per_sec": 30.0, "precision": "f32"}),
            ),
            run(
                "train gradus",
                json!({"tokens_per_sec": 20.0, "precision": "f32"}),
            ),
        ];
        let expected = json!({"train gradus": {"tokens_per_sec": 20.0, "precision": "f32"}});
        assert_eq!(medians(&runs), expected);
        assert_eq!(median(vec![1.0, 3.0]), Some(2.0));
        assert_eq!(median(vec![]), None);
    }

    #[test]
    fn the_table_compares_and_leaves_out_absent_peers() {
        let runs = [
            run(
                "train gradus",
                json!({"tokens_per_sec": 800.0, "peak_memory_bytes": 1048576, "precision": "f32"}),
            ),
            run(
                "train torch f32",
                json!({"tokens_per_sec": 200.0, "peak_memory_bytes": 4194304}),
            ),
            run(
                "generate gradus single",
                json!({"requests_per_sec": 10.0, "latency_p50_secs": 0.1}),
            ),
        ];
        let result = json!({"medians": medians(&runs), "machine": {"cores": 2}, "rounds": 3, "left_out": ["llama.cpp: no compiler"]});
        let text = markdown(&result);
        assert!(text.contains("| gradus, f32 | 800 | 1 MiB |  |"), "{text}");
        assert!(
            text.contains("4.00 × the speed, 0.25 × the memory"),
            "{text}"
        );
        assert!(
            text.contains("| gradus, one at a time | 10.00 | 100 | – |  |"),
            "{text}"
        );
        assert!(
            !text.contains("| llama.cpp,") && text.contains("Left out: llama.cpp"),
            "{text}"
        );
    }
}
