//! Near-duplicates without comparing everything with everything: MinHash signatures in bands.
//!
//! Two sets agree in one minimum with the probability of their Jaccard similarity (Broder 1997).
//! With 16 bands of 4 minima, a pair of similarity 0.8 shares a band with probability 0.9998,
//! one of 0.7 with 0.988. Candidates are then compared exactly, so what is reported is exact.

use std::collections::HashMap;

use super::shingles::jaccard;

const BANDS: usize = 16;
const BAND_ROWS: usize = 4;
const MINIMA: usize = BANDS * BAND_ROWS;

/// One text that is similar enough.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub number: usize,
    pub similarity: f64,
}

/// Texts to be found, by their shingles.
pub struct NearIndex<'a> {
    sets: &'a [Vec<u32>],
    buckets: HashMap<u64, Vec<u32>>,
    multipliers: [(u64, u64); MINIMA],
    threshold: f64,
}

impl<'a> NearIndex<'a> {
    /// `sets`: sorted shingles; an empty one is never found.
    pub fn new(sets: &'a [Vec<u32>], threshold: f64) -> Self {
        let multipliers = multipliers();
        let mut buckets: HashMap<u64, Vec<u32>> = HashMap::new();
        for (number, set) in sets.iter().enumerate().filter(|(_, set)| !set.is_empty()) {
            for key in band_keys(set, &multipliers) {
                buckets.entry(key).or_default().push(number as u32);
            }
        }
        Self {
            sets,
            buckets,
            multipliers,
            threshold,
        }
    }

    /// All texts at least as similar as the threshold, by number. Every comparison costs one of
    /// `budget`; candidates that find it empty are counted in `skipped`.
    pub fn find(&self, set: &[u32], budget: &mut usize, skipped: &mut usize) -> Vec<Near> {
        if set.is_empty() {
            return Vec::new();
        }
        let mut candidates: Vec<u32> = band_keys(set, &self.multipliers)
            .iter()
            .filter_map(|key| self.buckets.get(key))
            .flatten()
            .copied()
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        let mut found = Vec::new();
        for number in candidates {
            if *budget == 0 {
                *skipped += 1;
                continue;
            }
            *budget -= 1;
            let number = number as usize;
            let similarity = jaccard(&self.sets[number], set);
            if similarity >= self.threshold {
                found.push(Near { number, similarity });
            }
        }
        found
    }
}

fn band_keys(set: &[u32], multipliers: &[(u64, u64); MINIMA]) -> [u64; BANDS] {
    let mut minima = [u32::MAX; MINIMA];
    for &shingle in set {
        for (minimum, (factor, offset)) in minima.iter_mut().zip(multipliers) {
            let hash = factor
                .wrapping_mul(u64::from(shingle))
                .wrapping_add(*offset)
                >> 32;
            *minimum = (*minimum).min(hash as u32);
        }
    }
    let mut keys = [0; BANDS];
    for (band, key) in keys.iter_mut().enumerate() {
        let rows = &minima[band * BAND_ROWS..(band + 1) * BAND_ROWS];
        *key = rows
            .iter()
            .fold(band as u64 + 1, |key, &row| mix(key ^ u64::from(row)));
    }
    keys
}

/// Multiply-shift hashes (Dietzfelbinger et al. 1997) with fixed odd factors.
fn multipliers() -> [(u64, u64); MINIMA] {
    let mut state = 0u64;
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(state)
    };
    std::array::from_fn(|_| (next() | 1, next()))
}

/// The finaliser of SplitMix64.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Draws;

    /// Two sets of so many shared and own elements each.
    fn pair(draws: &mut Draws, shared: usize, own: usize) -> [Vec<u32>; 2] {
        let mut element = || draws.index(u32::MAX as usize) as u32;
        let common: Vec<u32> = (0..shared).map(|_| element()).collect();
        [(); 2].map(|()| {
            let mut set = common.clone();
            set.extend((0..own).map(|_| element()));
            set.sort_unstable();
            set.dedup();
            set
        })
    }

    #[test]
    fn similar_sets_are_found_and_others_are_not() {
        let mut draws = Draws::new(1);
        // 80 shared and 8 own each: 80/96 = 0.83; 60 and 20: 0.6.
        let close: Vec<_> = (0..300).map(|_| pair(&mut draws, 80, 8)).collect();
        let apart: Vec<_> = (0..300).map(|_| pair(&mut draws, 60, 20)).collect();
        let sets: Vec<Vec<u32>> = close.iter().chain(&apart).map(|[a, _]| a.clone()).collect();
        let index = NearIndex::new(&sets, 0.8);
        let (mut budget, mut skipped) = (usize::MAX, 0);
        let mut found = |set: &Vec<u32>| index.find(set, &mut budget, &mut skipped);
        for (number, [_, b]) in close.iter().enumerate() {
            let near = found(b);
            assert_eq!(near.len(), 1, "{number}");
            assert_eq!(near[0].number, number);
            assert!((near[0].similarity - 80.0 / 96.0).abs() < 1e-9);
        }
        assert!(apart.iter().all(|[_, b]| found(b).is_empty()));
        assert!(found(&Vec::new()).is_empty());
    }

    #[test]
    fn an_empty_budget_is_said() {
        let sets = vec![(0..50).collect::<Vec<u32>>(); 3];
        let index = NearIndex::new(&sets, 0.8);
        let (mut budget, mut skipped) = (2, 0);
        assert_eq!(index.find(&sets[0], &mut budget, &mut skipped).len(), 2);
        assert_eq!((budget, skipped), (0, 1));
    }
}
