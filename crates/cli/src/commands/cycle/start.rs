//! What a cycle pins at its beginning, so that nothing that happens meanwhile moves it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gradus_analysis::plan::changed_keys;
use gradus_eval::{ModelReference, Task};
use gradus_schema::plan::KeyChange;
use gradus_schema::{Recipe, Split};
use serde::{Deserialize, Serialize};

use super::Workshop;
use super::folder::{CycleFolder, cycle_dirs, read_cycle};
use super::measure::AnswerSettings;
use crate::commands::plan::read::Reader;
use crate::commands::train::resolve_paths;
use crate::failure::{bad_input, usage};
use crate::files::{read_json, write_json};
use crate::registry::Registry;

/// The alias that cycles move.
pub const CHAMPION: &str = "champion";
pub const START: &str = "start.json";
/// Of the first cycle; each later one has the next.
const FIRST_SEED: u64 = 42;

/// `start.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    pub seed: u64,
    /// Reference of the model that has to be beaten: who holds the alias, else the base model.
    pub champion: String,
    /// Reference of the model whose failures on `dev` are planned from: the champion, or, while
    /// nothing trained was good enough, the last candidate.
    pub subject: String,
    /// By which the subject was trained, or the task's where nothing is trained yet.
    pub recipe: Recipe,
    /// Folder of the subject's training.
    pub training: Option<PathBuf>,
    /// The rows the subject was trained on, as rows of the task.
    pub train_rows: PathBuf,
    pub answers: AnswerSettings,
    /// What somebody asked to change, if anything; as it was written, and as keys of the recipe
    /// where there is a training to change.
    pub set: Vec<String>,
    pub asked: Vec<KeyChange>,
}

impl Start {
    /// Whether the plan is about the model that the candidate is compared with.
    pub fn is_about_the_champion(&self) -> bool {
        self.champion == self.subject
    }
}

/// Reads what was pinned, or pins it now.
pub fn pin(workshop: &Workshop<'_>, cycle: &CycleFolder) -> Result<Start> {
    let path = cycle.path(START);
    if path.exists() {
        let start: Start = read_json(&path, "beginning of a cycle")?;
        if !workshop.set.is_empty() && workshop.set != start.set {
            workshop.out.note(format!(
                "cycle {} goes on with what it was begun with; --set would be for the one after it",
                cycle.number()
            ));
        }
        return Ok(start);
    }
    let start = begin(workshop, cycle.number())?;
    write_json(&path, &start)?;
    Ok(start)
}

fn begin(workshop: &Workshop<'_>, number: u32) -> Result<Start> {
    let task = &workshop.task;
    let train_rows = task.file.data.file(Split::Train).ok_or_else(|| {
        bad_input(format!(
            "the task names no train data, so nothing can be trained: {}",
            task.dir.join("task.yaml").display()
        ))
    })?;
    let champion = Registry::open(&task.dir)?
        .holder(CHAMPION)?
        .map_or_else(|| workshop.recipe.model.clone(), |holder| holder.model);
    let mut start = Start {
        seed: FIRST_SEED + u64::from(number) - 1,
        subject: champion.clone(),
        champion,
        recipe: workshop.recipe.clone(),
        training: None,
        train_rows: train_rows.clone(),
        answers: AnswerSettings::default(),
        set: workshop.set.clone(),
        asked: Vec::new(),
    };
    let earlier: Vec<PathBuf> = decided_cycles(task, number)?;
    if let Some(last) = earlier.last() {
        start.answers = read_json(&last.join("plan/answers.json"), "answer settings")?;
    }
    if adapter_of(&start.champion)?.is_none() {
        // The base is still unbeaten; what was learned from the last try is not thrown away.
        if let Some(last) = earlier.last() {
            let (_, recipe) = carried_out(last)?;
            start.subject = reference(&recipe);
        }
    }
    let own = earlier.iter().rev().find_map(|dir| {
        let (rows, recipe) = carried_out(dir).ok()?;
        (reference(&recipe) == start.subject).then_some((rows, recipe))
    });
    match (own, adapter_of(&start.subject)?) {
        (Some((rows, recipe)), _) => {
            start.training = Some(recipe.output_dir.clone());
            start.train_rows = rows;
            start.recipe = Recipe {
                train_file: None,
                ..recipe
            };
        }
        // Trained outside of any cycle: its own recipe lies beside it.
        (None, Some(adapter)) => {
            let resolved = adapter.join("recipe.resolved.yaml");
            if resolved.is_file() {
                start.recipe = Recipe {
                    task: Some(task.dir.clone()),
                    train_file: None,
                    eval_file: None,
                    ..read_recipe(&resolved)?
                };
            }
            start.training = Some(adapter);
        }
        (None, None) => {}
    }
    let wanted = wanted(&start.recipe, &workshop.set)?;
    match start.training {
        Some(_) => start.asked = changed_keys(&start.recipe, &wanted),
        // Nothing is trained yet, so it is the recipe that is carried out as it is.
        None => start.recipe = wanted,
    }
    Ok(start)
}

/// The recipe with what was asked for.
pub fn wanted(recipe: &Recipe, set: &[String]) -> Result<Recipe> {
    const OWN: [&str; 6] = [
        "model",
        "task",
        "train_file",
        "eval_file",
        "frozen",
        "output_dir",
    ];
    let mut wanted = recipe.clone();
    for assignment in set {
        let key = assignment.split('=').next().unwrap_or_default().trim();
        if OWN.contains(&key) {
            return Err(usage(format!(
                "--set {assignment}: a cycle sets '{key}' itself, so that both arms stay comparable"
            )));
        }
        let refused = |error: gradus_schema::RecipeError| usage(error.to_string());
        wanted.set(assignment).map_err(refused)?;
    }
    wanted
        .validate()
        .map_err(|error| usage(error.to_string()))?;
    Ok(wanted)
}

/// Cycles before this one that reached a decision.
pub fn decided_cycles(task: &Task, before: u32) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (number, dir) in cycle_dirs(&task.dir)? {
        if number < before && read_cycle(&dir)?.is_some_and(|cycle| cycle.is_decided()) {
            found.push(dir);
        }
    }
    Ok(found)
}

/// The rows and the recipe of a cycle's training.
fn carried_out(dir: &Path) -> Result<(PathBuf, Recipe)> {
    let rows: PathBuf = read_json(&dir.join("data/rows.json"), "name of training rows")?;
    Ok((rows, read_recipe(&dir.join("recipe.yaml"))?))
}

/// The reference of what a recipe trains.
fn reference(recipe: &Recipe) -> String {
    format!("{}+{}", recipe.model, recipe.output_dir.display())
}

fn adapter_of(model: &str) -> Result<Option<PathBuf>> {
    Ok(match model.parse()? {
        ModelReference::BaseWithAdapter { adapter, .. } => Some(adapter),
        _ => None,
    })
}

/// The recipe of the task, or the one that was named, with its paths made absolute.
pub fn task_recipe(task: &Task, named: Option<&Path>) -> Result<Recipe> {
    let path = named.map_or_else(|| task.dir.join("recipe.yaml"), Path::to_owned);
    if named.is_none() && !path.is_file() {
        return Err(bad_input(format!(
            "a cycle trains by a recipe, and the task has none; write {} or name one with --recipe (docs/recipe.md)",
            path.display()
        )));
    }
    let mut recipe = read_recipe(&path)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    resolve_paths(&mut recipe, folder)?;
    // The cycle's data are the task's, whatever else the recipe was used for.
    recipe.task = Some(task.dir.clone());
    recipe.train_file = None;
    recipe.eval_file = None;
    Ok(recipe)
}

pub fn read_recipe(path: &Path) -> Result<Recipe> {
    Reader::default().recipe(path)
}
