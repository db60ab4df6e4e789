//! A run as it is kept, for whoever takes it elsewhere.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::{Answer, InPath, RunPath, Who, answered};
use crate::app::App;

#[derive(Debug, Serialize, ToSchema)]
pub struct RecordAnswer {
    pub entity: String,
    pub project: String,
    /// The run's id.
    pub name: String,
    pub display_name: Option<String>,
    pub state: Option<String>,
    pub group: Option<String>,
    pub job_type: Option<String>,
    pub sweep: Option<String>,
    pub user: Option<String>,
    pub notes: Option<String>,
    pub tags: Vec<String>,
    pub created_unix_ms: Option<i64>,
    pub heartbeat_unix_ms: Option<i64>,
    pub exit_code: Option<i32>,
    /// The JSON object that was sent last, NaN and infinities and all.
    pub config: Option<String>,
    /// As `config`.
    pub summary: Option<String>,
}

/// One run as it was sent, without its rows
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/record", tag = "runs",
    params(RunPath), responses((status = 200, body = RecordAnswer)))]
pub async fn get(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
) -> Answer<RecordAnswer> {
    answered(app, move |app| {
        let view = who.run(app, &path)?;
        let (key, fields) = (view.record.key.clone(), view.record.fields.clone());
        Ok(RecordAnswer {
            entity: key.entity,
            project: key.project,
            name: key.name,
            display_name: fields.display_name,
            state: fields.state,
            group: fields.group,
            job_type: fields.job_type,
            sweep: fields.sweep,
            user: fields.user,
            notes: fields.notes,
            tags: fields.tags.unwrap_or_default(),
            created_unix_ms: fields.created_unix_ms,
            heartbeat_unix_ms: fields.heartbeat_unix_ms,
            exit_code: fields.exit_code,
            config: fields.config,
            summary: fields.summary,
        })
    })
    .await
}
