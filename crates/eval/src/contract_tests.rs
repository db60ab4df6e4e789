//! Contracts as tasks give them, sound and broken.

use super::*;

const SCALE: Scale = Scale {
    min: 0.0,
    max: 10.0,
};

fn contract(schema: Value) -> Result<Contract, String> {
    Contract::from_json(schema.to_string().as_bytes(), SCALE)
}

#[test]
fn fields_come_in_the_schema_s_order_with_bounds() {
    let contract = contract(json!({
        "type": "object",
        "properties": {
            "warmth": {"type": "integer"},
            "mood": {"type": "string"},
            "inner": {"type": "object", "properties": {"energy": {"$ref": "#/$defs/level"}}}
        },
        "$defs": {"level": {"type": "number", "minimum": 1, "exclusiveMaximum": 5}}
    }))
    .unwrap();
    let fields: Vec<_> = contract
        .fields()
        .iter()
        .map(|f| (f.name.as_str(), f.integer, f.minimum, f.maximum))
        .collect();
    assert_eq!(
        fields,
        [
            ("warmth", true, 0.0, 10.0),
            ("inner.energy", false, 1.0, 5.0)
        ]
    );
    let schema = contract.decoding_schema();
    assert_eq!(schema["properties"]["warmth"]["maximum"], json!(10));
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(schema["required"], json!(["warmth"]));
    let value = json!({"inner": {"energy": 2}, "z": 1, "warmth": 3.0});
    let ordered = contract.ordered(&value).to_string();
    assert_eq!(ordered, r#"{"warmth":3,"inner":{"energy":2},"z":1}"#);
}

#[test]
fn what_is_no_contract_is_refused_by_name() {
    let refused = |schema| contract(schema).unwrap_err();
    assert!(refused(json!({"type": "integer"})).contains("properties"));
    assert!(refused(json!({"type": "nonsense", "properties": {}})).contains("JSON Schema"));
    let wide = json!({"properties": {"energy": {"type": "integer", "maximum": 100}}});
    assert!(refused(wide).contains("'energy' from 0 to 100"));
    let none = json!({"properties": {"energy": {"type": "integer", "minimum": 5, "maximum": 4}}});
    assert!(refused(none).contains("no value"));
    assert!(
        Contract::from_json(b"{", SCALE)
            .unwrap_err()
            .contains("not JSON")
    );
}

#[test]
fn a_number_is_written_rounded_half_away_from_zero_and_in_range() {
    let contract =
        contract(json!({"properties": {"a": {"type": "integer"}, "b": {"properties": {"c": {"type": "number"}}}}}))
            .unwrap();
    let mut value = json!({});
    contract.fields()[0].write(&mut value, 2.5);
    contract.fields()[1].write(&mut value, 11.0);
    assert_eq!(value, json!({"a": 3, "b": {"c": 10.0}}));
}
