//! Arguments of `gradus evidence` and `gradus report`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum EvidenceCommand {
    /// Pack finished folders into one file that re-derives its own numbers
    #[command(after_help = "\
Examples:
  gradus evidence pack gradus-quickstart --out evidence.zip
  gradus evidence pack my-task reports/base reports/first outputs/first --out evidence.zip
  gradus evidence pack my-task --out evidence.zip --sign-key gradus.key

The same folders give the same bytes. Rows, reports, task files with their data, recipes, plans,
decisions and logs go in; weights and checkpoints stay out and are named by their hashes. Refused,
with file and line: nulls where a number belongs, template values, secrets, personal paths.")]
    Pack(PackArguments),
    /// Compute every figure of an evidence file again from its raw rows
    #[command(after_help = "\
Examples:
  gradus evidence verify evidence.zip
  gradus evidence verify evidence.zip --public-key gradus.key.pub

Exit code 11 when anything differs, was changed, or is signed by another key.")]
    Verify(VerifyArguments),
    /// Make a pair of Ed25519 keys, as PEM files
    #[command(after_help = "\
Examples:
  gradus evidence keygen                  gradus.key and gradus.key.pub
  gradus evidence keygen --out team.key")]
    Keygen(KeygenArguments),
}

#[derive(Debug, Args)]
pub struct PackArguments {
    /// Folders to pack, with everything below them
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// The evidence file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Sign with this secret key
    #[arg(long, value_name = "FILE")]
    pub sign_key: Option<PathBuf>,
    /// Make paths that begin with this relative, too; may be given several times
    #[arg(long, value_name = "PATH")]
    pub forget_prefix: Vec<String>,
}

#[derive(Debug, Args)]
pub struct VerifyArguments {
    pub file: PathBuf,
    /// Accept only what is signed with the secret half of this key
    #[arg(long, value_name = "FILE")]
    pub public_key: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct KeygenArguments {
    /// The secret key; the public one is written beside it with `.pub` behind its name
    #[arg(long, value_name = "FILE", default_value = "gradus.key")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Folders with evaluations, trainings, comparisons, decisions
    #[arg(required = true, value_name = "DIR")]
    pub dirs: Vec<PathBuf>,
    /// The page to write
    #[arg(long, value_name = "FILE.html")]
    pub out: PathBuf,
    /// The same as Markdown
    #[arg(long, value_name = "FILE.md")]
    pub markdown: Option<PathBuf>,
}
