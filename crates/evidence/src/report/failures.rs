//! Failure cases: codes with counts, and the worst rows with what was asked and answered.

use gradus_schema::{Answer, EvalRow};

use super::{Block, Case, Section, number, table};
use crate::material::Evaluation;

const SHOWN: usize = 10;
/// Characters of one text; a page is no dump.
const LONGEST: usize = 600;

pub(super) fn failures(subject: &Evaluation) -> Section {
    let report = &subject.report;
    let mut blocks = Vec::new();
    let codes: Vec<Vec<String>> = report
        .failures
        .iter()
        .flat_map(|(mode, codes)| {
            codes.iter().map(move |(code, count)| {
                vec![
                    format!("{mode}: {code}"),
                    format!("{count} of {}", report.n_total),
                ]
            })
        })
        .collect();
    if codes.is_empty() {
        let text = format!("No answer of {} failed the contract.", subject.label());
        blocks.push(Block::Paragraph(text));
    } else {
        let caption = format!("Why answers of {} could not be used", subject.label());
        blocks.push(table(caption, &["code", "rows"], codes));
    }
    let mut scored: Vec<(&EvalRow, &Answer, f64)> = subject
        .rows
        .iter()
        .filter_map(|row| {
            let answer = row.constrained.as_ref().or(row.unconstrained.as_ref())?;
            Some((row, answer, answer.mae_penalised?))
        })
        .filter(|(_, answer, cost)| *cost > 0.0 || answer.failure.is_some())
        .collect();
    scored.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.row.cmp(&b.0.row)));
    if !scored.is_empty() {
        blocks.push(Block::Paragraph(format!(
            "The {} worst of {} rows that {} did not answer exactly, by error:",
            scored.len().min(SHOWN),
            scored.len(),
            subject.label()
        )));
    }
    blocks.extend(
        scored
            .iter()
            .take(SHOWN)
            .map(|(row, answer, cost)| case(row, answer, *cost)),
    );
    Section {
        id: "failures",
        title: "Failure cases",
        blocks,
    }
}

fn case(row: &EvalRow, answer: &Answer, cost: f64) -> Block {
    let mut title = format!("{}, error {}", row.id, number(Some(cost)));
    for value in row.strata.values() {
        title.push_str(&format!(", {value}"));
    }
    if let Some(code) = answer.failure {
        title.push_str(&format!(", {code}"));
    }
    let prompt = row
        .messages
        .last()
        .map_or("", |message| message.content.as_str());
    Block::Case(Case {
        title,
        prompt: shortened(prompt),
        answer: answer
            .raw
            .as_deref()
            .map_or_else(|| "no answer arrived".to_owned(), shortened),
        target: shortened(&row.target.to_string()),
    })
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
