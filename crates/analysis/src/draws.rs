//! Seeded random draws that give the same numbers on every machine and in every release.
//!
//! ChaCha8 is a specified stream, and the few distributions needed are written out here, so no
//! library update changes a fold, a bootstrap interval or a generated row.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub struct Draws(ChaCha8Rng);

impl Draws {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One of 2⁶⁴ independent streams of a seed: what may be drawn in any order.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Uniform in `0..count`, from half as many random bits as [`Self::index`]; `count` must be
    /// above 0. Without a division in all but a few draws (Lemire 2019).
    pub fn index32(&mut self, count: u32) -> u32 {
        assert!(count > 0, "a draw needs at least one choice");
        let mut product = u64::from(self.0.next_u32()) * u64::from(count);
        if (product as u32) < count {
            let incomplete = count.wrapping_neg() % count;
            while (product as u32) < incomplete {
                product = u64::from(self.0.next_u32()) * u64::from(count);
            }
        }
        (product >> 32) as u32
    }

    /// Uniform in `0..count`; `count` must be above 0.
    pub fn index(&mut self, count: usize) -> usize {
        assert!(count > 0, "a draw needs at least one choice");
        // Rejects the incomplete last block, so that every index is equally likely.
        let count = count as u64;
        let limit = u64::MAX - u64::MAX % count;
        loop {
            let draw = self.0.next_u64();
            if draw < limit {
                return (draw % count) as usize;
            }
        }
    }

    /// Uniform in `[0, 1)`.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of a non-empty slice.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.index(choices.len())]
    }

    /// Fisher–Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_pinned_and_fair() {
        let mut draws = Draws::new(7);
        let first: Vec<usize> = (0..6).map(|_| draws.index(10)).collect();
        let again: Vec<usize> = {
            let mut draws = Draws::new(7);
            (0..6).map(|_| draws.index(10)).collect()
        };
        assert_eq!(first, again);
        let mut counts = [0; 5];
        (0..5000).for_each(|_| counts[draws.index(5)] += 1);
        assert!(
            counts.iter().all(|&count| (850..1150).contains(&count)),
            "{counts:?}"
        );
        let mut counts = [0; 5];
        let mut stream = Draws::stream(7, 3);
        (0..5000).for_each(|_| counts[stream.index32(5) as usize] += 1);
        assert!(
            counts.iter().all(|&count| (850..1150).contains(&count)),
            "{counts:?}"
        );
        assert_ne!(
            Draws::stream(7, 3).index32(u32::MAX),
            Draws::stream(7, 4).index32(u32::MAX)
        );
        let mut order: Vec<usize> = (0..50).collect();
        draws.shuffle(&mut order);
        assert_ne!(order, (0..50).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    }
}
