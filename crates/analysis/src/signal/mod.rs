//! The signal check: can labels be told from the inputs at all?
//!
//! Per stratum, ridge regression and nearest neighbours predict rows they were not fitted on
//! (cross-validation by group, equal texts together) and are measured against the constant that
//! sees nothing. Where neither beats it, no model will: more training only memorises.

mod nearest;
mod spread;

use std::collections::BTreeMap;

use gradus_schema::Scale;
use serde::{Deserialize, Serialize};

use crate::constant::ConstantBaseline;
use crate::draws::Draws;
use crate::error::{Result, check_targets};
use crate::ridge::{Ridge, RidgeOptions};
use crate::split::Unions;
use crate::text::normalised;
use nearest::NearestNeighbours;
pub use spread::{EqualTexts, equal_texts};

/// Groups below which cross-validation decides nothing.
pub const FEWEST_GROUPS: usize = 20;
/// Share of the constant's error that has to go for the text to be called telling.
pub const LEAST_SKILL: f64 = 0.03;
const FOLDS: usize = 5;
/// Rows of one stratum that are looked at; more make it slower, not surer.
const MOST_ROWS: usize = 3000;
const RESAMPLES: usize = 2000;
/// Both methods get a try, so each interval is taken at half the level: 97.5 %.
const TAIL: f64 = 0.0125;

/// One labelled text.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalRow {
    pub text: String,
    pub stratum: String,
    /// Rows of one group are never on both sides of a fold.
    pub group: Option<String>,
    /// Fields in the contract's order.
    pub label: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalVerdict {
    /// A plain method beats the constant beyond doubt.
    Predictable,
    /// Nothing beats the constant by more than the least skill.
    NotPredictable,
    /// The rows do not decide it.
    Inconclusive,
}

/// A method's cross-validated error beside the constant's on the same rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodSkill {
    pub mae: f64,
    /// `1 − mae / constant_mae`; `None` where the constant makes no error.
    pub skill: Option<f64>,
    /// 97.5 % bootstrap interval of the skill, groups resampled.
    pub interval: Option<[f64; 2]>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StratumSignal {
    pub stratum: String,
    /// Rows measured.
    pub n: usize,
    /// Rows there are.
    pub n_total: usize,
    pub n_groups: usize,
    /// `None` where there are too few groups to say anything; the same below.
    pub constant_mae: Option<f64>,
    pub ridge: Option<MethodSkill>,
    pub nearest: Option<MethodSkill>,
    pub verdict: SignalVerdict,
    pub equal_texts: EqualTexts,
}

/// Checks every stratum, in the order of their names.
///
/// Errors: labels of different widths or with numbers that are not finite; no rows.
pub fn signal(rows: &[SignalRow], scale: Scale, seed: u64) -> Result<Vec<StratumSignal>> {
    let labels: Vec<Vec<f64>> = rows.iter().map(|row| row.label.clone()).collect();
    check_targets(rows.len(), &labels)?;
    let mut strata: BTreeMap<&str, Vec<&SignalRow>> = BTreeMap::new();
    for row in rows {
        strata.entry(&row.stratum).or_default().push(row);
    }
    strata
        .into_iter()
        .map(|(stratum, rows)| of_stratum(stratum, &rows, scale, seed))
        .collect()
}

fn of_stratum(
    stratum: &str,
    all_rows: &[&SignalRow],
    scale: Scale,
    seed: u64,
) -> Result<StratumSignal> {
    let all_texts: Vec<String> = all_rows.iter().map(|row| normalised(&row.text)).collect();
    let all_labels: Vec<Vec<f64>> = all_rows.iter().map(|row| row.label.clone()).collect();
    let mut draws = Draws::new(seed);
    let chosen = sample(all_rows.len(), &mut draws);
    let texts: Vec<String> = chosen.iter().map(|&row| all_texts[row].clone()).collect();
    let labels: Vec<Vec<f64>> = chosen.iter().map(|&row| all_labels[row].clone()).collect();
    let rows: Vec<&SignalRow> = chosen.iter().map(|&row| all_rows[row]).collect();
    let groups = groups_of(&rows, &texts);
    let mut found = StratumSignal {
        stratum: stratum.to_owned(),
        n: rows.len(),
        n_total: all_rows.len(),
        n_groups: groups.len(),
        constant_mae: None,
        ridge: None,
        nearest: None,
        verdict: SignalVerdict::Inconclusive,
        equal_texts: equal_texts(&all_texts, &all_labels),
    };
    if groups.len() < FEWEST_GROUPS {
        return Ok(found);
    }
    let errors = cross_validate(&texts, &labels, &groups, scale, &mut draws)?;
    let [ridge, nearest] = [&errors.ridge, &errors.nearest]
        .map(|errors_of| skill_of(errors_of, &errors.constant, &groups, seed));
    found.constant_mae = Some(mean(&errors.constant));
    found.verdict = verdict([&ridge, &nearest]);
    found.ridge = Some(ridge);
    found.nearest = Some(nearest);
    Ok(found)
}

fn verdict(methods: [&MethodSkill; 2]) -> SignalVerdict {
    let intervals = methods.map(|method| method.interval);
    let beats = |interval: &Option<[f64; 2]>| interval.is_some_and(|[low, _]| low > 0.0);
    let skills = methods.map(|method| method.skill.unwrap_or(0.0));
    let best = skills[0].max(skills[1]);
    if intervals.iter().any(beats) && best >= LEAST_SKILL {
        return SignalVerdict::Predictable;
    }
    // Not beaten although it was tried: either method has to be ruled out, or simply be worse.
    let is_out = |(interval, skill): (&Option<[f64; 2]>, f64)| {
        skill <= 0.0 || interval.is_none_or(|[_, high]| high < LEAST_SKILL)
    };
    if intervals.iter().zip(skills).all(is_out) {
        return SignalVerdict::NotPredictable;
    }
    SignalVerdict::Inconclusive
}

/// Rows by group; equal texts are one group whatever they say.
fn groups_of(rows: &[&SignalRow], texts: &[String]) -> Vec<Vec<usize>> {
    let mut unions = Unions::new(rows.len());
    let mut first_of: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for (row, text) in texts.iter().enumerate() {
        unions.join(row, *first_of.entry((false, text)).or_insert(row));
        if let Some(group) = rows[row].group.as_deref() {
            unions.join(row, *first_of.entry((true, group)).or_insert(row));
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (row, group) in unions.groups().into_iter().enumerate() {
        members.entry(group).or_default().push(row);
    }
    members.into_values().collect()
}

fn sample(count: usize, draws: &mut Draws) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..count).collect();
    if count > MOST_ROWS {
        draws.shuffle(&mut rows);
        rows.truncate(MOST_ROWS);
        rows.sort_unstable();
    }
    rows
}

/// Mean absolute error of every row, by method.
struct Errors {
    constant: Vec<f64>,
    ridge: Vec<f64>,
    nearest: Vec<f64>,
}

fn cross_validate(
    texts: &[String],
    labels: &[Vec<f64>],
    groups: &[Vec<usize>],
    scale: Scale,
    draws: &mut Draws,
) -> Result<Errors> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    draws.shuffle(&mut order);
    let neighbours = NearestNeighbours::new(texts);
    let blank = vec![0.0; texts.len()];
    let mut errors = Errors {
        constant: blank.clone(),
        ridge: blank.clone(),
        nearest: blank,
    };
    let options = RidgeOptions {
        lambdas: vec![0.3, 1.0, 3.0, 10.0, 30.0],
        folds: 4,
        seed: 0,
    };
    for fold in 0..FOLDS {
        let (mut known, mut asked): (Vec<usize>, Vec<usize>) = Default::default();
        for (place, &group) in order.iter().enumerate() {
            let side = if place % FOLDS == fold {
                &mut asked
            } else {
                &mut known
            };
            side.extend(&groups[group]);
        }
        known.sort_unstable();
        let known_texts: Vec<&str> = known.iter().map(|&row| texts[row].as_str()).collect();
        let known_labels: Vec<Vec<f64>> = known.iter().map(|&row| labels[row].clone()).collect();
        let constant = ConstantBaseline::fit(&known_labels)?;
        let ridge = Ridge::fit(&known_texts, &known_labels, scale, &options)?;
        let nearest = neighbours.predict(&known, &asked, labels);
        for (place, &row) in asked.iter().enumerate() {
            errors.constant[row] = absolute_error(constant.predict(None), &labels[row]);
            errors.ridge[row] = absolute_error(&ridge.predict(&texts[row]), &labels[row]);
            errors.nearest[row] = absolute_error(&nearest[place], &labels[row]);
        }
    }
    Ok(errors)
}

fn absolute_error(predicted: &[f64], label: &[f64]) -> f64 {
    let errors: Vec<f64> = predicted
        .iter()
        .zip(label)
        .map(|(a, b)| (a - b).abs())
        .collect();
    mean(&errors)
}

/// `method` and `constant`: errors by row.
fn skill_of(method: &[f64], constant: &[f64], groups: &[Vec<usize>], seed: u64) -> MethodSkill {
    let sums = |errors: &[f64]| -> Vec<f64> {
        let sum = |rows: &Vec<usize>| rows.iter().map(|&row| errors[row]).sum();
        groups.iter().map(sum).collect()
    };
    let skill = |method: f64, constant: f64| (constant > 0.0).then(|| 1.0 - method / constant);
    let (by_group, constant_by_group) = (sums(method), sums(constant));
    let mut draws = Draws::new(seed ^ 0x5163_6e61_6c21);
    let mut skills: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let (mut ours, mut theirs) = (0.0, 0.0);
            for _ in 0..groups.len() {
                let group = draws.index(groups.len());
                ours += by_group[group];
                theirs += constant_by_group[group];
            }
            skill(ours, theirs)
        })
        .collect();
    skills.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (share * skills.len() as f64).ceil() as usize;
        skills[place.clamp(1, skills.len()) - 1]
    };
    MethodSkill {
        mae: mean(method),
        skill: skill(by_group.iter().sum(), constant_by_group.iter().sum()),
        interval: (!skills.is_empty()).then(|| [at(TAIL), at(1.0 - TAIL)]),
    }
}

fn mean(values: &[f64]) -> f64 {
    crate::stats::mean(values).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALE: Scale = Scale {
        min: 0.0,
        max: 10.0,
    };
    const WORDS: [&str; 5] = ["harbour", "market", "forest", "tower", "garden"];

    /// Texts whose label is told by a word, or by nothing.
    fn rows(n: usize, telling: bool, seed: u64) -> Vec<SignalRow> {
        let mut draws = Draws::new(seed);
        (0..n)
            .map(|i| {
                let word = draws.index(5);
                let level = if telling { word } else { draws.index(5) };
                SignalRow {
                    text: format!("a tune for the {} number {}", WORDS[word], i),
                    stratum: if telling { "told" } else { "blind" }.to_owned(),
                    group: None,
                    label: vec![(2 * level) as f64, draws.index(11) as f64],
                }
            })
            .collect()
    }

    #[test]
    fn signal_is_found_where_it_is_and_only_there() {
        let mut all = rows(200, true, 1);
        all.extend(rows(200, false, 2));
        let found = signal(&all, SCALE, 0).unwrap();
        let verdicts: Vec<_> = found
            .iter()
            .map(|s| (s.stratum.as_str(), s.verdict))
            .collect();
        assert_eq!(
            verdicts,
            [
                ("blind", SignalVerdict::NotPredictable),
                ("told", SignalVerdict::Predictable)
            ]
        );
        assert_eq!(found, signal(&all, SCALE, 0).unwrap());
    }

    #[test]
    fn noise_is_rarely_called_signal() {
        let wrong = (0..40)
            .filter(|&seed| {
                let found = signal(&rows(60, false, seed), SCALE, seed).unwrap();
                found[0].verdict == SignalVerdict::Predictable
            })
            .count();
        // Two one-sided tests at 1.25 %: 1 of 40 expected at most; 5 has a chance below 0.4 %.
        assert!(wrong < 5, "{wrong} of 40");
    }

    #[test]
    fn equal_texts_cannot_answer_for_each_other() {
        // Each text occurs twice with the same random label: remembering helps, reading does not.
        let mut draws = Draws::new(3);
        let labels: Vec<f64> = (0..100).map(|_| draws.index(11) as f64).collect();
        let rows: Vec<SignalRow> = (0..200)
            .map(|i| SignalRow {
                text: format!("piece {}", i / 2),
                stratum: String::new(),
                group: None,
                label: vec![labels[i / 2]],
            })
            .collect();
        let found = signal(&rows, SCALE, 0).unwrap();
        assert_ne!(found[0].verdict, SignalVerdict::Predictable);
        assert_eq!((found[0].n, found[0].n_groups), (200, 100));
    }

    #[test]
    fn few_rows_decide_nothing() {
        let found = signal(&rows(10, true, 1), SCALE, 0).unwrap();
        assert_eq!(found[0].verdict, SignalVerdict::Inconclusive);
        assert_eq!((found[0].constant_mae, found[0].n), (None, 10));
        assert!(signal(&[], SCALE, 0).is_err());
    }
}
