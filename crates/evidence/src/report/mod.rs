//! The report: one page about finished folders, as blocks that HTML and Markdown both render.
//! What it says follows from the files; nothing is typed in.

mod cycles;
mod failures;
pub mod html;
pub mod markdown;
mod results;
mod setup;
pub mod svg;
mod verdict;

use crate::material::{Evaluation, Material};
use crate::{Error, Result};

/// A page in reading order.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub title: String,
    /// One sentence under the title.
    pub subtitle: String,
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Anchor.
    pub id: &'static str,
    pub title: &'static str,
    pub blocks: Vec<Block>,
}

/// Plain text everywhere: whoever renders escapes.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Paragraph(String),
    /// A judgement in one word, and its reason.
    Verdict {
        word: String,
        text: String,
    },
    List(Vec<String>),
    Table(Table),
    /// A plot. What it shows also stands in a table or in its description.
    Figure {
        svg: String,
        caption: String,
    },
    /// A row that went wrong.
    Case(Case),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub caption: String,
    pub header: Vec<String>,
    /// The first cell of a row names it; the others are figures.
    pub rows: Vec<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub title: String,
    pub prompt: String,
    pub answer: String,
    pub target: String,
}

impl Page {
    /// The page about everything in a folder.
    ///
    /// # Errors
    /// A folder without a finished evaluation.
    pub fn of(material: &Material) -> Result<Self> {
        let Some(subject) = crate::derive::subject(material) else {
            return Err(Error::Incomplete(
                "no finished evaluation (eval_summary.json with rows.jsonl) below the given folders: run `gradus eval` first"
                    .to_owned(),
            ));
        };
        let report = &subject.report;
        let same_set: Vec<&Evaluation> = material
            .evaluations
            .iter()
            .filter(|evaluation| evaluation.report.data_sha256 == report.data_sha256)
            .collect();
        let sections = vec![
            setup::goal(material, subject),
            verdict::conclusion(material, subject),
            setup::setup(material, subject),
            results::results(&same_set, subject),
            results::metrics(material, &same_set),
            results::dimensions(&same_set, subject),
            setup::trainings(material),
            failures::failures(subject),
            cycles::plan(material),
            cycles::cycles(material),
            results::cost(&same_set, subject),
            setup::links(material),
        ];
        Ok(Self {
            title: report.task.clone(),
            subtitle: format!(
                "{} evaluations on {} {} rows",
                same_set.len(),
                report.n_total,
                report.split
            ),
            sections: sections
                .into_iter()
                .filter(|section| !section.blocks.is_empty())
                .collect(),
        })
    }
}

/// A number with at most three decimals and no needless zeros; undefined is a dash.
pub(crate) fn number(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "–".to_owned();
    };
    if value != 0.0 && value.abs() < 0.0005 {
        return format!("{value:.1e}");
    }
    // Rust rounds halves of decimal text to even; the rule of the project is away from zero.
    let rounded = (value * 1000.0).round() / 1000.0;
    let text = format!("{rounded:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.replace('-', "−")
    }
}

/// A p-value; very small ones are only said to be so.
pub(crate) fn p_value(value: Option<f64>) -> String {
    match value {
        Some(value) if value < 0.0001 => "<0.0001".to_owned(),
        Some(value) => format!("{value:.4}"),
        None => "–".to_owned(),
    }
}

/// A table whose header and cells are text.
pub(crate) fn table(caption: impl Into<String>, header: &[&str], rows: Vec<Vec<String>>) -> Block {
    Block::Table(Table {
        caption: caption.into(),
        header: header.iter().map(|cell| (*cell).to_owned()).collect(),
        rows,
    })
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
