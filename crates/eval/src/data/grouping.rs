//! Which rows belong together, and the split that never parts them.

use std::collections::{BTreeMap, BTreeSet};

use gradus_analysis::leakage::{Boilerplate, near_pairs};
use gradus_analysis::split::{Unions, split_by_group};
use gradus_analysis::text::normalised;
use gradus_schema::Split;
use gradus_schema::data_file::SplitShares;
use serde_json::{Map, Value, json};

use super::NEAR_DUPLICATES;
use super::labels::set_at;
use super::raw::RawRow;
use super::settings::{DataSettings, text_at};
use super::stats::GroupStats;
use crate::task::Task;
use crate::{Error, Result};

/// The normalised texts that a row brings into the data: its own, and those of its parts.
pub(super) fn texts_of(settings: &DataSettings, row: &RawRow) -> Vec<String> {
    let mut texts = vec![normalised(&row.text)];
    if let Some(expand) = &settings.file.expand {
        let parts = expand
            .from
            .iter()
            .filter_map(|field| text_at(&row.fields, field));
        texts.extend(parts.map(|text| normalised(&text)));
    }
    texts
}

/// The group of every kept row: the declared one, and whatever equal or similar texts join. Also
/// the number of similar pairs.
pub(super) fn group_rows(
    settings: &DataSettings,
    rows: &[RawRow],
    kept: &[usize],
    boilerplate: &Boilerplate,
) -> (Vec<usize>, usize) {
    let mut unions = Unions::new(kept.len());
    let mut first_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut texts: Vec<(usize, String)> = Vec::with_capacity(kept.len());
    for (place, &row) in kept.iter().enumerate() {
        if let Some(group) = &rows[row].group {
            unions.join(place, *first_of.entry(group).or_insert(place));
        }
        texts.extend(
            texts_of(settings, &rows[row])
                .into_iter()
                .map(|text| (place, text)),
        );
    }
    texts.sort();
    texts.dedup();
    let mut distinct: Vec<(usize, &str)> = Vec::with_capacity(texts.len());
    let mut first_with: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, text) in &texts {
        let first = *first_with.entry(text).or_insert(*place);
        if first == *place {
            distinct.push((*place, text));
        }
        unions.join(*place, first);
    }
    let threshold = settings.file.near_duplicates.unwrap_or(NEAR_DUPLICATES);
    let only_texts: Vec<&str> = distinct.iter().map(|(_, text)| *text).collect();
    let pairs = near_pairs(&only_texts, threshold, boilerplate);
    pairs
        .iter()
        .for_each(|&(a, b)| unions.join(distinct[a].0, distinct[b].0));
    (unions.groups(), pairs.len())
}

/// The rows of every role, each a complete row of the task, and the groups they came from.
pub(super) struct SplitRowsBuilt {
    pub by_role: BTreeMap<Split, Vec<Map<String, Value>>>,
    pub strata: BTreeMap<Split, BTreeMap<String, usize>>,
    pub groups: BTreeMap<Split, BTreeSet<usize>>,
    pub stats: GroupStats,
}

/// Groups the kept rows, expands them into rows of the task, and deals whole groups to the roles.
pub(super) fn split(
    task: &Task,
    settings: &DataSettings,
    rows: &[RawRow],
    kept: &[usize],
    shares: SplitShares,
    boilerplate: &Boilerplate,
) -> Result<SplitRowsBuilt> {
    let (groups, near_duplicate_pairs) = group_rows(settings, rows, kept, boilerplate);
    let mut fields_of: Vec<Vec<Map<String, Value>>> = Vec::with_capacity(kept.len());
    for (&row, group) in kept.iter().zip(&groups) {
        let group = rows[row]
            .group
            .clone()
            .unwrap_or_else(|| rows[kept[*group]].id.clone());
        fields_of.push(expanded(settings, &rows[row], &group));
    }
    let stratum_of = |fields: &Map<String, Value>| {
        let path = task.file.stratify_by.as_deref();
        path.and_then(|path| text_at(fields, path))
            .unwrap_or_default()
    };
    let mut places = Vec::new();
    let (mut row_groups, mut strata) = (Vec::new(), Vec::new());
    for (place, list) in fields_of.iter().enumerate() {
        for fields in list {
            places.push(place);
            row_groups.push(groups[place]);
            strata.push(stratum_of(fields));
        }
    }
    let roles = split_by_group(&row_groups, &strata, shares, settings.file.seed)
        .map_err(|error| Error::Configuration(error.to_string()))?;
    let mut built = SplitRowsBuilt {
        by_role: BTreeMap::new(),
        strata: BTreeMap::new(),
        groups: BTreeMap::new(),
        stats: GroupStats {
            n: groups.iter().collect::<BTreeSet<_>>().len(),
            largest: largest(&row_groups),
            near_duplicate_pairs,
        },
    };
    let flat = fields_of.into_iter().flatten();
    for (index, fields) in flat.enumerate() {
        let role = roles[index];
        let counts = built.strata.entry(role).or_default();
        *counts.entry(strata[index].clone()).or_default() += 1;
        built
            .groups
            .entry(role)
            .or_default()
            .insert(groups[places[index]]);
        built.by_role.entry(role).or_default().push(fields);
    }
    Ok(built)
}

fn largest(groups: &[usize]) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    groups
        .iter()
        .for_each(|group| *counts.entry(*group).or_default() += 1);
    counts.into_values().max().unwrap_or(0)
}

/// The task's rows of one pair, each with id, group and, where the pair has several texts, kind.
fn expanded(settings: &DataSettings, raw: &RawRow, group: &str) -> Vec<Map<String, Value>> {
    let mut base = Map::new();
    base.insert("id".to_owned(), json!(raw.id));
    base.insert("group".to_owned(), json!(group));
    base.extend(
        raw.fields
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "id" | "group"))
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    let Some(expand) = &settings.file.expand else {
        return vec![base];
    };
    let texts: Vec<(&String, String)> = expand
        .from
        .iter()
        .filter_map(|field| Some((field, text_at(&raw.fields, field)?)))
        .collect();
    if texts.is_empty() || raw.fields.contains_key(&expand.kind) {
        // Already a row of the task: its own train file, built before.
        return vec![base];
    }
    expand.from.iter().for_each(|field| {
        base.shift_remove(field);
    });
    let rows = texts.into_iter().map(|(field, text)| {
        let mut fields = base.clone();
        fields.insert("id".to_owned(), json!(format!("{}:{field}", raw.id)));
        fields.insert(expand.kind.clone(), json!(field));
        set_at(&mut fields, &expand.field, json!(text));
        fields
    });
    rows.collect()
}
