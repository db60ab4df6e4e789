//! The step `data_built`: the rows to train on, checked against the held-out ones, and the recipe
//! that trains on them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus_eval::Task;
use gradus_eval::data::DataSettings;
use gradus_eval::data::augmented::augmented_rows;
use gradus_eval::data::convert::{PromptForm, convert};
use gradus_eval::data::findings::Level;
use gradus_schema::plan::{Change, Plan};
use gradus_schema::{AugmentationSpec, CycleState, Recipe, Split};

use super::folder::CycleFolder;
use super::start::{Start, read_recipe};
use super::{Workshop, relative};
use crate::commands::data::check_with_bar;
use crate::commands::plan::read::{Reader, training_source};
use crate::failure::bad_input;
use crate::files::{write_json, write_whole};

/// Builds the training rows as the plan says, and returns the recipe of this cycle's training.
pub fn build(
    workshop: &Workshop<'_>,
    cycle: &mut CycleFolder,
    start: &Start,
    plan: &Plan,
) -> Result<Recipe> {
    let task = &workshop.task;
    let mut inputs = vec![
        cycle.path("start.json"),
        cycle.path("plan/plan.yaml"),
        task.dir.join(&start.train_rows),
    ];
    inputs.extend(task.files().iter().map(|file| task.dir.join(file)));
    let outputs = ["data/rows.json", "data/check.json", "recipe.yaml"];
    cycle.step(
        workshop,
        CycleState::DataBuilt,
        &inputs,
        &outputs,
        |cycle| {
            let rows = match &plan.augmentation {
                Some(spec) => augment(workshop, cycle, start, spec)?,
                None => start.train_rows.clone(),
            };
            create_folder(&cycle.path("data/rows.json"))?;
            write_json(&cycle.path("data/rows.json"), &rows)?;
            let with_rows = task.with_train_rows(&rows);
            check_data(workshop, &with_rows, &cycle.path("data/check.json"))?;
            let recipe = next_recipe(cycle, task, start, plan, &with_rows, &rows)?;
            write_whole(&cycle.path("recipe.yaml"), recipe.to_yaml().as_bytes())?;
            Ok(None)
        },
    )?;
    read_recipe(&cycle.path("recipe.yaml"))
}

/// Writes the rows of an augmentation behind those of before; returns their file.
fn augment(
    workshop: &Workshop<'_>,
    cycle: &CycleFolder,
    start: &Start,
    spec: &AugmentationSpec,
) -> Result<PathBuf> {
    let task = workshop.task.with_train_rows(&start.train_rows);
    let source = training_source(&task, &mut Reader::default())?;
    if source.sha256 != spec.train_sha256 {
        return Err(bad_input(format!(
            "the training rows changed since the plan was made: {}",
            task.dir.join(&start.train_rows).display()
        )));
    }
    let settings = DataSettings::open(&task, None)?;
    let threads = workshop.settings.cores();
    let built = augmented_rows(&task, &settings, &source.rows, spec, threads)?;
    let stats = &built.stats;
    workshop.out.note(format!(
        "{} training rows, {} repeated and {} recombined ones added, {} left out",
        stats.n_train,
        stats.n_repeated,
        stats.n_recombined,
        stats.dropped.values().sum::<usize>()
    ));
    let path = cycle.path("data/rows.jsonl");
    create_folder(&path)?;
    write_whole(&path, &built.bytes)?;
    write_json(&cycle.path("data/augmentation_stats.json"), stats)?;
    Ok(PathBuf::from(relative(&path, &task.dir)))
}

/// Refuses rows that are not fit for training or for measuring, unless that was allowed.
fn check_data(workshop: &Workshop<'_>, task: &Task, path: &Path) -> Result<()> {
    let settings = DataSettings::open(task, None)?;
    let found = check_with_bar(task, &settings, workshop.settings.cores())?;
    write_json(path, &found)?;
    let failed: Vec<String> = found
        .findings
        .iter()
        .filter(|finding| finding.level == Level::Fail)
        .map(|finding| format!("{}: {}", finding.check, finding.says))
        .collect();
    if failed.is_empty() || workshop.allow_failed_data_check {
        for failure in failed {
            workshop
                .out
                .note(format!("data check failed, allowed: {failure}"));
        }
        return Ok(());
    }
    Err(bad_input(format!(
        "the data are not fit for a cycle: {}; mend them (`gradus data check {}` says how), or go on all the same with --allow-failed-data-check",
        failed.join("; "),
        task.dir.display()
    )))
}

fn next_recipe(
    cycle: &CycleFolder,
    task: &Task,
    start: &Start,
    plan: &Plan,
    with_rows: &Task,
    rows: &Path,
) -> Result<Recipe> {
    let mut recipe = match plan.action_now().map(|action| &action.change) {
        Some(Change::Recipe(_)) => plan
            .next_recipe
            .clone()
            .context("the plan changes the recipe and holds no next one")?,
        _ => start.recipe.clone(),
    };
    recipe.output_dir = cycle.path("training");
    recipe.task = Some(task.dir.clone());
    if Some(rows) != task.file.data.file(Split::Train).map(PathBuf::as_path) {
        let file = cycle.path("data/train.jsonl");
        convert(with_rows, Split::Train, PromptForm::Messages, &file, true)?;
        recipe.train_file = Some(file);
    }
    Ok(recipe)
}

fn create_folder(file: &Path) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))
}
