//! Arguments of compare, decide, promote, rollback and champions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Report folder of the model to beat, or a summary of another program (FILE#MODE)
    #[arg(required_unless_present = "demo")]
    pub base: Option<String>,
    /// Report folder of the new model
    #[arg(required_unless_present = "demo")]
    pub candidate: Option<String>,
    /// Compare bundled reports instead: one pair that is refused, one that is better
    #[arg(long, value_enum, value_name = "WHICH", conflicts_with_all = ["base", "candidate"])]
    pub demo: Option<Demo>,
    #[command(flatten)]
    pub options: ComparisonArguments,
    /// Write the comparison here as well, as JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What compare and decide share.
#[derive(Debug, Clone, Args)]
pub struct ComparisonArguments {
    /// Differences of this size do not matter [default: the task's margin, else 0]
    #[arg(long, value_name = "SIZE", allow_negative_numbers = true)]
    pub margin: Option<f64>,
    /// A baseline's report for the skill; may be given several times [default: those beside CANDIDATE]
    #[arg(long, value_name = "REPORT")]
    pub reference: Vec<PathBuf>,
    /// Another run of the candidate's recipe with another seed; may be given several times
    #[arg(long, value_name = "REPORT")]
    pub repeat: Vec<PathBuf>,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Demo {
    /// Both arms were answered by one other model
    Refused,
    /// The candidate is better
    Better,
}

#[derive(Debug, Args)]
pub struct DecideArguments {
    /// Report folder of the champion, or of what has to be beaten first
    pub base: String,
    /// Report folder of the new model
    pub candidate: String,
    /// Task folder, whose registry keeps the decision [default: the one that CANDIDATE lies in]
    #[arg(long, value_name = "DIR")]
    pub task: Option<PathBuf>,
    /// Gate policy [default: gates.yaml of the task, else built in]
    #[arg(long, value_name = "FILE")]
    pub gates: Option<PathBuf>,
    #[command(flatten)]
    pub options: ComparisonArguments,
}

#[derive(Debug, Args)]
pub struct PromoteArguments {
    /// decision.json, or the folder it lies in
    pub decision: PathBuf,
    /// The alias that moves
    #[arg(long, default_value = "champion")]
    pub alias: String,
}

#[derive(Debug, Args)]
pub struct RollbackArguments {
    /// Folder with a task.yaml
    pub task_dir: PathBuf,
    /// The alias that moves back
    #[arg(long, default_value = "champion")]
    pub alias: String,
}

#[derive(Debug, Args)]
pub struct ChampionsArguments {
    /// Folder with a task.yaml
    pub task_dir: PathBuf,
}
