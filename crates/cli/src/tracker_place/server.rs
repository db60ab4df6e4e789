//! A server that is asked over HTTP.

use std::time::Duration;

use anyhow::{Context, Result};
use gradus_server::Content;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, SendBody};

const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
const LARGEST_ANSWER_BYTES: u64 = 1 << 30;
/// Tries of a request that a busy server puts off.
const MOST_TRIES: usize = 5;
const LONGEST_WAIT_SECS: u64 = 10;

pub struct Server {
    agent: Agent,
    url: String,
    /// A server that listens to others wants a key: `GRADUS_API_KEY`.
    key: Option<String>,
}

impl Server {
    /// The server that shall be asked, whatever lies on this machine: `GRADUS_URL`.
    pub fn named() -> Option<Self> {
        given("GRADUS_URL").map(|url| Self::of(&url))
    }

    pub fn of(url: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_PATIENCE))
            .build();
        Self {
            agent: agent.into(),
            url: url.trim_end_matches('/').to_owned(),
            key: given("GRADUS_API_KEY"),
        }
    }

    /// The status and the body of the answer; what a busy server puts off is sent again.
    pub fn ask(
        &self,
        method: &str,
        path: &str,
        content: Content,
        patience: Duration,
    ) -> Result<(u16, Vec<u8>)> {
        let url = format!("{}{path}", self.url);
        let asking = || format!("asking the server at {url}");
        let bytes = match content {
            Content::Bytes(bytes) => bytes,
            Content::Reader(reader) => {
                let sent = self.request(method, &url)?;
                let body = sent.body(SendBody::from_owned_reader(reader))?;
                let (status, _, answer) = self.run(body, patience).with_context(asking)?;
                return Ok((status, answer));
            }
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let request = self.request(method, &url)?.body(bytes.clone())?;
            let (status, headers, answer) = self.run(request, patience).with_context(asking)?;
            match (status, wait(&headers)) {
                (429 | 503, Some(wait)) if tries < MOST_TRIES => std::thread::park_timeout(wait),
                _ => return Ok((status, answer)),
            }
        }
    }

    fn request(&self, method: &str, url: &str) -> Result<ureq::http::request::Builder> {
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(CONTENT_TYPE, "application/octet-stream");
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        Ok(request)
    }

    fn run(
        &self,
        request: Request<impl ureq::AsSendBody>,
        patience: Duration,
    ) -> Result<(u16, HeaderMap, Vec<u8>)> {
        let request = self
            .agent
            .configure_request(request)
            .timeout_recv_response(Some(patience))
            .build();
        let mut response = self.agent.run(request)?;
        let headers = response.headers().clone();
        let body = response.body_mut().with_config();
        let answer = body.limit(LARGEST_ANSWER_BYTES).read_to_vec()?;
        Ok((response.status().as_u16(), headers, answer))
    }
}

fn given(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn wait(headers: &HeaderMap) -> Option<Duration> {
    let secs = headers
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse::<u64>()
        .ok()?;
    Some(Duration::from_secs(secs.min(LONGEST_WAIT_SECS)))
}
