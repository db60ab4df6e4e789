//! Where a request belongs: its stratum, words, length and shape. The same test is put to
//! evaluated rows and to training rows, so that a cluster finds its neighbours.

use std::collections::{BTreeMap, BTreeSet};

use gradus_schema::plan::{Condition, LengthThird, Shape};

use crate::words::bag_of_words;

/// Words whose presence often turns a request's meaning round.
const NEGATIONS: [&str; 8] = [
    "no", "not", "without", "don't", "never", "less", "nothing", "avoid",
];

/// Limits of the thirds by length, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LengthLimits {
    pub short_below: usize,
    pub long_from: usize,
}

impl LengthLimits {
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut lengths: Vec<usize> = texts.map(|text| text.chars().count()).collect();
        lengths.sort_unstable();
        let at = |third: usize| lengths.get(third * lengths.len() / 3).copied();
        Self {
            short_below: at(1).unwrap_or(0),
            long_from: at(2).unwrap_or(usize::MAX),
        }
    }
}

/// Every condition that a request meets.
pub fn conditions_of(
    text: &str,
    strata: &BTreeMap<String, String>,
    limits: LengthLimits,
) -> BTreeSet<Condition> {
    let mut met = BTreeSet::new();
    for (field, value) in strata {
        met.insert(Condition::Stratum {
            field: field.clone(),
            value: value.clone(),
        });
    }
    let length = text.chars().count();
    met.insert(Condition::Length(if length < limits.short_below {
        LengthThird::Short
    } else if length >= limits.long_from {
        LengthThird::Long
    } else {
        LengthThird::Middle
    }));
    let bag = bag_of_words(text);
    met.extend(shapes(text, &bag).map(Condition::Shape));
    // A number said as a word or digit is the label more often than a pattern.
    let words = bag.into_keys().filter(|word| !is_number(word));
    met.extend(words.map(Condition::Word));
    met
}

/// `key: value` lines of a record, keys in order; `None` for any other text.
pub fn record_lines(text: &str) -> Option<Vec<(&str, &str)>> {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let parts: Option<Vec<(&str, &str)>> = lines
        .iter()
        .map(|line| {
            let (key, value) = line.split_once(": ")?;
            let is_plain = !key.trim().is_empty() && !value.trim().is_empty();
            (is_plain && key.chars().count() <= 40).then(|| (key.trim(), value.trim()))
        })
        .collect();
    parts.filter(|parts| parts.len() >= 2)
}

fn shapes(text: &str, bag: &BTreeMap<String, u32>) -> impl Iterator<Item = Shape> {
    let record_lines = text
        .lines()
        .filter(|line| line.contains(": ") && line.chars().count() <= 120);
    let is_negated = NEGATIONS.iter().any(|word| bag.contains_key(*word));
    let unspaced =
        |c: char| ('\u{3040}'..='\u{9FFF}').contains(&c) || ('\u{0E00}'..='\u{0E7F}').contains(&c);
    [
        (Shape::Digits, text.chars().any(|c| c.is_ascii_digit())),
        (Shape::Question, text.trim_end().ends_with(['?', '？'])),
        (Shape::Record, record_lines.count() >= 3),
        (Shape::UnspacedScript, text.chars().any(unspaced)),
        (Shape::Negation, is_negated),
    ]
    .into_iter()
    .filter_map(|(shape, holds)| holds.then_some(shape))
}

fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_numeric() || c == ' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_meets_what_it_is() {
        let strata = BTreeMap::from([("kind".to_owned(), "free".to_owned())]);
        let limits = LengthLimits::of(["ab", "abcdef", "abcdefghijkl"].into_iter());
        let met = conditions_of("Warm rain, no drums at 7?", &strata, limits);
        for expected in [
            Condition::Word("warm rain".into()),
            Condition::Length(LengthThird::Long),
            Condition::Shape(Shape::Digits),
            Condition::Shape(Shape::Question),
            Condition::Shape(Shape::Negation),
            Condition::Stratum {
                field: "kind".into(),
                value: "free".into(),
            },
        ] {
            assert!(met.contains(&expected), "{expected}");
        }
        assert!(!met.contains(&Condition::Word("7".into())));
    }

    #[test]
    fn only_key_value_lines_are_a_record() {
        let record = record_lines("style: fugue\n\nmood: neon city\n").unwrap();
        assert_eq!(record, [("style", "fugue"), ("mood", "neon city")]);
        assert_eq!(record_lines("Please: one"), None);
        assert_eq!(record_lines("style: fugue\nand more"), None);
        assert_eq!(record_lines(""), None);
    }
}
