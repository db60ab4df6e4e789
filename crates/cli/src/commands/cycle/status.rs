//! `gradus cycle status TASK_DIR`.

use std::path::Path;

use anyhow::Result;
use gradus_eval::Task;
use gradus_schema::loop_summary::{DeltaReference, LoopCycle, LoopSummary};
use serde_json::json;

use super::history::summary;
use crate::out::{Out, number};

pub fn run(task_dir: &Path, out: &Out) -> Result<()> {
    let task = Task::open(task_dir)?;
    let found = summary(&task, 0, None)?;
    show(&found, task_dir, out);
    out.result(&json!(found));
    Ok(())
}

fn show(found: &LoopSummary, task_dir: &Path, out: &Out) {
    if found.cycles.is_empty() {
        out.say(format!(
            "no cycles yet; `gradus cycle run {}` starts the first",
            task_dir.display()
        ));
        return;
    }
    let rows: Vec<Vec<String>> = found.cycles.iter().map(row).collect();
    out.table(
        &[
            "cycle",
            "state",
            "change",
            "expected",
            "observed",
            "verdict",
            "outcome",
            "over the first",
        ],
        &rows,
    );
    let completion = &found.completion;
    out.say(format!(
        "{} of {} cycles decided, {} of {} improved",
        completion.decided, completion.planned, completion.improved, completion.decided
    ));
}

fn row(cycle: &LoopCycle) -> Vec<String> {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let confrontation = cycle.confrontation.as_ref();
    let over_first = cycle
        .deltas
        .iter()
        .find(|delta| delta.reference == DeltaReference::Baseline);
    vec![
        cycle.number.to_string(),
        or_dash(cycle.state.map(|state| state.to_string())),
        or_dash(cycle.change.clone()),
        confrontation.map_or("–".to_owned(), |it| {
            format!("{:+.3}", it.expectation.improvement)
        }),
        confrontation.map_or("–".to_owned(), |it| {
            format!("{} ({})", number(it.observed, 3), it.state)
        }),
        or_dash(cycle.verdict.map(|verdict| verdict.to_string())),
        or_dash(cycle.outcome.map(|outcome| outcome.to_string())),
        over_first.map_or("–".to_owned(), |delta| number(delta.improvement, 3)),
    ]
}
