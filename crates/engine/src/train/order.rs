//! The order in which rows are seen: a shuffle an epoch that depends on the seed and the epoch
//! alone, so that a training can go on at any step without having stored a position.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::schedule::Schedule;

/// Keeps the order's random numbers apart from the adapter's, which start from the same seed.
const ORDER_STREAM: u64 = 0x6f72_6465_7200_0000;

/// Gives the rows of every step; remembers the shuffle of the epoch it was last asked for.
pub struct Order {
    seed: u64,
    rows: usize,
    shuffled: Option<(u64, Vec<usize>)>,
}

impl Order {
    pub fn new(seed: u64, rows: usize) -> Self {
        Self {
            seed,
            rows,
            shuffled: None,
        }
    }

    /// Indices of the rows of the step that follows `step` finished ones.
    pub fn rows_of_step(&mut self, schedule: &Schedule, step: u64) -> &[usize] {
        let epoch = step / schedule.steps_per_epoch;
        let within = self.range_of_step(schedule, step);
        if !matches!(&self.shuffled, Some((of, _)) if *of == epoch) {
            self.shuffled = Some((epoch, shuffle(self.seed, epoch, self.rows)));
        }
        let (_, order) = self.shuffled.as_ref().expect("set just above");
        &order[within]
    }

    fn range_of_step(&self, schedule: &Schedule, step: u64) -> Range<usize> {
        let position = (step % schedule.steps_per_epoch) as usize;
        let start = position
            .saturating_mul(schedule.rows_per_step)
            .min(self.rows);
        start..start.saturating_add(schedule.rows_per_step).min(self.rows)
    }
}

/// Fisher–Yates over `0..rows`.
fn shuffle(seed: u64, epoch: u64, rows: usize) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(ORDER_STREAM.wrapping_add(epoch));
    let mut order: Vec<usize> = (0..rows).collect();
    for last in (1..rows).rev() {
        order.swap(last, below(&mut random, last as u64 + 1) as usize);
    }
    order
}

/// Uniform in `0..limit`, without the bias of a bare remainder.
fn below(random: &mut ChaCha8Rng, limit: u64) -> u64 {
    let unbiased = u64::MAX - u64::MAX % limit;
    loop {
        let bits = random.next_u64();
        if bits < unbiased {
            return bits % limit;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(rows: usize) -> Schedule {
        let mut recipe = crate::train::testing::recipe();
        recipe.per_device_train_batch_size = 4;
        recipe.num_train_epochs = 3.0;
        Schedule::new(&recipe, rows)
    }

    #[test]
    fn an_epoch_sees_every_row_once() {
        let schedule = schedule(10);
        let mut order = Order::new(7, 10);
        for epoch in 0..3 {
            let mut seen: Vec<usize> = (0..schedule.steps_per_epoch)
                .flat_map(|step| {
                    order
                        .rows_of_step(&schedule, epoch * schedule.steps_per_epoch + step)
                        .to_vec()
                })
                .collect();
            assert_ne!(seen, (0..10).collect::<Vec<_>>(), "shuffled");
            seen.sort_unstable();
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_order_of_a_step_does_not_depend_on_where_one_started() {
        let schedule = schedule(50);
        let mut from_the_start = Order::new(7, 50);
        for step in 0..schedule.total_steps {
            let mut fresh = Order::new(7, 50);
            assert_eq!(
                from_the_start.rows_of_step(&schedule, step),
                fresh.rows_of_step(&schedule, step)
            );
        }
    }

    #[test]
    fn seeds_and_epochs_give_different_orders() {
        assert_ne!(shuffle(1, 0, 40), shuffle(2, 0, 40));
        assert_ne!(shuffle(1, 0, 40), shuffle(1, 1, 40));
        assert_eq!(shuffle(1, 0, 40), shuffle(1, 0, 40));
    }
}
