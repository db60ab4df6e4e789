//! The files of a plan on disk: each written aside and renamed, `plan.yaml` last.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use gradus_analysis::plan::expect::confrontations_markdown;
use gradus_analysis::plan::files::{PLAN_FILES, plan_files};
use gradus_schema::plan::{Confrontation, Plan};

use crate::files::{write_json, write_whole};

const CONFRONTATION: [&str; 2] = ["expected_observed.md", "expected_observed.json"];

/// Replaces whatever plan the folder held.
pub fn plan(dir: &Path, plan: &Plan, confrontations: &[Confrontation]) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("creating the folder {}", dir.display()))?;
    for name in PLAN_FILES.into_iter().chain(CONFRONTATION) {
        remove(&dir.join(name))?;
    }
    if !confrontations.is_empty() {
        let page = confrontations_markdown(confrontations);
        write_whole(&dir.join(CONFRONTATION[0]), page.as_bytes())?;
        write_json(&dir.join(CONFRONTATION[1]), &confrontations)?;
    }
    for (name, text) in plan_files(plan) {
        write_whole(&dir.join(name), text.as_bytes())?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}
