//! The kernel under which the costs are likeliest.

use super::axis::Axis;
use super::gaussian::{Kernel, apart, matern};
use super::linear::{Cholesky, dot, row_start};

/// The likelihood is counted on at most so many points: it is asked a hundred times, and its cost
/// grows with their cube.
const MAX_POINTS: usize = 80;

/// With more axes all keep one length: the trials don't tell so many apart, and time grows with
/// the square of their number.
const MAX_AXES_APART: usize = 40;

const FIRST_LENGTHS: [f64; 5] = [0.1, 0.25, 0.5, 1.0, 2.0];
const NOISES: [f64; 4] = [1e-6, 1e-4, 1e-2, 0.1];
const LENGTH_RANGE: (f64, f64) = (0.03, 30.0);

/// First one length for all axes and the noise from a grid, then each axis for itself by factors.
pub fn fit(axes: &[Axis], points: &[Vec<f64>], costs: &[f64]) -> Kernel {
    let likelihood = Likelihood::new(axes, points, costs);
    let mut kernel = Kernel {
        lengths: vec![0.5; axes.len()],
        noise: 1e-2,
    };
    let mut best = f64::NEG_INFINITY;
    let mut attempt = |kernel: &mut Kernel, lengths: Vec<f64>, noise: f64| {
        let candidate = Kernel { lengths, noise };
        let value = likelihood.of(&candidate);
        if value > best {
            best = value;
            *kernel = candidate;
        }
    };
    for length in FIRST_LENGTHS {
        for noise in NOISES {
            attempt(&mut kernel, vec![length; axes.len()], noise);
        }
    }
    if axes.len() > MAX_AXES_APART {
        return kernel;
    }
    for factor in [3.0, 2.0, 1.4] {
        for axis in 0..axes.len() {
            let start = kernel.lengths.clone();
            for length in [start[axis] * factor, start[axis] / factor] {
                let mut lengths = start.clone();
                lengths[axis] = length.clamp(LENGTH_RANGE.0, LENGTH_RANGE.1);
                let noise = kernel.noise;
                attempt(&mut kernel, lengths, noise);
            }
        }
        for noise in NOISES {
            let lengths = kernel.lengths.clone();
            attempt(&mut kernel, lengths, noise);
        }
    }
    kernel
}

struct Likelihood {
    costs: Vec<f64>,
    /// An axis: the squared distance of every pair, packed row by row with the diagonal.
    squared: Vec<Vec<f64>>,
}

impl Likelihood {
    fn new(axes: &[Axis], points: &[Vec<f64>], costs: &[f64]) -> Self {
        let chosen = telling(costs);
        let pairs = |axis: usize| {
            let is_categorical = axes[axis].is_categorical();
            let mut squared = Vec::with_capacity(row_start(chosen.len()));
            for (row, first) in chosen.iter().enumerate() {
                squared.extend(chosen[..=row].iter().map(|second| {
                    apart(is_categorical, points[*first][axis], points[*second][axis]).powi(2)
                }));
            }
            squared
        };
        Self {
            costs: chosen.iter().map(|index| costs[*index]).collect(),
            squared: (0..axes.len()).map(pairs).collect(),
        }
    }

    /// ln of the probability density of the costs (their variance being the likeliest one), and of
    /// what kernels are like beforehand.
    fn of(&self, kernel: &Kernel) -> f64 {
        let count = self.costs.len();
        let mut packed = vec![0.0; row_start(count)];
        for (squared, length) in self.squared.iter().zip(&kernel.lengths) {
            let weight = 1.0 / (length * length);
            for (sum, squared) in packed.iter_mut().zip(squared) {
                *sum += squared * weight;
            }
        }
        packed.iter_mut().for_each(|value| *value = matern(*value));
        for row in 0..count {
            packed[row_start(row) + row] = 1.0 + kernel.noise;
        }
        let Some(factor) = Cholesky::new(packed, count) else {
            return f64::NEG_INFINITY;
        };
        let mut explained = self.costs.clone();
        factor.solve_lower(&mut explained);
        let variance = (dot(&explained, &explained) / count as f64).max(1e-6);
        let fit = -0.5 * (count as f64 * variance.ln() + factor.ln_determinant());
        // Lengths are about √axes (Hvarfner et al. 2024, arXiv 2402.02229), noise is small; both
        // weakly, so that few trials don't lead astray.
        let axes = kernel.lengths.len() as f64;
        let (centre, spread) = (2f64.sqrt() + 0.5 * axes.ln(), 3f64.sqrt());
        let length_prior: f64 = kernel
            .lengths
            .iter()
            .map(|length| -0.5 * ((length.ln() - centre) / spread).powi(2) - length.ln())
            .sum();
        let noise_prior = -0.5 * ((kernel.noise.ln() + 7.0) / 4.0).powi(2);
        fit + length_prior + noise_prior
    }
}

/// The best half and, of the others, evenly many.
fn telling(costs: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..costs.len()).collect();
    if order.len() <= MAX_POINTS {
        return order;
    }
    order.sort_by(|a, b| costs[*a].total_cmp(&costs[*b]));
    let half = MAX_POINTS / 2;
    let others = order.split_off(half);
    order.extend((0..half).map(|place| others[place * others.len() / half]));
    order
}
