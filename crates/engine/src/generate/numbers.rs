//! The distribution of a bounded integer over its values, found with as few passes as decide it.
//!
//! A value's probability is the product of the probabilities of its tokens. Where a value is the
//! beginning of another one ("1" of "10"), the model has to be asked after it whether the number
//! ends there; until then that probability mass is known only to lie somewhere between the two.
//! Often the answer does not depend on where.

use std::sync::Arc;

use toktrie::SimpleVob;

use super::sampling::{Sampler, not_finite};
use super::value_trie::{Node, ValueTrie};
use crate::Result;

/// Beginnings of numbers looked into in one pass.
const MAX_BRANCHES: usize = 16;
/// Passes over one number, after the one that gives its first token.
const MAX_PASSES: usize = 4;
/// Cumulative probability that counts as one half: rounding must not decide ties.
const HALF: f64 = 0.5 - 1e-9;

/// What is known of one number.
pub(super) enum Verdict {
    Value(i64),
    /// The logits after these beginnings are needed; `candidates` are values that may well come
    /// out.
    Open {
        beginnings: Vec<usize>,
        candidates: Vec<i64>,
    },
}

/// The search for one number.
pub(super) struct NumberSearch {
    trie: Arc<ValueTrie>,
    /// By node: how its probability divides.
    splits: Vec<Option<Split>>,
    passes: usize,
    /// How far [`Self::walk`] has come.
    at: usize,
}

/// Where the probability of a number lies.
struct Masses {
    known: Vec<(i64, f64)>,
    /// By beginning.
    open: Vec<(usize, f64)>,
}

struct Split {
    ends: f64,
    children: Vec<f64>,
}

impl NumberSearch {
    /// `logits` are those before the number's first token.
    ///
    /// # Errors
    /// Logits that are not numbers.
    pub fn new(trie: Arc<ValueTrie>, logits: &[f32]) -> Result<Self> {
        let splits = trie.nodes.iter().map(sure_split).collect();
        let mut search = Self {
            trie,
            splits,
            passes: 0,
            at: 0,
        };
        search.learn(0, logits, None)?;
        Ok(search)
    }

    pub fn trie(&self) -> &ValueTrie {
        &self.trie
    }

    /// Tokens from the start of the number to a beginning.
    pub fn path(&self, beginning: usize) -> &[u32] {
        &self.trie.nodes[beginning].path
    }

    /// Whether the number may end at this beginning.
    pub fn may_end(&self, beginning: usize) -> bool {
        self.trie.nodes[beginning].value.is_some()
    }

    pub fn count_pass(&mut self) {
        self.passes += 1;
    }

    /// Takes in the logits after a beginning; `ending` are the tokens that may follow the number.
    ///
    /// # Errors
    /// Logits that are not numbers.
    pub fn learn(
        &mut self,
        beginning: usize,
        logits: &[f32],
        ending: Option<&SimpleVob>,
    ) -> Result<()> {
        if self.splits[beginning].is_some() {
            return Ok(());
        }
        let logit = |token: u32| {
            logits
                .get(token as usize)
                .copied()
                .unwrap_or(f32::NEG_INFINITY)
        };
        let node = &self.trie.nodes[beginning];
        let children: Vec<f32> = node
            .children
            .iter()
            .map(|&(token, _)| logit(token))
            .collect();
        let mut ends = Vec::new();
        if let Some(ending) = ending.filter(|_| node.value.is_some()) {
            ending.iter_set_entries(|token| ends.push(logit(token as u32)));
        }
        let highest = children
            .iter()
            .chain(&ends)
            .copied()
            .fold(f32::NEG_INFINITY, f32::max);
        let weight = |&logit: &f32| f64::from(logit - highest).exp();
        let ends: f64 = ends.iter().map(weight).sum();
        let children: Vec<f64> = children.iter().map(weight).collect();
        let total = ends + children.iter().sum::<f64>();
        if !(total.is_finite() && total > 0.0) {
            return Err(not_finite());
        }
        self.splits[beginning] = Some(Split {
            ends: ends / total,
            children: children.iter().map(|weight| weight / total).collect(),
        });
        Ok(())
    }

    /// The smallest value with a cumulative probability of at least one half. `None`: finding it
    /// would take more passes than one number may cost.
    pub fn median(&self) -> Option<Verdict> {
        let Masses { known, open } = self.masses();
        // The median if this share of each open beginning's probability lay at its least value
        // and the rest at its greatest.
        let median_if = |share: f64| {
            let placed = open.iter().flat_map(|&(node, mass)| {
                let node = &self.trie.nodes[node];
                [
                    (node.lowest, mass * share),
                    (node.highest, mass * (1.0 - share)),
                ]
            });
            smallest_with_half(known.iter().copied().chain(placed).collect())
        };
        let (low, high) = (median_if(1.0), median_if(0.0));
        if low == high {
            return Some(Verdict::Value(low));
        }
        if self.passes >= MAX_PASSES {
            return None;
        }
        let mut candidates = vec![low, median_if(0.5), high];
        candidates.dedup();
        let mut matters: Vec<(usize, f64)> = open
            .into_iter()
            .filter(|&(node, _)| {
                let node = &self.trie.nodes[node];
                node.lowest < high && node.highest > low
            })
            .collect();
        matters.sort_by(|left, right| right.1.total_cmp(&left.1));
        matters.truncate(MAX_BRANCHES);
        let beginnings = matters.into_iter().map(|(node, _)| node).collect();
        Some(Verdict::Open {
            beginnings,
            candidates,
        })
    }

    /// Token by token.
    pub fn walk(&mut self, sampler: &mut Sampler) -> Result<Verdict> {
        loop {
            let node = &self.trie.nodes[self.at];
            let Some(split) = &self.splits[self.at] else {
                let values = self
                    .trie
                    .nodes
                    .iter()
                    .filter(|inner| inner.path.starts_with(&node.path));
                let candidates = values.filter_map(|inner| inner.value).collect();
                return Ok(Verdict::Open {
                    beginnings: vec![self.at],
                    candidates,
                });
            };
            let end = node.children.len();
            let choices = split
                .children
                .iter()
                .enumerate()
                .map(|(child, &share)| (child, share.ln() as f32));
            let ending = node.value.map(|_| (end, split.ends.ln() as f32));
            let choice = sampler.pick(choices.chain(ending))?;
            match node.value {
                Some(value) if choice == end => return Ok(Verdict::Value(value)),
                _ => self.at = node.children[choice].1,
            }
        }
    }

    /// Probability of each value that is known, and of each beginning where it is still open.
    fn masses(&self) -> Masses {
        let (mut known, mut open) = (Vec::new(), Vec::new());
        let mut left = vec![(0, 1.0)];
        while let Some((at, mass)) = left.pop() {
            let node = &self.trie.nodes[at];
            let Some(split) = &self.splits[at] else {
                open.push((at, mass));
                continue;
            };
            known.extend(node.value.map(|value| (value, mass * split.ends)));
            let children = node.children.iter().zip(&split.children);
            left.extend(children.map(|(&(_, child), share)| (child, mass * share)));
        }
        Masses { known, open }
    }
}

/// How probability divides where there is no choice.
fn sure_split(node: &Node) -> Option<Split> {
    match (node.value, node.children.len()) {
        (Some(_), 0) => Some(Split {
            ends: 1.0,
            children: Vec::new(),
        }),
        (None, 1) => Some(Split {
            ends: 0.0,
            children: vec![1.0],
        }),
        _ => None,
    }
}

fn smallest_with_half(mut masses: Vec<(i64, f64)>) -> i64 {
    masses.sort_by_key(|&(value, _)| value);
    let total: f64 = masses.iter().map(|(_, mass)| mass).sum();
    let mut cumulative = 0.0;
    let reached = masses.iter().find(|&&(_, mass)| {
        cumulative += mass / total;
        cumulative >= HALF
    });
    reached.or(masses.last()).map_or(0, |&(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::super::backend::Vocabulary;
    use super::super::fake::FakeVocabulary;
    use super::*;
    use proptest::prelude::*;

    fn trie(minimum: i64, maximum: i64) -> Arc<ValueTrie> {
        Arc::new(
            ValueTrie::build(minimum, maximum, &FakeVocabulary::new())
                .unwrap()
                .unwrap(),
        )
    }

    /// Logits after a beginning, made up from a seed.
    fn logits(path: &[u32], seed: u64) -> Vec<f32> {
        super::super::fake::hashed_logits(path, seed, FakeVocabulary::new().size(), 4.0)
    }

    fn ending() -> SimpleVob {
        let mut set = SimpleVob::alloc(FakeVocabulary::new().size());
        set.allow_token(u32::from(b','));
        set.allow_token(u32::from(b'}'));
        set
    }

    /// Each value's probability, from all splits.
    fn brute_force(trie: &ValueTrie, seed: u64) -> Vec<(i64, f64)> {
        let share = |logits: &[f32], of: &[u32], among: &[u32]| {
            let sum = |tokens: &[u32]| {
                tokens
                    .iter()
                    .map(|&t| f64::from(logits[t as usize]).exp())
                    .sum::<f64>()
            };
            sum(of) / sum(among)
        };
        let ends = [u32::from(b','), u32::from(b'}')];
        let options = |path: &[u32]| {
            let node = trie.nodes.iter().find(|node| node.path == path).unwrap();
            let mut options: Vec<u32> = node.children.iter().map(|&(token, _)| token).collect();
            if node.value.is_some() {
                options.extend(ends);
            }
            (options, node.children.is_empty())
        };
        let mut values: Vec<(i64, f64)> = trie
            .nodes
            .iter()
            .filter_map(|node| node.value.map(|value| (value, &node.path)))
            .map(|(value, path)| {
                let mut probability = 1.0;
                for depth in 0..path.len() {
                    let before = &path[..depth];
                    probability *= share(
                        &logits(before, seed),
                        &path[depth..=depth],
                        &options(before).0,
                    );
                }
                let (after, is_leaf) = options(path);
                if !is_leaf {
                    probability *= share(&logits(path, seed), &ends, &after);
                }
                (value, probability)
            })
            .collect();
        values.sort_by_key(|&(value, _)| value);
        values
    }

    /// Runs the search to its end; gives the value and the passes it took.
    fn search(trie: &Arc<ValueTrie>, seed: u64) -> Option<(i64, usize)> {
        let mut search = NumberSearch::new(Arc::clone(trie), &logits(&[], seed)).unwrap();
        loop {
            match search.median()? {
                Verdict::Value(value) => return Some((value, search.passes)),
                Verdict::Open {
                    beginnings,
                    candidates,
                } => {
                    assert!(!beginnings.is_empty() && candidates.len() > 1);
                    search.count_pass();
                    for beginning in beginnings {
                        let path = search.path(beginning).to_vec();
                        search
                            .learn(beginning, &logits(&path, seed), Some(&ending()))
                            .unwrap();
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_median_is_that_of_the_whole_distribution(minimum in -120_i64..40, width in 0_i64..140, seed: u64) {
            let trie = trie(minimum, minimum + width);
            let all = brute_force(&trie, seed);
            prop_assert!((all.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-9);
            let expected = smallest_with_half(all);
            if let Some((value, _)) = search(&trie, seed) {
                prop_assert_eq!(value, expected);
            }
        }
    }

    #[test]
    fn passes_are_spent_only_where_they_matter() {
        let trie = trie(0, 10);
        let passes: Vec<usize> = (0..200)
            .map(|seed| search(&trie, seed).unwrap().1)
            .collect();
        assert!(passes.iter().all(|&passes| passes <= 1));
        let asked = passes.iter().filter(|&&passes| passes == 1).count();
        assert!((1..100).contains(&asked), "{asked} of 200");
    }

    #[test]
    fn a_range_of_a_hundred_is_decided_within_the_cap() {
        let trie = trie(0, 100);
        assert!((0..100).all(|seed| search(&trie, seed).is_some()));
    }

    #[test]
    fn a_greedy_walk_takes_the_best_token_each_time() {
        let trie = trie(0, 10);
        for seed in 0..100 {
            let mut search = NumberSearch::new(Arc::clone(&trie), &logits(&[], seed)).unwrap();
            let mut greedy = Sampler::greedy();
            let value = loop {
                match search.walk(&mut greedy).unwrap() {
                    Verdict::Value(value) => break value,
                    Verdict::Open {
                        beginnings,
                        candidates,
                    } => {
                        assert_eq!(candidates, [1, 10]);
                        let path = search.path(beginnings[0]).to_vec();
                        search
                            .learn(beginnings[0], &logits(&path, seed), Some(&ending()))
                            .unwrap();
                    }
                }
            };
            let first = logits(&[], seed);
            let best = (b'0'..=b'9')
                .max_by(|&a, &b| first[a as usize].total_cmp(&first[b as usize]))
                .unwrap();
            assert_eq!(value.to_string().as_bytes()[0], best);
        }
    }
}
