//! Rules about how to train, from the log of the last training. They come last: a value that the
//! data never taught is not found by another learning rate.

use gradus_schema::plan::{ActionKind, Change, KeyChange};
use gradus_schema::task::Direction;
use gradus_schema::{PrimaryScore, Recipe};
use serde_json::json;

use super::{
    Facts, Proposal, confrontations, expectation_from, key, no_worse, not_worse, round_to,
};
use crate::plan::expect::realised_share;
use crate::plan::training_log::{TrainingLog, TrainingPoint};

/// Share of the last step's gain that half as much training again is expected to bring.
const MORE_TRAINING_SHARE: f64 = 0.5;
/// Relative gain expected of a change of capacity or regularisation.
const CAPACITY_SHARE: f64 = 0.05;
/// Change between two evaluations that counts as movement, relative.
const MOVEMENT: f64 = 0.02;
const MAX_RANK: usize = 64;

pub(super) fn propose(facts: &Facts<'_>) -> Vec<Proposal> {
    let (Some(recipe), Some(log)) = (facts.input.recipe, facts.input.training) else {
        return Vec::new();
    };
    let rules = [
        lower_learning_rate,
        regularise,
        train_longer,
        double_the_rank,
    ];
    rules
        .iter()
        .filter_map(|rule| rule(facts, recipe, log))
        .collect()
}

/// Hyperparameters: the loss grew.
fn lower_learning_rate(facts: &Facts<'_>, recipe: &Recipe, log: &TrainingLog) -> Option<Proposal> {
    let losses: Vec<f64> = log
        .points
        .iter()
        .filter_map(|point| point.eval_loss)
        .collect();
    let (first, last) = (*losses.first()?, *losses.last()?);
    let diverged = losses.len() >= 2 && last > first * 1.2;
    if !diverged {
        return None;
    }
    let to = recipe.learning_rate * 0.3;
    propose_change(
        facts,
        "lower_learning_rate",
        vec![key(
            "learning_rate",
            json!(recipe.learning_rate),
            json!(round_to(to, 3)),
        )],
        format!("the rate is too high: eval loss went from {first:.4} to {last:.4}"),
        CAPACITY_SHARE,
        "assumes 5 % of the score once training converges",
    )
}

/// Hyperparameters: the best point lies behind.
fn regularise(facts: &Facts<'_>, recipe: &Recipe, log: &TrainingLog) -> Option<Proposal> {
    let losses: Vec<f64> = log
        .points
        .iter()
        .filter_map(|point| point.eval_loss)
        .collect();
    let last = *losses.last()?;
    let lowest = losses.iter().copied().fold(f64::INFINITY, f64::min);
    let overfits = losses.len() >= 3 && last > lowest * 1.05 && last <= losses[0] * 1.2;
    let to = (recipe.lora_dropout + 0.05).min(0.3);
    if !overfits || to <= recipe.lora_dropout {
        return None;
    }
    propose_change(
        facts,
        "regularise",
        vec![key(
            "lora_dropout",
            json!(recipe.lora_dropout),
            json!(round_to(to, 3)),
        )],
        format!("training goes past its best point: eval loss {lowest:.4} rose to {last:.4}"),
        CAPACITY_SHARE,
        "assumes 5 % of the score",
    )
}

/// Hyperparameters: still improving when it stopped.
fn train_longer(facts: &Facts<'_>, recipe: &Recipe, log: &TrainingLog) -> Option<Proposal> {
    let (primary, _) = primary(facts)?;
    let [.., before, last] = log.points.as_slice() else {
        return None;
    };
    let falls = |value: fn(&TrainingPoint) -> Option<f64>| {
        Some(value(last)? < value(before)? * (1.0 - MOVEMENT))
    };
    if !falls(|point| point.eval_loss)? {
        return None;
    }
    let metric = &primary.metric;
    let (was, is) = (before.metrics.get(metric)?, last.metrics.get(metric)?);
    let gained = sign(primary.direction) * (is - was);
    if gained <= 0.0 {
        return None;
    }
    let change = match recipe.max_steps {
        Some(steps) => key("max_steps", json!(steps), json!(steps + steps.div_ceil(2))),
        None => {
            let to = round_to(recipe.num_train_epochs * 1.5, 3);
            key(
                "num_train_epochs",
                json!(recipe.num_train_epochs),
                json!(to),
            )
        }
    };
    let relative = gained * MORE_TRAINING_SHARE / is.abs().max(1e-9);
    propose_change(
        facts,
        "train_longer",
        vec![change],
        format!(
            "training stopped while it was still learning: between steps {} and {} {metric} went from {was:.4} to {is:.4} on dev",
            before.step, last.step
        ),
        relative.min(0.5),
        "half of the last gain on dev, relative to the score, carried over to this set",
    )
}

/// Hyperparameters: neither better nor worse, and room left.
fn double_the_rank(facts: &Facts<'_>, recipe: &Recipe, log: &TrainingLog) -> Option<Proposal> {
    let [.., before, last] = log.points.as_slice() else {
        return None;
    };
    let (was, is) = (before.eval_loss?, last.eval_loss?);
    let flat = (is / was - 1.0).abs() <= MOVEMENT;
    let fits_training_no_better = log.train_loss.is_some_and(|train| train >= is * 0.8);
    if !flat || !fits_training_no_better || recipe.lora_r * 2 > MAX_RANK {
        return None;
    }
    // Rank and alpha are one factor: their ratio, the adapter's scaling, stays.
    let alpha_factor = if recipe.use_rslora {
        std::f64::consts::SQRT_2
    } else {
        2.0
    };
    propose_change(
        facts,
        "double_the_rank",
        vec![
            key("lora_r", json!(recipe.lora_r), json!(recipe.lora_r * 2)),
            key(
                "lora_alpha",
                json!(recipe.lora_alpha),
                json!(recipe.lora_alpha * alpha_factor),
            ),
        ],
        format!(
            "the adapter is too small: eval loss stands at {is:.4} and training loss is no lower"
        ),
        CAPACITY_SHARE,
        "assumes 5 % of the score",
    )
}

fn propose_change(
    facts: &Facts<'_>,
    rule: &str,
    keys: Vec<KeyChange>,
    hypothesis: String,
    relative_gain: f64,
    basis: &str,
) -> Option<Proposal> {
    let (primary, base) = primary(facts)?;
    let base = base?;
    let share = realised_share(rule, &confrontations(facts)).unwrap_or(1.0);
    let gain = base.abs() * relative_gain * share;
    if gain <= 0.0 {
        return None;
    }
    Some(Proposal {
        rule: rule.to_owned(),
        kind: ActionKind::Hyperparameters,
        why: format!("{hypothesis}; everything else stays as it is"),
        hypothesis,
        change: Change::Recipe(keys),
        clusters: Vec::new(),
        rows: Vec::new(),
        expectation: expectation_from(
            Some(base),
            &primary.metric,
            primary.direction,
            gain,
            basis.to_owned(),
        ),
        gate: not_worse(&primary),
        rollback: no_worse(&primary),
        augmentation: None,
    })
}

/// The score to move and its value: the report's, else the last one on dev under a name that the
/// scripts of others use.
fn primary(facts: &Facts<'_>) -> Option<(PrimaryScore, Option<f64>)> {
    if let Some(report) = facts.input.report {
        let value = report.primary().and_then(|metric| metric.value);
        return Some((report.primary_score.clone(), value));
    }
    let last = &facts.input.training?.last;
    ["mae_penalised", "mae_raw", "eval_loss"]
        .iter()
        .find_map(|name| {
            let score = PrimaryScore {
                metric: (*name).to_owned(),
                ..PrimaryScore::default()
            };
            Some((score, Some(*last.get(*name)?)))
        })
}

fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Minimize => -1.0,
        Direction::Maximize => 1.0,
    }
}
