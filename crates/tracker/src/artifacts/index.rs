//! What is looked for, found without going through everything. Derived from the documents; follows
//! each change of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gradus_store::RunNumber;

use super::{Artifact, ArtifactNumber, Collection, CollectionNumber, Edge, Lineage, Member};

type Edges = HashMap<u64, BTreeSet<u64>>;

#[derive(Debug, Default)]
pub struct Index {
    /// By `ENTITY/PROJECT/NAME`.
    names: BTreeMap<String, CollectionNumber>,
    /// Versions by alias, of each collection.
    aliases: HashMap<CollectionNumber, BTreeMap<String, u64>>,
    memberships: HashMap<ArtifactNumber, BTreeSet<(CollectionNumber, u64)>>,
    client_ids: HashMap<String, ArtifactNumber>,
    /// Committed artifacts of a sequence with a digest.
    digests: HashMap<(CollectionNumber, String), BTreeSet<ArtifactNumber>>,
    /// Pending artifacts that several processes add to.
    distributed: HashMap<(CollectionNumber, String), ArtifactNumber>,
    /// Artifacts of a sequence, pending ones too.
    logged: Edges,
    /// Artifacts that hold what this one held first.
    heirs: Edges,
    /// Artifacts that may go by themselves some day.
    mortal: BTreeSet<ArtifactNumber>,
    inputs: Edges,
    outputs: Edges,
    users: Edges,
    loggers: Edges,
}

pub fn project_prefix(entity: &str, project: &str) -> String {
    format!("{entity}/{project}/")
}

fn name_key(collection: &Collection) -> String {
    project_prefix(&collection.entity, &collection.project) + &collection.name
}

impl Index {
    pub fn collection(&mut self, before: Option<&Collection>, after: Option<&Collection>) {
        if let Some(before) = before {
            self.names.remove(&name_key(before));
        }
        if let Some(after) = after {
            self.names.insert(name_key(after), after.number);
        }
    }

    pub fn artifact(&mut self, before: Option<&Artifact>, after: Option<&Artifact>) {
        if let Some(artifact) = before {
            if let Some(client_id) = &artifact.client_id
                && self.client_ids.get(client_id) == Some(&artifact.number)
            {
                self.client_ids.remove(client_id);
            }
            take(&mut self.digests, &digest_key(artifact), artifact.number);
            self.mortal.remove(&artifact.number);
            if let Some(key) = distributed_key(artifact) {
                self.distributed.remove(&key);
            }
            take(&mut self.logged, &artifact.sequence, artifact.number);
            for birth in &artifact.births {
                take(&mut self.heirs, birth, artifact.number);
            }
        }
        if let Some(artifact) = after {
            if artifact.is_mortal() {
                self.mortal.insert(artifact.number);
            }
            if let Some(client_id) = &artifact.client_id {
                self.client_ids.insert(client_id.clone(), artifact.number);
            }
            if artifact.is_committed() {
                let same = self.digests.entry(digest_key(artifact)).or_default();
                same.insert(artifact.number);
            } else if let Some(key) = distributed_key(artifact) {
                self.distributed.insert(key, artifact.number);
            }
            let logged = self.logged.entry(artifact.sequence).or_default();
            logged.insert(artifact.number);
            for birth in &artifact.births {
                let heirs = self.heirs.entry(*birth).or_default();
                heirs.insert(artifact.number);
            }
        }
    }

    pub fn member(&mut self, before: Option<&Member>, after: Option<&Member>) {
        if let Some(member) = before {
            let place = (member.collection, member.version);
            take(&mut self.memberships, &member.artifact, place);
            if let Some(aliases) = self.aliases.get_mut(&member.collection) {
                for alias in &member.aliases {
                    // It may have moved on already.
                    if aliases.get(alias) == Some(&member.version) {
                        aliases.remove(alias);
                    }
                }
            }
        }
        if let Some(member) = after {
            let places = self.memberships.entry(member.artifact).or_default();
            places.insert((member.collection, member.version));
            let aliases = self.aliases.entry(member.collection).or_default();
            for alias in &member.aliases {
                aliases.insert(alias.clone(), member.version);
            }
        }
    }

    pub fn edge(&mut self, edge: &Edge, is_there: bool) {
        let (of_run, of_artifact) = match edge.lineage {
            Lineage::In => (&mut self.inputs, &mut self.users),
            Lineage::Out => (&mut self.outputs, &mut self.loggers),
        };
        if is_there {
            of_run.entry(edge.run).or_default().insert(edge.artifact);
            of_artifact
                .entry(edge.artifact)
                .or_default()
                .insert(edge.run);
        } else {
            take(of_run, &edge.run, edge.artifact);
            take(of_artifact, &edge.artifact, edge.run);
        }
    }

    pub fn named(&self, entity: &str, project: &str, name: &str) -> Option<CollectionNumber> {
        let key = project_prefix(entity, project) + name;
        self.names.get(&key).copied()
    }

    /// Collections of a project, by name.
    pub fn of_project(&self, entity: &str, project: &str) -> Vec<CollectionNumber> {
        let prefix = project_prefix(entity, project);
        let from = self.names.range(prefix.clone()..);
        let found = from.take_while(|(name, _)| name.starts_with(&prefix));
        found.map(|(_, number)| *number).collect()
    }

    pub fn alias(&self, collection: CollectionNumber, alias: &str) -> Option<u64> {
        self.aliases.get(&collection)?.get(alias).copied()
    }

    pub fn memberships(&self, artifact: ArtifactNumber) -> Vec<(CollectionNumber, u64)> {
        let places = self.memberships.get(&artifact);
        places.into_iter().flatten().copied().collect()
    }

    pub fn of_client(&self, client_id: &str) -> Option<ArtifactNumber> {
        self.client_ids.get(client_id).copied()
    }

    /// The newest with this content.
    pub fn same(&self, sequence: CollectionNumber, digest: &str) -> Option<ArtifactNumber> {
        let found = self.digests.get(&(sequence, digest.to_owned()))?;
        found.last().copied()
    }

    pub fn distributed(&self, sequence: CollectionNumber, id: &str) -> Option<ArtifactNumber> {
        self.distributed.get(&(sequence, id.to_owned())).copied()
    }

    pub fn logged_to(&self, sequence: CollectionNumber) -> Vec<ArtifactNumber> {
        numbers(&self.logged, sequence)
    }

    pub fn mortal(&self) -> Vec<ArtifactNumber> {
        self.mortal.iter().copied().collect()
    }

    /// Artifacts that hold what one of these held first.
    pub fn heirs(&self, births: impl IntoIterator<Item = ArtifactNumber>) -> BTreeSet<u64> {
        let heirs = births
            .into_iter()
            .filter_map(|birth| self.heirs.get(&birth));
        heirs.flatten().copied().collect()
    }

    pub fn artifacts_of(&self, run: RunNumber, lineage: Lineage) -> Vec<ArtifactNumber> {
        match lineage {
            Lineage::In => numbers(&self.inputs, run),
            Lineage::Out => numbers(&self.outputs, run),
        }
    }

    pub fn runs_of(&self, artifact: ArtifactNumber, lineage: Lineage) -> Vec<RunNumber> {
        match lineage {
            Lineage::In => numbers(&self.users, artifact),
            Lineage::Out => numbers(&self.loggers, artifact),
        }
    }
}

fn numbers(edges: &Edges, of: u64) -> Vec<u64> {
    edges.get(&of).into_iter().flatten().copied().collect()
}

fn digest_key(artifact: &Artifact) -> (CollectionNumber, String) {
    (artifact.sequence, artifact.digest.clone())
}

fn distributed_key(artifact: &Artifact) -> Option<(CollectionNumber, String)> {
    let id = artifact.distributed_id.clone()?;
    Some((artifact.sequence, id))
}

fn take<K: std::hash::Hash + Eq, V: Ord>(sets: &mut HashMap<K, BTreeSet<V>>, key: &K, value: V) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(&value);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}
