//! Repository chores: `cargo xtask COMMAND`.
//!
//! Small on purpose: it builds nothing of gradus itself but calls cargo and the built binary, so
//! that `cargo xtask` starts in seconds on a fresh clone.

mod bench;
mod conformance;
mod example;
mod machine;
mod parity;
mod process;
mod quickstart;
mod report;
mod served;
mod test;
mod tidy;
mod ui;
mod venv;
mod wandb;

use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask COMMAND

  quickstart [DIR]         build release, get the model, run the whole example, print the table
      --record             and write the table into README.md
  test                     every check and test; what CI runs
  tidy                     layers, file sizes, texts, licences (part of test)
  example [--check]        write examples/hidden-params anew, or check that it is up to date
  bench engine [OPTIONS]   training and generation against PyTorch + PEFT and llama.cpp
      --task DIR           rows and contract from this task (default examples/hidden-params)
      --rows FILE          training rows from this prompt-completion JSONL instead
      --model REF          base model (default smollm2-135m-instruct)
      --rounds N           interleaved rounds (default 3)
      --without-peers      measure this side only
  bench tracker [PART...]  the tracking server: ingest, disk, queries, 64 clients
  bench ui [PART...]       the web app: first page, charts, table, live points, Lighthouse
  bench table              write the README's table again from the stored result
  ui                       build the web app into ui/dist (Node 20 or newer)
  ui check                 its types, style and unit tests (part of test)
  ui browser [ARGUMENT]    its pages in a real browser against the built server (part of test)
  wandb [PYTEST ARGUMENT]  the unmodified wandb client against the built server (part of test)
  conformance [OPTIONS]    wandb's own system tests against the built server
      --tests DIR          a checkout of wandb's repository (default: cloned into target/)
      --only TEXT          only tests whose name holds this
  parity                   live comparison with transformers and PEFT
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test::run(),
        ["tidy"] => tidy::run(),
        ["quickstart", rest @ ..] => quickstart::run(rest),
        ["example"] => example::run(false),
        ["example", "--check"] => example::run(true),
        ["bench", "engine", rest @ ..] => bench::run(rest),
        ["bench", "tracker", parts @ ..] => bench::tracker::run(parts),
        ["bench", "ui", parts @ ..] => bench::ui::run(parts),
        ["bench", "table"] => bench::table(),
        ["ui"] => ui::build(),
        ["ui", "check"] => ui::check(),
        ["ui", "browser", rest @ ..] => test::build().and_then(|()| ui::browser(rest)),
        ["wandb", rest @ ..] => wandb::run(rest),
        ["conformance", rest @ ..] => conformance::run(rest),
        ["parity"] => parity::run(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        unknown => {
            eprintln!("unknown command: {}\n\n{HELP}", unknown.join(" "));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root.
fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest
        .parent()
        .expect("xtask lies in the workspace root")
        .to_path_buf()
}

/// Where cargo builds; the environment may move it.
fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}
