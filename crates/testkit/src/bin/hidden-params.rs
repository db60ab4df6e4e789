//! Writes the data of `examples/hidden-params` from its generator, or checks what lies there:
//! `hidden-params DIR [--check]`, called by `cargo xtask example`.

use std::path::Path;
use std::process::ExitCode;

use gradus_testkit::hidden_params::{SEED, files, generate, write_example};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        [dir] => write_example(Path::new(dir)).map_err(|error| error.to_string()),
        [dir, "--check"] => check(Path::new(dir)),
        _ => Err("usage: hidden-params DIR [--check]".to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn check(dir: &Path) -> Result<(), String> {
    for (name, content) in files(&generate(SEED)) {
        let path = dir.join(name);
        let found = std::fs::read_to_string(&path)
            .map_err(|error| format!("{error}: {}", path.display()))?;
        if found != content {
            return Err(format!(
                "{} is not what the generator writes",
                path.display()
            ));
        }
    }
    Ok(())
}
