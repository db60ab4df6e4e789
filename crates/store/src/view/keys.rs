//! What keys the lines of a stream have.

use std::collections::BTreeMap;

use super::RunView;
use crate::Result;
use crate::json::{self, Value};

/// What is known of a key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyInfo {
    /// Rows in which its value is a number.
    pub numbers: u64,
    /// Rows in which it is anything else.
    pub others: u64,
    /// In the row sent last; in shared mode, by the writer that comes last by name.
    pub last: Value,
}

impl RunView {
    /// All keys of the top level of a stream's lines.
    pub fn keys(&self, stream: &str) -> Result<BTreeMap<String, KeyInfo>> {
        let mut keys: BTreeMap<String, KeyInfo> = BTreeMap::new();
        let mut count = |name: &str, value: Value, times: u64| {
            let (numbers, others) = match value.as_f64() {
                Some(_) => (times, 0),
                None => (0, times),
            };
            match keys.get_mut(name) {
                Some(known) => {
                    known.numbers += numbers;
                    known.others += others;
                    known.last = value;
                }
                None => {
                    let last = value;
                    keys.insert(
                        name.to_owned(),
                        KeyInfo {
                            numbers,
                            others,
                            last,
                        },
                    );
                }
            }
        };
        for (_, state) in self.of(stream) {
            for part in &state.sealed {
                let segment = self.cache.open(&part.file)?;
                // Columns in the order of their last rows, so that the last value is the last.
                let mut found = Vec::new();
                for column in &segment.footer.columns {
                    if column.kind == crate::segment::Kind::Line {
                        continue;
                    }
                    found.extend(
                        segment
                            .last_value(column, part.visible_rows)?
                            .map(|(row, value, times)| (row, column.name.as_str(), value, times)),
                    );
                }
                found.sort_by_key(|(row, ..)| *row);
                for (_, name, value, times) in found {
                    count(name, value, times);
                }
            }
            for chunk in &state.tail {
                for line in chunk.lines().iter() {
                    // A line that is no JSON has no keys.
                    let mut members = Vec::new();
                    let parsed = json::members(line, |key, token| members.push((key, token)));
                    if parsed.is_ok() {
                        for (key, token) in members {
                            count(&json::key_name(key), Value::from_token(token), 1);
                        }
                    }
                }
            }
        }
        Ok(keys)
    }
}
