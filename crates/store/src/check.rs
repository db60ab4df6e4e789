//! Everything read and compared once: the log by its checksums, segments row by row, blobs by
//! their hashes, the catalogue against the state.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::Result;
use crate::blobs;
use crate::log;
use crate::recover::files;
use crate::store::Store;
use crate::view::{ALL_STEPS, visit};

/// What a check read and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    pub log_records: u64,
    pub segments: u64,
    pub rows: u64,
    pub blobs: u64,
    /// Blobs that were sent and never linked. No harm; they may be on their way.
    pub unlinked_blobs: Vec<PathBuf>,
    /// Each names a file and what is wrong with it.
    pub problems: Vec<String>,
}

impl Store {
    /// Reads all that is stored. Others may write meanwhile.
    pub fn check(&self) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        self.check_segments(&mut report);
        self.check_log(&mut report)?;
        self.check_blobs(&mut report)?;
        report.problems.extend(self.catalogue.differences()?);
        Ok(report)
    }

    /// Every row of the catalogue, in order, for comparing two.
    pub fn catalogue_content(&self) -> Result<Vec<String>> {
        self.catalogue.content()
    }

    fn check_segments(&self, report: &mut CheckReport) {
        // A copy of the state holds on to the files that it names.
        let state = self.shared.state().clone();
        for (key, stream) in &state.streams {
            let mut rows = 0;
            let read = visit(
                &self.shared.cache,
                stream,
                0..u64::MAX,
                &ALL_STEPS,
                &|_| true,
                |_, _, _| {
                    rows += 1;
                },
            );
            report.segments += stream.sealed.len() as u64;
            report.rows += rows;
            if let Err(problem) = read {
                report.problems.push(problem.to_string());
            } else if rows != stream.end() {
                report.problems.push(format!(
                    "stream {} of run {} gives {rows} of its {} rows",
                    key.stream,
                    key.run,
                    stream.end()
                ));
            }
        }
    }

    fn check_log(&self, report: &mut CheckReport) -> Result<()> {
        let folder = &self.shared.folders.log;
        let sequences = log::numbered_files(folder, "log")?;
        for sequence in &sequences {
            let path = log::file_path(folder, *sequence);
            match log::scan(&path, |_| Ok(())) {
                Ok(scan) => {
                    report.log_records += scan.records;
                    // The last one may be in the middle of a write.
                    if let Some(problem) =
                        scan.problem.filter(|_| Some(sequence) != sequences.last())
                    {
                        report
                            .problems
                            .push(format!("{problem}: {}", path.display()));
                    }
                }
                // A checkpoint may have removed it meanwhile.
                Err(_) if !path.exists() => {}
                Err(problem) => report.problems.push(problem.to_string()),
            }
        }
        Ok(())
    }

    fn check_blobs(&self, report: &mut CheckReport) -> Result<()> {
        let known: HashSet<_> = self.shared.state().blobs.keys().copied().collect();
        let folder = &self.shared.folders.blobs;
        let mut found = HashSet::new();
        for shelf in files(folder)? {
            for path in files(&shelf)? {
                if path.extension().is_some() {
                    continue;
                }
                let hash = match blobs::hash_of(&path) {
                    Ok(hash) => hash,
                    Err(_) if !path.exists() => continue,
                    Err(problem) => {
                        report.problems.push(problem.to_string());
                        continue;
                    }
                };
                report.blobs += 1;
                if blobs::file_path(folder, &hash) != path {
                    let problem = "the content is not what its name says";
                    report
                        .problems
                        .push(format!("{problem}: {}", path.display()));
                    // Said once: it is not missing as well.
                    let named = |hash: &&_| blobs::file_path(folder, hash) == path;
                    found.extend(known.iter().find(named).copied());
                } else if !known.contains(&hash) {
                    report.unlinked_blobs.push(path);
                }
                found.insert(hash);
            }
        }
        let now = self.shared.state();
        for hash in known.difference(&found) {
            if now.blobs.contains_key(hash) {
                report
                    .problems
                    .push(format!("blob {} is missing", blobs::hex(hash)));
            }
        }
        Ok(())
    }
}
