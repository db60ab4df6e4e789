//! Evaluations: runs that hold a report folder (`eval_summary.json`, `rows.jsonl`). What is read from
//! the files is kept by their hashes.

mod compare;
mod list;
mod pairs;
mod recent;
mod rows;

use std::io::Read;
use std::sync::Arc;

use gradus_analysis::reports::{ROWS, SUMMARY, check_against_rows, unchecked_side_of};
use gradus_schema::EvalReport;
use gradus_schema::comparison::Comparison;
use gradus_store::{RunNumber, RunRecord};

use crate::files::hash_of;
use crate::{Error, Result, Tracker};

pub use compare::{Compared, REFERENCES_AT_MOST};
pub use list::{EvaluationQuery, EvaluationSummary, PrimaryFigure};
pub use pairs::{PairKind, PairPage, PairedRow};
pub use recent::Recent;
pub use rows::{EvaluatedRows, RowOrder, RowPage, RowQuery, ShownRow, TokenTotals};

/// Of a summary; a real one is a few kilobytes for each stratum.
const MOST_SUMMARY_BYTES: u64 = 32 << 20;
/// Of reports that are kept in memory.
const KEPT_REPORT_BYTES: u64 = 32 << 20;
/// Of rows, whose texts stay on disk; about 200 bytes each.
const KEPT_ROWS: u64 = 500_000;
const KEPT_COMPARISONS: u64 = 256;
const KEPT_SUMMARIES: u64 = 20_000;

/// What was read lately.
pub struct Evaluations {
    reports: Recent<EvalReport>,
    summaries: Recent<std::result::Result<EvaluationSummary, String>>,
    rows: Recent<EvaluatedRows>,
    comparisons: Recent<Comparison>,
}

impl Default for Evaluations {
    fn default() -> Self {
        Self {
            reports: Recent::new(KEPT_REPORT_BYTES),
            summaries: Recent::new(KEPT_SUMMARIES),
            rows: Recent::new(KEPT_ROWS),
            comparisons: Recent::new(KEPT_COMPARISONS),
        }
    }
}

/// One evaluation: its report and, where they were recorded, its rows.
#[derive(Debug, Clone)]
pub struct Evaluation {
    pub run: Arc<RunRecord>,
    pub report: Arc<EvalReport>,
    pub summary_sha256: String,
    pub rows: Option<Arc<EvaluatedRows>>,
}

impl Evaluation {
    /// # Errors
    /// Rows were not recorded.
    pub fn rows(&self) -> Result<&EvaluatedRows> {
        self.rows.as_deref().ok_or_else(|| {
            Error::not_found(format!(
                "the run {} holds no {ROWS}, so there are no rows to show",
                self.run.key
            ))
        })
    }
}

impl Tracker {
    /// The report of a run, and the SHA-256 of its file.
    ///
    /// # Errors
    /// A run without a report, or one that can't be read.
    pub fn evaluation_report(&self, run: &RunRecord) -> Result<(Arc<EvalReport>, String)> {
        let Some(file) = self.files.get(run.number, SUMMARY) else {
            return Err(Error::not_found(format!(
                "the run {} holds no {SUMMARY}, so it is no evaluation; `gradus eval` records one",
                run.key
            )));
        };
        let report = self.evaluations.reports.get_or_make(&file.sha256, || {
            let bytes = self.read_blob(&file.sha256, file.size_bytes, MOST_SUMMARY_BYTES)?;
            let report: EvalReport = serde_json::from_slice(&bytes).map_err(|problem| {
                Error::input(format!(
                    "the {SUMMARY} of {} is no report of an evaluation: {problem}",
                    run.key
                ))
            })?;
            Ok::<_, Error>((report, file.size_bytes))
        })?;
        Ok((report, file.sha256.clone()))
    }

    /// A report with its rows, read and scored.
    ///
    /// # Errors
    /// A run without a report; files that are not what they should be.
    pub fn evaluation(&self, run: &Arc<RunRecord>) -> Result<Evaluation> {
        let (report, summary_sha256) = self.evaluation_report(run)?;
        let rows = match self.files.get(run.number, ROWS) {
            None => None,
            Some(file) => {
                // Who is under test and how it is scored stands in the report.
                let key = format!("{} {summary_sha256}", file.sha256);
                let read = || {
                    let rows = rows::read(self, run, &file, &report)?;
                    let weight = rows.len() as u64;
                    Ok::<_, Error>((rows, weight))
                };
                Some(self.evaluations.rows.get_or_make(&key, read)?)
            }
        };
        Ok(Evaluation {
            run: run.clone(),
            report,
            summary_sha256,
            rows,
        })
    }

    /// The content of a run's file, where there is one.
    ///
    /// # Errors
    /// One that is larger than `most_bytes`.
    pub fn read_run_file(
        &self,
        run: RunNumber,
        name: &str,
        most_bytes: u64,
    ) -> Result<Option<Vec<u8>>> {
        match self.files.get(run, name) {
            None => Ok(None),
            Some(file) => self
                .read_blob(&file.sha256, file.size_bytes, most_bytes)
                .map(Some),
        }
    }

    fn read_blob(&self, sha256: &str, size_bytes: u64, most_bytes: u64) -> Result<Vec<u8>> {
        if size_bytes > most_bytes {
            return Err(Error::input(format!(
                "the file has {size_bytes} bytes; at most {most_bytes} are read here"
            )));
        }
        let mut bytes = Vec::new();
        let file = self.open_blob(sha256)?;
        let read = file.take(most_bytes).read_to_end(&mut bytes);
        read.map_err(unreadable)?;
        Ok(bytes)
    }

    fn open_blob(&self, sha256: &str) -> Result<std::fs::File> {
        let hash = hash_of(sha256).ok_or_else(|| Error::not_found("there is no such file"))?;
        Ok(self.store.open_blob(&hash)?)
    }
}

fn unreadable(problem: std::io::Error) -> Error {
    Error::Store(gradus_store::Error::Unavailable(format!(
        "a recorded file can't be read: {problem}"
    )))
}

/// The rows as one arm of a comparison, and why they may not be one.
fn arm(
    report: &EvalReport,
    read: gradus_analysis::reports::ReadRows,
) -> (gradus_analysis::Side, Option<String>) {
    let mut side = unchecked_side_of(report, Some(read));
    let unfit = check_against_rows(report, &mut side).err();
    (side, unfit)
}
