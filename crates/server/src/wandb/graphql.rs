//! `POST /graphql`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gradus_tracker::Caller;
use gradus_wire::file_stream::SharedWriter;
use gradus_wire::graphql::{
    ExecutionLimits, GraphqlError, GraphqlRequest, RequestLimits, Response as Answered,
};

use super::resolve::Resolve;
use crate::app::{App, blocking};
use crate::http::answer::{Refusal, status_of};
use crate::http::{address, auth, body};

pub async fn answer(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match answered(app, peer, &headers, body).await {
        Ok(response) => response,
        Err(refusal) => auth::refused(refusal),
    }
}

async fn answered(
    app: Arc<App>,
    peer: SocketAddr,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let caller = auth::caller(&app, headers, peer.ip())?;
    let held = body::read(&app.room, headers, body, app.config.limits.body_bytes).await?;
    let base_url = address::base_url(headers, app.config.external_url.as_deref());
    let writer = shared_writer(headers);
    blocking(move || run(&app, &caller, base_url, writer, &held.bytes)).await
}

/// In shared mode the client says so, and which of the writers it is.
pub fn shared_writer(headers: &HeaderMap) -> SharedWriter {
    let pairs = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    SharedWriter::from_headers(pairs)
}

fn run(
    app: &App,
    caller: &Caller,
    base_url: String,
    writer: SharedWriter,
    body: &[u8],
) -> Response {
    let limits = RequestLimits {
        body_bytes: app.config.limits.body_bytes,
        execution: ExecutionLimits::default(),
        ..RequestLimits::default()
    };
    let request = match GraphqlRequest::decode(body, &limits) {
        Ok(request) => request,
        Err(error) => {
            let refused = GraphqlError::bad_input(error.to_string());
            return to_http(&Answered::refused(refused));
        }
    };
    tracing::trace!(
        operation = request
            .operation()
            .and_then(|operation| operation.name.as_deref()),
        variables = gradus_wire::Json::Object(request.variables.clone()).to_line(),
        "GraphQL"
    );
    let resolver = Resolve {
        tracker: &app.tracker,
        caller,
        base_url,
        writer,
    };
    let answered = request.execute(&resolver, &limits);
    if !answered.unknown_fields.is_empty() {
        let fields: Vec<&str> = answered.unknown_fields.iter().map(String::as_str).collect();
        tracing::debug!(
            fields = fields.join(" "),
            "GraphQL fields nobody knows, answered null"
        );
    }
    for error in &answered.errors {
        tracing::debug!(problem = error.error.message, "GraphQL field refused");
    }
    to_http(&answered)
}

/// 200 as long as anything succeeded; otherwise what the first problem is.
fn to_http(answered: &Answered) -> Response {
    let nothing_succeeded = match answered.data.as_object() {
        Some(fields) => fields.values().all(gradus_wire::Json::is_null),
        None => true,
    };
    let first = answered.errors.first().filter(|_| nothing_succeeded);
    let status = first.map_or(StatusCode::OK, |error| status_of(error.error.kind));
    let body = answered.to_body();
    let content = [(CONTENT_TYPE, "application/json")];
    match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            (status, content, [(RETRY_AFTER, "1")], body).into_response()
        }
        status => (status, content, body).into_response(),
    }
}
