//! Servers that speak OpenAI's chat completions (vLLM, llama.cpp, Ollama, hosted ones):
//! `openai:MODEL@URL`.
//!
//! Who really answered is read from every response and recorded; transport failures are a class
//! of their own; the key comes from the caller, goes into one header and nowhere else.

mod answerer;
mod client;
mod reply;
mod retry;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use gradus_schema::TokenPrice;
use serde_json::{Map, Value};

pub use answerer::OpenAiAnswerer;
pub(crate) use client::Client;

use crate::{Error, Result};

/// A model on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelAt {
    pub model: String,
    /// As it was written.
    pub url: String,
}

impl FromStr for ModelAt {
    type Err = Error;

    /// # Errors
    /// Anything but `openai:MODEL@URL` with an http address that holds no password.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = |problem: &str| {
            Err(Error::Configuration(format!(
                "'{text}' {problem}; write openai:MODEL@URL, for example \
                 openai:qwen3-0.6b@http://127.0.0.1:8000/v1"
            )))
        };
        let Some(rest) = text.strip_prefix("openai:") else {
            return refuse("is no server reference");
        };
        let at = ["@http://", "@https://"]
            .iter()
            .find_map(|sign| rest.find(sign));
        let Some(at) = at else {
            return refuse("has no server address");
        };
        let (model, url) = (&rest[..at], rest[at + 1..].trim_end_matches('/'));
        let host = url.split("://").nth(1).unwrap_or_default();
        if model.trim().is_empty() {
            return refuse("names no model");
        }
        if host.is_empty() || host.starts_with('/') || url.contains(char::is_whitespace) {
            return refuse("has no usable server address");
        }
        if host.split('/').next().unwrap_or_default().contains('@') || url.contains(['?', '#']) {
            return Err(Error::Configuration(
                "the server's address must hold no user, password or query; give the key in the \
                 environment"
                    .to_owned(),
            ));
        }
        Ok(Self {
            model: model.to_owned(),
            url: url.to_owned(),
        })
    }
}

impl fmt::Display for ModelAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "openai:{}@{}", self.model, self.url)
    }
}

impl ModelAt {
    /// Where requests go: `URL/chat/completions`, with `/v1` for a bare host.
    fn endpoint(&self) -> String {
        let has_path = self
            .url
            .split("://")
            .nth(1)
            .is_some_and(|rest| rest.contains('/'));
        if self.url.ends_with("/chat/completions") {
            self.url.clone()
        } else if has_path {
            format!("{}/chat/completions", self.url)
        } else {
            format!("{}/v1/chat/completions", self.url)
        }
    }
}

/// A secret that no format prints.
#[derive(Clone)]
pub struct ApiKey(String);

impl ApiKey {
    /// `None` for an empty key.
    pub fn new(key: &str) -> Option<Self> {
        let key = key.trim();
        (!key.is_empty()).then(|| Self(key.to_owned()))
    }

    fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// The text without the key, should a server repeat it.
    fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

/// How a server is asked.
#[derive(Debug, Clone)]
pub struct EndpointOptions {
    pub key: Option<ApiKey>,
    /// The environment variable the key was looked for in, for messages.
    pub key_variable: String,
    /// Requests in flight at once.
    pub concurrency: usize,
    pub requests_per_minute: Option<f64>,
    /// Of one try, from connecting to the last byte.
    pub timeout: Duration,
    /// Tries of one request.
    pub attempts: usize,
    /// Before the second try; doubles with each further one, with jitter.
    pub first_delay: Duration,
    /// No wait is longer, also when a server asks for it.
    pub longest_delay: Duration,
    pub max_tokens: usize,
    pub temperature: f64,
    pub seed: Option<u64>,
    /// Whether answers are held to the contract with `response_format: json_schema`.
    pub structured: bool,
    /// Further names under which the server may report the requested model.
    pub served_as: Vec<String>,
    pub price: Option<TokenPrice>,
    /// Keys added to every request; null removes one.
    pub extra: Map<String, Value>,
}

impl Default for EndpointOptions {
    fn default() -> Self {
        Self {
            key: None,
            key_variable: "OPENAI_API_KEY".to_owned(),
            concurrency: 4,
            requests_per_minute: None,
            timeout: Duration::from_secs(120),
            attempts: 5,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(60),
            max_tokens: 512,
            temperature: 0.0,
            seed: Some(42),
            structured: false,
            served_as: Vec::new(),
            price: None,
            extra: Map::new(),
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
