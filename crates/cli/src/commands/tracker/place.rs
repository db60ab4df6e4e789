//! Where accounts and upkeep are done: in the store where nobody has it open, else by the server
//! that has.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use gradus_server::Running;
use gradus_tracker::{SystemClock, Tracker, TrackerOptions};
use serde_json::Value;

use crate::failure::bad_input;

/// A check reads everything; that takes as long as it takes.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);

pub enum Place {
    Store(Box<Tracker>),
    Server(Asking),
}

/// A server that is asked through its own API.
pub struct Asking {
    agent: ureq::Agent,
    url: String,
    key: Option<String>,
}

impl Place {
    pub fn of(folder: &Path) -> Result<Self> {
        match Tracker::open(folder, TrackerOptions::default(), Arc::new(SystemClock)) {
            Ok(tracker) => Ok(Self::Store(Box::new(tracker))),
            Err(gradus_tracker::Error::Store(gradus_store::Error::InUse(_))) => {
                let running = Running::of_folder(folder).ok_or_else(|| {
                    bad_input(format!(
                        "another process has the store open and is no server; wait until it ends: {}",
                        folder.display()
                    ))
                })?;
                Ok(Self::Server(Asking::new(running.url)))
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Asking {
    /// A server that listens to others wants a key: `GRADUS_API_KEY`.
    fn new(url: String) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_recv_response(Some(PATIENCE))
            .build();
        let key = std::env::var("GRADUS_API_KEY").ok();
        Self {
            agent: agent.into(),
            url,
            key: key.filter(|key| !key.is_empty()),
        }
    }

    /// `path` is below `/api/v1`.
    ///
    /// # Errors
    /// What the server says where it refuses.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let url = format!("{}/api/v1/{path}", self.url);
        let mut request = ureq::http::Request::builder().method(method).uri(&url);
        if let Some(key) = &self.key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let answered = self.agent.run(request.body(body)?);
        let mut response = answered.with_context(|| format!("asking the server at {url}"))?;
        let text = response.body_mut().read_to_string()?;
        let answer: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        match response.status().as_u16() {
            200 => Ok(answer),
            401 => Err(bad_input(
                "the server that has the store open wants a key of an administrator; \
                 set GRADUS_API_KEY",
            )),
            status => {
                let message = answer["error"].as_str();
                let message = message.map_or_else(|| format!("status {status}"), str::to_owned);
                Err(bad_input(message))
            }
        }
    }
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
