//! Portfolios: versions in a second collection. And use: which run read which artifact.

use std::sync::Arc;

use gradus_store::RunKey;

use super::edit::Edit;
use super::names::check_alias;
use super::{Artifact, ArtifactNumber, Collection, CollectionNumber, Lineage, Member};
use crate::accounts::{Caller, check_name};
use crate::{Error, Result, Tracker};

/// Where an artifact is linked to now; a pending one is when it is committed.
#[derive(Debug, Clone)]
pub struct Linked {
    pub collection: Arc<Collection>,
    pub member: Option<Arc<Member>>,
}

impl Tracker {
    /// Linked again, it only gets the aliases.
    pub fn link_artifact(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        entity: Option<&str>,
        project: Option<&str>,
        name: &str,
        aliases: &[String],
    ) -> Result<Linked> {
        check_name("an artifact collection's name", name)?;
        aliases.iter().try_for_each(|alias| check_alias(alias))?;
        let _changing = self.lock();
        let (project, _) = self.upsert_project_locked(caller, entity, project, None)?;
        let mut edit = Edit::new(self);
        let source = edit.artifact(artifact)?;
        let sequence = edit.collection(source.sequence)?;
        if !self.accounts.may_read(caller, &sequence.entity) {
            return Err(Error::not_found("the artifact to link was not found"));
        }
        let known = self.artifacts.named(&project.entity, &project.name, name);
        let collection = match known {
            Some(known) => {
                check_portfolio(&known, &sequence)?;
                known.number
            }
            None => {
                let type_name = &sequence.type_name;
                self.new_collection(
                    &mut edit,
                    &project.entity,
                    &project.name,
                    type_name,
                    name,
                    true,
                )?
            }
        };
        if source.is_committed() {
            let places = self.artifacts.look(|index| index.memberships(artifact));
            match places.into_iter().find(|place| place.0 == collection) {
                Some(place) => aliases
                    .iter()
                    .for_each(|alias| edit.set_alias(place, alias)),
                None => {
                    edit.join(collection, artifact, aliases)?;
                }
            }
        } else {
            link_later(&mut edit, source, collection, aliases);
        }
        edit.finish()?;
        let gone = || Error::not_found("the artifact collection was deleted");
        let places = self.artifacts.look(|index| index.memberships(artifact));
        let place = places.into_iter().find(|place| place.0 == collection);
        Ok(Linked {
            collection: self.artifacts.collection(collection).ok_or_else(gone)?,
            member: place.and_then(|(number, version)| self.artifacts.member(number, version)),
        })
    }

    /// Takes an artifact out of a portfolio; the artifact stays.
    pub fn unlink_artifact(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        portfolio: CollectionNumber,
    ) -> Result<()> {
        let _changing = self.lock();
        let mut edit = Edit::new(self);
        let collection = edit.collection(portfolio)?;
        self.accounts.check_write(caller, &collection.entity)?;
        if !collection.is_portfolio {
            return Err(Error::input(format!(
                "the artifact was logged to '{}', not linked; delete it instead",
                collection.name
            )));
        }
        let places = self.artifacts.look(|index| index.memberships(artifact));
        let place = places.into_iter().find(|place| place.0 == portfolio);
        let place = place.ok_or_else(|| {
            Error::not_found(format!(
                "the artifact is not linked to '{}'",
                collection.name
            ))
        })?;
        edit.leave(place);
        edit.finish()
    }

    /// A run uses an artifact. Who has no run uses it without a trace.
    pub fn use_artifact(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        run: Option<&RunKey>,
    ) -> Result<Arc<Artifact>> {
        let not_found = || Error::not_found("the artifact to use was not found");
        let known = self.artifact(caller, artifact).ok_or_else(not_found)?;
        let Some(run) = run else {
            return Ok(known);
        };
        let _changing = self.lock();
        self.accounts.check_write(caller, &run.entity)?;
        let view = self.run(caller, run);
        let view = view.ok_or_else(|| Error::not_found(format!("run {run} not found")))?;
        let mut edit = Edit::new(self);
        edit.artifact(artifact)?;
        edit.add_edge(view.record.number, artifact, Lineage::In);
        edit.finish()?;
        Ok(known)
    }
}

fn check_portfolio(known: &Collection, sequence: &Collection) -> Result<()> {
    if !known.is_portfolio {
        return Err(Error::input(format!(
            "'{}' is a collection that artifacts are logged to; link to another name",
            known.name
        )));
    }
    match known.type_name == sequence.type_name {
        true => Ok(()),
        false => Err(Error::input(format!(
            "'{}' is a collection of type '{}'; an artifact of type '{}' can't be linked to it",
            known.name, known.type_name, sequence.type_name
        ))),
    }
}

fn link_later(
    edit: &mut Edit<'_>,
    mut artifact: Artifact,
    collection: CollectionNumber,
    aliases: &[String],
) {
    let links = &mut artifact.pending.links;
    match links.iter_mut().find(|(known, _)| *known == collection) {
        Some((_, known)) => known.extend_from_slice(aliases),
        None => links.push((collection, aliases.to_vec())),
    }
    edit.put_artifact(artifact);
}
