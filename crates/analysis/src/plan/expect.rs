//! Expected against observed: a plan's number is confronted with the next comparison.

use std::collections::BTreeMap;

use gradus_schema::comparison::PairedEffect;
use gradus_schema::gates::GateScope;
use gradus_schema::plan::{Action, Change, Confrontation, Expectation, ExpectationState};
use gradus_schema::task::Direction;
use gradus_schema::{Comparison, EvalRow};

use super::outcomes::counted;
use crate::stats::{RESAMPLES, paired_bootstrap};

/// Whether the expectation of an action came true. `met` needs the whole interval of the observed
/// improvement at or above `at_least`, `missed` the whole interval below it; between the two
/// these rows cannot say.
pub fn confront(action: &Action, comparison: &Comparison) -> Confrontation {
    let expectation = &action.expectation;
    let mut result = cannot_say(action);
    if comparison.is_refused() {
        let reasons: Vec<&str> = comparison
            .refusals
            .iter()
            .map(|refusal| refusal.text.as_str())
            .collect();
        result.text = format!("the comparison was refused: {}", reasons.join("; "));
        return result;
    }
    if matches!(action.change, Change::Evaluation(_)) {
        result.text =
            "a setting of the evaluation holds for both arms, so it can't show between them; confront two evaluations of one model".to_owned();
        return result;
    }
    let Some(effect) = effect_of(expectation, comparison) else {
        let (metric, scope) = (&expectation.metric, &expectation.scope);
        result.text = format!("the comparison has no {metric} ({scope})");
        return result;
    };
    judge(
        result,
        effect.improvement,
        effect.improvement_interval95,
        effect.n,
    )
}

fn cannot_say(action: &Action) -> Confrontation {
    Confrontation {
        rule: action.rule.clone(),
        expectation: action.expectation.clone(),
        state: ExpectationState::CannotSay,
        observed: None,
        observed_interval95: None,
        n: 0,
        text: String::new(),
    }
}

fn judge(
    undecided: Confrontation,
    improvement: f64,
    interval: [f64; 2],
    n: usize,
) -> Confrontation {
    let at_least = undecided.expectation.at_least;
    let (state, text) = if interval[0] >= at_least {
        let text = format!("the whole interval lies at or above {at_least:.4}");
        (ExpectationState::Met, text)
    } else if interval[1] < at_least {
        let text = format!(
            "the whole interval lies below {at_least:.4}: the hypothesis was wrong, or the change too small"
        );
        (ExpectationState::Missed, text)
    } else {
        let text = format!("the interval holds {at_least:.4}; {n} rows are too few to tell");
        (ExpectationState::CannotSay, text)
    };
    Confrontation {
        state,
        observed: Some(improvement),
        observed_interval95: Some(interval),
        n,
        text,
        ..undecided
    }
}

/// The same for a change of the evaluation itself: a comparison has one setting for both arms, so
/// such a change shows between two reports of one model on the same rows, before and after.
pub fn confront_evaluations(
    action: &Action,
    before: &[EvalRow],
    after: &[EvalRow],
    seed: u64,
) -> Confrontation {
    let expectation = &action.expectation;
    let later: BTreeMap<&str, &EvalRow> = after.iter().map(|row| (row.id.as_str(), row)).collect();
    let same_rows = before.len() == after.len()
        && before.iter().all(|row| {
            later
                .get(row.id.as_str())
                .is_some_and(|it| it.target == row.target)
        });
    let pairs: Vec<(f64, f64)> = before
        .iter()
        .filter_map(|row| {
            let now = value_of(row, &expectation.metric)?;
            Some((
                now,
                value_of(later.get(row.id.as_str())?, &expectation.metric)?,
            ))
        })
        .collect();
    let n = pairs.len();
    let (first, second): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let found = match same_rows {
        true => paired_bootstrap(&first, &second, RESAMPLES, seed),
        false => None,
    };
    let mut result = cannot_say(action);
    let Some(found) = found else {
        result.text = match same_rows {
            true => format!("{n} rows have values of {}", expectation.metric),
            false => "the two reports are not of the same rows".to_owned(),
        };
        return result;
    };
    let [low, high] = found.interval95;
    let (improvement, interval) = match expectation.direction {
        Direction::Minimize => (-found.mean, [-high, -low]),
        Direction::Maximize => (found.mean, [low, high]),
    };
    judge(result, improvement, interval, n)
}

/// The values of a row that expectations of an evaluation are about.
fn value_of(row: &EvalRow, metric: &str) -> Option<f64> {
    let answer = counted(row)?;
    match metric {
        "mae_penalised" => answer.mae_penalised,
        "strict_valid_rate" => Some(f64::from(answer.failure.is_none())),
        _ => None,
    }
}

/// Which share of the expected movement earlier plans of this rule really brought; `None` where
/// none was measured. A single lucky cycle never more than doubles a forecast.
pub fn realised_share(rule: &str, earlier: &[Confrontation]) -> Option<f64> {
    let shares: Vec<f64> = earlier
        .iter()
        .filter(|it| it.rule == rule && it.expectation.improvement > 0.0)
        .filter_map(|it| Some((it.observed? / it.expectation.improvement).clamp(0.1, 2.0)))
        .collect();
    crate::stats::median(&shares)
}

/// One table row for each confrontation.
pub fn confrontations_markdown(confrontations: &[Confrontation]) -> String {
    let mut text = String::from("## Expected against observed\n\n");
    if confrontations.is_empty() {
        text.push_str("No earlier plan left a number to confront.\n");
        return text;
    }
    text.push_str(
        "| rule | metric | expected | at least | observed | 95 % interval | n | state |\n",
    );
    text.push_str("|---|---|---:|---:|---:|---:|---:|---|\n");
    for it in confrontations {
        let (expectation, scope) = (&it.expectation, &it.expectation.scope);
        let observed = it
            .observed
            .map_or("–".into(), |value| format!("{value:+.4}"));
        let interval = it
            .observed_interval95
            .map_or("–".into(), |[low, high]| format!("{low:+.4}…{high:+.4}"));
        text.push_str(&format!(
            "| {} | {} ({scope}) | {:+.4} | {:+.4} | {observed} | {interval} | {} | {} |\n",
            it.rule,
            expectation.metric,
            expectation.improvement,
            expectation.at_least,
            it.n,
            it.state
        ));
    }
    text.push('\n');
    for it in confrontations {
        text.push_str(&format!("- {}: {}, {}.\n", it.rule, it.state, it.text));
    }
    text
}

fn effect_of<'a>(
    expectation: &Expectation,
    comparison: &'a Comparison,
) -> Option<&'a PairedEffect> {
    match &expectation.scope {
        GateScope::Overall if comparison.metric == expectation.metric => comparison
            .primary
            .as_ref()
            .or_else(|| comparison.effects.get(&expectation.metric)),
        GateScope::Overall => comparison.effects.get(&expectation.metric),
        // Strata are compared on the primary score only.
        GateScope::Stratum(name) if comparison.metric == expectation.metric => {
            comparison.strata.get(name).map(|stratum| &stratum.effect)
        }
        GateScope::Stratum(_) | GateScope::EveryStratum => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{comparison, row};
    use gradus_schema::Verdict;
    use gradus_schema::comparison::{Refusal, RefusalCode};
    use gradus_schema::gates::{Gate, GateKind};
    use gradus_schema::plan::{ActionKind, ActionStatus, Rollback};
    use serde_json::json;

    fn action(at_least: f64) -> Action {
        let gate = Gate {
            metric: "mae_penalised".into(),
            scope: GateScope::Overall,
            direction: Direction::Minimize,
            kind: GateKind::NonInferiority,
            threshold: 0.0,
            min_n: 20,
        };
        Action {
            rule: "more_epochs".into(),
            kind: ActionKind::Hyperparameters,
            status: ActionStatus::Now,
            change: Change::Recipe(Vec::new()),
            why: String::new(),
            clusters: Vec::new(),
            rows: Vec::new(),
            expectation: Expectation {
                metric: "mae_penalised".into(),
                scope: GateScope::Overall,
                direction: Direction::Minimize,
                base: Some(1.0),
                improvement: 0.2,
                at_least,
                basis: String::new(),
            },
            gate: gate.clone(),
            rollback: Rollback {
                unless: gate,
                text: String::new(),
            },
        }
    }

    #[test]
    fn the_interval_decides() {
        let fair = comparison(Verdict::Better, 0.3, [0.15, 0.45]);
        let state = |at_least| confront(&action(at_least), &fair).state;
        assert_eq!(state(0.1), ExpectationState::Met);
        assert_eq!(state(0.2), ExpectationState::CannotSay);
        assert_eq!(state(0.5), ExpectationState::Missed);
        let found = confront(&action(0.1), &fair);
        assert_eq!((found.observed, found.n), (Some(0.3), 50));
        let text = confrontations_markdown(std::slice::from_ref(&found));
        assert!(text.contains("| more_epochs | mae_penalised (overall) | +0.2000 | +0.1000 | +0.3000 | +0.1500…+0.4500 | 50 | met |"), "{text}");
        assert_eq!(
            realised_share("more_epochs", &[found]),
            Some(1.4999999999999998)
        );
        assert_eq!(realised_share("other", &[]), None);
    }

    #[test]
    fn what_was_not_measured_cannot_be_judged() {
        let mut refused = comparison(Verdict::Refused, 0.0, [0.0, 0.0]);
        refused.primary = None;
        refused.refusals = vec![Refusal {
            code: RefusalCode::PromptDiffers,
            text: "the prompts differ".into(),
            base: None,
            candidate: None,
        }];
        let found = confront(&action(0.1), &refused);
        assert_eq!(
            (found.state, found.observed),
            (ExpectationState::CannotSay, None)
        );
        assert!(found.text.contains("the prompts differ"));
        let mut setting = action(0.1);
        setting.change = Change::Evaluation(Vec::new());
        let fair = comparison(Verdict::Better, 0.3, [0.15, 0.45]);
        assert_eq!(confront(&setting, &fair).observed, None);
        let mut other = action(0.1);
        other.expectation.metric = "strict_valid_rate".into();
        assert!(
            confront(&other, &fair)
                .text
                .contains("has no strict_valid_rate")
        );
    }

    #[test]
    fn a_setting_is_confronted_between_two_evaluations_of_one_model() {
        let target = || json!({"energy": 5});
        let rows = |found: i64| -> Vec<EvalRow> {
            (0..30)
                .map(|id| {
                    row(
                        &format!("r{id}"),
                        "x",
                        target(),
                        Ok(json!({"energy": found + id % 2})),
                    )
                })
                .collect()
        };
        let found = confront_evaluations(&action(0.5), &rows(7), &rows(6), 1);
        assert_eq!(
            (found.state, found.observed),
            (ExpectationState::Met, Some(1.0))
        );
        let worse = confront_evaluations(&action(0.5), &rows(6), &rows(7), 1);
        assert_eq!(
            (worse.state, worse.observed),
            (ExpectationState::Missed, Some(-1.0))
        );
        let fewer = confront_evaluations(&action(0.5), &rows(7), &rows(6)[1..], 1);
        assert_eq!((fewer.state, fewer.n), (ExpectationState::CannotSay, 0));
    }
}
