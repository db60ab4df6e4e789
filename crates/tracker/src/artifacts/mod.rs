//! Artifacts: versions of named collections, what they hold, and who made and used them.
//!
//! A *sequence* is a collection whose versions were logged under its name; a *portfolio* is one
//! that versions were linked to. Both number their members from 0 and never give a number twice.
//! A version begins as pending, gets its files and its manifest, and is committed: only then it has
//! a number, aliases and readers. Files lie once for each entity and MD5, however many versions
//! hold them, and go with the last of these.

mod aliases;
mod commit;
mod content;
mod create;
mod edit;
mod expire;
mod files;
mod index;
mod link;
mod names;
mod read;
mod remove;

pub use aliases::ArtifactUpdate;
pub use content::{Content, FilePlan, md5_hex};
pub use create::NewArtifact;
pub(crate) use edit::Edit;
pub use files::ManifestKind;
pub use link::Linked;
pub use read::{CollectionQuery, VersionQuery, artifact_id, collection_id};

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use gradus_schema::UnixMillis;
use gradus_store::{RunNumber, Store};
use gradus_wire::manifest::Manifest;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::table::Table;
use index::Index;

/// Moves to each version as it is committed.
pub const LATEST: &str = "latest";

/// Of an artifact in this store; never used twice.
pub type ArtifactNumber = u64;
/// Of a collection in this store; never used twice.
pub type CollectionNumber = u64;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    pub number: CollectionNumber,
    pub entity: String,
    pub project: String,
    pub is_portfolio: bool,
    pub type_name: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    pub created_unix_ms: UnixMillis,
    pub updated_unix_ms: UnixMillis,
    /// The number of the next version.
    pub next_version: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    pub number: ArtifactNumber,
    /// The sequence that it was logged to.
    pub sequence: CollectionNumber,
    /// Its place in the sequence; none while it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// MD5 over paths and digests, hexadecimal; until the commit what the client said.
    pub digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A JSON object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Several processes add to one pending artifact under this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distributed_id: Option<String>,
    /// The run that logged it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunNumber>,
    pub user: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_step: Option<i64>,
    /// As the client counts it: seconds, -1 for ever, -2 as the collection has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<i64>,
    pub created_unix_ms: UnixMillis,
    pub updated_unix_ms: UnixMillis,
    #[serde(default)]
    pub size_bytes: u64,
    #[serde(default)]
    pub file_count: u64,
    /// The whole manifest of a committed artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestBlob>,
    /// Artifacts that first held what this one holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub births: Vec<ArtifactNumber>,
    /// What becomes true with the commit.
    #[serde(default, skip_serializing_if = "Pending::is_empty")]
    pub pending: Pending,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pending {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Portfolios that it shall be in, with aliases there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<(CollectionNumber, Vec<String>)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<files::ManifestPart>,
}

impl Pending {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestBlob {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// MD5, base64.
    pub md5: String,
    pub size_bytes: u64,
}

/// A version in a collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub collection: CollectionNumber,
    pub version: u64,
    pub artifact: ArtifactNumber,
    pub created_unix_ms: UnixMillis,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// What a run had to do with an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lineage {
    /// The run used it.
    In,
    /// The run logged it.
    Out,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    pub run: RunNumber,
    pub artifact: ArtifactNumber,
    pub lineage: Lineage,
    pub created_unix_ms: UnixMillis,
}

impl Artifact {
    pub fn is_committed(&self) -> bool {
        self.version.is_some()
    }
}

pub struct Artifacts {
    collections: Arc<Table<Collection>>,
    artifacts: Arc<Table<Artifact>>,
    members: Arc<Table<Member>>,
    edges: Arc<Table<Edge>>,
    /// By `ENTITY/MD5`, the MD5 hexadecimal.
    contents: Arc<Table<Content>>,
    index: Arc<RwLock<Index>>,
    /// Content that pending artifacts were told they need not send. Lost with the process: the
    /// commit looks again.
    claims: Mutex<HashMap<ArtifactNumber, HashSet<String>>>,
    heard: Mutex<expire::Heard>,
    manifests: Mutex<VecDeque<(String, Arc<Manifest>, u64)>>,
}

impl Artifacts {
    pub fn load(store: &Store) -> Result<Self> {
        let loaded = Self {
            collections: Table::load(store, "artifact_collection")?,
            artifacts: Table::load(store, "artifact")?,
            members: Table::load(store, "artifact_member")?,
            edges: Table::load(store, "artifact_edge")?,
            contents: Table::load(store, "artifact_content")?,
            index: Arc::default(),
            claims: Mutex::default(),
            heard: Mutex::default(),
            manifests: Mutex::default(),
        };
        {
            let mut index = loaded.index.write().unwrap_or_else(PoisonError::into_inner);
            for collection in loaded.collections.all() {
                index.collection(None, Some(&collection));
            }
            for artifact in loaded.artifacts.all() {
                index.artifact(None, Some(&artifact));
            }
            for member in loaded.members.all() {
                index.member(None, Some(&member));
            }
            for edge in loaded.edges.all() {
                index.edge(&edge, true);
            }
        }
        Ok(loaded)
    }

    fn look<R>(&self, look: impl FnOnce(&Index) -> R) -> R {
        look(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn number_key(number: u64) -> String {
    format!("{number:016x}")
}

fn member_key(collection: CollectionNumber, version: u64) -> String {
    format!("{collection:016x}/{version:016x}")
}

fn edge_key(edge: &Edge) -> String {
    let lineage = match edge.lineage {
        Lineage::In => "in",
        Lineage::Out => "out",
    };
    format!("{:016x}/{lineage}/{:016x}", edge.run, edge.artifact)
}

/// Who needs the manifests of an artifact.
fn manifest_owner(artifact: ArtifactNumber) -> String {
    format!("artifact/{artifact}")
}

#[cfg(test)]
mod tests;
