//! What belongs together: parts of a cycle, and the evaluation that rows of a hash are from.

use std::collections::HashMap;
use std::sync::Arc;

use gradus_analysis::reports::ROWS;
use gradus_store::{Field, RunRecord};

use super::text_of;
use crate::{Result, Tracker};

/// An evaluation or a training that was made inside of a cycle.
#[derive(Debug, Clone)]
pub struct CyclePart {
    /// Folder in the cycle's: `training`, `reports/candidate`, `dev/subject`.
    pub part: String,
    pub run: Arc<RunRecord>,
}

impl Tracker {
    /// Evaluations and trainings of a cycle, by their part; of several runs of one part the newest.
    pub fn parts_of_cycle(&self, cycle: &RunRecord) -> Result<Vec<CyclePart>> {
        let key = &cycle.key;
        let field = Field::Config("cycle_run".to_owned());
        let mut runs = self.runs_where(&key.entity, &key.project, field, &key.name)?;
        runs.sort_by_key(|run| std::cmp::Reverse(run.number));
        let mut parts: Vec<CyclePart> = Vec::new();
        for run in runs {
            let Some(part) = text_of(&run, "cycle_part") else {
                continue;
            };
            if parts.iter().all(|known| known.part != part) {
                parts.push(CyclePart { part, run });
            }
        }
        parts.sort_by(|left, right| left.part.cmp(&right.part));
        Ok(parts)
    }

    /// Finds evaluations of a project by the hash of their rows.
    pub fn rows_finder(&self, entity: &str, project: &str) -> Result<RowsFinder> {
        let mut runs = HashMap::new();
        for run in self.runs_with_file(entity, project, ROWS)? {
            if let Some(file) = self.files.get(run.number, ROWS) {
                // Newest first: of several runs with the same rows the first one.
                runs.insert(file.sha256.clone(), run);
            }
        }
        Ok(RowsFinder { runs })
    }
}

/// SHA-256 of rows → the evaluation that first recorded them.
pub struct RowsFinder {
    runs: HashMap<String, Arc<RunRecord>>,
}

impl RowsFinder {
    pub fn run(&self, rows_sha256: &str) -> Option<&Arc<RunRecord>> {
        self.runs.get(rows_sha256)
    }
}
