//! The evaluations of a cycle: the subject and baselines on `dev`, both arms and baselines on
//! `frozen`.

use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::Result;
use gradus_schema::plan::KeyChange;
use gradus_schema::{CycleState, EvalReport, Split};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::folder::CycleFolder;
use super::start::Start;
use super::{Workshop, record};
use crate::args::Decode;
use crate::commands::eval::{Request, evaluate_reference};
use crate::failure::{INTERRUPTED, exit_code};

/// How answers are taken, the same for both arms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerSettings {
    pub numbers: Decode,
    pub max_new_tokens: Option<usize>,
}

impl Default for AnswerSettings {
    fn default() -> Self {
        Self {
            numbers: Decode::Median,
            max_new_tokens: None,
        }
    }
}

impl AnswerSettings {
    /// These settings after a change that a plan asks for; `None` where a cycle can't carry it
    /// out.
    pub fn changed(mut self, keys: &[KeyChange]) -> Option<Self> {
        for change in keys {
            match change.key.as_str() {
                "numbers" if change.to == json!("most_likely") => {
                    self.numbers = Decode::MostLikely;
                }
                "numbers" if change.to == json!("median") => self.numbers = Decode::Median,
                "max_new_tokens" => {
                    self.max_new_tokens = Some(usize::try_from(change.to.as_u64()?).ok()?);
                }
                _ => return None,
            }
        }
        Some(self)
    }
}

/// Evaluates a model into a folder; a finished evaluation of the same is read, not repeated.
pub fn evaluate_into(
    workshop: &Workshop<'_>,
    model: &str,
    split: Split,
    answers: AnswerSettings,
    folder: &Path,
) -> Result<EvalReport> {
    if workshop.stop.load(Ordering::Relaxed) {
        return Err(workshop.stopped());
    }
    let request = Request {
        model: model.to_owned(),
        split,
        out: folder.to_owned(),
        limit: None,
        decode: answers.numbers,
        max_new_tokens: answers.max_new_tokens,
        endpoint: None,
    };
    evaluate_reference(
        &workshop.task,
        &request,
        &record::settings_of_parts(workshop),
        workshop.stop,
        workshop.out,
    )
    .map_err(|error| match exit_code(&error) {
        INTERRUPTED => workshop.stopped(),
        _ => error,
    })
}

/// Folder and reference of each baseline that the task's labels allow.
fn baselines(workshop: &Workshop<'_>) -> Vec<(String, String)> {
    let mut found = vec![("constant".to_owned(), "constant".to_owned())];
    if let Some(field) = &workshop.task.file.stratify_by {
        found.push((
            "constant-by-stratum".to_owned(),
            format!("constant-by:{field}"),
        ));
    }
    found.push(("ridge".to_owned(), "ridge".to_owned()));
    found
}

/// What is known without any weights, as a measure for those that have some. A task whose labels
/// a baseline can't predict goes without it.
pub fn evaluate_baselines(workshop: &Workshop<'_>, split: Split, dir: &Path) -> Result<()> {
    for (name, model) in baselines(workshop) {
        let folder = dir.join(&name);
        match evaluate_into(workshop, &model, split, AnswerSettings::default(), &folder) {
            Ok(_) => {}
            Err(error) if exit_code(&error) == INTERRUPTED => return Err(error),
            Err(error) => workshop
                .out
                .note(format!("no baseline '{model}' for this task: {error:#}")),
        }
    }
    Ok(())
}

/// Both arms on the frozen rows, with the baselines beside them.
pub fn evaluate(
    workshop: &Workshop<'_>,
    cycle: &mut CycleFolder,
    start: &Start,
    candidate: &str,
) -> Result<()> {
    let split = Split::Frozen;
    let mut inputs = vec![
        cycle.path("start.json"),
        cycle.path("plan/answers.json"),
        cycle.path("training/adapter_model.safetensors"),
    ];
    inputs.extend(
        workshop
            .task
            .files()
            .iter()
            .map(|file| workshop.task.dir.join(file)),
    );
    let outputs = [
        "reports/champion/rows.jsonl",
        "reports/champion/eval_summary.json",
        "reports/candidate/rows.jsonl",
        "reports/candidate/eval_summary.json",
    ];
    cycle.step(
        workshop,
        CycleState::Evaluated,
        &inputs,
        &outputs,
        |cycle| {
            let answers =
                crate::files::read_json(&cycle.path("plan/answers.json"), "answer settings")?;
            let reports = cycle.path("reports");
            evaluate_baselines(workshop, split, &reports)?;
            for (name, model) in [
                ("champion", start.champion.as_str()),
                ("candidate", candidate),
            ] {
                evaluate_into(workshop, model, split, answers, &reports.join(name))?;
            }
            Ok(None)
        },
    )
}
