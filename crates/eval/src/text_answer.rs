//! Reading an answer that is no JSON: a label, a number, or text. The same two readings as for
//! JSON: strict (the answer and nothing else, unless the task declares an extraction), and
//! lenient, which is a diagnostic.

use gradus_schema::FailureCode;
use serde_json::{Value, json};

use crate::contract::{AnswerForm, Contract, number_value};
use crate::extract::{Extractor, contains_words, normalise, number_of};
use crate::parse::{ParsedAnswer, Prediction};

/// Reads an answer of a label, number or text task.
pub(crate) fn parse_text_answer(text: &str, contract: &Contract) -> ParsedAnswer {
    let strict = if text.trim().is_empty() {
        Err(FailureCode::EmptyCompletion)
    } else {
        let found = contract.extractor().find(text);
        found
            .ok_or(FailureCode::ContractViolation)
            .and_then(|answer| read(answer, contract))
    };
    let lenient = match &strict {
        Ok(prediction) => Some(prediction.clone()),
        Err(_) => recover(text, contract),
    };
    ParsedAnswer { strict, lenient }
}

fn read(answer: &str, contract: &Contract) -> Result<Prediction, FailureCode> {
    match contract.form() {
        AnswerForm::Label(labels) => read_label(answer, labels, contract.extractor()),
        AnswerForm::Number => read_number(answer, contract),
        AnswerForm::Json | AnswerForm::Text => Ok(Prediction {
            value: json!(answer),
            numbers: Vec::new(),
        }),
    }
}

/// Exactly a label; what was found by a declared extraction may be spelt loosely.
fn read_label(
    answer: &str,
    labels: &[String],
    extractor: &Extractor,
) -> Result<Prediction, FailureCode> {
    let loosely = !extractor.is_whole();
    let same = |label: &&String| {
        label.as_str() == answer || loosely && normalise(label) == normalise(answer)
    };
    if let Some(label) = labels.iter().find(same) {
        return Ok(label_prediction(label));
    }
    if labels
        .iter()
        .any(|label| label.eq_ignore_ascii_case(answer))
    {
        return Err(FailureCode::ContractViolation);
    }
    let (answer, mut code) = (normalise(answer), FailureCode::ContractViolation);
    for label in labels.iter().map(|label| normalise(label)) {
        if answer.starts_with(&label) && contains_words(&answer, &label) {
            code = FailureCode::ExtraTrailingText;
        } else if answer.ends_with(&label) && contains_words(&answer, &label) {
            code = FailureCode::LeadingText;
        }
    }
    Err(code)
}

fn read_number(answer: &str, contract: &Contract) -> Result<Prediction, FailureCode> {
    if ["nan", "inf", "infinity", "-inf", "-infinity"].contains(&normalise(answer).as_str()) {
        return Err(FailureCode::NonFinite);
    }
    let number = if contract.extractor().is_whole() {
        answer.parse().ok().filter(|value: &f64| value.is_finite())
    } else {
        number_of(answer)
    };
    let number = number.ok_or(FailureCode::ContractViolation)?;
    let in_range =
        |field: &crate::contract::Field| (field.minimum..=field.maximum).contains(&number);
    if !contract.fields().iter().all(in_range) {
        return Err(FailureCode::OutOfRange);
    }
    Ok(Prediction {
        value: number_value(number),
        numbers: vec![number],
    })
}

/// The one label that occurs in the text, or its last number.
fn recover(text: &str, contract: &Contract) -> Option<Prediction> {
    match contract.form() {
        AnswerForm::Label(labels) => {
            let mut there = labels.iter().filter(|label| contains_words(text, label));
            let only = there.next()?;
            there.next().is_none().then(|| label_prediction(only))
        }
        AnswerForm::Number => {
            let last = Extractor::new(&[gradus_schema::Extraction::LastNumber], None).ok()?;
            let number = number_of(last.find(text)?)?;
            let field = contract.fields().first()?;
            let inside = (field.minimum..=field.maximum).contains(&number);
            inside.then(|| Prediction {
                value: number_value(number),
                numbers: vec![number],
            })
        }
        AnswerForm::Json | AnswerForm::Text => None,
    }
}

fn label_prediction(label: &str) -> Prediction {
    Prediction {
        value: Value::String(label.to_owned()),
        numbers: Vec::new(),
    }
}

/// A row's target as the answer that would be right.
///
/// # Errors
/// A target of another type, a label that is not listed, a number outside the scale.
pub(crate) fn text_label(target: &Value, contract: &Contract) -> Result<Prediction, String> {
    let text = match target {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        other => {
            return Err(format!(
                "the target must be text or a number, found {other}"
            ));
        }
    };
    if text.is_empty() {
        return Err("the target is empty".to_owned());
    }
    match contract.form() {
        AnswerForm::Label(labels) => {
            if labels.contains(&text) {
                return Ok(label_prediction(&text));
            }
            let hint =
                gradus_schema::nearest::did_you_mean(&text, labels.iter().map(String::as_str));
            Err(format!(
                "the target '{text}' is not among the task's labels{hint}"
            ))
        }
        AnswerForm::Number => {
            let number =
                number_of(&text).ok_or_else(|| format!("the target '{text}' is not a number"))?;
            let outside = |field: &&crate::contract::Field| {
                !(field.minimum..=field.maximum).contains(&number)
            };
            if let Some(field) = contract.fields().iter().find(outside) {
                return Err(format!(
                    "the target is {number}, outside the task's scale {} to {}",
                    field.minimum, field.maximum
                ));
            }
            Ok(Prediction {
                value: number_value(number),
                numbers: vec![number],
            })
        }
        AnswerForm::Json | AnswerForm::Text => Ok(label_prediction(&text)),
    }
}

#[cfg(test)]
mod tests {
    use gradus_schema::{AnswerKind, AnswerSpec, Extraction, FailureCode as Code, Scale};
    use proptest::prelude::*;

    use super::*;
    use crate::parse::parse_answer;

    fn labels(extract: &[Extraction]) -> Contract {
        let spec = AnswerSpec {
            kind: AnswerKind::Label,
            labels: vec!["bug".to_owned(), "billing".to_owned(), "how-to".to_owned()],
            extract: extract.to_vec(),
            pattern: None,
        };
        Contract::of_answer(&spec, Scale::unit()).unwrap()
    }

    fn number() -> Contract {
        let spec = AnswerSpec {
            kind: AnswerKind::Number,
            ..AnswerSpec::default()
        };
        let scale = Scale {
            min: 0.0,
            max: 100.0,
        };
        Contract::of_answer(&spec, scale).unwrap()
    }

    #[test]
    fn a_label_stands_alone_or_says_why_not() {
        let contract = labels(&[]);
        let read = |text| parse_answer(text, &contract);
        assert_eq!(read(" bug\n").strict.unwrap().value, "bug");
        for (text, code, lenient) in [
            ("", Code::EmptyCompletion, None),
            ("Bug", Code::ContractViolation, Some("bug")),
            ("bug: it crashes", Code::ExtraTrailingText, Some("bug")),
            ("It is billing", Code::LeadingText, Some("billing")),
            ("bug or billing", Code::LeadingText, None),
            ("debugging", Code::ContractViolation, None),
        ] {
            let parsed = read(text);
            assert_eq!(parsed.strict, Err(code), "{text}");
            let found = parsed.lenient.map(|it| it.value);
            assert_eq!(found, lenient.map(|it| json!(it)), "{text}");
        }
        let marked = labels(&[Extraction::AnswerMarker]);
        let parsed = parse_answer("It crashes, so.\nAnswer: Bug.", &marked);
        assert_eq!(parsed.strict.unwrap().value, "bug");
    }

    #[test]
    fn a_number_lies_in_the_scale() {
        let contract = number();
        let strict = |text| parse_answer(text, &contract).strict;
        assert_eq!(strict("42").unwrap().numbers, [42.0]);
        assert_eq!(strict("420"), Err(Code::OutOfRange));
        assert_eq!(strict("NaN"), Err(Code::NonFinite));
        assert_eq!(strict("about 42"), Err(Code::ContractViolation));
        assert_eq!(
            parse_answer("about 42", &contract).lenient.unwrap().numbers,
            [42.0]
        );
    }

    #[test]
    fn targets_are_checked() {
        let refused = |target| text_label(&target, &labels(&[])).unwrap_err();
        assert!(refused(json!("biling")).contains("did you mean 'billing'"));
        assert!(refused(json!(["bug"])).contains("text or a number"));
        assert_eq!(text_label(&json!("7"), &number()).unwrap().numbers, [7.0]);
        assert!(
            text_label(&json!(101), &number())
                .unwrap_err()
                .contains("outside")
        );
    }

    proptest! {
        #[test]
        fn no_answer_breaks_it(text in r"(?s).{0,50}|[bugilnhowto \-:.]{0,20}|[0-9eE.+-]{0,12}") {
            for contract in [labels(&[]), labels(&[Extraction::LastLine]), number()] {
                let parsed = parse_answer(&text, &contract);
                if let Ok(prediction) = parsed.strict {
                    prop_assert_eq!(parsed.lenient, Some(prediction.clone()));
                    prop_assert!(prediction.numbers.iter().all(|n| (0.0..=100.0).contains(n)));
                }
            }
        }
    }
}
