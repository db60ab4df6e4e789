//! Expected against observed: a plan's number is confronted with the next comparison.

use gradus_schema::Comparison;
use gradus_schema::comparison::PairedEffect;
use gradus_schema::gates::GateScope;
use gradus_schema::plan::{Action, Confrontation, Expectation, ExpectationState};

/// Whether the expectation of an action came true. `met` needs the whole interval of the observed
/// improvement at or above `at_least`, `missed` the whole interval below it; between the two
/// these rows cannot say.
pub fn confront(action: &Action, comparison: &Comparison) -> Confrontation {
    let expectation = &action.expectation;
    let mut result = Confrontation {
        rule: action.rule.clone(),
        expectation: expectation.clone(),
        state: ExpectationState::CannotSay,
        observed: None,
        observed_interval95: None,
        n: 0,
        text: String::new(),
    };
    if comparison.is_refused() {
        let reasons: Vec<&str> = comparison
            .refusals
            .iter()
            .map(|refusal| refusal.text.as_str())
            .collect();
        result.text = format!("the comparison was refused: {}", reasons.join("; "));
        return result;
    }
    let Some(effect) = effect_of(expectation, comparison) else {
        let (metric, scope) = (&expectation.metric, &expectation.scope);
        result.text = format!("the comparison has no {metric} ({scope})");
        return result;
    };
    let [low, high] = effect.improvement_interval95;
    let at_least = expectation.at_least;
    let (state, text) = if low >= at_least {
        (
            ExpectationState::Met,
            format!("the whole interval lies at or above {at_least:.4}"),
        )
    } else if high < at_least {
        (
            ExpectationState::Missed,
            format!(
                "the whole interval lies below {at_least:.4}: the hypothesis was wrong, or the change too small"
            ),
        )
    } else {
        (
            ExpectationState::CannotSay,
            format!(
                "the interval holds {at_least:.4}; {} rows are too few to tell",
                effect.n
            ),
        )
    };
    Confrontation {
        state,
        observed: Some(effect.improvement),
        observed_interval95: Some(effect.improvement_interval95),
        n: effect.n,
        text,
        ..result
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
    use crate::plan::testing::comparison;
    use gradus_schema::Verdict;
    use gradus_schema::comparison::{Refusal, RefusalCode};
    use gradus_schema::gates::{Gate, GateKind};
    use gradus_schema::plan::{ActionKind, ActionStatus, Change, Rollback};
    use gradus_schema::task::Direction;

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
        let mut other = action(0.1);
        other.expectation.metric = "strict_valid_rate".into();
        let fair = comparison(Verdict::Better, 0.3, [0.15, 0.45]);
        assert!(
            confront(&other, &fair)
                .text
                .contains("has no strict_valid_rate")
        );
    }
}
