//! Two evaluations side by side: whether they may be compared, and what came of it.

use std::sync::Arc;

use gradus_analysis::{CompareOptions, Side, compare};
use gradus_schema::comparison::Comparison;
use gradus_store::RunRecord;

use super::{Evaluation, EvaluationQuery};
use crate::{Error, Result, Tracker};

/// Baselines that a comparison is set beside; the newest of each model.
pub const REFERENCES_AT_MOST: usize = 8;

/// A comparison and the baselines' evaluations that its skill was measured against.
#[derive(Debug, Clone)]
pub struct Compared {
    pub comparison: Arc<Comparison>,
    pub references: Vec<Arc<RunRecord>>,
}

impl Tracker {
    /// Compares as `gradus compare` does. The same files give the same answer, so that is kept.
    ///
    /// # Errors
    /// Rows that are not those of their report.
    pub fn compare_evaluations(
        &self,
        base: &Evaluation,
        candidate: &Evaluation,
    ) -> Result<Compared> {
        let references = self.references(candidate)?;
        let mut key = format!("{} {}", identity(base), identity(candidate));
        for reference in &references {
            key.push(' ');
            key.push_str(&identity(reference));
        }
        let comparison = self.evaluations.comparisons.get_or_make(&key, || {
            let arms = references.iter().map(side_of);
            let arms = arms.collect::<Result<Vec<_>>>()?;
            let arms: Vec<&Side> = arms.iter().map(AsRef::as_ref).collect();
            let (base, candidate) = (side_of(base)?, side_of(candidate)?);
            let options = CompareOptions::default();
            Ok::<_, Error>((compare(&base, &candidate, &arms, &options), 1))
        })?;
        Ok(Compared {
            comparison,
            references: references.into_iter().map(|it| it.run).collect(),
        })
    }

    /// The newest evaluation of each baseline on the same rows, in the candidate's project.
    fn references(&self, candidate: &Evaluation) -> Result<Vec<Evaluation>> {
        let key = &candidate.run.key;
        let same_rows = EvaluationQuery {
            task: Some(candidate.report.task.clone()),
            data_sha256: Some(candidate.report.data_sha256.clone()),
            split: Some(candidate.report.split),
            offset: 0,
            limit: usize::MAX,
        };
        let (listed, _) = self.evaluations(&key.entity, &key.project, &same_rows)?;
        let mut found: Vec<Evaluation> = Vec::new();
        for (run, summary) in listed {
            let Ok(summary) = &*summary else { continue };
            let is_known = found.iter().any(|it| it.report.model == summary.model);
            if summary.answered_by.backend != "baseline" || is_known {
                continue;
            }
            // Nobody named it, so one that can't be read is no reason to fail.
            let Ok(reference) = self.evaluation(&run) else {
                continue;
            };
            let is_whole = reference.rows.as_ref().is_some_and(|it| it.unfit.is_none());
            if is_whole && reference.report.n_total == candidate.report.n_total {
                found.push(reference);
            }
            if found.len() == REFERENCES_AT_MOST {
                break;
            }
        }
        found.sort_by(|left, right| left.report.model.cmp(&right.report.model));
        Ok(found)
    }
}

/// By which a comparison is known: what was read, and from nowhere else.
fn identity(evaluation: &Evaluation) -> String {
    let rows = evaluation.rows.as_ref();
    let rows = rows.map_or("-", |rows| rows.sha256.as_str());
    format!("{}:{rows}", evaluation.summary_sha256)
}

/// The evaluation as an arm, with the hashes of its files.
fn side_of(evaluation: &Evaluation) -> Result<Box<Side>> {
    use gradus_analysis::reports::{ROWS, SUMMARY};
    let mut side = match &evaluation.rows {
        None => gradus_analysis::reports::unchecked_side_of(&evaluation.report, None),
        Some(rows) => {
            if let Some(problem) = &rows.unfit {
                let key = &evaluation.run.key;
                return Err(Error::input(format!("{key} can't be compared: {problem}")));
            }
            rows.side.clone()
        }
    };
    let files = &mut side.summary.files;
    files.insert(SUMMARY.to_owned(), evaluation.summary_sha256.clone());
    if let Some(rows) = &evaluation.rows {
        files.insert(ROWS.to_owned(), rows.sha256.clone());
    }
    Ok(Box::new(side))
}
