//! Keyword rules on a label task and on a vector task.

use super::*;

fn rules(text: &str, contract: &Contract) -> RuleAnswerer {
    let rules = KeywordRules::from_yaml(text).unwrap();
    check(&rules, contract).unwrap();
    RuleAnswerer {
        reference: "rules:test".to_owned(),
        sha256: String::new(),
        rules,
        contract: contract.clone(),
        shown_fields: vec!["text".to_owned()],
    }
}

fn row(text: &str) -> TaskRow {
    TaskRow {
        row: 1,
        id: "a".to_owned(),
        fields: json!({"text": text}).as_object().unwrap().clone(),
        target: Value::Null,
        label: crate::parse::Prediction {
            value: Value::Null,
            numbers: Vec::new(),
        },
        stratum: None,
    }
}

fn labels() -> Contract {
    let spec =
        serde_json::from_value(json!({"kind": "label", "labels": ["bug", "billing", "other"]}));
    Contract::of_answer(&spec.unwrap(), gradus_schema::Scale::unit()).unwrap()
}

fn levels() -> Contract {
    let level = json!({"type": "integer", "minimum": 0, "maximum": 10});
    let schema =
        json!({"properties": {"energy": level, "warmth": level}, "additionalProperties": false});
    let scale = gradus_schema::Scale {
        min: 0.0,
        max: 10.0,
    };
    Contract::from_json(schema.to_string().as_bytes(), scale).unwrap()
}

#[test]
fn labels_win_by_points_and_words_are_whole() {
    let rules = rules(
        "name: triage\nversion: 1\ndefault: other\nrules:
  - {any: [crash, error], answer: bug}
  - {any: [invoice, charged], answer: billing}
  - {any: [refund], answer: billing, points: 2}\n",
        &labels(),
    );
    let answer = |text| rules.answer_text(&row(text));
    assert_eq!(answer("A Crash!"), "bug");
    assert_eq!(answer("crash after the refund"), "billing");
    assert_eq!(
        answer("crash, invoice"),
        "bug",
        "a tie goes to the earlier rule"
    );
    assert_eq!(answer("crashing along"), "other");
}

#[test]
fn numbers_are_set_and_added_within_range() {
    let text = "name: levels\nversion: 2\nmatch: substring\ndefault: {energy: 5, warmth: 5}\nrules:
  - {any: [sun], set: {warmth: 9}}
  - {any: [run], add: {energy: 3, warmth: 4}}\n";
    let all = rules(text, &levels());
    assert_eq!(
        all.answer_text(&row("run at sunset")),
        r#"{"energy":8,"warmth":10}"#
    );
    let first = rules(&text.replace("default", "mode: first\ndefault"), &levels());
    assert_eq!(
        first.answer_text(&row("run at sunset")),
        r#"{"energy":5,"warmth":9}"#
    );
    assert_eq!(
        first.answer_text(&row("quiet")),
        r#"{"energy":5,"warmth":5}"#
    );
}

#[test]
fn rules_that_do_not_fit_are_named() {
    let refused = |text: &str| {
        KeywordRules::from_yaml(text)
            .and_then(|rules| check(&rules, &levels()))
            .unwrap_err()
    };
    let good = "name: x\nversion: 1\ndefault: {energy: 5, warmth: 5}\nrules:\n  - {any: [a], set: {warmth: 9}}\n";
    let with = |from: &str, to: &str| refused(&good.replace(from, to));
    assert!(
        with("set: {warmth", "set: {warmt")
            .contains("rule 1: the answer has no number 'warmt', did you mean 'warmth'")
    );
    assert!(with("set: {warmth: 9}", "set: {warmth: hot}").contains("must be a number"));
    assert!(with("{energy: 5, warmth: 5}", "{energy: 5}").contains("default"));
    assert!(with(", set: {warmth: 9}", "").contains("changes nothing"));
    assert!(with("any: [a]", "any: []").contains("at least one word"));
    let unknown = with("version: 1", "version: 1\nrulez: []");
    assert!(unknown.contains("did you mean 'rules'"), "{unknown}");
}
