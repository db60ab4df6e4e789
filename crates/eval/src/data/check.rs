//! `data check`: everything that can be said about a task's rows before any training.
//!
//! Unlike `Task::rows`, which stops at the first bad row, this reads on and counts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gradus_analysis::filters::{FilterRow, conflicting_labels};
use gradus_analysis::label_scale::{ScaleAlarm, scale_alarms, shift_alarms};
use gradus_analysis::leakage::{Document, LeakKind, LeakageOptions, LeakageReport, leakage};
use gradus_analysis::signal::{EqualTexts, StratumSignal};
use gradus_analysis::text::normalised;
use gradus_schema::{JsonRow, Scale, Split};
use serde::Serialize;
use serde_json::{Value, json};

use super::findings::{Finding, Level, share};
use super::freeze::{manifest_of, manifest_path, read_manifest, short};
use super::labels::{label_numbers, target_object};
use super::read::read_json_file;
use super::row_id;
use super::settings::{DataSettings, text_at};
use super::signal_check::signal_findings;
use crate::Result;
use crate::task::{Task, value_at};

const NEAR_DUPLICATES: f64 = 0.8;
/// Similarity is a suspicion, no proof: up to this share of a role it is a warning.
const NEAR_DUPLICATES_TOLERATED: f64 = 0.02;
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

/// Which rows of one role another role gives away.
#[derive(Debug, Clone, Serialize)]
pub struct RoleLeakage {
    pub held_out: Split,
    pub other: Split,
    /// Held-out rows by kind of leak.
    pub rows: BTreeMap<LeakKind, usize>,
    /// Held-out rows with any leak.
    pub rows_leaked: usize,
    pub n_held_out: usize,
    pub n_other: usize,
    pub n_not_comparable: usize,
    pub n_pairs_skipped: usize,
    /// Every leak, by ids.
    pub leaks: Vec<NamedLeak>,
}

#[derive(Debug, Clone, Serialize)]
pub struct NamedLeak {
    pub held_out: String,
    pub kind: LeakKind,
    pub other: String,
    pub others: usize,
    pub similarity: f64,
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

/// Checks whatever roles the task has.
///
/// # Errors
/// A file that can't be read, or a line of it that is no JSON object.
pub fn check(task: &Task, settings: &DataSettings, threads: usize) -> Result<DataCheck> {
    let mut roles = Vec::new();
    for role in [Split::Train, Split::Dev, Split::Frozen] {
        if task.has(role) {
            roles.push(read_role(task, settings, role)?);
        }
    }
    let fields: Vec<String> = task
        .contract
        .fields()
        .iter()
        .map(|f| f.name.clone())
        .collect();
    let mut findings = vec![contract_finding(&roles)];
    findings.extend(duplicate_findings(&roles));
    let leakage = leakages(settings, &roles, threads);
    findings.extend(leakage.iter().map(leakage_finding));
    findings.extend(scale_findings(&roles, &fields, task.file.scale));
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

fn read_role(task: &Task, settings: &DataSettings, role: Split) -> Result<SeenRole> {
    let name = task.file.data.file(role).cloned().unwrap_or_default();
    let path = task.dir.join(&name);
    let source = read_json_file(&path, &name.to_string_lossy())?;
    let mut lines_of_ids: BTreeMap<String, usize> = BTreeMap::new();
    let rows = source.rows.into_iter().map(|row| {
        let mut seen = seen_row(task, settings, row);
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

fn seen_row(task: &Task, settings: &DataSettings, row: JsonRow) -> SeenRow {
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

fn leakages(settings: &DataSettings, roles: &[SeenRole], threads: usize) -> Vec<RoleLeakage> {
    let options = LeakageOptions {
        near_threshold: settings.file.near_duplicates.unwrap_or(NEAR_DUPLICATES),
        threads,
    };
    let documents: Vec<Vec<Document>> = roles
        .iter()
        .map(|role| {
            role.rows
                .iter()
                .map(|row| Document {
                    text: row.text.clone().unwrap_or_default(),
                    group: row.group.clone(),
                    label: row.label.clone().unwrap_or_default(),
                })
                .collect()
        })
        .collect();
    let mut found = Vec::new();
    for (later, held_out) in roles.iter().enumerate().rev() {
        for (earlier, other) in roles.iter().enumerate().take(later) {
            let report = leakage(&documents[later], &documents[earlier], &options);
            found.push(named(held_out, other, &report));
        }
    }
    found
}

fn named(held_out: &SeenRole, other: &SeenRole, report: &LeakageReport) -> RoleLeakage {
    let kinds = LeakKind::ALL
        .into_iter()
        .map(|kind| (kind, report.rows_of(kind)));
    RoleLeakage {
        held_out: held_out.role,
        other: other.role,
        rows: kinds.collect(),
        rows_leaked: report.rows(),
        n_held_out: report.n_held_out,
        n_other: report.n_other,
        n_not_comparable: report.n_not_comparable,
        n_pairs_skipped: report.n_pairs_skipped,
        leaks: report
            .leaks
            .iter()
            .map(|leak| NamedLeak {
                held_out: held_out.rows[leak.held_out].id.clone(),
                kind: leak.kind,
                other: other.rows[leak.other].id.clone(),
                others: leak.others,
                similarity: leak.similarity,
            })
            .collect(),
    }
}

fn leakage_finding(found: &RoleLeakage) -> Finding {
    let RoleLeakage {
        held_out, other, ..
    } = found;
    let compared = match found.n_pairs_skipped {
        0 => String::new(),
        pairs => format!("; {pairs} similar pairs were left uncompared"),
    };
    if found.leaks.is_empty() {
        let says = format!(
            "no {held_out} row of {} is given away by {other}{compared}",
            found.n_held_out
        );
        return Finding::new("leakage", Level::Ok, says);
    }
    let kinds: Vec<String> = found
        .rows
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(kind, count)| format!("{count} {}", words_of(*kind)))
        .collect();
    let says = format!(
        "{} {held_out} rows are given away by {other}: {}{compared}",
        share(found.rows_leaked, found.n_held_out),
        kinds.join(", ")
    );
    let mut examples = Vec::new();
    for kind in LeakKind::ALL {
        let of_kind = found.leaks.iter().filter(|leak| leak.kind == kind).take(2);
        examples.extend(of_kind.map(|leak| {
            let similarity = match kind {
                LeakKind::NearDuplicate => format!(" ({:.2} alike)", leak.similarity),
                _ => String::new(),
            };
            let more = match leak.others {
                1 => String::new(),
                others => format!(" and {} more", others - 1),
            };
            format!(
                "{held_out} '{}' {} {other} '{}'{more}{similarity}",
                leak.held_out,
                verb_of(kind),
                leak.other
            )
        }));
    }
    let is_only_near = found
        .leaks
        .iter()
        .all(|leak| leak.kind == LeakKind::NearDuplicate);
    let tolerated = NEAR_DUPLICATES_TOLERATED * found.n_held_out as f64;
    let level = match is_only_near && found.rows_leaked as f64 <= tolerated {
        true => Level::Warn,
        false => Level::Fail,
    };
    let mend = match held_out {
        Split::Frozen => {
            "scores on these rows measure memory; split by group (`gradus data build`) or drop the rows from training"
        }
        _ => "the best checkpoint would be chosen by memory; split by group (`gradus data build`)",
    };
    Finding::new("leakage", level, says)
        .mend(mend)
        .examples(examples)
}

fn words_of(kind: LeakKind) -> &'static str {
    match kind {
        LeakKind::Exact => "with the same text",
        LeakKind::Normalised => "with the same text but for case and blanks",
        LeakKind::Contained => "inside a longer text",
        LeakKind::NearDuplicate => "nearly the same",
        LeakKind::Sibling => "with a sibling",
        LeakKind::LabelInText => "with their label written out",
    }
}

fn verb_of(kind: LeakKind) -> &'static str {
    match kind {
        LeakKind::Exact | LeakKind::Normalised => "is",
        LeakKind::Contained => "stands inside",
        LeakKind::NearDuplicate => "is nearly",
        LeakKind::Sibling => "is a sibling of",
        LeakKind::LabelInText => "has its label in",
    }
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
