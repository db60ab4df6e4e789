//! Filters on raw pairs: each row is kept or dropped for one reason, and both are accounted for.
//!
//! The order is fixed: length, language, label leak, conflicting labels, duplicates. A row counts
//! for the first reason that applies.

use std::collections::{BTreeMap, HashMap};

use gradus_schema::data_file::{ConflictPolicy, DuplicatePolicy, FilterSettings, Script};
use serde::{Deserialize, Serialize};

use crate::text::normalised;

/// A row as filters see it.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterRow {
    pub text: String,
    /// The label, written so that equal labels are equal texts.
    pub label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    Length,
    Language,
    LabelLeak,
    ConflictingLabel,
    Duplicate,
    /// The row is, or is a sibling of, a frozen one.
    Frozen,
}

impl DropReason {
    pub const ALL: [Self; 6] = [
        Self::Length,
        Self::Language,
        Self::LabelLeak,
        Self::ConflictingLabel,
        Self::Duplicate,
        Self::Frozen,
    ];
}

#[derive(Debug, Clone, PartialEq)]
pub struct Dropped {
    /// Index of the row.
    pub row: usize,
    pub reason: DropReason,
    /// What was found, for people.
    pub detail: String,
}

/// One text with several labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Rows with this text, in order.
    pub rows: Vec<usize>,
    pub labels: usize,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filtered {
    /// Indices, in order.
    pub kept: Vec<usize>,
    /// By row; `kept` and these are all rows.
    pub dropped: Vec<Dropped>,
    /// Among all rows, by first row.
    pub conflicts: Vec<Conflict>,
}

/// Carries out the filters. `leak_words`: whole words that give the label away, any case.
/// With [`ConflictPolicy::Error`] conflicts are listed and left in; refusing is the caller's.
pub fn filter_rows(
    rows: &[FilterRow],
    settings: &FilterSettings,
    leak_words: &[String],
) -> Filtered {
    let texts: Vec<String> = rows.iter().map(|row| normalised(&row.text)).collect();
    let conflicts = conflicting_labels(&texts, rows);
    let mut in_conflict = vec![false; rows.len()];
    let conflicting = conflicts.iter().flat_map(|conflict| &conflict.rows);
    conflicting.for_each(|&row| in_conflict[row] = true);
    let leak_words: Vec<String> = leak_words.iter().map(|word| normalised(word)).collect();

    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut filtered = Filtered::default();
    for (row, text) in texts.iter().enumerate() {
        let found = of_text(&rows[row].text, text, settings, &leak_words).or_else(|| {
            if settings.conflicts == ConflictPolicy::Drop && in_conflict[row] {
                let detail = "the same text has several labels".to_owned();
                return Some((DropReason::ConflictingLabel, detail));
            }
            if settings.duplicates == DuplicatePolicy::KeepAll {
                return None;
            }
            let first = *seen.entry(text).or_insert(row);
            (first != row).then(|| (DropReason::Duplicate, first.to_string()))
        });
        match found {
            None => filtered.kept.push(row),
            Some((reason, detail)) => filtered.dropped.push(Dropped {
                row,
                reason,
                detail,
            }),
        }
    }
    filtered.conflicts = conflicts;
    filtered
}

/// Texts that occur with more than one label, by first row.
pub fn conflicting_labels<T: AsRef<str>>(texts: &[T], rows: &[FilterRow]) -> Vec<Conflict> {
    let mut by_text: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, text) in texts.iter().enumerate() {
        by_text.entry(text.as_ref()).or_default().push(row);
    }
    let mut conflicts: Vec<Conflict> = by_text
        .into_values()
        .filter_map(|members| {
            let mut labels: Vec<&str> = members
                .iter()
                .map(|&row| rows[row].label.as_str())
                .collect();
            labels.sort_unstable();
            labels.dedup();
            (labels.len() > 1).then_some(Conflict {
                rows: members,
                labels: labels.len(),
            })
        })
        .collect();
    conflicts.sort_by_key(|conflict| conflict.rows[0]);
    conflicts
}

fn of_text(
    raw: &str,
    text: &str,
    settings: &FilterSettings,
    leak_words: &[String],
) -> Option<(DropReason, String)> {
    if let Some(range) = settings.length {
        let chars = raw.trim().chars().count();
        if !(range.min..=range.max).contains(&chars) {
            return Some((DropReason::Length, format!("{chars} characters")));
        }
    }
    if let Some(scripts) = &settings.language
        && let Some(detail) = language_complaint(text, scripts)
    {
        return Some((DropReason::Language, detail));
    }
    let leak = settings.label_leak.as_ref()?;
    if let Some(word) = words_of(text).find(|word| leak_words.iter().any(|leak| leak == word)) {
        return Some((DropReason::LabelLeak, format!("the word '{word}'")));
    }
    if leak.numbers
        && let Some(number) = short_number(text)
    {
        return Some((DropReason::LabelLeak, format!("the number {number}")));
    }
    None
}

/// Why the letters are not those wanted: there are none, or most are of other scripts.
fn language_complaint(text: &str, scripts: &[Script]) -> Option<String> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters == 0 {
        return Some("no letters".to_owned());
    }
    if scripts.is_empty() {
        return None;
    }
    let fitting = text.chars().filter(|c| c.is_alphabetic());
    let fitting = fitting.filter(|&c| scripts.iter().any(|&script| is_of(c, script)));
    let fitting = fitting.count();
    (fitting * 2 < letters).then(|| format!("{fitting} of {letters} letters are of these scripts"))
}

/// Blocks of Unicode 15. Chinese characters count for Japanese too; kana only for Japanese.
fn is_of(c: char, script: Script) -> bool {
    let is_han = matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3134F}' | '々');
    match script {
        Script::Latin => {
            matches!(c, 'a'..='z' | 'A'..='Z' | 'ª' | 'º' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
        }
        Script::Japanese => {
            is_han || matches!(c, '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}')
        }
        Script::Chinese => is_han,
        Script::Korean => {
            matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7AF}')
        }
        Script::Cyrillic => matches!(c, '\u{400}'..='\u{52F}'),
        Script::Greek => matches!(c, '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}'),
        Script::Arabic => matches!(c, '\u{600}'..='\u{6FF}' | '\u{750}'..='\u{77F}'),
        Script::Hebrew => matches!(c, '\u{590}'..='\u{5FF}'),
        Script::Thai => matches!(c, '\u{E00}'..='\u{E7F}'),
        Script::Devanagari => matches!(c, '\u{900}'..='\u{97F}'),
    }
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
}

/// The first run of one to three digits.
fn short_number(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit())
        .find(|digits| (1..=3).contains(&digits.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_schema::data_file::{LabelLeak, LengthRange};

    fn rows(pairs: &[(&str, &str)]) -> Vec<FilterRow> {
        let row = |(text, label): &(&str, &str)| FilterRow {
            text: text.to_string(),
            label: label.to_string(),
        };
        pairs.iter().map(row).collect()
    }

    fn strict() -> FilterSettings {
        FilterSettings {
            length: Some(LengthRange { min: 4, max: 40 }),
            language: Some(vec![Script::Latin, Script::Japanese]),
            label_leak: Some(LabelLeak {
                numbers: true,
                ..LabelLeak::default()
            }),
            ..FilterSettings::default()
        }
    }

    #[test]
    fn every_row_is_kept_or_dropped_for_its_first_reason() {
        let rows = rows(&[
            ("warm rain at night", "1"),
            ("abc", "1"),
            ("тихий вечер", "1"),
            ("12 34 !!", "1"),
            ("more Energy please", "1"),
            ("an energetic tune", "1"),
            ("a tune of the 80s", "1"),
            ("the year 1984", "1"),
            ("Warm  Rain at night", "2"),
            ("夜の雨の音楽", "1"),
        ]);
        let filtered = filter_rows(&rows, &strict(), &["energy".to_owned()]);
        let reasons: Vec<_> = filtered.dropped.iter().map(|d| (d.row, d.reason)).collect();
        assert_eq!(filtered.kept, [0, 5, 7, 9]);
        let expected = [
            (1, DropReason::Length),
            (2, DropReason::Language),
            (3, DropReason::Language),
            (4, DropReason::LabelLeak),
            (6, DropReason::LabelLeak),
            (8, DropReason::Duplicate),
        ];
        assert_eq!(reasons, expected);
        assert_eq!(filtered.conflicts.len(), 1);
        assert_eq!(filtered.conflicts[0].rows, [0, 8]);
    }

    #[test]
    fn conflicts_can_be_dropped_and_duplicates_kept() {
        let rows = rows(&[("a b", "1"), ("a b", "2"), ("c d", "1"), ("c d", "1")]);
        let mut settings = FilterSettings {
            conflicts: ConflictPolicy::Drop,
            ..FilterSettings::default()
        };
        assert_eq!(filter_rows(&rows, &settings, &[]).kept, [2]);
        settings.duplicates = DuplicatePolicy::KeepAll;
        assert_eq!(filter_rows(&rows, &settings, &[]).kept, [2, 3]);
        settings.conflicts = ConflictPolicy::Report;
        assert_eq!(filter_rows(&rows, &settings, &[]).kept, [0, 1, 2, 3]);
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost(texts in proptest::collection::vec("\\PC{0,12}", 0..30)) {
            let rows: Vec<FilterRow> = texts
                .iter()
                .map(|text| FilterRow { text: text.clone(), label: text.len().to_string() })
                .collect();
            let filtered = filter_rows(&rows, &strict(), &["a".to_owned()]);
            let mut all: Vec<usize> = filtered.dropped.iter().map(|d| d.row).collect();
            all.extend(&filtered.kept);
            all.sort_unstable();
            proptest::prop_assert_eq!(all, (0..rows.len()).collect::<Vec<_>>());
        }
    }
}
