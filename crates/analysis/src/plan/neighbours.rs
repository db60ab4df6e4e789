//! Which training rows resemble the failures: the same conditions, then the most shared rare
//! words. From them the augmentation spec is written.

use std::collections::{BTreeMap, BTreeSet};

use gradus_schema::Split;
use gradus_schema::augmentation::{AUGMENTATION_FORMAT, AugmentationSpec, Recombine, Repeat};
use gradus_schema::plan::{Cluster, Condition};

use super::TrainingSource;
use super::conditions::{LengthLimits, conditions_of};
use super::rules::Facts;
use crate::augment::{Determination, SourceRow, augment};
use crate::words::bag_of_words;

/// Rows to add over training rows: what the projects before this one added per cycle.
const ADD_SHARE: f64 = 0.2;
/// Rows in which a part must agree before its value counts as known.
const MIN_SUPPORT: usize = 3;
/// Neighbours of one failure.
const NEIGHBOURS: usize = 3;
/// Failures of a cluster whose neighbours are looked for, worst first.
const FAILURES_A_CLUSTER: usize = 100;
const MAX_COPIES: usize = 3;

/// The rows to add for these clusters; `None` where no training row resembles them.
pub(super) fn augmentation(
    facts: &Facts<'_>,
    clusters: &[&Cluster],
    source: &TrainingSource<'_>,
) -> Option<AugmentationSpec> {
    let train: Vec<&SourceRow> = source
        .rows
        .iter()
        .filter(|row| row.split == Split::Train)
        .collect();
    let limit = (ADD_SHARE * train.len() as f64).floor() as usize;
    let index = WordIndex::of(&train, &source.text_field);
    let found = neighbours(facts, clusters, &train, &index, source);
    if found.is_empty() || limit == 0 {
        return None;
    }
    let focus: BTreeSet<String> = clusters.iter().map(|it| it.what.clone()).collect();
    let known = Determination::learn(source.rows, &source.text_field, &source.target, MIN_SUPPORT);
    let seeds: Vec<String> = found
        .iter()
        .map(|(row, _)| train[*row])
        .filter(|row| {
            let text = row.text(&source.text_field).unwrap_or_default();
            super::conditions::record_lines(text).is_some()
        })
        .map(|row| row.id.clone())
        .collect();
    let recombine = (known.is_some() && !seeds.is_empty()).then_some(Recombine {
        rows: limit / 2,
        seeds,
        min_support: MIN_SUPPORT,
    });
    let mut spec = AugmentationSpec {
        format_version: AUGMENTATION_FORMAT,
        task: facts.input.task.clone(),
        seed: facts.input.seed,
        train_sha256: source.sha256.clone(),
        text_field: source.text_field.clone(),
        target: source.target.clone(),
        clusters: clusters.iter().map(|it| it.id.clone()).collect(),
        focus: focus.into_iter().collect(),
        repeat: Vec::new(),
        recombine,
        max_share: ADD_SHARE,
    };
    // Built once without repeats, so that the plan promises no record that the data can't give.
    let possible = augment(&spec, source.rows, &BTreeSet::new())
        .ok()?
        .n_recombined;
    spec.recombine = spec
        .recombine
        .filter(|_| possible > 0)
        .map(|recombine| Recombine {
            rows: possible,
            ..recombine
        });
    spec.repeat = repeats(found, &train, limit - possible);
    Some(spec)
}

/// Training row → the failures whose neighbour it is; the neighbour of most failures first.
fn neighbours(
    facts: &Facts<'_>,
    clusters: &[&Cluster],
    train: &[&SourceRow],
    index: &WordIndex,
    source: &TrainingSource<'_>,
) -> Vec<(usize, Vec<String>)> {
    let by_id: BTreeMap<&str, &super::RowOutcome> = facts
        .outcomes
        .iter()
        .map(|row| (row.id.as_str(), row))
        .collect();
    let texts = train.iter().filter_map(|row| row.text(&source.text_field));
    let limits = LengthLimits::of(texts);
    let met: Vec<BTreeSet<Condition>> = train
        .iter()
        .map(|row| {
            let text = row.text(&source.text_field).unwrap_or_default();
            conditions_of(text, &row.strata, limits)
        })
        .collect();
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for cluster in clusters {
        let alike: BTreeSet<usize> = (0..train.len())
            .filter(|row| meets(&met[*row], &cluster.conditions))
            .collect();
        for id in cluster.rows.iter().take(FAILURES_A_CLUSTER) {
            let Some(failure) = by_id.get(id.as_str()) else {
                continue;
            };
            for row in index.nearest(&failure.text, &alike) {
                let because_of = found.entry(row).or_default();
                if !because_of.contains(id) {
                    because_of.push(id.clone());
                }
            }
        }
    }
    let mut found: Vec<(usize, Vec<String>)> = found.into_iter().collect();
    found.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    found
}

/// Evaluated texts carry the prompt around the request, so lengths say nothing across the two.
fn meets(met: &BTreeSet<Condition>, conditions: &[Condition]) -> bool {
    conditions
        .iter()
        .filter(|condition| !matches!(condition, Condition::Length(_)))
        .all(|condition| met.contains(condition))
}

fn repeats(found: Vec<(usize, Vec<String>)>, train: &[&SourceRow], to_add: usize) -> Vec<Repeat> {
    let mut left = to_add;
    let mut repeats = Vec::new();
    for (row, because_of) in found {
        let copies = because_of.len().min(MAX_COPIES).min(left);
        if copies == 0 {
            break;
        }
        left -= copies;
        repeats.push(Repeat {
            row: train[row].id.clone(),
            copies,
            because_of,
        });
    }
    repeats
}

/// Word → rows that hold it, with the weight of its rarity.
struct WordIndex {
    rows: BTreeMap<String, Vec<usize>>,
    n: usize,
}

impl WordIndex {
    fn of(train: &[&SourceRow], text_field: &str) -> Self {
        let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, row) in train.iter().enumerate() {
            for word in bag_of_words(row.text(text_field).unwrap_or_default()).into_keys() {
                rows.entry(word).or_default().push(index);
            }
        }
        Self {
            rows,
            n: train.len(),
        }
    }

    /// The rows among `alike` that share the most rare words with a text.
    fn nearest(&self, text: &str, alike: &BTreeSet<usize>) -> Vec<usize> {
        let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
        for word in bag_of_words(text).keys() {
            let Some(rows) = self.rows.get(word) else {
                continue;
            };
            let weight = (self.n as f64 / rows.len() as f64).ln();
            for row in rows.iter().filter(|row| alike.contains(row)) {
                *scores.entry(*row).or_default() += weight;
            }
        }
        let mut order: Vec<(usize, f64)> = scores.into_iter().filter(|it| it.1 > 0.0).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        order.into_iter().take(NEIGHBOURS).map(|it| it.0).collect()
    }
}
