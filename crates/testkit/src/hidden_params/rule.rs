//! Rule prompts: machine text with one line a slot, each a part and an amount.
//!
//! A slot sets its own qualities: `value = 5 + strength · (part − 5)`, rounded half away from
//! zero, with strength 1 (full), ½ (half), 0 (none) or −1 (opposite). The amount
//! stands before the slot, the part behind it, so that not even pairs of neighbouring words
//! bind the two.

use gradus_analysis::Draws;

use super::lexicon::{Amount, Lexicon, QUALITIES};
use super::request::choose;
use super::{Draft, Vector};

/// The draft and the combination of parts, by which splits are kept apart.
pub fn rule_prompt(draws: &mut Draws, lexicon: &Lexicon, frozen: bool) -> (Draft, String) {
    let mut vector = Vector([5; 6]);
    let (mut lines, mut names, mut templates) = (Vec::new(), Vec::new(), Vec::new());
    for slot in &lexicon.slots {
        let part = draws.pick(&slot.parts);
        let amount = weighted(draws, &lexicon.amounts);
        let word = choose(draws, &amount.words, &amount.frozen_words, frozen);
        for (key, value) in &part.values {
            let quality = QUALITIES.iter().position(|quality| quality == key);
            let quality = quality.expect("the lexicon's parts name known qualities");
            let distance = amount.strength * (f64::from(*value) - 5.0);
            vector.0[quality] = (5.0 + distance).round() as u8;
        }
        lines.push(format!("{word} {}: {}", slot.slot, part.name));
        names.push(part.name.as_str());
        templates.push(word.clone());
    }
    let draft = Draft {
        source_type: "rule_prompt",
        language: "en",
        text: lines.join("\n"),
        vector,
        named: [true; 6],
        templates,
    };
    (draft, names.join("+"))
}

fn weighted<'a>(draws: &mut Draws, amounts: &'a [Amount]) -> &'a Amount {
    let total: usize = amounts.iter().map(|amount| amount.weight).sum();
    let mut ticket = draws.index(total);
    for amount in amounts {
        if ticket < amount.weight {
            return amount;
        }
        ticket -= amount.weight;
    }
    unreachable!("a ticket lies below the sum of the weights")
}
