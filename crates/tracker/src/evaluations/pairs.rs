//! Rows of two evaluations side by side: what was gained, what was lost, what neither can do.

use std::collections::HashMap;

use gradus_analysis::compare::ScoredRow;
use gradus_schema::nearest::did_you_mean;
use gradus_schema::{Direction, EvalRow};

use super::rows::primary_of;
use super::{EvaluatedRows, Evaluation};
use crate::{Error, Result, Tracker};

/// Which rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairKind {
    All,
    /// The candidate's primary score is better; the largest gain first.
    Gained,
    /// It is worse; the largest loss first.
    Lost,
    /// Valid in the candidate only.
    Mended,
    /// Valid in the base only.
    Broke,
    /// Neither answer is valid, or both have the score 0 where 1 is right.
    BothWrong,
}

const NAMES: [(&str, PairKind); 6] = [
    ("all", PairKind::All),
    ("gained", PairKind::Gained),
    ("lost", PairKind::Lost),
    ("mended", PairKind::Mended),
    ("broke", PairKind::Broke),
    ("both_wrong", PairKind::BothWrong),
];

impl std::str::FromStr for PairKind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, kind)| *kind).ok_or_else(|| {
            let known = NAMES.map(|(known, _)| known);
            let hint = did_you_mean(name, known);
            Error::input(format!(
                "the kind '{name}' is none of {}{hint}",
                known.join(", ")
            ))
        })
    }
}

/// One row in both arms.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedRow {
    pub stratum: Option<String>,
    /// Values of the primary score.
    pub base_primary: Option<f64>,
    pub candidate_primary: Option<f64>,
    /// Positive is better.
    pub improvement: Option<f64>,
    pub base: EvalRow,
    pub candidate: EvalRow,
}

#[derive(Debug, Clone, PartialEq)]
pub struct PairPage {
    pub rows: Vec<PairedRow>,
    /// Rows of this kind, on all pages.
    pub total: usize,
    pub next_offset: Option<usize>,
}

/// Places of a row in both files.
struct Pair {
    base: usize,
    candidate: usize,
    improvement: Option<f64>,
}

impl Tracker {
    /// Rows that both evaluations have, by id.
    ///
    /// # Errors
    /// Evaluations that may not be compared.
    pub fn compared_rows(
        &self,
        base: &Evaluation,
        candidate: &Evaluation,
        kind: PairKind,
        offset: usize,
        limit: usize,
    ) -> Result<PairPage> {
        let compared = self.compare_evaluations(base, candidate)?;
        if let Some(refusal) = compared.comparison.refusals.first() {
            return Err(Error::input(format!(
                "these evaluations may not be compared: {}",
                refusal.text
            )));
        }
        let direction = candidate.report.primary_score.direction;
        let (base, candidate) = (base.rows()?, candidate.rows()?);
        let pairs = pairs(base, candidate, kind, direction);
        let wanted = || pairs.iter().skip(offset).take(limit);
        let left = self.rows_at(base, wanted().map(|pair| pair.base))?;
        let right = self.rows_at(candidate, wanted().map(|pair| pair.candidate))?;
        let shown = wanted().zip(left).zip(right);
        let rows: Vec<PairedRow> = shown
            .map(|((pair, base), candidate)| PairedRow {
                stratum: base.stratum,
                base_primary: base.primary,
                candidate_primary: candidate.primary,
                improvement: pair.improvement,
                base: base.row,
                candidate: candidate.row,
            })
            .collect();
        let next = offset.saturating_add(rows.len());
        Ok(PairPage {
            rows,
            total: pairs.len(),
            next_offset: (next < pairs.len()).then_some(next),
        })
    }
}

fn pairs(
    base: &EvaluatedRows,
    candidate: &EvaluatedRows,
    kind: PairKind,
    direction: Direction,
) -> Vec<Pair> {
    let by_id: HashMap<&str, usize> = candidate
        .scored()
        .iter()
        .enumerate()
        .map(|(place, row)| (row.id.as_str(), place))
        .collect();
    let both = base.scored().iter().enumerate().filter_map(|(place, row)| {
        let other = *by_id.get(row.id.as_str())?;
        let found = &candidate.scored()[other];
        let difference = primary_of(found).zip(primary_of(row));
        let difference = difference.map(|(after, before)| after - before);
        let improvement = difference.map(|difference| match direction {
            Direction::Maximize => difference,
            Direction::Minimize => -difference,
        });
        let pair = Pair {
            base: place,
            candidate: other,
            improvement,
        };
        is_of(kind, row, found, improvement, direction).then_some(pair)
    });
    let mut pairs: Vec<Pair> = both.collect();
    let gain = |pair: &Pair| pair.improvement.unwrap_or(0.0);
    match kind {
        PairKind::Gained => pairs.sort_by(|left, right| gain(right).total_cmp(&gain(left))),
        PairKind::Lost => pairs.sort_by(|left, right| gain(left).total_cmp(&gain(right))),
        _ => {}
    }
    pairs
}

fn is_of(
    kind: PairKind,
    base: &ScoredRow,
    candidate: &ScoredRow,
    improvement: Option<f64>,
    direction: Direction,
) -> bool {
    let both_fail = base.failure.is_some() && candidate.failure.is_some();
    let is_nothing = |row: &ScoredRow| primary_of(row) == Some(0.0);
    let both_score_nothing =
        direction == Direction::Maximize && is_nothing(base) && is_nothing(candidate);
    match kind {
        PairKind::All => true,
        PairKind::Gained => improvement.is_some_and(|gain| gain > 0.0),
        PairKind::Lost => improvement.is_some_and(|gain| gain < 0.0),
        PairKind::Mended => base.failure.is_some() && candidate.failure.is_none(),
        PairKind::Broke => base.failure.is_none() && candidate.failure.is_some(),
        PairKind::BothWrong => both_fail || both_score_nothing,
    }
}
