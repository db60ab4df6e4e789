//! Folders that `evaluate` wrote, and the music project's summaries where they are at hand.

use std::sync::atomic::AtomicBool;

use gradus_analysis::{CompareOptions, compare};
use gradus_schema::comparison::RefusalCode;
use gradus_schema::{Comparison, Split, Verdict};

use super::*;
use crate::{Baseline, EvalOptions, Silent, Task, evaluate};

fn example() -> Task {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hidden-params");
    Task::open(&dir).unwrap()
}

/// Evaluates a baseline of the bundled example into `dir/NAME`.
fn measured(dir: &Path, name: &str, mut baseline: Baseline) -> PathBuf {
    let out = dir.join(name);
    let options = EvalOptions {
        out: Some(out.clone()),
        model: name.to_owned(),
        ..EvalOptions::default()
    };
    let stop = AtomicBool::new(false);
    evaluate(
        &example(),
        Split::Frozen,
        &mut baseline,
        &options,
        &stop,
        &mut Silent,
    )
    .unwrap();
    out
}

fn open(path: &Path) -> Result<LoadedReport> {
    open_report(&path.to_string_lossy(), "fine_tuned")
}

fn compared(base: &LoadedReport, candidate: &LoadedReport) -> Comparison {
    compare(&base.side, &candidate.side, &[], &CompareOptions::default())
}

#[test]
fn reports_of_our_own_are_paired_row_by_row() {
    let dir = tempfile::tempdir().unwrap();
    let constant = measured(
        dir.path(),
        "constant",
        Baseline::constant(&example()).unwrap(),
    );
    let ridge = measured(dir.path(), "ridge", Baseline::ridge(&example()).unwrap());
    let (base, candidate) = (open(&constant).unwrap(), open(&ridge).unwrap());
    let comparison = compared(&base, &candidate);
    assert_eq!(
        comparison.verdict,
        Verdict::Better,
        "{:?}",
        comparison.refusals
    );
    assert_eq!(comparison.rows_compared, 160);
    let primary = comparison.primary.as_ref().unwrap();
    assert_eq!(Some(primary.base), base.metrics["mae_penalised"].value);
    // Every number of the vector was paired as well, and the free-answer metrics were not.
    let names: Vec<&str> = comparison.effects.keys().map(String::as_str).collect();
    assert!(
        names.contains(&"strict_valid_rate") && names.contains(&"mae_raw_energy"),
        "{names:?}"
    );
    assert!(comparison.strata.len() == 2 && comparison.base.files.len() == 2);
    // The other one is found beside it and is no reference for itself.
    assert_eq!(find_references(&candidate, &candidate).len(), 1);
    assert_eq!(
        compared(&base, &base).refusals[0].code,
        RefusalCode::SameArtefact
    );
}

#[test]
fn a_changed_or_broken_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let folder = measured(
        dir.path(),
        "constant",
        Baseline::constant(&example()).unwrap(),
    );
    let rows = folder.join(ROWS);
    let text = fs::read_to_string(&rows).unwrap();
    let complaint = |text: &str| {
        fs::write(&rows, text).unwrap();
        open(&folder).unwrap_err().to_string()
    };
    let changed = text.replacen("\"mae_penalised\":", "\"mae_penalised\":9", 1);
    assert!(complaint(&changed).contains("evaluate again"));
    let lines: Vec<&str> = text.lines().collect();
    assert!(complaint(&lines[..100].join("\n")).contains("100 rows"));
    let half = format!("{}\n{}", lines[0], &lines[1][..50]);
    assert!(
        complaint(&half).starts_with("line 2"),
        "{}",
        complaint(&half)
    );
    fs::remove_file(folder.join(SUMMARY)).unwrap();
    assert!(
        open(&folder)
            .unwrap_err()
            .to_string()
            .contains("no finished evaluation")
    );
    fs::write(dir.path().join("x.json"), "[1, 2]").unwrap();
    assert!(open(&dir.path().join("x.json")).is_err());
    fs::write(
        dir.path().join("x.json"),
        r#"{"metrics": {"json_valid_rate": 1e300}, "evaluated_count": -5}"#,
    )
    .unwrap();
    assert_eq!(
        open(&dir.path().join("x.json"))
            .unwrap()
            .side
            .summary
            .n_total,
        0
    );
}

/// A summary of the music project, or `None` where the data is not at hand.
fn music(file: &str) -> Option<PathBuf> {
    let shared = "../../../shared/data/mistral-hackathon/eval/summary";
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(shared)
        .join(file);
    path.exists().then_some(path)
}

fn music_compared(file: &str) -> Option<Comparison> {
    let path = music(file)?;
    let base = open_report(&path.to_string_lossy(), "prompt_baseline").unwrap();
    Some(compared(&base, &open(&path).unwrap()))
}

fn codes(comparison: &Comparison) -> Vec<RefusalCode> {
    comparison.refusals.iter().map(|it| it.code).collect()
}

#[test]
fn two_arms_without_a_valid_row_are_nothing_to_compare() {
    let Some(comparison) = music_compared("latest_summary.json") else {
        return;
    };
    assert_eq!(comparison.verdict, Verdict::Refused);
    let no_valid_row = codes(&comparison)
        .iter()
        .filter(|code| **code == RefusalCode::NoValidRow)
        .count();
    assert_eq!(no_valid_row, 2, "{:?}", comparison.refusals);
    assert!(!codes(&comparison).contains(&RefusalCode::ScaleDiffers));
    // Never the 0 that the file holds.
    assert_eq!((comparison.primary, comparison.base.primary), (None, None));
}

#[test]
fn different_scales_are_refused() {
    let Some(comparison) = music_compared("history/latest_summary.06db418.json") else {
        return;
    };
    assert_eq!(comparison.verdict, Verdict::Refused);
    let scale = comparison
        .refusals
        .iter()
        .find(|it| it.code == RefusalCode::ScaleDiffers)
        .unwrap();
    assert_eq!(scale.base.as_deref(), Some("0–10"));
    assert_eq!(scale.candidate.as_deref(), Some("not declared"));
    assert!(codes(&comparison).contains(&RefusalCode::RowsDiffer));
    assert!(!codes(&comparison).contains(&RefusalCode::NoValidRow));
}

#[test]
fn a_mode_that_is_not_there_is_named() {
    let Some(path) = music("latest_summary.json") else {
        return;
    };
    let reference = format!("{}#fine_tund", path.display());
    let error = open_report(&reference, "x").unwrap_err().to_string();
    assert!(error.contains("did you mean 'fine_tuned'"), "{error}");
}
