//! Picks one of several choices by their logits.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::{Error, Result};

/// Temperature, then top-k, then top-p, in the order of transformers' logits processors.
#[derive(Debug, Clone)]
pub(super) struct Sampler {
    temperature: f32,
    top_p: f32,
    top_k: Option<usize>,
    random: ChaCha8Rng,
}

impl Sampler {
    /// The stream of random numbers depends on the seed, the prompt, and how many times that
    /// prompt came before in the same call; on nothing else of the batch.
    pub fn new(
        temperature: f32,
        top_p: f32,
        top_k: Option<usize>,
        seed: u64,
        prompt: &[u32],
        occurrence: u64,
    ) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&fnv1a(prompt).to_le_bytes());
        bytes[16..24].copy_from_slice(&occurrence.to_le_bytes());
        Self {
            temperature,
            top_p,
            top_k,
            random: ChaCha8Rng::from_seed(bytes),
        }
    }

    /// Always the highest logit.
    #[cfg(test)]
    pub fn greedy() -> Self {
        Self::new(0.0, 1.0, None, 0, &[], 0)
    }

    /// Gives the picked choice; equal logits: the one that comes first.
    ///
    /// # Errors
    /// A logit that is NaN, or none that is above minus infinity.
    pub fn pick(&mut self, choices: impl Iterator<Item = (usize, f32)>) -> Result<usize> {
        if self.temperature == 0.0 {
            return most_likely(choices).map(|(choice, _)| choice);
        }
        let mut choices: Vec<(usize, f32)> = choices.collect();
        let (_, highest) = most_likely(choices.iter().copied())?;
        if self.top_k.is_some() || self.top_p < 1.0 {
            choices.sort_by(|left, right| right.1.total_cmp(&left.1));
        }
        if let Some(top_k) = self.top_k {
            choices.truncate(top_k);
        }
        let temperature = f64::from(self.temperature);
        let weight = |logit: f32| (f64::from(logit - highest) / temperature).exp();
        let mut total: f64 = choices.iter().map(|&(_, logit)| weight(logit)).sum();
        if self.top_p < 1.0 {
            let enough = total * f64::from(self.top_p);
            let mut reached = 0.0;
            let kept = choices.iter().position(|&(_, logit)| {
                reached += weight(logit);
                reached >= enough
            });
            choices.truncate(kept.map_or(choices.len(), |last| last + 1));
            total = reached;
        }
        let mut left = self.unit() * total;
        for &(choice, logit) in &choices {
            left -= weight(logit);
            if left < 0.0 {
                return Ok(choice);
            }
        }
        // Rounding can leave a crumb of `left`.
        choices
            .last()
            .map(|&(choice, _)| choice)
            .ok_or_else(not_finite)
    }

    /// Uniform in [0, 1) with 53 bits.
    fn unit(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn most_likely(choices: impl Iterator<Item = (usize, f32)>) -> Result<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (choice, logit) in choices {
        if logit.is_nan() {
            return Err(not_finite());
        }
        if best.is_none_or(|(_, highest)| logit > highest) {
            best = Some((choice, logit));
        }
    }
    best.filter(|&(_, highest)| highest > f32::NEG_INFINITY)
        .ok_or_else(not_finite)
}

pub(super) fn not_finite() -> Error {
    Error::NotFinite(
        "the model's logits are not numbers; its weights or the adapter are broken".to_owned(),
    )
}

/// FNV-1a, 64 bits (draft-eastlake-fnv), over the tokens' little-endian bytes.
fn fnv1a(tokens: &[u32]) -> u64 {
    let bytes = tokens.iter().flat_map(|token| token.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(logits: &[f32]) -> impl Iterator<Item = (usize, f32)> + '_ {
        logits.iter().copied().enumerate()
    }

    fn shares(mut sampler: Sampler, logits: &[f32], draws: usize) -> Vec<f64> {
        let mut counts = vec![0.0; logits.len()];
        for _ in 0..draws {
            counts[sampler.pick(numbered(logits)).unwrap()] += 1.0 / draws as f64;
        }
        counts
    }

    #[test]
    fn greedy_takes_the_first_of_equals() {
        assert_eq!(
            Sampler::greedy()
                .pick(numbered(&[1.0, 3.0, 3.0, 2.0]))
                .unwrap(),
            1
        );
    }

    #[test]
    fn frequencies_follow_the_softmax() {
        let logits = [0.0_f32, 1.0, 2.0];
        let counts = shares(Sampler::new(2.0, 1.0, None, 7, &[1], 0), &logits, 20_000);
        let weights: Vec<f64> = logits
            .iter()
            .map(|&logit| (f64::from(logit) / 2.0).exp())
            .collect();
        let total: f64 = weights.iter().sum();
        for (count, weight) in counts.iter().zip(&weights) {
            assert!((count - weight / total).abs() < 0.015, "{counts:?}");
        }
    }

    #[test]
    fn top_k_and_top_p_leave_only_the_head() {
        let logits = [0.1_f32.ln(), 0.5_f32.ln(), 0.15_f32.ln(), 0.25_f32.ln()];
        let counts = shares(Sampler::new(1.0, 1.0, Some(2), 7, &[1], 0), &logits, 500);
        assert!(counts[0] == 0.0 && counts[2] == 0.0 && counts[1] > counts[3]);
        let counts = shares(Sampler::new(1.0, 0.74, None, 7, &[1], 0), &logits, 500);
        assert!(counts[0] == 0.0 && counts[2] == 0.0 && counts[3] > 0.0);
        let counts = shares(Sampler::new(1.0, 0.01, None, 7, &[1], 0), &logits, 50);
        assert!(
            (counts[1] - 1.0).abs() < 1e-9,
            "top_p keeps at least one: {counts:?}"
        );
    }

    #[test]
    fn the_stream_depends_on_seed_prompt_and_occurrence() {
        let draw = |seed, prompt: &[u32], occurrence| {
            let mut sampler = Sampler::new(1.0, 1.0, None, seed, prompt, occurrence);
            (0..8)
                .map(|_| sampler.pick(numbered(&[0.0; 50])).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(1, &[5, 6], 0), draw(1, &[5, 6], 0));
        assert_ne!(draw(1, &[5, 6], 0), draw(2, &[5, 6], 0));
        assert_ne!(draw(1, &[5, 6], 0), draw(1, &[6, 5], 0));
        assert_ne!(draw(1, &[5, 6], 0), draw(1, &[5, 6], 1));
    }

    #[test]
    fn logits_that_are_not_numbers_are_an_error() {
        assert!(Sampler::greedy().pick(numbered(&[0.0, f32::NAN])).is_err());
        assert!(
            Sampler::greedy()
                .pick(numbered(&[f32::NEG_INFINITY]))
                .is_err()
        );
        assert!(Sampler::greedy().pick(std::iter::empty()).is_err());
    }
}
