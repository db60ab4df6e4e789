//! Arguments of moving runs in and out.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// Take in runs that wandb logged: `.wandb` files, run folders, whole `wandb` folders
    #[command(after_help = "\
Examples:
  gradus import wandb ./wandb                       every run below it
  gradus import wandb wandb/offline-run-2026…-ab12  one run, its files with it
  gradus import wandb old/ --project old-trials --redact all
  gradus import wandb https://example.com/team/project --key-env OLD_WANDB_KEY

Runs that crashed come in as far as their file goes; what of it could not be read is counted. A run
that is there already is left alone; --replace takes the file instead. A server that is up takes the runs;
GRADUS_URL (with GRADUS_API_KEY) names one elsewhere.")]
    Wandb(ImportWandbArguments),
}

#[derive(Debug, Args)]
pub struct ImportWandbArguments {
    /// Files and folders, or the address of a project on another server
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Project to put all runs into [default: each run's own]
    #[arg(long)]
    pub project: Option<String>,

    /// User or team to put all runs into [default: your own]
    #[arg(long)]
    pub entity: Option<String>,

    /// Take the file's run in place of one that is there
    #[arg(long)]
    pub replace: bool,

    /// What to leave out of texts
    #[arg(long, value_enum, value_name = "WHAT")]
    pub redact: Option<RedactArgument>,

    /// Environment variable with the other server's API key
    #[arg(long, value_name = "NAME", default_value = "WANDB_API_KEY")]
    pub key_env: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RedactArgument {
    /// Keys and tokens of services
    Secrets,
    /// E-mail addresses, home folders, host names
    Personal,
    /// Both
    All,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gradus export my-project --out exported            Parquet: runs.parquet, history/RUN.parquet
  gradus export me/my-project --run ab12cd34 --format jsonl --out exported
  duckdb -c \"select * from 'exported/history/*.parquet' limit 5\"

Every row and every value is there, nothing is sampled. docs/export.md describes the columns. A server
that is up gives the runs; GRADUS_URL (with GRADUS_API_KEY) names one elsewhere.")]
pub struct ExportArguments {
    /// PROJECT, or ENTITY/PROJECT
    pub project: String,

    /// Only these runs, by id
    #[arg(long = "run", value_name = "ID")]
    pub runs: Vec<String>,

    #[arg(long, value_enum, default_value = "parquet")]
    pub format: ExportFormat,

    /// A folder that is empty or not there
    #[arg(long, default_value = "exported", value_name = "DIR")]
    pub out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    Parquet,
    Jsonl,
}
