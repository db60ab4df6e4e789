//! `gradus cycle run TASK_DIR`: one improvement cycle, top to bottom in [`run_one`].
//!
//! `TASK/cycles/NNNN/`: `cycle.json` (which step is done for which input hashes), `start.json`
//! (what was pinned at the beginning), and what each step left: `dev/` and `plan/`, `data/` and
//! `recipe.yaml`, `training/`, `reports/`, `decision/`, `settled.json`, `loop.json`,
//! `evidence.zip`, `report.html`, `report.md`.

mod data;
mod decide;
mod finish;
mod folder;
mod history;
mod measure;
mod plan;
mod record;
mod start;
mod status;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use gradus_engine::train::{Outcome as TrainingOutcome, Resume};
use gradus_eval::Task;
use gradus_evidence::SecretKey;
use gradus_schema::decision::Outcome;
use gradus_schema::{CycleState, Decision, ExitStatus, Recipe};
use serde_json::json;

use super::Settings;
use super::evidence::read_key;
use super::train::train_recipe;
use crate::args::cycle::{CycleCommand, CycleRunArguments};
use crate::failure::interrupted;
use crate::out::Out;
use crate::recorder::registries;
use crate::signals::stop_flag;
use folder::CycleFolder;
use start::Start;

pub use folder::finished_cycles;
pub use start::task_recipe;

pub fn run(command: &CycleCommand, settings: &Settings, out: &Out) -> Result<ExitStatus> {
    match command {
        CycleCommand::Run(arguments) => run_cycles(arguments, settings, out),
        CycleCommand::Status(arguments) => {
            status::run(&arguments.task_dir, out)?;
            Ok(ExitStatus::Ok)
        }
    }
}

/// What every step needs.
pub struct Workshop<'a> {
    pub task: Task,
    /// How the first cycle trains, paths absolute.
    pub recipe: Recipe,
    /// `KEY=VALUE` of the recipe that somebody asks for in the next cycle.
    pub set: Vec<String>,
    /// Cycles that are meant to be run in all.
    pub planned: u32,
    pub allow_failed_data_check: bool,
    pub sign_key: Option<SecretKey>,
    pub settings: &'a Settings,
    pub stop: &'a AtomicBool,
    pub out: &'a Out,
    /// What each step that was carried out took, in seconds.
    pub timings: RefCell<Vec<(String, f64)>>,
    /// The run that the cycle is recorded as.
    pub record: RefCell<Option<record::CycleRecord>>,
}

impl Workshop<'_> {
    fn stopped(&self) -> anyhow::Error {
        interrupted(format!(
            "stopped; go on with `gradus cycle run {}`",
            self.task.dir.display()
        ))
    }
}

/// How a cycle ended.
pub struct Ended {
    pub number: u32,
    pub dir: PathBuf,
    /// `None`: the plan found nothing to change.
    pub decision: Option<Decision>,
}

fn run_cycles(arguments: &CycleRunArguments, settings: &Settings, out: &Out) -> Result<ExitStatus> {
    let stop = stop_flag()?;
    let dir = std::path::absolute(&arguments.task_dir).context("the task's folder")?;
    let dir: PathBuf = dir.components().collect();
    let task = Task::open(&dir)?;
    let finished = finished_cycles(&dir)?;
    let mut workshop = Workshop {
        recipe: start::task_recipe(&task, arguments.recipe.as_deref())?,
        set: arguments.set.clone(),
        planned: arguments.cycles.unwrap_or(finished + 1),
        allow_failed_data_check: arguments.allow_failed_data_check,
        // Read now, so that a wrong key does not wait for the end of a training.
        sign_key: arguments.sign_key.as_deref().map(read_key).transpose()?,
        task,
        settings,
        stop: &stop,
        out,
        timings: RefCell::default(),
        record: RefCell::default(),
    };
    if finished >= workshop.planned {
        out.note(format!("{finished} cycles are finished already"));
        status::run(&dir, out)?;
        return Ok(ExitStatus::Ok);
    }
    // A misspelt key is said before anything is begun.
    start::wanted(&workshop.recipe, &workshop.set)?;
    let mut ended = run_one(&workshop)?;
    // What was asked for was asked once.
    workshop.set.clear();
    while ended.decision.is_some() && ended.number < workshop.planned {
        ended = run_one(&workshop)?;
    }
    show(&ended, out);
    Ok(match &ended.decision {
        Some(decision) if decision.outcome == Outcome::Promote => ExitStatus::Ok,
        _ => ExitStatus::NotPromoted,
    })
}

/// One cycle, recorded as one run, however many sittings it takes.
pub fn run_one(workshop: &Workshop<'_>) -> Result<Ended> {
    let mut cycle = CycleFolder::open(&workshop.task)?;
    let is_new = !cycle.path(start::START).exists();
    let start = start::pin(workshop, &cycle)?;
    record::begin(workshop, &cycle, &start, is_new);
    let ended = all_steps(workshop, &mut cycle, &start);
    record::end(workshop, &cycle, ended.is_ok());
    registries::record(&workshop.task.dir, workshop.settings, workshop.out);
    ended
}

/// The whole cycle. Each step asks first whether it is done for exactly these inputs.
fn all_steps(workshop: &Workshop<'_>, cycle: &mut CycleFolder, start: &Start) -> Result<Ended> {
    let plan = plan::make(workshop, cycle, start)?;
    if plan.action_now().is_none() {
        return Ok(plan::nothing_to_try(workshop, cycle, &plan));
    }
    let recipe = data::build(workshop, cycle, start, &plan)?;
    let candidate = train(workshop, cycle, &recipe)?;
    measure::evaluate(workshop, cycle, start, &candidate)?;
    let decision = decide::decide(workshop, cycle, start, &plan)?;
    decide::settle(workshop, cycle, &decision)?;
    finish::finish(workshop, cycle)?;
    Ok(Ended {
        number: cycle.number(),
        dir: cycle.dir.clone(),
        decision: Some(decision),
    })
}

/// Trains by the cycle's recipe; returns the candidate's reference.
fn train(workshop: &Workshop<'_>, cycle: &mut CycleFolder, recipe: &Recipe) -> Result<String> {
    let mut inputs = vec![cycle.path("recipe.yaml")];
    match &recipe.train_file {
        Some(file) => inputs.push(file.clone()),
        None => inputs.extend(cycle.task_file(&workshop.task, gradus_schema::Split::Train)),
    }
    inputs.extend(cycle.task_file(&workshop.task, gradus_schema::Split::Dev));
    let outputs = [
        "training/adapter_model.safetensors",
        "training/final_metrics.json",
    ];
    cycle.step(workshop, CycleState::Trained, &inputs, &outputs, |_| {
        let outcome = train_recipe(
            recipe,
            Resume::Auto,
            &record::settings_of_parts(workshop),
            workshop.stop,
            workshop.out,
        )?;
        if outcome.outcome == TrainingOutcome::Interrupted {
            return Err(workshop.stopped());
        }
        Ok(None)
    })?;
    Ok(format!("{}+{}", recipe.model, recipe.output_dir.display()))
}

fn show(ended: &Ended, out: &Out) {
    let report = ended.dir.join("report.html");
    let evidence = ended.dir.join("evidence.zip");
    if ended.decision.is_some() {
        out.say(format!("report: {}", report.display()));
        out.say(format!("evidence: {}", evidence.display()));
    }
    out.result(&json!({
        "cycle": ended.number,
        "dir": ended.dir,
        "decision": ended.decision,
        "report": ended.decision.is_some().then_some(report),
        "evidence": ended.decision.is_some().then_some(evidence),
    }));
}

/// `ROOT/a/b` as `a/b`; what lies elsewhere keeps its path.
fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}
