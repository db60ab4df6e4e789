//! Logging an artifact: a pending version, its files, its manifest, the commit.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_tracker::artifacts::{ManifestKind, NewArtifact, artifact_id};
use gradus_wire::Json;
use gradus_wire::graphql::{Arguments, GraphqlError};

use super::artifact::artifact_node;
use super::artifact_files::storage_path;
use super::connection::whole;
use super::mutation::not_found;
use super::run::id;
use super::{Outcome, Resolve, Resolved, fields, refused, text};
use crate::wandb::storage::{self, Grant, content_type};

impl Resolve<'_> {
    pub fn artifact_upload(&self, field: &str, input: &Arguments) -> Outcome {
        match field {
            "createArtifact" => self.create_artifact(input),
            "createArtifactManifest" => self.create_artifact_manifest(input),
            "updateArtifactManifest" => self.update_artifact_manifest(input),
            "createArtifactFiles" => self.create_artifact_files(input),
            "commitArtifact" => {
                let number = self.artifact_number(input, "artifactID")?;
                let committed = self.tracker.commit_artifact(self.caller, number);
                let artifact = artifact_node(committed.map_err(refused)?);
                Ok(fields(
                    "CommitArtifactPayload",
                    vec![("artifact", artifact)],
                ))
            }
            _ => Ok(Resolved::Unknown),
        }
    }

    fn create_artifact(&self, input: &Arguments) -> Outcome {
        let text = |name: &str| -> Result<Option<String>, GraphqlError> {
            let text = input.text(name)?.filter(|text| !text.is_empty());
            Ok(text.map(str::to_owned))
        };
        // One name, or a list of one.
        let names = input.texts("artifactCollectionNames")?.unwrap_or_default();
        let name = input.text("artifactCollectionName")?;
        let name = name.or(names.first().copied());
        let aliases = input.objects("aliases")?;
        let tags = input.objects("tags")?;
        let new = NewArtifact {
            entity: text("entityName")?,
            project: text("projectName")?,
            run: text("runName")?,
            type_name: input.required_text("artifactTypeName")?.to_owned(),
            name: name.unwrap_or_default().to_owned(),
            digest: input.text("digest")?.unwrap_or_default().to_owned(),
            description: text("description")?,
            metadata: text("metadata")?,
            aliases: texts_of(&aliases, "alias")?,
            tags: texts_of(&tags, "tagName")?,
            client_id: text("clientID")?,
            distributed_id: text("distributedID")?,
            history_step: input.int("historyStep")?,
            ttl_secs: input.int("ttlDurationSeconds")?,
            region: text("storageRegion")?,
        };
        let artifact = self.tracker.create_artifact(self.caller, new);
        let artifact = artifact_node(artifact.map_err(refused)?);
        Ok(fields(
            "CreateArtifactPayload",
            vec![("artifact", artifact)],
        ))
    }

    fn create_artifact_manifest(&self, input: &Arguments) -> Outcome {
        let artifact = self.artifact_number(input, "artifactID")?;
        let kind = ManifestKind::parse(input.text("type")?.unwrap_or("FULL")).map_err(refused)?;
        let name = input.text("name")?.unwrap_or("wandb_manifest.json");
        let base = self.base_artifact(input)?;
        let part = self
            .tracker
            .create_artifact_manifest(self.caller, artifact, kind, name, base)
            .map_err(refused)?;
        let manifest = self.manifest_place(input, artifact, part, name)?;
        Ok(fields(
            "CreateArtifactManifestPayload",
            vec![("artifactManifest", manifest)],
        ))
    }

    fn update_artifact_manifest(&self, input: &Arguments) -> Outcome {
        let id = input.required_text("artifactManifestID")?;
        let (artifact, part) = named_by(id).ok_or_else(|| not_found("artifact manifest", id))?;
        let base = self.base_artifact(input)?;
        let changed = self
            .tracker
            .update_artifact_manifest(self.caller, artifact, part, base)
            .map_err(refused)?;
        let manifest = self.manifest_place(input, artifact, part, &changed.name)?;
        Ok(fields(
            "UpdateArtifactManifestPayload",
            vec![("artifactManifest", manifest)],
        ))
    }

    fn base_artifact(&self, input: &Arguments) -> Result<Option<u64>, GraphqlError> {
        match input.text("baseArtifactID")?.filter(|id| !id.is_empty()) {
            Some(_) => self.artifact_number(input, "baseArtifactID").map(Some),
            None => Ok(None),
        }
    }

    /// A manifest and, where the client is about to send it, the address to send it to.
    fn manifest_place(&self, input: &Arguments, artifact: u64, part: usize, name: &str) -> Outcome {
        let digest = input.text("digest")?.filter(|digest| !digest.is_empty());
        let is_coming = input.flag("includeUpload")?.unwrap_or(digest.is_some());
        let mut upload = None;
        if let (true, Some(md5)) = (is_coming, digest) {
            let grant = Grant::PutManifest {
                artifact,
                part,
                md5: md5.to_owned(),
                name: name.to_owned(),
            };
            let address = storage::address(self.tracker, &self.base_url, &grant);
            upload = Some((address.map_err(refused)?, headers(md5, "application/json")));
        }
        let manifest = id("ArtifactManifest", format!("{artifact}:{part}"));
        let (address, headers) = upload.unzip();
        let file = fields(
            "File",
            vec![
                (
                    "id",
                    Resolved::text(id("ArtifactManifestFile", format!("{artifact}:{part}"))),
                ),
                ("name", Resolved::text(name)),
                ("displayName", Resolved::text(name)),
                ("uploadUrl", text(address)),
                (
                    "uploadHeaders",
                    headers.unwrap_or(Resolved::Json(Json::Array(Vec::new()))),
                ),
            ],
        );
        Ok(fields(
            "ArtifactManifest",
            vec![("id", Resolved::text(manifest)), ("file", file)],
        ))
    }

    /// One file for each that is asked for, in the same order.
    fn create_artifact_files(&self, input: &Arguments) -> Outcome {
        let mut nodes = Vec::new();
        for file in input.objects("artifactFiles")? {
            let name = file.text("name")?.unwrap_or_default();
            let md5 = file.required_text("md5")?;
            let artifact = self.artifact_number(&file, "artifactID")?;
            let plan = self
                .tracker
                .plan_artifact_file(self.caller, artifact, md5)
                .map_err(refused)?;
            let mut upload = None;
            if !plan.is_there {
                let grant = Grant::PutArtifactFile {
                    artifact,
                    md5: plan.md5.clone(),
                    name: name.to_owned(),
                };
                let address = storage::address(self.tracker, &self.base_url, &grant);
                upload = Some(address.map_err(refused)?);
            }
            let mimetype = file.text("mimetype")?.filter(|text| is_header_text(text));
            let mimetype = mimetype.unwrap_or_else(|| content_type(name));
            let birth = Resolved::text(artifact_id(plan.birth));
            nodes.push(fields(
                "File",
                vec![
                    (
                        "id",
                        Resolved::text(id("ArtifactFile", format!("{artifact}:{name}"))),
                    ),
                    ("name", Resolved::text(name)),
                    ("displayName", Resolved::text(name)),
                    (
                        "storagePath",
                        Resolved::text(storage_path(plan.birth, &plan.md5)),
                    ),
                    ("uploadUrl", text(upload)),
                    ("uploadHeaders", headers(md5, mimetype)),
                    ("uploadMultipartUrls", Resolved::NULL),
                    ("artifact", fields("Artifact", vec![("id", birth)])),
                ],
            ));
        }
        Ok(fields(
            "CreateArtifactFilesPayload",
            vec![("files", whole("FileConnection", nodes))],
        ))
    }
}

/// Sent back with the upload.
fn headers(md5: &str, mimetype: &str) -> Resolved {
    Resolved::Json(Json::Array(vec![
        Json::text(format!("Content-MD5:{md5}")),
        Json::text(format!("Content-Type:{mimetype}")),
    ]))
}

fn is_header_text(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' ')
}

pub fn texts_of(objects: &[Arguments], name: &str) -> Result<Vec<String>, GraphqlError> {
    let texts = objects.iter().map(|object| object.required_text(name));
    texts.map(|text| text.map(str::to_owned)).collect()
}

/// The artifact and the part in an id of a manifest.
fn named_by(id: &str) -> Option<(u64, usize)> {
    let text = String::from_utf8(STANDARD.decode(id).ok()?).ok()?;
    let (artifact, part) = text.strip_prefix("ArtifactManifest:")?.split_once(':')?;
    Some((artifact.parse().ok()?, part.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_manifests_come_back() {
        assert_eq!(named_by(&id("ArtifactManifest", "12:3")), Some((12, 3)));
        for hostile in [
            "",
            "QQ==",
            &id("ArtifactManifest", "12"),
            &id("File", "1:2"),
        ] {
            assert_eq!(named_by(hostile), None, "{hostile}");
        }
    }

    #[test]
    fn headers_hold_no_second_line() {
        assert!(is_header_text("text/plain; charset=utf-8"));
        assert!(!is_header_text("text/plain\r\nX-A: b"));
        assert!(!is_header_text(""));
    }
}
