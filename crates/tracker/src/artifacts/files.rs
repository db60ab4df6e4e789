//! Manifests as clients send them: whole, or in parts that make one together.

use std::io::Read;

use gradus_store::{Change, hex};
use serde::{Deserialize, Serialize};

use super::content::{commit_blob, md5_hex};
use super::edit::Edit;
use super::{Artifact, ArtifactNumber, ManifestBlob, manifest_owner};
use crate::accounts::Caller;
use crate::{Error, Result, Tracker};

/// A manifest is read into memory to be checked.
const MANIFEST_BYTES: u64 = 256 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManifestKind {
    /// All entries.
    Full,
    /// What is new over a base.
    Incremental,
    /// What one of several processes adds.
    Patch,
}

impl ManifestKind {
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "FULL" => Ok(Self::Full),
            "INCREMENTAL" => Ok(Self::Incremental),
            "PATCH" => Ok(Self::Patch),
            other => Err(Error::input(format!(
                "there is no manifest type '{other}'; FULL, INCREMENTAL and PATCH are"
            ))),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestPart {
    pub kind: ManifestKind,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<ArtifactNumber>,
    /// None until it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<ManifestBlob>,
}

impl Tracker {
    /// A place for a manifest, and its number among those of the artifact. A whole one takes the
    /// place of the whole one before.
    pub fn create_artifact_manifest(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        kind: ManifestKind,
        name: &str,
        base: Option<ArtifactNumber>,
    ) -> Result<usize> {
        let _changing = self.lock();
        let mut known = self.pending_artifact(artifact)?;
        self.check_artifact_write(caller, &known)?;
        // Of a whole manifest the client names a base too, which means nothing.
        let base = base.filter(|_| kind == ManifestKind::Incremental);
        if let Some(base) = base {
            self.check_base(caller, &known, base)?;
        }
        let parts = &mut known.pending.parts;
        let same = parts.iter().position(|part| part.kind == kind);
        if let Some(place) = same.filter(|_| kind == ManifestKind::Full) {
            return Ok(place);
        }
        parts.push(ManifestPart {
            kind,
            name: name.to_owned(),
            base,
            blob: None,
        });
        let place = parts.len() - 1;
        let mut edit = Edit::new(self);
        edit.put_artifact(known);
        edit.finish()?;
        Ok(place)
    }

    /// The base of a part may be named later.
    pub fn update_artifact_manifest(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        part: usize,
        base: Option<ArtifactNumber>,
    ) -> Result<ManifestPart> {
        let _changing = self.lock();
        let mut known = self.pending_artifact(artifact)?;
        self.check_artifact_write(caller, &known)?;
        if let Some(base) = base {
            self.check_base(caller, &known, base)?;
        }
        let changed = part_of(&mut known, part)?;
        if changed.kind == ManifestKind::Incremental && base.is_some() && changed.base != base {
            changed.base = base;
            let changed = changed.clone();
            let mut edit = Edit::new(self);
            edit.put_artifact(known);
            edit.finish()?;
            return Ok(changed);
        }
        Ok(changed.clone())
    }

    /// A base is of the same sequence: what it holds is of the same entity.
    fn check_base(&self, caller: &Caller, artifact: &Artifact, base: ArtifactNumber) -> Result<()> {
        let known = self.artifacts.artifact(base);
        let known = known.filter(|known| known.is_committed());
        let known = known.ok_or_else(|| Error::not_found("the base artifact was deleted"))?;
        let entity = |artifact: &Artifact| {
            let collection = self.artifacts.collection(artifact.sequence);
            collection.map(|collection| collection.entity.clone())
        };
        let own = entity(artifact);
        let same = own.is_some() && own == entity(&known);
        match same && own.is_some_and(|entity| self.accounts.may_read(caller, &entity)) {
            true => Ok(()),
            false => Err(Error::input(
                "the base artifact belongs to another entity; it must be of the same",
            )),
        }
    }

    /// Takes the bytes of a manifest.
    pub fn put_artifact_manifest(
        &self,
        artifact: ArtifactNumber,
        part: usize,
        md5: &str,
        content: &mut dyn Read,
    ) -> Result<ManifestBlob> {
        let digest = md5_hex(md5)?;
        let (hash, size_bytes) = self.put_checked(&digest, &mut content.take(MANIFEST_BYTES))?;
        let _changing = self.lock();
        let mut known = self.pending_artifact(artifact)?;
        let blob = ManifestBlob {
            sha256: hex(&hash),
            md5: md5.to_owned(),
            size_bytes,
        };
        let changed = part_of(&mut known, part)?;
        if changed.blob.as_ref() == Some(&blob) {
            return Ok(blob);
        }
        // What it replaces goes with the commit, when all parts are known.
        changed.blob = Some(blob.clone());
        let mut edit = Edit::new(self);
        let owner = manifest_owner(artifact);
        edit.transaction.change(Change::LinkBlob { owner, hash });
        edit.put_artifact(known);
        commit_blob(self, edit.into_transaction()?)?;
        Ok(blob)
    }
}

fn part_of(artifact: &mut Artifact, part: usize) -> Result<&mut ManifestPart> {
    let found = artifact.pending.parts.get_mut(part);
    found.ok_or_else(|| Error::not_found(format!("the artifact has no manifest {part}")))
}
