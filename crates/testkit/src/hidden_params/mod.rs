//! The example task `examples/hidden-params`: requests for music written *from* their vectors.
//!
//! Two kinds of rows. Free requests name qualities with amounts ([`request`]): counting words does
//! not tell which amount belongs to which quality, reading does. Rule prompts list parts
//! ([`rule`]). The same seed gives the same bytes.

mod lexicon;
mod request;
mod rule;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use gradus_analysis::Draws;
use serde_json::{Map, Value, json};

use lexicon::Lexicon;
pub use lexicon::QUALITIES;

/// Changes with every change of words, shares or rules; rows carry it.
pub const GENERATOR_VERSION: u32 = 1;
/// The seed of the committed files.
pub const SEED: u64 = 20_26;

const TRAIN_ROWS: usize = 800;
const DEV_ROWS: usize = 100;
const FROZEN_ROWS: usize = 160;
/// The kinds in turn, so that any first rows of a file hold them in the same shares.
const KINDS: [Kind; 10] = {
    use Kind::{EnglishRequest as E, JapaneseRequest as J, RulePrompt as R};
    [E, R, E, R, J, E, R, E, R, E]
};

#[derive(Debug, Clone, Copy)]
enum Kind {
    EnglishRequest,
    JapaneseRequest,
    RulePrompt,
}

/// The three splits, each a list of row objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    pub train: Vec<Value>,
    pub dev: Vec<Value>,
    pub frozen: Vec<Value>,
}

/// Values 0..=10 in the order of [`QUALITIES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Vector(pub [u8; 6]);

/// A row before it has an id.
pub(crate) struct Draft {
    source_type: &'static str,
    language: &'static str,
    text: String,
    vector: Vector,
    /// Which qualities the text names itself.
    named: [bool; 6],
    templates: Vec<String>,
}

/// All rows. Splits share no text and no group: free requests with the same named values, rule
/// prompts with the same parts.
pub fn generate(seed: u64) -> Dataset {
    let lexicon = Lexicon::load();
    let mut draws = Draws::new(seed);
    let mut taken = BTreeSet::new();
    let mut split = |name: &str, rows: usize| {
        let mut values = Vec::with_capacity(rows);
        let mut own_groups = BTreeSet::new();
        let mut texts = BTreeSet::new();
        while values.len() < rows {
            let kind = KINDS[values.len() % KINDS.len()];
            let (draft, group) = draft_of(kind, &mut draws, &lexicon, name == "frozen");
            if taken.contains(&group) || !texts.insert(draft.text.clone()) {
                continue;
            }
            values.push(row(
                &draft,
                &group,
                &format!("{name}-{:04}", values.len() + 1),
            ));
            own_groups.insert(group);
        }
        taken.append(&mut own_groups);
        values
    };
    Dataset {
        train: split("train", TRAIN_ROWS),
        dev: split("dev", DEV_ROWS),
        frozen: split("frozen", FROZEN_ROWS),
    }
}

/// The data files with their contents, by path inside the example's folder.
pub fn files(dataset: &Dataset) -> Vec<(&'static str, String)> {
    let jsonl = |rows: &[Value]| {
        rows.iter()
            .map(|row| format!("{row}\n"))
            .collect::<String>()
    };
    vec![
        ("data/train.jsonl", jsonl(&dataset.train)),
        ("data/dev.jsonl", jsonl(&dataset.dev)),
        ("data/frozen.jsonl", jsonl(&dataset.frozen)),
    ]
}

/// Writes the data files under `dir`, each aside first and then renamed.
pub fn write_example(dir: &Path) -> io::Result<()> {
    for (name, content) in files(&generate(SEED)) {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let aside = path.with_extension("jsonl.partial");
        std::fs::write(&aside, content)?;
        std::fs::rename(&aside, &path)?;
    }
    Ok(())
}

fn draft_of(kind: Kind, draws: &mut Draws, lexicon: &Lexicon, frozen: bool) -> (Draft, String) {
    let draft = match kind {
        Kind::EnglishRequest => request::english(draws, lexicon, frozen),
        Kind::JapaneseRequest => request::japanese(draws, lexicon, frozen),
        Kind::RulePrompt => {
            let (draft, parts) = rule::rule_prompt(draws, lexicon);
            return (draft, format!("rule:{parts}"));
        }
    };
    let named: Vec<String> = (0..QUALITIES.len())
        .map(|quality| match draft.named[quality] {
            true => draft.vector.0[quality].to_string(),
            false => "-".to_string(),
        })
        .collect();
    let group = format!("request:{}:{}", draft.language, named.join("."));
    (draft, group)
}

fn row(draft: &Draft, group: &str, id: &str) -> Value {
    let vector: Map<String, Value> = QUALITIES
        .iter()
        .zip(draft.vector.0)
        .map(|(quality, value)| (quality.to_string(), json!(value)))
        .collect();
    let named: Vec<&str> = (0..QUALITIES.len())
        .filter(|&q| draft.named[q])
        .map(|q| QUALITIES[q])
        .collect();
    json!({
        "id": id,
        "group": group,
        "source_type": draft.source_type,
        "language": draft.language,
        "request_text": draft.text,
        "target_hidden_params": {"vector": vector},
        "named": named,
        "templates": draft.templates,
        "scale": {"min": 0, "max": 10},
        "generator_version": GENERATOR_VERSION,
    })
}

#[cfg(test)]
mod tests;
