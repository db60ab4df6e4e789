//! The arithmetic of one AdamW step (arXiv:1711.05101, in PyTorch's order of operations).

use super::device::{Device, SendPointer};

const GRAIN: usize = 32_768;

/// The numbers of one step that are the same for all parameters.
#[derive(Debug, Clone, Copy)]
pub struct AdamWStep {
    pub learning_rate: f32,
    pub beta1: f32,
    pub beta2: f32,
    pub epsilon: f32,
    pub weight_decay: f32,
    /// Applied to each gradient first: averaging and clipping.
    pub gradient_scale: f32,
    /// Counts from 1.
    pub step: u64,
}

/// Updates `parameters` and both moments; leaves the gradients as they are.
pub fn adamw(
    device: &Device,
    step: &AdamWStep,
    parameters: &mut [f32],
    gradients: &[f32],
    first: &mut [f32],
    second: &mut [f32],
) {
    assert!(
        parameters.len() == gradients.len()
            && first.len() == second.len()
            && first.len() == gradients.len(),
        "shapes of a step"
    );
    let power = step.step as f64;
    let first_correction = (1.0 - f64::from(step.beta1).powf(power)) as f32;
    let second_correction = (1.0 - f64::from(step.beta2).powf(power)).sqrt() as f32;
    let step_size = step.learning_rate / first_correction;
    let (first_base, second_base) = (
        SendPointer(first.as_mut_ptr()),
        SendPointer(second.as_mut_ptr()),
    );
    device.for_each_chunk(parameters, GRAIN, |index, parameters| {
        let start = index * GRAIN;
        let length = parameters.len();
        // SAFETY: tasks write different chunks of the moments, as they do of the parameters.
        let (first, second) = unsafe {
            (
                std::slice::from_raw_parts_mut(first_base.get().add(start), length),
                std::slice::from_raw_parts_mut(second_base.get().add(start), length),
            )
        };
        let gradients = &gradients[start..start + length];
        for i in 0..length {
            let gradient = gradients[i] * step.gradient_scale;
            first[i] = step.beta1 * first[i] + (1.0 - step.beta1) * gradient;
            second[i] = step.beta2 * second[i] + (1.0 - step.beta2) * gradient * gradient;
            let denominator = second[i].sqrt() / second_correction + step.epsilon;
            parameters[i] = parameters[i] * (1.0 - step.learning_rate * step.weight_decay)
                - step_size * first[i] / denominator;
        }
    });
}

/// Sum of squares in f64, in a fixed order.
pub fn squared_norm(device: &Device, values: &[f32]) -> f64 {
    let mut partial = vec![0.0f64; values.len().div_ceil(GRAIN)];
    device.for_each_chunk(&mut partial, 1, |index, sum| {
        let start = index * GRAIN;
        sum[0] = values[start..(start + GRAIN).min(values.len())]
            .iter()
            .map(|value| f64::from(*value) * f64::from(*value))
            .sum();
    });
    partial.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::lanes::Isa;

    #[test]
    fn the_first_step_moves_by_the_learning_rate() {
        let device = Device::with_isa(Isa::Portable, 1);
        let step = AdamWStep {
            learning_rate: 0.1,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.5,
            gradient_scale: 2.0,
            step: 1,
        };
        let (mut parameters, mut first, mut second) = ([1.0, -1.0], [0.0; 2], [0.0; 2]);
        adamw(
            &device,
            &step,
            &mut parameters,
            &[3.0, -0.5],
            &mut first,
            &mut second,
        );
        // Decay by 1 - 0.1 * 0.5, then a step of 0.1 against the gradient's sign.
        assert!(
            (parameters[0] - 0.85).abs() < 1e-5 && (parameters[1] + 0.85).abs() < 1e-5,
            "{parameters:?}"
        );
        assert!((first[0] - 0.6).abs() < 1e-6 && (second[0] - 0.036).abs() < 1e-6);
    }
}
