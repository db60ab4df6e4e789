//! An evidence file of unknown origin: archive, manifest, signature, refusals, report.

#![no_main]

use gradus_evidence::material::Evaluation;
use gradus_evidence::report::{Page, html, markdown};
use gradus_evidence::{Inside, Material, Recompute, Rederived, open, verify};
use libfuzzer_sys::fuzz_target;

/// Says what is recorded: here only the way there is tried.
struct Echo;

impl Recompute for Echo {
    fn evaluation(&self, _: &Inside<'_>, recorded: &Evaluation) -> Result<Rederived, String> {
        Ok(Rederived {
            report: recorded.report.clone(),
            rows: recorded.rows.clone(),
        })
    }
}

fuzz_target!(|data: &[u8]| {
    let _ = verify(data, None, &Echo);
    if let Ok(opened) = open(data)
        && let Ok(material) = Material::read(&opened.files)
        && let Ok(page) = Page::of(&material)
    {
        let _ = (html::render(&page), markdown::render(&page));
    }
});
