//! The loop: steps, evaluations and checkpoints until the end, a stop, or a loss that is no number.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use gradus_schema::{Direction, Recipe};

use super::checkpoint::{Checkpoint, Checkpoints};
use super::encode::EncodedRow;
use super::observer::{EvaluationReport, StepReport, TrainObserver};
use super::order::Order;
use super::pack::{MicroBatch, Objective, pack};
use super::progress::{Evaluation, Progress, timestamp};
use super::schedule::Schedule;
use super::{DevEvaluator, DevReport};
use crate::model::{AdamW, Adapter, Dropout, LossSum, TrainingSession};
use crate::{Error, Result};

/// The name of the loss on dev rows among the metrics.
const EVAL_LOSS: &str = "eval_loss";

/// How a run of the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Finished,
    /// Stopped from outside; a checkpoint of this very step is written.
    Interrupted,
}

/// A training in memory.
pub struct Fitting<'a> {
    pub recipe: &'a Recipe,
    pub schedule: Schedule,
    pub rows: &'a [EncodedRow],
    pub dev: Vec<MicroBatch>,
    pub session: TrainingSession,
    pub progress: Progress,
    pub best: Option<Adapter>,
    pub checkpoints: &'a Checkpoints,
    pub evaluator: Option<&'a mut dyn DevEvaluator>,
    pub stop: &'a AtomicBool,
    pub observer: &'a mut dyn TrainObserver,
    /// Called with all evaluations after each one.
    pub record: &'a dyn Fn(&[Evaluation]) -> Result<()>,
}

impl Fitting<'_> {
    /// Goes on from wherever `progress` is.
    pub fn run(&mut self) -> Result<Ended> {
        let mut order = Order::new(self.recipe.seed, self.rows.len());
        let mut losses = LossWindow::default();
        let mut pace = Pace::default();
        let mut saved = self.mark();
        while !self.stopping() {
            if self.evaluation_due() && !self.evaluate()? {
                break;
            }
            if self.checkpoint_due() && saved != self.mark() {
                self.save()?;
                saved = self.mark();
            }
            if self.complete() {
                return Ok(Ended::Finished);
            }
            let rows = order
                .rows_of_step(&self.schedule, self.progress.step)
                .to_vec();
            self.step(&rows, &mut losses, &mut pace)?;
        }
        if saved != self.mark() {
            self.save()?;
        }
        Ok(Ended::Interrupted)
    }

    /// What a checkpoint written now would hold.
    fn mark(&self) -> (u64, u64) {
        (self.progress.step, self.progress.evaluated_step)
    }

    fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn complete(&self) -> bool {
        self.progress.stopped_early || self.progress.step >= self.schedule.total_steps
    }

    fn evaluation_due(&self) -> bool {
        let step = self.progress.step;
        (!self.dev.is_empty() || self.evaluator.is_some())
            && step != self.progress.evaluated_step
            && self.schedule.due(self.recipe.eval_steps, step)
    }

    fn checkpoint_due(&self) -> bool {
        let every = self.recipe.save_steps.or(self.recipe.eval_steps);
        self.schedule.due(every, self.progress.step) || self.complete()
    }

    fn step(&mut self, rows: &[usize], losses: &mut LossWindow, pace: &mut Pace) -> Result<()> {
        let started = Instant::now();
        let step = self.progress.step;
        let rows: Vec<&EncodedRow> = rows.iter().map(|&row| &self.rows[row]).collect();
        let batches = pack(&rows, self.objective());
        let weight: f64 = batches.iter().map(MicroBatch::weight).sum();
        let learning_rate = self.schedule.learning_rate(step);
        let mut sum = LossSum::default();
        for (pass, batch) in batches.iter().enumerate() {
            let dropout = self.dropout(step, pass);
            let loss = self
                .session
                .forward_backward(&batch.tree, &batch.targets, dropout);
            sum.add(&loss.map_err(|error| self.diverged_at(error))?);
        }
        let loss = sum.loss / weight;
        if !loss.is_finite() {
            return Err(self.diverged(&format!("the loss is {loss}")));
        }
        let clip = (self.recipe.max_grad_norm > 0.0).then_some(self.recipe.max_grad_norm as f32);
        let stepped =
            self.session
                .step(&self.optimiser(learning_rate), (1.0 / weight) as f32, clip);
        let grad_norm = stepped.map_err(|error| self.diverged_at(error))?;
        if !grad_norm.is_finite() {
            return Err(self.diverged(&format!("the norm of the gradient is {grad_norm}")));
        }
        self.progress.step += 1;
        self.progress.loss_sum += loss;
        let tokens = rows.iter().map(|row| row.length() as u64).sum();
        let secs = started.elapsed().as_secs_f64();
        self.progress.tokens += tokens;
        self.progress.training_secs += secs;
        losses.take(loss);
        pace.take(tokens, secs);
        if self.progress.step.is_multiple_of(self.recipe.logging_steps) || self.complete() {
            let report = self.step_report(losses.mean(), learning_rate, grad_norm, pace);
            self.observer.step(&report);
        }
        Ok(())
    }

    fn objective(&self) -> Objective {
        Objective {
            completion_only: self.recipe.completion_only_loss,
            label_smoothing_numbers: self.recipe.label_smoothing_numbers as f32,
        }
    }

    /// Masks are named by step and pass, so that a resumed training draws the same ones.
    fn dropout(&self, step: u64, pass: usize) -> Option<Dropout> {
        (self.recipe.lora_dropout > 0.0).then_some(Dropout {
            seed: self.recipe.seed,
            pass: (step << 24) | pass as u64,
        })
    }

    fn optimiser(&self, learning_rate: f64) -> AdamW {
        AdamW {
            learning_rate: learning_rate as f32,
            beta1: self.recipe.adam_beta1 as f32,
            beta2: self.recipe.adam_beta2 as f32,
            epsilon: self.recipe.adam_epsilon as f32,
            weight_decay: self.recipe.weight_decay as f32,
        }
    }

    fn step_report(
        &self,
        loss: f64,
        learning_rate: f64,
        grad_norm: f64,
        pace: &Pace,
    ) -> StepReport {
        let progress = &self.progress;
        let left = self.schedule.total_steps - progress.step;
        let evaluations_left = if self.dev.is_empty() && self.evaluator.is_none() {
            0
        } else {
            let every = self
                .recipe
                .eval_steps
                .unwrap_or(self.schedule.steps_per_epoch);
            self.schedule
                .total_steps
                .div_ceil(every)
                .saturating_sub(progress.history.len() as u64)
        };
        StepReport {
            step: progress.step,
            total_steps: self.schedule.total_steps,
            epoch: self.schedule.epoch(progress.step),
            loss,
            learning_rate,
            grad_norm,
            tokens_per_sec: pace.tokens_per_sec(),
            wall_secs: progress.wall_secs(),
            remaining_secs: left as f64 * pace.secs_per_step()
                + evaluations_left as f64 * progress.secs_per_evaluation(),
        }
    }

    /// Gives whether it was carried through; not when a stop came in between, in which case
    /// nothing of it is kept and a resumed training does it again.
    fn evaluate(&mut self) -> Result<bool> {
        let started = Instant::now();
        let Some(eval_loss) = self.dev_loss()? else {
            return Ok(false);
        };
        let step = self.progress.step;
        let report = match &mut self.evaluator {
            None => None,
            Some(evaluator) => match evaluator.evaluate(&self.session.packed_adapter(), step) {
                Ok(report) => Some(report),
                Err(_) if self.stop.load(Ordering::Relaxed) => return Ok(false),
                Err(error) => return Err(error),
            },
        };
        let (metric, direction) = self.deciding_metric(report.as_ref(), eval_loss)?;
        let evaluation = self.evaluation(report, eval_loss, &metric);
        self.progress.evaluation_secs += started.elapsed().as_secs_f64();
        let best = self.progress.take(evaluation.clone(), direction);
        if best {
            self.best = Some(self.session.adapter());
        }
        (self.record)(&self.progress.history)?;
        self.observer.evaluated(&EvaluationReport {
            step,
            total_steps: self.schedule.total_steps,
            epoch: evaluation.epoch,
            eval_loss,
            metrics: evaluation.metrics,
            metric_for_best_model: metric,
            value: evaluation.value,
            best,
            wall_secs: started.elapsed().as_secs_f64(),
        });
        self.stop_early();
        Ok(true)
    }

    /// The mean loss on the dev rows (undefined without rows); `None` when stopped in between.
    fn dev_loss(&mut self) -> Result<Option<Option<f64>>> {
        let mut sum = LossSum::default();
        for batch in &self.dev {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            sum.add(&self.session.loss(&batch.tree, &batch.targets)?);
        }
        match sum.mean() {
            Some(loss) if !loss.is_finite() => {
                Err(self.diverged(&format!("the loss on the dev rows is {loss}")))
            }
            loss => Ok(Some(loss)),
        }
    }

    fn evaluation(
        &self,
        report: Option<DevReport>,
        eval_loss: Option<f64>,
        metric: &str,
    ) -> Evaluation {
        let (metrics, hard_cases) = report
            .map(|report| (report.metrics, report.hard_cases))
            .unwrap_or_default();
        let value = if metric == EVAL_LOSS {
            eval_loss
        } else {
            metrics.get(metric).copied().flatten()
        };
        Evaluation {
            timestamp: timestamp(
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |time| time.as_secs()),
            ),
            step: self.progress.step,
            epoch: self.schedule.epoch(self.progress.step),
            eval_loss,
            value: value.filter(|value| value.is_finite()),
            metrics: metrics
                .into_iter()
                .map(|(name, value)| (name, value.filter(|value| value.is_finite())))
                .collect(),
            hard_cases_count: hard_cases.len(),
            top_hard_case: hard_cases.first().cloned(),
            hard_cases,
        }
    }

    /// `metric_for_best_model`, else the task's primary score, else the loss.
    fn deciding_metric(
        &self,
        report: Option<&DevReport>,
        eval_loss: Option<f64>,
    ) -> Result<(String, Direction)> {
        let wanted = self.recipe.metric_for_best_model.as_deref();
        let Some(report) = report else {
            return match wanted {
                None | Some(EVAL_LOSS | "loss") => Ok((EVAL_LOSS.to_owned(), Direction::Minimize)),
                Some(other) => Err(unknown_metric(other, [EVAL_LOSS])),
            };
        };
        let wanted = match wanted {
            None => report.primary.as_str(),
            Some(EVAL_LOSS | "loss") if eval_loss.is_some() => {
                return Ok((EVAL_LOSS.to_owned(), Direction::Minimize));
            }
            Some(wanted) => wanted.strip_prefix("eval_").unwrap_or(wanted),
        };
        if wanted == report.primary {
            Ok((wanted.to_owned(), report.better_when))
        } else if report.metrics.contains_key(wanted) {
            Ok((wanted.to_owned(), usual_direction(wanted)))
        } else {
            Err(unknown_metric(
                wanted,
                report.metrics.keys().map(String::as_str).chain([EVAL_LOSS]),
            ))
        }
    }

    fn stop_early(&mut self) {
        let Some(patience) = self.recipe.early_stopping_patience else {
            return;
        };
        let before_the_end = self.progress.step < self.schedule.total_steps;
        if before_the_end && self.progress.without_improvement >= patience {
            self.progress.stopped_early = true;
            let best = self.progress.best.as_ref().map_or(0, |best| best.step);
            self.observer.note(&format!(
                "stopped early: no improvement in {patience} evaluations since step {best}"
            ));
        }
    }

    fn save(&mut self) -> Result<()> {
        self.checkpoints.save(&Checkpoint {
            progress: self.progress.clone(),
            adapter: self.session.adapter(),
            best: self.best.clone(),
            optimiser: self.session.optimiser_state().clone(),
        })?;
        Ok(())
    }

    fn diverged_at(&self, error: Error) -> Error {
        match error {
            Error::NotFinite(what) => self.diverged(&what),
            other => other,
        }
    }

    fn diverged(&self, what: &str) -> Error {
        Error::NotFinite(format!(
            "training diverged in step {} of {}: {what}; lower learning_rate (now {}) or max_grad_norm (now {}), or lengthen the warm-up; no adapter was written",
            self.progress.step + 1,
            self.schedule.total_steps,
            self.recipe.learning_rate,
            self.recipe.max_grad_norm,
        ))
    }
}

/// Mean of the losses since the last report.
#[derive(Default)]
struct LossWindow {
    sum: f64,
    count: u64,
}

impl LossWindow {
    fn take(&mut self, loss: f64) {
        self.sum += loss;
        self.count += 1;
    }

    fn mean(&mut self) -> f64 {
        let window = std::mem::take(self);
        window.sum / window.count.max(1) as f64
    }
}

/// How fast the last steps went; older ones say little about those to come.
#[derive(Default)]
struct Pace {
    steps: VecDeque<(u64, f64)>,
}

impl Pace {
    const STEPS: usize = 16;

    fn take(&mut self, tokens: u64, secs: f64) {
        if self.steps.len() == Self::STEPS {
            self.steps.pop_front();
        }
        self.steps.push_back((tokens, secs));
    }

    fn secs(&self) -> f64 {
        self.steps.iter().map(|(_, secs)| secs).sum()
    }

    fn secs_per_step(&self) -> f64 {
        self.secs() / self.steps.len().max(1) as f64
    }

    fn tokens_per_sec(&self) -> f64 {
        let tokens: u64 = self.steps.iter().map(|(tokens, _)| tokens).sum();
        tokens as f64 / self.secs().max(f64::MIN_POSITIVE)
    }
}

/// For metrics other than the task's primary one: errors, losses and times are better when small.
fn usual_direction(metric: &str) -> Direction {
    const SMALL_IS_GOOD: [&str; 9] = [
        "loss",
        "mae",
        "mse",
        "error",
        "violation",
        "failure",
        "secs",
        "latency",
        "perplexity",
    ];
    if SMALL_IS_GOOD.iter().any(|word| metric.contains(word)) {
        Direction::Minimize
    } else {
        Direction::Maximize
    }
}

fn unknown_metric<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = known.into_iter().collect();
    Error::Configuration(format!(
        "metric_for_best_model names '{wanted}', which is not measured here; use one of {}",
        known.join(", ")
    ))
}
