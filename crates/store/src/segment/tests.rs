//! Lines in, the same lines out; hostile files end in errors.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::build::encode;
use super::*;
use crate::json::Value;
use crate::lines::Lines;
use crate::operation::StreamKey;
use crate::tail::TailChunk;

fn sealed(lines: &[String]) -> Vec<u8> {
    let chunks: Vec<Arc<TailChunk>> = lines
        .chunks(700)
        .enumerate()
        .map(|(index, lines)| {
            let lines = Lines::new(lines.iter().map(String::as_str)).unwrap();
            Arc::new(TailChunk::new(index as u64 * 700, lines))
        })
        .collect();
    encode(&StreamKey::new(1, "history", ""), &chunks)
        .unwrap()
        .0
}

fn opened(bytes: Vec<u8>) -> crate::Result<Segment> {
    Segment::open(Box::new(bytes), PathBuf::from("test.seg"))
}

fn lines_of(segment: &Segment) -> crate::Result<Vec<String>> {
    let mut lines = Vec::new();
    segment.lines(0..u64::MAX, &(i64::MIN..=i64::MAX), |_, _, line| {
        lines.push(line.to_owned())
    })?;
    Ok(lines)
}

fn comes_back(lines: &[String]) {
    let segment = opened(sealed(lines)).unwrap();
    assert_eq!(lines_of(&segment).unwrap(), lines);
}

#[test]
fn odd_lines_come_back_byte_for_byte() {
    let lines: Vec<String> = [
        r#"{"_step":0,"loss":0.5,"n":9007199254740993,"big":18446744073709551615}"#,
        r#"{"loss":NaN,"_step":1,"n":-9223372036854775808,"huge":123456789012345678901234567890}"#,
        r#"{"loss":-Infinity,"_step":2,"zero":-0,"zero2":-0.0}"#,
        r#"{"loss":1,"_step":3,"s":"a\u00e9\"b","nest":{"x":[1,{"y":2}],"z":null},"t":true}"#,
        r#"{"loss":1.50,"_step":4}"#,
        r#"{"loss":1e-05,"_step":5,"loss":2}"#,
        r#"{ "loss" : 1 , "_step":6}"#,
        r#"{"_step": 7, "loss": 0.25}"#,
        r#"{"_step":8,"k\u0065y":1}"#,
        r#"{}"#,
        "",
        "not json at all",
        r#"{"_step":9,"loss":5e-324,"t":1795225714.6337326}"#,
        r#"{"_step":10,"t":1.7952257146337326e+09}"#,
        "{\"_step\":11,\"µ/é 中\":1}",
    ]
    .map(str::to_owned)
    .to_vec();
    comes_back(&lines);
}

#[test]
fn values_are_typed_and_exact() {
    let lines = [
        r#"{"_step":0,"loss":0.5,"n":9007199254740993,"a":{"b":1,"c.d":2}}"#,
        r#"{"_step":1,"loss":NaN,"n":18446744073709551615,"a.b":7,"a":{"b":3}}"#,
        r#"{"_step":2,"loss":-0.0,"n":"text"}"#,
        r#"{"_step":3,"loss":3}"#,
    ]
    .map(str::to_owned);
    let segment = opened(sealed(&lines)).unwrap();
    let values = |key: &str| segment.values(key, 0..4).unwrap();
    let loss = values("loss");
    assert_eq!(loss[0], (0, Value::F64(0.5)));
    assert!(matches!(loss[1].1, Value::F64(value) if value.is_nan()));
    assert!(matches!(loss[2].1, Value::F64(value) if value == 0.0 && value.is_sign_negative()));
    assert_eq!(loss[3], (3, Value::I64(3)));
    assert_eq!(
        values("n"),
        [
            (0, Value::I64(9_007_199_254_740_993)),
            (1, Value::U64(u64::MAX)),
            (2, Value::Json(r#""text""#.into()))
        ]
    );
    assert_eq!(values("a.b"), [(0, Value::I64(1)), (1, Value::I64(7))]);
    assert_eq!(values("a.c.d"), [(0, Value::I64(2))]);
    assert_eq!(values("absent"), []);
}

#[test]
fn whole_floats_of_a_metric_share_its_column() {
    let lines: Vec<String> = (0..3000)
        .map(|step| match step % 3 {
            0 => format!(r#"{{"_step":{step},"loss":1}}"#),
            _ => format!(r#"{{"_step":{step},"loss":0.{step}1}}"#),
        })
        .collect();
    let segment = opened(sealed(&lines)).unwrap();
    assert_eq!(segment.columns_named("loss").count(), 1);
    assert_eq!(lines_of(&segment).unwrap(), lines);
    assert_eq!(segment.values("loss", 3..4).unwrap(), [(3, Value::I64(1))]);
}

#[test]
fn rows_of_a_step_range_are_read_alone() {
    let lines: Vec<String> = (0..5000)
        .map(|row| format!(r#"{{"_step":{},"a":{row}}}"#, row * 3))
        .collect();
    let segment = opened(sealed(&lines)).unwrap();
    let mut found = Vec::new();
    segment
        .lines(0..u64::MAX, &(6000..=6010), |row, step, _| {
            found.push((row, step))
        })
        .unwrap();
    assert_eq!(
        found,
        [(2000, 6000), (2001, 6003), (2002, 6006), (2003, 6009)]
    );
    found.clear();
    segment
        .lines(0..2002, &(6000..=6010), |row, step, _| {
            found.push((row, step))
        })
        .unwrap();
    assert_eq!(found, [(2000, 6000), (2001, 6003)]);
}

#[test]
fn summaries_say_what_lies_in_a_page() {
    let lines: Vec<String> = (0..1500)
        .map(|step| match step {
            7 => r#"{"_step":7,"a":NaN}"#.to_owned(),
            _ => format!(r#"{{"_step":{step},"a":{}.5}}"#, (step * 7) % 1000),
        })
        .collect();
    let segment = opened(sealed(&lines)).unwrap();
    let column = segment.columns_named("a").next().unwrap();
    let [first, second] = column.summaries[..] else {
        panic!("two pages");
    };
    let page = (0..1024)
        .filter(|step| *step != 7)
        .map(|step| f64::from(step * 7 % 1000) + 0.5);
    assert_eq!(first.nan_count, 1);
    assert_eq!(first.max, page.clone().fold(f64::NEG_INFINITY, f64::max));
    assert_eq!(first.min, page.clone().fold(f64::INFINITY, f64::min));
    assert_eq!(first.sum, page.sum::<f64>());
    assert_eq!((first.min_step, first.max_step), (0, 1023));
    assert_eq!(first.last, f64::from(1023 * 7 % 1000) + 0.5);
    assert_eq!((second.min_step, second.max_step), (1024, 1499));
}

#[test]
fn a_turned_bit_is_an_error_and_never_another_line() {
    let lines: Vec<String> = (0..40)
        .map(|step| format!(r#"{{"_step":{step},"a":0.{step}7,"s":"x"}}"#))
        .collect();
    let whole = sealed(&lines);
    for bit in 0..whole.len() * 8 {
        let mut turned = whole.clone();
        turned[bit / 8] ^= 1 << (bit % 8);
        assert!(
            opened(turned)
                .and_then(|segment| lines_of(&segment))
                .is_err(),
            "bit {bit}"
        );
    }
    for length in 0..whole.len() {
        assert!(opened(whole[..length].to_vec()).is_err(), "cut at {length}");
    }
}

/// Lines as loggers write them: some keys in some rows, in any order, numbers in any way.
fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|value| value.to_string()),
        (-1000i64..1000).prop_map(|value| value.to_string()),
        any::<u64>().prop_map(|value| value.to_string()),
        proptest::num::f64::NORMAL.prop_map(|value| format!("{value:?}")),
        proptest::num::f64::NORMAL.prop_map(|value| serde_json::to_string(&value).unwrap()),
        (-100.0f64..100.0).prop_map(|value| format!("{value}")),
        Just("NaN".to_owned()),
        Just("-Infinity".to_owned()),
        Just("null".to_owned()),
        "\\PC{0,5}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(r#"{"x":{"y":1}}"#.to_owned()),
    ]
}

fn line() -> impl Strategy<Value = String> {
    let members = proptest::collection::vec(("[a-h]{1}", token()), 0..10);
    prop_oneof![
        8 => (members, any::<bool>()).prop_map(|(members, is_spaced)| {
            let blank = if is_spaced { " " } else { "" };
            let members: Vec<String> = members
                .iter()
                .map(|(key, token)| format!("\"{key}\":{blank}{token}"))
                .collect();
            format!("{{{}}}", members.join(&format!(",{blank}")))
        }),
        1 => "\\PC{0,20}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_lines_come_back(lines in proptest::collection::vec(line(), 1..2500)) {
        comes_back(&lines);
    }

    #[test]
    fn any_bytes_are_opened_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut bytes = bytes;
        let _ = opened(bytes.clone());
        // Behind a right header and trailer, so that the footer's reader is reached.
        let mut file = Footer::header().to_vec();
        let length = (bytes.len() as u32).to_le_bytes();
        let crc = crc32c::crc32c(&bytes).to_le_bytes();
        file.append(&mut bytes);
        file.extend(length.into_iter().chain(crc).chain(*b"gradseg\0"));
        if let Ok(segment) = opened(file) {
            let _ = lines_of(&segment);
        }
    }
}
