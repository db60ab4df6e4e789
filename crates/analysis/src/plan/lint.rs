//! Rules that do not go together, found before a plan is written. Two rules of the projects this
//! grew out of doubled `lora_alpha` by accident: one raised r and alpha, another took r back.

use gradus_schema::plan::{Conflict, ConflictCode, KeyChange};
use gradus_schema::{Recipe, nearest};
use serde_json::Value;

/// What one rule wants to change in a recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    pub rule: String,
    pub keys: Vec<KeyChange>,
    /// The rule means to change the adapter's scaling, alpha over r.
    pub means_scaling: bool,
}

/// The conflicts of these patches, in the order in which they have a say: where two clash, the
/// earlier one stands. `dropped` holds the rules that may not be carried out.
pub fn lint(recipe: &Recipe, patches: &[Patch]) -> (Vec<Conflict>, Vec<String>) {
    let (mut conflicts, mut dropped) = (Vec::new(), Vec::new());
    for (index, patch) in patches.iter().enumerate() {
        let before = conflicts.len();
        alone(recipe, patch, &mut conflicts);
        let earlier = patches[..index]
            .iter()
            .filter(|earlier| !dropped.contains(&earlier.rule));
        for other in earlier {
            between(other, patch, &mut conflicts);
        }
        if conflicts.len() > before {
            dropped.push(patch.rule.clone());
        }
    }
    together(recipe, patches, &mut conflicts);
    (conflicts, dropped)
}

/// The recipe with a patch carried out.
///
/// # Errors
/// What the recipe says about it.
pub fn patched(recipe: &Recipe, keys: &[KeyChange]) -> Result<Recipe, String> {
    let mut next = recipe.clone();
    for change in keys {
        next.set(&format!("{}={}", change.key, change.to))
            .map_err(|error| error.to_string())?;
    }
    next.validate().map_err(|error| error.to_string())?;
    Ok(next)
}

/// `lora_alpha / lora_r`, or over its square root with rank-stabilised scaling.
pub fn scaling(recipe: &Recipe) -> f64 {
    let rank = recipe.lora_r as f64;
    let rank = if recipe.use_rslora { rank.sqrt() } else { rank };
    recipe.lora_alpha / rank
}

fn alone(recipe: &Recipe, patch: &Patch, conflicts: &mut Vec<Conflict>) {
    let fields = fields_of(recipe);
    let mut complain = |code, text: String| {
        conflicts.push(Conflict {
            code,
            rules: vec![patch.rule.clone()],
            text,
            resolution: format!("{} is not carried out", patch.rule),
        });
    };
    for change in &patch.keys {
        let key = change.key.as_str();
        let Some(now) = fields.get(key) else {
            let hint = nearest::did_you_mean(key, fields.keys().map(String::as_str));
            complain(
                ConflictCode::UnknownKey,
                format!("no recipe has a key '{key}'{hint}"),
            );
            return;
        };
        if !same(now, &change.from) {
            let text = format!("{change} starts from {}, the recipe has {now}", change.from);
            complain(ConflictCode::StaleFrom, text);
            return;
        }
        if same(&change.from, &change.to) {
            complain(ConflictCode::NoChange, format!("{change} changes nothing"));
            return;
        }
    }
    match patched(recipe, &patch.keys) {
        Err(problem) => complain(ConflictCode::InvalidRecipe, problem),
        Ok(next) if !patch.means_scaling && moved(recipe, &next) => {
            complain(ConflictCode::ScalingMoves, scaling_text(recipe, &next));
        }
        Ok(_) => {}
    }
}

fn between(first: &Patch, second: &Patch, conflicts: &mut Vec<Conflict>) {
    let mut complain = |code, text: String| {
        conflicts.push(Conflict {
            code,
            rules: vec![first.rule.clone(), second.rule.clone()],
            text,
            resolution: format!("{} stands, {} is not carried out", first.rule, second.rule),
        });
    };
    for change in &second.keys {
        let clash = first
            .keys
            .iter()
            .find(|other| other.key == change.key && !same(&other.to, &change.to));
        if let Some(other) = clash {
            let text = format!("{other} against {change}");
            complain(ConflictCode::SameKey, text);
            return;
        }
    }
    if strength(first) * strength(second) < 0 {
        let text = format!(
            "{} trains {}, {} trains {}; together they cancel out",
            first.rule,
            strength_word(first),
            second.rule,
            strength_word(second)
        );
        complain(ConflictCode::OpposedStrength, text);
    }
}

/// What no pair shows: several patches applied one after the other, the last value winning, as a
/// rule engine would.
fn together(recipe: &Recipe, patches: &[Patch], conflicts: &mut Vec<Conflict>) {
    if patches.len() < 2 || patches.iter().any(|patch| patch.means_scaling) {
        return;
    }
    let already = conflicts
        .iter()
        .any(|conflict| conflict.code == ConflictCode::ScalingMoves);
    let keys: Vec<KeyChange> = patches
        .iter()
        .flat_map(|patch| patch.keys.clone())
        .collect();
    if let (false, Ok(next)) = (already, patched(recipe, &keys))
        && moved(recipe, &next)
    {
        conflicts.push(Conflict {
            code: ConflictCode::ScalingMoves,
            rules: patches.iter().map(|patch| patch.rule.clone()).collect(),
            text: format!("one after the other, {}", scaling_text(recipe, &next)),
            resolution: "one rule at a time".to_owned(),
        });
    }
}

fn moved(before: &Recipe, after: &Recipe) -> bool {
    (scaling(after) / scaling(before) - 1.0).abs() > 1e-6
}

fn scaling_text(before: &Recipe, after: &Recipe) -> String {
    format!(
        "lora_alpha {} → {} with lora_r {} → {} moves the adapter's scaling from {} to {}, and no rule asks for that",
        before.lora_alpha,
        after.lora_alpha,
        before.lora_r,
        after.lora_r,
        scaling(before),
        scaling(after)
    )
}

/// Above 0: trains harder (more steps, higher rate); below 0: softer.
fn strength(patch: &Patch) -> i32 {
    patch
        .keys
        .iter()
        .filter(|change| {
            matches!(
                change.key.as_str(),
                "learning_rate" | "num_train_epochs" | "max_steps"
            )
        })
        .filter_map(|change| Some((change.from.as_f64()?, change.to.as_f64()?)))
        .map(|(from, to)| if to > from { 1 } else { -1 })
        .sum()
}

fn strength_word(patch: &Patch) -> &'static str {
    if strength(patch) > 0 {
        "harder"
    } else {
        "softer"
    }
}

fn fields_of(recipe: &Recipe) -> serde_json::Map<String, Value> {
    match serde_json::to_value(recipe) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}

/// 16 and 16.0 are one value.
fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * a.abs().max(b.abs()),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::recipe;
    use serde_json::json;

    fn patch(rule: &str, keys: &[(&str, Value, Value)]) -> Patch {
        let keys = keys.iter().map(|(key, from, to)| KeyChange {
            key: (*key).to_owned(),
            from: from.clone(),
            to: to.clone(),
        });
        Patch {
            rule: rule.to_owned(),
            keys: keys.collect(),
            means_scaling: false,
        }
    }

    fn codes(patches: &[Patch]) -> Vec<ConflictCode> {
        let (conflicts, _) = lint(&recipe(), patches);
        conflicts.iter().map(|conflict| conflict.code).collect()
    }

    /// The originals' rules R2 (quality: r 16 → 32, alpha = 2r) and R4 (latency: r back to 16),
    /// whose outcome was r 16 with alpha 64.
    #[test]
    fn the_accidental_doubling_of_the_scaling_is_found() {
        let r2 = patch(
            "R2",
            &[
                ("lora_r", json!(16), json!(32)),
                ("lora_alpha", json!(32), json!(64)),
            ],
        );
        let mut r4 = patch("R4", &[("lora_r", json!(16), json!(16))]);
        let (conflicts, dropped) = lint(&recipe(), &[r2.clone(), r4.clone()]);
        let text: Vec<&str> = conflicts.iter().map(|it| it.text.as_str()).collect();
        assert!(
            text.iter()
                .any(|text| text.contains("lora_r 16 → 16") && text.contains("from 2 to 4")),
            "{text:?}"
        );
        assert_eq!(dropped, ["R4"]);
        r4.keys[0].to = json!(8);
        assert!(codes(&[r2.clone(), r4]).contains(&ConflictCode::SameKey));
        assert!(codes(&[r2]).is_empty());
        let half = patch("half", &[("lora_alpha", json!(32), json!(64))]);
        assert_eq!(codes(&[half]), [ConflictCode::ScalingMoves]);
    }

    /// The originals' R1: a lower rate and one more epoch.
    #[test]
    fn harder_against_softer_is_named() {
        let softer = patch("softer", &[("learning_rate", json!(1e-3), json!(6e-4))]);
        let harder = patch("harder", &[("num_train_epochs", json!(3), json!(4))]);
        assert_eq!(codes(&[softer, harder]), [ConflictCode::OpposedStrength]);
    }

    #[test]
    fn patches_that_fit_no_recipe_are_refused() {
        let unknown = patch("u", &[("learnig_rate", json!(1), json!(2))]);
        let (conflicts, _) = lint(&recipe(), &[unknown]);
        assert!(conflicts[0].text.contains("did you mean 'learning_rate'"));
        let stale = patch("s", &[("lora_r", json!(8), json!(16))]);
        assert_eq!(codes(&[stale]), [ConflictCode::StaleFrom]);
        let idle = patch("n", &[("lora_r", json!(16), json!(16.0))]);
        assert_eq!(codes(&[idle]), [ConflictCode::NoChange]);
        let invalid = patch("i", &[("lora_dropout", json!(0.0), json!(1.5))]);
        assert_eq!(codes(&[invalid]), [ConflictCode::InvalidRecipe]);
    }
}
