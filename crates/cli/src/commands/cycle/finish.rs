//! The step `evidenced`: the loop so far, one file that re-derives its own numbers, one page.

use std::path::PathBuf;

use anyhow::Result;
use gradus_evidence::report::{html, markdown};
use gradus_evidence::{PackOptions, pack, verify};
use gradus_schema::CycleState;

use super::folder::CycleFolder;
use super::history::summary;
use super::{Workshop, relative};
use crate::commands::report::page_of;
use crate::commands::scorer::Scorer;
use crate::failure::evidence_invalid;
use crate::files::{write_json, write_whole};
use crate::gather::{Gathered, gather_from};

/// What this step itself writes in the cycle's folder; none of it is its own input.
const WRITTEN: [&str; 2] = ["report.md", "cycle.json"];

pub fn finish(workshop: &Workshop<'_>, cycle: &mut CycleFolder) -> Result<()> {
    let names = [
        "start.json",
        "plan/plan.yaml",
        "data/check.json",
        "recipe.yaml",
        "training/final_metrics.json",
        "decision/comparison.json",
        "decision/decision.json",
        "settled.json",
    ];
    let inputs = names.map(|name| cycle.path(name));
    let outputs = ["loop.json", "evidence.zip", "report.html", "report.md"];
    cycle.step(
        workshop,
        CycleState::Evidenced,
        &inputs,
        &outputs,
        |cycle| {
            let so_far = cycle.before_evidence();
            let of_loop = summary(&workshop.task, workshop.planned, Some(&so_far))?;
            write_json(&cycle.path("loop.json"), &of_loop)?;
            let mut gathered = gather(workshop, cycle)?;
            let name = relative(&cycle.path("cycle.json"), &workshop.task.dir);
            let mut text = serde_json::to_string_pretty(&so_far)?;
            text.push('\n');
            gathered.files.insert(name, text.into_bytes());
            pack_evidence(workshop, cycle, &gathered)?;
            write_report(cycle, gathered)?;
            Ok(None)
        },
    )
}

/// The task's own files, and all that the cycle left.
fn gather(workshop: &Workshop<'_>, cycle: &CycleFolder) -> Result<Gathered> {
    let task = &workshop.task;
    let files: Vec<PathBuf> = task
        .files()
        .iter()
        .map(|file| task.dir.join(file))
        .collect();
    let mut gathered = gather_from(&task.dir, &files, std::slice::from_ref(&cycle.dir))?;
    for name in WRITTEN {
        gathered
            .files
            .remove(&relative(&cycle.path(name), &task.dir));
    }
    Ok(gathered)
}

/// Packs, and believes it only when it verifies.
fn pack_evidence(workshop: &Workshop<'_>, cycle: &CycleFolder, gathered: &Gathered) -> Result<()> {
    let options = PackOptions {
        gradus_version: env!("CARGO_PKG_VERSION"),
        roots: &gathered.roots,
        key: workshop.sign_key.as_ref(),
    };
    let packed = pack(gathered.files.clone(), &options)?;
    let found = verify(&packed.bytes, None, &Scorer::default())?;
    if !found.is_verified() {
        let problems = found.problems.iter().cloned();
        let differences = found.differences.iter().map(ToString::to_string);
        let all: Vec<String> = problems.chain(differences).take(5).collect();
        return Err(evidence_invalid(format!(
            "the evidence of this cycle does not re-derive its own numbers: {}",
            all.join("; ")
        )));
    }
    write_whole(&cycle.path("evidence.zip"), &packed.bytes)?;
    workshop.out.say(format!(
        "evidence: {} files, {} rows scored again, {} figures recomputed, none differ; result {}",
        found.files,
        found.rows_rescored,
        found.figures_recomputed,
        &packed.manifest.result_sha256[..16]
    ));
    Ok(())
}

fn write_report(cycle: &CycleFolder, gathered: Gathered) -> Result<()> {
    let (_, page) = page_of(gathered)?;
    write_whole(&cycle.path("report.md"), markdown::render(&page).as_bytes())?;
    write_whole(&cycle.path("report.html"), html::render(&page).as_bytes())
}
