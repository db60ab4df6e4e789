//! What a version holds, with addresses to download it from.

use gradus_tracker::artifacts::{Artifact, md5_hex};
use gradus_wire::manifest::ManifestEntry;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Who;
use crate::app::App;
use crate::http::answer::Refusal;
use crate::wandb::storage::{self, Grant, content_type};

const MOST_FILES: usize = 1_000;

#[derive(Debug, Serialize, ToSchema)]
pub struct ArtifactFile {
    pub path: String,
    pub size_bytes: Option<u64>,
    pub content_type: &'static str,
    /// Base64 MD5; for a reference whatever names its state.
    pub digest: String,
    /// Works without a key, for as long as the server's signed addresses do; null where the content
    /// is not here.
    pub url: Option<String>,
    /// The URI of content that lies elsewhere.
    pub reference: Option<String>,
}

/// The first files by path, and how many there are.
pub fn files_of(
    app: &App,
    who: &Who,
    artifact: &Artifact,
) -> Result<(Vec<ArtifactFile>, usize), Refusal> {
    let Some(manifest) = app.tracker.artifact_manifest(artifact)? else {
        return Ok((Vec::new(), 0));
    };
    let sequence = app.tracker.artifacts.collection(artifact.sequence);
    let entity = sequence.map_or_else(String::new, |it| it.entity.clone());
    let mut entries: Vec<(&String, &ManifestEntry)> = manifest.contents.iter().collect();
    entries.sort_by_key(|(path, _)| *path);
    let total = entries.len();
    let files = entries.into_iter().take(MOST_FILES).map(|(path, entry)| {
        Ok(ArtifactFile {
            path: path.clone(),
            size_bytes: entry.size,
            content_type: content_type(path),
            digest: entry.digest.clone(),
            url: address_of(app, who, &entity, path, entry)?,
            reference: entry.reference.clone(),
        })
    });
    Ok((files.collect::<Result<_, Refusal>>()?, total))
}

fn address_of(
    app: &App,
    who: &Who,
    entity: &str,
    path: &str,
    entry: &ManifestEntry,
) -> Result<Option<String>, Refusal> {
    if entry.reference.is_some() {
        return Ok(None);
    }
    let md5 = md5_hex(&entry.digest).ok();
    let content = md5.and_then(|md5| app.tracker.artifacts.content(entity, &md5));
    let Some(content) = content else {
        return Ok(None);
    };
    let grant = Grant::GetBlob {
        sha256: content.sha256.clone(),
        name: path.to_owned(),
    };
    Ok(Some(storage::address(&app.tracker, &who.base_url, &grant)?))
}
