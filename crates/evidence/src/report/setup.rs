//! What was asked, on what, with what: goal, setup, trainings, and where everything lies.

use serde_json::Value;

use super::svg::line::{Curve, line_chart};
use super::{Block, Section, number, table};
use crate::material::{Evaluation, Material, Training};

pub(super) fn goal(material: &Material, subject: &Evaluation) -> Section {
    let report = &subject.report;
    let mut blocks = Vec::new();
    let task = material.task_of(subject);
    if let Some(description) = task.and_then(|task| task.file.description.as_deref()) {
        blocks.push(Block::Paragraph(description.to_owned()));
    }
    let direction = match report.primary_score.direction {
        gradus_schema::Direction::Minimize => "lower is better",
        gradus_schema::Direction::Maximize => "higher is better",
    };
    let margin = report.primary_score.margin.map_or_else(
        || "no margin is declared".to_owned(),
        |margin| format!("differences up to {} do not matter", number(Some(margin))),
    );
    blocks.push(Block::Paragraph(format!(
        "Decided by {}: {direction}, on a scale of {} to {}; {margin}.",
        report.primary_score.metric,
        number(Some(report.scale.min)),
        number(Some(report.scale.max)),
    )));
    Section {
        id: "goal",
        title: "Goal",
        blocks,
    }
}

pub(super) fn setup(material: &Material, subject: &Evaluation) -> Section {
    let report = &subject.report;
    let by = &report.answered_by;
    let mut rows = vec![
        pair(
            "Rows",
            format!("{} of the {} set", report.n_total, report.split),
        ),
        pair("Data, SHA-256", &report.data_sha256),
        pair("Prompt, SHA-256", &report.prompt_sha256),
        pair("Contract, SHA-256", &report.contract_sha256),
        pair("Candidate", &report.model),
        pair("Answered by", format!("{} ({})", by.model, by.backend)),
        pair("Weights, SHA-256", &by.revision),
    ];
    if let Some(adapter) = &by.adapter_sha256 {
        rows.push(pair("Adapter, SHA-256", adapter));
    }
    rows.push(pair("Decoding", report.decode.to_string()));
    rows.push(pair("gradus", &report.gradus_version));
    if material.task_of(subject).is_none() {
        rows.push(pair("Task folder", "not among the given folders"));
    }
    Section {
        id: "setup",
        title: "Setup",
        blocks: vec![table("What was measured, by content", &["", ""], rows)],
    }
}

fn pair(name: &str, value: impl Into<String>) -> Vec<String> {
    vec![name.to_owned(), value.into()]
}

pub(super) fn trainings(material: &Material) -> Section {
    let mut blocks = Vec::new();
    if !material.trainings.is_empty() {
        let rows = material.trainings.iter().map(training_row).collect();
        blocks.push(table(
            "Training runs",
            &[
                "run",
                "base",
                "steps",
                "train loss",
                "loss on dev",
                "seconds",
                "tokens/s",
                "seed",
                "finished",
            ],
            rows,
        ));
    }
    let curves: Vec<Curve> = material
        .trainings
        .iter()
        .map(|training| Curve {
            name: name_of(training),
            points: training
                .evaluations
                .iter()
                .filter_map(|line| Some((line["step"].as_f64()?, line["eval_loss"].as_f64()?)))
                .collect(),
        })
        .filter(|curve| !curve.points.is_empty())
        .collect();
    if let Some(svg) = line_chart(&curves, "optimiser step", "loss on dev (nats per token)") {
        blocks.push(Block::Figure {
            svg,
            caption: "Loss on the dev rows while training".to_owned(),
        });
    }
    Section {
        id: "training",
        title: "Training",
        blocks,
    }
}

fn name_of(training: &Training) -> String {
    match training.folder.as_str() {
        "" => "training".to_owned(),
        folder => folder.to_owned(),
    }
}

fn training_row(training: &Training) -> Vec<String> {
    let manifest = &training.manifest;
    let metrics = training.final_metrics.as_ref().unwrap_or(&Value::Null);
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    };
    vec![
        name_of(training),
        text(&manifest["model_id"]),
        text(&metrics["train"]["steps"]),
        number(metrics["train"]["train_loss"].as_f64()),
        number(metrics["eval"]["eval_loss"].as_f64()),
        number(metrics["train"]["train_runtime"].as_f64().map(f64::round)),
        number(metrics["train"]["tokens_per_sec"].as_f64().map(f64::round)),
        text(&manifest["seed"]),
        text(&manifest["timestamp"]),
    ]
}

pub(super) fn links(material: &Material) -> Section {
    let mut items = Vec::new();
    let place = |folder: &str| {
        if folder.is_empty() {
            ".".to_owned()
        } else {
            folder.to_owned()
        }
    };
    for task in &material.tasks {
        items.push(format!("task {}: {}", task.file.name, place(&task.folder)));
    }
    for evaluation in &material.evaluations {
        items.push(format!(
            "evaluation of {}: {}",
            evaluation.report.model,
            place(&evaluation.folder)
        ));
    }
    for training in &material.trainings {
        items.push(format!("training: {}", place(&training.folder)));
    }
    let named = material
        .comparisons
        .iter()
        .map(|named| ("comparison", &named.file))
        .chain(
            material
                .decisions
                .iter()
                .map(|named| ("decision", &named.file)),
        );
    items.extend(named.map(|(what, file)| format!("{what}: {file}")));
    Section {
        id: "sources",
        title: "Sources",
        blocks: vec![
            Block::Paragraph("Folders, relative to the one this page was made from. gradus evidence pack puts them into one file that re-derives every number here.".to_owned()),
            Block::List(items),
        ],
    }
}
