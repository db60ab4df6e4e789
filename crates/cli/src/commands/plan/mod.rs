//! `gradus plan REPORT_DIR`: the retrospective of an evaluation, and the files of the next try.

pub(super) mod read;
pub(super) mod write;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus_analysis::augment::SourceRow;
use gradus_analysis::plan::expect::{confront, confrontations_markdown};
use gradus_analysis::plan::markdown::plan_markdown;
use gradus_analysis::plan::training_log::TrainingLog;
use gradus_analysis::plan::{Earlier, PlanInput, TrainingSource, plan};
use gradus_eval::Task;
use gradus_schema::plan::{Confrontation, KeyChange, Plan};
use gradus_schema::{Comparison, Decision, Gates, Recipe, Split};

use crate::args::PlanArguments;
use crate::failure::bad_input;
use crate::out::Out;
use read::Reader;

pub fn run(arguments: &PlanArguments, out: &Out) -> Result<()> {
    let mut reader = Reader::default();
    let is_report = read::is_report(&arguments.material);
    let mut material = Material::default();
    if is_report {
        material.report = Some(reader.report(&arguments.material)?);
        material.others = read::siblings(&arguments.material);
    } else {
        material.foreign = Some(reader.foreign(&arguments.material, out)?);
    }
    material.recipe = arguments
        .recipe
        .as_deref()
        .map(|path| reader.recipe(path))
        .transpose()?;
    let folder = arguments.recipe.as_deref().map_or(Path::new(""), folder_of);
    let task = open_task(arguments, material.recipe.as_ref(), folder)?;
    material.training = training(arguments, &material, folder, &mut reader)?;
    for dir in &arguments.earlier {
        let earlier = reader.earlier(dir, dir)?;
        material.earlier.push(earlier);
    }
    material.gates = gates(arguments, task.as_ref(), &mut reader)?;
    if let Some(task) = task.as_ref().filter(|task| task.has(Split::Train)) {
        material.source = Some(read::training_source(task, &mut reader)?);
    }

    let plan = make(&material, &reader, arguments.seed);
    let folder = out_folder(arguments, is_report);
    write::plan(&folder, &plan, &material.confrontations())?;
    show(&plan, &material.confrontations(), &folder, out);
    Ok(())
}

/// Everything that was read.
#[derive(Default)]
pub(super) struct Material {
    pub report: Option<read::Report>,
    pub others: Vec<(String, gradus_schema::EvalReport)>,
    pub foreign: Option<gradus_analysis::foreign::ForeignMaterial>,
    pub recipe: Option<Recipe>,
    pub training: Option<TrainingLog>,
    pub gates: Gates,
    /// The last one first.
    pub earlier: Vec<EarlierPlan>,
    pub source: Option<Source>,
    /// A change of the recipe that somebody asks for.
    pub asked: Vec<KeyChange>,
}

pub(super) struct Source {
    pub rows: Vec<SourceRow>,
    pub sha256: String,
    pub text_field: String,
    pub target: String,
}

/// An earlier plan and what became of it, as far as it is known.
pub(super) struct EarlierPlan {
    pub earlier: Earlier,
    pub decision: Option<Decision>,
}

impl EarlierPlan {
    pub fn new(plan: Plan, comparison: Option<&Comparison>, decision: Option<Decision>) -> Self {
        let confrontation = plan
            .action_now()
            .zip(comparison)
            .map(|(action, comparison)| confront(action, comparison));
        let outcome = decision.as_ref().map(|decision| decision.outcome);
        Self {
            earlier: Earlier {
                plan,
                outcome,
                confrontation,
            },
            decision,
        }
    }
}

impl Material {
    pub fn confrontations(&self) -> Vec<Confrontation> {
        let earlier = self.earlier.iter();
        earlier
            .filter_map(|it| it.earlier.confrontation.clone())
            .collect()
    }
}

/// The plan of what was read so far. The reader's notes and hashes stay, for another plan.
pub(super) fn make(material: &Material, reader: &Reader, seed: u64) -> Plan {
    let earlier: Vec<Earlier> = material
        .earlier
        .iter()
        .map(|it| it.earlier.clone())
        .collect();
    let decisions: Vec<Decision> = material
        .earlier
        .iter()
        .filter_map(|it| it.decision.clone())
        .collect();
    let foreign = material.foreign.as_ref();
    let mut notes = reader.notes.clone();
    if let Some(foreign) = foreign {
        notes.extend(foreign.findings.iter().cloned());
        notes.extend(foreign.missing.iter().cloned());
    }
    let report = material.report.as_ref();
    plan(PlanInput {
        task: report.map_or("foreign material".to_owned(), |it| it.report.task.clone()),
        seed,
        report: report.map(|it| &it.report),
        rows: report.map_or(&[][..], |it| &it.rows),
        outcomes: foreign.map_or_else(Vec::new, |it| it.outcomes.clone()),
        others: &material.others,
        recipe: material
            .recipe
            .as_ref()
            .or_else(|| foreign.and_then(|it| it.recipe.as_ref())),
        training: material
            .training
            .as_ref()
            .or_else(|| foreign.and_then(|it| it.training.as_ref())),
        gates: material.gates.clone(),
        decisions: &decisions,
        earlier: &earlier,
        source: material.source.as_ref().map(|source| TrainingSource {
            rows: &source.rows,
            sha256: source.sha256.clone(),
            text_field: source.text_field.clone(),
            target: source.target.clone(),
        }),
        asked: &material.asked,
        notes,
        inputs: reader.inputs.clone(),
    })
}

fn open_task(
    arguments: &PlanArguments,
    recipe: Option<&Recipe>,
    folder: &Path,
) -> Result<Option<Task>> {
    let named = recipe.and_then(|recipe| recipe.task.as_deref());
    let dir = match (&arguments.task, named) {
        (Some(dir), _) => Some(dir.clone()),
        (None, Some(dir)) => Some(folder.join(dir)),
        (None, None) => None,
    };
    Ok(dir.as_deref().map(Task::open).transpose()?)
}

/// The log of the training: where it was named, else where the recipe put it.
fn training(
    arguments: &PlanArguments,
    material: &Material,
    folder: &Path,
    reader: &mut Reader,
) -> Result<Option<TrainingLog>> {
    let named = arguments.training.clone();
    let dir = match (&named, &material.recipe) {
        (Some(dir), _) => dir.clone(),
        (None, Some(recipe)) => folder.join(&recipe.output_dir),
        (None, None) => return Ok(None),
    };
    let log = reader.training(&dir)?;
    if log.is_none() && named.is_some() {
        return Err(bad_input(format!(
            "the folder holds neither final_metrics.json nor iter_eval_metrics.jsonl: {}",
            dir.display()
        )));
    }
    Ok(log)
}

fn gates(arguments: &PlanArguments, task: Option<&Task>, reader: &mut Reader) -> Result<Gates> {
    gates_of(arguments.gates.as_deref(), task, reader)
}

/// The policy that is named, else that of the task, else the built-in one.
pub(super) fn gates_of(
    named: Option<&Path>,
    task: Option<&Task>,
    reader: &mut Reader,
) -> Result<Gates> {
    let beside = task.map(|task| task.dir.join("gates.yaml"));
    let path = match (named, beside) {
        (Some(path), _) => path.to_owned(),
        (None, Some(path)) if path.is_file() => path,
        _ => return Ok(Gates::default()),
    };
    let text = reader.text(&path, "gates.yaml")?;
    Gates::from_yaml(&text).map_err(|error| bad_input(format!("{error}: {}", path.display())))
}

fn out_folder(arguments: &PlanArguments, is_report: bool) -> PathBuf {
    match (&arguments.out, is_report) {
        (Some(out), _) => out.clone(),
        (None, true) => arguments.material.join("plan"),
        (None, false) => PathBuf::from("plan"),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn show(plan: &Plan, confrontations: &[Confrontation], folder: &Path, out: &Out) {
    out.say(plan_markdown(plan).trim_end());
    if !confrontations.is_empty() {
        out.say(format!(
            "\n{}",
            confrontations_markdown(confrontations).trim_end()
        ));
    }
    out.say(format!("\nplan: {}", folder.join("plan.yaml").display()));
    out.result(&serde_json::json!({
        "out": folder,
        "plan": plan,
        "expected_against_observed": confrontations,
    }));
}

/// Reading a file whose absence is fine.
fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}
