//! When two texts are the same to a reader.

use unicode_normalization::UnicodeNormalization;

/// NFKC, lower case, runs of white space as one blank, none at the ends. Punctuation stays:
/// `2 + 3` and `2 - 3` are different questions.
pub fn normalised(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut push = |c: char| {
        if !c.is_whitespace() {
            result.push(c);
        } else if !result.is_empty() && !result.ends_with(' ') {
            result.push(' ');
        }
    };
    if text.is_ascii() {
        text.chars().for_each(|c| push(c.to_ascii_lowercase()));
    } else {
        text.nfkc().flat_map(char::to_lowercase).for_each(&mut push);
    }
    if result.ends_with(' ') {
        result.pop();
    }
    result
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn equal_for_a_reader_is_equal() {
        assert_eq!(normalised("  Quiet\n\tRAIN  "), "quiet rain");
        assert_eq!(normalised("Ｊａｚｚ　夜"), "jazz 夜");
        assert_eq!(normalised(" \n"), "");
        assert_ne!(normalised("2 + 3"), normalised("2 - 3"));
    }

    proptest::proptest! {
        #[test]
        fn once_is_enough(text in "[ a-zA-Z\\n\\téÉ夜。]{0,40}") {
            let once = normalised(&text);
            proptest::prop_assert_eq!(normalised(&once), once);
        }
    }
}
