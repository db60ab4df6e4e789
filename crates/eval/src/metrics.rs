//! Metrics over scored answers: pure, every value with its denominators and a 95 % interval.
//!
//! Definitions: validity rates are over attempted rows, everything about quality is over evaluated
//! rows (those that the requested model answered: a failed transport is no failure of the model);
//! an evaluated row without a
//! valid answer costs the worst error that its target allows (`max(t − min, max − t)` per number)
//! in everything called `penalised`, `raw` or `norm`, so that failing never pays; what can't be
//! computed is `null` with `n = 0`, never 0.

use std::collections::BTreeMap;

use gradus_analysis::stats;
use gradus_schema::{Cost, Metric, Scale, nearest};

use crate::bootstrap::{Ratio, Resamples};
use crate::contract::Contract;
use crate::training_reference::TrainingReference;

mod labels;
mod quality;
mod serving;

/// Resamples of a bootstrap interval in a report.
pub const RESAMPLES: usize = 2000;
const RESAMPLE_SEED: u64 = 42;

const RATES: [&str; 6] = [
    "strict_valid_rate",
    "lenient_valid_rate",
    "parse_error_rate",
    "transport_ok_rate",
    "served_as_requested_rate",
    "exact_match_rate",
];
const ERRORS: [&str; 5] = [
    "mae_valid",
    "mae_penalised",
    "mae_norm",
    "mse_raw",
    "mse_norm",
];
const PER_FIELD: [&str; 5] = ["mae_raw", "mae_valid", "mse_raw", "mse_norm", "r2"];
const AGAINST_TRAINING: [&str; 2] = ["r2_macro", "skill_vs_constant"];
const SKILL_BY_STRATUM: &str = "skill_vs_constant_by_stratum";
/// Of the answers without a grammar only these are reported.
const OF_UNCONSTRAINED: [&str; 9] = [
    "strict_valid_rate",
    "lenient_valid_rate",
    "parse_error_rate",
    "exact_match_rate",
    "mae_valid",
    "mae_penalised",
    "latency_secs_p50",
    "latency_secs_p95",
    "latency_secs_p99",
];

/// What an answer to one row amounts to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observation {
    pub stratum: Option<String>,
    /// In the order of [`Contract::fields`].
    pub target: Vec<f64>,
    /// Present exactly when the answer is strictly valid.
    pub prediction: Option<Vec<f64>>,
    /// Whether any completion arrived.
    pub answered: bool,
    /// Whether the weights that were asked for gave it. A row that nobody or somebody else
    /// answered says nothing about the model: it is in no metric of quality.
    pub served_as_requested: bool,
    pub lenient_valid: bool,
    /// Every key as expected, not only the numbers.
    pub exact: bool,
    pub latency_secs: f64,
    /// The right and the given label, of a label task.
    pub labels: Option<(String, Option<String>)>,
    pub grades: BTreeMap<String, Option<f64>>,
    pub cost: Option<Cost>,
    pub median_fallbacks: usize,
}

/// How metrics are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricOptions {
    /// Bootstrap resamples; 0 leaves out the intervals of means.
    pub resamples: usize,
}

impl Default for MetricOptions {
    fn default() -> Self {
        Self {
            resamples: RESAMPLES,
        }
    }
}

/// Every name [`metrics_of`] and [`metrics_of_unconstrained`] can give for this contract.
pub fn metric_names(contract: &Contract) -> Vec<String> {
    let mut names: Vec<String> = RATES
        .iter()
        .chain(&ERRORS)
        .chain(&AGAINST_TRAINING)
        .chain([&SKILL_BY_STRATUM])
        .map(|name| (*name).to_owned())
        .collect();
    names.extend(serving::names());
    names.extend(labels::names(contract));
    if !contract.fields().is_empty() {
        names.extend(quality::NAMES.map(str::to_owned));
    }
    for field in contract.fields() {
        names.extend(
            PER_FIELD
                .iter()
                .map(|stem| format!("{stem}_{}", field.name)),
        );
    }
    names.extend(
        OF_UNCONSTRAINED
            .iter()
            .map(|name| format!("{name}{UNCONSTRAINED}")),
    );
    names
}

pub use gradus_schema::report::UNCONSTRAINED;
pub use gradus_schema::report::canonical_metric_name as canonical_name;

/// Looks a metric up.
///
/// # Errors
/// A name that is not among the metrics; the text gives the nearest that is.
pub fn find_metric<'a>(
    metrics: &'a BTreeMap<String, Metric>,
    name: &str,
) -> Result<&'a Metric, String> {
    metrics
        .get(canonical_name(name))
        .ok_or_else(|| unknown_metric(name, metrics.keys().map(String::as_str)))
}

/// The complaint about a metric that does not exist.
pub fn unknown_metric<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    format!(
        "unknown metric '{name}'{}",
        nearest::did_you_mean(name, known)
    )
}

/// All metrics of a set of answers.
pub fn metrics_of(
    observations: &[Observation],
    contract: &Contract,
    scale: Scale,
    reference: Option<&TrainingReference>,
    options: MetricOptions,
) -> BTreeMap<String, Metric> {
    let table = Table::new(observations, contract, scale, options);
    let mut metrics = BTreeMap::new();
    table.add_rates(&mut metrics);
    serving::add(&table, &mut metrics);
    labels::add(&table, &mut metrics);
    quality::add_grades(&table, &mut metrics);
    if !contract.fields().is_empty() {
        table.add_errors(&mut metrics);
        quality::add(&table, &mut metrics, reference);
        if let Some(reference) = reference {
            table.add_against_training(&mut metrics, reference);
        }
    }
    metrics
}

/// The metrics of answers without a grammar, beside constrained ones: suffixed and fewer.
pub fn metrics_of_unconstrained(
    observations: &[Observation],
    contract: &Contract,
    scale: Scale,
    options: MetricOptions,
) -> BTreeMap<String, Metric> {
    metrics_of(observations, contract, scale, None, options)
        .into_iter()
        .filter(|(name, _)| OF_UNCONSTRAINED.contains(&name.as_str()))
        .map(|(name, metric)| (format!("{name}{UNCONSTRAINED}"), metric))
        .collect()
}

/// Observations with their per-number costs.
struct Table<'a> {
    observations: &'a [Observation],
    contract: &'a Contract,
    scale: Scale,
    resamples: Resamples,
    /// Rows × fields: absolute error, the worst possible one where there is no prediction.
    costs: Vec<Vec<f64>>,
}

impl<'a> Table<'a> {
    fn new(
        observations: &'a [Observation],
        contract: &'a Contract,
        scale: Scale,
        options: MetricOptions,
    ) -> Self {
        let costs = observations
            .iter()
            .map(|row| absolute_costs(row, scale))
            .collect();
        Self {
            observations,
            contract,
            scale,
            resamples: Resamples::draw(observations.len(), options.resamples, RESAMPLE_SEED),
            costs,
        }
    }

    fn add_rates(&self, metrics: &mut BTreeMap<String, Metric>) {
        let total = self.observations.len();
        let count = |test: &dyn Fn(&Observation) -> bool| {
            self.observations.iter().filter(|row| test(row)).count()
        };
        let evaluated = self.evaluated_count();
        let served = |row: &Observation| row.answered && row.served_as_requested;
        let strict = count(&|row| served(row) && row.valid());
        let lenient = count(&|row| served(row) && row.lenient_valid);
        let answered = count(&|row| row.answered);
        for (name, hits, n) in [
            ("strict_valid_rate", strict, total),
            ("lenient_valid_rate", lenient, total),
            ("parse_error_rate", evaluated - strict, evaluated),
            ("transport_ok_rate", answered, total),
            ("served_as_requested_rate", evaluated, total),
            (
                "exact_match_rate",
                count(&|row| served(row) && row.exact),
                evaluated,
            ),
        ] {
            metrics.insert(name.to_owned(), rate(hits, n, total));
        }
    }

    /// Rows that the model under test answered: what quality is measured on.
    fn evaluated_count(&self) -> usize {
        self.observations
            .iter()
            .filter(|row| row.evaluated())
            .count()
    }

    fn add_errors(&self, metrics: &mut BTreeMap<String, Metric>) {
        let width = self.scale.width();
        let row_mean = |row: usize, power: i32| {
            let costs = &self.costs[row];
            costs.iter().map(|cost| cost.powi(power)).sum::<f64>() / costs.len() as f64
        };
        let mut add = |name: &str, unit: &str, ratios: Vec<Ratio>, rows: usize| {
            metrics.insert(
                name.to_owned(),
                self.mean_metric(&ratios, rows, unit, |mean| mean),
            );
        };
        let all = self.evaluated_count();
        let valid = self.valid_count();
        add(
            "mae_valid",
            "scale units",
            vec![self.over_valid(|row| row_mean(row, 1))],
            valid,
        );
        add(
            "mae_penalised",
            "scale units",
            vec![self.over_all(|row| row_mean(row, 1))],
            all,
        );
        add(
            "mae_norm",
            "fraction of scale",
            vec![self.over_all(|row| row_mean(row, 1) / width)],
            all,
        );
        add(
            "mse_raw",
            "squared scale units",
            vec![self.over_all(|row| row_mean(row, 2))],
            all,
        );
        add(
            "mse_norm",
            "squared fraction of scale",
            vec![self.over_all(|row| row_mean(row, 2) / (width * width))],
            all,
        );
        for (column, field) in self.contract.fields().iter().enumerate() {
            let cost = |row: usize| self.costs[row][column];
            let square = |row: usize| cost(row) * cost(row);
            let name = &field.name;
            add(
                &format!("mae_raw_{name}"),
                "scale units",
                vec![self.over_all(cost)],
                all,
            );
            add(
                &format!("mae_valid_{name}"),
                "scale units",
                vec![self.over_valid(cost)],
                valid,
            );
            add(
                &format!("mse_raw_{name}"),
                "squared scale units",
                vec![self.over_all(square)],
                all,
            );
            let norm = self.over_all(|row| square(row) / (width * width));
            add(
                &format!("mse_norm_{name}"),
                "squared fraction of scale",
                vec![norm],
                all,
            );
        }
    }

    /// R² against the training mean and skill against the training median: 0 is "no better than
    /// knowing nothing of the row", 1 is perfect.
    fn add_against_training(
        &self,
        metrics: &mut BTreeMap<String, Metric>,
        reference: &TrainingReference,
    ) {
        let all = self.evaluated_count();
        let mut per_field = Vec::new();
        for (column, field) in self.contract.fields().iter().enumerate() {
            let mean = reference.means[column];
            let ratio = Ratio {
                numerators: self.of_evaluated(|row| self.costs[row][column].powi(2)),
                denominators: self
                    .of_evaluated(|row| (self.observations[row].target[column] - mean).powi(2)),
            };
            let metric = self.mean_metric(std::slice::from_ref(&ratio), all, "R²", |unexplained| {
                1.0 - unexplained
            });
            metrics.insert(format!("r2_{}", field.name), metric);
            per_field.push(ratio);
        }
        let metric = self.mean_metric(&per_field, all, "R²", |unexplained| 1.0 - unexplained);
        metrics.insert("r2_macro".to_owned(), metric);
        self.add_skill(metrics, "skill_vs_constant", |_| reference.constant(None));
        if reference.by_stratum {
            self.add_skill(metrics, SKILL_BY_STRATUM, |row| {
                reference.constant(row.stratum.as_deref())
            });
        }
    }

    fn add_skill(
        &self,
        metrics: &mut BTreeMap<String, Metric>,
        name: &str,
        constant: impl Fn(&Observation) -> Vec<f64>,
    ) {
        let denominators = self.of_evaluated(|row| {
            let row = &self.observations[row];
            let pairs = row.target.iter().zip(constant(row));
            pairs.map(|(t, c)| (t - c).abs()).sum()
        });
        let ratio = Ratio {
            numerators: self.of_evaluated(|row| self.costs[row].iter().sum()),
            denominators,
        };
        let metric = self.mean_metric(
            &[ratio],
            self.evaluated_count(),
            "1 − MAE / constant's MAE",
            |share| 1.0 - share,
        );
        metrics.insert(name.to_owned(), metric);
    }

    fn valid_count(&self) -> usize {
        let valid = |row: &&Observation| row.evaluated() && row.prediction.is_some();
        self.observations.iter().filter(valid).count()
    }

    /// A value per row, 0 for rows that were not evaluated.
    fn of_evaluated(&self, value: impl Fn(usize) -> f64) -> Vec<f64> {
        self.where_(Observation::evaluated, value)
    }

    fn where_(
        &self,
        counts: impl Fn(&Observation) -> bool,
        value: impl Fn(usize) -> f64,
    ) -> Vec<f64> {
        let of = |(index, row)| if counts(row) { value(index) } else { 0.0 };
        self.observations.iter().enumerate().map(of).collect()
    }

    fn over(&self, counts: impl Fn(&Observation) -> bool, value: impl Fn(usize) -> f64) -> Ratio {
        Ratio {
            numerators: self.where_(&counts, value),
            denominators: self.where_(&counts, |_| 1.0),
        }
    }

    fn over_all(&self, value: impl Fn(usize) -> f64) -> Ratio {
        self.over(Observation::evaluated, value)
    }

    fn over_valid(&self, value: impl Fn(usize) -> f64) -> Ratio {
        self.over(|row| row.evaluated() && row.prediction.is_some(), value)
    }

    /// The mean of the ratios, passed through `shape`, with its interval over the same resamples.
    fn mean_metric(
        &self,
        ratios: &[Ratio],
        n: usize,
        unit: &str,
        shape: impl Fn(f64) -> f64,
    ) -> Metric {
        let value = Ratio::mean_of(ratios).map(&shape);
        let interval95 = (value.is_some() && n > 1)
            .then(|| self.resamples.interval95(ratios, &shape))
            .flatten();
        Metric {
            value,
            n: if value.is_some() { n } else { 0 },
            n_total: self.observations.len(),
            interval95,
            unit: unit.to_owned(),
            scale: Some(self.scale),
        }
    }
}

impl Observation {
    fn evaluated(&self) -> bool {
        self.answered && self.served_as_requested
    }

    /// Whether the answer is strictly valid, of whatever kind it is.
    fn valid(&self) -> bool {
        self.prediction.is_some()
    }
}

/// A rate with its Wilson interval; undefined over no rows.
fn rate(hits: usize, n: usize, total: usize) -> Metric {
    Metric {
        value: (n > 0).then(|| hits as f64 / n as f64),
        n,
        n_total: total,
        interval95: stats::wilson_interval95(hits, n),
        unit: "fraction".to_owned(),
        scale: None,
    }
}

/// What each number of a row costs: its absolute error, or the worst one without a prediction.
pub fn absolute_costs(row: &Observation, scale: Scale) -> Vec<f64> {
    match &row.prediction {
        Some(prediction) => row
            .target
            .iter()
            .zip(prediction)
            .map(|(target, value)| (target - value).abs())
            .collect(),
        None => row
            .target
            .iter()
            .map(|target| scale.worst_error(*target))
            .collect(),
    }
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
