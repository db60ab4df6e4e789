//! Finding and comparing answers in free text: declared ways of extraction, one normalisation,
//! and words found whole. Pure; the text is whatever a model wrote.

use gradus_schema::Extraction;
use regex::Regex;

/// Longest text that is looked at, in bytes: an answer stands near the beginning or the end of
/// something far shorter.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// The ways in which a task says that an answer is found, compiled.
#[derive(Debug, Clone, Default)]
pub struct Extractor {
    ways: Vec<Extraction>,
    pattern: Option<Regex>,
}

impl Extractor {
    /// # Errors
    /// A pattern that is no regular expression or has no group.
    pub fn new(ways: &[Extraction], pattern: Option<&str>) -> Result<Self, String> {
        let pattern = pattern.map(compile).transpose()?;
        Ok(Self {
            ways: ways.to_vec(),
            pattern,
        })
    }

    /// Whether the whole text is the answer.
    pub fn is_whole(&self) -> bool {
        self.ways.is_empty() && self.pattern.is_none()
    }

    /// What the first way finds that finds anything; the trimmed text where no way is declared.
    pub fn find<'a>(&self, text: &'a str) -> Option<&'a str> {
        if self.is_whole() {
            return Some(text.trim());
        }
        let by_pattern = self.pattern.as_ref().and_then(|pattern| {
            let found = pattern.captures(text)?.get(1)?;
            filled(found.as_str())
        });
        by_pattern.or_else(|| self.ways.iter().find_map(|way| extract(text, *way)))
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let regex = regex::RegexBuilder::new(pattern)
        .size_limit(MAX_PATTERN_BYTES)
        .build()
        .map_err(|error| format!("the pattern '{pattern}' is no regular expression ({error})"))?;
    if regex.captures_len() < 2 {
        return Err(format!(
            "the pattern '{pattern}' has no group; put what is wanted into parentheses"
        ));
    }
    Ok(regex)
}

fn extract(text: &str, way: Extraction) -> Option<&str> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    match way {
        Extraction::AnswerMarker => after_marker(text),
        Extraction::Boxed => boxed(text),
        Extraction::Equation => {
            let line = lines.find(|line| line.contains('='))?;
            let after = line.split('=').nth(1)?.trim();
            // The right side ends where the next sentence or the loop's next turn begins.
            filled(after.split_whitespace().next()?)
        }
        Extraction::FirstLine => lines.next(),
        Extraction::LastLine => lines.next_back(),
        Extraction::LastNumber => last_number(text),
    }
}

const MARKERS: [&str; 4] = ["final answer", "the answer is", "answer:", "####"];

/// The rest of the line behind the last marker.
fn after_marker(text: &str) -> Option<&str> {
    // ASCII only, so that places in the lowered text are places in the text.
    let lowered = text.to_ascii_lowercase();
    let ends = MARKERS
        .iter()
        .filter_map(|marker| lowered.rfind(marker).map(|at| at + marker.len()));
    let rest = &text[ends.max()?..];
    let rest = rest.trim_start_matches([' ', '\t', ':', '*', '=']);
    let rest = rest.strip_prefix("is ").unwrap_or(rest);
    filled(rest.trim_start().lines().next()?.trim_matches('*'))
}

/// The content of the last `\boxed{…}`, with the braces in it counted.
fn boxed(text: &str) -> Option<&str> {
    const OPENING: &str = "\\boxed{";
    let start = text.rfind(OPENING)? + OPENING.len();
    let mut depth = 1usize;
    for (at, character) in text[start..].char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return filled(&text[start..start + at]);
        }
    }
    None
}

fn last_number(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_ascii_digit() || ".,-−".contains(c);
    let mut best = None;
    for piece in text.split(|c: char| !is_part(c)) {
        let piece = piece.trim_end_matches(['.', ',', '-', '−']);
        let start = piece.rfind(['-', '−']).unwrap_or(0);
        if number_of(&piece[start..]).is_some() {
            best = Some(&piece[start..]);
        }
    }
    best
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// One form for all spellings of an answer: lower case, single spaces, plain minus and times
/// signs, no thousands separators, no quotes, emphasis or final punctuation around it.
pub fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for character in word.chars() {
            match character {
                '−' | '–' | '—' => out.push('-'),
                '×' | '·' => out.push('*'),
                '÷' => out.push('/'),
                other => out.extend(other.to_lowercase()),
            }
        }
    }
    let around = |c: char| "\"'`*$“”‘’()[]".contains(c);
    let ending = |c: char| around(c) || ".!?,;:".contains(c);
    let trimmed = out.trim_start_matches(around).trim_end_matches(ending);
    without_thousands(trimmed)
}

/// Drops a comma that stands between a digit and a group of exactly three digits.
fn without_thousands(text: &str) -> String {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let separates = character == ','
            && at > 0
            && digit(at - 1)
            && (1..=3).all(|step| digit(at + step))
            && !digit(at + 4);
        if !separates {
            out.push(character);
        }
    }
    out
}

/// The finite number that a text is, with its thousands separators, a percent or currency sign
/// or a unit behind it.
pub fn number_of(text: &str) -> Option<f64> {
    let text = normalise(text);
    let text = text.trim_start_matches(['€', '£', '¥', '=', ' ']);
    let end = text
        .char_indices()
        .take_while(|(at, c)| c.is_ascii_digit() || *c == '.' || (*at == 0 && "+-".contains(*c)))
        .last()
        .map(|(at, _)| at + 1)?;
    // `3 apples` is 3, `3d` is not a number, `1e3` is left to a lenient reader.
    let rest = text[end..].trim_start_matches(['%', '°']);
    if rest.chars().next().is_some_and(char::is_alphanumeric) {
        return None;
    }
    let digits = text[..end].trim_end_matches('.');
    digits.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Whether `needle` occurs in `text` as words of its own, case aside.
pub fn contains_words(text: &str, needle: &str) -> bool {
    let (text, needle) = (text.to_lowercase(), needle.trim().to_lowercase());
    if needle.is_empty() {
        return false;
    }
    let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(&needle).any(|(at, found)| {
        !joins(text[..at].chars().next_back()) && !joins(text[at + found.len()..].chars().next())
    })
}

/// Whether two numbers agree within an absolute or a relative tolerance.
pub fn close(value: f64, target: f64, absolute: f64, relative: f64) -> bool {
    let difference = (value - target).abs();
    difference <= absolute.max(relative * target.abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find(way: Extraction, text: &str) -> Option<&str> {
        Extractor::new(&[way], None).unwrap().find(text)
    }

    #[test]
    fn each_way_finds_its_answer() {
        use Extraction::*;
        assert_eq!(
            find(AnswerMarker, "Answer: 3\nso the answer is 42.\n"),
            Some("42.")
        );
        assert_eq!(find(AnswerMarker, "x\n#### 1,200"), Some("1,200"));
        assert_eq!(find(AnswerMarker, "**Final answer:** blue"), Some("blue"));
        assert_eq!(find(AnswerMarker, "no marker"), None);
        assert_eq!(
            find(Boxed, r"so \boxed{\frac{1}{2}} it is"),
            Some(r"\frac{1}{2}")
        );
        assert_eq!(find(Boxed, r"\boxed{1"), None);
        assert_eq!(find(Equation, "hm\n15 + 27 = 42 15 + 27 = 42"), Some("42"));
        assert_eq!(find(FirstLine, "\n a \nb"), Some("a"));
        assert_eq!(find(LastLine, "a\n b \n\n"), Some("b"));
        assert_eq!(find(LastNumber, "from 3-4 to −5."), Some("−5"));
        let pattern = Extractor::new(&[LastLine], Some(r"(?i)result=(\w+)")).unwrap();
        assert_eq!(pattern.find("Result=ok\nbye"), Some("ok"));
        assert_eq!(pattern.find("none\nbye"), Some("bye"));
        assert!(
            Extractor::new(&[], Some("a("))
                .unwrap_err()
                .contains("regular")
        );
        assert!(
            Extractor::new(&[], Some("a"))
                .unwrap_err()
                .contains("group")
        );
    }

    #[test]
    fn spellings_become_one() {
        assert_eq!(normalise(" **Paris**. "), "paris");
        assert_eq!(normalise("1,234,567"), "1234567");
        assert_eq!(normalise("1,23"), "1,23");
        assert_eq!(normalise("3 × −4"), "3 * -4");
        assert_eq!(number_of("$1,200.50"), Some(1200.5));
        assert_eq!(number_of("−38 km"), Some(-38.0));
        assert_eq!(number_of("42 %"), Some(42.0));
        assert_eq!(number_of("42nd"), None);
        assert_eq!(number_of("about 4"), None);
        assert!(close(9.9, 10.0, 0.0, 0.011) && !close(9.9, 10.0, 0.05, 0.0));
    }

    #[test]
    fn words_are_found_whole() {
        assert!(contains_words("15 + 27 = 42!", "42"));
        assert!(!contains_words("420 or 142", "42"));
        assert!(contains_words("It is PARIS.", "paris"));
        assert!(!contains_words("anything", " "));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in r"(?s)[=#:\\boxed{}answer0-9,.−× \n]{0,60}|.{0,60}") {
            use Extraction::*;
            for way in [AnswerMarker, Boxed, Equation, FirstLine, LastLine, LastNumber] {
                if let Some(found) = find(way, &text) {
                    prop_assert!(text.contains(found) && !found.trim().is_empty());
                }
            }
            let once = normalise(&text);
            prop_assert!(number_of(&text).is_none_or(f64::is_finite));
            prop_assert!(!once.contains("  "));
            contains_words(&text, &once);
        }
    }
}
