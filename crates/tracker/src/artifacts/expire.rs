//! What nobody waits for any more: versions that were begun and never committed, and versions whose
//! time to live is over.

use std::collections::BTreeMap;
use std::time::Duration;

use gradus_schema::UnixMillis;

use super::aliases::INTERNAL;
use super::edit::Edit;
use super::{Artifact, ArtifactNumber, LATEST};
use crate::{Result, Tracker};

/// How long a version may be pending without a change.
const PENDING_FOR: Duration = Duration::from_secs(24 * 3600);
/// Types that the client makes by itself; W&B lets none of them expire.
const MADE_BY_THE_CLIENT: [&str; 3] = ["run_table", "code", "job"];

impl Artifact {
    /// It may go by itself some day.
    pub(super) fn is_mortal(&self) -> bool {
        !self.is_committed() || self.ttl_secs.is_some_and(|secs| secs > 0)
    }
}

impl Tracker {
    /// Removes the versions whose time is over; to be called now and then. Says which.
    ///
    /// A version with a time to live goes that long after it was made, unless something holds it:
    /// an alias other than `latest`, a tag, or a portfolio that it is linked to.
    pub fn expire_artifacts(&self) -> Result<Vec<ArtifactNumber>> {
        let now = self.now_unix_ms();
        let mortal = self.artifacts.look(|index| index.mortal());
        let mut gone = Vec::new();
        for number in mortal {
            let _changing = self.lock();
            let Some(artifact) = self.artifacts.artifact(number) else {
                continue;
            };
            if !self.is_over(&artifact, now) {
                continue;
            }
            let mut edit = Edit::new(self);
            let entity = edit.collection(artifact.sequence)?.entity;
            self.remove_artifacts(&mut edit, &entity, &[number])?;
            edit.finish()?;
            gone.push(number);
        }
        Ok(gone)
    }

    fn is_over(&self, artifact: &Artifact, now: UnixMillis) -> bool {
        if !artifact.is_committed() {
            let heard = self.artifacts.heard_of(artifact.number);
            let last = heard.map_or(artifact.updated_unix_ms, |heard| {
                heard.max(artifact.updated_unix_ms)
            });
            return now.saturating_sub(last) >= PENDING_FOR.as_millis() as i64;
        }
        let Some(secs) = artifact.ttl_secs.filter(|secs| *secs > 0) else {
            return false;
        };
        let end = artifact
            .created_unix_ms
            .saturating_add(secs.saturating_mul(1000));
        now >= end && !self.is_held(artifact)
    }

    fn is_held(&self, artifact: &Artifact) -> bool {
        let members = self.artifacts.memberships(artifact.number);
        let has_alias = members
            .iter()
            .any(|member| member.aliases.iter().any(|alias| alias != LATEST));
        let is_linked = members
            .iter()
            .any(|member| member.collection != artifact.sequence);
        let sequence = self.artifacts.collection(artifact.sequence);
        let is_own = sequence.is_some_and(|sequence| {
            let name = sequence.type_name.as_str();
            MADE_BY_THE_CLIENT.contains(&name) || name.starts_with(INTERNAL)
        });
        has_alias || is_linked || is_own || !artifact.tags.is_empty()
    }
}

/// When something was last done for pending versions. Lost with the process: what was written down
/// counts then.
pub(super) type Heard = BTreeMap<ArtifactNumber, UnixMillis>;
