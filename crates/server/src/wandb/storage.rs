//! Addresses for uploads and downloads. They authorise themselves: the client sends no key here, and
//! one that it sends all the same counts for nothing.

use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gradus_store::RunNumber;
use gradus_tracker::files::hash_of;
use gradus_tracker::{Error, Tracker};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio_stream::StreamExt;
use tokio_util::io::{ReaderStream, StreamReader, SyncIoBridge};

use crate::app::{App, blocking};
use crate::http::answer::Refusal;

/// What a browser asks before a page of another origin may use an address. Who has the address may.
pub async fn cross_origin() -> impl IntoResponse {
    (
        StatusCode::NO_CONTENT,
        [
            (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (ACCESS_CONTROL_ALLOW_METHODS, "GET, PUT"),
            (ACCESS_CONTROL_ALLOW_HEADERS, "content-type, content-md5"),
        ],
    )
}

/// What an address is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "k")]
pub enum Grant {
    #[serde(rename = "u")]
    PutRunFile {
        #[serde(rename = "r")]
        run: RunNumber,
        #[serde(rename = "n")]
        name: String,
    },
    #[serde(rename = "f")]
    PutArtifactFile {
        #[serde(rename = "a")]
        artifact: u64,
        /// Hexadecimal.
        #[serde(rename = "m")]
        md5: String,
        #[serde(rename = "n")]
        name: String,
    },
    #[serde(rename = "m")]
    PutManifest {
        #[serde(rename = "a")]
        artifact: u64,
        #[serde(rename = "p")]
        part: usize,
        /// Base64.
        #[serde(rename = "m")]
        md5: String,
        #[serde(rename = "n")]
        name: String,
    },
    #[serde(rename = "d")]
    GetBlob {
        #[serde(rename = "h")]
        sha256: String,
        #[serde(rename = "n")]
        name: String,
    },
}

/// The address for a grant, absolute, under the base that the client used.
pub fn address(tracker: &Tracker, base_url: &str, grant: &Grant) -> Result<String, Error> {
    address_under(tracker, base_url, grant, "")
}

/// `address` with words between the token and the name, for people and tools that look for them.
pub fn address_under(
    tracker: &Tracker,
    base_url: &str,
    grant: &Grant,
    folder: &str,
) -> Result<String, Error> {
    let name = match grant {
        Grant::PutRunFile { name, .. }
        | Grant::PutArtifactFile { name, .. }
        | Grant::PutManifest { name, .. }
        | Grant::GetBlob { name, .. } => name,
    };
    let file = name.rsplit('/').next().unwrap_or_default();
    let slash = if folder.is_empty() { "" } else { "/" };
    let lifetime = i64::try_from(tracker.options.signed_for.as_millis()).unwrap_or(i64::MAX);
    let expires = tracker.now_unix_ms().saturating_add(lifetime);
    let token = tracker.secret.sign(grant, expires)?;
    Ok(format!(
        "{base_url}/storage/{token}/{folder}{slash}{}",
        percent_encoded(file)
    ))
}

/// Everything but letters, digits, `-`, `.`, `_` and `~` (RFC 3986, 2.3).
pub fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// The token, whatever name follows it.
#[derive(Debug, Deserialize)]
pub struct Address {
    token: String,
}

pub async fn take(
    State(app): State<Arc<App>>,
    Path(address): Path<Address>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let grant: Grant = match app
        .tracker
        .secret
        .open(&address.token, app.tracker.now_unix_ms())
    {
        Ok(grant) => grant,
        Err(error) => return Refusal::from(error).into_response(),
    };
    let stored = uploaded(&app, &headers, body, |tracker, content| {
        put(tracker, grant, content)
    });
    match stored.await {
        Ok(etag) => (StatusCode::OK, [(ETAG, format!("\"{etag}\""))]).into_response(),
        Err(refusal) => {
            tracing::warn!(problem = refusal.message, "file refused");
            refusal.into_response()
        }
    }
}

/// Hands a body to who keeps it, where that may block, and no more of it than files may have.
pub async fn uploaded<T: Send + 'static>(
    app: &Arc<App>,
    headers: &HeaderMap,
    body: Body,
    keep: impl FnOnce(&Tracker, &mut dyn Read) -> Result<T, Error> + Send + 'static,
) -> Result<T, Refusal> {
    let limit = app.config.limits.file_bytes;
    let too_large = || {
        let text = format!("the file is larger than the limit of {limit} bytes");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text)
    };
    let announced = headers.get(CONTENT_LENGTH);
    let announced = announced.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let chunks = body.into_data_stream();
    let chunks = chunks.map(|chunk| chunk.map_err(std::io::Error::other));
    let handle = tokio::runtime::Handle::current();
    let app = app.clone();
    let (kept, is_cut) = blocking(move || {
        let content = SyncIoBridge::new_with_handle(StreamReader::new(chunks), handle);
        let mut content = Capped {
            content,
            left: limit,
            is_cut: false,
        };
        let kept = keep(&app.tracker, &mut content);
        (kept, content.is_cut)
    })
    .await?;
    match is_cut {
        true => Err(too_large()),
        false => kept.map_err(Refusal::from),
    }
}

/// Fails where there is more than allowed, so that nothing is kept of it.
struct Capped<R> {
    content: R,
    left: u64,
    is_cut: bool,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.content.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => {
                self.left = left;
                Ok(count)
            }
            None => {
                self.is_cut = true;
                Err(std::io::ErrorKind::FileTooLarge.into())
            }
        }
    }
}

fn put(tracker: &Tracker, grant: Grant, content: &mut dyn std::io::Read) -> Result<String, Error> {
    match grant {
        Grant::PutRunFile { run, name } => Ok(tracker.put_run_file(run, &name, content)?.sha256),
        Grant::PutArtifactFile { artifact, md5, .. } => {
            let stored = tracker.put_artifact_file(artifact, &md5, content)?;
            Ok(stored.sha256)
        }
        Grant::PutManifest {
            artifact,
            part,
            md5,
            ..
        } => {
            let stored = tracker.put_artifact_manifest(artifact, part, &md5, content)?;
            Ok(stored.sha256)
        }
        Grant::GetBlob { .. } => Err(Error::forbidden("this address is for downloads")),
    }
}

pub async fn give(
    State(app): State<Arc<App>>,
    Path(address): Path<Address>,
    headers: HeaderMap,
) -> Response {
    match given(&app, &address.token, &headers) {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

fn given(app: &App, token: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let grant: Grant = app.tracker.secret.open(token, app.tracker.now_unix_ms())?;
    let Grant::GetBlob { sha256, name } = grant else {
        return Err(Error::forbidden("this address is for uploads").into());
    };
    blob(app, &sha256, &name, headers)
}

/// The content of a blob, under a name; the part of it that the request asks for.
pub fn blob(app: &App, sha256: &str, name: &str, asked: &HeaderMap) -> Result<Response, Refusal> {
    let hash = hash_of(sha256).ok_or_else(|| Error::not_found("there is no such file"))?;
    let mut file = app.tracker.store.open_blob(&hash).map_err(Error::from)?;
    let metadata = file.metadata();
    let length = metadata
        .map_err(|problem| Refusal::internal(problem.to_string()))?
        .len();
    let range = asked.get(RANGE).and_then(|value| value.to_str().ok());
    let part = part_of(length, range).map_err(|()| {
        let text = format!("the file has {length} bytes; the range asks for others");
        Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, text)
    })?;
    let (start, end) = part.unwrap_or((0, length));
    file.seek(SeekFrom::Start(start))
        .map_err(|problem| Refusal::internal(problem.to_string()))?;
    let content = tokio::fs::File::from_std(file).take(end - start);
    let stream = ReaderStream::with_capacity(content, 256 << 10);
    let file_name = name.rsplit('/').next().unwrap_or_default();
    let headers = [
        (CONTENT_TYPE, content_type(name).to_owned()),
        (CONTENT_LENGTH, (end - start).to_string()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (ETAG, format!("\"{sha256}\"")),
        // What a run uploaded never runs as a page of this server.
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'; media-src 'self'".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("inline; filename*=UTF-8''{}", percent_encoded(file_name)),
        ),
    ];
    let body = Body::from_stream(stream);
    Ok(match part {
        None => (headers, body).into_response(),
        Some(_) => {
            let range = format!("bytes {start}-{}/{length}", end.saturating_sub(1));
            let status = StatusCode::PARTIAL_CONTENT;
            (status, headers, [(CONTENT_RANGE, range)], body).into_response()
        }
    })
}

/// The first byte of a range and the one after its last (RFC 9110, 14.1.2). Several ranges, and what
/// is none, are answered with everything.
fn part_of(length: u64, range: Option<&str>) -> Result<Option<(u64, u64)>, ()> {
    let range = range.and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.trim().split_once('-')) else {
        return Ok(None);
    };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(length)),
        (Ok(first), Err(_)) if last.is_empty() => (first, length),
        (Err(_), Ok(last)) if first.is_empty() => (length.saturating_sub(last), length),
        _ => return Ok(None),
    };
    match start < end {
        true => Ok(Some((start, end))),
        false => Err(()),
    }
}

/// By the ending of a name.
pub fn content_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending.to_ascii_lowercase().as_str() {
        "json" => "application/json",
        "jsonl" | "log" | "txt" | "md" | "py" | "yaml" | "yml" | "csv" => {
            "text/plain; charset=utf-8"
        }
        "html" => "text/html; charset=utf-8",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (range, part) in [
            ("bytes=0-3", Some((0, 4))),
            ("bytes=2-", Some((2, 10))),
            ("bytes=-3", Some((7, 10))),
            ("bytes=8-100", Some((8, 10))),
            ("bytes=-100", Some((0, 10))),
            ("bytes=0-1,4-5", None),
            ("bytes=5-2", None),
            ("lines=1-2", None),
            ("bytes=-", None),
            ("bytes=0-18446744073709551615", Some((0, 10))),
        ] {
            assert_eq!(part_of(10, Some(range)), Ok(part), "{range}");
        }
        for beyond in ["bytes=10-", "bytes=10-12", "bytes=-0"] {
            assert_eq!(part_of(10, Some(beyond)), Err(()), "{beyond}");
        }
        assert_eq!(part_of(0, None), Ok(None));
    }
}
