//! Collections of artifacts and their types, and lists of both.

use std::sync::Arc;

use gradus_tracker::Project;
use gradus_tracker::artifacts::{Collection, CollectionQuery, Member, VersionQuery, collection_id};
use gradus_tracker::query::time_text;
use gradus_wire::graphql::{Arguments, GraphqlError, Object};

use super::artifact::{artifact_node, member_node, tag_node};
use super::connection::{Page, whole};
use super::run::id;
use super::{
    Node, Outcome, Resolve, Resolved, entity_node, fields, int, project_node, refused, text,
};

pub fn collection_node(collection: Arc<Collection>) -> Resolved {
    let type_name = match collection.is_portfolio {
        true => "ArtifactPortfolio",
        false => "ArtifactSequence",
    };
    Resolved::Object(Object {
        type_name,
        interfaces: &["ArtifactCollection"],
        node: Node::Collection(collection),
    })
}

/// Clients before 0.20 tell a portfolio by its not being a sequence.
fn is_of_kind(collection: &Collection, field: &str) -> bool {
    match field {
        "artifactSequence" => !collection.is_portfolio,
        "artifactPortfolio" => collection.is_portfolio,
        _ => true,
    }
}

/// A type of artifacts in a project.
#[derive(Debug, Clone)]
pub struct ArtifactType {
    pub project: Arc<Project>,
    pub name: String,
    pub created_unix_ms: i64,
}

fn type_node(found: ArtifactType) -> Resolved {
    Resolved::Object(Object::new(
        "ArtifactType",
        Node::ArtifactType(found.into()),
    ))
}

impl Resolve<'_> {
    pub fn collection_by_id(&self, id: &str) -> Outcome {
        let number = gradus_tracker::runs::number_in(id, "ArtifactCollection");
        let known = number.and_then(|number| self.tracker.collection(self.caller, number));
        Ok(known.map_or(Resolved::NULL, collection_node))
    }

    /// Fields of a project that have to do with artifacts.
    pub fn project_artifacts(
        &self,
        project: &Arc<Project>,
        field: &str,
        arguments: &Arguments,
    ) -> Outcome {
        let (entity, name) = (&project.entity, &project.name);
        let wanted = || Ok::<_, GraphqlError>(arguments.text("name")?.unwrap_or_default());
        Ok(match field {
            "artifact" | "artifactCollectionMembership" => {
                let member = self.tracker.artifact_named(entity, name, wanted()?);
                match member {
                    Some(member) if field == "artifact" => {
                        let artifact = self.tracker.artifacts.artifact(member.artifact);
                        artifact.map_or(Resolved::NULL, artifact_node)
                    }
                    member => member.map_or(Resolved::NULL, member_node),
                }
            }
            "artifactCollection" | "artifactSequence" | "artifactPortfolio" => {
                let known = self.tracker.artifacts.named(entity, name, wanted()?);
                let known = known.filter(|known| is_of_kind(known, field));
                known.map_or(Resolved::NULL, collection_node)
            }
            "artifactCollections" => self.collections_of(project, None, arguments)?,
            "artifactType" => {
                let wanted = wanted()?;
                let types = self.tracker.artifact_types(entity, name).into_iter();
                let found = { types }.find(|(known, _)| known == wanted);
                found.map_or(Resolved::NULL, |(name, created_unix_ms)| {
                    type_node(ArtifactType {
                        project: project.clone(),
                        name,
                        created_unix_ms,
                    })
                })
            }
            "artifactTypes" => {
                let page = Page::of(arguments)?;
                let (types, total) = page.cut(self.tracker.artifact_types(entity, name));
                let nodes = types.into_iter().map(|(name, created_unix_ms)| {
                    type_node(ArtifactType {
                        project: project.clone(),
                        name,
                        created_unix_ms,
                    })
                });
                page.connection("ArtifactTypeConnection", nodes.collect(), total, Vec::new())
            }
            _ => Resolved::Unknown,
        })
    }

    fn collections_of(
        &self,
        project: &Project,
        type_name: Option<&str>,
        arguments: &Arguments,
    ) -> Outcome {
        let filters = arguments.json("filters")?;
        let query = CollectionQuery::parse(filters.as_ref(), arguments.text("order")?);
        let query = query.map_err(refused)?;
        let found = self
            .tracker
            .collections(&project.entity, &project.name, type_name, &query);
        let page = Page::of(arguments)?;
        let (found, total) = page.cut(found);
        let nodes = found.into_iter().map(collection_node).collect();
        Ok(page.connection("ArtifactCollectionConnection", nodes, total, Vec::new()))
    }

    pub fn artifact_type(
        &self,
        artifact_type: &ArtifactType,
        field: &str,
        arguments: &Arguments,
    ) -> Outcome {
        let project = &artifact_type.project;
        let name = &artifact_type.name;
        Ok(match field {
            "id" => {
                let path = format!("{}/{}/{name}", project.entity, project.name);
                Resolved::text(id("ArtifactType", path))
            }
            "name" => Resolved::text(name),
            "description" => Resolved::NULL,
            "createdAt" => Resolved::text(time_text(artifact_type.created_unix_ms)),
            "project" => project_node(project.clone()),
            "artifactCollections" | "artifactSequences" => {
                self.collections_of(project, Some(name), arguments)?
            }
            "artifactCollection" | "artifactSequence" => {
                let wanted = arguments.text("name")?.unwrap_or_default();
                let known = self
                    .tracker
                    .artifacts
                    .named(&project.entity, &project.name, wanted);
                let known =
                    known.filter(|known| known.type_name == *name && is_of_kind(known, field));
                known.map_or(Resolved::NULL, collection_node)
            }
            _ => Resolved::Unknown,
        })
    }

    /// The type of a collection's artifacts.
    pub fn artifact_type_node(&self, collection: &Collection) -> Resolved {
        let project = self
            .tracker
            .projects
            .get(&collection.entity, &collection.project);
        match project {
            Some(project) => type_node(ArtifactType {
                project,
                name: collection.type_name.clone(),
                created_unix_ms: collection.created_unix_ms,
            }),
            None => {
                let name = Resolved::text(&collection.type_name);
                fields("ArtifactType", vec![("name", name)])
            }
        }
    }

    pub fn collection(
        &self,
        collection: &Arc<Collection>,
        field: &str,
        arguments: &Arguments,
    ) -> Outcome {
        let artifacts = &self.tracker.artifacts;
        Ok(match field {
            "id" => Resolved::text(collection_id(collection.number)),
            "name" => Resolved::text(&collection.name),
            "description" => text(collection.description.as_ref()),
            "createdAt" => Resolved::text(time_text(collection.created_unix_ms)),
            "updatedAt" => Resolved::text(time_text(collection.updated_unix_ms)),
            "state" => Resolved::text("READY"),
            "digestAlgorithm" => Resolved::text("MANIFEST_MD5"),
            "entity" => entity_node(&collection.entity),
            "project" => {
                let project = self
                    .tracker
                    .projects
                    .get(&collection.entity, &collection.project);
                project.map_or(Resolved::NULL, project_node)
            }
            "defaultArtifactType" | "artifactType" => self.artifact_type_node(collection),
            "tags" => {
                let tags = collection.tags.iter().map(|tag| tag_node(tag));
                whole("TagConnection", tags.collect())
            }
            "aliases" => {
                let members = artifacts.members_of(collection.number);
                let aliases = members.iter().flat_map(|member| self.aliases_of(member));
                let page = Page::of(arguments)?;
                let (aliases, total) = page.cut(aliases.collect());
                page.connection("ArtifactAliasConnection", aliases, total, Vec::new())
            }
            "latestArtifact" => {
                let latest = artifacts.latest(collection.number);
                let latest = latest.and_then(|member| artifacts.artifact(member.artifact));
                latest.map_or(Resolved::NULL, artifact_node)
            }
            "artifactMembership" => {
                let alias = arguments.text("aliasName")?.unwrap_or_default();
                let member = artifacts.member_named(collection.number, alias);
                member.map_or(Resolved::NULL, member_node)
            }
            "artifactMemberships" => {
                let (page, members, total) = self.page_of_versions(collection, arguments)?;
                let nodes = members.into_iter().map(member_node).collect();
                page.connection(
                    "ArtifactCollectionMembershipConnection",
                    nodes,
                    total,
                    Vec::new(),
                )
            }
            "artifacts" => self.versions_of(collection, arguments)?,
            "versionCount" => int(artifacts.members_of(collection.number).len() as u64),
            _ => Resolved::Unknown,
        })
    }

    fn page_of_versions(
        &self,
        collection: &Collection,
        arguments: &Arguments,
    ) -> Result<(Page, Vec<Arc<Member>>, u64), GraphqlError> {
        let filters = arguments.json("filters")?;
        let query = VersionQuery::parse(filters.as_ref(), arguments.text("order")?);
        let found = self.tracker.versions(collection, &query.map_err(refused)?);
        let page = Page::of(arguments)?;
        let (members, total) = page.cut(found);
        Ok((page, members, total))
    }

    /// Versions, with the name that each has in this collection on the edge.
    fn versions_of(&self, collection: &Collection, arguments: &Arguments) -> Outcome {
        let (page, members, total) = self.page_of_versions(collection, arguments)?;
        let nodes = members.iter().map(|member| {
            let artifact = self.tracker.artifacts.artifact(member.artifact);
            let version = Resolved::text(format!("v{}", member.version));
            let node = artifact.map_or(Resolved::NULL, artifact_node);
            (node, vec![("version", version)])
        });
        Ok(page.connection_with(
            "VersionedArtifactConnection",
            nodes.collect(),
            total,
            Vec::new(),
        ))
    }
}
