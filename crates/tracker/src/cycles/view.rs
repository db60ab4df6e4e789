//! Everything that is known of one cycle.

use std::collections::BTreeMap;

use gradus_schema::CycleState;
use gradus_schema::loop_summary::{ImprovementDelta, LoopSummary};
use gradus_schema::plan::{Confrontation, KeyChange};
use gradus_store::RunView;
use gradus_wire::{Json, json};
use serde::Deserialize;
use serde_json::Value;

use super::files::{CycleFiles, missing};
use super::{CycleLine, EVIDENCE, START};
use crate::files::RunFile;
use crate::runs::HISTORY;
use crate::{Error, Result, Tracker};

/// Of a file that is read whole to be verified.
const MOST_EVIDENCE_BYTES: u64 = 512 << 20;

#[derive(Debug, Clone)]
pub struct CycleDetail {
    pub line: CycleLine,
    pub start: Option<CycleStart>,
    /// State → when it was reached, in the sitting that recorded it last.
    pub times: BTreeMap<CycleState, StepTime>,
    /// Settings of the evaluation that were tried on `dev` while planning.
    pub trials: Option<Value>,
    pub confrontations: Vec<Confrontation>,
    /// `data/check.json`, `data/augmentation_stats.json`.
    pub data_check: Option<Value>,
    pub augmentation_stats: Option<Value>,
    pub deltas: Vec<ImprovementDelta>,
    pub settled_champion: Option<String>,
    pub loop_summary: Option<LoopSummary>,
    pub evidence: Option<RunFile>,
    pub report: Option<RunFile>,
    pub problems: Vec<String>,
}

/// What was pinned at the beginning.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct CycleStart {
    pub seed: u64,
    /// Who has to be beaten.
    pub champion: String,
    /// Whose failures on `dev` the plan is from.
    pub subject: String,
    /// What somebody asked to change, as it was written and as keys of the recipe.
    #[serde(default)]
    pub set: Vec<String>,
    #[serde(default)]
    pub asked: Vec<KeyChange>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepTime {
    pub finished_unix_ms: i64,
    pub took_secs: Option<f64>,
}

#[derive(Deserialize)]
struct Settled {
    champion: String,
}

impl Tracker {
    /// # Errors
    /// A run that is no cycle.
    pub fn cycle(&self, view: &RunView) -> Result<CycleDetail> {
        let run = &view.record;
        if self.files.get(run.number, START).is_none() {
            return Err(Error::not_found(format!(
                "the run {} holds no {START}, so it is no cycle; `gradus cycle run` records one",
                run.key
            )));
        }
        let line = self.cycle_line(run)?;
        let mut files = CycleFiles::new(self, run.number);
        let file = |name: &str| self.files.get(run.number, name);
        let file = |name: &str| file(name).map(|file| RunFile::clone(&file));
        let settled: Option<Settled> = files.json("settled.json")?;
        let deltas: Option<Vec<ImprovementDelta>> = files.json("decision/deltas.json")?;
        let mut detail = CycleDetail {
            start: files.json(START)?,
            times: step_times(view)?,
            trials: files.json("plan/trials.json")?,
            confrontations: files.confrontations()?,
            data_check: files.json("data/check.json")?,
            augmentation_stats: files.json("data/augmentation_stats.json")?,
            deltas: deltas.unwrap_or_default(),
            settled_champion: settled.map(|settled| settled.champion),
            loop_summary: files.json("loop.json")?,
            evidence: file(EVIDENCE),
            report: file("report.html"),
            problems: line.problems.clone(),
            line,
        };
        for problem in files.problems {
            if !detail.problems.contains(&problem) {
                detail.problems.push(problem);
            }
        }
        Ok(detail)
    }

    /// The evidence of a cycle, to be verified.
    ///
    /// # Errors
    /// No evidence yet, or too much of it.
    pub fn evidence_of(&self, view: &RunView) -> Result<Vec<u8>> {
        let number = view.record.number;
        let bytes = self.read_run_file(number, EVIDENCE, MOST_EVIDENCE_BYTES)?;
        bytes.ok_or_else(|| missing(self, number, EVIDENCE))
    }
}

/// From the rows that the recorder logs after each step.
fn step_times(view: &RunView) -> Result<BTreeMap<CycleState, StepTime>> {
    let mut times: BTreeMap<CycleState, StepTime> = BTreeMap::new();
    for row in view.rows(HISTORY, &(i64::MIN..=i64::MAX))? {
        let Ok(row) = json::parse_object("a row", &row.line) else {
            continue;
        };
        let number = |key: &str| row.get(key).and_then(Json::as_f64);
        let state = row.get("cycle/state").and_then(Json::as_str);
        let state = state.and_then(|name| serde_json::from_value(Value::from(name)).ok());
        let (Some(state), Some(secs)) = (state, number("_timestamp")) else {
            continue;
        };
        let time = StepTime {
            finished_unix_ms: (secs * 1000.0) as i64,
            took_secs: number("cycle/step_secs"),
        };
        let known = times.entry(state).or_insert(time);
        if known.finished_unix_ms < time.finished_unix_ms {
            *known = time;
        }
    }
    Ok(times)
}
