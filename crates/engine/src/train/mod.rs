//! Fits a low-rank adapter to prompt–completion rows.
//!
//! [`train`] is the way through: rows are encoded exactly as inference sends them, a folder is
//! locked, what is already there is taken up or refused, the loop runs, and only a training that
//! came to its end leaves an adapter. The same base, rows, recipe and thread count give the same
//! bytes, with or without interruptions.

mod checkpoint;
mod encode;
mod files;
mod fingerprint;
mod fitting;
mod lock;
mod numbers;
mod observer;
mod order;
mod outputs;
mod pack;
mod progress;
mod schedule;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use gradus_schema::Direction;
use gradus_schema::{PromptCompletion, Recipe};
use serde_json::Value;

pub use observer::{EvaluationReport, Silent, StepReport, TrainObserver};

use crate::loaded::LoadedModel;
use crate::model::{Adapter, AdapterConfig, ModelConfig, Module, PackedAdapter, TrainingSession};
use crate::{Error, Result};
use checkpoint::{Checkpoint, Checkpoints};
pub use encode::{EncodedRow, encode};
use fingerprint::Fingerprint;
use fitting::{Ended, Fitting};
use lock::DirectoryLock;
use outputs::{Origin, Outputs};
pub use pack::{MicroBatch, Objective, pack};
use progress::{Evaluation, Progress};
use schedule::Schedule;

/// The rows of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingData {
    pub rows: Vec<PromptCompletion>,
    /// Where they came from; complaints about a row name it.
    pub path: PathBuf,
}

/// Answers the dev rows with the adapter as it is and scores the answers.
pub trait DevEvaluator {
    /// Called every `eval_steps` steps and at the end; `step` steps are finished. When the
    /// training is asked to stop meanwhile, an error may be given: the evaluation is then done
    /// again by the resumed training.
    fn evaluate(&mut self, adapter: &Arc<PackedAdapter>, step: u64) -> Result<DevReport>;
}

/// What a [`DevEvaluator`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct DevReport {
    /// Undefined ones are `None`.
    pub metrics: BTreeMap<String, Option<f64>>,
    /// Rows of `hard_cases.valid.jsonl`, hardest first.
    pub hard_cases: Vec<Value>,
    /// The metric the task is decided by, and which way.
    pub primary: String,
    pub better_when: Direction,
}

/// What to do with a training that the output folder already holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resume {
    /// Go on from its last checkpoint, or give its result if it is finished; refuse if it is
    /// another training.
    #[default]
    Auto,
    /// Remove it and start afresh.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    /// The folder held the result of this very training; nothing was done.
    AlreadyFinished,
    /// Stopped from outside; the same call goes on from here.
    Interrupted,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TrainOutcome {
    pub outcome: Outcome,
    pub output_dir: PathBuf,
    /// Finished steps.
    pub step: u64,
    /// Steps the recipe asks for; early stopping may end before.
    pub total_steps: u64,
    /// The content of `final_metrics.json`; null when interrupted.
    pub final_metrics: Value,
}

/// Trains as `recipe` says and writes the adapter into its `output_dir`.
///
/// # Errors
/// - [`Error::Configuration`]: no rows, a recipe this model can't carry out, an `output_dir` that
///   holds another training.
/// - [`Error::Row`]: an empty completion, a row longer than `max_length`.
/// - [`Error::Busy`]: another training writes into `output_dir`.
/// - [`Error::NotFinite`]: the loss is no longer a number; no adapter is written.
/// - [`Error::ModelFile`]: a damaged checkpoint. [`Error::Io`]: a full disk and the like.
pub fn train(
    recipe: &Recipe,
    model: &LoadedModel,
    train: &TrainingData,
    dev: Option<&TrainingData>,
    evaluator: Option<&mut dyn DevEvaluator>,
    stop: &AtomicBool,
    resume: Resume,
    observer: &mut dyn TrainObserver,
) -> Result<TrainOutcome> {
    let adapter = fresh_adapter(recipe, &model.config)?;
    let rows = encode(model, recipe, train)?;
    let dev_rows = dev.map_or(Ok(Vec::new()), |dev| encode(model, recipe, dev))?;
    let schedule = Schedule::new(recipe, rows.len());
    check_schedule(&schedule, recipe, dev.is_some() || evaluator.is_some())?;

    let _lock = DirectoryLock::acquire(&recipe.output_dir)?;
    let fingerprint = Fingerprint::of(&model.identity, recipe, &rows, &dev_rows);
    let outputs = Outputs::new(&recipe.output_dir);
    let checkpoints = Checkpoints::new(outputs.checkpoints(), fingerprint.clone());
    if resume == Resume::Never {
        outputs.clear()?;
    }
    if let Some(finished) = outputs.finished(&fingerprint)? {
        return Ok(finished);
    }
    let threads = model.decoder.threads();
    let start = match checkpoints.newest(&adapter)? {
        Some(checkpoint) => go_on(checkpoint, threads, &schedule, observer),
        None => start_afresh(adapter, threads, &outputs)?,
    };

    let origin = Origin {
        recipe,
        model,
        train,
        dev,
        fingerprint: &fingerprint,
    };
    outputs.begin(&origin)?;
    let record = |evaluations: &[Evaluation]| outputs.record(evaluations);
    let mut fitting = Fitting {
        recipe,
        dev: pack(
            &dev_rows.iter().collect::<Vec<_>>(),
            evaluation_objective(recipe),
        ),
        rows: &rows,
        session: start.session(model)?,
        progress: start.progress,
        best: start.best,
        schedule,
        checkpoints: &checkpoints,
        // Taken apart so that the reference may live shorter than the caller's.
        evaluator: match evaluator {
            Some(evaluator) => Some(evaluator),
            None => None,
        },
        stop,
        observer,
        record: &record,
    };
    (fitting.record)(&fitting.progress.history)?;
    let ended = fitting.run()?;
    outcome(ended, &fitting, &outputs, &origin)
}

fn outcome(
    ended: Ended,
    fitting: &Fitting<'_>,
    outputs: &Outputs,
    origin: &Origin<'_>,
) -> Result<TrainOutcome> {
    let (step, total_steps) = (fitting.progress.step, fitting.schedule.total_steps);
    let (outcome, final_metrics) = match ended {
        Ended::Interrupted => (Outcome::Interrupted, Value::Null),
        Ended::Finished => (Outcome::Finished, outputs.finish(fitting, origin)?),
    };
    Ok(TrainOutcome {
        outcome,
        output_dir: fitting.recipe.output_dir.clone(),
        step,
        total_steps,
        final_metrics,
    })
}

fn fresh_adapter(recipe: &Recipe, model: &ModelConfig) -> Result<Adapter> {
    let mut modules = Vec::new();
    for name in &recipe.lora_target_modules {
        modules.push(Module::from_name(name).ok_or_else(|| {
            let known = Module::ALL.map(Module::name).join(", ");
            Error::Configuration(format!(
                "lora_target_modules names '{name}'; use all-linear or some of {known}"
            ))
        })?);
    }
    modules.sort_unstable();
    modules.dedup();
    let layers = model.num_hidden_layers;
    let top = recipe.lora_num_top_layers.unwrap_or(layers);
    if recipe.lora_r == 0 || modules.is_empty() || !(1..=layers).contains(&top) {
        return Err(Error::Configuration(format!(
            "nothing would be trained: lora_r is {}, lora_target_modules are {}, lora_num_top_layers is {top} of {layers} layers; each must be at least 1 and the last no more than the model has",
            recipe.lora_r,
            modules.len()
        )));
    }
    if recipe.lora_r > model.hidden_size {
        return Err(Error::Configuration(format!(
            "lora_r is {}, more than the {} the model is wide; choose a smaller one",
            recipe.lora_r, model.hidden_size
        )));
    }
    let config = AdapterConfig {
        r: recipe.lora_r,
        alpha: recipe.lora_alpha as f32,
        dropout: recipe.lora_dropout as f32,
        modules,
        layers: (layers - top..layers).collect(),
        rank_stabilised: recipe.use_rslora,
    };
    Ok(Adapter::initialise(config, model, recipe.seed))
}

fn check_schedule(schedule: &Schedule, recipe: &Recipe, evaluates: bool) -> Result<()> {
    if schedule.total_steps == 0 {
        return Err(Error::Configuration(
            "the recipe asks for no step; raise num_train_epochs or max_steps".to_owned(),
        ));
    }
    if recipe.early_stopping_patience.is_some() && !evaluates {
        return Err(Error::Configuration(
            "early_stopping_patience needs evaluation rows; name an eval_file or a task with dev rows, or leave it out".to_owned(),
        ));
    }
    Ok(())
}

/// Dev rows are measured without smoothing, so that losses of recipes compare.
fn evaluation_objective(recipe: &Recipe) -> Objective {
    Objective {
        completion_only: recipe.completion_only_loss,
        label_smoothing_numbers: 0.0,
    }
}

/// Where the loop starts from.
struct Start {
    progress: Progress,
    best: Option<Adapter>,
    adapter: Adapter,
    optimiser: Option<crate::model::OptimiserState>,
}

impl Start {
    fn session(&self, model: &LoadedModel) -> Result<TrainingSession> {
        let mut session = TrainingSession::new(model.decoder.clone(), self.adapter.clone())?;
        if let Some(optimiser) = &self.optimiser {
            session.set_optimiser_state(optimiser)?;
        }
        Ok(session)
    }
}

fn go_on(
    checkpoint: Checkpoint,
    threads: usize,
    schedule: &Schedule,
    observer: &mut dyn TrainObserver,
) -> Start {
    let Checkpoint {
        progress,
        adapter,
        best,
        optimiser,
    } = checkpoint;
    observer.note(&format!(
        "resumed after step {} of {}",
        progress.step, schedule.total_steps
    ));
    if progress.threads != threads {
        observer.note(&format!(
            "this training began with {} threads and goes on with {threads}: its adapter will differ in the last digits from one trained without a break",
            progress.threads
        ));
    }
    Start {
        progress,
        best,
        adapter,
        optimiser: Some(optimiser),
    }
}

fn start_afresh(adapter: Adapter, threads: usize, outputs: &Outputs) -> Result<Start> {
    outputs.refuse_strangers()?;
    Ok(Start {
        progress: Progress {
            threads,
            ..Progress::default()
        },
        best: None,
        adapter,
        optimiser: None,
    })
}
