//! The scorer of this program, for evidence: evaluations, comparisons and decisions again, by the
//! very functions that made them.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gradus_analysis::decide::ArmMetrics;
use gradus_analysis::{CompareOptions, DecisionInput, compare, decide};
use gradus_eval::{LoadedReport, Task, open_report, rederive};
use gradus_evidence::material::{Evaluation, Named, join, split};
use gradus_evidence::{Files, Inside, Recompute, Rederived};
use gradus_schema::comparison::ArmSummary;
use gradus_schema::{Comparison, Decision, Gates};
use tempfile::TempDir;

/// Tasks and reports are opened from folders; theirs lives as long as the scorer.
#[derive(Default)]
pub struct Scorer {
    dir: OnceCell<TempDir>,
}

impl Recompute for Scorer {
    fn evaluation(&self, inside: &Inside<'_>, recorded: &Evaluation) -> Result<Rederived, String> {
        let folder = inside
            .material
            .task_of(recorded)
            .ok_or("its task is not inside")?;
        let dir = self.laid_out(inside.files)?;
        let told = |error: gradus_eval::Error| self.told(&error);
        let task = Task::open(&dir.join(&folder.folder)).map_err(told)?;
        let (report, rows) = rederive(&task, &recorded.report, &recorded.rows).map_err(told)?;
        Ok(Rederived { report, rows })
    }

    fn comparison(
        &self,
        inside: &Inside<'_>,
        recorded: &Named<Comparison>,
    ) -> Result<Option<Comparison>, String> {
        let was = &recorded.value;
        // Other seeds' runs are not named in a comparison.
        if was.noise_floor.is_some() {
            return Ok(None);
        }
        let base = self.arm(inside, &was.base)?;
        let candidate = self.arm(inside, &was.candidate)?;
        let references = self.references(inside, was)?;
        let sides: Vec<_> = references.iter().map(|report| &report.side).collect();
        let mut options = CompareOptions {
            margin: Some(was.margin),
            seed: was.seed,
            resamples: was.resamples,
            ..CompareOptions::default()
        };
        let (folder, _) = split(&recorded.file);
        if let Some(gates) = gates_in(inside.files, folder)? {
            options.served_as_requested_min = gates.served_as_requested_min;
        }
        Ok(Some(compare(&base.side, &candidate.side, &sides, &options)))
    }

    fn decision(
        &self,
        inside: &Inside<'_>,
        recorded: &Named<Decision>,
    ) -> Result<Option<Decision>, String> {
        let was = &recorded.value;
        let (folder, _) = split(&recorded.file);
        let gates = gates_in(inside.files, folder)?.ok_or("its gates.json is not inside")?;
        let is_of = |comparison: &&Named<Comparison>| {
            inside.material.is_sha256_of(
                &was.comparison_sha256,
                &comparison.file,
                &comparison.value,
            )
        };
        let comparison = inside
            .material
            .comparisons
            .iter()
            .find(is_of)
            .ok_or("its comparison is not inside")?;
        let base = self.arm(inside, &comparison.value.base)?;
        let candidate = self.arm(inside, &comparison.value.candidate)?;
        Ok(Some(decide(DecisionInput {
            comparison: &comparison.value,
            gates: &gates,
            base: metrics(&base),
            candidate: metrics(&candidate),
            // How often a set was looked at is the registry's to count.
            frozen_budget: was.frozen_budget.clone(),
            comparison_sha256: was.comparison_sha256.clone(),
            gates_sha256: super::decide::compact_sha256(&gates).map_err(|e| e.to_string())?,
        })))
    }
}

impl Scorer {
    /// The report that a comparison names by its files.
    fn arm(&self, inside: &Inside<'_>, recorded: &ArmSummary) -> Result<LoadedReport, String> {
        let index = inside
            .material
            .evaluation_with(&recorded.files)
            .ok_or("an evaluation that it names is not inside")?;
        self.report(inside, &inside.material.evaluations[index])
    }

    fn report(&self, inside: &Inside<'_>, evaluation: &Evaluation) -> Result<LoadedReport, String> {
        let path = self.laid_out(inside.files)?.join(&evaluation.folder);
        let mut report =
            open_report(&path.to_string_lossy(), "").map_err(|error| self.told(&error))?;
        // Hashes are those of the files before packing.
        for (name, sha256) in &mut report.side.summary.files {
            let known = inside
                .material
                .sha256_of
                .get(&join(&evaluation.folder, name));
            if let Some(known) = known {
                sha256.clone_from(known);
            }
        }
        Ok(report)
    }

    /// The baselines that the comparison gives a skill against.
    fn references(
        &self,
        inside: &Inside<'_>,
        was: &Comparison,
    ) -> Result<Vec<LoadedReport>, String> {
        let wanted: BTreeMap<&str, &Evaluation> = inside
            .material
            .evaluations
            .iter()
            .filter(|evaluation| {
                let report = &evaluation.report;
                was.skill.contains_key(&report.model)
                    && Some(&report.data_sha256) == was.data_sha256.as_ref()
            })
            .map(|evaluation| (evaluation.report.model.as_str(), evaluation))
            .collect();
        wanted
            .into_values()
            .map(|evaluation| self.report(inside, evaluation))
            .collect()
    }

    fn laid_out(&self, files: &Files) -> Result<&Path, String> {
        if let Some(dir) = self.dir.get() {
            return Ok(dir.path());
        }
        let dir = tempfile::tempdir().map_err(|error| format!("no folder to work in ({error})"))?;
        for (name, content) in files {
            lay_out(dir.path().join(name), content)
                .map_err(|error| format!("laying out {name} failed ({error})"))?;
        }
        Ok(self.dir.get_or_init(|| dir).path())
    }

    /// An error without the folder that only this run knows.
    fn told(&self, error: &gradus_eval::Error) -> String {
        let text = error.to_string();
        match self.dir.get() {
            Some(dir) => text.replace(&format!("{}/", dir.path().display()), ""),
            None => text,
        }
    }
}

/// Names were checked when the archive was opened: plain, relative, each once.
fn lay_out(path: PathBuf, content: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, content)
}

/// The policy that was kept beside a decision.
fn gates_in(files: &Files, folder: &str) -> Result<Option<Gates>, String> {
    let name = join(folder, "gates.json");
    files
        .get(&name)
        .map(|bytes| serde_json::from_slice(bytes))
        .transpose()
        .map_err(|error| format!("{name}: {error}"))
}

fn metrics(report: &LoadedReport) -> ArmMetrics<'_> {
    ArmMetrics {
        overall: &report.metrics,
        strata: &report.strata,
    }
}
