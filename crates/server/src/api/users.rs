//! Users; administrators make and remove them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gradus_tracker::accounts::User;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Answer, DONE, Done, InPath, MayWrite, Who, answered, json_body};
use super::keys::NamePath;
use crate::app::App;

#[derive(Debug, Serialize, ToSchema)]
pub struct UserList {
    /// By name; for those who are no administrators only themselves.
    pub users: Vec<UserAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UserAnswer {
    pub name: String,
    pub email: String,
    pub is_admin: bool,
    pub created_unix_ms: i64,
    pub teams: Vec<String>,
    pub keys: u64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserWanted {
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    is_admin: bool,
}

/// Users
#[utoipa::path(get, path = "/users", tag = "accounts", responses((status = 200, body = UserList)))]
pub async fn list(State(app): State<Arc<App>>, who: Who) -> Answer<UserList> {
    answered(app, move |app| {
        let mut users = app.tracker.accounts.users();
        let own = &who.caller.user;
        users.retain(|user| own.is_admin || user.name == own.name);
        Ok(UserList {
            users: users.iter().map(|user| shown(app, user)).collect(),
        })
    })
    .await
}

/// Make a user (administrators)
#[utoipa::path(post, path = "/users", tag = "accounts", request_body = UserWanted,
    responses((status = 200, body = UserAnswer)))]
pub async fn create(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    headers: HeaderMap,
    body: Body,
) -> Answer<UserAnswer> {
    let wanted: UserWanted = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        who.caller.check_admin()?;
        let user = app
            .tracker
            .add_user(&wanted.name, &wanted.email, wanted.is_admin)?;
        Ok(shown(app, &user))
    })
    .await
}

/// Remove a user with all keys; runs stay (administrators)
#[utoipa::path(delete, path = "/users/{name}", tag = "accounts", params(NamePath),
    responses((status = 200, body = Done)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<NamePath>,
) -> Answer<Done> {
    answered(app, move |app| {
        who.caller.check_admin()?;
        app.tracker.remove_user(&path.name)?;
        Ok(DONE)
    })
    .await
}

fn shown(app: &App, user: &User) -> UserAnswer {
    let accounts = &app.tracker.accounts;
    let teams = accounts.teams_of(&user.name);
    UserAnswer {
        name: user.name.clone(),
        email: user.email.clone(),
        is_admin: user.is_admin,
        created_unix_ms: user.created_unix_ms,
        teams: teams.iter().map(|team| team.name.clone()).collect(),
        keys: accounts.keys_of(&user.name).len() as u64,
    }
}
