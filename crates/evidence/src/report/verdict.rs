//! What follows: the decision where there is one, else the comparison, else that nothing does.

use gradus_schema::decision::GateState;
use gradus_schema::{Comparison, Decision};

use super::{Block, Section, number, p_value, table};
use crate::material::{Evaluation, Material};

pub(super) fn conclusion(material: &Material, subject: &Evaluation) -> Section {
    let mut blocks = Vec::new();
    if let Some(decision) = material.decisions.last() {
        blocks.extend(of_decision(&decision.value));
    }
    if let Some(comparison) = material.comparisons.last() {
        blocks.extend(of_comparison(&comparison.value));
    }
    if blocks.is_empty() {
        let primary = &subject.report.primary_score.metric;
        blocks.push(Block::Verdict {
            word: "undecided".to_owned(),
            text: format!(
                "No comparison and no decision lie in these folders. The intervals of {primary} below are of each model by itself; whether one is better is for gradus compare to say, on the same rows."
            ),
        });
    }
    Section {
        id: "conclusion",
        title: "Conclusion",
        blocks,
    }
}

fn of_decision(decision: &Decision) -> Vec<Block> {
    let mut reasons = decision.reasons.iter().map(|reason| {
        let rows = if reason.rows.is_empty() {
            String::new()
        } else {
            format!(" (rows {})", reason.rows.join(", "))
        };
        format!("{}{rows}", reason.text)
    });
    let mut blocks = vec![Block::Verdict {
        word: decision.outcome.to_string(),
        text: reasons.next().unwrap_or_default(),
    }];
    let others: Vec<String> = reasons.collect();
    if !others.is_empty() {
        blocks.push(Block::List(others));
    }
    let gates: Vec<Vec<String>> = decision
        .gates
        .iter()
        .map(|result| {
            let state = match result.state {
                GateState::Passed => "passed",
                GateState::Failed => "failed",
                GateState::Undecided => "undecided",
            };
            vec![
                result.text.clone(),
                state.to_owned(),
                number(result.value),
                number(result.limit),
                result.n.to_string(),
            ]
        })
        .collect();
    if !gates.is_empty() {
        blocks.push(table(
            "Gates",
            &["gate", "", "value", "limit", "rows"],
            gates,
        ));
    }
    if let Some(budget) = &decision.frozen_budget {
        blocks.push(Block::Paragraph(format!(
            "This frozen set has been looked at {} times of {}; {} are left. The chance that one of these looks promoted a candidate that is no better is at most {}.",
            budget.looks_used, budget.looks_allowed, budget.looks_left, number(Some(budget.chance_of_false_promotion))
        )));
    }
    blocks
}

fn of_comparison(comparison: &Comparison) -> Vec<Block> {
    let mut sentences: Vec<String> = comparison
        .refusals
        .iter()
        .map(|refusal| refusal.text.clone())
        .chain(comparison.reasons.iter().cloned())
        .collect();
    let first = if sentences.is_empty() {
        String::new()
    } else {
        sentences.remove(0)
    };
    let mut blocks = vec![Block::Verdict {
        word: comparison.verdict.to_string(),
        text: first,
    }];
    if !sentences.is_empty() {
        blocks.push(Block::List(sentences));
    }
    let rows: Vec<Vec<String>> = comparison
        .effects
        .iter()
        .map(|(name, effect)| {
            let [low, high] = effect.interval95;
            vec![
                name.clone(),
                number(Some(effect.base)),
                number(Some(effect.candidate)),
                format!(
                    "{} [{}, {}]",
                    number(Some(effect.difference)),
                    number(Some(low)),
                    number(Some(high))
                ),
                p_value(effect.p_value),
                effect.n.to_string(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        blocks.push(table(
            format!(
                "{} against {}, paired on the same rows",
                comparison.candidate.model, comparison.base.model
            ),
            &[
                "metric",
                "base",
                "candidate",
                "difference [95 % interval]",
                "p",
                "rows",
            ],
            rows,
        ));
    }
    blocks
}
