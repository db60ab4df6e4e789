//! The words the example is written with: `lexicon.json`, typed.
//!
//! Every list has a sibling that starts with `frozen_`: words that only the held-out split uses,
//! so that a model is measured on phrasing it never saw.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The six qualities in the order of the contract.
pub const QUALITIES: [&str; 6] = [
    "energy",
    "warmth",
    "brightness",
    "acousticness",
    "complexity",
    "nostalgia",
];

#[derive(Debug, Deserialize)]
pub struct Lexicon {
    pub qualities: Vec<Quality>,
    pub degrees: Vec<Degree>,
    /// May stand between a noun and the phrase behind it.
    pub fillers: Vec<String>,
    pub rest: Vec<Rest>,
    pub scenes: Vec<Scene>,
    pub frozen_scenes: Vec<Scene>,
    pub openings: Openings,
    pub scene_clauses: Vec<String>,
    pub frozen_scene_clauses: Vec<String>,
    pub distractors: Vec<String>,
    pub frozen_distractors: Vec<String>,
    pub japanese_endings: Vec<String>,
    pub japanese_frozen_endings: Vec<String>,
    pub slots: Vec<Slot>,
    pub amounts: Vec<Amount>,
}

/// One quality and the words for both of its ends.
#[derive(Debug, Deserialize)]
pub struct Quality {
    pub key: String,
    pub high: Pole,
    pub low: Pole,
    pub japanese_high: Vec<String>,
    pub japanese_low: Vec<String>,
    pub japanese_frozen_high: Vec<String>,
    pub japanese_frozen_low: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub struct Pole {
    pub adjectives: Vec<String>,
    pub nouns: Vec<String>,
    pub frozen_adjectives: Vec<String>,
    pub frozen_nouns: Vec<String>,
}

/// Phrases for one level; `{}` is the quality word. At the low pole the level counts from 10 down.
#[derive(Debug, Deserialize)]
pub struct Degree {
    pub value: u8,
    pub adjective: Vec<String>,
    pub noun: Vec<String>,
    /// Stand behind a noun: "warmth kept low".
    pub behind: Vec<String>,
    pub frozen_behind: Vec<String>,
    pub frozen_adjective: Vec<String>,
    pub frozen_noun: Vec<String>,
    pub japanese: Vec<String>,
    pub japanese_frozen: Vec<String>,
}

/// What the text may say about every quality it does not name.
#[derive(Debug, Deserialize)]
pub struct Rest {
    pub value: u8,
    pub english: Vec<String>,
    pub frozen_english: Vec<String>,
    pub japanese: Vec<String>,
}

/// A place or occasion, and what it implies for qualities that are not named.
#[derive(Debug, Deserialize)]
pub struct Scene {
    pub english: String,
    pub defaults: BTreeMap<String, u8>,
}

#[derive(Debug, Deserialize)]
pub struct Openings {
    pub adjectives_first: Vec<String>,
    pub nouns_first: Vec<String>,
    pub mixed: Vec<String>,
    pub frozen_adjectives_first: Vec<String>,
    pub frozen_nouns_first: Vec<String>,
    pub frozen_mixed: Vec<String>,
}

/// One line of a rule prompt; every part of a slot sets the same qualities.
#[derive(Debug, Deserialize)]
pub struct Slot {
    pub slot: String,
    pub parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
pub struct Part {
    pub name: String,
    pub values: BTreeMap<String, u8>,
}

/// How much of a part: scales its distance from the middle; −1 mirrors it.
#[derive(Debug, Deserialize)]
pub struct Amount {
    pub strength: f64,
    pub weight: usize,
    pub words: Vec<String>,
    pub frozen_words: Vec<String>,
}

impl Lexicon {
    pub fn load() -> Self {
        serde_json::from_str(include_str!("lexicon.json")).expect("lexicon.json is committed valid")
    }

    pub fn quality(&self, key: &str) -> &Quality {
        let found = self.qualities.iter().find(|quality| quality.key == key);
        found.expect("the lexicon has all six qualities")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_quality_is_covered_once() {
        let lexicon = Lexicon::load();
        let keys: Vec<&str> = lexicon
            .qualities
            .iter()
            .map(|quality| quality.key.as_str())
            .collect();
        assert_eq!(keys, QUALITIES);
        let set_by_slots: Vec<&String> = lexicon
            .slots
            .iter()
            .flat_map(|slot| slot.parts[0].values.keys())
            .collect();
        assert_eq!(set_by_slots.len(), 6);
        for slot in &lexicon.slots {
            for part in &slot.parts {
                assert!(
                    part.values.keys().eq(slot.parts[0].values.keys()),
                    "{}",
                    part.name
                );
            }
        }
        assert!(
            lexicon
                .degrees
                .iter()
                .map(|degree| degree.value)
                .eq([0, 2, 5, 7, 9, 10])
        );
    }

    #[test]
    fn words_of_frozen_are_in_no_other_list() {
        let lexicon = Lexicon::load();
        let mut open = BTreeSet::new();
        let mut held_out = Vec::new();
        for quality in &lexicon.qualities {
            for pole in [&quality.high, &quality.low] {
                open.extend(pole.adjectives.iter().chain(&pole.nouns));
                held_out.extend(pole.frozen_adjectives.iter().chain(&pole.frozen_nouns));
            }
        }
        for degree in &lexicon.degrees {
            open.extend(
                degree
                    .adjective
                    .iter()
                    .chain(&degree.noun)
                    .chain(&degree.japanese),
            );
            open.extend(&degree.behind);
            held_out.extend(degree.frozen_adjective.iter().chain(&degree.frozen_noun));
            held_out.extend(&degree.frozen_behind);
        }
        for amount in &lexicon.amounts {
            open.extend(&amount.words);
            held_out.extend(&amount.frozen_words);
        }
        assert!(held_out.iter().all(|word| !open.contains(word)));
    }
}
