//! `gradus report DIR... --out FILE.html`.

use anyhow::Result;
use gradus_evidence::Material;
use gradus_evidence::relative::make_relative;
use gradus_evidence::report::{Page, html, markdown};
use serde_json::json;

use crate::args::evidence::ReportArguments;
use crate::files::write_whole;
use crate::gather::{Gathered, gather};
use crate::out::{Out, bytes};

pub fn run(arguments: &ReportArguments, out: &Out) -> Result<()> {
    let (material, page) = page_of(gather(&arguments.dirs)?)?;
    let text = html::render(&page);
    if let Some(path) = &arguments.markdown {
        write_whole(path, markdown::render(&page).as_bytes())?;
        out.say(format!("{}", path.display()));
    }
    write_whole(&arguments.out, text.as_bytes())?;
    out.say(format!(
        "{}: {} evaluations, {} trainings, {}",
        arguments.out.display(),
        material.evaluations.len(),
        material.trainings.len(),
        bytes(text.len() as u64),
    ));
    out.result(&json!({
        "out": arguments.out,
        "markdown": arguments.markdown,
        "evaluations": material.evaluations.len(),
        "trainings": material.trainings.len(),
        "comparisons": material.comparisons.len(),
        "decisions": material.decisions.len(),
    }));
    Ok(())
}

/// What lies in the files, and the page about it. A page is passed on, so it names no folder of
/// this machine.
pub fn page_of(mut gathered: Gathered) -> Result<(Material, Page)> {
    let originals = make_relative(&mut gathered.files, &gathered.roots);
    let material = Material::read(&gathered.files)?.with_originals(&originals);
    let page = Page::of(&material)?;
    Ok((material, page))
}
