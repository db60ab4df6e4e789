//! What an artifact holds, with addresses to download it from.

use std::sync::Arc;

use gradus_tracker::artifacts::{Artifact, artifact_id, md5_hex};
use gradus_tracker::query::time_text;
use gradus_wire::graphql::{Arguments, GraphqlError};
use gradus_wire::manifest::{Manifest, ManifestEntry};

use super::connection::Page;
use super::run::id;
use super::{Outcome, Resolve, Resolved, fields, int, refused, text};
use crate::wandb::storage::{self, Grant, content_type};

/// The artifact of which files are asked.
pub struct Source<'a> {
    artifact: &'a Arc<Artifact>,
}

impl<'a> Source<'a> {
    pub fn of(artifact: &'a Arc<Artifact>) -> Self {
        Self { artifact }
    }
}

impl Resolve<'_> {
    /// Every entry of the manifest, references too: what is not listed is not downloaded.
    pub fn artifact_files(&self, source: &Source<'_>, arguments: &Arguments) -> Outcome {
        let page = Page::of(arguments)?;
        let manifest = self.manifest_of(source)?;
        let entries = manifest.iter().flat_map(|manifest| &manifest.contents);
        let names = arguments.texts("names")?.unwrap_or_default();
        let wanted: std::collections::HashSet<&str> = names.into_iter().collect();
        let entries = entries.filter(|(path, _)| wanted.is_empty() || wanted.contains(&path[..]));
        let (entries, total) = page.cut(entries.collect::<Vec<_>>());
        let entity = self.entity_of(source);
        let nodes = entries
            .into_iter()
            .map(|(path, entry)| self.artifact_file(source, &entity, path, entry))
            .collect::<Result<_, _>>()?;
        Ok(page.connection("FileConnection", nodes, total, Vec::new()))
    }

    /// One file for each entry that is asked for, in the same order.
    pub fn files_by_entries(&self, source: &Source<'_>, arguments: &Arguments) -> Outcome {
        let manifest = self.manifest_of(source)?;
        let entity = self.entity_of(source);
        let mut nodes = Vec::new();
        for wanted in arguments.objects("entries")? {
            let name = wanted.text("name")?.unwrap_or_default();
            let entry = manifest.as_ref().and_then(|known| known.contents.get(name));
            if let Some(entry) = entry {
                nodes.push(self.artifact_file(source, &entity, name, entry)?);
            }
        }
        let page = Page {
            offset: 0,
            size: u64::MAX,
        };
        let total = nodes.len() as u64;
        Ok(page.connection("FileConnection", nodes, total, Vec::new()))
    }

    fn manifest_of(&self, source: &Source<'_>) -> Result<Option<Arc<Manifest>>, GraphqlError> {
        let manifest = self.tracker.artifact_manifest(source.artifact);
        manifest.map_err(refused)
    }

    /// Where the content of the artifact lies.
    fn entity_of(&self, source: &Source<'_>) -> String {
        let sequence = self.tracker.artifacts.collection(source.artifact.sequence);
        sequence.map_or_else(String::new, |sequence| sequence.entity.clone())
    }

    fn artifact_file(
        &self,
        source: &Source<'_>,
        entity: &str,
        path: &str,
        entry: &ManifestEntry,
    ) -> Outcome {
        let artifact = source.artifact;
        let md5 = md5_hex(&entry.digest).ok();
        let (url, storage_path) = match (&entry.reference, &md5) {
            (Some(reference), _) => (Some(reference.clone()), None),
            (None, Some(md5)) => {
                let content = self.tracker.artifacts.content(entity, md5);
                let url = content.map(|content| {
                    let grant = Grant::GetBlob {
                        sha256: content.sha256.clone(),
                        name: path.to_owned(),
                    };
                    let tail = format!("wandb_artifacts/{}", artifact.number);
                    storage::address_under(self.tracker, &self.base_url, &grant, &tail)
                });
                let url = url.transpose().map_err(refused)?;
                (url, Some(storage_path(artifact.number, md5)))
            }
            (None, None) => (None, None),
        };
        let md5 = entry.reference.is_none().then_some(&entry.digest);
        Ok(fields(
            "File",
            vec![
                (
                    "id",
                    Resolved::text(id("ArtifactFile", format!("{}:{path}", artifact.number))),
                ),
                ("name", Resolved::text(path)),
                ("displayName", Resolved::text(path)),
                ("url", text(url.as_ref())),
                // Never null for the client; without content there is nothing at the other end.
                (
                    "directUrl",
                    Resolved::text(
                        url.unwrap_or_else(|| format!("{}/storage/gone", self.base_url)),
                    ),
                ),
                ("sizeBytes", int(entry.size.unwrap_or_default())),
                ("storagePath", text(storage_path)),
                ("mimetype", Resolved::text(content_type(path))),
                (
                    "updatedAt",
                    Resolved::text(time_text(artifact.updated_unix_ms)),
                ),
                ("digest", Resolved::text(&entry.digest)),
                ("md5", text(md5)),
                ("artifact", super::artifact::artifact_node(artifact.clone())),
            ],
        ))
    }

    pub fn current_manifest(&self, artifact: &Artifact) -> Outcome {
        let Some(blob) = &artifact.manifest else {
            return Ok(Resolved::NULL);
        };
        let grant = Grant::GetBlob {
            sha256: blob.sha256.clone(),
            name: "wandb_manifest.json".to_owned(),
        };
        let url = storage::address(self.tracker, &self.base_url, &grant).map_err(refused)?;
        let file = fields(
            "File",
            vec![
                (
                    "id",
                    Resolved::text(id("ArtifactManifestFile", artifact.number)),
                ),
                ("name", Resolved::text("wandb_manifest.json")),
                ("displayName", Resolved::text("wandb_manifest.json")),
                ("directUrl", Resolved::text(&url)),
                ("url", Resolved::text(url)),
                ("md5", Resolved::text(&blob.md5)),
                ("digest", Resolved::text(&blob.md5)),
                ("sizeBytes", int(blob.size_bytes)),
                ("mimetype", Resolved::text("application/json")),
            ],
        );
        Ok(fields(
            "ArtifactManifest",
            vec![
                (
                    "id",
                    Resolved::text(id("ArtifactManifest", format!("{}:0", artifact.number))),
                ),
                ("digest", Resolved::text(&artifact.digest)),
                ("artifactID", Resolved::text(artifact_id(artifact.number))),
                ("file", file),
            ],
        ))
    }
}

/// A name for what lies here; nobody asks for it by this name.
pub fn storage_path(artifact: u64, md5: &str) -> String {
    format!("wandb_artifacts/{artifact}/{md5}")
}
