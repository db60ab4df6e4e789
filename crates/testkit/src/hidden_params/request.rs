//! Free requests: qualities named by synonyms, each with a degree phrase bound to it.
//!
//! The vector comes first and the text is written from it, so labels are exact. Every degree
//! phrase goes with every quality and either pole, hence which words occur says little; which
//! phrase belongs to which word says nearly everything.

use gradus_analysis::Draws;

use super::lexicon::{Degree, Lexicon, QUALITIES, Scene};
use super::{Draft, Vector};

/// Shares of the constructions, chosen so that a text stays within about 45 tokens.
const LOW_POLE: f64 = 0.1;
const NOUN: f64 = 0.75;
/// Of the nouns: those whose degree stands behind them.
const BEHIND: f64 = 0.75;
const SHARED_DEGREE: f64 = 0.1;
const SCENE: f64 = 0.2;
const DISTRACTOR: f64 = 0.10;
const REST: f64 = 0.3;
/// How often the held-out split takes a word or phrase that no other split has.
const HELD_OUT_WORD: f64 = 0.2;

/// One quality as the text will name it.
struct Mention {
    quality: usize,
    value: u8,
    noun: bool,
    word: String,
}

/// Mentions under one degree phrase.
struct Clause {
    noun: bool,
    text: String,
}

pub fn english(draws: &mut Draws, lexicon: &Lexicon, frozen: bool) -> Draft {
    let named = [4, 4, 5, 5, 5, 6, 6, 6][draws.index(8)];
    let mut order: Vec<usize> = (0..QUALITIES.len()).collect();
    draws.shuffle(&mut order);
    let mut draft = Draft::new("en");
    let mut clauses = Vec::new();
    let mut rest = &order[..named];
    while !rest.is_empty() {
        let together = if rest.len() > 1 && draws.chance(SHARED_DEGREE) {
            2
        } else {
            1
        };
        let degree = draws.pick(&lexicon.degrees);
        let noun = draws.chance(NOUN);
        let mentions: Vec<Mention> = rest[..together]
            .iter()
            .map(|&quality| mention(draws, lexicon, quality, degree.value, noun, frozen))
            .collect();
        mentions.iter().for_each(|m| draft.name(m.quality, m.value));
        clauses.push(clause(
            draws, lexicon, degree, &mentions, frozen, &mut draft,
        ));
        rest = &rest[together..];
    }
    let body = body(draws, lexicon, clauses, frozen, &mut draft);
    let tail = tail(draws, lexicon, frozen, &mut draft);
    draft.text = format!("{body}{tail}.");
    draft
}

fn mention(
    draws: &mut Draws,
    lexicon: &Lexicon,
    quality: usize,
    level: u8,
    noun: bool,
    frozen: bool,
) -> Mention {
    let words = lexicon.quality(QUALITIES[quality]);
    let low = draws.chance(LOW_POLE);
    let pole = if low { &words.low } else { &words.high };
    let (open, held_out) = if noun {
        (&pole.nouns, &pole.frozen_nouns)
    } else {
        (&pole.adjectives, &pole.frozen_adjectives)
    };
    let word = choose(draws, open, held_out, frozen).clone();
    Mention {
        quality,
        value: if low { 10 - level } else { level },
        noun,
        word,
    }
}

/// One degree phrase around one word or two: "very warm", "hardly any drive or sparkle".
fn clause(
    draws: &mut Draws,
    lexicon: &Lexicon,
    degree: &Degree,
    mentions: &[Mention],
    frozen: bool,
    draft: &mut Draft,
) -> Clause {
    let noun = mentions[0].noun;
    let behind = noun && draws.chance(BEHIND);
    let (open, held_out) = if behind {
        (&degree.behind, &degree.frozen_behind)
    } else if noun {
        (&degree.noun, &degree.frozen_noun)
    } else {
        (&degree.adjective, &degree.frozen_adjective)
    };
    let phrase = choose(draws, open, held_out, frozen);
    let joiner = if degree.value == 0 && !behind {
        " or "
    } else {
        " and "
    };
    let words: Vec<&str> = mentions
        .iter()
        .map(|mention| mention.word.as_str())
        .collect();
    let words = words.join(joiner);
    let (text, template) = if behind {
        let filler = draws.pick(&lexicon.fillers);
        (
            format!("{words}{filler} {phrase}"),
            format!("_{filler} {phrase}"),
        )
    } else {
        (phrase.replace("{}", &words), phrase.replace("{}", "_"))
    };
    draft.templates.push(template);
    Clause { noun, text }
}

fn body(
    draws: &mut Draws,
    lexicon: &Lexicon,
    clauses: Vec<Clause>,
    frozen: bool,
    draft: &mut Draft,
) -> String {
    let openings = &lexicon.openings;
    let list = |wanted: Option<bool>| {
        let chosen = clauses
            .iter()
            .filter(|clause| wanted.is_none_or(|noun| clause.noun == noun));
        chosen
            .map(|clause| clause.text.as_str())
            .collect::<Vec<_>>()
    };
    let (nouns, adjectives) = (list(Some(true)), list(Some(false)));
    let form = match (nouns.is_empty(), adjectives.is_empty()) {
        (true, _) => 0,
        (_, true) => 1,
        _ => draws.index(3),
    };
    let (open, held_out) = match form {
        0 => (
            &openings.adjectives_first,
            &openings.frozen_adjectives_first,
        ),
        1 => (&openings.nouns_first, &openings.frozen_nouns_first),
        _ => (&openings.mixed, &openings.frozen_mixed),
    };
    let opening = choose(draws, open, held_out, frozen);
    draft.templates.push(opening.replace("{}", "_"));
    let content = match form {
        0 if nouns.is_empty() => adjectives.join(", "),
        0 => format!("{}, with {}", adjectives.join(", "), nouns.join(", ")),
        1 if adjectives.is_empty() => nouns.join(", "),
        1 => format!("{}, {}", nouns.join(", "), adjectives.join(", ")),
        _ => list(None).join(", "),
    };
    opening.replace("{}", &content)
}

/// Scene, distractor and what holds for the qualities that were not named.
fn tail(draws: &mut Draws, lexicon: &Lexicon, frozen: bool, draft: &mut Draft) -> String {
    let mut tail = String::new();
    if draws.chance(SCENE) {
        let scene = pick_scene(draws, lexicon, frozen);
        let (open, held_out) = (&lexicon.scene_clauses, &lexicon.frozen_scene_clauses);
        let clause = choose(draws, open, held_out, frozen).replace("{}", &scene.english);
        tail.push_str(&format!(", {clause}"));
        draft.templates.push(format!("scene: {}", scene.english));
        for (key, value) in &scene.defaults {
            draft.set_default(key, *value);
        }
    }
    if draws.chance(DISTRACTOR) {
        let scene = pick_scene(draws, lexicon, frozen);
        let (open, held_out) = (&lexicon.distractors, &lexicon.frozen_distractors);
        let clause = choose(draws, open, held_out, frozen).replace("{}", &scene.english);
        tail.push_str(&format!(" ({clause})"));
        draft
            .templates
            .push(format!("distractor: {}", scene.english));
    }
    if !draft.names_all() && draws.chance(REST) {
        let rest = draws.pick(&lexicon.rest);
        let words = choose(draws, &rest.english, &rest.frozen_english, frozen);
        tail.push_str(&format!("; {words}"));
        draft.templates.push(words.clone());
        draft.set_rest(rest.value);
    }
    tail
}

/// At most about 25 characters: `温かさ最大、暗さ少し、勢いなし、ほかは弱めの曲。`
pub fn japanese(draws: &mut Draws, lexicon: &Lexicon, frozen: bool) -> Draft {
    let degrees: Vec<&Degree> = lexicon
        .degrees
        .iter()
        .filter(|degree| !degree.japanese.is_empty())
        .collect();
    let mut order: Vec<usize> = (0..QUALITIES.len()).collect();
    draws.shuffle(&mut order);
    let mut draft = Draft::new("ja");
    let mut parts = Vec::new();
    let named = 2 + draws.index(2);
    for &quality in &order[..named] {
        let degree = *draws.pick(&degrees);
        let words = lexicon.quality(QUALITIES[quality]);
        let low = draws.chance(LOW_POLE);
        let (open, held_out) = if low {
            (&words.japanese_low, &words.japanese_frozen_low)
        } else {
            (&words.japanese_high, &words.japanese_frozen_high)
        };
        let word = choose(draws, open, held_out, frozen);
        let phrase = choose(draws, &degree.japanese, &degree.japanese_frozen, frozen);
        draft.name(quality, if low { 10 - degree.value } else { degree.value });
        draft.templates.push(phrase.clone());
        parts.push(format!("{word}{phrase}"));
    }
    if draws.chance(0.75) {
        let rest = draws.pick(&lexicon.rest);
        parts.push(rest.japanese[0].clone());
        draft.set_rest(rest.value);
    }
    let (open, held_out) = (&lexicon.japanese_endings, &lexicon.japanese_frozen_endings);
    let ending = choose(draws, open, held_out, frozen);
    draft.text = format!("{}{ending}", parts.join("、"));
    draft
}

fn pick_scene<'a>(draws: &mut Draws, lexicon: &'a Lexicon, frozen: bool) -> &'a Scene {
    choose(draws, &lexicon.scenes, &lexicon.frozen_scenes, frozen)
}

/// One of `open`; in the held-out split sometimes one of `held_out`.
pub fn choose<'a, T>(draws: &mut Draws, open: &'a [T], held_out: &'a [T], frozen: bool) -> &'a T {
    if frozen && !held_out.is_empty() && draws.chance(HELD_OUT_WORD) {
        return draws.pick(held_out);
    }
    draws.pick(open)
}

impl Draft {
    fn new(language: &'static str) -> Self {
        Self {
            source_type: "request_text",
            language,
            text: String::new(),
            vector: Vector([5; 6]),
            named: [false; 6],
            templates: Vec::new(),
        }
    }

    fn name(&mut self, quality: usize, value: u8) {
        self.named[quality] = true;
        self.vector.0[quality] = value;
    }

    fn names_all(&self) -> bool {
        self.named.iter().all(|&named| named)
    }

    /// What a scene implies; a quality that the text names keeps its value.
    fn set_default(&mut self, key: &str, value: u8) {
        if let Some(quality) = QUALITIES.iter().position(|quality| *quality == key)
            && !self.named[quality]
        {
            self.vector.0[quality] = value;
        }
    }

    /// What the text says about all it does not name; stronger than a scene.
    fn set_rest(&mut self, value: u8) {
        for quality in 0..QUALITIES.len() {
            if !self.named[quality] {
                self.vector.0[quality] = value;
            }
        }
    }
}
