//! Files of a cycle or a registry, read one by one. One that is not what it should be is a problem
//! to be shown, and the rest is shown all the same.

use gradus_schema::plan::{Confrontation, Plan};
use gradus_schema::{Cycle, nearest};
use gradus_store::RunNumber;
use serde::de::DeserializeOwned;

use crate::{Error, Result, Tracker};

pub const MOST_BYTES: u64 = 16 << 20;

pub struct CycleFiles<'a> {
    tracker: &'a Tracker,
    run: RunNumber,
    pub problems: Vec<String>,
}

impl<'a> CycleFiles<'a> {
    pub fn new(tracker: &'a Tracker, run: RunNumber) -> Self {
        Self {
            tracker,
            run,
            problems: Vec::new(),
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.tracker.read_run_file(self.run, name, MOST_BYTES) {
            Err(Error::Input(problem)) => {
                self.problems.push(format!("{name}: {problem}"));
                Ok(None)
            }
            other => other,
        }
    }

    pub fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>> {
        let Some(bytes) = self.text(name)? else {
            return Ok(None);
        };
        match serde_json::from_slice(&bytes) {
            Ok(read) => Ok(Some(read)),
            Err(problem) => {
                self.problems.push(format!("{name}: {problem}"));
                Ok(None)
            }
        }
    }

    /// Lines of JSON; the last one may have been cut off by a crash of its writer.
    pub fn lines<T: DeserializeOwned>(&mut self, name: &str) -> Result<Vec<T>> {
        let bytes = self.text(name)?.unwrap_or_default();
        let mut read = Vec::new();
        for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            match serde_json::from_slice(line) {
                Ok(found) => read.push(found),
                Err(_) if !line.ends_with(b"\n") => {}
                Err(problem) => {
                    let number = number + 1;
                    self.problems
                        .push(format!("{name}, line {number}: {problem}"));
                }
            }
        }
        Ok(read)
    }

    pub fn cycle(&mut self) -> Result<Option<Cycle>> {
        let cycle: Option<Cycle> = self.json("cycle.json")?;
        match cycle.as_ref().map(Cycle::check) {
            Some(Err(problem)) => {
                self.problems.push(format!("cycle.json: {problem}"));
                Ok(None)
            }
            _ => Ok(cycle),
        }
    }

    pub fn plan(&mut self) -> Result<Option<Plan>> {
        let Some(bytes) = self.text("plan/plan.yaml")? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).map_err(|problem| problem.to_string());
        let plan = text.and_then(|text| Plan::from_yaml(&text).map_err(|it| it.to_string()));
        match plan {
            Ok(plan) => Ok(Some(plan)),
            Err(problem) => {
                self.problems.push(format!("plan/plan.yaml: {problem}"));
                Ok(None)
            }
        }
    }

    pub fn confrontations(&mut self) -> Result<Vec<Confrontation>> {
        let found = self.json("decision/expected_observed.json")?;
        Ok(found.unwrap_or_default())
    }

    /// Names of the run's files that begin so.
    pub fn named(&self, prefix: &str) -> Vec<String> {
        let files = self.tracker.files.of_run(self.run).into_iter();
        let names = files.map(|file| file.name.clone());
        names.filter(|name| name.starts_with(prefix)).collect()
    }
}

/// # Errors
/// No file of this name, with the nearest.
pub fn missing(tracker: &Tracker, run: RunNumber, name: &str) -> Error {
    let files = tracker.files.of_run(run);
    let hint = nearest::did_you_mean(name, files.iter().map(|file| file.name.as_str()));
    Error::not_found(format!("the run has no file '{name}'{hint}"))
}
