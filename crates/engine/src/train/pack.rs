//! Rows → one tree of tokens and what to learn at each of its slots.
//!
//! Rows of a task share their instructions, and often more. A micro-batch is packed as a prefix
//! tree: what several rows begin with stands once, is computed once, and receives the gradient
//! of all of them. That is exact, because a token's hidden state depends on nothing after it.

use std::collections::BTreeMap;

use super::encode::EncodedRow;
use crate::model::{Target, TokenTree};

/// Packed tokens of one micro-batch. Larger ones need more memory and are hardly faster.
const PACKED_TOKENS: usize = 1_024;

/// One pass through the model.
#[derive(Debug, Clone, PartialEq)]
pub struct MicroBatch {
    pub tree: TokenTree,
    /// By slot, then token; no pair occurs twice.
    pub targets: Vec<Target>,
}

impl MicroBatch {
    /// Target tokens, neighbours of numbers counted by their share.
    pub fn weight(&self) -> f64 {
        self.targets
            .iter()
            .map(|target| f64::from(target.weight))
            .sum()
    }
}

/// What of a row is learned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// Loss on the completion alone, else on every token but the first.
    pub completion_only: bool,
    /// Share of a number's weight that goes to the numbers beside it (0 for evaluation).
    pub label_smoothing_numbers: f32,
}

/// Packs rows into as few micro-batches of about [`PACKED_TOKENS`] as their order allows.
/// The same rows in any order give the same batches.
pub fn pack(rows: &[&EncodedRow], objective: Objective) -> Vec<MicroBatch> {
    let mut rows = rows.to_vec();
    rows.sort_by(|a, b| a.tokens().cmp(b.tokens()).then(a.row.cmp(&b.row)));
    split(&rows, PACKED_TOKENS)
        .into_iter()
        .map(|(start, end)| pack_one(&rows[start..end], objective))
        .collect()
}

/// Consecutive groups of the sorted rows, each at most `limit` packed tokens (or one row), of
/// nearly equal size: the smallest limit that needs no more groups.
fn split(rows: &[&EncodedRow], limit: usize) -> Vec<(usize, usize)> {
    let fewest = split_at(rows, limit).len();
    let (mut too_small, mut enough) = (0, limit);
    while enough - too_small > 1 {
        let middle = too_small + (enough - too_small) / 2;
        if split_at(rows, middle).len() <= fewest {
            enough = middle;
        } else {
            too_small = middle;
        }
    }
    split_at(rows, enough)
}

fn split_at(rows: &[&EncodedRow], limit: usize) -> Vec<(usize, usize)> {
    let mut groups = Vec::new();
    let (mut start, mut packed) = (0, 0);
    for index in 0..rows.len() {
        let length = rows[index].length();
        // In sorted order no earlier row shares more with this one than its neighbour does.
        let added = if index > start {
            length - shared_prefix(rows[index - 1], rows[index])
        } else {
            length
        };
        if index > start && packed + added > limit {
            groups.push((start, index));
            (start, packed) = (index, length);
        } else {
            packed += added;
        }
    }
    if start < rows.len() {
        groups.push((start, rows.len()));
    }
    groups
}

fn shared_prefix(a: &EncodedRow, b: &EncodedRow) -> usize {
    a.tokens()
        .zip(b.tokens())
        .take_while(|(a, b)| a == b)
        .count()
}

fn pack_one(rows: &[&EncodedRow], objective: Objective) -> MicroBatch {
    let texts: Vec<Vec<u32>> = rows.iter().map(|row| row.tokens().collect()).collect();
    let mut packing = Packing {
        tree: TokenTree::default(),
        slots: texts
            .iter()
            .map(|text| Vec::with_capacity(text.len()))
            .collect(),
    };
    packing.place(&texts, 0, rows.len(), 0, None);
    let targets = targets(rows, &packing.slots, objective);
    MicroBatch {
        tree: packing.tree,
        targets,
    }
}

struct Packing {
    tree: TokenTree,
    /// For each row the slot of each of its tokens.
    slots: Vec<Vec<usize>>,
}

impl Packing {
    /// Places what rows `first..end`, equal up to `depth`, hold from there on. Rows are sorted,
    /// so those that go on alike stand together and ended ones come first. Depth-first, so a
    /// parent always stands before its children.
    fn place(
        &mut self,
        texts: &[Vec<u32>],
        first: usize,
        end: usize,
        depth: usize,
        parent: Option<usize>,
    ) {
        let mut pending = vec![(first, end, depth, parent)];
        while let Some((first, end, depth, parent)) = pending.pop() {
            let Some(alive) = (first..end).find(|&row| texts[row].len() > depth) else {
                continue;
            };
            let token = texts[alive][depth];
            let group_end = (alive..end)
                .find(|&row| texts[row][depth] != token)
                .unwrap_or(end);
            // Sorted: what the first and the last of the group share, all of it shares.
            let (head, tail) = (&texts[alive], &texts[group_end - 1]);
            let shared = head[depth..]
                .iter()
                .zip(&tail[depth..])
                .take_while(|(a, b)| a == b)
                .count();
            let run = self.tree.push_run(parent, &head[depth..depth + shared]);
            let start = self.tree.runs[run].start;
            for row in alive..group_end {
                self.slots[row].extend(start..start + shared);
            }
            pending.push((group_end, end, depth, parent));
            pending.push((alive, group_end, depth + shared, Some(run)));
        }
    }
}

fn targets(rows: &[&EncodedRow], slots: &[Vec<usize>], objective: Objective) -> Vec<Target> {
    let mut weights: BTreeMap<(usize, u32), f32> = BTreeMap::new();
    for (row, slots) in rows.iter().zip(slots) {
        let first = if objective.completion_only {
            row.prompt.len()
        } else {
            0
        };
        for (position, token) in row.tokens().enumerate().skip(first.max(1)) {
            let slot = slots[position - 1];
            let neighbours = position
                .checked_sub(row.prompt.len())
                .and_then(|offset| row.neighbours.get(&offset));
            let mut own = 1.0;
            for &neighbour in neighbours.into_iter().flatten() {
                let share = objective.label_smoothing_numbers / 2.0;
                if share > 0.0 {
                    own -= share;
                    *weights.entry((slot, neighbour)).or_default() += share;
                }
            }
            *weights.entry((slot, token)).or_default() += own;
        }
    }
    weights
        .into_iter()
        .map(|((index, token), weight)| Target {
            index,
            token,
            weight,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMPLETION: Objective = Objective {
        completion_only: true,
        label_smoothing_numbers: 0.0,
    };

    fn row(row: usize, prompt: &[u32], completion: &[u32]) -> EncodedRow {
        EncodedRow {
            row,
            prompt: prompt.to_vec(),
            completion: completion.to_vec(),
            neighbours: BTreeMap::new(),
        }
    }

    fn pack_all(rows: &[EncodedRow], objective: Objective) -> Vec<MicroBatch> {
        pack(&rows.iter().collect::<Vec<_>>(), objective)
    }

    /// The tokens from the root of the tree to `slot`.
    fn text_up_to(tree: &TokenTree, slot: usize) -> Vec<u32> {
        let mut index = tree
            .runs
            .iter()
            .position(|run| (run.start..run.start + run.len).contains(&slot));
        let mut end = slot + 1;
        let mut parts = Vec::new();
        while let Some(run) = index.map(|index| &tree.runs[index]) {
            parts.push(tree.tokens[run.start..end.min(run.start + run.len)].to_vec());
            (index, end) = (run.parent, usize::MAX);
        }
        parts.into_iter().rev().flatten().collect()
    }

    #[test]
    fn shared_prefixes_stand_once_and_shared_targets_add_up() {
        let rows = [
            row(1, &[1, 2, 3], &[7, 8]),
            row(2, &[1, 2, 4], &[7, 9]),
            row(3, &[1, 2, 3], &[7, 9]),
        ];
        let batches = pack_all(&rows, COMPLETION);
        assert_eq!(batches.len(), 1);
        let MicroBatch { tree, targets } = &batches[0];
        // 1 2 | 3 7 | 8 | 9 | 4 7 9
        assert_eq!(tree.tokens, [1, 2, 3, 7, 8, 9, 4, 7, 9]);
        assert_eq!(tree.positions, [0, 1, 2, 3, 4, 4, 2, 3, 4]);
        let parents: Vec<_> = tree.runs.iter().map(|run| run.parent).collect();
        assert_eq!(parents, [None, Some(0), Some(1), Some(1), Some(0)]);
        let found: Vec<_> = targets
            .iter()
            .map(|t| (t.index, t.token, t.weight))
            .collect();
        assert_eq!(
            found,
            [
                (2, 7, 2.0),
                (3, 8, 1.0),
                (3, 9, 1.0),
                (6, 7, 1.0),
                (7, 9, 1.0)
            ]
        );
    }

    #[test]
    fn duplicates_and_rows_within_rows_are_kept() {
        let rows = [
            row(1, &[1], &[2, 3]),
            row(2, &[1], &[2, 3]),
            row(3, &[1], &[2]),
        ];
        let batch = &pack_all(&rows, COMPLETION)[0];
        assert_eq!(batch.tree.tokens, [1, 2, 3]);
        assert_eq!(batch.weight(), 5.0);
        assert!(batch.tree.runs.iter().all(|run| run.len > 0));
    }

    #[test]
    fn the_prompt_is_learned_when_the_loss_is_not_completion_only() {
        let objective = Objective {
            completion_only: false,
            ..COMPLETION
        };
        let batch = &pack_all(&[row(1, &[1, 2, 3], &[4])], objective)[0];
        let found: Vec<_> = batch.targets.iter().map(|t| (t.index, t.token)).collect();
        assert_eq!(found, [(0, 2), (1, 3), (2, 4)]);
    }

    #[test]
    fn smoothing_moves_weight_to_the_neighbours_and_loses_none() {
        let mut smoothed = row(1, &[1], &[5, 6]);
        smoothed.neighbours.insert(0, vec![4, 6]);
        smoothed.neighbours.insert(1, vec![5]);
        let objective = Objective {
            label_smoothing_numbers: 0.25,
            ..COMPLETION
        };
        let batch = &pack_all(&[smoothed], objective)[0];
        let found: Vec<_> = batch
            .targets
            .iter()
            .map(|t| (t.index, t.token, t.weight))
            .collect();
        assert_eq!(
            found,
            [
                (0, 4, 0.125),
                (0, 5, 0.75),
                (0, 6, 0.125),
                (1, 5, 0.125),
                (1, 6, 0.875)
            ]
        );
    }

    #[test]
    fn micro_batches_stay_below_the_limit_and_are_even() {
        let rows: Vec<EncodedRow> = (0..30)
            .map(|index| {
                let prompt: Vec<u32> = (0..40)
                    .chain((0..60).map(|token| 1_000 + index * 100 + token))
                    .collect();
                row(index as usize + 1, &prompt, &[1, 2, 3, 4])
            })
            .collect();
        let sizes: Vec<usize> = pack_all(&rows, COMPLETION)
            .iter()
            .map(|batch| batch.tree.tokens.len())
            .collect();
        assert_eq!(sizes, [40 + 15 * 64, 40 + 15 * 64]);
    }

    #[test]
    fn a_row_longer_than_the_limit_stands_alone() {
        let long: Vec<u32> = (0..3_000).collect();
        let batches = pack_all(&[row(1, &long, &[1]), row(2, &[9, 9], &[1])], COMPLETION);
        assert_eq!(batches.len(), 2);
    }

    proptest! {
        #[test]
        fn every_row_and_every_target_survives_packing(
            texts in prop::collection::vec((prop::collection::vec(0u32..3, 1..6), prop::collection::vec(0u32..3, 1..5)), 1..12)
        ) {
            let rows: Vec<EncodedRow> = texts.iter().enumerate()
                .map(|(index, (prompt, completion))| row(index + 1, prompt, completion)).collect();
            let batches = pack_all(&rows, COMPLETION);
            let mut reversed: Vec<&EncodedRow> = rows.iter().collect();
            reversed.reverse();
            prop_assert_eq!(&pack(&reversed, COMPLETION), &batches);

            let mut found: BTreeMap<(Vec<u32>, u32), f32> = BTreeMap::new();
            for batch in &batches {
                for (index, run) in batch.tree.runs.iter().enumerate() {
                    prop_assert!(run.len > 0);
                    prop_assert!(run.parent.is_none_or(|parent| parent < index));
                }
                for target in &batch.targets {
                    *found.entry((text_up_to(&batch.tree, target.index), target.token)).or_default() += target.weight;
                }
            }
            let mut expected: BTreeMap<(Vec<u32>, u32), f32> = BTreeMap::new();
            for row in &rows {
                let text: Vec<u32> = row.tokens().collect();
                for position in row.prompt.len()..text.len() {
                    *expected.entry((text[..position].to_vec(), text[position])).or_default() += 1.0;
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
