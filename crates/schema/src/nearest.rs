//! The one "did you mean" of the program: recipe keys, task keys, model names, metric names.

/// The candidate that a writer of `word` most likely meant, or `None` when nothing is close.
///
/// Damerau–Levenshtein for slips of the finger, Jaro–Winkler for shared beginnings
/// (`lr_scheduler` → `lr_scheduler_type`). Ties go to the earlier candidate.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = normalised(word);
    let mut best: Option<(f64, &str)> = None;
    for candidate in candidates {
        let other = normalised(candidate);
        let edits = strsim::normalized_damerau_levenshtein(&word, &other);
        let beginning = strsim::jaro_winkler(&word, &other);
        let contained = word.len() >= 4 && other.contains(&word);
        let likeness = edits
            .max(beginning - 0.2)
            .max(if contained { 0.7 } else { 0.0 });
        if likeness >= 0.55 && best.is_none_or(|(score, _)| likeness > score) {
            best = Some((likeness, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `, did you mean 'x'?` or nothing: the tail of an error message.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(word, candidates) {
        Some(candidate) => format!(", did you mean '{candidate}'?"),
        None => String::new(),
    }
}

fn normalised(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_prefixes_and_nothing_for_strangers() {
        let keys = ["learning_rate", "lr_scheduler_type", "lora_r", "seed"];
        assert_eq!(nearest("learnig_rate", keys), Some("learning_rate"));
        assert_eq!(nearest("Learning-Rate", keys), Some("learning_rate"));
        assert_eq!(nearest("lr_scheduler", keys), Some("lr_scheduler_type"));
        assert_eq!(nearest("lora_rr", keys), Some("lora_r"));
        assert_eq!(nearest("zzz", keys), None);
        assert_eq!(nearest("", keys), None);
    }
}
