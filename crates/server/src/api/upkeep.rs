//! Looking after the store while the server has it open, as `gradus store` asks for it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked::{Answer, DONE, Done, MayWrite, answered, bad_input, json_body};
use crate::app::App;
use crate::http::address::is_forwarded;
use crate::http::answer::Refusal;

#[derive(Debug, Serialize, ToSchema)]
pub struct CheckAnswer {
    pub log_records: u64,
    pub segments: u64,
    pub rows: u64,
    pub blobs: u64,
    /// Blobs that were sent and belong to nothing (yet).
    pub unlinked_blobs: u64,
    /// Each names a file and what is wrong with it; empty for a store that is whole.
    pub problems: Vec<String>,
}

/// Read and compare all that is stored (administrators)
#[utoipa::path(post, path = "/store/check", tag = "server",
    responses((status = 200, body = CheckAnswer)))]
pub async fn check(State(app): State<Arc<App>>, MayWrite(who): MayWrite) -> Answer<CheckAnswer> {
    answered(app, move |app| {
        who.caller.check_admin()?;
        let report = app.tracker.store.check()?;
        Ok(CheckAnswer {
            log_records: report.log_records,
            segments: report.segments,
            rows: report.rows,
            blobs: report.blobs,
            unlinked_blobs: report.unlinked_blobs.len() as u64,
            problems: report.problems,
        })
    })
    .await
}

/// Make the catalogue anew from log and segments (administrators)
#[utoipa::path(post, path = "/store/rebuild", tag = "server",
    responses((status = 200, body = Done)))]
pub async fn rebuild(State(app): State<Arc<App>>, MayWrite(who): MayWrite) -> Answer<Done> {
    answered(app, move |app| {
        who.caller.check_admin()?;
        app.tracker.store.rebuild_catalogue()?;
        Ok(DONE)
    })
    .await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupWanted {
    /// An absolute path on the server's machine that is empty or not there.
    #[schema(value_type = String)]
    folder: PathBuf,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BackupAnswer {
    pub runs: u64,
    pub segments: u64,
    pub blobs: u64,
    /// Files that could not be linked and were copied.
    pub copied: u64,
}

/// Write a store of the present state into a folder (administrators, from the server's machine)
#[utoipa::path(post, path = "/store/backup", tag = "server", request_body = BackupWanted,
    responses((status = 200, body = BackupAnswer)))]
pub async fn backup(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    MayWrite(who): MayWrite,
    headers: HeaderMap,
    body: Body,
) -> Answer<BackupAnswer> {
    let wanted: BackupWanted = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        who.caller.check_admin()?;
        // A proxy on this machine speaks for others.
        if !peer.ip().is_loopback() || is_forwarded(&headers) {
            let text = "a backup is asked for on the server's machine: `gradus store backup DIR`";
            return Err(Refusal::new(StatusCode::FORBIDDEN, text));
        }
        if !wanted.folder.is_absolute() {
            return Err(bad_input("the folder has to be an absolute path"));
        }
        let report = app.tracker.store.backup(&wanted.folder)?;
        Ok(BackupAnswer {
            runs: report.runs,
            segments: report.segments,
            blobs: report.blobs,
            copied: report.copied,
        })
    })
    .await
}
