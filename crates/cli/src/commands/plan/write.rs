//! The files of a plan on disk: each written aside and renamed, `plan.yaml` last.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};
use gradus_analysis::plan::expect::confrontations_markdown;
use gradus_analysis::plan::files::{PLAN_FILES, plan_files};
use gradus_schema::plan::{Confrontation, Plan};
use serde_json::json;

const CONFRONTATION: [&str; 2] = ["expected_observed.md", "expected_observed.json"];

/// Replaces whatever plan the folder held.
pub fn plan(dir: &Path, plan: &Plan, confrontations: &[Confrontation]) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("creating the folder {}", dir.display()))?;
    for name in PLAN_FILES.into_iter().chain(CONFRONTATION) {
        remove(&dir.join(name))?;
    }
    if !confrontations.is_empty() {
        whole(
            &dir.join(CONFRONTATION[0]),
            &confrontations_markdown(confrontations),
        )?;
        let text = format!("{:#}\n", json!(confrontations));
        whole(&dir.join(CONFRONTATION[1]), &text)?;
    }
    for (name, text) in plan_files(plan) {
        whole(&dir.join(name), &text)?;
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

fn whole(path: &Path, text: &str) -> Result<()> {
    let aside = path.with_added_extension("writing");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&aside, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}
