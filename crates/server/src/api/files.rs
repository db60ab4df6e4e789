//! Files of a run.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Redirect;
use gradus_tracker::files::{RunFile, file_name};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked::{Answer, Denied, InPath, MayWrite, RunPath, Who, answered, not_found};
use crate::app::{App, blocking};
use crate::http::answer::Refusal;
use crate::wandb::storage::{self, Grant, content_type};

#[derive(Debug, Serialize, ToSchema)]
pub struct FileList {
    /// By name.
    pub files: Vec<FileAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FileAnswer {
    /// A path with `/`.
    pub name: String,
    pub size_bytes: u64,
    pub content_type: &'static str,
    /// Hexadecimal.
    pub sha256: String,
    /// Base64.
    pub md5: String,
    pub updated_unix_ms: i64,
    /// Works without a key, for as long as the server's signed addresses do.
    pub url: String,
}

/// Files of a run
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/files", tag = "files",
    params(RunPath), responses((status = 200, body = FileList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
) -> Answer<FileList> {
    answered(app, move |app| {
        let run = who.run(app, &path)?.record.number;
        let files = app.tracker.files.of_run(run);
        let files = files.iter().map(|file| shown(app, &who, file));
        Ok(FileList {
            files: files.collect::<Result<_, Refusal>>()?,
        })
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct FilePath {
    entity: String,
    project: String,
    run: String,
    /// A path with `/`.
    name: String,
}

impl FilePath {
    fn parts(self) -> (String, RunPath) {
        let run = RunPath {
            entity: self.entity,
            project: self.project,
            run: self.run,
        };
        (self.name, run)
    }
}

/// One file: leads to the address that serves it
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/files/{*name}", tag = "files",
    params(FilePath), responses((status = 307, description = "Where the content is")))]
pub async fn one(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<FilePath>,
) -> Result<Redirect, Denied> {
    let address = blocking(move || {
        let (name, run) = path.parts();
        let name = file_name(&name)?;
        let number = who.run(&app, &run)?.record.number;
        let Some(file) = app.tracker.files.get(number, &name) else {
            return Err(not_found(format!("the run has no file '{name}'")));
        };
        address_of(&app, &who, &file)
    })
    .await??;
    Ok(Redirect::temporary(&address))
}

/// Keep a file of a run; what had the name before makes way
#[utoipa::path(put, path = "/projects/{entity}/{project}/runs/{run}/files/{*name}", tag = "files",
    params(FilePath), request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = FileAnswer)))]
pub async fn put(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<FilePath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<FileAnswer> {
    let (name, run) = path.parts();
    let number = who.writable(&app, &run)?;
    let file = storage::uploaded(&app, &headers, body, move |tracker, content| {
        tracker.put_run_file(number, &name, content)
    })
    .await?;
    Ok(axum::Json(shown(&app, &who, &file)?))
}

/// A file with the address that serves it.
pub fn shown(app: &App, who: &Who, file: &RunFile) -> Result<FileAnswer, Refusal> {
    Ok(FileAnswer {
        name: file.name.clone(),
        size_bytes: file.size_bytes,
        content_type: content_type(&file.name),
        sha256: file.sha256.clone(),
        md5: file.md5.clone(),
        updated_unix_ms: file.updated_unix_ms,
        url: address_of(app, who, file)?,
    })
}

fn address_of(app: &App, who: &Who, file: &RunFile) -> Result<String, Refusal> {
    let grant = Grant::GetBlob {
        sha256: file.sha256.clone(),
        name: file.name.clone(),
    };
    Ok(storage::address(&app.tracker, &who.base_url, &grant)?)
}
