//! A spool's rows, to where they belong, each exactly once: rows have numbers, and a number that is
//! there already is skipped.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::NewRun;
use super::spool::{Entry, copies_of, is_abandoned, read};
use crate::files::{read_json, write_json};
use crate::tracker_place::{Content, Place, Refused, encoded, own_entity, run_path};

/// Rows of one request.
const ROWS_AT_ONCE: usize = 5_000;

/// What was delivered of a spool, beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sent {
    entity: String,
    project: String,
    run: String,
    /// The number of the spool's first row.
    first_line: u64,
    rows: usize,
    /// Of the files and of the additions to the configuration: those that are there.
    #[serde(default)]
    files: usize,
    #[serde(default)]
    configs: usize,
    /// Files that the place does not take, now or later.
    #[serde(default)]
    refused: Vec<String>,
}

impl Sent {
    fn run_path(&self) -> String {
        run_path(&self.entity, &self.project, &self.run)
    }
}

/// Delivers what a spool has more than was delivered before; removes it when it has ended.
pub fn deliver(spool: &Path, place: &Place) -> Result<()> {
    let entries = read(spool)?;
    let Some(Entry::Begin(run)) = entries.first() else {
        return remove(spool);
    };
    let mut sent = match read_json::<Sent>(&beside(spool), "what was sent of a run") {
        Ok(sent) => sent,
        Err(_) => {
            let sent = begin(run, place)?;
            // Before the first row, so that rows sent again have the same numbers.
            write_json(&beside(spool), &sent)?;
            sent
        }
    };
    let lines = format!("{}/lines", sent.run_path());
    let rows: Vec<&Map<String, Value>> = entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Row(row) => Some(row),
            _ => None,
        })
        .collect();
    while sent.rows < rows.len() {
        let batch = &rows[sent.rows..rows.len().min(sent.rows + ROWS_AT_ONCE)];
        let body = body(sent.first_line + sent.rows as u64, batch, &rows);
        place.ask("POST", &lines, Some(&body))?;
        sent.rows += batch.len();
        write_json(&beside(spool), &sent)?;
    }
    deliver_files(spool, &entries, place, &mut sent)?;
    deliver_config(spool, &entries, run, place, &mut sent)?;
    match entries.last() {
        Some(Entry::Finish { exit_code, summary }) => {
            let mut all = summary_of(&rows);
            all.extend(summary.clone());
            if !sent.refused.is_empty() {
                all.insert("gradus/files_refused".into(), sent.refused.clone().into());
            }
            let end = json!({
                "files": { "wandb-summary.json": { "offset": 0, "content": [line(&all)] } },
                "complete": true,
                "exitcode": exit_code,
            });
            place.ask("POST", &lines, Some(&end))?;
            remove(spool)
        }
        // Its process is gone and said nothing: the run is not heard of any more, and crashes.
        _ if is_abandoned(spool) => remove(spool),
        _ => Ok(()),
    }
}

/// Makes the run, or goes on with the one that is there.
fn begin(run: &NewRun, place: &Place) -> Result<Sent> {
    let entity = match std::env::var("GRADUS_ENTITY") {
        Ok(entity) if !entity.is_empty() => entity,
        _ => own_entity(place)?,
    };
    let config = run.config.iter();
    let config = config.map(|(key, value)| (key.clone(), json!({ "value": value })));
    let body = json!({
        "resume": true,
        "group": run.group,
        "display_name": run.display_name,
        "job_type": run.job_type,
        "config": config.collect::<Map<_, _>>(),
        "program": "gradus",
    });
    let path = run_path(&entity, &run.project, &run.name);
    let begun = place.ask("POST", &path, Some(&body))?;
    Ok(Sent {
        entity,
        project: run.project.clone(),
        run: run.name.clone(),
        first_line: begun["next_line"]
            .as_u64()
            .context("the server told no line to go on from")?,
        rows: 0,
        files: 0,
        configs: 0,
        refused: Vec::new(),
    })
}

fn deliver_files(spool: &Path, entries: &[Entry], place: &Place, sent: &mut Sent) -> Result<()> {
    let files = entries.iter().filter_map(|entry| match entry {
        Entry::File { name, copy } => Some((name, copy)),
        _ => None,
    });
    for (name, copy) in files.skip(sent.files) {
        let path = copies_of(spool).join(copy);
        if let Some(refusal) = put_file(place, sent, name, &path)? {
            sent.refused.push(format!("{name}: {refusal}"));
        }
        sent.files += 1;
        write_json(&beside(spool), sent)?;
    }
    Ok(())
}

/// Says why the place will never take the file, where that is so.
fn put_file(place: &Place, sent: &Sent, name: &str, path: &Path) -> Result<Option<String>> {
    let content = fs::File::open(path).with_context(|| format!("reading {}", path.display()))?;
    let name: Vec<String> = name.split('/').map(encoded).collect();
    let address = format!("{}/files/{}", sent.run_path(), name.join("/"));
    match place.send("PUT", &address, Content::Reader(Box::new(content))) {
        Ok(_) => Ok(None),
        Err(error) => match error.downcast_ref::<Refused>() {
            // Too large, a name that is none, a server that takes no files.
            Some(refused) if matches!(refused.status, 400 | 404 | 405 | 413) => {
                Ok(Some(refused.to_string()))
            }
            _ => Err(error),
        },
    }
}

/// The whole configuration anew, where there is more of it than was sent.
fn deliver_config(
    spool: &Path,
    entries: &[Entry],
    run: &NewRun,
    place: &Place,
    sent: &mut Sent,
) -> Result<()> {
    let additions = entries.iter().filter_map(|entry| match entry {
        Entry::Config(added) => Some(added),
        _ => None,
    });
    let additions: Vec<_> = additions.collect();
    if additions.len() == sent.configs {
        return Ok(());
    }
    let mut run = run.clone();
    for added in &additions {
        run.config.extend((*added).clone());
    }
    begin(&run, place)?;
    sent.configs = additions.len();
    write_json(&beside(spool), sent)
}

fn body(offset: u64, batch: &[&Map<String, Value>], all: &[&Map<String, Value>]) -> Value {
    let content: Vec<String> = batch.iter().map(|row| line(row)).collect();
    json!({ "files": {
        "wandb-history.jsonl": { "offset": offset, "content": content },
        "wandb-summary.json": { "offset": 0, "content": [line(&summary_of(all))] },
    }})
}

/// The last value of every key.
fn summary_of(rows: &[&Map<String, Value>]) -> Map<String, Value> {
    let mut summary = Map::new();
    for row in rows {
        summary.extend(row.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    summary
}

fn line(row: &Map<String, Value>) -> String {
    Value::Object(row.clone()).to_string()
}

fn beside(spool: &Path) -> PathBuf {
    spool.with_extension("sent.json")
}

fn remove(spool: &Path) -> Result<()> {
    let _ = fs::remove_file(beside(spool));
    let _ = fs::remove_dir_all(copies_of(spool));
    fs::remove_file(spool).with_context(|| format!("removing {}", spool.display()))
}
