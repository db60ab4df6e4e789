//! Rule prompts: machine text with one part for each slot. A slot sets its own qualities.

use gradus_analysis::Draws;

use super::lexicon::{Lexicon, QUALITIES};
use super::{Draft, Vector};

/// The draft and the combination of parts, by which splits are kept apart.
pub fn rule_prompt(draws: &mut Draws, lexicon: &Lexicon) -> (Draft, String) {
    let mut vector = Vector([5; 6]);
    let (mut lines, mut names) = (Vec::new(), Vec::new());
    for slot in &lexicon.slots {
        let part = draws.pick(&slot.parts);
        for (key, value) in &part.values {
            let quality = QUALITIES.iter().position(|quality| quality == key);
            vector.0[quality.expect("the lexicon's parts name known qualities")] = *value;
        }
        lines.push(format!("{}: {}", slot.slot, part.name));
        names.push(part.name.as_str());
    }
    let draft = Draft {
        source_type: "rule_prompt",
        language: "en",
        text: lines.join("\n"),
        vector,
        named: [true; 6],
        templates: Vec::new(),
    };
    (draft, names.join("+"))
}
