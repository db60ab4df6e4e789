//! May these two reports be compared? Every reason why not, before any number is computed.

use std::fmt::Display;

use gradus_schema::Scale;
use gradus_schema::comparison::{FieldDifference, Refusal, RefusalCode};

use super::side::{Side, same_artefact};

/// Key of `ArmSummary::served_by` for rows of a source that does not say who answered.
pub const NOT_RECORDED: &str = "not recorded";

/// All reasons to refuse; none means that the arms are comparable.
pub fn refusals(base: &Side, candidate: &Side, served_min: f64) -> Vec<Refusal> {
    let mut found = Vec::new();
    served(base, "base", served_min, &mut found);
    served(candidate, "candidate", served_min, &mut found);
    artefacts(base, candidate, &mut found);
    for (side, arm) in [(base, "base"), (candidate, "candidate")] {
        if side.summary.n_valid == 0 {
            let text = format!(
                "the {arm} has no valid row among {}; there is nothing to compare, its error is undefined and not 0",
                side.summary.n_total
            );
            found.push(refusal(RefusalCode::NoValidRow, text));
        }
    }
    scales(base, candidate, &mut found);
    conditions(base, candidate, &mut found);
    rows(base, candidate, &mut found);
    found
}

/// What differs and may: the reader is told, the comparison goes on.
pub fn differences(base: &Side, candidate: &Side) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    let mut note = |field: &str, a: Option<String>, b: Option<String>| {
        if a != b {
            let shown = |value: Option<String>| value.unwrap_or_else(|| "not said".to_owned());
            found.push(FieldDifference {
                field: field.to_owned(),
                base: shown(a),
                candidate: shown(b),
            });
        }
    };
    let (a, b) = (&base.conditions, &candidate.conditions);
    let by = |side: &Side| side.summary.answered_by.clone();
    let (left, right) = (by(base), by(candidate));
    note("task", Some(a.task.clone()), Some(b.task.clone()));
    note(
        "prompt_sha256",
        a.prompt_sha256.clone(),
        b.prompt_sha256.clone(),
    );
    note(
        "gradus_version",
        a.gradus_version.clone(),
        b.gradus_version.clone(),
    );
    if base.is_baseline() != candidate.is_baseline() {
        note(
            "decode",
            Some(a.decode.to_string()),
            Some(b.decode.to_string()),
        );
    }
    let margin = |side: &Side| {
        side.conditions
            .primary_score
            .as_ref()?
            .margin
            .map(|it| it.to_string())
    };
    note("margin", margin(base), margin(candidate));
    note(
        "model",
        Some(base.summary.model.clone()),
        Some(candidate.summary.model.clone()),
    );
    note(
        "revision",
        left.as_ref().map(|it| it.revision.clone()),
        right.as_ref().map(|it| it.revision.clone()),
    );
    note(
        "adapter_sha256",
        left.as_ref().and_then(|it| it.adapter_sha256.clone()),
        right.as_ref().and_then(|it| it.adapter_sha256.clone()),
    );
    note(
        "backend",
        left.map(|it| it.backend),
        right.map(|it| it.backend),
    );
    found
}

fn refusal(code: RefusalCode, text: impl Into<String>) -> Refusal {
    Refusal {
        code,
        text: text.into(),
        base: None,
        candidate: None,
    }
}

fn served(side: &Side, arm: &str, served_min: f64, found: &mut Vec<Refusal>) {
    let summary = &side.summary;
    let Some(rate) = summary
        .served_as_requested_rate()
        .filter(|rate| *rate < served_min)
    else {
        return;
    };
    if summary.served_by.contains_key(NOT_RECORDED) {
        let text = format!(
            "nobody recorded who answered the {} rows of the {arm}, so it can't be said that the model under test did; evaluate it with `gradus eval`",
            summary.n_total
        );
        found.push(refusal(RefusalCode::NotServedAsRequested, text));
        return;
    }
    let others = summary.served_by.iter().max_by_key(|(_, count)| **count);
    let most = others.map_or_else(String::new, |(name, count)| {
        format!(" (most by {name}: {count})")
    });
    let text = format!(
        "only {} of {} rows of the {arm} ({:.0} %) were answered by the model under test{most}; at least {:.0} % are needed: evaluate again without a fallback",
        summary.n_served_as_requested,
        summary.n_total,
        rate * 100.0,
        served_min * 100.0
    );
    found.push(refusal(RefusalCode::NotServedAsRequested, text));
}

fn artefacts(base: &Side, candidate: &Side, found: &mut Vec<Refusal>) {
    let (Some(a), Some(b)) = (&base.summary.answered_by, &candidate.summary.answered_by) else {
        return;
    };
    if same_artefact(a, b) {
        let text = "both arms are the same artefact (A/A): any difference is chance; compare two different models";
        found.push(refusal(RefusalCode::SameArtefact, text));
        return;
    }
    let (Some(left), Some(right)) = (&base.rows, &candidate.rows) else {
        return;
    };
    let all_identical = left.len() == right.len()
        && left.len() >= super::verdict::MIN_ROWS
        && left
            .iter()
            .zip(right)
            .all(|(a, b)| a.answer.is_some() && a.answer == b.answer);
    if all_identical {
        let text = format!(
            "different artefacts gave byte for byte the same {} answers: the change never reached the model; see `gradus model check`",
            left.len()
        );
        found.push(refusal(RefusalCode::IdenticalAnswers, text));
    }
}

fn scales(base: &Side, candidate: &Side, found: &mut Vec<Refusal>) {
    let (a, b) = (base.summary.scale, candidate.summary.scale);
    if a == b && a.is_some() {
        return;
    }
    let shown = |scale: Option<Scale>| {
        scale.map_or_else(
            || "not declared".to_owned(),
            |scale| format!("{}–{}", scale.min, scale.max),
        )
    };
    let text = "the arms' errors are not on one declared scale; a scale is never guessed: evaluate both on the same task";
    let mut refusal = refusal(RefusalCode::ScaleDiffers, text);
    refusal.base = Some(shown(a));
    refusal.candidate = Some(shown(b));
    found.push(refusal);
}

fn conditions(base: &Side, candidate: &Side, found: &mut Vec<Refusal>) {
    let (a, b) = (&base.conditions, &candidate.conditions);
    let mut must_match = |code, what: &str, left: Option<String>, right: Option<String>| {
        if left != right {
            let shown = |value: Option<String>| value.unwrap_or_else(|| "not said".to_owned());
            found.push(Refusal {
                code,
                text: format!("{what} differ; evaluate both arms alike"),
                base: Some(shown(left)),
                candidate: Some(shown(right)),
            });
        }
    };
    must_match(
        RefusalCode::RowsDiffer,
        "the files of rows",
        a.data_sha256.clone(),
        b.data_sha256.clone(),
    );
    must_match(
        RefusalCode::SplitDiffers,
        "the splits",
        text_of(&a.split),
        text_of(&b.split),
    );
    must_match(
        RefusalCode::PromptDiffers,
        "the prompts as they were sent",
        a.rendered_prompts_sha256.clone(),
        b.rendered_prompts_sha256.clone(),
    );
    must_match(
        RefusalCode::ContractDiffers,
        "the output contracts",
        a.contract_sha256.clone(),
        b.contract_sha256.clone(),
    );
    must_match(
        RefusalCode::FormatDiffers,
        "the versions of parser and scorer",
        text_of(&a.format_version),
        text_of(&b.format_version),
    );
    let metric = |side: &Side| {
        let score = side.conditions.primary_score.as_ref()?;
        Some(format!("{} {:?}", score.metric, score.direction).to_lowercase())
    };
    must_match(
        RefusalCode::MetricDiffers,
        "the primary scores",
        metric(base),
        metric(candidate),
    );
    if !base.is_baseline() && !candidate.is_baseline() {
        must_match(
            RefusalCode::DecodeDiffers,
            "the decoding settings",
            Some(a.decode.to_string()),
            Some(b.decode.to_string()),
        );
    }
}

fn text_of(value: &Option<impl Display>) -> Option<String> {
    value.as_ref().map(ToString::to_string)
}

fn rows(base: &Side, candidate: &Side, found: &mut Vec<Refusal>) {
    for (side, arm) in [(base, "base"), (candidate, "candidate")] {
        if side.rows.is_none() {
            let text = format!(
                "the {arm} has summary figures only, no rows: nothing can be paired; evaluate it with `gradus eval`"
            );
            found.push(refusal(RefusalCode::RowsMissing, text));
        }
    }
    let counts = [base.summary.n_total, candidate.summary.n_total];
    let mut differ = |text: String, left: String, right: String| {
        let mut refusal = refusal(RefusalCode::RowsDiffer, text);
        (refusal.base, refusal.candidate) = (Some(left), Some(right));
        found.push(refusal);
    };
    if counts[0] != counts[1] {
        let text = "the arms have different numbers of rows; evaluate both on all of them";
        differ(
            text.to_owned(),
            counts[0].to_string(),
            counts[1].to_string(),
        );
        return;
    }
    let (Some(left), Some(right)) = (&base.rows, &candidate.rows) else {
        return;
    };
    for (index, (a, b)) in left.iter().zip(right).enumerate() {
        if a.id != b.id || a.prompt != b.prompt || a.target != b.target || a.stratum != b.stratum {
            let what = if a.id != b.id {
                "another row"
            } else if a.prompt != b.prompt {
                "another prompt"
            } else if a.target != b.target {
                "another expected value"
            } else {
                "another stratum"
            };
            let text = format!(
                "line {} of the rows is {what} in the two arms; evaluate both on the same rows",
                index + 1
            );
            differ(text, a.id.clone(), b.id.clone());
            return;
        }
    }
    if left.len() < 2 {
        let text = format!("{} rows; at least 2 are needed", left.len());
        found.push(refusal(RefusalCode::TooFewRows, text));
        return;
    }
    for (side, arm) in [(base, "base"), (candidate, "candidate")] {
        let missing = side.rows.iter().flatten().find(|row| {
            row.values
                .first()
                .copied()
                .flatten()
                .is_none_or(|value| !value.is_finite())
        });
        if let Some(row) = missing {
            let name = side
                .metrics
                .first()
                .map_or("?", |metric| metric.name.as_str());
            let text = format!(
                "row {} of the {arm} has no value of {name}; a row without a score can't be left out silently: evaluate it again",
                row.id
            );
            found.push(refusal(RefusalCode::ScoreMissing, text));
        }
    }
}
