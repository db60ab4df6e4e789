//! Routes of the `wandb` client: GraphQL, `file_stream`, storage addresses.

pub mod file_stream;
pub mod graphql;
pub mod resolve;
pub mod storage;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};

use crate::app::App;

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/graphql", post(graphql::answer))
        .route(
            "/files/{entity}/{project}/{run}/file_stream",
            post(file_stream::take),
        )
        .route("/storage/{token}", get(storage::give).put(storage::take))
        // The name at the end is for people and for tools that look at endings.
        .route(
            "/storage/{token}/{*name}",
            get(storage::give).put(storage::take),
        )
        // What the client measures of itself; nobody here wants to know it.
        .route("/sdk/otel/v1/metrics", post(async || StatusCode::NOT_FOUND))
        // Each route has limits of its own.
        .layer(DefaultBodyLimit::disable())
}
