//! What decides the bytes of a trained adapter. A checkpoint or a finished training is taken up
//! only where all of it is the same.

use std::collections::BTreeSet;
use std::path::PathBuf;

use gradus_schema::{LearningRateSchedule, Recipe};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::encode::{EncodedRow, tokens_sha256};
use super::files::hex;
use crate::files::ModelIdentity;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// SHA-256 of the base model's weights.
    pub base_sha256: String,
    /// The recipe, without what has no influence on the adapter.
    pub recipe: Value,
    /// SHA-256 over the rows as tokens; so tokenizer and chat template are covered too.
    pub train_tokens_sha256: String,
    pub dev_tokens_sha256: Option<String>,
}

impl Fingerprint {
    pub fn of(
        base: &ModelIdentity,
        recipe: &Recipe,
        train: &[EncodedRow],
        dev: &[EncodedRow],
    ) -> Self {
        Self {
            base_sha256: base.sha256.clone(),
            recipe: serde_json::to_value(decisive(recipe)).unwrap_or_default(),
            train_tokens_sha256: tokens_sha256(train),
            dev_tokens_sha256: (!dev.is_empty()).then(|| tokens_sha256(dev)),
        }
    }

    /// Hex SHA-256 of the decisive part of the recipe.
    pub fn recipe_sha256(&self) -> String {
        hex(&Sha256::digest(self.recipe.to_string().as_bytes()))
    }

    /// What `other` has otherwise, for a reader; empty when nothing.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if self.base_sha256 != other.base_sha256 {
            found.push("the base model".to_owned());
        }
        if self.train_tokens_sha256 != other.train_tokens_sha256 {
            found.push("the training rows".to_owned());
        }
        if self.dev_tokens_sha256 != other.dev_tokens_sha256 {
            found.push("the evaluation rows".to_owned());
        }
        found.extend(recipe_differences(&self.recipe, &other.recipe));
        found
    }
}

/// Keys of the two recipes that differ, as `key: old → new`.
fn recipe_differences(ours: &Value, theirs: &Value) -> Vec<String> {
    let (Value::Object(ours), Value::Object(theirs)) = (ours, theirs) else {
        return vec!["the recipe".to_owned()];
    };
    let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let value =
        |fields: &Map<String, Value>, key| fields.get(key).unwrap_or(&Value::Null).to_string();
    keys.into_iter()
        .filter(|key| ours.get(*key) != theirs.get(*key))
        .map(|key| format!("{key} ({} → {})", value(ours, key), value(theirs, key)))
        .collect()
}

/// The recipe with places and reporting set to fixed values: a moved or renamed file with the
/// same content is the same training. Threads and precision belong to the machine: they are kept
/// with the checkpoint and a change is said, not refused.
fn decisive(recipe: &Recipe) -> Recipe {
    let warms_up = recipe.lr_scheduler_type != LearningRateSchedule::Constant;
    Recipe {
        model: "-".to_owned(),
        task: None,
        train_file: None,
        eval_file: None,
        frozen: None,
        output_dir: PathBuf::from("-"),
        max_length: 0,
        save_steps: None,
        logging_steps: 1,
        threads: None,
        warmup_ratio: if warms_up { recipe.warmup_ratio } else { 0.0 },
        ..recipe.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::testing;

    fn fingerprint(recipe: &Recipe) -> Fingerprint {
        Fingerprint::of(&testing::identity(), recipe, &testing::rows(3), &[])
    }

    #[test]
    fn places_and_reporting_make_no_difference() {
        let recipe = testing::recipe();
        let moved = Recipe {
            output_dir: "elsewhere".into(),
            logging_steps: 10,
            save_steps: Some(7),
            ..recipe.clone()
        };
        assert_eq!(fingerprint(&recipe), fingerprint(&moved));
    }

    #[test]
    fn what_differs_is_named() {
        let recipe = testing::recipe();
        let ours = fingerprint(&recipe);
        let changed = Recipe {
            lora_r: 5,
            ..recipe
        };
        let mut theirs = fingerprint(&changed);
        assert_eq!(ours.differences(&theirs), ["lora_r (4 → 5)"]);
        theirs.base_sha256 = "another".into();
        theirs.dev_tokens_sha256 = Some("some".into());
        assert_eq!(ours.differences(&theirs).len(), 3);
        let fewer = Fingerprint::of(
            &testing::identity(),
            &testing::recipe(),
            &testing::rows(2),
            &[],
        );
        assert_eq!(ours.differences(&fewer), ["the training rows"]);
    }
}
