//! A finished evaluation as one arm of a comparison. Rows have to give the report's own figures.

mod row_scores;
mod rows;

use gradus_schema::EvalReport;
use gradus_schema::comparison::ArmSummary;
use gradus_schema::report::canonical_metric_name;

use crate::compare::side::count_rows;
use crate::compare::{Conditions, Side};

pub use rows::{ReadRows, RowReader, scored_rows};

/// The files of a report folder that a comparison reads.
pub const SUMMARY: &str = "eval_summary.json";
pub const ROWS: &str = "rows.jsonl";

/// How far a mean over the rows may be from the report's, relative to the value.
const AGREEMENT: f64 = 1e-9;

/// A report with its rows as one arm; without rows nothing can be paired.
///
/// # Errors
/// Rows that are not those of the report.
pub fn side_of(report: &EvalReport, read: Option<ReadRows>) -> Result<Side, String> {
    let mut side = unchecked_side_of(report, read);
    check_against_rows(report, &mut side)?;
    Ok(side)
}

/// The same, whether or not the rows are those of the report.
pub fn unchecked_side_of(report: &EvalReport, read: Option<ReadRows>) -> Side {
    let mut summary = ArmSummary {
        model: report.model.clone(),
        answered_by: Some(report.answered_by.clone()),
        scale: Some(report.scale),
        ..ArmSummary::default()
    };
    let Some(read) = read else {
        summary.n_total = report.n_total;
        summary.n_answered = report.n_answered;
        summary.served_by = report.served_by.clone();
        return Side {
            summary,
            conditions: conditions(report),
            ..Side::default()
        };
    };
    count_rows(&mut summary, &read.rows, &read.served_by);
    Side {
        summary,
        rows: Some(read.rows),
        metrics: read.metrics,
        conditions: conditions(report),
    }
}

fn conditions(report: &EvalReport) -> Conditions {
    let mut primary_score = report.primary_score.clone();
    primary_score.metric = canonical_metric_name(&primary_score.metric).to_owned();
    Conditions {
        task: report.task.clone(),
        format_version: Some(report.format_version),
        split: Some(report.split),
        data_sha256: Some(report.data_sha256.clone()),
        prompt_sha256: Some(report.prompt_sha256.clone()),
        rendered_prompts_sha256: Some(report.rendered_prompts_sha256.clone()),
        contract_sha256: Some(report.contract_sha256.clone()),
        decode: report.decode.clone(),
        primary_score: Some(primary_score),
        gradus_version: Some(report.gradus_version.clone()),
    }
}

/// The rows have to give the report's own figures: the primary score must, a metric beside it
/// that does not is left out of the comparison.
///
/// # Errors
/// What the rows give otherwise than the report says; the side is as it was.
pub fn check_against_rows(report: &EvalReport, side: &mut Side) -> Result<(), String> {
    let Some(rows) = side.rows.as_deref() else {
        return Ok(());
    };
    if rows.len() != report.n_total {
        return Err(format!(
            "{ROWS} holds {} rows and the report says {}; evaluate again",
            rows.len(),
            report.n_total
        ));
    }
    let mut kept = Vec::new();
    for (index, metric) in side.metrics.iter().enumerate() {
        let values: Option<Vec<f64>> = rows.iter().map(|row| row.values[index]).collect();
        let mean = values.as_deref().and_then(crate::stats::mean);
        let said = report.metrics.get(&metric.name).and_then(|it| it.value);
        let agrees = match (mean, said) {
            (Some(mean), Some(said)) => (mean - said).abs() <= AGREEMENT * said.abs().max(1.0),
            (None, _) => index == 0,
            (Some(_), None) => false,
        };
        if agrees {
            kept.push(index);
        } else if index == 0 {
            return Err(format!(
                "the rows give {} = {} and the report says {}; one of the two files was changed: evaluate again",
                metric.name,
                mean.map_or("nothing".to_owned(), |it| it.to_string()),
                said.map_or("nothing".to_owned(), |it| it.to_string()),
            ));
        }
    }
    if kept.len() < side.metrics.len() {
        side.metrics = kept
            .iter()
            .map(|&index| side.metrics[index].clone())
            .collect();
        for row in side.rows.iter_mut().flatten() {
            row.values = kept.iter().map(|&index| row.values[index]).collect();
        }
    }
    Ok(())
}
