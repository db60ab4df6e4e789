//! Names for runs that were given none: two words that are easy to say, and a number to sort by.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gradus_store::RunQuery;

use crate::{Result, Tracker};

const FIRST: [&str; 32] = [
    "amber", "brisk", "calm", "clear", "copper", "crisp", "deft", "early", "even", "fair", "fleet",
    "gentle", "golden", "hazel", "keen", "lively", "lucid", "mellow", "nimble", "noble", "opal",
    "plain", "quiet", "ready", "silver", "sober", "steady", "sunny", "swift", "tidy", "vivid",
    "warm",
];
const SECOND: [&str; 32] = [
    "anchor", "aspen", "badger", "beacon", "birch", "brook", "cedar", "comet", "crane", "delta",
    "ember", "falcon", "fern", "finch", "grove", "harbor", "heron", "lantern", "lark", "maple",
    "meadow", "orchard", "otter", "pine", "quarry", "ridge", "river", "sparrow", "summit",
    "thistle", "valley", "willow",
];

/// `swift-heron-12`: the words from random bytes, the number from the place in the project.
pub fn display_name(random: [u8; 2], place: u64) -> String {
    let word = |words: &[&'static str; 32], byte: u8| words[usize::from(byte % 32)];
    format!(
        "{}-{}-{place}",
        word(&FIRST, random[0]),
        word(&SECOND, random[1])
    )
}

/// How many runs each project had, so that they are not counted for every new one: counted with the
/// first one that this process begins, and growing from there.
#[derive(Debug, Default)]
pub struct Places(Mutex<HashMap<(String, String), u64>>);

impl Places {
    pub(crate) fn forget(&self, entity: &str, project: &str) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.remove(&(entity.to_owned(), project.to_owned()));
    }
}

impl Tracker {
    /// The number of a run that is about to be made.
    pub(super) fn next_place(&self, entity: &str, project: &str) -> Result<u64> {
        let mut places = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (entity.to_owned(), project.to_owned());
        let before = match places.get(&key) {
            Some(before) => *before,
            None => self.store.count_runs(&RunQuery {
                entity: Some(entity.to_owned()),
                project: Some(project.to_owned()),
                ..RunQuery::default()
            })?,
        };
        places.insert(key, before + 1);
        Ok(before + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_gives_a_word() {
        assert_eq!(display_name([0, 255], 7), "amber-willow-7");
        assert_eq!(display_name([32, 31], 8), "amber-willow-8");
    }
}
