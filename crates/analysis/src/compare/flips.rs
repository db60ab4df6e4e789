//! Rows whose outcome changed, worst first.

use gradus_schema::Direction;
use gradus_schema::comparison::{FailingRow, Flip, Flips};

use super::side::ScoredRow;

/// `kept`: how many of the worst and of the best are listed; all are counted. The rows are in the
/// same order and the primary score is their first value.
pub(crate) fn flips(
    base: &[ScoredRow],
    candidate: &[ScoredRow],
    direction: Direction,
    kept: usize,
) -> Flips {
    let mut flips = Flips::default();
    let mut changed: Vec<(f64, usize)> = Vec::new();
    for (index, (a, b)) in base.iter().zip(candidate).enumerate() {
        match (&a.failure, &b.failure) {
            (None, Some(_)) => flips.n_broke += 1,
            (Some(_), None) => flips.n_mended += 1,
            _ => {}
        }
        let (Some(before), Some(after)) = (primary(a), primary(b)) else {
            continue;
        };
        let improvement = match direction {
            Direction::Maximize => after - before,
            Direction::Minimize => before - after,
        };
        if improvement == 0.0 {
            flips.n_equal += 1;
            continue;
        }
        if improvement < 0.0 {
            flips.n_worse += 1;
        } else {
            flips.n_better += 1;
        }
        changed.push((improvement, index));
    }
    // Ties go to the earlier row, so that the list repeats exactly.
    changed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let flip = |&(improvement, index): &(f64, usize)| Flip {
        row: base[index].id.clone(),
        stratum: base[index].stratum.clone(),
        base: primary(&base[index]).unwrap_or(f64::NAN),
        candidate: primary(&candidate[index]).unwrap_or(f64::NAN),
        improvement,
        base_failure: base[index].failure,
        candidate_failure: candidate[index].failure,
    };
    let worse = changed.iter().filter(|(improvement, _)| *improvement < 0.0);
    flips.worst = worse.take(kept).map(flip).collect();
    let better = changed
        .iter()
        .rev()
        .filter(|(improvement, _)| *improvement > 0.0);
    flips.best = better.take(kept).map(flip).collect();
    flips
}

pub(crate) fn failing_rows(rows: &[ScoredRow], kept: usize) -> Vec<FailingRow> {
    let failing = rows.iter().filter_map(|row| {
        let failure = row.failure?;
        Some(FailingRow {
            row: row.id.clone(),
            failure,
        })
    });
    failing.take(kept).collect()
}

fn primary(row: &ScoredRow) -> Option<f64> {
    row.values.first().copied().flatten()
}
