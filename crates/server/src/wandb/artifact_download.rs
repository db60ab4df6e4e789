//! `GET /artifactsV2/…`: a single file of an artifact, for who has a key. The content is found by its
//! MD5 alone; what may be read is said by the artifact that is named, or the collection.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gradus_tracker::Caller;
use gradus_tracker::runs::number_in;
use serde::Deserialize;

use super::storage;
use crate::app::App;
use crate::http::answer::Refusal;
use crate::http::auth;

#[derive(Debug, Deserialize)]
pub struct Wanted {
    entity: String,
    #[serde(default)]
    project: String,
    #[serde(default)]
    collection: String,
    #[serde(default)]
    artifact: String,
    birth: String,
    /// Hexadecimal.
    md5: String,
    #[serde(default)]
    name: String,
}

pub async fn give(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Path(wanted): Path<Wanted>,
) -> Response {
    let given = auth::caller(&app, &headers, peer.ip())
        .and_then(|caller| found(&app, &caller, &wanted))
        .and_then(|sha256| storage::blob(&app, &sha256, &wanted.name, &headers));
    match given {
        Ok(response) => response,
        Err(refusal) if refusal.status == StatusCode::UNAUTHORIZED => auth::refused(refusal),
        Err(refusal) => refusal.into_response(),
    }
}

/// The blob with this MD5 in the entity of the artifact, of the one that held it first, or of the
/// collection.
fn found(app: &App, caller: &Caller, wanted: &Wanted) -> Result<String, Refusal> {
    let tracker = &app.tracker;
    let of_id = |id: &str| {
        let artifact = tracker.artifact(caller, number_in(id, "Artifact")?)?;
        let sequence = tracker.artifacts.collection(artifact.sequence)?;
        Some(sequence.entity.clone())
    };
    let of_collection = || {
        let (entity, project) = (&wanted.entity, &wanted.project);
        let known = tracker
            .artifacts
            .named(entity, project, &wanted.collection)?;
        let known = tracker.collection(caller, known.number)?;
        Some(known.entity.clone())
    };
    let entities = [
        of_id(&wanted.artifact),
        of_id(&wanted.birth),
        of_collection(),
    ];
    let content = entities
        .iter()
        .flatten()
        .find_map(|entity| tracker.artifacts.content(entity, &wanted.md5));
    match content {
        Some(content) => Ok(content.sha256.clone()),
        None => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            format!("the artifact has no file {} with this MD5", wanted.name),
        )),
    }
}
