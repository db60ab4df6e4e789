//! Character shingles: what near-duplicates are compared by.
//!
//! Texts made from a template agree in the template, which says nothing about their content.
//! So shingles that a fifth of all texts share are left out of every comparison.

use std::collections::{HashMap, HashSet};

use crate::text::normalised;

/// Characters of one shingle.
pub const SHINGLE_CHARS: usize = 5;

/// A shingle that more than this share of the texts contains is boilerplate.
const BOILERPLATE_SHARE: f64 = 0.2;
/// With fewer texts, a share says nothing.
const FEWEST_TEXTS: usize = 50;
/// Texts that decide what is boilerplate.
const SAMPLED_TEXTS: usize = 4000;
/// A text with fewer shingles of its own is not compared.
const FEWEST_SHINGLES: usize = 8;

/// Hashes of the distinct shingles of a normalised text, sorted.
pub fn shingles(normalised: &str) -> Vec<u32> {
    let chars: Vec<char> = normalised.chars().collect();
    let width = SHINGLE_CHARS.min(chars.len()).max(1);
    let mut hashes: Vec<u32> = chars.windows(width).map(hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// The shingles that too many of the texts share. Whether two texts are alike depends on it, so
/// whoever compares parts of one corpus learns it once, from all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Boilerplate(HashSet<u32>);

impl Boilerplate {
    /// Learns from texts, in whatever order they come.
    pub fn of<T: AsRef<str>>(texts: &[T]) -> Self {
        let normal: Vec<String> = texts.iter().map(|text| normalised(text.as_ref())).collect();
        Self::of_normalised(normal.iter().map(String::as_str))
    }

    pub(super) fn of_normalised<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        // A text that stands there twice is no more of a template.
        let mut texts: Vec<&str> = texts.collect();
        texts.sort_unstable();
        texts.dedup();
        if texts.len() < FEWEST_TEXTS {
            return Self::default();
        }
        // Those with the smallest hashes are a sample that does not depend on the order.
        if texts.len() > SAMPLED_TEXTS {
            texts.sort_by_cached_key(|text| hash_of(text.chars()));
            texts.truncate(SAMPLED_TEXTS);
        }
        let mut texts_with: HashMap<u32, usize> = HashMap::new();
        for text in &texts {
            for shingle in shingles(text) {
                *texts_with.entry(shingle).or_default() += 1;
            }
        }
        let limit = BOILERPLATE_SHARE * texts.len() as f64;
        let common = texts_with
            .into_iter()
            .filter(|(_, count)| *count as f64 > limit);
        Self(common.map(|(shingle, _)| shingle).collect())
    }

    /// A text's own shingles; none where too few are left to compare by.
    pub(super) fn own_shingles(&self, normalised: &str) -> Vec<u32> {
        let mut set = shingles(normalised);
        set.retain(|shingle| !self.0.contains(shingle));
        if set.len() < FEWEST_SHINGLES {
            set.clear();
        }
        set
    }
}

/// Shared shingles over all shingles, 0–1; both sides sorted.
pub fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let (mut i, mut j, mut shared) = (0, 0, 0usize);
    while i < a.len() && j < b.len() {
        let (x, y) = (a[i], b[j]);
        shared += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    let all = a.len() + b.len() - shared;
    if all == 0 {
        return 0.0;
    }
    shared as f64 / all as f64
}

fn hash(chars: &[char]) -> u32 {
    hash_of(chars.iter().copied())
}

fn hash_of(chars: impl Iterator<Item = char>) -> u32 {
    let mixed = chars.fold(0xCBF2_9CE4_8422_2325u64, |hash, c| {
        (hash ^ u64::from(c)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    // The upper half of a product depends on all of its input.
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_is_that_of_the_sets() {
        let [a, b] = ["abcdefg", "abcdefx"].map(shingles);
        assert_eq!((a.len(), b.len()), (3, 3));
        assert_eq!(jaccard(&a, &b), 0.5);
        assert_eq!(jaccard(&a, &a), 1.0);
        assert_eq!(jaccard(&a, &[]), 0.0);
        assert_eq!(jaccard(&[], &[]), 0.0);
        assert_eq!(shingles("ab").len(), 1);
        assert!(shingles("").is_empty());
    }

    #[test]
    fn templates_are_boilerplate_and_contents_are_not() {
        let texts: Vec<String> = (0..100)
            .map(|i| format!("compose a song about {}", i * 7919 % 10_007))
            .collect();
        let common = Boilerplate::of(&texts);
        assert!(
            shingles("compose a song")
                .iter()
                .all(|s| common.0.contains(s))
        );
        assert_eq!(Boilerplate::of(&texts[..40]), Boilerplate::default());
    }

    #[test]
    fn the_order_of_texts_changes_nothing() {
        let mut texts: Vec<String> = (0..SAMPLED_TEXTS + 1000)
            .map(|i| format!("text {} of {}", i * 7919 % 10_007, i % 13))
            .collect();
        let learned = Boilerplate::of(&texts);
        texts.reverse();
        assert_eq!(Boilerplate::of(&texts), learned);
        assert_ne!(learned, Boilerplate::default());
    }
}
