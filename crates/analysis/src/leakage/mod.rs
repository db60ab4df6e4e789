//! Leakage: held-out rows that training rows give away.
//!
//! Every held-out row is compared with every other row in six ways; what was copied word for word
//! is not reported again as similar. The cost grows with the number of rows, not of pairs: exact
//! and normalised texts, groups and labels by hash tables, contained texts by fingerprints
//! ([`fingerprint`]), near-duplicates by MinHash over character shingles ([`minhash`]).

pub mod fingerprint;
pub mod label_copy;
mod minhash;
mod shingles;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::parallel::in_parallel;
use crate::text::normalised;
use fingerprint::{Fingerprint, FingerprintIndex};
use label_copy::LabelIndex;
use minhash::NearIndex;
pub use shingles::Boilerplate;

/// One row as the check sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    pub text: String,
    /// What siblings share.
    pub group: Option<String>,
    /// The numbers of the label, in the contract's order.
    pub label: Vec<f64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LeakageOptions {
    /// Jaccard similarity from which texts are near-duplicates, above 0 to 1.
    pub near_threshold: f64,
    pub threads: usize,
    /// What to leave out of every comparison; `None` learns it from the two sets.
    pub boilerplate: Option<Boilerplate>,
}

impl Default for LeakageOptions {
    fn default() -> Self {
        Self {
            near_threshold: 0.8,
            threads: 1,
            boilerplate: None,
        }
    }
}

/// How a held-out row is given away, the plainest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakKind {
    /// The same text, byte for byte.
    Exact,
    /// The same text but for case, width and white space.
    Normalised,
    /// The whole text stands inside a longer one.
    Contained,
    /// Most character shingles are the same.
    NearDuplicate,
    /// The same group.
    Sibling,
    /// The held-out label is written out in the other row's text.
    LabelInText,
}

impl LeakKind {
    pub const ALL: [Self; 6] = [
        Self::Exact,
        Self::Normalised,
        Self::Contained,
        Self::NearDuplicate,
        Self::Sibling,
        Self::LabelInText,
    ];

    /// Whether it is about the text itself; of these a row carries the plainest only.
    fn is_text(self) -> bool {
        self <= Self::NearDuplicate
    }
}

/// One held-out row given away in one way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leak {
    /// Index of the held-out row.
    pub held_out: usize,
    pub kind: LeakKind,
    /// Index of the other row: the most similar one, the first among equals.
    pub other: usize,
    /// How many other rows there are of this kind.
    pub others: usize,
    /// Jaccard similarity for near-duplicates, else 1.
    pub similarity: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeakageReport {
    pub n_held_out: usize,
    pub n_other: usize,
    /// By held-out row, then by kind.
    pub leaks: Vec<Leak>,
    /// Held-out rows too short, or too much of a template, to be compared for similarity.
    pub n_not_comparable: usize,
    /// Pairs left uncompared because too many rows resemble one another; 0 in ordinary data.
    pub n_pairs_skipped: usize,
}

impl LeakageReport {
    /// Held-out rows given away in this way.
    pub fn rows_of(&self, kind: LeakKind) -> usize {
        self.leaks.iter().filter(|leak| leak.kind == kind).count()
    }

    /// Held-out rows given away in any way.
    pub fn rows(&self) -> usize {
        let mut rows: Vec<usize> = self.leaks.iter().map(|leak| leak.held_out).collect();
        rows.dedup();
        rows.len()
    }
}

/// Others that are worked on together; it bounds the comparisons spent on them, so that the
/// result does not depend on the number of threads.
const CHUNK_ROWS: usize = 1024;
const COMPARISONS_A_CHUNK: usize = 2_000_000;

/// Finds which of `held_out` are given away by `others`.
pub fn leakage(
    held_out: &[Document],
    others: &[Document],
    options: &LeakageOptions,
) -> LeakageReport {
    let mut found = Found::default();
    let threads = options.threads.max(1);
    let held_texts = in_parallel(held_out, threads, |row| normalised(&row.text));
    let other_texts = in_parallel(others, threads, |row| normalised(&row.text));
    equal_keys(&mut found, LeakKind::Exact, held_out, others, |row| {
        Some(row.text.as_str()).filter(|text| !text.trim().is_empty())
    });
    equal_keys(
        &mut found,
        LeakKind::Normalised,
        &held_texts,
        &other_texts,
        |text| Some(text.as_str()).filter(|text| !text.is_empty()),
    );
    equal_keys(&mut found, LeakKind::Sibling, held_out, others, |row| {
        row.group.as_deref()
    });

    let learned = options.boilerplate.clone().unwrap_or_else(|| {
        Boilerplate::of_normalised(held_texts.iter().chain(&other_texts).map(String::as_str))
    });
    let own_shingles = |text: &String| learned.own_shingles(text);
    let held_sets = in_parallel(&held_texts, threads, own_shingles);
    let near = NearIndex::new(&held_sets, options.near_threshold);
    let prints = held_texts.iter().enumerate();
    let prints =
        FingerprintIndex::new(prints.filter_map(|(row, text)| Some((row, Fingerprint::of(text)?))));
    let labels = LabelIndex::new(
        held_out
            .iter()
            .enumerate()
            .map(|(row, document)| (row, document.label.as_slice())),
    );

    let mut starts: Vec<usize> = (0..others.len()).step_by(CHUNK_ROWS).collect();
    starts.sort_unstable();
    let chunks = in_parallel(&starts, threads, |&start| {
        let mut found = Found::default();
        let mut budget = COMPARISONS_A_CHUNK;
        for other in start..(start + CHUNK_ROWS).min(others.len()) {
            let text = &other_texts[other];
            for row in prints.found_in(text) {
                found.add(row, LeakKind::Contained, other, 1.0);
            }
            let set = own_shingles(text);
            for near in near.find(&set, &mut budget, &mut found.n_pairs_skipped) {
                found.add(near.number, LeakKind::NearDuplicate, other, near.similarity);
            }
            for row in labels.found_in(text) {
                found.add(row, LeakKind::LabelInText, other, 1.0);
            }
        }
        found
    });
    chunks.into_iter().for_each(|chunk| found.merge(chunk));
    LeakageReport {
        n_held_out: held_out.len(),
        n_other: others.len(),
        n_not_comparable: held_sets.iter().filter(|set| set.is_empty()).count(),
        n_pairs_skipped: found.n_pairs_skipped,
        leaks: found.into_leaks(),
    }
}

/// Near-duplicate pairs within one set of texts, each once, the lower index first.
pub fn near_pairs<T: AsRef<str>>(
    texts: &[T],
    threshold: f64,
    boilerplate: &Boilerplate,
) -> Vec<(usize, usize)> {
    let sets: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| boilerplate.own_shingles(&normalised(text.as_ref())))
        .collect();
    let index = NearIndex::new(&sets, threshold);
    let mut pairs = Vec::new();
    for (row, set) in sets.iter().enumerate() {
        let mut budget = COMPARISONS_A_CHUNK / CHUNK_ROWS;
        for near in index.find(set, &mut budget, &mut 0) {
            if near.number < row {
                pairs.push((near.number, row));
            }
        }
    }
    pairs
}

/// What is known so far, by row and kind.
#[derive(Default)]
struct Found {
    leaks: BTreeMap<(usize, LeakKind), Leak>,
    n_pairs_skipped: usize,
}

impl Found {
    fn add(&mut self, held_out: usize, kind: LeakKind, other: usize, similarity: f64) {
        self.put(Leak {
            held_out,
            kind,
            other,
            others: 1,
            similarity,
        });
    }

    /// Others come in rising order, so the first of equals stays.
    fn put(&mut self, leak: Leak) {
        match self.leaks.get_mut(&(leak.held_out, leak.kind)) {
            None => {
                self.leaks.insert((leak.held_out, leak.kind), leak);
            }
            Some(known) => {
                known.others += leak.others;
                if leak.similarity > known.similarity {
                    (known.other, known.similarity) = (leak.other, leak.similarity);
                }
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.n_pairs_skipped += other.n_pairs_skipped;
        other.leaks.into_values().for_each(|leak| self.put(leak));
    }

    /// Of the kinds about the text, each row keeps the plainest.
    fn into_leaks(self) -> Vec<Leak> {
        let mut kept: Vec<Leak> = Vec::with_capacity(self.leaks.len());
        for leak in self.leaks.into_values() {
            let is_said = leak.kind.is_text()
                && kept
                    .last()
                    .is_some_and(|said| said.held_out == leak.held_out && said.kind.is_text());
            if !is_said {
                kept.push(leak);
            }
        }
        kept
    }
}

fn equal_keys<T>(
    found: &mut Found,
    kind: LeakKind,
    held_out: &[T],
    others: &[T],
    key: impl Fn(&T) -> Option<&str>,
) {
    let mut rows_by_key: HashMap<&str, (usize, usize)> = HashMap::new();
    for (row, other) in others.iter().enumerate() {
        if let Some(key) = key(other) {
            rows_by_key.entry(key).or_insert((row, 0)).1 += 1;
        }
    }
    for (row, document) in held_out.iter().enumerate() {
        if let Some(&(other, others)) = key(document).and_then(|key| rows_by_key.get(key)) {
            found.put(Leak {
                held_out: row,
                kind,
                other,
                others,
                similarity: 1.0,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str, group: &str, label: &[f64]) -> Document {
        Document {
            text: text.to_owned(),
            group: (!group.is_empty()).then(|| group.to_owned()),
            label: label.to_vec(),
        }
    }

    fn kinds(report: &LeakageReport, row: usize) -> Vec<LeakKind> {
        let of_row = report.leaks.iter().filter(|leak| leak.held_out == row);
        of_row.map(|leak| leak.kind).collect()
    }

    #[test]
    fn every_way_of_leaking_is_found() {
        let label = [6.0, 8.0, 5.0];
        let held_out = [
            document("A quiet evening after rain in a small town.", "", &[]),
            document("Music for a market in the morning sun", "", &[]),
            document(
                "Something slow for the long night train home",
                "pair-7",
                &[],
            ),
            document(
                "An accordion waltz in the empty ballroom of a ship",
                "",
                &[],
            ),
            document("Bells", "", &label),
            document(
                "A song that nobody else has ever asked for",
                "pair-9",
                &[1.0, 1.0, 2.0],
            ),
        ];
        let others = [
            document("A quiet evening after rain in a small town.", "", &[]),
            document("music for a  MARKET in the morning sun", "", &[]),
            document("brass and drums", "pair-7", &[]),
            document(
                "Variant: an accordion waltz in the empty ballroom of a ship, slower",
                "",
                &[],
            ),
            document("As in {\"a\": 6, \"b\": 8, \"c\": 5}", "pair-8", &[]),
            document(
                "An accordion waltz in the empty ballrooms of a ship",
                "",
                &[],
            ),
        ];
        let report = leakage(&held_out, &others, &LeakageOptions::default());
        assert_eq!(kinds(&report, 0), [LeakKind::Exact]);
        assert_eq!(kinds(&report, 1), [LeakKind::Normalised]);
        assert_eq!(kinds(&report, 2), [LeakKind::Sibling]);
        assert_eq!(kinds(&report, 3), [LeakKind::Contained]);
        assert_eq!(kinds(&report, 4), [LeakKind::LabelInText]);
        assert!(kinds(&report, 5).is_empty());
        assert_eq!(
            (report.rows(), report.n_held_out, report.n_other),
            (5, 6, 6)
        );
        let near = leakage(&held_out[3..4], &others[5..], &LeakageOptions::default());
        assert_eq!(kinds(&near, 0), [LeakKind::NearDuplicate]);
        assert!(near.leaks[0].similarity > 0.8, "{:?}", near.leaks);
    }

    #[test]
    fn threads_change_nothing() {
        let rows: Vec<Document> = (0..3000)
            .map(|i| {
                let text = format!(
                    "request {} about the harbour {} and its {}",
                    i % 700,
                    i % 41,
                    i % 13
                );
                document(&text, &format!("g{}", i % 900), &[1.0, (i % 9) as f64, 3.0])
            })
            .collect();
        let (held_out, others) = rows.split_at(600);
        let with = |threads| {
            let options = LeakageOptions {
                threads,
                ..LeakageOptions::default()
            };
            leakage(held_out, others, &options)
        };
        let one = with(1);
        assert!(one.rows() > 100);
        assert_eq!(one, with(3));
        assert!(
            leakage(&[], others, &LeakageOptions::default())
                .leaks
                .is_empty()
        );
        assert!(
            leakage(held_out, &[], &LeakageOptions::default())
                .leaks
                .is_empty()
        );
    }

    #[test]
    fn near_pairs_are_those_of_the_texts() {
        let texts = [
            "an accordion waltz in the empty ballroom of a ship",
            "brass and drums on a sunday in the park",
            "an accordion waltz in the empty ballrooms of a ship",
        ];
        assert_eq!(near_pairs(&texts, 0.8, &Boilerplate::of(&texts)), [(0, 2)]);
    }
}
