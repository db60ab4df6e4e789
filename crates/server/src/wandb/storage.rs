//! Addresses for uploads and downloads. They authorise themselves: the client sends no key here, and
//! one that it sends all the same counts for nothing.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use gradus_store::RunNumber;
use gradus_tracker::files::hash_of;
use gradus_tracker::{Error, Tracker};
use serde::{Deserialize, Serialize};
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
    let limit = app.config.limits.file_bytes;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length > limit)
    {
        let text = format!("the file is larger than the limit of {limit} bytes");
        return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text).into_response();
    }
    let grant: Grant = match app
        .tracker
        .secret
        .open(&address.token, app.tracker.now_unix_ms())
    {
        Ok(grant) => grant,
        Err(error) => return Refusal::from(error).into_response(),
    };
    let chunks = body.into_data_stream();
    let chunks = chunks.map(|chunk| chunk.map_err(std::io::Error::other));
    let handle = tokio::runtime::Handle::current();
    let stored = blocking(move || {
        use std::io::Read;
        let reader = SyncIoBridge::new_with_handle(StreamReader::new(chunks), handle);
        put(&app.tracker, grant, &mut reader.take(limit))
    })
    .await;
    match stored {
        Ok(Ok(etag)) => (StatusCode::OK, [(ETAG, format!("\"{etag}\""))]).into_response(),
        Ok(Err(error)) => {
            tracing::warn!(problem = %error, "file refused");
            Refusal::from(error).into_response()
        }
        Err(refusal) => refusal.into_response(),
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

pub async fn give(State(app): State<Arc<App>>, Path(address): Path<Address>) -> Response {
    match given(&app, &address.token).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn given(app: &App, token: &str) -> Result<Response, Refusal> {
    let grant: Grant = app.tracker.secret.open(token, app.tracker.now_unix_ms())?;
    let Grant::GetBlob { sha256, name } = grant else {
        return Err(Error::forbidden("this address is for uploads").into());
    };
    blob(app, &sha256, &name)
}

/// The content of a blob, under a name.
pub fn blob(app: &App, sha256: &str, name: &str) -> Result<Response, Refusal> {
    let hash = hash_of(sha256).ok_or_else(|| Error::not_found("there is no such file"))?;
    let file = app.tracker.store.open_blob(&hash).map_err(Error::from)?;
    let metadata = file.metadata();
    let length = metadata
        .map_err(|problem| Refusal::internal(problem.to_string()))?
        .len();
    let stream = ReaderStream::with_capacity(tokio::fs::File::from_std(file), 256 << 10);
    let file_name = name.rsplit('/').next().unwrap_or_default();
    let headers = [
        (CONTENT_TYPE, content_type(name).to_owned()),
        (CONTENT_LENGTH, length.to_string()),
        (ETAG, format!("\"{sha256}\"")),
        // What a run uploaded never runs as a page of this server.
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: 'self'; media-src 'self'".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("inline; filename*=UTF-8''{}", percent_encoded(file_name)),
        ),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
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
