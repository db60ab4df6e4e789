//! The Hugging Face Hub, as far as downloads need it: list a repository, get a file, go on where
//! a download stopped, check what came.
//!
//! Protocol: a file is `GET {endpoint}/{repo}/resolve/{revision}/{path}`. The answer to `HEAD`
//! without following redirects carries `X-Linked-Etag` (the SHA-256 of large files) or `ETag`,
//! `X-Linked-Size` and `X-Repo-Commit`.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};
use thiserror::Error;
use ureq::http::{HeaderMap, Response, StatusCode, header};
use ureq::{Agent, Body};

/// How long a connection may take before the hub counts as out of reach.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const RESPONSE_LIMIT: Duration = Duration::from_secs(30);
/// Attempts in a row that bring nothing new.
const FRUITLESS_ATTEMPTS: usize = 3;
/// Below this rate a download counts as stuck and is begun again where it stopped.
const SLOWEST_BYTES_PER_SEC: u64 = 20_000;
const LISTING_LIMIT_BYTES: u64 = 8 << 20;

#[derive(Debug, Error)]
pub enum HubError {
    #[error("the hub can't be reached ({0})")]
    Unreachable(String),
    #[error("the hub refuses access to {0}: set HF_TOKEN to a token that may read it")]
    Refused(String),
    #[error("the hub has no {0}: check the spelling")]
    NotFound(String),
    #[error("the hub answered {status} for {what}: try again later")]
    Status { status: u16, what: String },
    #[error(
        "{what} came with another content than announced (sha256 {found}, expected {expected}); nothing was kept"
    )]
    Checksum {
        what: String,
        expected: String,
        found: String,
    },
    #[error("{what} came with {found} bytes instead of {expected}; nothing was kept")]
    Size {
        what: String,
        expected: u64,
        found: u64,
    },
    #[error("the hub's answer makes no sense: {0}")]
    Malformed(String),
    #[error("{action} failed: {source}")]
    Io {
        action: &'static str,
        source: std::io::Error,
    },
}

pub struct Hub {
    agent: Agent,
    endpoint: String,
    /// Sent to the endpoint only, never logged.
    token: Option<String>,
}

/// What the hub says about a file before it is downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    pub size: Option<u64>,
    /// Hex; known for large files.
    pub sha256: Option<String>,
    pub etag: String,
    pub commit: Option<String>,
}

/// A downloaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    pub size: u64,
    pub sha256: String,
}

impl Hub {
    pub fn new(endpoint: &str, token: Option<String>) -> Self {
        let configuration = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_resolve(Some(CONNECT_LIMIT))
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_recv_response(Some(RESPONSE_LIMIT))
            .redirect_auth_headers(ureq::config::RedirectAuthHeaders::SameHost)
            .user_agent(concat!("gradus/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: configuration.into(),
            endpoint: endpoint.trim_end_matches('/').to_string(),
            token: token.filter(|token| !token.trim().is_empty()),
        }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The commit of the repository's main branch and all its files.
    pub fn list(&self, repository: &str) -> Result<(String, Vec<String>), HubError> {
        let url = format!("{}/api/models/{repository}/revision/main", self.endpoint);
        let mut response = self.get(&url, None, None)?;
        check_status(&response, &format!("repository {repository}"))?;
        let text = response
            .body_mut()
            .with_config()
            .limit(LISTING_LIMIT_BYTES)
            .read_to_string()
            .map_err(|error| HubError::Unreachable(error.to_string()))?;
        let listing: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| HubError::Malformed(error.to_string()))?;
        let commit = listing["sha"].as_str().unwrap_or("main").to_string();
        let files = listing["siblings"].as_array().into_iter().flatten();
        let names = files
            .filter_map(|file| file["rfilename"].as_str())
            .map(String::from);
        Ok((commit, names.collect()))
    }

    pub fn inspect(
        &self,
        repository: &str,
        revision: &str,
        path: &str,
    ) -> Result<RemoteFile, HubError> {
        let mut url = self.file_url(repository, revision, path);
        // Renamed repositories answer with a relative redirect; a redirect to another host is the
        // storage behind the hub, and the headers wanted are those of the hub.
        for _ in 0..5 {
            let mut request = self
                .agent
                .head(&url)
                .config()
                .max_redirects(0)
                .max_redirects_will_error(false)
                .build();
            if let Some(token) = &self.token {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            let response = request.call().map_err(unreachable)?;
            let location = text_header(response.headers(), "location");
            match location.filter(|_| response.status().is_redirection()) {
                Some(location) if location.starts_with('/') => {
                    url = format!("{}{location}", self.endpoint)
                }
                _ => {
                    if !response.status().is_redirection() {
                        check_status(&response, &format!("file {path} in {repository}"))?;
                    }
                    return remote_file(&response);
                }
            }
        }
        Err(HubError::Malformed(format!(
            "{repository} is redirected without end"
        )))
    }

    /// Downloads into `target`, going on where an earlier attempt stopped. `progress` gets the
    /// bytes that are there and the size where it is known.
    ///
    /// # Errors
    /// See [`HubError`]; after a failed check nothing is left at `target`.
    pub fn download(
        &self,
        repository: &str,
        revision: &str,
        path: &str,
        remote: &RemoteFile,
        target: &Path,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Downloaded, HubError> {
        let url = self.file_url(repository, revision, path);
        let mut fruitless = 0;
        loop {
            let before = length(target);
            // Too long, or without a size to go on towards: from the beginning.
            if before > 0 && remote.size.is_none_or(|size| before > size) {
                remove(target)?;
                continue;
            }
            if before > 0 && remote.size == Some(before) {
                break;
            }
            match self.append(&url, path, before, remote, target, progress) {
                Ok(()) => break,
                Err(
                    error @ (HubError::Unreachable(_) | HubError::Status { status: 500.., .. }),
                ) => {
                    fruitless = if length(target) > before {
                        0
                    } else {
                        fruitless + 1
                    };
                    if fruitless >= FRUITLESS_ATTEMPTS {
                        return Err(error);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        verify(path, remote, target)
    }

    fn append(
        &self,
        url: &str,
        what: &str,
        from: u64,
        remote: &RemoteFile,
        target: &Path,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), HubError> {
        let remaining = remote.size.map(|size| size.saturating_sub(from));
        let limit = remaining.map(|bytes| Duration::from_secs(60 + bytes / SLOWEST_BYTES_PER_SEC));
        let range = (from > 0).then(|| format!("bytes={from}-"));
        let mut response = self.get(url, range, limit)?;
        check_status(&response, &format!("file {what}"))?;
        // A server that does not know ranges sends everything: then it begins anew.
        let goes_on = from > 0 && response.status() == StatusCode::PARTIAL_CONTENT;
        let mut there = if goes_on { from } else { 0 };
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .append(goes_on)
            .truncate(!goes_on)
            .open(target)
            .map_err(|source| HubError::Io {
                action: "writing the download",
                source,
            })?;
        let mut body = response.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let count = body
                .read(&mut buffer)
                .map_err(|error| HubError::Unreachable(error.to_string()))?;
            if count == 0 {
                break;
            }
            there += count as u64;
            if remote.size.is_some_and(|size| there > size) {
                let expected = remote.size.unwrap_or_default();
                drop(file);
                remove(target)?;
                return Err(HubError::Size {
                    what: what.into(),
                    expected,
                    found: there,
                });
            }
            file.write_all(&buffer[..count])
                .map_err(|source| HubError::Io {
                    action: "writing the download (is the disk full?)",
                    source,
                })?;
            progress(there, remote.size);
        }
        file.sync_all().map_err(|source| HubError::Io {
            action: "writing the download",
            source,
        })?;
        match remote.size {
            Some(size) if there < size => Err(HubError::Unreachable(format!(
                "{what} ended early, at {there} of {size} bytes"
            ))),
            _ => Ok(()),
        }
    }

    fn get(
        &self,
        url: &str,
        range: Option<String>,
        limit: Option<Duration>,
    ) -> Result<Response<Body>, HubError> {
        let mut request = self
            .agent
            .get(url)
            .config()
            .timeout_recv_body(limit)
            .build();
        // Compressed content has no byte positions to go on from.
        request = request.header(header::ACCEPT_ENCODING, "identity");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(range) = range {
            request = request.header(header::RANGE, range);
        }
        request.call().map_err(unreachable)
    }

    fn file_url(&self, repository: &str, revision: &str, path: &str) -> String {
        format!("{}/{repository}/resolve/{revision}/{path}", self.endpoint)
    }
}

fn unreachable(error: ureq::Error) -> HubError {
    HubError::Unreachable(error.to_string())
}

fn check_status(response: &Response<Body>, what: &str) -> Result<(), HubError> {
    match response.status().as_u16() {
        200..=299 => Ok(()),
        401 | 403 => Err(HubError::Refused(what.into())),
        404 => Err(HubError::NotFound(what.into())),
        status => Err(HubError::Status {
            status,
            what: what.into(),
        }),
    }
}

fn remote_file(response: &Response<Body>) -> Result<RemoteFile, HubError> {
    let headers = response.headers();
    let etag = text_header(headers, "x-linked-etag")
        .or_else(|| text_header(headers, "etag"))
        .unwrap_or_default();
    let etag = etag.trim_start_matches("W/").trim_matches('"').to_string();
    let size = text_header(headers, "x-linked-size").or_else(|| {
        // Behind a redirect the length is that of the redirect's own text.
        text_header(headers, "content-length").filter(|_| response.status().is_success())
    });
    let size = size.map(|text| text.parse()).transpose();
    let is_sha256 = etag.len() == 64 && etag.bytes().all(|byte| byte.is_ascii_hexdigit());
    Ok(RemoteFile {
        size: size.map_err(|_| HubError::Malformed("a file size that is no number".into()))?,
        sha256: is_sha256.then(|| etag.to_lowercase()),
        etag,
        commit: text_header(headers, "x-repo-commit"),
    })
}

fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.trim().to_string())
}

/// Compares size and hash; on a difference the file is removed.
fn verify(what: &str, remote: &RemoteFile, target: &Path) -> Result<Downloaded, HubError> {
    let size = length(target);
    if let Some(expected) = remote.size.filter(|expected| *expected != size) {
        remove(target)?;
        return Err(HubError::Size {
            what: what.into(),
            expected,
            found: size,
        });
    }
    let found = file_sha256(target).map_err(|source| HubError::Io {
        action: "reading the download",
        source,
    })?;
    if let Some(expected) = remote.sha256.clone().filter(|expected| *expected != found) {
        remove(target)?;
        return Err(HubError::Checksum {
            what: what.into(),
            expected,
            found,
        });
    }
    Ok(Downloaded {
        size,
        sha256: found,
    })
}

fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |facts| facts.len())
}

fn remove(path: &Path) -> Result<(), HubError> {
    std::fs::remove_file(path).map_err(|source| HubError::Io {
        action: "removing a broken download",
        source,
    })
}

/// Hex.
pub fn file_sha256(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
    }
    Ok(hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
#[path = "hub_tests.rs"]
mod tests;
