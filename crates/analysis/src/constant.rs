//! The cheapest baselines: answer the training median, always or per stratum.

use std::collections::BTreeMap;

use crate::error::{Result, check_targets};
use crate::stats::median;

/// Median vector of the training targets, and one per stratum where strata are given.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstantBaseline {
    overall: Vec<f64>,
    by_stratum: BTreeMap<String, Vec<f64>>,
}

impl ConstantBaseline {
    /// `targets`: rows × outputs.
    pub fn fit(targets: &[Vec<f64>]) -> Result<Self> {
        check_targets(targets.len(), targets)?;
        Ok(Self {
            overall: median_vector(targets),
            by_stratum: BTreeMap::new(),
        })
    }

    /// `strata[i]` is the stratum of `targets[i]`.
    pub fn fit_by(strata: &[String], targets: &[Vec<f64>]) -> Result<Self> {
        check_targets(strata.len(), targets)?;
        let mut groups: BTreeMap<String, Vec<Vec<f64>>> = BTreeMap::new();
        for (stratum, target) in strata.iter().zip(targets) {
            groups
                .entry(stratum.clone())
                .or_default()
                .push(target.clone());
        }
        let by_stratum = groups
            .into_iter()
            .map(|(name, rows)| (name, median_vector(&rows)));
        Ok(Self {
            overall: median_vector(targets),
            by_stratum: by_stratum.collect(),
        })
    }

    /// The vector for a row; a stratum that training never showed gets the overall median.
    pub fn predict(&self, stratum: Option<&str>) -> &[f64] {
        stratum
            .and_then(|name| self.by_stratum.get(name))
            .unwrap_or(&self.overall)
    }
}

fn median_vector(targets: &[Vec<f64>]) -> Vec<f64> {
    let width = targets.first().map_or(0, Vec::len);
    (0..width)
        .map(|column| {
            let values: Vec<f64> = targets.iter().map(|row| row[column]).collect();
            median(&values).expect("a group has at least one row")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn medians_overall_and_per_stratum() {
        let targets = vec![
            vec![1.0, 9.0],
            vec![2.0, 8.0],
            vec![6.0, 0.0],
            vec![8.0, 1.0],
        ];
        let strata: Vec<String> = ["a", "a", "b", "b"].map(String::from).to_vec();
        let overall = ConstantBaseline::fit(&targets).unwrap();
        assert_eq!(overall.predict(Some("a")), [4.0, 4.5]);
        let split = ConstantBaseline::fit_by(&strata, &targets).unwrap();
        assert_eq!(split.predict(Some("a")), [1.5, 8.5]);
        assert_eq!(split.predict(Some("b")), [7.0, 0.5]);
        assert_eq!(split.predict(Some("never seen")), [4.0, 4.5]);
    }

    #[test]
    fn broken_targets_are_refused() {
        assert_eq!(ConstantBaseline::fit(&[]), Err(Error::NoRows));
        let ragged = [vec![1.0], vec![1.0, 2.0]];
        let expected = Error::WidthDiffers {
            row: 1,
            found: 2,
            expected: 1,
        };
        assert_eq!(ConstantBaseline::fit(&ragged), Err(expected));
        let nan = ConstantBaseline::fit(&[vec![f64::NAN]]);
        assert_eq!(nan, Err(Error::NotFinite { row: 0, column: 0 }));
    }
}
