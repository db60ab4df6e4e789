//! A cycle as a run of the tracker: what each step left, as soon as it left it, and where its
//! evaluations and its training are.

use std::path::Path;

use gradus_schema::{Comparison, CycleState};
use serde_json::{Map, Value, json};

use super::Workshop;
use super::folder::CycleFolder;
use super::start::Start;
use crate::commands::Settings;
use crate::files::read_json;
use crate::recorder::{CycleMark, NewRun, Recorder, RecorderOptions, folders};

/// The run of the cycle that goes on.
pub struct CycleRecord {
    recorder: Recorder,
    mark: CycleMark,
}

/// Begins to record, or goes on with the run of earlier sittings.
pub fn begin(workshop: &Workshop<'_>, cycle: &CycleFolder, start: &Start, is_new: bool) {
    let task = &workshop.task;
    let mut mark = CycleMark {
        run: String::new(),
        number: cycle.number(),
        group: format!("{} cycle {:04}", task.file.name, cycle.number()),
        dir: cycle.dir.clone(),
    };
    let new_run = |options: &RecorderOptions| {
        mark.run = options.run_of(&cycle.dir, is_new)?;
        Ok(NewRun {
            name: mark.run.clone(),
            project: task.file.name.clone(),
            group: Some(task.file.name.clone()),
            job_type: "cycle".to_owned(),
            display_name: Some(format!("cycle {:04}", cycle.number())),
            config: object(json!({
                "task": task.file.name,
                "task_dir": task.dir,
                "number": cycle.number(),
                "seed": start.seed,
                "champion": start.champion,
                "subject": start.subject,
                "set": start.set,
            })),
        })
    };
    let Some(recorder) = Recorder::begin(workshop.settings, new_run, workshop.out) else {
        return;
    };
    let mut record = CycleRecord { recorder, mark };
    record.files(workshop);
    *workshop.record.borrow_mut() = Some(record);
}

/// A step was carried out.
pub fn stepped(workshop: &Workshop<'_>, state: CycleState, place: u64, took_secs: f64) {
    if let Some(record) = workshop.record.borrow_mut().as_mut() {
        record.files(workshop);
        let row = json!({ "cycle/state": state, "cycle/step_secs": took_secs });
        record.recorder.log(Some(place), object(row));
    }
}

/// The sitting has ended, with the cycle or before.
pub fn end(workshop: &Workshop<'_>, cycle: &CycleFolder, is_done: bool) {
    if let Some(mut record) = workshop.record.borrow_mut().take() {
        record.files(workshop);
        let summary = record.summary(cycle, workshop.settings);
        record.recorder.finish(i32::from(!is_done), summary);
    }
}

/// Settings under which the cycle's own evaluations and training are recorded.
pub fn settings_of_parts(workshop: &Workshop<'_>) -> Settings {
    let record = workshop.record.borrow();
    Settings {
        cycle: record.as_ref().map(|record| record.mark.clone()),
        ..workshop.settings.clone()
    }
}

impl CycleRecord {
    fn files(&mut self, workshop: &Workshop<'_>) {
        for (name, path) in folders::of_cycle(&self.mark.dir) {
            self.recorder.file(&name, &path, workshop.out);
        }
    }

    /// How far it got, by how much the primary score changed, and which runs belong to it.
    fn summary(&self, cycle: &CycleFolder, settings: &Settings) -> Map<String, Value> {
        let mut summary = Map::new();
        let said = cycle.cycle();
        summary.insert("cycle/number".into(), said.number.into());
        if let Some(state) = said.state() {
            summary.insert("cycle/state".into(), json!(state));
        }
        if let Some(decision) = said.decision() {
            summary.insert("cycle/outcome".into(), json!(decision.outcome));
            summary.insert("cycle/verdict".into(), json!(decision.verdict));
        }
        let path = cycle.path("decision/comparison.json");
        let comparison: Option<Comparison> = read_json(&path, "comparison").ok();
        if let Some(primary) = comparison.and_then(|it| it.primary) {
            summary.insert("cycle/primary_before".into(), primary.base.into());
            summary.insert("cycle/primary_after".into(), primary.candidate.into());
            summary.insert("cycle/improvement".into(), primary.improvement.into());
            summary.insert("cycle/rows_compared".into(), primary.n.into());
        }
        let options = settings.recorder_options();
        for (part, folder) in parts(&self.mark.dir) {
            if let Some(run) = options.known_run_of(&folder) {
                summary.insert(format!("cycle/run/{part}"), run.into());
            }
        }
        summary
    }
}

/// Folders of a cycle that evaluations and the training wrote into.
fn parts(dir: &Path) -> Vec<(String, std::path::PathBuf)> {
    let mut found = vec![("training".to_owned(), dir.join("training"))];
    for group in ["dev", "reports"] {
        let entries = std::fs::read_dir(dir.join(group)).into_iter().flatten();
        let mut folders: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        folders.sort();
        for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            found.push((format!("{group}/{name}"), folder.clone()));
        }
    }
    found
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
