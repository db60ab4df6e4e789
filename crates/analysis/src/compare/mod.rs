//! Is the candidate better than the base? Refuses first, counts second.
//!
//! The way through it: [`contract`] says whether the arms may be compared; [`effect`] gives the
//! paired difference with its interval ([`bootstrap`]) and test ([`significance`]); [`verdict`]
//! holds the interval against the margin. All pure; the seed is an argument.

pub mod bootstrap;
pub mod contract;
pub mod effect;
mod flips;
pub mod side;
pub mod significance;
mod skill;
pub mod verdict;

use std::collections::BTreeMap;

use gradus_schema::comparison::{
    COMPARISON_FORMAT, Comparison, Flips, PairedEffect, Refusal, StratumEffect,
};
use gradus_schema::gates::SERVED_AS_REQUESTED_MIN;
use gradus_schema::{Direction, PrimaryScore, Verdict};

pub use side::{Conditions, RowMetric, ScoredRow, Side};

use effect::{IntervalOf, paired_effect};

/// Strata with more rows get Student's interval: the bootstrap would give the same, slower.
const BOOTSTRAP_STRATUM_ROWS: usize = 10_000;

#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// `None` takes the task's, else 0.
    pub margin: Option<f64>,
    /// Smallest share of rows answered by the model under test.
    pub served_as_requested_min: f64,
    pub resamples: usize,
    pub seed: u64,
    /// Rows listed among the worst and among the best.
    pub flips_kept: usize,
    /// Primary scores of further runs of the candidate's recipe with other seeds.
    pub repeated_runs: Vec<f64>,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self {
            margin: None,
            served_as_requested_min: SERVED_AS_REQUESTED_MIN,
            resamples: crate::stats::RESAMPLES,
            seed: 42,
            flips_kept: 20,
            repeated_runs: Vec::new(),
        }
    }
}

/// Compares two arms. `references`: reports of baselines on the same rows, for the skill.
pub fn compare(
    base: &Side,
    candidate: &Side,
    references: &[&Side],
    options: &CompareOptions,
) -> Comparison {
    let refusals = contract::refusals(base, candidate, options.served_as_requested_min);
    let mut comparison = frame(base, candidate, options, refusals);
    let (Some(left), Some(right)) = (&base.rows, &candidate.rows) else {
        return comparison;
    };
    if comparison.is_refused() {
        return comparison;
    }
    let (metric, direction) = (comparison.metric.clone(), comparison.direction);
    let values = (base.values(&metric), candidate.values(&metric));
    let (Some(before), Some(after)) = values else {
        return comparison;
    };
    let bootstrap = IntervalOf::Bootstrap {
        resamples: options.resamples,
        seed: options.seed,
    };
    let Some(primary) = paired_effect(&before, &after, direction, bootstrap) else {
        return comparison;
    };

    let mut runs = options.repeated_runs.clone();
    runs.push(primary.candidate);
    comparison.noise_floor = verdict::noise_floor(&runs);
    let margin = comparison.margin;
    (comparison.verdict, comparison.reasons) =
        verdict::verdict(&primary, margin, comparison.noise_floor.as_ref());
    comparison.power = Some(verdict::power(&primary, margin, comparison.verdict));
    comparison.base.primary = Some(primary.base);
    comparison.candidate.primary = Some(primary.candidate);
    comparison.rows_compared = primary.n;
    comparison.common_valid = common_valid((left, right), (&before, &after), direction);
    comparison.effects = effects(base, candidate);
    comparison.effects.insert(metric, primary.clone());
    comparison.strata = strata(left, (&before, &after), direction, bootstrap);
    comparison.flips = flips::flips(left, right, direction, options.flips_kept);
    comparison.failing_rows = flips::failing_rows(right, options.flips_kept);
    comparison.skill = skill::skill(candidate, references, direction, primary.base);
    comparison.primary = Some(primary);
    comparison
}

/// The comparison before any number.
fn frame(
    base: &Side,
    candidate: &Side,
    options: &CompareOptions,
    refusals: Vec<Refusal>,
) -> Comparison {
    let conditions = &candidate.conditions;
    let score = conditions.primary_score.clone();
    let PrimaryScore {
        metric,
        direction,
        margin,
    } = score.unwrap_or_default();
    let same_data = base.conditions.data_sha256 == conditions.data_sha256;
    let verdict = if refusals.is_empty() {
        Verdict::Inconclusive
    } else {
        Verdict::Refused
    };
    Comparison {
        format_version: COMPARISON_FORMAT,
        verdict,
        refusals,
        differences: contract::differences(base, candidate),
        reasons: Vec::new(),
        task: conditions.task.clone(),
        split: conditions.split,
        data_sha256: conditions.data_sha256.clone().filter(|_| same_data),
        metric,
        direction,
        scale: candidate
            .summary
            .scale
            .filter(|_| base.summary.scale == candidate.summary.scale),
        margin: options.margin.or(margin).unwrap_or(0.0),
        base: base.summary.clone(),
        candidate: candidate.summary.clone(),
        rows_compared: 0,
        primary: None,
        common_valid: None,
        effects: BTreeMap::new(),
        strata: BTreeMap::new(),
        flips: Flips::default(),
        failing_rows: Vec::new(),
        power: None,
        noise_floor: None,
        skill: BTreeMap::new(),
        resamples: options.resamples,
        seed: options.seed,
    }
}

/// The primary score where both arms gave a valid answer: what failing can't move.
fn common_valid(
    rows: (&[ScoredRow], &[ScoredRow]),
    values: (&[f64], &[f64]),
    direction: Direction,
) -> Option<PairedEffect> {
    let both = |index: &usize| rows.0[*index].failure.is_none() && rows.1[*index].failure.is_none();
    let common: Vec<usize> = (0..rows.0.len()).filter(both).collect();
    let pick = |values: &[f64]| -> Vec<f64> { common.iter().map(|&index| values[index]).collect() };
    paired_effect(
        &pick(values.0),
        &pick(values.1),
        direction,
        IntervalOf::Student,
    )
}

/// Every metric that both arms have on every row.
fn effects(base: &Side, candidate: &Side) -> BTreeMap<String, PairedEffect> {
    let effect = |metric: &RowMetric| {
        let before = base.values(&metric.name)?;
        let after = candidate.values(&metric.name)?;
        let effect = paired_effect(&before, &after, metric.direction, IntervalOf::Student)?;
        Some((metric.name.clone(), effect))
    };
    candidate
        .metrics
        .iter()
        .skip(1)
        .filter_map(effect)
        .collect()
}

fn strata(
    rows: &[ScoredRow],
    values: (&[f64], &[f64]),
    direction: Direction,
    bootstrap: IntervalOf,
) -> BTreeMap<String, StratumEffect> {
    let mut groups: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let Some(stratum) = &row.stratum {
            let group = groups.entry(stratum).or_default();
            group.0.push(values.0[index]);
            group.1.push(values.1[index]);
        }
    }
    let effects: Vec<(&str, PairedEffect)> = groups
        .iter()
        .filter_map(|(name, (before, after))| {
            let interval = if before.len() <= BOOTSTRAP_STRATUM_ROWS {
                bootstrap
            } else {
                IntervalOf::Student
            };
            Some((*name, paired_effect(before, after, direction, interval)?))
        })
        .collect();
    let p_values: Vec<f64> = effects
        .iter()
        .map(|(_, it)| it.p_value.unwrap_or(1.0))
        .collect();
    let corrected = significance::holm(&p_values);
    effects
        .into_iter()
        .zip(corrected)
        .map(|((name, effect), p_holm)| {
            let regressed = effect.improvement < 0.0 && p_holm <= 0.05;
            let stratum = StratumEffect {
                effect,
                p_holm: Some(p_holm),
                regressed,
            };
            (name.to_owned(), stratum)
        })
        .collect()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
