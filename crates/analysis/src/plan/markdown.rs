//! A plan as a page to read: what is known, what failed, what is done and what is expected of it.

use std::fmt::Write as _;

use gradus_schema::decision::GateState;
use gradus_schema::plan::{Action, ActionStatus, Cluster, Plan};

const ROWS_SHOWN: usize = 12;
const DOMINANT: usize = 3;

/// The whole page.
pub fn plan_markdown(plan: &Plan) -> String {
    let mut text = format!("# Plan for {}\n\n", plan.task);
    text.push_str(&summary(plan));
    pinned(&mut text, plan);
    gates(&mut text, plan);
    scoreboard(&mut text, plan);
    clusters(&mut text, plan);
    actions(&mut text, plan);
    list(
        &mut text,
        "Withheld",
        plan.withheld
            .iter()
            .map(|it| format!("`{}`: {}", it.rule, it.reason)),
    );
    list(
        &mut text,
        "Conflicts",
        plan.conflicts
            .iter()
            .map(|it| format!("{}: {} ({})", it.rules.join(", "), it.text, it.resolution)),
    );
    list(&mut text, "Notes", plan.notes.iter().cloned());
    list(
        &mut text,
        "Read",
        plan.inputs
            .iter()
            .map(|(file, hash)| format!("`{file}` {}", hash.get(..12).unwrap_or(hash))),
    );
    text
}

/// One paragraph: the hypothesis and the one change, or why there is none.
fn summary(plan: &Plan) -> String {
    match (plan.action_now(), &plan.hypothesis) {
        (Some(action), Some(hypothesis)) => format!(
            "**Hypothesis.** {hypothesis}.\n\n**The one change.** {}. Expected: {} moves by {:+.4} for the better; below {:+.4} the hypothesis counts as wrong.\n\n",
            action.change,
            action.expectation.metric,
            action.expectation.improvement,
            action.expectation.at_least
        ),
        _ => "Nothing is changed: no rule has evidence for a change, or what it proposed was withheld.\n\n".to_owned(),
    }
}

fn pinned(text: &mut String, plan: &Plan) {
    let pinned = &plan.pinned;
    text.push_str("## Pinned comparison set\n\n");
    let split = pinned
        .split
        .map_or("unknown split".to_owned(), |it| it.to_string());
    let short = |hash: &Option<String>| {
        let hash = hash.as_deref().unwrap_or("unknown");
        hash.get(..12).unwrap_or(hash).to_owned()
    };
    line(
        text,
        format!(
            "{} rows of {split}; data {}, prompt {}, contract {}; model `{}`.",
            pinned.rows,
            short(&pinned.data_sha256),
            short(&pinned.prompt_sha256),
            short(&pinned.contract_sha256),
            pinned.model
        ),
    );
    for other in &pinned.comparable {
        let primary = number(other.primary);
        line(
            text,
            format!(
                "- comparable: {} ({}), primary {primary}",
                other.name, other.model
            ),
        );
    }
    for other in &pinned.excluded {
        line(
            text,
            format!("- left out: {}, {}", other.name, other.reason),
        );
    }
    text.push('\n');
}

fn gates(text: &mut String, plan: &Plan) {
    text.push_str("## Gates\n\n| gate | value | n | state |\n|---|---:|---:|---|\n");
    for gate in &plan.gates {
        let state = match gate.state {
            GateState::Passed => "passed".to_owned(),
            GateState::Failed => "**failed**".to_owned(),
            GateState::Undecided => format!("undecided: {}", gate.text),
        };
        line(
            text,
            format!(
                "| {}: {} | {} | {} | {state} |",
                gate.stage,
                gate.gate,
                number(gate.value),
                gate.n
            ),
        );
    }
    text.push('\n');
}

fn scoreboard(text: &mut String, plan: &Plan) {
    if plan.scoreboard.is_empty() {
        return;
    }
    text.push_str("## Scoreboard\n\n| metric | value | n |\n|---|---:|---:|\n");
    for score in &plan.scoreboard {
        line(
            text,
            format!(
                "| {} | {} | {}/{} |",
                score.metric,
                number(score.value),
                score.n,
                score.n_total
            ),
        );
    }
    text.push('\n');
}

fn clusters(text: &mut String, plan: &Plan) {
    let counts = &plan.counts;
    text.push_str("## Failures\n\n");
    line(
        text,
        format!(
            "{} rows: {} without an answer of the model, {} with a broken form, {} with a value off by more than {:.0} % of the scale, {} sound.\n",
            counts.rows,
            counts.transport,
            counts.format,
            counts.value,
            counts.value_tolerance * 100.0,
            counts.sound
        ),
    );
    if plan.clusters.is_empty() {
        text.push_str("No cluster.\n\n");
        return;
    }
    text.push_str("| cluster | family | what | where | failing / matching | lift | mean error | share of error |\n|---|---|---|---|---:|---:|---:|---:|\n");
    for cluster in &plan.clusters {
        line(text, cluster_row(cluster));
    }
    text.push('\n');
    for cluster in plan.clusters.iter().take(DOMINANT) {
        let shown: Vec<&str> = cluster
            .rows
            .iter()
            .take(ROWS_SHOWN)
            .map(String::as_str)
            .collect();
        let more = cluster.rows.len() - shown.len();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        line(
            text,
            format!("- {}: {}{more}", cluster.id, shown.join(", ")),
        );
    }
    text.push('\n');
}

fn cluster_row(cluster: &Cluster) -> String {
    let conditions: Vec<String> = cluster.conditions.iter().map(ToString::to_string).collect();
    let place = if conditions.is_empty() {
        "everywhere".to_owned()
    } else {
        conditions.join(" and ")
    };
    let direction = cluster
        .mean_signed_error
        .map_or(String::new(), |it| format!(" ({it:+.2})"));
    format!(
        "| {} | {} | {} | {} | {} / {} | {} | {}{direction} | {:.0} % |",
        cluster.id,
        cluster.family,
        cell(&cluster.what),
        cell(&place),
        cluster.n,
        cluster.n_matching,
        cluster
            .lift
            .map_or("–".to_owned(), |lift| format!("{lift:.1}")),
        cluster
            .mean_error
            .map_or("–".to_owned(), |it| format!("{it:.2}")),
        cluster.share_of_error * 100.0
    )
}

fn actions(text: &mut String, plan: &Plan) {
    text.push_str("## Actions\n\n");
    if plan.actions.is_empty() {
        text.push_str("None.\n\n");
    }
    for (index, action) in plan.actions.iter().enumerate() {
        action_section(text, index + 1, action);
    }
    let budget = &plan.budget;
    let secs = |it: Option<f64>| it.map_or("unknown".to_owned(), |secs| format!("{secs:.0} s"));
    line(
        text,
        format!(
            "Budget: training {}, evaluation {} ({}).\n",
            secs(budget.train_wall_secs),
            secs(budget.eval_wall_secs),
            budget.basis
        ),
    );
}

fn action_section(text: &mut String, number_of: usize, action: &Action) {
    let when = match action.status {
        ActionStatus::Now => "now",
        ActionStatus::Later => "later",
    };
    let expectation = &action.expectation;
    let _ = write!(
        text,
        "### {number_of}. {} ({when}): {}\n\n- change: {}\n- why: {}\n- expected: {} ({}) from {} better by {:.4}, at least {:.4}; {}\n- gate: {}\n- roll back unless {}: {}\n",
        action.kind,
        action.rule,
        action.change,
        action.why,
        expectation.metric,
        expectation.scope,
        number(expectation.base),
        expectation.improvement,
        expectation.at_least,
        expectation.basis,
        action.gate,
        action.rollback.unless,
        action.rollback.text
    );
    if !action.rows.is_empty() {
        line(text, format!("- rows: {}", action.rows.join(", ")));
    }
    text.push('\n');
}

fn list(text: &mut String, title: &str, items: impl Iterator<Item = String>) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    let _ = write!(text, "## {title}\n\n");
    items.for_each(|item| line(text, format!("- {item}")));
    text.push('\n');
}

fn line(text: &mut String, content: String) {
    text.push_str(&content);
    text.push('\n');
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.4}"))
}

/// Words of a request must not break a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
