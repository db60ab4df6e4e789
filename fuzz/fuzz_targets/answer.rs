//! A model's answer through every parser: JSON, label, number; and the readers of ledgers.

#![no_main]

use gradus_eval::Contract;
use gradus_eval::parse::parse_answer;
use gradus_schema::{AnswerKind, AnswerSpec, Extraction, Scale};
use libfuzzer_sys::fuzz_target;

const SCHEMA: &[u8] = br#"{"properties": {"a": {"type": "integer"}, "b": {"properties": {"c": {"type": "number"}}}},
    "required": ["a"], "additionalProperties": false}"#;

fuzz_target!(|bytes: &[u8]| {
    let scale = Scale { min: 0.0, max: 10.0 };
    let text = String::from_utf8_lossy(bytes);
    let spec = |kind, labels: &[&str], extract: &[Extraction]| AnswerSpec {
        kind,
        labels: labels.iter().map(ToString::to_string).collect(),
        extract: extract.to_vec(),
        pattern: None,
    };
    let ways = [Extraction::Boxed, Extraction::AnswerMarker, Extraction::Equation, Extraction::LastNumber];
    let contracts = [
        Contract::from_json(SCHEMA, scale),
        Contract::of_answer(&spec(AnswerKind::Label, &["a", "b c"], &[]), scale),
        Contract::of_answer(&spec(AnswerKind::Number, &[], &ways), scale),
    ];
    for contract in contracts.into_iter().flatten() {
        let parsed = parse_answer(&text, &contract);
        if let Ok(prediction) = parsed.strict {
            assert_eq!(parsed.lenient.as_ref(), Some(&prediction));
            assert!(prediction.numbers.iter().all(|number| (0.0..=10.0).contains(number)));
        }
    }
    let _ = gradus_eval::foreign::submissions::parse_submissions(bytes);
});
