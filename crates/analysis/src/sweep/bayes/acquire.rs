//! Where the expected improvement is largest.

use std::f64::consts::PI;

use super::axis::Axis;
use super::gaussian::Gaussian;
use crate::draws::Draws;
use crate::special::normal_cdf;

const ANYWHERE: usize = 400;
/// Around each of the best known points.
const AROUND: usize = 20;
const KNOWN_POINTS: usize = 5;
const STARTS: usize = 4;
const STEPS: usize = 50;

/// Seeded candidates everywhere and around the best known points; then the most promising ones are
/// moved by steps that shrink where nothing improves. A point that was tried or runs is taken only
/// where no other was found.
pub fn best_point(axes: &[Axis], gaussian: &Gaussian, draws: &mut Draws) -> Vec<f64> {
    let mut candidates: Vec<Vec<f64>> = (0..ANYWHERE)
        .map(|_| axes.iter().map(|axis| axis.draw(draws)).collect())
        .collect();
    for known in gaussian
        .finished_best_first()
        .into_iter()
        .take(KNOWN_POINTS)
    {
        for index in 0..AROUND {
            let deviation = [0.2, 0.05, 0.01][index % 3];
            candidates.push(moved(axes, known, deviation, draws));
        }
    }
    let mut rated: Vec<Rated> = candidates
        .into_iter()
        .map(|point| Rated::new(gaussian, point))
        .collect();
    rated.sort_by(|a, b| b.worth.total_cmp(&a.worth));
    rated.truncate(STARTS);
    let climbed = rated
        .into_iter()
        .map(|start| climb(axes, gaussian, start, draws));
    let best = climbed.reduce(|a, b| if b.worth > a.worth { b } else { a });
    best.map_or_else(Vec::new, |best| best.point)
}

struct Rated {
    point: Vec<f64>,
    /// ln of the expected improvement, far below any such where the point is known already.
    worth: f64,
}

impl Rated {
    fn new(gaussian: &Gaussian, point: Vec<f64>) -> Self {
        let worth = match gaussian.knows(&point) {
            true => f64::MIN,
            false => {
                let (mean, deviation) = gaussian.predict(&point);
                ln_expected_improvement(gaussian.best - mean, deviation)
            }
        };
        Self { point, worth }
    }
}

fn climb(axes: &[Axis], gaussian: &Gaussian, start: Rated, draws: &mut Draws) -> Rated {
    let mut best = start;
    let mut deviation = 0.1;
    for _ in 0..STEPS {
        let next = Rated::new(gaussian, moved(axes, &best.point, deviation, draws));
        if next.worth > best.worth {
            best = next;
            deviation *= 1.5;
        } else {
            deviation *= 0.85;
        }
        deviation = f64::clamp(deviation, 1e-3, 0.3);
    }
    best
}

/// With some of the axes, one at least, a little elsewhere.
fn moved(axes: &[Axis], point: &[f64], deviation: f64, draws: &mut Draws) -> Vec<f64> {
    let mut moved = point.to_vec();
    if axes.is_empty() {
        return moved;
    }
    let always = draws.index(axes.len());
    for (index, axis) in axes.iter().enumerate() {
        if index == always || draws.chance(0.4) {
            moved[index] = axis.nearby(point[index], deviation, draws);
        }
    }
    moved
}

/// ln E[max(0, gain + deviation · Z)]. Far from any improvement the plain formula is 0 everywhere
/// and shows no way; there its asymptotic series gives the logarithm.
fn ln_expected_improvement(gain: f64, deviation: f64) -> f64 {
    let z = gain / deviation;
    let ln_density = -0.5 * z * z - 0.5 * (2.0 * PI).ln();
    if z > -6.0 {
        return (deviation * (ln_density.exp() + z * normal_cdf(z))).ln();
    }
    // 1 - 3/z² + 15/z⁴ - 105/z⁶
    let square = 1.0 / (z * z);
    let tail = 1.0 - square * (3.0 - square * (15.0 - square * 105.0));
    deviation.ln() + ln_density + square.ln() + tail.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_improvement_is_that_of_the_integral_and_has_no_seam() {
        // Midpoint rule over Z.
        let integral = |gain: f64, deviation: f64| {
            let steps = 400_000;
            let width = 24.0 / f64::from(steps);
            let sum: f64 = (0..steps)
                .map(|step| {
                    let z = -12.0 + (f64::from(step) + 0.5) * width;
                    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
                    (gain + deviation * z).max(0.0) * density * width
                })
                .sum();
            sum.ln()
        };
        for (gain, deviation) in [
            (0.5, 1.0),
            (0.0, 0.3),
            (-1.0, 0.5),
            (-3.0, 0.6),
            (-3.5, 0.5),
        ] {
            let found = ln_expected_improvement(gain, deviation);
            let expected = integral(gain, deviation);
            assert!(
                (found - expected).abs() < 1e-3,
                "{gain}: {found} {expected}"
            );
        }
        let seam =
            ln_expected_improvement(-5.999_999, 1.0) - ln_expected_improvement(-6.000_001, 1.0);
        assert!(seam.abs() < 1e-3, "{seam}");
    }
}
