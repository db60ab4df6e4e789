//! Verifying: every figure again from the raw rows inside, and a list of what differs.

use std::collections::BTreeSet;

use gradus_schema::{Comparison, Decision, EvalReport, EvalRow};
use serde_json::{Value, json};

use crate::derive::derived_files;
use crate::differences::{Difference, differences};
use crate::material::{Evaluation, Files, Material, Named, join};
use crate::open::{Opened, open};
use crate::pack::{MANIFEST, missing};
use crate::refuse::findings_in;
use crate::result::result_sha256;
use crate::sign::PublicKey;
use crate::{Error, Result};

/// Who computes figures from rows: evidence itself knows no scorer.
pub trait Recompute {
    /// Rows and report again, from the raw answers and the task inside.
    ///
    /// # Errors
    /// Why they can't be computed; counts as not verified.
    fn evaluation(&self, inside: &Inside<'_>, evaluation: &Evaluation)
    -> Result<Rederived, String>;

    /// The comparison again; `None` where this program can't.
    ///
    /// # Errors
    /// Why it can't be computed from what is inside; counts as not verified.
    fn comparison(
        &self,
        _inside: &Inside<'_>,
        _recorded: &Named<Comparison>,
    ) -> Result<Option<Comparison>, String> {
        Ok(None)
    }

    /// The decision again; `None` where this program can't.
    ///
    /// # Errors
    /// As for [`Self::comparison`].
    fn decision(
        &self,
        _inside: &Inside<'_>,
        _recorded: &Named<Decision>,
    ) -> Result<Option<Decision>, String> {
        Ok(None)
    }
}

/// What a recomputation may look at.
pub struct Inside<'a> {
    pub files: &'a Files,
    pub material: &'a Material,
}

/// What the raw answers of an evaluation come to.
pub struct Rederived {
    /// What can't follow from rows (wall time, version) is taken over from the recorded one.
    pub report: EvalReport,
    pub rows: Vec<EvalRow>,
}

/// What came of it. Verified exactly when `differences` and `problems` are empty.
#[derive(Debug)]
pub struct Verification {
    pub root_sha256: String,
    pub result_sha256: String,
    pub run_version: String,
    pub files: usize,
    pub signer: Option<PublicKey>,
    /// Figures that were computed again, and agree or stand among the differences.
    pub figures_recomputed: usize,
    pub rows_rescored: usize,
    pub differences: Vec<Difference>,
    /// What is wrong and is no figure.
    pub problems: Vec<String>,
    /// Versions of gradus that made the figures.
    pub made_by: BTreeSet<String>,
    /// What this program did not recompute.
    pub not_recomputed: Vec<String>,
}

impl Verification {
    pub fn is_verified(&self) -> bool {
        self.differences.is_empty() && self.problems.is_empty()
    }
}

/// Verifies an evidence file.
///
/// # Errors
/// Bytes that are no whole evidence file: nothing inside can be believed then.
pub fn verify(
    archive: &[u8],
    public_key: Option<&PublicKey>,
    recompute: &dyn Recompute,
) -> Result<Verification> {
    let opened = open(archive)?;
    check_signer(&opened, public_key)?;
    let material = Material::read(&opened.files)?.with_originals(&opened.originals());
    let inside = Inside {
        files: &opened.files,
        material: &material,
    };
    let mut check = Check {
        inside: &inside,
        recompute,
        found: Verification {
            root_sha256: opened.manifest.root_sha256.clone(),
            result_sha256: opened.manifest.result_sha256.clone(),
            run_version: opened.manifest.run_version.clone(),
            files: opened.manifest.files.len(),
            signer: opened.signer.clone(),
            figures_recomputed: 0,
            rows_rescored: 0,
            differences: Vec::new(),
            problems: missing(&material),
            made_by: material
                .evaluations
                .iter()
                .map(|evaluation| evaluation.report.gradus_version.clone())
                .collect(),
            not_recomputed: Vec::new(),
        },
    };
    for (name, bytes) in &opened.files {
        let findings = findings_in(name, bytes);
        let texts = findings.iter().map(ToString::to_string);
        check.found.problems.extend(texts);
    }
    let recorded = &opened.manifest.result_sha256;
    let result = result_sha256(&opened.files, &opened.originals());
    check.compare(
        MANIFEST,
        0,
        &json!({"result_sha256": recorded}),
        &json!({"result_sha256": result}),
    );
    for evaluation in &material.evaluations {
        check.evaluation(evaluation);
    }
    check.derived(&opened.derived);
    check.trainings();
    for comparison in &material.comparisons {
        check.comparison(comparison);
    }
    for decision in &material.decisions {
        check.decision(decision);
    }
    Ok(check.found)
}

fn check_signer(opened: &Opened, wanted: Option<&PublicKey>) -> Result<()> {
    match (wanted, &opened.signer) {
        (None, _) => Ok(()),
        (Some(wanted), Some(signer)) if wanted == signer => Ok(()),
        (Some(wanted), Some(signer)) => Err(Error::archive(format!(
            "signed with key {}, not with the given {}",
            signer.id(),
            wanted.id()
        ))),
        (Some(_), None) => Err(Error::archive("it is not signed")),
    }
}

struct Check<'a> {
    inside: &'a Inside<'a>,
    recompute: &'a dyn Recompute,
    found: Verification,
}

impl Check<'_> {
    fn evaluation(&mut self, recorded: &Evaluation) {
        let summary = join(&recorded.folder, "eval_summary.json");
        let again = match self.recompute.evaluation(self.inside, recorded) {
            Ok(again) => again,
            Err(problem) => {
                self.found
                    .problems
                    .push(format!("{summary}: can't be recomputed: {problem}"));
                return;
            }
        };
        self.compare(&summary, 0, &json!(recorded.report), &json!(again.report));
        let rows = join(&recorded.folder, "rows.jsonl");
        if recorded.rows.len() != again.rows.len() || recorded.rows.len() != recorded.report.n_total
        {
            self.found.problems.push(format!(
                "{rows}: {} rows, {} recorded in the summary",
                recorded.rows.len(),
                recorded.report.n_total
            ));
        }
        for (index, (row, again)) in recorded.rows.iter().zip(&again.rows).enumerate() {
            if row != again {
                self.compare(&rows, index + 1, &json!(row), &json!(again));
            }
        }
        self.found.rows_rescored += recorded.rows.len();
    }

    /// Summary, table and environment follow from the files.
    fn derived(&mut self, recorded: &Files) {
        let again = derived_files(self.inside.material);
        for name in recorded.keys().chain(again.keys()).collect::<BTreeSet<_>>() {
            match (recorded.get(name), again.get(name)) {
                (Some(recorded), Some(again)) if recorded == again => {}
                (Some(recorded), Some(again)) => {
                    let parse = |bytes: &[u8]| {
                        serde_json::from_slice(bytes).unwrap_or_else(|_| {
                            // A table: line by line.
                            let text = String::from_utf8_lossy(bytes);
                            json!(text.lines().collect::<Vec<_>>())
                        })
                    };
                    self.compare(name, 0, &parse(recorded), &parse(again));
                }
                (Some(_), None) => self
                    .found
                    .problems
                    .push(format!("{name}: follows from nothing inside")),
                (None, _) => self.found.problems.push(format!("{name}: is missing")),
            }
        }
    }

    /// Hashes that a training recorded of what it wrote.
    fn trainings(&mut self) {
        for training in &self.inside.material.trainings {
            let Some(outputs) = training.manifest["outputs"].as_object() else {
                continue;
            };
            for (name, recorded) in outputs {
                let path = join(&training.folder, name);
                // What was left out (the adapter's weights) is named by its hash only.
                if let Some(found) = self.inside.material.sha256_of.get(&path) {
                    self.compare(
                        &path,
                        0,
                        &json!({"sha256": recorded}),
                        &json!({"sha256": found}),
                    );
                }
            }
        }
    }

    fn comparison(&mut self, recorded: &Named<Comparison>) {
        let comparison = &recorded.value;
        for (name, arm) in [
            ("base", &comparison.base),
            ("candidate", &comparison.candidate),
        ] {
            let Some(index) = self.inside.material.evaluation_with(&arm.files) else {
                self.found.problems.push(format!(
                    "{}: the evaluation that it names as {name} is not inside",
                    recorded.file
                ));
                continue;
            };
            let report = &self.inside.material.evaluations[index].report;
            if let Some(primary) = arm.primary {
                let again = report.metrics.get(&comparison.metric).and_then(|m| m.value);
                let figure = format!("{name}.primary");
                self.compare(
                    &recorded.file,
                    0,
                    &json!({&figure: primary}),
                    &json!({&figure: again}),
                );
            }
        }
        match self.recompute.comparison(self.inside, recorded) {
            Ok(Some(again)) => self.compare(&recorded.file, 0, &json!(comparison), &json!(again)),
            Ok(None) => self.found.not_recomputed.push(recorded.file.clone()),
            Err(problem) => self
                .found
                .problems
                .push(format!("{}: can't be recomputed: {problem}", recorded.file)),
        }
    }

    fn decision(&mut self, recorded: &Named<Decision>) {
        let hash = &recorded.value.comparison_sha256;
        let is_of = |comparison: &Named<Comparison>| {
            self.inside
                .material
                .is_sha256_of(hash, &comparison.file, &comparison.value)
        };
        if !self.inside.material.comparisons.iter().any(is_of) {
            self.found.problems.push(format!(
                "{}: the comparison that it decided on is not inside",
                recorded.file
            ));
        }
        match self.recompute.decision(self.inside, recorded) {
            Ok(Some(again)) => {
                self.compare(&recorded.file, 0, &json!(recorded.value), &json!(again))
            }
            Ok(None) => self.found.not_recomputed.push(recorded.file.clone()),
            Err(problem) => self
                .found
                .problems
                .push(format!("{}: can't be recomputed: {problem}", recorded.file)),
        }
    }

    fn compare(&mut self, file: &str, line: usize, recorded: &Value, recomputed: &Value) {
        let compared = differences(file, line, recorded, recomputed);
        self.found.figures_recomputed += compared.figures;
        self.found.differences.extend(compared.differences);
    }
}
