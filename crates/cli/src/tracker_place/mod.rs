//! Where runs are kept, and the one way to ask there: our own API. It is asked of a server that is
//! named (`GRADUS_URL`), or of the store's folder where nobody has it open, or of the server that has.

mod server;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use gradus_schema::ExitStatus;
pub use gradus_server::Content;
use gradus_server::{Local, Running};
use serde_json::Value;

use crate::failure::bad_input;
use crate::user::user_of_this_machine;
use server::Server;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// A check reads everything; that takes as long as it takes.
const LONG_PATIENCE: Duration = Duration::from_secs(24 * 3600);

pub enum Place {
    Store(Box<Local>),
    Server(Server),
}

/// What a server answers instead of doing what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    pub status: u16,
    message: String,
}

impl Refused {
    /// Asking again may help; the caller did nothing wrong.
    pub fn exit_status(&self) -> ExitStatus {
        match self.status {
            429 | 500.. => ExitStatus::Unexpected,
            _ => ExitStatus::BadInput,
        }
    }
}

impl Place {
    /// The server of `GRADUS_URL`, or what has the folder.
    pub fn of(folder: &Path) -> Result<Self> {
        match Server::named() {
            Some(server) => Ok(Self::Server(server)),
            None => Self::of_folder(folder),
        }
    }

    /// The store of a folder, or the server that has it open.
    pub fn of_folder(folder: &Path) -> Result<Self> {
        match Local::open(folder, &user_of_this_machine()) {
            Ok(local) => Ok(Self::Store(Box::new(local))),
            // Whether a server is up is told by the store, not by what one that was killed left.
            Err(gradus_server::Error::Tracker(gradus_tracker::Error::Store(
                gradus_store::Error::InUse(_),
            ))) => Self::running(folder).ok_or_else(|| {
                bad_input(format!(
                    "another process has the store open and is no server; wait until it ends: {}",
                    folder.display()
                ))
            }),
            Err(gradus_server::Error::Tracker(error)) => Err(error.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// A server that is named, or says that it is up. Nobody was asked yet.
    pub fn of_server(folder: &Path) -> Option<Self> {
        match Server::named() {
            Some(server) => Some(Self::Server(server)),
            None => Self::running(folder),
        }
    }

    fn running(folder: &Path) -> Option<Self> {
        let running = Running::of_folder(folder)?;
        Some(Self::Server(Server::of(&running.url)))
    }

    /// Asks for JSON. `path` is below `/api/v1`.
    ///
    /// # Errors
    /// [`Refused`] with what the server says, or a server that does not answer.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let content = body.map(Value::to_string).unwrap_or_default();
        self.send(method, path, Content::Bytes(content.into_bytes()))
    }

    pub fn get(&self, path: &str) -> Result<Value> {
        self.ask("GET", path, None)
    }

    /// `None` for what is not there.
    pub fn found(&self, path: &str) -> Result<Option<Value>> {
        match self.get(path) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) if refused.status == 404 => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// `ask` with a body of any kind.
    pub fn send(&self, method: &str, path: &str, content: Content) -> Result<Value> {
        self.send_within(method, path, content, PATIENCE)
    }

    /// `ask` for what may take hours.
    pub fn ask_patiently(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let content = body.map(Value::to_string).unwrap_or_default();
        let content = Content::Bytes(content.into_bytes());
        self.send_within(method, path, content, LONG_PATIENCE)
    }

    fn send_within(
        &self,
        method: &str,
        path: &str,
        content: Content,
        patience: Duration,
    ) -> Result<Value> {
        let path = format!("/api/v1/{path}");
        let (status, bytes) = match self {
            Self::Store(local) => local.ask(method, &path, content)?,
            Self::Server(server) => server.ask(method, &path, content, patience)?,
        };
        let answer: Result<Value, _> = serde_json::from_slice(&bytes);
        match status {
            200 => answer.with_context(|| format!("reading the answer to {method} {path}")),
            401 => Err(Refused {
                status,
                message: "the server wants an API key that is valid there; set GRADUS_API_KEY"
                    .to_owned(),
            }
            .into()),
            status => {
                let answer = answer.unwrap_or(Value::Null);
                let message = answer["error"].as_str();
                let message = message.map_or_else(|| format!("status {status}"), str::to_owned);
                Err(Refused { status, message }.into())
            }
        }
    }
}

/// Where the caller's runs go that name no entity.
pub fn own_entity(place: &Place) -> Result<String> {
    let viewer = place.get("viewer")?;
    let entity = viewer["default_entity"].as_str().map(str::to_owned);
    entity.context("the server told no entity")
}

/// A name as a part of an address (RFC 3986, 2.3).
pub fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => text.push(char::from(byte)),
            false => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// The path of a run below `/api/v1`.
pub fn run_path(entity: &str, project: &str, run: &str) -> String {
    format!(
        "projects/{}/{}/runs/{}",
        encoded(entity),
        encoded(project),
        encoded(run)
    )
}
