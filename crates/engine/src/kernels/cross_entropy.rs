//! Cross-entropy over the vocabulary and its gradient.

use super::device::{Device, SendPointer};
use super::lanes::{Kernel, Lanes};

/// The tokens asked for at one position, with their weights.
pub type Wanted<'a> = &'a [(u32, f32)];

/// Loss of one position.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PositionLoss {
    /// Sum over the wanted tokens of weight × -ln p(token), in nats.
    pub loss: f64,
    /// The token with the highest logit.
    pub best: u32,
}

/// Computes each row's loss; `logits` `[rows, vocab]` are replaced by their gradient when
/// `gradient` is true, else by values of no use.
pub fn cross_entropy(
    device: &Device,
    logits: &mut [f32],
    vocab: usize,
    wanted: &[Wanted<'_>],
    gradient: bool,
) -> Vec<PositionLoss> {
    assert_eq!(
        logits.len(),
        vocab * wanted.len(),
        "one row of logits for each position"
    );
    let mut losses = vec![PositionLoss::default(); wanted.len()];
    let base = SendPointer(logits.as_mut_ptr());
    device.for_each_chunk(&mut losses, 1, |row, loss| {
        // SAFETY: each task has its own row.
        let logits = unsafe { std::slice::from_raw_parts_mut(base.get().add(row * vocab), vocab) };
        loss[0] = device.kernel(Row {
            logits,
            wanted: wanted[row],
            gradient,
        });
    });
    losses
}

struct Row<'a> {
    logits: &'a mut [f32],
    wanted: Wanted<'a>,
    gradient: bool,
}

impl Kernel for Row<'_> {
    type Output = PositionLoss;

    #[inline(always)]
    fn run<L: Lanes>(self) -> PositionLoss {
        let logits = self.logits;
        let (mut best, mut maximum) = (0, f32::NEG_INFINITY);
        for (token, logit) in logits.iter().enumerate() {
            if *logit > maximum {
                (best, maximum) = (token as u32, *logit);
            }
        }
        let weight: f32 = self.wanted.iter().map(|(_, weight)| weight).sum();
        let wanted_logits: f64 = self
            .wanted
            .iter()
            .map(|(token, weight)| f64::from(*weight) * f64::from(logits[*token as usize]))
            .sum();
        let sum = exponentials::<L>(logits, maximum);
        let log_sum = f64::from(maximum) + sum.ln();
        if self.gradient {
            let scale = (f64::from(weight) / sum) as f32;
            logits
                .iter_mut()
                .for_each(|probability| *probability *= scale);
            for (token, weight) in self.wanted {
                logits[*token as usize] -= weight;
            }
        }
        PositionLoss {
            loss: f64::from(weight) * log_sum - wanted_logits,
            best,
        }
    }
}

/// Replaces each x by e^(x - maximum) and gives their sum.
#[inline(always)]
pub(super) fn exponentials<L: Lanes>(values: &mut [f32], maximum: f32) -> f64 {
    let whole = values.len() / L::WIDTH * L::WIDTH;
    let mut total = 0.0;
    // Partial sums keep f32 additions few, so that 50,000 small terms don't vanish in a large one.
    for block in values[..whole].chunks_mut(L::WIDTH * 64) {
        // SAFETY: the block's length is a multiple of WIDTH.
        unsafe {
            let mut sum = L::splat(0.0);
            let shift = L::splat(maximum);
            for i in (0..block.len()).step_by(L::WIDTH) {
                let pointer = block.as_mut_ptr().add(i);
                let e = L::load(pointer).sub(shift).exp();
                e.store(pointer);
                sum = sum.add(e);
            }
            total += f64::from(sum.sum());
        }
    }
    for value in &mut values[whole..] {
        *value = (*value - maximum).exp();
        total += f64::from(*value);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::lanes::Isa;

    #[test]
    fn loss_and_gradient_agree_with_the_definition() {
        let vocab = 53;
        let logits: Vec<f32> = (0..vocab)
            .map(|i| ((i * 37 % 53) as f32) * 0.3 - 5.0)
            .collect();
        let wanted: &[(u32, f32)] = &[(3, 0.75), (50, 0.25)];
        let sum: f64 = logits.iter().map(|x| f64::from(*x).exp()).sum();
        let expected: f64 = wanted
            .iter()
            .map(|(t, w)| -f64::from(*w) * (f64::from(logits[*t as usize]).exp() / sum).ln())
            .sum();
        for isa in Isa::available() {
            let device = Device::with_isa(isa, 2);
            let mut gradient = logits.clone();
            let losses = cross_entropy(&device, &mut gradient, vocab, &[wanted], true);
            assert!((losses[0].loss - expected).abs() < 1e-5, "{}", isa.name());
            for (token, gradient) in gradient.iter().enumerate() {
                let target: f64 = wanted
                    .iter()
                    .filter(|(t, _)| *t as usize == token)
                    .map(|(_, w)| f64::from(*w))
                    .sum();
                let probability = f64::from(logits[token]).exp() / sum;
                assert!((f64::from(*gradient) - (probability - target)).abs() < 1e-6);
            }
        }
    }
}
