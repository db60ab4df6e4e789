//! `data check`: everything that can be said about a task's rows before any training.
//!
//! Unlike `Task::rows`, which stops at the first bad row, this reads on and counts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gradus_analysis::filters::{FilterRow, conflicting_labels};
use gradus_analysis::in_parallel;
use gradus_analysis::label_scale::{ScaleAlarm, scale_alarms, shift_alarms};
use gradus_analysis::signal::{EqualTexts, StratumSignal};
use gradus_analysis::text::normalised;
use gradus_schema::{JsonRow, Scale, Split};
use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{Finding, Level, share};
use super::freeze::{manifest_of, manifest_path, read_manifest, short};
use super::labels::{label_numbers, target_object};
use super::leakage_check::{RoleLeakage, leakage_finding, leakages};
use super::read::read_json_file;
use super::row_id;
use super::settings::{DataSettings, text_at};
use super::signal_check::signal_findings;
use crate::Result;
use crate::task::{Task, value_at};

const EXAMPLES: usize = 3;

/// All that was found.
#[derive(Debug, Clone, Serialize)]
pub struct DataCheck {
    pub task: String,
    /// Rows by role.
    pub rows: BTreeMap<Split, usize>,
    /// The worst of the findings.
    pub verdict: Level,
    pub findings: Vec<Finding>,
    pub leakage: Vec<RoleLeakage>,
    /// Of `train`, or of the only role there is.
    pub signal: Vec<StratumSignal>,
    pub equal_texts: BTreeMap<Split, EqualTexts>,
}

/// A row as the checks see it, sound or not.
pub(super) struct SeenRow {
    pub row: usize,
    pub id: String,
    pub text: Option<String>,
    pub group: Option<String>,
    pub stratum: String,
    pub label: Option<Vec<f64>>,
    pub label_text: String,
    pub problem: Option<String>,
    pub declared_scale: Option<String>,
}

pub(super) struct SeenRole {
    pub role: Split,
    pub path: PathBuf,
    pub rows: Vec<SeenRow>,
}

/// Told what is looked at now, and the how-manieth of how many stages it is.
pub type Progress<'a> = &'a mut dyn FnMut(&str, usize, usize);

/// Checks whatever roles the task has.
///
/// # Errors
/// A file that can't be read, or a line of it that is no JSON object.
pub fn check(
    task: &Task,
    settings: &DataSettings,
    threads: usize,
    progress: Progress<'_>,
) -> Result<DataCheck> {
    let present: Vec<Split> = [Split::Train, Split::Dev, Split::Frozen]
        .into_iter()
        .filter(|role| task.has(*role))
        .collect();
    let pairs = present.len() * present.len().saturating_sub(1) / 2;
    let stages = present.len() + pairs + 1;
    let mut stage = 0;
    let mut begin = |what: &str| {
        progress(what, stage, stages);
        stage += 1;
    };
    let mut roles = Vec::new();
    for role in present {
        begin(&format!("rows of {role}"));
        roles.push(read_role(task, settings, role, threads)?);
    }
    let fields: Vec<String> = task
        .contract
        .fields()
        .iter()
        .map(|f| f.name.clone())
        .collect();
    let mut findings = vec![contract_finding(&roles)];
    findings.extend(duplicate_findings(&roles));
    let leakage = leakages(settings, &roles, threads, &mut begin);
    findings.extend(leakage.iter().map(leakage_finding));
    findings.extend(scale_findings(&roles, &fields, task.file.scale));
    begin("signal");
    let (signal, spreads, more) = signal_findings(&roles, &fields, task.file.scale)?;
    findings.extend(more);
    findings.extend(frozen_finding(task, settings, &roles)?);
    Ok(DataCheck {
        task: task.file.name.clone(),
        rows: roles
            .iter()
            .map(|role| (role.role, role.rows.len()))
            .collect(),
        verdict: findings
            .iter()
            .map(|finding| finding.level)
            .max()
            .unwrap_or(Level::Unknown),
        findings,
        leakage,
        signal,
        equal_texts: spreads,
    })
}

fn read_role(
    task: &Task,
    settings: &DataSettings,
    role: Split,
    threads: usize,
) -> Result<SeenRole> {
    let name = task.file.data.file(role).cloned().unwrap_or_default();
    let path = task.dir.join(&name);
    let source = read_json_file(&path, &name.to_string_lossy())?;
    let mut lines_of_ids: BTreeMap<String, usize> = BTreeMap::new();
    // Every row is rendered and held against the contract: most of the work with many rows.
    let seen = in_parallel(&source.rows, threads, |row| seen_row(task, settings, row));
    let rows = seen.into_iter().map(|mut seen| {
        if let Some(first) = lines_of_ids.insert(seen.id.clone(), seen.row) {
            let problem = format!("the id '{}' is also that of line {first}", seen.id);
            seen.problem.get_or_insert(problem);
        }
        seen
    });
    Ok(SeenRole {
        role,
        rows: rows.collect(),
        path,
    })
}

fn seen_row(task: &Task, settings: &DataSettings, row: &JsonRow) -> SeenRow {
    let fields = &row.fields;
    let target = target_object(fields, &task.file.target);
    let stratum = task
        .file
        .stratify_by
        .as_deref()
        .and_then(|path| text_at(fields, path));
    SeenRow {
        row: row.row,
        id: row_id(fields, row.row),
        text: settings.text_of(fields),
        group: settings.group_of(fields),
        stratum: stratum.unwrap_or_default(),
        label: target
            .as_ref()
            .and_then(|target| label_numbers(target, &task.contract)),
        label_text: target
            .map(|target| task.contract.ordered(&target).to_string())
            .or_else(|| value_at(fields, &task.file.target).map(Value::to_string))
            .unwrap_or_default(),
        declared_scale: other_scale(fields, task.file.scale),
        problem: task.read_row(row.clone()).err(),
    }
}

/// The scale that a row says its label has, if it is not the task's.
fn other_scale(fields: &serde_json::Map<String, Value>, scale: Scale) -> Option<String> {
    let differs = |found: &Value| match found {
        Value::Number(max) => max.as_f64() != Some(scale.max),
        Value::Object(range) => {
            range.get("min").and_then(Value::as_f64) != Some(scale.min)
                || range.get("max").and_then(Value::as_f64) != Some(scale.max)
        }
        _ => false,
    };
    let declared = ["scale", "target_scale"]
        .into_iter()
        .filter_map(|key| fields.get(key));
    declared
        .filter(|found| differs(found))
        .map(Value::to_string)
        .next()
}

fn contract_finding(roles: &[SeenRole]) -> Finding {
    let total: usize = roles.iter().map(|role| role.rows.len()).sum();
    let bad: Vec<String> = roles
        .iter()
        .flat_map(|role| {
            role.rows.iter().filter_map(move |row| {
                let problem = row.problem.as_ref()?;
                Some(format!(
                    "{} line {} ('{}'): {problem}",
                    role.role, row.row, row.id
                ))
            })
        })
        .collect();
    let elsewhere: Vec<String> = roles
        .iter()
        .flat_map(|role| {
            role.rows.iter().filter_map(move |row| {
                let found = row.declared_scale.as_ref()?;
                Some(format!(
                    "{} line {} ('{}') declares {found}",
                    role.role, row.row, row.id
                ))
            })
        })
        .collect();
    if !bad.is_empty() {
        let says = format!("{} rows can't be used as they are", share(bad.len(), total));
        return Finding::new("contract", Level::Fail, says)
            .mend("mend these rows; every label has to meet the contract and lie in the scale")
            .examples(bad.into_iter().take(EXAMPLES));
    }
    if !elsewhere.is_empty() {
        let says = format!(
            "{} rows declare another scale than the task",
            share(elsewhere.len(), total)
        );
        return Finding::new("contract", Level::Fail, says)
            .mend("convert them (`source_scale` in data.yaml) or correct the task's `scale`")
            .examples(elsewhere.into_iter().take(EXAMPLES));
    }
    Finding::new(
        "contract",
        Level::Ok,
        format!("every one of {total} labels meets the contract and the scale"),
    )
}

/// Equal texts within a role: conflicts where labels differ, repeats where they do not.
fn duplicate_findings(roles: &[SeenRole]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in roles {
        let seen: Vec<&SeenRow> = role.rows.iter().filter(|row| row.text.is_some()).collect();
        let texts: Vec<String> = seen
            .iter()
            .map(|row| normalised(row.text.as_deref().unwrap_or_default()))
            .collect();
        let labels: Vec<FilterRow> = seen
            .iter()
            .map(|row| FilterRow {
                text: String::new(),
                label: row.label_text.clone(),
            })
            .collect();
        let conflicts = conflicting_labels(&texts, &labels);
        let mut distinct: Vec<&String> = texts.iter().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let repeats = texts.len() - distinct.len();
        if !conflicts.is_empty() {
            let rows: usize = conflicts.iter().map(|conflict| conflict.rows.len()).sum();
            let says = format!(
                "{}: {} texts occur with different labels ({} rows; {} distinct texts)",
                role.role,
                conflicts.len(),
                share(rows, texts.len()),
                distinct.len()
            );
            let examples = conflicts.iter().take(EXAMPLES).map(|conflict| {
                let ids: Vec<&str> = conflict
                    .rows
                    .iter()
                    .take(5)
                    .map(|&row| seen[row].id.as_str())
                    .collect();
                format!(
                    "{} labels for one text: {}",
                    conflict.labels,
                    ids.join(", ")
                )
            });
            findings.push(
                Finding::new("conflicts", Level::Fail, says)
                    .mend("no model can answer one text in two ways; keep one label a text, or add what tells them apart")
                    .examples(examples),
            );
        } else if repeats > 0 {
            let says = format!(
                "{}: {} rows repeat an earlier text with the same label",
                role.role,
                share(repeats, texts.len())
            );
            findings.push(
                Finding::new("conflicts", Level::Warn, says)
                    .mend("repeats count double in every figure; `gradus data build` drops them"),
            );
        } else {
            let says = format!("{}: {} texts, all different", role.role, distinct.len());
            findings.push(Finding::new("conflicts", Level::Ok, says));
        }
    }
    findings
}

pub(super) fn labels_of(role: &SeenRole) -> Vec<Vec<f64>> {
    role.rows
        .iter()
        .filter_map(|row| row.label.clone())
        .collect()
}

fn scale_findings(roles: &[SeenRole], fields: &[String], scale: Scale) -> Vec<Finding> {
    if fields.is_empty() {
        return vec![Finding::new(
            "scale",
            Level::Unknown,
            "the contract has no numbers, so there is no scale to check",
        )];
    }
    let mut findings = Vec::new();
    let train = roles
        .iter()
        .find(|role| role.role == Split::Train)
        .map(labels_of);
    for role in roles {
        let labels = labels_of(role);
        let name = role.role;
        for alarm in scale_alarms(&labels, fields, scale) {
            let says = match alarm {
                ScaleAlarm::OutsideScale { field, min, max } => format!(
                    "{name}: labels of '{field}' go from {min} to {max}, the task's scale from {} to {}",
                    scale.min, scale.max
                ),
                ScaleAlarm::NarrowScale { max, n } => format!(
                    "{name}: no label of {n} rows is above {max}, on a scale up to {}",
                    scale.max
                ),
                ScaleAlarm::Shift { .. } => continue,
            };
            findings.push(Finding::new("scale", Level::Fail, says).mend(
                "these labels look converted twice, or are on another scale; declare `source_scale` and build again",
            ));
        }
        let Some(train) = train.as_ref().filter(|_| role.role != Split::Train) else {
            continue;
        };
        let shifts: Vec<String> = shift_alarms(train, &labels, fields)
            .into_iter()
            .filter_map(|alarm| match alarm {
                ScaleAlarm::Shift { field, distance, train_mean, mean } => Some(format!(
                    "{field}: mean {train_mean:.2} in train, {mean:.2} here (distance {distance:.2})"
                )),
                _ => None,
            })
            .collect();
        if !shifts.is_empty() {
            let says = format!(
                "{name}: {} of {} numbers are distributed otherwise than in train",
                shifts.len(),
                fields.len()
            );
            findings.push(
                Finding::new("scale", Level::Warn, says)
                    .mend("the roles may come from different sources; a shuffled split by group would not differ so")
                    .examples(shifts),
            );
        }
    }
    if findings.is_empty() {
        let says = format!(
            "labels use the declared scale {} to {} alike in every role",
            scale.min, scale.max
        );
        findings.push(Finding::new("scale", Level::Ok, says));
    }
    findings
}

pub(super) type SignalFindings = (
    Vec<StratumSignal>,
    BTreeMap<Split, EqualTexts>,
    Vec<Finding>,
);

/// Whether the frozen rows are sealed, and still those that were.
fn frozen_finding(
    task: &Task,
    settings: &DataSettings,
    roles: &[SeenRole],
) -> Result<Option<Finding>> {
    let Some(role) = roles.iter().find(|role| role.role == Split::Frozen) else {
        return Ok(None);
    };
    let Some(manifest) = read_manifest(&manifest_path(&role.path))? else {
        let says = "the frozen rows are not sealed yet";
        return Ok(Some(
            Finding::new("frozen", Level::Warn, says)
                .mend("`gradus data freeze` gives them a hash and a taint"),
        ));
    };
    let sealed = short(&manifest.rows_sha256).to_owned();
    let found = match task.rows(Split::Frozen) {
        Ok(rows) => Some(manifest_of(task, settings, &rows)?.rows_sha256),
        Err(_) => None,
    };
    if found.as_ref() != Some(&manifest.rows_sha256) {
        let says = format!("the frozen rows are not those that were sealed as {sealed}");
        let mend = "figures on them can't be compared with earlier ones; restore the file";
        return Ok(Some(Finding::new("frozen", Level::Fail, says).mend(mend)));
    }
    let says = format!("{} frozen rows, sealed as {sealed}", manifest.rows.len());
    Ok(Some(Finding::new("frozen", Level::Ok, says)))
}

impl DataCheck {
    /// As one JSON object.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_else(|error| json!({"error": error.to_string()}))
    }
}
