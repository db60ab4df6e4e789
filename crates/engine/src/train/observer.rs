//! What a training tells whoever watches it.

use std::collections::BTreeMap;

/// Progress after a step. Losses are means over target tokens, in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// Finished steps, from 1.
    pub step: u64,
    pub total_steps: u64,
    pub epoch: f64,
    /// Mean over the steps since the last report.
    pub loss: f64,
    /// The rate this step ran with.
    pub learning_rate: f64,
    /// L2 norm of the gradient before clipping.
    pub grad_norm: f64,
    /// Effective tokens: every row counted whole, prompt and completion, although what rows share
    /// is computed once. Over the last 16 steps; evaluations don't count as time here.
    pub tokens_per_sec: f64,
    /// Since the training began, earlier sittings included.
    pub wall_secs: f64,
    pub remaining_secs: f64,
}

/// The outcome of one evaluation on the dev rows.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationReport {
    pub step: u64,
    pub total_steps: u64,
    pub epoch: f64,
    /// Mean over the completion tokens of all dev rows, in nats.
    pub eval_loss: Option<f64>,
    pub metrics: BTreeMap<String, Option<f64>>,
    /// The metric that decides which step is best.
    pub metric_for_best_model: String,
    pub value: Option<f64>,
    /// Whether this is the best step so far.
    pub best: bool,
    pub wall_secs: f64,
}

/// Everything is optional to listen to.
pub trait TrainObserver {
    /// Called every `logging_steps` steps.
    fn step(&mut self, _report: &StepReport) {}
    fn evaluated(&mut self, _report: &EvaluationReport) {}
    /// A sentence for the reader: resumed, stopped early, and the like.
    fn note(&mut self, _text: &str) {}
}

/// Listens to nothing.
pub struct Silent;

impl TrainObserver for Silent {}
