//! How many steps a training takes and the learning rate of each: the formulas of Hugging Face's
//! `Trainer` and `optimization.py`, so that a recipe means here what it means there.

use gradus_schema::{LearningRateSchedule, Recipe};

/// The length of a training and its learning rates. Steps count from 0 here.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    kind: LearningRateSchedule,
    learning_rate: f64,
    pub total_steps: u64,
    pub warmup_steps: u64,
    /// Optimiser steps in one pass over the rows; the last one may be short.
    pub steps_per_epoch: u64,
    pub rows_per_step: usize,
}

impl Schedule {
    /// `rows` is the size of the training set, at least 1.
    pub fn new(recipe: &Recipe, rows: usize) -> Self {
        let rows_per_step = recipe
            .per_device_train_batch_size
            .saturating_mul(recipe.gradient_accumulation_steps)
            .max(1);
        let steps_per_epoch = rows.div_ceil(rows_per_step).max(1) as u64;
        let total_steps = recipe
            .max_steps
            .unwrap_or_else(|| (recipe.num_train_epochs * steps_per_epoch as f64).ceil() as u64);
        let warmup_steps = recipe
            .warmup_steps
            .unwrap_or_else(|| (total_steps as f64 * recipe.warmup_ratio).ceil() as u64);
        Self {
            kind: recipe.lr_scheduler_type,
            learning_rate: recipe.learning_rate,
            total_steps,
            warmup_steps,
            steps_per_epoch,
            rows_per_step,
        }
    }

    /// The rate that the step after `step` finished ones runs with. As in transformers, a warm-up
    /// starts from a rate of 0.
    pub fn learning_rate(&self, step: u64) -> f64 {
        self.learning_rate * self.factor(step)
    }

    fn factor(&self, step: u64) -> f64 {
        let warmup = self.warmup_steps;
        let warming = step < warmup && self.kind != LearningRateSchedule::Constant;
        if warming {
            return step as f64 / warmup.max(1) as f64;
        }
        let decay_steps = self.total_steps.saturating_sub(warmup).max(1) as f64;
        match self.kind {
            LearningRateSchedule::Constant | LearningRateSchedule::ConstantWithWarmup => 1.0,
            LearningRateSchedule::Linear => {
                self.total_steps.saturating_sub(step) as f64 / decay_steps
            }
            LearningRateSchedule::Cosine => {
                let progress = (step - warmup) as f64 / decay_steps;
                (0.5 * (1.0 + (std::f64::consts::PI * progress).cos())).max(0.0)
            }
        }
    }

    /// Epochs that `step` finished steps amount to.
    pub fn epoch(&self, step: u64) -> f64 {
        step as f64 / self.steps_per_epoch as f64
    }

    /// Whether something that happens every `every` steps (`None`: once an epoch) and at the end
    /// is due after `step` finished steps.
    pub fn due(&self, every: Option<u64>, step: u64) -> bool {
        let every = every.unwrap_or(self.steps_per_epoch).max(1);
        step > 0 && (step.is_multiple_of(every) || step == self.total_steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(kind: LearningRateSchedule, total_steps: u64, warmup_steps: u64) -> Schedule {
        Schedule {
            kind,
            learning_rate: 1.0,
            total_steps,
            warmup_steps,
            steps_per_epoch: 4,
            rows_per_step: 8,
        }
    }

    fn rates(schedule: &Schedule) -> Vec<f64> {
        (0..schedule.total_steps)
            .map(|step| schedule.learning_rate(step))
            .collect()
    }

    fn assert_close(actual: &[f64], expected: &[f64]) {
        assert_eq!(actual.len(), expected.len());
        for (actual, expected) in actual.iter().zip(expected) {
            assert!(
                (actual - expected).abs() < 1e-6,
                "{actual} is not {expected}"
            );
        }
    }

    /// The formulas of transformers' `optimization.py` worked out for 2 warm-up steps of 10.
    #[test]
    fn rates_are_those_of_transformers() {
        use LearningRateSchedule::*;
        assert_close(&rates(&schedule(Constant, 4, 2)), &[1.0; 4]);
        assert_close(
            &rates(&schedule(ConstantWithWarmup, 5, 2)),
            &[0.0, 0.5, 1.0, 1.0, 1.0],
        );
        assert_close(
            &rates(&schedule(Linear, 10, 2)),
            &[0.0, 0.5, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125],
        );
        assert_close(
            &rates(&schedule(Cosine, 10, 2)),
            &[
                0.0,
                0.5,
                1.0,
                0.961_939_766,
                0.853_553_391,
                0.691_341_716,
                0.5,
                0.308_658_284,
                0.146_446_609,
                0.038_060_234,
            ],
        );
    }

    #[test]
    fn a_warm_up_longer_than_the_training_never_divides_by_zero() {
        for kind in [
            LearningRateSchedule::Linear,
            LearningRateSchedule::Cosine,
            LearningRateSchedule::ConstantWithWarmup,
        ] {
            let rates = rates(&schedule(kind, 3, 7));
            assert!(
                rates.iter().all(|rate| (0.0..=1.0).contains(rate)),
                "{rates:?}"
            );
        }
    }

    #[test]
    fn epochs_may_be_fractional_and_the_last_step_short() {
        let mut recipe = crate::train::testing::recipe();
        recipe.per_device_train_batch_size = 4;
        recipe.gradient_accumulation_steps = 2;
        recipe.num_train_epochs = 2.5;
        recipe.warmup_ratio = 0.03;
        let schedule = Schedule::new(&recipe, 17);
        assert_eq!(schedule.steps_per_epoch, 3);
        assert_eq!(schedule.total_steps, 8);
        assert_eq!(schedule.warmup_steps, 1, "0.24 is rounded up");
        recipe.max_steps = Some(5);
        assert_eq!(Schedule::new(&recipe, 17).total_steps, 5);
    }

    #[test]
    fn the_end_is_always_due() {
        let schedule = schedule(LearningRateSchedule::Cosine, 10, 0);
        let due: Vec<u64> = (0..=10).filter(|&step| schedule.due(None, step)).collect();
        assert_eq!(due, [4, 8, 10]);
        let due: Vec<u64> = (0..=10)
            .filter(|&step| schedule.due(Some(3), step))
            .collect();
        assert_eq!(due, [3, 6, 9, 10]);
    }
}
