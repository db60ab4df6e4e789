//! Deletion: of versions, of collections, of what a run logged. What nobody else holds is freed.

use std::collections::{BTreeMap, BTreeSet};

use gradus_store::{Change, RunNumber};

use super::commit::held;
use super::content::{content_key, content_owner};
use super::edit::Edit;
use super::{ArtifactNumber, CollectionNumber, LATEST, Lineage, manifest_owner};
use crate::accounts::Caller;
use crate::files::hash_of;
use crate::{Error, Result, Tracker};

impl Tracker {
    /// # Errors
    /// A version that somebody gave an alias, unless aliases may go with it.
    pub fn delete_artifact(
        &self,
        caller: &Caller,
        number: ArtifactNumber,
        deletes_aliases: bool,
    ) -> Result<()> {
        let _changing = self.lock();
        let mut edit = Edit::new(self);
        let artifact = edit.artifact(number)?;
        let entity = self.check_artifact_write(caller, &artifact)?;
        let members = self.artifacts.memberships(number);
        let aliases = members.iter().flat_map(|member| &member.aliases);
        let given = aliases.filter(|alias| *alias != LATEST);
        let own: BTreeSet<&str> = given.map(String::as_str).collect();
        if !own.is_empty() && !deletes_aliases {
            let own: Vec<&str> = own.into_iter().collect();
            return Err(Error::Conflict(format!(
                "the artifact version has aliases ({}); delete them first, or ask to delete it \
                 with its aliases",
                own.join(", ")
            )));
        }
        self.remove_artifacts(&mut edit, &entity, &[number])?;
        edit.finish()
    }

    /// A sequence goes with its versions, a portfolio with its links.
    pub fn delete_collection(&self, caller: &Caller, number: CollectionNumber) -> Result<()> {
        let _changing = self.lock();
        let mut edit = Edit::new(self);
        let collection = edit.collection(number)?;
        self.accounts.check_write(caller, &collection.entity)?;
        self.remove_collections(&mut edit, &[number])?;
        edit.finish()
    }

    fn remove_collections(&self, edit: &mut Edit<'_>, numbers: &[CollectionNumber]) -> Result<()> {
        let mut entity = String::new();
        let mut logged = Vec::new();
        for number in numbers {
            entity = edit.collection(*number)?.entity;
            logged.extend(self.artifacts.look(|index| index.logged_to(*number)));
            for member in self.artifacts.members_of(*number) {
                // No version is `latest` of what is going.
                edit.remove_alias((*number, member.version), LATEST);
                edit.leave((*number, member.version));
            }
        }
        self.remove_artifacts(edit, &entity, &logged)?;
        for number in numbers {
            edit.remove_collection(*number);
        }
        Ok(())
    }

    /// Everything that a project has, with the lock held.
    pub(crate) fn remove_artifacts_of_project(&self, entity: &str, project: &str) -> Result<()> {
        let collections = self.artifacts.of_project(entity, project);
        let numbers: Vec<_> = collections.iter().map(|known| known.number).collect();
        let mut edit = Edit::new(self);
        self.remove_collections(&mut edit, &numbers)?;
        edit.finish()
    }

    /// A run is deleted: nobody remembers what it used, and if so asked what it logged goes too.
    pub(crate) fn forget_run_artifacts(
        &self,
        edit: &mut Edit<'_>,
        run: RunNumber,
        entity: &str,
        deletes_logged: bool,
    ) -> Result<()> {
        let of_run = |lineage| {
            self.artifacts
                .look(|index| index.artifacts_of(run, lineage))
        };
        let logged = of_run(Lineage::Out);
        for used in of_run(Lineage::In) {
            edit.remove_edge(run, used, Lineage::In);
        }
        for number in &logged {
            edit.remove_edge(run, *number, Lineage::Out);
        }
        let mut own = Vec::new();
        for number in logged {
            let mut artifact = edit.artifact(number)?;
            if artifact.run != Some(run) {
                continue;
            }
            // A pending one will never be committed without its run's client.
            if deletes_logged || !artifact.is_committed() {
                own.push(number);
            } else {
                artifact.run = None;
                edit.put_artifact(artifact);
            }
        }
        self.remove_artifacts(edit, entity, &own)
    }

    /// All of one entity.
    pub(super) fn remove_artifacts(
        &self,
        edit: &mut Edit<'_>,
        entity: &str,
        numbers: &[ArtifactNumber],
    ) -> Result<()> {
        if numbers.is_empty() {
            return Ok(());
        }
        self.free_contents(edit, entity, numbers)?;
        for number in numbers {
            let artifact = edit.artifact(*number)?;
            let parts = artifact.pending.parts.iter();
            let blobs = parts.filter_map(|part| part.blob.as_ref());
            let blobs = blobs.chain(&artifact.manifest);
            let hashes = blobs.filter_map(|blob| hash_of(&blob.sha256)).collect();
            edit.unlink_blobs(&manifest_owner(*number), hashes);
            for place in self.artifacts.look(|index| index.memberships(*number)) {
                edit.leave(place);
            }
            for lineage in [Lineage::In, Lineage::Out] {
                for run in self.artifacts.runs_of(*number, lineage) {
                    edit.remove_edge(run, *number, lineage);
                }
            }
            edit.remove_artifact(*number);
            self.artifacts.release(*number);
        }
        Ok(())
    }

    /// Content that these held, but for what others hold as well.
    fn free_contents(
        &self,
        edit: &mut Edit<'_>,
        entity: &str,
        numbers: &[ArtifactNumber],
    ) -> Result<()> {
        // With the artifact that each was sent for.
        let mut free: BTreeMap<String, ArtifactNumber> = BTreeMap::new();
        let prefix = content_key(entity, "");
        let going: BTreeSet<ArtifactNumber> = numbers.iter().copied().collect();
        for (key, content) in self.artifacts.contents.with_prefix(&prefix) {
            if going.contains(&content.birth) {
                free.insert(key[prefix.len()..].to_owned(), content.birth);
            }
        }
        for number in numbers {
            let artifact = edit.artifact(*number)?;
            if artifact.births.iter().all(|birth| going.contains(birth)) {
                continue;
            }
            // One that can't be read frees nothing but what was sent for it.
            let Ok(Some(manifest)) = self.artifact_manifest(&artifact) else {
                continue;
            };
            for entry in manifest.contents.values() {
                if let Some(Ok(md5)) = held(entry)
                    && let Some(content) = self.artifacts.content(entity, &md5)
                {
                    free.insert(md5, content.birth);
                }
            }
        }
        self.keep_held(&mut free, &going);
        free.retain(|md5, _| !self.artifacts.is_claimed(md5, numbers));
        for md5 in free.into_keys() {
            let key = content_key(entity, &md5);
            let Some(content) = self.artifacts.contents.get(&key) else {
                continue;
            };
            if let Some(hash) = hash_of(&content.sha256) {
                let owner = content_owner(&key);
                edit.transaction.change(Change::UnlinkBlob { owner, hash });
            }
            edit.transaction.remove(&self.artifacts.contents, key);
        }
        Ok(())
    }

    /// Takes out of `free` what artifacts hold that stay. Of those only the ones are read that hold
    /// something of the same birth, the newest first, until nothing is left to decide.
    fn keep_held(
        &self,
        free: &mut BTreeMap<String, ArtifactNumber>,
        going: &BTreeSet<ArtifactNumber>,
    ) {
        let births: BTreeSet<ArtifactNumber> = free.values().copied().collect();
        let heirs = self.artifacts.look(|index| index.heirs(births));
        let staying = heirs.iter().rev().filter(|heir| !going.contains(heir));
        for number in staying {
            if free.is_empty() {
                return;
            }
            let Some(artifact) = self.artifacts.artifact(*number) else {
                continue;
            };
            match self.artifact_manifest(&artifact) {
                Ok(Some(manifest)) => {
                    for entry in manifest.contents.values() {
                        if let Some(Ok(md5)) = held(entry) {
                            free.remove(&md5);
                        }
                    }
                }
                Ok(None) => {}
                // Nobody knows what it holds: nothing that it may hold goes.
                Err(_) => free.retain(|_, birth| !artifact.births.contains(birth)),
            }
        }
    }
}
