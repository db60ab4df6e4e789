//! Changes of what is there: aliases, tags, descriptions, names and types.

use std::sync::Arc;

use super::create::without_doubles;
use super::edit::Edit;
use super::names::{check_alias, check_metadata, check_tag};
use super::{Artifact, ArtifactNumber, Collection, CollectionNumber, LATEST};
use crate::accounts::{Caller, check_name};
use crate::{Error, Result, Tracker};

/// Types that begin so are made by the client for itself.
pub(super) const INTERNAL: &str = "wandb-";

/// What a request sets; what it does not name is left alone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArtifactUpdate {
    pub description: Option<String>,
    pub metadata: Option<String>,
    pub ttl_secs: Option<i64>,
    pub tags_to_add: Vec<String>,
    pub tags_to_delete: Vec<String>,
    /// All aliases that it shall have, by the name of the collection.
    pub aliases: Option<Vec<(String, String)>>,
}

impl Tracker {
    pub fn add_artifact_alias(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        collection: &Collection,
        aliases: &[&str],
    ) -> Result<()> {
        aliases.iter().try_for_each(|alias| check_alias(alias))?;
        self.edit_aliases(caller, artifact, collection, |edit, place| {
            aliases
                .iter()
                .for_each(|alias| edit.set_alias(place, alias));
        })
    }

    pub fn remove_artifact_alias(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        collection: &Collection,
        aliases: &[&str],
    ) -> Result<()> {
        self.edit_aliases(caller, artifact, collection, |edit, place| {
            aliases
                .iter()
                .for_each(|alias| edit.remove_alias(place, alias));
        })
    }

    fn edit_aliases(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        collection: &Collection,
        change: impl FnOnce(&mut Edit<'_>, (CollectionNumber, u64)),
    ) -> Result<()> {
        let _changing = self.lock();
        self.accounts.check_write(caller, &collection.entity)?;
        let places = self.artifacts.look(|index| index.memberships(artifact));
        let place = places
            .into_iter()
            .find(|place| place.0 == collection.number);
        let place = place.ok_or_else(|| {
            Error::not_found(format!("the artifact is not in '{}'", collection.name))
        })?;
        let mut edit = Edit::new(self);
        change(&mut edit, place);
        edit.finish()
    }

    pub fn update_artifact(
        &self,
        caller: &Caller,
        number: ArtifactNumber,
        update: ArtifactUpdate,
    ) -> Result<Arc<Artifact>> {
        if let Some(metadata) = &update.metadata {
            check_metadata(metadata)?;
        }
        update
            .tags_to_add
            .iter()
            .try_for_each(|tag| check_tag(tag))?;
        let aliases = update.aliases.iter().flatten();
        aliases
            .into_iter()
            .try_for_each(|(_, alias)| check_alias(alias))?;
        let _changing = self.lock();
        let mut edit = Edit::new(self);
        let mut artifact = edit.artifact(number)?;
        self.check_artifact_write(caller, &artifact)?;
        if update.description.is_some() {
            artifact.description = update.description;
        }
        if update.metadata.is_some() {
            artifact.metadata = update.metadata;
        }
        if update.ttl_secs.is_some() {
            artifact.ttl_secs = update.ttl_secs;
        }
        artifact
            .tags
            .retain(|tag| !update.tags_to_delete.contains(tag));
        artifact.tags.extend(update.tags_to_add);
        artifact.tags = without_doubles(artifact.tags);
        artifact.updated_unix_ms = self.now_unix_ms();
        edit.put_artifact(artifact);
        for place in self.artifacts.look(|index| index.memberships(number)) {
            if let Some(wanted) = &update.aliases {
                set_aliases(&mut edit, place, wanted)?;
            }
        }
        edit.finish()?;
        let changed = self.artifacts.artifact(number);
        changed.ok_or_else(|| Error::not_found("the artifact was deleted"))
    }

    pub fn update_collection(
        &self,
        caller: &Caller,
        number: CollectionNumber,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<Arc<Collection>> {
        self.edit_collection(caller, number, |collection| {
            if let Some(name) = name.filter(|name| *name != collection.name) {
                check_name("an artifact collection's name", name)?;
                let named = self
                    .artifacts
                    .named(&collection.entity, &collection.project, name);
                if named.is_some() {
                    return Err(Error::Conflict(format!(
                        "there is already an artifact collection '{name}' in {}/{}",
                        collection.entity, collection.project
                    )));
                }
                collection.name = name.to_owned();
            }
            if let Some(description) = description {
                collection.description = Some(description.to_owned());
            }
            Ok(())
        })
    }

    /// `moveArtifactSequence`: all versions are of another type from now on.
    pub fn change_collection_type(
        &self,
        caller: &Caller,
        number: CollectionNumber,
        type_name: &str,
    ) -> Result<Arc<Collection>> {
        check_name("an artifact's type", type_name)?;
        self.edit_collection(caller, number, |collection| {
            if type_name.starts_with(INTERNAL) {
                return Err(Error::input(format!(
                    "type '{type_name}' is reserved for internal use"
                )));
            }
            if collection.type_name.starts_with(INTERNAL) {
                return Err(Error::input(format!(
                    "type '{}' is an internal type and cannot be changed",
                    collection.type_name
                )));
            }
            collection.type_name = type_name.to_owned();
            Ok(())
        })
    }

    pub fn tag_collection(
        &self,
        caller: &Caller,
        number: CollectionNumber,
        add: &[&str],
        remove: &[&str],
    ) -> Result<Arc<Collection>> {
        add.iter().try_for_each(|tag| check_tag(tag))?;
        self.edit_collection(caller, number, |collection| {
            let tags = &mut collection.tags;
            tags.retain(|tag| !remove.contains(&tag.as_str()));
            tags.extend(add.iter().map(|tag| (*tag).to_owned()));
            *tags = without_doubles(std::mem::take(tags));
            Ok(())
        })
    }

    fn edit_collection(
        &self,
        caller: &Caller,
        number: CollectionNumber,
        change: impl FnOnce(&mut Collection) -> Result<()>,
    ) -> Result<Arc<Collection>> {
        let _changing = self.lock();
        let mut edit = Edit::new(self);
        let mut collection = edit.collection(number)?;
        self.accounts.check_write(caller, &collection.entity)?;
        change(&mut collection)?;
        collection.updated_unix_ms = self.now_unix_ms();
        edit.put_collection(collection);
        edit.finish()?;
        let changed = self.artifacts.collection(number);
        changed.ok_or_else(|| Error::not_found("the artifact collection was deleted"))
    }
}

/// Exactly these aliases in one collection, where the request speaks of it at all.
fn set_aliases(
    edit: &mut Edit<'_>,
    place: (CollectionNumber, u64),
    wanted: &[(String, String)],
) -> Result<()> {
    let name = edit.collection(place.0)?.name;
    let wanted: Vec<&str> = wanted
        .iter()
        .filter(|(collection, _)| *collection == name)
        .map(|(_, alias)| alias.as_str())
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let known = edit.member(place).map(|member| member.aliases);
    for alias in known.unwrap_or_default() {
        if alias != LATEST && !wanted.contains(&alias.as_str()) {
            edit.remove_alias(place, &alias);
        }
    }
    wanted.iter().for_each(|alias| edit.set_alias(place, alias));
    Ok(())
}
