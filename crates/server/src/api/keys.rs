//! API keys: one's own, and for administrators everybody's.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gradus_tracker::accounts::ApiKey;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{
    Answer, DONE, Done, InPath, InQuery, MayWrite, Who, answered, json_body, not_found,
};
use crate::app::App;
use crate::http::answer::Refusal;

#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// In the order in which they were made.
    pub keys: Vec<KeyAnswer>,
}

/// A key without its secret, which is kept nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyAnswer {
    pub id: String,
    pub user: String,
    pub description: String,
    pub is_read_only: bool,
    pub created_unix_ms: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct NewKey {
    #[serde(flatten)]
    pub kept: KeyAnswer,
    /// The key itself; it is not shown again.
    pub key: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeysParameters {
    /// Whose keys; the caller's where nothing is said. Administrators may name anybody, or `*`.
    user: Option<String>,
}

/// Keys of a user
#[utoipa::path(get, path = "/keys", tag = "accounts", params(KeysParameters),
    responses((status = 200, body = KeyList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InQuery(asked): InQuery<KeysParameters>,
) -> Answer<KeyList> {
    answered(app, move |app| {
        let own = &who.caller.user.name;
        let user = asked.user.as_deref().unwrap_or(own);
        if user != own {
            who.caller.check_admin()?;
        }
        let accounts = &app.tracker.accounts;
        let keys = match user {
            "*" => accounts.keys(),
            user => accounts.keys_of(user),
        };
        Ok(KeyList {
            keys: keys.iter().map(|key| shown(key)).collect(),
        })
    })
    .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyWanted {
    /// Whose key; the caller's where nothing is said. Administrators may name anybody.
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    is_read_only: bool,
}

/// Make a key
#[utoipa::path(post, path = "/keys", tag = "accounts", request_body = KeyWanted,
    responses((status = 200, body = NewKey)))]
pub async fn create(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    headers: HeaderMap,
    body: Body,
) -> Answer<NewKey> {
    let wanted: KeyWanted = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        let user = wanted.user.as_deref().unwrap_or(&who.caller.user.name);
        may_change_keys_of(&who, user)?;
        let (kept, key) = app
            .tracker
            .add_key(user, &wanted.description, wanted.is_read_only)?;
        Ok(NewKey {
            kept: shown(&kept),
            key,
        })
    })
    .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyGiven {
    /// At least 40 letters, digits, `-` or `_`.
    key: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    is_read_only: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct NamePath {
    pub name: String,
}

/// Take a key for a user that was made elsewhere (administrators)
#[utoipa::path(put, path = "/users/{name}/keys", tag = "accounts", params(NamePath),
    request_body = KeyGiven, responses((status = 200, body = KeyAnswer)))]
pub async fn keep(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<NamePath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<KeyAnswer> {
    let given: KeyGiven = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        who.caller.check_admin()?;
        let kept = app.tracker.keep_key(
            &path.name,
            &given.key,
            &given.description,
            given.is_read_only,
        )?;
        Ok(shown(&kept))
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KeyPath {
    id: String,
}

/// Remove a key
#[utoipa::path(delete, path = "/keys/{id}", tag = "accounts", params(KeyPath),
    responses((status = 200, body = Done)))]
pub async fn remove(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<KeyPath>,
) -> Answer<Done> {
    answered(app, move |app| {
        let keys = app.tracker.accounts.keys();
        let is_visible =
            |key: &&Arc<ApiKey>| who.caller.user.is_admin || key.user == who.caller.user.name;
        let found = keys.iter().filter(is_visible).find(|key| key.id == path.id);
        let Some(key) = found else {
            return Err(not_found(format!("there is no key {}", path.id)));
        };
        may_change_keys_of(&who, &key.user)?;
        app.tracker.remove_key(&key.id)?;
        Ok(DONE)
    })
    .await
}

fn may_change_keys_of(who: &Who, user: &str) -> Result<(), Refusal> {
    match user == who.caller.user.name {
        true => Ok(who.caller.check_write()?),
        false => Ok(who.caller.check_admin()?),
    }
}

fn shown(key: &ApiKey) -> KeyAnswer {
    KeyAnswer {
        id: key.id.clone(),
        user: key.user.clone(),
        description: key.description.clone(),
        is_read_only: key.is_read_only,
        created_unix_ms: key.created_unix_ms,
    }
}
