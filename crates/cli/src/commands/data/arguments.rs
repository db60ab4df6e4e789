//! The arguments of `gradus data …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Make train, dev and frozen rows out of raw pairs, as data.yaml says
    #[command(after_help = "\
Examples:
  gradus data build my-task
  gradus data build my-task --out rebuilt
  gradus data build my-task --train-only --out resplit   split the train file anew

Sources: JSONL, JSON, CSV, Parquet, Arrow, Hugging Face dataset directories. Siblings never part;
data_stats.json accounts for every dropped row. Frozen rows stay as they are; see docs/data.md.")]
    Build(BuildArguments),

    /// Say what is wrong with a task's rows before any training: leaks, conflicts, scale, signal
    #[command(after_help = "\
Examples:
  gradus data check my-task
  gradus data check my-task --config strict.yaml
  gradus data check my-task --json | jq '.findings[] | select(.level == \"fail\")'

Exit code 3 if anything fails.")]
    Check(CheckArguments),

    /// Write rows as prompt–completion JSONL with the prompts that evaluation sends
    #[command(after_help = "\
Examples:
  gradus data convert my-task --split train --out train.prompts.jsonl
  gradus data convert my-task --split dev --form text --out dev.prompts.jsonl

Each row carries the hash of its prompt, the one that evaluation records.")]
    Convert(ConvertArguments),

    /// Seal the frozen rows: a manifest of hashes by which training refuses them
    #[command(after_help = "\
Examples:
  gradus data freeze my-task

The manifest lies beside the frozen file. `gradus train` looks for it and refuses rows that are,
hold, or are siblings of frozen ones.")]
    Freeze(FreezeArguments),
}

#[derive(Debug, Args)]
pub struct BuildArguments {
    /// Folder with a task.yaml and a data.yaml
    pub task_dir: PathBuf,
    /// Another file in place of the task's data.yaml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write here instead of where the task names its files
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace files that hold other rows
    #[arg(long)]
    pub replace: bool,
    /// Take the task's own train file as the source and split it anew, unfiltered
    #[arg(long)]
    pub train_only: bool,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Folder with a task.yaml
    pub task_dir: PathBuf,
    /// Another file in place of the task's data.yaml
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ConvertArguments {
    /// Folder with a task.yaml
    pub task_dir: PathBuf,
    /// Rows to convert: train, dev or frozen
    #[arg(long, default_value = "train")]
    pub split: gradus_schema::Split,
    /// File to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// How a prompt is written
    #[arg(long, value_enum, default_value_t = Form::Messages)]
    pub form: Form,
    /// Replace a file that holds something else
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A list of messages, for trainers that apply a chat template
    Messages,
    /// One text, taken as a single user turn
    Text,
}

#[derive(Debug, Args)]
pub struct FreezeArguments {
    /// Folder with a task.yaml
    pub task_dir: PathBuf,
}
