//! The one strict parser of model answers: text → the contract's values, or exactly one failure
//! code. Pure, so that a report can be re-derived from the raw answers it holds.
//!
//! Strict means: the whole trimmed answer is one JSON object that meets the contract, nothing
//! before or after, nothing coerced, rounded or clamped. Beside it stands the lenient reading (the
//! first complete object anywhere in the text, still not coerced), which is a diagnostic only: it
//! tells a model that knows the answer but not the manners from one that knows neither.

use gradus_schema::FailureCode;

use crate::contract::{Contract, Field};
use crate::json::{Json, ReadError, is_integer_literal, read_value};
use crate::text_answer::parse_text_answer;

/// Where an object may start is tried so often and no oftener: text like `{{{{` must not cost
/// quadratic time.
const MAX_OBJECT_STARTS: usize = 64;

/// End-of-turn markers of the usual chat formats: a decoder should have stopped there, and one
/// that writes them out has been served wrongly.
const END_MARKERS: [&str; 8] = [
    "</s>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|end|>",
    "<eos>",
    "<end_of_turn>",
];

/// What an answer holds, read strictly and leniently.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedAnswer {
    /// The values that count.
    pub strict: Result<Prediction, FailureCode>,
    /// A diagnostic: what could be recovered from it. Equal to `strict` where that is valid.
    pub lenient: Option<Prediction>,
}

/// An answer that meets the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    pub value: serde_json::Value,
    /// The contract's numbers, in the order of [`Contract::fields`], in units of its scale.
    pub numbers: Vec<f64>,
}

impl Prediction {
    /// As a model should write it: compact JSON, or the bare text of a label or text.
    pub fn text(&self) -> String {
        match &self.value {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// Reads an answer against its contract.
pub fn parse_answer(text: &str, contract: &Contract) -> ParsedAnswer {
    if !contract.is_json() {
        return parse_text_answer(text, contract);
    }
    let strict = parse_strict(text.trim(), contract);
    let lenient = match &strict {
        Ok(prediction) => Some(prediction.clone()),
        Err(_) => parse_lenient(text, contract),
    };
    ParsedAnswer { strict, lenient }
}

fn parse_strict(text: &str, contract: &Contract) -> Result<Prediction, FailureCode> {
    if text.is_empty() {
        return Err(FailureCode::EmptyCompletion);
    }
    if !text.starts_with('{') && read_value(text, 0).is_ok_and(|(_, end)| end == text.len()) {
        return Err(FailureCode::NotObject);
    }
    let Some(start) = text.find('{') else {
        return Err(code_without_object(text));
    };
    let (object, end) = read_value(text, start).map_err(|error| match error {
        ReadError::Unterminated => FailureCode::UnterminatedJson,
        ReadError::Malformed => FailureCode::JsonDecodeError,
    })?;
    if let Some(code) = code_of_surroundings(&text[..start], &text[end..]) {
        return Err(code);
    }
    check_contract(&object, contract)
}

fn code_without_object(text: &str) -> FailureCode {
    let mut rest = text.to_owned();
    for marker in END_MARKERS {
        rest = rest.replace(marker, "");
    }
    if rest.trim().is_empty() {
        FailureCode::EosTokenLeak
    } else {
        FailureCode::NoJsonStart
    }
}

/// The most telling cause comes first: a marker or a fence explains the text around an object.
fn code_of_surroundings(before: &str, after: &str) -> Option<FailureCode> {
    let holds = |needle: &str| before.contains(needle) || after.contains(needle);
    if END_MARKERS.iter().any(|marker| holds(marker)) {
        Some(FailureCode::EosTokenLeak)
    } else if holds("```") {
        Some(FailureCode::CodeFence)
    } else if !before.trim().is_empty() {
        Some(FailureCode::LeadingText)
    } else if !after.trim().is_empty() {
        Some(FailureCode::ExtraTrailingText)
    } else {
        None
    }
}

fn parse_lenient(text: &str, contract: &Contract) -> Option<Prediction> {
    let (object, _) = text
        .match_indices('{')
        .take(MAX_OBJECT_STARTS)
        .find_map(|(start, _)| read_value(text, start).ok())?;
    check_contract(&object, contract).ok()
}

fn check_contract(object: &Json, contract: &Contract) -> Result<Prediction, FailureCode> {
    if object.has_non_finite() {
        return Err(FailureCode::NonFinite);
    }
    if object.duplicate_key().is_some() {
        return Err(FailureCode::DuplicateKey);
    }
    if contract.lacks_required(object) {
        return Err(if wraps_the_answer(object, contract) {
            FailureCode::WrappedObject
        } else {
            FailureCode::MissingKey
        });
    }
    if contract.has_extra(object) {
        return Err(FailureCode::ExtraKeys);
    }
    let numbers = contract
        .fields()
        .iter()
        .map(|field| number_of_field(object, field))
        .collect::<Result<Vec<f64>, FailureCode>>()?;
    let value = object.to_serde();
    if !contract.admits(&value) {
        return Err(FailureCode::ContractViolation);
    }
    Ok(Prediction { value, numbers })
}

/// Whether the answer stands complete one or two levels further in
/// (`{"hidden_params": {"vector": {…}}}`).
fn wraps_the_answer(object: &Json, contract: &Contract) -> bool {
    let inner_objects = |value: &Json| match value {
        Json::Object(entries) => entries
            .iter()
            .map(|(_, value)| value.clone())
            .filter(|value| matches!(value, Json::Object(_)))
            .collect(),
        _ => Vec::new(),
    };
    let first_level = inner_objects(object);
    first_level
        .iter()
        .any(|inner| !contract.lacks_required(inner))
        || first_level
            .iter()
            .flat_map(inner_objects)
            .any(|inner| !contract.lacks_required(&inner))
}

fn number_of_field(object: &Json, field: &Field) -> Result<f64, FailureCode> {
    let mismatch = if field.integer {
        FailureCode::NotInt
    } else {
        FailureCode::ContractViolation
    };
    let Some(Json::Number(text)) = field.find(object) else {
        return Err(mismatch);
    };
    if field.integer && !is_integer_literal(text) {
        return Err(mismatch);
    }
    let number: f64 = text.parse().map_err(|_| mismatch)?;
    if (field.minimum..=field.maximum).contains(&number) {
        Ok(number)
    } else {
        Err(FailureCode::OutOfRange)
    }
}

#[cfg(test)]
mod tests {
    use gradus_schema::{FailureCode as Code, Scale};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn contract() -> Contract {
        let schema = json!({
            "type": "object",
            "properties": {
                "energy": {"type": "integer", "minimum": 0, "maximum": 10},
                "warmth": {"type": "integer", "minimum": 0, "maximum": 10}
            },
            "required": ["energy", "warmth"],
            "additionalProperties": false
        });
        let scale = Scale {
            min: 0.0,
            max: 10.0,
        };
        Contract::from_json(schema.to_string().as_bytes(), scale).unwrap()
    }

    #[test]
    fn a_clean_answer_is_valid_both_ways() {
        let parsed = parse_answer(" {\"warmth\": 3,\n\"energy\": 10}\n", &contract());
        let prediction = parsed.strict.unwrap();
        assert_eq!(prediction.numbers, [10.0, 3.0]);
        assert_eq!(parsed.lenient, Some(prediction));
    }

    #[test]
    fn every_failure_has_its_code_and_lenient_reading() {
        let contract = contract();
        let cases = [
            ("", Code::EmptyCompletion, false),
            (" \n", Code::EmptyCompletion, false),
            ("I would say warm.", Code::NoJsonStart, false),
            ("</s>", Code::EosTokenLeak, false),
            (r#"{"energy":1,"warmth":2"#, Code::UnterminatedJson, false),
            (r#"{"energy":1,"#, Code::UnterminatedJson, false),
            (r#"{'energy':1,'warmth':2}"#, Code::JsonDecodeError, false),
            (r#"{"energy":1,"warmth":2,}"#, Code::JsonDecodeError, false),
            (
                r#"{oops} {"energy":1,"warmth":2}"#,
                Code::JsonDecodeError,
                true,
            ),
            (r#"[{"energy":1,"warmth":2}]"#, Code::NotObject, true),
            ("7", Code::NotObject, false),
            (r#""{\"energy\":1}""#, Code::NotObject, false),
            (
                r#"{"energy":1,"warmth":2} hope it helps"#,
                Code::ExtraTrailingText,
                true,
            ),
            (
                r#"{"energy":1,"warmth":2}{"energy":3"#,
                Code::ExtraTrailingText,
                true,
            ),
            (r#"Sure: {"energy":1,"warmth":2}"#, Code::LeadingText, true),
            (
                "```json\n{\"energy\":1,\"warmth\":2}\n```",
                Code::CodeFence,
                true,
            ),
            (r#"{"energy":1,"warmth":2}</s>"#, Code::EosTokenLeak, true),
            (
                r#"{"energy":1,"warmth":2}<|im_end|>"#,
                Code::EosTokenLeak,
                true,
            ),
            (r#"{"energy":1}"#, Code::MissingKey, false),
            ("{}", Code::MissingKey, false),
            (
                r#"{"energy":1,"warmth":2,"mood":3}"#,
                Code::ExtraKeys,
                false,
            ),
            (r#"{"energy":1,"warmth":11.7}"#, Code::NotInt, false),
            (r#"{"energy":1,"warmth":7.0}"#, Code::NotInt, false),
            (r#"{"energy":1,"warmth":1e1}"#, Code::NotInt, false),
            (r#"{"energy":1,"warmth":"7"}"#, Code::NotInt, false),
            (r#"{"energy":true,"warmth":7}"#, Code::NotInt, false),
            (r#"{"energy":null,"warmth":7}"#, Code::NotInt, false),
            (r#"{"energy":1,"warmth":250}"#, Code::OutOfRange, false),
            (r#"{"energy":-1,"warmth":2}"#, Code::OutOfRange, false),
            (
                r#"{"energy":1,"warmth":99999999999999999999999}"#,
                Code::OutOfRange,
                false,
            ),
            (r#"{"energy":1,"warmth":NaN}"#, Code::NonFinite, false),
            (r#"{"energy":-Infinity,"warmth":1}"#, Code::NonFinite, false),
            (r#"{"energy":1,"warmth":1e999}"#, Code::NonFinite, false),
            (
                r#"{"energy":1,"energy":1,"warmth":2}"#,
                Code::DuplicateKey,
                false,
            ),
            (
                r#"{"vector":{"energy":1,"warmth":2}}"#,
                Code::WrappedObject,
                false,
            ),
            (
                r#"{"target_hidden_params":{"vector":{"energy":1,"warmth":2}}}"#,
                Code::WrappedObject,
                false,
            ),
        ];
        for (text, code, lenient) in cases {
            let parsed = parse_answer(text, &contract);
            assert_eq!(parsed.strict, Err(code), "{text}");
            assert_eq!(parsed.lenient.is_some(), lenient, "{text}");
        }
    }

    #[test]
    fn a_schema_s_other_rules_count_too() {
        let schema = json!({
            "properties": {"n": {"type": "number"}, "mood": {"enum": ["calm", "wild"]}},
            "required": ["mood"]
        });
        let scale = Scale { min: 0.0, max: 1.0 };
        let contract = Contract::from_json(schema.to_string().as_bytes(), scale).unwrap();
        let code = |text| parse_answer(text, &contract).strict.unwrap_err();
        assert_eq!(code(r#"{"n":0.5,"mood":"odd"}"#), Code::ContractViolation);
        assert_eq!(
            code(r#"{"n":"0.5","mood":"calm"}"#),
            Code::ContractViolation
        );
        assert_eq!(code(r#"{"mood":"calm"}"#), Code::MissingKey);
        // An open schema does not mind further keys.
        let open = parse_answer(r#"{"n":0.5,"mood":"calm","x":1}"#, &contract);
        assert_eq!(open.strict.unwrap().numbers, [0.5]);
    }

    #[test]
    fn hostile_text_costs_neither_stack_nor_time() {
        let contract = contract();
        for text in [
            "{".repeat(200_000),
            "{\"a\":".repeat(200_000),
            "[".repeat(200_000),
            format!("{{\"energy\":{},\"warmth\":1}}", "9".repeat(200_000)),
        ] {
            assert!(parse_answer(&text, &contract).strict.is_err());
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_strict_implies_lenient(text in r#"(?s)[{}\[\]"a-z0-9:,. `\\-]{0,40}|.{0,40}|\{"energy":.{0,4},"warmth":[0-9.e-]{1,4}\}.{0,3}"#) {
            let parsed = parse_answer(&text, &contract());
            if let Ok(prediction) = &parsed.strict {
                prop_assert_eq!(parsed.lenient.as_ref(), Some(prediction));
                prop_assert!(prediction.numbers.iter().all(|n| (0.0..=10.0).contains(n)));
                prop_assert!(serde_json::from_str::<serde_json::Value>(text.trim()).is_ok());
            }
        }
    }
}
