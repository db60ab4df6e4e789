//! What a person changes of a version: its aliases and tags.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use gradus_tracker::artifacts::ArtifactUpdate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::artifacts::{ArtifactAnswer, Found, VersionPath, described};
use super::asked::{Answer, InPath, MayWrite, Who, answered, json_body};
use crate::app::App;
use crate::http::answer::Refusal;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AliasWanted {
    alias: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagWanted {
    tag: String,
}

/// Give a version an alias; where another version of the collection has it, it moves
#[utoipa::path(post, path = "/projects/{entity}/{project}/artifacts/{type}/{name}/{version}/aliases",
    tag = "artifacts", params(VersionPath), request_body = AliasWanted,
    responses((status = 200, body = ArtifactAnswer)))]
pub async fn add_alias(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<VersionPath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<ArtifactAnswer> {
    let wanted: AliasWanted = json_body(&app, &headers, body).await?;
    answered(app, move |app| {
        let found = path.found(app, &who)?;
        app.tracker.add_artifact_alias(
            &who.caller,
            found.artifact.number,
            &found.collection,
            &[&wanted.alias],
        )?;
        anew(app, &who, &found)
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct LabelPath {
    entity: String,
    project: String,
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: String,
    /// Of the collection.
    name: String,
    /// `v3`, an alias or a digest.
    version: String,
    /// The alias or tag.
    label: String,
}

impl LabelPath {
    fn split(self) -> (VersionPath, String) {
        let version = VersionPath {
            entity: self.entity,
            project: self.project,
            kind: self.kind,
            name: self.name,
            version: self.version,
        };
        (version, self.label)
    }
}

/// Take an alias away from a version
#[utoipa::path(delete, path = "/projects/{entity}/{project}/artifacts/{type}/{name}/{version}/aliases/{label}",
    tag = "artifacts", params(LabelPath), responses((status = 200, body = ArtifactAnswer)))]
pub async fn remove_alias(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<LabelPath>,
) -> Answer<ArtifactAnswer> {
    answered(app, move |app| {
        let (version, alias) = path.split();
        let found = version.found(app, &who)?;
        app.tracker.remove_artifact_alias(
            &who.caller,
            found.artifact.number,
            &found.collection,
            &[&alias],
        )?;
        anew(app, &who, &found)
    })
    .await
}

/// Give a version a tag
#[utoipa::path(post, path = "/projects/{entity}/{project}/artifacts/{type}/{name}/{version}/tags",
    tag = "artifacts", params(VersionPath), request_body = TagWanted,
    responses((status = 200, body = ArtifactAnswer)))]
pub async fn add_tag(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<VersionPath>,
    headers: HeaderMap,
    body: Body,
) -> Answer<ArtifactAnswer> {
    let wanted: TagWanted = json_body(&app, &headers, body).await?;
    let update = ArtifactUpdate {
        tags_to_add: vec![wanted.tag],
        ..ArtifactUpdate::default()
    };
    tagged(app, who, path, update).await
}

/// Take a tag away from a version
#[utoipa::path(delete, path = "/projects/{entity}/{project}/artifacts/{type}/{name}/{version}/tags/{label}",
    tag = "artifacts", params(LabelPath), responses((status = 200, body = ArtifactAnswer)))]
pub async fn remove_tag(
    State(app): State<Arc<App>>,
    MayWrite(who): MayWrite,
    InPath(path): InPath<LabelPath>,
) -> Answer<ArtifactAnswer> {
    let (version, tag) = path.split();
    let update = ArtifactUpdate {
        tags_to_delete: vec![tag],
        ..ArtifactUpdate::default()
    };
    tagged(app, who, version, update).await
}

async fn tagged(
    app: Arc<App>,
    who: Who,
    path: VersionPath,
    update: ArtifactUpdate,
) -> Answer<ArtifactAnswer> {
    answered(app, move |app| {
        let found = path.found(app, &who)?;
        let number = found.artifact.number;
        app.tracker.update_artifact(&who.caller, number, update)?;
        anew(app, &who, &found)
    })
    .await
}

/// The version as it is after the change; the alias by which it was named may be another's now.
fn anew(app: &App, who: &Who, found: &Found) -> Result<ArtifactAnswer, Refusal> {
    let artifacts = &app.tracker.artifacts;
    let number = found.member.version;
    let member = artifacts.member(found.collection.number, number);
    let artifact = artifacts.artifact(found.artifact.number);
    let found = Found {
        collection: found.collection.clone(),
        member: member.unwrap_or_else(|| found.member.clone()),
        artifact: artifact.unwrap_or_else(|| found.artifact.clone()),
    };
    described(app, who, &found)
}
