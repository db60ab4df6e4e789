//! `commitArtifact`: the parts of the manifest become one, everything that it names must be there,
//! and the version gets its number.

use std::collections::BTreeSet;
use std::io::Read;
use std::sync::{Arc, PoisonError};

use gradus_store::{BlobHash, hex};
use gradus_wire::manifest::{Manifest, ManifestEntry};

use super::content::{commit_blob, md5_hex};
use super::edit::Edit;
use super::files::{ManifestKind, ManifestPart};
use super::{Artifact, ArtifactNumber, ManifestBlob, manifest_owner};
use crate::accounts::Caller;
use crate::files::{Md5Reader, hash_of};
use crate::{Error, Result, Tracker};

/// Manifests that were read last are kept for the next page of their files, so many of them and up
/// to so many bytes as they are stored.
const KEPT: usize = 8;
const KEPT_BYTES: u64 = 16 << 20;
/// Files that are named when several are missing.
const NAMED_MISSING: usize = 5;

/// The manifest of a version, and the bytes of it where they are not stored yet.
struct Whole {
    manifest: Manifest,
    stored: Option<ManifestBlob>,
}

impl Tracker {
    /// Asked again, the same is answered.
    ///
    /// # Errors
    /// A manifest that was not sent, or files that it names and that were not.
    pub fn commit_artifact(
        &self,
        caller: &Caller,
        number: ArtifactNumber,
    ) -> Result<Arc<Artifact>> {
        let deleted = || Error::not_found("the artifact was deleted");
        let known = self.artifacts.artifact(number).ok_or_else(deleted)?;
        let entity = self.check_artifact_write(caller, &known)?;
        if known.is_committed() {
            return Ok(known);
        }
        // Read before anybody has to wait for it; looked at again below.
        let whole = self.whole_manifest(&known)?;
        let (blob, new_hash) = self.stored_manifest(&whole)?;
        let _changing = self.lock();
        let mut artifact = match self.artifacts.artifact(number).ok_or_else(deleted)? {
            done if done.is_committed() => return Ok(done),
            pending if pending.pending.parts == known.pending.parts => pending.as_ref().clone(),
            _ => {
                return Err(Error::Store(gradus_store::Error::Unavailable(
                    "the artifact's manifest changed while it was committed".into(),
                )));
            }
        };
        let births = self.births_of(&entity, &whole.manifest)?;
        let mut edit = Edit::new(self);
        if let Some(hash) = new_hash {
            edit.link_blob(manifest_owner(number), hash);
        }
        edit.unlink_blobs(&manifest_owner(number), parts_but(&artifact, &blob));
        let pending = std::mem::take(&mut artifact.pending);
        let member = edit.join(artifact.sequence, number, &pending.aliases)?;
        for (portfolio, aliases) in pending.links {
            // One that was deleted meanwhile is nothing to link to.
            if edit.collection(portfolio).is_ok() {
                edit.join(portfolio, number, &aliases)?;
            }
        }
        artifact.version = Some(member.version);
        artifact.digest = whole.manifest.digest();
        artifact.size_bytes = whole.manifest.size_bytes();
        artifact.file_count = whole.manifest.contents.len() as u64;
        artifact.manifest = Some(blob);
        artifact.births = births.into_iter().collect();
        artifact.updated_unix_ms = self.now_unix_ms();
        edit.put_artifact(artifact);
        commit_blob(self, edit.into_transaction()?)?;
        self.artifacts.release(number);
        self.artifacts.artifact(number).ok_or_else(deleted)
    }

    /// The bytes of a whole manifest stay as they came; parts are put over each other in the order
    /// in which they were begun.
    fn whole_manifest(&self, artifact: &Artifact) -> Result<Whole> {
        let parts = &artifact.pending.parts;
        let sent = |part: &&ManifestPart| part.blob.is_some();
        let full = parts
            .iter()
            .rfind(|part| part.kind == ManifestKind::Full && part.blob.is_some());
        if let Some(blob) = full.and_then(|part| part.blob.clone()) {
            let manifest = self.read_manifest(&blob)?;
            return Ok(Whole {
                manifest,
                stored: Some(blob),
            });
        }
        let mut whole: Option<Manifest> = None;
        for part in parts.iter().filter(sent) {
            let Some(blob) = &part.blob else { continue };
            let base = match (&whole, part.base) {
                (None, Some(base)) => Some(self.base_manifest(base)?),
                _ => None,
            };
            let part = self.read_manifest(blob)?;
            whole = Some(match (whole, base) {
                (Some(before), _) => part.onto(&before),
                (None, Some(base)) => part.onto(&base),
                (None, None) => part,
            });
        }
        match whole {
            Some(manifest) => Ok(Whole {
                manifest,
                stored: None,
            }),
            None => Err(Error::input(
                "the artifact can't be committed: its manifest was not uploaded",
            )),
        }
    }

    fn base_manifest(&self, base: ArtifactNumber) -> Result<Arc<Manifest>> {
        let deleted = || {
            Error::input(
                "the artifact can't be committed: the version that it builds on was deleted",
            )
        };
        let base = self.artifacts.artifact(base).ok_or_else(deleted)?;
        self.artifact_manifest(&base)?.ok_or_else(deleted)
    }

    fn stored_manifest(&self, whole: &Whole) -> Result<(ManifestBlob, Option<BlobHash>)> {
        if let Some(blob) = &whole.stored {
            return Ok((blob.clone(), None));
        }
        let bytes = whole.manifest.to_bytes();
        let mut bytes = bytes.as_slice();
        let mut content = Md5Reader::new(&mut bytes);
        let (hash, size_bytes) = self.store.put_blob(&mut content, None)?;
        let blob = ManifestBlob {
            sha256: hex(&hash),
            md5: content.base64(),
            size_bytes,
        };
        Ok((blob, Some(hash)))
    }

    /// The artifacts that first held what the manifest names.
    fn births_of(&self, entity: &str, manifest: &Manifest) -> Result<BTreeSet<ArtifactNumber>> {
        let mut births = BTreeSet::new();
        let (mut missing, mut count) = (Vec::new(), 0);
        for (path, entry) in &manifest.contents {
            let Some(md5) = held(entry) else { continue };
            let content = md5
                .ok()
                .and_then(|md5| self.artifacts.content(entity, &md5));
            match content {
                Some(content) if entry.size.is_none_or(|size| size == content.size_bytes) => {
                    births.insert(content.birth);
                }
                _ => {
                    count += 1;
                    if missing.len() < NAMED_MISSING {
                        missing.push(path.as_str());
                    }
                }
            }
        }
        if count == 0 {
            return Ok(births);
        }
        let rest = match count - missing.len() {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        Err(Error::input(format!(
            "the artifact can't be committed: {count} of {} files were not uploaded ({}{rest}); \
             log it again",
            manifest.contents.len(),
            missing.join(", ")
        )))
    }

    /// The manifest of a committed artifact.
    pub fn artifact_manifest(&self, artifact: &Artifact) -> Result<Option<Arc<Manifest>>> {
        let Some(blob) = &artifact.manifest else {
            return Ok(None);
        };
        let lock = || {
            let kept = &self.artifacts.manifests;
            kept.lock().unwrap_or_else(PoisonError::into_inner)
        };
        if let Some((_, manifest, _)) = lock().iter().find(|(hash, ..)| *hash == blob.sha256) {
            return Ok(Some(manifest.clone()));
        }
        let manifest = Arc::new(self.read_manifest(blob)?);
        let mut kept = lock();
        kept.push_back((blob.sha256.clone(), manifest.clone(), blob.size_bytes));
        while kept.len() > KEPT || kept.iter().map(|(.., bytes)| bytes).sum::<u64>() > KEPT_BYTES {
            kept.pop_front();
        }
        Ok(Some(manifest))
    }

    fn read_manifest(&self, blob: &ManifestBlob) -> Result<Manifest> {
        let hash = hash_of(&blob.sha256);
        let hash = hash.ok_or_else(|| Error::not_found("the manifest was deleted"))?;
        let mut bytes = Vec::new();
        let mut file = self.store.open_blob(&hash)?;
        file.read_to_end(&mut bytes).map_err(|problem| {
            Error::Store(gradus_store::Error::Unavailable(format!(
                "the artifact's manifest can't be read: {problem}"
            )))
        })?;
        Ok(Manifest::decode(&bytes)?)
    }
}

/// The MD5 of content that lies here; none for a reference.
pub(super) fn held(entry: &ManifestEntry) -> Option<Result<String>> {
    entry.reference.is_none().then(|| md5_hex(&entry.digest))
}

/// Hashes of manifests that the committed one makes needless.
fn parts_but(artifact: &Artifact, kept: &ManifestBlob) -> BTreeSet<BlobHash> {
    let parts = artifact.pending.parts.iter();
    let blobs = parts.filter_map(|part| part.blob.as_ref());
    let needless = blobs.filter(|blob| blob.sha256 != kept.sha256);
    needless.filter_map(|blob| hash_of(&blob.sha256)).collect()
}
