//! The evaluations of a project, newest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use gradus_analysis::reports::SUMMARY;
use gradus_schema::{AnsweredBy, Direction, EvalReport, Metric, Split};
use gradus_store::{Field, Order, RunQuery, RunRecord};
use serde::Serialize;

use crate::{Error, Result, Tracker};

/// What a list shows of a report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EvaluationSummary {
    pub task: String,
    pub split: Split,
    pub data_sha256: String,
    /// The model reference as it was asked for.
    pub model: String,
    pub answered_by: AnsweredBy,
    /// Model that answered → rows, as the answers themselves say.
    pub served_by: BTreeMap<String, usize>,
    pub n_total: usize,
    pub n_answered: usize,
    pub primary: PrimaryFigure,
    /// Share of the rows that the requested model answered.
    pub served_as_requested: Option<Metric>,
    /// Share of the rows whose counted answer meets the contract.
    pub validity: Option<Metric>,
    pub cost_usd: Option<Metric>,
    pub latency_secs_p50: Option<Metric>,
    pub wall_secs: f64,
    pub gradus_version: String,
}

/// The primary score; no value where too few rows were answered by the model under test.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrimaryFigure {
    pub name: String,
    pub direction: Direction,
    pub metric: Metric,
    /// Why there is no value.
    pub undefined_because: Option<String>,
}

impl PrimaryFigure {
    /// The primary score, without a value where too few rows were served as requested.
    pub fn of(report: &EvalReport) -> Self {
        let said = report.primary().cloned();
        let undefined = || Metric::undefined(report.n_total, "");
        let (metric, undefined_because) = match (report.primary_value(), said) {
            (Ok(_), Some(metric)) => (metric, None),
            (Ok(_), None) => (undefined(), None),
            (Err(reason), said) => {
                let unit = said.map_or_else(String::new, |metric| metric.unit);
                (Metric::undefined(report.n_total, unit), Some(reason))
            }
        };
        Self {
            name: report.primary_score.metric.clone(),
            direction: report.primary_score.direction,
            metric,
            undefined_because,
        }
    }
}

impl EvaluationSummary {
    pub fn of(report: &EvalReport) -> Self {
        let metric = |name: &str| report.metrics.get(name).cloned();
        Self {
            task: report.task.clone(),
            split: report.split,
            data_sha256: report.data_sha256.clone(),
            model: report.model.clone(),
            answered_by: report.answered_by.clone(),
            served_by: report.served_by.clone(),
            n_total: report.n_total,
            n_answered: report.n_answered,
            primary: PrimaryFigure::of(report),
            served_as_requested: metric("served_as_requested_rate"),
            validity: metric("strict_valid_rate").or_else(|| metric("accuracy")),
            cost_usd: metric("cost_usd_total"),
            latency_secs_p50: metric("latency_secs_p50"),
            wall_secs: report.wall_secs,
            gradus_version: report.gradus_version.clone(),
        }
    }
}

/// Which evaluations of a project; what is `None` is not asked for.
#[derive(Debug, Clone, Default)]
pub struct EvaluationQuery {
    pub task: Option<String>,
    pub split: Option<Split>,
    pub data_sha256: Option<String>,
    pub offset: usize,
    pub limit: usize,
}

impl EvaluationQuery {
    fn matches(&self, summary: &EvaluationSummary) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == found)
        };
        is(&self.task, &summary.task)
            && is(&self.data_sha256, &summary.data_sha256)
            && self.split.is_none_or(|split| split == summary.split)
    }

    fn takes_all(&self) -> bool {
        self.task.is_none() && self.split.is_none() && self.data_sha256.is_none()
    }
}

/// A run that holds a report, and what it says; or why it can't be read.
pub type ListedEvaluation = (
    Arc<RunRecord>,
    Arc<std::result::Result<EvaluationSummary, String>>,
);

impl Tracker {
    /// Runs that hold a report, newest first, and how many there are on all pages.
    pub fn evaluations(
        &self,
        entity: &str,
        project: &str,
        query: &EvaluationQuery,
    ) -> Result<(Vec<ListedEvaluation>, usize)> {
        let runs = self.runs_with_file(entity, project, SUMMARY)?;
        if query.takes_all() {
            let total = runs.len();
            let page = runs.into_iter().skip(query.offset).take(query.limit);
            let page = page.map(|run| Ok((run.clone(), self.evaluation_summary(&run)?)));
            return Ok((page.collect::<Result<_>>()?, total));
        }
        let mut found = Vec::new();
        for run in runs {
            let summary = self.evaluation_summary(&run)?;
            if matches!(&*summary, Ok(summary) if query.matches(summary)) {
                found.push((run, summary));
            }
        }
        let total = found.len();
        let page = found.into_iter().skip(query.offset).take(query.limit);
        Ok((page.collect(), total))
    }

    /// What a list shows of a run's report.
    pub fn evaluation_summary(
        &self,
        run: &RunRecord,
    ) -> Result<Arc<std::result::Result<EvaluationSummary, String>>> {
        let Some(file) = self.files.get(run.number, SUMMARY) else {
            return Ok(Arc::new(Err(format!("the run holds no {SUMMARY}"))));
        };
        self.evaluations.summaries.get_or_make(&file.sha256, || {
            let read = match self.evaluation_report(run) {
                Ok((report, _)) => Ok(EvaluationSummary::of(&report)),
                // What is wrong with a file is shown in its place; what is wrong now may pass.
                Err(error @ (Error::Input(_) | Error::NotFound(_))) => Err(error.to_string()),
                Err(other) => return Err(other),
            };
            Ok((read, 1))
        })
    }

    /// Runs of a project that hold a file of this name, newest first.
    pub fn runs_with_file(
        &self,
        entity: &str,
        project: &str,
        name: &str,
    ) -> Result<Vec<Arc<RunRecord>>> {
        let newest_first = Order {
            field: Field::CreatedUnixMs,
            is_descending: true,
        };
        let mut runs = self.store.runs(&RunQuery {
            entity: Some(entity.to_owned()),
            project: Some(project.to_owned()),
            order: vec![newest_first],
            limit: u64::MAX,
            ..RunQuery::default()
        })?;
        runs.retain(|run| self.files.get(run.number, name).is_some());
        Ok(runs)
    }
}
