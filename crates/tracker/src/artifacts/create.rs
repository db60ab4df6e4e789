//! `createArtifact`: a pending version, or the committed one that holds the same already.

use std::sync::Arc;

use gradus_store::{RunKey, RunNumber};

use super::edit::Edit;
use super::names::{check_alias, check_metadata, check_tag};
use super::{Artifact, Collection, CollectionNumber, Lineage, Pending};
use crate::accounts::{Caller, check_name};
use crate::{Error, Result, Tracker};

/// The only place where this server keeps files.
const REGION: &str = "default";

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewArtifact {
    /// Empty or none: the caller's own.
    pub entity: Option<String>,
    pub project: Option<String>,
    /// The run that logs it, if any.
    pub run: Option<String>,
    pub type_name: String,
    pub name: String,
    pub digest: String,
    pub description: Option<String>,
    pub metadata: Option<String>,
    pub aliases: Vec<String>,
    pub tags: Vec<String>,
    pub client_id: Option<String>,
    pub distributed_id: Option<String>,
    pub history_step: Option<i64>,
    pub ttl_secs: Option<i64>,
    pub region: Option<String>,
}

impl NewArtifact {
    fn check(&self) -> Result<()> {
        check_name("an artifact's name", &self.name)?;
        check_name("an artifact's type", &self.type_name)?;
        self.aliases
            .iter()
            .try_for_each(|alias| check_alias(alias))?;
        self.tags.iter().try_for_each(|tag| check_tag(tag))?;
        if let Some(metadata) = &self.metadata {
            check_metadata(metadata)?;
        }
        let region = self.region.as_deref().filter(|name| !name.is_empty());
        match region.filter(|name| *name != REGION) {
            None => Ok(()),
            Some(region) => Err(Error::input(format!(
                "invalid storageRegion: {region}; this server has only '{REGION}'"
            ))),
        }
    }
}

impl Tracker {
    /// Asked again by the same client, the same artifact is answered.
    ///
    /// # Errors
    /// Names that can't be, a collection of another type, no right to write.
    pub fn create_artifact(&self, caller: &Caller, new: NewArtifact) -> Result<Arc<Artifact>> {
        new.check()?;
        let _changing = self.lock();
        let (project, _) = self.upsert_project_locked(
            caller,
            new.entity.as_deref(),
            new.project.as_deref(),
            None,
        )?;
        let run = self.logging_run(&project.entity, &project.name, new.run.as_deref());
        let mut edit = Edit::new(self);
        let sequence = self.sequence_for(&mut edit, &project.entity, &project.name, &new)?;
        let number = match self.known_artifact(sequence, &new) {
            Some(number) => {
                self.log_again(&mut edit, number, new)?;
                number
            }
            None => self.begin_artifact(caller, &mut edit, sequence, run, new)?,
        };
        if let Some(run) = run {
            edit.add_edge(run, number, Lineage::Out);
        }
        edit.finish()?;
        self.artifacts
            .artifact(number)
            .ok_or_else(|| Error::not_found("the artifact was deleted"))
    }

    /// A run that was deleted logs nothing more; the artifact is none the worse for it.
    fn logging_run(&self, entity: &str, project: &str, name: Option<&str>) -> Option<RunNumber> {
        let name = name.filter(|name| !name.is_empty())?;
        let view = self.store.run(&RunKey::new(entity, project, name))?;
        Some(view.record.number)
    }

    fn sequence_for(
        &self,
        edit: &mut Edit<'_>,
        entity: &str,
        project: &str,
        new: &NewArtifact,
    ) -> Result<CollectionNumber> {
        let name = &new.name;
        let Some(known) = self.artifacts.named(entity, project, name) else {
            return self.new_collection(edit, entity, project, &new.type_name, name, false);
        };
        if known.is_portfolio {
            return Err(Error::input(format!(
                "'{name}' is a collection that artifacts are linked to; log under another name"
            )));
        }
        if known.type_name != new.type_name {
            return Err(Error::input(format!(
                "artifact '{name}' already exists with type '{}'; it can't be logged with type \
                 '{}'",
                known.type_name, new.type_name
            )));
        }
        Ok(known.number)
    }

    pub(super) fn new_collection(
        &self,
        edit: &mut Edit<'_>,
        entity: &str,
        project: &str,
        type_name: &str,
        name: &str,
        is_portfolio: bool,
    ) -> Result<CollectionNumber> {
        let number = self.next_number(&mut edit.transaction, "artifact_collection")?;
        let now = self.now_unix_ms();
        edit.put_collection(Collection {
            number,
            entity: entity.to_owned(),
            project: project.to_owned(),
            is_portfolio,
            type_name: type_name.to_owned(),
            name: name.to_owned(),
            description: None,
            tags: Vec::new(),
            created_unix_ms: now,
            updated_unix_ms: now,
            next_version: 0,
        });
        Ok(number)
    }

    /// The artifact that a request means: the same request come again, what several processes
    /// write together, or a version that holds the same.
    fn known_artifact(&self, sequence: CollectionNumber, new: &NewArtifact) -> Option<u64> {
        let of_client = new.client_id.as_deref().and_then(|client_id| {
            let number = self.artifacts.look(|index| index.of_client(client_id))?;
            let known = self.artifacts.artifact(number)?;
            let is_same = !known.is_committed() || known.digest == new.digest;
            (known.sequence == sequence && is_same).then_some(number)
        });
        of_client.or_else(|| match new.distributed_id.as_deref() {
            Some(id) => self.artifacts.look(|index| index.distributed(sequence, id)),
            None => self
                .artifacts
                .look(|index| index.same(sequence, &new.digest)),
        })
    }

    fn begin_artifact(
        &self,
        caller: &Caller,
        edit: &mut Edit<'_>,
        sequence: CollectionNumber,
        run: Option<RunNumber>,
        new: NewArtifact,
    ) -> Result<u64> {
        let number = self.next_number(&mut edit.transaction, "artifact")?;
        let now = self.now_unix_ms();
        let artifact = Artifact {
            number,
            sequence,
            version: None,
            digest: new.digest,
            description: new.description,
            metadata: new.metadata,
            tags: without_doubles(new.tags),
            client_id: new.client_id,
            distributed_id: new.distributed_id,
            run,
            user: caller.user.name.clone(),
            history_step: new.history_step,
            ttl_secs: new.ttl_secs,
            created_unix_ms: now,
            updated_unix_ms: now,
            size_bytes: 0,
            file_count: 0,
            manifest: None,
            births: Vec::new(),
            pending: Pending {
                aliases: without_doubles(new.aliases),
                ..Pending::default()
            },
        };
        edit.put_artifact(artifact);
        Ok(number)
    }

    /// Aliases and tags go to what is there.
    fn log_again(&self, edit: &mut Edit<'_>, number: u64, new: NewArtifact) -> Result<()> {
        let mut artifact = edit.artifact(number)?;
        let before = artifact.clone();
        for tag in new.tags {
            if !artifact.tags.contains(&tag) {
                artifact.tags.push(tag);
            }
        }
        match artifact.version {
            Some(version) => {
                for alias in &new.aliases {
                    edit.set_alias((artifact.sequence, version), alias);
                }
            }
            None => {
                let aliases = &mut artifact.pending.aliases;
                aliases.extend(new.aliases);
                *aliases = without_doubles(std::mem::take(aliases));
            }
        }
        if artifact != before {
            edit.put_artifact(artifact);
        }
        Ok(())
    }
}

pub(super) fn without_doubles(mut names: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}
