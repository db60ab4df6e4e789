//! Figures: the primary score against the baselines, every metric, errors per dimension, cost.

use std::collections::BTreeSet;

use gradus_schema::{CostBasis, Direction, Metric};

use super::svg::bars::{BarGroup, bar_chart};
use super::svg::forest::{ForestRow, forest_plot};
use super::svg::scatter::{ScatterPoint, scatter_plot};
use super::{Block, Section, number, table};
use crate::material::{Evaluation, Material};

pub(super) fn results(evaluations: &[&Evaluation], subject: &Evaluation) -> Section {
    let primary = &subject.report.primary_score;
    let sorted = by_score(evaluations, subject);
    let rows: Vec<ForestRow> = sorted
        .iter()
        .filter_map(|evaluation| {
            let metric = evaluation.report.metrics.get(&primary.metric)?;
            Some(ForestRow {
                label: evaluation.label().to_owned(),
                value: metric.value?,
                interval95: metric.interval95,
                is_subject: evaluation.folder == subject.folder,
            })
        })
        .collect();
    let mut blocks = Vec::new();
    let better = match primary.direction {
        Direction::Minimize => "further left is better",
        Direction::Maximize => "further right is better",
    };
    if let Some(svg) = forest_plot(&rows, &primary.metric) {
        blocks.push(Block::Figure {
            svg,
            caption: format!("{} with 95 % intervals; {better}", primary.metric),
        });
    }
    let lines = sorted
        .iter()
        .map(|evaluation| {
            let report = &evaluation.report;
            let cell = |name: &str| cell(report.metrics.get(name));
            vec![
                evaluation.label().to_owned(),
                report.answered_by.model.clone(),
                cell(&primary.metric),
                cell("strict_valid_rate"),
                cell("exact_match_rate"),
                cell("skill_vs_constant"),
                format!("{} of {}", report.n_answered, report.n_total),
            ]
        })
        .collect();
    let header = [
        "evaluation",
        "answered by",
        &primary.metric,
        "strict_valid_rate",
        "exact_match_rate",
        "skill_vs_constant",
        "answered",
    ];
    blocks.push(table(
        "Runs, best first: value [95 % interval], rows used of rows asked",
        &header,
        lines,
    ));
    Section {
        id: "results",
        title: "Results",
        blocks,
    }
}

/// Best first; what has no score comes last.
fn by_score<'a>(evaluations: &[&'a Evaluation], subject: &Evaluation) -> Vec<&'a Evaluation> {
    let primary = &subject.report.primary_score;
    let key = |evaluation: &Evaluation| {
        let value = evaluation
            .report
            .metrics
            .get(&primary.metric)
            .and_then(|metric| metric.value);
        match primary.direction {
            Direction::Minimize => value.unwrap_or(f64::INFINITY),
            Direction::Maximize => -value.unwrap_or(f64::NEG_INFINITY),
        }
    };
    let mut sorted = evaluations.to_vec();
    sorted.sort_by(|a, b| {
        key(a)
            .total_cmp(&key(b))
            .then_with(|| a.folder.cmp(&b.folder))
    });
    sorted
}

/// `0.777 [0.61, 0.95] 160/160`.
fn cell(metric: Option<&Metric>) -> String {
    let Some(metric) = metric else {
        return "–".to_owned();
    };
    let interval = metric.interval95.map_or_else(String::new, |[low, high]| {
        format!(" [{}, {}]", number(Some(low)), number(Some(high)))
    });
    format!(
        "{}{interval} {}/{}",
        number(metric.value),
        metric.n,
        metric.n_total
    )
}

/// Every metric of the two arms; of all evaluations where nothing was compared. What is undefined
/// for all of them is named, not listed.
pub(super) fn metrics(material: &Material, evaluations: &[&Evaluation]) -> Section {
    let arms: Vec<&Evaluation> = match material.arms() {
        Some(arms) => [arms.base, arms.candidate]
            .iter()
            .filter_map(|index| material.evaluations.get(*index))
            .collect(),
        None => evaluations.to_vec(),
    };
    let names: BTreeSet<&String> = arms
        .iter()
        .flat_map(|evaluation| evaluation.report.metrics.keys())
        .collect();
    let is_defined = |name: &&String| {
        arms.iter().any(|evaluation| {
            let metric = evaluation.report.metrics.get(*name);
            metric.is_some_and(|metric| metric.value.is_some())
        })
    };
    let (defined, undefined): (Vec<&String>, Vec<&String>) =
        names.into_iter().partition(is_defined);
    let mut header = vec!["metric"];
    header.extend(arms.iter().map(|evaluation| evaluation.label()));
    let rows = defined
        .into_iter()
        .map(|name| {
            let mut row = vec![name.clone()];
            row.extend(
                arms.iter()
                    .map(|evaluation| cell(evaluation.report.metrics.get(name))),
            );
            row
        })
        .collect();
    let mut blocks = vec![table(
        "Value [95 % interval], rows used of rows asked",
        &header,
        rows,
    )];
    if !undefined.is_empty() {
        let names: Vec<&str> = undefined.iter().map(|name| name.as_str()).collect();
        blocks.push(Block::Paragraph(format!(
            "Undefined, because no row entered them: {}.",
            names.join(", ")
        )));
    }
    blocks.extend(per_stratum(evaluations, &arms));
    Section {
        id: "metrics",
        title: "All metrics",
        blocks,
    }
}

/// The primary score by stratum: a line for each evaluation, or, with many strata, a line for
/// each of them and the arms beside each other.
fn per_stratum(evaluations: &[&Evaluation], arms: &[&Evaluation]) -> Option<Block> {
    const COLUMNS: usize = 4;
    let strata: BTreeSet<&String> = evaluations
        .iter()
        .flat_map(|evaluation| evaluation.report.strata.keys())
        .collect();
    let of = |evaluation: &Evaluation, stratum: &str| {
        let report = &evaluation.report;
        let metrics = report.strata.get(stratum);
        cell(metrics.and_then(|metrics| metrics.get(&report.primary_score.metric)))
    };
    let mut header = vec![match strata.len() {
        0 => return None,
        1..=COLUMNS => "evaluation",
        _ => "stratum",
    }];
    let rows: Vec<Vec<String>> = if strata.len() <= COLUMNS {
        header.extend(strata.iter().map(|stratum| stratum.as_str()));
        let line = |evaluation: &&Evaluation| {
            let mut row = vec![evaluation.label().to_owned()];
            row.extend(strata.iter().map(|stratum| of(evaluation, stratum)));
            row
        };
        evaluations.iter().map(line).collect()
    } else {
        header.extend(arms.iter().map(|evaluation| evaluation.label()));
        let line = |stratum: &&String| {
            let mut row = vec![(*stratum).clone()];
            row.extend(arms.iter().map(|evaluation| of(evaluation, stratum)));
            row
        };
        strata.iter().map(line).collect()
    };
    Some(table("The primary score per stratum", &header, rows))
}

pub(super) fn dimensions(evaluations: &[&Evaluation], subject: &Evaluation) -> Section {
    const STEM: &str = "mae_raw_";
    let names: Vec<&str> = subject
        .report
        .metrics
        .keys()
        .filter_map(|name| name.strip_prefix(STEM))
        .collect();
    // Three arms are readable: the subject, its base and the best of the rest.
    let mut shown: Vec<&Evaluation> = by_score(evaluations, subject);
    shown.retain(|evaluation| evaluation.folder != subject.folder);
    shown.truncate(2);
    let arms: Vec<&Evaluation> = evaluations
        .iter()
        .copied()
        .filter(|evaluation| evaluation.folder == subject.folder)
        .chain(shown)
        .collect();
    let groups: Vec<BarGroup> = names
        .iter()
        .map(|name| BarGroup {
            label: (*name).to_owned(),
            bars: arms
                .iter()
                .map(|arm| {
                    let metric = arm.report.metrics.get(&format!("{STEM}{name}"));
                    (
                        metric.and_then(|metric| metric.value),
                        metric.and_then(|metric| metric.interval95),
                    )
                })
                .collect(),
        })
        .collect();
    let legend: Vec<&str> = arms.iter().map(|arm| arm.label()).collect();
    let blocks = bar_chart(&groups, &legend, "mean absolute error, scale units")
        .map(|svg| Block::Figure {
            svg,
            caption: "Error per dimension, with 95 % intervals; shorter is better".to_owned(),
        })
        .into_iter()
        .collect();
    Section {
        id: "dimensions",
        title: "Error per dimension",
        blocks,
    }
}

pub(super) fn cost(evaluations: &[&Evaluation], subject: &Evaluation) -> Section {
    let primary = &subject.report.primary_score.metric;
    let mut points = Vec::new();
    let mut rows = Vec::new();
    for evaluation in evaluations {
        let report = &evaluation.report;
        let value = |name: &str| report.metrics.get(name).and_then(|metric| metric.value);
        let latency = value("latency_secs_p50");
        if let Some((latency, quality)) = latency.filter(|secs| *secs > 0.0).zip(value(primary)) {
            points.push(ScatterPoint {
                label: evaluation.label().to_owned(),
                x: latency,
                y: quality,
                is_subject: evaluation.folder == subject.folder,
            });
        }
        let (usd, basis) = cost_of(evaluation);
        rows.push(vec![
            evaluation.label().to_owned(),
            number(latency),
            number(value("latency_secs_p95")),
            number(value("latency_secs_p99")),
            number(usd),
            basis,
            number(Some(report.wall_secs)),
        ]);
    }
    let mut blocks = Vec::new();
    if let Some(svg) = scatter_plot(&points, "median latency, seconds (logarithmic)", primary) {
        blocks.push(Block::Figure {
            svg,
            caption: format!("What an answer takes against {primary}"),
        });
    }
    blocks.push(table(
        "Latency and cost: per answered row in seconds; US dollars per 100 rows with how they were arrived at",
        &["evaluation", "p50", "p95", "p99", "usd per 100", "basis", "wall seconds"],
        rows,
    ));
    Section {
        id: "cost",
        title: "Latency and cost",
        blocks,
    }
}

/// Dollars per 100 rows, `None` where any row has no price; and the bases that occur.
fn cost_of(evaluation: &Evaluation) -> (Option<f64>, String) {
    let mut bases = BTreeSet::new();
    let mut total = Some(0.0);
    for row in &evaluation.rows {
        for answer in [&row.constrained, &row.unconstrained].into_iter().flatten() {
            bases.insert(match answer.cost.basis {
                CostBasis::Metered => "metered",
                CostBasis::TokenEstimate => "estimated from tokens",
                CostBasis::GpuTime => "GPU time",
                CostBasis::Assumed => "assumed",
                CostBasis::LocalUnpriced => "this machine, unpriced",
                CostBasis::Unpriced => "a server, price not given",
            });
            total = total.zip(answer.cost.usd).map(|(total, usd)| total + usd);
        }
    }
    let rows = evaluation.rows.len();
    let per_100 = total
        .filter(|_| rows > 0)
        .map(|total| total / rows as f64 * 100.0);
    (per_100, bases.into_iter().collect::<Vec<_>>().join(", "))
}
