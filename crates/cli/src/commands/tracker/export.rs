//! `gradus export`: runs as files that everything reads.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use gradus_store::{ALL_STEPS, RunRecord, RunView};
use gradus_tracker::query::{RunsQuery, time_text};
use gradus_tracker::runs::{EVENTS, HISTORY};
use gradus_tracker::{Caller, Project, Tracker};
use gradus_wire::{Json, JsonObject, json};
use serde_json::json;

use super::export_parquet::{write_rows, write_runs};
use super::{open_tracker, owner};
use crate::args::moving::{ExportArguments, ExportFormat};
use crate::commands::Settings;
use crate::failure::bad_input;
use crate::out::Out;
use crate::progress::Bar;

pub fn run(arguments: &ExportArguments, settings: &Settings, out: &Out) -> Result<()> {
    let tracker = open_tracker(settings)?;
    let caller = owner(&tracker)?;
    let project = project(&tracker, &caller, &arguments.project)?;
    let runs = runs(&tracker, &project, &arguments.runs)?;
    let dir = &arguments.out;
    let is_used = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if is_used {
        return Err(bad_input(format!(
            "the folder is not empty: {}",
            dir.display()
        )));
    }
    let mut bar = Bar::new("export", "{prefix} {wide_bar} {pos}/{len} {msg} {eta}");
    let mut rows = 0;
    for (place, record) in runs.iter().enumerate() {
        let name = record.key.name.clone();
        bar.set(place as u64, Some(runs.len() as u64), name.clone(), || {
            name.clone()
        });
        if let Some(view) = tracker.store.run_numbered(record.number) {
            for stream in [HISTORY, EVENTS] {
                let path = dir.join(stream).join(&name);
                rows += export_rows(&view, stream, &path, arguments.format)
                    .with_context(|| format!("exporting {stream} of run {}", record.key))?;
            }
        }
    }
    bar.finish();
    fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    match arguments.format {
        ExportFormat::Jsonl => write_run_lines(&dir.join("runs.jsonl"), &runs)?,
        ExportFormat::Parquet => write_runs(&dir.join("runs.parquet"), &runs)?,
    }
    out.say(format!(
        "{} runs with {rows} rows: {}",
        runs.len(),
        dir.display()
    ));
    out.result(&json!({ "runs": runs.len(), "rows": rows, "out": dir }));
    Ok(())
}

fn project(tracker: &Tracker, caller: &Caller, named: &str) -> Result<Arc<Project>> {
    let (entity, name) = match named.split_once('/') {
        Some((entity, name)) => (Some(entity), name),
        None => (None, named),
    };
    if let Some(project) = tracker.project(caller, entity, name) {
        return Ok(project);
    }
    let known = tracker.projects.all();
    let names = known.iter().map(|project| project.name.as_str());
    let hint = gradus_schema::nearest::did_you_mean(name, names);
    Err(bad_input(format!("there is no project '{named}'{hint}")))
}

fn runs(tracker: &Tracker, project: &Project, wanted: &[String]) -> Result<Vec<Arc<RunRecord>>> {
    let all = RunsQuery::parse(&project.entity, &project.name, None, None)?;
    let mut runs = tracker.runs(&all, 0, u64::MAX)?;
    for id in wanted {
        if !runs.iter().any(|run| run.key.name == *id) {
            let names = runs.iter().map(|run| run.key.name.as_str());
            let hint = gradus_schema::nearest::did_you_mean(id, names);
            return Err(bad_input(format!("the project has no run '{id}'{hint}")));
        }
    }
    runs.retain(|run| wanted.is_empty() || wanted.contains(&run.key.name));
    Ok(runs)
}

/// Says how many rows there were; a stream without any makes no file.
fn export_rows(view: &RunView, stream: &str, path: &Path, format: ExportFormat) -> Result<usize> {
    if view.total_lines(stream) == 0 {
        return Ok(0);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    match format {
        ExportFormat::Parquet => write_rows(view, stream, &ending(path, "parquet")),
        ExportFormat::Jsonl => write_lines(view, stream, &ending(path, "jsonl")),
    }
}

/// Added, since a run's id may itself hold dots.
fn ending(path: &Path, ending: &str) -> std::path::PathBuf {
    path.with_added_extension(ending)
}

/// The lines as they were sent.
fn write_lines(view: &RunView, stream: &str, path: &Path) -> Result<usize> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut count = 0;
    for row in view.rows(stream, &ALL_STEPS)? {
        if !row.line.is_empty() {
            file.write_all(row.line.as_bytes())?;
            file.write_all(b"\n")?;
            count += 1;
        }
    }
    file.flush()?;
    Ok(count)
}

fn write_run_lines(path: &Path, runs: &[Arc<RunRecord>]) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for run in runs {
        writeln!(file, "{}", Json::Object(run_object(run)).to_line())?;
    }
    Ok(file.flush()?)
}

/// Everything that is known of a run beside its rows.
fn run_object(record: &RunRecord) -> JsonObject {
    let fields = &record.fields;
    let text = |value: &Option<String>| value.as_ref().map_or(Json::Null, Json::text);
    let time = |value: Option<i64>| value.map_or(Json::Null, |time| Json::text(time_text(time)));
    let object = |value: &Option<String>| {
        let parsed = json::parse("a run", value.as_deref().unwrap_or("{}"));
        parsed.unwrap_or(Json::Null)
    };
    let tags = fields.tags.iter().flatten().map(Json::text).collect();
    let pairs = [
        ("entity", Json::text(&record.key.entity)),
        ("project", Json::text(&record.key.project)),
        ("run", Json::text(&record.key.name)),
        ("display_name", text(&fields.display_name)),
        ("state", text(&fields.state)),
        ("group", text(&fields.group)),
        ("job_type", text(&fields.job_type)),
        ("sweep", text(&fields.sweep)),
        ("user", text(&fields.user)),
        ("notes", text(&fields.notes)),
        ("tags", Json::Array(tags)),
        ("created_at", time(fields.created_unix_ms)),
        ("heartbeat_at", time(fields.heartbeat_unix_ms)),
        (
            "exit_code",
            fields
                .exit_code
                .map_or(Json::Null, |code| Json::int(i64::from(code))),
        ),
        ("config", object(&fields.config)),
        ("summary", object(&fields.summary)),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
