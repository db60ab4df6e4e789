//! `gradus export`: runs as files that everything reads.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus_tracker::query::time_text;
use gradus_wire::{Json, JsonObject, json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::export_parquet::{write_rows, write_runs};
use crate::args::moving::{ExportArguments, ExportFormat};
use crate::commands::Settings;
use crate::failure::bad_input;
use crate::out::Out;
use crate::progress::Bar;
use crate::tracker_place::{Place, encoded, own_entity};

/// Rows of one answer, which is how many are in memory.
const ROWS_AT_ONCE: u64 = 20_000;
const RUNS_AT_ONCE: u64 = 1_000;

/// Files of a run, and what the API calls their rows.
const STREAMS: [(&str, &str); 2] = [("history", "history"), ("events", "system")];

/// A run as it was sent, without its rows.
#[derive(Debug, Deserialize)]
pub struct Record {
    pub entity: String,
    pub project: String,
    pub name: String,
    pub display_name: Option<String>,
    pub state: Option<String>,
    pub group: Option<String>,
    pub job_type: Option<String>,
    pub sweep: Option<String>,
    pub user: Option<String>,
    pub notes: Option<String>,
    pub tags: Vec<String>,
    pub created_unix_ms: Option<i64>,
    pub heartbeat_unix_ms: Option<i64>,
    pub exit_code: Option<i64>,
    /// JSON objects as they were sent.
    pub config: Option<String>,
    pub summary: Option<String>,
}

pub fn run(arguments: &ExportArguments, settings: &Settings, out: &Out) -> Result<()> {
    let place = Place::of(&settings.store_dir())?;
    let project = project_path(&place, &arguments.project)?;
    let names = run_names(&place, &project, &arguments.runs)?;
    let dir = &arguments.out;
    let is_used = fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if is_used {
        return Err(bad_input(format!(
            "the folder is not empty: {}",
            dir.display()
        )));
    }
    fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    let mut bar = Bar::new("export", "{prefix} {wide_bar} {pos}/{len} {msg} {eta}");
    let (mut rows, mut runs) = (0, Vec::with_capacity(names.len()));
    for (number, name) in names.iter().enumerate() {
        bar.set(
            number as u64,
            Some(names.len() as u64),
            name.clone(),
            || name.clone(),
        );
        let run = format!("{project}/runs/{}", encoded(name));
        // Deleted while others were exported.
        let Some(record) = place.found(&format!("{run}/record"))? else {
            continue;
        };
        runs.push(serde_json::from_value(record).context("reading what is known of a run")?);
        for (folder, stream) in STREAMS {
            let path = dir.join(folder).join(name);
            rows += export_rows(&place, &run, stream, &path, arguments.format)
                .with_context(|| format!("exporting {folder} of run {name}"))?;
        }
    }
    bar.finish();
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

/// The path of a project below `/api/v1`.
fn project_path(place: &Place, named: &str) -> Result<String> {
    let (entity, name) = match named.split_once('/') {
        Some((entity, name)) => (entity.to_owned(), name),
        None => (own_entity(place)?, named),
    };
    let path = format!("projects/{}/{}", encoded(&entity), encoded(name));
    if place.found(&path)?.is_some() {
        return Ok(path);
    }
    let known = place.get("projects")?;
    let known = known["projects"].as_array().into_iter().flatten();
    let names = known.filter_map(|project| project["name"].as_str());
    let hint = gradus_schema::nearest::did_you_mean(name, names);
    Err(bad_input(format!("there is no project '{named}'{hint}")))
}

/// The runs that are wanted, or all, in the order of their making.
fn run_names(place: &Place, project: &str, wanted: &[String]) -> Result<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let offset = names.len();
        let page = place.get(&format!(
            "{project}/runs?order=%2Bcreated_at&limit={RUNS_AT_ONCE}&offset={offset}"
        ))?;
        let runs = page["runs"].as_array().into_iter().flatten();
        names.extend(runs.filter_map(|run| run["name"].as_str().map(str::to_owned)));
        if names.len() < offset + RUNS_AT_ONCE as usize {
            break;
        }
    }
    for id in wanted {
        if !names.contains(id) {
            let names = names.iter().map(String::as_str);
            let hint = gradus_schema::nearest::did_you_mean(id, names);
            return Err(bad_input(format!("the project has no run '{id}'{hint}")));
        }
    }
    names.retain(|name| wanted.is_empty() || wanted.contains(name));
    Ok(names)
}

/// Says how many rows there were; a stream without any makes no file.
fn export_rows(
    place: &Place,
    run: &str,
    stream: &str,
    path: &Path,
    format: ExportFormat,
) -> Result<usize> {
    let lines = ending(path, "jsonl");
    let count = write_lines(place, run, stream, &lines)?;
    if count > 0 && format == ExportFormat::Parquet {
        // A run that goes on has more rows when it is asked again; these are looked at twice.
        write_rows(&lines, &ending(path, "parquet"))?;
        fs::remove_file(&lines).with_context(|| format!("removing {}", lines.display()))?;
    }
    Ok(count)
}

/// Added, since a run's id may itself hold dots.
fn ending(path: &Path, ending: &str) -> PathBuf {
    path.with_added_extension(ending)
}

/// The lines as they were sent.
fn write_lines(place: &Place, run: &str, stream: &str, path: &Path) -> Result<usize> {
    let mut file = None;
    let (mut count, mut from) = (0, String::new());
    loop {
        let page = place.get(&format!(
            "{run}/rows?stream={stream}&as_text=true&limit={ROWS_AT_ONCE}{from}"
        ))?;
        let rows = page["rows"].as_array().into_iter().flatten();
        for row in rows.filter_map(Value::as_str) {
            let file = match &mut file {
                Some(file) => file,
                none => none.insert(created(path)?),
            };
            file.write_all(row.as_bytes())?;
            file.write_all(b"\n")?;
            count += 1;
        }
        match page["next_min_step"].as_i64() {
            Some(step) => from = format!("&min_step={step}"),
            None => break,
        }
    }
    if let Some(mut file) = file {
        file.flush()?;
    }
    Ok(count)
}

fn created(path: &Path) -> Result<BufWriter<File>> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
    Ok(BufWriter::new(file))
}

fn write_run_lines(path: &Path, runs: &[Record]) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for run in runs {
        writeln!(file, "{}", Json::Object(run_object(run)).to_line())?;
    }
    Ok(file.flush()?)
}

/// Everything that is known of a run beside its rows.
fn run_object(run: &Record) -> JsonObject {
    let text = |value: &Option<String>| value.as_ref().map_or(Json::Null, Json::text);
    let time = |value: Option<i64>| value.map_or(Json::Null, |time| Json::text(time_text(time)));
    let object = |value: &Option<String>| {
        let parsed = json::parse("a run", value.as_deref().unwrap_or("{}"));
        parsed.unwrap_or(Json::Null)
    };
    let tags = run.tags.iter().map(Json::text).collect();
    let pairs = [
        ("entity", Json::text(&run.entity)),
        ("project", Json::text(&run.project)),
        ("run", Json::text(&run.name)),
        ("display_name", text(&run.display_name)),
        ("state", text(&run.state)),
        ("group", text(&run.group)),
        ("job_type", text(&run.job_type)),
        ("sweep", text(&run.sweep)),
        ("user", text(&run.user)),
        ("notes", text(&run.notes)),
        ("tags", Json::Array(tags)),
        ("created_at", time(run.created_unix_ms)),
        ("heartbeat_at", time(run.heartbeat_unix_ms)),
        ("exit_code", run.exit_code.map_or(Json::Null, Json::int)),
        ("config", object(&run.config)),
        ("summary", object(&run.summary)),
    ];
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
