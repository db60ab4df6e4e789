//! `gradus import wandb`: runs that others logged, into the store.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use gradus_store::RunNumber;
use gradus_tracker::import::{ImportOptions, Imported};
use gradus_tracker::redact::Redaction;
use gradus_tracker::{Caller, Tracker};
use gradus_wire::{Json, json};
use serde_json::{Value, json};

use super::wandb_folders::{WandbRun, find};
use super::{open_tracker, owner, wandb_server};
use crate::args::moving::{ImportCommand, ImportWandbArguments, RedactArgument};
use crate::commands::Settings;
use crate::failure::located;
use crate::out::Out;
use crate::progress::Bar;

/// Larger texts are not searched for what shall be left out; they are not taken then.
const LARGEST_TEXT_BYTES: u64 = 64 << 20;

pub fn run(command: &ImportCommand, settings: &Settings, out: &Out) -> Result<()> {
    let ImportCommand::Wandb(arguments) = command;
    let tracker = open_tracker(settings)?;
    let caller = owner(&tracker)?;
    let mut results = Vec::new();
    for path in &arguments.paths {
        match path.to_str().filter(|text| text.contains("://")) {
            Some(address) => {
                results.extend(wandb_server::import(
                    &tracker, &caller, address, arguments, out,
                )?);
            }
            None => results.extend(import_folder(&tracker, &caller, path, arguments, out)?),
        }
    }
    tracker.store.checkpoint()?;
    out.say(format!("{} runs looked at", results.len()));
    out.result(&json!({ "runs": results }));
    Ok(())
}

fn import_folder(
    tracker: &Tracker,
    caller: &Caller,
    path: &Path,
    arguments: &ImportWandbArguments,
    out: &Out,
) -> Result<Vec<Value>> {
    let found = find(path)?;
    let total = found.len() as u64;
    let mut bar = Bar::new("import", "{prefix} {wide_bar} {pos}/{len} {msg} {eta}");
    let mut results = Vec::with_capacity(found.len());
    for (place, run) in found.iter().enumerate() {
        let name = run.log.display().to_string();
        bar.set(place as u64, Some(total), name.clone(), || name.clone());
        let (imported, files) = import_one(tracker, caller, run, arguments)
            .with_context(|| format!("importing {}", run.log.display()))?;
        bar.note_or(out, &told(&imported, files));
        results.push(as_json(&imported, files));
    }
    bar.finish();
    Ok(results)
}

fn import_one(
    tracker: &Tracker,
    caller: &Caller,
    run: &WandbRun,
    arguments: &ImportWandbArguments,
) -> Result<(Imported, usize)> {
    let bytes = fs::read(&run.log).context("reading it")?;
    let options = ImportOptions {
        entity: arguments.entity.clone(),
        project: arguments.project.clone(),
        replaces: arguments.replace,
        redaction: redaction(arguments.redact, run),
    };
    let imported = tracker
        .import_wandb(caller, &bytes, &options)
        .map_err(|error| located(error.to_string(), &run.log))?;
    if imported.was_there {
        return Ok((imported, 0));
    }
    for (name, path) in &run.files {
        put_file(tracker, imported.number, name, path, &options.redaction)
            .with_context(|| format!("the run's file {name}"))?;
    }
    Ok((imported, run.files.len()))
}

fn put_file(
    tracker: &Tracker,
    run: RunNumber,
    name: &str,
    path: &Path,
    redaction: &Redaction,
) -> Result<()> {
    let mut file = fs::File::open(path)?;
    let is_small = file.metadata()?.len() <= LARGEST_TEXT_BYTES;
    if redaction.is_none() {
        tracker.put_run_file(run, name, &mut file)?;
        return Ok(());
    }
    // What is text is looked through; anything else is taken as it is.
    let text = match is_small {
        true => String::from_utf8(fs::read(path)?).ok(),
        false => None,
    };
    match text {
        Some(text) => {
            let redacted = redacted_file(name, &text, redaction);
            tracker.put_run_file(run, name, &mut redacted.as_bytes())?;
        }
        None => {
            tracker.put_run_file(run, name, &mut file)?;
        }
    }
    Ok(())
}

/// JSON key by key, so that what only its key tells is found; other texts as they are.
fn redacted_file(name: &str, text: &str, redaction: &Redaction) -> String {
    if name.ends_with(".json")
        && let Ok(mut value) = json::parse("the file", text)
    {
        redaction.value(&mut value);
        return value.to_line();
    }
    redaction.text(text).into_owned()
}

/// The names of the machine and the person come from the run's own metadata.
fn redaction(asked: Option<RedactArgument>, run: &WandbRun) -> Redaction {
    let Some(asked) = asked else {
        return Redaction::default();
    };
    let personal = asked != RedactArgument::Secrets;
    let metadata = run
        .files
        .iter()
        .find(|(name, _)| name == "wandb-metadata.json");
    let metadata = metadata.and_then(|(_, path)| fs::read(path).ok());
    let metadata = metadata.and_then(|bytes| json::parse_bytes("metadata", &bytes).ok());
    let name = |key: &str| {
        let metadata = metadata.as_ref()?;
        metadata.get(key).and_then(Json::as_str).map(str::to_owned)
    };
    Redaction {
        secrets: asked != RedactArgument::Personal,
        personal,
        names: [name("host"), name("username")]
            .into_iter()
            .flatten()
            .collect(),
    }
}

fn told(imported: &Imported, files: usize) -> String {
    if imported.was_there {
        return format!(
            "{}: is there already; --replace takes the file instead",
            imported.key
        );
    }
    let mut text = format!(
        "{}: {} rows, {} system rows, {} console lines, {files} files",
        imported.key, imported.history_rows, imported.system_rows, imported.console_lines
    );
    match imported.exit_code {
        Some(code) => text.push_str(&format!(", exit code {code}")),
        None => text.push_str(", crashed: the file ends before the run did"),
    }
    if !imported.damage.is_none() || imported.undecodable_records > 0 {
        text.push_str(&format!(
            "; damaged: {} torn and {} unreadable records, {} bytes skipped",
            imported.damage.torn_records + imported.damage.torn_chunks,
            imported.undecodable_records + imported.damage.bad_checksums,
            imported.damage.skipped_bytes
        ));
    }
    text
}

fn as_json(imported: &Imported, files: usize) -> Value {
    json!({
        "run": imported.key.to_string(),
        "was_there": imported.was_there,
        "history_rows": imported.history_rows,
        "system_rows": imported.system_rows,
        "console_lines": imported.console_lines,
        "files": files,
        "exit_code": imported.exit_code,
        "torn_records": imported.damage.torn_records + imported.damage.torn_chunks,
        "unreadable_records": imported.undecodable_records + imported.damage.bad_checksums,
    })
}
