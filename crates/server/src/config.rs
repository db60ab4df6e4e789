//! What the operator decides.

use std::net::SocketAddr;
use std::path::PathBuf;

use gradus_tracker::TrackerOptions;

use crate::registry_folders::RegistryFolders;
use crate::verifier::Verifier;

#[derive(Debug, Clone)]
pub struct ServerConfig {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub tracker: TrackerOptions,
    /// The address under which clients reach the server, where that is not what they say.
    pub external_url: Option<String>,
    pub limits: Limits,
    /// Name of the user that is made on first start.
    pub first_user: String,
    /// What verifies evidence in place; without it people do that where the file is.
    pub verifier: Option<Verifier>,
    /// What moves aliases in folders of tasks; without it people do that where the folder is.
    pub registry_folders: Option<RegistryFolders>,
}

/// What one request may ask for, and all of them together.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of one JSON body, unpacked.
    pub body_bytes: usize,
    /// Of one uploaded file.
    pub file_bytes: u64,
    /// Bodies that are worked on at the same time; more wait unread.
    pub bodies_in_memory_bytes: usize,
    /// Wrong keys from one address in a minute before it is told to wait.
    pub wrong_keys_per_minute: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 << 20,
            file_bytes: 64 << 30,
            bodies_in_memory_bytes: 128 << 20,
            wrong_keys_per_minute: 30,
        }
    }
}

impl ServerConfig {
    pub fn new(listen: SocketAddr, data_dir: PathBuf) -> Self {
        Self {
            listen,
            data_dir,
            tracker: TrackerOptions::default(),
            external_url: None,
            limits: Limits::default(),
            first_user: "local".to_owned(),
            verifier: None,
            registry_folders: None,
        }
    }

    /// Whether only programs of this machine can ask anything.
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }
}
