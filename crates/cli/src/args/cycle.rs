//! Arguments of `gradus cycle`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum CycleCommand {
    /// Plan one change, build its data, train, evaluate, decide, promote or not, pack evidence
    #[command(after_help = "\
Examples:
  gradus cycle run my-task                  one more cycle
  gradus cycle run my-task --cycles 2       until the task has two finished cycles
  gradus cycle run my-task --set learning_rate=1e-3
  gradus cycle run my-task --recipe other-recipe.yaml

Everything of a cycle lies in my-task/cycles/NNNN. A cycle that was stopped or killed goes on with
the same command; nothing is done twice. The first cycle trains by the recipe; each later one
changes one factor. Exit codes: 0 promoted, 10 held, rejected, or nothing left to try.")]
    Run(CycleRunArguments),
    /// What the cycles of a task did so far
    #[command(after_help = "\
Examples:
  gradus cycle status my-task
  gradus cycle status my-task --json")]
    Status(CycleStatusArguments),
}

#[derive(Debug, Args)]
pub struct CycleRunArguments {
    /// Folder with a task.yaml
    pub task_dir: PathBuf,
    /// Go on until the task has this many finished cycles [default: one more]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub cycles: Option<u32>,
    /// How the first cycle trains; later ones start from the champion's recipe
    /// [default: recipe.yaml in the task's folder]
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// Change this key of the recipe in the next cycle, instead of what the plan would; may be
    /// given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Train although the check of the data failed; the evidence says so
    #[arg(long)]
    pub allow_failed_data_check: bool,
    /// Sign the evidence with this key (gradus evidence keygen)
    #[arg(long, value_name = "FILE")]
    pub sign_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct CycleStatusArguments {
    /// Folder with a task.yaml
    pub task_dir: PathBuf,
}
