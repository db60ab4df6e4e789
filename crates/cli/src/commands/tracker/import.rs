//! `gradus import wandb`: runs that others logged.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use gradus_tracker::import::WandbFile;
use gradus_tracker::projects::DEFAULT_PROJECT;
use gradus_tracker::redact::Redaction;
use gradus_tracker::secret::random_name;
use gradus_wire::{Json, json};
use serde_json::{Value, json};

use super::sender::{CONSOLE, HISTORY, RunSender, SYSTEM};
use super::wandb_folders::{WandbRun, find};
use super::wandb_server;
use crate::args::moving::{ImportCommand, ImportWandbArguments, RedactArgument};
use crate::commands::Settings;
use crate::failure::located;
use crate::out::Out;
use crate::progress::Bar;
use crate::tracker_place::{Content, Place, own_entity};

/// Larger texts are not searched for what shall be left out.
const LARGEST_TEXT_BYTES: u64 = 64 << 20;

pub fn run(command: &ImportCommand, settings: &Settings, out: &Out) -> Result<()> {
    let ImportCommand::Wandb(arguments) = command;
    let place = Place::of(&settings.store_dir())?;
    let entity = match &arguments.entity {
        Some(entity) => entity.clone(),
        None => own_entity(&place)?,
    };
    let mut results = Vec::new();
    for path in &arguments.paths {
        match path.to_str().filter(|text| text.contains("://")) {
            Some(address) => {
                let runs = wandb_server::import(&place, &entity, address, arguments, out)?;
                results.extend(runs);
            }
            None => results.extend(import_folder(&place, &entity, path, arguments, out)?),
        }
    }
    out.say(format!("{} runs looked at", results.len()));
    out.result(&json!({ "runs": results }));
    Ok(())
}

fn import_folder(
    place: &Place,
    entity: &str,
    path: &Path,
    arguments: &ImportWandbArguments,
    out: &Out,
) -> Result<Vec<Value>> {
    let found = find(path)?;
    let total = found.len() as u64;
    let mut bar = Bar::new("import", "{prefix} {wide_bar} {pos}/{len} {msg} {eta}");
    let mut results = Vec::with_capacity(found.len());
    for (number, run) in found.iter().enumerate() {
        let name = run.log.display().to_string();
        bar.set(number as u64, Some(total), name.clone(), || name.clone());
        let imported = import_one(place, entity, run, arguments)
            .with_context(|| format!("importing {}", run.log.display()))?;
        bar.note_or(out, &told(&imported));
        results.push(as_json(&imported));
    }
    bar.finish();
    Ok(results)
}

struct Imported {
    /// `ENTITY/PROJECT/RUN`.
    run: String,
    was_there: bool,
    file: WandbFile,
    files: usize,
}

fn import_one(
    place: &Place,
    entity: &str,
    run: &WandbRun,
    arguments: &ImportWandbArguments,
) -> Result<Imported> {
    let redaction = redaction(arguments.redact, run);
    let bytes = fs::read(&run.log).context("reading it")?;
    let file = WandbFile::read(&bytes, &redaction);
    let file = file.map_err(|error| located(error.to_string(), &run.log))?;
    drop(bytes);
    // An entity of another server says nothing here.
    let project = match &arguments.project {
        Some(project) => project,
        None if file.project.is_empty() => DEFAULT_PROJECT,
        None => &file.project,
    };
    let id = match file.id.is_empty() {
        true => random_name(8)?,
        false => file.id.clone(),
    };
    let name = format!("{entity}/{project}/{id}");
    let begun = RunSender::begin(
        place,
        [entity, project, &id],
        arguments.replace,
        &file.begin(),
    )?;
    let Some(mut sender) = begun else {
        return Ok(Imported {
            run: name,
            was_there: true,
            file,
            files: 0,
        });
    };
    sender.lines(HISTORY, file.history())?;
    sender.lines(SYSTEM, file.system())?;
    sender.lines(CONSOLE, file.console())?;
    for (name, path) in &run.files {
        let content = content(name, path, &redaction);
        content
            .and_then(|content| sender.file(name, content))
            .with_context(|| format!("the run's file {name}"))?;
    }
    sender.end(file.exit_code(), &file.end())?;
    Ok(Imported {
        run: name,
        was_there: false,
        file,
        files: run.files.len(),
    })
}

/// A file as it shall be kept: what is text is looked through, anything else is taken as it is.
fn content(name: &str, path: &Path, redaction: &Redaction) -> Result<Content> {
    let file = fs::File::open(path)?;
    let is_small = file.metadata()?.len() <= LARGEST_TEXT_BYTES;
    if !redaction.is_none()
        && is_small
        && let Ok(text) = String::from_utf8(fs::read(path)?)
    {
        let redacted = redacted_file(name, &text, redaction);
        return Ok(Content::Bytes(redacted.into_bytes()));
    }
    Ok(Content::Reader(Box::new(file)))
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

fn told(imported: &Imported) -> String {
    let Imported {
        run, file, files, ..
    } = imported;
    if imported.was_there {
        return format!("{run}: is there already; --replace takes the file instead");
    }
    let mut text = format!(
        "{run}: {} rows, {} system rows, {} console lines, {files} files",
        file.history().len(),
        file.system().len(),
        file.console().len()
    );
    match file.exit_code() {
        Some(code) => text.push_str(&format!(", exit code {code}")),
        None => text.push_str(", crashed: the file ends before the run did"),
    }
    if !file.damage.is_none() || file.undecodable_records > 0 {
        text.push_str(&format!(
            "; damaged: {} torn and {} unreadable records, {} bytes skipped",
            file.damage.torn_records + file.damage.torn_chunks,
            file.undecodable_records + file.damage.bad_checksums,
            file.damage.skipped_bytes
        ));
    }
    text
}

fn as_json(imported: &Imported) -> Value {
    let file = &imported.file;
    json!({
        "run": imported.run,
        "was_there": imported.was_there,
        "history_rows": file.history().len(),
        "system_rows": file.system().len(),
        "console_pieces": file.console_pieces(),
        "console_lines": file.console().len(),
        "files": imported.files,
        "exit_code": file.exit_code(),
        "torn_records": file.damage.torn_records + file.damage.torn_chunks,
        "unreadable_records": file.undecodable_records + file.damage.bad_checksums,
    })
}
