//! Free requests: qualities named by synonyms, each with an amount bound to it.
//!
//! The vector comes first and the text is written from it, so labels are exact. Every amount goes
//! with every quality, hence which words occur says little; which amount belongs to which word
//! says everything.

use gradus_analysis::Draws;

use super::lexicon::{Degree, Lexicon, QUALITIES};
use super::{Draft, Vector};

/// Shares of the constructions.
const PHRASE: f64 = 0.6;
const SCENE: f64 = 0.15;
const REST: f64 = 0.3;
/// How often the held-out split takes a word or phrase that no other split has.
const HELD_OUT_WORD: f64 = 0.2;

pub fn english(draws: &mut Draws, lexicon: &Lexicon, frozen: bool) -> Draft {
    let mut draft = Draft::new("en");
    let mut clauses = Vec::new();
    for quality in named(draws, &[4, 5, 6, 6]) {
        let degree = draws.pick(&lexicon.degrees);
        draft.name(quality, degree.value);
        clauses.push(clause(draws, lexicon, quality, degree, frozen, &mut draft));
    }
    let opening = choose(draws, &lexicon.openings, &lexicon.frozen_openings, frozen);
    draft.templates.push(opening.replace("{}", "_"));
    let mut text = opening.replace("{}", &clauses.join(", "));
    if draws.chance(SCENE) {
        // A scene says where the music is for; it changes no value.
        let scene = choose(draws, &lexicon.scenes, &lexicon.frozen_scenes, frozen);
        let clause = choose(
            draws,
            &lexicon.scene_clauses,
            &lexicon.frozen_scene_clauses,
            frozen,
        );
        text.push_str(&clause.replace("{}", scene));
        draft.templates.push(format!("scene: {scene}"));
    }
    if !draft.names_all() && draws.chance(REST) {
        let rest = draws.pick(&lexicon.rest);
        let words = choose(draws, &rest.english, &rest.frozen_english, frozen);
        text.push_str(&format!("; {words}"));
        draft.templates.push(words.clone());
        draft.set_rest(rest.value);
    }
    draft.text = format!("{text}.");
    draft
}

/// "warmth around three", "no drive at all".
fn clause(
    draws: &mut Draws,
    lexicon: &Lexicon,
    quality: usize,
    degree: &Degree,
    frozen: bool,
    draft: &mut Draft,
) -> String {
    let words = lexicon.quality(QUALITIES[quality]);
    let noun = choose(draws, &words.nouns, &words.frozen_nouns, frozen);
    if !degree.phrases.is_empty() && draws.chance(PHRASE) {
        let phrase = choose(draws, &degree.phrases, &degree.frozen_phrases, frozen);
        draft.templates.push(phrase.replace("{}", "_"));
        return phrase.replace("{}", noun);
    }
    let form = choose(draws, &lexicon.forms, &lexicon.frozen_forms, frozen);
    draft.templates.push(form.clone());
    form.replace("{noun}", noun).replace("{word}", &degree.word)
}

/// `勢い七、温かさ三、生音零の曲。`
pub fn japanese(draws: &mut Draws, lexicon: &Lexicon, frozen: bool) -> Draft {
    let mut draft = Draft::new("ja");
    let mut parts = Vec::new();
    for quality in named(draws, &[3, 4]) {
        let degree = draws.pick(&lexicon.degrees);
        let words = lexicon.quality(QUALITIES[quality]);
        let word = choose(draws, &words.japanese, &words.japanese_frozen, frozen);
        draft.name(quality, degree.value);
        parts.push(format!("{word}{}", degree.japanese));
    }
    let (open, held_out) = (&lexicon.japanese_endings, &lexicon.japanese_frozen_endings);
    let ending = choose(draws, open, held_out, frozen);
    draft.templates.push(ending.clone());
    draft.text = format!("{}{ending}", parts.join("、"));
    draft
}

/// Which qualities a text names, in the order in which it names them.
fn named(draws: &mut Draws, counts: &[usize]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..QUALITIES.len()).collect();
    draws.shuffle(&mut order);
    order.truncate(*draws.pick(counts));
    order
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

    /// What the text says about all it does not name.
    fn set_rest(&mut self, value: u8) {
        for quality in 0..QUALITIES.len() {
            if !self.named[quality] {
                self.vector.0[quality] = value;
            }
        }
    }
}
