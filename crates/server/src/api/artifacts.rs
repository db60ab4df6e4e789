//! Artifacts: types, collections, versions, what they hold, who made and used them.

use std::sync::Arc;

use axum::extract::State;
use gradus_schema::nearest::did_you_mean;
use gradus_tracker::artifacts::{
    Artifact, Collection, CollectionQuery, Lineage, Member, VersionQuery,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::artifact_files::{ArtifactFile, files_of};
use super::asked::{
    Answer, InPath, InQuery, ProjectPath, RunPath, Who, answered, limited, not_found,
};
use super::exact::Exact;
use super::references::RunReference;
use crate::app::App;
use crate::http::answer::Refusal;

const USUAL_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ArtifactsParameters {
    /// Of this type alone.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ArtifactList {
    /// By name.
    pub types: Vec<ArtifactType>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ArtifactType {
    #[serde(rename = "type")]
    pub kind: String,
    /// Newest first.
    pub collections: Vec<CollectionAnswer>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CollectionAnswer {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Versions were linked to it, not logged under its name.
    pub is_portfolio: bool,
    pub description: Option<String>,
    pub tags: Vec<String>,
    pub created_unix_ms: i64,
    pub updated_unix_ms: i64,
    pub versions: usize,
    /// The version that `latest` names, or the newest.
    pub latest: Option<VersionAnswer>,
}

/// A version of a collection.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VersionAnswer {
    /// `v3`.
    pub version: String,
    pub aliases: Vec<String>,
    pub tags: Vec<String>,
    pub digest: String,
    pub description: Option<String>,
    pub size_bytes: u64,
    pub files: u64,
    pub created_unix_ms: i64,
    pub updated_unix_ms: i64,
    /// The run that logged it first.
    pub made_by: Option<RunReference>,
    /// Runs that used it.
    pub used_by: usize,
}

/// Artifacts of a project: types, and their collections with the latest version
#[utoipa::path(get, path = "/projects/{entity}/{project}/artifacts", tag = "artifacts",
    params(ProjectPath, ArtifactsParameters), responses((status = 200, body = ArtifactList)))]
pub async fn list(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<ProjectPath>,
    InQuery(asked): InQuery<ArtifactsParameters>,
) -> Answer<ArtifactList> {
    answered(app, move |app| {
        let project = who.project(app, &path)?;
        let tracker = &app.tracker;
        let (entity, name) = (&project.entity, &project.name);
        let mut kinds: Vec<String> = tracker
            .artifact_types(entity, name)
            .into_iter()
            .map(|(kind, _)| kind)
            .collect();
        kinds.sort();
        if let Some(wanted) = &asked.kind {
            check_type(&kinds, wanted)?;
            kinds.retain(|kind| kind == wanted);
        }
        let all = CollectionQuery::parse(None, None)?;
        let types = kinds.into_iter().map(|kind| {
            let collections = tracker.collections(entity, name, Some(&kind), &all);
            let collections = collections.iter().map(|it| collection_of(app, &who, it));
            ArtifactType {
                collections: collections.collect(),
                kind,
            }
        });
        Ok(ArtifactList {
            types: types.collect(),
        })
    })
    .await
}

fn check_type(known: &[String], wanted: &str) -> Result<(), Refusal> {
    if known.iter().any(|kind| kind == wanted) {
        return Ok(());
    }
    let hint = did_you_mean(wanted, known.iter().map(String::as_str));
    Err(not_found(format!(
        "the project has no artifacts of the type '{wanted}'{hint}"
    )))
}

fn collection_of(app: &App, who: &Who, collection: &Collection) -> CollectionAnswer {
    let artifacts = &app.tracker.artifacts;
    let latest = artifacts.latest(collection.number);
    CollectionAnswer {
        name: collection.name.clone(),
        kind: collection.type_name.clone(),
        is_portfolio: collection.is_portfolio,
        description: collection.description.clone(),
        tags: collection.tags.clone(),
        created_unix_ms: collection.created_unix_ms,
        updated_unix_ms: collection.updated_unix_ms,
        versions: artifacts.members_of(collection.number).len(),
        latest: latest.and_then(|member| version_of(app, who, &member)),
    }
}

/// `None` for one that was removed meanwhile.
pub fn version_of(app: &App, who: &Who, member: &Member) -> Option<VersionAnswer> {
    let artifact = app.tracker.artifacts.artifact(member.artifact)?;
    let users = app.tracker.artifacts.runs_of(artifact.number, Lineage::In);
    Some(VersionAnswer {
        version: format!("v{}", member.version),
        aliases: member.aliases.clone(),
        tags: artifact.tags.clone(),
        digest: artifact.digest.clone(),
        description: artifact.description.clone(),
        size_bytes: artifact.size_bytes,
        files: artifact.file_count,
        created_unix_ms: artifact.created_unix_ms,
        updated_unix_ms: artifact.updated_unix_ms,
        made_by: artifact.run.and_then(|run| run_of(app, who, run)),
        used_by: users.len(),
    })
}

/// A run that the caller may know of.
fn run_of(app: &App, who: &Who, number: u64) -> Option<RunReference> {
    let run = app.tracker.store.run_numbered(number)?.record;
    let may_read = app.tracker.accounts.may_read(&who.caller, &run.key.entity);
    may_read.then(|| RunReference::of(&run))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CollectionPath {
    pub entity: String,
    pub project: String,
    #[serde(rename = "type")]
    #[param(rename = "type")]
    pub kind: String,
    /// Of the collection.
    pub name: String,
}

impl CollectionPath {
    /// # Errors
    /// A collection that is not there, with the nearest.
    pub fn collection(&self, app: &App, who: &Who) -> Result<Arc<Collection>, Refusal> {
        let project = who.project(
            app,
            &ProjectPath {
                entity: self.entity.clone(),
                project: self.project.clone(),
            },
        )?;
        let artifacts = &app.tracker.artifacts;
        let found = artifacts.named(&project.entity, &project.name, &self.name);
        match found.filter(|it| it.type_name == self.kind) {
            Some(collection) => Ok(collection),
            None => {
                let all = artifacts.of_project(&project.entity, &project.name);
                let of_type = all.iter().filter(|it| it.type_name == self.kind);
                let hint = did_you_mean(&self.name, of_type.map(|it| it.name.as_str()));
                Err(not_found(format!(
                    "the project has no artifact '{}' of the type '{}'{hint}",
                    self.name, self.kind
                )))
            }
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionsParameters {
    offset: Option<u64>,
    /// 1 to 1000, 100 where nothing is said.
    limit: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct VersionList {
    pub collection: CollectionAnswer,
    /// Newest first.
    pub versions: Vec<VersionAnswer>,
    /// On all pages.
    pub total: usize,
}

/// Versions of a collection
#[utoipa::path(get, path = "/projects/{entity}/{project}/artifacts/{type}/{name}", tag = "artifacts",
    params(CollectionPath, VersionsParameters), responses((status = 200, body = VersionList)))]
pub async fn versions(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<CollectionPath>,
    InQuery(asked): InQuery<VersionsParameters>,
) -> Answer<VersionList> {
    answered(app, move |app| {
        let collection = path.collection(app, &who)?;
        let all = VersionQuery::parse(None, None)?;
        let members = app.tracker.versions(&collection, &all);
        let offset = usize::try_from(asked.offset.unwrap_or(0)).unwrap_or(usize::MAX);
        let limit = limited(asked.limit, USUAL_PAGE, LARGEST_PAGE);
        let page = members.iter().skip(offset).take(limit);
        Ok(VersionList {
            collection: collection_of(app, &who, &collection),
            versions: page.filter_map(|it| version_of(app, &who, it)).collect(),
            total: members.len(),
        })
    })
    .await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct VersionPath {
    pub entity: String,
    pub project: String,
    #[serde(rename = "type")]
    #[param(rename = "type")]
    pub kind: String,
    /// Of the collection.
    pub name: String,
    /// `v3`, an alias or a digest.
    pub version: String,
}

/// A version that was found, and the collection in which it was looked for.
pub struct Found {
    pub collection: Arc<Collection>,
    pub member: Arc<Member>,
    pub artifact: Arc<Artifact>,
}

impl VersionPath {
    /// # Errors
    /// A version that is not there, with the nearest alias.
    pub fn found(&self, app: &App, who: &Who) -> Result<Found, Refusal> {
        let path = CollectionPath {
            entity: self.entity.clone(),
            project: self.project.clone(),
            kind: self.kind.clone(),
            name: self.name.clone(),
        };
        let collection = path.collection(app, who)?;
        let artifacts = &app.tracker.artifacts;
        let member = artifacts.member_named(collection.number, &self.version);
        let artifact = member
            .as_ref()
            .and_then(|member| artifacts.artifact(member.artifact));
        let (Some(member), Some(artifact)) = (member, artifact) else {
            let members = artifacts.members_of(collection.number);
            let versions: Vec<String> = members
                .iter()
                .flat_map(|it| {
                    let number = format!("v{}", it.version);
                    it.aliases.iter().cloned().chain([number])
                })
                .collect();
            let hint = did_you_mean(&self.version, versions.iter().map(String::as_str));
            return Err(not_found(format!(
                "'{}' has no version '{}'{hint}",
                self.name, self.version
            )));
        };
        Ok(Found {
            collection,
            member,
            artifact,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ArtifactAnswer {
    pub entity: String,
    pub project: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Of the collection.
    pub name: String,
    pub is_writable: bool,
    pub version: VersionAnswer,
    #[schema(value_type = Object)]
    pub metadata: Exact,
    /// By path; at most 1,000 of them.
    pub files: Vec<ArtifactFile>,
    pub total_files: usize,
    /// The run that logged it first, and other runs that logged the same.
    pub made_by: Vec<RunReference>,
    pub used_by: Vec<RunReference>,
    /// What the run that made it had used, as `ENTITY/PROJECT/NAME:vN`.
    pub made_from: Vec<ArtifactReference>,
    /// What the runs that used it made.
    pub led_to: Vec<ArtifactReference>,
}

/// A version of an artifact that something is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct ArtifactReference {
    pub entity: String,
    pub project: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub version: String,
}

/// One version: what it holds, who made it from what, who used it for what
#[utoipa::path(get, path = "/projects/{entity}/{project}/artifacts/{type}/{name}/{version}", tag = "artifacts",
    params(VersionPath), responses((status = 200, body = ArtifactAnswer)))]
pub async fn get(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<VersionPath>,
) -> Answer<ArtifactAnswer> {
    answered(app, move |app| {
        described(app, &who, &path.found(app, &who)?)
    })
    .await
}

pub fn described(app: &App, who: &Who, found: &Found) -> Result<ArtifactAnswer, Refusal> {
    let artifacts = &app.tracker.artifacts;
    let Found {
        collection,
        member,
        artifact,
    } = found;
    let makers = artifacts.runs_of(artifact.number, Lineage::Out);
    let users = artifacts.runs_of(artifact.number, Lineage::In);
    let seen = |runs: &[u64]| -> Vec<RunReference> {
        let runs = runs.iter().filter_map(|run| run_of(app, who, *run));
        runs.collect()
    };
    let of_runs = |runs: &[u64], lineage: Lineage| {
        let found = runs.iter().filter(|run| run_of(app, who, **run).is_some());
        let found = found.flat_map(|run| artifacts.artifacts_of(*run, lineage));
        let found = found.filter(|it| it.number != artifact.number);
        let mut references: Vec<_> = found.filter_map(|it| reference(app, who, &it)).collect();
        references.sort();
        references.dedup();
        references
    };
    let (files, total_files) = files_of(app, who, artifact)?;
    let version = version_of(app, who, member);
    Ok(ArtifactAnswer {
        entity: collection.entity.clone(),
        project: collection.project.clone(),
        kind: collection.type_name.clone(),
        name: collection.name.clone(),
        is_writable: app
            .tracker
            .accounts
            .check_write(&who.caller, &collection.entity)
            .is_ok(),
        version: version.ok_or_else(|| not_found("the version was removed"))?,
        metadata: Exact::object(artifact.metadata.as_deref()),
        files,
        total_files,
        made_from: of_runs(&makers, Lineage::In),
        led_to: of_runs(&users, Lineage::Out),
        made_by: seen(&makers),
        used_by: seen(&users),
    })
}

/// An artifact in its own sequence, where the caller may know of it.
pub fn reference(app: &App, who: &Who, artifact: &Artifact) -> Option<ArtifactReference> {
    let sequence = app.tracker.collection(&who.caller, artifact.sequence)?;
    Some(ArtifactReference {
        entity: sequence.entity.clone(),
        project: sequence.project.clone(),
        kind: sequence.type_name.clone(),
        name: sequence.name.clone(),
        version: format!("v{}", artifact.version?),
    })
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RunArtifacts {
    pub logged: Vec<RunArtifact>,
    pub used: Vec<RunArtifact>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct RunArtifact {
    pub artifact: ArtifactReference,
    pub version: VersionAnswer,
}

/// Artifacts that a run logged and used
#[utoipa::path(get, path = "/projects/{entity}/{project}/runs/{run}/artifacts", tag = "artifacts",
    params(RunPath), responses((status = 200, body = RunArtifacts)))]
pub async fn of_run(
    State(app): State<Arc<App>>,
    who: Who,
    InPath(path): InPath<RunPath>,
) -> Answer<RunArtifacts> {
    answered(app, move |app| {
        let run = who.run(app, &path)?.record.number;
        let artifacts = &app.tracker.artifacts;
        let of = |lineage| -> Vec<RunArtifact> {
            let found = artifacts.artifacts_of(run, lineage).into_iter();
            let found = found.filter_map(|artifact| {
                let member = artifacts.membership(artifact.number, artifact.sequence)?;
                Some(RunArtifact {
                    artifact: reference(app, &who, &artifact)?,
                    version: version_of(app, &who, &member)?,
                })
            });
            found.collect()
        };
        Ok(RunArtifacts {
            logged: of(Lineage::Out),
            used: of(Lineage::In),
        })
    })
    .await
}
