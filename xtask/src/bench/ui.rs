//! `cargo xtask bench ui`: the web app in a real browser, as the release serves it.

use anyhow::{Context, Result};
use serde_json::json;

use crate::machine;
use crate::quickstart::build_release;
use crate::served::Served;
use crate::ui;

/// Of `ui/tests/data/fill.mjs`: what `ui/bench` looks at.
const DATA: [&str; 5] = ["judged", "monitoring", "scale", "tenthousand", "few_sweeps"];
const RESULT: &str = "bench/results/ui.json";

/// `parts` of `ui/bench/main.mjs`; all where none is named, and then the result is kept.
pub fn run(parts: &[&str]) -> Result<()> {
    build_release()?;
    let gradus = crate::target_dir().join("release").join("gradus");
    let served = Served::start(&gradus, "bench-ui", &[])?;
    ui::fill(&gradus, &served, &DATA)?;
    let measured = ui::bench(&served, parts)?;
    println!("{measured:#}");
    if !parts.is_empty() {
        return Ok(());
    }
    let kept = json!({
        "command": "cargo xtask bench ui",
        "date": machine::date()?,
        "machine": machine::describe(),
        "measured": measured,
    });
    let path = crate::root().join(RESULT);
    std::fs::write(&path, format!("{kept:#}\n"))
        .with_context(|| format!("writing {}", path.display()))?;
    println!("kept: {RESULT}");
    Ok(())
}
