//! How far a training is: what a checkpoint remembers besides tensors.

use std::collections::BTreeMap;

use gradus_schema::Direction;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Finished steps.
    pub step: u64,
    /// The step of the last evaluation; 0 before the first.
    pub evaluated_step: u64,
    /// Sum of the steps' mean losses.
    pub loss_sum: f64,
    /// Effective tokens: every row whole.
    pub tokens: u64,
    pub training_secs: f64,
    pub evaluation_secs: f64,
    /// Every evaluation so far, without its hard cases.
    pub history: Vec<Evaluation>,
    /// The best and the last evaluation, with their hard cases.
    pub best: Option<Evaluation>,
    pub last: Option<Evaluation>,
    /// Evaluations since the best one.
    pub without_improvement: usize,
    pub stopped_early: bool,
    pub threads: usize,
}

/// One evaluation on the dev rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// RFC 3339, UTC.
    pub timestamp: String,
    pub step: u64,
    pub epoch: f64,
    pub eval_loss: Option<f64>,
    pub metrics: BTreeMap<String, Option<f64>>,
    /// Value of the metric that decides which step is best.
    pub value: Option<f64>,
    pub hard_cases_count: usize,
    pub top_hard_case: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hard_cases: Vec<Value>,
}

impl Progress {
    /// Takes in an evaluation; gives whether it is the best so far. An undefined value is never
    /// better than anything, and of equal ones the first stays.
    pub fn take(&mut self, evaluation: Evaluation, direction: Direction) -> bool {
        let so_far = self.best.as_ref().and_then(|best| best.value);
        let better = match (evaluation.value, so_far) {
            (Some(value), Some(best)) => direction.improves(value, best),
            (Some(_), None) => true,
            (None, _) => false,
        };
        self.evaluated_step = evaluation.step;
        self.history.push(Evaluation {
            hard_cases: Vec::new(),
            ..evaluation.clone()
        });
        if better {
            self.without_improvement = 0;
            self.best = Some(evaluation.clone());
        } else {
            self.without_improvement += 1;
        }
        self.last = Some(evaluation);
        better
    }

    pub fn wall_secs(&self) -> f64 {
        self.training_secs + self.evaluation_secs
    }

    /// Mean over the steps; `None` before the first.
    pub fn train_loss(&self) -> Option<f64> {
        (self.step > 0).then(|| self.loss_sum / self.step as f64)
    }

    pub fn tokens_per_sec(&self) -> Option<f64> {
        (self.training_secs > 0.0).then(|| self.tokens as f64 / self.training_secs)
    }

    pub fn secs_per_evaluation(&self) -> f64 {
        self.evaluation_secs / self.history.len().max(1) as f64
    }
}

/// `unix_secs` as RFC 3339 in UTC (days → date by Howard Hinnant's `civil_from_days`).
pub fn timestamp(unix_secs: u64) -> String {
    let (days, secs) = ((unix_secs / 86_400) as i64, unix_secs % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (secs / 3_600, secs / 60 % 60, secs % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(step: u64, value: Option<f64>) -> Evaluation {
        Evaluation {
            step,
            value,
            hard_cases: vec![Value::from(step)],
            ..Evaluation::default()
        }
    }

    #[test]
    fn the_best_is_the_first_of_the_best_and_undefined_never_wins() {
        let mut progress = Progress::default();
        let taken: Vec<bool> = [
            None,
            Some(2.0),
            Some(3.0),
            Some(2.0),
            None,
            Some(1.0),
            Some(1.5),
        ]
        .into_iter()
        .zip(1..)
        .map(|(value, step)| progress.take(evaluation(step, value), Direction::Minimize))
        .collect();
        assert_eq!(taken, [false, true, false, false, false, true, false]);
        assert_eq!(progress.best.as_ref().map(|best| best.step), Some(6));
        assert_eq!(progress.last.as_ref().map(|last| last.step), Some(7));
        assert_eq!(progress.without_improvement, 1);
        assert_eq!(progress.evaluated_step, 7);
        assert!(
            progress
                .history
                .iter()
                .all(|past| past.hard_cases.is_empty())
        );
        assert_eq!(progress.best.expect("there is one").hard_cases.len(), 1);
    }

    #[test]
    fn timestamps_are_dates() {
        assert_eq!(timestamp(0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(timestamp(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(timestamp(1_795_219_200), "2026-11-21T00:00:00Z");
    }
}
