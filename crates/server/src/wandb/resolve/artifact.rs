//! Artifacts: what is known of a version, and who made and used it.

use std::sync::Arc;

use gradus_tracker::artifacts::{Artifact, Lineage, Member, artifact_id};
use gradus_tracker::query::time_text;
use gradus_wire::Json;
use gradus_wire::graphql::{Arguments, GraphqlError, Object};

use super::artifact_collection::collection_node;
use super::artifact_files::Source;
use super::connection::{Page, whole};
use super::mutation::not_found;
use super::run::id;
use super::{Node, Outcome, Resolve, Resolved, RunNode, fields, flag, int, run_node, text};

/// "As the collection has it", in the client's numbers; collections have none here.
const TTL_INHERITED: i64 = -2;

pub fn artifact_node(artifact: Arc<Artifact>) -> Resolved {
    Resolved::Object(Object::new("Artifact", Node::Artifact(artifact)))
}

pub fn member_node(member: Arc<Member>) -> Resolved {
    Resolved::Object(Object::new(
        "ArtifactCollectionMembership",
        Node::Member(member),
    ))
}

pub fn tag_node(name: &str) -> Resolved {
    fields(
        "Tag",
        vec![
            ("id", Resolved::text(id("Tag", name))),
            ("name", Resolved::text(name)),
            ("tagCategoryName", Resolved::NULL),
        ],
    )
}

impl Resolve<'_> {
    /// Null where there is none, or the caller may not know of it.
    pub fn artifact_by_id(&self, id: &str) -> Outcome {
        let number = gradus_tracker::runs::number_in(id, "Artifact");
        let artifact = number.and_then(|number| self.tracker.artifact(self.caller, number));
        Ok(artifact.map_or(Resolved::NULL, artifact_node))
    }

    pub fn client_id_mapping(&self, client_id: &str) -> Outcome {
        let known = self.tracker.artifacts.of_client(client_id);
        let known = known.and_then(|known| self.tracker.artifact(self.caller, known.number));
        Ok(match known {
            Some(artifact) => {
                let server_id = Resolved::text(artifact_id(artifact.number));
                fields("ClientIDMapping", vec![("serverID", server_id)])
            }
            None => Resolved::NULL,
        })
    }

    pub fn artifact(
        &self,
        artifact: &Arc<Artifact>,
        field: &str,
        arguments: &Arguments,
    ) -> Outcome {
        let artifacts = &self.tracker.artifacts;
        let sequence = || artifacts.collection(artifact.sequence);
        Ok(match field {
            "id" => Resolved::text(artifact_id(artifact.number)),
            "artifactSequence" => sequence().map_or(Resolved::NULL, collection_node),
            "versionIndex" => artifact.version.map_or(Resolved::NULL, int),
            "artifactType" => match sequence() {
                Some(sequence) => self.artifact_type_node(&sequence),
                None => Resolved::NULL,
            },
            "description" => text(artifact.description.as_ref()),
            "metadata" => text(artifact.metadata.as_ref()),
            "ttlDurationSeconds" => int(artifact.ttl_secs.unwrap_or(TTL_INHERITED)),
            "ttlIsInherited" => flag(artifact.ttl_secs.is_none_or(|secs| secs == TTL_INHERITED)),
            "tags" => Resolved::List(artifact.tags.iter().map(|tag| tag_node(tag)).collect()),
            "historyStep" => artifact.history_step.map_or(Resolved::NULL, int),
            "state" => Resolved::text(match artifact.is_committed() {
                true => "COMMITTED",
                false => "PENDING",
            }),
            "size" => int(artifact.size_bytes),
            "digest" => Resolved::text(&artifact.digest),
            "digestAlgorithm" => Resolved::text("MANIFEST_MD5"),
            // Of a committed version the client wants one: what the commit fixed is the manifest.
            "commitHash" => text(artifact.manifest.as_ref().map(|blob| &blob.sha256)),
            "fileCount" => int(artifact.file_count),
            "createdAt" => Resolved::text(time_text(artifact.created_unix_ms)),
            "updatedAt" => Resolved::text(time_text(artifact.updated_unix_ms)),
            "aliases" => {
                let members = self.readable_memberships(artifact.number);
                // With the number in each collection, from which clients before 0.20 know it.
                let aliases = members.iter().flat_map(|member| {
                    let (number, mut aliases) = (member.version, self.aliases_of(member));
                    let node = artifacts.collection(member.collection);
                    let node = node.map_or(Resolved::NULL, collection_node);
                    aliases.push(alias_node(member.collection, &format!("v{number}"), &node));
                    aliases
                });
                Resolved::List(aliases.collect())
            }
            "artifactMemberships" => {
                let members = self.readable_memberships(artifact.number);
                let nodes = members.into_iter().map(member_node).collect();
                whole("ArtifactCollectionMembershipConnection", nodes)
            }
            "artifactCollections" => {
                let members = self.readable_memberships(artifact.number).into_iter();
                let known = members.filter_map(|member| artifacts.collection(member.collection));
                whole(
                    "ArtifactCollectionConnection",
                    known.map(collection_node).collect(),
                )
            }
            "createdBy" => {
                let record = artifact.run.and_then(|run| self.readable_run(run));
                record.unwrap_or(Resolved::NULL)
            }
            "usedBy" => {
                let runs = artifacts.runs_of(artifact.number, Lineage::In).into_iter();
                let nodes = runs.filter_map(|run| self.readable_run(run)).collect();
                let page = Page::of(arguments)?;
                let (nodes, total) = page.cut(nodes);
                page.connection("RunConnection", nodes, total, Vec::new())
            }
            "currentManifest" => self.current_manifest(artifact)?,
            "files" => self.artifact_files(&Source::of(artifact), arguments)?,
            "filesByManifestEntries" => self.files_by_entries(&Source::of(artifact), arguments)?,
            _ => Resolved::Unknown,
        })
    }

    pub fn membership(&self, member: &Arc<Member>, field: &str, arguments: &Arguments) -> Outcome {
        let artifacts = &self.tracker.artifacts;
        Ok(match field {
            "id" => {
                let place = format!("{}:{}", member.collection, member.version);
                Resolved::text(id("ArtifactCollectionMembership", place))
            }
            "versionIndex" => int(member.version),
            "createdAt" => Resolved::text(time_text(member.created_unix_ms)),
            "aliases" => Resolved::List(self.aliases_of(member)),
            "artifactCollection" => {
                let collection = artifacts.collection(member.collection);
                collection.map_or(Resolved::NULL, collection_node)
            }
            "artifact" => {
                let artifact = artifacts.artifact(member.artifact);
                artifact.map_or(Resolved::NULL, artifact_node)
            }
            "files" => match artifacts.artifact(member.artifact) {
                Some(artifact) => self.artifact_files(&Source::of(&artifact), arguments)?,
                None => Resolved::NULL,
            },
            _ => Resolved::Unknown,
        })
    }

    /// Where an artifact is a version, as far as the caller may know.
    fn readable_memberships(&self, artifact: u64) -> Vec<Arc<Member>> {
        let mut members = self.tracker.artifacts.memberships(artifact);
        members.retain(|member| {
            let collection = self.tracker.collection(self.caller, member.collection);
            collection.is_some()
        });
        members
    }

    pub fn aliases_of(&self, member: &Member) -> Vec<Resolved> {
        let collection = self.tracker.artifacts.collection(member.collection);
        let node = collection.map_or(Resolved::NULL, collection_node);
        let aliases = member.aliases.iter();
        let aliases = aliases.map(|alias| alias_node(member.collection, alias, &node));
        aliases.collect()
    }

    fn readable_run(&self, number: u64) -> Option<Resolved> {
        let view = self.tracker.store.run_numbered(number)?;
        let entity = &view.record.key.entity;
        let may_read = self.tracker.accounts.may_read(self.caller, entity);
        may_read.then(|| run_node(view.record.clone()))
    }

    /// `inputArtifacts` and `outputArtifacts` of a run.
    pub fn run_artifacts(&self, run: &RunNode, lineage: Lineage, arguments: &Arguments) -> Outcome {
        let mut artifacts = self
            .tracker
            .artifacts
            .artifacts_of(run.record.number, lineage);
        artifacts.retain(|known| self.tracker.artifact(self.caller, known.number).is_some());
        let page = Page::of(arguments)?;
        let (artifacts, total) = page.cut(artifacts);
        let nodes = artifacts.into_iter().map(artifact_node).collect();
        Ok(page.connection("ArtifactConnection", nodes, total, Vec::new()))
    }

    /// The number in an argument that names an artifact.
    pub fn artifact_number(&self, arguments: &Arguments, name: &str) -> Result<u64, GraphqlError> {
        let id = arguments.required_text(name)?;
        let number = gradus_tracker::runs::number_in(id, "Artifact");
        number.ok_or_else(|| not_found("artifact", id))
    }
}

fn alias_node(collection: u64, alias: &str, node: &Resolved) -> Resolved {
    let alias_id = id("ArtifactAlias", format!("{collection}:{alias}"));
    fields(
        "ArtifactAlias",
        vec![
            ("id", Resolved::text(alias_id)),
            ("alias", Resolved::text(alias)),
            ("artifactCollection", node.clone()),
            (
                "artifactCollectionName",
                match node {
                    Resolved::Object(Object {
                        node: Node::Collection(collection),
                        ..
                    }) => Resolved::Json(Json::text(&collection.name)),
                    _ => Resolved::NULL,
                },
            ),
        ],
    )
}
