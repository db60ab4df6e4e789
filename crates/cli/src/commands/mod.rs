//! One file per command; each reads top to bottom.

mod bench;
mod champions;
mod compare;
mod cycle;
pub mod data;
mod decide;
mod eval;
mod evidence;
mod merge;
mod model;
mod plan;
mod promote;
mod quickstart;
mod quickstart_files;
mod references;
mod report;
mod scorer;
mod tracker;
mod train;
mod up;
mod version;

use std::path::PathBuf;

use anyhow::Result;
use gradus_engine::model::{LoadOptions, Precision};
use gradus_schema::ExitStatus;

use crate::args::{Arguments, Command, PrecisionArgument};
use crate::data_dir::data_dir;
use crate::models::Models;
use crate::out::Out;
use crate::recorder::{CycleMark, RecorderOptions};

/// What every command may need, and nothing else.
#[derive(Clone)]
pub struct Settings {
    pub models: Models,
    pub threads: Option<usize>,
    /// The cycle that what is recorded belongs to.
    pub cycle: Option<CycleMark>,
    data_dir: PathBuf,
}

impl Settings {
    fn of(arguments: &Arguments) -> Result<Self> {
        let dir: PathBuf = data_dir(arguments.data_dir.as_ref())?;
        Ok(Self {
            models: Models::new(&dir),
            threads: arguments.threads,
            cycle: None,
            data_dir: dir,
        })
    }

    pub fn recorder_options(&self) -> RecorderOptions {
        RecorderOptions {
            data_dir: self.data_dir.clone(),
            store_dir: self.store_dir(),
        }
    }

    /// Where the tracker keeps runs.
    pub fn store_dir(&self) -> PathBuf {
        self.data_dir.join("store")
    }

    /// Threads to compute with: those asked for, else all cores.
    pub fn cores(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(all)
    }

    pub fn load_options(&self, precision: Precision) -> LoadOptions {
        LoadOptions {
            threads: self.threads,
            precision,
        }
    }
}

impl From<PrecisionArgument> for Precision {
    fn from(argument: PrecisionArgument) -> Self {
        match argument {
            PrecisionArgument::Auto => Precision::Auto,
            PrecisionArgument::Inference => Precision::Inference,
            PrecisionArgument::F32 => Precision::F32,
            PrecisionArgument::Bf16 => Precision::Bf16,
        }
    }
}

pub fn run(arguments: &Arguments, out: &Out) -> Result<ExitStatus> {
    let settings = Settings::of(arguments)?;
    let done: Result<()> = match &arguments.command {
        Command::Quickstart(arguments) => quickstart::run(arguments, &settings, out),
        Command::Up(arguments) => up::run(arguments, &settings, out),
        Command::Import(command) => tracker::import::run(command, &settings, out),
        Command::Export(arguments) => tracker::export::run(arguments, &settings, out),
        Command::Keys(command) => tracker::accounts::keys(command, &settings, out),
        Command::Users(command) => tracker::accounts::users(command, &settings, out),
        Command::Store(command) => return tracker::upkeep::run(command, &settings, out),
        Command::Model(command) => model::run(command, &settings, out),
        Command::Data(command) => data::run(command, &settings, out),
        Command::Train(arguments) => train::run(arguments, &settings, out),
        Command::Eval(arguments) => eval::run(arguments, &settings, out),
        Command::Compare(arguments) => return compare::run(arguments, out),
        Command::Decide(arguments) => return decide::run(arguments, &settings, out),
        Command::Promote(arguments) => return promote::promote(arguments, &settings, out),
        Command::Champions(arguments) => champions::run(arguments, &settings, out),
        Command::Rollback(arguments) => return promote::roll_back(arguments, &settings, out),
        Command::Plan(arguments) => plan::run(arguments, out),
        Command::Cycle(command) => return cycle::run(command, &settings, out),
        Command::Merge(arguments) => merge::run(arguments, &settings, out),
        Command::Evidence(command) => return evidence::run(command, out),
        Command::Report(arguments) => report::run(arguments, out),
        Command::Version => version::run(out),
        Command::Bench(command) => bench::run(command, &settings, out),
    };
    done.map(|()| ExitStatus::Ok)
}
