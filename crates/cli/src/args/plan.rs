//! Arguments of `gradus plan`.

use std::path::PathBuf;

use clap::Args;

pub const PLAN_EXAMPLES: &str = "\
Examples:
  gradus plan reports/first-dev --recipe recipe.yaml
  gradus plan reports/first-dev --recipe recipe.yaml --out cycles/2
  gradus plan reports/second-dev --recipe recipe.yaml --earlier cycles/2
  gradus plan somebody-elses-results --out plan

The folder is a report of `gradus eval` (of dev, if training rows are to be chosen by it), or any
folder with submissions.jsonl, final_metrics.json, iter_eval_metrics.jsonl, hard_cases.valid.jsonl,
prediction files or W&B runs. Same input, same plan. Nothing is carried out.";

#[derive(Debug, Args)]
pub struct PlanArguments {
    /// Report of `gradus eval`, or a folder of somebody else's results
    #[arg(value_name = "REPORT_DIR")]
    pub material: PathBuf,
    /// Recipe of the last training; names the task and the training's folder too
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,
    /// Task whose training rows and gates.yaml are used [default: that of the recipe]
    #[arg(long, value_name = "DIR")]
    pub task: Option<PathBuf>,
    /// Folder with final_metrics.json and iter_eval_metrics.jsonl [default: the recipe's output_dir]
    #[arg(long, value_name = "DIR")]
    pub training: Option<PathBuf>,
    /// Gate policy [default: gates.yaml of the task]
    #[arg(long, value_name = "FILE")]
    pub gates: Option<PathBuf>,
    /// Folder of an earlier plan, with comparison.json and decision.json of its cycle where there
    /// are any; may be given several times, the last cycle first
    #[arg(long, value_name = "DIR")]
    pub earlier: Vec<PathBuf>,
    /// Where the plan goes [default: plan in REPORT_DIR; ./plan for somebody else's results]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Seed for whoever builds data from the plan
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub seed: u64,
}
