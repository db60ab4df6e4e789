//! What was changed and why, and what the cycles of the task came to.

use gradus_schema::loop_summary::{DeltaReference, LoopCycle, LoopSummary};
use gradus_schema::plan::{Cluster, Plan};

use super::{Block, Section, number, table};
use crate::material::Material;

const CLUSTERS_SHOWN: usize = 3;
const ROWS_SHOWN: usize = 6;

/// The plan that the candidate came from.
pub(super) fn plan(material: &Material) -> Section {
    let blocks = match material.plans.last() {
        Some(named) => of_plan(&named.value),
        None => Vec::new(),
    };
    Section {
        id: "plan",
        title: "What was changed, and why",
        blocks,
    }
}

fn of_plan(plan: &Plan) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(hypothesis) = &plan.hypothesis {
        blocks.push(Block::Paragraph(format!("Hypothesis: {hypothesis}.")));
    }
    if let Some(action) = plan.action_now() {
        let expected = &action.expectation;
        blocks.push(Block::List(vec![
            format!("The one change: {} ({}).", action.change, action.why),
            format!(
                "Expected: {} better by {}, at least {} ({}).",
                expected.metric,
                number(Some(expected.improvement)),
                number(Some(expected.at_least)),
                expected.basis
            ),
            format!("Taken back when {}.", action.rollback.text),
        ]));
    }
    let rows: Vec<Vec<String>> = plan
        .clusters
        .iter()
        .take(CLUSTERS_SHOWN)
        .map(of_cluster)
        .collect();
    if !rows.is_empty() {
        blocks.push(table(
            format!(
                "Dominant failures among {} rows: {} of form, {} of value",
                plan.counts.rows, plan.counts.format, plan.counts.value
            ),
            &["what", "where", "rows", "of", "share of error", "worst"],
            rows,
        ));
    }
    blocks
}

fn of_cluster(cluster: &Cluster) -> Vec<String> {
    let places: Vec<String> = cluster.conditions.iter().map(ToString::to_string).collect();
    let worst: Vec<&str> = cluster
        .rows
        .iter()
        .take(ROWS_SHOWN)
        .map(String::as_str)
        .collect();
    vec![
        cluster.what.clone(),
        match places.is_empty() {
            true => "everywhere".to_owned(),
            false => places.join(", "),
        },
        cluster.n.to_string(),
        cluster.n_matching.to_string(),
        format!("{:.0} %", cluster.share_of_error * 100.0),
        worst.join(", "),
    ]
}

/// Every cycle so far where a loop was run, else every decision in order of its file.
pub(super) fn cycles(material: &Material) -> Section {
    let blocks = match material.loops.last() {
        Some(named) => of_loop(&named.value),
        None => of_decisions(material),
    };
    Section {
        id: "cycles",
        title: "Cycles",
        blocks,
    }
}

fn of_loop(found: &LoopSummary) -> Vec<Block> {
    let completion = &found.completion;
    let rows: Vec<Vec<String>> = found.cycles.iter().map(of_cycle).collect();
    let texts: Vec<String> = found
        .cycles
        .iter()
        .filter_map(|cycle| {
            let it = cycle.confrontation.as_ref()?;
            Some(format!(
                "Cycle {}, expectation {}: {}.",
                cycle.number, it.state, it.text
            ))
        })
        .collect();
    let mut blocks = vec![
        Block::Paragraph(format!(
            "loop_completion_rate {} ({} of {} cycles decided); {} of {} decided cycles improved.",
            number(completion.loop_completion_rate),
            completion.decided,
            completion.planned,
            completion.improved,
            completion.decided
        )),
        table(
            "Expected against observed; improvements are above 0 when better",
            &[
                "cycle",
                "change",
                "expected",
                "observed [95 % interval]",
                "verdict",
                "outcome",
                "over the champion",
                "over the first",
            ],
            rows,
        ),
    ];
    if !texts.is_empty() {
        blocks.push(Block::List(texts));
    }
    blocks
}

fn of_cycle(cycle: &LoopCycle) -> Vec<String> {
    let dash = || "–".to_owned();
    let delta = |reference: DeltaReference| {
        let found = cycle
            .deltas
            .iter()
            .find(|delta| delta.reference == reference);
        with_interval(
            found.and_then(|delta| delta.improvement),
            found.and_then(|delta| delta.improvement_interval95),
        )
    };
    let confrontation = cycle.confrontation.as_ref();
    vec![
        cycle.number.to_string(),
        cycle.change.clone().unwrap_or_else(dash),
        confrontation.map_or_else(dash, |it| number(Some(it.expectation.improvement))),
        confrontation.map_or_else(dash, |it| {
            with_interval(it.observed, it.observed_interval95)
        }),
        cycle
            .verdict
            .map_or_else(dash, |verdict| verdict.to_string()),
        cycle
            .outcome
            .map_or_else(dash, |outcome| outcome.to_string()),
        delta(DeltaReference::PreviousCycle),
        delta(DeltaReference::Baseline),
    ]
}

fn with_interval(value: Option<f64>, interval: Option<[f64; 2]>) -> String {
    match interval {
        Some([low, high]) => format!(
            "{} [{}, {}]",
            number(value),
            number(Some(low)),
            number(Some(high))
        ),
        None => number(value),
    }
}

fn of_decisions(material: &Material) -> Vec<Block> {
    let rows: Vec<Vec<String>> = material
        .decisions
        .iter()
        .map(|named| {
            let decision = &named.value;
            vec![
                named.file.clone(),
                decision.outcome.to_string(),
                decision.verdict.to_string(),
                decision.base.model.clone(),
                decision.candidate.model.clone(),
            ]
        })
        .collect();
    if rows.is_empty() {
        return vec![Block::Paragraph(
            "No cycle has been decided in these folders.".to_owned(),
        )];
    }
    vec![table(
        "Decisions",
        &["file", "outcome", "verdict", "base", "candidate"],
        rows,
    )]
}
