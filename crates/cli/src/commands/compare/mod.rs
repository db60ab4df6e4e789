//! `gradus compare BASE CANDIDATE`.

mod demo;
mod view;

use std::path::Path;

use anyhow::Result;
use gradus_analysis::{CompareOptions, compare};
use gradus_eval::{LoadedReport, find_references, open_report};
use gradus_schema::comparison::Comparison;
use gradus_schema::{ExitStatus, Verdict};

use crate::args::decisions::{CompareArguments, ComparisonArguments};
use crate::failure::{bad_input, usage};
use crate::files::write_json;
use crate::out::Out;
use crate::progress::Bar;

pub use view::show;

/// Modes of a foreign summary that stand for the arms where none is named.
const BASE_MODE: &str = "prompt_baseline";
const CANDIDATE_MODE: &str = "fine_tuned";

pub fn run(arguments: &CompareArguments, out: &Out) -> Result<ExitStatus> {
    let pair = match (&arguments.demo, &arguments.base, &arguments.candidate) {
        (Some(which), _, _) => demo::reports(*which)?,
        (None, Some(base), Some(candidate)) => open_pair(base, candidate)?,
        _ => return Err(usage("give BASE and CANDIDATE, or --demo")),
    };
    let comparison = compare_pair(&pair, &arguments.options, None)?;
    if let Some(path) = &arguments.out {
        write_json(path, &comparison)?;
    }
    show(&comparison, out);
    out.result(&serde_json::to_value(&comparison)?);
    Ok(exit_status(comparison.verdict))
}

/// A comparison that gave an answer is 0, whatever the answer.
pub fn exit_status(verdict: Verdict) -> ExitStatus {
    match verdict {
        Verdict::Refused => ExitStatus::ComparisonRefused,
        Verdict::Inconclusive => ExitStatus::Inconclusive,
        Verdict::Better | Verdict::Worse | Verdict::Equivalent => ExitStatus::Ok,
    }
}

/// Both arms and the baselines that were measured beside them.
pub struct Pair {
    pub base: LoadedReport,
    pub candidate: LoadedReport,
    pub references: Vec<LoadedReport>,
}

pub fn open_pair(base: &str, candidate: &str) -> Result<Pair> {
    let mut bar = Bar::new("compare", "{spinner} {msg}");
    bar.set(0, None, "reading the reports".to_owned(), || {
        "reading the reports".to_owned()
    });
    // Reading is most of the work with many rows, and the arms don't depend on each other.
    let (base, candidate) = std::thread::scope(|scope| {
        let other = scope.spawn(|| open_report(base, BASE_MODE));
        let candidate = open_report(candidate, CANDIDATE_MODE);
        (other.join(), candidate)
    });
    let base = base.map_err(|_| anyhow::anyhow!("reading the base's report panicked"))??;
    let candidate = candidate?;
    let references = find_references(&candidate, &base);
    Ok(Pair {
        base,
        candidate,
        references,
    })
}

/// `margin` of a gate policy overrides the task's, and the command line overrides both.
pub fn compare_pair(
    pair: &Pair,
    arguments: &ComparisonArguments,
    policy: Option<&gradus_schema::Gates>,
) -> Result<Comparison> {
    if arguments
        .margin
        .is_some_and(|margin| !(margin.is_finite() && margin >= 0.0))
    {
        return Err(usage(
            "--margin must be 0 or more, in units of the primary score",
        ));
    }
    let mut options = CompareOptions {
        margin: arguments.margin.or(policy.and_then(|gates| gates.margin)),
        seed: arguments.seed,
        ..CompareOptions::default()
    };
    if let Some(policy) = policy {
        options.served_as_requested_min = policy.served_as_requested_min;
    }
    for path in &arguments.repeat {
        let score = repeated_run(path, &pair.candidate)?;
        options.repeated_runs.push(score);
    }
    let mut named = Vec::new();
    for path in &arguments.reference {
        named.push(open_report(&path.to_string_lossy(), CANDIDATE_MODE)?);
    }
    let references = if named.is_empty() {
        &pair.references
    } else {
        &named
    };
    let sides: Vec<_> = references.iter().map(|report| &report.side).collect();
    Ok(compare(
        &pair.base.side,
        &pair.candidate.side,
        &sides,
        &options,
    ))
}

/// The primary score of another seed's run; it has to be of the same rows.
fn repeated_run(path: &Path, candidate: &LoadedReport) -> Result<f64> {
    let report = open_report(&path.to_string_lossy(), CANDIDATE_MODE)?;
    let (ours, theirs) = (&candidate.side.conditions, &report.side.conditions);
    let alike = ours.data_sha256 == theirs.data_sha256
        && ours.rendered_prompts_sha256 == theirs.rendered_prompts_sha256
        && ours.decode == theirs.decode
        && candidate.side.summary.n_total == report.side.summary.n_total;
    let score = ours
        .primary_score
        .as_ref()
        .and_then(|score| report.metrics.get(&score.metric)?.value);
    match score {
        Some(score) if alike => Ok(score),
        _ => Err(bad_input(format!(
            "--repeat must be a report on the candidate's rows, prompts and decoding: {}",
            path.display()
        ))),
    }
}
