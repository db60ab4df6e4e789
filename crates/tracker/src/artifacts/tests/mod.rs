//! The rules of artifacts, over a store of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gradus_schema::{Clock, UnixMillis};
use gradus_store::RunKey;
use gradus_wire::file_stream::SharedWriter;
use gradus_wire::manifest::Manifest;
use md5::{Digest, Md5};

use super::*;
use crate::accounts::Caller;
use crate::{Error, RunUpsert, Tracker, TrackerOptions};

mod around;
mod deletion;
mod expiry;
mod versions;

const BEGAN: UnixMillis = 1_700_000_000_000;

/// Stands still until it is set.
struct Given(AtomicI64);

impl Clock for Given {
    fn now_unix_ms(&self) -> UnixMillis {
        self.0.load(Ordering::Relaxed)
    }
}

struct World {
    clock: Arc<Given>,
    folder: tempfile::TempDir,
    tracker: Tracker,
    caller: Caller,
}

fn open(folder: &std::path::Path, clock: Arc<Given>) -> Tracker {
    Tracker::open(folder, TrackerOptions::default(), clock).unwrap()
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(Given(AtomicI64::new(BEGAN)));
    let tracker = open(folder.path(), clock.clone());
    let user = tracker.add_user("ann", "", true).unwrap();
    World {
        clock,
        folder,
        tracker,
        caller: Caller {
            user,
            is_read_only: false,
        },
    }
}

fn md5(content: &[u8]) -> String {
    STANDARD.encode(Md5::digest(content))
}

type Files<'a> = [(&'a str, &'a str)];

fn manifest_of(files: &Files<'_>) -> Manifest {
    let entries = files.iter().map(|(path, content)| {
        format!(
            "\"{path}\":{{\"digest\":\"{}\",\"size\":{}}}",
            md5(content.as_bytes()),
            content.len()
        )
    });
    let entries = entries.collect::<Vec<_>>().join(",");
    let text = format!("{{\"version\":1,\"contents\":{{{entries}}}}}");
    Manifest::decode(text.as_bytes()).unwrap()
}

impl World {
    fn reopened(self) -> Self {
        let World {
            clock,
            folder,
            tracker,
            caller,
        } = self;
        drop(tracker);
        let tracker = open(folder.path(), clock.clone());
        World {
            clock,
            folder,
            tracker,
            caller,
        }
    }

    fn request(&self, name: &str, files: &Files<'_>, aliases: &[&str]) -> NewArtifact {
        NewArtifact {
            project: Some("p".into()),
            type_name: "dataset".into(),
            name: name.into(),
            digest: manifest_of(files).digest(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            ..NewArtifact::default()
        }
    }

    fn send(&self, artifact: u64, files: &Files<'_>) -> Vec<bool> {
        let sent = files.iter().map(|(_, content)| {
            let plan = self
                .tracker
                .plan_artifact_file(&self.caller, artifact, &md5(content.as_bytes()))
                .unwrap();
            if !plan.is_there {
                self.tracker
                    .put_artifact_file(artifact, &plan.md5, &mut content.as_bytes())
                    .unwrap();
            }
            !plan.is_there
        });
        sent.collect()
    }

    fn send_manifest(
        &self,
        artifact: u64,
        kind: ManifestKind,
        base: Option<u64>,
        files: &Files<'_>,
    ) {
        let part = self
            .tracker
            .create_artifact_manifest(&self.caller, artifact, kind, "m", base)
            .unwrap();
        let bytes = manifest_of(files).to_bytes();
        self.tracker
            .put_artifact_manifest(artifact, part, &md5(&bytes), &mut bytes.as_slice())
            .unwrap();
    }

    fn log(&self, name: &str, files: &Files<'_>, aliases: &[&str]) -> Arc<Artifact> {
        let new = self.request(name, files, aliases);
        let created = self.tracker.create_artifact(&self.caller, new).unwrap();
        if created.is_committed() {
            return created;
        }
        self.send(created.number, files);
        self.send_manifest(created.number, ManifestKind::Full, None, files);
        self.commit(created.number).unwrap()
    }

    fn commit(&self, number: u64) -> Result<Arc<Artifact>> {
        self.tracker.commit_artifact(&self.caller, number)
    }

    fn named(&self, name: &str) -> Option<Arc<Member>> {
        self.tracker.artifact_named("ann", "p", name)
    }

    fn aliases(&self, name: &str) -> Vec<String> {
        self.named(name).unwrap().aliases.clone()
    }

    fn collection(&self, name: &str) -> Arc<Collection> {
        self.tracker.artifacts.named("ann", "p", name).unwrap()
    }

    fn has(&self, content: &str) -> bool {
        let hex = md5_hex(&md5(content.as_bytes())).unwrap();
        match self.tracker.artifacts.content("ann", &hex) {
            None => false,
            Some(content) => {
                let hash = crate::files::hash_of(&content.sha256).unwrap();
                self.tracker.store.open_blob(&hash).unwrap();
                true
            }
        }
    }

    fn run(&self, name: &str) -> RunKey {
        let upsert = RunUpsert {
            name: Some(name.into()),
            project: Some("p".into()),
            host: Some("box".into()),
            ..RunUpsert::default()
        };
        let writer = SharedWriter::from_headers(std::iter::empty::<(&str, &str)>());
        self.tracker
            .upsert_run(&self.caller, upsert, &writer)
            .unwrap();
        RunKey::new("ann", "p", name)
    }
}
