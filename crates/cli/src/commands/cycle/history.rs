//! The cycles of a task as one summary: `loop.json`, and what `gradus cycle status` shows.

use std::path::Path;

use anyhow::Result;
use gradus_analysis::cycle::loop_completion;
use gradus_eval::Task;
use gradus_schema::loop_summary::{LOOP_FORMAT, LoopCycle, LoopSummary};
use gradus_schema::plan::{Confrontation, Plan};
use gradus_schema::{Cycle, Decision};
use serde::de::DeserializeOwned;

use super::folder::{cycle_dirs, read_cycle};
use super::start::Start;
use crate::files::read_json;

/// All cycles up to `current`, which stands for itself; all there are where it is `None`.
pub fn summary(task: &Task, planned: u32, current: Option<&Cycle>) -> Result<LoopSummary> {
    let last = current.map_or(u32::MAX, |cycle| cycle.number);
    let (mut states, mut cycles) = (Vec::new(), Vec::new());
    for (number, dir) in cycle_dirs(&task.dir)? {
        if number > last {
            break;
        }
        let cycle = match current {
            Some(current) if number == last => current.clone(),
            _ => read_cycle(&dir)?.unwrap_or_else(|| Cycle::new(&task.file.name, number)),
        };
        cycles.push(line(&dir, &cycle)?);
        states.push(cycle);
    }
    let planned = usize::try_from(planned).unwrap_or(usize::MAX);
    Ok(LoopSummary {
        format_version: LOOP_FORMAT,
        task: task.file.name.clone(),
        completion: loop_completion(&states, planned),
        cycles,
    })
}

fn line(dir: &Path, cycle: &Cycle) -> Result<LoopCycle> {
    let start: Option<Start> = if_there(&dir.join("start.json"), "beginning of a cycle")?;
    let plan = std::fs::read_to_string(dir.join("plan/plan.yaml"))
        .ok()
        .and_then(|text| Plan::from_yaml(&text).ok());
    let decision: Option<Decision> = match cycle.decision() {
        Some(_) => if_there(&dir.join("decision/decision.json"), "decision")?,
        None => None,
    };
    let confrontations: Option<Vec<Confrontation>> = if_there(
        &dir.join("decision/expected_observed.json"),
        "confrontation",
    )?;
    Ok(LoopCycle {
        number: cycle.number,
        state: cycle.state(),
        change: plan
            .as_ref()
            .and_then(Plan::action_now)
            .map(|action| action.change.to_string()),
        hypothesis: plan.and_then(|plan| plan.hypothesis),
        champion: start.map_or_else(String::new, |start| start.champion),
        candidate: decision.map(|decision| decision.candidate.model),
        verdict: cycle.decision().map(|it| it.verdict),
        outcome: cycle.decision().map(|it| it.outcome),
        confrontation: confrontations.and_then(|them| them.into_iter().next()),
        deltas: if_there(&dir.join("decision/deltas.json"), "deltas")?.unwrap_or_default(),
    })
}

fn if_there<T: DeserializeOwned>(path: &Path, what: &str) -> Result<Option<T>> {
    match path.is_file() {
        true => read_json(path, what).map(Some),
        false => Ok(None),
    }
}
