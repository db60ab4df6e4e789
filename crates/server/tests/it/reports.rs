//! Small report folders as `gradus eval` leaves them, made by code and put into runs.

use serde_json::{Value, json};

use crate::served::Served;

/// One evaluation of one number per row on a scale of 0 to 10.
#[derive(Clone)]
pub struct Report {
    pub model: String,
    pub backend: &'static str,
    pub data_sha256: String,
    /// The prediction for each row, whose target is 5; `None` is an answer that is no JSON.
    pub predictions: Vec<Option<f64>>,
    /// Rows that somebody else answered.
    pub served_by_others: usize,
    /// What every row asks.
    pub prompt: String,
}

impl Report {
    pub fn new(model: &str, predictions: &[Option<f64>]) -> Self {
        Self {
            model: model.to_owned(),
            backend: "native",
            data_sha256: "d".repeat(64),
            predictions: predictions.to_vec(),
            served_by_others: 0,
            prompt: "rate this".to_owned(),
        }
    }

    fn by(&self, model: &str) -> Value {
        json!({
            "model": model,
            "revision": format!("{model}-weights"),
            "adapter_sha256": null,
            "backend": self.backend,
        })
    }

    fn error(prediction: Option<f64>) -> f64 {
        // An answer that can't be read costs the worst possible error.
        prediction.map_or(5.0, |value| (value - 5.0).abs())
    }

    fn row(&self, place: usize) -> Value {
        let prediction = self.predictions[place];
        let is_ours = place >= self.served_by_others;
        let by = if is_ours {
            self.model.as_str()
        } else {
            "fallback"
        };
        let raw = prediction.map_or("no idea".to_owned(), |value| {
            format!("{{\"x\": {value}}} by {}", self.model)
        });
        json!({
            "id": format!("row-{place}"),
            "row": place + 1,
            "split": "frozen",
            "strata": { "kind": if place.is_multiple_of(2) { "even" } else { "odd" } },
            "prompt_sha256": "p".repeat(64),
            "messages": [{ "role": "user", "content": self.prompt }],
            "target": { "x": 5 },
            "constrained": {
                "mode": "constrained",
                "raw": raw,
                "parsed": prediction.map(|value| json!({ "x": value })),
                "failure": prediction.is_none().then_some("no_json_start"),
                "lenient_valid": prediction.is_some(),
                "absolute_errors": match prediction {
                    Some(value) => json!({ "x": (value - 5.0).abs() }),
                    None => json!({}),
                },
                "mae_penalised": Self::error(prediction),
                "answered_by": self.by(by),
                "served_as_requested": is_ours,
                "latency_secs": 0.25,
                "tokens": { "prompt": 10, "completion": 4, "forced": 1 },
                "cost": { "usd": null, "basis": "local_unpriced" },
            },
        })
    }

    pub fn rows(&self) -> String {
        let rows = (0..self.predictions.len()).map(|place| format!("{}\n", self.row(place)));
        rows.collect()
    }

    pub fn summary(&self) -> Value {
        let n = self.predictions.len();
        let errors: f64 = self.predictions.iter().map(|it| Self::error(*it)).sum();
        let valid = self.predictions.iter().flatten().count();
        let metric = |value: f64, unit: &str| {
            json!({ "value": value, "n": n, "n_total": n, "interval95": [value, value],
                "unit": unit, "scale": null })
        };
        let share = |count: usize| metric(count as f64 / n as f64, "fraction");
        json!({
            "format_version": 1,
            "task": "tiny",
            "split": "frozen",
            "data_sha256": self.data_sha256,
            "prompt_sha256": "p".repeat(64),
            "contract_sha256": "c".repeat(64),
            "rendered_prompts_sha256": "r".repeat(64),
            "model": self.model,
            "answered_by": self.by(&self.model),
            "decode": { "numbers": "median" },
            "scale": { "min": 0.0, "max": 10.0 },
            "primary_score": { "metric": "mae_penalised", "direction": "minimize" },
            "n_total": n,
            "n_answered": n,
            "served_by": { &self.model: n - self.served_by_others },
            "metrics": {
                "mae_penalised": metric(errors / n as f64, "scale units"),
                "strict_valid_rate": share(valid),
                "served_as_requested_rate": share(n - self.served_by_others),
            },
            "strata": {},
            "failures": {},
            "wall_secs": 1.5,
            "gradus_version": "0.1.0",
        })
    }

    /// Makes a run of `local/p` that holds this report.
    pub fn record(&self, server: &Served, run: &str) {
        server.begin(
            run,
            json!({ "job_type": "eval", "config": { "task": "tiny" } }),
        );
        put(
            server,
            run,
            "eval_summary.json",
            self.summary().to_string().as_bytes(),
        );
        put(server, run, "rows.jsonl", self.rows().as_bytes());
    }
}

/// Stores a file of a run of `local/p`.
#[track_caller]
pub fn put(server: &Served, run: &str, name: &str, content: &[u8]) -> Value {
    let path = format!("/api/v1/projects/local/p/runs/{run}/files/{name}");
    server.send("PUT", &path, &[], Some(content)).ok()
}

/// Predictions around 5 that miss by `error` on average.
pub fn around(error: f64, rows: usize) -> Vec<Option<f64>> {
    let miss = |row: usize| error * (0.5 + (row % 3) as f64 * 0.5);
    (0..rows).map(|row| Some(5.0 - miss(row))).collect()
}
