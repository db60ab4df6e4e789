//! Labels written out inside texts: a row of numbers that is exactly a held-out label.

use std::collections::HashMap;

/// Shorter labels occur in any text that has numbers.
pub const FEWEST_NUMBERS: usize = 3;

/// Labels to look for.
pub struct LabelIndex {
    width: usize,
    rows: HashMap<Vec<i64>, Vec<usize>>,
}

impl LabelIndex {
    /// `labels[i]`: the numbers of row `i` in the contract's order; an empty one is left out.
    pub fn new<'a>(labels: impl IntoIterator<Item = (usize, &'a [f64])>) -> Self {
        let mut index = Self {
            width: 0,
            rows: HashMap::new(),
        };
        for (row, label) in labels {
            if label.len() < FEWEST_NUMBERS || index.width != 0 && index.width != label.len() {
                continue;
            }
            index.width = label.len();
            let key = label.iter().map(|&number| thousandths(number)).collect();
            index.rows.entry(key).or_default().push(row);
        }
        index
    }

    /// Rows whose label stands in the text as consecutive numbers, whatever stands between them:
    /// as JSON, as a list, as a sentence. Sorted, each once.
    pub fn found_in(&self, text: &str) -> Vec<usize> {
        if self.width == 0 {
            return Vec::new();
        }
        let numbers = numbers_in(text);
        let mut found: Vec<usize> = numbers
            .windows(self.width)
            .filter_map(|window| self.rows.get(window))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The numbers of a text in thousandths; digits inside words (`mp3`) are none.
fn numbers_in(text: &str) -> Vec<i64> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    text.split(|c: char| !is_word(c))
        .map(|word| word.trim_matches('.'))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .filter_map(|word| word.parse::<f64>().ok())
        .filter(|number| number.is_finite() && number.abs() < 1e12)
        .map(thousandths)
        .collect()
}

fn thousandths(number: f64) -> i64 {
    (number.abs() * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_however_they_are_written() {
        let labels = [vec![6.0, 8.0, 5.0], vec![0.5, 2.0, 3.0]];
        let index = LabelIndex::new(labels.iter().map(Vec::as_slice).enumerate());
        assert_eq!(index.found_in(r#"like {"a": 6, "b": 8, "c": 5}"#), [0]);
        assert_eq!(index.found_in("energy 6, warmth 8 and brightness 5."), [0]);
        assert_eq!(index.found_in("[0.50, 2, 3]; 6 8 5"), [0, 1]);
        assert!(index.found_in("6, 8, 4, 5").is_empty());
        assert!(index.found_in("mp6 8 5").is_empty());
        let single = [vec![7.0]];
        let index = LabelIndex::new(single.iter().map(Vec::as_slice).enumerate());
        assert!(index.found_in("7").is_empty());
    }
}
