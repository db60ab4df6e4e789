//! Label smoothing that knows the order of numbers: where a completion holds a rating, a share of
//! its weight goes to the ratings beside it, because a near miss is a smaller mistake.
//!
//! Only numbers that are one token, beside numbers that are one token too; the bounds of a field
//! are those its values reach in the data.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::Result;
use crate::files::Tokenizer;

/// An integer within a JSON text, and the name of the field that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonInteger<'a> {
    pub field: &'a str,
    pub value: i64,
    pub span: Range<usize>,
}

/// All integers of a JSON text, in order; none if the text is not JSON.
pub fn json_integers(text: &str) -> Vec<JsonInteger<'_>> {
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return Vec::new();
    }
    let bytes = text.as_bytes();
    let mut integers = Vec::new();
    let (mut field, mut last_string, mut at) = ("", "", 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = end_of_string(bytes, at + 1);
                last_string = &text[at + 1..end];
                at = end;
            }
            b':' => field = last_string,
            b'-' | b'0'..=b'9' => {
                let length = bytes[at..]
                    .iter()
                    .take_while(|byte| {
                        matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
                    })
                    .count();
                let span = at..at + length;
                if let Ok(value) = text[span.clone()].parse() {
                    integers.push(JsonInteger { field, value, span });
                }
                at += length - 1;
            }
            _ => {}
        }
        at += 1;
    }
    integers
}

/// The place of the closing quote of a string whose content starts at `at`.
fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// Knows the range of each field and the tokens of its numbers.
pub struct NumberTokens {
    ranges: BTreeMap<String, (i64, i64)>,
    tokens: BTreeMap<String, Option<u32>>,
}

impl NumberTokens {
    /// Learns each field's range from the completions.
    pub fn observe<'a>(completions: impl Iterator<Item = &'a str>) -> Self {
        let mut ranges: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for completion in completions {
            for JsonInteger { field, value, .. } in json_integers(completion) {
                match ranges.get_mut(field) {
                    Some((low, high)) => (*low, *high) = ((*low).min(value), (*high).max(value)),
                    None => {
                        ranges.insert(field.to_owned(), (value, value));
                    }
                }
            }
        }
        Self {
            ranges,
            tokens: BTreeMap::new(),
        }
    }

    /// By place in `tokens`: the tokens of the numbers one below and one above.
    pub fn neighbours(
        &mut self,
        tokenizer: &Tokenizer,
        completion: &str,
        tokens: &[u32],
    ) -> Result<BTreeMap<usize, Vec<u32>>> {
        let places = places(completion, tokens, |token| tokenizer.token_bytes(token));
        let mut found = BTreeMap::new();
        for JsonInteger { field, value, span } in json_integers(completion) {
            let Some((place, start)) = places.get(&span.end).copied() else {
                continue;
            };
            let spaces_before = start <= span.start
                && completion.as_bytes()[start..span.start]
                    .iter()
                    .all(|&byte| byte == b' ');
            if !spaces_before {
                continue;
            }
            let (low, high) = self.ranges.get(field).copied().unwrap_or((value, value));
            let mut beside = Vec::new();
            for neighbour in [value.checked_sub(1), value.checked_add(1)]
                .into_iter()
                .flatten()
            {
                if (low..=high).contains(&neighbour) {
                    let text = format!("{}{neighbour}", &completion[start..span.start]);
                    beside.extend(self.token_of(tokenizer, text)?);
                }
            }
            if !beside.is_empty() {
                found.insert(place, beside);
            }
        }
        Ok(found)
    }

    /// The one token that is `text`, if there is one.
    fn token_of(&mut self, tokenizer: &Tokenizer, text: String) -> Result<Option<u32>> {
        if let Some(&token) = self.tokens.get(&text) {
            return Ok(token);
        }
        let token = match tokenizer.encode(&text, false)?[..] {
            [token] if tokenizer.token_bytes(token).as_deref() == Some(text.as_bytes()) => {
                Some(token)
            }
            _ => None,
        };
        self.tokens.insert(text, token);
        Ok(token)
    }
}

/// By the byte at which a token ends: its place and the byte at which it starts. Empty when the
/// tokens don't spell the text.
fn places(
    text: &str,
    tokens: &[u32],
    bytes_of: impl Fn(u32) -> Option<Vec<u8>>,
) -> BTreeMap<usize, (usize, usize)> {
    let mut places = BTreeMap::new();
    let mut start = 0;
    for (place, &token) in tokens.iter().enumerate() {
        if start == text.len() {
            break;
        }
        let Some(bytes) = bytes_of(token) else {
            return BTreeMap::new();
        };
        let end = start + bytes.len();
        if text.as_bytes().get(start..end) != Some(bytes.as_slice()) {
            return BTreeMap::new();
        }
        places.insert(end, (place, start));
        start = end;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, i64, &str)> {
        json_integers(text)
            .into_iter()
            .map(|integer| (integer.field, integer.value, &text[integer.span]))
            .collect()
    }

    #[test]
    fn integers_are_found_with_their_fields() {
        assert_eq!(
            found(r#"{"energy":7, "a \"1\": 2":"5","nested":{"x":-3},"list":[1,20],"float":1.5}"#),
            [
                ("energy", 7, "7"),
                ("x", -3, "-3"),
                ("list", 1, "1"),
                ("list", 20, "20")
            ]
        );
        assert_eq!(found("the answer is 4"), []);
        assert_eq!(found("4"), [("", 4, "4")]);
    }

    #[test]
    fn ranges_are_those_of_the_data() {
        let numbers = NumberTokens::observe(
            [r#"{"a":3,"b":9}"#, r#"{"a":0,"b":10}"#, "no JSON 99"].into_iter(),
        );
        assert_eq!(numbers.ranges["a"], (0, 3));
        assert_eq!(numbers.ranges["b"], (9, 10));
        assert_eq!(numbers.ranges.len(), 2);
    }

    #[test]
    fn tokens_are_placed_by_their_bytes() {
        let bytes_of = |token: u32| match token {
            0 => None,
            token => Some(vec![token as u8]),
        };
        let tokens: Vec<u32> = b"[7]"
            .iter()
            .map(|&byte| u32::from(byte))
            .chain([0])
            .collect();
        assert_eq!(places("[7]", &tokens, bytes_of)[&2], (1, 1));
        assert!(places("[8]", &tokens, bytes_of).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_scanner_panic(text in ".*", json in "[\\[\\]{}\":,0-9a\\\\ -]{0,24}") {
            json_integers(&text);
            json_integers(&json);
        }
    }
}
