//! `gradus store`: looking after what is kept.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gradus_schema::ExitStatus;
use serde_json::{Value, json};

use crate::args::accounts::StoreCommand;
use crate::commands::Settings;
use crate::failure::bad_input;
use crate::out::Out;
use crate::tracker_place::Place;

pub fn run(command: &StoreCommand, settings: &Settings, out: &Out) -> Result<ExitStatus> {
    let folder = |given: &Option<PathBuf>| -> Result<PathBuf> {
        let folder = given.clone().unwrap_or_else(|| settings.store_dir());
        // Opening would make an empty one.
        match folder.join("log").is_dir() {
            true => Ok(folder),
            false => Err(bad_input(format!(
                "there is no store: {}",
                folder.display()
            ))),
        }
    };
    match command {
        StoreCommand::Check { dir } => check(&folder(dir)?, out),
        StoreCommand::Rebuild { dir } => rebuild(&folder(dir)?, out),
        StoreCommand::Backup { dir, store } => backup(&folder(store)?, dir, out),
    }
}

fn check(folder: &Path, out: &Out) -> Result<ExitStatus> {
    out.note(format!("reading all of {}", folder.display()));
    let report = Place::of_folder(folder)?.ask_patiently("POST", "store/check", None)?;
    let problems = report["problems"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for problem in problems.iter().filter_map(Value::as_str) {
        out.say(problem);
    }
    let read = format!(
        "{} rows in {} segments, {} records of the log, {} blobs ({} belong to nothing)",
        report["rows"],
        report["segments"],
        report["log_records"],
        report["blobs"],
        report["unlinked_blobs"],
    );
    out.say(match problems.len() {
        0 => format!("whole: {read}"),
        count => format!("{count} problems: {read}"),
    });
    out.result(&report);
    Ok(match problems.is_empty() {
        true => ExitStatus::Ok,
        false => ExitStatus::BadInput,
    })
}

fn rebuild(folder: &Path, out: &Out) -> Result<ExitStatus> {
    Place::of_folder(folder)?.ask_patiently("POST", "store/rebuild", None)?;
    out.say("the catalogue is made anew");
    out.result(&json!({ "done": true }));
    Ok(ExitStatus::Ok)
}

fn backup(folder: &Path, target: &Path, out: &Out) -> Result<ExitStatus> {
    let target = std::path::absolute(target)?;
    let body = json!({ "folder": target });
    let report = Place::of_folder(folder)?.ask_patiently("POST", "store/backup", Some(&body))?;
    out.say(format!(
        "{} runs, {} segments, {} blobs: {}",
        report["runs"],
        report["segments"],
        report["blobs"],
        target.display()
    ));
    out.result(&report);
    Ok(ExitStatus::Ok)
}
