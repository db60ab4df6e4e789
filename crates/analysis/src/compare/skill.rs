//! How much better than answers that cost nothing: constant, constant per stratum, ridge.

use std::collections::BTreeMap;

use gradus_schema::Direction;
use gradus_schema::comparison::Skill;

use super::contract::refusals;
use super::effect::{IntervalOf, paired_effect};
use super::side::Side;
use crate::stats::mean;

/// Skill against each reference that may be compared with the candidate; others are left out.
/// `base`: the base's mean primary score.
pub(crate) fn skill(
    candidate: &Side,
    references: &[&Side],
    direction: Direction,
    base: f64,
) -> BTreeMap<String, Skill> {
    let of = |reference: &&Side| {
        if !refusals(reference, candidate, 0.0).is_empty() {
            return None;
        }
        let metric = &candidate.metrics.first()?.name;
        let (theirs, ours) = (reference.values(metric)?, candidate.values(metric)?);
        let level = mean(&theirs)?;
        let skill = Skill {
            reference: level,
            base: skill_of(base, level, direction),
            candidate: skill_of(mean(&ours)?, level, direction),
            effect: paired_effect(&theirs, &ours, direction, IntervalOf::Student),
        };
        Some((reference.summary.model.clone(), skill))
    };
    references.iter().filter_map(of).collect()
}

/// `1 − error / error of the reference`, or the share of the reference's shortfall from 1 that
/// was made up. `None` where the reference is perfect already.
fn skill_of(value: f64, reference: f64, direction: Direction) -> Option<f64> {
    let (gained, to_gain) = match direction {
        Direction::Minimize => (reference - value, reference),
        Direction::Maximize => (value - reference, 1.0 - reference),
    };
    (to_gain > 0.0).then(|| gained / to_gain)
}
