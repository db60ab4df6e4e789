//! Choosing parts from a catalogue by an answer's numbers, and scoring the choice: the game score
//! behind the originals' second `intent_score`, with an order-free composition (the mean of what
//! the parts define) and every component visible. The catalogue is the task's file.

use std::collections::{BTreeMap, BTreeSet};

use gradus_schema::{Scale, nearest};
use serde::Deserialize;

use super::derive::read_comparison_of_percent;
use crate::contract::Contract;

/// Points of the components, of 100.
const VECTOR_POINTS: f64 = 60.0;
const REQUIRED_POINTS: f64 = 18.0;
const OPTIONAL_POINTS: f64 = 7.0;
const FORBIDDEN_POINTS: f64 = 4.0;
const MOST_FORBIDDEN_POINTS: f64 = 10.0;
const COMBINATION_POINTS: f64 = 4.0;
const MOST_COMBINATION_POINTS: f64 = 10.0;

/// A catalogue file. All numbers are percent of the task's scale.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    pub name: String,
    pub version: u32,
    parts: Vec<PartText>,
    /// Tags that a target wants, tolerates gladly, or forbids, by its numbers.
    #[serde(default)]
    required: Vec<WantText>,
    #[serde(default)]
    optional: Vec<WantText>,
    #[serde(default)]
    forbidden: Vec<WantText>,
    /// Parts that go well together, and that do not.
    #[serde(default)]
    synergies: Vec<Vec<String>>,
    #[serde(default)]
    anti_synergies: Vec<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartText {
    id: String,
    slot: String,
    vector: BTreeMap<String, f64>,
    #[serde(default)]
    tags: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WantText {
    when: BTreeMap<String, String>,
    tag: String,
}

/// A catalogue bound to a contract's numbers and scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    file: CatalogueFile,
    names: Vec<String>,
    scale: Scale,
}

/// The components of a composition's score, each as a share of all 100 points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompositionScore {
    pub total: f64,
    pub vector: f64,
    pub tags: f64,
    pub synergy: f64,
    pub anti_synergy: f64,
}

impl Catalogue {
    /// # Errors
    /// YAML that is no catalogue; a part, number or comparison that does not exist.
    pub fn from_yaml(text: &str, contract: &Contract, scale: Scale) -> Result<Self, String> {
        let file: CatalogueFile =
            gradus_schema::read_yaml(text, "catalogue").map_err(|error| error.to_string())?;
        let names: Vec<String> = contract
            .fields()
            .iter()
            .map(|field| field.name.clone())
            .collect();
        let known = |name: &String| match names.contains(name) {
            true => Ok(()),
            false => {
                let hint = nearest::did_you_mean(name, names.iter().map(String::as_str));
                Err(format!("the contract has no number '{name}'{hint}"))
            }
        };
        if file.parts.is_empty() {
            return Err("the catalogue has no parts".to_owned());
        }
        let mut ids = BTreeSet::new();
        for part in &file.parts {
            part.vector
                .keys()
                .try_for_each(known)
                .map_err(|problem| format!("part '{}': {problem}", part.id))?;
            if !ids.insert(&part.id) {
                return Err(format!("two parts are called '{}'", part.id));
            }
            if part.vector.is_empty()
                || !part
                    .vector
                    .values()
                    .all(|value| (0.0..=100.0).contains(value))
            {
                return Err(format!("part '{}' needs numbers from 0 to 100", part.id));
            }
        }
        for id in file.synergies.iter().chain(&file.anti_synergies).flatten() {
            if !ids.contains(id) {
                let hint = nearest::did_you_mean(id, ids.iter().map(|id| id.as_str()));
                return Err(format!("there is no part '{id}'{hint}"));
            }
        }
        for want in file
            .required
            .iter()
            .chain(&file.optional)
            .chain(&file.forbidden)
        {
            want.when.keys().try_for_each(known)?;
            for comparison in want.when.values() {
                read_comparison_of_percent(comparison, 0.0)?;
            }
        }
        Ok(Self { file, names, scale })
    }

    fn percent(&self, numbers: &[f64]) -> BTreeMap<&str, f64> {
        let share = |number: &f64| (number - self.scale.min) / self.scale.width() * 100.0;
        self.names
            .iter()
            .map(String::as_str)
            .zip(numbers.iter().map(share))
            .collect()
    }

    /// The part of each slot that is nearest: by the mean squared distance over what the part
    /// defines; of equally near ones the first by id. In the order of the slots' names.
    pub fn choose(&self, numbers: &[f64]) -> Vec<&str> {
        let wanted = self.percent(numbers);
        let distance = |part: &PartText| {
            let squares = part.vector.iter().map(|(name, value)| {
                let wanted = wanted.get(name.as_str()).copied().unwrap_or_default();
                (wanted - value).powi(2)
            });
            squares.sum::<f64>() / part.vector.len() as f64
        };
        let mut best: BTreeMap<&str, (f64, &str)> = BTreeMap::new();
        for part in &self.file.parts {
            let candidate = (distance(part), part.id.as_str());
            let place = best.entry(&part.slot).or_insert(candidate);
            if candidate
                .0
                .total_cmp(&place.0)
                .then(candidate.1.cmp(place.1))
                .is_lt()
            {
                *place = candidate;
            }
        }
        best.into_values().map(|(_, id)| id).collect()
    }

    /// How well parts meet a target.
    pub fn score(&self, chosen: &[&str], target: &[f64]) -> CompositionScore {
        let parts: Vec<&PartText> = self
            .file
            .parts
            .iter()
            .filter(|part| chosen.contains(&part.id.as_str()))
            .collect();
        let target = self.percent(target);
        let composed = |name: &str| {
            let defined: Vec<f64> = parts
                .iter()
                .filter_map(|part| part.vector.get(name).copied())
                .collect();
            gradus_analysis::stats::mean(&defined).unwrap_or(50.0)
        };
        let squares = target
            .iter()
            .map(|(name, value)| (composed(name) - value).powi(2));
        let furthest = (self.names.len() as f64).sqrt() * 100.0;
        let vector = (VECTOR_POINTS * (1.0 - squares.sum::<f64>().sqrt() / furthest)).max(0.0);

        let there: BTreeSet<&str> = parts
            .iter()
            .flat_map(|part| part.tags.iter().map(String::as_str))
            .collect();
        let hits = |wants: &[WantText]| {
            let wanted: Vec<&WantText> = wants.iter().filter(|want| holds(want, &target)).collect();
            (
                wanted
                    .iter()
                    .filter(|want| there.contains(want.tag.as_str()))
                    .count(),
                wanted.len(),
            )
        };
        let share = |(hits, all): (usize, usize)| {
            if all == 0 {
                1.0
            } else {
                hits as f64 / all as f64
            }
        };
        let (forbidden, _) = hits(&self.file.forbidden);
        let penalty = (FORBIDDEN_POINTS * forbidden as f64).min(MOST_FORBIDDEN_POINTS);
        let tags = REQUIRED_POINTS * share(hits(&self.file.required))
            + OPTIONAL_POINTS * share(hits(&self.file.optional))
            - penalty;
        let tags = tags.clamp(0.0, REQUIRED_POINTS + OPTIONAL_POINTS);

        let complete = |sets: &[Vec<String>]| {
            let all_chosen =
                |set: &&Vec<String>| set.iter().all(|id| chosen.contains(&id.as_str()));
            (COMBINATION_POINTS * sets.iter().filter(all_chosen).count() as f64)
                .min(MOST_COMBINATION_POINTS)
        };
        let (synergy, anti) = (
            complete(&self.file.synergies),
            complete(&self.file.anti_synergies),
        );
        CompositionScore {
            total: (vector + tags + synergy - anti).clamp(0.0, 100.0) / 100.0,
            vector: vector / 100.0,
            tags: tags / 100.0,
            synergy: synergy / 100.0,
            anti_synergy: anti / 100.0,
        }
    }
}

fn holds(want: &WantText, numbers: &BTreeMap<&str, f64>) -> bool {
    want.when.iter().all(|(name, comparison)| {
        let number = numbers.get(name.as_str()).copied().unwrap_or(f64::NAN);
        read_comparison_of_percent(comparison, number).unwrap_or(false)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCALE: Scale = Scale {
        min: 0.0,
        max: 10.0,
    };
    const TEXT: &str = "name: c\nversion: 1\nparts:
  - {id: loud, slot: style, vector: {a: 80, b: 20}, tags: [rock]}
  - {id: soft, slot: style, vector: {a: 20}, tags: [folk, calm]}
  - {id: bell, slot: extra, vector: {b: 60}, tags: [bright]}
required:\n  - {when: {a: '< 40'}, tag: calm}
forbidden:\n  - {when: {a: '< 40'}, tag: bright}
synergies:\n  - [soft, bell]\n";

    fn catalogue(text: &str) -> Result<Catalogue, String> {
        let level = json!({"type": "integer", "minimum": 0, "maximum": 10});
        let schema = json!({"properties": {"a": level, "b": level}, "additionalProperties": false});
        let contract = Contract::from_json(schema.to_string().as_bytes(), SCALE).unwrap();
        Catalogue::from_yaml(text, &contract, SCALE)
    }

    #[test]
    fn the_nearest_parts_are_chosen_and_scored() {
        let catalogue = catalogue(TEXT).unwrap();
        // Slots by name: extra, style.
        assert_eq!(catalogue.choose(&[8.0, 2.0]), ["bell", "loud"]);
        assert_eq!(catalogue.choose(&[2.0, 9.0]), ["bell", "soft"]);
        let score = catalogue.score(&["bell", "soft"], &[2.0, 6.0]);
        // Composed exactly as wanted; calm is there, bright is forbidden; the two go together.
        assert_eq!((score.vector, score.tags, score.synergy), (0.6, 0.21, 0.04));
        assert!((score.total - 0.85).abs() < 1e-12);
        // b is the mean of 20 and 60; a off by 60 of 100: 60·(1 − √(60² + 20²)/√(2·100²)).
        let score = catalogue.score(&["loud", "bell"], &[2.0, 6.0]);
        let expected = 0.6 * (1.0 - (4000.0f64).sqrt() / (20000.0f64).sqrt());
        assert!((score.vector - expected).abs() < 1e-12);
    }

    #[test]
    fn mistakes_are_named() {
        let with = |from: &str, to: &str| catalogue(&TEXT.replace(from, to)).unwrap_err();
        assert!(with("[soft, bell]", "[sofd, bell]").contains("did you mean 'soft'"));
        assert!(with("vector: {b: 60}", "vector: {c: 60}").contains("no number 'c'"));
        assert!(with("'< 40'", "'40'").contains("no comparison"));
        assert!(with("id: loud", "id: soft").contains("two parts"));
        assert!(with("{b: 60}", "{b: 600}").contains("0 to 100"));
    }
}
