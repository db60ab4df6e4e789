//! What the training rows look like: the yardsticks that an answer is held against.

use gradus_analysis::{ConstantBaseline, stats};

use crate::contract::Contract;

/// The training mean, the zero of R², and the training median, the zero of skill.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingReference {
    pub(crate) means: Vec<f64>,
    constant: ConstantBaseline,
    /// Whether every training row had a stratum.
    pub(crate) by_stratum: bool,
    integer: Vec<bool>,
    /// Per number, all training targets in ascending order.
    pub(crate) sorted: Vec<Vec<f64>>,
}

impl TrainingReference {
    /// `rows`: stratum and numbers of each training row. `None` without rows or numbers.
    pub fn fit(rows: &[(Option<String>, Vec<f64>)], contract: &Contract) -> Option<Self> {
        if rows.is_empty() || contract.fields().is_empty() {
            return None;
        }
        let targets: Vec<Vec<f64>> = rows.iter().map(|(_, numbers)| numbers.clone()).collect();
        let strata: Vec<String> = rows
            .iter()
            .map(|(stratum, _)| stratum.clone().unwrap_or_default())
            .collect();
        let means = (0..contract.fields().len())
            .map(|column| stats::mean(&targets.iter().map(|row| row[column]).collect::<Vec<_>>()))
            .collect::<Option<Vec<f64>>>()?;
        let sorted = (0..contract.fields().len())
            .map(|column| {
                let mut values: Vec<f64> = targets.iter().map(|row| row[column]).collect();
                values.sort_by(f64::total_cmp);
                values
            })
            .collect();
        Some(Self {
            sorted,
            means,
            constant: ConstantBaseline::fit_by(&strata, &targets).ok()?,
            by_stratum: rows.iter().all(|(stratum, _)| stratum.is_some()),
            integer: contract
                .fields()
                .iter()
                .map(|field| field.integer)
                .collect(),
        })
    }

    /// The constant answer, as a baseline would give it; the stratum's own where one is named.
    pub(crate) fn constant(&self, stratum: Option<&str>) -> Vec<f64> {
        let median = self.constant.predict(stratum);
        median
            .iter()
            .zip(&self.integer)
            .map(|(value, integer)| if *integer { value.round() } else { *value })
            .collect()
    }
}
