//! Tables that derive names from an answer's numbers: the first entry whose conditions all hold
//! gives the name. Two answers agree on a name when both derive the same one.

use std::collections::BTreeMap;

use gradus_schema::{Scale, nearest};
use serde::Deserialize;

use crate::contract::Contract;

/// The tables that come with the program, by name.
const BUNDLED: [(&str, &str); 1] = [("rule_v1", include_str!("rule_v1.yaml"))];

/// A table file: groups of derived names.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DerivationTable {
    pub name: String,
    pub version: u32,
    thresholds: Thresholds,
    groups: BTreeMap<String, BTreeMap<String, Vec<EntryText>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Thresholds {
    /// Percent of the task's scale, from its lower end.
    Percent,
    /// Units of the scale.
    Units,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryText {
    /// Number → comparison, such as `> 60`.
    #[serde(default)]
    when: BTreeMap<String, String>,
    value: String,
}

/// One group of a table, bound to a contract's numbers and scale.
#[derive(Debug, Clone, PartialEq)]
pub struct Derivations {
    components: Vec<(String, Vec<Entry>)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    conditions: Vec<Condition>,
    value: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Condition {
    column: usize,
    comparison: Comparison,
    threshold: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Above,
    AtLeast,
    Below,
    AtMost,
}

impl DerivationTable {
    /// The text of a bundled table.
    pub fn bundled(name: &str) -> Option<&'static str> {
        BUNDLED
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, text)| *text)
    }

    /// # Errors
    /// YAML that is no table; the text names the line.
    pub fn from_yaml(text: &str) -> Result<Self, String> {
        gradus_schema::read_yaml(text, "rule table").map_err(|error| error.to_string())
    }

    /// Binds one of the groups to a task. `group`: may be left out when the table has only one.
    ///
    /// # Errors
    /// A group, number or comparison that does not exist; a list of entries without an end that
    /// always holds.
    pub fn bind(
        &self,
        group: &str,
        contract: &Contract,
        scale: Scale,
    ) -> Result<Derivations, String> {
        let components = self.groups.get(group).ok_or_else(|| {
            let known = self.groups.keys().map(String::as_str);
            let hint = nearest::did_you_mean(group, known);
            let names: Vec<&str> = self.groups.keys().map(String::as_str).collect();
            format!(
                "table '{}' has no group '{group}'{hint} (its groups: {})",
                self.name,
                names.join(", ")
            )
        })?;
        let mut bound = Vec::with_capacity(components.len());
        for (component, texts) in components {
            let place = format!("table '{}', {group}.{component}", self.name);
            let entries = texts
                .iter()
                .map(|text| self.bind_entry(text, contract, scale))
                .collect::<Result<Vec<Entry>, String>>()
                .map_err(|problem| format!("{place}: {problem}"))?;
            if entries
                .last()
                .is_none_or(|last| !last.conditions.is_empty())
            {
                return Err(format!(
                    "{place}: the last entry must be `{{value: …}}` without `when`"
                ));
            }
            bound.push((component.clone(), entries));
        }
        Ok(Derivations { components: bound })
    }

    fn bind_entry(
        &self,
        text: &EntryText,
        contract: &Contract,
        scale: Scale,
    ) -> Result<Entry, String> {
        let mut conditions = Vec::with_capacity(text.when.len());
        for (name, comparison) in &text.when {
            let fields = contract.fields();
            let column = fields
                .iter()
                .position(|field| field.name == *name)
                .ok_or_else(|| {
                    let known = fields.iter().map(|field| field.name.as_str());
                    format!(
                        "the contract has no number '{name}'{}",
                        nearest::did_you_mean(name, known)
                    )
                })?;
            let (comparison, number) = read_comparison(comparison)?;
            let threshold = match self.thresholds {
                Thresholds::Percent => scale.min + scale.width() * number / 100.0,
                Thresholds::Units => number,
            };
            conditions.push(Condition {
                column,
                comparison,
                threshold,
            });
        }
        Ok(Entry {
            conditions,
            value: text.value.clone(),
        })
    }
}

fn read_comparison(text: &str) -> Result<(Comparison, f64), String> {
    let text = text.trim();
    let kinds = [
        (">=", Comparison::AtLeast),
        ("<=", Comparison::AtMost),
        (">", Comparison::Above),
        ("<", Comparison::Below),
    ];
    kinds
        .into_iter()
        .find_map(|(sign, comparison)| {
            let number: f64 = text.strip_prefix(sign)?.trim().parse().ok()?;
            number.is_finite().then_some((comparison, number))
        })
        .ok_or_else(|| format!("'{text}' is no comparison; write for example \"> 60\""))
}

/// Whether a comparison such as `> 60` holds for a number.
pub(super) fn read_comparison_of_percent(text: &str, number: f64) -> Result<bool, String> {
    let (comparison, threshold) = read_comparison(text)?;
    Ok(comparison.holds(number, threshold))
}

impl Comparison {
    fn holds(self, number: f64, threshold: f64) -> bool {
        match self {
            Self::Above => number > threshold,
            Self::AtLeast => number >= threshold,
            Self::Below => number < threshold,
            Self::AtMost => number <= threshold,
        }
    }
}

impl Derivations {
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.components.iter().map(|(name, _)| name.as_str())
    }

    /// The derived names, in the order of [`Self::components`].
    pub fn derive(&self, numbers: &[f64]) -> Vec<&str> {
        let holds = |condition: &Condition| {
            let number = numbers.get(condition.column).copied().unwrap_or(f64::NAN);
            condition.comparison.holds(number, condition.threshold)
        };
        let first = |entries: &'_ Vec<Entry>| {
            entries
                .iter()
                .position(|entry| entry.conditions.iter().all(holds))
        };
        self.components
            .iter()
            .map(|(_, entries)| first(entries).map_or("", |at| entries[at].value.as_str()))
            .collect()
    }

    /// Whether each derived name is the same for both.
    pub fn agreements(&self, numbers: &[f64], target: &[f64]) -> Vec<bool> {
        let (ours, theirs) = (self.derive(numbers), self.derive(target));
        ours.iter().zip(theirs).map(|(a, b)| *a == b).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCALE: Scale = Scale {
        min: 0.0,
        max: 10.0,
    };
    const KEYS: [&str; 6] = [
        "energy",
        "warmth",
        "brightness",
        "acousticness",
        "complexity",
        "nostalgia",
    ];

    fn contract() -> Contract {
        let level = json!({"type": "integer", "minimum": 0, "maximum": 10});
        let properties: serde_json::Map<_, _> = KEYS
            .iter()
            .map(|key| ((*key).to_owned(), level.clone()))
            .collect();
        let schema = json!({"properties": properties, "additionalProperties": false});
        Contract::from_json(schema.to_string().as_bytes(), SCALE).unwrap()
    }

    fn bundled() -> DerivationTable {
        DerivationTable::from_yaml(DerivationTable::bundled("rule_v1").unwrap()).unwrap()
    }

    #[test]
    fn the_bundled_table_derives_tags_and_parts() {
        let slots = bundled().bind("slots", &contract(), SCALE).unwrap();
        // Components in alphabetical order: gimmick, instrument, mood, style.
        assert_eq!(
            slots.derive(&[7.0, 7.0, 6.0, 7.0, 5.0, 7.0]),
            [
                "gimmick_filter_rise",
                "inst_soft_strings",
                "mood_sun_glow",
                "style_80s_citypop"
            ]
        );
        let tags = bundled().bind("constraints", &contract(), SCALE).unwrap();
        // `> 6.5` needs 7 and `< 2.2` means 2 or less.
        assert_eq!(
            tags.derive(&[6.0, 0.0, 2.0, 0.0, 0.0, 6.0]),
            ["style_2000s_pop", "beat_mute", "hiphop_90s"]
        );
        assert_eq!(
            tags.agreements(
                &[6.0, 0.0, 3.0, 0.0, 0.0, 6.0],
                &[7.0, 0.0, 3.0, 0.0, 0.0, 7.0]
            ),
            [true, false, false]
        );
    }

    #[test]
    fn mistakes_in_a_table_are_named() {
        let table = bundled();
        assert!(
            table
                .bind("slot", &contract(), SCALE)
                .unwrap_err()
                .contains("did you mean 'slots'")
        );
        let with = |from: &str, to: &str| {
            let text = DerivationTable::bundled("rule_v1")
                .unwrap()
                .replace(from, to);
            DerivationTable::from_yaml(&text)
                .and_then(|table| table.bind("constraints", &contract(), SCALE))
                .unwrap_err()
        };
        assert!(
            with("nostalgia: \"> 60\"", "nostalgi: \"> 60\"").contains("did you mean 'nostalgia'")
        );
        assert!(with("\"< 22\"", "\"22\"").contains("no comparison"));
        assert!(with("      - {value: hiphop_90s}\n", "").contains("without `when`"));
        assert!(with("thresholds: percent", "thresholds: per cent").contains("unknown variant"));
    }
}
