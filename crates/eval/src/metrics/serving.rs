//! How rows were served: latency of those that the requested model answered, of failed ones and
//! of those somebody else answered; what it cost; and how often a number could not be decoded by
//! its median.

use std::collections::BTreeMap;

use gradus_analysis::stats;
use gradus_schema::{CostBasis, Metric};

use super::{Observation, Table};

const PERCENTS: [(&str, f64); 3] = [("p50", 50.0), ("p95", 95.0), ("p99", 99.0)];
/// Below this many rows a tail percentile is little more than the maximum.
const FEW_ROWS: usize = 20;
const COSTS: [&str; 3] = [
    "cost_usd_total",
    "cost_per_100_requests_usd",
    "cost_per_valid_usd",
];
const MEDIAN_FALLBACKS: &str = "median_fallbacks";

type Family = (&'static str, fn(&Observation) -> bool);
const FAMILIES: [Family; 3] = [
    ("latency_secs", |row| {
        row.answered && row.served_as_requested
    }),
    ("latency_failed_secs", |row| !row.answered),
    ("latency_fallback_secs", |row| {
        row.answered && !row.served_as_requested
    }),
];

pub(super) fn names() -> Vec<String> {
    let latencies = FAMILIES.iter().flat_map(|(stem, _)| {
        PERCENTS
            .iter()
            .map(move |(percent, _)| format!("{stem}_{percent}"))
    });
    let others = COSTS
        .iter()
        .chain([&MEDIAN_FALLBACKS])
        .map(|name| (*name).to_owned());
    latencies.chain(others).collect()
}

pub(super) fn add(table: &Table<'_>, metrics: &mut BTreeMap<String, Metric>) {
    let total = table.observations.len();
    for (stem, belongs) in FAMILIES {
        let rows = table.observations.iter().filter(|row| belongs(row));
        let mut secs: Vec<f64> = rows.map(|row| row.latency_secs).collect();
        secs.sort_by(f64::total_cmp);
        let few = if secs.len() < FEW_ROWS {
            ", few rows"
        } else {
            ""
        };
        for (suffix, percent) in PERCENTS {
            let metric = Metric {
                value: stats::percentile(&secs, percent),
                n: secs.len(),
                n_total: total,
                interval95: quantile_interval95(&secs, percent / 100.0),
                unit: format!("secs{few}"),
                scale: None,
            };
            metrics.insert(format!("{stem}_{suffix}"), metric);
        }
    }
    add_costs(table, metrics);
    let fallbacks: usize = table
        .observations
        .iter()
        .map(|row| row.median_fallbacks)
        .sum();
    let metric = Metric {
        value: (total > 0).then_some(fallbacks as f64),
        n: total,
        n_total: total,
        interval95: None,
        unit: "numbers decoded by likelihood instead".to_owned(),
        scale: None,
    };
    metrics.insert(MEDIAN_FALLBACKS.to_owned(), metric);
}

/// The distribution-free interval of a quantile: order statistics whose ranks a binomial count
/// leaves with 2.5 % on each side. `None` when the rows are too few for one.
fn quantile_interval95(sorted: &[f64], quantile: f64) -> Option<[f64; 2]> {
    let n = sorted.len();
    if n == 0 {
        return None;
    }
    // P(count ≤ k) of a binomial(n, quantile), summed from its logarithms.
    let (mut log_term, mut below) = (n as f64 * (1.0 - quantile).ln(), 0.0);
    let (mut low, mut high) = (None, None);
    for k in 0..n {
        below += log_term.exp();
        if below <= 0.025 {
            low = Some(k);
        }
        if below >= 0.975 && high.is_none() {
            high = Some(k);
        }
        let odds = quantile / (1.0 - quantile);
        log_term += ((n - k) as f64 / (k + 1) as f64 * odds).ln();
    }
    Some([sorted[low?], sorted[high?]])
}

/// Over all attempts; undefined as soon as one answered row has no price.
fn add_costs(table: &Table<'_>, metrics: &mut BTreeMap<String, Metric>) {
    let total = table.observations.len();
    let rows = || table.observations.iter().filter(|row| row.answered);
    let priced: Option<Vec<f64>> = rows()
        .map(|row| row.cost.and_then(|cost| cost.usd))
        .collect();
    let priced = priced.filter(|priced| !priced.is_empty());
    let sum = priced.as_ref().map(|priced| priced.iter().sum::<f64>());
    let valid = rows().filter(|row| row.evaluated() && row.valid()).count();
    let unit = format!(
        "USD, {}",
        basis(rows().filter_map(|row| row.cost).map(|cost| cost.basis))
    );
    let mut add = |name: &str, value: Option<f64>, n: usize, interval95| {
        let metric = Metric {
            value,
            n: if value.is_some() { n } else { 0 },
            n_total: total,
            interval95,
            unit: unit.clone(),
            scale: None,
        };
        metrics.insert(name.to_owned(), metric);
    };
    let answered = priced.as_ref().map_or(0, Vec::len);
    add(COSTS[0], sum, answered, None);
    let usd = |row: usize| {
        table.observations[row]
            .cost
            .and_then(|cost| cost.usd)
            .unwrap_or(0.0)
    };
    let ratio = table.over(|row| row.answered, usd);
    let per_100 = sum.map(|sum| sum / answered as f64 * 100.0);
    let interval = sum.and_then(|_| table.resamples.interval95(&[ratio], |mean| mean * 100.0));
    add(COSTS[1], per_100, answered, interval);
    add(
        COSTS[2],
        sum.filter(|_| valid > 0).map(|sum| sum / valid as f64),
        valid,
        None,
    );
}

fn basis(bases: impl Iterator<Item = CostBasis>) -> String {
    let names: std::collections::BTreeSet<String> = bases
        .filter_map(|basis| Some(serde_json::json!(basis).as_str()?.to_owned()))
        .collect();
    match names.len() {
        0 => "unpriced".to_owned(),
        _ => names.into_iter().collect::<Vec<_>>().join(" and "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantile_intervals_are_those_of_the_binomial() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        // Ranks 40 and 61, as in tables for the median of 100.
        assert_eq!(quantile_interval95(&values, 0.5), Some([40.0, 61.0]));
        assert_eq!(quantile_interval95(&values[..5], 0.95), None);
        assert_eq!(quantile_interval95(&[], 0.5), None);
    }
}
