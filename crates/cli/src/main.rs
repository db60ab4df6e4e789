//! The `gradus` binary: arguments in, exit code out. The way through a command is in `commands`.

mod args;
mod commands;
mod data_dir;
mod failure;
mod files;
mod gather;
mod models;
mod out;
mod progress;
mod recorder;
mod registry;
mod signals;
mod tracker_place;
mod user;

use std::process::ExitCode;

use clap::Parser;

use args::Arguments;
use out::Out;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let out = Out::new(arguments.json);
    match commands::run(&arguments, &out) {
        Ok(status) => ExitCode::from(status.code()),
        Err(error) => {
            let code = failure::exit_code(&error);
            out.error(&error, code);
            ExitCode::from(code)
        }
    }
}
