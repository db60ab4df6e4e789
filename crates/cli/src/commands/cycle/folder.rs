//! The folder of one cycle: which steps are done, for which inputs, and with what result.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result};
use gradus_eval::Task;
use gradus_eval::hash::sha256_hex;
use gradus_schema::cycle::{Ask, Cycle, CycleDecision, CycleStep, Hashes};
use gradus_schema::{CycleState, Split};

use super::{Workshop, record, relative};
use crate::failure::bad_input;
use crate::files::{read_json, write_json};

const CYCLE: &str = "cycle.json";

/// What a step leaves, in the order of the steps: what has to go when an earlier step is done
/// again for other inputs.
const OWNED: [(CycleState, &[&str]); 7] = [
    (CycleState::Planned, &["dev", "plan"]),
    (CycleState::DataBuilt, &["data", "recipe.yaml"]),
    (CycleState::Trained, &["training"]),
    (CycleState::Evaluated, &["reports"]),
    (CycleState::Decided, &["decision"]),
    (CycleState::Promoted, &["settled.json"]),
    (
        CycleState::Evidenced,
        &["loop.json", "evidence.zip", "report.html", "report.md"],
    ),
];

/// An open cycle; the lock on the task's cycles ends with this value.
pub struct CycleFolder {
    pub dir: PathBuf,
    task_dir: PathBuf,
    cycle: Cycle,
    _lock: File,
}

impl CycleFolder {
    /// The cycle that is not finished yet, else a new one.
    pub fn open(task: &Task) -> Result<Self> {
        let cycles = task.dir.join("cycles");
        fs::create_dir_all(&cycles).with_context(|| format!("creating {}", cycles.display()))?;
        let lock = lock(&cycles)?;
        let last = cycle_dirs(&task.dir)?.pop();
        let unfinished = match &last {
            None => None,
            Some((number, dir)) => {
                let cycle =
                    read_cycle(dir)?.unwrap_or_else(|| Cycle::new(&task.file.name, *number));
                cycle.next().is_some().then(|| (dir.clone(), cycle))
            }
        };
        let (dir, cycle) = match unfinished {
            Some(found) => found,
            None => {
                let number = last.map_or(1, |(number, _)| number + 1);
                let dir = cycles.join(format!("{number:04}"));
                fs::create_dir(&dir).with_context(|| format!("creating {}", dir.display()))?;
                (dir, Cycle::new(&task.file.name, number))
            }
        };
        Ok(Self {
            dir,
            task_dir: task.dir.clone(),
            cycle,
            _lock: lock,
        })
    }

    pub fn number(&self) -> u32 {
        self.cycle.number
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    pub fn cycle(&self) -> &Cycle {
        &self.cycle
    }

    /// The file of a split, if the task has it.
    pub fn task_file(&self, task: &Task, split: Split) -> Option<PathBuf> {
        Some(task.dir.join(task.file.data.file(split)?))
    }

    /// The cycle as it was before its evidence: what the evidence itself can hold.
    pub fn before_evidence(&self) -> Cycle {
        let mut cycle = self.cycle.clone();
        cycle
            .steps
            .retain(|step| step.state != CycleState::Evidenced);
        cycle
    }

    /// Carries out a step unless it was done for exactly these files and its results still stand.
    /// `outputs` are names in the cycle's folder.
    pub fn step(
        &mut self,
        workshop: &Workshop<'_>,
        state: CycleState,
        inputs: &[PathBuf],
        outputs: &[&str],
        work: impl FnOnce(&Self) -> Result<Option<CycleDecision>>,
    ) -> Result<()> {
        if workshop.stop.load(Ordering::Relaxed) {
            return Err(workshop.stopped());
        }
        let number = self.cycle.number;
        let inputs = self.hashes(inputs.iter())?;
        match self.cycle.ask(state, &inputs) {
            Ask::Done(done) if *done == self.present(done.keys()) => return Ok(()),
            Ask::Missing => {}
            Ask::Done(_) => {
                workshop.out.note(format!(
                    "cycle {number}: results of '{state}' are gone or changed; it is done again"
                ));
                self.clear_from(state)?;
            }
            Ask::Stale { changed } => {
                workshop.out.note(format!(
                    "cycle {number}: {} changed since '{state}'; it is done again",
                    changed.join(", ")
                ));
                self.clear_from(state)?;
            }
        }
        workshop
            .out
            .note(format!("== cycle {number}: {}", doing(state)));
        let started = Instant::now();
        let decision = work(self).with_context(|| format!("cycle {number}, {}", doing(state)))?;
        let took_secs = started.elapsed().as_secs_f64();
        let took = (doing(state).to_owned(), took_secs);
        workshop.timings.borrow_mut().push(took);
        let outputs: Vec<PathBuf> = outputs.iter().map(|name| self.path(name)).collect();
        let step = CycleStep {
            state,
            inputs,
            outputs: self.hashes(outputs.iter())?,
            decision,
        };
        self.cycle.record(step)?;
        write_json(&self.path(CYCLE), &self.cycle)?;
        let place = self.cycle.steps.len() as u64;
        record::stepped(workshop, state, place, took_secs);
        Ok(())
    }

    /// Path relative to the task → SHA-256.
    fn hashes<'a>(&self, files: impl Iterator<Item = &'a PathBuf>) -> Result<Hashes> {
        let hash = |path: &PathBuf| {
            let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            Ok((relative(path, &self.task_dir), sha256_hex(&bytes)))
        };
        files.map(hash).collect()
    }

    /// The files of these names that are there.
    fn present<'a>(&self, names: impl Iterator<Item = &'a String>) -> Hashes {
        let hash = |name: &String| {
            let bytes = fs::read(self.task_dir.join(name)).ok()?;
            Some((name.clone(), sha256_hex(&bytes)))
        };
        names.filter_map(hash).collect()
    }

    /// Removes what this step and all after it left.
    fn clear_from(&self, state: CycleState) -> Result<()> {
        let state = match state {
            CycleState::RolledBack => CycleState::Promoted,
            other => other,
        };
        let from = OWNED.iter().skip_while(|(owner, _)| *owner != state);
        for name in from.flat_map(|(_, names)| names.iter()) {
            let path = self.path(name);
            let removed = match path.is_dir() {
                true => fs::remove_dir_all(&path),
                false if path.exists() => fs::remove_file(&path),
                false => Ok(()),
            };
            removed.with_context(|| format!("removing {}", path.display()))?;
        }
        Ok(())
    }
}

fn doing(state: CycleState) -> &'static str {
    match state {
        CycleState::Planned => "planning",
        CycleState::DataBuilt => "building and checking data",
        CycleState::Trained => "training",
        CycleState::Evaluated => "evaluating champion and candidate on frozen rows",
        CycleState::Decided => "deciding",
        CycleState::Promoted => "promoting",
        CycleState::RolledBack => "keeping the champion",
        CycleState::Evidenced => "packing evidence and report",
    }
}

/// Number and folder of every cycle, in order.
pub fn cycle_dirs(task_dir: &Path) -> Result<Vec<(u32, PathBuf)>> {
    let cycles = task_dir.join("cycles");
    let entries = match fs::read_dir(&cycles) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("reading {}", cycles.display()))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("reading {}", cycles.display()))?;
        let number = entry.file_name().to_string_lossy().parse().ok();
        found.extend(
            number
                .filter(|_| entry.path().is_dir())
                .map(|number| (number, entry.path())),
        );
    }
    found.sort();
    Ok(found)
}

/// How many cycles are complete, from the first.
pub fn finished_cycles(task_dir: &Path) -> Result<u32> {
    let mut finished = 0;
    for (_, dir) in cycle_dirs(task_dir)? {
        let is_complete = read_cycle(&dir)?.is_some_and(|cycle| cycle.next().is_none());
        finished += u32::from(is_complete);
    }
    Ok(finished)
}

/// `None` for a cycle that was only just begun.
pub fn read_cycle(dir: &Path) -> Result<Option<Cycle>> {
    let path = dir.join(CYCLE);
    if !path.exists() {
        return Ok(None);
    }
    let cycle: Cycle = read_json(&path, "cycle")?;
    cycle
        .check()
        .map_err(|error| bad_input(format!("{error}: {}", path.display())))?;
    Ok(Some(cycle))
}

fn lock(cycles: &Path) -> Result<File> {
    let path = cycles.join(".lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .with_context(|| format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(bad_input(format!(
            "another `gradus cycle run` works on these cycles; wait for it: {}",
            cycles.display()
        ))),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("locking {}", path.display()))
        }
    }
}
