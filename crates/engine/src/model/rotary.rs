//! Rotary position embeddings (arXiv:2104.09864) and the ways to stretch them.

use super::{ModelConfig, RopeScaling};
use crate::kernels::elementwise::Rotation;

/// The angle that each pair of a head turns by per position, and a factor on cosines and sines.
#[derive(Debug, Clone)]
pub struct Rotary {
    inverse_frequencies: Vec<f64>,
    attention_factor: f64,
}

impl Rotary {
    pub fn new(config: &ModelConfig) -> Self {
        let half = config.head_dim / 2;
        let theta = f64::from(config.rope_theta);
        let plain = (0..half).map(|i| theta.powf(-(i as f64) / half as f64));
        let mut attention_factor = 1.0;
        let inverse_frequencies = match &config.rope_scaling {
            RopeScaling::None => plain.collect(),
            RopeScaling::Linear { factor } => {
                plain.map(|inverse| inverse / f64::from(*factor)).collect()
            }
            RopeScaling::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_max_position_embeddings,
            } => {
                let (factor, low, high) = (
                    f64::from(*factor),
                    f64::from(*low_freq_factor),
                    f64::from(*high_freq_factor),
                );
                let original = *original_max_position_embeddings as f64;
                plain
                    .map(|inverse| {
                        // Turns within the original length decide how much of the stretch a pair gets.
                        let turns = original * inverse / std::f64::consts::TAU;
                        let smooth = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                        (1.0 - smooth) * inverse / factor + smooth * inverse
                    })
                    .collect()
            }
            RopeScaling::Yarn {
                factor,
                beta_fast,
                beta_slow,
                original_max_position_embeddings,
                attention_factor: scale,
                truncate,
            } => {
                attention_factor = f64::from(*scale);
                let original = *original_max_position_embeddings as f64;
                let dimension_of = |turns: f32| {
                    config.head_dim as f64
                        * (original / (f64::from(turns) * std::f64::consts::TAU)).ln()
                        / (2.0 * theta.ln())
                };
                let (mut low, mut high) = (dimension_of(*beta_fast), dimension_of(*beta_slow));
                if *truncate {
                    (low, high) = (low.floor(), high.ceil());
                }
                low = low.max(0.0);
                high = high.min(config.head_dim as f64 - 1.0);
                if low == high {
                    high += 0.001;
                }
                plain
                    .enumerate()
                    .map(|(i, inverse)| {
                        let stretched = ((i as f64 - low) / (high - low)).clamp(0.0, 1.0);
                        inverse / f64::from(*factor) * stretched + inverse * (1.0 - stretched)
                    })
                    .collect()
            }
        };
        Self {
            inverse_frequencies,
            attention_factor,
        }
    }

    /// Rotations of queries and of keys at `positions`. They differ only where the model scales
    /// queries by position (Ministral 3); then the second is `Some`.
    pub fn at(&self, positions: &[u32], config: &ModelConfig) -> (Rotation, Option<Rotation>) {
        let keys = self.scaled(positions, |_| 1.0);
        match &config.query_temperature {
            None => (keys, None),
            Some(temperature) => {
                let original = temperature.original_max_position_embeddings.max(1);
                let queries = self.scaled(positions, |position| {
                    1.0 + f64::from(temperature.beta)
                        * (1.0 + (position as usize / original) as f64).ln()
                });
                (queries, Some(keys))
            }
        }
    }

    fn scaled(&self, positions: &[u32], scale: impl Fn(u32) -> f64) -> Rotation {
        let mut rotation = Rotation {
            cos: Vec::new(),
            sin: Vec::new(),
        };
        for &position in positions {
            let factor = self.attention_factor * scale(position);
            for inverse in &self.inverse_frequencies {
                // transformers computes the angle in f32; long positions differ otherwise.
                let angle = f64::from(position as f32 * *inverse as f32);
                rotation.cos.push((angle.cos() * factor) as f32);
                rotation.sin.push((angle.sin() * factor) as f32);
            }
        }
        rotation
    }
}
