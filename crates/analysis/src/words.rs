//! Text to a bag of features: word 1–2-grams for scripts that write spaces, character 1–3-grams
//! for those that don't (Japanese, Chinese, Thai), both in one bag for mixed text.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

/// Feature → how often it occurs. NFKC and lower case, so `Ｆｏｌｋ` and `folk` are one word.
pub fn bag_of_words(text: &str) -> BTreeMap<String, u32> {
    let text: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let mut bag = BTreeMap::new();
    let mut count = |feature: String| *bag.entry(feature).or_insert(0) += 1;
    let mut previous: Option<&str> = None;
    for run in runs(&text) {
        match run {
            Run::Word(word) => {
                count(word.to_string());
                if let Some(previous) = previous {
                    count(format!("{previous} {word}"));
                }
                previous = Some(word);
            }
            Run::Unspaced(run) => {
                let chars: Vec<char> = run.chars().collect();
                for length in 1..=3 {
                    chars
                        .windows(length)
                        .for_each(|gram| count(gram.iter().collect()));
                }
                previous = None;
            }
        }
    }
    bag
}

enum Run<'a> {
    Word(&'a str),
    Unspaced(&'a str),
}

/// Maximal runs of letters and digits of one kind; everything else separates.
fn runs(text: &str) -> Vec<Run<'_>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Word,
        Unspaced,
        Separator,
    }
    let kind = |c: char| match c {
        c if is_unspaced(c) => Kind::Unspaced,
        c if c.is_alphanumeric() => Kind::Word,
        '\'' | '\u{2019}' => Kind::Word,
        _ => Kind::Separator,
    };
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        let end = index + c.len_utf8();
        if chars.peek().is_some_and(|&(_, next)| kind(next) == kind(c)) {
            continue;
        }
        let run = &text[start..end];
        match kind(c) {
            Kind::Word => found.push(Run::Word(run)),
            Kind::Unspaced => found.push(Run::Unspaced(run)),
            Kind::Separator => {}
        }
        start = end;
    }
    found
}

/// Letters of scripts that put no spaces between words (blocks of Unicode 15).
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3134F}' | '\u{0E00}'..='\u{0E7F}')
        && c.is_alphanumeric()
        || c == 'ー'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaced_scripts_give_words_and_pairs() {
        let bag = bag_of_words("Warm, warm Rain — don't");
        let expected = [
            "don't",
            "rain",
            "rain don't",
            "warm",
            "warm rain",
            "warm warm",
        ];
        assert_eq!(bag.keys().collect::<Vec<_>>(), expected);
        assert_eq!(bag["warm"], 2);
    }

    #[test]
    fn unspaced_scripts_give_character_grams_and_mix_with_words() {
        let bag = bag_of_words("夜の雨でjazz");
        for gram in ["夜", "夜の", "夜の雨", "の雨で", "jazz"] {
            assert_eq!(bag.get(gram), Some(&1), "{gram}");
        }
        assert!(!bag.contains_key("夜の雨で") && !bag.contains_key("で jazz"));
        assert!(bag_of_words(" —。! ").is_empty());
        assert!(bag_of_words("ギター").contains_key("ター"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_bag(text in "\\PC*") {
            proptest::prop_assert!(bag_of_words(&text).keys().all(|feature| !feature.is_empty()));
        }
    }
}
