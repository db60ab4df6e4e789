//! Training rows with the rows of an augmentation behind them, none of which gives a row of `dev`
//! or `frozen` away.

use std::collections::{BTreeMap, BTreeSet};

use gradus_analysis::augment::{SourceRow, augment, normalised};
use gradus_analysis::leakage::{Boilerplate, Document, LeakKind, LeakageOptions, leakage};
use gradus_schema::{AugmentationSpec, Split};
use serde::Serialize;
use serde_json::{Map, Value};

use super::NEAR_DUPLICATES;
use super::settings::DataSettings;
use super::{json_lines, row_id};
use crate::task::Task;
use crate::{Error, Result};

/// Rows as JSONL, and what became of the spec's wishes.
#[derive(Debug, Clone, PartialEq)]
pub struct AugmentedRows {
    pub bytes: Vec<u8>,
    pub stats: AugmentationStats,
}

/// `augmentation_stats.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AugmentationStats {
    pub n_train: usize,
    pub n_repeated: usize,
    pub n_recombined: usize,
    /// Reason → rows that were wished for and not added.
    pub dropped: BTreeMap<String, usize>,
}

/// Builds the rows of a spec and puts them behind those of `train`.
///
/// # Errors
/// A spec that does not fit the rows; rows that can't be read.
pub fn augmented_rows(
    task: &Task,
    settings: &DataSettings,
    train: &[SourceRow],
    spec: &AugmentationSpec,
    threads: usize,
) -> Result<AugmentedRows> {
    let mut held_out = Vec::new();
    for split in [Split::Dev, Split::Frozen] {
        if task.has(split) {
            let rows = task.rows(split)?.rows;
            held_out.extend(rows.into_iter().map(|row| document(settings, &row.fields)));
        }
    }
    let forbidden: BTreeSet<String> = held_out.iter().map(|row| normalised(&row.text)).collect();
    let mut built = augment(spec, train, &forbidden)
        .map_err(|error| Error::Configuration(error.to_string()))?;

    let added: Vec<Document> = built
        .rows
        .iter()
        .map(|fields| document(settings, fields))
        .collect();
    let corpus: Vec<Document> = train
        .iter()
        .map(|row| document(settings, &row.fields))
        .chain(held_out.iter().cloned())
        .collect();
    let texts: Vec<&str> = corpus.iter().map(|row| row.text.as_str()).collect();
    let options = LeakageOptions {
        near_threshold: settings.file.near_duplicates.unwrap_or(NEAR_DUPLICATES),
        threads,
        boilerplate: Some(Boilerplate::of(&texts)),
    };
    let leaking = leaking_rows(&added, &held_out, &options);
    let ids: BTreeSet<String> = train.iter().map(|row| row.id.clone()).collect();
    let mut kept: Vec<Map<String, Value>> = Vec::new();
    let (mut n_repeated, mut n_recombined) = (0, 0);
    for (number, row) in built.rows.into_iter().enumerate() {
        let reason = match leaking.get(&number) {
            Some(kind) => Some(reason_of(*kind).to_owned()),
            None if ids.contains(&row_id(&row, number)) => Some("the id exists already".to_owned()),
            None => None,
        };
        if let Some(reason) = reason {
            *built.dropped.entry(reason).or_default() += 1;
            continue;
        }
        match row["augmentation"]["operation"].as_str() {
            Some("repeat") => n_repeated += 1,
            _ => n_recombined += 1,
        }
        kept.push(row);
    }
    let all = train.iter().map(|row| &row.fields).chain(&kept);
    Ok(AugmentedRows {
        bytes: json_lines(all),
        stats: AugmentationStats {
            n_train: train.len(),
            n_repeated,
            n_recombined,
            dropped: built.dropped,
        },
    })
}

fn document(settings: &DataSettings, fields: &Map<String, Value>) -> Document {
    Document {
        text: settings.text_of(fields).unwrap_or_default(),
        group: settings.group_of(fields),
        label: Vec::new(),
    }
}

fn reason_of(kind: LeakKind) -> &'static str {
    match kind {
        LeakKind::Exact | LeakKind::Normalised => "the text of a held-out row",
        LeakKind::Contained => "a held-out text inside it, or it inside one",
        LeakKind::NearDuplicate => "nearly the text of a held-out row",
        LeakKind::Sibling => "a sibling of a held-out row",
        LeakKind::LabelInText => "the label of a held-out row written out",
    }
}

/// Added row → the plainest way in which it gives a held-out row away.
fn leaking_rows(
    added: &[Document],
    held_out: &[Document],
    options: &LeakageOptions,
) -> BTreeMap<usize, LeakKind> {
    let mut leaking = BTreeMap::new();
    // Both ways round: a text may stand inside the other in either.
    for leak in leakage(added, held_out, options).leaks {
        leaking.entry(leak.held_out).or_insert(leak.kind);
    }
    for leak in leakage(held_out, added, options).leaks {
        leaking.entry(leak.other).or_insert(leak.kind);
    }
    leaking
}
