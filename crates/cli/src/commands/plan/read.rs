//! What a plan is made from, read from disk; every file that counted is remembered by its hash.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use gradus_analysis::augment::SourceRow;
use gradus_analysis::foreign::{self, ForeignMaterial};
use gradus_analysis::plan::training_log::TrainingLog;
use gradus_eval::Task;
use gradus_eval::hash::sha256_hex;
use gradus_schema::plan::Plan;
use gradus_schema::{Comparison, EvalReport, EvalRow, Recipe, Split};
use serde::de::DeserializeOwned;

use super::{EarlierPlan, Source, read_if_there};
use crate::failure::bad_input;
use crate::out::Out;
use crate::progress::Bar;

/// A file of somebody else's that is larger is no result but data.
const MAX_FOREIGN_BYTES: u64 = 64 << 20;
const MAX_FOREIGN_DEPTH: usize = 12;
/// Rows by which the field of the request is found.
const SAMPLE_ROWS: usize = 20;

#[derive(Default)]
pub struct Reader {
    /// Name inside the plan → SHA-256.
    pub inputs: BTreeMap<String, String>,
    pub notes: Vec<String>,
}

pub struct Report {
    pub report: EvalReport,
    pub rows: Vec<EvalRow>,
}

/// Whether a folder is a finished report of `gradus eval`.
pub fn is_report(dir: &Path) -> bool {
    dir.join("rows.jsonl").is_file() && dir.join("eval_summary.json").is_file()
}

/// Finished reports in the folders beside this one.
pub fn siblings(dir: &Path) -> Vec<(String, EvalReport)> {
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let entries = absolute
        .parent()
        .and_then(|parent| std::fs::read_dir(parent).ok());
    let mut found: Vec<(String, EvalReport)> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| *path != absolute)
        .filter_map(|path| {
            let bytes = std::fs::read(path.join("eval_summary.json")).ok()?;
            let name = path.file_name()?.to_string_lossy().into_owned();
            Some((name, serde_json::from_slice(&bytes).ok()?))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

impl Reader {
    /// The text of a file that has to be there.
    pub fn text(&mut self, path: &Path, name: &str) -> Result<String> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        self.remember(name, &bytes);
        String::from_utf8(bytes)
            .map_err(|_| bad_input(format!("not UTF-8; save it as UTF-8: {}", path.display())))
    }

    pub fn report(&mut self, dir: &Path) -> Result<Report> {
        let path = dir.join("eval_summary.json");
        let report = json(
            &path,
            self.text(&path, "report/eval_summary.json")?.as_bytes(),
        )?;
        let path = dir.join("rows.jsonl");
        let text = self.text(&path, "report/rows.jsonl")?;
        let mut rows = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            rows.push(serde_json::from_str(line).map_err(|error| {
                let number = index + 1;
                bad_input(format!(
                    "line {number}: this is no row of an evaluation ({error}); run `gradus eval` again: {}",
                    path.display()
                ))
            })?);
        }
        Ok(Report { report, rows })
    }

    pub fn recipe(&mut self, path: &Path) -> Result<Recipe> {
        let text = self.text(path, "recipe.yaml")?;
        let recipe = Recipe::from_yaml(&text).and_then(|recipe| {
            recipe.validate()?;
            Ok(recipe)
        });
        recipe.map_err(|error| bad_input(format!("{error}: {}", path.display())))
    }

    pub fn training(&mut self, dir: &Path) -> Result<Option<TrainingLog>> {
        let mut texts = Vec::new();
        for name in ["final_metrics.json", "iter_eval_metrics.jsonl"] {
            let bytes = read_if_there(&dir.join(name))?;
            if let Some(bytes) = &bytes {
                self.remember(&format!("training/{name}"), bytes);
            }
            texts.push(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(TrainingLog::read(
            texts[0].as_deref(),
            texts[1].as_deref(),
            &mut self.notes,
        ))
    }

    /// The plan in `dir`, and what was decided about it in `decided`.
    pub fn earlier(&mut self, dir: &Path, decided: &Path) -> Result<EarlierPlan> {
        let path = dir.join("plan.yaml");
        let named = match dir.ends_with("plan") {
            true => dir.parent().and_then(Path::file_name),
            false => dir.file_name(),
        };
        let shown = named.map_or_else(
            || "earlier".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        let text = self.text(&path, &format!("earlier/{shown}/plan.yaml"))?;
        let plan = Plan::from_yaml(&text)
            .map_err(|error| bad_input(format!("{error}: {}", path.display())))?;
        let comparison: Option<Comparison> = self.beside(decided, &shown, "comparison.json")?;
        let decision = self.beside(decided, &shown, "decision.json")?;
        Ok(EarlierPlan::new(plan, comparison.as_ref(), decision))
    }

    fn beside<T: DeserializeOwned>(
        &mut self,
        dir: &Path,
        shown: &str,
        name: &str,
    ) -> Result<Option<T>> {
        let path = dir.join(name);
        let Some(bytes) = read_if_there(&path)? else {
            return Ok(None);
        };
        self.remember(&format!("earlier/{shown}/{name}"), &bytes);
        json(&path, &bytes).map(Some)
    }

    /// Everything of interest below a folder of somebody else's.
    pub fn foreign(&mut self, dir: &Path, out: &Out) -> Result<ForeignMaterial> {
        if !dir.is_dir() {
            return Err(bad_input(format!(
                "there is no such folder: {}",
                dir.display()
            )));
        }
        let mut bar = Bar::new("reading", "{bar:30} {pos} files {msg}");
        let mut files = BTreeMap::new();
        let mut large = Vec::new();
        for (number, path) in files_below(dir)?.into_iter().enumerate() {
            let inside = path.strip_prefix(dir).unwrap_or(&path);
            let name = inside.to_string_lossy().replace('\\', "/");
            let size = path.metadata().map_or(0, |it| it.len());
            if size > MAX_FOREIGN_BYTES {
                large.push(format!("{name} is larger than 64 MiB; left out"));
                continue;
            }
            let bytes =
                std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            self.remember(&name, &bytes);
            files.insert(name, bytes);
            let done = number as u64 + 1;
            bar.set(done, None, String::new(), || format!("{done} files"));
        }
        bar.finish();
        let mut material = foreign::read(&files);
        material.findings.extend(large);
        if material.is_empty() {
            return Err(bad_input(format!(
                "nothing here to plan from: neither a finished report (rows.jsonl and eval_summary.json), nor submissions.jsonl, final_metrics.json, hard_cases.valid.jsonl, prediction files or W&B runs: {}",
                dir.display()
            )));
        }
        out.note(format!("read {} files of interest", files.len()));
        Ok(material)
    }

    fn remember(&mut self, name: &str, bytes: &[u8]) {
        self.inputs.insert(name.to_owned(), sha256_hex(bytes));
    }
}

/// The training rows of a task, and in which field their request stands.
pub fn training_source(task: &Task, reader: &mut Reader) -> Result<Source> {
    let split = task.rows(Split::Train)?;
    reader
        .inputs
        .insert("task/train.jsonl".to_owned(), split.sha256.clone());
    let mut candidates: Option<BTreeSet<String>> = None;
    for row in split.rows.iter().take(SAMPLE_ROWS) {
        let prompt: String = task
            .messages(row)
            .map_err(bad_input)?
            .into_iter()
            .map(|message| message.content)
            .collect();
        let shown: BTreeSet<String> = row
            .fields
            .iter()
            .filter(|(_, value)| value.as_str().is_some_and(|text| prompt.contains(text)))
            .map(|(name, _)| name.clone())
            .collect();
        candidates = Some(match candidates {
            None => shown,
            Some(before) => before.intersection(&shown).cloned().collect(),
        });
    }
    // Of several fields in the prompt, the one with the most text is the request.
    let length = |name: &String| -> usize {
        let rows = split.rows.iter().take(SAMPLE_ROWS);
        rows.filter_map(|row| row.fields.get(name)?.as_str().map(str::len))
            .sum()
    };
    let text_field = candidates
        .unwrap_or_default()
        .into_iter()
        .max_by_key(length)
        .unwrap_or_default();
    if text_field.is_empty() {
        reader.notes.push(
            "no text field of the training rows stands in their prompt as it is: neighbours can't be found".to_owned(),
        );
    }
    let field = task.file.stratify_by.clone();
    let rows = split.rows.into_iter().map(|row| SourceRow {
        strata: field.clone().zip(row.stratum).into_iter().collect(),
        id: row.id,
        split: Split::Train,
        fields: row.fields,
    });
    Ok(Source {
        rows: rows.collect(),
        sha256: split.sha256,
        text_field,
        target: task.file.target.clone(),
    })
}

/// Files of interest below a folder, by path; links are not followed.
fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![(dir.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("reading the folder {}", folder.display()))?;
        for entry in entries {
            let entry =
                entry.with_context(|| format!("reading the folder {}", folder.display()))?;
            let kind = entry.file_type()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if kind.is_dir() && depth < MAX_FOREIGN_DEPTH && name != ".git" {
                folders.push((entry.path(), depth + 1));
            } else if kind.is_file() && foreign::is_of_interest(&name) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes).map_err(|error| {
        bad_input(format!(
            "this file can't be read as what its name says ({error}): {}",
            path.display()
        ))
    })
}
