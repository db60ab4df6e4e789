//! Prediction files of reasoning runs (`predictions.jsonl`), scored again: exact equality of the
//! whole completion, equality after extraction, and the answer as words of its own, kept apart.

use std::collections::BTreeMap;

use gradus_schema::{Extraction, RowError, parse_json_rows};
use serde_json::{Map, Value};

use crate::extract::{Extractor, close, contains_words, normalise, number_of};

/// How many of the rows were right by each reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Rows that have an expected answer.
    pub n: usize,
    pub em_raw: usize,
    pub em_extracted: usize,
    pub contains: usize,
}

/// The ways in which these files' answers are found, the surest first.
const WAYS: [Extraction; 5] = [
    Extraction::Boxed,
    Extraction::AnswerMarker,
    Extraction::Equation,
    Extraction::LastLine,
    Extraction::FirstLine,
];

/// The expected answers of an evaluation set, by id.
///
/// # Errors
/// The first line that is no JSON object.
pub fn expected_answers(bytes: &[u8]) -> Result<BTreeMap<String, String>, RowError> {
    let rows = parse_json_rows(bytes)?;
    let pair = |row: gradus_schema::JsonRow| {
        let text = |key: &str| {
            row.fields
                .get(key)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        text("id").zip(text("expected_answer"))
    };
    Ok(rows.into_iter().filter_map(pair).collect())
}

/// Scores a prediction file. `expected` serves rows that hold no expected answer themselves.
///
/// # Errors
/// The first line that is no JSON object.
pub fn score_predictions(
    bytes: &[u8],
    expected: &BTreeMap<String, String>,
) -> Result<Tally, RowError> {
    let mut tally = Tally::default();
    for row in parse_json_rows(bytes)? {
        let Some(target) = target_of(&row.fields, expected) else {
            continue;
        };
        let completion = ["predicted_answer", "final_answer"]
            .iter()
            .find_map(|key| row.fields.get(*key)?.as_str());
        let completion = completion.unwrap_or_default();
        tally.n += 1;
        tally.em_raw +=
            usize::from(completion.trim().to_lowercase() == target.trim().to_lowercase());
        tally.em_extracted += usize::from(is_extracted(completion, target));
        tally.contains += usize::from(contains_words(completion, target));
    }
    Ok(tally)
}

fn target_of<'a>(
    fields: &'a Map<String, Value>,
    expected: &'a BTreeMap<String, String>,
) -> Option<&'a str> {
    if let Some(target) = fields.get("expected_answer").and_then(Value::as_str) {
        return Some(target);
    }
    let id = fields
        .get("meta")
        .and_then(|meta| meta.get("eval_id"))
        .or_else(|| fields.get("id"))?;
    expected.get(id.as_str()?).map(String::as_str)
}

fn is_extracted(completion: &str, target: &str) -> bool {
    let Ok(extractor) = Extractor::new(&WAYS, None) else {
        return false;
    };
    let Some(found) = extractor.find(completion) else {
        return false;
    };
    match (number_of(found), number_of(target)) {
        (Some(found), Some(target)) => close(found, target, 1e-9, 1e-9),
        _ => normalise(found) == normalise(target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_readings_differ() {
        let rows =
            br#"{"id":"a","expected_answer":"42","predicted_answer":"15 + 27 = 42 15 + 27 = 42"}
{"id":"b","expected_answer":"Paris","predicted_answer":"paris"}
{"meta":{"eval_id":"c"},"final_answer":"it is 7, surely"}
{"id":"d","predicted_answer":"no expectation"}
"#;
        let expected = BTreeMap::from([("c".to_owned(), "7".to_owned())]);
        let tally = score_predictions(rows, &expected).unwrap();
        assert_eq!(
            tally,
            Tally {
                n: 3,
                em_raw: 1,
                em_extracted: 2,
                contains: 3
            }
        );
    }

    /// The originals' files beside the repository, where they are: exact equality finds nothing in
    /// any of them, the answers are there all the same.
    #[test]
    fn the_originals_predictions_hold_35_to_67_answers() {
        let data = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/data/tunix-rt/"
        );
        let read = |path: &str| std::fs::read(format!("{data}{path}")).ok();
        let Some(set) = read("evalsets/eval_v2.jsonl") else {
            return;
        };
        let expected = expected_answers(&set).unwrap();
        let m45 = "research/m45_curriculum_reasoning/eval/";
        let m46 = "research/m46_structured_self_correction/eval/";
        for (path, contains) in [
            (format!("{m45}m44_baseline_predictions.jsonl"), 38),
            (format!("{m45}post_stage_a_predictions.jsonl"), 35),
            (format!("{m45}post_stage_b_predictions.jsonl"), 60),
            (format!("{m45}post_stage_c_predictions.jsonl"), 64),
            (format!("{m46}m45_stage_c_predictions.jsonl"), 67),
            (format!("{m46}m46_control_predictions.jsonl"), 64),
            (format!("{m46}m46_self_correct_predictions.jsonl"), 62),
            ("submission_runs/m44_v1/predictions.jsonl".to_owned(), 42),
        ] {
            let Some(bytes) = read(&path) else { continue };
            let tally = score_predictions(&bytes, &expected).unwrap();
            assert_eq!(
                (tally.n, tally.em_raw, tally.contains),
                (100, 0, contains),
                "{path}"
            );
            println!("{path}: {tally:?}");
        }
    }
}
