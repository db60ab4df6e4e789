//! Which held-out rows the other roles give away, and what that means.

use std::collections::BTreeMap;

use gradus_analysis::leakage::{
    Boilerplate, Document, LeakKind, LeakageOptions, LeakageReport, leakage,
};
use gradus_schema::Split;
use serde::Serialize;

use super::NEAR_DUPLICATES;
use super::check::SeenRole;
use super::findings::{Finding, Level, share};
use super::settings::DataSettings;

/// Similarity is a suspicion, no proof: up to this share of a role it is a warning.
const NEAR_DUPLICATES_TOLERATED: f64 = 0.02;

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

/// Every role against every earlier one.
pub(super) fn leakages(
    settings: &DataSettings,
    roles: &[SeenRole],
    threads: usize,
    begin: &mut dyn FnMut(&str),
) -> Vec<RoleLeakage> {
    let options = LeakageOptions {
        near_threshold: settings.file.near_duplicates.unwrap_or(NEAR_DUPLICATES),
        threads,
        boilerplate: Some(boilerplate_of(roles)),
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
            begin(&format!("leaks of {} in {}", held_out.role, other.role));
            let report = leakage(&documents[later], &documents[earlier], &options);
            found.push(named(held_out, other, &report));
        }
    }
    found
}

/// Of all roles together, as building them saw it.
fn boilerplate_of(roles: &[SeenRole]) -> Boilerplate {
    let rows = roles.iter().flat_map(|role| &role.rows);
    let texts: Vec<&str> = rows.filter_map(|row| row.text.as_deref()).collect();
    Boilerplate::of(&texts)
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

pub(super) fn leakage_finding(found: &RoleLeakage) -> Finding {
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
