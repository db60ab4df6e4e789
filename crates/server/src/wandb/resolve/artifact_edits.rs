//! Changes of artifacts and collections that are there: use, links, aliases, tags, deletion.

use std::sync::Arc;

use gradus_store::RunKey;
use gradus_tracker::artifacts::{ArtifactUpdate, Collection};
use gradus_wire::graphql::{Arguments, GraphqlError};

use super::artifact::{artifact_node, member_node, tag_node};
use super::artifact_collection::collection_node;
use super::artifact_uploads::texts_of;
use super::mutation::{not_found, success};
use super::{Outcome, Resolve, Resolved, fields, int, refused};

impl Resolve<'_> {
    pub fn artifact_edit(&self, field: &str, input: &Arguments) -> Outcome {
        let (tracker, caller) = (self.tracker, self.caller);
        match field {
            "useArtifact" => self.use_artifact(input),
            "addAliases" => self.edit_aliases(input, true),
            "deleteAliases" => self.edit_aliases(input, false),
            "updateArtifact" => self.update_artifact(input),
            "deleteArtifact" => self.delete_artifact(input),
            "linkArtifact" => self.link_artifact(input),
            "unlinkArtifact" => {
                let artifact = self.artifact_number(input, "artifactID")?;
                let portfolio = collection_number(input, "artifactPortfolioID")?;
                tracker
                    .unlink_artifact(caller, artifact, portfolio)
                    .map_err(refused)?;
                success()
            }
            "updateArtifactSequence" | "updateArtifactPortfolio" => {
                let id = match field {
                    "updateArtifactSequence" => "artifactSequenceID",
                    _ => "artifactPortfolioID",
                };
                let number = collection_number(input, id)?;
                let (name, description) = (input.text("name")?, input.text("description")?);
                let changed = tracker.update_collection(caller, number, name, description);
                collection_payload(changed.map_err(refused)?)
            }
            "moveArtifactSequence" => {
                let number = collection_number(input, "artifactSequenceID")?;
                let type_name = input.required_text("destinationArtifactTypeName")?;
                let changed = tracker.change_collection_type(caller, number, type_name);
                collection_payload(changed.map_err(refused)?)
            }
            "deleteArtifactSequence" => self.delete_collection(input, "artifactSequenceID"),
            "deleteArtifactPortfolio" => self.delete_collection(input, "artifactPortfolioID"),
            "createArtifactCollectionTagAssignments" => {
                let tags = texts_of(&input.objects("tags")?, "tagName")?;
                let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
                let number = self.collection_named(input)?.number;
                let changed = tracker.tag_collection(caller, number, &tags, &[]);
                let changed = changed.map_err(refused)?;
                let nodes = changed.tags.iter().map(|tag| tag_node(tag)).collect();
                Ok(fields(
                    "CreateArtifactCollectionTagAssignmentsPayload",
                    vec![("tags", Resolved::List(nodes))],
                ))
            }
            "deleteArtifactCollectionTagAssignments" => {
                let tags = texts_of(&input.objects("tags")?, "tagName")?;
                let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
                let number = self.collection_named(input)?.number;
                let changed = tracker.tag_collection(caller, number, &[], &tags);
                changed.map_err(refused)?;
                success()
            }
            _ => Ok(Resolved::Unknown),
        }
    }

    /// The run stands with its own names, and without one the use leaves no trace.
    fn use_artifact(&self, input: &Arguments) -> Outcome {
        let artifact = self.artifact_number(input, "artifactID")?;
        let run = input.text("runName")?.filter(|name| !name.is_empty());
        let run = match run {
            Some(run) => {
                let project = input.text("projectName")?.unwrap_or_default();
                Some(RunKey::new(self.entity_in(input)?, project, run))
            }
            None => None,
        };
        let used = self
            .tracker
            .use_artifact(self.caller, artifact, run.as_ref());
        let artifact = artifact_node(used.map_err(refused)?);
        Ok(fields("UseArtifactPayload", vec![("artifact", artifact)]))
    }

    fn edit_aliases(&self, input: &Arguments, adds: bool) -> Outcome {
        let artifact = self.artifact_number(input, "artifactID")?;
        for alias in input.objects("aliases")? {
            let collection = self.collection_named(&alias)?;
            let aliases = [alias.required_text("alias")?];
            let changed = match adds {
                true => {
                    self.tracker
                        .add_artifact_alias(self.caller, artifact, &collection, &aliases)
                }
                false => {
                    self.tracker
                        .remove_artifact_alias(self.caller, artifact, &collection, &aliases)
                }
            };
            changed.map_err(refused)?;
        }
        success()
    }

    fn update_artifact(&self, input: &Arguments) -> Outcome {
        let number = self.artifact_number(input, "artifactID")?;
        let text = |name: &str| Ok::<_, GraphqlError>(input.text(name)?.map(str::to_owned));
        let aliases = match input.get("aliases") {
            None => None,
            Some(_) => {
                let aliases = input.objects("aliases")?;
                let names = texts_of(&aliases, "artifactCollectionName")?;
                Some(
                    names
                        .into_iter()
                        .zip(texts_of(&aliases, "alias")?)
                        .collect(),
                )
            }
        };
        let update = ArtifactUpdate {
            description: text("description")?,
            metadata: text("metadata")?,
            ttl_secs: input.int("ttlDurationSeconds")?,
            tags_to_add: texts_of(&input.objects("tagsToAdd")?, "tagName")?,
            tags_to_delete: texts_of(&input.objects("tagsToDelete")?, "tagName")?,
            aliases,
        };
        let changed = self.tracker.update_artifact(self.caller, number, update);
        let artifact = artifact_node(changed.map_err(refused)?);
        Ok(fields(
            "UpdateArtifactPayload",
            vec![("artifact", artifact)],
        ))
    }

    /// Answers what was deleted.
    fn delete_artifact(&self, input: &Arguments) -> Outcome {
        let number = self.artifact_number(input, "artifactID")?;
        let known = self.tracker.artifact(self.caller, number);
        let known = known.ok_or_else(|| not_found("artifact", &number.to_string()))?;
        let deletes_aliases = input.flag("deleteAliases")?.unwrap_or(false);
        self.tracker
            .delete_artifact(self.caller, number, deletes_aliases)
            .map_err(refused)?;
        let artifact = artifact_node(known);
        Ok(fields(
            "DeleteArtifactPayload",
            vec![("artifact", artifact)],
        ))
    }

    fn link_artifact(&self, input: &Arguments) -> Outcome {
        let artifact = match input.text("artifactID")? {
            Some(_) => self.artifact_number(input, "artifactID")?,
            None => {
                let client_id = input.required_text("clientID")?;
                let known = self.tracker.artifacts.of_client(client_id);
                let known = known.ok_or_else(|| not_found("artifact of client", client_id))?;
                known.number
            }
        };
        let aliases = texts_of(&input.objects("aliases")?, "alias")?;
        let (entity, project, name);
        match input.text("artifactPortfolioName")? {
            Some(given) => {
                entity = self.entity_in(input)?.to_owned();
                project = input.text("projectName")?.unwrap_or_default().to_owned();
                name = given.to_owned();
            }
            None => {
                let number = collection_number(input, "artifactPortfolioID")?;
                let known = self.tracker.collection(self.caller, number);
                let known = known.ok_or_else(|| not_found("artifact collection", "by this id"))?;
                entity = known.entity.clone();
                project = known.project.clone();
                name = known.name.clone();
            }
        }
        let linked = self
            .tracker
            .link_artifact(
                self.caller,
                artifact,
                Some(&entity),
                Some(&project),
                &name,
                &aliases,
            )
            .map_err(refused)?;
        let version = linked.member.as_ref().map(|member| member.version);
        Ok(fields(
            "LinkArtifactPayload",
            vec![
                ("versionIndex", version.map_or(Resolved::NULL, int)),
                (
                    "artifactMembership",
                    linked.member.map_or(Resolved::NULL, member_node),
                ),
            ],
        ))
    }

    /// Answers what was deleted, as it is then.
    fn delete_collection(&self, input: &Arguments, id: &str) -> Outcome {
        let number = collection_number(input, id)?;
        let known = self.tracker.collection(self.caller, number);
        let known = known.ok_or_else(|| not_found("artifact collection", "by this id"))?;
        self.tracker
            .delete_collection(self.caller, number)
            .map_err(refused)?;
        let type_name = match known.is_portfolio {
            true => "ArtifactPortfolio",
            false => "ArtifactSequence",
        };
        let deleted = fields(
            type_name,
            vec![
                ("state", Resolved::text("DELETED")),
                ("name", Resolved::text(&known.name)),
            ],
        );
        Ok(fields(
            "DeleteArtifactCollectionPayload",
            vec![("artifactCollection", deleted)],
        ))
    }

    /// The collection that `entityName`, `projectName` and `artifactCollectionName` name.
    fn collection_named(&self, input: &Arguments) -> Result<Arc<Collection>, GraphqlError> {
        let entity = self.entity_in(input)?;
        let project = input.text("projectName")?.unwrap_or_default();
        let name = input.required_text("artifactCollectionName")?;
        let known = self.tracker.artifacts.named(entity, project, name);
        let known =
            known.filter(|known| self.tracker.accounts.may_read(self.caller, &known.entity));
        known.ok_or_else(|| not_found("artifact collection", &format!("{entity}/{project}/{name}")))
    }

    /// `entityName`, which may be left empty: the caller's own.
    fn entity_in<'a>(&'a self, input: &'a Arguments) -> Result<&'a str, GraphqlError> {
        let named = input.text("entityName")?.filter(|name| !name.is_empty());
        Ok(named.unwrap_or_else(|| self.caller.user.default_entity()))
    }
}

fn collection_number(input: &Arguments, name: &str) -> Result<u64, GraphqlError> {
    let id = input.required_text(name)?;
    let number = gradus_tracker::runs::number_in(id, "ArtifactCollection");
    number.ok_or_else(|| not_found("artifact collection", id))
}

fn collection_payload(collection: Arc<Collection>) -> Outcome {
    let node = collection_node(collection);
    Ok(fields(
        "UpdateArtifactCollectionPayload",
        vec![("artifactCollection", node)],
    ))
}
