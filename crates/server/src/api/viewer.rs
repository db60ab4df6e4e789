//! Who asks, and how the server is.

use std::path::Path;
use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Answer, Who, answered};
use crate::app::App;

#[derive(Debug, Serialize, ToSchema)]
pub struct Viewer {
    pub name: String,
    pub email: String,
    pub is_admin: bool,
    /// The key may only read.
    pub is_read_only: bool,
    /// Where runs go that name no entity.
    pub default_entity: String,
    pub teams: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    pub version: &'static str,
    pub runs: u64,
    pub projects: u64,
    /// Bytes of all files in the store's folder; null for those who are no administrators.
    pub store_bytes: Option<u64>,
    pub recovery: Recovery,
}

/// What opening the store found and did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recovery {
    pub records: u64,
    /// Bytes after the last whole record, cut off and kept aside. They were never acknowledged.
    pub cut_bytes: u64,
    pub cut_reason: Option<&'static str>,
    pub removed_files: u64,
}

/// Who asks
#[utoipa::path(get, path = "/viewer", tag = "server", responses((status = 200, body = Viewer)))]
pub async fn viewer(State(app): State<Arc<App>>, who: Who) -> Answer<Viewer> {
    let user = &who.caller.user;
    let teams = app.tracker.accounts.teams_of(&user.name);
    Ok(axum::Json(Viewer {
        name: user.name.clone(),
        email: user.email.clone(),
        is_admin: user.is_admin,
        is_read_only: who.caller.is_read_only,
        default_entity: user.default_entity().to_owned(),
        teams: teams.iter().map(|team| team.name.clone()).collect(),
    }))
}

/// How the server is: version, size, what the last start recovered
#[utoipa::path(get, path = "/health", tag = "server", responses((status = 200, body = Health)))]
pub async fn health(State(app): State<Arc<App>>, who: Who) -> Answer<Health> {
    answered(app, move |app| {
        let store = &app.tracker.store;
        let found = store.recovery();
        let is_admin = who.caller.user.is_admin;
        Ok(Health {
            version: env!("CARGO_PKG_VERSION"),
            runs: store.records().len() as u64,
            projects: app.tracker.projects.all().len() as u64,
            store_bytes: is_admin.then(|| folder_bytes(store.folder())),
            recovery: Recovery {
                records: found.records,
                cut_bytes: found.cut_bytes,
                cut_reason: found.cut_reason,
                removed_files: found.removed_files,
            },
        })
    })
    .await
}

/// Of all files below. What disappears meanwhile counts for nothing.
fn folder_bytes(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => folder_bytes(&entry.path()),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
