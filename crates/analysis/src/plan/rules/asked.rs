//! What somebody asks for goes before what the rules propose: a hypothesis of one's own.

use gradus_schema::Recipe;
use gradus_schema::plan::{ActionKind, Change, KeyChange};
use serde_json::{Value, json};

use super::{Facts, Proposal, expectation, no_worse, not_worse};

pub(in crate::plan) const RULE: &str = "asked_for";
/// What is expected of a change about which nobody said what to expect.
const MOVEMENT: f64 = 0.05;

/// The keys in which two recipes differ, in the order of their names.
pub fn changed_keys(from: &Recipe, to: &Recipe) -> Vec<KeyChange> {
    let (Value::Object(before), Value::Object(after)) = (json!(from), json!(to)) else {
        return Vec::new();
    };
    let mut changes: Vec<KeyChange> = after
        .into_iter()
        .filter_map(|(key, to)| {
            let from = before.get(&key).cloned().unwrap_or(Value::Null);
            (from != to).then_some(KeyChange { key, from, to })
        })
        .collect();
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    changes
}

pub(super) fn propose(facts: &Facts<'_>) -> Option<Proposal> {
    let keys = facts.input.asked;
    let report = facts.input.report?;
    if keys.is_empty() {
        return None;
    }
    let primary = &report.primary_score;
    let value = report.primary()?.value?;
    let shown: Vec<String> = keys.iter().map(KeyChange::to_string).collect();
    Some(Proposal {
        rule: RULE.to_owned(),
        kind: ActionKind::Asked,
        hypothesis: format!("{} is better", shown.join(", ")),
        change: Change::Recipe(keys.to_vec()),
        why: "it was asked for on the command line".to_owned(),
        clusters: Vec::new(),
        rows: Vec::new(),
        expectation: expectation(
            report,
            &primary.metric,
            primary.direction,
            value.abs() * MOVEMENT,
            format!(
                "nobody said what to expect; {:.0} % of the present value is an assumption",
                MOVEMENT * 100.0
            ),
        ),
        gate: not_worse(primary),
        rollback: no_worse(primary),
        augmentation: None,
    })
}
