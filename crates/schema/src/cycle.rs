//! One improvement cycle as a state machine: which step is done for which input hashes.
//!
//! A cycle resumes by being run again: each step asks [`Cycle::ask`] with the hashes of what it
//! is about to read, and is carried out only when the answer is not [`Ask::Done`].

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::comparison::Verdict;
use crate::decision::Outcome;

/// Version of the layout of [`Cycle`].
pub const CYCLE_FORMAT: u32 = 1;

/// Name → SHA-256 of what a step read or wrote.
pub type Hashes = BTreeMap<String, String>;

/// In the order in which a cycle goes through them; `Promoted` and `RolledBack` exclude each
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CycleState {
    Planned,
    DataBuilt,
    Trained,
    Evaluated,
    Decided,
    /// The candidate is the champion.
    Promoted,
    /// The champion of before is the champion.
    RolledBack,
    Evidenced,
}

impl CycleState {
    /// Place in the order; the two ways out share one.
    fn place(self) -> usize {
        match self {
            Self::Planned => 0,
            Self::DataBuilt => 1,
            Self::Trained => 2,
            Self::Evaluated => 3,
            Self::Decided => 4,
            Self::Promoted | Self::RolledBack => 5,
            Self::Evidenced => 6,
        }
    }
}

impl fmt::Display for CycleState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Planned => "planned",
            Self::DataBuilt => "data_built",
            Self::Trained => "trained",
            Self::Evaluated => "evaluated",
            Self::Decided => "decided",
            Self::Promoted => "promoted",
            Self::RolledBack => "rolled_back",
            Self::Evidenced => "evidenced",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    pub format_version: u32,
    pub task: String,
    /// From 1.
    pub number: u32,
    /// In the order of the states; each one done.
    pub steps: Vec<CycleStep>,
}

/// A step that was carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CycleStep {
    pub state: CycleState,
    pub inputs: Hashes,
    pub outputs: Hashes,
    /// Of `decided` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<CycleDecision>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CycleDecision {
    pub outcome: Outcome,
    pub verdict: Verdict,
}

/// Whether a step is done already.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask<'a> {
    /// With exactly these inputs; its outputs.
    Done(&'a Hashes),
    /// Not yet.
    Missing,
    /// With other inputs: it has to be done again, and all that followed from it too.
    Stale { changed: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CycleError {
    #[error("the cycle can't be {found} yet: it has to be {missing} first")]
    TooEarly {
        found: CycleState,
        missing: CycleState,
    },
    #[error("the decision is {outcome}, so the cycle can't be {found}")]
    AgainstTheDecision { outcome: Outcome, found: CycleState },
    #[error("the step '{0}' has to say what was decided")]
    NoDecision(CycleState),
    #[error("the step '{0}' carries a decision; only 'decided' does")]
    StrayDecision(CycleState),
    #[error("the step '{state}' names no {what}; every step records the hashes of both")]
    NoHashes {
        state: CycleState,
        what: &'static str,
    },
    #[error("'{hash}' of '{name}' in the step '{state}' is no SHA-256 (64 hex digits)")]
    NoSha256 {
        state: CycleState,
        name: String,
        hash: String,
    },
    #[error(
        "the cycle has format {0}, this gradus reads format {CYCLE_FORMAT}; start the cycle anew"
    )]
    OtherFormat(u32),
}

impl Cycle {
    pub fn new(task: impl Into<String>, number: u32) -> Self {
        Self {
            format_version: CYCLE_FORMAT,
            task: task.into(),
            number,
            steps: Vec::new(),
        }
    }

    /// The last state that was reached; `None` before the first.
    pub fn state(&self) -> Option<CycleState> {
        self.steps.last().map(|step| step.state)
    }

    /// What comes next; `None` when the cycle is complete.
    pub fn next(&self) -> Option<CycleState> {
        match self.state() {
            None => Some(CycleState::Planned),
            Some(CycleState::Planned) => Some(CycleState::DataBuilt),
            Some(CycleState::DataBuilt) => Some(CycleState::Trained),
            Some(CycleState::Trained) => Some(CycleState::Evaluated),
            Some(CycleState::Evaluated) => Some(CycleState::Decided),
            Some(CycleState::Decided) => Some(self.way_out()),
            Some(CycleState::Promoted | CycleState::RolledBack) => Some(CycleState::Evidenced),
            Some(CycleState::Evidenced) => None,
        }
    }

    pub fn step(&self, state: CycleState) -> Option<&CycleStep> {
        self.steps.iter().find(|step| step.state == state)
    }

    pub fn decision(&self) -> Option<CycleDecision> {
        self.step(CycleState::Decided)?.decision
    }

    /// Whether a step is done for these inputs.
    pub fn ask(&self, state: CycleState, inputs: &Hashes) -> Ask<'_> {
        let Some(step) = self.step(state) else {
            return Ask::Missing;
        };
        let names = step.inputs.keys().chain(inputs.keys());
        let mut changed: Vec<String> = names
            .filter(|name| step.inputs.get(*name) != inputs.get(*name))
            .cloned()
            .collect();
        changed.sort();
        changed.dedup();
        if changed.is_empty() {
            Ask::Done(&step.outputs)
        } else {
            Ask::Stale { changed }
        }
    }

    /// Records a step that was carried out. Whatever was done after it before is dropped: it
    /// followed from something else.
    ///
    /// # Errors
    /// A step before its time or against the decision, one without hashes.
    pub fn record(&mut self, step: CycleStep) -> Result<(), CycleError> {
        check_step(&step)?;
        let place = step.state.place();
        let kept: Vec<CycleStep> = self
            .steps
            .iter()
            .filter(|earlier| earlier.state.place() < place)
            .cloned()
            .collect();
        let before = Self {
            steps: kept,
            ..self.clone()
        };
        match before.next() {
            Some(expected) if expected == step.state => {}
            Some(expected) if expected.place() == place => {
                let outcome = before.decision().map_or(Outcome::Hold, |it| it.outcome);
                let found = step.state;
                return Err(CycleError::AgainstTheDecision { outcome, found });
            }
            Some(missing) => {
                let found = step.state;
                return Err(CycleError::TooEarly { found, missing });
            }
            None => unreachable!("steps before {place} never include the last one"),
        }
        *self = before;
        self.steps.push(step);
        Ok(())
    }

    /// Checks a cycle that was read from a file.
    ///
    /// # Errors
    /// Another format version, or steps that [`Self::record`] would have refused.
    pub fn check(&self) -> Result<(), CycleError> {
        if self.format_version != CYCLE_FORMAT {
            return Err(CycleError::OtherFormat(self.format_version));
        }
        let mut replayed = Self::new(self.task.clone(), self.number);
        for step in &self.steps {
            replayed.record(step.clone())?;
            if replayed.state() != Some(step.state) || replayed.steps.len() <= step.state.place() {
                let missing = replayed.next().unwrap_or(CycleState::Evidenced);
                return Err(CycleError::TooEarly {
                    found: step.state,
                    missing,
                });
            }
        }
        Ok(())
    }

    /// Whether it reached a decision, with the hashes of all that led to it.
    pub fn is_decided(&self) -> bool {
        self.check().is_ok() && self.decision().is_some()
    }

    fn way_out(&self) -> CycleState {
        match self.decision() {
            Some(CycleDecision {
                outcome: Outcome::Promote,
                ..
            }) => CycleState::Promoted,
            _ => CycleState::RolledBack,
        }
    }
}

fn check_step(step: &CycleStep) -> Result<(), CycleError> {
    let state = step.state;
    match (&step.decision, state) {
        (None, CycleState::Decided) => return Err(CycleError::NoDecision(state)),
        (Some(_), other) if other != CycleState::Decided => {
            return Err(CycleError::StrayDecision(state));
        }
        _ => {}
    }
    for (what, hashes) in [("inputs", &step.inputs), ("outputs", &step.outputs)] {
        if hashes.is_empty() {
            return Err(CycleError::NoHashes { state, what });
        }
        for (name, hash) in hashes {
            if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(CycleError::NoSha256 {
                    state,
                    name: name.clone(),
                    hash: hash.clone(),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: [CycleState; 7] = [
        CycleState::Planned,
        CycleState::DataBuilt,
        CycleState::Trained,
        CycleState::Evaluated,
        CycleState::Decided,
        CycleState::Promoted,
        CycleState::Evidenced,
    ];

    fn hashes(name: &str, digit: char) -> Hashes {
        Hashes::from([(name.to_owned(), digit.to_string().repeat(64))])
    }

    fn step(state: CycleState, outcome: Outcome) -> CycleStep {
        let decision = CycleDecision {
            outcome,
            verdict: Verdict::Better,
        };
        CycleStep {
            state,
            inputs: hashes("input", 'a'),
            outputs: hashes("output", 'b'),
            decision: (state == CycleState::Decided).then_some(decision),
        }
    }

    fn complete() -> Cycle {
        let mut cycle = Cycle::new("t", 1);
        for state in PATH {
            assert_eq!(cycle.next(), Some(state));
            cycle.record(step(state, Outcome::Promote)).unwrap();
        }
        cycle
    }

    #[test]
    fn a_cycle_goes_its_way_and_survives_text() {
        let cycle = complete();
        assert_eq!((cycle.next(), cycle.is_decided()), (None, true));
        let text = serde_json::to_string(&cycle).unwrap();
        let read: Cycle = serde_json::from_str(&text).unwrap();
        assert_eq!(read, cycle);
        assert_eq!(read.check(), Ok(()));
    }

    #[test]
    fn a_step_is_done_only_for_its_inputs_and_doing_it_again_drops_what_followed() {
        let mut cycle = complete();
        let same = hashes("input", 'a');
        assert_eq!(
            cycle.ask(CycleState::Trained, &same),
            Ask::Done(&hashes("output", 'b'))
        );
        let mut other = hashes("input", 'c');
        other.insert("more".into(), "d".repeat(64));
        let changed = vec!["input".to_owned(), "more".to_owned()];
        assert_eq!(
            cycle.ask(CycleState::Trained, &other),
            Ask::Stale { changed }
        );
        let again = CycleStep {
            inputs: other,
            ..step(CycleState::Trained, Outcome::Promote)
        };
        cycle.record(again).unwrap();
        assert_eq!(cycle.state(), Some(CycleState::Trained));
        assert_eq!(cycle.ask(CycleState::Evaluated, &same), Ask::Missing);
        assert!(!cycle.is_decided());
    }

    #[test]
    fn what_is_out_of_order_or_against_the_decision_is_refused() {
        let mut cycle = Cycle::new("t", 1);
        let early = cycle.record(step(CycleState::Trained, Outcome::Hold));
        assert!(
            early
                .unwrap_err()
                .to_string()
                .contains("has to be planned first")
        );
        for state in &PATH[..5] {
            cycle.record(step(*state, Outcome::Hold)).unwrap();
        }
        assert_eq!(cycle.next(), Some(CycleState::RolledBack));
        let against = cycle.record(step(CycleState::Promoted, Outcome::Hold));
        assert!(
            against
                .unwrap_err()
                .to_string()
                .contains("the decision is hold")
        );
        cycle
            .record(step(CycleState::RolledBack, Outcome::Hold))
            .unwrap();
    }

    #[test]
    fn a_step_needs_real_hashes_and_a_decision_where_it_belongs() {
        let mut cycle = Cycle::new("t", 1);
        let mut bad = step(CycleState::Planned, Outcome::Hold);
        bad.outputs = Hashes::from([("x".into(), "null".into())]);
        assert!(
            cycle
                .record(bad.clone())
                .unwrap_err()
                .to_string()
                .contains("no SHA-256")
        );
        bad.outputs.clear();
        assert!(
            cycle
                .record(bad)
                .unwrap_err()
                .to_string()
                .contains("names no outputs")
        );
        let mut forged = complete();
        forged.steps.remove(2);
        assert!(forged.check().is_err() && !forged.is_decided());
        forged.steps.clear();
        forged.format_version = 9;
        assert_eq!(forged.check(), Err(CycleError::OtherFormat(9)));
    }
}
