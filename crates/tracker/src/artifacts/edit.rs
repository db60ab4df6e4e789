//! Changes that are decided one after the other and made together: what was changed already is
//! seen by the next step, and by nobody else before all of it is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use gradus_store::{Change, RunNumber};

use super::index::Index;
use super::{
    Artifact, ArtifactNumber, Collection, CollectionNumber, Edge, LATEST, Lineage, Member,
    edge_key, member_key, number_key,
};
use crate::table::Transaction;
use crate::{Error, Result, Tracker};

pub struct Edit<'a> {
    tracker: &'a Tracker,
    collections: BTreeMap<CollectionNumber, Option<Collection>>,
    artifacts: BTreeMap<ArtifactNumber, Option<Artifact>>,
    members: BTreeMap<(CollectionNumber, u64), Option<Member>>,
    aliases: BTreeMap<(CollectionNumber, String), Option<u64>>,
    edges: BTreeMap<String, (Edge, bool)>,
    pub transaction: Transaction,
}

impl<'a> Edit<'a> {
    /// Where the lock of the tracker is held.
    pub fn new(tracker: &'a Tracker) -> Self {
        Self {
            tracker,
            collections: BTreeMap::new(),
            artifacts: BTreeMap::new(),
            members: BTreeMap::new(),
            aliases: BTreeMap::new(),
            edges: BTreeMap::new(),
            transaction: Transaction::default(),
        }
    }

    pub fn collection(&self, number: CollectionNumber) -> Result<Collection> {
        let known = match self.collections.get(&number) {
            Some(changed) => changed.clone(),
            None => {
                let row = self.tracker.artifacts.collection(number);
                row.map(|row| row.as_ref().clone())
            }
        };
        known.ok_or_else(|| Error::not_found("the artifact collection was deleted"))
    }

    pub fn artifact(&self, number: ArtifactNumber) -> Result<Artifact> {
        let known = match self.artifacts.get(&number) {
            Some(changed) => changed.clone(),
            None => {
                let row = self.tracker.artifacts.artifact(number);
                row.map(|row| row.as_ref().clone())
            }
        };
        known.ok_or_else(|| Error::not_found("the artifact was deleted"))
    }

    pub fn member(&self, place: (CollectionNumber, u64)) -> Option<Member> {
        match self.members.get(&place) {
            Some(changed) => changed.clone(),
            None => {
                let row = self.tracker.artifacts.member(place.0, place.1);
                row.map(|row| row.as_ref().clone())
            }
        }
    }

    pub fn put_collection(&mut self, collection: Collection) {
        self.collections.insert(collection.number, Some(collection));
    }

    pub fn remove_collection(&mut self, number: CollectionNumber) {
        self.collections.insert(number, None);
    }

    pub fn put_artifact(&mut self, artifact: Artifact) {
        self.artifacts.insert(artifact.number, Some(artifact));
    }

    pub fn remove_artifact(&mut self, number: ArtifactNumber) {
        self.artifacts.insert(number, None);
    }

    /// Puts an artifact at the end of a collection. Its aliases move to it, `latest` too.
    pub fn join(
        &mut self,
        collection: CollectionNumber,
        artifact: ArtifactNumber,
        aliases: &[String],
    ) -> Result<Member> {
        let mut joined = self.collection(collection)?;
        let now = self.tracker.now_unix_ms();
        let version = joined.next_version;
        joined.next_version += 1;
        joined.updated_unix_ms = now;
        self.put_collection(joined);
        let place = (collection, version);
        let member = Member {
            collection,
            version,
            artifact,
            created_unix_ms: now,
            aliases: Vec::new(),
        };
        self.members.insert(place, Some(member));
        for alias in aliases.iter().map(String::as_str).chain([LATEST]) {
            self.set_alias(place, alias);
        }
        self.member(place)
            .ok_or_else(|| Error::not_found("the version was deleted"))
    }

    /// Takes an artifact out of a collection. `latest` falls back to the newest that is left.
    pub fn leave(&mut self, place: (CollectionNumber, u64)) {
        let Some(member) = self.member(place) else {
            return;
        };
        self.members.insert(place, None);
        for alias in &member.aliases {
            self.aliases.insert((place.0, alias.clone()), None);
        }
        if member.aliases.iter().any(|alias| alias == LATEST)
            && let Some(newest) = self.newest(place.0)
        {
            self.set_alias((place.0, newest), LATEST);
        }
    }

    /// The highest version that a collection has.
    fn newest(&self, collection: CollectionNumber) -> Option<u64> {
        let changed = |version: &u64| self.members.get(&(collection, *version));
        let known = self.tracker.artifacts.members_of(collection);
        let kept = known.iter().map(|member| member.version);
        let kept = kept.filter(|version| !matches!(changed(version), Some(None)));
        let made = self.members.range((collection, 0)..=(collection, u64::MAX));
        let made = made.filter(|(_, member)| member.is_some());
        kept.chain(made.map(|((_, version), _)| *version)).max()
    }

    fn alias(&self, collection: CollectionNumber, alias: &str) -> Option<u64> {
        let key = (collection, alias.to_owned());
        match self.aliases.get(&key) {
            Some(changed) => *changed,
            None => self
                .tracker
                .artifacts
                .look(|index| index.alias(collection, alias)),
        }
    }

    /// Gives a version an alias, and takes it from the one that had it.
    pub fn set_alias(&mut self, place: (CollectionNumber, u64), alias: &str) {
        let before = self.alias(place.0, alias);
        if before == Some(place.1) {
            return;
        }
        if let Some(before) = before {
            self.remove_alias((place.0, before), alias);
        }
        if let Some(mut member) = self.member(place) {
            member.aliases.push(alias.to_owned());
            self.members.insert(place, Some(member));
            self.aliases
                .insert((place.0, alias.to_owned()), Some(place.1));
        }
    }

    pub fn remove_alias(&mut self, place: (CollectionNumber, u64), alias: &str) {
        if let Some(mut member) = self.member(place)
            && member.aliases.iter().any(|known| known == alias)
        {
            member.aliases.retain(|known| known != alias);
            self.members.insert(place, Some(member));
            self.aliases.insert((place.0, alias.to_owned()), None);
        }
    }

    pub fn add_edge(&mut self, run: RunNumber, artifact: ArtifactNumber, lineage: Lineage) {
        let edge = Edge {
            run,
            artifact,
            lineage,
            created_unix_ms: self.tracker.now_unix_ms(),
        };
        let key = edge_key(&edge);
        if self.tracker.artifacts.edges.get(&key).is_none() {
            self.edges.insert(key, (edge, true));
        }
    }

    pub fn remove_edge(&mut self, run: RunNumber, artifact: ArtifactNumber, lineage: Lineage) {
        let edge = Edge {
            run,
            artifact,
            lineage,
            created_unix_ms: 0,
        };
        self.edges.insert(edge_key(&edge), (edge, false));
    }

    pub fn link_blob(&mut self, owner: String, hash: gradus_store::BlobHash) {
        self.transaction.change(Change::LinkBlob { owner, hash });
    }

    pub fn unlink_blobs(&mut self, owner: &str, hashes: BTreeSet<gradus_store::BlobHash>) {
        for hash in hashes {
            let owner = owner.to_owned();
            self.transaction.change(Change::UnlinkBlob { owner, hash });
        }
    }

    /// Makes the changes.
    pub fn finish(mut self) -> Result<()> {
        self.stage()?;
        self.transaction.commit(&self.tracker.store).map(|_| ())
    }

    /// Puts what was decided into the transaction, for who commits it together with more.
    pub fn into_transaction(mut self) -> Result<Transaction> {
        self.stage()?;
        Ok(self.transaction)
    }

    fn stage(&mut self) -> Result<()> {
        let known = &self.tracker.artifacts;
        let transaction = &mut self.transaction;
        let mut follow: Vec<Box<dyn FnOnce(&mut Index) + Send>> = Vec::new();
        for (number, after) in std::mem::take(&mut self.collections) {
            let before = known.collection(number);
            let key = number_key(number);
            match &after {
                Some(after) => transaction.put(&known.collections, key, after.clone())?,
                None => transaction.remove(&known.collections, key),
            }
            follow.push(Box::new(move |index| {
                index.collection(before.as_deref(), after.as_ref());
            }));
        }
        for (number, after) in std::mem::take(&mut self.artifacts) {
            let before = known.artifact(number);
            let key = number_key(number);
            match &after {
                Some(after) => transaction.put(&known.artifacts, key, after.clone())?,
                None => transaction.remove(&known.artifacts, key),
            }
            follow.push(Box::new(move |index| {
                index.artifact(before.as_deref(), after.as_ref());
            }));
        }
        for ((collection, version), after) in std::mem::take(&mut self.members) {
            let before = known.member(collection, version);
            let key = member_key(collection, version);
            match &after {
                Some(after) => transaction.put(&known.members, key, after.clone())?,
                None => transaction.remove(&known.members, key),
            }
            follow.push(Box::new(move |index| {
                index.member(before.as_deref(), after.as_ref());
            }));
        }
        for (key, (edge, is_there)) in std::mem::take(&mut self.edges) {
            match is_there {
                true => transaction.put(&known.edges, key, edge.clone())?,
                false => transaction.remove(&known.edges, key),
            }
            follow.push(Box::new(move |index| index.edge(&edge, is_there)));
        }
        let index = Arc::clone(&known.index);
        transaction.afterwards(move || {
            let mut index = index.write().unwrap_or_else(PoisonError::into_inner);
            follow.into_iter().for_each(|step| step(&mut index));
        });
        Ok(())
    }
}
