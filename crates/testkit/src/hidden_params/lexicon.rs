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
    /// How a noun and an amount's word are put together.
    pub forms: Vec<String>,
    pub frozen_forms: Vec<String>,
    pub openings: Vec<String>,
    pub frozen_openings: Vec<String>,
    pub rest: Vec<Rest>,
    pub scenes: Vec<String>,
    pub frozen_scenes: Vec<String>,
    pub scene_clauses: Vec<String>,
    pub frozen_scene_clauses: Vec<String>,
    pub japanese_endings: Vec<String>,
    pub japanese_frozen_endings: Vec<String>,
    pub slots: Vec<Slot>,
}

/// One quality and the words for it.
#[derive(Debug, Deserialize)]
pub struct Quality {
    pub key: String,
    pub nouns: Vec<String>,
    pub frozen_nouns: Vec<String>,
    pub japanese: Vec<String>,
    pub japanese_frozen: Vec<String>,
}

/// One level: its word, and phrases around a noun (`{}`) that mean the same.
#[derive(Debug, Deserialize)]
pub struct Degree {
    pub value: u8,
    pub word: String,
    pub phrases: Vec<String>,
    pub frozen_phrases: Vec<String>,
    pub japanese: String,
}

/// What the text may say about every quality it does not name.
#[derive(Debug, Deserialize)]
pub struct Rest {
    pub value: u8,
    pub english: Vec<String>,
    pub frozen_english: Vec<String>,
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
        assert!(lexicon.degrees.iter().map(|degree| degree.value).eq(0..=10));
    }

    #[test]
    fn words_of_frozen_are_in_no_other_list() {
        let lexicon = Lexicon::load();
        let mut open = BTreeSet::new();
        let mut held_out = Vec::new();
        for quality in &lexicon.qualities {
            open.extend(quality.nouns.iter().chain(&quality.japanese));
            held_out.extend(quality.frozen_nouns.iter().chain(&quality.japanese_frozen));
        }
        for degree in &lexicon.degrees {
            open.extend(&degree.phrases);
            held_out.extend(&degree.frozen_phrases);
        }
        open.extend(
            lexicon
                .forms
                .iter()
                .chain(&lexicon.openings)
                .chain(&lexicon.scenes),
        );
        let frozen = lexicon.frozen_forms.iter().chain(&lexicon.frozen_openings);
        held_out.extend(frozen.chain(&lexicon.frozen_scenes));
        assert!(held_out.iter().all(|word| !open.contains(word)));
    }
}
