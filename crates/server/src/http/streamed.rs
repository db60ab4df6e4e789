//! Uploads that go to disk as they arrive, however large they are.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use gradus_tracker::Error;
use tokio_stream::StreamExt;
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::answer::Refusal;
use crate::app::blocking;

/// Hands a body of at most `limit` bytes to `store`.
///
/// # Errors
/// A larger body, announced or not: `store` fails then, and nothing is cut off silently.
pub async fn stored<T: Send + 'static>(
    limit: u64,
    headers: &HeaderMap,
    body: Body,
    store: impl FnOnce(&mut dyn Read) -> Result<T, Error> + Send + 'static,
) -> Result<T, Refusal> {
    let too_large = || {
        let text = format!("the file is larger than the limit of {limit} bytes");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text)
    };
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length > limit)
    {
        return Err(too_large());
    }
    let chunks = body.into_data_stream();
    let chunks = chunks.map(|chunk| chunk.map_err(std::io::Error::other));
    let handle = tokio::runtime::Handle::current();
    let is_exceeded = Arc::new(AtomicBool::new(false));
    let exceeded = is_exceeded.clone();
    let done = blocking(move || {
        let reader = SyncIoBridge::new_with_handle(StreamReader::new(chunks), handle);
        store(&mut Limited {
            reader,
            left: limit,
            exceeded,
        })
    })
    .await?;
    match is_exceeded.load(Ordering::Relaxed) {
        true => Err(too_large()),
        false => Ok(done?),
    }
}

/// Fails where more follows than is allowed.
struct Limited<R> {
    reader: R,
    left: u64,
    exceeded: Arc<AtomicBool>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.reader.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => {
                self.left = left;
                Ok(count)
            }
            None => {
                self.exceeded.store(true, Ordering::Relaxed);
                Err(std::io::Error::other("the file is larger than the limit"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_the_limit_fails_and_says_so() {
        let exceeded = Arc::new(AtomicBool::new(false));
        let limited = |limit: u64| Limited {
            reader: &b"12345"[..],
            left: limit,
            exceeded: exceeded.clone(),
        };
        let mut text = String::new();
        limited(5).read_to_string(&mut text).unwrap();
        assert_eq!(text, "12345");
        assert!(!exceeded.load(Ordering::Relaxed));
        assert!(limited(4).read_to_string(&mut text).is_err());
        assert!(exceeded.load(Ordering::Relaxed));
    }
}
