//! Teams: entities of several users.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gradus_tracker::accounts::Team;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Answer, DONE, Done, InPath, MayWrite, Who, answered, json_body, not_found};
use super::keys::NamePath;
use crate::app::App;

#[derive(Debug, Serialize, ToSchema)]
pub struct TeamList {
    /// By name; for those who are no administrators only their own.
    pub teams: Vec<TeamAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TeamAnswer {
    pub name: String,
    pub members: Vec<String>,
    pub created_unix_ms: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamWanted {
    /// Names of users; all of them, in place of those before.
    members: Vec<String>,
}

/// Teams
#[utoipa::path(get, path = "/teams", tag = "accounts", responses((status = 200, body = TeamList)))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Answer<TeamList> {
    answered(app, move |app| {
        let mut teams = app.tracker.accounts.teams();
        let own = &who.caller.user;
        teams.retain(|team| own.is_admin || team.members.contains(&own.name));
        Ok(TeamList {
            teams: teams.iter().map(|team| shown(team)).collect(),
        })
    })
    .await
}

/// Make a team, or change its members (administrators)
#[utoipa::path(put, path = "/teams/{name}", tag = "accounts", params(NamePath),
    request_body = TeamWanted, responses((status = 200, body = TeamAnswer)))]
pub async fn put(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<NamePath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<TeamAnswer> {
    let wanted: TeamWanted = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        who.caller.check_admin()?;
        let accounts = &app.tracker.accounts;
        let is_nobody = |name: &&String| accounts.user(name).is_none();
        if let Some(nobody) = wanted.members.iter().find(is_nobody) {
            let users = accounts.users();
            let names = users.iter().map(|user| user.name.as_str());
            let hint = gradus_schema::nearest::did_you_mean(nobody, names);
            return Err(not_found(format!("there is no user '{nobody}'{hint}")));
        }
        let team = app.tracker.put_team(&path.name, wanted.members)?;
        Ok(shown(&team))
    })
    .await
}

/// Remove a team; its runs stay (administrators)
#[utoipa::path(delete, path = "/teams/{name}", tag = "accounts", params(NamePath),
    responses((status = 200, body = Done)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<NamePath>,
) -> Answer<Done> {
    answered(app, move |app| {
        who.caller.check_admin()?;
        app.tracker.remove_team(&path.name)?;
        Ok(DONE)
    })
    .await
}

fn shown(team: &Team) -> TeamAnswer {
    TeamAnswer {
        name: team.name.clone(),
        members: team.members.clone(),
        created_unix_ms: team.created_unix_ms,
    }
}
