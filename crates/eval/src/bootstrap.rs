//! Bootstrap intervals of means and of ratios of sums over rows, all from the same resamples, so
//! that one draw serves every metric of a report.

use gradus_analysis::{Draws, stats};

/// A quotient of two sums over rows. A plain mean has the denominators 1.
pub(crate) struct Ratio {
    pub numerators: Vec<f64>,
    pub denominators: Vec<f64>,
}

impl Ratio {
    /// The mean of the ratios; `None` without ratios or where a denominator sums to 0.
    pub(crate) fn mean_of(ratios: &[Ratio]) -> Option<f64> {
        let values = ratios
            .iter()
            .map(|ratio| {
                quotient(
                    ratio.numerators.iter().sum(),
                    ratio.denominators.iter().sum(),
                )
            })
            .collect::<Option<Vec<f64>>>()?;
        stats::mean(&values)
    }

    fn weighted(&self, weights: &[u16]) -> Option<f64> {
        let sum = |terms: &[f64]| {
            let products = terms.iter().zip(weights);
            products
                .map(|(term, weight)| term * f64::from(*weight))
                .sum()
        };
        quotient(sum(&self.numerators), sum(&self.denominators))
    }
}

fn quotient(numerator: f64, denominator: f64) -> Option<f64> {
    (denominator > 0.0).then(|| numerator / denominator)
}

/// How often each row was drawn, per resample.
pub(crate) struct Resamples(Vec<Vec<u16>>);

impl Resamples {
    pub(crate) fn draw(rows: usize, resamples: usize, seed: u64) -> Self {
        if rows < 2 {
            return Self(Vec::new());
        }
        let mut draws = Draws::new(seed);
        let draw = |_| {
            let mut weights = vec![0u16; rows];
            for _ in 0..rows {
                let weight = &mut weights[draws.index(rows)];
                *weight = weight.saturating_add(1);
            }
            weights
        };
        Self((0..resamples).map(draw).collect())
    }

    /// The percentile interval of the shaped mean of ratios. Resamples in which it is undefined
    /// are left out; `None` when more than half are.
    pub(crate) fn interval95(
        &self,
        ratios: &[Ratio],
        shape: impl Fn(f64) -> f64,
    ) -> Option<[f64; 2]> {
        self.interval95_by(|weights| {
            let each = ratios
                .iter()
                .map(|ratio| ratio.weighted(weights))
                .collect::<Option<Vec<f64>>>();
            each.and_then(|each| stats::mean(&each)).map(&shape)
        })
    }

    /// The same for any statistic of rows that count so many times.
    pub(crate) fn interval95_by(
        &self,
        statistic: impl Fn(&[u16]) -> Option<f64>,
    ) -> Option<[f64; 2]> {
        let mut values = Vec::with_capacity(self.0.len());
        for weights in &self.0 {
            values.extend(statistic(weights));
        }
        if values.is_empty() || values.len() * 2 < self.0.len() {
            return None;
        }
        Some([
            stats::percentile(&values, 2.5)?,
            stats::percentile(&values, 97.5)?,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_covers_the_value_and_repeats_exactly() {
        let ratio = || Ratio {
            numerators: (0..50).map(f64::from).collect(),
            denominators: vec![1.0; 50],
        };
        let interval = |seed| Resamples::draw(50, 2000, seed).interval95(&[ratio()], |mean| mean);
        let [low, high] = interval(1).unwrap();
        assert!(low < 24.5 && 24.5 < high, "{low} {high}");
        // Normal theory: 24.5 ± 1.96 · 14.43 / √50.
        assert!(
            (low - 20.5).abs() < 0.6 && (high - 28.5).abs() < 0.6,
            "{low} {high}"
        );
        assert_eq!(interval(1), interval(1));
    }

    #[test]
    fn undefined_stays_undefined() {
        let nothing = Ratio {
            numerators: vec![1.0, 2.0],
            denominators: vec![0.0, 0.0],
        };
        let resamples = Resamples::draw(2, 100, 1);
        assert_eq!(
            resamples.interval95(std::slice::from_ref(&nothing), |mean| mean),
            None
        );
        assert_eq!(Ratio::mean_of(&[nothing]), None);
        assert_eq!(Ratio::mean_of(&[]), None);
    }
}
