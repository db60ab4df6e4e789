//! `POST /files/ENTITY/PROJECT/RUN/file_stream`: answered when it is durable.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use gradus_store::RunKey;
use gradus_wire::file_stream::{FileStreamLimits, FileStreamRequest};

use super::graphql::shared_writer;
use crate::app::{App, blocking};
use crate::http::answer::Refusal;
use crate::http::{auth, body};

pub async fn take(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path((entity, project, run)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let key = RunKey::new(&entity, &project, &run);
    match taken(app, peer, key, &headers, body).await {
        Ok(reply) => ([(CONTENT_TYPE, "application/json")], reply).into_response(),
        Err(refusal) => {
            tracing::warn!(
                status = refusal.status.as_u16(),
                problem = refusal.message,
                run = format!("{entity}/{project}/{run}"),
                "upload refused"
            );
            auth::refused(refusal)
        }
    }
}

/// Takes the lines of a body and returns when they are durable, with the reply's body.
pub async fn taken(
    app: Arc<App>,
    peer: SocketAddr,
    key: RunKey,
    headers: &HeaderMap,
    body: Body,
) -> Result<String, Refusal> {
    let caller = auth::caller(&app, headers, peer.ip())?;
    let limit = app.config.limits.body_bytes;
    let held = body::read(&app.room, headers, body, limit).await?;
    let writer = shared_writer(headers);
    let (asked, answer) = tokio::sync::oneshot::channel();
    let store = app.clone();
    let planned = blocking(move || -> Result<_, Refusal> {
        let limits = FileStreamLimits {
            body_bytes: limit,
            ..FileStreamLimits::default()
        };
        let decoded = FileStreamRequest::decode(&held.bytes, &limits);
        drop(held);
        let request = decoded.map_err(gradus_tracker::Error::from)?;
        let mut plan = store.tracker.plan_stream(&caller, &key, request, &writer)?;
        let changes = std::mem::take(&mut plan.changes);
        match changes.is_empty() {
            true => drop(asked.send(Ok(()))),
            // Called by the thread that writes, when the changes are durable.
            false => store
                .tracker
                .store
                .submit(
                    changes,
                    Box::new(move |result| drop(asked.send(result.map(|_| ())))),
                )
                .map_err(gradus_tracker::Error::from)?,
        }
        Ok(plan)
    })
    .await??;
    match answer.await {
        Ok(result) => result.map_err(gradus_tracker::Error::from)?,
        Err(_) => return Err(Refusal::passing("the server is going away; try again")),
    }
    app.tracker.streamed(planned.run, planned.state());
    Ok(planned.reply.to_body())
}
