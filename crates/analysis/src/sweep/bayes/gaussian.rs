//! A Gaussian process with a Matérn 5/2 kernel: from costs at points to a mean and a deviation at
//! any point.

use super::axis::Axis;
use super::linear::{Cholesky, dot, row_start};

/// How alike costs at two points are, as a share of the variance of costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    /// One an axis: about the way in which costs change much.
    pub lengths: Vec<f64>,
    /// Variance of the noise, as a share of that of costs.
    pub noise: f64,
}

/// Matérn 5/2 of a squared distance in lengths.
pub fn matern(squared: f64) -> f64 {
    let scaled = (5.0 * squared).sqrt();
    (1.0 + scaled + scaled * scaled / 3.0) * (-scaled).exp()
}

/// What is learnt from the costs of some points.
pub struct Gaussian {
    is_categorical: Vec<bool>,
    kernel: Kernel,
    points: Vec<Vec<f64>>,
    /// Costs, standardised; those of running points are lies.
    costs: Vec<f64>,
    factor: Cholesky,
    /// K⁻¹ costs.
    weights: Vec<f64>,
    /// Of costs.
    variance: f64,
    /// The least cost that is believed at a finished point.
    pub best: f64,
    /// How many of the points are finished.
    finished: usize,
}

impl Gaussian {
    /// `None` when the kernel's matrix has no factor.
    pub fn new(
        axes: &[Axis],
        kernel: Kernel,
        points: Vec<Vec<f64>>,
        costs: Vec<f64>,
    ) -> Option<Self> {
        let is_categorical: Vec<bool> = axes.iter().map(Axis::is_categorical).collect();
        let finished = points.len();
        let (factor, weights) = learn(&is_categorical, &kernel, &points, &costs)?;
        let variance = (dot(&costs, &weights) / finished as f64).max(1e-6);
        let mut gaussian = Self {
            is_categorical,
            kernel,
            points,
            costs,
            factor,
            weights,
            variance,
            best: 0.0,
            finished,
        };
        gaussian.best = gaussian.best_mean();
        Some(gaussian)
    }

    /// Takes the running points for tried, with the mean cost (0): what nobody knows better yet is
    /// not tried a second time. The kernel stays as it is, for lies teach it nothing.
    pub fn with_lies(mut self, running: Vec<Vec<f64>>) -> Option<Self> {
        if running.is_empty() {
            return Some(self);
        }
        self.costs.extend(running.iter().map(|_| 0.0));
        self.points.extend(running);
        (self.factor, self.weights) = learn(
            &self.is_categorical,
            &self.kernel,
            &self.points,
            &self.costs,
        )?;
        self.best = self.best_mean();
        Some(self)
    }

    /// The cost that is believed at a point.
    pub fn mean(&self, point: &[f64]) -> f64 {
        dot(&self.alike(point), &self.weights)
    }

    /// Mean and deviation of the cost at a point.
    pub fn predict(&self, point: &[f64]) -> (f64, f64) {
        let mut alike = self.alike(point);
        let mean = dot(&alike, &self.weights);
        self.factor.solve_lower(&mut alike);
        let unexplained = (1.0 - dot(&alike, &alike)).max(1e-12);
        (mean, (self.variance * unexplained).sqrt())
    }

    /// Finished points, the best first.
    pub fn finished_best_first(&self) -> Vec<&[f64]> {
        let mut order: Vec<usize> = (0..self.finished).collect();
        order.sort_by(|a, b| self.costs[*a].total_cmp(&self.costs[*b]));
        order
            .into_iter()
            .map(|index| self.points[index].as_slice())
            .collect()
    }

    /// Whether a point was tried or is running.
    pub fn knows(&self, point: &[f64]) -> bool {
        self.points.iter().any(|known| known == point)
    }

    fn best_mean(&self) -> f64 {
        let means = self.points[..self.finished].iter();
        let means = means.map(|point| self.mean(point));
        means.fold(f64::INFINITY, f64::min)
    }

    fn alike(&self, point: &[f64]) -> Vec<f64> {
        let known = self.points.iter();
        known
            .map(|known| matern(squared(&self.is_categorical, &self.kernel, known, point)))
            .collect()
    }
}

/// The distance of two points in the kernel's lengths, squared.
fn squared(is_categorical: &[bool], kernel: &Kernel, a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    for axis in 0..a.len() {
        let apart = apart(is_categorical[axis], a[axis], b[axis]) / kernel.lengths[axis];
        sum += apart * apart;
    }
    sum
}

pub fn apart(is_categorical: bool, a: f64, b: f64) -> f64 {
    match is_categorical {
        true => f64::from(u8::from(a != b)),
        false => a - b,
    }
}

/// The factor of the kernel's matrix, and K⁻¹ costs.
fn learn(
    is_categorical: &[bool],
    kernel: &Kernel,
    points: &[Vec<f64>],
    costs: &[f64],
) -> Option<(Cholesky, Vec<f64>)> {
    let mut packed = Vec::with_capacity(row_start(points.len()));
    for (row, point) in points.iter().enumerate() {
        let earlier = points[..row].iter();
        packed.extend(earlier.map(|other| matern(squared(is_categorical, kernel, point, other))));
        packed.push(1.0 + kernel.noise);
    }
    let factor = Cholesky::new(packed, points.len())?;
    let mut weights = costs.to_vec();
    factor.solve(&mut weights);
    Some((factor, weights))
}
