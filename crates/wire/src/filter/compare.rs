//! How values of different runs compare.

use std::cmp::Ordering;

use crate::json::{Json, Number};

/// Numbers by value, texts by their characters, `false` before `true`; `None` for NaN and for
/// values of different kinds.
pub fn compare_values(left: &Json, right: &Json) -> Option<Ordering> {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => compare_numbers(left, right),
        (Json::String(left), Json::String(right)) => Some(left.cmp(right)),
        (Json::Bool(left), Json::Bool(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// Exact also where an integer beyond 2^53 meets a float.
fn compare_numbers(left: &Number, right: &Number) -> Option<Ordering> {
    match (left, right) {
        (Number::Int(left), Number::Int(right)) => Some(left.cmp(right)),
        (Number::Big(left), Number::Big(right)) => Some(compare_digits(left, right)),
        (Number::Int(_), Number::Big(digits)) => Some(match digits.starts_with('-') {
            true => Ordering::Greater,
            false => Ordering::Less,
        }),
        (Number::Big(_), Number::Int(_)) => compare_numbers(right, left).map(Ordering::reverse),
        (Number::Int(whole), Number::Float(float)) => compare_with_float(*whole, *float),
        (Number::Float(_), Number::Int(_)) => compare_numbers(right, left).map(Ordering::reverse),
        _ => left.as_f64().partial_cmp(&right.as_f64()),
    }
}

fn compare_with_float(whole: i64, float: f64) -> Option<Ordering> {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= TWO_TO_63 {
        return Some(Ordering::Less);
    }
    if float < -TWO_TO_63 {
        return Some(Ordering::Greater);
    }
    let floor = float.floor();
    // In range, so that the conversion is exact.
    Some(match whole.cmp(&(floor as i64)) {
        Ordering::Equal if float > floor => Ordering::Less,
        order => order,
    })
}

/// Integers as digits without leading zeros, with `-` in front where negative.
fn compare_digits(left: &str, right: &str) -> Ordering {
    let size = |digits: &str| (digits.len(), digits.to_owned());
    match (left.strip_prefix('-'), right.strip_prefix('-')) {
        (None, None) => size(left).cmp(&size(right)),
        (Some(left), Some(right)) => size(right).cmp(&size(left)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}

/// As MongoDB has it: 1 and 1.0 are one number, lists and objects equal part by part.
pub(super) fn is_equal(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(a), Json::Number(b)) => {
            a == b || compare_numbers(a, b) == Some(Ordering::Equal)
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_equal(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            let is_same = |(key, a): (&String, &Json)| b.get(key).is_some_and(|b| is_equal(a, b));
            a.len() == b.len() && a.iter().all(is_same)
        }
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn numbers_compare_by_value() {
        let order = |left: &str, right: &str| {
            compare_values(&parse("x", left).unwrap(), &parse("x", right).unwrap())
        };
        let rising = [
            "-Infinity",
            "-1e300",
            "-123456789012345678901",
            "-9223372036854775808",
            "-1.5",
            "-1",
            "0",
            "0.5",
            "1",
            "9007199254740992",
            "9007199254740993",
            "9007199254740994.0",
            "9223372036854775807",
            "9223372036854775808",
            "123456789012345678901",
            "1e300",
            "Infinity",
        ];
        for (at, left) in rising.iter().enumerate() {
            assert_eq!(order(left, left), Some(Ordering::Equal), "{left}");
            for right in &rising[at + 1..] {
                assert_eq!(order(left, right), Some(Ordering::Less), "{left} {right}");
                assert_eq!(
                    order(right, left),
                    Some(Ordering::Greater),
                    "{right} {left}"
                );
            }
        }
        assert_eq!(order("1", "1.0"), Some(Ordering::Equal));
        assert_eq!(order("NaN", "1"), None);
        assert_eq!(order("1", "\"1\""), None);
        assert_eq!(order("false", "true"), Some(Ordering::Less));
        assert_eq!(order("\"a\"", "\"B\""), Some(Ordering::Greater));
    }

    #[test]
    fn equality_goes_into_lists_and_objects() {
        let equal = |left: &str, right: &str| {
            is_equal(&parse("x", left).unwrap(), &parse("x", right).unwrap())
        };
        assert!(equal(
            r#"{"a":[1,{"b":2.0}],"c":null}"#,
            r#"{"c":null,"a":[1.0,{"b":2}]}"#
        ));
        assert!(!equal("[1]", "[1,2]"));
        assert!(!equal(r#"{"a":1}"#, r#"{"b":1}"#));
        assert!(equal("NaN", "NaN"));
    }
}
