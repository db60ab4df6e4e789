//! Files of artifacts: once for each entity and MD5. A file that is there already is not sent again.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_store::{BlobHash, Change, hex};
use serde::{Deserialize, Serialize};

use super::{Artifact, ArtifactNumber};
use crate::accounts::Caller;
use crate::files::Md5Reader;
use crate::table::Transaction;
use crate::{Error, Result, Tracker};

/// What an entity has under an MD5.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// SHA-256, hexadecimal.
    #[serde(rename = "h")]
    pub sha256: String,
    #[serde(rename = "n")]
    pub size_bytes: u64,
    /// The artifact that it was sent for.
    #[serde(rename = "a")]
    pub birth: ArtifactNumber,
}

/// What shall happen with a file that a client has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlan {
    pub artifact: ArtifactNumber,
    /// Hexadecimal.
    pub md5: String,
    /// The artifact that the manifest shall name for it.
    pub birth: ArtifactNumber,
    /// The server has it: nothing is to be sent.
    pub is_there: bool,
}

/// The hexadecimal form of a base64 MD5.
///
/// # Errors
/// A text that is none.
pub fn md5_hex(base64: &str) -> Result<String> {
    let bytes = STANDARD.decode(base64).unwrap_or_default();
    match bytes.len() {
        16 => Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        _ => {
            let shown: String = base64.chars().take(40).collect();
            Err(Error::input(format!("'{shown}' is no MD5 in base64")))
        }
    }
}

pub(super) fn content_key(entity: &str, md5: &str) -> String {
    format!("{entity}/{md5}")
}

pub(super) fn content_owner(key: &str) -> String {
    format!("artifact_content/{key}")
}

impl Tracker {
    /// For a file of a pending artifact, whether it must be sent.
    pub fn plan_artifact_file(
        &self,
        caller: &Caller,
        artifact: ArtifactNumber,
        md5: &str,
    ) -> Result<FilePlan> {
        let md5 = md5_hex(md5)?;
        let _changing = self.lock();
        let known = self.pending_artifact(artifact)?;
        let entity = self.check_artifact_write(caller, &known)?;
        let content = self.artifacts.content(&entity, &md5);
        if content.is_some() {
            self.artifacts.claim(artifact, &md5);
        }
        Ok(FilePlan {
            artifact,
            md5,
            birth: content.as_ref().map_or(artifact, |content| content.birth),
            is_there: content.is_some(),
        })
    }

    /// Takes a file that was planned.
    ///
    /// # Errors
    /// Content with another MD5; an artifact that was deleted. What passes says so.
    pub fn put_artifact_file(
        &self,
        artifact: ArtifactNumber,
        md5: &str,
        content: &mut dyn Read,
    ) -> Result<Content> {
        let (hash, size_bytes) = self.put_checked(md5, content)?;
        let _changing = self.lock();
        let known = self.artifacts.artifact(artifact);
        let known = known.ok_or_else(|| Error::not_found("the artifact was deleted"))?;
        if !known.is_committed() {
            self.artifacts.hear_of(artifact, self.now_unix_ms());
        }
        let collection = self.artifacts.collection(known.sequence);
        let collection = collection.ok_or_else(|| Error::not_found("the artifact was deleted"))?;
        let key = content_key(&collection.entity, md5);
        if let Some(there) = self.artifacts.contents.get(&key) {
            self.artifacts.claim(artifact, md5);
            if there.sha256 == hex(&hash) {
                return Ok(there.as_ref().clone());
            }
            return Err(Error::Conflict(format!(
                "other content with the MD5 {md5} is stored for {} already",
                collection.entity
            )));
        }
        let kept = Content {
            sha256: hex(&hash),
            size_bytes,
            birth: artifact,
        };
        let mut transaction = Transaction::default();
        let owner = content_owner(&key);
        transaction.change(Change::LinkBlob { owner, hash });
        transaction.put(&self.artifacts.contents, key, kept.clone())?;
        commit_blob(self, transaction)?;
        self.artifacts.claim(artifact, md5);
        Ok(kept)
    }

    /// Stores what has this MD5, hexadecimal, and nothing of what has not.
    pub(super) fn put_checked(&self, md5: &str, content: &mut dyn Read) -> Result<(BlobHash, u64)> {
        let mut checked = Checked {
            content: Some(Md5Reader::new(content)),
            expected: md5.to_owned(),
            found: None,
        };
        let stored = self.store.put_blob(&mut checked, None);
        match checked.found.filter(|found| found != md5) {
            Some(found) => Err(Error::input(format!(
                "the content has the MD5 {found}, but {md5} was announced; it was not stored"
            ))),
            None => Ok(stored?),
        }
    }

    pub(super) fn pending_artifact(&self, number: ArtifactNumber) -> Result<Artifact> {
        let known = self.artifacts.artifact(number);
        let known = known.ok_or_else(|| Error::not_found("the artifact was deleted"))?;
        match known.is_committed() {
            false => {
                self.artifacts.hear_of(number, self.now_unix_ms());
                Ok(known.as_ref().clone())
            }
            true => Err(Error::Conflict(format!(
                "artifact version {} is committed and doesn't change any more; log a new one",
                known.version.unwrap_or_default()
            ))),
        }
    }

    /// The entity of an artifact that the caller may write.
    pub(super) fn check_artifact_write(
        &self,
        caller: &Caller,
        artifact: &Artifact,
    ) -> Result<String> {
        let collection = self.artifacts.collection(artifact.sequence);
        let collection = collection.ok_or_else(|| Error::not_found("the artifact was deleted"))?;
        self.accounts.check_write(caller, &collection.entity)?;
        Ok(collection.entity.clone())
    }
}

/// A blob that was stored and lost its last owner just then is to be sent again.
pub(super) fn commit_blob(tracker: &Tracker, transaction: Transaction) -> Result<()> {
    match transaction.commit(&tracker.store) {
        Err(Error::Store(gradus_store::Error::BlobMissing(hash))) => {
            let text = format!("blob {hash} was removed while it was stored");
            Err(Error::Store(gradus_store::Error::Unavailable(text)))
        }
        other => other.map(|_| ()),
    }
}

/// Ends with an error instead of an end where the content is not what was announced, so that
/// nothing of it is kept.
struct Checked<'a> {
    content: Option<Md5Reader<'a>>,
    expected: String,
    found: Option<String>,
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(content) = &mut self.content else {
            return Ok(0);
        };
        let count = content.read(buffer)?;
        if count == 0
            && !buffer.is_empty()
            && let Some(content) = self.content.take()
        {
            let found = md5_hex(&content.base64()).unwrap_or_default();
            let is_wrong = found != self.expected;
            self.found = Some(found);
            if is_wrong {
                return Err(std::io::Error::other("another MD5 was announced"));
            }
        }
        Ok(count)
    }
}
