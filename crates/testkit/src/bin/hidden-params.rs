//! Writes the example task's data into a folder, or compares what lies there: `FOLDER [--check]`.

use std::path::Path;
use std::process::ExitCode;

use gradus_testkit::hidden_params::{SEED, files, generate, write_example};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, check) = match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder] => (*folder, false),
        [folder, "--check"] => (*folder, true),
        _ => {
            eprintln!("usage: hidden-params FOLDER [--check]");
            return ExitCode::from(2);
        }
    };
    let folder = Path::new(folder);
    if !check {
        return match write_example(folder) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("writing {} failed: {error}", folder.display());
                ExitCode::FAILURE
            }
        };
    }
    let differing: Vec<&str> = files(&generate(SEED))
        .into_iter()
        .filter(|(name, content)| {
            std::fs::read_to_string(folder.join(name)).ok().as_ref() != Some(content)
        })
        .map(|(name, _)| name)
        .collect();
    for name in &differing {
        eprintln!("{name} differs from what the generator writes");
    }
    if differing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
