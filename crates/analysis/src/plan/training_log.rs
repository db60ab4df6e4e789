//! What a training left behind: `final_metrics.json` and `iter_eval_metrics.jsonl`, ours or of
//! the scripts whose names they carry. Read leniently; what is not there is `None`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainingLog {
    pub train_loss: Option<f64>,
    pub wall_secs: Option<f64>,
    pub train_examples: Option<u64>,
    pub total_steps: Option<u64>,
    /// In order of their steps.
    pub points: Vec<TrainingPoint>,
    /// Figures of the last evaluation, on all of its rows.
    pub last: BTreeMap<String, f64>,
}

/// One evaluation during training.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TrainingPoint {
    pub step: u64,
    pub epoch: Option<f64>,
    pub eval_loss: Option<f64>,
    pub metrics: BTreeMap<String, f64>,
}

impl TrainingLog {
    /// Either text may be missing. What can't be read becomes a note.
    pub fn read(
        final_metrics: Option<&str>,
        iterations: Option<&str>,
        notes: &mut Vec<String>,
    ) -> Option<Self> {
        if final_metrics.is_none() && iterations.is_none() {
            return None;
        }
        let mut log = Self::default();
        if let Some(text) = final_metrics {
            match serde_json::from_str::<Value>(text) {
                Ok(Value::Object(fields)) => log.take_final(&fields),
                Ok(_) => notes.push("final_metrics.json is no object; left out".to_owned()),
                Err(error) => {
                    notes.push(format!(
                        "final_metrics.json is not JSON ({error}); left out"
                    ));
                }
            }
        }
        for (index, line) in iterations.unwrap_or_default().lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<Value>(line) {
                Ok(value) => log.points.extend(point(&value)),
                Err(error) => notes.push(format!(
                    "line {} of iter_eval_metrics.jsonl is not JSON ({error}); left out",
                    index + 1
                )),
            }
        }
        log.points.sort_by_key(|point| point.step);
        Some(log)
    }

    fn take_final(&mut self, fields: &Map<String, Value>) {
        let train = fields.get("train").and_then(Value::as_object);
        let in_train = |key: &str| train.and_then(|train| train.get(key));
        self.train_loss = in_train("train_loss").and_then(Value::as_f64);
        self.wall_secs = in_train("train_runtime").and_then(Value::as_f64);
        self.total_steps = in_train("total_steps").and_then(Value::as_u64);
        self.train_examples = fields.get("train_examples").and_then(Value::as_u64);
        self.last = numbers(fields.get("eval"));
    }
}

fn point(value: &Value) -> Option<TrainingPoint> {
    let step = value.get("step").and_then(Value::as_u64)?;
    let mut metrics = numbers(value.get("metrics"));
    let eval_loss = value.get("eval_loss").and_then(Value::as_f64);
    Some(TrainingPoint {
        step,
        epoch: value.get("epoch").and_then(Value::as_f64),
        eval_loss: eval_loss.or_else(|| metrics.remove("eval_loss")),
        metrics,
    })
}

/// The finite numbers of an object; other values are not figures.
pub(crate) fn numbers(value: Option<&Value>) -> BTreeMap<String, f64> {
    let fields = value.and_then(Value::as_object);
    fields
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_f64()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read_and_broken_lines_become_notes() {
        let mut notes = Vec::new();
        let finals = r#"{"train":{"train_loss":0.2,"train_runtime":10,"total_steps":8},"eval":{"mae_penalised":1.5,"name":"x"},"train_examples":80}"#;
        let iterations = "{\"step\":8,\"eval_loss\":0.1,\"metrics\":{\"mae_penalised\":1.5}}\n\n{oops\n{\"step\":4,\"metrics\":{\"mae_penalised\":2.5}}\n";
        let log = TrainingLog::read(Some(finals), Some(iterations), &mut notes).unwrap();
        let steps: Vec<u64> = log.points.iter().map(|point| point.step).collect();
        assert_eq!(steps, [4, 8]);
        assert_eq!((log.train_loss, log.total_steps), (Some(0.2), Some(8)));
        assert_eq!(log.last.len(), 1);
        assert!(
            notes.len() == 1 && notes[0].starts_with("line 3"),
            "{notes:?}"
        );
        assert_eq!(TrainingLog::read(None, None, &mut notes), None);
    }
}
