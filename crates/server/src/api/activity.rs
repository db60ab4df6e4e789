//! What happened lately: for the first page.

use std::sync::Arc;

use axum::extract::State;
use gradus_schema::registry::AliasMove;
use gradus_schema::{Outcome, Verdict};
use gradus_tracker::activity::{Decided, Moved};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, InQuery, Who, answered, limited};
use super::champions::unix_ms;
use super::references::RunReference;
use super::run::AlertAnswer;
use crate::app::App;

const USUAL: usize = 10;
const MOST: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActivityParameters {
    /// Of each kind: 1 to 100, 10 where nothing is said.
    limit: Option<u64>,
}

/// Each list is newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActivityAnswer {
    pub decisions: Vec<DecidedAnswer>,
    pub moves: Vec<MovedAnswer>,
    /// Runs that run now.
    pub running: Vec<RunReference>,
    pub alerts: Vec<RaisedAlert>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DecidedAnswer {
    /// The cycle or the registry that holds it.
    pub run: RunReference,
    pub at_unix_ms: i64,
    pub task: String,
    pub outcome: Outcome,
    pub verdict: Verdict,
    pub base: String,
    pub candidate: String,
    /// What it was decided by.
    pub reason: Option<String>,
}

/// An alias that was moved.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovedAnswer {
    /// The registry that holds it.
    pub run: RunReference,
    pub at_unix_ms: i64,
    pub action: AliasMove,
    pub alias: String,
    pub from: Option<String>,
    pub to: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RaisedAlert {
    pub run: RunReference,
    pub alert: AlertAnswer,
}

/// Decisions, promotions, running runs and alerts of all projects
#[utoipa::path(get, path = "/activity", tag = "server", params(ActivityParameters),
    responses((status = 200, body = ActivityAnswer)))]
pub async fn lately(
    State(app): State<Arc<App>>,
    who: Who,
    InQuery(asked): InQuery<ActivityParameters>,
) -> Answer<ActivityAnswer> {
    answered(app, move |app| {
        let limit = limited(asked.limit, USUAL, MOST);
        let found = app.tracker.activity(&who.caller, limit)?;
        let alerts = found.alerts.iter().map(|(run, alert)| RaisedAlert {
            run: RunReference::of(run),
            alert: AlertAnswer::of(alert),
        });
        Ok(ActivityAnswer {
            decisions: found.decisions.into_iter().map(decided).collect(),
            moves: found.moves.into_iter().map(moved).collect(),
            running: found
                .running
                .iter()
                .map(|run| RunReference::of(run))
                .collect(),
            alerts: alerts.collect(),
        })
    })
    .await
}

fn decided(it: Decided) -> DecidedAnswer {
    DecidedAnswer {
        run: RunReference::of(&it.run),
        at_unix_ms: it.at_unix_ms,
        task: it.decision.task,
        outcome: it.decision.outcome,
        verdict: it.decision.verdict,
        base: it.decision.base.model,
        candidate: it.decision.candidate.model,
        reason: it.decision.reasons.into_iter().next().map(|it| it.text),
    }
}

fn moved(it: Moved) -> MovedAnswer {
    MovedAnswer {
        run: RunReference::of(&it.run),
        at_unix_ms: unix_ms(it.event.at_unix_secs),
        action: it.event.action,
        alias: it.event.alias,
        from: it.event.from.map(|holder| holder.model),
        to: it.event.to.model,
    }
}
