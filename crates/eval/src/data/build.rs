//! From raw pairs to `train`, `dev` and `frozen`: filter, convert, expand, group, split, write.
//!
//! Everything is made in memory and checked as a task's rows before the first file is written;
//! `data_stats.json` comes last and accounts for every source row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gradus_analysis::filters::{DropReason, FilterRow, Filtered, filter_rows};
use gradus_analysis::leakage::Boilerplate;
use gradus_schema::data_file::{ConflictPolicy, SplitShares};
use gradus_schema::{JsonRow, Split};
use serde_json::{Map, Value};

use super::freeze::manifest_path;
use super::grouping::{SplitRowsBuilt, group_rows, split, texts_of};
use super::raw::{RawRow, read_sources};
use super::read::SourceFile;
use super::settings::DataSettings;
use super::stats::{
    BuildMode, ConflictExample, ConflictStats, DataStats, DroppedExample, EXAMPLES, RoleStats,
    SourceStats,
};
use super::taint::FrozenTaint;
use super::{json_lines, row_id, write_whole};
use crate::hash::sha256_hex;
use crate::task::Task;
use crate::{Error, Result};

pub const STATS: &str = "data_stats.json";
const FORMAT_VERSION: u32 = 1;
const ROLES: [Split; 3] = [Split::Train, Split::Dev, Split::Frozen];

#[derive(Debug, Clone, Default)]
pub struct BuildOptions {
    /// Where files go; `None` is where the task names them.
    pub out: Option<PathBuf>,
    /// Whether files with other content are replaced. Frozen ones never are.
    pub replace: bool,
    /// The source is the task's own train file.
    pub train_only: bool,
}

/// What was built; nothing is written yet.
#[derive(Debug, Clone)]
pub struct Built {
    pub stats: DataStats,
    pub stats_path: PathBuf,
    /// Path and content of every file to write.
    pub files: Vec<(PathBuf, Vec<u8>)>,
}

/// Makes the roles' rows.
///
/// # Errors
/// The first source row that can't be used (file, line, field, mend); conflicting labels unless
/// `filters.conflicts` says what to do; too few groups.
pub fn build(
    task: &Task,
    settings: &DataSettings,
    sources: &[SourceFile],
    options: &BuildOptions,
) -> Result<Built> {
    let taint = sealed_taint(task)?;
    let rows = read_sources(task, settings, sources, options)?;
    let mut filtered = match options.train_only {
        // They were filtered as pairs, by rules that do not fit what they became.
        true => Filtered {
            kept: (0..rows.len()).collect(),
            ..Filtered::default()
        },
        false => filter(task, settings, &rows)?,
    };
    // Learned from all rows, the sealed ones too: what is alike must not depend on what is left.
    let all_texts: Vec<String> = filtered
        .kept
        .iter()
        .flat_map(|&row| texts_of(settings, &rows[row]))
        .collect();
    let boilerplate = Boilerplate::of(&all_texts);
    let mut shares = settings.file.split;
    let sealed = match &taint {
        // Building the same set again is no change.
        Some(taint) => {
            let again = split(task, settings, &rows, &filtered.kept, shares, &boilerplate)?;
            frozen_sha256(&again) != taint.manifest().file_sha256
        }
        None => false,
    };
    if let Some(taint) = taint.as_ref().filter(|_| sealed) {
        drop_frozen(settings, &boilerplate, taint, &rows, &mut filtered);
        shares = without_frozen(shares)?;
    }
    if filtered.kept.is_empty() {
        let path = settings.path.clone().unwrap_or_else(|| task.dir.clone());
        let problem = "no row is left after the filters; see `filters` and the source";
        return Err(Error::task(path, problem));
    }
    let expanded = split(task, settings, &rows, &filtered.kept, shares, &boilerplate)?;
    assemble(
        task, settings, sources, options, &rows, &filtered, expanded, shares, sealed,
    )
}

/// Only a manifest seals; without one, building again makes new frozen rows.
fn sealed_taint(task: &Task) -> Result<Option<FrozenTaint>> {
    let file = task.file.data.file(Split::Frozen);
    match file.map(|name| manifest_path(&task.dir.join(name))) {
        Some(manifest) if manifest.is_file() => FrozenTaint::of_task(task),
        _ => Ok(None),
    }
}

fn filter(task: &Task, settings: &DataSettings, rows: &[RawRow]) -> Result<Filtered> {
    let filters = &settings.file.filters;
    let mut words = Vec::new();
    if let Some(leak) = &filters.label_leak {
        words.extend(leak.words.iter().cloned());
        if leak.field_names {
            words.extend(
                task.contract
                    .fields()
                    .iter()
                    .map(|field| field.name.clone()),
            );
        }
    }
    let seen: Vec<FilterRow> = rows
        .iter()
        .map(|row| FilterRow {
            text: row.text.clone(),
            label: row.label.clone(),
        })
        .collect();
    let filtered = filter_rows(&seen, filters, &words);
    if filters.conflicts == ConflictPolicy::Error
        && let Some(first) = filtered.conflicts.first()
    {
        let shown: Vec<&str> = first
            .rows
            .iter()
            .take(EXAMPLES)
            .map(|&row| rows[row].id.as_str())
            .collect();
        let problem = format!(
            "{} texts occur with different labels, such as that of {} ({} labels); mend the labels, or choose `filters: {{conflicts: drop}}` (or report)",
            filtered.conflicts.len(),
            shown.join(", "),
            first.labels
        );
        let path = settings.path.clone().unwrap_or_else(|| task.dir.clone());
        return Err(Error::task(path, problem));
    }
    Ok(filtered)
}

/// Takes frozen rows and their siblings out.
fn drop_frozen(
    settings: &DataSettings,
    boilerplate: &Boilerplate,
    taint: &FrozenTaint,
    rows: &[RawRow],
    filtered: &mut Filtered,
) {
    let found: BTreeMap<usize, String> = filtered
        .kept
        .iter()
        .filter_map(|&row| {
            let tainted = taint.of_fields(&rows[row].fields)?;
            Some((row, format!("{} {}", tainted.how, tainted.frozen_id)))
        })
        .collect();
    let (groups, _) = group_rows(settings, rows, &filtered.kept, boilerplate);
    let tainted_groups: BTreeSet<usize> = filtered
        .kept
        .iter()
        .zip(&groups)
        .filter(|(row, _)| found.contains_key(row))
        .map(|(_, group)| *group)
        .collect();
    let kept = std::mem::take(&mut filtered.kept);
    for (row, group) in kept.into_iter().zip(groups) {
        if !tainted_groups.contains(&group) {
            filtered.kept.push(row);
            continue;
        }
        let detail = found.get(&row).cloned();
        filtered.dropped.push(gradus_analysis::filters::Dropped {
            row,
            reason: DropReason::Frozen,
            detail: detail.unwrap_or_else(|| "is related to such a row".to_owned()),
        });
    }
    filtered.dropped.sort_by_key(|dropped| dropped.row);
}

fn without_frozen(shares: SplitShares) -> Result<SplitShares> {
    let rest = shares.train + shares.dev;
    if rest <= 0.0 {
        let problem = "the frozen rows are sealed and neither train nor dev has a share; nothing is left to build";
        return Err(Error::Configuration(problem.to_owned()));
    }
    Ok(SplitShares {
        train: shares.train / rest,
        dev: shares.dev / rest,
        frozen: 0.0,
    })
}

fn frozen_sha256(built: &SplitRowsBuilt) -> String {
    let rows = built.by_role.get(&Split::Frozen);
    sha256_hex(&json_lines(rows.into_iter().flatten()))
}

fn assemble(
    task: &Task,
    settings: &DataSettings,
    sources: &[SourceFile],
    options: &BuildOptions,
    rows: &[RawRow],
    filtered: &Filtered,
    built: SplitRowsBuilt,
    shares: SplitShares,
    sealed: bool,
) -> Result<Built> {
    let mut files = Vec::new();
    let mut roles = BTreeMap::new();
    for role in ROLES {
        let Some(path) = path_of(task, options, role) else {
            if built.by_role.contains_key(&role) {
                let problem = format!(
                    "split gives {role} a share, but the task names no {role} file; name one under `data`, or give it 0"
                );
                return Err(Error::task(task.dir.join("task.yaml"), problem));
            }
            continue;
        };
        let Some(of_role) = built.by_role.get(&role) else {
            if role == Split::Frozen && sealed {
                roles.insert(role.to_string(), sealed_role(task)?);
            }
            continue;
        };
        check_rows(task, &path, of_role)?;
        let bytes = json_lines(of_role);
        let stats = RoleStats {
            file: file_name(&path),
            sha256: sha256_hex(&bytes),
            rows: of_role.len(),
            groups: built.groups.get(&role).map_or(0, BTreeSet::len),
            by_stratum: built.strata.get(&role).cloned().unwrap_or_default(),
            sealed: false,
        };
        roles.insert(role.to_string(), stats);
        files.push((path, bytes));
    }
    let mut names = Vec::new();
    for (role, of_role) in &built.by_role {
        names.extend(
            of_role
                .iter()
                .map(|fields| format!("{role} {}", row_id(fields, 0))),
        );
    }
    let mode = match (options.train_only, sealed) {
        (true, _) => BuildMode::ResplitFromTrainOnly,
        (false, true) => BuildMode::RebuildTrainDev,
        (false, false) => BuildMode::BuildTrainDevFrozen,
    };
    let stats = DataStats {
        format_version: FORMAT_VERSION,
        task: task.file.name.clone(),
        mode,
        sources: sources
            .iter()
            .map(|source| SourceStats {
                file: source.name.clone(),
                sha256: source.sha256.clone(),
                rows: source.rows.len(),
            })
            .collect(),
        source_rows: rows.len(),
        dropped: DropReason::ALL
            .into_iter()
            .map(|reason| {
                let of = filtered
                    .dropped
                    .iter()
                    .filter(|dropped| dropped.reason == reason);
                (reason, of.count())
            })
            .collect(),
        dropped_examples: dropped_examples(sources, rows, filtered),
        conflicts: conflict_stats(rows, filtered),
        kept_rows: filtered.kept.len(),
        rows: built.by_role.values().map(Vec::len).sum(),
        groups: built.stats,
        roles,
        shares,
        seed: settings.file.seed,
        split_sha256: sha256_hex(names.join("\n").as_bytes()),
        settings: settings.file.clone(),
    };
    let stats_path = match (&options.out, files.first()) {
        (Some(out), _) => out.join(STATS),
        (None, Some((path, _))) => path.with_file_name(STATS),
        (None, None) => task.dir.join(STATS),
    };
    Ok(Built {
        stats,
        stats_path,
        files,
    })
}

/// Every row as the task will read it, so that nothing is written that it refuses.
fn check_rows(task: &Task, path: &Path, rows: &[Map<String, Value>]) -> Result<()> {
    for (index, fields) in rows.iter().enumerate() {
        let row = JsonRow {
            row: index + 1,
            fields: fields.clone(),
        };
        task.read_row(row).map_err(|problem| {
            let id = row_id(fields, index + 1);
            Error::task(
                path,
                format!("the row '{id}' that would be written can't be used: {problem}"),
            )
        })?;
    }
    Ok(())
}

fn path_of(task: &Task, options: &BuildOptions, role: Split) -> Option<PathBuf> {
    match &options.out {
        Some(out) => Some(out.join(format!("{role}.jsonl"))),
        None => task.file.data.file(role).map(|name| task.dir.join(name)),
    }
}

fn sealed_role(task: &Task) -> Result<RoleStats> {
    let rows = task.rows(Split::Frozen)?;
    let mut by_stratum: BTreeMap<String, usize> = BTreeMap::new();
    for row in &rows.rows {
        *by_stratum
            .entry(row.stratum.clone().unwrap_or_default())
            .or_default() += 1;
    }
    Ok(RoleStats {
        file: file_name(&rows.path),
        sha256: rows.sha256,
        rows: rows.rows.len(),
        groups: 0,
        by_stratum,
        sealed: true,
    })
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn dropped_examples(
    sources: &[SourceFile],
    rows: &[RawRow],
    filtered: &Filtered,
) -> BTreeMap<DropReason, Vec<DroppedExample>> {
    let mut examples: BTreeMap<DropReason, Vec<DroppedExample>> = BTreeMap::new();
    for dropped in &filtered.dropped {
        let of_reason = examples.entry(dropped.reason).or_default();
        if of_reason.len() == EXAMPLES {
            continue;
        }
        let raw = &rows[dropped.row];
        let detail = match (dropped.reason, dropped.detail.parse::<usize>()) {
            (DropReason::Duplicate, Ok(first)) => format!("the same text as {}", rows[first].id),
            _ => dropped.detail.clone(),
        };
        of_reason.push(DroppedExample {
            id: raw.id.clone(),
            file: sources[raw.source].name.clone(),
            row: raw.row,
            detail,
        });
    }
    examples
}

fn conflict_stats(rows: &[RawRow], filtered: &Filtered) -> ConflictStats {
    let examples = filtered
        .conflicts
        .iter()
        .take(EXAMPLES)
        .map(|conflict| ConflictExample {
            ids: conflict
                .rows
                .iter()
                .map(|&row| rows[row].id.clone())
                .collect(),
            labels: conflict.labels,
            text: rows[conflict.rows[0]].text.clone(),
        });
    ConflictStats {
        texts: filtered.conflicts.len(),
        rows: filtered
            .conflicts
            .iter()
            .map(|conflict| conflict.rows.len())
            .sum(),
        examples: examples.collect(),
    }
}

/// Writes what was built: rows first, the stats last. Nothing is touched before everything is
/// known to be writable.
///
/// # Errors
/// A file that holds something else, unless it may be replaced.
pub fn write(built: &Built, options: &BuildOptions) -> Result<bool> {
    let mut stats = serde_json::to_vec_pretty(&built.stats).expect("stats are plain data");
    stats.push(b'\n');
    let mut changed = Vec::new();
    for (path, bytes) in built
        .files
        .iter()
        .chain([&(built.stats_path.clone(), stats)])
    {
        match std::fs::read(path) {
            Ok(found) if found == *bytes => continue,
            Ok(_) if !options.replace && path != &built.stats_path => {
                let problem = "the file holds other rows; `--replace` overwrites it, `--out DIR` writes elsewhere";
                return Err(Error::task(path, problem));
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("reading what is there", path, error)),
        }
        changed.push((path.clone(), bytes.clone()));
    }
    for (path, bytes) in &changed {
        write_whole(path, bytes)?;
    }
    Ok(!changed.is_empty())
}
