//! The rows of an evaluation: scored once, their texts read from disk when they are shown.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use gradus_analysis::Side;
use gradus_analysis::compare::ScoredRow;
use gradus_analysis::reports::RowReader;
use gradus_schema::nearest::did_you_mean;
use gradus_schema::{Direction, EvalReport, EvalRow, TokenCounts};
use gradus_store::RunRecord;

use super::{arm, unreadable};
use crate::files::RunFile;
use crate::{Error, Result, Tracker};

const MOST_ROWS: usize = 1_000_000;
const MOST_LINE_BYTES: u64 = 16 << 20;
/// Of the rows of one page; one row is always shown.
const MOST_PAGE_BYTES: u64 = 8 << 20;

/// Sum over all answers, with a grammar and without.
pub type TokenTotals = TokenCounts;

/// Scored rows, and where each lies in its file.
#[derive(Debug)]
pub struct EvaluatedRows {
    pub sha256: String,
    /// The rows as one arm of a comparison.
    pub side: Side,
    /// Why they may not be one: they are not the report's.
    pub unfit: Option<String>,
    pub tokens: TokenTotals,
    /// Where each row begins, and where the last one ends.
    bounds: Vec<u64>,
    /// Places of the rows, the worst first.
    worst_first: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// By the primary score; rows without one first.
    Worst,
    Best,
    /// As they lie in the file.
    File,
}

#[derive(Debug, Clone)]
pub struct RowQuery {
    pub order: RowOrder,
    /// A failure code, `any` or `none`.
    pub failure: Option<String>,
    pub stratum: Option<String>,
    pub offset: usize,
    pub limit: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ShownRow {
    /// Place in the file, from 0.
    pub place: usize,
    pub stratum: Option<String>,
    /// The row's value of the primary score.
    pub primary: Option<f64>,
    pub row: EvalRow,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RowPage {
    pub rows: Vec<ShownRow>,
    /// Rows that the filter lets through, on all pages.
    pub total: usize,
    pub next_offset: Option<usize>,
}

pub fn read(
    tracker: &Tracker,
    run: &RunRecord,
    file: &RunFile,
    report: &EvalReport,
) -> Result<EvaluatedRows> {
    let mut lines = BufReader::with_capacity(1 << 20, tracker.open_blob(&file.sha256)?);
    let mut reader = RowReader::new(report);
    let mut bounds = vec![0];
    let (mut line, mut end) = (Vec::new(), 0);
    let refused = |row: usize, problem: String| {
        let (name, key) = (&file.name, &run.key);
        Error::input(format!("line {row} of {name} of {key}: {problem}"))
    };
    loop {
        line.clear();
        let mut limited = (&mut lines).take(MOST_LINE_BYTES + 1);
        let count = limited.read_until(b'\n', &mut line).map_err(unreadable)? as u64;
        if count == 0 {
            break;
        }
        let row = bounds.len();
        if count > MOST_LINE_BYTES {
            let problem = format!("a row has at most {MOST_LINE_BYTES} bytes");
            return Err(refused(row, problem));
        }
        if row > MOST_ROWS {
            return Err(refused(row, format!("at most {MOST_ROWS} rows are read")));
        }
        reader
            .line(&line)
            .map_err(|problem| refused(row, problem))?;
        end += count;
        bounds.push(end);
    }
    let read = reader.finish().map_err(|problem| {
        Error::input(format!(
            "the rows of {} can't be scored: {problem}",
            run.key
        ))
    })?;
    let tokens = read.tokens;
    let (side, unfit) = arm(report, read);
    Ok(EvaluatedRows {
        sha256: file.sha256.clone(),
        worst_first: worst_first(&side, report.primary_score.direction),
        side,
        unfit,
        tokens,
        bounds,
    })
}

fn worst_first(side: &Side, direction: Direction) -> Vec<usize> {
    let rows = side.rows.as_deref().unwrap_or_default();
    // What has no value is the worst of all.
    let badness = |place: &usize| match (primary_of(&rows[*place]), direction) {
        (None, _) => f64::INFINITY,
        (Some(value), Direction::Minimize) => value,
        (Some(value), Direction::Maximize) => -value,
    };
    let mut places: Vec<usize> = (0..rows.len()).collect();
    places.sort_by(|left, right| badness(right).total_cmp(&badness(left)));
    places
}

/// The row's value of the primary score.
pub fn primary_of(row: &ScoredRow) -> Option<f64> {
    row.values.first().copied().flatten()
}

impl EvaluatedRows {
    pub fn scored(&self) -> &[ScoredRow] {
        self.side.rows.as_deref().unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.scored().len()
    }

    pub fn is_empty(&self) -> bool {
        self.scored().is_empty()
    }

    /// The place of a row.
    pub fn place_of(&self, id: &str) -> Option<usize> {
        self.scored().iter().position(|row| row.id == id)
    }

    /// # Errors
    /// A failure code or stratum that no row has.
    fn places(&self, query: &RowQuery) -> Result<Vec<usize>> {
        let rows = self.scored();
        let has_failure = |row: &ScoredRow| match (query.failure.as_deref(), row.failure) {
            (None, _) => true,
            (Some("any"), failure) => failure.is_some(),
            (Some("none"), failure) => failure.is_none(),
            (Some(wanted), Some(code)) => code.to_string() == wanted,
            (Some(_), None) => false,
        };
        let is_wanted = |place: &usize| {
            let row = &rows[*place];
            let in_stratum = query.stratum.is_none() || row.stratum == query.stratum;
            in_stratum && has_failure(row)
        };
        let found: Vec<usize> = match query.order {
            RowOrder::File => (0..rows.len()).filter(is_wanted).collect(),
            RowOrder::Worst => self.worst_first.iter().copied().filter(is_wanted).collect(),
            RowOrder::Best => {
                let best_first = self.worst_first.iter().rev().copied();
                best_first.filter(is_wanted).collect()
            }
        };
        if found.is_empty() {
            self.check_names(query)?;
        }
        Ok(found)
    }

    /// A name that nothing has is a mistake, not an empty page.
    fn check_names(&self, query: &RowQuery) -> Result<()> {
        let rows = self.scored();
        if let Some(stratum) = &query.stratum {
            let known = || rows.iter().filter_map(|row| row.stratum.as_deref());
            if !known().any(|name| name == stratum) {
                let hint = did_you_mean(stratum, known());
                return Err(Error::input(format!(
                    "no row is of the stratum '{stratum}'{hint}"
                )));
            }
        }
        match query.failure.as_deref() {
            None | Some("any" | "none") => Ok(()),
            Some(code) => {
                let known = rows.iter().filter_map(|row| row.failure);
                let known: Vec<String> = known.map(|code| code.to_string()).collect();
                if known.iter().any(|name| name == code) {
                    return Ok(());
                }
                let names = known.iter().map(String::as_str).chain(["any", "none"]);
                let hint = did_you_mean(code, names);
                Err(Error::input(format!("no row failed with '{code}'{hint}")))
            }
        }
    }
}

impl Tracker {
    /// Rows of an evaluation with their texts.
    ///
    /// # Errors
    /// A name that no row has; a row that is not what it should be.
    pub fn evaluation_rows(&self, rows: &EvaluatedRows, query: &RowQuery) -> Result<RowPage> {
        let places = rows.places(query)?;
        let wanted = places.iter().skip(query.offset).take(query.limit);
        let mut file = self.open_blob(&rows.sha256)?;
        let (mut shown, mut bytes) = (Vec::new(), 0);
        for place in wanted {
            bytes += rows.bounds[place + 1] - rows.bounds[*place];
            if bytes > MOST_PAGE_BYTES && !shown.is_empty() {
                break;
            }
            shown.push(shown_row(rows, &mut file, *place)?);
        }
        let next = query.offset.saturating_add(shown.len());
        Ok(RowPage {
            next_offset: (next < places.len()).then_some(next),
            rows: shown,
            total: places.len(),
        })
    }

    /// One row.
    ///
    /// # Errors
    /// A row that is not there, with the nearest ids.
    pub fn evaluation_row(&self, rows: &EvaluatedRows, id: &str) -> Result<ShownRow> {
        let Some(place) = rows.place_of(id) else {
            let known = rows.scored().iter().map(|row| row.id.as_str());
            let hint = did_you_mean(id, known);
            return Err(Error::not_found(format!(
                "the evaluation has no row '{id}'{hint}"
            )));
        };
        shown_row(rows, &mut self.open_blob(&rows.sha256)?, place)
    }

    /// The rows at these places, as far as they fit on a page.
    pub(super) fn rows_at(
        &self,
        rows: &EvaluatedRows,
        places: impl Iterator<Item = usize>,
    ) -> Result<Vec<ShownRow>> {
        let mut file = self.open_blob(&rows.sha256)?;
        let (mut shown, mut bytes) = (Vec::new(), 0);
        for place in places {
            bytes += rows.bounds[place + 1] - rows.bounds[place];
            if bytes > MOST_PAGE_BYTES && !shown.is_empty() {
                break;
            }
            shown.push(shown_row(rows, &mut file, place)?);
        }
        Ok(shown)
    }
}

fn shown_row(rows: &EvaluatedRows, file: &mut File, place: usize) -> Result<ShownRow> {
    let (start, end) = (rows.bounds[place], rows.bounds[place + 1]);
    let mut line = Vec::new();
    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    let read = file.take(end - start).read_to_end(&mut line);
    read.map_err(unreadable)?;
    let row: EvalRow = serde_json::from_slice(&line).map_err(|problem| {
        let number = place + 1;
        Error::input(format!(
            "line {number} of the rows can't be shown: {problem}"
        ))
    })?;
    let scored = &rows.scored()[place];
    Ok(ShownRow {
        place,
        stratum: scored.stratum.clone(),
        primary: primary_of(scored),
        row,
    })
}
