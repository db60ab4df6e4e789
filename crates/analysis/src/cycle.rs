//! What a loop of cycles achieved: how many reached a decision, and what each one changed.

use gradus_schema::comparison::PairedEffect;
use gradus_schema::loop_summary::{DeltaReference, ImprovementDelta, LoopCompletion};
use gradus_schema::{Comparison, Cycle, Verdict};

/// The delta of a metric out of a comparison whose base is the reference. A refused comparison
/// has none: two failed runs never show a delta of 0.
pub fn auto_improvement_delta(
    comparison: &Comparison,
    metric: &str,
    reference: DeltaReference,
) -> ImprovementDelta {
    let effect = match comparison.is_refused() {
        true => Err(refusals(comparison)),
        false => effect_of(comparison, metric)
            .ok_or_else(|| format!("the comparison has no paired values of {metric}")),
    };
    let (effect, undefined_because) = match effect {
        Ok(effect) => (Some(effect), None),
        Err(reason) => (None, Some(reason)),
    };
    ImprovementDelta {
        metric: metric.to_owned(),
        reference,
        delta: effect.map(|it| it.difference),
        improvement: effect.map(|it| it.improvement),
        improvement_interval95: effect.map(|it| it.improvement_interval95),
        n: effect.map_or(0, |it| it.n),
        undefined_because,
    }
}

/// `loop_completion_rate` with its denominators. Cycles beyond the plan count as planned too, so
/// that the rate stays within 1.
pub fn loop_completion(cycles: &[Cycle], planned: usize) -> LoopCompletion {
    let planned = planned.max(cycles.len());
    let decided: Vec<&Cycle> = cycles.iter().filter(|cycle| cycle.is_decided()).collect();
    let is_better = |cycle: &&&Cycle| {
        cycle
            .decision()
            .is_some_and(|it| it.verdict == Verdict::Better)
    };
    let improved = decided.iter().filter(is_better).count();
    let rate = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    LoopCompletion {
        planned,
        started: cycles.len(),
        decided: decided.len(),
        improved,
        loop_completion_rate: rate(decided.len(), planned),
        improved_rate: rate(improved, decided.len()),
    }
}

fn effect_of<'a>(comparison: &'a Comparison, metric: &str) -> Option<&'a PairedEffect> {
    let primary = comparison
        .primary
        .as_ref()
        .filter(|_| comparison.metric == metric);
    primary.or_else(|| comparison.effects.get(metric))
}

fn refusals(comparison: &Comparison) -> String {
    let codes: Vec<String> = comparison
        .refusals
        .iter()
        .map(|refusal| refusal.code.to_string())
        .collect();
    format!("the comparison was refused: {}", codes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::comparison;
    use gradus_schema::cycle::{CycleDecision, CycleState, CycleStep, Hashes};
    use gradus_schema::decision::Outcome;

    #[test]
    fn a_refused_comparison_has_no_delta() {
        let fair = comparison(Verdict::Better, 0.3, [0.1, 0.5]);
        let found = auto_improvement_delta(&fair, "mae_penalised", DeltaReference::PreviousCycle);
        assert_eq!(
            (found.delta, found.improvement, found.n),
            (Some(-0.3), Some(0.3), 50)
        );
        let missing = auto_improvement_delta(&fair, "r2", DeltaReference::Baseline);
        assert_eq!((missing.delta, missing.n), (None, 0));
        let refused = comparison(Verdict::Refused, 0.0, [0.0, 0.0]);
        let found = auto_improvement_delta(&refused, "mae_penalised", DeltaReference::Baseline);
        assert_eq!(found.delta, None);
        assert!(found.undefined_because.is_some());
    }

    fn cycle(number: u32, until: usize, verdict: Verdict) -> Cycle {
        use CycleState::{DataBuilt, Decided, Evaluated, Planned, Trained};
        let hash = |name: &str| Hashes::from([(name.to_owned(), "a".repeat(64))]);
        let mut cycle = Cycle::new("t", number);
        for state in [Planned, DataBuilt, Trained, Evaluated, Decided]
            .into_iter()
            .take(until)
        {
            let decision = CycleDecision {
                outcome: Outcome::Hold,
                verdict,
            };
            let step = CycleStep {
                state,
                inputs: hash("in"),
                outputs: hash("out"),
                decision: (state == Decided).then_some(decision),
            };
            cycle.record(step).unwrap();
        }
        cycle
    }

    #[test]
    fn only_decided_cycles_complete_a_loop() {
        let cycles = [
            cycle(1, 5, Verdict::Better),
            cycle(2, 5, Verdict::Inconclusive),
            cycle(3, 3, Verdict::Better),
        ];
        let found = loop_completion(&cycles, 4);
        assert_eq!((found.started, found.decided, found.improved), (3, 2, 1));
        assert_eq!(found.loop_completion_rate, Some(0.5));
        assert_eq!(found.improved_rate, Some(0.5));
        assert_eq!(loop_completion(&[], 0).loop_completion_rate, None);
        assert_eq!(loop_completion(&[], 2).loop_completion_rate, Some(0.0));
        // A folder made by hand that claims a decision without its steps does not count.
        let mut forged = cycle(4, 5, Verdict::Better);
        forged.steps.drain(..4);
        assert_eq!(loop_completion(&[forged], 1).decided, 0);
    }
}
