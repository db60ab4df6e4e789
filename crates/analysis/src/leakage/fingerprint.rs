//! Texts found inside other texts, by hashes alone: a frozen row can be recognised in a longer
//! prompt by someone who was never given its text.
//!
//! Polynomial hashes modulo the Mersenne prime 2⁶¹−1 (Karp and Rabin 1987): from the hashes of
//! all prefixes the hash of any part follows in one step.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

/// Characters by which a place in a text is recognised first. Shorter texts occur anywhere by
/// chance and are not looked for.
pub const HEAD_CHARS: usize = 24;

const PRIME: u64 = (1 << 61) - 1;
const BASE: u64 = 0x0001_4F2A_9D3B_71C5;

/// A text of at least [`HEAD_CHARS`] characters (normalised), without the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Length in characters.
    pub chars: usize,
    /// Hash of the first [`HEAD_CHARS`].
    pub head: u64,
    /// Hash of all.
    pub whole: u64,
}

impl Fingerprint {
    /// `None` for a text that is too short to be recognised inside another.
    pub fn of(normalised: &str) -> Option<Self> {
        let prefixes = Prefixes::of(normalised);
        let chars = prefixes.chars();
        (chars >= HEAD_CHARS).then(|| Self {
            chars,
            head: prefixes.part(0, HEAD_CHARS),
            whole: prefixes.part(0, chars),
        })
    }
}

/// Looks for many fingerprints in one pass over a text.
#[derive(Debug, Default)]
pub struct FingerprintIndex {
    lengths_by_head: HashMap<u64, BTreeSet<usize>>,
    entries: HashMap<(u64, usize), Vec<usize>>,
    powers: Vec<u64>,
}

impl FingerprintIndex {
    /// `fingerprints` with the number that a find is reported under.
    pub fn new(fingerprints: impl IntoIterator<Item = (usize, Fingerprint)>) -> Self {
        let mut index = Self::default();
        for (number, print) in fingerprints {
            index
                .lengths_by_head
                .entry(print.head)
                .or_default()
                .insert(print.chars);
            index
                .entries
                .entry((print.whole, print.chars))
                .or_default()
                .push(number);
        }
        let longest = index.entries.keys().map(|(_, chars)| *chars).max();
        index.powers = powers(longest.unwrap_or(0).max(HEAD_CHARS));
        index
    }

    /// The numbers of all texts that stand inside this one (or equal it), sorted, each once.
    pub fn found_in(&self, normalised: &str) -> Vec<usize> {
        let mut found = Vec::new();
        if self.entries.is_empty() {
            return found;
        }
        let prefixes = Prefixes::of(normalised);
        let chars = prefixes.chars();
        for start in 0..(chars + 1).saturating_sub(HEAD_CHARS) {
            let head = prefixes.part_with(start, HEAD_CHARS, &self.powers);
            let Some(lengths) = self.lengths_by_head.get(&head) else {
                continue;
            };
            for &length in lengths
                .iter()
                .take_while(|&&length| start + length <= chars)
            {
                let whole = prefixes.part_with(start, length, &self.powers);
                if let Some(numbers) = self.entries.get(&(whole, length)) {
                    found.extend(numbers);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Hashes of all prefixes of a text.
struct Prefixes(Vec<u64>);

impl Prefixes {
    fn of(text: &str) -> Self {
        let mut hashes = Vec::with_capacity(text.len() + 1);
        let mut hash = 0;
        hashes.push(hash);
        for c in text.chars() {
            hash = add(times(hash, BASE), u64::from(c) + 1);
            hashes.push(hash);
        }
        Self(hashes)
    }

    fn chars(&self) -> usize {
        self.0.len() - 1
    }

    fn part(&self, start: usize, length: usize) -> u64 {
        self.part_with(start, length, &powers(length))
    }

    fn part_with(&self, start: usize, length: usize, powers: &[u64]) -> u64 {
        let before = times(self.0[start], powers[length]);
        add(self.0[start + length], PRIME - before)
    }
}

fn powers(up_to: usize) -> Vec<u64> {
    let mut power = 1;
    let mut all = vec![power];
    all.extend((0..up_to).map(|_| {
        power = times(power, BASE);
        power
    }));
    all
}

fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    add((product as u64) & PRIME, (product >> 61) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_inside_others_and_only_there() {
        let texts = [
            "a quiet evening after rain in a small town",
            "a quiet evening after rain in a big city",
            "too short",
        ];
        let prints = texts.iter().enumerate();
        let index = FingerprintIndex::new(
            prints.filter_map(|(number, text)| Some((number, Fingerprint::of(text)?))),
        );
        let longer = "please: a quiet evening after rain in a small town, with strings";
        assert_eq!(index.found_in(longer), [0]);
        assert_eq!(index.found_in(texts[1]), [1]);
        assert!(
            index
                .found_in("a quiet evening after rain in a smal")
                .is_empty()
        );
        assert!(index.found_in("too short").is_empty() && index.found_in("").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn finds_what_search_finds(
            needle in "[ab夜 ]{24,30}", before in "[ab夜 ]{0,20}", after in "[ab夜 ]{0,20}",
            other in "[ab夜 ]{24,60}",
        ) {
            let index = FingerprintIndex::new(Fingerprint::of(&needle).map(|print| (7, print)));
            proptest::prop_assert_eq!(index.found_in(&format!("{before}{needle}{after}")), vec![7]);
            let expected = if other.contains(&needle) { vec![7] } else { vec![] };
            proptest::prop_assert_eq!(index.found_in(&other), expected);
        }
    }
}
