//! `gradus promote DECISION` and `gradus rollback TASK_DIR`: an alias moves, nothing is
//! overwritten.

use anyhow::Result;
use gradus_schema::registry::AliasEvent;
use gradus_schema::{ExitStatus, Outcome};
use serde_json::json;

use super::Settings;
use super::decide::compact_sha256;
use crate::args::decisions::{PromoteArguments, RollbackArguments};
use crate::failure::bad_input;
use crate::out::Out;
use crate::recorder::registries;
use crate::registry::{Holder, Registry, check_alias, decision_folder, read_decision};

pub fn promote(arguments: &PromoteArguments, settings: &Settings, out: &Out) -> Result<ExitStatus> {
    check_alias(&arguments.alias)?;
    let folder = decision_folder(&arguments.decision);
    let (decision, comparison) = read_decision(&folder)?;
    if compact_sha256(&comparison)? != decision.comparison_sha256 {
        let problem = "comparison.json is not the one that was decided on; decide again";
        out.say(problem);
        out.result(&json!({"error": problem, "exit_code": ExitStatus::EvidenceInvalid.code()}));
        return Ok(ExitStatus::EvidenceInvalid);
    }
    if decision.outcome != Outcome::Promote {
        let why = decision
            .reasons
            .first()
            .map_or("", |reason| reason.text.as_str());
        out.say(format!(
            "not promoted: the decision is {}: {why}",
            decision.outcome
        ));
        out.result(&json!({"promoted": false, "outcome": decision.outcome, "reason": why}));
        return Ok(ExitStatus::NotPromoted);
    }
    let task_dir = Registry::task_of(&folder).ok_or_else(|| {
        bad_input(format!(
            "{} does not lie in a task's registry",
            folder.display()
        ))
    })?;
    let registry = Registry::open(&task_dir)?;
    let candidate = &decision.candidate;
    if let Some(champion) = registry.holder(&arguments.alias)? {
        if champion.answered_by == candidate.answered_by {
            out.say(format!("{} is {} already", champion.model, arguments.alias));
            out.result(&json!({"promoted": false, "holder": champion}));
            return Ok(ExitStatus::Ok);
        }
        if champion.answered_by != decision.base.answered_by {
            return Err(bad_input(format!(
                "the decision compares with {}, and '{}' is {} by now: decide against that one",
                decision.base.model, arguments.alias, champion.model
            )));
        }
    }
    let number = folder.file_name().unwrap_or_default().to_string_lossy();
    let holder = Holder {
        model: candidate.model.clone(),
        answered_by: candidate.answered_by.clone(),
        decision: format!("decisions/{number}"),
        rows_sha256: candidate.files.get("rows.jsonl").cloned(),
    };
    let event = registry.promote(&arguments.alias, holder)?;
    drop(registry);
    registries::record(&task_dir, settings, out);
    show(&event, out);
    Ok(ExitStatus::Ok)
}

pub fn roll_back(
    arguments: &RollbackArguments,
    settings: &Settings,
    out: &Out,
) -> Result<ExitStatus> {
    check_alias(&arguments.alias)?;
    let event = Registry::open(&arguments.task_dir)?.roll_back(&arguments.alias)?;
    registries::record(&arguments.task_dir, settings, out);
    show(&event, out);
    Ok(ExitStatus::Ok)
}

fn show(event: &AliasEvent, out: &Out) {
    let from = event
        .from
        .as_ref()
        .map_or("nobody", |holder| holder.model.as_str());
    out.say(format!("{}: {from} → {}", event.alias, event.to.model));
    out.result(&json!({"promoted": true, "event": event}));
}
