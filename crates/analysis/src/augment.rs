//! Extra training rows from an [`AugmentationSpec`]: repeated neighbours of failures, and records
//! recombined out of parts whose values the data themselves pin down. Nothing is invented: every
//! label of a new row was seen with the same part in training rows that never disagreed.

use std::collections::{BTreeMap, BTreeSet};

use gradus_schema::augmentation::AugmentationSpec;
use gradus_schema::{Split, nearest};
use serde_json::{Map, Value, json};

use crate::draws::Draws;
use crate::error::{Error, Result};
use crate::plan::conditions::record_lines;

/// A row of a dataset file.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRow {
    pub id: String,
    pub split: Split,
    pub strata: BTreeMap<String, String>,
    pub fields: Map<String, Value>,
}

impl SourceRow {
    /// The request at a field, when it is text.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }
}

/// What was built, and what was not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Augmented {
    /// Whole rows, `id` and `augmentation` set; to be put behind the training rows.
    pub rows: Vec<Map<String, Value>>,
    pub n_repeated: usize,
    pub n_recombined: usize,
    /// Reason → candidates that were dropped for it.
    pub dropped: BTreeMap<String, usize>,
}

/// Builds the rows of a spec. `forbidden` holds texts that must not come out (those of `dev` and
/// `frozen`, as [`normalised`] gives them); the texts of `train` are avoided by themselves.
///
/// # Errors
/// A source row that is not `train`, an id that is not there, numbers out of range.
pub fn augment(
    spec: &AugmentationSpec,
    train: &[SourceRow],
    forbidden: &BTreeSet<String>,
) -> Result<Augmented> {
    check(spec, train)?;
    let by_id: BTreeMap<&str, &SourceRow> =
        train.iter().map(|row| (row.id.as_str(), row)).collect();
    let limit = (spec.max_share * train.len() as f64).floor() as usize;
    let mut built = Augmented::default();
    repeat(spec, &by_id, limit, &mut built)?;
    recombine(spec, train, &by_id, forbidden, limit, &mut built)?;
    Ok(built)
}

/// A text as it is compared with others: lower case, single spaces.
pub fn normalised(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

fn check(spec: &AugmentationSpec, train: &[SourceRow]) -> Result<()> {
    if let Some(row) = train.iter().find(|row| row.split != Split::Train) {
        return Err(match row.split {
            Split::Frozen => Error::FrozenRow(row.id.clone()),
            _ => Error::BadSpec {
                field: "source",
                found: format!("the row '{}' of {}", row.id, row.split),
                expected: "rows are added out of train only; dev has to stay as it is to choose by",
            },
        });
    }
    if !(spec.max_share > 0.0 && spec.max_share <= 1.0) {
        return Err(Error::BadSpec {
            field: "max_share",
            found: spec.max_share.to_string(),
            expected: "it must be above 0 and at most 1",
        });
    }
    if spec
        .recombine
        .as_ref()
        .is_some_and(|it| it.min_support == 0)
    {
        return Err(Error::BadSpec {
            field: "min_support",
            found: "0".into(),
            expected: "it must be 1 or more",
        });
    }
    Ok(())
}

fn repeat(
    spec: &AugmentationSpec,
    by_id: &BTreeMap<&str, &SourceRow>,
    limit: usize,
    built: &mut Augmented,
) -> Result<()> {
    for wanted in &spec.repeat {
        let source = find(&wanted.row, by_id)?;
        for copy in 1..=wanted.copies {
            if built.rows.len() >= limit {
                *built.dropped.entry("over max_share".into()).or_default() += 1;
                continue;
            }
            let provenance = json!({
                "operation": "repeat",
                "from": [wanted.row],
                "because_of": wanted.because_of,
            });
            let id = format!("{}~repeat{copy}", wanted.row);
            built
                .rows
                .push(stamped(source.fields.clone(), id, provenance));
            built.n_repeated += 1;
        }
    }
    Ok(())
}

fn recombine(
    spec: &AugmentationSpec,
    train: &[SourceRow],
    by_id: &BTreeMap<&str, &SourceRow>,
    forbidden: &BTreeSet<String>,
    limit: usize,
    built: &mut Augmented,
) -> Result<()> {
    let Some(wanted) = &spec.recombine else {
        return Ok(());
    };
    let seeds: Vec<&SourceRow> = wanted
        .seeds
        .iter()
        .map(|id| find(id, by_id))
        .collect::<Result<_>>()?;
    let Some(known) =
        Determination::learn(train, &spec.text_field, &spec.target, wanted.min_support)
    else {
        *built
            .dropped
            .entry("no record whose parts determine the target".into())
            .or_default() += wanted.rows;
        return Ok(());
    };
    let mut taken: BTreeSet<String> = train
        .iter()
        .filter_map(|row| row.text(&spec.text_field).map(normalised))
        .collect();
    taken.extend(forbidden.iter().cloned());
    let mut draws = Draws::new(spec.seed);
    let mut made = 0;
    // Enough tries to find what there is, and an end where there is nothing.
    for attempt in 0..wanted.rows.saturating_mul(20) {
        if made == wanted.rows || built.rows.len() >= limit || seeds.is_empty() {
            break;
        }
        let seed = seeds[attempt % seeds.len()];
        let outcome = known.exchange(seed, spec, &mut draws);
        let (text, target, part) = match outcome {
            Ok(it) => it,
            Err(reason) => {
                *built.dropped.entry(reason.into()).or_default() += 1;
                continue;
            }
        };
        if !taken.insert(normalised(&text)) {
            let reason = "the text exists already";
            *built.dropped.entry(reason.into()).or_default() += 1;
            continue;
        }
        made += 1;
        let provenance = json!({"operation": "recombine", "from": [seed.id], "part": part});
        let mut fields = seed.fields.clone();
        fields.insert(spec.text_field.clone(), Value::String(text));
        set_at(&mut fields, &spec.target, target);
        let id = format!("{}~recombined{made}", seed.id);
        built.rows.push(stamped(fields, id, provenance));
        built.n_recombined += 1;
    }
    Ok(())
}

fn find<'a>(id: &str, by_id: &BTreeMap<&str, &'a SourceRow>) -> Result<&'a SourceRow> {
    by_id.get(id).copied().ok_or_else(|| Error::NoSuchRow {
        row: id.to_owned(),
        hint: nearest::did_you_mean(id, by_id.keys().copied()),
    })
}

fn stamped(mut fields: Map<String, Value>, id: String, provenance: Value) -> Map<String, Value> {
    fields.insert("id".into(), Value::String(id));
    fields.insert("augmentation".into(), provenance);
    fields
}

/// Which part of a record determines which field of the target, as far as the data show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Determination {
    keys: Vec<String>,
    /// Field of the target → the key whose part determines it.
    by_field: BTreeMap<String, String>,
    /// Key → part → field → value; only parts that were seen often enough.
    values: BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>,
}

impl Determination {
    /// `None` when the requests are no records of the same keys, the target is no object, or some
    /// field is not determined by any one part.
    pub fn learn(
        train: &[SourceRow],
        text_field: &str,
        target: &str,
        min_support: usize,
    ) -> Option<Self> {
        let records = records_of(train, text_field, target);
        let keys = common_keys(&records)?;
        let records: Vec<&Record<'_>> = records.iter().filter(|it| it.has_keys(&keys)).collect();
        let fields: Vec<&String> = records.first()?.target.keys().collect();
        let mut by_field = BTreeMap::new();
        for field in fields {
            let key = keys
                .iter()
                .find(|key| determines(&records, key, field, min_support))?;
            by_field.insert(field.clone(), key.clone());
        }
        let mut values = BTreeMap::new();
        for key in &keys {
            let determined: Vec<&String> = by_field
                .iter()
                .filter(|(_, by)| *by == key)
                .map(|(field, _)| field)
                .collect();
            values.insert(
                key.clone(),
                parts_of(&records, key, &determined, min_support),
            );
        }
        Some(Self {
            keys,
            by_field,
            values,
        })
    }

    /// A new record: one part of the seed exchanged for another known one, preferably a part that
    /// does not determine what the spec is about, so that the hard part meets new company.
    fn exchange(
        &self,
        seed: &SourceRow,
        spec: &AugmentationSpec,
        draws: &mut Draws,
    ) -> Result<(String, Value, String), &'static str> {
        let text = seed.text(&spec.text_field).unwrap_or_default();
        let mut parts: BTreeMap<&str, &str> = match record_lines(text) {
            Some(lines) => lines.into_iter().collect(),
            None => return Err("the seed is no record"),
        };
        let hard: BTreeSet<&String> = spec
            .focus
            .iter()
            .filter_map(|field| self.by_field.get(field))
            .collect();
        let easy: Vec<&String> = self.keys.iter().filter(|key| !hard.contains(key)).collect();
        let choices = if easy.is_empty() {
            self.keys.iter().collect()
        } else {
            easy
        };
        let key = *draws.pick(&choices);
        let known: Vec<&String> = self.values[key].keys().collect();
        if known.is_empty() {
            return Err("no part was seen often enough");
        }
        let part = *draws.pick(&known);
        parts.insert(key, part);
        let mut target = match value_at(&seed.fields, &spec.target) {
            Some(Value::Object(target)) => target.clone(),
            _ => return Err("the seed has no target"),
        };
        for (field, by) in &self.by_field {
            let part = parts.get(by.as_str()).copied().unwrap_or_default();
            let value = self.values[by]
                .get(part)
                .and_then(|fields| fields.get(field));
            match value {
                Some(value) => target.insert(field.clone(), value.clone()),
                None => return Err("a part of the seed was not seen often enough"),
            };
        }
        let lines: Option<Vec<String>> = self
            .keys
            .iter()
            .map(|key| Some(format!("{key}: {}", parts.get(key.as_str())?)))
            .collect();
        match lines {
            Some(lines) => Ok((
                lines.join("\n"),
                Value::Object(target),
                format!("{key}: {part}"),
            )),
            None => Err("the seed lacks a key"),
        }
    }
}

struct Record<'a> {
    parts: Vec<(&'a str, &'a str)>,
    target: &'a Map<String, Value>,
}

impl Record<'_> {
    fn has_keys(&self, keys: &[String]) -> bool {
        self.parts.iter().map(|(key, _)| *key).eq(keys.iter())
    }

    fn part(&self, key: &str) -> Option<&str> {
        self.parts
            .iter()
            .find(|(own, _)| *own == key)
            .map(|(_, part)| *part)
    }
}

fn records_of<'a>(train: &'a [SourceRow], text_field: &str, target: &str) -> Vec<Record<'a>> {
    // Rows that carry a rendered prompt or answer besides would contradict their new text.
    let is_plain = |row: &&SourceRow| {
        !["messages", "prompt", "completion"]
            .iter()
            .any(|key| row.fields.contains_key(*key))
    };
    train
        .iter()
        .filter(is_plain)
        .filter_map(|row| {
            let parts = record_lines(row.text(text_field)?)?;
            let target = value_at(&row.fields, target)?.as_object()?;
            Some(Record { parts, target })
        })
        .collect()
}

/// The keys of most records, in their order; none may occur twice.
fn common_keys(records: &[Record<'_>]) -> Option<Vec<String>> {
    let mut counts: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    for record in records {
        let keys: Vec<&str> = record.parts.iter().map(|(key, _)| *key).collect();
        if keys.iter().collect::<BTreeSet<_>>().len() == keys.len() {
            *counts.entry(keys).or_default() += 1;
        }
    }
    let (keys, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    Some(keys.into_iter().map(str::to_owned).collect())
}

/// No part was ever seen with two values of the field, and enough rows had the chance to object.
fn determines(records: &[&Record<'_>], key: &str, field: &str, min_support: usize) -> bool {
    let mut seen: BTreeMap<&str, (&Value, usize)> = BTreeMap::new();
    for record in records {
        let (Some(part), Some(value)) = (record.part(key), record.target.get(field)) else {
            return false;
        };
        let entry = seen.entry(part).or_insert((value, 0));
        if entry.0 != value {
            return false;
        }
        entry.1 += 1;
    }
    let supported: usize = seen
        .values()
        .map(|(_, count)| *count)
        .filter(|count| *count >= min_support)
        .sum();
    supported * 2 > records.len()
}

fn parts_of(
    records: &[&Record<'_>],
    key: &str,
    fields: &[&String],
    min_support: usize,
) -> BTreeMap<String, BTreeMap<String, Value>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut values: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
    for record in records {
        let Some(part) = record.part(key) else {
            continue;
        };
        *counts.entry(part).or_default() += 1;
        let determined = fields
            .iter()
            .filter_map(|field| Some(((*field).clone(), record.target.get(*field)?.clone())));
        values.entry(part).or_insert_with(|| determined.collect());
    }
    values
        .into_iter()
        .filter(|(part, _)| counts[part] >= min_support)
        .map(|(part, values)| (part.to_owned(), values))
        .collect()
}

/// Follows a dotted path of keys.
pub(crate) fn value_at<'a>(fields: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut keys = path.split('.');
    let first = fields.get(keys.next()?)?;
    keys.try_fold(first, |value, key| value.get(key))
}

fn set_at(fields: &mut Map<String, Value>, path: &str, value: Value) {
    let mut keys = path.split('.');
    let first = keys.next().and_then(|key| fields.get_mut(key));
    let place = first.and_then(|first| keys.try_fold(first, |place, key| place.get_mut(key)));
    if let Some(place) = place {
        *place = value;
    }
}

#[cfg(test)]
#[path = "augment_tests.rs"]
mod tests;
