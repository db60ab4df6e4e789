//! The step `planned`: the subject on `dev`, what it gets wrong, and the one factor to change.
//!
//! Settings of the evaluation are no factor of a comparison, since they hold for both arms. One
//! that the plan asks for is tried on `dev` at once, kept only when it keeps its promise there,
//! and planning goes on to the next action.

use std::path::PathBuf;

use anyhow::{Context, Result};
use gradus_analysis::plan::expect::confront_evaluations;
use gradus_schema::plan::{Action, Change, Confrontation, ExpectationState, KeyChange, Plan};
use gradus_schema::{CycleState, Outcome, Split};
use serde::Serialize;

use super::folder::CycleFolder;
use super::measure::{AnswerSettings, evaluate_baselines, evaluate_into};
use super::start::{Start, decided_cycles};
use super::{Ended, Workshop};
use crate::commands::plan::read::{self, Reader};
use crate::commands::plan::{EarlierPlan, Material, gates_of, make as make_plan, write};
use crate::failure::bad_input;
use crate::files::write_json;

/// Settings tried in one cycle, at most.
const MOST_TRIALS: usize = 3;

/// `plan/trials.json`: a setting of the evaluation that was tried on `dev`.
#[derive(Debug, Serialize)]
struct Trial {
    change: Vec<KeyChange>,
    /// `None` where a cycle can't carry the change out, or had tried enough.
    confrontation: Option<Confrontation>,
    is_kept: bool,
}

impl Trial {
    fn not_made(keys: &[KeyChange]) -> Self {
        Self {
            change: keys.to_vec(),
            confrontation: None,
            is_kept: false,
        }
    }
}

/// Makes the cycle's plan, or reads the one that was made.
pub fn make(workshop: &Workshop<'_>, cycle: &mut CycleFolder, start: &Start) -> Result<Plan> {
    let task = &workshop.task;
    if !task.has(Split::Dev) {
        return Err(bad_input(format!(
            "a cycle plans from dev rows, and the task names none; choosing a change by frozen rows would spend them: {}",
            task.dir.join("task.yaml").display()
        )));
    }
    let mut inputs = vec![cycle.path("start.json"), task.dir.join(&start.train_rows)];
    inputs.extend(task.files().iter().map(|file| task.dir.join(file)));
    let outputs = [
        "plan/plan.yaml",
        "plan/answers.json",
        "dev/subject/rows.jsonl",
        "dev/subject/eval_summary.json",
    ];
    cycle.step(workshop, CycleState::Planned, &inputs, &outputs, |cycle| {
        work_out(workshop, cycle, start)?;
        Ok(None)
    })?;
    let path = cycle.path("plan/plan.yaml");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let plan = Plan::from_yaml(&text)
        .map_err(|error| bad_input(format!("{error}: {}", path.display())))?;
    say(workshop, &plan);
    Ok(plan)
}

fn work_out(workshop: &Workshop<'_>, cycle: &CycleFolder, start: &Start) -> Result<()> {
    let dev = cycle.path("dev");
    evaluate_baselines(workshop, Split::Dev, &dev)?;
    let mut answers = start.answers;
    let mut folder = dev.join("subject");
    evaluate_into(workshop, &start.subject, Split::Dev, answers, &folder)?;

    let mut reader = Reader::default();
    let mut material = material(workshop, cycle, start, &mut reader)?;
    let mut trials = Vec::new();
    let plan = loop {
        material.report = Some(reader.report(&folder)?);
        material.others = read::siblings(&folder);
        let plan = make_plan(&material, &reader, start.seed);
        let Some((action, keys)) = asks_for_a_setting(&plan) else {
            break plan;
        };
        let trial = match trials.len() < MOST_TRIALS {
            true => try_setting(workshop, start, &mut answers, &mut folder, action, keys)?,
            // Left for another cycle; a setting is never what a training is about.
            false => Trial::not_made(keys),
        };
        if !trial.is_kept {
            let mut tried = EarlierPlan::new(plan.clone(), None, None);
            tried.earlier.outcome = Some(Outcome::Reject);
            tried.earlier.confrontation = trial.confrontation.clone();
            material.earlier.insert(0, tried);
        }
        trials.push(trial);
    };
    let dir = cycle.path("plan");
    std::fs::create_dir_all(&dir).with_context(|| format!("creating {}", dir.display()))?;
    write_json(&dir.join("answers.json"), &answers)?;
    write_json(&dir.join("trials.json"), &trials)?;
    write::plan(&dir, &plan, &material.confrontations())
}

/// Everything but the report that the plan is made from.
fn material(
    workshop: &Workshop<'_>,
    cycle: &CycleFolder,
    start: &Start,
    reader: &mut Reader,
) -> Result<Material> {
    let task = workshop.task.with_train_rows(&start.train_rows);
    let mut material = Material {
        recipe: Some(start.recipe.clone()),
        asked: start.asked.clone(),
        gates: gates_of(None, Some(&task), reader)?,
        source: Some(read::training_source(&task, reader)?),
        ..Material::default()
    };
    if let Some(training) = &start.training {
        material.training = reader.training(training)?;
    }
    for dir in decided_cycles(&workshop.task, cycle.number())?.iter().rev() {
        let earlier = reader.earlier(&dir.join("plan"), &dir.join("decision"))?;
        material.earlier.push(earlier);
    }
    Ok(material)
}

fn asks_for_a_setting(plan: &Plan) -> Option<(&Action, &[KeyChange])> {
    let action = plan.action_now()?;
    match &action.change {
        Change::Evaluation(keys) => Some((action, keys)),
        _ => None,
    }
}

/// Evaluates the subject on `dev` again, with the setting. It is kept when its expectation is met.
fn try_setting(
    workshop: &Workshop<'_>,
    start: &Start,
    answers: &mut AnswerSettings,
    folder: &mut PathBuf,
    action: &Action,
    keys: &[KeyChange],
) -> Result<Trial> {
    let mut trial = Trial::not_made(keys);
    let Some(changed) = answers.changed(keys) else {
        return Ok(trial);
    };
    let shown: Vec<String> = keys.iter().map(KeyChange::to_string).collect();
    let shown = shown.join(", ");
    workshop.out.note(format!("trying on dev: {shown}"));
    let plain: String = keys
        .iter()
        .map(|change| format!("-{}-{}", change.key, change.to))
        .collect();
    let plain = plain.replace(['"', '_'], "-").replace("--", "-");
    let other = folder.with_file_name(format!("subject{plain}"));
    evaluate_into(workshop, &start.subject, Split::Dev, changed, &other)?;
    let mut reader = Reader::default();
    let before = reader.report(folder)?;
    let after = reader.report(&other)?;
    let found = confront_evaluations(action, &before.rows, &after.rows, start.seed);
    trial.is_kept = found.state == ExpectationState::Met;
    workshop.out.note(format!(
        "{}: {shown} ({})",
        if trial.is_kept { "kept" } else { "not kept" },
        found.text
    ));
    trial.confrontation = Some(found);
    if trial.is_kept {
        (*answers, *folder) = (changed, other);
    }
    Ok(trial)
}

fn say(workshop: &Workshop<'_>, plan: &Plan) {
    let out = workshop.out;
    if let (Some(action), Some(hypothesis)) = (plan.action_now(), &plan.hypothesis) {
        out.say(format!("hypothesis: {hypothesis}"));
        out.say(format!("change: {}", action.change));
        out.say(format!(
            "expected: {} better by {:.3}, at least {:.3} ({})",
            action.expectation.metric,
            action.expectation.improvement,
            action.expectation.at_least,
            action.expectation.basis
        ));
    }
}

/// The plan changes nothing: a cycle would train the same model again.
pub fn nothing_to_try(workshop: &Workshop<'_>, cycle: &CycleFolder, plan: &Plan) -> Ended {
    let out = workshop.out;
    out.say(format!(
        "cycle {}: nothing left to try; no rule has evidence for a change",
        cycle.number()
    ));
    for withheld in &plan.withheld {
        out.say(format!("  {}: {}", withheld.rule, withheld.reason));
    }
    for conflict in &plan.conflicts {
        out.say(format!(
            "  {}: {}",
            conflict.rules.join(", "),
            conflict.text
        ));
    }
    out.say(format!(
        "new training rows would be something new; the whole plan: {}",
        cycle.path("plan/plan.md").display()
    ));
    Ended {
        number: cycle.number(),
        dir: cycle.dir.clone(),
        decision: None,
    }
}
