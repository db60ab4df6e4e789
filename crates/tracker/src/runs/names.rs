//! Names for runs that were given none: two words that are easy to say, and a number to sort by.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_gives_a_word() {
        assert_eq!(display_name([0, 255], 7), "amber-willow-7");
        assert_eq!(display_name([32, 31], 8), "amber-willow-8");
    }
}
