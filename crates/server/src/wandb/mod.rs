//! Routes of the `wandb` client: GraphQL, `file_stream`, storage addresses.

mod artifact_download;
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
    let storage = || {
        get(storage::give)
            .put(storage::take)
            .options(storage::cross_origin)
    };
    Router::new()
        .route("/graphql", post(graphql::answer))
        .route(
            "/files/{entity}/{project}/{run}/file_stream",
            post(file_stream::take),
        )
        .route("/storage/{token}", storage())
        // The name at the end is for people and for tools that look at endings.
        .route("/storage/{token}/{*name}", storage())
        // With the artifact's own id in the path, and as older clients have it, without.
        .route(
            "/artifactsV2/{region}/{entity}/{project}/{collection}/{artifact}/{birth}/{md5}/{name}",
            get(artifact_download::give),
        )
        .route(
            "/artifactsV2/{region}/{entity}/{project}/{collection}/{birth}/{md5}/{name}",
            get(artifact_download::give),
        )
        // As clients before 0.22 have it.
        .route(
            "/artifactsV2/{region}/{entity}/{birth}/{md5}",
            get(artifact_download::give),
        )
        // What the client measures of itself; nobody here wants to know it.
        .route("/sdk/otel/v1/metrics", post(async || StatusCode::NOT_FOUND))
        // Each route has limits of its own.
        .layer(DefaultBodyLimit::disable())
}
